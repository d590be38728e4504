"""Where do the words of a text start and end?"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from embedprep.arrays import Bytes, Ints


class Spans(NamedTuple):
    """Some parts of a text: part i is `text[starts[i] : starts[i] + lengths[i]]`, UTF-8.

    `text: (bytes,)` goes on for at least 8 bytes behind each part.
    """

    text: Bytes
    starts: Ints
    lengths: Ints


class Words(NamedTuple):
    """The words of a text, in its order.

    Word i is `text[starts[i] : starts[i] + lengths[i]]`, UTF-8 as the tokenizer normalised it;
    `starts` and `lengths` are of shape (words,). `text: (bytes,)` goes on for at least 8 bytes
    behind the last word. `per_row: (rows,)` is the number of words on each line.
    """

    text: Bytes
    starts: Ints
    lengths: Ints
    per_row: Ints

    @classmethod
    def of(
        cls, data: bytes | bytearray | Bytes, starts: Ints, lengths: Ints, words_before: Ints
    ) -> Words:
        """The words of `data`, of which `words_before: (rows,)` start before each line's end."""
        per_row = words_before.copy()
        per_row[1:] -= words_before[:-1]
        return cls(np.frombuffer(data, np.uint8), starts, lengths, per_row)
