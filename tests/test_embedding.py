"""Do indices become the vectors of a matrix, and one-hot vectors?"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from numpy.typing import NDArray

import embedprep
from embedprep import arrays, space
from embedprep.embedding import embed, one_hot
from embedprep.errors import OutputError, SettingsError, VocabularyError
from embedprep.rectangle import Rectangle
from embedprep.tensors import Target
from embedprep.tokenizer.settings import TokenizerSettings
from embedprep.vocabulary import Vocabulary
from tests import twins

ROWS = np.array([[0, 1, 3], [0, 0, 0], [2, 2, 1]], np.int32)
MATRIX = np.array([[9, 9], [1, 2], [0.5, -4], [3, 0.25]], np.float32)
VOCABULARY = Vocabulary(("a", "b"), (2, 1), TokenizerSettings(), Rectangle(3))


def saved(folder: Path, rows: NDArray[Any] = ROWS, matrix: NDArray[Any] = MATRIX) -> Path:
    """The file of rows; a matrix and a vocabulary lie beside it."""
    np.save(folder / "rows.npy", rows)
    np.save(folder / "embedding_matrix.npy", matrix)
    VOCABULARY.save(folder / "vocab.json")
    return folder / "rows.npy"


def run(folder: Path, words: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "embedprep", *words.split()]
    return subprocess.run(command, cwd=folder, check=False, capture_output=True, text=True)


def test_each_index_becomes_its_vector_padding_too(tmp_path: Path) -> None:
    made = embed(saved(tmp_path), Target(tmp_path / "x.npy"))
    assert made == (tmp_path / "x.npy", (3, 3, 2), "float32")
    expected = [
        [[9, 9], [1, 2], [3, 0.25]],
        [[9, 9], [9, 9], [9, 9]],
        [[0.5, -4], [0.5, -4], [1, 2]],
    ]
    np.testing.assert_array_equal(
        np.load(tmp_path / "x.npy"), np.array(expected, np.float32), strict=True
    )


@pytest.mark.parametrize(
    ("reduce", "expected"),
    [
        ("sum", [[4, 2.25], [0, 0], [2, -6]]),
        ("mean", [[2, 1.125], [0, 0], [2 / 3, -2]]),
        ("max", [[3, 2], [0, 0], [1, 2]]),
    ],
)
def test_a_row_becomes_one_vector_without_its_padding(
    reduce: str, expected: list[list[float]], tmp_path: Path
) -> None:
    made = embed(saved(tmp_path), Target(tmp_path / "x.npy"), reduce=reduce)
    assert made.shape == (3, 2)
    np.testing.assert_array_equal(
        np.load(tmp_path / "x.npy"), np.array(expected, np.float32), strict=True
    )


finite = st.floats(-1e4, 1e4, width=16)
matrices = hnp.arrays(
    st.sampled_from(["float16", "float32", "float64", ">f4"]),
    st.tuples(st.integers(1, 6), st.integers(1, 3)),
    elements=finite,
)
index_dtypes = st.sampled_from(["int8", "uint16", "int32", "uint64", ">i4"])


@given(
    matrix=matrices,
    data=st.data(),
    dtype=st.sampled_from(["float32", "float16"]),
    reduce=st.sampled_from([None, "mean", "sum", "max"]),
    chunk_bytes=st.sampled_from([1, 40, 1 << 20]),
    jobs=st.integers(1, 3),
    is_turned=st.booleans(),
)
def test_any_rows_equal_the_twin_in_chunks_of_any_size(
    *,
    matrix: NDArray[Any],
    data: st.DataObject,
    dtype: str,
    reduce: str | None,
    chunk_bytes: int,
    jobs: int,
    is_turned: bool,
    tmp_path_factory: pytest.TempPathFactory,
) -> None:
    shape = data.draw(st.tuples(st.integers(0, 6), st.integers(1, 5)))
    indices = st.integers(0, len(matrix) - 1)
    rows = data.draw(hnp.arrays(data.draw(index_dtypes), shape, elements=indices))
    folder = tmp_path_factory.mktemp("any")
    path = saved(folder, rows, np.asfortranarray(matrix) if is_turned else matrix)
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(arrays, "CHUNK_BYTES", chunk_bytes)
        embed(path, Target(folder / "x.npy", jobs=jobs), dtype=dtype, reduce=reduce)

    with np.errstate(over="ignore"):
        if reduce is None:
            expected = matrix[rows.astype(int)].astype(dtype)
        else:
            numbers = matrix.tolist()
            reduced = [twins.embedded_row(row, numbers, reduce) for row in rows.tolist()]
            of_rows = np.array(reduced, np.float64).reshape(len(rows), matrix.shape[1])
            expected = of_rows.astype(dtype)
    np.testing.assert_array_equal(np.load(folder / "x.npy"), expected, strict=True)


def test_a_sum_is_rounded_once(tmp_path: Path) -> None:
    matrix = np.array([[0], [1], [2**-24], [-1]], np.float32)
    rows = np.array([[1, 2, 2, 3]], np.int32)  # in float32, 1 + 2**-24 is 1
    embed(saved(tmp_path, rows, matrix), Target(tmp_path / "x.npy"), reduce="sum")
    assert np.load(tmp_path / "x.npy").tolist() == [[2**-23]]


def test_the_bytes_are_the_same_for_any_chunks_and_jobs(tmp_path: Path) -> None:
    random = np.random.default_rng(3)
    rows = random.integers(0, 40, (200, 9), np.int32)
    path = saved(tmp_path, rows, random.normal(size=(40, 5)))
    for reduce in (None, "mean", "max"):
        written = set()
        for chunk_bytes, jobs in ((1 << 20, 1), (100, 3), (999, 2)):
            with pytest.MonkeyPatch.context() as patched:
                patched.setattr(arrays, "CHUNK_BYTES", chunk_bytes)
                embed(path, Target(tmp_path / "x.npy", jobs=jobs), reduce=reduce)
            written.add((tmp_path / "x.npy").read_bytes())
        assert len(written) == 1


def test_infinity_stays_and_padding_of_any_kind_is_left_out(tmp_path: Path) -> None:
    matrix = np.array([[np.nan], [np.inf], [-np.inf], [1]], np.float32)
    path = saved(tmp_path, np.array([[0, 1], [1, 2], [0, 3]]), matrix)
    for reduce, expected in (
        ("sum", [[np.inf], [np.nan], [1]]),
        ("max", [[np.inf], [np.inf], [1]]),
    ):
        embed(path, Target(tmp_path / "x.npy"), reduce=reduce, dtype="float16")
        np.testing.assert_array_equal(np.load(tmp_path / "x.npy"), np.array(expected, np.float16))


def test_a_number_over_float16_is_refused(tmp_path: Path) -> None:
    path = saved(tmp_path, matrix=np.full((4, 2), 7e4, np.float32))
    with pytest.raises(OutputError) as caught:
        embed(path, Target(tmp_path / "x.npy"), dtype="float16")
    assert str(caught.value) == (
        f"{tmp_path}/x.npy: a number is too large for float16, which ends at 6.55e+04; "
        "choose float32"
    )
    assert not (tmp_path / "x.npy").exists()


# One-hot vectors.


def test_each_index_becomes_a_one_in_its_column(tmp_path: Path) -> None:
    made = one_hot(saved(tmp_path), Target(tmp_path / "x.npy"))
    assert made == (tmp_path / "x.npy", (3, 3, 4), "uint8")
    found = np.load(tmp_path / "x.npy")
    assert found[0].tolist() == [[1, 0, 0, 0], [0, 1, 0, 0], [0, 0, 0, 1]]
    assert found.argmax(axis=2).tolist() == ROWS.tolist()
    assert found.sum() == ROWS.size


@given(
    rows=hnp.arrays(
        index_dtypes, st.tuples(st.integers(0, 6), st.integers(1, 5)), elements=st.integers(0, 3)
    ),
    matrix=hnp.arrays("float32", (4, 3), elements=st.integers(-9, 9)),
    chunk_bytes=st.sampled_from([1, 40, 1 << 20]),
)
def test_one_hot_vectors_times_a_matrix_are_its_vectors(
    rows: NDArray[Any],
    matrix: NDArray[Any],
    chunk_bytes: int,
    tmp_path_factory: pytest.TempPathFactory,
) -> None:
    folder = tmp_path_factory.mktemp("any")
    path = saved(folder, rows, matrix)
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(arrays, "CHUNK_BYTES", chunk_bytes)
        one_hot(path, Target(folder / "one.npy", jobs=2))
        embed(path, Target(folder / "x.npy", jobs=2))
    one, embedded = np.load(folder / "one.npy"), np.load(folder / "x.npy")
    np.testing.assert_array_equal(one @ matrix, embedded)


# What is refused.


@pytest.mark.parametrize("index", [4, -1])
def test_a_foreign_index_is_named_with_its_place(
    index: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(arrays, "CHUNK_BYTES", 1)
    rows = ROWS.copy()
    rows[2, 1] = rows[1, 2] = index
    path = saved(tmp_path, rows)
    before = sorted(tmp_path.iterdir())
    for make in (embed, one_hot):
        with pytest.raises(VocabularyError) as caught:
            make(path, Target(tmp_path / "x.npy", jobs=2))
        assert caught.value.place == f"{path}: row 1, column 2"
        assert caught.value.cause == f"index {index} is not in 0..3"
    assert sorted(tmp_path.iterdir()) == before


@pytest.mark.parametrize(
    "matrix", [MATRIX.astype(int), MATRIX[0], MATRIX[None], MATRIX.astype(np.complex64)]
)
def test_what_is_no_matrix_is_refused(matrix: NDArray[Any], tmp_path: Path) -> None:
    path = saved(tmp_path, matrix=matrix)
    with pytest.raises(OutputError) as caught:
        embed(path, Target(tmp_path / "x.npy"))
    assert str(caught.value) == (
        f"{tmp_path}/embedding_matrix.npy: holds {matrix.dtype} of shape {matrix.shape}, not an "
        "embedding matrix; name a 2-D array of float16, float32 or float64"
    )


@pytest.mark.parametrize("setting", [{"dtype": "float64"}, {"reduce": "median"}])
def test_a_wrong_setting_is_refused(setting: dict[str, str], tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match=f"^--{next(iter(setting))}: .* is none of"):
        embed(saved(tmp_path), Target(tmp_path / "x.npy"), **setting)  # type: ignore[arg-type]


@pytest.mark.parametrize("name", ["rows.npy", "embedding_matrix.npy", "link.npy"])
def test_nothing_that_is_read_is_overwritten(name: str, tmp_path: Path) -> None:
    path = saved(tmp_path)
    os.link(path, tmp_path / "link.npy")
    before = {file: file.read_bytes() for file in tmp_path.iterdir()}
    with pytest.raises(OutputError, match="is also an input and would be overwritten"):
        embed(path, Target(tmp_path / name))
    assert {file: file.read_bytes() for file in tmp_path.iterdir()} == before


@pytest.mark.parametrize(
    ("max_bytes", "options", "remedy"),
    [
        (199, {}, "--dtype float16 takes 164 bytes"),
        (160, {}, "--reduce mean takes 152 bytes"),
        (150, {}, "--dtype float16 --reduce mean takes 140 bytes"),
        (150, {"reduce": "max"}, "--dtype float16 takes 140 bytes"),
        (160, {"dtype": "float16"}, "--reduce mean takes 140 bytes"),
        (
            130,
            {},
            "look the vectors up in the model: its Embedding layer takes the rows themselves",
        ),
    ],
)
def test_too_large_vectors_are_refused_with_a_smaller_form(
    max_bytes: int, options: dict[str, str], remedy: str, tmp_path: Path
) -> None:
    with pytest.raises(OutputError) as caught:
        embed(saved(tmp_path), Target(tmp_path / "x.npy", max_bytes), **options)  # type: ignore[arg-type]
    assert caught.value.remedy == remedy


def test_too_large_one_hot_vectors_are_refused_with_other_ways(tmp_path: Path) -> None:
    with pytest.raises(OutputError) as caught:
        one_hot(saved(tmp_path), Target(tmp_path / "x.npy", max_bytes=100))
    assert str(caught.value) == (
        f"{tmp_path}/x.npy: would take 164 bytes for 3 rows of 3 x 4 uint8, more than the "
        "100 bytes of --max-bytes; give the rows themselves to an Embedding layer, or count words "
        "by `embedprep bow`"
    )


def test_what_the_disk_cannot_take_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(space, "free_bytes", lambda folder: 150)
    with pytest.raises(OutputError) as caught:
        embed(saved(tmp_path), Target(tmp_path / "x.npy"))
    assert caught.value.cause.endswith("and the disk has 150 bytes left")
    assert caught.value.remedy == "--dtype float16 --reduce mean takes 140 bytes"
    assert not (tmp_path / "x.npy").exists()


# The commands.


def test_the_commands_say_what_they_write_and_what_they_wrote(tmp_path: Path) -> None:
    (tmp_path / "a.txt").write_bytes(b"the cat\nsat\n")
    embedprep.build(tmp_path / "a.txt", tmp_path / "out")
    np.save(tmp_path / "m.npy", np.eye(5, dtype=np.float16))

    done = run(tmp_path, "embed out --matrix m.npy --jobs 2 --sync -o x.npy")
    assert done.stderr == "embedprep: x.npy: writing 2 rows of 2 x 5 float32, 208 bytes\n"
    assert (done.stdout, done.returncode) == ("x.npy: 2 rows of 2 x 5, float32\n", 0)
    done = run(tmp_path, "onehot out -q --json -o y.npy")
    assert (done.stderr, done.returncode) == ("", 0)
    assert json.loads(done.stdout) == {"output": "y.npy", "shape": [2, 2, 5], "dtype": "uint8"}
    np.testing.assert_array_equal(np.load(tmp_path / "x.npy"), np.load(tmp_path / "y.npy"))
    assert sorted(os.listdir(tmp_path)) == ["a.txt", "m.npy", "out", "x.npy", "y.npy"]

    done = run(tmp_path, "embed out -q -o z.npy")
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr == (
        "embedprep: out/embedding_matrix.npy: no such file; name the embedding matrix by --matrix\n"
    )
    done = run(tmp_path, "embed out --matrix m.npy -o out/vocab.json.npz")
    assert (done.returncode, done.stdout) == (2, "")
    assert "'out/vocab.json.npz' does not end in .npy" in done.stderr
