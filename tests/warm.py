"""How are hundreds of runs started quickly? By forks of a process that has imported everything.

That process is this file as a program.
"""

from __future__ import annotations

import io
import json
import os
import signal
import subprocess
import sys
import time
import traceback
from collections.abc import Callable
from importlib import import_module
from pathlib import Path
from types import FrameType
from typing import Any

from embedprep import publication
from embedprep.cli import main
from embedprep.cli.commands import COMMANDS

IMPORTED = ["pipeline", "verifying", "updating", "nearest", "training", "exporting", "encoded"]
"""What commands import when they are called."""


def _changes_files(name: str, arguments: tuple[Any, ...], options: dict[str, Any]) -> bool:
    """Whether a call of this function of `os` or `io` changes the file system."""
    if name == "open" and isinstance(arguments[1], int):
        return bool(arguments[1] & (os.O_WRONLY | os.O_RDWR | os.O_CREAT))
    if name == "open":
        return "r" not in str(options.get("mode", arguments[1]))
    return True


def _at_each_change(reached: Callable[[str], None]) -> None:
    """Have `reached("before")` and `reached("after")` called at each change."""

    def wrap(module: Any, name: str) -> None:
        function = getattr(module, name)

        def wrapped(*arguments: Any, **options: Any) -> Any:
            if not _changes_files(name, arguments, options):
                return function(*arguments, **options)
            reached("before")
            try:
                return function(*arguments, **options)
            finally:
                reached("after")

        setattr(module, name, wrapped)

    for name in ("replace", "rename", "unlink", "remove", "rmdir", "mkdir", "open"):
        wrap(os, name)
    wrap(io, "open")


def _at_each_line(reached: Callable[[str], None]) -> None:
    """Have `reached("line")` called at each line of the publication that is executed."""

    def trace(_frame: FrameType, event: str, _argument: object) -> Any:
        if event == "line":
            reached("line")
        return trace

    def enter(frame: FrameType, _event: str, _argument: object) -> Any:
        is_within = frame.f_code.co_filename.startswith(within)
        return trace if is_within else None

    within = os.path.dirname(publication.__file__) + os.sep
    sys.settrace(enter)


def _strike(number: int, moment: str, at: int) -> None:
    """Have this process send itself a signal at the `at`th moment of a kind."""
    left = at

    def reached(now: str) -> None:
        nonlocal left
        if now == moment:
            left -= 1
            if left == 0:
                os.kill(os.getpid(), number)

    (_at_each_line if moment == "line" else _at_each_change)(reached)


def _run_here(job: dict[str, Any]) -> None:
    """Run the command line in this process, which is one of its own, and end it."""
    status = 70
    try:
        signal.signal(signal.SIGINT, signal.default_int_handler)
        os.chdir(job["folder"])
        os.dup2(os.open(os.devnull, os.O_RDONLY), 0)
        for number, path in ((1, job["out"]), (2, job["err"])):
            os.dup2(os.open(path, os.O_CREAT | os.O_TRUNC | os.O_WRONLY), number)
        sys.argv = ["embedprep", *job["arguments"]]
        if job["strike"]:
            _strike(*job["strike"])
        elif job["stall"]:
            _at_each_change(lambda moment: time.sleep(job["stall"]))
        main()
    except SystemExit as end:
        status = int(end.code or 0)
    except BaseException:  # noqa: BLE001 - nothing may return into the parent's loop
        traceback.print_exc()
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(status)  # the interpreter takes longer to take itself down than the whole run


def fork_runs() -> None:
    """Read jobs from standard input; answer each by its process and, asked, by its exit status.

    Until then its number stays taken, and a signal that comes too late hits nobody.
    """
    for name in (*(f"cli.{module}" for module, _ in COMMANDS.values()), *IMPORTED):
        import_module(f"embedprep.{name}")
    for line in sys.stdin:
        process = os.fork()
        if not process:
            _run_here(json.loads(line))
        sys.stdout.write(f"{process}\n")
        sys.stdout.flush()
        sys.stdin.readline()
        _, status = os.waitpid(process, 0)
        sys.stdout.write(f"{os.waitstatus_to_exitcode(status)}\n")
        sys.stdout.flush()


class Warm:
    """The other end of `fork_runs`."""

    def __init__(self, folder: Path) -> None:
        self.out, self.err = folder / "stdout", folder / "stderr"  # what a run says there
        self._process = subprocess.Popen(
            [sys.executable, "-P", __file__],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            env=os.environ | {"OPENBLAS_NUM_THREADS": "1"},  # a fork wants a single thread
            encoding="utf-8",
        )

    def start(
        self,
        *arguments: str | Path,
        folder: Path,
        strike: tuple[int, str, int] | None = None,
        stall: float = 0.0,
    ) -> int:
        """Start a run; its process id. `strike` is a signal, the kind of moment, and which one."""
        job = {
            "arguments": [str(argument) for argument in arguments],
            "folder": str(folder),
            "out": str(self.out),
            "err": str(self.err),
            "strike": strike,
            "stall": stall,
        }
        return self._ask(json.dumps(job))

    def end(self) -> int:
        """Wait for the run; its exit status, or minus the signal that ended it."""
        return self._ask("end")

    def run(
        self, *arguments: str | Path, folder: Path, strike: tuple[int, str, int] | None = None
    ) -> int:
        self.start(*arguments, folder=folder, strike=strike)
        return self.end()

    def _ask(self, question: str) -> int:
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.write(question + "\n")
        self._process.stdin.flush()
        return int(self._process.stdout.readline())

    def close(self) -> None:
        self._process.communicate()


if __name__ == "__main__":
    fork_runs()
