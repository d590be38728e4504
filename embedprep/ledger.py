"""Which files of an interrupted job are finished? Those that a ledger names and a digest proves."""

from __future__ import annotations

import json
import threading
from contextlib import suppress
from pathlib import Path

from embedprep.digests import Digest, KnownDigest, digest_of


class Ledger:
    """A file that gets a line for each file in `folder` when that is finished.

    Its first line is `job`, by which the next run knows that it writes the same. Any thread may add
    to it.
    """

    def __init__(self, path: Path, folder: Path, job: str) -> None:
        self._path = path
        self._folder = folder
        self._digests: dict[str, KnownDigest] = {}
        self._lock = threading.Lock()
        lines = path.read_bytes().splitlines() if path.exists() else []
        if lines[:1] != [job.encode()]:
            path.write_bytes(job.encode() + b"\n")
            return
        for line in lines[1:]:
            with suppress(ValueError, TypeError):  # one may have been cut off
                name, *digest = json.loads(line)
                self._digests[name] = KnownDigest(*digest)

    def proven(self, path: Path) -> KnownDigest | None:
        """The digest of a finished file; None of one that is not there, or not as it was."""
        known = self._digests.get(self._name(path))
        with suppress(OSError):
            if known is not None and digest_of(path).known == known:
                return known
        return None

    def add(self, path: Path, digest: Digest) -> None:
        """Tell that a file is finished."""
        line = json.dumps([self._name(path), *digest.known])
        with self._lock, self._path.open("ab") as file:
            file.write(f"\n{line}\n".encode())  # behind a line that was cut off

    def _name(self, path: Path) -> str:
        return path.relative_to(self._folder).as_posix()
