"""Which records does a table hold? CSV with quotes, TSV without, unless it is said otherwise."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import chain
from operator import itemgetter

from embedprep.errors import InputError
from embedprep.sources.columns import Columns, find_columns
from embedprep.sources.lines import Lines, split_lines
from embedprep.sources.quotes import Rows, quoted_rows, unquoted_rows
from embedprep.sources.records import Recognised, Records, join_columns, one_line
from embedprep.sources.settings import Reading
from embedprep.wording import how_many

_DELIMITERS = {"csv": ",", "tsv": "\t"}


def read_table(
    name: str, lines: Iterator[Lines], reading: Reading
) -> tuple[Recognised, Iterator[Records]]:
    """What a table was taken for, and its records. The first row is read at once.

    Raises InputError for rows that are broken or have another number of fields than the first,
    and for columns that are not there.
    """
    settings = reading.records
    table_format = settings.format_of(name)
    delimiter = _DELIMITERS[table_format]
    quoting = table_format == "csv" if settings.quoting is None else settings.quoting
    if quoting:
        batches = quoted_rows(name, lines, delimiter, reading.max_line_bytes)
    else:
        split = split_lines(name, lines, reading.max_line_bytes)
        batches = unquoted_rows(split, delimiter)
    rows = _even(name, batches)
    first = next(rows, None)
    if first is None:
        raise InputError(name, "holds no record", "is the step that writes it finished?")
    columns = find_columns(name, first[0], settings)
    recognised = Recognised(
        table_format,
        columns.has_header,
        quoting,
        columns.named(columns.text, first[0]),
        columns.named(columns.labels, first[0]),
        tuple(first[0]) if columns.is_header_guessed else None,
    )
    data = first[1:] if columns.has_header else first
    return recognised, _records(chain([data], rows), columns)


def _records(batches: Iterator[list[list[str]]], columns: Columns) -> Iterator[Records]:
    for rows in batches:
        texts = join_columns([list(map(itemgetter(place), rows)) for place in columns.text])
        labels: list[tuple[str, ...]] | None = None
        if columns.labels:
            fields = [one_line(list(map(itemgetter(place), rows))) for place in columns.labels]
            labels = list(zip(*fields, strict=True))
            if not all(map(all, labels)):  # an empty field is no label
                labels = [tuple(filter(None, row)) for row in labels]
        yield Records(texts, labels)


def _even(name: str, batches: Iterator[Rows]) -> Iterator[list[list[str]]]:
    """The rows of a table, all of one length: that of the first.

    Rows are counted with the header, as a spreadsheet does. A blank line is an empty field where
    there is one column, and nothing at the very end of a table of more.
    """
    n_fields = n_rows = 0
    wrong: InputError | None = None  # so far at most blank lines
    for batch in batches:
        rows = batch.fields
        if not rows:
            continue
        n_fields = n_fields or len(rows[0]) or 1
        if n_fields == 1:
            rows = [row or [""] for row in rows]
        if wrong or set(map(len, rows)) != {n_fields}:
            for number, row in enumerate(rows):
                if len(row) == n_fields and not wrong:
                    continue
                fields = how_many(len(row), "field")
                wrong = wrong or InputError(
                    f"{name}:{batch.line(number)}",
                    f"row {n_rows + number + 1} has {fields}, the first row has {n_fields}",
                    "do fields need quotes, or do quotes need --quoting?",
                )
                if row:
                    yield [row for row in rows[:number] if row]
                    raise wrong
            rows = [row for row in rows if row]
        n_rows += len(batch.fields)
        yield rows
