"""Where do the words of a text start and end?"""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

import numpy as np

from embedprep.arrays import Bytes, Ints
from embedprep.text import Text
from embedprep.tokenizer import characters, separated
from embedprep.tokenizer.settings import TokenizerSettings


class Words(NamedTuple):
    """The words of a text, in its order.

    Word i is `text[starts[i] : starts[i] + lengths[i]]`, UTF-8 as the tokenizer normalised it;
    `text: (bytes,)` goes on for at least 8 bytes behind the last word. `per_row: (rows,)` is the
    number of words on each line.
    """

    text: Bytes
    starts: Ints
    lengths: Ints
    per_row: Ints


Spans = tuple[bytes, Ints, Ints, Ints]
_RULES: dict[str, Callable[[Text, bool], Spans]] = {
    "keras": separated.keras,
    "whitespace": separated.whitespace,
    "char": characters.char,
}


def find_words(text: Text, settings: TokenizerSettings) -> Words:
    """The words of a text by the rules that the settings name."""
    data, starts, lengths, line_ends = _RULES[settings.name](text, bool(settings.lowercase))
    words_before = np.searchsorted(starts, line_ends)
    per_row = words_before.copy()
    per_row[1:] -= words_before[:-1]
    return Words(np.frombuffer(data, np.uint8), starts, lengths, per_row)
