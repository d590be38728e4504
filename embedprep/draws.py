"""Which random number belongs to the n-th thing of its kind?

Its number decides, not the order in which things are met: a stream gives the same draws to any
blocks, on any number of threads. NumPy promises that the raw bits of PCG64 never change.
"""

from __future__ import annotations

import functools
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from embedprep.arrays import Ints, Keys
from embedprep.hashing import Secret, mixed


class Stream(NamedTuple):
    """The draws of one purpose, another for each seed. Things are numbered from 0."""

    purpose: str
    seed: int

    def bits(self, first: int, n: int) -> Keys:
        """64 random bits for each of `n` things that follow one another, (n,)."""
        bits: Keys = np.random.PCG64(_seed_sequence(self)).advance(first).random_raw(n)
        return bits

    def bits_at(self, numbers: Ints) -> Keys:
        """64 random bits for each of a few things, by their numbers in no order; same shape.

        SplitMix64, other draws than those of `bits`.
        """
        spread, mix = Secret.of_seed(self.purpose, self.seed)
        return mixed(numbers.astype(np.uint64) * spread + mix)

    def short_bits(self, first: int, n: int, dtype: type[np.unsignedinteger[Any]]) -> NDArray[Any]:
        """8, 16 or 32 random bits for each of `n` things, (n,): several of them share 64."""
        short = np.dtype(dtype).newbyteorder("<")
        n_sharing = 8 // short.itemsize
        first_draw, skipped = divmod(first, n_sharing)
        bits = self.bits(first_draw, -(-(skipped + n) // n_sharing))
        return bits.astype("<u8", copy=False).view(short)[skipped : skipped + n]

    def fractions(self, first: int, n: int) -> NDArray[np.float64]:
        """A number in 0..1, without 1, for each of `n` things, (n,)."""
        return _fractions(self.bits(first, n))

    def below(self, limit: int, first: int, n: int) -> NDArray[np.uint32]:
        """A whole number in 0..limit - 1 for each of `n` things, (n,); `limit` is up to 2^32.

        All are equally likely: the few draws that would favour some numbers, less than `limit` in
        2^32, are made again (D. Lemire, Fast Random Integer Generation in an Interval, 2019).
        """
        products = self.short_bits(first, n, np.uint32).astype("<u8")
        products *= np.uint64(limit)
        low, high = products.view("<u4").reshape(n, 2).T
        whole = high.astype(np.uint32)
        biased = np.flatnonzero(low < (1 << 32) % limit)
        if len(biased):
            whole[biased] = below(limit, _fractions(self.bits_at(first + biased)))
        return whole

    def order(self, first: int, n: int) -> Ints:
        """The places of `n` things in random order, (n,).

        The high bits of a key are random and the low ones a place, so that a sort of keys does it.
        """
        place_bits = np.uint64(max(n - 1, 0).bit_length())
        keys = self.bits(first, n)
        keys >>= place_bits
        keys <<= place_bits
        keys |= np.arange(n, dtype=np.uint64)
        keys.sort()
        keys &= (np.uint64(1) << place_bits) - np.uint64(1)
        return keys.view(np.int64)


@functools.cache
def _seed_sequence(stream: Stream) -> np.random.SeedSequence:
    """What a generator of the stream begins with. Mixing it takes as long as 10,000 draws."""
    return np.random.SeedSequence([stream.seed, *stream.purpose.encode()])


def _fractions(bits: Keys) -> NDArray[np.float64]:
    """Numbers in 0..1, without 1, of random bits, which are used up; same shape."""
    bits >>= np.uint64(12)
    fractions = bits.view(np.int64).astype(np.float64)
    fractions *= 2.0**-52
    return fractions


def below(limits: Ints | int, fractions: NDArray[np.float64]) -> Ints:
    """The whole number in 0..limit - 1 that each fraction stands for; same shape.

    Limits are below 2^52.

    >>> below(3, np.array([0.0, 0.4, 0.9])).tolist()
    [0, 1, 2]
    """
    whole = np.floor(fractions * limits)
    # From 2^52 on, the low bits of a float are a whole number. To read them takes a fifth of the
    # time of a cast.
    whole += 2.0**52
    numbers: Ints = whole.view(np.int64)
    numbers &= (1 << 52) - 1
    return numbers
