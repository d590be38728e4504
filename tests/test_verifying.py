"""Is every kind of damage to an output found, told with its file, and nothing else?"""

from __future__ import annotations

import json
import os
import shutil
import tempfile
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import embedprep
from embedprep import digests, verifying
from embedprep.digests import digest_of
from embedprep.encoded import open_rows
from embedprep.errors import InputError, OutputError
from embedprep.exporting.recipe import open_export, write_export
from embedprep.skipgrams.settings import SkipgramSettings
from embedprep.skipgrams.writing import write_skipgrams
from tests.test_errors import Ended, run

TEXT = "the cat sat on the mat\n\na cat\nthe dog and the cat and the mat\nsat\nmat mat\n"


def make(folder: Path) -> None:
    """Outputs of every kind: `out`, of several parts, with labels and a matrix; `pairs` of its
    rows; and the files of a projector.
    """
    (folder / "a.txt").write_text(TEXT, encoding="utf-8")
    (folder / "b.txt").write_text("the bird sat\n", encoding="utf-8")
    embedprep.build(
        [f"good={folder / 'a.txt'}", f"bad={folder / 'b.txt'}"],
        folder / "out",
        holdout={"test": f"bad={folder / 'b.txt'}"},
        max_len=5,
        bos=True,
        overflow="split",
        dim=3,
    )
    out = folder / "out"
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


FILES = {
    "out": [
        "sequences.npy",
        "lengths.npy",
        "labels.npy",
        "document.npy",
        "vocab.json",
        "embedding_matrix.npy",
        *(f"test/{name}.npy" for name in ("sequences", "lengths", "labels", "document")),
        "test/vocab.json",
        "test/manifest.json",
    ],
    "pairs": ["couples.npy", "labels.npy"],
    "projector": ["vectors.tsv", "metadata.tsv"],
}
ALL_FILES = [(output, name) for output, names in FILES.items() for name in names]
OURS = [*ALL_FILES, *((output, "manifest.json") for output in FILES)]


def test_the_outputs_of_these_tests_list_these_files(made: Path) -> None:
    for output, names in FILES.items():
        assert [file["name"] for file in read_manifest(made / output)["outputs"]] == names


# What is whole.


@pytest.mark.parametrize(
    ("output", "n_files", "counted", "n_rows"),
    [("out", 12, "rows", 10), ("out/test", 5, "rows", 1), ("pairs", 2, "pairs", 144)],
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
    {"drop_empty": True},
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
@given(file=st.sampled_from(OURS), place=st.floats(0, 1, exclude_max=True), change=st.data())
def test_any_changed_byte_is_found(
    file: tuple[str, str], place: float, change: st.DataObject, made: Path
) -> None:
    """Any byte, in any file, made any other."""
    output, name = file
    path = made / output / name
    content = path.read_bytes()
    broken = bytearray(content)
    at = int(place * len(content))
    broken[at] ^= change.draw(st.integers(1, 255))
    path.write_bytes(broken)
    try:
        found = problems(made / output)
    except OutputError as error:
        assert name == "manifest.json"  # which is then no longer one
        found = [(name, error.cause)]
    finally:
        path.write_bytes(content)
    assert name in {file for file, _ in found}
    assert problems(made / output) == []


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
        [("lengths.npy", "row 2: 0 is less than 1")],
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
        [("document.npy", "row 0: -1 is no row of the input")],
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


def test_rows_that_were_cut_are_counted(tmp_path: Path) -> None:
    (tmp_path / "a.txt").write_text(TEXT, encoding="utf-8")
    embedprep.build(tmp_path / "a.txt", tmp_path / "out", max_len=3)
    change_array(tmp_path / "out", "lengths.npy", put(0, 3))
    assert problems(tmp_path / "out") == [
        ("manifest.json", "says truncated_rows 2, and lengths.npy has 1"),
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
            "says empty_rows None, and lengths.npy has 0",
            "says truncated_rows None, and lengths.npy has 0",
            "says longest_row None, and lengths.npy has 4",
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


def places(told: Any) -> list[tuple[Any, Any]]:
    """Each value in some JSON: what holds it, and its name or number there."""
    pairs = told.items() if isinstance(told, dict) else enumerate(told)
    of_inner = [places(inner) for _, inner in pairs if isinstance(inner, dict | list)]
    pairs = told.items() if isinstance(told, dict) else enumerate(told)
    return [(told, name) for name, _ in pairs] + [place for some in of_inner for place in some]


any_json = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=3),
    lambda inner: st.lists(inner, max_size=2) | st.dictionaries(st.text(max_size=3), inner),
    max_leaves=4,
)


@settings(max_examples=150)
@given(output=st.sampled_from(["out", "pairs", "projector"]), value=any_json, data=st.data())
def test_any_value_in_a_manifest_is_taken_for_what_it_is(
    output: str, value: Any, data: st.DataObject, made: Path
) -> None:
    """The library tells of it or finds nothing wrong; no other error comes."""
    path = made / output / "manifest.json"
    content = path.read_bytes()
    manifest = json.loads(content)
    holder, name = data.draw(st.sampled_from(places(manifest)))
    holder[name] = value
    write_manifest(made / output, manifest)
    try:
        for use in (embedprep.verify, embedprep.load):
            with suppress(OutputError):
                use(made / output)
    finally:
        path.write_bytes(content)


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
    names = ["sequences.npy", "lengths.npy", "vocab.json", "manifest.json"]
    assert problems(folder / "out") == [("manifest.json", f"lists no test/{n}") for n in names]


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
