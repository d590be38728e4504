"""What does it cost when a program of a cluster dies at any moment of a job? Time, or an error."""

from __future__ import annotations

import os
import signal
import threading
import time
from collections.abc import Callable
from pathlib import Path
from subprocess import Popen
from tempfile import TemporaryDirectory

import numpy as np
import pytest

import embedprep
from embedprep.engines import cluster
from embedprep.errors import EngineError
from embedprep.spread import text as spread_text
from tests.faults.clusters import Cluster, started
from tests.faults.figures import Tally, is_full
from tests.test_same_bytes import files_in


@pytest.fixture(autouse=True)
def _small_sections(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(spread_text, "_section_bytes", lambda *_: 20_000)  # about thirty


@pytest.fixture(scope="module")
def expected(shared: Path, tmp_path_factory: pytest.TempPathFactory) -> dict[str, bytes]:
    """What one thread makes of the text."""
    folder = tmp_path_factory.mktemp("expected")
    build(shared, folder, jobs=1)
    return files_in(folder)


def build(shared: Path, output: Path, **options: object) -> None:
    text = shared / "corpora" / "rt-polarity" / "rt-polarity.pos"
    embedprep.build(text, output, max_len=20, rows_per_shard=500, **options)  # type: ignore[arg-type]


def struck(
    shared: Path, output: Path, programs: Cluster, victims: list[Popen[bytes]], share: float
) -> EngineError | None:
    """Run a job on a cluster, some of whose programs are killed after a share of the time that the
    same job took before; the error that ended it.
    """

    def kill() -> None:
        for victim in victims:
            os.kill(victim.pid, signal.SIGKILL)

    begun = time.monotonic()
    with TemporaryDirectory() as other:
        build(shared, Path(other) / "out", engine="dask", scheduler=programs.address)
    timer = threading.Timer(share * (time.monotonic() - begun), kill)
    timer.start()
    try:
        build(shared, output, engine="dask", scheduler=programs.address)
    except EngineError as error:
        return error
    finally:
        timer.join()
    return None


SHARES = np.random.default_rng(4).uniform(0, 1, 10).round(3).tolist() if is_full else [0.4]
WHO = ["a worker", "the scheduler", *(["all workers"] if is_full else [])]
WAYS = [(who, share) for who in WHO for share in SHARES]
SAID = {
    "all workers": "the cluster has lost all its workers",
    "the scheduler": "the scheduler is gone",
}


@pytest.mark.parametrize("way", WAYS, ids=str)
def test_programs_that_are_killed(
    way: tuple[str, float],
    shared: Path,
    tmp_path: Path,
    expected: dict[str, bytes],
    tally: Callable[[str, str], Tally],
) -> None:
    who, share = way
    figures = tally("clusters", f"{who} killed, at random moments")
    (tmp_path / "t").write_bytes(b"an old output\n")
    embedprep.build(tmp_path / "t", tmp_path / "out")
    old = files_in(tmp_path / "out")
    with started(tmp_path) as programs, pytest.MonkeyPatch.context() as patched:
        patched.setattr(cluster, "_PATIENCE", 2.0)
        victims = {
            "a worker": programs.workers[:1],
            "all workers": programs.workers,
            "the scheduler": [programs.scheduler],
        }[who]
        error = struck(shared, tmp_path / "out", programs, victims, share)
        assert victims[0].wait() == -signal.SIGKILL
    if error is None:
        assert files_in(tmp_path / "out") == expected
        figures.add("new output whole")
    else:
        assert SAID[who] in str(error)
        assert files_in(tmp_path / "out") == old
        figures.add("error, old output untouched")
