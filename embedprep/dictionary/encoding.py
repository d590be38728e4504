"""How do words become indices into a dictionary, and how do dictionaries unite?

Counts add up and words unite, so uniting is associative and commutative but for the order of the
words: what is counted does not depend on how a text was cut into blocks.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from embedprep.arrays import Ints, dtype_for
from embedprep.dictionary.grouping import group_words
from embedprep.dictionary.keys import Secret, WordArray, concatenate, keys_and_long
from embedprep.dictionary.lookup import Lookup
from embedprep.tokenizer.spans import Words


class Dictionary(NamedTuple):
    """Distinct words and how often each occurs, `counts: (words,)`."""

    words: WordArray
    counts: Ints

    def at(self, places: Ints) -> Dictionary:
        """The words at some places."""
        return Dictionary(self.words.at(places).compact(), self.counts[places])


class EncodedText(NamedTuple):
    """A text as indices, `ids: (running words,)`. `per_row: (rows,)` running words."""

    ids: NDArray[Any]
    per_row: Ints


class EncodedBlock(NamedTuple):
    """A text whose ids count through the words known beforehand and on through its `own` others.

    `known_counts: (known words,)` tells how often each of the first was found.
    """

    text: EncodedText
    known_counts: Ints
    own: Dictionary


def encode_words(words: Words, known: Lookup, secret: Secret) -> EncodedBlock:
    """The words of a text as indices into the known words and its own."""
    ids, missed, unknown = _probe(words, known, secret)
    groups = group_words(unknown)

    n_known = known.n_words
    n_distinct = n_known + len(groups.first)
    ids = ids.astype(dtype_for(n_distinct), copy=False)
    ids[missed] = n_known + groups.group
    counts = np.bincount(ids, minlength=n_distinct)
    own_counts = counts[n_known:].copy()  # a view would keep them all
    own = Dictionary(unknown.at(groups.first).compact(), own_counts)
    return EncodedBlock(EncodedText(ids, words.per_row), counts[:n_known], own)


def encode_known_words(words: Words, known: Lookup) -> EncodedText:
    """The words of a text as indices into the known words; `known.n_words` is any other."""
    ids, missed, unknown = _probe(words, known, known.secret)
    found = known.find(unknown)
    ids = ids.astype(dtype_for(known.n_words + 1), copy=False)
    ids[missed] = np.where(found < 0, known.n_words, found)
    return EncodedText(ids, words.per_row)


def _probe(words: Words, known: Lookup, secret: Secret) -> tuple[NDArray[Any], Ints, WordArray]:
    """The ids of the words found at once, the places of the others, and these."""
    keys, long = keys_and_long(words.text, words.starts, words.lengths, secret)
    running = WordArray(words.text, words.starts, words.lengths, keys)
    ids, missed = known.probe(running, long)
    return ids, missed, running.at(missed)


class United(NamedTuple):
    """A dictionary of several, and the places in it of the words of each but the first."""

    total: Dictionary
    places: list[Ints]


def unite(total: Dictionary, others: Sequence[Dictionary]) -> United:
    """One dictionary of all words, their counts added up: the words of `total` keep their places,
    those it does not have come behind.
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
    united = Dictionary(concatenate([total.words, added_words]), counts)
    ends = np.cumsum([d.words.n_words for d in dictionaries])
    return United(united, np.split(places, ends[:-1])[1:])


def empty_dictionary(secret: Secret) -> Dictionary:
    """The dictionary of no text."""
    return Dictionary(WordArray.of([], secret), np.empty(0, np.int64))


def most_frequent(counts: Ints, n_words: int) -> Ints:
    """The places of the n highest counts, the highest first; ties fall anyhow."""
    places = np.arange(len(counts))
    if len(counts) > n_words:
        places = np.argpartition(-counts, n_words)[:n_words]
    return places[np.argsort(-counts[places])]
