"""Is every kind of damage to an output found, told with its file, and nothing else?"""

from __future__ import annotations

import json
import os
import shutil
import tempfile
from collections.abc import Callable
from contextlib import suppress
from functools import reduce
from operator import getitem
from pathlib import Path
from typing import Any, TypeAlias

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

import embedprep
from embedprep import arrays, digests, verifying
from embedprep.digests import digest_of
from embedprep.encoded import open_rows
from embedprep.errors import InputError, OutputError
from embedprep.exporting.recipe import open_export, write_export
from embedprep.npy import load_array
from embedprep.skipgrams.settings import SkipgramSettings
from embedprep.skipgrams.writing import write_skipgrams
from embedprep.verifying import contents, derived
from tests.test_errors import Ended, run

TEXT = "the cat sat on the mat\n\na cat\nthe dog and the cat and the mat\nsat\nmat mat\n"


def make(folder: Path) -> None:
    """Outputs of every kind: `out`, of several parts, with labels and a matrix; `sharded`, the same
    in shards of 4 rows and without a matrix; `pairs` of its rows; and the files of a projector.
    """
    (folder / "a.txt").write_text(TEXT, encoding="utf-8")
    (folder / "b.txt").write_text("the bird sat\n", encoding="utf-8")
    inputs = [f"good={folder / 'a.txt'}", f"bad={folder / 'b.txt'}"]
    chosen: dict[str, Any] = {
        "holdout": {"test": f"bad={folder / 'b.txt'}"},
        "max_len": 5,
        "bos": True,
        "overflow": "split",
    }
    out = folder / "out"
    embedprep.build(inputs, out, dim=3, **chosen)
    embedprep.build(inputs, folder / "sharded", rows_per_shard=4, **chosen)
    write_skipgrams(open_rows(out), out / "vocab.json", folder / "pairs", SkipgramSettings(2))
    write_export(open_export(out, "projector"), folder / "projector")


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("made")
    make(folder)
    return folder


@pytest.fixture
def folder(made: Path, tmp_path: Path) -> Path:
    shutil.copytree(made, tmp_path, dirs_exist_ok=True)
    return tmp_path


def problems(folder: Path) -> list[tuple[str, str]]:
    return [(file, cause) for file, cause in embedprep.verify(folder, jobs=2).problems]


def read_manifest(folder: Path) -> dict[str, Any]:
    manifest: dict[str, Any] = json.loads((folder / "manifest.json").read_bytes())
    return manifest


def rewrite_manifest(folder: Path, change: Callable[[dict[str, Any]], object]) -> None:
    """Change a manifest as if it had been written so."""
    manifest = read_manifest(folder)
    change(manifest)
    write_manifest(folder, manifest)


def write_manifest(folder: Path, manifest: dict[str, Any]) -> None:
    (folder / "manifest.json").write_text(json.dumps(manifest, indent=2), encoding="utf-8")


def relist(folder: Path, *names: str) -> None:
    """Take files into the manifest as they now are, as if they had been written so."""

    def change(manifest: dict[str, Any]) -> None:
        for listed in manifest["outputs"]:
            if listed["name"] in names:
                path = folder / listed["name"]
                digest = digest_of(path)
                listed |= {"bytes": digest.n_bytes, "sha256": digest.pieces}
                if path.suffix == ".npy":
                    array = np.load(path)
                    listed |= {"shape": list(array.shape), "dtype": array.dtype.name}

    rewrite_manifest(folder, change)


def change_array(folder: Path, name: str, change: Callable[[Any], Any]) -> None:
    """Change an array of an output and list it as it then is."""
    array = np.load(folder / name)
    changed = change(array)
    np.save(folder / name, array if changed is None else changed)
    relist(folder, name)


def put(place: Any, value: Any) -> Callable[[Any], None]:
    def change(array: Any) -> None:
        array[place] = value

    return change


OF_ROWS = ("sequences", "lengths", "labels", "document")
FILES = {
    "out": [
        "sequences.npy",
        "lengths.npy",
        "labels.npy",
        "document.npy",
        "vocab.json",
        "embedding_matrix.npy",
        *(f"test/{name}.npy" for name in OF_ROWS),
        "test/vocab.json",
        "test/manifest.json",
    ],
    "sharded": [
        *(f"{name}-0000{number}.npy" for name in OF_ROWS for number in range(3)),
        "vocab.json",
        *(f"test/{name}-00000.npy" for name in OF_ROWS),
        "test/vocab.json",
        "test/manifest.json",
    ],
    "pairs": ["couples.npy", "labels.npy"],
    "projector": ["vectors.tsv", "metadata.tsv"],
}
ALL_FILES = [(output, name) for output, names in FILES.items() for name in names]


def test_the_outputs_of_these_tests_list_these_files(made: Path) -> None:
    for output, names in FILES.items():
        assert [file["name"] for file in read_manifest(made / output)["outputs"]] == names


# What is whole.


@pytest.mark.parametrize(
    ("output", "n_files", "counted", "n_rows"),
    [
        ("out", 12, "rows", 10),
        ("out/test", 5, "rows", 1),
        ("sharded", 19, "rows", 10),
        ("pairs", 2, "pairs", 144),
    ],
)
def test_a_whole_output(output: str, n_files: int, counted: str, n_rows: int, made: Path) -> None:
    told: list[int] = []
    found = embedprep.verify(str(made / output), advance=told.append)
    listed = [p for p in (made / output).rglob("*") if p.is_file()]
    n_bytes = sum(p.stat().st_size for p in listed) - len(
        (made / output / "manifest.json").read_bytes()
    )
    assert found == verifying.Verified(
        made / output, n_files, n_bytes, n_rows, counted, problems=(), unlisted=()
    )
    assert sum(told) == n_bytes == verifying.listed_bytes(made / output)


def test_a_whole_projector(made: Path) -> None:
    found = embedprep.verify(made / "projector")
    assert (found.n_rows, found.counted, found.problems) == (11, "entries", ())


texts = st.lists(
    st.lists(st.sampled_from(["a", "b", "c", "dd", "<pad>", "<unk>", "<bos>"]), max_size=9),
    min_size=1,
    max_size=12,
).map(lambda lines: "".join(f"{' '.join(line)}\n" for line in lines))

