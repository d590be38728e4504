"""Do the shards of an array hold it, whoever writes them in whichever order?"""

from __future__ import annotations

import io
import json
import subprocess
import tempfile
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from functools import cache
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import embedprep
from embedprep import digests, pipeline
from embedprep.digests import digest_of
from embedprep.errors import OutputError, SettingsError
from embedprep.npy import ArraySpec
from embedprep.settings import Resources, RowSettings, Selection, VocabularySettings
from embedprep.sharding import Division, ShardWriter, ShuffledShardWriter, files_size, shards_in
from embedprep.sources import Reader, Reading
from tests.in_process import call
from tests.test_errors import CLI, assert_fails, run, snapshot

OF_ROWS = ("sequences.npy", "lengths.npy", "labels.npy", "document.npy")


def npy(array: np.ndarray[Any, Any]) -> bytes:
    file = io.BytesIO()
    np.save(file, array)
    return file.getvalue()


def test_shards_are_named_so_that_they_sort() -> None:
    array = ArraySpec((25, 3), "int32")
    names = Division(array, 10).names("sequences.npy")
    assert names == ["sequences-00000.npy", "sequences-00001.npy", "sequences-00002.npy"]
    assert Division(array, 25).names("dev/labels.npy") == ["dev/labels-00000.npy"]
    many = Division(ArraySpec((100_001,), "int32"), 1).names("x.npy")
    assert (many[0], many[-1]) == ("x-000000.npy", "x-100000.npy")
    assert many == sorted(many)


def test_the_last_shard_has_what_is_left() -> None:
    division = Division(ArraySpec((25, 3), "int32"), 10)
    assert [division.shard(n).shape for n in range(3)] == [(10, 3), (10, 3), (5, 3)]
    assert division.n_bytes == 3 * 128 + 25 * 3 * 4
    assert files_size(division.array, None) == 128 + 25 * 3 * 4
    empty = Division(ArraySpec((0, 3), "int32"), 10)
    assert (empty.n_shards, empty.shard(0).shape, empty.n_bytes) == (1, (0, 3), 128)


def test_what_is_called_like_a_shard_is_found(tmp_path: Path) -> None:
    for name in ("a-00001.npy", "a-123456.npy", "a-1.npy", "b-00001.npy", "a-00001.npy.txt"):
        (tmp_path / name).touch()
    assert sorted(shards_in(tmp_path, ["a.npy", "c.npy"])) == ["a-00001.npy", "a-123456.npy"]
    assert shards_in(tmp_path / "none", ["a.npy"]) == []


def writing(
    rows: np.ndarray[Any, Any],
    rows_per_shard: int,
    steps: list[int],
    order: np.ndarray[Any, Any] | None,
    n_threads: int,
) -> list[bytes]:
    """The shards that are written in steps of some rows, which come in any order."""
    with tempfile.TemporaryDirectory() as folder:
        division = Division(ArraySpec(rows.shape, rows.dtype.name), rows_per_shard)
        paths = [Path(folder) / name for name in division.names("x.npy")]
        writer = (
            ShardWriter(paths, Path("out"), division)
            if order is None
            else ShuffledShardWriter(paths, Path("out"), division, order)
        )
        bounds = [0, *sorted({step % (len(rows) + 1) for step in steps}), len(rows)]
        chunks = [slice(*pair) for pair in pairwise(bounds)]
        chunks.sort(key=lambda chunk: steps.index(chunk.start) if chunk.start in steps else -1)
        with writer, ThreadPoolExecutor(n_threads) as pool:
            list(pool.map(lambda chunk: writer.write(chunk.start, rows[chunk]), chunks))
        for path, file in zip(paths, writer.files, strict=True):
            assert (file.name, file.dtype) == (path.name, rows.dtype.name)
            assert file.digest.pieces == digest_of(path).pieces
            assert file.digest.n_bytes == path.stat().st_size
        assert sum(file.digest.n_bytes for file in writer.files) == division.n_bytes
        return [path.read_bytes() for path in paths]


