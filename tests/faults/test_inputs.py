"""What becomes of a run whose input cannot be read, vanishes, or changes while it is read?

The program is stopped in the midst of its reading (SIGSTOP), the file is changed, and the program
goes on. What it makes must be exactly that of what it read.
"""

from __future__ import annotations

import gzip
import hashlib
import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from tests.faults.figures import Tally, times
from tests.faults.rooms import room, without_privileges
from tests.faults.test_publication import Tree, text_of_words
from tests.faults.worlds import (
    Job,
    assert_as_told,
    call,
    contents,
    end,
    leftovers,
    make_job,
    remove,
    run,
    start,
)

BIG_BYTES = times(24, 8) << 20
RUN = ["run", "big.txt", "-q", "-o", "out"]
READING = ["embed rows --matrix m.npy", "bow rows", "onehot rows"]

on_linux = pytest.mark.skipif(
    sys.platform != "linux", reason="a program is stopped by how far it has read: needs /proc"
)


@pytest.fixture(scope="module")
def big() -> bytes:
    """A text that takes a while to be read."""
    text = text_of_words(4000, 5) + "ein schöner Tag\n".encode()
    return text * (BIG_BYTES // len(text))


def stop_midway(process: subprocess.Popen[bytes], path: Path, at: int) -> int | None:
    """Stop a program when it has read so many bytes of a file; how many it has read then.

    None where it has ended, or is done with the file.
    """
    files = Path(f"/proc/{process.pid}/fd")
    is_open = False
    while process.poll() is None:
        try:
            numbers = [file.name for file in files.iterdir() if file.readlink() == path]
            is_open = is_open or bool(numbers)
            if is_open and not numbers:
                return None
            for number in numbers:
                facts = Path(f"/proc/{process.pid}/fdinfo/{number}").read_text(encoding="ascii")
                if int(facts.split()[1]) >= at:
                    process.send_signal(signal.SIGSTOP)
                    os.waitid(os.P_PID, process.pid, os.WSTOPPED | os.WNOWAIT)
                    facts = Path(f"/proc/{process.pid}/fdinfo/{number}").read_text(encoding="ascii")
                    return int(facts.split()[1])
        except OSError:  # it closed the file meanwhile, or ended
            continue
    return None


def cut(path: Path, random: np.random.Generator) -> None:
    os.truncate(path, int(random.integers(0, path.stat().st_size)))


def grow(path: Path, random: np.random.Generator) -> None:
    with path.open("ab") as stream:
        stream.write(b"and more\n" * int(random.integers(1, 100_000)))


def delete(path: Path, _: np.random.Generator) -> None:
    path.unlink()


def replace(path: Path, _: np.random.Generator) -> None:
    path.with_name("other").write_bytes(b"quite another text\n" * 1000)
    path.with_name("other").replace(path)


def overwrite(path: Path, _: np.random.Generator) -> None:
    size = path.stat().st_size
    with path.open("r+b") as stream:
        stream.write((b"another word\n" * (size // 13 + 1))[:size])


CHANGES = {
    "cut short": cut,
    "made longer": grow,
    "deleted": delete,
    "replaced": replace,
    "overwritten": overwrite,
}


def assert_error(status: int, said: str) -> None:
    assert status == 1, said
    assert said.startswith("embedprep: ")
    assert said.count("\n") == 1


def read_according_to(manifest: dict[str, Any], possible: list[bytes]) -> bytes:
    """Which of the texts that can have been read is the one that the manifest tells of."""
    [told] = manifest["inputs"]
    for text in (each[: told["bytes"]] for each in possible):
        if told == {"name": "big.txt", "bytes": len(text), "sha256": [digest(text)]}:
            return text
    raise AssertionError("the manifest tells of a text that nobody can have read")


def digest(text: bytes) -> str:
    return hashlib.sha256(text).hexdigest()


def output_of(data: bytes, folder: Path, name: str = "big.txt") -> Tree:
    """What a run makes of a file that nobody changes."""
    folder.mkdir(exist_ok=True)
    (folder / name).write_bytes(data)
    assert call(folder, "run", name, "-q", "-o", "out") is None
    return contents(folder / "out")


@on_linux
@pytest.mark.parametrize("change", CHANGES)
def test_a_text_that_is_changed_while_it_is_read(
    change: str, big: bytes, folder: Path, tmp_path: Path, tally: Callable[[str, str], Tally]
) -> None:
    figures = tally("input", f"a text that is {change} while it is read")
    random = np.random.default_rng(1)
    path = folder / "big.txt"
    for share in random.uniform(0, 0.9, times(10, 1)):
        path.write_bytes(big)
        remove(folder / "out")
        with start(folder, *RUN) as process:
            read = stop_midway(process, path, int(share * len(big)))
            CHANGES[change](path, random)
            process.send_signal(signal.SIGCONT)
            status, said = end(process)
        if status:
            assert_error(status, said)
            figures.add("error")
            continue
        now = path.read_bytes() if path.exists() else b""
        possible = [big, now, big[:read] + now[read:]]
        assert_as_told(folder / "out")
        manifest = json.loads((folder / "out" / "manifest.json").read_bytes())
        text = read_according_to(manifest, possible)
        assert contents(folder / "out") == output_of(text, tmp_path / "again")
        whole = "the old text" if text == big else "the text as it was read"
        figures.add(f"exact rows of {whole}")
    assert leftovers(folder) == []


@on_linux
@pytest.mark.parametrize("change", CHANGES)
def test_a_compressed_text_that_is_changed_while_it_is_read(
    change: str, big: bytes, folder: Path, tmp_path: Path, tally: Callable[[str, str], Tally]
) -> None:
    figures = tally("input", f"a gzip file that is {change} while it is read")
    random = np.random.default_rng(1)
    path = folder / "big.txt.gz"
    old = gzip.compress(big[: BIG_BYTES // 4], 1)
    of_old = output_of(old, tmp_path / "old", path.name)
    for share in random.uniform(0, 0.9, times(10, 1)):
        path.write_bytes(old)
        remove(folder / "out")
        with start(folder, "run", "big.txt.gz", "-q", "-o", "out") as process:
            stop_midway(process, path, int(share * path.stat().st_size))
            CHANGES[change](path, random)
            process.send_signal(signal.SIGCONT)
            status, said = end(process)
        if status:
            assert_error(status, said)
            figures.add("error")
            continue
        assert_as_told(folder / "out")
        if contents(folder / "out") == of_old:
            figures.add("exact rows of the old text")
            continue
        # Else the change came before the first byte was read, and the file was read as it is now.
        of_new = output_of(path.read_bytes(), tmp_path / "new", path.name)
        assert contents(folder / "out") == of_new
        figures.add("exact rows of the new text")
    assert leftovers(folder) == []


@on_linux
@pytest.mark.parametrize("change", CHANGES)
def test_rows_that_are_changed_while_they_are_read(
    change: str, folder: Path, tally: Callable[[str, str], Tally]
) -> None:
    figures = tally("input", f"rows that are {change} while a command reads them")
    path = folder / "rows" / "sequences.npy"
    rows = np.tile(np.load(path), (8, 1))
    random = np.random.default_rng(5)
    np.save(path, rows)
    of_old = {}
    for command in READING:
        assert call(folder, *command.split(), "-q", "-o", "old.npy") is None
        of_old[command] = (folder / "old.npy").read_bytes()
    for number, moment in enumerate(random.uniform(0.1, 0.3, times(30, 2))):
        command = READING[number % len(READING)]
        np.save(path, rows)
        (folder / "x.npy").unlink(missing_ok=True)
        with start(folder, *command.split(), "-q", "-o", "x.npy") as process:
            time.sleep(moment)
            process.send_signal(signal.SIGSTOP)
            CHANGES[change](path, random)
            process.send_signal(signal.SIGCONT)
            status, said = end(process)
        if status:
            assert_error(status, said)
            figures.add("error")
        else:
            assert (folder / "x.npy").read_bytes() == of_old[command]
            figures.add("exact tensor of the old rows")
    assert leftovers(folder) == []


@pytest.fixture
def job(folder: Path) -> Job:
    (folder / "new.txt").write_bytes((folder / "new.txt").read_bytes())
    return make_job("run", folder, is_new=False)


@pytest.mark.parametrize("change", ["deleted", "cut short"])
def test_an_input_that_changes_before_its_turn(
    change: str, job: Job, tally: Callable[[str, str], Tally]
) -> None:
    figures = tally("input", f"an input that is {change} before its turn, behind a pipe")
    os.mkfifo(job.folder / "pipe")
    job.set_back()
    arguments = ["run", "pipe", "few.txt", "-q", "-o", "out"]
    with start(job.folder, *arguments) as process:
        with (job.folder / "pipe").open("wb") as pipe:
            pipe.write(b"first\n")
            if change == "deleted":
                (job.folder / "few.txt").unlink()
            else:
                os.truncate(job.folder / "few.txt", 0)
        ended = end(process)
    cause = (
        "no such file; check the path"
        if change == "deleted"
        else "holds no line; is the step that writes it finished?"
    )
    assert ended == (1, f"embedprep: few.txt: {cause}\n")
    assert contents(job.target) == job.old
    assert leftovers(job.folder) == []
    figures.add("error, old output untouched")


def test_an_input_whose_file_system_goes(job: Job, tally: Callable[[str, str], Tally]) -> None:
    figures = tally("input", "an input whose file system is taken away before its turn")
    os.mkfifo(job.folder / "pipe")
    mount = "mkdir disk; mount -t tmpfs tmpfs disk; cp few.txt disk"
    arguments = ["run", "pipe", "disk/few.txt", "-q", "-o", "out"]
    with room(job.folder, mount) as inside:
        job.set_back()
        with start(job.folder, *arguments, prefix=inside.prefix) as process:
            with (job.folder / "pipe").open("wb") as pipe:
                pipe.write(b"first\n")
                away = [*inside.prefix, "umount", "-l", "disk"]
                subprocess.run(away, check=True)
            ended = end(process)
    assert ended == (1, "embedprep: disk/few.txt: no such file; check the path\n")
    assert contents(job.target) == job.old
    figures.add("error, old output untouched")


def test_an_input_that_may_not_be_read(job: Job, tally: Callable[[str, str], Tally]) -> None:
    prefix = without_privileges()
    figures = tally("input", "an input that may not be read (chmod)")
    job.set_back()
    (job.folder / "few.txt").chmod(0)
    for command in ("run few.txt -o out", "vocab few.txt -o out/v.json"):
        before = contents(job.target)
        status, said = run(job.folder, *command.split(), prefix=prefix)
        assert_error(status, said)
        assert "Permission denied" in said
        assert contents(job.target) == before
        figures.add("error, old output untouched")
