"""Does the judge of the faults see what is half, foreign or gone?"""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from tests.faults.worlds import MINE, Job, make_job, remove


@pytest.fixture
def job(folder: Path) -> Job:
    """A run over an old output, among files of the user's."""
    made = make_job("run", folder, is_new=False)
    made.set_back()
    return made


@pytest.fixture
def of_file(folder: Path) -> Job:
    made = make_job("vocab", folder, is_new=False)
    made.set_back()
    return made


@pytest.fixture
def of_new(folder: Path) -> Job:
    return make_job("run", folder, is_new=True)


def fill(target: Path, files: dict[str, bytes]) -> None:
    """Make a folder hold these files, and nothing else."""
    remove(target)
    target.mkdir()
    for name, data in files.items():
        if name.endswith("/"):
            (target / name).mkdir(exist_ok=True)
        else:
            (target / name).parent.mkdir(exist_ok=True)
            (target / name).write_bytes(data)


def test_a_whole_output(job: Job) -> None:
    assert job.state() == "old output untouched"
    job.mend()
    assert job.state() == "new output whole"


def test_a_whole_file(of_file: Job) -> None:
    assert of_file.state() == "old output untouched"
    of_file.mend()
    assert of_file.state() == "new output whole"


def test_no_output_where_there_was_none(of_new: Job) -> None:
    assert of_new.state() == "no output"
    of_new.target.mkdir()
    assert of_new.state() == "no output"
    of_new.mend()
    assert of_new.state() == "new output whole"


def test_files_of_the_users_are_no_output(of_new: Job) -> None:
    fill(of_new.target, MINE)
    assert of_new.state() == "no output"
    among_mine = of_new._replace(old={**MINE, "sub/": b""})
    assert among_mine.state() == "no output"
    (of_new.target / "notes.txt").unlink()
    with pytest.raises(AssertionError):
        among_mine.state()


def test_a_file_that_is_gone(of_file: Job) -> None:
    of_file.target.unlink()
    with pytest.raises(AssertionError, match=r"v\.json had an output and has none"):
        of_file.state()


@pytest.mark.parametrize("data", [b"", b"{}"])
def test_a_file_that_is_half_or_foreign(data: bytes, of_file: Job) -> None:
    of_file.target.write_bytes(data)
    with pytest.raises(AssertionError, match="neither the old file nor the new one"):
        of_file.state()


def test_a_folder_that_is_gone(job: Job) -> None:
    shutil.rmtree(job.target)
    with pytest.raises(AssertionError):
        job.state()


def test_an_output_that_is_gone_from_its_folder(job: Job) -> None:
    fill(job.target, {})
    with pytest.raises(AssertionError):
        job.state()
    fill(job.target, MINE)
    with pytest.raises(AssertionError, match="out had an output and has none"):
        job.state()


def test_a_folder_between_two_outputs(job: Job) -> None:
    (job.target / "manifest.json").unlink()
    assert job.state() == "no manifest, refused"
    (job.target / "sequences.npy").write_bytes(job.new["sequences.npy"])
    assert job.state() == "no manifest, refused"
    (job.target / "notes.txt").unlink()
    with pytest.raises(AssertionError):
        job.state()


@pytest.mark.parametrize("age", ["old", "new"])
def test_half_an_output_with_a_manifest(age: str, job: Job) -> None:
    files = {"old": job.old, "new": job.new}[age]
    fill(job.target, {name: data for name, data in files.items() if name != "vocab.json"})
    with pytest.raises(AssertionError):
        job.state()


def test_a_file_without_a_manifest_that_is_cut_short(job: Job) -> None:
    (job.target / "manifest.json").unlink()
    (job.target / "vocab.json").write_bytes(job.old["vocab.json"][:-1])
    with pytest.raises(AssertionError, match=r"vocab\.json"):
        job.state()


def test_a_foreign_file(job: Job) -> None:
    (job.target / "foreign.npy").write_bytes(b"?")
    with pytest.raises(AssertionError):
        job.state()


def test_a_foreign_file_where_there_was_no_output(of_new: Job) -> None:
    fill(of_new.target, {"foreign.npy": b"?"})
    with pytest.raises(AssertionError, match=r"foreign\.npy"):
        of_new.state()


def test_an_output_that_its_manifest_does_not_tell(job: Job) -> None:
    job.mend()
    (job.target / "lengths.npy").write_bytes(job.old["lengths.npy"])
    as_if_right = job._replace(new=job.new | {"lengths.npy": job.old["lengths.npy"]})
    with pytest.raises(AssertionError):
        as_if_right.state()
