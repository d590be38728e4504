"""What proves that a file is the one that was made? The SHA-256 of each 64 MiB of it.

A file of up to 64 MiB has one piece, whose value `sha256sum` also gives. Larger files have
several, so that a check can work on pieces side by side and say which one is broken.
"""

from __future__ import annotations

import threading
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from hashlib import _Hash

PIECE_BYTES = 64 << 20


def _sha256() -> _Hash:
    import hashlib  # OpenSSL takes as long to load as all else that `--help` needs

    return hashlib.sha256()


class Digest:
    """The size and the piece digests of a stream of bytes that arrives in order."""

    def __init__(self) -> None:
        self.n_bytes = 0
        self._finished: list[str] = []
        self._piece = _sha256()

    def update(self, data: bytes | memoryview) -> None:
        view = memoryview(data).cast("B")
        while view:
            room = PIECE_BYTES - self.n_bytes % PIECE_BYTES
            part, view = view[:room], view[room:]
            self._piece.update(part)
            self.n_bytes += len(part)
            if len(part) == room:
                self._finished.append(self._piece.hexdigest())
                self._piece = _sha256()

    @property
    def pieces(self) -> list[str]:
        """The hexadecimal SHA-256 of each piece; an empty stream has one, of nothing."""
        is_partial = self.n_bytes % PIECE_BYTES or not self.n_bytes
        return self._finished + ([self._piece.hexdigest()] if is_partial else [])


class UnorderedDigest:
    """A `Digest` of a file whose parts are written by several threads in any order.

    A part that comes early waits in memory; the thread that brings the next one in order hashes
    all that have become due. No thread ever waits for another.
    """

    def __init__(self) -> None:
        self.digest = Digest()
        self._early: dict[int, bytes | memoryview] = {}
        self._lock = threading.Lock()
        self._is_hashing = False

    def update(self, offset: int, data: bytes | memoryview) -> None:
        with self._lock:
            self._early[offset] = data
            if self._is_hashing:
                return
            self._is_hashing = True
        while True:
            with self._lock:
                due = self._early.pop(self.digest.n_bytes, None)
                if due is None:
                    self._is_hashing = False
                    return
            self.digest.update(due)


def digest_file(path: Path) -> Digest:
    """The digest of a file on disk. Raises OSError where it cannot be read."""
    digest = Digest()
    with path.open("rb") as stream:
        while chunk := stream.read(1 << 20):
            digest.update(chunk)
    return digest
