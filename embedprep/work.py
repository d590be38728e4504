"""What do both halves of a job share?"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple

from embedprep.budget import Budget
from embedprep.engines import Engine, ThreadEngine
from embedprep.hashing import Secret
from embedprep.spool import Spool
from embedprep.tokenizer.settings import HOLD_THE_LOCK, TokenizerSettings


class Work(NamedTuple):
    """Who works on the blocks, the run's secret, where the indices wait, and what memory they and
    the words may take.
    """

    engine: Engine
    secret: Secret
    spool: Spool
    budget: Budget = Budget()


@contextmanager
def work_in(folder: Path, tokenizer: TokenizerSettings, budget: Budget) -> Iterator[Work]:
    """Work by `budget.jobs` threads, whose indices wait in `folder`.

    Where the tokenizer holds the interpreter's lock, the calling thread works alone: others would
    gain nothing, and a signal would wait for a match that may take forever.
    """
    is_here = tokenizer.name in HOLD_THE_LOCK
    with (
        Spool(folder, budget.spool) as spool,
        ThreadEngine(budget.jobs, is_here=is_here) as engine,
    ):
        yield Work(engine, Secret.draw(), spool, budget)
