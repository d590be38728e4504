"""Which part of an input does a worker read, where several read it?

A section is the lines that begin in some bytes of a file, wherever these fall; its worker finds
them by itself. What cannot be cut, because it is compressed, in another encoding than UTF-8, or
holds records, is a section as a whole.
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from itertools import pairwise
from typing import BinaryIO, NamedTuple

from embedprep.errors import InputError
from embedprep.places import is_url
from embedprep.sources.compression import MAGIC_BYTES, is_compressed
from embedprep.sources.inputs import Input
from embedprep.sources.lines import Block, line_blocks
from embedprep.sources.opening import has_ranges, opened, read_chunks, state_of
from embedprep.sources.reader import Source, input_blocks, labelled
from embedprep.sources.settings import Reading


class Section(NamedTuple):
    """The lines of an input that begin in the bytes from `first` up to `end`, all where `end` is
    None. `number` is that of the input among all.

    `state` tells whether the file is still the one that was there as the run began: its size, and
    when it was changed, or what a server tells instead. It is None where nothing tells, as of a
    pipe.
    """

    number: int
    input: Input
    first: int = 0
    end: int | None = None
    state: tuple[int, int | str] | None = None


def cut_inputs(inputs: Sequence[Input], reading: Reading, section_bytes: int) -> list[Section]:
    """The sections of all inputs, in their order. Raises InputError where one cannot be read."""
    sections = []
    for number, item in enumerate(inputs):
        whole, has_lines = _whole(number, item, reading)
        if whole.state is None or not has_lines or whole.state[0] <= section_bytes:
            sections.append(whole)
            continue
        n_bytes = whole.state[0]
        n_sections = -(-n_bytes // section_bytes)
        ends = [n_bytes * i // n_sections for i in range(n_sections + 1)]
        sections += [whole._replace(first=first, end=end) for first, end in pairwise(ends)]
    return sections


def _whole(number: int, item: Input, reading: Reading) -> tuple[Section, bool]:
    """An input as one section, and whether its bytes are lines, to be cut at any."""
    is_lines = reading.is_utf8 and reading.records.format_of(item.name) == "lines"
    with opened(item.place, item.label) as stream:
        is_file = has_ranges(stream) if is_url(item.place) else os.path.isfile(item.place)
        if not is_file:
            return Section(number, item), False
        has_lines = is_lines and not is_compressed(stream.read(MAGIC_BYTES))
        return Section(number, item, state=state_of(stream)), has_lines


def read_section(section: Section, reading: Reading, finished: list[Source]) -> Iterator[Block]:
    """The blocks of a section; see `read_blocks`. `finished` gets the `Source` of a whole input.

    Raises InputError too where the file is no longer the one that was there as the run began.
    """
    with opened(section.input.place, section.input.label) as stream:
        check_state(section, stream)
        if section.end is None:
            yield from input_blocks(section.input, stream, reading, finished)
        else:
            yield from _cut_blocks(section, section.end, stream, reading)
        check_state(section, stream)


def _cut_blocks(section: Section, end: int, stream: BinaryIO, reading: Reading) -> Iterator[Block]:
    name, part, label, _ = section.input
    start, chunks = _lines_between(section, end, stream, reading.block_bytes)
    blocks = line_blocks(name, chunks, reading.max_line_bytes, start)
    if reading.records.label_columns:  # of other inputs: a line has none
        blocks = (b._replace(labels=[()] * b.data.count(b"\n")) for b in blocks)
    return labelled(blocks, part, label)


def check_state(section: Section, stream: BinaryIO) -> None:
    """Raise InputError where a file is no longer the one that was there as the run began."""
    if section.state is not None and state_of(stream) != section.state:
        raise changed_meanwhile(section)


def changed_meanwhile(section: Section) -> InputError:
    """The error for an input that somebody writes to."""
    cause = "changed while it was read"
    return InputError(section.input.name, cause, "run again when nobody writes to it")


def _lines_between(
    section: Section, end: int, stream: BinaryIO, size: int
) -> tuple[int, Iterator[bytes]]:
    """Where the first line begins that is of the section, and the bytes of all of them."""
    start = max(section.first - 1, 0)
    stream.seek(start)
    chunks = read_chunks(section.input.name, stream, size, lambda n_bytes: None)
    rest = b""
    if section.first:  # the line that holds the byte before belongs to the section before
        for chunk in chunks:
            cut = chunk.find(b"\n") + 1
            start += cut or len(chunk)
            if cut:
                rest = chunk[cut:]
                break
            if start >= end:
                break
    return start, _up_to(end, start, rest, chunks)


def _up_to(end: int, start: int, rest: bytes, chunks: Iterator[bytes]) -> Iterator[bytes]:
    """The bytes from `start` on, up to the end of the line that holds the last one before `end`."""
    if start >= end:
        return
    chunk: bytes | None = rest
    while chunk is not None:
        cut = chunk.find(b"\n", max(end - 1 - start, 0)) + 1 if start + len(chunk) >= end else 0
        if cut:
            yield chunk[:cut]
            return
        if chunk:
            yield chunk
        start += len(chunk)
        chunk = next(chunks, None)
