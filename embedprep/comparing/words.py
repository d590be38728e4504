"""Which words are gained, lost and moved, and how far have their shares drifted?

Words are told apart by their text; what stands for none of them, padding and marks, is among the
settings.
"""

from __future__ import annotations

from functools import cached_property
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from embedprep.arrays import Flags, Ints
from embedprep.comparing.settings import Change, changes
from embedprep.figures.coverage import SIZES, coverage, sizes_to_try
from embedprep.vocabulary import Vocabulary

MOVES_AMONG = 1000
"""The largest moves are looked for among so many words of both sides, the most frequent ones of the
old one: far down, equal counts let words move far for nothing.
"""

_ALL = "all"
"""The name of the coverage of all words, beside those of so many."""


class ComparedWord(NamedTuple):
    """A word, its index and its count on both sides, None on the one that does not have it."""

    word: str
    old_index: int | None
    new_index: int | None
    old_count: int | None
    new_count: int | None


class RankedWord(NamedTuple):
    """A word, its rank by frequency, from 1, and its count on both sides, None on the one that does
    not have it.
    """

    word: str
    old_rank: int | None
    new_rank: int | None
    old_count: int | None
    new_count: int | None


class WordDifference(NamedTuple):
    """What differs between two vocabularies.

    Of the words that only one has, the shares are those of its running words, in 0..1; `drift` is
    the total variation distance of both. Where counts are not known, these are None. `moved` words
    have another index, `n_recounted` another count. The lists are not whole: they hold the most
    frequent words, `moved` those that moved farthest among these, and `most_frequent` the ones of
    another rank. `coverage` is the share of the running words that so many words keep. Classes are
    those of the labels.
    """

    n_old: int
    n_new: int
    n_gained: int
    n_lost: int
    n_moved: int
    n_recounted: int
    gained_share: float | None
    lost_share: float | None
    drift: float | None
    coverage: tuple[Change, ...]
    most_frequent: tuple[RankedWord, ...]
    gained: tuple[ComparedWord, ...]
    lost: tuple[ComparedWord, ...]
    moved: tuple[ComparedWord, ...]
    gained_classes: tuple[str, ...]
    lost_classes: tuple[str, ...]

    @property
    def is_none(self) -> bool:
        """Whether nothing differs."""
        n_other = self.n_gained + self.n_lost + self.n_moved + self.n_recounted
        return not n_other and not self.gained_classes and not self.lost_classes


class Side:
    """The words of one vocabulary: `counts`, `indices` and `ranks` are (words,).

    `n_unknown` is how many running words of its text are none of them, None where that is not
    known. Counts need not fall with the indices: a vocabulary that grew has new words behind.
    """

    def __init__(self, vocabulary: Vocabulary, n_unknown: int | None = None) -> None:
        self.words = vocabulary.words
        self.counts: Ints = np.array(vocabulary.counts, np.int64)
        self.indices = vocabulary.index_of_word
        self.classes = vocabulary.labels.classes if vocabulary.labels is not None else ()
        self.n_unknown = n_unknown

    @property
    def n_running(self) -> int:
        """The running words that shares are of."""
        return int(self.counts.sum()) + (self.n_unknown or 0)

    @cached_property
    def by_rank(self) -> Ints:
        """The place of each word among all, the most frequent first, (words,)."""
        return np.argsort(-self.counts, kind="stable")

    @cached_property
    def ranks(self) -> Ints:
        ranks = np.empty(len(self.counts), np.int64)
        ranks[self.by_rank] = np.arange(1, len(ranks) + 1)
        return ranks

    def share(self, is_meant: Flags) -> float | None:
        """The share of some words, of `is_meant: (words,)`, in the running ones."""
        n_running = self.n_running
        return int(self.counts[is_meant].sum()) / n_running if n_running else None


class Pairing(NamedTuple):
    """Which words are the same: for each old word its place among the new ones, -1 where it is
    lost, (old words,); and whether a new word is gained, (new words,).
    """

    new_of_old: Ints
    is_gained: Flags

    @property
    def is_lost(self) -> Flags:
        return self.new_of_old < 0


def pair(old: Side, new: Side) -> Pairing:
    """Find the words of one vocabulary in another."""
    place = {word: place for place, word in enumerate(new.words)}
    new_of_old = np.fromiter((place.get(word, -1) for word in old.words), np.int64, len(old.words))
    is_gained = np.ones(len(new.words), np.bool_)
    is_gained[new_of_old[new_of_old >= 0]] = False
    return Pairing(new_of_old, is_gained)


