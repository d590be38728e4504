"""Does a cluster of processes give the same bytes, though some of them die?"""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import pytest

import embedprep
from embedprep.engines import cluster
from embedprep.engines.cluster import ClusterEngine, cluster_engine, local_cluster
from embedprep.errors import EngineError, MissingExtra
from embedprep.spread import text as spread_text
from tests.test_same_bytes import files_in


@pytest.fixture
def text(shared: Path) -> Path:
    return shared / "corpora" / "rt-polarity" / "rt-polarity.pos"


@pytest.fixture(autouse=True)
def _small_sections(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(spread_text, "_section_bytes", lambda *_: 20_000)  # about thirty


def test_processes_give_the_bytes_of_one_job(text: Path, tmp_path: Path) -> None:
    options: dict[str, Any] = {"split": "80/10/10", "shuffle": True, "rows_per_shard": 1000}
    embedprep.build(text, tmp_path / "one", jobs=1, **options)
    with local_cluster(2) as address:
        embedprep.build(text, tmp_path / "many", engine="dask", scheduler=address, **options)
    assert files_in(tmp_path / "many") == files_in(tmp_path / "one")


def test_no_scheduler_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cluster, "_PATIENCE", "1s")
    with (
        pytest.raises(EngineError, match=r"no scheduler answers at tcp://127\.0\.0\.1:1 "),
        cluster_engine("tcp://127.0.0.1:1", None),
    ):
        pass


class SlowFuture:
    """A result, or an error, that is there after so many time-outs; the last one just misses it."""

    def __init__(self, n_timeouts: int, result: object) -> None:
        self._n_timeouts = n_timeouts
        self._result = result

    def result(self, timeout: str | None = None) -> object:
        if self._n_timeouts:
            assert timeout is not None
            self._n_timeouts -= 1
            raise TimeoutError
        if isinstance(self._result, Exception):
            raise self._result
        return self._result

    def done(self) -> bool:
        return not self._n_timeouts


class WaningClient:
    """The client of a cluster that has so many workers at each look; the first one makes the
    engine.
    """

    def __init__(self, *n_workers: int) -> None:
        self._n_workers = iter(n_workers)

    def nthreads(self) -> dict[str, int]:
        return {f"tcp://w:{number}": 1 for number in range(next(self._n_workers))}


def awaited(future: SlowFuture, *n_workers: int) -> object:
    futures: Any = [future]
    [result] = ClusterEngine(WaningClient(*n_workers)).gather(futures)
    return result


def test_a_result_that_comes_as_its_time_is_out_is_given() -> None:
    assert awaited(SlowFuture(1, "it"), 1) == "it"
    with pytest.raises(TimeoutError, match="of the work"):
        awaited(SlowFuture(1, TimeoutError("of the work")), 1)


def test_workers_are_lost_when_there_is_none_at_two_looks_in_a_row() -> None:
    assert awaited(SlowFuture(5, "it"), 1, 0, 1, 0, 2) == "it"
    with pytest.raises(EngineError) as caught:
        awaited(SlowFuture(99, "it"), 1, 0, 1, 0, 0)
    cause = "the cluster has lost all its workers; start some by `dask worker`, and run again"
    assert str(caught.value) == f"--engine dask: {cause}"


def test_a_cluster_without_dask_names_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "distributed", None)
    with pytest.raises(MissingExtra, match=r"pip install 'embedprep\[dask\]'"):
        cluster_engine(None, None).__enter__()
