"""How do the words of a text become indices into a dictionary?"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from embedprep.arrays import Ints, dtype_for
from embedprep.dictionary.grouping import group_words
from embedprep.dictionary.keys import WordArray, keys_and_long
from embedprep.dictionary.lookup import Lookup
from embedprep.dictionary.merging import Dictionary
from embedprep.tokenizer.words import Words


class EncodedBlock(NamedTuple):
    """A text as indices, `ids: (running words,)`. `per_row: (rows,)` running words."""

    ids: NDArray[Any]
    per_row: Ints


class CountedBlock(NamedTuple):
    """A text whose ids count through the words known beforehand and on through its `own` others.

    `known_counts: (known words,)` tells how often each of the first was found.
    """

    encoded: EncodedBlock
    known_counts: Ints
    own: Dictionary


def encode_words(words: Words, known: Lookup) -> EncodedBlock:
    """The words of a text as indices into the known words; `known.n_words` is any other."""
    ids, missed, unknown = _probe(words, known)
    ids[missed] = known.find(unknown)  # the table's own type has room for `n_words`
    return EncodedBlock(ids, words.per_row)


def count_words(words: Words, known: Lookup) -> CountedBlock:
    """The words of a text as indices into the known words and its own, counted."""
    ids, missed, unknown = _probe(words, known)
    groups = group_words(unknown)

    n_known = known.n_words
    n_distinct = n_known + len(groups.first)
    ids = ids.astype(dtype_for(n_distinct), copy=False)
    ids[missed] = n_known + groups.group
    counts = np.bincount(ids, minlength=n_distinct)
    own_counts = counts[n_known:].copy()  # a view would keep them all
    own = Dictionary(unknown.at(groups.first).compact(), own_counts)
    return CountedBlock(EncodedBlock(ids, words.per_row), counts[:n_known], own)


def _probe(words: Words, known: Lookup) -> tuple[NDArray[Any], Ints, WordArray]:
    """`ids: (running words,)`, right but at the places `missed`; these; and the words there."""
    keys, long = keys_and_long(words.text, words.starts, words.lengths, known.secret)
    running = WordArray(words.text, words.starts, words.lengths, keys)
    ids, missed = known.probe(running, long)
    return ids, missed, running.at(missed)
