"""How do facts stand in the sections and tables of a page?

Everything is bounded: a page stays small whatever it is about.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from itertools import islice
from typing import Any, NamedTuple

from embedprep.listing import flat
from embedprep.wording import printable

LONGEST_NAME = 48
"""Characters of a word or a name; more would push all else off a phone."""

_MOST_COLUMNS = 9
"""Columns of a table that has room beside a figure."""

_JOINERS = "\u200c\u200d"
"""Characters without ink that shape the letters beside them, in Persian, Hindi and emoji."""


class Column(NamedTuple):
    """A column of a table; `kind` is "number", "name", which others chose, or "code"."""

    name: str
    kind: str = "number"


class Table(NamedTuple):
    """A table: the first column names each row, `note` tells what it leaves out."""

    caption: str
    columns: tuple[Column, ...]
    rows: Sequence[tuple[str, ...]]
    note: str = ""

    @property
    def is_wide(self) -> bool:
        """Whether it needs the whole width of a page."""
        return len(self.columns) > _MOST_COLUMNS


class Section(NamedTuple):
    """A figure with its heading, what it shows in a sentence or two, its legend, as the names of
    colours and what they stand for, and its tables. Where there is nothing to draw, `svg` is empty.
    """

    name: str
    heading: str
    text: str
    svg: str
    legend: list[tuple[str, str]]
    tables: list[Table]


def named_columns(first: str, *numbers: str) -> tuple[Column, ...]:
    """The columns of a table of numbers, each row with a name."""
    return (Column(first, "name"), *map(Column, numbers))


def seen(text: str, longest: int = LONGEST_NAME) -> str:
    r"""What others wrote, its end left out where it is long, and its control characters shown.

    >>> print(seen("a\x00b" + "c" * 9, 6))
    a\u0000bcc…
    """
    kept = text if len(text) <= longest else f"{text[: longest - 1]}…"
    return "".join(c if c in _JOINERS else printable(c) for c in kept)


def share(part: float, whole: float = 1.0) -> str:
    """A share in per cent, a dash where there is no whole.

    >>> share(1, 3), share(0, 0), share(1, 1000000)
    ('33.3\xa0%', '–', '<\xa00.01\xa0%')
    """
    if not whole:
        return "–"
    percent = 100 * part / whole
    if 0 < percent < 0.005:
        return "<\N{NO-BREAK SPACE}0.01\N{NO-BREAK SPACE}%"
    n_digits = 0 if percent in {0, 100} else 1 if 10 <= percent < 99.95 else 2
    if n_digits:
        percent = min(percent, 99.99)  # nearly all is not all
    return f"{percent:.{n_digits}f}\N{NO-BREAK SPACE}%"


def number(value: object) -> str:
    """A whole number, a dash for what is none.

    >>> number(1234), number(None)
    ('1,234', '–')
    """
    return f"{value:,}" if isinstance(value, int) and not isinstance(value, bool) else "–"


def decimal(value: float) -> str:
    """A number with a fraction.

    >>> decimal(18.9273), decimal(12345.6)
    ('18.93', '12,345.60')
    """
    return f"{value:,.2f}" if abs(value) < 1e9 else f"{value:.4g}"


def left_out(n_all: int, n_shown: int, nouns: str) -> str:
    """That some are left out, if they are.

    >>> left_out(5000, 20, "classes"), left_out(2, 20, "classes")
    ('4,980 more classes are left out.', '')
    """
    return f"{n_all - n_shown:,} more {nouns} are left out." if n_all > n_shown else ""


MOST_SETTINGS = 48
_LONGEST_VALUE = 160


def settings_table(settings: Mapping[str, Any]) -> Table:
    """The settings of a manifest, one a row, those within others by both names."""
    told = flat(settings)
    rows = [
        (seen(name), seen(json.dumps(value, ensure_ascii=False), _LONGEST_VALUE))
        for name, value in islice(told.items(), MOST_SETTINGS)
    ]
    note = left_out(len(told), len(rows), "settings")
    return Table("Settings", (Column("setting", "code"), Column("value", "code")), rows, note)
