"""What do two runs into one output at once leave?"""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from tests.faults.figures import Tally, times
from tests.faults.worlds import (
    JOBS,
    NEW,
    OLD,
    assert_as_told,
    contents,
    end,
    leftovers,
    make_job,
    start,
)

REFUSED = "another run is writing into this folder; wait for it, or name another"


@pytest.mark.parametrize("name", JOBS)
def test_two_runs_into_one_output(
    name: str, folder: Path, tally: Callable[[str, str], Tally]
) -> None:
    figures = tally("rivals", f"two runs at once, at random distances: {name}")
    job = make_job(name, folder, is_new=False)
    told, target = JOBS[name]
    commands = [[*told.format(target=target, **chosen).split(), "-q"] for chosen in (OLD, NEW)]
    for moment in np.random.default_rng(3).uniform(-0.15, 0.15, times(20, 2)):
        job.set_back()
        first, second = commands if moment < 0 else reversed(commands)
        with start(folder, *first) as one:
            time.sleep(abs(moment))
            with start(folder, *second) as other:
                ends = [end(one), end(other)]
        for status, said in ends:
            if status:
                assert status == 1
                assert said == f"embedprep: {target}: {REFUSED}\n"
        assert 0 in {status for status, _ in ends}
        assert contents(job.target) in (job.old, job.new)
        assert_as_told(job.target)
        assert leftovers(folder) == []
        is_refused = any(status for status, _ in ends)
        figures.add("one whole, the other refused" if is_refused else "one whole after the other")
