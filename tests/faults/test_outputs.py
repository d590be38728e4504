"""What becomes of an output that cannot be written, and of a temporary folder that is none?"""

from __future__ import annotations

import os
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.faults.figures import Tally
from tests.faults.rooms import room, without_privileges
from tests.faults.worlds import JOBS, Job, contents, leftovers, make_job, run

FULL = "mkdir full; mount -t tmpfs -o size=4k tmpfs full; head -c 4096 /dev/zero > full/x"
CASES = ["run", "vocab", "encode", "skipgrams"]


@pytest.fixture
def job(request: pytest.FixtureRequest, folder: Path) -> Job:
    return make_job(request.param, folder, is_new=False)


def moved(job: Job, place: str) -> list[str]:
    """The arguments of a job that writes into another folder."""
    name = job.target.name
    return [argument.replace(name, f"{place}/{name}") for argument in job.arguments]


def assert_told(status: int, said: str, cause: str) -> None:
    assert (status, said.count("\n")) == (1, 1), said
    assert said.startswith("embedprep: ")
    assert cause in said


@pytest.mark.parametrize("job", CASES, indirect=True)
def test_a_folder_that_may_not_be_written(job: Job, tally: Callable[[str, str], Tally]) -> None:
    prefix = without_privileges()
    figures = tally("output", "a folder that may not be written (chmod)")
    locked = job.folder / "locked"
    locked.mkdir()
    there = job._replace(target=locked / job.target.name)
    there.set_back()
    own = there.target if there.target.is_dir() else locked
    before = contents(locked)
    own.chmod(0o555)
    assert_told(*run(job.folder, *moved(job, "locked"), prefix=prefix), "Permission denied")
    own.chmod(0o755)
    assert contents(locked) == before
    figures.add("error, old output untouched")
    assert run(job.folder, *moved(job, "locked"), prefix=prefix) == (0, "")
    assert contents(there.target) == job.new


@pytest.mark.parametrize("job", JOBS, indirect=True)
def test_a_file_system_that_is_read_only(job: Job, tally: Callable[[str, str], Tally]) -> None:
    figures = tally("output", "a file system that is read-only")
    (job.folder / "locked").mkdir()
    there = job._replace(target=job.folder / "locked" / job.target.name)
    there.set_back()
    before = contents(job.folder / "locked")
    mount = "mount --bind locked locked; mount -o remount,bind,ro locked"
    with room(job.folder, mount) as inside:
        ended = run(job.folder, *moved(job, "locked"), prefix=inside.prefix)
    assert_told(*ended, "Read-only file system")
    assert contents(job.folder / "locked") == before
    figures.add("error, old output untouched")


@pytest.mark.parametrize("job", JOBS, indirect=True)
def test_another_file_system_than_that_of_temporary_files(
    job: Job, tally: Callable[[str, str], Tally]
) -> None:
    figures = tally("output", "an output on another file system than $TMPDIR, either way")
    name = job.target.name
    with room(job.folder, "mkdir disk; mount -t tmpfs tmpfs disk") as inside:
        for place, temporary in (("disk", "."), (".", "disk")):
            there = job._replace(target=inside.path(job.folder) / place / name)
            there.set_back()
            env = os.environ | {"TMPDIR": str((job.folder / temporary).resolve())}
            ended = run(job.folder, *moved(job, place), prefix=inside.prefix, env=env)
            assert ended == (0, "")
            assert contents(there.target) == job.new
            assert leftovers(inside.path(job.folder)) == []
            figures.add("new output whole")


@pytest.mark.parametrize("job", JOBS, indirect=True)
def test_a_temporary_folder_that_is_missing_or_full(
    job: Job, tally: Callable[[str, str], Tally]
) -> None:
    figures = tally("output", "$TMPDIR that does not exist, or is full")
    with room(job.folder, FULL) as inside:
        for temporary in ("absent", "full"):
            job.set_back()
            env = os.environ | {"TMPDIR": str(job.folder / temporary)}
            ended = run(job.folder, *job.arguments, prefix=inside.prefix, env=env)
            assert ended == (0, "")
            assert contents(job.target) == job.new
            figures.add("new output whole")


def test_an_output_that_is_a_pipe(folder: Path, tally: Callable[[str, str], Tally]) -> None:
    figures = tally("output", "an output that is a pipe, $TMPDIR full")
    job = make_job("vocab", folder, is_new=True)
    os.mkfifo(folder / "pipe")
    with (
        room(folder, FULL) as inside,
        subprocess.Popen(["cat", "pipe"], cwd=folder, stdout=subprocess.PIPE) as reader,
    ):
        env = os.environ | {"TMPDIR": str(folder / "full")}
        command = ["vocab", "new.txt", "-q", "-o", "pipe"]
        assert run(folder, *command, prefix=inside.prefix, env=env) == (0, "")
        assert reader.communicate()[0] == job.new[""]
    figures.add("new output whole")
