"""Do sections that several workers have become the output that one would have made?

Here threads take the part of a cluster; `test_cluster` has one.
"""

from __future__ import annotations

import gzip
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import embedprep
from embedprep import digests, npy
from embedprep.digests import digest_of
from embedprep.engines import ThreadEngine, cluster
from embedprep.errors import EmbedprepError, InputError, OutputError, SettingsError
from embedprep.gates import Gates
from embedprep.npy import ArraySpec, FilePlan
from embedprep.sharding import Division, ShardWriter
from embedprep.sources import NamedInputs, Reading, Section, cut_inputs
from embedprep.spread import files as spread_files
from embedprep.spread import sections as on_worker
from embedprep.spread import text as spread_text
from embedprep.spread.files import PlacedRows, WholeFile, digests_by
from embedprep.spread.sections import SectionFacts
from tests.test_same_bytes import files_in

ENGINES = ("threads", "dask")
LINES = ["a b c", "", "b c", "c", "a a a d e f g h", "x", "é 中文 b", "c c"]


@pytest.fixture(autouse=True)
def _threads_for_a_cluster(monkeypatch: pytest.MonkeyPatch) -> None:
    @contextmanager
    def threads(*_: object) -> Iterator[ThreadEngine]:
        with ThreadEngine(2) as engine:
            yield engine

    monkeypatch.setattr(cluster, "cluster_engine", threads)
    monkeypatch.setattr(spread_text, "_section_bytes", lambda *_: 11)
    monkeypatch.setattr(spread_text, "_FEW_SECTIONS", 3)  # beyond them, two ranges


def told(text: Path, output: Path, engine: str, options: dict[str, Any]) -> object:
    """The files that are made of a text, or the error."""
    try:
        embedprep.build(text, output, engine=engine, **options)
    except EmbedprepError as error:
        return type(error), str(error)
    return files_in(output)


def both(inputs: Any, folder: Path, **options: Any) -> tuple[dict[str, bytes], dict[str, bytes]]:
    """What is made of a text by this process, and by sections of it."""
    for name, engine in (("here", "threads"), ("spread", "dask")):
        embedprep.build(inputs, folder / name, engine=engine, **options)
    return files_in(folder / "here"), files_in(folder / "spread")


WAYS: list[dict[str, Any]] = [
    {},
    {"tokenizer": "keras", "oov": "drop", "max_words": 3, "bos": True},
    {"tokenizer": "whitespace", "max_len": 3, "overflow": "split", "stride": 1, "shuffle": True},
    {"tokenizer": "char", "drop_empty": True, "max_len": "p50", "rows_per_shard": 2},
    {"split": "50/25/25", "shuffle": True, "seed": 3, "dim": 4},
    {"gates": Gates(max_duplicates="100%"), "split": "1/1", "tokenizer": "whitespace"},
]


@pytest.mark.parametrize("options", WAYS, ids=str)
@given(lines=st.lists(st.sampled_from(LINES), min_size=1, max_size=30))
def test_sections_give_the_same_bytes(
    lines: list[str], options: dict[str, Any], tmp_path_factory: pytest.TempPathFactory
) -> None:
    folder = tmp_path_factory.mktemp("any")
    (folder / "t").write_text("\n".join(lines), encoding="utf-8")
    here, spread = (told(folder / "t", folder / engine, engine, options) for engine in ENGINES)
    assert spread == here


def test_several_inputs_of_all_kinds_with_labels_and_held_out_parts(tmp_path: Path) -> None:
    text = "\n".join(LINES * 5).encode()
    (tmp_path / "t").write_bytes(text)
    (tmp_path / "t.gz").write_bytes(gzip.compress(text))
    (tmp_path / "t.csv").write_bytes(b"".join(b'"a, b\n c"\n' for _ in range(20)))
    inputs = [f"x={tmp_path}/t", f"y={tmp_path}/t.gz", f"x={tmp_path}/t.csv"]
    held_out = {"dev": [f"y={tmp_path}/t"]}
    gates = Gates(max_duplicates="100%")
    here, spread = both(inputs, tmp_path, holdout=held_out, drop_empty=True, gates=gates)
    assert spread == here
    assert {"labels.npy", "dev/labels.npy"} <= here.keys()


