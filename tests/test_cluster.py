"""Does a cluster of processes give the same bytes, though some of them die?"""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any, NamedTuple

import pytest

import embedprep
from embedprep.engines import cluster
from embedprep.engines.cluster import cluster_engine, local_cluster
from embedprep.errors import EngineError, MissingExtra
from embedprep.spread import text as spread_text
from tests.test_same_bytes import files_in


class Cluster(NamedTuple):
    """A scheduler and its workers, each a program of its own."""

    address: str
    scheduler: subprocess.Popen[bytes]
    workers: list[subprocess.Popen[bytes]]


@pytest.fixture
def programs(tmp_path: Path) -> Iterator[Cluster]:
    """A scheduler and two workers, started as one starts them by hand."""
    told = tmp_path / "scheduler.json"
    with ExitStack() as stack:

        def start(*arguments: str) -> subprocess.Popen[bytes]:
            command = [sys.executable, "-m", "dask", *arguments, "--scheduler-file", str(told)]
            with open(os.devnull, "wb") as nowhere:
                command += ["--no-dashboard"]
                program = subprocess.Popen(command, cwd=tmp_path, stdout=nowhere, stderr=nowhere)
            stack.callback(program.wait)
            stack.callback(program.kill)
            return program

        scheduler = start("scheduler", "--host", "127.0.0.1", "--port", "0")
        workers = [start("worker", "--nthreads", "1", "--no-nanny") for _ in range(2)]
        yield Cluster(_address(told), scheduler, workers)


def _address(told: Path) -> str:
    """The address of a scheduler that writes it into a file, once both workers have come."""
    import json

    from distributed import Client

    deadline = time.monotonic() + 60
    while not told.exists() or not told.read_bytes().endswith(b"}"):
        assert time.monotonic() < deadline
        time.sleep(0.05)
    address: str = json.loads(told.read_bytes())["address"]
    with Client(address, set_as_default=False) as client:  # type: ignore[no-untyped-call]
        client.wait_for_workers(2, timeout=60)
    return address


@pytest.fixture
def text(shared: Path) -> Path:
    return shared / "corpora" / "rt-polarity" / "rt-polarity.pos"


@pytest.fixture(autouse=True)
def _small_sections(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(spread_text, "_section_bytes", lambda *_: 20_000)  # about thirty


def after(n_bytes: int, do: Callable[[], object]) -> Callable[[int], None]:
    """What does something once, when so many bytes were read."""
    done = [0]

    def advance(n: int) -> None:
        if done[0] < n_bytes <= done[0] + n:
            do()
        done[0] += n

    return advance


def test_processes_give_the_bytes_of_one_job(text: Path, tmp_path: Path) -> None:
    options: dict[str, Any] = {"split": "80/10/10", "shuffle": True, "rows_per_shard": 1000}
    embedprep.build(text, tmp_path / "one", jobs=1, **options)
    with local_cluster(2) as address:
        embedprep.build(text, tmp_path / "many", engine="dask", scheduler=address, **options)
    assert files_in(tmp_path / "many") == files_in(tmp_path / "one")


def test_a_worker_that_is_killed_half_way_costs_no_byte(
    text: Path, tmp_path: Path, programs: Cluster
) -> None:
    embedprep.build(text, tmp_path / "one", jobs=1, max_len=20)

    def kill() -> None:
        os.kill(programs.workers[0].pid, signal.SIGKILL)
        programs.workers[0].wait()

    embedprep.build(
        text,
        tmp_path / "many",
        engine="dask",
        scheduler=programs.address,
        max_len=20,
        advance=after(text.stat().st_size // 2, kill),
    )
    assert programs.workers[0].returncode == -signal.SIGKILL
    assert programs.workers[1].poll() is None
    assert files_in(tmp_path / "many") == files_in(tmp_path / "one")


def test_a_scheduler_that_goes_away_is_told_and_the_old_output_stays(
    text: Path, tmp_path: Path, programs: Cluster
) -> None:
    (tmp_path / "t").write_bytes(b"an old output\n")
    embedprep.build(tmp_path / "t", tmp_path / "out")
    old = files_in(tmp_path / "out")

    with pytest.raises(EngineError, match="scheduler"):
        embedprep.build(
            text,
            tmp_path / "out",
            engine="dask",
            scheduler=programs.address,
            advance=after(text.stat().st_size // 2, programs.scheduler.kill),
        )
    assert files_in(tmp_path / "out") == old


def test_no_scheduler_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cluster, "_PATIENCE", "1s")
    with (
        pytest.raises(EngineError, match=r"no scheduler answers at tcp://127\.0\.0\.1:1 "),
        cluster_engine("tcp://127.0.0.1:1", None),
    ):
        pass


def test_a_cluster_without_dask_names_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "distributed", None)
    with pytest.raises(MissingExtra, match=r"pip install 'embedprep\[dask\]'"):
        cluster_engine(None, None).__enter__()
