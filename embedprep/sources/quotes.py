"""Where does a row of a table end, with and without quotes?

With quotes it is Python's csv module that says so, strictly: a field that begins with a quote goes
on to the next single one, line ends included, and nothing but the end of the field may follow
that. Elsewhere a quote is a character. Without quotes, a row is a line.
"""

from __future__ import annotations

import io
from collections.abc import Iterator, Sequence
from functools import cache
from importlib.util import find_spec, module_from_spec
from itertools import islice, pairwise
from typing import Any, NamedTuple

from embedprep.errors import InputError
from embedprep.sources.lines import Lines


class Rows(NamedTuple):
    """Some rows of a table; a blank line is a row without a field.

    `starts` tells how many lines of these rows stand before each, and `n_before` how many of the
    input stand before them all.
    """

    fields: list[list[str]]
    starts: Sequence[int]
    n_before: int

    def line(self, row: int) -> int:
        """The line on which a row begins, from 1."""
        return self.n_before + self.starts[row] + 1


@cache
def _csv() -> Any:
    """Python's csv module, once more.

    Its limit on the size of a field is one for the whole process, and so is not ours to change.
    An instance of the module that nobody else uses has a limit of its own.
    """
    spec = find_spec("_csv")
    assert spec is not None
    assert spec.loader is not None
    module = module_from_spec(spec)
    spec.loader.exec_module(module)
    module.field_size_limit((1 << 31) - 1)  # as --max-line-bytes, which bounds a record
    return module


def quoted_rows(
    name: str, pieces: Iterator[Lines], delimiter: str, max_record_bytes: int
) -> Iterator[Rows]:
    """The rows of a table with quotes, their line ends those of Python's universal newlines.

    A row that goes on behind the end of a piece is read again with what follows.

    Raises InputError for an unclosed quote, for text behind a closing one, and for a row of more
    than `max_record_bytes`, each after the rows before it.
    """
    rest: list[str] = []
    n_wanted = n_rows = n_lines = 0
    is_last = False
    while not is_last:
        piece = next(pieces, None)
        is_last = piece is None
        if piece is not None:
            rest.append(piece.text)
        # To read a long row again with every piece would take the square of its size.
        if sum(map(len, rest)) < n_wanted and not is_last:
            continue
        read = _read_rows("".join(rest), delimiter)
        wrong = _find_wrong(read, is_last, max_record_bytes)
        if wrong is not None:
            yield Rows(read.fields[: wrong.row], read.starts, n_lines)
            place = f"{name}:{n_lines + wrong.line}"
            raise InputError(place, f"row {n_rows + wrong.row + 1} {wrong.cause}", wrong.remedy)
        yield Rows(read.fields, read.starts, n_lines)

        n_rows += len(read.fields)
        n_lines += read.starts[-1]
        rest = [read.rest]
        n_wanted = min(2 * len(read.rest), max_record_bytes)


class _Read(NamedTuple):
    """Some text, the rows that end in it and the line on which each starts, then the rest.

    `broken_line` is the line, from 1, on which text stands behind a closing quote.
    """

    text: str
    fields: list[list[str]]
    starts: list[int]
    rest: str
    broken_line: int | None


def _read_rows(text: str, delimiter: str) -> _Read:
    lines = io.StringIO(text, newline="")
    reader = _csv().reader(lines, delimiter=delimiter, strict=True)
    fields = []
    starts = [0]
    try:
        for row in reader:
            fields.append(row)
            starts.append(reader.line_num)
    except _csv().Error as error:
        broken_line = None if str(error) == "unexpected end of data" else reader.line_num
        lines.seek(0)
        for _ in range(starts[-1]):
            lines.readline()
        return _Read(text, fields, starts, lines.read(), broken_line)
    return _Read(text, fields, starts, "", None)


class _Wrong(NamedTuple):
    """A row that is wrong, from 0, and its line, from 1."""

    row: int
    line: int
    cause: str
    remedy: str


def _find_wrong(read: _Read, is_last: bool, max_record_bytes: int) -> _Wrong | None:
    """The first row that is wrong, the one that has no end yet included."""
    starts = read.starts
    if len(read.text.encode()) > max_record_bytes:
        for row, record in enumerate(_records_of(read)):
            if len(record.rstrip("\r\n").encode()) > max_record_bytes:
                cause = f"is longer than {max_record_bytes:,} bytes"
                remedy = "is a quote not closed? else raise --max-line-bytes"
                return _Wrong(row, starts[row] + 1, cause, remedy)
    row = len(read.fields)
    if read.broken_line is not None:
        remedy = "double the quotes inside a field, or pass --no-quoting"
        return _Wrong(row, read.broken_line, "has text behind a closing quote", remedy)
    if is_last and read.rest:
        remedy = "close it, or pass --no-quoting"
        return _Wrong(row, starts[-1] + 1, "has a quote that is not closed", remedy)
    return None


def _records_of(read: _Read) -> Iterator[str]:
    """The rows as they stand in the text; the last is the rest, as far as it could be read."""
    lines = io.StringIO(read.text, newline="")
    for start, end in pairwise(read.starts):
        yield "".join(islice(lines, end - start))
    if read.broken_line is None:
        yield read.rest
    else:
        yield "".join(islice(lines, read.broken_line - read.starts[-1]))


def unquoted_rows(lines: Iterator[tuple[int, list[str]]], delimiter: str) -> Iterator[Rows]:
    """The rows of a table without quotes: on each line, what stands between delimiters."""
    for n_before, batch in lines:
        fields = [line.split(delimiter) if line else [] for line in batch]
        yield Rows(fields, range(len(fields)), n_before)
