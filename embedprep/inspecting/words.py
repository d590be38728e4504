"""Which words does a counted text hold, how often, and of which letters?"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from functools import partial
from typing import NamedTuple

import numpy as np

from embedprep.arrays import Ints, ragged_chunks, take_ragged
from embedprep.dictionary import Dictionary, are_ranked, best_of, empty_dictionary
from embedprep.engines import in_turn
from embedprep.figures.coverage import coverage
from embedprep.inspecting.inspection import COUNTED_IN_TEXT, WordFigures, by_frequency
from embedprep.inspecting.scripts import letters_by_script, summed
from embedprep.portions import Piece, Portion, pieces_of
from embedprep.specials import PAD, UNK
from embedprep.work import Work

_UNRANKED = (UNK, PAD)
"""Words that `run` never ranks."""

_BYTES_AT_ONCE = 1 << 19

_MOST_COUNTS = 1_000_000
"""Of so many words the counts are looked at one by one, at most."""

_ASCII = 0x80


class WordsOfText(NamedTuple):
    """What is known of the words of a text: the figures, and the counts of the most frequent ones,
    descending, (at most `_MOST_COUNTS`,).
    """

    figures: WordFigures
    counts: Ints


class _OfPiece(NamedTuple):
    """Of some of the words: how many there are, the most frequent ones, how many have each count,
    and how often each code point stands in the text.
    """

    n_distinct: int
    best: Dictionary
    words_of_count: Counter[int]
    characters: Counter[int]


def words_of(portions: Sequence[Portion], n_running: int, top: int, work: Work) -> WordsOfText:
    """The words of all portions, of which `n_running` stand in the text; `top` are listed.

    Letters are those of all words, and a count is that of the words that can be kept: a literal
    `<unk>` cannot.
    """
    best, n_distinct = empty_dictionary(work.secret), 0
    words_of_count, characters = Counter[int](), Counter[int]()
    of_piece = partial(_of_piece, top=top)
    for its in in_turn(work.engine, of_piece, pieces_of(portions, work)):
        n_distinct += its.n_distinct
        best = best_of([best, its.best], top, 1, _UNRANKED)
        words_of_count.update(its.words_of_count)
        characters.update(its.characters)
    counts = _descending(words_of_count)
    listed = zip(best.words.to_text(), best.counts.tolist(), strict=True)
    letters = by_frequency(letters_by_script(characters.items()))
    covered = coverage(counts, n_running)
    figures = WordFigures(COUNTED_IN_TEXT, n_running, n_distinct, covered, list(listed), letters)
    return WordsOfText(figures, counts)


def _of_piece(piece: Piece, top: int) -> _OfPiece:
    words = piece()
    counts = words.counts[are_ranked(words.words, _UNRANKED)]
    found, n_words = np.unique(counts[counts > 0], return_counts=True)
    words_of_count = Counter(dict(zip(found.tolist(), n_words.tolist(), strict=True)))
    characters = Counter[int]()
    for some in _characters(words):
        characters.update(some)
    return _OfPiece(
        words.n_counted, best_of([words], top, 1, _UNRANKED), words_of_count, characters
    )


def _descending(words_of_count: Counter[int]) -> Ints:
    """The highest counts, so many as have each, descending."""
    found = sorted(words_of_count, reverse=True)
    counts = np.array(found, np.int64)
    ends = np.cumsum([words_of_count[count] for count in found], dtype=np.int64)
    return np.repeat(counts, np.diff(np.minimum(ends, _MOST_COUNTS), prepend=0))


def _characters(words: Dictionary) -> Iterator[dict[int, int]]:
    """How often each code point stands in the text, by the words with their counts, some words at a
    time.
    """
    text, starts, lengths, _ = words.words
    for chunk in ragged_chunks(lengths, _BYTES_AT_ONCE):
        octets = take_ragged(text, starts[chunk], lengths[chunk])
        n_times = np.repeat(words.counts[chunk], lengths[chunk])  # (bytes,)
        is_ascii = octets < _ASCII
        yield summed(octets[is_ascii], n_times[is_ascii])
        if not is_ascii.all():
            high, n_times = octets[~is_ascii], n_times[~is_ascii]
            decoded = high.tobytes().decode("utf-8").encode("utf-32-le")
            yield summed(np.frombuffer(decoded, "<u4"), n_times[high >= 0xC0])  # of first bytes
