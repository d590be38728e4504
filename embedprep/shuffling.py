"""How do more things than memory holds come into random order?

Each goes to a random bucket, and each bucket is shuffled in memory: every order is equally likely
(C. Rao, 1961; M. Sandelius, 1962). Until then the things wait in a spool. Bucket and place in it
are drawn by numbers, so that the order does not depend on how things were cut into chunks.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from embedprep.arrays import Ints, starts_of
from embedprep.draws import Stream
from embedprep.spool import Spool

BUCKET = 1 << 19
"""As many things as a bucket gets at most, on average: some megabytes while it is shuffled."""

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
        bits = self.of_kind[kind].short_bits(first, len(things))
        if self.n_buckets == 1:
            return Scattered(things, np.array([0, len(things)]), kind)
        bucket = bits >> np.uint16(16 - (self.n_buckets - 1).bit_length())
        if self.n_buckets <= 1 << 8:
            bucket = bucket.astype(np.uint8)
        by_bucket = np.argsort(bucket, kind="stable")  # by radix, a pass for each 8 bits
        sizes = np.bincount(bucket, minlength=self.n_buckets)
        bounds = np.concatenate([[0], np.cumsum(sizes)])
        return Scattered(things.take(by_bucket), bounds, kind)


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
        self._records: list[list[tuple[int, NDArray[np.uint32]]]] = [[] for _ in buckets.of_kind]
        self._sizes = np.zeros(buckets.n_buckets, np.int64)

    def append(self, scattered: Scattered) -> None:
        """Keep some more things."""
        number = self._spool.append([scattered.things])
        self._records[scattered.kind].append((number, scattered.bounds.astype(np.uint32)))
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
        for records in self._records:
            of_kind = [self._read(number, bounds, bucket) for number, bounds in records]
            n_of_kind.append(sum(map(len, of_kind)))
            pieces += of_kind
        things = np.concatenate(pieces)
        kinds = np.repeat(np.arange(len(n_of_kind), dtype=np.uint8), n_of_kind)
        order = self.buckets.places.order(first, len(things))
        return things.take(order), kinds.take(order)

    def _read(self, number: int, bounds: NDArray[np.uint32], bucket: int) -> NDArray[Any]:
        return self._spool.read_slice(number, int(bounds[bucket]), int(bounds[bucket + 1]))
