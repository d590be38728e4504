"""How do several files make one array? As its shards, each mapped when it is asked for."""

from __future__ import annotations

import operator
import threading
from bisect import bisect_right
from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from itertools import accumulate
from pathlib import Path
from typing import Any, NamedTuple, TypeAlias

import numpy as np
from numpy.typing import NDArray

from embedprep.arrays import Ints
from embedprep.errors import OutputError
from embedprep.listing import Listed
from embedprep.manifest import told_of_rows
from embedprep.npy import let_go, load_array

MOST_MAPPED = 32
"""So many shards of an array stay mapped, each of which is an open file."""

_REMEDY = "run the command that makes it again"


class Shard(NamedTuple):
    """A file with some of the rows of an array, and the shape and dtype that it is to have."""

    path: Path
    shape: tuple[int, ...]
    dtype: str


class ShardedArray:
    """An array in several files, one after the other along its rows: for reading, as NumPy does it.

    It takes every index that an array takes. A row, and a slice of rows of one shard, is a view of
    the mapped file; all else is a copy of what was asked for, in memory. `numpy.asarray` reads the
    whole. It may be read from several threads, and pickled.

    Raises OutputError for a shard that is missing, or is not of the shape that is told of it, when
    that shard is first read.
    """

    def __init__(self, shards: Sequence[Shard]) -> None:
        self._shards = tuple(shards)
        self._ends = list(accumulate(shard.shape[0] for shard in shards))
        self._end_of_shard = np.array(self._ends)  # (shards,)
        self._mapped: dict[int, NDArray[Any]] = {}
        self._lock = threading.Lock()
        self.dtype = np.dtype(shards[0].dtype)
        self.shape = (self._ends[-1], *shards[0].shape[1:])
        self._like = np.broadcast_to(np.False_, self.shape)  # takes no memory

    @property
    def paths(self) -> list[Path]:
        """The files of the shards, in the order of the rows."""
        return [shard.path for shard in self._shards]

    @property
    def ndim(self) -> int:
        return len(self.shape)

    @property
    def size(self) -> int:
        return int(np.prod(self.shape, dtype=np.int64))

    @property
    def nbytes(self) -> int:
        return self.size * self.dtype.itemsize

    def __len__(self) -> int:
        return self.shape[0]

    def __repr__(self) -> str:
        facts = f"shape={self.shape}, dtype={self.dtype}, shards={len(self._shards)}"
        return f"ShardedArray({facts})"

    def __reduce__(self) -> tuple[Any, ...]:
        return ShardedArray, (self._shards,)

    def __array__(self, dtype: Any = None, copy: bool | None = None) -> NDArray[Any]:
        is_view = len(self) > 0 and self._one_shard(range(len(self))) is not None
        if copy is False and not is_view:
            raise ValueError("several shards become one array in a copy alone")
        return np.array(self[:], dtype, copy=copy if is_view else None)

    def __iter__(self) -> Iterator[Any]:
        for shard in range(len(self._shards)):
            yield from self._map(shard)

    def __getitem__(self, key: Any) -> Any:
        parts = [_part(part) for part in (key if isinstance(key, tuple) else (key,))]
        like = self._like[tuple(parts)]  # NumPy itself refuses what is no index of this shape
        if not like.size:
            return np.empty(like.shape, self.dtype)
        expanded = _expanded(parts, self.ndim)
        axis = next(at for at, part in enumerate(expanded) if _n_axes(part))  # that of the rows
        before, asked, rest = expanded[:axis], expanded[axis], expanded[axis + 1 :]
        if isinstance(asked, slice):
            places = range(len(self))[asked]
            if any(part is None or isinstance(part, np.ndarray) for part in (*before, *rest)):
                found = self._slice(places)[(*before, slice(None), *rest)]
            else:
                found = self._slice(places, rest)
        elif isinstance(asked, int):
            place = asked % len(self)
            shard = self._shard_of(place)
            found = self._map(shard)[(*before, place - self._first(shard), *rest)]
        else:
            found = self._rows(asked, before, rest)
        return np.asarray(found) if isinstance(like, np.ndarray) and not like.ndim else found

    def _rows(self, asked: NDArray[Any], before: Sequence[Any], rest: Sequence[Any]) -> Any:
        """What an array of places or flags, and the parts of an index around it, ask for.

        Flags ask for what they are `nonzero` at, so that several axes become several arrays.
        """
        others: list[NDArray[Any]] = []
        if asked.dtype == np.bool_:
            asked, *others = asked.nonzero()
        rows = self._take(asked.ravel().astype(np.int64))
        if not before and not others and not rest:
            return rows.reshape(*asked.shape, *self.shape[1:])
        return rows[(*before, np.arange(asked.size).reshape(asked.shape), *others, *rest)]

    def _one_shard(self, places: range) -> int | None:
        """The shard that all rows at some evenly spaced places lie in, None if it is not one."""
        shard = self._shard_of(min(places[0], places[-1]))
        return shard if max(places[0], places[-1]) < self._ends[shard] else None

    def _slice(self, places: range, rest: Sequence[Any] = ()) -> NDArray[Any]:
        """The rows at evenly spaced places, or what the rest of an index asks of each."""
        shard = self._one_shard(places)
        if shard is not None:
            start, stop = places.start - self._first(shard), places.stop - self._first(shard)
            return self._map(shard)[(slice(start, stop if stop >= 0 else None, places.step), *rest)]
        if places.step < 0:
            return self._slice(places[::-1], rest)[::-1]
        rows = np.empty(0)
        n_done = 0
        for n, local in self._slices(places):
            some = self._map(n)[(local, *rest)]
            if not n_done:
                rows = np.empty((len(places), *some.shape[1:]), self.dtype)
            rows[n_done : n_done + len(some)] = some
            n_done += len(some)
        return rows

    def _slices(self, places: range) -> Iterator[tuple[int, slice]]:
        """The slice of each shard in which there are rows at evenly spaced places, ascending."""
        n_done = 0
        while n_done < len(places):
            shard = self._shard_of(places[n_done])
            n_until_end = -((places.start - self._ends[shard]) // places.step)
            some, first = places[n_done:n_until_end], self._first(shard)
            yield shard, slice(some.start - first, some[-1] - first + 1, some.step)
            n_done += len(some)

    def _take(self, places: Ints) -> NDArray[Any]:
        """A copy of the rows at some places, (places,)."""
        places = np.where(places < 0, places + len(self), places)
        shard_of_place = np.searchsorted(self._end_of_shard, places, side="right")
        by_shard = np.argsort(shard_of_place, kind="stable")
        shards, firsts = np.unique(shard_of_place[by_shard], return_index=True)
        rows = np.empty((len(places), *self.shape[1:]), self.dtype)
        for shard, of_shard in zip(shards.tolist(), np.split(by_shard, firsts[1:]), strict=False):
            rows[of_shard] = self._map(shard)[places[of_shard] - self._first(shard)]
        return rows

    def _shard_of(self, place: int) -> int:
        return bisect_right(self._ends, place)

    def _first(self, shard: int) -> int:
        """The place of the first row of a shard."""
        return self._ends[shard] - self._shards[shard].shape[0]

    def let_go(self, rows: slice) -> None:
        """Give back the memory of some rows; who reads them again, reads the disk."""
        for shard, local in self._slices(range(len(self))[rows]):
            with self._lock:
                mapped = self._mapped.get(shard)
            if mapped is not None:
                let_go(mapped, local)

    def _map(self, shard: int) -> NDArray[Any]:
        """A shard; of those that are mapped, the one that was last asked for goes first."""
        with self._lock:
            mapped = self._mapped.pop(shard, None)
            if mapped is None:
                mapped = _load(self._shards[shard])
            self._mapped[shard] = mapped
            if len(self._mapped) > MOST_MAPPED:
                del self._mapped[next(iter(self._mapped))]
        return mapped


AnyArray: TypeAlias = NDArray[Any] | ShardedArray
"""An array in one file or in several."""


def _load(shard: Shard) -> NDArray[Any]:
    array = load_array(shard.path)
    if array.shape != shard.shape or array.dtype.name != shard.dtype:
        cause = f"holds {array.dtype} of shape {array.shape}, and its manifest tells of"
        raise OutputError(str(shard.path), f"{cause} {shard.dtype} of {shard.shape}", _REMEDY)
    return array


def _expanded(parts: Sequence[Any], ndim: int) -> list[Any]:
    """The parts of an index, a whole slice for each axis that an ellipsis stands for."""
    whole = [slice(None)] * (ndim - sum(map(_n_axes, parts)))
    at = next((at for at, part in enumerate(parts) if part is Ellipsis), None)
    if at is None:
        return [*parts, *(whole if not any(map(_n_axes, parts)) else ())]
    return [*parts[:at], *whole, *parts[at + 1 :]]


def _part(part: Any) -> Any:
    """A part of an index: a number as an int, and a list as the array that NumPy makes of it."""
    if part is None or part is Ellipsis or isinstance(part, slice):
        return part
    if not isinstance(part, bool | np.bool_):
        with suppress(TypeError):
            return operator.index(part)
    array = np.asarray(part)
    return array if array.size or isinstance(part, np.ndarray) else array.astype(np.intp)


def _n_axes(part: Any) -> int:
    """How many axes a part of an index asks of."""
    if part is None or part is Ellipsis:
        return 0
    return part.ndim if isinstance(part, np.ndarray) and part.dtype == np.bool_ else 1


def open_shards(folder: Path, manifest: Mapping[str, Any]) -> dict[str, ShardedArray]:
    """The arrays of an output that are in shards, by the names that they would have in one file.

    Raises OutputError where the manifest tells of shards, and is not of the form that was written.
    """
    if "shards" not in manifest:
        return {}
    return {
        name: ShardedArray([_shard(folder, shard) for shard in shards])
        for name, shards in told_of_rows(folder, manifest).shards.items()
    }


def _shard(folder: Path, listed: Listed) -> Shard:
    assert listed.shape is not None
    assert listed.dtype is not None
    return Shard(folder / listed.name, listed.shape, listed.dtype)
