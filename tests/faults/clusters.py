"""What is a cluster of several programs, any of which may die?"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import NamedTuple

from distributed import Client


class Cluster(NamedTuple):
    """A scheduler and its workers, each a program of its own."""

    address: str
    scheduler: subprocess.Popen[bytes]
    workers: list[subprocess.Popen[bytes]]


@contextmanager
def started(folder: Path) -> Iterator[Cluster]:
    """A scheduler and two workers, started in a folder as one starts them by hand."""
    told = folder / "scheduler.json"
    with ExitStack() as stack:

        def start(*arguments: str) -> subprocess.Popen[bytes]:
            command = [sys.executable, "-m", "dask", *arguments, "--scheduler-file", str(told)]
            with open(os.devnull, "wb") as nowhere:
                command += ["--no-dashboard"]
                program = subprocess.Popen(command, cwd=folder, stdout=nowhere, stderr=nowhere)
            stack.callback(program.wait)
            stack.callback(program.kill)
            return program

        scheduler = start("scheduler", "--host", "127.0.0.1", "--port", "0")
        workers = [start("worker", "--nthreads", "1", "--no-nanny") for _ in range(2)]
        yield Cluster(_address(told), scheduler, workers)


def _address(told: Path) -> str:
    """The address of a scheduler that writes it into a file, once both workers have come."""
    deadline = time.monotonic() + 60
    while not told.exists() or not told.read_bytes().endswith(b"}"):
        assert time.monotonic() < deadline
        time.sleep(0.05)
    address: str = json.loads(told.read_bytes())["address"]
    with Client(address, set_as_default=False) as client:  # type: ignore[no-untyped-call]
        client.wait_for_workers(2, timeout=60)
    return address
