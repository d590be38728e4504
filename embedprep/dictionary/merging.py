"""What do several dictionaries hold together?

Counts add up and words unite, so what is counted does not depend on how a text was cut into
blocks, nor on who counted them in which order.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from embedprep.arrays import Ints
from embedprep.dictionary.grouping import group_words
from embedprep.dictionary.keys import WordArray, concatenate
from embedprep.hashing import Secret


class Dictionary(NamedTuple):
    """Distinct words and how often each occurs, `counts: (words,)`."""

    words: WordArray
    counts: Ints

    @property
    def n_bytes(self) -> int:
        """The memory that it takes."""
        text, starts, lengths, keys = self.words
        return text.nbytes + starts.nbytes + lengths.nbytes + keys.nbytes + self.counts.nbytes

    @property
    def n_counted(self) -> int:
        """How many of its words occur."""
        return int(np.count_nonzero(self.counts))

    def at(self, places: Ints) -> Dictionary:
        """The words at some places and their counts, in a text of their own."""
        return Dictionary(self.words.at(places).compact(), self.counts[places])


def empty_dictionary(secret: Secret) -> Dictionary:
    """The dictionary of no text."""
    return Dictionary(WordArray.of([], secret), np.empty(0, np.int64))


def joined(dictionaries: Sequence[Dictionary]) -> Dictionary:
    """All words of dictionaries of which no two share one."""
    if len(dictionaries) == 1:
        return dictionaries[0]
    return Dictionary(
        concatenate([some.words for some in dictionaries]),
        np.concatenate([some.counts for some in dictionaries]),
    )


class Merged(NamedTuple):
    """A dictionary of several, and the places in it of the words of each but the first."""

    total: Dictionary
    places: list[Ints]


def merge(total: Dictionary, others: Sequence[Dictionary]) -> Merged:
    """One dictionary of all words, their counts added up.

    The words of `total` keep their places, those that it does not have come behind.
    """
    dictionaries = [total, *others]
    words = concatenate([d.words for d in dictionaries])
    groups = group_words(words)

    n_before = total.words.n_words
    place_of_group = np.full(len(groups.first), -1, np.int64)
    place_of_group[groups.group[:n_before]] = np.arange(n_before)
    added = (place_of_group < 0).nonzero()[0]
    place_of_group[added] = np.arange(n_before, len(groups.first))
    places = place_of_group[groups.group]

    counts = np.zeros(len(groups.first), np.int64)
    np.add.at(counts, places, np.concatenate([d.counts for d in dictionaries]))
    added_words = words.at(groups.first[added]).compact()
    merged = Dictionary(concatenate([total.words, added_words]), counts)
    ends = np.cumsum([d.words.n_words for d in dictionaries])
    return Merged(merged, np.split(places, ends[:-1])[1:])
