"""Does a cluster of processes give the same bytes, though some of them die?"""

from __future__ import annotations

import pickle
import socket
import sys
from collections.abc import Callable
from contextlib import nullcontext
from pathlib import Path
from typing import Any

import distributed
import pytest

import embedprep
from embedprep.budget import Budget
from embedprep.engines import cluster
from embedprep.engines.cluster import ClusterEngine, cluster_engine, local_cluster
from embedprep.errors import EngineError, MissingExtra
from embedprep.settings import Resources
from embedprep.spread import text as spread_text
from embedprep.tokenizer.rules import versions_behind
from embedprep.tokenizer.settings import TokenizerSettings
from embedprep.work import work_in
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


@pytest.mark.parametrize(
    ("address", "why"), [("tcp://127.0.0.1:1", ""), ("tls://127.0.0.1:1", "TLS expects")]
)
def test_no_scheduler_is_told(address: str, why: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cluster, "_PATIENCE", 1.0)
    with (
        pytest.raises(EngineError, match=rf"no scheduler answers at {address} \({why}"),
        cluster_engine(address, None, dict),
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


def test_a_server_that_is_no_scheduler_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cluster, "_PATIENCE", 0.5)
    with socket.create_server(("127.0.0.1", 0)) as silent:
        address = f"tcp://127.0.0.1:{silent.getsockname()[1]}"
        with (
            pytest.raises(EngineError, match=r"no scheduler answers at .*\(nothing in 1 s\)"),
            cluster_engine(address, None, dict),
        ):
            pass


def test_a_cluster_without_dask_names_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "distributed", None)
    with pytest.raises(MissingExtra, match=r"pip install 'embedprep\[dask\]'"):
        cluster_engine(None, None, dict).__enter__()


class ClientOfWorker:
    """The client of a cluster of one worker, where every function has the same result, or error."""

    result: Any

    def __init__(self, *_: object, **__: object) -> None: ...

    def __enter__(self) -> ClientOfWorker:
        return self

    def __exit__(self, *_: object) -> None: ...

    def run(self, _: object, on_error: str) -> dict[str, Any]:
        assert on_error == "return"
        return {"tcp://w:1": self.result}

    def nthreads(self) -> dict[str, int]:
        return {"tcp://w:1": 1}


HERE = {"embedprep": "1", "jieba": "0.42"}
NO_JIEBA = MissingExtra("--tokenizer jieba", "is not installed", "pip install it")


@pytest.mark.parametrize(
    ("there", "said"),
    [
        (HERE, ""),
        ({"embedprep": "0"}, "has embedprep 0, not 1; let all have the same embedprep, Python and"),
        (HERE | {"jieba": "0.39"}, "has jieba 0.39, not 0.42; let all have the same"),
        (NO_JIEBA, "cannot do it (--tokenizer jieba: is not installed; pip install it)"),
    ],
    ids=["same", "embedprep", "jieba", "no jieba"],
)
def test_workers_have_all_that_the_bytes_depend_on(
    there: object, said: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(distributed, "Client", ClientOfWorker)
    monkeypatch.setattr(ClientOfWorker, "result", there, raising=False)
    with pytest.raises(EngineError) if said else nullcontext() as caught:
        cluster_engine("tcp://s:1", None, lambda: HERE).__enter__()
    if said:
        assert caught is not None
        assert str(caught.value).startswith(f"--engine dask: the worker at tcp://w:1 {said}")


def test_the_bytes_depend_on_what_is_behind_the_tokenizer(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    def found(_scheduler: object, _jobs: object, find_versions: Callable[[], Any]) -> Any:
        return nullcontext(pickle.loads(pickle.dumps(find_versions))())

    monkeypatch.setattr(cluster, "cluster_engine", found)
    spread = Resources(engine="dask")
    for name, others in {"char": set(), "jieba": {"unicode", "jieba"}}.items():
        tokenizer = TokenizerSettings(name, lowercase=False)
        with work_in(tmp_path, tokenizer, Budget(1), spread) as work:
            versions: Any = work.cluster
            assert versions == versions_behind(tokenizer) | {"embedprep": embedprep.__version__}
            assert versions.keys() == {"embedprep", *others}
