"""What proves that a file is the one that was made? The SHA-256 of each 64 MiB of it.

A file of up to 64 MiB has one piece, whose value `sha256sum` also gives. Larger files have
several, so that a check can work on pieces side by side and say which one is broken.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from hashlib import _Hash

PIECE_BYTES = 64 << 20

_READ_BYTES = 4 << 20

EARLY_BYTES = 32 << 20
"""How much an `UnorderedDigest` keeps of parts that came too early."""


def sha256_of() -> _Hash:
    """A new SHA-256."""
    import hashlib  # OpenSSL takes as long to load as all else that `--help` needs

    return hashlib.sha256()


class KnownDigest(NamedTuple):
    """The size of a file and the hexadecimal SHA-256 of each of its pieces, once all are known."""

    n_bytes: int
    pieces: list[str]

    @property
    def known(self) -> KnownDigest:
        return self


class Digest:
    """The size and the piece digests of a stream of bytes that arrives in order."""

    def __init__(self) -> None:
        self.n_bytes = 0
        self._finished: list[str] = []
        self._piece = sha256_of()

    def update(self, data: bytes | memoryview) -> None:
        view = memoryview(data).cast("B")
        while view:
            room = PIECE_BYTES - self.n_bytes % PIECE_BYTES
            part, view = view[:room], view[room:]
            self._piece.update(part)
            self.n_bytes += len(part)
            if len(part) == room:
                self._finished.append(self._piece.hexdigest())
                self._piece = sha256_of()

    @property
    def pieces(self) -> list[str]:
        """The hexadecimal SHA-256 of each piece; an empty stream has one, of nothing."""
        is_partial = self.n_bytes % PIECE_BYTES or not self.n_bytes
        return self._finished + ([self._piece.hexdigest()] if is_partial else [])

    @property
    def known(self) -> KnownDigest:
        """What is known by now, to be told elsewhere."""
        return KnownDigest(self.n_bytes, self.pieces)


def digest_of(path: Path, span: range | None = None) -> Digest:
    """The digest of a file, or of its bytes at the places of a span; of a file that ends before, of
    what there is. Raises OSError where it cannot be read.
    """
    digest = Digest()
    with path.open("rb", buffering=0) as stream:
        if span is not None:
            stream.seek(span.start)
        while part := stream.read(_READ_BYTES if span is None else _left(span, digest)):
            digest.update(part)
    return digest


def _left(span: range, digest: Digest) -> int:
    """How many bytes of a span to read next."""
    return min(_READ_BYTES, len(span) - digest.n_bytes)


def n_pieces(n_bytes: int) -> int:
    """How many pieces a file of so many bytes has; an empty one has one, of nothing."""
    return max(1, -(-n_bytes // PIECE_BYTES))


def span_of_piece(number: int, n_bytes: int) -> range:
    """The places of the bytes of a piece, by its number from 0, in a file of `n_bytes`."""
    start = number * PIECE_BYTES
    return range(start, min(start + PIECE_BYTES, n_bytes))


class UnorderedDigest:
    """A `Digest` of a file whose parts are written by several threads in any order.

    A part that comes early is kept; the thread that brings the next one in order hashes all that
    have become due. No thread waits for another, so that none is stuck where another fails: when
    `EARLY_BYTES` are kept, further parts are let go and read back from the file when they are due.
    """

    def __init__(self, read_back: Callable[[int, int], bytes]) -> None:
        self.digest = Digest()
        self._read_back = read_back
        self._early: dict[int, memoryview | int] = {}
        self._early_bytes = 0
        self._lock = threading.Lock()
        self._is_hashing = False

    def update(self, offset: int, data: bytes | memoryview) -> None:
        """Take in the part at `offset`, in bytes, which is written already."""
        part = memoryview(data).cast("B")
        with self._lock:
            is_kept = offset == self.digest.n_bytes or self._early_bytes < EARLY_BYTES
            self._early[offset] = part if is_kept else len(part)
            self._early_bytes += len(part) if is_kept else 0
            if self._is_hashing:
                return
            self._is_hashing = True
        while (due := self._next_due()) is not None:
            if isinstance(due, int):
                due = memoryview(self._read_back(due, self.digest.n_bytes))
            self.digest.update(due)

    def _next_due(self) -> memoryview | int | None:
        with self._lock:
            due = self._early.pop(self.digest.n_bytes, None)
            if due is None:
                self._is_hashing = False
            elif not isinstance(due, int):
                self._early_bytes -= len(due)
            return due
