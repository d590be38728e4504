"""Where do indices wait until the whole text is ranked?

In memory while they are few, then in a file.
"""

from __future__ import annotations

import pickle
import tempfile
from collections.abc import Iterator, Sequence
from pathlib import Path
from types import TracebackType
from typing import Any, Generic, NamedTuple, TypeAlias, TypeVar

import numpy as np
from numpy.typing import NDArray

from embedprep.npy import disk_error, read_at, write_at

MEMORY_BYTES = 48 << 20

_ITEMS_AT_ONCE = 1 << 10

T = TypeVar("T")


class OnDisk(NamedTuple):
    """One-dimensional arrays, one behind the other in the file of a spool."""

    offset: int
    lengths: tuple[int, ...]
    dtypes: tuple[np.dtype[Any], ...]


Record: TypeAlias = Sequence[NDArray[Any]] | OnDisk
"""Some one-dimensional arrays, or where they are; by it they are read again."""


class Spool:
    """Keeps records of one-dimensional arrays.

    Up to `memory_bytes` of them stay in memory, the others go to a nameless file in `folder`.
    Used as a context. Any thread may read. Raises OutputError where the disk does not take them.
    """

    def __init__(self, folder: Path, memory_bytes: int = MEMORY_BYTES) -> None:
        self._folder = folder
        self._room = memory_bytes
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
        if self._file is not None:
            self._file.close()

    def append(self, arrays: Sequence[NDArray[Any]]) -> Record:
        """Keep a record."""
        n_bytes = sum(array.nbytes for array in arrays)
        if n_bytes <= self._room:
            self._room -= n_bytes
            return arrays
        self._room = 0
        return self._write(arrays)

    def _write(self, arrays: Sequence[NDArray[Any]]) -> OnDisk:
        lengths = tuple(len(array) for array in arrays)
        record = OnDisk(self._n_bytes, lengths, tuple(array.dtype for array in arrays))
        try:
            if self._file is None:
                self._file = tempfile.TemporaryFile(dir=self._folder)  # noqa: SIM115
            for array in arrays:
                write_at(self._file.fileno(), array.data.cast("B"), self._n_bytes)
                self._n_bytes += array.nbytes
        except OSError as error:
            raise disk_error(str(self._folder), error) from error
        return record

    def read(self, record: Record) -> Sequence[NDArray[Any]]:
        """The arrays of a record, as they were appended."""
        if not isinstance(record, OnDisk):
            return record
        arrays = []
        offset = record.offset
        for length, dtype in zip(record.lengths, record.dtypes, strict=True):
            n_bytes = length * dtype.itemsize
            arrays.append(np.frombuffer(read_at(self._file.fileno(), n_bytes, offset), dtype))
            offset += n_bytes
        return arrays

    def read_slice(self, record: Record, first: int, last: int, array: int = 0) -> NDArray[Any]:
        """A part of an array of a record, the first by default, from place `first` up to `last`."""
        if not isinstance(record, OnDisk):
            return record[array][first:last]
        dtype = record.dtypes[array]
        before = zip(record.lengths[:array], record.dtypes[:array], strict=True)
        offset = record.offset + sum(length * of.itemsize for length, of in before)
        n_bytes = (last - first) * dtype.itemsize
        data = read_at(self._file.fileno(), n_bytes, offset + first * dtype.itemsize)
        return np.frombuffer(data, dtype)

    def length(self, record: Record, array: int) -> int:
        """How many values an array of a record has."""
        return record.lengths[array] if isinstance(record, OnDisk) else len(record[array])

    def append_items(self, items: Sequence[Any]) -> OnDisk:
        """Keep some plain values, such as tuples of numbers and records."""
        return self._write([np.frombuffer(pickle.dumps(items), np.uint8)])

    def read_items(self, record: OnDisk) -> Sequence[Any]:
        """The values of a record, as they were appended."""
        [pickled] = self.read(record)
        items: Sequence[Any] = pickle.loads(pickled.data)  # out of a file that has no name
        return items


class SpooledList(Generic[T]):
    """A list that only grows, most of it in a spool. Its first items stay in memory, as what they
    lead to does.
    """

    def __init__(self, spool: Spool) -> None:
        self._spool = spool
        self._first: list[T] = []
        self._records: list[OnDisk] = []
        self._last: list[T] = []

    def append(self, item: T) -> None:
        if len(self._first) < _ITEMS_AT_ONCE:
            self._first.append(item)
            return
        self._last.append(item)
        if len(self._last) == _ITEMS_AT_ONCE:
            self._records.append(self._spool.append_items(self._last))
            self._last = []

    def __iter__(self) -> Iterator[T]:
        yield from self._first
        for record in self._records:
            yield from self._spool.read_items(record)
        yield from self._last

    def __len__(self) -> int:
        return len(self._first) + len(self._records) * _ITEMS_AT_ONCE + len(self._last)
