"""Are rows found by their file or their output, and checked before they are used?"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import embedprep
from embedprep.encoded import beside, open_rows, rows_file, vocabulary_file
from embedprep.errors import EmbedprepError, OutputError, VocabularyError
from embedprep.manifest import manifest_of

ROWS = np.array([[0, 1, 3], [0, 0, 2]], np.int32)


@pytest.fixture
def output(tmp_path: Path) -> Path:
    (tmp_path / "t.txt").write_text("the cat\nthe dog sat\n")
    embedprep.build(tmp_path / "t.txt", tmp_path / "out")
    return tmp_path / "out"


def error_of(error: type[EmbedprepError], function: Any, *arguments: Any) -> str:
    with pytest.raises(error) as raised:
        function(*arguments)
    return str(raised.value)


def test_rows_are_named_by_their_file_or_their_output(output: Path) -> None:
    for named in (output, output / "sequences.npy"):
        rows = open_rows(named)
        assert rows.path == output / "sequences.npy"
        assert np.asarray(rows.ids).tolist() == [[0, 2, 3], [2, 4, 5]]  # the 2, cat 1, dog 1, sat 1
        assert (rows.n_rows, rows.length) == (2, 3)
        assert manifest_of(rows.path) == embedprep.load(output).manifest
        assert isinstance(rows.ids, np.memmap)
    assert vocabulary_file(output / "sequences.npy", None) == output / "vocab.json"
    assert vocabulary_file(output / "sequences.npy", Path("v.json")) == Path("v.json")


def test_rows_by_themselves_have_no_manifest(output: Path) -> None:
    np.save(output / "x.npy", ROWS)
    assert manifest_of(open_rows(output / "x.npy").path) is None
    (output / "manifest.json").unlink()
    assert manifest_of(open_rows(output / "sequences.npy").path) is None
    assert error_of(OutputError, rows_file, output) == (
        f"{output}: has no manifest.json, so it is unfinished; run the command that makes it again"
    )


@pytest.mark.parametrize(
    ("array", "what"),
    [
        (np.zeros(3, np.int32), "int32 of shape (3,)"),
        (np.zeros((2, 3, 4), np.int64), "int64 of shape (2, 3, 4)"),
        (np.zeros((2, 3), np.float32), "float32 of shape (2, 3)"),
        (np.zeros((2, 3), np.bool_), "bool of shape (2, 3)"),
        (np.zeros((2, 0), np.int32), "int32 of shape (2, 0)"),
    ],
)
def test_what_is_no_rows_is_told(array: np.ndarray[Any, Any], what: str, tmp_path: Path) -> None:
    path = tmp_path / "x.npy"
    np.save(path, array)
    assert error_of(OutputError, open_rows, path) == (
        f"{path}: holds {what}, not rows of indices; name the sequences.npy of an output"
    )


@pytest.mark.parametrize("dtype", ["int8", ">i4", "uint16", "<i8", "uint64"])
def test_rows_are_read_in_the_order_of_bytes_of_this_machine(dtype: str, tmp_path: Path) -> None:
    path = tmp_path / "x.npy"
    np.save(path, np.asfortranarray(ROWS.astype(dtype)))
    ids = open_rows(path).read(slice(0, 2), 4)
    expected = "i8" if dtype == "uint64" else dtype  # no index of 64 bits is without a sign
    assert ids.dtype == np.dtype(expected).newbyteorder("=")
    assert ids.dtype.isnative
    assert ids.flags["C_CONTIGUOUS"]
    assert ids.tolist() == ROWS.tolist()


def test_an_index_that_no_entry_has_is_told_with_its_row(tmp_path: Path) -> None:
    path = tmp_path / "x.npy"
    np.save(path, np.array([[0], [1], [9], [-1]]))
    rows = open_rows(path)
    assert rows.read(slice(0, 2), 2).tolist() == [[0], [1]]
    for some, place, index in ((slice(1, 3), 2, 9), (slice(3, 4), 3, -1)):
        said = error_of(VocabularyError, rows.read, some, 2)
        assert said.startswith(f"{path}: row {place}")
        assert str(index) in said


def test_chunks_hold_all_rows_once(tmp_path: Path) -> None:
    path = tmp_path / "x.npy"
    np.save(path, np.zeros((10, 3), np.int32))
    assert list(open_rows(path).chunks(1)) == [slice(0, 10)]
    assert list(open_rows(path).chunks(2 << 20)) == [slice(n, n + 2) for n in range(0, 10, 2)]
    assert len(list(open_rows(path).chunks(1 << 30))) == 10


def test_what_belongs_to_rows_lies_beside_them(tmp_path: Path) -> None:
    rows = tmp_path / "x.npy"
    said = error_of(OutputError, beside, rows, "m.npy", "--matrix", "the matrix")
    assert said == f"{rows}: no such file; check the path"
    rows.touch()
    said = error_of(OutputError, beside, rows, "m.npy", "--matrix", "the matrix")
    assert said == f"{tmp_path / 'm.npy'}: no such file; name the matrix by --matrix"
    (tmp_path / "m.npy").touch()
    assert beside(rows, "m.npy", "--matrix", "the matrix") == tmp_path / "m.npy"
    assert error_of(OutputError, vocabulary_file, rows, None) == (
        f"{tmp_path / 'vocab.json'}: no such file; name the vocabulary of these rows by --vocab"
    )


@pytest.mark.parametrize("n_shards", [1, 3])
def test_reading_all_rows_leaves_none_in_memory(n_shards: int, tmp_path: Path) -> None:
    """Pages of a map are let go of: the peak does not grow with the file."""
    n_rows, length = 3_000_000, 16
    folder = tmp_path / "out"
    (tmp_path / "t").write_text("a\n" * 3, encoding="ascii")
    options: dict[str, Any] = {} if n_shards == 1 else {"rows_per_shard": 1}
    embedprep.build(tmp_path / "t", folder, max_len=length, **options)
    names = ["sequences.npy"] if n_shards == 1 else [f"sequences-0000{i}.npy" for i in range(3)]
    for name in names:
        np.save(folder / name, np.full((n_rows // n_shards, length), 2, np.int32))
    manifest = json.loads((folder / "manifest.json").read_bytes())
    for file in manifest["outputs"]:
        if file["name"] in names:
            file["shape"] = [n_rows // n_shards, length]
        elif file["name"].startswith("lengths-"):
            file["shape"] = [n_rows // n_shards]
    manifest["statistics"]["rows"] = n_rows
    (folder / "manifest.json").write_bytes(json.dumps(manifest).encode())
    read = """
