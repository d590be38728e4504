"""Does any broken file do more than be refused? As a program, it tries many, one after the other.

    python -m tests.faults.fuzzing KIND FIRST N     N files from the FIRST on, a report as JSON
    python -m tests.faults.fuzzing KIND NUMBER      a single one, with its traceback
    python -m tests.faults.fuzzing KIND invented N  N files that Hypothesis makes

The files are the same in every run. The commands are called in this process, which is quick; its
memory is bounded, and so is the time for each file.
"""

from __future__ import annotations

import faulthandler
import io
import json
import os
import resource
import shutil
import signal
import sys
import tempfile
import traceback
import zlib
from collections.abc import Iterator
from contextlib import chdir, contextmanager
from pathlib import Path
from types import FrameType
from typing import NamedTuple, NoReturn

import click
import numpy as np
from hypothesis import HealthCheck, Phase, given, settings

import embedprep
from embedprep.cli.main import cli
from embedprep.errors import EmbedprepError
from tests.faults.inventions import invented
from tests.faults.mutations import broken
from tests.faults.samples import KINDS, Kind, make_samples

MEMORY_BYTES = 4 << 30
"""Of address space, which is more than what is used: for files of 256 KiB at most."""

SECONDS = 20
"""For a file, on a machine that has much else to do."""


class Hang(BaseException):
    """A file takes too long."""


class Strayed(BaseException):
    """Something was written that is no part of the output."""


class Outcome(NamedTuple):
    """What came of a file: accepted, refused, or neither, and then why."""

    state: str
    trace: str = ""


def _stop(_number: int, _frame: FrameType | None) -> NoReturn:
    raise Hang


@contextmanager
def limited() -> Iterator[None]:
    """The block may take some seconds; should Python not get to stop it, the process ends."""
    faulthandler.dump_traceback_later(3 * SECONDS, exit=True)
    signal.setitimer(signal.ITIMER_REAL, SECONDS)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        faulthandler.cancel_dump_traceback_later()


class Workshop:
    """A folder in which files of a kind are tried.

    `made` are the names that commands may write; all other files must stay as they are.
    """

    def __init__(self, kind: Kind, folder: Path) -> None:
        self.kind = kind
        self.folder = folder
        self.samples = make_samples(folder)
        self.made = {"out", "new", "made.npy", "made.txt", "made.json"}
        shutil.copytree(folder / "out", folder / "kept")
        self.before = self._facts()

    def attempt(self, data: bytes, number: int) -> Outcome:
        """Give a file to one of the commands that read its kind."""
        command = self.kind.commands[number % len(self.kind.commands)]
        name = command.split()[0]
        (self.folder / name).write_bytes(data)
        try:
            with limited():
                if command.endswith(" load"):
                    embedprep.load(self.folder / "out")
                else:
                    self._call(command.split()[1:])
            outcome = Outcome("accepted")
        except (EmbedprepError, click.ClickException):
            outcome = Outcome("refused")
        except (Exception, Hang):  # noqa: BLE001 - this is what is looked for
            outcome = Outcome("failed", traceback.format_exc())
        self._clear(name)
        return outcome

    def _call(self, arguments: list[str]) -> None:
        printed, sys.stdout = sys.stdout, io.TextIOWrapper(io.BytesIO(), encoding="utf-8")
        try:
            cli.main(arguments, prog_name="embedprep", standalone_mode=False)
        finally:
            sys.stdout = printed

    def _clear(self, name: str) -> None:
        """Put back what the command may change, and look whether it changed anything else."""
        if self._facts() != self.before:
            raise Strayed(str(sorted(set(self._facts()) ^ set(self.before))))
        for made in self.made - {"out"}:
            path = self.folder / made
            if path.is_dir():
                shutil.rmtree(path)
            else:
                path.unlink(missing_ok=True)
        if name.startswith("out/") or not (self.folder / "out" / "manifest.json").exists():
            shutil.rmtree(self.folder / "out")
            shutil.copytree(self.folder / "kept", self.folder / "out")

    def _facts(self) -> dict[str, tuple[int, int]]:
        """The files that no command has any business with, and leftovers."""
        own = {*self.made, *(command.split()[0] for command in self.kind.commands)}
        facts = {}
        for folder in (self.folder, self.folder.parent):
            for entry in os.scandir(folder):
                if not (folder == self.folder and entry.name in own):
                    status = entry.stat(follow_symlinks=False)
                    is_folder = entry.is_dir(follow_symlinks=False)
                    facts[entry.path] = (0, 0) if is_folder else (status.st_size, status.st_ino)
        return facts


def random_for(kind: str, number: int) -> np.random.Generator:
    return np.random.default_rng([zlib.crc32(kind.encode()), number])


def try_broken(workshop: Workshop, numbers: range, report: dict[str, list[str]]) -> None:
    for number in numbers:
        random = random_for(workshop.kind.name, number)
        data = broken(workshop.samples[workshop.kind.name], random)
        outcome = workshop.attempt(data, number)
        report[outcome.state].append(f"{number}: {outcome.trace}" if outcome.trace else "")


def try_invented(workshop: Workshop, n: int, report: dict[str, list[str]]) -> None:
    numbers = iter(range(10**9))

    @settings(
        derandomize=True,
        database=None,
        max_examples=n,
        deadline=None,
        phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    @given(invented(workshop.kind.name, workshop.samples[workshop.kind.name][0]))
    def attempt(data: bytes) -> None:
        outcome = workshop.attempt(data, next(numbers))
        report[outcome.state].append(f"{data[:2000]!r}: {outcome.trace}" if outcome.trace else "")

    attempt()


def main() -> None:
    kind, *rest = sys.argv[1:]
    in_memory = "/dev/shm" if os.access("/dev/shm", os.W_OK) else None  # a third faster
    outer = Path(tempfile.mkdtemp(prefix="fuzzing-", dir=in_memory))
    folder = outer / "inner"
    folder.mkdir()
    report: dict[str, list[str]] = {"accepted": [], "refused": [], "failed": []}
    signal.signal(signal.SIGALRM, _stop)
    try:
        workshop = Workshop(KINDS[kind], folder)
        resource.setrlimit(resource.RLIMIT_AS, (MEMORY_BYTES, MEMORY_BYTES))
        with chdir(folder):
            if rest[0] == "invented":
                try_invented(workshop, int(rest[1]), report)
            else:
                first = int(rest[0])
                try_broken(workshop, range(first, first + int((*rest, "1")[1])), report)
    finally:
        shutil.rmtree(outer)
    if len(rest) == 1:
        sys.stdout.write("".join(report["failed"]) or f"{report}\n")
        return
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    counts = {state: len(files) for state, files in report.items()}
    json.dump({**counts, "failures": report["failed"][:5], "peak_kb": peak}, sys.stdout)


if __name__ == "__main__":
    main()
