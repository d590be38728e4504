"""What do several inputs hold, one after the other, and who reads them ahead?"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import BinaryIO, NamedTuple

from embedprep.digests import Digest, KnownDigest
from embedprep.errors import InputError, SettingsError
from embedprep.sources.ahead import Ahead
from embedprep.sources.compression import decompressed
from embedprep.sources.encodings import transcoded
from embedprep.sources.fasttext import read_fasttext
from embedprep.sources.inputs import TRAINING, Input, named_input
from embedprep.sources.json_lines import read_json_lines
from embedprep.sources.lines import Block, line_blocks, text_lines
from embedprep.sources.opening import opened, read_chunks
from embedprep.sources.records import RECORD_BYTES, Recognised, record_blocks
from embedprep.sources.settings import Reading
from embedprep.sources.tables import read_table

AHEAD_BYTES = 8 << 20
"""How much a `Reader` reads ahead; more would only cost memory."""

_RECORD_FORMATS = {
    "csv": read_table,
    "tsv": read_table,
    "jsonl": read_json_lines,
    "fasttext": read_fasttext,
}


class Source(NamedTuple):
    """A finished input: its name as given, its bytes, decompressed, and what it was taken for."""

    name: str
    digest: Digest | KnownDigest
    recognised: Recognised | None = None
    part: str = TRAINING
    label: str | None = None


def read_blocks(
    inputs: Sequence[str | Input],
    reading: Reading,
    finished: list[Source],
    advance: Callable[[int], object] = lambda n_bytes: None,
) -> Iterator[Block]:
    """The blocks of all inputs in the order given; `-` is standard input.

    `finished` gets one `Source` per input as its end is reached; `advance` is told of bytes read.

    Raises InputError for an input that is missing, unreadable, a folder, broken or empty, for a
    record that is broken, and for a line longer than `reading.max_line_bytes`.
    """
    for item in _inputs(inputs):
        with opened(item.place, item.label) as stream:
            yield from input_blocks(item, stream, reading, finished, advance)


def input_blocks(
    item: Input,
    stream: BinaryIO,
    reading: Reading,
    finished: list[Source],
    advance: Callable[[int], object] = lambda n_bytes: None,
) -> Iterator[Block]:
    """The blocks of one input, which is open; see `read_blocks`."""
    name, part, label, _ = item
    digest = Digest()
    n_blocks = 0
    recognised, blocks = _read(name, stream, reading, digest, advance)
    for block in labelled(blocks, part, label):
        n_blocks += 1
        yield block._replace(is_first=n_blocks == 1)
    if not n_blocks:
        raise InputError(
            name,
            f"holds no {'record' if recognised else 'line'}",
            "is the step that writes it finished?",
        )
    finished.append(Source(name, digest, recognised, part, label))


def labelled(blocks: Iterator[Block], part: str, label: str | None) -> Iterator[Block]:
    """The blocks of an input, their rows being of a part and having its label, if it has one."""
    for block in blocks:
        labels = block.labels
        if label is not None:
            labels = [(label,)] * block.data.count(b"\n")
        yield block._replace(labels=labels, part=part)


def _inputs(named: Sequence[str | Input]) -> list[Input]:
    return [named_input(item) if isinstance(item, str) else item for item in named]


def _read(
    name: str,
    stream: BinaryIO,
    reading: Reading,
    digest: Digest,
    advance: Callable[[int], object],
) -> tuple[Recognised | None, Iterator[Block]]:
    """What an input is taken for, None for lines, and its blocks."""
    record_format = reading.records.format_of(name)
    is_lines = record_format == "lines"
    size = reading.block_bytes if is_lines else min(reading.block_bytes, RECORD_BYTES)
    chunks = decompressed(name, read_chunks(name, stream, size, advance), size)
    chunks = _hashed(chunks, digest)
    if not reading.is_utf8:
        chunks = transcoded(name, chunks, reading)
    if not is_lines:
        lines = text_lines(name, chunks, reading)
        recognised, records = _RECORD_FORMATS[record_format](name, lines, reading)
        return recognised, record_blocks(name, records, reading.block_bytes)
    blocks = line_blocks(name, chunks, reading.max_line_bytes)
    if reading.records.label_columns:  # of other inputs: a line has none
        blocks = (b._replace(labels=[()] * b.data.count(b"\n")) for b in blocks)
    return None, blocks


def _hashed(chunks: Iterator[bytes], digest: Digest) -> Iterator[bytes]:
    for chunk in chunks:
        digest.update(chunk)
        yield chunk


def _check_labels(inputs: Sequence[Input], reading: Reading) -> None:
    """Raise SettingsError where a row would get labels from two places."""
    for name, _, label, _ in inputs:
        if label is not None and reading.records.label_columns:
            raise SettingsError("--label-column", f"{name} has the label {label!r}")
        if label is not None and reading.records.format_of(name) == "fasttext":
            raise SettingsError("--format", f"fasttext has its own labels, and {name} has one too")


class NamedInputs:
    """Inputs that are to be read, checked as far as their names go, and how.

    `finished` tells of the inputs whose end was reached; `advance` is told of bytes read.
    """

    def __init__(
        self,
        inputs: Sequence[str | Input],
        reading: Reading,
        advance: Callable[[int], object] = lambda n_bytes: None,
    ) -> None:
        if not inputs:
            raise SettingsError("inputs", "none is named")
        self.inputs = tuple(_inputs(inputs))
        self.names = tuple(item.name for item in self.inputs)
        self.places = tuple(item.place for item in self.inputs)
        _check_labels(self.inputs, reading)
        reading.records.check_inputs(self.names)
        self.reading = reading
        self.advance = advance
        self.finished: list[Source] = []

    @property
    def held_out(self) -> list[str]:
        """The parts that an input is of, in their order, but for the training rows."""
        return list(dict.fromkeys(item.part for item in self.inputs if item.part != TRAINING))

    def close(self) -> None:
        """Stop what is under way."""


class Reader(NamedInputs):
    """Inputs that a thread of its own reads ahead, from the moment the reader is made.

    Reading and hashing so go on while the blocks before are worked on, or while NumPy is being
    imported. An error in reading is raised where the block would have come. `close` stops the
    thread.
    """

    def __init__(
        self,
        inputs: Sequence[str | Input],
        reading: Reading,
        advance: Callable[[int], object] = lambda n_bytes: None,
        ahead_bytes: int = AHEAD_BYTES,
    ) -> None:
        super().__init__(inputs, reading, advance)
        n_ahead = max(2, ahead_bytes // max(reading.block_bytes, 1 << 10))
        blocks = read_blocks(self.inputs, reading, self.finished, advance)
        self._ahead = Ahead(blocks, n_ahead)

    def __iter__(self) -> Iterator[Block]:
        return iter(self._ahead)

    def close(self) -> None:
        self._ahead.close()
