"""Which words do rules find that read the lines of a text as strings?

Such a rule gives the strings that it made of the lines, its *pieces*. Laid end to end they are the
text of its `Words`: all of each line, or as much as the rule has kept of it.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from embedprep.arrays import Ints
from embedprep.sources import PADDING
from embedprep.text import LINE_FEED, Text
from embedprep.tokenizer.words import Words


def lines_of(text: Text, lowercase: bool | None) -> list[str]:
    """The lines as strings without their ends, `str.lower` done to each if asked for.

    All are lowercased at once: a line end has no case, and no letter looks through it.
    """
    joined = text.data[: -len(PADDING)].decode("utf-8")
    if lowercase:
        joined = joined.lower()
    return joined.split("\n")[:-1]


def words_among(pieces: Sequence[str], others: Sequence[int] = ()) -> Words:
    """The pieces as words, but for empty ones, the line ends, and those at the places `others`.

    A line end is a piece of its own, the last of each line.
    """
    data = "".join(pieces).encode("utf-8") + PADDING
    lengths = np.fromiter(map(len, pieces), np.int64, len(pieces))
    ends = np.cumsum(lengths)
    starts = ends - lengths
    if not data.isascii():
        # What was counted in code points is now counted in bytes.
        byte_of = _starts_of_code_points(data)
        starts = byte_of[starts]
        lengths = byte_of[ends] - starts

    is_word = lengths > 0
    is_line_end = is_word & (np.frombuffer(data, np.uint8)[starts] == LINE_FEED)
    is_word[is_line_end] = False
    is_word[np.array(others, np.int64)] = False
    words_before = np.cumsum(is_word)[is_line_end]
    return Words.of(data, starts[is_word], lengths[is_word], words_before)


def _starts_of_code_points(data: bytes) -> Ints:
    """Where each code point of UTF-8 starts, (code points,)."""
    octets = np.frombuffer(data, np.uint8)
    starts: Ints = ((octets & 0xC0) != 0x80).nonzero()[0]
    return starts