def test_encoding_in_sections_gives_the_same_bytes(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("t").write_text("\n".join(LINES * 5), encoding="utf-8")
    embedprep.build("t", "out")
    for name, engine in (("here", "threads"), ("spread", "dask")):
        run_cli("encode", "t", "--vocab", "out/vocab.json", "-o", name, "--engine", engine, "-q")
        run_cli("encode", "t", "--vocab", "out/vocab.json", "-o", f"{name}.npy", "--engine", engine)
        run_cli("vocab", "t", "-o", f"{name}.json", "--engine", engine, "-q")
    assert files_in(Path("spread")) == files_in(Path("here"))
    assert Path("spread.npy").read_bytes() == Path("here.npy").read_bytes()
    assert Path("spread.json").read_bytes() == Path("here.json").read_bytes()


def run_cli(*arguments: str) -> None:
    from embedprep.cli.main import cli

    cli.main(list(arguments), standalone_mode=False)


@pytest.mark.parametrize(
    ("text", "options", "message"),
    [
        (b"good\n" * 20 + b"b\xe9d\n" + b"good\n" * 9, {}, ":21: byte 0xe9 at offset 101 is not"),
        (b"good\n" * 20 + b"x" * 99 + b"\n", {"max_line_bytes": 50}, ":21: the line is longer"),
        (b"", {}, ": holds no line"),
        (b"\n\n" * 20, {"drop_empty": True}, "the text: is left without a row"),
    ],
)
def test_what_is_wrong_is_told_as_one_process_tells_it(
    text: bytes, options: dict[str, Any], message: str, tmp_path: Path
) -> None:
    (tmp_path / "t").write_bytes(text)
    here, spread = (told(tmp_path / "t", tmp_path / "out", engine, options) for engine in ENGINES)
    assert spread == here
    assert isinstance(here, tuple)
    assert here[0] is InputError
    assert message in here[1]
    assert not (tmp_path / "out").exists()


def test_a_row_without_its_label_is_told_by_its_record(tmp_path: Path) -> None:
    (tmp_path / "t").write_text("a b c d\n" * 9, encoding="utf-8")
    (tmp_path / "u").write_text("a b c d\n" * 9, encoding="utf-8")
    inputs = [f"x={tmp_path}/t", str(tmp_path / "u")]
    for engine in ENGINES:
        with pytest.raises(InputError, match=r"u: record 1: has no label, where 1 must be"):
            embedprep.build(inputs, tmp_path / "out", engine=engine)


def test_labels_of_all_sections_are_checked_side_by_side(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    done: list[str] = []

    class NotingEngine(ThreadEngine):
        def submit(self, function: Any, /, *arguments: Any) -> Any:
            done.append(getattr(function, "__name__", ""))
            return super().submit(function, *arguments)

        def gather(self, futures: Any) -> Any:
            done.append("gather")
            return super().gather(futures)

    monkeypatch.setattr(cluster, "cluster_engine", lambda *_: NotingEngine(2))
    for name in ("t", "u"):
        (tmp_path / name).write_text("a b c d\n" * 9, encoding="utf-8")
    with pytest.raises(InputError, match=r"u: record 1: has no label"):
        embedprep.build([f"x={tmp_path}/t", tmp_path / "u"], tmp_path / "out", engine="dask")
    assert done[done.index("check_section") :] == ["check_section"] * 14 + ["gather"]


def test_records_before_a_section_are_those_of_its_group() -> None:
    sections = [SectionFacts(0, Counter(), n_records, None) for n_records in (3, 4, 5, 6)]
    assert spread_text._records_before("aabab", sections) == [0, 3, 0, 7, 5]
    assert spread_text._records_before([1, 1, 2], sections[:2]) == [0, 3, 0]


class LosingEngine(ThreadEngine):
    """A cluster that has lost what it counted of the first input as its rows are to be written, and
    counts it anew: the text has grown meanwhile.
    """

    def submit(self, function: Any, /, *arguments: Any) -> Any:
        if function is not on_worker.write_section:
            return super().submit(function, *arguments)
        counted, known, task, writing = arguments
        [lost] = self.gather([counted])
        if lost.section.number == 0:
            Path(lost.section.input.place).write_bytes(b"a b\n" * 3)
            counted = super().submit(on_worker.count_section, lost.section, task)
        return super().submit(function, counted, known, task, writing)


@pytest.mark.parametrize("is_state_known", [True, False])
def test_a_section_that_is_counted_anew_has_the_rows_it_had(
    is_state_known: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def cut(*arguments: Any) -> list[Section]:
        return [its._replace(state=None) for its in cut_inputs(*arguments)]

    (tmp_path / "t").write_bytes(b"a b\n" * 2)
    (tmp_path / "u").write_bytes(b"c d\n" * 2)
    if not is_state_known:
        monkeypatch.setattr(spread_text, "cut_inputs", cut)
    monkeypatch.setattr(cluster, "cluster_engine", lambda *_: LosingEngine(2))
    with pytest.raises(InputError, match="t: changed while it was read; run again when nobody"):
        embedprep.build([tmp_path / "t", tmp_path / "u"], tmp_path / "out", engine="dask")
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"drop_duplicates": True}, "does not compare every row with all others"),
        ({"memory": 10**9}, "a cluster bounds its workers itself"),
        ({"scheduler": "tcp://x:1", "jobs": 2}, "is settled by the workers"),
    ],
)
def test_what_a_cluster_does_not_do(options: dict[str, Any], message: str, tmp_path: Path) -> None:
    (tmp_path / "t").write_bytes(b"a\n")
    with pytest.raises(SettingsError, match=message):
        embedprep.build(tmp_path / "t", tmp_path / "out", engine="dask", **options)
    assert not (tmp_path / "out").exists()


