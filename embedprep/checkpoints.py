"""How does an interrupted job go on?

While the text is counted, what is finished is kept in a folder: the spool, and a file that tells
all about it. The next run, of the same request, reads the text again as far as that goes, proves
that it is the same, and goes on behind it. What a digest does not prove is done again.
"""

from __future__ import annotations

import hashlib
import os
import time
from collections.abc import Iterable, Iterator, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from embedprep.digests import digest_of
from embedprep.errors import InputError
from embedprep.hashing import Secret
from embedprep.ledger import Ledger
from embedprep.packing import pack, unpack
from embedprep.sources import Block
from embedprep.spool import Spool

_STATE, _SPOOL, _LEDGER = "state.json", "spool", "finished"

SECONDS_BETWEEN = 10.0
"""How much work an interruption costs."""


class Stretch(NamedTuple):
    """A part of the spool that was written between two checkpoints, and the SHA-256 of each of its
    pieces.
    """

    begin: int
    end: int
    sha256: list[str]

    @classmethod
    def of(cls, path: Path, begin: int, end: int) -> Stretch:
        """Raises OSError."""
        return cls(begin, end, digest_of(path, range(begin, end)).pieces)


class Secrets(NamedTuple):
    """The numbers by which a run makes its keys, as plain integers."""

    numbers: list[tuple[int, int]]

    @classmethod
    def of(cls, secrets: Iterable[Secret]) -> Secrets:
        return cls([(int(secret.spread), int(secret.mix)) for secret in secrets])

    @property
    def made(self) -> list[Secret]:
        return [Secret(np.uint64(spread), np.uint64(mix)) for spread, mix in self.numbers]


class State(NamedTuple):
    """How far a run has come: the blocks that are finished, the SHA-256 of their text; the spool;
    and `facts`, which are the business of those who made them.
    """

    request: str
    secrets: Secrets
    n_blocks: int
    sha256: str
    stretches: list[Stretch]
    facts: Any


class Checkpoints:
    """Where a run is kept, so that another may go on with it; `kinds` are the named tuples among
    the facts. `state` is how far the run before has come, None where there is none of this request.
    """

    def __init__(self, folder: Path, request: str, kinds: Sequence[type]) -> None:
        folder.mkdir(mode=0o700, exist_ok=True)  # it holds the secrets of the run
        self._folder = folder
        self._request = request
        self._kinds = [State, Stretch, Secrets, *kinds]
        self.state = self._proven()
        self._text = hashlib.sha256()
        self._n_blocks = 0
        self._saved_at = time.monotonic()
        self._stretches: list[Stretch] = [] if self.state is None else self.state.stretches

    def clear(self) -> None:
        """Remove what was kept of another job."""
        for name in (_STATE, _SPOOL, _LEDGER):
            (self._folder / name).unlink(missing_ok=True)

    @property
    def is_due(self) -> bool:
        """Whether it is time to save."""
        return time.monotonic() - self._saved_at >= SECONDS_BETWEEN

    @property
    def spool_file(self) -> Path:
        return self._folder / _SPOOL

    @property
    def n_kept(self) -> int:
        """The bytes of the spool that are proven."""
        return self._stretches[-1].end if self._stretches else 0

    def ledger(self, folder: Path) -> Ledger:
        """What tells which files are finished in a folder, once all the text is taken."""
        job = f"{self._request} {self._text.hexdigest()}"
        return Ledger(self._folder / _LEDGER, folder, job)

    def behind(self, blocks: Iterable[Block]) -> Iterator[Block]:
        """The blocks that are not finished. Raises InputError where the finished ones are others
        than the run before had.
        """
        n_finished = 0 if self.state is None else self.state.n_blocks
        for block in blocks:
            if self._n_blocks >= n_finished:
                yield block
            # From here on it is taken: who asks for the next one is done with this.
            told = f"{block.source}\n{block.part}\n{block.labels}\n"
            # The bytes of a file's name that are not UTF-8 are surrogates in text.
            self._text.update(told.encode(errors="surrogatepass"))
            self._text.update(block.data)
            self._n_blocks += 1
            if self._n_blocks == n_finished:
                self._check(block.source)
        if self._n_blocks < n_finished:
            raise _other_text("the text")

    def _check(self, source: str) -> None:
        assert self.state is not None
        if self._text.hexdigest() != self.state.sha256:
            raise _other_text(source)

    def save(self, secrets: Sequence[Secret], facts: Any, spool: Spool) -> None:
        """Keep what is finished: all blocks that were taken so far."""
        if spool.n_bytes > self.n_kept:
            self._stretches.append(Stretch.of(self.spool_file, self.n_kept, spool.n_bytes))
        state = State(
            self._request,
            Secrets.of(secrets),
            self._n_blocks,
            self._text.hexdigest(),
            self._stretches,
            facts,
        )
        packed = pack(state)
        unfinished = self._folder / f"{_STATE}.part"
        unfinished.write_bytes(f"{hashlib.sha256(packed).hexdigest()}\n".encode() + packed)
        os.replace(unfinished, self._folder / _STATE)
        self._saved_at = time.monotonic()

    def _proven(self) -> State | None:
        """What the run before has left, if it is whole and was asked for the same."""
        with suppress(OSError, ValueError):
            digest, _, packed = (self._folder / _STATE).read_bytes().partition(b"\n")
            if hashlib.sha256(packed).hexdigest().encode() != digest:
                return None
            state = unpack(packed, self._kinds)
            if not isinstance(state, State) or state.request != self._request:
                return None
            found = [Stretch.of(self.spool_file, its.begin, its.end) for its in state.stretches]
            return state if found == state.stretches else None
        return None


def _other_text(place: str) -> InputError:
    cause = "is not what the interrupted run has read"
    return InputError(place, cause, "leave out --resume to begin anew")
