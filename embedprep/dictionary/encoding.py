"""How do the words of a text become indices into a dictionary?"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from embedprep.arrays import Ints, dtype_for
from embedprep.dictionary.grouping import group_words
from embedprep.dictionary.keys import WordArray, keys_and_long, word_keys
from embedprep.dictionary.lookup import Lookup
from embedprep.dictionary.merging import Dictionary
from embedprep.hashing import Secret
from embedprep.tokenizer.words import Spans, Words


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


def count_words(
    words: Words, known: Lookup, mend: Callable[[Spans], Spans] | None = None
) -> CountedBlock:
    """The words of a text as indices into the known words and its own, counted.

    `mend` may change words that are not found at once. A text for which it is given was not
    checked before: UnicodeDecodeError, whose position means nothing, is raised where it is not
    UTF-8.
    """
    ids, missed, unknown = _probe(Spans(words.text, words.starts, words.lengths), known)
    if mend is not None:
        unknown = _mended(unknown, mend, known.secret)
    groups = group_words(unknown)
    distinct = unknown.at(groups.first).compact()
    if mend is not None:
        _check_utf8(distinct)  # the known words were right when they were new

    n_known = known.n_words
    n_distinct = n_known + len(groups.first)
    ids = ids.astype(dtype_for(n_distinct), copy=False)
    ids[missed] = n_known + groups.group
    counts = np.bincount(ids, minlength=n_distinct)
    own_counts = counts[n_known:].copy()  # a view would keep them all
    own = Dictionary(distinct, own_counts)
    return CountedBlock(EncodedBlock(ids, words.per_row), counts[:n_known], own)


def _probe(words: Spans, known: Lookup) -> tuple[NDArray[Any], Ints, WordArray]:
    """The ids of known words, as by `Lookup.probe`, the places of the others, and these."""
    text, starts, lengths = words
    if not _are_characters(words):
        keys, long = keys_and_long(text, starts, lengths, known.secret)
        running = WordArray(text, starts, lengths, keys)
        ids, missed = known.probe(running, long)
        return ids, missed, running.at(missed)

    ids, others = known.probe_characters(words)
    starts, lengths = starts[others], lengths[others]
    keys, long = keys_and_long(text, starts, lengths, known.secret)
    running = WordArray(text, starts, lengths, keys)
    ids[others], missed = known.probe(running, long)
    return ids, others[missed], running.at(missed)


def _are_characters(words: Spans) -> bool:
    """Whether most words have the three bytes of a Chinese or Japanese character."""
    are_short = 4 * len(words.starts) > len(words.text)  # tells most other texts at once
    return are_short and bool(2 * np.count_nonzero(words.lengths == 3) > len(words.starts))


def _mended(words: WordArray, mend: Callable[[Spans], Spans], secret: Secret) -> WordArray:
    spans = Spans(words.text, words.starts, words.lengths)
    whole = mend(spans)
    if whole is spans:
        return words
    changed = (whole.starts != spans.starts).nonzero()[0]
    keys = words.keys.copy()
    keys[changed] = word_keys(whole.text, whole.starts[changed], whole.lengths[changed], secret)
    return WordArray(*whole, keys)


def _check_utf8(words: WordArray) -> None:
    """Raise UnicodeDecodeError where one of some compact words is not UTF-8.

    All are if they are end to end, and none begins within a character.
    """
    first = words.text.take(words.starts)
    first[(first & 0xC0) == 0x80].tobytes().decode("utf-8")
    words.text.tobytes().decode("utf-8")
