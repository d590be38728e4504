"""How often is a word kept, and how often is it drawn as a negative?"""

from __future__ import annotations

import math
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from embedprep.arrays import Ints
from embedprep.errors import SettingsError, check_least
from embedprep.specials import PAD_INDEX

KERAS_FACTOR = 1e-5
"""The threshold of Keras' table, a share of the running words."""

WORD2VEC_THRESHOLD = 1e-3
"""That of word2vec.c and gensim."""

_GAMMA = 0.577
"""Euler's constant as Keras rounds it."""

_TOTAL_BITS = 36
"""Weights add up to less than 2^36, so that 63 bits also hold which of 2^27 groups of equal words
in a row is meant: more than a chunk has.
"""

_BIN_BITS = 20
"""So many bins, of 4 bytes each, fit the cache, and most hold one word alone."""


def sampling_table(
    size: int, sampling_factor: float = KERAS_FACTOR, *, first_word: int = 1
) -> NDArray[np.float64]:
    """The probability to keep each index, (size,), by its rank alone: Keras' `make_sampling_table`.

    Frequencies are taken to follow Zipf's law. Keras counts ranks from index 1; where words start
    at `first_word`, as at 2 behind <unk>, that has rank 1, and indices below it get its entry.

    >>> sampling_table(4, first_word=2).round(6).tolist()
    [0.003152, 0.003152, 0.003152, 0.005476]
    """
    check_least("size", size, 1)
    check_least("first_word", first_word, 1)
    if not sampling_factor > 0:
        raise SettingsError("sampling_factor", f"{sampling_factor} is not over 0")
    rank = np.maximum(np.arange(size) - (first_word - 1), 1)
    inverse_frequency = rank * (np.log(rank) + _GAMMA) + 0.5 - 1.0 / (12.0 * rank)
    f = sampling_factor * inverse_frequency
    table: NDArray[np.float64] = np.minimum(1.0, f / np.sqrt(f))
    return table


def word2vec_table(counts: Ints) -> NDArray[np.float64]:
    """The probability to keep each index, (input_dim,), by its share of all running words.

    `counts: (input_dim,)`. That of word2vec.c, (sqrt(f / t) + 1) * t / f, which is not the one of
    the paper; over 1 means always.
    """
    ratio = np.maximum(counts, 1) / (max(int(counts.sum()), 1) * WORD2VEC_THRESHOLD)
    table: NDArray[np.float64] = (np.sqrt(ratio) + 1) / ratio
    return table


class Noise(NamedTuple):
    """How often each word is drawn: by a whole weight, of which all add up to `total`.

    A point in 0..total - 1 stands for the word whose weight it falls into, words in the order of
    their indices. `ends: (input_dim,)` tells where the weight of each ends, None where every index
    from 1 on has the weight 1. `word_of_bin` finds the word of most points without a search, 0
    where there are several in a bin of `1 << shift` points.
    """

    total: int
    n_words: int
    ends: Ints | None = None
    word_of_bin: NDArray[np.uint32] | None = None
    shift: int = 0

    @classmethod
    def uniform(cls, input_dim: int) -> Noise:
        """Every index from 1 on is drawn equally often, as by Keras."""
        return cls(input_dim - 1, input_dim - 1)

    @classmethod
    def unigram(cls, counts: Ints) -> Noise:
        """Indices are drawn in proportion to count^0.75, `counts: (input_dim,)`, 0 never.

        As by word2vec, whose table holds the proportions to a 10^8th, this one to a 2^35th.
        """
        powers = np.sqrt(counts) * np.sqrt(np.sqrt(counts))  # the same on every machine
        powers[PAD_INDEX] = 0.0
        scale = 2.0 ** (_TOTAL_BITS - 1 - math.frexp(float(powers.sum()))[1])
        weights = np.rint(powers * scale).astype(np.int64)
        weights[(powers > 0) & (weights == 0)] = 1
        ends = np.cumsum(weights)
        total = int(ends[-1])

        shift = max(0, total.bit_length() - _BIN_BITS)
        bin_starts = np.arange((total >> shift) + 2) << shift
        first_word = np.searchsorted(ends, bin_starts, side="right")
        last_word = np.searchsorted(ends, bin_starts[1:] - 1, side="right")
        is_one = first_word[:-1] == last_word
        word_of_bin = np.where(is_one, last_word, 0).astype(np.uint32)
        return cls(total, int(np.count_nonzero(weights)), ends, word_of_bin, shift)

    def words_at(self, points: NDArray[Any]) -> NDArray[Any]:
        """The word of each point; same shape."""
        if self.ends is None:
            return points + 1
        assert self.word_of_bin is not None
        words = self.word_of_bin.take(points >> self.shift)
        is_open = words == 0
        words[is_open] = np.searchsorted(self.ends, points[is_open], side="right")
        return words

    def starts(self, words: Ints) -> Ints:
        """The first point of each word; same shape."""
        return words - 1 if self.ends is None else self.ends[words - 1]

    def weights(self, words: Ints) -> Ints:
        """The weight of each word; same shape."""
        return np.ones_like(words) if self.ends is None else self.ends[words] - self.starts(words)
