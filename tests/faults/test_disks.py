"""What becomes of an output when the disk is full?"""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from tests.faults import places
from tests.faults.figures import Tally, some, times
from tests.faults.rooms import room
from tests.faults.worlds import JOBS, Job, contents, leftovers, make_job, run

DISK_BYTES = 2 << 20


@pytest.fixture
def job(request: pytest.FixtureRequest, folder: Path) -> Job:
    return make_job(request.param, folder, is_new=False)


def outcome_of(status: int, said: str) -> str:
    """What a run came to; an AssertionError where the message is not one line about the disk."""
    if status == 0:
        return "new output whole"
    assert status == 1, said
    assert said.startswith("embedprep: ")
    assert said.count("\n") == 1
    if "no space is left on the disk" in said or "the file grows over the limit" in said:
        return "ended by an error, old output untouched"
    assert "the disk has " in said
    return "refused before it began"


@pytest.mark.parametrize("job", JOBS, indirect=True)
def test_a_disk_that_fills(
    job: Job, tally: Callable[[str, str], Tally], request: pytest.FixtureRequest
) -> None:
    figures = tally(
        "disk", f"a disk with too little or just enough room: {request.node.callspec.id}"
    )
    name = job.target.name
    arguments = [argument.replace(name, f"disk/{name}") for argument in job.arguments]
    needed = sum(map(len, job.new.values()))
    mount = f"mkdir disk; mount -t tmpfs -o size={DISK_BYTES} tmpfs disk"
    with room(job.folder, mount) as inside:
        disk = inside.path(job.folder) / "disk"
        there = job._replace(target=disk / name)
        n_sizes = times(50 if "run" in job.arguments else 20, 3)
        for free in np.random.default_rng(1).integers(0, 2 * needed, n_sizes):
            there.set_back()
            ballast = shutil.disk_usage(disk).free - int(free)
            (disk / "ballast").write_bytes(bytes(max(0, ballast)))
            before = contents(disk)
            outcome = outcome_of(*run(job.folder, *arguments, prefix=inside.prefix))
            figures.add(outcome)
            assert leftovers(disk) == []
            if outcome != "new output whole":
                assert contents(disk) == before
                (disk / "ballast").unlink()
                assert run(job.folder, *arguments, prefix=inside.prefix) == (0, "")
            assert contents(there.target) == job.new


@pytest.mark.parametrize("job", JOBS, indirect=True)
def test_a_limit_on_the_size_of_files(
    job: Job, tally: Callable[[str, str], Tally], request: pytest.FixtureRequest
) -> None:
    figures = tally("disk", f"a limit on the size of files (ulimit -f): {request.node.callspec.id}")
    largest = max(map(len, job.new.values()))
    for limit in np.random.default_rng(1).integers(0, largest, times(10, 2)) // 512:
        job.set_back()
        before = contents(job.target)
        prefix = ["sh", "-c", f'ulimit -f {limit}; exec "$@"', "sh"]
        outcome = outcome_of(*run(job.folder, *job.arguments, prefix=prefix))
        figures.add(outcome)
        assert contents(job.target) == before
        assert leftovers(job.folder) == []
    job.mend()


@pytest.mark.parametrize("job", JOBS, indirect=True)
def test_an_error_of_every_call_of_the_system(
    job: Job, tally: Callable[[str, str], Tally], request: pytest.FixtureRequest, tmp_path: Path
) -> None:
    if not places.can_trace():
        pytest.skip("exact calls of the system fail: needs strace")
    figures = tally(
        "disk", f"an error (ENOSPC, EIO) of calls that write: {request.node.callspec.id}"
    )
    others = job.others()
    job.set_back()
    found = places.traced_places(job.command, job.folder, tmp_path / "log")
    cases = [(place, error) for place in found for error in ("ENOSPC", "EIO")]
    for (call, at), error in some(cases, 2):
        job.set_back()
        prefix = places.traced(call, at, f"error={error}")
        status, said = run(job.folder, *job.arguments, prefix=prefix)
        state = job.state()
        assert status in (0, 1)
        assert (status == 0) == (state == "new output whole")
        assert status == 0 or (said.startswith("embedprep: ") and said.count("\n") == 1), said
        assert job.others() == others
        figures.add(f"error, {state}" if status else state)
        job.mend()
