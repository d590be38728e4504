"""How are inputs read? The settings that a user chooses."""

from __future__ import annotations

import codecs
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import PurePath

from embedprep.errors import InputError, SettingsError, check_choice, check_least

BLOCK_BYTES = 1 << 20
"""Enough for the overhead of a call not to count; the arrays of more would leave the caches."""
MAX_LINE_BYTES = 64 << 20

FORMATS = ("lines", "csv", "tsv", "jsonl", "fasttext")
TABLES = ("csv", "tsv")

_FORMAT_OF_SUFFIX = {".csv": "csv", ".tsv": "tsv", ".jsonl": "jsonl", ".ndjson": "jsonl"}
_COMPRESSED_SUFFIXES = (".gz", ".bz2", ".xz", ".zst")


@dataclass(frozen=True)
class RecordSettings:
    """Which part of an input is a row. What is None is told by the input's name or format.

    A column is named by its name or by its number, from 1.
    """

    format: str | None = None
    text_columns: tuple[str, ...] = ()
    label_columns: tuple[str, ...] = ()
    header: bool | None = None
    quoting: bool | None = None

    def __post_init__(self) -> None:
        if self.format is not None:
            check_choice("--format", self.format, FORMATS)
        self._check_columns("--text-column", self.text_columns)
        self._check_columns("--label-column", self.label_columns)
        if self.format is not None and (option := self._meaningless({self.format})):
            raise SettingsError(option, f"has no meaning for the format {self.format}")

    def _check_columns(self, option: str, columns: Sequence[str]) -> None:
        for column in columns:
            if columns.count(column) > 1:
                raise SettingsError(option, f"{column!r} is named twice")
            if self.header is False and not is_number(column):
                raise SettingsError(option, f"{column!r} is a name, and --no-header leaves none")

    def format_of(self, name: str) -> str:
        """The format of an input, guessed from its name where it was not chosen.

        >>> RecordSettings().format_of("data/train.CSV.gz"), RecordSettings().format_of("-")
        ('csv', 'lines')
        """
        if self.format is not None:
            return self.format
        path = PurePath(name.lower())
        if path.suffix in _COMPRESSED_SUFFIXES:
            path = path.with_suffix("")
        return _FORMAT_OF_SUFFIX.get(path.suffix, "lines")

    def check_inputs(self, names: Sequence[str]) -> None:
        """Raise InputError where an option has no meaning for any of these inputs."""
        formats = {self.format_of(name) for name in names}
        if option := self._meaningless(formats):
            read_as = " and ".join(form for form in FORMATS if form in formats)
            raise InputError(
                option,
                f"has no meaning for {', '.join(names)}, read as {read_as}",
                "name the format by --format, or leave the option out",
            )

    def _meaningless(self, formats: set[str]) -> str | None:
        """An option that was given and means nothing to any of the formats."""
        options = [
            ("--text-column", self.text_columns, {*TABLES, "jsonl"}),
            ("--label-column", self.label_columns, {*TABLES, "jsonl"}),
            ("--header/--no-header", self.header is not None, {*TABLES}),
            ("--quoting/--no-quoting", self.quoting is not None, {*TABLES}),
        ]
        for option, is_given, formats_with_it in options:
            if is_given and not formats & formats_with_it:
                return option
        return None


def is_number(column: str) -> bool:
    """Whether a column is named by its number."""
    return column.isascii() and column.isdecimal()


@dataclass(frozen=True)
class Reading:
    """How inputs are read. Sizes are in bytes; `block_bytes` changes no result."""

    encoding: str = "utf-8"
    errors: str = "strict"
    max_line_bytes: int = MAX_LINE_BYTES
    block_bytes: int = BLOCK_BYTES
    records: RecordSettings = field(default_factory=RecordSettings)

    def __post_init__(self) -> None:
        try:
            codec = codecs.lookup(self.encoding)
            codec.incrementaldecoder(self.errors).decode(b"", True)
            "".encode(self.encoding)
        except (LookupError, TypeError, UnicodeError) as error:
            raise SettingsError(
                "--encoding", f"{self.encoding!r} is not an encoding of text that Python knows"
            ) from error
        check_choice("--errors", self.errors, ("strict", "replace", "ignore"))
        if not 1 <= self.max_line_bytes < 1 << 31:
            raise SettingsError("--max-line-bytes", f"{self.max_line_bytes} is not in 1..2^31 - 1")
        check_least("block_bytes", self.block_bytes, 1)

    @property
    def is_utf8(self) -> bool:
        return codecs.lookup(self.encoding).name in ("utf-8", "utf-8-sig")
