"""Which index has each thing that the first half of a job knows of?

It knows words, or stretches of text, by their places in the dictionaries of portions, and blocks
know them by ids. For the second half these become indices of the vocabulary.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Hashable, Sequence
from typing import NamedTuple, TypeVar

import numpy as np
from numpy.typing import NDArray

from embedprep.arrays import Ints, free_indices, starts_of, take_ragged
from embedprep.dictionary import Dictionary, read_words
from embedprep.portions import Kept, Portion
from embedprep.specials import PAD_INDEX, Specials
from embedprep.spool import OnDisk, Record, Spool
from embedprep.stored import StoredBlock
from embedprep.unfolding import Unfolding

K = TypeVar("K", bound=Hashable)
V = TypeVar("V")

_AT_HAND = 2
"""Blocks are numbered in their order, so that those under way are of one portion or of two, and so
of tables."""


class Numbers(NamedTuple):
    """The index of all that a block knows: of everything in its portion, `of_place: (places,)`,
    and of the words of its table, `of_table: (words of table,)`.

    A number below zero stands for a stretch of no word or of several, -1 for the first of these:
    `stretches` are their words as a ragged array.
    """

    of_place: NDArray[np.int32]
    of_table: NDArray[np.int32]
    stretches: tuple[NDArray[np.int32], Ints, Ints] | None
    own_records: Sequence[Record]

    def of_ids(self, block: StoredBlock, spool: Spool) -> NDArray[np.int32]:
        """The number of each id of a block, (distinct words,)."""
        [own] = spool.read(self.own_records[block.block])
        return np.concatenate([self.of_table, self.of_place.take(own)])


class _OfPortion(NamedTuple):
    """The numbers of a portion, and where the places of its tables and blocks are."""

    of_place: NDArray[np.int32]
    stretches: tuple[NDArray[np.int32], Ints, Ints] | None
    tables: Sequence[Record]
    own_records: Sequence[Record]


class Numbering:
    """The numbers of all portions, each made when it is needed first. Any thread may ask."""

    def __init__(
        self, portions: Sequence[Portion], kept: Kept, specials: Specials, spool: Spool
    ) -> None:
        self.specials = specials
        self.n_kept = kept.n_words
        self._portions = portions
        self._kept = kept
        self._spool = spool
        self._portions_at_hand: dict[int, _OfPortion] = {}
        self._tables_at_hand: dict[tuple[int, int], NDArray[np.int32]] = {}
        self._lock = threading.Lock()

    @property
    def drops_unknown(self) -> bool:
        return self.specials.unknown_index == PAD_INDEX

    @property
    def has_stretches(self) -> bool:
        return self._portions[0].unfolding is not None

    def of(self, block: StoredBlock) -> Numbers:
        """Those of the portion that a block is of, and of its table."""
        with self._lock:
            portion = _held(self._portions_at_hand, block.portion, self._of_portion)
            table = block.portion, block.table
            of_table = _held(self._tables_at_hand, table, self._of_table)
            return Numbers(portion.of_place, of_table, portion.stretches, portion.own_records)

    def _of_portion(self, number: int) -> _OfPortion:
        portion = self._portions[number]
        of_word = self._of_words(portion)
        of_place, stretches = of_word, None
        if portion.unfolding is not None:
            of_place, stretches = _number_stretches(of_word, self._unfolding(portion.unfolding))
        tables, own_records = (
            self._spool.read_items(records, ()) if isinstance(records, OnDisk) else records
            for records in (portion.tables, portion.own_records)
        )
        return _OfPortion(of_place, stretches, tables, own_records)

    def _of_table(self, table: tuple[int, int]) -> NDArray[np.int32]:
        portion, number = table
        of_portion = self._portions_at_hand[portion]
        [places] = self._spool.read(of_portion.tables[number])
        return of_portion.of_place.take(places)

    def _of_words(self, portion: Portion) -> NDArray[np.int32]:
        """The index of each word of a portion, by its place, (words,)."""
        index = free_indices(self.specials.by_name.values(), self.n_kept).astype(np.int32)
        unknown = np.int32(self.specials.unknown_index)
        words, (_, lookup, places) = portion.words, self._kept
        if places is not None:
            assert isinstance(words, Dictionary)
            of_word = np.full(words.words.n_words, unknown)
            of_word[places] = index
            return of_word
        assert lookup is not None
        index_of_found = np.append(index, unknown)
        if isinstance(words, Dictionary):
            return index_of_found.take(lookup.find(words.words))
        of_word = np.empty(words.n_words, np.int32)
        for places_of_some, some in read_words(words, self._spool):
            of_word[places_of_some] = index_of_found.take(lookup.find(some.words))
        return of_word

    def _unfolding(self, saved: Unfolding | Record) -> Unfolding:
        if isinstance(saved, Unfolding):
            return saved
        words, lengths = self._spool.read(saved)
        return Unfolding(words, starts_of(lengths), lengths.astype(np.int64))


def _held(at_hand: dict[K, V], key: K, make: Callable[[K], V]) -> V:
    """What is at hand for a key, made if it is not; what was made first then goes."""
    if key not in at_hand:
        while len(at_hand) >= _AT_HAND:
            del at_hand[next(iter(at_hand))]
        at_hand[key] = make(key)
    return at_hand[key]


def _number_stretches(
    of_word: NDArray[np.int32], unfolding: Unfolding
) -> tuple[NDArray[np.int32], tuple[NDArray[np.int32], Ints, Ints]]:
    """The number of each stretch, and those that are not one word as a ragged array of indices."""
    is_other = unfolding.lengths != 1
    of_place = np.empty(len(is_other), np.int32)
    of_place[~is_other] = of_word[unfolding.words[unfolding.starts[~is_other]]]
    of_place[is_other] = -1 - np.arange(np.count_nonzero(is_other))
    lengths = unfolding.lengths[is_other]
    words = take_ragged(unfolding.words, unfolding.starts[is_other], lengths)
    return of_place, (of_word[words], starts_of(lengths), lengths)