sides = st.sampled_from(["pre", "post"])

shapes = st.fixed_dictionaries(
    {
        "oov": st.sampled_from(["unk", "drop"]),
        "bos": st.booleans(),
        "eos": st.booleans(),
        "max_words": st.integers(1, 4),
        "max_len": st.sampled_from(["max", "p50", 3, 4, 30]),
        "padding": sides,
        "truncating": sides,
    }
)

SELECTIONS: list[dict[str, Any]] = [
    {},
    {"shuffle": True, "dtype": "uint8"},
    {"drop_duplicates": True, "split": "50/25/25"},
    {"drop_empty": True, "rows_per_shard": 1},
    {"rows_per_shard": 3, "split": "50/50", "overflow": "split", "stride": 1, "max_len": 4},
    {"overflow": "split", "drop_empty": True, "dim": 2, "max_len": 4, "stride": 1},
    {"overflow": "split", "shuffle": True, "split": "60/40", "max_len": "p50"},
]


@given(text=texts, shape=shapes, selection=st.sampled_from(SELECTIONS))
def test_whatever_is_written_is_right(
    text: str, shape: dict[str, Any], selection: dict[str, Any]
) -> None:
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        (folder / "a.txt").write_text(text, encoding="utf-8")
        chosen = shape | {"tokenizer": "whitespace"} | selection
        try:
            embedprep.build(folder / "a.txt", folder / "out", **chosen)
        except InputError:  # all rows are empty, or in another part
            return
        assert problems(folder / "out") == []


@pytest.mark.parametrize(
    ("rows", "chosen"),
    [
        ("a,x\nb,y\na b,x\n", {}),
        ("a,x\nb,y\na b,z\n", {"split": "99/1"}),
        ("a,1.5\nb,-2e3\na b,0\n", {"label_type": "number"}),
        ('"a",1\n"b",2\n', {"label_type": "number", "label_column": [2, 3]}),
        ("a,x\nb,y\n", {"label_column": [2, 3]}),
    ],
)
def test_labels_of_every_type_are_right(rows: str, chosen: dict[str, Any], tmp_path: Path) -> None:
    if chosen.get("label_column"):
        rows = rows.replace("\n", ",7\n")
    (tmp_path / "a.csv").write_text(rows, encoding="utf-8")
    settings = {"text_column": 1, "label_column": 2} | chosen
    embedprep.build(tmp_path / "a.csv", tmp_path / "out", **settings)
    assert problems(tmp_path / "out") == []


def test_rows_by_a_saved_vocabulary_are_right(folder: Path) -> None:
    for options in ("", "--max-len 2 --padding post", "--overflow split --dtype int64"):
        assert run(folder, f"encode b.txt --vocab out/vocab.json -o new {options} -q").status == 0
        assert problems(folder / "new") == []
    assert run(folder, "matrix -o new --dim 2 -q").status == 0
    assert problems(folder / "new") == []


LEFT_OUT = ["", "--drop-empty", "--drop-duplicates", "--drop-empty --drop-duplicates"]
SPLITTING = "--overflow split --max-len 3 --stride 1"


