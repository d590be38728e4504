"""How do words become indices into their own dictionary, and how do dictionaries unite?

Counts add up and words unite, so merging is associative and commutative: the result does not
depend on how a text was cut into blocks, nor on who worked on them in which order.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from embedprep.arrays import Ints
from embedprep.dictionary.grouping import group_words
from embedprep.dictionary.keys import Secret, WordArray, concatenate, keys_and_long
from embedprep.dictionary.lookup import Lookup
from embedprep.tokenizer.words import Words


class Dictionary(NamedTuple):
    """Distinct words and how often each occurs, `counts: (words,)`."""

    words: WordArray
    counts: Ints


class EncodedBlock(NamedTuple):
    """A text as indices.

    `ids: (running words,)` count through the words known beforehand and on through `own`, the
    text's other distinct words. `counts: (known + own,)`. `per_row: (rows,)` running words.
    """

    ids: NDArray[Any]
    per_row: Ints
    own: WordArray
    counts: Ints


def encode_words(words: Words, known: Lookup, secret: Secret) -> EncodedBlock:
    """The words of a text as indices into the known words and its own."""
    keys, long = keys_and_long(words.text, words.starts, words.lengths, secret)
    running = WordArray(words.text, words.starts, words.lengths, keys)

    ids, missed = known.probe(running, long)
    unknown = running.at(missed)
    groups = group_words(unknown)

    n_distinct = known.n_words + len(groups.first)
    ids = ids.astype(np.uint16 if n_distinct <= 1 << 16 else np.uint32, copy=False)
    ids[missed] = known.n_words + groups.group
    return EncodedBlock(
        ids=ids,
        per_row=words.per_row,
        own=unknown.at(groups.first).compact(),
        counts=np.bincount(ids, minlength=n_distinct),
    )


def merge(dictionaries: Sequence[Dictionary]) -> Dictionary:
    """One dictionary of all words, their counts added up."""
    return merge_into(dictionaries[0], dictionaries[1:])[0]


def merge_into(total: Dictionary, others: Sequence[Dictionary]) -> tuple[Dictionary, Ints]:
    """The same, and at which place each word of `total` stands in it, (words of total,)."""
    dictionaries = [total, *others]
    words = concatenate([d.words for d in dictionaries])
    groups = group_words(words)
    counts = np.zeros(len(groups.first), np.int64)
    np.add.at(counts, groups.group, np.concatenate([d.counts for d in dictionaries]))
    merged = Dictionary(words.at(groups.first).compact(), counts)
    return merged, groups.group[: total.words.n_words]


def empty_dictionary(secret: Secret) -> Dictionary:
    """The dictionary of no text."""
    return Dictionary(WordArray.of([], secret), np.empty(0, np.int64))


def most_frequent(counts: Ints, n_words: int) -> Ints:
    """The places of the n highest counts, the highest first; ties fall anyhow."""
    places = np.arange(len(counts))
    if len(counts) > n_words:
        places = np.argpartition(-counts, n_words)[:n_words]
    return places[np.argsort(-counts[places])]
