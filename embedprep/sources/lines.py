"""Where does a line end?

At LF and only there; one CR before the LF belongs to the line end; a byte order mark at the very
start is skipped; the last line needs no LF.
"""

from __future__ import annotations

import codecs
from collections.abc import Iterator, Sequence
from typing import NamedTuple

from embedprep.errors import LineError
from embedprep.sources.encodings import not_utf8
from embedprep.sources.inputs import TRAINING
from embedprep.sources.settings import Reading

PADDING = b" " * 8
"""Stands after the last line of a block: eight bytes can be read at once from every byte of it."""


class Block(NamedTuple):
    """Some rows of one source, and the place of their first byte in it.

    `data` is a line for each row, ended by one LF, then `PADDING`. `original` is what was read,
    where that differs from the lines. Of a text in another encoding, all are of what it reads in
    UTF-8. Rows made of records are valid UTF-8, and their place is 0. `labels` are those of each
    row, () where it has none; None where nobody asked for labels and the format has none. `part`
    is the part of the output that the rows go to; `is_first` tells the first block of an input.
    """

    source: str
    data: bytes
    first_byte: int
    original: bytes | None = None
    labels: Sequence[tuple[str, ...]] | None = None
    part: str = TRAINING
    is_first: bool = False


class Lines(NamedTuple):
    """Some whole lines of a text with their ends, and the number of lines before them."""

    text: str
    n_before: int


def line_blocks(
    name: str, chunks: Iterator[bytes], max_line_bytes: int, skipped: int = 0
) -> Iterator[Block]:
    """The lines of an input as blocks, `skipped` bytes of it aside. Whether they are UTF-8 is for
    others to see.
    """
    for first_byte, parts in whole_lines(name, chunks, max_line_bytes, skipped):
        block = _block(name, parts, first_byte)
        if len(block.data) > len(PADDING):
            yield block


def text_lines(name: str, chunks: Iterator[bytes], reading: Reading) -> Iterator[Lines]:
    """The lines of an input as text, as many at a time as end in a chunk.

    Raises InputError for a line that is not UTF-8 or too long to be kept; the lines before it
    come first.
    """
    n_before = 0
    try:
        for first_byte, parts in whole_lines(name, chunks, reading.max_line_bytes):
            read = b"".join(parts)
            wrong: LineError | None = None
            try:
                text = read.decode("utf-8", reading.errors)
            except UnicodeDecodeError as error:
                wrong = not_utf8(name, read, first_byte, error.start)
                text = read[: read.rfind(b"\n", 0, error.start) + 1].decode("utf-8")
            if first_byte == 0:
                text = text.removeprefix("\ufeff")
            if text:
                yield Lines(text, n_before)
            if wrong:
                raise wrong
            n_before += read.count(b"\n")
    except LineError as error:
        raise error.at(n_before) from None


def split_lines(
    name: str, pieces: Iterator[Lines], max_line_bytes: int
) -> Iterator[tuple[int, list[str]]]:
    """Lines without their ends, with the number of lines before them.

    Raises InputError for one that is longer than `max_line_bytes`, after those before it.
    """
    for text, n_before in pieces:
        lines = text.replace("\r\n", "\n").split("\n")
        if not lines[-1]:
            lines.pop()
        n_right = len(lines)
        if 4 * len(text) > max_line_bytes:  # a character has at most four bytes
            are_right = (len(line.encode()) <= max_line_bytes for line in lines)
            n_right = next((n for n, is_right in enumerate(are_right) if not is_right), n_right)
        yield n_before, lines[:n_right]
        if n_right < len(lines):
            raise line_too_long(name, n_right + 1, max_line_bytes).at(n_before)


def whole_lines(
    name: str, chunks: Iterator[bytes], max_line_bytes: int, skipped: int = 0
) -> Iterator[tuple[int, list[bytes | memoryview]]]:
    """The parts of some whole lines, as many as end in a chunk, and the place of their first byte,
    the first one being behind those `skipped`.

    Raises LineError for one that is longer than `max_line_bytes`.
    """
    first_byte = skipped
    parts: list[bytes | memoryview] = []
    n_waiting = 0
    for chunk in chunks:
        cut = chunk.rfind(b"\n") + 1
        if cut:
            parts.append(memoryview(chunk)[:cut])
            yield first_byte, parts
            first_byte += n_waiting + cut
            parts, n_waiting = [], 0
        parts.append(chunk[cut:])
        n_waiting += len(chunk) - cut
        # A byte order mark and a CR are no part of the line.
        if n_waiting > max_line_bytes + 4:
            raise line_too_long(name, 1, max_line_bytes)
    if n_waiting:
        yield first_byte, parts


def _block(source: str, parts: Sequence[bytes | memoryview], first_byte: int) -> Block:
    data = b"".join((*parts, PADDING))
    n_read = len(data) - len(PADDING)
    has_mark = first_byte == 0 and data.startswith(codecs.BOM_UTF8)
    is_ended = data.endswith(b"\n", 0, n_read)
    if not has_mark and is_ended and b"\r" not in data:
        return Block(source, data, first_byte)

    read = data[:n_read]
    lines = read.removeprefix(codecs.BOM_UTF8) if has_mark else read
    lines = lines.replace(b"\r\n", b"\n")
    end = b"" if is_ended or not lines else b"\n"
    return Block(source, b"".join((lines, end, PADDING)), first_byte, read)


def line_too_long(name: str, line: int, max_line_bytes: int) -> LineError:
    """The error for a line over the limit."""
    return LineError(
        name,
        line,
        f"the line is longer than {max_line_bytes:,} bytes",
        "does the text use another line end than LF? else raise --max-line-bytes",
    )
