"""Which records do lines of fastText hold? A line each, its labels among the words.

As in fastText's `Dictionary::getLine`, every token that begins with `__label__` is a label,
wherever it stands.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from embedprep.sources.lines import Lines, split_lines
from embedprep.sources.records import Recognised, Records
from embedprep.sources.settings import Reading

_SPACE = r" \t\v\f\r\0"  # what ends a token in `Dictionary::readWord`, besides LF
_LABEL = re.compile(rf"(?<![^{_SPACE}])__label__([^{_SPACE}]*)[{_SPACE}]?")


def read_fasttext(
    name: str, lines: Iterator[Lines], reading: Reading
) -> tuple[Recognised, Iterator[Records]]:
    """That there are no columns, and the records: a label goes with one space behind it."""

    def records() -> Iterator[Records]:
        for _, batch in split_lines(name, lines, reading.max_line_bytes):
            labels = [tuple(filter(None, _LABEL.findall(line))) for line in batch]
            yield Records([_LABEL.sub("", line) for line in batch], labels)

    return Recognised("fasttext"), records()
