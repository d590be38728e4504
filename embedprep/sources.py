"""Where do blocks of whole lines come from?

A source is read once, front to back, in blocks of about `block_bytes`, whatever it is: a file,
a pipe, a text in another encoding. A line ends at LF and only there; one CR before the LF belongs
to the line end; a byte order mark at the very start is skipped; the last line needs no LF.
"""

from __future__ import annotations

import codecs
import os
import queue
import sys
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import BinaryIO, NamedTuple

from embedprep.digests import Digest
from embedprep.errors import InputError, LineError, SettingsError

BLOCK_BYTES = 1 << 20
"""Enough for the overhead of a call not to count; the arrays of more would leave the caches."""
MAX_LINE_BYTES = 64 << 20
AHEAD_BYTES = 8 << 20
"""How much a `Reader` reads ahead; more would only cost memory."""
PADDING = b" " * 8
"""Stands after the last line of a block: eight bytes can be read at once from every byte of it."""


@dataclass(frozen=True)
class Reading:
    """How inputs are read. Sizes are in bytes; only the first three settings change a result."""

    encoding: str = "utf-8"
    errors: str = "strict"
    max_line_bytes: int = MAX_LINE_BYTES
    block_bytes: int = BLOCK_BYTES

    def __post_init__(self) -> None:
        try:
            codec = codecs.lookup(self.encoding)
            codec.incrementaldecoder(self.errors).decode(b"", True)
            "".encode(self.encoding)
        except (LookupError, TypeError, UnicodeError) as error:
            raise SettingsError(
                "--encoding", f"{self.encoding!r} is not an encoding of text that Python knows"
            ) from error
        if self.errors not in ("strict", "replace", "ignore"):
            raise SettingsError("--errors", f"{self.errors!r} is none of strict, replace, ignore")
        if not 1 <= self.max_line_bytes < 1 << 31:
            raise SettingsError("--max-line-bytes", f"{self.max_line_bytes} is not in 1..2^31 - 1")
        if self.block_bytes < 1:
            raise SettingsError("block_bytes", f"{self.block_bytes} is less than 1")

    @property
    def is_utf8(self) -> bool:
        return codecs.lookup(self.encoding).name in ("utf-8", "utf-8-sig")


class Block(NamedTuple):
    """Some whole lines of one source, and the place of their first byte in it.

    `data` is the lines, each ended by one LF, then `PADDING`. `original` is what was read, where
    that differs from the lines. Of a text in another encoding, all are of what it reads in UTF-8.
    """

    source: str
    data: bytes
    first_byte: int
    original: bytes | None = None


class Source(NamedTuple):
    """A finished input: its name as given and what was read from it."""

    name: str
    digest: Digest


def read_blocks(
    inputs: Sequence[str],
    reading: Reading,
    finished: list[Source],
    advance: Callable[[int], object] = lambda n_bytes: None,
) -> Iterator[Block]:
    """The blocks of all inputs in the order given; `-` is standard input.

    `finished` gets one `Source` per input as its end is reached; `advance` is told of bytes read.

    Raises InputError for an input that is missing, unreadable, a folder or empty, and for a line
    longer than `reading.max_line_bytes`.
    """
    for name in inputs:
        digest = Digest()
        with _opened(name) as stream:
            chunks = _chunks(name, stream, reading.block_bytes, digest, advance)
            if not reading.is_utf8:
                chunks = _transcoded(name, chunks, reading)
            n_blocks = 0
            for block in _whole_lines(name, chunks, reading.max_line_bytes):
                n_blocks += 1
                yield block
        if not n_blocks:
            raise InputError(name, "holds no line", "is the step that writes it finished?")
        finished.append(Source(name, digest))


def total_bytes(inputs: Sequence[str]) -> int | None:
    """The bytes that `read_blocks` will read, or None where that cannot be known beforehand."""
    try:
        if all(os.path.isfile(name) for name in inputs):
            return sum(os.path.getsize(name) for name in inputs)
    except OSError:
        pass
    return None


@contextmanager
def _opened(name: str) -> Iterator[BinaryIO]:
    if name == "-":
        if sys.stdin is None:
            raise InputError("-", "standard input is closed", "pipe a text into it")
        # Not sys.stdin's own buffer: its lock, held by a reading thread, aborts Python's shutdown.
        with open(0, "rb", closefd=False) as standard_input:
            yield standard_input
        return
    try:
        stream = open(name, "rb")  # noqa: SIM115 - closed by the with below
    except FileNotFoundError:
        raise InputError(name, "no such file", "check the path") from None
    except IsADirectoryError:
        raise InputError(
            name,
            "is a folder, not a text",
            f"name the files in it, as in {os.path.join(name, '*')}",
        ) from None
    except OSError as error:
        raise InputError(name, _reason(error), "check the path and its permissions") from error
    with stream:
        yield stream


def _reason(error: OSError) -> str:
    return f"cannot be read ({error.strerror or error})"


