"""At which index does a word stand among known words?

A hash table: a word belongs to the slot that its key spreads to, or to one of the next few where
that is taken. Words that find no free slot among them (chance leaves few, an attacker who knew the
secret could leave all) are found by grouping, which has no worst case.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from embedprep.arrays import WINDOW, Bytes, Flags, Ints, Keys, dtype_for, windows
from embedprep.dictionary.grouping import group_words
from embedprep.dictionary.keys import (
    LONG,
    LongWords,
    WordArray,
    concatenate,
    equal_middles,
    equal_words,
    word_keys,
)
from embedprep.hashing import Secret
from embedprep.tokenizer.words import Spans

PROBES = 6
"""How many slots a word may try; at most a quarter of all slots are taken."""

_LEAST_BITS = 18
"""So many slots as 2 to this fit into a processor's cache; the more, the more words have one of
their own, and the fewer are looked for a second time."""


class Lookup:
    """Distinct words, found by their bytes. Earlier words get the better slots."""

    def __init__(self, words: WordArray, secret: Secret) -> None:
        self.words = words
        self.secret = secret
        bits = max(_LEAST_BITS, (4 * words.n_words - 1).bit_length())
        self._shift = np.uint64(64 - bits)
        self._mask = np.int64((1 << bits) - 1)
        # A slot holds the index of its word. Where it is free that is the index behind all words,
        # of key 0, which no word has: that of a word of NULs has its length in it.
        free = words.n_words
        self._index: NDArray[Any] = np.full(1 << bits, free, dtype_for(free + 1))

        waiting = np.arange(words.n_words)
        slots = self.slots_of(words.keys)
        for _ in range(PROBES):
            is_free = self._index[slots] == free
            # Of several words written to one slot the last one stands: so the earliest goes last.
            self._index[slots[is_free][::-1]] = waiting[is_free][::-1]
            is_waiting = self._index[slots] != waiting
            waiting, slots = waiting[is_waiting], (slots[is_waiting] + 1) & self._mask
        self._unplaced = waiting
        self._without_slot = words.at(waiting).compact()

        code_points, is_character = _three_byte_characters(words.text, words.starts)
        characters = (is_character & (words.lengths == 3)).nonzero()[0]
        self._index_of_character = np.full(1 << 16, free, self._index.dtype)
        self._index_of_character[code_points[characters]] = characters

        # These are of shape (words + 1,): the last entry stands for a free slot.
        self._keys = np.append(words.keys, np.uint64(0))
        self._lengths = np.append(words.lengths, 0)
        # Of short words, head and tail are never looked at; what is read must lie in the text.
        starts = np.append(words.starts, 0)
        last = np.maximum(starts + self._lengths - WINDOW, 0)
        second = np.minimum(starts + WINDOW, len(words.text) - WINDOW)
        window = windows(words.text)
        self._heads, self._middles, self._tails = window[starts], window[second], window[last]

    @property
    def n_words(self) -> int:
        return self.words.n_words

    def slots_of(self, keys: Keys) -> Ints:
        """The first slot of each key, (words,): multiply-shift, by the run's secret."""
        slots = keys * self.secret.spread
        slots >>= self._shift
        return slots.view(np.int64)

    def probe(self, words: WordArray, long: LongWords) -> tuple[NDArray[Any], Ints]:
        """The index of each word that stands in its first slot, and which words do not.

        The index, (words,), means nothing for the second, which are places in `words`. This is
        the path of running text: nearly all words are common and stand where one look finds them.
        `long` tells the long ones among the words.
        """
        index = self._index.take(self.slots_of(words.keys))
        is_other = self._keys.take(index) != words.keys
        is_other[long.places] |= ~self._are(words, long, index[long.places])
        return index, is_other.nonzero()[0]

    def _are(self, words: WordArray, long: LongWords, index: NDArray[Any]) -> Flags:
        """Whether the long words, of words anywhere, are the known words at `index`."""
        is_same: Flags = self._heads.take(index) == long.heads
        is_same &= self._tails.take(index) == long.tails
        is_same &= self._lengths.take(index) == long.lengths
        is_same[long.longer] &= self._middles.take(index[long.longer]) == long.middles
        rest = (is_same & (long.lengths > 3 * WINDOW)).nonzero()[0]
        is_same[rest] = equal_middles(words, long.places[rest], self.words, index[rest])
        return is_same

    def probe_characters(self, words: Spans) -> tuple[NDArray[Any], Ints]:
        """The same for running text of which most words are one character of three bytes.

        Chinese and Japanese are, by stretches or by characters: no key need be made of these.
        """
        code_points, is_known = _three_byte_characters(words.text, words.starts)
        index = self._index_of_character.take(code_points)
        is_known &= words.lengths == 3
        is_known &= index != self.n_words
        return index, (~is_known).nonzero()[0]

    def find(self, words: WordArray) -> Ints:
        """The index of each word, `n_words` where it is not known; (words,)."""
        found = np.full(words.n_words, self.n_words)
        places, keys, slots = np.arange(words.n_words), words.keys, self.slots_of(words.keys)
        for _ in range(PROBES):
            index = self._index.take(slots)
            is_same = self._keys.take(index) == keys
            long = (is_same & (keys >= LONG)).nonzero()[0]
            if len(long):
                is_same[long] = equal_words(words, places[long], self.words, index[long])
            found[places[is_same]] = index[is_same]

            goes_on = (~is_same & (index != self.n_words)).nonzero()[0]
            places, keys = places[goes_on], keys[goes_on]
            slots = (slots[goes_on] + 1) & self._mask
            if not len(places):
                return found
        if len(self._unplaced):
            found[places] = self._find_unplaced(words.at(places))
        return found

    def find_spans(self, text: Bytes, starts: Ints, lengths: Ints) -> Ints:
        """The same for words that have no keys yet."""
        keys = word_keys(text, starts, lengths, self.secret)
        return self.find(WordArray(text, starts, lengths, keys))

    def _find_unplaced(self, words: WordArray) -> Ints:
        n_known = len(self._unplaced)
        groups = group_words(concatenate([self._without_slot, words.compact()]))
        index_of_group = np.full(len(groups.first), self.n_words)
        index_of_group[groups.group[:n_known]] = self._unplaced
        return index_of_group[groups.group[n_known:]]


def _three_byte_characters(text: Bytes, starts: Ints) -> tuple[NDArray[np.uint16], Flags]:
    """The code points of the characters of three bytes at some places, and whether one is there."""
    first, second, third = (text[i:].take(starts) for i in range(3))
    is_there = (first & 0xF0) == 0xE0
    is_there &= (second & 0xC0) == 0x80
    is_there &= (third & 0xC0) == 0x80
    # Of the first byte, 0x1000 times its upper half is lost, as it should.
    code_points: NDArray[np.uint16] = first * np.uint16(0x1000)
    code_points += ((second & 0x3F) * np.uint16(0x40)).astype(np.uint16)
    code_points += (third & 0x3F).astype(np.uint16)
    return code_points, is_there
