"""What do both halves of a job share?"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from functools import partial
from pathlib import Path
from typing import NamedTuple

from embedprep.budget import Budget
from embedprep.checkpoints import Checkpoints
from embedprep.engines import Engine, ThreadEngine
from embedprep.hashing import Secret
from embedprep.settings import Resources
from embedprep.spool import Spool
from embedprep.tokenizer.rules import all_versions
from embedprep.tokenizer.settings import HOLD_THE_LOCK, TokenizerSettings


class Work(NamedTuple):
    """Who works on the blocks, the run's secret, where the indices wait, and what memory they and
    the words may take. Where there is a `cluster`, that has the text; where there are
    `checkpoints`, what is finished is kept.
    """

    engine: Engine
    secret: Secret
    spool: Spool
    budget: Budget = Budget()
    cluster: Engine | None = None
    checkpoints: Checkpoints | None = None


@contextmanager
def work_in(
    folder: Path,
    tokenizer: TokenizerSettings,
    budget: Budget,
    resources: Resources,
    checkpoints: Checkpoints | None = None,
) -> Iterator[Work]:
    """Work by `budget.jobs` threads, whose indices wait in `folder`, or by a cluster.

    Where the tokenizer holds the interpreter's lock, the calling thread works alone: others would
    gain nothing, and a signal would wait for a match that may take forever.
    """
    is_here = tokenizer.name in HOLD_THE_LOCK
    with ExitStack() as stack:
        spool = Spool(folder, budget.spool)
        secret = Secret.draw()
        if checkpoints is not None:
            spool = Spool(folder, 0, kept=checkpoints.spool_file, n_kept=checkpoints.n_kept)
            if checkpoints.state is not None:
                secret = checkpoints.state.secrets.made[0]
        stack.enter_context(spool)
        engine = stack.enter_context(ThreadEngine(budget.jobs, is_here=is_here))
        cluster = None
        if resources.is_spread:
            from embedprep.engines.cluster import cluster_engine

            find_versions = partial(all_versions, tokenizer)
            cluster = stack.enter_context(
                cluster_engine(resources.scheduler, resources.jobs, find_versions)
            )
        yield Work(engine, secret, spool, budget, cluster, checkpoints)
