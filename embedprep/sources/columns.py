"""Which columns of a table hold the text and the labels, and is its first row a header?"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from embedprep.errors import InputError
from embedprep.sources.settings import RecordSettings, is_number
from embedprep.wording import how_many, quoted


class Columns(NamedTuple):
    """The places of columns in a row, from 0, and what is said of the first row."""

    text: tuple[int, ...]
    labels: tuple[int, ...]
    has_header: bool
    is_header_guessed: bool

    def named(self, places: Sequence[int], first_row: Sequence[str]) -> tuple[str | int, ...]:
        """Columns by their names where there is a header, else by their numbers."""
        return tuple(first_row[place] if self.has_header else place + 1 for place in places)


def find_columns(name: str, first_row: Sequence[str], settings: RecordSettings) -> Columns:
    """The columns that were asked for, in a table with this first row.

    A column named by its name implies a header. Raises InputError for a column that the table
    lacks or has twice, and where none was asked for and there is more than one to choose from.
    """
    asked = (*settings.text_columns, *settings.label_columns)
    has_name = not all(map(is_number, asked))
    has_header = has_name if settings.header is None else settings.header
    labels = tuple(_find(name, first_row, column, settings) for column in settings.label_columns)
    text = tuple(_find(name, first_row, column, settings) for column in settings.text_columns)
    if not text:
        text = tuple(place for place in range(len(first_row)) if place not in labels)
        if len(text) != 1:
            n_columns = how_many(len(first_row), "column")
            cause = f"has {n_columns}, in the first row {quoted(first_row)}"
            raise InputError(name, cause, "choose the text by --text-column")
    return Columns(text, labels, has_header, settings.header is None and not has_name)


def _find(name: str, first_row: Sequence[str], column: str, settings: RecordSettings) -> int:
    """The place of a column. Of digits alone, it is a number unless `--header` makes it a name."""
    if is_number(column) and not (settings.header and column in first_row):
        if 1 <= int(column) <= len(first_row):
            return int(column) - 1
        cause = f"has {how_many(len(first_row), 'column')}, from 1, and no column {column}"
        raise InputError(name, cause, "check the options --text-column and --label-column")
    match [place for place, header in enumerate(first_row) if header == column]:
        case [place]:
            return place
        case []:
            cause = f"has no column {quoted([column])} among {quoted(first_row)}"
            raise InputError(name, cause, "check its name, or give its number")
        case _:
            cause = f"has more than one column {quoted([column])} among {quoted(first_row)}"
            raise InputError(name, cause, "give its number, and --header")
