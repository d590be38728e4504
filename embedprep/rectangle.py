"""Which shape do the rows have?

The names and defaults are those of Keras `pad_sequences`. Nothing here needs NumPy: options can
be checked before it is imported.
"""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING

from embedprep.errors import SettingsError, check_choice

if TYPE_CHECKING:
    from fractions import Fraction

SIDES = ("pre", "post")

MOST_INDICES = 999_999_999
"""The longest row that there may be."""

DTYPES = {
    "int32": 4,
    "int64": 8,
    "uint32": 4,
    "int16": 2,
    "uint16": 2,
    "int8": 1,
    "uint8": 1,
}
"""The types of an index, and the bytes of each."""


@dataclass(frozen=True)
class Rectangle:
    """The shape of every row: its length in indices, and on which side it is filled and cut."""

    max_len: int
    padding: str = "pre"
    truncating: str = "pre"
    dtype: str = "int32"

    def __post_init__(self) -> None:
        if type(self.max_len) is not int or self.max_len < 1:
            raise SettingsError("--max-len", f"{self.max_len} is no length of at least 1")
        if self.max_len > MOST_INDICES:
            raise SettingsError("--max-len", f"{self.max_len} is over {MOST_INDICES:,}")
        for option, side in (("--padding", self.padding), ("--truncating", self.truncating)):
            check_choice(option, side, SIDES)
        check_choice("--dtype", self.dtype, DTYPES)

    @property
    def row_bytes(self) -> int:
        return self.max_len * DTYPES[self.dtype]


def parse_max_len(text: str) -> int | Fraction | None:
    """What `--max-len` asks for: a length, a share of rows in 0..1, or None for the longest.

    Raises SettingsError where it is none of these.

    >>> parse_max_len("128"), parse_max_len("p99.5"), parse_max_len("max")
    (128, Fraction(199, 200), None)
    """
    if text == "max":
        return None
    from fractions import Fraction  # slow to import, and rarely needed

    if percentile := re.fullmatch(r"p([0-9]+(?:\.[0-9]+)?)", text):
        share = Fraction(percentile[1]) / 100
        if share > 1:
            raise SettingsError("--max-len", f"{text}: a percentile lies in 0..100")
        return share
    if re.fullmatch(r"0*[1-9][0-9]{0,8}", text):
        return int(text)
    if re.fullmatch(r"[0-9]{10,}", text):
        raise SettingsError("--max-len", f"{text} is over {MOST_INDICES:,}")
    raise SettingsError("--max-len", f"{text!r} is no length of at least 1, nor max, nor like p99")


def choose_max_len(
    asked: int | Fraction | None, rows_of_length: Counter[int], n_marks: int = 0
) -> int:
    """The length that is asked for, in indices, of which `n_marks` are the marks of every row.

    A share is the least length that keeps this share of the rows whole. A length that is chosen
    so has room for a word, even if no row has one: an array of no columns can neither be mapped
    into memory nor fed to a layer.

    >>> from fractions import Fraction
    >>> choose_max_len(Fraction(1, 2), Counter({3: 1, 5: 2, 9: 1}))
    5
    """
    if isinstance(asked, int):
        return asked
    if asked is None:
        return max([n_marks + 1, *rows_of_length])
    wanted = asked * sum(rows_of_length.values())
    least = whole = 0
    for length in sorted(rows_of_length):
        if whole >= wanted:
            break
        whole += rows_of_length[length]
        least = length
    return max(n_marks + 1, least)
