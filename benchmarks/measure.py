"""What does a command cost? Wall and processor time and peak memory, its children included."""

from __future__ import annotations

import os
import resource
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import NamedTuple

SAMPLE_SECONDS = 0.02
"""Pause between two looks at memory; a look takes some 0.05 ms, so all of them 0.3 % of a core."""

PROC = Path("/proc")
ENVIRONMENT = {name: value for name, value in os.environ.items() if "DONTWRITEBYTECODE" not in name}
"""Python may keep what it compiles: what pip installs is compiled, and so are the peers."""

MAXRSS_UNIT = 1 if sys.platform == "darwin" else 1024
"""`ru_maxrss` counts bytes on macOS and KiB elsewhere."""


class Cost(NamedTuple):
    """What one run took: seconds of wall and processor time, bytes resident at the peak."""

    wall: float
    cpu: float
    peak: int


class CommandFailed(Exception):
    """A command ended with another status than 0; the message is its last line on stderr."""


def run(command: Sequence[str], cwd: Path, environ: Mapping[str, str] | None = None) -> Cost:
    """Run the command to its end, its stdout thrown away, and return its cost.

    `wait4` gives the processor time of the process and of every child that it waited for.
    """
    with tempfile.TemporaryFile() as stderr:
        start = time.perf_counter()
        process = subprocess.Popen(
            command,
            cwd=cwd,
            env={**ENVIRONMENT, **(environ or {})},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=stderr,
        )
        memory = MemorySampler(process.pid)
        try:
            _, status, usage = os.wait4(process.pid, 0)
        except BaseException:
            process.kill()
            process.wait()
            raise
        finally:
            sampled = memory.stop()
        wall = time.perf_counter() - start
        # Popen must hear that its child is gone already, or it waits for it again.
        process.returncode = os.waitstatus_to_exitcode(status)
        if process.returncode != 0:
            stderr.seek(0)
            raise CommandFailed(last_line(stderr.read(), process.returncode))
    return Cost(wall, usage.ru_utime + usage.ru_stime, max(sampled, own_maxrss(usage)))


def own_maxrss(usage: resource.struct_rusage) -> int:
    """Bytes of the largest single process, or 0 where the kernel's figure may not be its own.

    Linux starts a new process with its parent's peak, so a figure up to ours says nothing.
    """
    ours = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return usage.ru_maxrss * MAXRSS_UNIT if usage.ru_maxrss > ours else 0


def last_line(stderr: bytes, code: int) -> str:
    """The last words of a command that failed."""
    said = stderr.decode(errors="replace").strip().splitlines()
    return f"exit status {code}: {said[-1] if said else 'nothing on stderr'}"


class MemorySampler:
    """Watches the resident memory of a process and its descendants, summed, from a thread.

    Pages that processes share count once for each, so with several processes the sum is an upper
    bound. Without /proc nothing is seen, the peak stays 0, and `ru_maxrss` has to do.
    """

    def __init__(self, pid: int) -> None:
        self.pid = pid
        self.peak = 0
        self.stopped = threading.Event()
        self.thread = threading.Thread(target=self.watch, daemon=True)
        if (PROC / "self/statm").exists():
            self.thread.start()

    def watch(self) -> None:
        """Sample until told to stop."""
        while not self.stopped.is_set():
            self.peak = max(self.peak, resident(self.pid))
            self.stopped.wait(SAMPLE_SECONDS)

    def stop(self) -> int:
        """End the thread and return the peak in bytes."""
        self.stopped.set()
        if self.thread.ident is not None:
            self.thread.join()
        return self.peak


def resident(pid: int) -> int:
    """Resident bytes of a process and all of its descendants; 0 for one that has just ended."""
    try:
        pages = int((PROC / f"{pid}/statm").read_text().split()[1])
        threads = [task.name for task in (PROC / f"{pid}/task").iterdir()]
    except (OSError, IndexError):
        return 0
    return pages * resource.getpagesize() + sum(
        resident(child) for thread in threads for child in children(pid, thread)
    )


def children(pid: int, thread: str) -> list[int]:
    """The processes that one thread started; Linux lists them by thread."""
    try:
        listed = (PROC / f"{pid}/task/{thread}/children").read_text()
    except OSError:
        return []
    return [int(child) for child in listed.split()]
