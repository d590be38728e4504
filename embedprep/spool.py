"""Where do indices wait until the whole text is ranked?

In memory while they are few, then in a file.
"""

from __future__ import annotations

import tempfile
from collections.abc import Sequence
from pathlib import Path
from types import TracebackType
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from embedprep.npy import disk_error, read_at, write_at

MEMORY_BYTES = 48 << 20


class _OnDisk(NamedTuple):
    """One-dimensional arrays, one behind the other in the file."""

    offset: int
    lengths: list[int]
    dtypes: list[np.dtype[Any]]


class Spool:
    """Records of one-dimensional arrays, kept in order.

    Up to `memory_bytes` of them stay in memory, the others go to a nameless file in `folder`.
    Used as a context. Any thread may read. Raises OutputError where the disk does not take them.
    """

    def __init__(self, folder: Path, memory_bytes: int = MEMORY_BYTES) -> None:
        self._folder = folder
        self._room = memory_bytes
        self._records: list[Sequence[NDArray[Any]] | _OnDisk] = []
        self._file: Any = None
        self._n_bytes = 0

    def __enter__(self) -> Spool:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self._records.clear()
        if self._file is not None:
            self._file.close()

    def append(self, arrays: Sequence[NDArray[Any]]) -> int:
        """Keep a record. Returns its number, by which it is read."""
        n_bytes = sum(array.nbytes for array in arrays)
        if n_bytes <= self._room:
            self._room -= n_bytes
            self._records.append(arrays)
        else:
            self._room = 0
            self._records.append(self._write(arrays))
        return len(self._records) - 1

    def _write(self, arrays: Sequence[NDArray[Any]]) -> _OnDisk:
        record = _OnDisk(self._n_bytes, [len(a) for a in arrays], [a.dtype for a in arrays])
        try:
            if self._file is None:
                self._file = tempfile.TemporaryFile(dir=self._folder)  # noqa: SIM115
            for array in arrays:
                write_at(self._file.fileno(), array.data.cast("B"), self._n_bytes)
                self._n_bytes += array.nbytes
        except OSError as error:
            raise disk_error(str(self._folder), error) from error
        return record

    def read(self, number: int) -> Sequence[NDArray[Any]]:
        """The arrays of a record, as they were appended."""
        record = self._records[number]
        if not isinstance(record, _OnDisk):
            return record
        arrays = []
        offset = record.offset
        for length, dtype in zip(record.lengths, record.dtypes, strict=True):
            n_bytes = length * dtype.itemsize
            arrays.append(np.frombuffer(read_at(self._file.fileno(), n_bytes, offset), dtype))
            offset += n_bytes
        return arrays

    def read_slice(self, number: int, first: int, last: int) -> NDArray[Any]:
        """A part of the first array of a record, from the place `first` up to `last`."""
        record = self._records[number]
        if not isinstance(record, _OnDisk):
            return record[0][first:last]
        dtype = record.dtypes[0]
        n_bytes = (last - first) * dtype.itemsize
        offset = record.offset + first * dtype.itemsize
        return np.frombuffer(read_at(self._file.fileno(), n_bytes, offset), dtype)
