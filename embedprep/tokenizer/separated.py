"""Which words stand between separators?

Every separator becomes a space, by one table over the bytes; words are what lies between spaces.
That is exact for UTF-8, in which no byte of a longer character is an ASCII byte.
"""

from __future__ import annotations

import numpy as np

from embedprep.arrays import Bytes, ByteTable, Ints
from embedprep.text import Text
from embedprep.tokenizer.lowercase import lowercase_non_ascii
from embedprep.tokenizer.settings import TokenizerSettings
from embedprep.tokenizer.words import Words

KERAS_FILTERS = '!"#$%&()*+,-./:;<=>?@[\\]^_`{|}~\t\n'
"""The characters that the Keras Tokenizer takes for spaces; the apostrophe is none of them."""

WHITE_SPACE = (
    *range(0x09, 0x0E),
    0x20,
    0x85,
    0xA0,
    0x1680,
    *range(0x2000, 0x200B),
    0x2028,
    0x2029,
    0x202F,
    0x205F,
    0x3000,
)
"""The code points with Unicode's White_Space property (PropList.txt, unchanged since 6.3)."""

_ASCII_LOWER = bytes(range(256)).lower()
_WIDE_SPACES = np.array([c for c in WHITE_SPACE if c >= 0x80], np.uint32)


def _spaces_for(separators: str, table: bytes) -> ByteTable:
    """The table with spaces for the separators."""
    changed = bytearray(table)
    for separator in separators:
        changed[ord(separator)] = ord(" ")
    return ByteTable(bytes(changed))


_ASCII_WHITE_SPACE = "".join(chr(c) for c in WHITE_SPACE if c < 0x80)
_TABLES = {
    (separators, lowercase): _spaces_for(
        separators, _ASCII_LOWER if lowercase else bytes(range(256))
    )
    for separators in (KERAS_FILTERS, _ASCII_WHITE_SPACE)
    for lowercase in (False, True)
}


def keras(text: Text, settings: TokenizerSettings) -> Words:
    """The words of the Keras `Tokenizer` (keras_preprocessing/text.py, `text_to_word_sequence`).

    `str.lower` of each line, the filter characters made spaces, split at spaces and nothing else:
    CR, no-break spaces and curly quotes stay in words.
    """
    if settings.lowercase:
        text = lowercase_non_ascii(text)
    octets = np.frombuffer(text.data, np.uint8)
    octets = _TABLES[KERAS_FILTERS, bool(settings.lowercase)].of(octets)
    return _between_spaces(octets, text.line_ends)


def whitespace(text: Text, settings: TokenizerSettings) -> Words:
    """The words between characters of White_Space, as another tool has tokenised them."""
    if settings.lowercase:
        text = lowercase_non_ascii(text)
    octets = np.frombuffer(blank(text.data, *wide_spaces(text)), np.uint8)
    octets = _TABLES[_ASCII_WHITE_SPACE, bool(settings.lowercase)].of(octets)
    return _between_spaces(octets, text.line_ends)


def wide_spaces(text: Text) -> tuple[Ints, Ints]:
    """Where the non-ASCII characters of White_Space start, and their lengths in bytes."""
    is_space = np.isin(text.code_points, _WIDE_SPACES)
    starts = text.starts[is_space]
    lengths = np.where(text.code_points[is_space] < 0x800, 2, 3)
    return starts, lengths


def blank(data: bytes | bytearray, starts: Ints, lengths: Ints) -> bytes | bytearray:
    """The data with spaces written over the characters of 2 or 3 bytes at `starts`."""
    if not len(starts):
        return data
    blanked = bytearray(data)
    octets = np.frombuffer(blanked, np.uint8)
    for place in range(3):
        octets[starts[lengths > place] + place] = ord(" ")
    return blanked


def _between_spaces(octets: Bytes, line_ends: Ints) -> Words:
    """The words; the text ends in a space, and one stands at every line end.

    One search finds both ends of every word: the places where word and space meet.
    """
    is_word = np.empty(len(octets) + 1, np.bool_)
    is_word[0] = False
    np.not_equal(octets, ord(" "), out=is_word[1:])

    edges = (is_word[1:] != is_word[:-1]).nonzero()[0]
    starts = edges[0::2]
    # Each word has two edges; of one that ends at the line end only the first lies before it.
    words_before = (np.searchsorted(edges, line_ends) + 1) // 2
    return Words.of(octets, starts, edges[1::2] - starts, words_before)