def _chunks(
    name: str,
    stream: BinaryIO,
    size: int,
    digest: Digest,
    advance: Callable[[int], object],
) -> Iterator[bytes]:
    while True:
        try:
            chunk = stream.read(size)
        except (OSError, ValueError) as error:
            reason = _reason(error) if isinstance(error, OSError) else f"cannot be read ({error})"
            raise InputError(name, reason, "check the medium and its permissions") from error
        if not chunk:
            return
        digest.update(chunk)
        advance(len(chunk))
        yield chunk


def _transcoded(name: str, chunks: Iterator[bytes], reading: Reading) -> Iterator[bytes]:
    """The chunks as UTF-8, decoded incrementally: a letter may straddle two of them."""
    decoder = codecs.getincrementaldecoder(reading.encoding)(reading.errors)
    n_read = 0
    is_last = False
    while not is_last:
        chunk = next(chunks, b"")
        is_last = not chunk
        state = decoder.getstate()
        try:
            decoded = decoder.decode(chunk, final=is_last)
            encoded = decoded.encode("utf-8")
        except UnicodeDecodeError as error:
            # The codec saw the chunk behind what it had kept of the one before.
            start = error.start - (len(error.object) - len(chunk))
            decoder.setstate(state)
            try:
                before = decoder.decode(chunk[: max(start, 0)])
            except UnicodeError:  # a codec without a state
                before = ""
            raise undecodable(
                name,
                before.count("\n") + 1,
                error.object[error.start],
                n_read + start,
                reading.encoding,
            ) from None
        except UnicodeEncodeError:
            raise InputError(
                name, f"as {reading.encoding} it holds half a surrogate pair", "check --encoding"
            ) from None
        except (UnicodeError, ValueError) as error:
            raise InputError(
                name, f"is no {reading.encoding} ({error})", "check --encoding"
            ) from None
        n_read += len(chunk)
        if encoded:
            yield encoded


def undecodable(name: str, line: int, byte: int, offset: int, encoding: str) -> LineError:
    """The error for a byte that does not belong to the encoding."""
    if codecs.lookup(encoding).name in ("utf-8", "utf-8-sig"):
        encoding = "UTF-8"
        remedy = "if the file is Latin-1, pass --encoding latin-1"
    else:
        remedy = "check --encoding, or pass --errors replace"
    return LineError(name, line, f"byte 0x{byte:02x} at offset {offset} is not {encoding}", remedy)


def _whole_lines(name: str, chunks: Iterator[bytes], max_line_bytes: int) -> Iterator[Block]:
    first_byte = 0
    parts: list[bytes | memoryview] = []
    n_waiting = 0
    for chunk in chunks:
        cut = chunk.rfind(b"\n") + 1
        if cut:
            parts.append(memoryview(chunk)[:cut])
            yield _block(name, parts, first_byte)
            first_byte += n_waiting + cut
            parts, n_waiting = [], 0
        parts.append(chunk[cut:])
        n_waiting += len(chunk) - cut
        # A byte order mark and a CR are no part of the line.
        if n_waiting > max_line_bytes + 4:
            raise line_too_long(name, 1, max_line_bytes)
    if n_waiting:
        block = _block(name, parts, first_byte)
        if len(block.data) > len(PADDING):
            yield block


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


class Reader:
    """Inputs that a thread of its own reads ahead, from the moment the reader is made.

    Reading and hashing so go on while the blocks before are worked on, or while NumPy is being
    imported. An error in reading is raised where the block would have come. `finished` tells of
    the inputs whose end was reached; `close` stops the thread.
    """

    def __init__(
        self,
        inputs: Sequence[str],
        reading: Reading,
        advance: Callable[[int], object] = lambda n_bytes: None,
        ahead_bytes: int = AHEAD_BYTES,
    ) -> None:
        if not inputs:
            raise SettingsError("inputs", "none is named")
        self.inputs = tuple(inputs)
        self.reading = reading
        self.finished: list[Source] = []
        n_ahead = max(2, ahead_bytes // max(reading.block_bytes, 1 << 10))
        self._queue: queue.Queue[Block | BaseException | None] = queue.Queue(n_ahead)
        self._is_closed = threading.Event()
        blocks = read_blocks(self.inputs, reading, self.finished, advance)
        threading.Thread(target=self._read, args=(blocks,), daemon=True).start()

    def _read(self, blocks: Iterator[Block]) -> None:
        last: BaseException | None = None
        try:
            for block in blocks:
                if not self._put(block):
                    return
        except BaseException as error:  # noqa: BLE001 - it is raised again where it is awaited
            last = error
        self._put(last)

    def _put(self, item: Block | BaseException | None) -> bool:
        while not self._is_closed.is_set():
            try:
                self._queue.put(item, timeout=0.1)
            except queue.Full:
                continue
            return True
        return False

    def __iter__(self) -> Iterator[Block]:
        while True:
            item = self._queue.get()
            if item is None:
                return
            if isinstance(item, BaseException):
                raise item
            yield item

    def close(self) -> None:
        self._is_closed.set()
