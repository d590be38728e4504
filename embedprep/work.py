"""What do both halves of a job share?"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple

from embedprep.dictionary import Secret
from embedprep.engines import Engine, ThreadEngine
from embedprep.spool import Spool


class Work(NamedTuple):
    """Who works on the blocks, the run's secret, and where the indices wait."""

    engine: Engine
    secret: Secret
    spool: Spool


@contextmanager
def work_in(folder: Path, jobs: int | None = None) -> Iterator[Work]:
    """Work by `jobs` threads, one a core by default, whose indices wait in `folder`."""
    with Spool(folder) as spool, ThreadEngine(jobs) as engine:
        yield Work(engine, Secret.draw(), spool)
