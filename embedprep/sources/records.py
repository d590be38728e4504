"""What is a record, and how do records become blocks?

A record has a text, made of one or more of its columns, and labels. From there on it is a line:
a line end inside a field becomes a space, and words are found as in any other text.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import islice
from sys import getsizeof
from typing import NamedTuple

from embedprep.errors import InputError
from embedprep.sources.lines import PADDING, Block

RECORD_BYTES = 1 << 16
"""What is cut into records at a time: the lists and strings of more would leave the caches."""

_BYTES_OF_A_RECORD = 64
"""The tuple of its labels, 56 bytes with what the collector of garbage keeps of it, and its place
in the list of all."""

_BYTES_OF_A_LABEL = 16
"""Its place in the tuple, and another in the list of codes that is made of it."""


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
    """The records as blocks of at least `block_bytes` each, their labels counted, but for the last.

    An error in a record is raised behind the records before it, which may hold another.
    """
    parts: list[bytes] = []
    labels: _Labels | None = None
    n_bytes = 0
    wrong: InputError | None = None
    try:
        for batch in batches:
            parts.append("\n".join([*batch.texts, ""]).encode())
            n_bytes += len(parts[-1])
            if batch.labels is not None:
                labels = labels or _Labels()
                n_bytes += labels.add(batch.labels)
            if n_bytes >= block_bytes:
                yield _block(name, parts, labels)
                parts, labels, n_bytes = [], None, 0
    except InputError as error:
        wrong = error
    if any(parts):
        yield _block(name, parts, labels)
    if wrong is not None:
        raise wrong


class _Labels:
    """The labels of the records of a block. A class is one string, however many records have it:
    strings would take several times what the texts take.
    """

    def __init__(self) -> None:
        self.of_records: list[tuple[str, ...]] = []
        self._known: dict[str, str] = {}

    def add(self, labels: list[tuple[str, ...]]) -> int:
        """Take on those of some records; the bytes that they take."""
        n_known, share = len(self._known), self._known.setdefault
        self.of_records += [tuple(map(share, of_record, of_record)) for of_record in labels]
        n_bytes = len(labels) * _BYTES_OF_A_RECORD + sum(map(len, labels)) * _BYTES_OF_A_LABEL
        return n_bytes + sum(map(getsizeof, islice(self._known, n_known, None)))


def _block(name: str, parts: Sequence[bytes], labels: _Labels | None) -> Block:
    of_records = None if labels is None else labels.of_records
    return Block(name, b"".join((*parts, PADDING)), 0, labels=of_records)


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
