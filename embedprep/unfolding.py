"""Which words do the stretches of a text hold?"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from embedprep.arrays import Ints, join_lines, ragged_chunks, starts_of
from embedprep.dictionary import Dictionary, WordArray, merge, word_keys
from embedprep.dictionary.grouping import group_words
from embedprep.engines import Engine, in_turn
from embedprep.hashing import Secret
from embedprep.sources import PADDING
from embedprep.tokenizer.rules import rule_of
from embedprep.tokenizer.settings import TokenizerSettings
from embedprep.tokenizer.words import Spans

_BYTES_AT_ONCE = 1 << 19
"""Stretches are unfolded so many bytes at a time, as blocks of text are read."""


class Unfolding(NamedTuple):
    """The words of distinct stretches, as places in a dictionary.

    Those of stretch i are `words[starts[i] : starts[i] + lengths[i]]`; `starts` and `lengths` are
    of shape (stretches,).
    """

    words: Ints
    starts: Ints
    lengths: Ints


class _Unfolded(NamedTuple):
    """Some stretches as words: the distinct ones, counted, which of them each word is, (words,),
    and how many words a stretch has, `per_stretch: (stretches,)`.
    """

    own: Dictionary
    group: Ints
    per_stretch: Ints


def unfold(
    counted: Dictionary, tokenizer: TokenizerSettings, secret: Secret, engine: Engine
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

    def unfold_some(stretches: Ints) -> _Unfolded:
        lines = join_lines(text, starts[stretches], lengths[stretches]).tobytes() + PADDING
        found = rule.find_words(lines, tokenizer)
        spans = (found.text, found.starts, found.lengths)
        words = WordArray(*spans, word_keys(*spans, secret))
        groups = group_words(words)
        counts = np.zeros(len(groups.first), np.int64)
        np.add.at(counts, groups.group, np.repeat(counted.counts[stretches], found.per_row))
        return _Unfolded(
            Dictionary(words.at(groups.first).compact(), counts), groups.group, found.per_row
        )

    chunks = ragged_chunks(lengths[other] + 1, _BYTES_AT_ONCE)
    pieces = list(in_turn(engine, unfold_some, ((other[chunk],) for chunk in chunks)))
    merged = merge(counted.at(plain), [piece.own for piece in pieces])

    n_words = np.ones(len(starts), np.int64)
    n_words[other] = np.concatenate([other[:0], *(piece.per_stretch for piece in pieces)])
    places = np.empty(int(n_words.sum()), np.int64)
    is_of_plain = np.repeat(is_plain, n_words)
    places[is_of_plain] = np.arange(len(plain))
    of_pieces = zip(merged.places, pieces, strict=True)
    places[~is_of_plain] = np.concatenate(
        [other[:0], *(own_places[piece.group] for own_places, piece in of_pieces)]
    )
    return merged.total, Unfolding(places, starts_of(n_words), n_words)
