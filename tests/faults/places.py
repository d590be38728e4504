"""At which exact places does a process die? At its k-th call of the system that changes files.

`strace` kills it there from without, where it is installed and allowed. Everywhere else Python
itself does, by an audit hook that is told of each file that is opened, renamed or removed.
"""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
from collections import Counter
from collections.abc import Sequence
from functools import cache
from pathlib import Path

CALLS = [
    *("rename", "renameat", "renameat2", "unlink", "unlinkat", "mkdir", "mkdirat", "rmdir"),
    *("ftruncate", "fallocate", "fsync", "pwrite64", "write", "flock", "chmod", "fchmod"),
]
"""The calls of Linux by which an output is written and published."""

HOOK = """
import os, sys
left = {at}
def count(event, arguments):
    global left
    if event == "open":
        _, mode, flags = arguments
        if not (isinstance(flags, int) and flags & (os.O_WRONLY | os.O_RDWR | os.O_CREAT)):
            return
    elif event not in {{"os.rename", "os.remove", "os.mkdir", "os.rmdir", "os.chmod"}}:
        return
    left -= 1
    if left == 0:
        os.kill(os.getpid(), 9)
    if {at} == 0:
        os.write({log}, b".")
sys.addaudithook(count)
"""


@cache
def can_trace() -> bool:
    """Whether strace is installed and may trace."""
    try:
        done = subprocess.run(
            ["strace", "-f", "--seccomp-bpf", "-e", "trace=rename", "true"],
            capture_output=True,
            check=False,
        )
    except FileNotFoundError:
        return False
    return done.returncode == 0


def traced_places(command: Sequence[str], folder: Path, log: Path) -> list[tuple[str, int]]:
    """Each call of a command that changes files: its name, and which one of that name it is.

    The command is run once to find out.
    """
    calls = f"trace={','.join(f'?{call}' for call in CALLS)}"
    trace = ["strace", "-f", "-qq", "--seccomp-bpf", "-e", calls, "-o", str(log)]
    subprocess.run([*trace, *command], cwd=folder, check=True)
    told = log.read_text(encoding="utf-8", errors="replace")
    seen = re.findall(r"^(\d+) +(\w+)\(", told, re.MULTILINE)
    most = Counter[str]()  # the number of a call is counted within its thread
    for (_, call), n in Counter(seen).items():
        most[call] = max(most[call], n)
    return [(call, at + 1) for call, n in sorted(most.items()) for at in range(n)]


def traced(call: str, at: int, fault: str = "signal=KILL") -> list[str]:
    """The prefix of a command that is killed as it enters a call, or whose call fails."""
    struck = ["-e", f"trace={call}", "-e", f"inject={call}:{fault}:when={at}"]
    # With --seccomp-bpf strace 6.1 loses signals.
    return ["strace", "-f", "-qq", "-o", os.devnull, *struck]


def hooked(folder: Path, at: int, log: int = 2) -> dict[str, str]:
    """The environment of a command that kills itself at the `at`th change, in a new `folder`.

    At 0 it writes a dot for each change to the descriptor `log`.
    """
    folder.mkdir(exist_ok=True)
    (folder / "sitecustomize.py").write_text(HOOK.format(at=at, log=log), encoding="utf-8")
    return os.environ | {"PYTHONPATH": str(folder), "PYTHONDONTWRITEBYTECODE": "1"}


def count_hooked(command: Sequence[str], folder: Path, hooks: Path) -> int:
    """How many changes the audit hook is told of while a command runs."""
    read_end, write_end = os.pipe()
    try:
        env = hooked(hooks, 0, write_end)
        subprocess.run(command, cwd=folder, env=env, pass_fds=[write_end], check=True)
    finally:
        os.close(write_end)
    with open(read_end, "rb") as dots:
        return len(dots.read())


def is_killed(status: int) -> bool:
    """Whether a status is that of a process that was killed."""
    return status in (-signal.SIGKILL, 128 + signal.SIGKILL)


PYTHON = [sys.executable, "-m", "embedprep"]
