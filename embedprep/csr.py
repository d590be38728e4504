"""How does a sparse matrix reach disk? As the .npz that `scipy.sparse.load_npz` reads.

It is a zip archive of arrays, none of them compressed: `indices`, the columns of all non-zero
values, row after row, ascending in each; `indptr: (rows + 1,)`, where each row begins among them;
`format`, the letters csr; `shape`; and `data`, the values. Names and order are those of
`scipy.sparse.save_npz` (scipy/sparse/_matrix_io.py).
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from embedprep.npz import Members, npz_bytes, write_npz

_LARGEST_INT32 = 2**31 - 1


class CsrSpec(NamedTuple):
    """A sparse matrix that is to be written: its shape, how many values it has, and their dtype."""

    shape: tuple[int, int]
    n_values: int
    dtype: str

    @property
    def index_dtype(self) -> str:
        """The type of columns and of places, as SciPy chooses it."""
        return "int32" if max(self.n_values, *self.shape) <= _LARGEST_INT32 else "int64"

    @property
    def members(self) -> Members:
        """The shape and the dtype of each array in the archive, in their order."""
        index = np.dtype(self.index_dtype)
        return {
            "indices": ((self.n_values,), index),
            "indptr": ((self.shape[0] + 1,), index),
            "format": ((), np.dtype("S3")),
            "shape": ((2,), np.dtype(np.int64)),
            "data": ((self.n_values,), np.dtype(self.dtype)),
        }

    @property
    def n_bytes(self) -> int:
        """The size of its file, but for some tens of bytes more where that is over 2 GiB."""
        return npz_bytes(self.members)


def write_csr(
    path: Path,
    matrix: CsrSpec,
    *,
    columns: Iterable[NDArray[Any]],
    per_row: Iterable[NDArray[Any]],
    values: Iterable[NDArray[Any]],
) -> None:
    """Write a sparse matrix, of which each part comes in pieces: the columns of its values, how
    many each row has, and the values.

    The same matrix gives the same bytes, in whatever pieces it comes.
    """
    pieces = {
        "indices": columns,
        "indptr": _row_starts(per_row),
        "format": [np.array(b"csr")],
        "shape": [np.array(matrix.shape)],
        "data": values,
    }
    write_npz(path, matrix.members, pieces)


def _row_starts(per_row: Iterable[NDArray[Any]]) -> Iterator[NDArray[np.int64]]:
    """Where each row begins, and where the last one ends, in pieces; of `per_row: (rows,)`."""
    n_before = 0
    yield np.zeros(1, np.int64)
    for piece in per_row:
        ends = n_before + np.cumsum(piece, dtype=np.int64)
        n_before = int(ends[-1]) if len(ends) else n_before
        yield ends
