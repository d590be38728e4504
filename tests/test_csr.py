"""Does SciPy read the sparse matrices that are written without it?"""

from __future__ import annotations

import zipfile
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import scipy.sparse
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from numpy.typing import NDArray

from embedprep.csr import CsrSpec, write_csr

DENSE = np.array([[0, 2, 0, 1], [0, 0, 0, 0], [3, 0, 0, 0]], np.float32)


def write(path: Path, dense: NDArray[Any], rows_at_once: int) -> CsrSpec:
    """Write a matrix, some of its rows in each piece."""
    pieces = [dense[i : i + rows_at_once] for i in range(0, len(dense), rows_at_once)]
    matrix = CsrSpec((len(dense), dense.shape[1]), int(np.count_nonzero(dense)), dense.dtype.name)
    write_csr(
        path,
        matrix,
        columns=(piece.nonzero()[1] for piece in pieces),
        per_row=(np.count_nonzero(piece, axis=1) for piece in pieces),
        values=(piece[piece.nonzero()] for piece in pieces),
    )
    return matrix


def test_the_members_are_those_of_scipy(tmp_path: Path) -> None:
    write(tmp_path / "ours.npz", DENSE, 2)
    scipy.sparse.save_npz(tmp_path / "its.npz", scipy.sparse.csr_matrix(DENSE), compressed=False)
    with np.load(tmp_path / "ours.npz") as ours, np.load(tmp_path / "its.npz") as its:
        assert ours.files == its.files
        for name in its.files:
            np.testing.assert_array_equal(ours[name], its[name], strict=True)
        assert ours["indices"].tolist() == [1, 3, 0]
        assert ours["indptr"].tolist() == [0, 2, 2, 3]


@given(
    dense=hnp.arrays(
        st.sampled_from(["float32", "float64"]),
        st.tuples(st.integers(0, 6), st.integers(1, 6)),
        elements=st.sampled_from([0, 0, 1, 2.5]),
    )
)
def test_any_matrix_comes_back_and_its_size_is_known(
    dense: NDArray[Any], tmp_path_factory: pytest.TempPathFactory
) -> None:
    path = tmp_path_factory.getbasetemp() / "any.npz"
    matrix = write(path, dense, 6)
    assert path.stat().st_size == matrix.n_bytes
    if len(dense):  # SciPy takes no matrix without rows
        found = scipy.sparse.load_npz(path)
        assert found.has_sorted_indices
        np.testing.assert_array_equal(found.toarray(), dense, strict=True)


def test_the_bytes_do_not_depend_on_the_pieces_or_the_time(tmp_path: Path) -> None:
    for rows_at_once in (1, 2, 3):
        write(tmp_path / f"{rows_at_once}.npz", DENSE, rows_at_once)
    assert len({path.read_bytes() for path in tmp_path.iterdir()}) == 1
    with zipfile.ZipFile(tmp_path / "1.npz") as archive:
        entries = archive.infolist()
    assert {entry.date_time for entry in entries} == {(1980, 1, 1, 0, 0, 0)}
    assert {entry.compress_type for entry in entries} == {zipfile.ZIP_STORED}


def test_a_large_member_is_written_as_zip64(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(zipfile, "ZIP64_LIMIT", 130)
    write(tmp_path / "x.npz", DENSE, 2)
    monkeypatch.undo()
    np.testing.assert_array_equal(scipy.sparse.load_npz(tmp_path / "x.npz").toarray(), DENSE)


@pytest.mark.parametrize(
    ("matrix", "dtype"),
    [
        (CsrSpec((9, 9), 2**31 - 1, "float32"), "int32"),
        (CsrSpec((9, 9), 2**31, "float32"), "int64"),
        (CsrSpec((2**31, 9), 5, "float32"), "int64"),
    ],
)
def test_places_have_the_type_that_holds_them(matrix: CsrSpec, dtype: str) -> None:
    assert matrix.index_dtype == dtype
    assert {str(d) for name, (_, d) in matrix.members.items() if name[:3] == "ind"} == {dtype}
