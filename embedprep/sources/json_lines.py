"""Which records do lines of JSON hold? An object a line, its keys the columns."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Sequence
from typing import Any

from embedprep.errors import InputError
from embedprep.sources.lines import Lines, split_lines
from embedprep.sources.records import Recognised, Records, join_columns, one_line
from embedprep.sources.settings import Reading
from embedprep.wording import quoted

TEXT_COLUMN = "text"
"""The column of the text where none is named."""

_HALF_PAIR = re.compile("[\ud800-\udfff]")
_KINDS = {
    type(None): "null",
    str: "a string",
    bool: "a boolean",
    int: "a number",
    float: "a number",
    list: "a list",
    dict: "an object",
}


class _WrongLine(Exception):
    """The cause and the remedy of a line that is wrong."""


def read_json_lines(
    name: str, lines: Iterator[Lines], reading: Reading
) -> tuple[Recognised, Iterator[Records]]:
    """What the columns are, and the records.

    Raises InputError for a line that is no JSON object, lacks a column, or has a text or a label
    of another type; for a blank line too, but at the very end.
    """
    settings = reading.records
    text = settings.text_columns or (TEXT_COLUMN,)
    recognised = Recognised("jsonl", text_columns=text, label_columns=settings.label_columns)
    split = split_lines(name, lines, reading.max_line_bytes)
    return recognised, _records(name, split, text, settings.label_columns, reading.errors)


def _records(
    name: str,
    lines: Iterator[tuple[int, list[str]]],
    text_columns: Sequence[str],
    label_columns: Sequence[str],
    errors: str,
) -> Iterator[Records]:
    first_blank = 0
    for n_before, batch in lines:
        texts: list[list[str]] = [[] for _ in text_columns]
        labels: list[tuple[str, ...]] = []
        wrong: InputError | None = None
        for number, line in enumerate(batch, n_before + 1):
            if not line or line.isspace():
                first_blank = first_blank or number
                continue
            if first_blank:
                wrong = InputError(f"{name}:{first_blank}", "is blank", "take the line out")
                break
            try:
                record = _parse(line)
                fields = [_whole(_text(record, column), errors) for column in text_columns]
                found = [label for c in label_columns for label in _labels(record, c)]
                labels.append(tuple(_whole(label, errors) for label in found if label))
            except _WrongLine as error:
                wrong = InputError(f"{name}:{number}", *error.args)
                break
            for field, column_texts in zip(fields, texts, strict=True):
                column_texts.append(field)
        yield Records(join_columns(texts), labels if label_columns else None)
        if wrong is not None:
            raise wrong


def _parse(line: str) -> dict[str, Any]:
    try:
        record = json.loads(line)
    except json.JSONDecodeError as error:
        cause = f"is no JSON ({error.msg}, at character {error.colno})"
        raise _WrongLine(cause, "write one object a line") from None
    except (ValueError, RecursionError):  # Python limits digits and depth
        raise _WrongLine(
            "holds a number too long or lists too deep to be read", "take the line out"
        ) from None
    if not isinstance(record, dict):
        kind = _KINDS[type(record)]
        raise _WrongLine(f"is {kind}, not an object", "write one object a line")
    return record


def _text(record: dict[str, Any], column: str) -> str:
    text = _field(record, column, "--text-column")
    if not isinstance(text, str):
        kind = _KINDS[type(text)]
        raise _WrongLine(f"{quoted([column])} is {kind}, not a string", "check --text-column")
    return text


def _labels(record: dict[str, Any], column: str) -> Iterator[str]:
    found = _field(record, column, "--label-column")
    for label in found if isinstance(found, list) else [found]:
        if isinstance(label, str):
            yield one_line([label])[0]
        elif isinstance(label, bool | int | float):
            yield json.dumps(label)
        else:
            kind = _KINDS[type(label)]
            raise _WrongLine(f"{quoted([column])} is {kind}, no label", "check --label-column")


def _whole(text: str, errors: str) -> str:
    """A text that is free of halves of surrogate pairs, which JSON can write and UTF-8 cannot."""
    try:
        text.encode()
    except UnicodeEncodeError:
        if errors == "strict":
            raise _WrongLine(
                "holds half a surrogate pair", "mend it, or pass --errors replace"
            ) from None
        return _HALF_PAIR.sub("\ufffd" if errors == "replace" else "", text)
    return text


def _field(record: dict[str, Any], column: str, option: str) -> Any:
    if column not in record:
        raise _WrongLine(
            f"has no {quoted([column])} among {quoted(list(record))}", f"check {option}"
        )
    return record[column]