@given(
    n_rows=st.integers(0, 30),
    n_columns=st.sampled_from([None, 1, 3, 9]),
    rows_per_shard=st.integers(1, 35),
    steps=st.lists(st.integers(0, 30), max_size=6),
    seed=st.none() | st.integers(0, 9),
    n_threads=st.integers(1, 3),
)
def test_shards_hold_the_rows_in_any_order_of_writing(
    *,
    n_rows: int,
    n_columns: int | None,
    rows_per_shard: int,
    steps: list[int],
    seed: int | None,
    n_threads: int,
) -> None:
    shape = (n_rows,) if n_columns is None else (n_rows, n_columns)
    rows = np.arange(np.prod(shape), dtype=np.int32).reshape(shape)
    order = None if seed is None else np.random.default_rng(seed).permutation(n_rows)
    expected = rows.copy()
    if order is not None:
        expected[order] = rows
    firsts = range(0, max(1, n_rows), rows_per_shard)
    made = writing(rows, rows_per_shard, steps, order, n_threads)
    assert made == [npy(expected[first : first + rows_per_shard]) for first in firsts]


def test_what_waits_for_rows_before_it_is_read_back(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(digests, "EARLY_BYTES", 0)
    rows = np.arange(40, dtype=np.int64).reshape(20, 2)
    made = writing(rows, 9, [15, 12, 10, 3], None, 1)
    assert made == [npy(rows[:9]), npy(rows[9:18]), npy(rows[18:])]


def test_a_shard_that_cannot_be_written_is_told(tmp_path: Path) -> None:
    division = Division(ArraySpec((4,), "int32"), 2)
    paths = [tmp_path / name for name in division.names("x.npy")]
    with ShardWriter(paths, Path("out"), division) as writer:
        paths[1].unlink()
        with pytest.raises(OutputError) as raised:
            writer.write(0, np.arange(4, dtype=np.int32))
        paths[1].touch()
    assert str(raised.value) == (
        "out/x-00001.npy: cannot be written (No such file or directory); "
        "check the path and its permissions"
    )


Build = Callable[..., Path]


@pytest.fixture(scope="module")
def build(tmp_path_factory: pytest.TempPathFactory) -> Build:
    """Outputs of a labelled text, each made once."""
    folder = tmp_path_factory.mktemp("texts")
    words = [f"w{n % 7} w{n % 5} x{n}" for n in range(83)]
    lines = [" ".join(words[n % 3 : n % 11]) for n in range(83)]
    for label, some in (("a", lines[:40]), ("b", lines[40:])):
        (folder / f"{label}.txt").write_text("\n".join(some) + "\n")
    (folder / "none.txt").write_text("\n\n")

    @cache
    def built(rows_per_shard: int | None, jobs: int = 1, **options: Any) -> Path:
        output = tmp_path_factory.mktemp("built") / "out"
        inputs = [f"a={folder / 'a.txt'}", f"b={folder / 'b.txt'}"]
        if options.pop("holdout", False):
            options["holdout"] = {"dev": f"b={folder / 'none.txt'}"}
        embedprep.build(inputs, output, rows_per_shard=rows_per_shard, jobs=jobs, **options)
        return output

    return built


MANY: list[dict[str, Any]] = [
    {},
    {"shuffle": True, "split": "60/20/20", "seed": 3},
    {"overflow": "split", "stride": 1, "max_len": 4, "shuffle": True},
    {"drop_empty": True, "holdout": True, "max_len": 9},  # the part dev has no row
]


@settings(max_examples=25)
@given(
    options=st.sampled_from(MANY), rows_per_shard=st.integers(1, 100), jobs=st.sampled_from([1, 3])
)
def test_shards_are_the_arrays_that_are_written_without(
    options: dict[str, Any], rows_per_shard: int, jobs: int, build: Build
) -> None:
    whole, sharded = build(None, **options), build(rows_per_shard, jobs, **options)
    assert not list(sharded.rglob(".embedprep-*"))
    for manifest_path in whole.rglob("manifest.json"):
        folder = sharded / manifest_path.parent.relative_to(whole)
        one = json.loads(manifest_path.read_bytes())
        several = json.loads((folder / "manifest.json").read_bytes())
        arrays = several.pop("shards")
        assert list(arrays) == [o["name"] for o in one["outputs"] if o["name"] in OF_ROWS]
        assert several["settings"].pop("rows_per_shard") == rows_per_shard
        for name, shards in arrays.items():
            loaded = [np.load(folder / shard) for shard in shards]
            assert npy(np.concatenate(loaded)) == (manifest_path.parent / name).read_bytes()
            assert [len(shard) for shard in loaded[:-1]] == [rows_per_shard] * (len(loaded) - 1)
            assert len(loaded[-1]) <= rows_per_shard
            assert len(loaded) == max(1, -(-one["statistics"]["rows"] // rows_per_shard))
        for output in several.pop("outputs"):
            path = folder / output["name"]
            assert output["sha256"] == digest_of(path).pieces
            if "shape" in output:
                assert output["shape"] == list(np.load(path).shape)
        del one["outputs"]
        assert several.pop("request", None) != one.pop("request", 0)  # what was asked for differs
        assert several == one
        assert (folder / "vocab.json").read_bytes() == (
            manifest_path.parent / "vocab.json"
        ).read_bytes()


def test_more_jobs_give_the_same_bytes(build: Build) -> None:
    for options in MANY:
        one, three = build(7, 1, **options), build(7, 3, **options)
        assert {p.relative_to(one): p.read_bytes() for p in one.rglob("*.*")} == {
            p.relative_to(three): p.read_bytes() for p in three.rglob("*.*")
        }


@pytest.mark.parametrize("selection", [Selection(), Selection(shuffle=True, drop_empty=True)])
def test_blocks_may_be_done_in_any_order(selection: Selection, tmp_path: Path) -> None:
    (tmp_path / "a.txt").write_text("".join(f"w{n % 7} the x{n}\n" for n in range(400)))
    made = []
    for jobs, block_bytes in ((1, 1 << 20), (3, 64)):
        reader = Reader([str(tmp_path / "a.txt")], Reading(block_bytes=block_bytes))
        rows, output = RowSettings("5", rows_per_shard=23), tmp_path / f"out{jobs}"
        pipeline.run(
            reader, output, VocabularySettings(), rows, selection, resources=Resources(jobs)
        )
        made.append({path.name: path.read_bytes() for path in output.iterdir()})
    assert made[0] == made[1]
    assert len(made[0]) == 2 * 18 + 2


def test_a_shard_of_no_rows_is_told() -> None:
    with pytest.raises(SettingsError, match="--rows-per-shard: 0 is less than 1"):
        embedprep.build("a.txt", "out", rows_per_shard=0)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "a.txt").write_text("the cat\nsat\n\nthe cat sat\n" * 5)
    return tmp_path


def names(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


TOO_LARGE = "out: would take 5.44 kB for 20 rows of 3, more than the 5 kB of --max-bytes"
SHARDS = [*(f"lengths-0000{n}.npy" for n in range(3)), "manifest.json"]
SHARDS += [*(f"sequences-0000{n}.npy" for n in range(3)), "vocab.json"]
WHOLE = ["lengths.npy", "manifest.json", "sequences.npy", "vocab.json"]


def test_shards_and_whole_arrays_take_each_others_place(folder: Path) -> None:
    output = folder / "out"
    one_each = [name for name in SHARDS if "00001" not in name and "00002" not in name]
    steps = [(8, SHARDS), (None, WHOLE), (7, SHARDS), (20, one_each), (8, SHARDS)]
    for rows_per_shard, listed in steps:
        embedprep.build(folder / "a.txt", output, rows_per_shard=rows_per_shard)
        assert names(output) == listed
        assert np.asarray(embedprep.load(output).sequences).tolist()[:4] == [
            [0, 4, 2],  # cat, sat and the, ten each: by code point
            [0, 0, 3],
            [0, 0, 0],
            [4, 2, 3],
        ]


def test_few_files_are_open_at_a_time(folder: Path) -> None:
    (folder / "many.txt").write_text("the cat sat on a mat and\n" * 300)
    limited = ("sh", "-c", 'ulimit -n 40; exec "$@"', "sh")
    command = "run many.txt -o out --rows-per-shard 1 --shuffle --jobs 3 -q"
    assert run(folder, command, limited) == (0, "", "")
    assert len(names(folder / "out")) == 602
    ended = run(folder, "decode out", limited)
    assert (ended.status, ended.err) == (0, "")
    assert ended.out == "the cat sat on a mat and\n" * 300


def test_the_summary_tells_of_shards(folder: Path) -> None:
    command = ("run", folder / "a.txt", "-o", folder / "out")
    said = call(*command, "--rows-per-shard", "8").output
    assert "\n  shards           3  (of up to 8 rows)\n" in said
    told = json.loads(call(*command, "--rows-per-shard", "8", "--json").output)
    assert told["rows_per_shard"] == 8
    assert "rows_per_shard" not in json.loads(call(*command, "--json").output)


@pytest.mark.parametrize(
    ("command", "said"),
    [
        (
            "run a.txt -o out --rows-per-shard 1 --max-bytes 5kB",
            f"{TOO_LARGE}; choose a larger --rows-per-shard: each shard has a header",
        ),
        (
            "run out/sequences-00001.npy -o out --rows-per-shard 8",
            "out/sequences-00001.npy: is also an input and would be overwritten; name another -o",
        ),
        (
            "run out/sequences-00001.npy -o out",
            "out/sequences-00001.npy: is also an input and would be overwritten; name another -o",
        ),
        (
            "encode out/lengths-00009.npy --vocab a.json -o out --rows-per-shard 1",
            "out/lengths-00009.npy: is also an input and would be overwritten; name another -o",
        ),
        (
            "encode a.txt --vocab out/vocab.json -o out/sequences.npy",
            "out/sequences.npy: is part of a whole output; name another file, or its folder",
        ),
        (
            "encode a.txt --vocab a.json -o out/sequences-00001.npy",
            "out/sequences-00001.npy: is part of a whole output; name another file, or its folder",
        ),
    ],
)
def test_errors_leave_everything_as_it_was(command: str, said: str, folder: Path) -> None:
    embedprep.build(folder / "a.txt", folder / "out", rows_per_shard=8)
    (folder / "out" / "lengths-00009.npy").write_text("a text of the user's\n")
    (folder / "a.json").write_bytes((folder / "out" / "vocab.json").read_bytes())
    assert_fails(folder, command, said)


def test_files_of_the_users_are_no_shards(folder: Path) -> None:
    embedprep.build(folder / "a.txt", folder / "out", rows_per_shard=8)
    mine = folder / "out" / "sequences-00009.npy"
    mine.write_text("mine\n")
    assert run(folder, "run out/sequences-00009.npy -o out -q") == (0, "", "")
    assert mine.read_text() == "mine\n"


def test_one_file_has_no_shards(folder: Path) -> None:
    embedprep.build(folder / "a.txt", folder / "out")
    before = snapshot(folder)
    ended = run(folder, "encode a.txt --vocab out/vocab.json -o x.npy --rows-per-shard 8")
    assert (ended.status, ended.out) == (2, "")
    said = "Error: --rows-per-shard writes several files, so -o must be a folder.\n"
    assert ended.err.endswith(said)
    assert snapshot(folder) == before


def test_a_full_limit_of_files_size_leaves_nothing(folder: Path) -> None:
    limited = ("sh", "-c", 'ulimit -f 0; exec "$@"', "sh")
    done = subprocess.run(
        [*limited, *CLI, "run", "a.txt", "-o", "out", "-q", "--rows-per-shard", "4"],
        cwd=folder,
        capture_output=True,
        check=False,
    )
    assert done.returncode == 1
    assert b"Traceback" not in done.stderr
    assert names(folder) == ["a.txt"]
