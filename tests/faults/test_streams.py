"""What becomes of a run whose standard streams are closed, full, or read by nobody?"""

from __future__ import annotations

import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.faults.figures import Tally
from tests.faults.places import PYTHON
from tests.faults.worlds import assert_as_told, contents, leftovers, make_job

WRITING = {"run": "run new.txt -o out", "vocab": "vocab new.txt -o v.json"}
PRINTING = {
    "decode": "decode rows",
    "vocab to stdout": "vocab new.txt -o -",
    "export to stdout": "export rows --to txt -o -",
    "explain": "explain cat --vocab rows/vocab.json",
    "nearest": "nearest m.npy w1 --vocab rows/vocab.json",
    "--help": "run --help",
}
REDIRECTIONS = {
    "stdout closed": ">&-",
    "stderr closed": "2>&-",
    "stdin closed": "<&-",
    "all closed": "<&- >&- 2>&-",
    "stdout full": ">/dev/full",
    "stderr full": "2>/dev/full",
    "stdout read by nobody": "| true",
    "stdout read by head -c 0": "| head -c 0",
    "stderr read by nobody": "2>&1 >/dev/null | true",
}


def shell(folder: Path, command: str, redirection: str) -> tuple[int, str]:
    """The exit status of a command in a shell, and what it said on stderr."""
    program = "'" + "' '".join([*PYTHON, *command.split()]) + "'"
    script = f"{{ {program}; echo $? >status; }} {redirection}"
    if not redirection.startswith(("|", "2>&1")):
        script = f"{program} {redirection}; echo $? >status"
    done = subprocess.run(
        ["sh", "-c", script],
        cwd=folder,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        check=False,
        timeout=60,
    )
    status = int((folder / "status").read_text(encoding="ascii"))
    return status, done.stderr.decode(errors="replace")


def skip_without_full(redirection: str) -> None:
    if "/dev/full" in redirection and not Path("/dev/full").exists():
        pytest.skip("there is no /dev/full")


@pytest.mark.parametrize("streams", REDIRECTIONS)
def test_what_is_written_is_whole_whoever_reads_what_is_said(
    streams: str, folder: Path, tally: Callable[[str, str], Tally]
) -> None:
    skip_without_full(REDIRECTIONS[streams])
    figures = tally("streams", f"{streams}: a command that writes an output")
    job = make_job("run", folder, is_new=True)
    status, said = shell(folder, WRITING["run"], REDIRECTIONS[streams])
    assert "Traceback" not in said
    assert said.count("\n") <= 1
    assert status in {0, 1, 141}
    assert contents(job.target) == job.new
    assert_as_told(job.target)
    assert leftovers(folder) == []
    figures.add(f"new output whole, exit status {status}")


@pytest.mark.parametrize("streams", REDIRECTIONS)
def test_what_is_said_is_told_whether_it_arrived(
    streams: str, folder: Path, tally: Callable[[str, str], Tally]
) -> None:
    skip_without_full(REDIRECTIONS[streams])
    figures = tally("streams", f"{streams}: a command that prints")
    for command in PRINTING.values():
        status, said = shell(folder, command, REDIRECTIONS[streams])
        assert "Traceback" not in said
        assert "Exception ignored" not in said
        assert said.count("\n") <= 1
        assert status in {0, 1, 141}
        assert status or "stdout" not in streams or "--help" in command, command
        figures.add(f"exit status {status}")
