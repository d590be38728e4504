"""How does an array reach disk in several files?

Each shard is an array file of so many rows, the last one of what is left, and an array of no rows
has one of none. No file stays open between two writes: there may be more than a process may open.
"""

from __future__ import annotations

import re
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from functools import partial
from itertools import pairwise
from pathlib import Path
from types import TracebackType
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from embedprep.arrays import Ints
from embedprep.digests import Digest, KnownDigest, UnorderedDigest, digest_of
from embedprep.ledger import Ledger
from embedprep.npy import (
    SHORT_ROW,
    ArraySpec,
    FilePlan,
    WrittenFile,
    disk_error,
    npy_header,
    read_at,
    write_at,
    write_rows,
)
from embedprep.places import Place, Url

_DIGITS = 5


class Division(NamedTuple):
    """An array that is to be written, and the rows of each of its shards."""

    array: ArraySpec
    rows_per_shard: int

    @property
    def n_shards(self) -> int:
        return max(1, -(-self.array.shape[0] // self.rows_per_shard))

    def shard(self, number: int) -> ArraySpec:
        """One of the shards, which are numbered from 0 on."""
        n_rows, *inner = self.array.shape
        left = n_rows - number * self.rows_per_shard
        return ArraySpec((min(self.rows_per_shard, left), *inner), self.array.dtype)

    @property
    def n_bytes(self) -> int:
        """The size of all files."""
        last = self.n_shards - 1
        return last * self.shard(0).n_bytes + self.shard(last).n_bytes

    def names(self, name: str) -> list[str]:
        """The names of the shards, in their order however they are sorted.

        >>> Division(ArraySpec((5, 3), "int32"), 4).names("sequences.npy")
        ['sequences-00000.npy', 'sequences-00001.npy']
        """
        stem, _, suffix = name.rpartition(".")
        n_digits = max(_DIGITS, len(str(self.n_shards - 1)))
        return [f"{stem}-{number:0{n_digits}}.{suffix}" for number in range(self.n_shards)]


def files_size(array: ArraySpec, rows_per_shard: int | None) -> int:
    """The bytes that an array takes on disk, in one file or in shards."""
    return array.n_bytes if rows_per_shard is None else Division(array, rows_per_shard).n_bytes


def shards_in(folder: Place, names: Sequence[str]) -> list[str]:
    """The names of all that lies in a folder and is called like a shard of one of some arrays."""
    stems = "|".join(re.escape(name.removesuffix(".npy")) for name in names)
    is_shard = re.compile(rf"({stems})-[0-9]{{{_DIGITS},}}\.npy").fullmatch
    if isinstance(folder, Url):
        try:
            there = folder.names()
        except OSError as error:
            raise disk_error(str(folder), error) from error
    else:
        there = [path.name for path in folder.iterdir()] if folder.is_dir() else []
    return [name for name in there if is_shard(name)]


class ShardWriter:
    """Shards on their way to `target`, a folder, written at `paths`; else as a `NpyWriter`.

    Those that a `ledger` proves to be finished are not written again.
    """

    def __init__(
        self,
        paths: Sequence[Path],
        target: Place,
        division: Division,
        ledger: Ledger | None = None,
    ) -> None:
        self.paths = paths
        self.target = target
        self.division = division
        self._specs = (division.shard(0), division.shard(division.n_shards - 1))
        self._headers = [npy_header(spec.shape, np.dtype(spec.dtype)) for spec in self._specs]
        self._sizes = [spec.n_bytes for spec in self._specs]
        self._unfinished: dict[int, UnorderedDigest] = {}
        self._digests: dict[int, Digest | KnownDigest] = {}
        self.order: NDArray[Any] | None = None  # the place of each row
        self._ledger = ledger
        self._finished: set[int] = set()  # before this run
        self._lock = threading.Lock()

    def __enter__(self) -> ShardWriter:
        for shard, path in enumerate(self.paths):
            proven = None if self._ledger is None else self._ledger.proven(path)
            if proven is None:
                path.write_bytes(self._header(shard))
            else:
                self._digests[shard] = proven
                self._finished.add(shard)
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        if error is None:
            self._finish()

    @property
    def plan(self) -> FilePlan:
        paths = [str(path.absolute()) for path in self.paths]
        n_rows = self.division.rows_per_shard
        first, last = ((len(h), n) for h, n in zip(self._headers, self._sizes, strict=True))
        return FilePlan(paths, str(self.target), n_rows, first, last, self.order)

    @property
    def is_hashed(self) -> bool:
        return True

    def fill(self, digests: Sequence[KnownDigest]) -> None:
        self._digests.update(enumerate(digests))

    def _finish(self) -> None:
        """Digest the shards that were not digested while they were written."""
        for shard, path in enumerate(self.paths):
            if shard not in self._digests:
                self._digests[shard] = digest_of(path)

    def write(self, first_row: int, rows: NDArray[Any]) -> None:
        """Write rows, contiguous and of the array's dtype, from `first_row` on."""
        while rows.size:
            shard, row = divmod(first_row, self.division.rows_per_shard)
            of_shard = rows[: self.division.rows_per_shard - row]
            if shard not in self._finished:
                self._write(shard, row, of_shard)
            first_row += len(of_shard)
            rows = rows[len(of_shard) :]

    def _write(self, shard: int, row: int, rows: NDArray[Any]) -> None:
        offset = len(self._header(shard)) + row * self.division.array.row_bytes
        data = rows.data.cast("B")
        with self._opened(shard) as descriptor:
            write_at(descriptor, data, offset)
        self._take_in(shard, offset, data)

    def _take_in(self, shard: int, offset: int, data: memoryview) -> None:
        """Digest what was written, and let go of a shard that is whole."""
        with self._lock:
            digest = self._unfinished.get(shard)
            if digest is None:
                digest = UnorderedDigest(partial(_read_back, self.paths[shard]))
                digest.update(0, self._header(shard))
                self._unfinished[shard] = digest
        digest.update(offset, data)
        if digest.digest.n_bytes == self._sizes[self._is_last(shard)]:
            self._digests[shard] = digest.digest
            self._unfinished.pop(shard, None)
            if self._ledger is not None:
                self._ledger.add(self.paths[shard], digest.digest)

    @contextmanager
    def _opened(self, shard: int) -> Iterator[int]:
        """The descriptor of a shard's file."""
        path = self.paths[shard]
        try:
            with path.open("r+b", buffering=0) as file:
                yield file.fileno()
        except OSError as error:
            raise disk_error(str(self.target / path.name), error) from error

    def _is_last(self, shard: int) -> bool:
        return shard == len(self.paths) - 1

    def _spec(self, shard: int) -> ArraySpec:
        return self._specs[self._is_last(shard)]

    def _header(self, shard: int) -> bytes:
        return self._headers[self._is_last(shard)]

    @property
    def files(self) -> list[WrittenFile]:
        """What was written, in the order of the rows."""
        return [
            WrittenFile(path.name, self._digests[shard], *self._spec(shard))
            for shard, path in enumerate(self.paths)
        ]


class ShuffledShardWriter(ShardWriter):
    """Shards of an array whose row i goes to the place `order[i]`, `order: (rows,)`.

    Short rows wait in memory until the end. Of the long ones, those that come together and go to
    one shard are written together; they are digested when all are there.
    """

    def __init__(
        self, paths: Sequence[Path], target: Place, division: Division, order: NDArray[Any]
    ) -> None:
        super().__init__(paths, target, division)
        self.order = order
        self._order = order
        array = division.array
        is_short = array.row_bytes <= SHORT_ROW
        self._waiting = np.empty(array.shape, array.dtype) if is_short else None

    def write(self, first_row: int, rows: NDArray[Any]) -> None:
        places = self._order[first_row : first_row + len(rows)]
        if self._waiting is not None:
            self._waiting[places] = rows
            return
        for shard, in_shard, its_rows in by_file(places, rows, self.division.rows_per_shard):
            with self._opened(shard) as descriptor:
                write_rows(descriptor, in_shard, its_rows, len(self._header(shard)))

    def _finish(self) -> None:
        if self._waiting is not None and not self._digests:
            super().write(0, self._waiting)
        super()._finish()


def _read_back(path: Path, n_bytes: int, offset: int) -> bytes:
    with path.open("rb", buffering=0) as file:
        return read_at(file.fileno(), n_bytes, offset)


def by_file(
    places: Ints, rows: NDArray[Any], rows_per_file: int
) -> Iterator[tuple[int, Ints, NDArray[Any]]]:
    """Of rows that go to some places of an array, each file that gets any, the places of its own in
    it, and these rows, in the order of their places.
    """
    if (places[1:] < places[:-1]).any():
        by_place = np.argsort(places)
        places, rows = places[by_place], rows[by_place]
    files, firsts = np.unique(places // rows_per_file, return_index=True)
    bounds = pairwise([*firsts.tolist(), len(rows)])
    for file, (begin, end) in zip(files.tolist(), bounds, strict=True):
        yield file, places[begin:end] - file * rows_per_file, rows[begin:end]
