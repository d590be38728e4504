"""Which characters are words of their own?"""

from __future__ import annotations

import numpy as np

from embedprep.arrays import ByteTable
from embedprep.text import Text
from embedprep.tokenizer.lowercase import lowercase_ascii, lowercase_non_ascii
from embedprep.tokenizer.separated import WHITE_SPACE, wide_spaces
from embedprep.tokenizer.settings import TokenizerSettings
from embedprep.tokenizer.words import Words


def _length_of_lead_byte(byte: int) -> int:
    if byte < 0x80:
        return 0 if byte in WHITE_SPACE else 1
    if byte < 0xC0:
        return 0
    return 2 if byte < 0xE0 else 3 if byte < 0xF0 else 4


_LENGTHS = ByteTable(bytes(_length_of_lead_byte(byte) for byte in range(256)))


def char(text: Text, settings: TokenizerSettings) -> Words:
    """Every code point but those of White_Space."""
    if settings.lowercase:
        text = lowercase_non_ascii(text)
    octets = np.frombuffer(text.data, np.uint8)
    lengths = _LENGTHS.of(octets)
    spaces, _ = wide_spaces(text)
    lengths[spaces] = 0
    if settings.lowercase:
        octets = lowercase_ascii(octets)

    starts = lengths.nonzero()[0]
    words_before = np.searchsorted(starts, text.line_ends)
    return Words.of(octets, starts, lengths[starts].astype(np.int64), words_before)
