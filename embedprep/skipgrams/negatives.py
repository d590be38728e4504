"""Which words are paired by chance?

As by Keras `skipgrams`: a row with p positive pairs gets int(p * ratio) negative ones; their
targets are those of its positive pairs in random order, over and over; their contexts are drawn.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from embedprep.arrays import Ints, Keys, ragged_places, starts_of
from embedprep.draws import Stream, below
from embedprep.skipgrams.neighbours import Targets, pair_up
from embedprep.skipgrams.sampling import Noise
from embedprep.skipgrams.settings import SkipgramSettings


class NegativeRule(NamedTuple):
    """How many negative pairs there are for each positive one, and what their contexts are.

    With `excludes`, a context is drawn among those that make no positive pair of the row. `chosen`
    draws by the number of a positive pair, `contexts` by that of a negative one.
    """

    ratio: float
    noise: Noise
    excludes: bool
    chosen: Stream
    contexts: Stream

    @classmethod
    def of(cls, settings: SkipgramSettings, noise: Noise) -> NegativeRule:
        return cls(
            settings.negative,
            noise,
            settings.exclude_positives,
            Stream("targets of negatives", settings.seed),
            Stream("contexts of negatives", settings.seed),
        )

    def n_of_rows(self, n_positives: Ints) -> Ints:
        """How many negative pairs rows get that have so many positive ones; same shape."""
        return (n_positives * self.ratio).astype(np.int64)

    def may_leave_out(self, n_positives: Ints) -> bool:
        """Whether the positive pairs of a row, (rows,), might leave a target no other context."""
        return self.excludes and int(n_positives.max(initial=0)) >= self.noise.n_words


def draw_negatives(
    targets: Targets, rule: NegativeRule, firsts: tuple[int, int]
) -> tuple[NDArray[Any], NDArray[Any]]:
    """The target and the context of each negative pair of some rows, both (pairs,).

    `firsts` are the numbers of the first positive and of the first negative pair, those that are
    left out counted.
    """
    n_negatives = _n_negatives(targets, rule, firsts[0])
    of_pair = np.repeat(targets.words, n_negatives)
    if not rule.excludes and rule.noise.ends is None:
        drawn = rule.contexts.below(rule.noise.total, firsts[1], len(of_pair))
        return of_pair, rule.noise.words_at(drawn)
    fractions = rule.contexts.fractions(firsts[1], len(of_pair))
    if not rule.excludes:
        return of_pair, rule.noise.words_at(below(rule.noise.total, fractions))

    words, group = np.unique(_word_in_row(targets), return_inverse=True)
    excluded = _exclude(targets, group, len(words), rule)
    group_of_pair = np.repeat(group, n_negatives)
    left = rule.noise.total - excluded.weight_of_group[group_of_pair]
    has_context = left > 0
    group_of_pair, left = group_of_pair[has_context], left[has_context]
    points = below(left, fractions[has_context])
    return of_pair[has_context], rule.noise.words_at(excluded.skip(points, group_of_pair))


def _n_negatives(targets: Targets, rule: NegativeRule, first: int) -> Ints:
    """How many negative pairs each target gets, (slots,).

    Each positive pair of a row lends its target to as many as all can alike; what is left over goes
    to a random choice of them.
    """
    n_positives = targets.n_of_row
    whole, rest = np.divmod(rule.n_of_rows(n_positives), np.maximum(n_positives, 1))
    n_negatives: Ints = targets.n_contexts * np.repeat(whole, targets.stride)
    if rest.any():
        shuffled = _shuffle_rows(n_positives, rule.chosen.bits(first, targets.n_pairs))
        chosen = shuffled[ragged_places(starts_of(n_positives), rest)]
        target_of_pair = np.repeat(np.arange(len(n_negatives)), targets.n_contexts)
        n_negatives += np.bincount(target_of_pair[chosen], minlength=len(n_negatives))
    return n_negatives


def _shuffle_rows(n_of_row: Ints, bits: Keys) -> Ints:
    """The places of all pairs, row by row, each row in the order of its random `bits`; (pairs,).

    A key is the number of the row, random bits and the place. More rows leave fewer bits, and fewer
    pairs to a row that these must tell apart: 34 bits for 512 pairs in each of 1,024 rows.
    """
    row_bits, place_bits = (np.uint64(n.bit_length()) for n in (len(n_of_row), len(bits)))
    keys = np.repeat(np.arange(len(n_of_row), dtype=np.uint64), n_of_row)
    keys <<= np.uint64(64) - row_bits
    bits = bits >> (row_bits + place_bits)
    bits <<= place_bits
    keys |= bits
    keys |= np.arange(len(keys), dtype=np.uint64)
    keys.sort()
    keys &= (np.uint64(1) << place_bits) - np.uint64(1)
    return keys.view(np.int64)


def _word_in_row(targets: Targets) -> Ints:
    """A number for each slot that equal words of a row share, (slots,)."""
    words = targets.words.astype(np.int64)
    return targets.row * (int(words.max(initial=0)) + 1) + words


class _Excluded(NamedTuple):
    """The contexts that the targets of each group must not get, sorted by group and word.

    A group are the equal targets of a row. `keys: (excluded,)` is for each the number of points
    before its word that are left, in the numbering where those of group g begin at
    g * (total + 1); `skipped: (excluded + 1,)` are the points of all that stand before each one;
    `first: (groups + 1,)` is where each group begins.
    """

    total: int
    keys: Ints
    skipped: Ints
    first: Ints

    @property
    def weight_of_group(self) -> Ints:
        """How many points a group must not get, (groups,)."""
        return np.diff(self.skipped[self.first])

    def skip(self, points: Ints, group: Ints) -> Ints:
        """Points among those that are left to a group as points among all; same shape."""
        n_before = np.searchsorted(self.keys, group * (self.total + 1) + points, side="right")
        return points + self.skipped[n_before] - self.skipped[self.first[group]]


def _exclude(targets: Targets, group: Ints, n_groups: int, rule: NegativeRule) -> _Excluded:
    """The contexts that each group must not get, those of its positive pairs; `group: (slots,)`."""
    noise = rule.noise
    base = int(targets.flat.max(initial=0)) + 1
    pairs = pair_up(targets, group * base, targets.flat.astype(np.int64))  # group, then context
    pairs.sort()  # and no np.unique, which hashes: it takes ten times as long
    is_new = np.ones(len(pairs), np.bool_)
    np.not_equal(pairs[1:], pairs[:-1], out=is_new[1:])
    of_group, words = np.divmod(pairs[is_new], base)
    skipped = np.concatenate([[0], np.cumsum(noise.weights(words))])
    first = np.searchsorted(of_group, np.arange(n_groups + 1))
    before = noise.starts(words) - (skipped[:-1] - skipped[first[of_group]])
    return _Excluded(noise.total, of_group * (noise.total + 1) + before, skipped, first)