def test_standard_input_is_out_of_reach(tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match="no way to standard input"):
        embedprep.build("-", tmp_path / "out", engine="dask")


def test_sections_grow_with_the_text(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.undo()
    sizes: dict[int, int] = {}
    (tmp_path / "t").write_bytes(b"a\n")
    inputs = NamedInputs([str(tmp_path / "t")], Reading())
    with ThreadEngine(2) as engine:
        for n_bytes in (1, 10**8, 10**10, 10**15):
            monkeypatch.setattr(spread_text, "total_bytes", lambda _, n=n_bytes: n)
            sizes[n_bytes] = spread_text._section_bytes(inputs, engine)
    assert sizes == {1: 16 << 20, 10**8: 25 * 10**6, 10**10: 64 << 20, 10**15: 5 * 10**10}


@given(
    rows_of_worker=st.lists(st.integers(0, 12), min_size=1, max_size=5),
    rows_per_shard=st.integers(1, 40),
    n_columns=st.sampled_from([1, 9]),
    seed=st.none() | st.integers(0, 9),
    step=st.integers(1, 12),
)
def test_workers_write_their_rows_to_their_places(
    rows_of_worker: list[int], rows_per_shard: int, n_columns: int, seed: int | None, step: int
) -> None:
    n_rows = sum(rows_of_worker)
    rows = np.arange(n_rows * n_columns, dtype=np.int32).reshape(n_rows, n_columns)
    order = np.arange(n_rows) if seed is None else np.random.default_rng(seed).permutation(n_rows)
    expected = np.empty_like(rows)
    expected[order] = rows
    division = Division(ArraySpec(rows.shape, "int32"), rows_per_shard)
    with TemporaryDirectory() as folder:
        paths = [Path(folder) / name for name in division.names("x.npy")]
        writer = ShardWriter(paths, Path("out"), division)
        writer.order = None if seed is None else order
        with writer:
            first = 0
            for its_rows in rows_of_worker:
                plan = writer.plan.of_rows(first, its_rows)
                places = order[first : first + its_rows]
                touched = set((places // rows_per_shard).tolist())
                its_files = range(min(touched, default=0), max(touched, default=-1) + 1)
                assert plan.paths == [str(paths[file]) for file in its_files]
                for begin in range(0, its_rows, step):
                    end = min(begin + step, its_rows)
                    PlacedRows(plan, first).write(begin, rows[first + begin : first + end])
                first += its_rows
        assert np.concatenate([np.load(path) for path in paths]).tolist() == expected.tolist()
        assert sum(path.stat().st_size for path in paths) == division.n_bytes


def test_a_worker_opens_each_file_once_and_writes_neighbours_at_once(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    written: list[tuple[int, int]] = []

    def write_at(descriptor: int, data: memoryview, offset: int) -> None:
        written.append((offset, len(data)))
        npy_write_at(descriptor, data, offset)

    def path(plan: FilePlan, file: int) -> str:
        opened.append(file)
        return path_of(plan, file)

    opened: list[int] = []
    npy_write_at, path_of = npy.write_at, FilePlan.path_of
    monkeypatch.setattr(npy, "write_at", write_at)
    monkeypatch.setattr(FilePlan, "path_of", path)
    division = Division(ArraySpec((8, 5), "int32"), 4)
    paths = [tmp_path / name for name in division.names("x.npy")]
    with ShardWriter(paths, tmp_path / "out", division) as writer:
        writer.order = np.array([5, 2, 0, 6, 1, 7, 4, 3])
        rows = np.arange(40, dtype=np.int32).reshape(8, 5)
        PlacedRows(writer.plan.of_rows(0, 8), 0).write(0, rows[:5])  # to 0, 1, 2, and 5, 6
        assert opened == [0, 1]
        assert written == [(128, 60), (128 + 20, 40)]
        PlacedRows(writer.plan.of_rows(0, 8), 0).write(5, rows[5:])  # to 3, and 4, 7
        assert written[2:] == [(128 + 60, 20), (128, 20), (128 + 60, 20)]
    assert [np.load(path)[:, 0].tolist() for path in paths] == [[10, 20, 5, 35], [30, 0, 15, 25]]


def test_an_output_that_a_worker_does_not_see_is_told(tmp_path: Path) -> None:
    plan = FilePlan([str(tmp_path / "x.npy")], "out/x.npy", 4, (128, 144), (128, 144))
    with pytest.raises(OutputError, match=r"out/x\.npy: is not seen by a worker; name an output"):
        PlacedRows(plan, 0).write(0, np.zeros((1, 1), np.int32))


SIZES = [0, 1, 10, 11, 505, 0, 3, 99, 20]


@pytest.fixture
def hashed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> list[WholeFile]:
    """Files of pieces of ten bytes."""
    monkeypatch.setattr(digests, "PIECE_BYTES", 10)
    monkeypatch.setattr(spread_files, "PIECE_BYTES", 10)
    monkeypatch.setattr(spread_files, "_OPENING_BYTES", 2)
    for number, n_bytes in enumerate(SIZES):
        (tmp_path / str(number)).write_bytes(bytes((i + number) % 251 for i in range(n_bytes)))
    return [WholeFile(str(tmp_path / str(n)), size) for n, size in enumerate(SIZES)]


def test_pieces_of_files_are_hashed_by_several(hashed: list[WholeFile]) -> None:
    expected = [digest_of(Path(file.path)).known for file in hashed]
    with ThreadEngine(2) as engine:
        assert digests_by(engine, hashed) == expected
        assert [digests_by(engine, [file]) for file in hashed] == [[each] for each in expected]
        assert digests_by(engine, []) == []


def test_a_file_that_changes_before_it_is_hashed_is_told(tmp_path: Path) -> None:
    path = tmp_path / "t"
    path.write_bytes(b"a\n")
    item = NamedInputs([str(path)], Reading()).inputs[0]
    section = Section(0, item, 0, 2, (2, path.stat().st_mtime_ns - 1))
    with ThreadEngine(2) as engine, pytest.raises(InputError, match="t: changed while it was read"):
        digests_by(engine, [WholeFile(str(path), 2, section)])


def test_a_task_hashes_some_pieces_of_a_large_file_or_several_small_files(
    hashed: list[WholeFile],
) -> None:
    tasks = list(spread_files._in_tasks(hashed, 7))  # of about 96 of 667 bytes
    assert [[(file, numbers.start, numbers.stop) for file, numbers in task] for task in tasks] == [
        [(0, 0, 1), (1, 0, 1), (2, 0, 1), (3, 0, 2), (4, 0, 7)],
        [(4, 7, 17)],
        [(4, 17, 27)],
        [(4, 27, 37)],
        [(4, 37, 47)],
        [(4, 47, 51), (5, 0, 1), (6, 0, 1), (7, 0, 5)],
        [(7, 5, 10), (8, 0, 2)],
    ]


def test_many_small_files_are_few_tasks() -> None:
    files = [WholeFile(str(number), 1000) for number in range(10_000)]
    tasks = list(spread_files._in_tasks(files, 16))
    assert [len(task) for task in tasks] == [625] * 16
