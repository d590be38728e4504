"""Where do indices wait until the whole text is ranked?

In memory while they are few, then in a file.
"""

from __future__ import annotations

import tempfile
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from types import TracebackType
from typing import Any, Generic, NamedTuple, TypeAlias, TypeVar

import numpy as np
from numpy.typing import NDArray

from embedprep.npy import disk_error, read_at, write_at
from embedprep.packing import pack, unpack

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

    Up to `memory_bytes` of them stay in memory, the others go to a nameless file in `folder`, or to
    the `kept` one, which outlives the process, behind its first `n_kept` bytes. Used as a context.
    Any thread may read. Raises OutputError where the disk does not take them.
    """

    def __init__(
        self,
        folder: Path,
        memory_bytes: int = MEMORY_BYTES,
        *,
        kept: Path | None = None,
        n_kept: int = 0,
    ) -> None:
        self._folder = folder
        self._room = memory_bytes
        self._file: Any = None
        self._kept = kept
        self.n_bytes = n_kept

    def __enter__(self) -> Spool:
        if self._kept is not None:
            try:
                self._kept.touch()
                self._file = self._kept.open("r+b", buffering=0)
                self._file.truncate(self.n_bytes)
            except OSError as error:
                raise disk_error(str(self._kept), error) from error
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        if self._file is not None:
            self._file.close()

    @property
    def is_full(self) -> bool:
        """Whether what is appended goes to the disk."""
        return not self._room

    def append(self, arrays: Sequence[NDArray[Any]]) -> Record:
        """Keep a record."""
        n_bytes = sum(array.nbytes for array in arrays)
        if not self.is_full and n_bytes <= self._room:
            self._room -= n_bytes
            return arrays
        self._room = 0
        return self._write(arrays)

    def _write(self, arrays: Sequence[NDArray[Any]]) -> OnDisk:
        lengths = tuple(len(array) for array in arrays)
        record = OnDisk(self.n_bytes, lengths, tuple(array.dtype for array in arrays))
        try:
            for array in arrays:
                write_at(self._descriptor, array.data.cast("B"), self.n_bytes)
                self.n_bytes += array.nbytes
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
            arrays.append(_array(read_at(self._descriptor, n_bytes, offset), dtype))
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
        data = read_at(self._descriptor, n_bytes, offset + first * dtype.itemsize)
        return _array(data, dtype)

    def length(self, record: Record, array: int) -> int:
        """How many values an array of a record has."""
        return record.lengths[array] if isinstance(record, OnDisk) else len(record[array])

    @property
    def _descriptor(self) -> int:
        if self._file is None:
            self._file = tempfile.TemporaryFile(dir=self._folder)  # noqa: SIM115
        descriptor: int = self._file.fileno()
        return descriptor

    def settled(self, record: Record) -> OnDisk:
        """The record on the disk, written there if it was in memory."""
        return record if isinstance(record, OnDisk) else self._write(record)

    def append_items(self, items: Sequence[Any]) -> OnDisk:
        """Keep some facts, such as tuples of numbers and of records that are on the disk."""
        return self._write([np.frombuffer(pack(items), np.uint8)])

    def read_items(self, record: OnDisk, kinds: Iterable[type]) -> Sequence[Any]:
        """The facts of a record, as they were appended; `kinds` are the named tuples among them."""
        [packed] = self.read(record)
        items: Sequence[Any] = unpack(packed.tobytes(), [OnDisk, *kinds])
        return items


def _array(data: bytes, dtype: np.dtype[Any]) -> NDArray[Any]:
    return np.frombuffer(data, dtype) if data else np.empty(0, dtype)


def _settled(item: T, spool: Spool) -> T:
    """A named tuple whose records are all on the disk."""
    assert isinstance(item, tuple)
    return type(item)(*(spool.settled(its) if _is_in_memory(its) else its for its in item))


def _is_in_memory(value: Any) -> bool:
    """Whether a value is a record of arrays."""
    return isinstance(value, list | tuple) and len(value) > 0 and isinstance(value[0], np.ndarray)


class ListState(NamedTuple):
    """What a list in a spool is made of, all of it on the disk but the last items."""

    records: list[OnDisk]
    last: list[Any]


class SpooledList(Generic[T]):
    """A list that only grows, of named tuples of the `kinds`, most of it in a spool. Its first
    items stay in memory as long as what they lead to does.
    """

    def __init__(self, spool: Spool, kinds: Sequence[type]) -> None:
        self._spool = spool
        self._kinds = kinds
        self._first: list[T] = []
        self._records: list[OnDisk] = []
        self._last: list[T] = []

    def append(self, item: T) -> None:
        if not self._records and not self._last and not self._spool.is_full:
            self._first.append(item)
            return
        self._last.append(_settled(item, self._spool))
        if len(self._last) == _ITEMS_AT_ONCE:
            self._records.append(self._spool.append_items(self._last))
            self._last = []

    def __iter__(self) -> Iterator[T]:
        yield from self._first
        for record in self._records:
            yield from self._spool.read_items(record, self._kinds)
        yield from self._last

    def __len__(self) -> int:
        return len(self._first) + len(self._records) * _ITEMS_AT_ONCE + len(self._last)

    @property
    def state(self) -> ListState:
        """What it is made of, where nothing stays in memory."""
        assert not self._first
        return ListState(list(self._records), list(self._last))

    def restore(self, listed: ListState) -> None:
        """Let an empty list be one that was made before."""
        self._records, self._last = listed
