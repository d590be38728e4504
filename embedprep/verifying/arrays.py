"""In which files does an array lie that is verified, and where is each of its rows?"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from embedprep.arrays import row_chunks
from embedprep.listing import Listed
from embedprep.npy import ArraySpec, read_rows

_IN_WORK = 4
"""What a value takes while it is looked at, in its own size."""


class StoredArray(NamedTuple):
    """An array in one file or in several, whose headers and sizes are those that are listed.

    `name` is that of the one file, `files` are in the order of the rows.
    """

    folder: Path
    name: str
    files: tuple[Listed, ...]

    @property
    def spec(self) -> ArraySpec:
        shapes = [_shape(file) for file in self.files]
        n_rows = [sum(shape[0] for shape in shapes)] if shapes[0] else []
        return ArraySpec((*n_rows, *shapes[0][1:]), str(self.files[0].dtype))

    @property
    def is_in_shards(self) -> bool:
        return self.name != self.files[0].name

    def chunks(self, row_bytes: int = 0) -> Iterator[slice]:
        """All rows, so many at a time as suit what is made of each, `row_bytes` in size; those of a
        chunk lie in one file.
        """
        first = 0
        row_bytes = max(row_bytes, self.spec.row_bytes * _IN_WORK)
        for file in self.files:
            n_rows = _shape(file)[0]
            for chunk in row_chunks(n_rows, row_bytes):
                yield slice(first + chunk.start, first + chunk.stop)
            first += n_rows

    def place(self, row: int) -> tuple[str, int]:
        """The name of the file that has a row, and which row of it that is."""
        number, row_in_file = divmod(row, _shape(self.files[0])[0])
        return self.files[number].name, row_in_file

    def read(self, rows: slice) -> NDArray[Any]:
        """Some rows, one at least, in memory. Raises OutputError where a file cannot be read."""
        rows_of_file = _shape(self.files[0])[0]  # of all files but the last
        parts: list[NDArray[Any]] = []
        for number in range(rows.start // rows_of_file, -(-rows.stop // rows_of_file)):
            first = number * rows_of_file
            start, stop = max(rows.start - first, 0), min(rows.stop - first, rows_of_file)
            parts.append(read_rows(self.folder / self.files[number].name, slice(start, stop)))
        return parts[0] if len(parts) == 1 else np.concatenate(parts)


def _shape(file: Listed) -> tuple[int, ...]:
    assert file.shape is not None  # of arrays it is told
    return file.shape
