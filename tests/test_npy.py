"""Are rows read from the right places of the files of an array, some at a time?"""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from embedprep.errors import OutputError
from embedprep.listing import Listed
from embedprep.npy import ArraySpec, read_rows
from embedprep.verifying.arrays import StoredArray


@pytest.mark.parametrize("dtype", ["<i4", ">i4", "u1", "<f8"])
@pytest.mark.parametrize("columns", [(), (3,), (0,)])
def test_some_rows_are_those_of_a_slice(dtype: str, columns: tuple[int], tmp_path: Path) -> None:
    array = np.arange(5 * int(np.prod(columns))).reshape(5, *columns).astype(dtype)
    np.save(tmp_path / "x.npy", array)
    for rows in (slice(0, 5), slice(2, 4), slice(4, 5), slice(3, 3)):
        read = read_rows(tmp_path / "x.npy", rows)
        assert read.dtype.isnative
        assert read.dtype.name == array.dtype.name
        assert np.array_equal(read, array[rows])


def test_a_file_that_has_lost_its_end(tmp_path: Path) -> None:
    path = tmp_path / "x.npy"
    np.save(path, np.arange(5))
    path.write_bytes(path.read_bytes()[:-1])
    with pytest.raises(OutputError, match=r"x\.npy: is no array file"):
        read_rows(path, slice(0, 1))
    path.unlink()
    with pytest.raises(OutputError, match=r"x\.npy: no such file"):
        read_rows(path, slice(0, 1))


@given(
    n_rows=st.integers(1, 20),
    per_file=st.integers(1, 9),
    columns=st.sampled_from([(), (3,)]),
    row_bytes=st.sampled_from([0, 1 << 20, 1 << 30]),
    asked=st.data(),
)
def test_an_array_in_files_is_read_as_one(
    n_rows: int, per_file: int, columns: tuple[int], row_bytes: int, asked: st.DataObject
) -> None:
    array = np.random.default_rng(0).integers(0, 99, (n_rows, *columns), np.int32)
    with tempfile.TemporaryDirectory() as name:
        files: list[Listed] = []
        for first in range(0, n_rows, per_file):
            some: Any = array[first : first + per_file]
            np.save(Path(name) / f"x-{first}.npy", some)
            files.append(Listed(f"x-{first}.npy", 0, (), some.shape, "int32"))
        stored = StoredArray(Path(name), "x.npy", tuple(files))
        assert stored.spec == ArraySpec(array.shape, "int32")

        first = asked.draw(st.integers(0, n_rows - 1))
        rows = slice(first, asked.draw(st.integers(first + 1, n_rows)))
        assert np.array_equal(stored.read(rows), array[rows])
        file, row = stored.place(first)
        assert np.array_equal(np.load(Path(name) / file)[row], array[first])

        chunks = list(stored.chunks(row_bytes))
        assert [n for chunk in chunks for n in range(n_rows)[chunk]] == list(range(n_rows))
        for chunk in chunks:  # each in one file
            assert stored.place(chunk.start)[0] == stored.place(chunk.stop - 1)[0]
