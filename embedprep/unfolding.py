"""Which words do the stretches of a text hold?"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from embedprep.arrays import Ints, join_lines, starts_of
from embedprep.dictionary import Dictionary, WordArray, merge, word_keys
from embedprep.hashing import Secret
from embedprep.sources import PADDING
from embedprep.tokenizer.rules import rule_of
from embedprep.tokenizer.settings import TokenizerSettings
from embedprep.tokenizer.words import Spans


class Unfolding(NamedTuple):
    """The words of distinct stretches, as places in a dictionary.

    Those of stretch i are `words[starts[i] : starts[i] + lengths[i]]`; `starts` and `lengths` are
    of shape (stretches,).
    """

    words: Ints
    starts: Ints
    lengths: Ints


def unfold(
    counted: Dictionary, tokenizer: TokenizerSettings, secret: Secret
) -> tuple[Dictionary, Unfolding | None]:
    """The dictionary of the words in counted stretches, and how to find these in it.

    What was counted is the dictionary, where the tokenizer finds words at once.
    """
    rule = rule_of(tokenizer)
    if rule.stretches is None:
        return counted, None
    text, starts, lengths, _ = counted.words
    is_plain = rule.stretches.are_words(Spans(text, starts, lengths))
    plain, other = is_plain.nonzero()[0], (~is_plain).nonzero()[0]

    lines = join_lines(text, starts[other], lengths[other]).tobytes() + PADDING
    found = rule.find_words(lines, tokenizer)
    spans = (found.text, found.starts, found.lengths)
    words = WordArray(*spans, word_keys(*spans, secret))
    merged = merge(
        Dictionary(counted.words.at(plain), counted.counts[plain]),
        [Dictionary(words, np.repeat(counted.counts[other], found.per_row))],
    )

    n_words = np.ones(len(starts), np.int64)
    n_words[other] = found.per_row
    places = np.empty(int(n_words.sum()), np.int64)
    is_of_plain = np.repeat(is_plain, n_words)
    places[is_of_plain] = np.arange(len(plain))
    places[~is_of_plain] = merged.places[0]
    return merged.total, Unfolding(places, starts_of(n_words), n_words)