@pytest.mark.parametrize("left_out", LEFT_OUT)
@pytest.mark.parametrize("order", ["", "--shuffle", "--split 50/25/25", "--shuffle --split 50/50"])
@pytest.mark.parametrize("shards", ["", "--rows-per-shard 2"])
def test_split_rows_of_several_inputs_and_parts_are_right(
    left_out: str, order: str, shards: str, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    options = f"{SPLITTING} {left_out} {shards} -q"
    inputs = "a.txt b.txt a.txt --holdout held=a.txt --holdout held=b.txt"
    assert run(folder, f"run {inputs} -o new {order} {options}").status == 0
    assert run(folder, f"encode b.txt a.txt --vocab new/vocab.json -o more {options}").status == 0
    outputs = [*(path.parent for path in folder.glob("new/**/manifest.json")), folder / "more"]
    assert len(outputs) == 3 + order.count("/")
    for chunk_bytes in (arrays.CHUNK_BYTES, 1):
        monkeypatch.setattr(arrays, "CHUNK_BYTES", chunk_bytes)
        assert [problems(output) for output in outputs] == [[]] * len(outputs)


def test_an_input_whose_name_is_no_text_is_right(folder: Path) -> None:
    name = os.fsdecode(b"\xff \xe2\x80\xa8.txt")
    shutil.copy(folder / "b.txt", folder / name)
    embedprep.build(folder / name, folder / "new")
    assert problems(folder / "new") == []


def test_a_matrix_that_came_later_is_right(folder: Path) -> None:
    assert run(folder, "matrix -o out --dim 7 -q").status == 0
    assert problems(folder / "out") == problems(folder / "out" / "test") == []


def test_a_broken_piece_is_told_by_its_bytes(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(digests, "PIECE_BYTES", 100)
    make(tmp_path)
    assert problems(tmp_path / "out") == []
    path = tmp_path / "out" / "vocab.json"
    content = bytearray(path.read_bytes())
    n_bytes = len(content)
    assert 401 < n_bytes < 500
    content[99] ^= 1
    content[400] ^= 1
    path.write_bytes(content)
    assert problems(tmp_path / "out") == [
        ("vocab.json", "bytes 0 to 99 are not those that were written"),
        ("vocab.json", f"bytes 400 to {n_bytes - 1} are not those that were written"),
    ]
    path.write_bytes(content[:250])
    assert problems(tmp_path / "out") == [
        ("vocab.json", f"has 250 bytes, and the manifest says {n_bytes}"),
        ("vocab.json", "bytes 0 to 99 are not those that were written"),
    ]


# Damaged files.


@pytest.mark.parametrize(("output", "name"), ALL_FILES)
def test_a_changed_byte_in_a_file(output: str, name: str, folder: Path) -> None:
    path = folder / output / name
    content = bytearray(path.read_bytes())
    content[-1] ^= 1
    path.write_bytes(content)
    cause = f"bytes 0 to {len(content) - 1:,} are not those that were written"
    assert problems(folder / output) == [(name, cause)]


@settings(max_examples=150)
@given(file=st.sampled_from(ALL_FILES), place=st.floats(0, 1, exclude_max=True), change=st.data())
def test_any_changed_byte_is_found(
    file: tuple[str, str], place: float, change: st.DataObject, made: Path
) -> None:
    """Any byte, in any file that is listed, made any other."""
    output, name = file
    path = made / output / name
    content = path.read_bytes()
    broken = bytearray(content)
    at = int(place * len(content))
    broken[at] ^= change.draw(st.integers(1, 255))
    path.write_bytes(broken)
    try:
        found = problems(made / output)
    finally:
        path.write_bytes(content)
    assert name in {file for file, _ in found}


@pytest.mark.parametrize(("output", "name"), ALL_FILES)
def test_a_file_that_is_cut_off_or_goes_on(output: str, name: str, folder: Path) -> None:
    path = folder / output / name
    content = path.read_bytes()
    n = len(content)
    path.write_bytes(content[:-1])
    size = (name, f"has {n - 1:,} bytes, and the manifest says {n:,}")
    first, *others = problems(folder / output)
    assert first == size
    assert [other for other, _ in others] == [name] * (name.endswith(".npy"))

    path.write_bytes(content + b"\0")
    size = (name, f"has {n + 1:,} bytes, and the manifest says {n:,}")
    header = (name, f"has {n + 1:,} bytes, and its header asks for {n:,}")
    assert problems(folder / output) == [size, *([header] if name.endswith(".npy") else [])]


@pytest.mark.parametrize(("output", "name"), ALL_FILES)
def test_a_missing_file(output: str, name: str, folder: Path) -> None:
    (folder / output / name).unlink()
    assert problems(folder / output) == [(name, "is missing")]


def test_all_that_is_wrong_is_told(folder: Path) -> None:
    (folder / "out/vocab.json").unlink()
    (folder / "out/labels.npy").write_bytes(b"")
    (folder / "out/lengths.npy").unlink()
    (folder / "out/lengths.npy").mkdir()
    shutil.rmtree(folder / "out/test")
    [(_, said)] = [p for p in problems(folder / "out") if "array" in p[1]]
    assert said.startswith("is no array file (")
    missing = [f"test/{name}.npy" for name in ("sequences", "lengths", "labels", "document")]
    assert [p for p in problems(folder / "out") if "array" not in p[1]] == [
        ("lengths.npy", "is no file"),
        ("labels.npy", "has 0 bytes, and the manifest says 164"),
        ("vocab.json", "is missing"),
        *((name, "is missing") for name in [*missing, "test/vocab.json", "test/manifest.json"]),
    ]


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="this system has no named pipes")
def test_a_pipe_in_place_of_a_file_is_not_waited_for(folder: Path) -> None:
    (folder / "out/vocab.json").unlink()
    os.mkfifo(folder / "out/vocab.json")
    assert problems(folder / "out") == [("vocab.json", "is no file")]


def test_two_files_that_changed_places(folder: Path) -> None:
    one, other = folder / "out/lengths.npy", folder / "out/labels.npy"
    other.rename(folder / "x")
    one.rename(other)
    (folder / "x").rename(one)
    changed = "bytes 0 to 163 are not those that were written"
    assert problems(folder / "out") == [("lengths.npy", changed), ("labels.npy", changed)]


def swap(one: Path, other: Path) -> None:
    content = one.read_bytes()
    one.write_bytes(other.read_bytes())
    other.write_bytes(content)


def test_two_shards_that_changed_places(folder: Path) -> None:
    out = folder / "sharded"
    names = [f"sequences-0000{number}.npy" for number in range(2)]
    swap(*(out / name for name in names))
    changed = "bytes 0 to 207 are not those that were written"
    assert problems(out) == [(name, changed) for name in names]
    relist(out, *names)
    said = "row 1: 3, and row 1 of sequences-00000.npy is filled otherwise"
    assert problems(out) == [("lengths-00000.npy", said)]


def test_shards_of_one_type_and_not_of_the_right_one(folder: Path) -> None:
    out = folder / "sharded"
    for number in range(3):
        name = f"sequences-0000{number}.npy"
        np.save(out / name, np.load(out / name)[:, 1:].astype(np.int16))
        relist(out, name)
    said = "its shards make up (9, 4) int16, where (9, 5) int32 must be"
    assert problems(out) == [("sequences.npy", said)]


def test_a_chunk_of_rows_may_lie_in_several_shards_of_another_array(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The lengths are in one file, the rows in three."""
    out = folder / "sharded"
    lengths = np.concatenate([np.load(out / f"lengths-0000{n}.npy") for n in range(3)])
    for number in range(3):
        (out / f"lengths-0000{number}.npy").unlink()
    np.save(out / "lengths.npy", lengths)

    def join(manifest: dict[str, Any]) -> None:
        manifest["outputs"] = [
            o for o in manifest["outputs"] if not o["name"].startswith("lengths")
        ]
        manifest["outputs"].append({"name": "lengths.npy"})
        del manifest["shards"]["lengths.npy"]

    rewrite_manifest(out, join)
    relist(out, "lengths.npy")
    assert problems(out) == []
    for chunk_bytes in (1, 100):
        monkeypatch.setattr(arrays, "CHUNK_BYTES", chunk_bytes)
        assert problems(out) == []
    change_array(out, "lengths.npy", put(8, 2))
    said = "row 8: 2, and row 0 of sequences-00002.npy is filled otherwise"
    assert problems(out) == [("lengths.npy", said)]


def test_another_array_under_the_name(folder: Path) -> None:
    np.save(folder / "out/lengths.npy", np.zeros((2, 3), np.float64))
    assert problems(folder / "out") == [
        ("lengths.npy", "has 176 bytes, and the manifest says 164"),
        ("lengths.npy", "bytes 0 to 163 are not those that were written"),
        ("lengths.npy", "holds (2, 3) float64, and the manifest says (9,) int32"),
    ]


# What is listed as it is, and wrong all the same.


ARRAYS_WRONG: dict[str, tuple[str, str, Callable[[Any], Any], list[tuple[str, str]]]] = {
    "index too large": (
        "out",
        "sequences.npy",
        put((3, 4), 12),
        [("sequences.npy", "row 3, column 4: index 12 is not in 0..11")],
    ),
    "negative index": (
        "out",
        "test/sequences.npy",
        put((0, 4), -1),
        [
            (
                "test/manifest.json",
                "tells of sequences.npy otherwise than the manifest of the whole output",
            ),
            ("test/sequences.npy", "row 0, column 4: index -1 is not in 0..11"),
        ],
    ),
    "padding inside": (
        "out",
        "sequences.npy",
        put((0, 3), 0),
        [("lengths.npy", "row 0: 5, and row 0 of sequences.npy is filled otherwise")],
    ),
    "no mark": (
        "out",
        "sequences.npy",
        put((0, 0), 3),
        [("sequences.npy", "row 0: <bos> does not stand at its end of the row")],
    ),
    "length": (
        "out",
        "lengths.npy",
        put(1, 4),
        [("lengths.npy", "row 1: 4, and row 1 of sequences.npy is filled otherwise")],
    ),
    "length of nothing": (
        "out",
        "lengths.npy",
        put(2, 0),
        [("lengths.npy", "row 2: 0, and row 2 of sequences.npy is filled otherwise")],
    ),
    "rows of another dtype": (
        "out",
        "sequences.npy",
        lambda array: array.astype(np.int64),
        [("sequences.npy", "is (9, 5) int64, where (9, 5) int32 must be")],
    ),
    "rows of floats": (
        "out",
        "sequences.npy",
        lambda array: array.astype(np.float32),
        [("sequences.npy", "is (9, 5) float32, where (9, 5) int32 must be")],
    ),
    "a length too many": (
        "out",
        "lengths.npy",
        lambda array: np.append(array, array[:1]),
        [("lengths.npy", "is (10,) int32, where (9,) int32 must be")],
    ),
    "a class that there is not": (
        "out",
        "labels.npy",
        put(7, 2),
        [("labels.npy", "row 7: 2 is none of 2 classes")],
    ),
    "labels of text": (
        "out",
        "labels.npy",
        lambda array: array.astype("S1"),
        [("labels.npy", "is (9,) bytes8, where (9,) int32 must be")],
    ),
    "lengths of floats": (
        "out",
        "lengths.npy",
        lambda array: array.astype(np.float64),
        [("lengths.npy", "is (9,) float64, where (9,) int32 must be")],
    ),
    "one number": (
        "out",
        "document.npy",
        lambda array: array.sum(),
        [("document.npy", "is () int64, where (9,) int64 must be")],
    ),
    "labels as a matrix": (
        "out",
        "labels.npy",
        lambda array: array.reshape(-1, 1),
        [("labels.npy", "is (9, 1) int32, where (9,) int32 must be")],
    ),
    "document": (
        "out",
        "document.npy",
        put(0, -1),
        [
            ("document.npy", "row 0: -1 is no row of the input"),
            ("manifest.json", "says documents 7, and document.npy has 8"),
            ("manifest.json", "says split_documents 2, and document.npy has 1"),
        ],
    ),
    "matrix with NaN": (
        "out",
        "embedding_matrix.npy",
        put((5, 2), np.nan),
        [("embedding_matrix.npy", "row 5: holds NaN or infinity")],
    ),
    "vector of the padding": (
        "out",
        "embedding_matrix.npy",
        put((0, 2), 1),
        [("embedding_matrix.npy", "row 0: the vector of the padding is not zeros")],
    ),
    "matrix of another vocabulary": (
        "out",
        "embedding_matrix.npy",
        lambda array: array[:-1].copy(),
        [
            (
                "embedding_matrix.npy",
                "is (11, 3) float32, where (12, 3) float32 must be",
            )
        ],
    ),
    "columns first": (
        "out",
        "embedding_matrix.npy",
        np.asfortranarray,
        [("embedding_matrix.npy", "holds its columns one behind the other, not its rows")],
    ),
    "index too large in a shard": (
        "sharded",
        "sequences-00001.npy",
        put((2, 4), 12),
        [("sequences-00001.npy", "row 2, column 4: index 12 is not in 0..11")],
    ),
    "no mark in a shard": (
        "sharded",
        "sequences-00002.npy",
        put((0, 1), 3),
        [("sequences-00002.npy", "row 0: <bos> does not stand at its end of the row")],
    ),
    "length in a shard": (
        "sharded",
        "lengths-00001.npy",
        put(0, 3),
        [("lengths-00001.npy", "row 0: 3, and row 0 of sequences-00001.npy is filled otherwise")],
    ),
    "class in a shard": (
        "sharded",
        "labels-00002.npy",
        put(0, -1),
        [("labels-00002.npy", "row 0: -1 is none of 2 classes")],
    ),
    "shard of another dtype": (
        "sharded",
        "lengths-00000.npy",
        lambda array: array.astype(np.int64),
        [
            ("manifest.json", 'tells of shards of "lengths.npy" that do not make up an array'),
            ("manifest.json", "lists no lengths.npy"),
            *(
                (
                    "manifest.json",
                    f'lists "lengths-0000{n}.npy", which is no file of such an output',
                )
                for n in range(3)
            ),
        ],
    ),
    "shard of another size": (
        "sharded",
        "document-00001.npy",
        lambda array: array[:3],
        [
            ("manifest.json", 'tells of shards of "document.npy" that do not make up an array'),
            *(
                (
                    "manifest.json",
                    f'lists "document-0000{n}.npy", which is no file of such an output',
                )
                for n in range(3)
            ),
            ("manifest.json", "tells of documents, and lists no document.npy"),
        ],
    ),
    "pair with padding": (
        "pairs",
        "couples.npy",
        put((3, 1), 0),
        [("couples.npy", "row 3: 0 is not in 1..11")],
    ),
    "pair with a foreign index": (
        "pairs",
        "couples.npy",
        put((3, 1), 12),
        [("couples.npy", "row 3: 12 is not in 1..11")],
    ),
    "kind of a pair": (
        "pairs",
        "labels.npy",
        put(5, 2),
        [("labels.npy", "row 5: 2 is neither 0 nor 1")],
    ),
    "couples of three": (
        "pairs",
        "couples.npy",
        lambda array: np.concatenate([array, array[:, :1]], axis=1),
        [("couples.npy", "is (144, 3) int32, where (144, 2) int32 must be")],
    ),
    "a label too few": (
        "pairs",
        "labels.npy",
        lambda array: array[1:],
        [("labels.npy", "is (143,) uint8, where (144,) uint8 must be")],
    ),
}


@pytest.mark.parametrize(
    ("output", "name", "change", "said"), ARRAYS_WRONG.values(), ids=ARRAYS_WRONG.keys()
)
def test_a_wrong_array_that_is_listed(
    output: str,
    name: str,
    change: Callable[[Any], Any],
    said: list[tuple[str, str]],
    folder: Path,
) -> None:
    change_array(folder / output, name, change)
    assert problems(folder / output) == said


def test_a_wrong_array_in_a_part_that_both_manifests_list(folder: Path) -> None:
    change_array(folder / "out/test", "sequences.npy", put((0, 4), 12))
    said = ("sequences.npy", "row 0, column 4: index 12 is not in 0..11")
    assert problems(folder / "out/test") == [said]
    relist(folder / "out", "test/sequences.npy", "test/manifest.json")
    assert problems(folder / "out") == [(f"test/{said[0]}", said[1])]


DOCUMENTS_WRONG: dict[str, tuple[str, Callable[[Any], Any], str]] = {
    "backwards": ("", lambda its: its[::-1], "row 0: 5 is not 0, and no row was left out"),
    "one that falls": ("", put(4, 0), "row 4: 0 comes after 1"),
    "the last": ("", put(10, 10**9), "row 10: 1000000000 comes after 4, and no row was left out"),
    "one that is missing": (
        "",
        lambda its: its + (its > 2),
        "row 5: 4 comes after 2, and no row was left out",
    ),
    "the first": ("", lambda its: its + 1, "row 0: 1 is not 0, and no row was left out"),
    "the largest number": (
        "",
        put(slice(None), np.iinfo(np.int64).max),
        "row 0: 9223372036854775807 is not 0, and no row was left out",
    ),
    "shuffled": (
        "--shuffle",
        put(10, 6),
        "row 10: 6 is no row of the input, which has 6",
    ),
    "shuffled and negative": (
        "--shuffle --drop-empty",
        put(9, -2),
        "row 9: -2 is no row of the input",
    ),
    "empty rows left out": ("--drop-empty", lambda its: its[::-1], "row 1: 4 comes after 5"),
    "duplicates left out": ("--drop-duplicates", put(5, 1), "row 5: 1 comes after 2"),
    "in parts": ("--split 50/25/25", lambda its: its[::-1], "row 1: 4 comes after 5"),
}


@pytest.mark.parametrize(
    ("options", "change", "said"), DOCUMENTS_WRONG.values(), ids=DOCUMENTS_WRONG.keys()
)
def test_documents_that_cannot_be(
    options: str,
    change: Callable[[Any], Any],
    said: str,
    folder: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    assert run(folder, f"run a.txt -o new {SPLITTING} {options} -q").status == 0
    change_array(folder / "new", "document.npy", change)
    for chunk_bytes in (arrays.CHUNK_BYTES, 1):
        monkeypatch.setattr(arrays, "CHUNK_BYTES", chunk_bytes)
        found = [problem for problem in problems(folder / "new") if problem[0] != "manifest.json"]
        assert found == [("document.npy", said)]


@pytest.mark.parametrize(
    ("part", "said"),
    [
        ("held", "row 10: 9 comes after 4, and no row was left out"),  # it is never shuffled
        ("test", "row 4: 0 comes after 3"),
    ],
)
def test_documents_of_a_part_that_cannot_be(part: str, said: str, folder: Path) -> None:
    parts = "--split 50/25/25 --holdout held=a.txt"
    assert run(folder, f"run a.txt -o new {SPLITTING} {parts} --shuffle -q").status == 0
    change_array(folder / "new" / part, "document.npy", put(-1, 9 if part == "held" else 0))
    assert problems(folder / "new" / part) == [("document.npy", said)]
    relist(folder / "new", f"{part}/document.npy", f"{part}/manifest.json")
    assert problems(folder / "new") == [(f"{part}/document.npy", said)]


@pytest.mark.parametrize(
    ("first", "options", "said"),
    [
        (0, "", ("document-00000.npy", "row 0: 1 is not 0, and no row was left out")),
        (0, "--drop-empty", ("document-00001.npy", "row 0: 0 comes after 3")),
        (1, "", ("document-00001.npy", "row 0: 3 comes after 0, and no row was left out")),
        (1, "--drop-empty", ("document-00002.npy", "row 0: 2 comes after 4")),
        (1, "--shuffle", None),
    ],
)
def test_shards_of_all_arrays_that_changed_places(
    first: int, options: str, said: tuple[str, str] | None, folder: Path
) -> None:
    options = f"{SPLITTING} --rows-per-shard 3 {options}"
    assert run(folder, f"run a.txt -o new {options} -q").status == 0
    for array in ("sequences", "lengths", "document"):
        names = [f"{array}-0000{number}.npy" for number in (first, first + 1)]
        swap(*(folder / "new" / name for name in names))
        relist(folder / "new", *names)
    assert problems(folder / "new") == ([said] if said else [])


def test_rows_that_were_cut_are_counted(tmp_path: Path) -> None:
    (tmp_path / "a.txt").write_text(TEXT, encoding="utf-8")
    embedprep.build(tmp_path / "a.txt", tmp_path / "out", max_len=3)
    change_array(tmp_path / "out", "lengths.npy", put(0, 3))
    assert problems(tmp_path / "out") == [
        ("manifest.json", "says truncated_rows 2, and lengths.npy has 1"),
        ("manifest.json", "says words 19, and lengths.npy has 16"),
    ]


def test_labels_that_are_wrong(tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_text("a,x,y\nb,y,\n", encoding="utf-8")
    embedprep.build(tmp_path / "a.csv", tmp_path / "m", text_column=1, label_column=[2, 3])
    change_array(tmp_path / "m", "labels.npy", put((1, 0), 2))
    assert problems(tmp_path / "m") == [("labels.npy", "row 1: 2 is neither 0 nor 1")]

    (tmp_path / "a.csv").write_text("a,1\nb,2\n", encoding="utf-8")
    columns: dict[str, Any] = {"text_column": 1, "label_column": 2}
    embedprep.build(tmp_path / "a.csv", tmp_path / "n", **columns, label_type="number")
    change_array(tmp_path / "n", "labels.npy", put(1, np.inf))
    assert problems(tmp_path / "n") == [("labels.npy", "row 1: inf is no number")]


def test_the_vocabulary_of_another_output(folder: Path) -> None:
    embedprep.build(folder / "b.txt", folder / "other", max_len=4, bos=True)
    shutil.copy(folder / "other/vocab.json", folder / "out/vocab.json")
    assert [name for name, _ in problems(folder / "out")] == ["vocab.json"]
    relist(folder / "out", "vocab.json")
    assert problems(folder / "out") == [
        ("manifest.json", "says input_dim 12, and vocab.json has 6 entries"),
        ("manifest.json", "says input_length 5, and vocab.json has rows of 4"),
        ("manifest.json", "tells of rows of another form than vocab.json"),
        ("manifest.json", "tells of other labels than vocab.json"),
        ("sequences.npy", "is (9, 5) int32, where (9, 4) int32 must be"),
        ("embedding_matrix.npy", "is (12, 3) float32, where (6, 3) float32 must be"),
        (
            "test/manifest.json",
            "tells of another vocab.json than that of the whole output",
        ),
    ]


def test_a_vocabulary_that_cannot_be_read(folder: Path) -> None:
    (folder / "out/vocab.json").write_text("{}", encoding="utf-8")
    relist(folder / "out", "vocab.json")
    assert problems(folder / "out")[0] == (
        "vocab.json",
        "is no vocabulary: its format is not 'embedprep-vocabulary'",
    )


def test_tables_of_a_projector_that_are_cut_and_listed(folder: Path) -> None:
    for name in ("vectors.tsv", "metadata.tsv"):
        path = folder / "projector" / name
        path.write_bytes(path.read_bytes().partition(b"\n")[2])
    relist(folder / "projector", "vectors.tsv", "metadata.tsv")
    assert problems(folder / "projector") == [
        ("vectors.tsv", "is no table of 11 lines of 3 fields"),
        ("metadata.tsv", "is no table of 12 lines of 2 fields"),
    ]


def test_a_table_of_a_projector_that_cannot_be_read_any_more(
    monkeypatch: pytest.MonkeyPatch, folder: Path
) -> None:
    right = derived._count_lines

    def read(path: Path) -> tuple[int, int]:
        if path.name == "vectors.tsv":
            path.unlink()
        return right(path)

    monkeypatch.setattr(derived, "_count_lines", read)
    assert problems(folder / "projector") == [
        ("vectors.tsv", "cannot be read (No such file or directory)")
    ]


def test_an_array_that_is_gone_once_its_header_is_read(
    monkeypatch: pytest.MonkeyPatch, folder: Path
) -> None:
    def load(path: Path) -> Any:
        array = load_array(path)
        if path.name == "couples.npy":
            path.unlink()
        return array

    monkeypatch.setattr(contents, load_array.__name__, load)
    assert problems(folder / "pairs") == [
        ("couples.npy", "cannot be read (No such file or directory)")
    ]


def set_value(*path: str, value: Any) -> Callable[[dict[str, Any]], None]:
    def change(manifest: dict[str, Any]) -> None:
        place: Any = manifest
        for name in path[:-1]:
            place = place[int(name) if isinstance(place, list) else name]
        last = path[-1]
        place[int(last) if isinstance(place, list) else last] = value

    return change


MANIFESTS_WRONG: dict[str, tuple[str, Callable[[dict[str, Any]], object], list[str]]] = {
    "input_dim": (
        "out",
        set_value("embedding", "input_dim", value=13),
        ["says input_dim 13, and vocab.json has 12 entries"],
    ),
    "input_length": (
        "out/test",
        set_value("embedding", "input_length", value=6),
        ["says input_length 6, and vocab.json has rows of 5"],
    ),
    "no layer": (
        "out/test",
        lambda manifest: manifest.pop("embedding"),
        ["does not tell the arguments of the embedding layer"],
    ),
    "layer of text": (
        "out/test",
        set_value("embedding", "input_dim", value="12"),
        ["does not tell the arguments of the embedding layer"],
    ),
    "rows": (
        "out/test",
        set_value("statistics", "rows", value=2),
        ["says rows 2, and sequences.npy has 1"],
    ),
    "no statistics": (
        "out/test",
        set_value("statistics", value=[]),
        [
            "says rows None, and sequences.npy has 1",
            "says kept_words None, and vocab.json has 9",
            "says max_len None, and vocab.json has 5",
            "says empty_rows None, and lengths.npy has 0",
            "says documents None, and document.npy has 1",
            "says split_documents None, and document.npy has 0",
        ],
    ),
    "pairs": (
        "pairs",
        set_value("statistics", "positives", value=2),
        ["says positives 2, and labels.npy has 72"],
    ),
    "no entries": (
        "projector",
        set_value("statistics", value={}),
        ["does not tell how many entries there are, and of which dim"],
    ),
    "other labels": (
        "out/test",
        set_value("labels", "classes", value=["bad", "fine"]),
        ["tells of other labels than vocab.json"],
    ),
    "no labels": (
        "out/test",
        lambda manifest: manifest.pop("labels"),
        ["does not tell of labels"],
    ),
    "no list": (
        "pairs",
        set_value("outputs", value={}),
        ["lists no files", "lists no couples.npy", "lists no labels.npy"],
    ),
    "a file that is none": (
        "pairs",
        lambda manifest: manifest["outputs"].append(7),
        ["lists a file without a name"],
    ),
    "a file twice": (
        "pairs",
        lambda manifest: manifest["outputs"].append(manifest["outputs"][0]),
        ['lists "couples.npy" twice'],
    ),
    "no size": (
        "pairs",
        set_value("outputs", "1", "bytes", value=10.0),
        ["does not tell the size of labels.npy", "lists no labels.npy"],
    ),
    "no digest": (
        "pairs",
        set_value("outputs", "1", "sha256", value=["x"]),
        ["does not tell the SHA-256 of labels.npy", "lists no labels.npy"],
    ),
    "more digests than pieces": (
        "pairs",
        lambda manifest: manifest["outputs"][1]["sha256"].append("0" * 64),
        [
            "tells the SHA-256 of 2 pieces of labels.npy, whose size makes 1 piece",
            "lists no labels.npy",
        ],
    ),
    "absurd size": (
        "pairs",
        set_value("outputs", "1", "bytes", value=10**30),
        [
            (
                "tells the SHA-256 of 1 pieces of labels.npy, whose size makes "
                "14,901,161,193,847,656,250,000 pieces"
            ),
            "lists no labels.npy",
        ],
    ),
    "no array": (
        "pairs",
        set_value("outputs", "1", "shape", value=[-1]),
        ["does not tell which array labels.npy is", "lists no labels.npy"],
    ),
    "parts of no name": (
        "out/test",
        set_value("parts", value=["x"]),
        ["tells of parts that have no names"],
    ),
    "rows of another form": (
        "out/test",
        set_value("settings", "row", "padding", value="post"),
        ["tells of rows of another form than vocab.json"],
    ),
    "another name": (
        "out/test",
        set_value("outputs", "2", "name", value="lables.npy"),
        [
            'lists "lables.npy", which is no file of such an output',
            "tells of labels, and lists none",
        ],
    ),
    "a part forgotten": (
        "out",
        lambda manifest: manifest.pop("parts"),
        [
            f'lists "test/{name}", which is no file of such an output'
            for name in sorted(["manifest.json", "vocab.json", *(f"{n}.npy" for n in OF_ROWS)])
        ],
    ),
    "words": (
        "out/test",
        set_value("statistics", "words", value=6),
        [
            "says words 6, and lengths.npy has 3",
        ],
    ),
    "unknown words": (
        "out/test",
        set_value("statistics", "unknown_words", value=1),
        [
            "says unknown_words 1, and sequences.npy has 0",
            "says out_of_vocabulary 0.0, and its words make it 0.3333333333333333",
        ],
    ),
    "rows of a shard": (
        "sharded",
        set_value("settings", "rows_per_shard", value=3),
        [f"lists shards of {name}.npy that are not those of 3 rows each" for name in OF_ROWS],
    ),
    "no rows of a shard": (
        "sharded",
        lambda manifest: manifest["settings"].pop("rows_per_shard"),
        ["says rows_per_shard None, and 4 arrays are in shards"],
    ),
    "shards that there are not": (
        "out",
        set_value("settings", "rows_per_shard", value=3),
        ["says rows_per_shard 3, and 0 arrays are in shards"],
    ),
    "shards in another order": (
        "sharded",
        lambda manifest: manifest["shards"]["labels.npy"].insert(
            0, manifest["shards"]["labels.npy"].pop(1)
        ),
        ["lists shards of labels.npy that are not those of 4 rows each"],
    ),
    "shards forgotten": (
        "sharded",
        lambda manifest: manifest["shards"].pop("labels.npy"),
        [
            *(
                f'lists "labels-0000{number}.npy", which is no file of such an output'
                for number in range(3)
            ),
            "tells of labels, and lists none",
        ],
    ),
    "a matrix forgotten": (
        "out",
        lambda manifest: manifest["outputs"].pop(5),
        ["tells of a matrix, and lists no embedding_matrix.npy"],
    ),
    "shards of no list": (
        "sharded",
        set_value("shards", "labels.npy", value=None),
        [
            'tells of shards of "labels.npy" that do not make up an array',
            *(
                f'lists "labels-0000{number}.npy", which is no file of such an output'
                for number in range(3)
            ),
            "tells of labels, and lists none",
        ],
    ),
    "another kind": (
        "out/test",
        set_value("kind", value=["rows"]),
        ["tells of files of another kind"],
    ),
}


@pytest.mark.parametrize(
    ("output", "change", "causes"), MANIFESTS_WRONG.values(), ids=MANIFESTS_WRONG.keys()
)
def test_a_wrong_manifest(
    output: str, change: Callable[[dict[str, Any]], object], causes: list[str], folder: Path
) -> None:
    rewrite_manifest(folder / output, change)
    found = [problem for problem in problems(folder / output) if problem[0] == "manifest.json"]
    assert found == [("manifest.json", cause) for cause in causes]


Place: TypeAlias = tuple[str | int, ...]


def paths(told: Any) -> list[Place]:
    """The place of each value in some JSON: its name or number in what holds it, after that one's
    own place.
    """
    if not isinstance(told, dict | list):
        return []
    pairs: list[tuple[Any, Any]] = list(told.items() if isinstance(told, dict) else enumerate(told))
    inner = [(name, *place) for name, value in pairs for place in paths(value)]
    return [(name,) for name, _ in pairs] + inner


any_json = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=3),
    lambda inner: st.lists(inner, max_size=2) | st.dictionaries(st.text(max_size=3), inner),
    max_leaves=4,
)


OUTPUTS_OF_ROWS = ("out", "sharded")
PROVEN_SETTINGS = ("row", "rows_per_shard")


def is_proven(output: str, place: Place) -> bool:
    """Whether any other value at a place of a manifest is found."""
    if place[0] in ("embedprep", "request", "inputs", "matrix"):
        return False
    if place[0] == "settings":
        return output in OUTPUTS_OF_ROWS and (len(place) == 1 or place[1] in PROVEN_SETTINGS)
    if place == ("embedding", "output_dim"):
        return output == "out"  # which has a matrix
    return place not in {
        ("statistics", "distinct_words"),
        ("statistics", "longest_row"),  # of rows that were split
        ("statistics", "texts_in_several_parts"),
        *((("statistics", name)) for name in ("rows", "input_dim", "targets") if output == "pairs"),
    }


@settings(max_examples=200)
@given(output=st.sampled_from(list(FILES)), value=any_json, data=st.data())
def test_any_other_value_in_a_manifest_is_found_but_for_some(
    output: str, value: Any, data: st.DataObject, made: Path
) -> None:
    """The library tells of it, or finds nothing wrong where nothing proves it; no other error
    comes.
    """
    path = made / output / "manifest.json"
    content = path.read_bytes()
    manifest = json.loads(content)
    place = data.draw(st.sampled_from(paths(manifest)))
    holder = reduce(getitem, place[:-1], manifest)
    assume(json.dumps(holder[place[-1]]) != json.dumps(value))
    holder[place[-1]] = value
    write_manifest(made / output, manifest)
    is_found = False
    try:
        with suppress(OutputError):
            embedprep.load(made / output)
        is_found = problems(made / output) != []
    except OutputError:  # it is no manifest any longer
        is_found = True
    finally:
        path.write_bytes(content)
    assert is_found or not is_proven(output, place)


@pytest.mark.parametrize(
    "name", ["../x", "/x", "a/../../b", "..\\x", "x\0y", "..", "a/../b", "C:x", "", "a/b/c"]
)
def test_names_never_lead_out_of_the_output(name: str, folder: Path) -> None:
    (folder / "x").write_bytes(b"")
    rewrite_manifest(folder / "out", set_value("outputs", "0", "name", value=name))
    said = json.dumps(name)
    assert problems(folder / "out")[:2] == [
        ("manifest.json", f"lists {said}, which is no name of a file in its folder"),
        ("manifest.json", "lists no sequences.npy"),
    ]


@pytest.mark.parametrize("name", ["..", ".", "../out", "/tmp", "a/b", "test\\..", "\0", ""])
def test_parts_never_lie_outside_of_the_output(name: str, folder: Path) -> None:
    rewrite_manifest(folder / "out", lambda manifest: manifest["parts"].update({name: {"rows": 1}}))
    said = f"tells of a part {json.dumps(name)}, which is no name of a folder in it"
    assert problems(folder / "out") == [("manifest.json", said)]
    with pytest.raises(OutputError) as raised:
        embedprep.load(folder / "out")
    assert raised.value.cause == f"is broken: it {said}"


def test_a_part_that_is_not_there(folder: Path) -> None:
    shutil.rmtree(folder / "out/test")

    def forget(manifest: dict[str, Any]) -> None:
        manifest["outputs"] = [o for o in manifest["outputs"] if "/" not in o["name"]]

    rewrite_manifest(folder / "out", forget)
    assert problems(folder / "out") == [("manifest.json", "lists no test/manifest.json")]


def test_a_part_with_the_manifest_of_another_output(folder: Path) -> None:
    embedprep.build(folder / "b.txt", folder / "other")
    for other, first in (("other", 'is not that of a part "test"'), ("pairs", "tells of pairs")):
        shutil.copy(folder / other / "manifest.json", folder / "out/test/manifest.json")
        relist(folder / "out", "test/manifest.json")
        name, cause = problems(folder / "out")[0]
        assert name == "test/manifest.json"
        assert cause.startswith(first)
    (folder / "out/test/manifest.json").write_text("{}", encoding="utf-8")
    relist(folder / "out", "test/manifest.json")
    assert problems(folder / "out") == [("test/manifest.json", "was not written by embedprep")]


# What is not listed.


def test_files_that_look_like_ours_are_told_and_no_error(folder: Path) -> None:
    out = folder / "out"
    for name in ("couples.npy", "test/embedding_matrix.npy", "notes.txt", ".embedprep-dead"):
        (out / name).write_bytes(b"")
    shutil.copytree(folder / "pairs", out / "pairs")
    shutil.copytree(out / "test", out / "old")
    rewrite_manifest(out / "old", set_value("part", value="old"))
    found = embedprep.verify(out)
    assert found.problems == ()
    assert found.unlisted == (
        ".embedprep-dead",
        "couples.npy",
        "test/embedding_matrix.npy",
        "old/",
    )


def test_shards_of_an_older_output_are_told_and_no_error(folder: Path) -> None:
    out = folder / "sharded"
    for name in (
        "sequences.npy",
        "labels-00003.npy",
        "couples-00000.npy",
        "test/lengths-00001.npy",
    ):
        shutil.copy(out / "lengths-00000.npy", out / name)
    found = embedprep.verify(out)
    assert found.problems == ()
    assert found.unlisted == ("labels-00003.npy", "sequences.npy", "test/lengths-00001.npy")
    shutil.copy(out / "lengths-00000.npy", folder / "out/sequences-00000.npy")
    assert embedprep.verify(folder / "out").unlisted == ("sequences-00000.npy",)


# Through the command.


def test_the_command_tells_of_a_whole_output(folder: Path) -> None:
    (folder / "pairs/sequences.npy").write_bytes(b"")
    said = "pairs: is what its manifest says\n"
    table = "  files               2\n  bytes           1,552\n  pairs             144\n"
    note = "pairs/sequences.npy: is no part of the output, as its manifest does not list it"
    ended = run(folder, "verify pairs")
    assert ended == Ended(0, said + table, f"embedprep: note: {note}\n")
    assert run(folder, "verify pairs -q --jobs 1") == Ended(0, "", "")
    facts = '{"output": "pairs", "files": 2, "bytes": 1552, "problems": []}\n'
    assert run(folder, "verify pairs -q --json") == Ended(0, facts, "")


def test_the_command_tells_all_problems_and_fails(folder: Path) -> None:
    (folder / "pairs/labels.npy").unlink()
    (folder / "pairs/couples.npy").write_bytes(b"x")
    said = "couples.npy: has 1 byte, and the manifest says 1,280\ncouples.npy: is no array file"
    ended = run(folder, "verify pairs -q")
    assert (ended.status, ended.out.startswith(said)) == (1, True)
    assert ended.out.endswith("\nlabels.npy: is missing\n")
    remedy = "copy the output again, or make it again"
    assert ended.err == f"embedprep: pairs: 3 problems found; {remedy}\n"

    ended = run(folder, "verify pairs --json")
    facts = json.loads(ended.out)
    assert ended.status == 1
    assert facts["problems"][::2] == [
        {"file": "couples.npy", "cause": "has 1 byte, and the manifest says 1,280"},
        {"file": "labels.npy", "cause": "is missing"},
    ]


def test_an_unfinished_output_is_refused(folder: Path) -> None:
    (folder / "out/manifest.json").unlink()
    cause = "out: has no manifest.json, so it is unfinished; run the command that makes it again"
    assert run(folder, "verify out") == Ended(1, "", f"embedprep: {cause}\n")
    cause = "nowhere: no such folder; check the path"
    assert run(folder, "verify nowhere") == Ended(1, "", f"embedprep: {cause}\n")


def test_a_file_in_place_of_an_output_is_refused(folder: Path) -> None:
    cause = "a.txt: is a file, not a folder; name the folder of an output"
    assert run(folder, "verify a.txt") == Ended(1, "", f"embedprep: {cause}\n")
    cause = "a.txt/out: no such folder; check the path"
    assert run(folder, "verify a.txt/out") == Ended(1, "", f"embedprep: {cause}\n")
