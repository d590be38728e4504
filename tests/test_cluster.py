"""Does a cluster of processes give the same bytes, though some of them die?"""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import pytest

import embedprep
from embedprep.engines import cluster
from embedprep.engines.cluster import cluster_engine, local_cluster
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


def test_a_cluster_without_dask_names_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "distributed", None)
    with pytest.raises(MissingExtra, match=r"pip install 'embedprep\[dask\]'"):
        cluster_engine(None, None).__enter__()
