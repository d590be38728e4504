"""What is a record, and how do records become blocks?

A record has a text, made of one or more of its columns, and labels. From there on it is a line:
a line end inside a field becomes a space, and words are found as in any other text.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import NamedTuple

from embedprep.errors import InputError
from embedprep.sources.lines import PADDING, Block

RECORD_BYTES = 1 << 16
"""What is cut into records at a time: the lists and strings of more would leave the caches."""


class Records(NamedTuple):
    """The texts of some records, and the labels of each where labels were asked for."""

    texts: list[str]
    labels: list[tuple[str, ...]] | None


class Recognised(NamedTuple):
    """What an input was taken for; None is what its format does not have.

    Columns are given by their names where there are names, else by their numbers. `first_row` is
    the first row of a table of which nobody said whether it is a header.
    """

    format: str
    header: bool | None = None
    quoting: bool | None = None
    text_columns: tuple[str | int, ...] | None = None
    label_columns: tuple[str | int, ...] | None = None
    first_row: tuple[str, ...] | None = None


def record_blocks(name: str, batches: Iterator[Records], block_bytes: int) -> Iterator[Block]:
    """The records as blocks of at least `block_bytes` each, but for the last.

    An error in a record is raised behind the records before it, which may hold another.
    """
    parts: list[bytes] = []
    labels: list[tuple[str, ...]] | None = None
    wrong: InputError | None = None
    try:
        for batch in batches:
            parts.append("\n".join([*batch.texts, ""]).encode())
            if batch.labels is not None:
                labels = (labels or []) + batch.labels
            if sum(map(len, parts)) >= block_bytes:
                yield Block(name, b"".join((*parts, PADDING)), 0, labels=labels)
                parts, labels = [], None
    except InputError as error:
        wrong = error
    if any(parts):
        yield Block(name, b"".join((*parts, PADDING)), 0, labels=labels)
    if wrong is not None:
        raise wrong


def one_line(fields: list[str]) -> list[str]:
    """The fields, with a space for each line end in them."""
    if "\n".join(fields).count("\n") < len(fields):
        return fields
    return [
        field.replace("\r\n", " ").replace("\n", " ") if "\n" in field else field
        for field in fields
    ]


def join_columns(columns: Sequence[list[str]]) -> list[str]:
    """The text of each record: its fields, joined by a space."""
    if len(columns) == 1:
        return one_line(columns[0])
    return one_line([" ".join(row) for row in zip(*columns, strict=True)])
