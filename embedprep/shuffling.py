"""How do more things than memory holds come into random order?

Each goes to a random bucket, and each bucket is shuffled in memory: every order is equally likely
(C. Rao, 1961; M. Sandelius, 1962). Until then the things wait in a spool. Bucket and place in it
are drawn by numbers, so that the order does not depend on how things were cut into chunks.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from embedprep.arrays import Ints, starts_of
from embedprep.draws import Stream
from embedprep.spool import Record, Spool

BUCKET = 1 << 18
"""How many things a bucket holds on average, at most: their keys fit the cache of a core."""

_SHORT_BITS = 32
"""Things of up to so many bits are sorted themselves, others by their places."""

MOST_BUCKETS = 1 << 10
"""Beyond them buckets grow; more would be read in ever smaller pieces."""


class Buckets(NamedTuple):
    """The draws that shuffle things of several kinds, and the number of buckets, a power of two.

    `of_kind` draw the bucket of each thing by its number within its kind, `places` the order in
    each bucket.
    """

    n_buckets: int
    of_kind: tuple[Stream, ...]
    places: Stream

    @classmethod
    def of(cls, n_things: int, n_kinds: int, seed: int) -> Buckets:
        """Those for so many things of all kinds together."""
        wanted = -(-n_things // BUCKET)
        n_buckets = min(1 << max(wanted - 1, 0).bit_length(), MOST_BUCKETS)
        of_kind = [Stream(f"buckets of kind {kind}", seed) for kind in range(n_kinds)]
        return cls(n_buckets, tuple(of_kind), Stream("places in buckets", seed))

    def scatter(self, things: NDArray[Any], kind: int, first: int) -> Scattered:
        """Things of a kind by their buckets, (things,); `first` is the number of the first."""
        if self.n_buckets == 1:
            return Scattered(things, np.array([0, len(things)]), kind)
        dtype, n_bits = (np.uint8, 8) if self.n_buckets <= 1 << 8 else (np.uint16, 16)
        bucket = self.of_kind[kind].short_bits(first, len(things), dtype)
        bucket >>= dtype(n_bits - (self.n_buckets - 1).bit_length())
        by_bucket = np.argsort(bucket, kind="stable")  # by radix, a pass for each 8 bits
        starts = bucket.searchsorted(np.arange(self.n_buckets, dtype=dtype), sorter=by_bucket)
        return Scattered(things.take(by_bucket), np.append(starts, len(things)), kind)


class Scattered(NamedTuple):
    """Things of one kind by their buckets: those of bucket b from `bounds[b]` to `bounds[b + 1]`.

    `things: (things,)`, `bounds: (buckets + 1,)`.
    """

    things: NDArray[Any]
    bounds: Ints
    kind: int


class Shuffle:
    """Things on their way into random order. Those of a kind are appended in their order."""

    def __init__(self, buckets: Buckets, spool: Spool) -> None:
        self.buckets = buckets
        self._spool = spool
        self._records: list[list[Record]] = [[] for _ in buckets.of_kind]
        self._bounds: list[list[NDArray[np.uint32]]] = [[] for _ in buckets.of_kind]
        self._sizes = np.zeros(buckets.n_buckets, np.int64)

    def append(self, scattered: Scattered) -> None:
        """Keep some more things."""
        self._records[scattered.kind].append(self._spool.append([scattered.things]))
        self._bounds[scattered.kind].append(scattered.bounds.astype(np.uint32))
        self._sizes += np.diff(scattered.bounds)

    @property
    def firsts(self) -> list[int]:
        """The place of each bucket's first thing among all, once all are appended."""
        firsts: list[int] = starts_of(self._sizes).tolist()
        return firsts

    def shuffled(self, bucket: int, first: int) -> tuple[NDArray[Any], NDArray[np.uint8]]:
        """The things of a bucket, whose first place is `first`, in their order, and their kinds;
        both (things,). Any thread may ask for it.
        """
        pieces: list[NDArray[Any]] = []
        n_of_kind = []
        for records, bounds in zip(self._records, self._bounds, strict=True):
            begins = [int(of_record[bucket]) for of_record in bounds]
            ends = [int(of_record[bucket + 1]) for of_record in bounds]
            n_of_kind.append(sum(ends) - sum(begins))
            pieces += map(self._spool.read_slice, records, begins, ends)
        return shuffle_kinds(pieces, n_of_kind, self.buckets.places, first)


def shuffle_kinds(
    pieces: Sequence[NDArray[Any]], n_of_kind: Sequence[int], places: Stream, first: int
) -> tuple[NDArray[Any], NDArray[np.uint8]]:
    """Things in random order, and their kinds; both (things,). `pieces` hold them kind by kind.

    Things of up to 32 bits are sorted themselves, as the low halves of keys below random marks, so
    that nothing need be fetched by its place. Things of equal marks would then stand in their own
    order: such ties, one thing in some thousands, are drawn again.
    """
    dtype, n_things = pieces[0].dtype, sum(n_of_kind)
    if dtype.itemsize * 8 > _SHORT_BITS:
        kinds = np.repeat(np.arange(len(n_of_kind), dtype=np.uint8), n_of_kind)
        order = places.order(first, n_things)
        return np.concatenate(pieces).take(order), kinds.take(order)

    kind_mask = np.uint32((1 << max(len(n_of_kind) - 1, 0).bit_length()) - 1)
    keys = np.empty((n_things, 2), "<u4")  # the low and the high half of each
    np.concatenate(pieces, out=keys[:, 0])
    keys[:, 1] = _draw_marks(n_of_kind, kind_mask, places, first)

    keys.view("<u8").ravel().sort()

    shuffled, marks = keys[:, 0].astype(dtype), keys[:, 1].astype(np.uint32)
    break_ties(shuffled, marks, kind_mask, places, first)
    marks &= kind_mask
    return shuffled, marks.astype(np.uint8)


def _draw_marks(
    n_of_kind: Sequence[int], kind_mask: np.uint32, places: Stream, first: int
) -> NDArray[np.uint32]:
    """A mark for each thing, kind by kind, (things,): random bits, and the kind below them."""
    marks = places.short_bits(first, sum(n_of_kind), np.uint32)
    marks &= ~kind_mask
    last = 0
    for kind, n in enumerate(n_of_kind):
        last += n
        marks[last - n : last] |= np.uint32(kind)
    return marks


def break_ties(
    things: NDArray[Any],
    marks: NDArray[np.uint32],
    kind_mask: np.uint32,
    places: Stream,
    first: int,
) -> None:
    """Things whose sorted marks differ within `kind_mask` alone brought into random order, with
    their marks; `things`, `marks: (things,)`.
    """
    before = np.flatnonzero(marks[1:] ^ marks[:-1] <= kind_mask)  # ties with the next one
    if not len(before):
        return
    tied = np.union1d(before, before + 1)
    drawn = Stream(f"ties of {places.purpose}", places.seed).bits_at(first + tied)
    order = tied[np.lexsort((drawn, marks[tied] & ~kind_mask))]
    things[tied], marks[tied] = things[order], marks[order]
