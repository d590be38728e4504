"""Which words does a text of any language hold?

Those of Lucene's standard tokenizer, nearly: the text in Normalization Form C, the segments between
the default word boundaries of UAX #29 that hold a letter, a number, an ideograph, a kana or an
emoji, each lowercased by itself. Lowercasing can undo the form, so that it is restored: J̌ has
no capital of one code point, ǰ is one.
"""

from __future__ import annotations

import operator
import unicodedata
from itertools import accumulate

import numpy as np

from embedprep.arrays import join_lines
from embedprep.sources import PADDING
from embedprep.tokenizer.settings import TokenizerSettings
from embedprep.tokenizer.word_break import classes_of, is_ignored, segment
from embedprep.tokenizer.words import Words

_LINE_FEED = 0x0A

_MOST_MARKS = 30
"""No language has more marks behind a character (UAX #15, Stream-Safe Text Format)."""


def find_words(data: bytes, settings: TokenizerSettings) -> Words:
    """The words of whole lines of UTF-8.

    All words are lowercased at once: a line end between two keeps a final sigma in its word.
    """
    lines = data[: -len(PADDING)].decode("utf-8")
    code_points = _code_points(to_nfc(lines))
    if not len(code_points):
        return Words.of(data, *(np.empty(0, np.int64),) * 3)
    segments = segment(code_points)
    places = segments.is_word.nonzero()[0]
    lengths = np.diff(segments.starts, append=len(code_points))[places]
    starts = segments.starts[places]
    words_before = np.searchsorted(starts, (code_points == _LINE_FEED).nonzero()[0])

    words = join_lines(code_points, starts, lengths).tobytes().decode("utf-32-le")
    if settings.lowercase:
        words = to_nfc(words.lower())
    spelled = words.encode("utf-8") + PADDING
    ends = (np.frombuffer(spelled, np.uint8) == _LINE_FEED).nonzero()[0]
    starts = np.concatenate([[0], ends[:-1] + 1])[: len(ends)]
    return Words.of(spelled, starts, ends - starts, words_before)


def to_nfc(text: str) -> str:
    """The text in Normalization Form C (UAX #15), in time proportional to its length."""
    return unicodedata.normalize("NFC", _with_sorted_marks(text))


def _with_sorted_marks(text: str) -> str:
    """A text with the same normal forms, its long runs of marks in canonical order.

    Python sorts by insertion, in quadratic time, and in a hostile text runs are very long.
    """
    is_mark = is_ignored(classes_of(_code_points(text)))
    edges = np.diff(is_mark.astype(np.int8), prepend=0, append=0).nonzero()[0]
    starts, ends = edges[0::2], edges[1::2]
    is_long = ends - starts > _MOST_MARKS
    parts, done = [], 0
    for start, end in zip(starts[is_long].tolist(), ends[is_long].tolist(), strict=True):
        parts += [text[done:start], _sorted_marks(text[start:end])]
        done = end
    return "".join([*parts, text[done:]])


def _sorted_marks(marks: str) -> str:
    """The marks decomposed and in canonical order (Unicode, section 3.11): each run without a class
    of 0, sorted by class; equal classes keep their order.
    """
    decomposed = [c for mark in marks for c in unicodedata.normalize("NFD", mark)]
    classes = [unicodedata.combining(c) for c in decomposed]
    group = accumulate(map(operator.not_, classes))  # begun by a class of 0, which stays in front
    keyed = zip(group, classes, decomposed, strict=True)
    return "".join(c for *_, c in sorted(keyed, key=operator.itemgetter(0, 1)))


def _code_points(text: str) -> np.ndarray[tuple[int], np.dtype[np.uint32]]:
    return np.frombuffer(text.encode("utf-32-le"), "<u4")
