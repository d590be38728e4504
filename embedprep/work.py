"""What do both halves of a job share?"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple

from embedprep.engines import Engine, ThreadEngine
from embedprep.hashing import Secret
from embedprep.spool import Spool
from embedprep.tokenizer.settings import HOLD_THE_LOCK, TokenizerSettings


class Work(NamedTuple):
    """Who works on the blocks, the run's secret, where the indices wait, and the memory that a
    dictionary may take, in bytes, None where all there is.
    """

    engine: Engine
    secret: Secret
    spool: Spool
    dictionary_bytes: int | None = None


@contextmanager
def work_in(folder: Path, tokenizer: TokenizerSettings, jobs: int | None = None) -> Iterator[Work]:
    """Work by `jobs` threads, one a core by default, whose indices wait in `folder`.

    Where the tokenizer holds the interpreter's lock, the calling thread works alone: others would
    gain nothing, and a signal would wait for a match that may take forever.
    """
    is_here = tokenizer.name in HOLD_THE_LOCK
    with Spool(folder) as spool, ThreadEngine(jobs, is_here=is_here) as engine:
        yield Work(engine, Secret.draw(), spool)
