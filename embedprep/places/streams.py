"""How is an object read? From front to back, some ranges of it at a time.

A range that fails is asked for again. A server of HTTP that gives no ranges is read as it sends,
once.
"""

from __future__ import annotations

import errno
from collections import deque
from collections.abc import Iterator
from concurrent.futures import Future
from contextlib import suppress
from functools import cached_property
from typing import Any

from embedprep.background import in_background
from embedprep.places.names import RemoteError
from embedprep.places.requests import (
    PATIENCE_FOR_BYTES,
    ask,
    facts_of,
    filesystem_of,
    is_of,
)

FIRST_RANGE = 256 << 10
RANGE_BYTES = 4 << 20
"""So many that the time for an answer to come does not count beside that for its bytes; the first
range is less, as it may be all that is wanted."""

RANGES_AT_ONCE = 4
"""Where a package of fsspec takes several questions at a time. Their bytes wait in memory."""

_TELLS_CHANGES = (
    *("ETag", "etag", "md5Hash", "checksum", "content_md5"),
    *("LastModified", "Last-Modified", "last_modified", "mtime", "updated", "created"),
)

State = tuple[int, str]
"""The bytes of an object, and what changes with them."""


class RemoteStream:
    """The bytes of an object. `seek` comes before the first `read`, if at all.

    Raises OSError where there is no object, and RemoteError where it changes meanwhile.
    """

    def __init__(self, text: str) -> None:
        self._text = text
        self._files, self._path = filesystem_of(text)
        facts = facts_of(text)
        if facts["type"] != "file":
            raise IsADirectoryError(errno.EISDIR, "is a folder")
        self._state = _state_of(facts)
        self._first = 0
        self._ranges: Iterator[bytes] | None = None
        self._rest = memoryview(b"")

    @cached_property
    def has_ranges(self) -> bool:
        """Whether it can be read from any byte on."""
        n_bytes = self._state[0]
        if n_bytes <= 0 or not is_of(self._files, {"http", "https"}):
            return n_bytes >= 0
        with suppress(OSError):
            # A server that knows no ranges sends everything: here nobody listens to the rest.
            ask(_last_byte, self._files, self._path, n_bytes)
            return True
        return False

    def seek(self, first: int) -> None:
        """Have reading begin at a byte."""
        self._first = first

    def read(self, size: int) -> bytes:
        """`size` bytes, fewer only at the end: the network must not say where blocks are cut, as a
        run that goes on proves its text block by block.
        """
        if self._ranges is None:
            self._ranges = self._in_ranges() if self.has_ranges else self._as_sent()
        parts: list[memoryview] = []
        while size:
            self._rest = self._rest or memoryview(next(self._ranges, b""))
            if not self._rest:
                break
            parts.append(self._rest[:size])
            self._rest = self._rest[size:]
            size -= len(parts[-1])
        return b"".join(parts)

    def state(self) -> State:
        """What the server now tells of the object."""
        return _state_of(facts_of(self._text, is_fresh=True))

    def _in_ranges(self) -> Iterator[bytes]:
        n_bytes = self._state[0]
        most = RANGES_AT_ONCE if getattr(self._files, "async_impl", False) else 1
        waiting: deque[Future[bytes]] = deque()
        first, n_given = self._first, 0
        while first < n_bytes or waiting:
            while first < n_bytes and len(waiting) < min(most, n_given + 1):
                end = min(first + (RANGE_BYTES if n_given else FIRST_RANGE), n_bytes)
                waiting.append(in_background(self._asked_range, first, end))
                first = end
            yield waiting.popleft().result()
            n_given += 1
        # What came as one range is of one moment, and all there was: `_range` sees to that.
        if n_given > 1 and self.state() != self._state:
            raise _changed()

    def _asked_range(self, first: int, end: int) -> bytes:
        return ask(self._range, first, end, patience=PATIENCE_FOR_BYTES)

    def _range(self, first: int, end: int) -> bytes:
        """The bytes of a range. The last one is asked for with a byte more: one that comes tells,
        without another question, that the object has grown.
        """
        is_last = end == self._state[0]
        found: bytes = self._files.cat_file(self._path, start=first, end=end + is_last)
        if len(found) == end - first + 1 and is_last:
            raise _changed()
        if len(found) != end - first:
            raise OSError(errno.EIO, f"of {end - first} bytes, {len(found)} came")
        return found

    def _as_sent(self) -> Iterator[bytes]:
        if self._first:
            raise RemoteError("its server gives no ranges of it", "copy it to a disk first")
        sizes = {"block_size": 0} if is_of(self._files, {"http", "https"}) else {}
        stream: Any = ask(self._files.open, self._path, "rb", **sizes)
        try:
            patience = PATIENCE_FOR_BYTES
            while part := ask(stream.read, RANGE_BYTES, attempts=1, patience=patience):
                yield part
        finally:
            stream.close()

    def close(self) -> None:
        """Ask for nothing more."""
        if self._ranges is not None:
            self._ranges.close()  # type: ignore[attr-defined] # it is a generator


def _changed() -> RemoteError:
    return RemoteError("it changed while it was read", "run again when nobody writes to it")


def _last_byte(files: Any, path: str, n_bytes: int) -> None:
    """Read the last byte of an object by its range, or raise an error."""
    with files.open(path, "rb", block_size=1, cache_type="none", size=n_bytes) as stream:
        stream.seek(n_bytes - 1)
        stream.read(1)


def _state_of(facts: dict[str, Any]) -> State:
    n_bytes = facts.get("size")
    changing = next((str(facts[name]) for name in _TELLS_CHANGES if facts.get(name)), "")
    return -1 if n_bytes is None else int(n_bytes), changing