def compare_words(old: Side, new: Side, pairing: Pairing, top: int) -> WordDifference:
    """What differs between two vocabularies; the lists hold at most `top` words each."""
    old_classes, new_classes = set(old.classes), set(new.classes)
    old_places = np.flatnonzero(~pairing.is_lost)  # of the words of both
    new_places = pairing.new_of_old[old_places]
    moves = new.indices[new_places] - old.indices[old_places]
    is_recounted = new.counts[new_places] != old.counts[old_places]
    lost, gained = np.flatnonzero(pairing.is_lost), np.flatnonzero(pairing.is_gained)
    is_comparable = old.n_unknown is not None and new.n_unknown is not None
    unknown = (old.n_unknown or 0, new.n_unknown or 0) if is_comparable else (0, 0)
    return WordDifference(
        len(old.words),
        len(new.words),
        len(gained),
        len(lost),
        int(np.count_nonzero(moves)),
        int(np.count_nonzero(is_recounted)),
        new.share(pairing.is_gained),
        old.share(pairing.is_lost),
        total_variation((old.counts, unknown[0]), (new.counts, unknown[1]), pairing),
        _coverage_changes(old, new),
        tuple(_most_frequent(old, new, pairing, top)),
        tuple(_compared(-1, place, old, new) for place in _first(new, gained, top)),
        tuple(_compared(place, -1, old, new) for place in _first(old, lost, top)),
        tuple(
            _compared(int(old_places[at]), int(new_places[at]), old, new)
            for at in _farthest(moves, old.ranks[old_places], top)
        ),
        tuple(name for name in new.classes if name not in old_classes),
        tuple(name for name in old.classes if name not in new_classes),
    )


def total_variation(old: tuple[Ints, int], new: tuple[Ints, int], pairing: Pairing) -> float | None:
    """How far the shares of words lie apart, in 0..1: half the sum, over all words of both sides,
    of the absolute difference between their shares of the running words there.

    It is the total variation distance of two distributions (Levin, Peres, Wilmer: Markov Chains and
    Mixing Times, Proposition 4.2), that is the least share of the running words that must be others
    to make one text have the shares of the other. A side is the counts of its words and the number
    of its unknown ones, which are one word more. None where a side has no running word.
    """
    (old_counts, old_unknown), (new_counts, new_unknown) = old, new
    n_old, n_new = int(old_counts.sum()) + old_unknown, int(new_counts.sum()) + new_unknown
    if not n_old or not n_new:
        return None
    old_shares, new_shares = old_counts / n_old, new_counts / n_new
    is_common = ~pairing.is_lost
    of_common = old_shares[is_common] - new_shares[pairing.new_of_old[is_common]]
    apart = float(np.abs(of_common).sum())
    apart += float(old_shares[pairing.is_lost].sum()) + float(new_shares[pairing.is_gained].sum())
    return min(1.0, (apart + abs(old_unknown / n_old - new_unknown / n_new)) / 2)


def _coverage_changes(old: Side, new: Side) -> tuple[Change, ...]:
    """What so many words keep on both sides, as far as there are so many, and what all keep."""
    found = changes(_coverage(old), _coverage(new))
    is_told = len(old.words) == len(new.words) and len(old.words) in SIZES
    return tuple(each for each in found if each.name != _ALL or not is_told)


def _coverage(side: Side) -> dict[str, float]:
    if not side.n_running:
        return {}
    counts = side.counts[side.by_rank]
    found = coverage(counts, side.n_running, sizes_to_try(len(counts)))
    shares = {f"{each.max_words}": each.share for each in found if each.max_words in SIZES}
    return shares | {_ALL: found[-1].share}


def _most_frequent(old: Side, new: Side, pairing: Pairing, top: int) -> list[RankedWord]:
    """The most frequent words of both sides whose rank is not the same, by their better rank."""
    new_of_old = pairing.new_of_old
    old_of_new = np.full(len(new.words), -1)
    old_of_new[new_of_old[~pairing.is_lost]] = np.flatnonzero(~pairing.is_lost)
    pairs = {(int(place), int(new_of_old[place])) for place in old.by_rank[:top]}
    pairs |= {(int(old_of_new[place]), int(place)) for place in new.by_rank[:top]}
    found = []
    for at_old, at_new in pairs:
        word = _word(at_old, at_new, old, new)
        old_rank, old_count = _at(old.ranks, at_old), _at(old.counts, at_old)
        new_rank, new_count = _at(new.ranks, at_new), _at(new.counts, at_new)
        if old_rank != new_rank:
            found.append(RankedWord(word, old_rank, new_rank, old_count, new_count))

    def better(its: RankedWord) -> tuple[int, bool]:
        ranks = [rank for rank in (its.old_rank, its.new_rank) if rank is not None]
        return min(ranks), its.old_rank != min(ranks)

    return sorted(found, key=better)


def _at(values: Ints, place: int) -> int | None:
    return None if place < 0 else int(values[place])


def _word(at_old: int, at_new: int, old: Side, new: Side) -> str:
    """The word at a place of each side, -1 where one does not have it."""
    return new.words[at_new] if at_old < 0 else old.words[at_old]


def _compared(at_old: int, at_new: int, old: Side, new: Side) -> ComparedWord:
    return ComparedWord(
        _word(at_old, at_new, old, new),
        _at(old.indices, at_old),
        _at(new.indices, at_new),
        _at(old.counts, at_old),
        _at(new.counts, at_new),
    )


def _first(side: Side, places: NDArray[Any], top: int) -> list[int]:
    """The most frequent of the words at some places."""
    order = np.argsort(side.ranks[places])[:top]
    found: list[int] = places[order].tolist()
    return found


def _farthest(moves: Ints, ranks: Ints, top: int) -> list[int]:
    """Which of some words moved farthest, the more frequent first of equal ones."""
    seen = np.argsort(ranks)[: max(MOVES_AMONG, top)]
    seen = seen[moves[seen] != 0]
    order = np.argsort(-np.abs(moves[seen]), kind="stable")[:top]
    found: list[int] = seen[order].tolist()
    return found
