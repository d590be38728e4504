"""What does a compressed input hold?

Compression is recognised by the first bytes, never by the name. Several streams one behind the
other are one text, as for `zcat`; other bytes behind a stream are an error, where Python's own
file classes for bzip2 and xz are silent. Each step gives a bounded number of bytes, so that a
small input that holds a huge one does not fill the memory.
"""

from __future__ import annotations

import re
import sys
from collections.abc import Callable, Iterator
from functools import partial
from itertools import chain
from typing import NamedTuple, Protocol

from embedprep.errors import InputError

_MAGIC = re.compile(
    rb"(?P<gzip>\x1f\x8b\x08)"
    # What follows the size starts a block or ends; of all four, it alone is text while cut short.
    rb"|(?P<bzip2>BZh[1-9](?:1AY&SY|\x17rE8P\x90|(?:1(?:A(?:Y(?:&S?)?)?)?)?\Z))"
    rb"|(?P<xz>\xfd7zXZ\0)"
    rb"|(?P<zstd>\x28\xb5\x2f\xfd|[\x50-\x5f]\x2a\x4d\x18)"  # a frame, or one to be skipped
)
MAGIC_BYTES = 10

_FED_BYTES = 1 << 16
"""Given to a decompressor at a time: it copies what it leaves, for each of many small streams."""

XZ_MEMORY = 256 << 20
"""What an xz stream may ask for, in bytes; `xz -9` asks for 65 MiB."""


class Decompressor(Protocol):
    """What the decompressors of one stream in Python's standard library share."""

    @property
    def eof(self) -> bool: ...

    @property
    def needs_input(self) -> bool: ...

    @property
    def unused_data(self) -> bytes: ...

    def decompress(self, data: bytes, max_length: int) -> bytes: ...


class Method(NamedTuple):
    """A kind of compression: how one stream is read and which error a broken one makes."""

    kind: str
    open_stream: Callable[[], Decompressor]
    error: type[Exception]
    allows_padding: bool


def is_compressed(head: bytes) -> bool:
    """Whether an input that begins so is compressed."""
    return _MAGIC.match(head[:MAGIC_BYTES]) is not None


def decompressed(name: str, chunks: Iterator[bytes], size: int) -> Iterator[bytes]:
    """The chunks of a plain input as they are; of a compressed one its content, `size` at a time.

    Raises InputError where a stream is broken or cut off, or where its decompressor is missing.
    """
    first: list[bytes] = []
    while sum(map(len, first)) < MAGIC_BYTES and (chunk := next(chunks, b"")):
        first.append(chunk)
    head = b"".join(first)[:MAGIC_BYTES]
    chunks = chain(first, chunks)
    found = _MAGIC.match(head)
    if found is None:
        return chunks
    method = method_of(name, str(found.lastgroup))
    return _content(name, method, _fed(chunks), size)


def _fed(chunks: Iterator[bytes]) -> Iterator[bytes]:
    for chunk in chunks:
        for start in range(0, len(chunk), _FED_BYTES):
            yield chunk[start : start + _FED_BYTES]


def _content(name: str, method: Method, chunks: Iterator[bytes], size: int) -> Iterator[bytes]:
    """What all streams of an input hold, `size` bytes at a time."""
    parts: list[bytes] = []
    room = size
    rest = b""
    while rest := _next_stream(name, method, rest, chunks):
        stream = method.open_stream()
        while not stream.eof:
            data = b""
            if stream.needs_input:
                data, rest = rest or next(chunks, b""), b""
                if not data:
                    raise InputError(
                        name,
                        f"is cut off: its {method.kind} data have no end",
                        "is the step that writes it finished?",
                    )
            try:
                part = stream.decompress(data, room)
            except method.error as error:
                cause = f"holds broken {method.kind} data ({error})"
                remedy = "make or copy it again"
                if "limit" in str(error):  # lzma has no other sign of it
                    cause = f"asks for more than {XZ_MEMORY >> 20} MiB of memory to be read"
                    remedy = "decompress it by xz, or compress it anew with a smaller dictionary"
                raise InputError(name, cause, remedy) from None
            if part:
                parts.append(part)
            room -= len(part)
            if not room:
                yield b"".join(parts)
                parts, room = [], size
        rest = stream.unused_data
    if room < size:
        yield b"".join(parts)


def _next_stream(name: str, method: Method, rest: bytes, chunks: Iterator[bytes]) -> bytes:
    """The beginning of the next stream, behind the padding; nothing at the end of the input."""
    while True:
        if method.allows_padding:
            rest = rest.lstrip(b"\0")
        if len(rest) >= MAGIC_BYTES or not (chunk := next(chunks, b"")):
            break
        rest += chunk
    found = _MAGIC.match(rest)
    if rest and (found is None or found.lastgroup != method.kind):
        raise InputError(
            name,
            f"holds other bytes behind its {method.kind} data",
            "cut them off, or make it again",
        )
    return rest


class _GzipStream:
    """zlib's decompressor with the manners of the others."""

    def __init__(self) -> None:
        import zlib

        self._inflate = zlib.decompressobj(wbits=31)  # with the header and the checksum of gzip
        self.needs_input = True

    @property
    def eof(self) -> bool:
        return self._inflate.eof

    @property
    def unused_data(self) -> bytes:
        return self._inflate.unused_data

    def decompress(self, data: bytes, max_length: int) -> bytes:
        part = self._inflate.decompress(self._inflate.unconsumed_tail + data, max_length)
        # A full part may have more behind it that zlib keeps to itself.
        self.needs_input = len(part) < max_length and not self._inflate.unconsumed_tail
        return part


def method_of(name: str, kind: str) -> Method:
    """How an input of one kind is read. Raises InputError where this Python cannot."""
    try:
        if kind == "gzip":
            import zlib

            return Method(kind, _GzipStream, zlib.error, allows_padding=True)
        if kind == "bzip2":
            import bz2

            return Method(kind, bz2.BZ2Decompressor, OSError, allows_padding=False)
        if kind == "xz":
            import lzma

            open_stream = partial(lzma.LZMADecompressor, lzma.FORMAT_XZ, memlimit=XZ_MEMORY)
            return Method(kind, open_stream, lzma.LZMAError, allows_padding=True)
        if sys.version_info >= (3, 14):
            from compression import zstd
        else:
            from backports import zstd
    except ImportError:
        cause, remedy = "and this Python was built without it", "decompress it first"
        if kind == "zstd" and sys.version_info < (3, 14):
            cause, remedy = "which needs a package more", "pip install 'embedprep[zstd]'"
        raise InputError(name, f"is compressed by {kind}, {cause}", remedy) from None
    return Method(kind, zstd.ZstdDecompressor, zstd.ZstdError, allows_padding=False)