import resource, sys
from pathlib import Path
from embedprep.encoded import open_rows
rows = open_rows(Path(sys.argv[1]))
before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
n = sum(int(rows.read(chunk, 3).size) for chunk in rows.chunks(64))
assert n == 48_000_000, n
print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before)
"""
    command = [sys.executable, "-c", read, str(folder)]
    grown = int(subprocess.run(command, check=True, capture_output=True, text=True).stdout)
    assert grown * (1 if sys.platform == "darwin" else 1024) < 40_000_000 < n_rows * length * 4


@pytest.mark.parametrize("dtype", ["<i4", ">i8", "|u1"])
def test_rows_are_read_as_they_are_mapped(dtype: str, tmp_path: Path) -> None:
    path = tmp_path / "x.npy"
    saved = np.arange(60).reshape(20, 3).astype(dtype)
    for array in (saved, np.asfortranarray(saved), saved[:0]):
        np.save(path, array)
        rows = open_rows(path)
        for chunk in (slice(0, len(array)), slice(len(array) // 2, len(array))):
            assert rows.stored(chunk).dtype == array.dtype
            assert rows.stored(chunk).tolist() == array[chunk].tolist()
            assert rows.read(chunk, 60).tolist() == array[chunk].tolist()


def test_rows_that_are_cut_while_they_are_read_are_an_error(tmp_path: Path) -> None:
    path = tmp_path / "x.npy"
    np.save(path, np.ones((5000, 9), np.int32))
    rows = open_rows(path)
    os.truncate(path, 100_000)
    assert rows.read(slice(0, 9), 2).tolist() == [[1] * 9] * 9
    assert error_of(OutputError, rows.read, slice(4000, 5000), 2) == (
        f"{path}: cannot be read (the file ends early); "
        "was it changed by somebody else? make it again"
    )


def test_rows_that_are_replaced_while_they_are_read_stay_the_old_ones(tmp_path: Path) -> None:
    path = tmp_path / "x.npy"
    np.save(path, np.ones((50, 9), np.int32))
    rows = open_rows(path)
    np.save(tmp_path / "y.npy", np.full((2, 9), 7, np.int32))
    os.replace(tmp_path / "y.npy", path)
    assert rows.read(slice(49, 50), 2).tolist() == [[1] * 9]
    path.unlink()
    assert rows.read(slice(0, 1), 2).tolist() == [[1] * 9]
