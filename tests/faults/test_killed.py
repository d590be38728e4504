"""Is an output whole, old or new, after SIGKILL at any moment?"""

from __future__ import annotations

import shutil
import signal
import statistics
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from tests.faults import places
from tests.faults.figures import Tally, some, times
from tests.faults.worlds import (
    JOBS,
    KEEPING,
    Job,
    call,
    contents,
    end,
    leftovers,
    make_job,
    run,
    start,
)

CASES = [
    f"{name} {into}"
    for name in (*JOBS, *KEEPING)
    for into in ("over an old output", "into a new one")
]
FOLDERS = [case for case in CASES if case.partition(" ")[0] in {"run", "resume", "skipgrams"}]


@pytest.fixture
def job(request: pytest.FixtureRequest, folder: Path) -> Job:
    name, _, into = request.param.partition(" ")
    return make_job(name, folder, is_new=into == "into a new one")


def judge(job: Job, status: int, others: dict[str, bytes], figures: Tally) -> None:
    """What a run left is whole or refused, the next run mends it, and all else is untouched."""
    assert status == 0 or places.is_killed(status)
    state = job.state()
    assert status or state == "new output whole"
    figures.add(state)
    assert job.others() == others
    if status:
        job.mend()
        assert job.others() == others


@pytest.mark.parametrize("job", CASES, indirect=True)
def test_killed_at_every_call_of_the_system(
    job: Job, tally: Callable[[str, str], Tally], request: pytest.FixtureRequest, tmp_path: Path
) -> None:
    if not places.can_trace():
        pytest.skip("a process is killed at exact calls of the system: needs strace")
    figures = tally("killed", f"at every call that changes a file: {request.node.callspec.id}")
    others = job.others()
    job.set_back()
    found = places.traced_places(job.command, job.folder, tmp_path / "log")
    assert len(found) > 3
    for place in some(found, 2):
        job.set_back()
        prefix = places.traced(*place)
        status, _ = run(job.folder, *job.arguments, prefix=prefix)
        judge(job, status, others, figures)


@pytest.mark.parametrize("job", CASES, indirect=True)
def test_killed_at_every_change_that_python_tells_of(
    job: Job, tally: Callable[[str, str], Tally], request: pytest.FixtureRequest, tmp_path: Path
) -> None:
    figures = tally("killed", f"at every change Python knows of: {request.node.callspec.id}")
    others = job.others()
    job.set_back()
    n_places = places.count_hooked(job.command, job.folder, tmp_path / "hooks")
    assert n_places > 1
    for at in some(range(1, n_places + 1), 2):
        job.set_back()
        env = places.hooked(tmp_path / "hooks", at)
        status, _ = run(job.folder, *job.arguments, env=env)
        judge(job, status, others, figures)


@pytest.mark.parametrize("job", FOLDERS, indirect=True)
def test_killed_at_random_moments(
    job: Job, tally: Callable[[str, str], Tally], request: pytest.FixtureRequest
) -> None:
    figures = tally("killed", f"at random moments: {request.node.callspec.id}")
    others = job.others()
    durations = []
    for _ in range(3):
        job.set_back()
        begun = time.monotonic()
        assert run(job.folder, *job.arguments).status == 0
        durations.append(time.monotonic() - begun)
    # Some moments come after the end, so that a process that is slower than these is met there.
    longest = 1.2 * statistics.median(durations)
    n_runs = times(100 if "run" in job.arguments else 30, 3)
    for moment in np.random.default_rng(1).uniform(0, longest, n_runs):
        job.set_back()
        with start(job.folder, *job.arguments) as process:
            time.sleep(moment)
            process.send_signal(signal.SIGKILL)
            judge(job, end(process).status, others, figures)


def test_killed_while_a_matrix_is_put_into_an_output(
    folder: Path, tally: Callable[[str, str], Tally], tmp_path: Path
) -> None:
    """What it leaves without a manifest is mended by the command that made the rows."""
    figures = tally("killed", "at changes Python knows of: matrix into an output that has one")
    states = {}
    for seed in ("1", "2"):
        shutil.copytree(folder / "rows", folder / f"with{seed}")
        adding = ["matrix", "--dim", "8", "--seed", seed, "-q", "-o"]
        assert call(folder, *adding, f"with{seed}") is None
        states[seed] = contents(folder / f"with{seed}")
    job = Job(folder, [*adding, "out"], folder / "out", states["1"], states["2"])
    (folder / "before").mkdir()
    (folder / "with1").rename(folder / "before" / "out")
    job.set_back()
    n_places = places.count_hooked(job.command, folder, tmp_path / "hooks")
    for at in some(range(1, n_places + 1), 4):
        job.set_back()
        env = places.hooked(tmp_path / "hooks", at)
        status, _ = run(folder, *job.arguments, env=env)
        assert status == 0 or places.is_killed(status)
        state = job.state()
        figures.add(state)
        if "refused" in state:
            status, said = run(folder, *job.arguments)
            assert (status, "so it is unfinished" in said) == (1, True)
            assert call(folder, "run", "new.txt", "-q", "-o", "out") is None
        job.mend()


@pytest.mark.parametrize("job", ["run over an old output"], indirect=True)
def test_leftovers_of_many_dead_runs_go_with_the_next(
    job: Job, tally: Callable[[str, str], Tally], tmp_path: Path
) -> None:
    figures = tally("killed", "several runs, one after the other, before one that ends")
    job.set_back()
    for at in range(2, times(20, 6)):
        status, _ = run(job.folder, *job.arguments, env=places.hooked(tmp_path / "hooks", at))
        assert places.is_killed(status)
        figures.add("killed")
    assert leftovers(job.folder)
    job.mend()
    figures.add("ended, new output whole, all leftovers cleared")
