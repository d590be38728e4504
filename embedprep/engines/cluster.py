"""The workers of a Dask cluster: other processes, of this machine or of others.

Futures are Dask's own, so that results stay with the worker that made them and merges happen where
these are. A worker that is lost costs the time to make again what it had.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from typing import Any, TypeVar

from embedprep import __version__
from embedprep.engines.protocol import Future
from embedprep.engines.threads import available_cores
from embedprep.errors import EmbedprepError, EngineError, MissingExtra

T = TypeVar("T")

_FAN_IN = 8
"""How many parts one call of a reduction unites: they all have to come to one worker."""

_PATIENCE = "30s"
"""How long a scheduler may take to answer."""


class ClusterEngine:
    """The engine of a cluster, by its client."""

    def __init__(self, client: Any) -> None:
        self._client = client
        self.n_workers = max(1, sum(client.nthreads().values()))

    def submit(self, function: Callable[..., T], /, *arguments: Any) -> Future[T]:
        future: Future[T] = self._client.submit(function, *arguments, pure=False)
        return future

    def reduce(
        self, function: Callable[[Sequence[T]], T], parts: Sequence[Future[T] | T]
    ) -> Future[T]:
        level: list[Any] = list(parts)
        is_first = True
        while len(level) > 1 or is_first:
            level = [
                self.submit(function, level[i : i + _FAN_IN]) for i in range(0, len(level), _FAN_IN)
            ]
            is_first = False
        united: Future[T] = level[0]
        return united

    def gather(self, futures: Sequence[Future[T]]) -> list[T]:
        return [_result(future) for future in futures]


def _result(future: Any) -> Any:
    try:
        return future.result()
    except EmbedprepError:
        raise
    except Exception as error:
        from distributed import CancelledError, KilledWorker

        if isinstance(error, KilledWorker):
            cause = "several workers died at the same work"
            raise EngineError(cause, "give each more memory, see the logs of dask") from error
        if isinstance(error, CancelledError):
            cause = "the scheduler went away"
            raise EngineError(cause, "run again when it is back") from error
        raise


@contextmanager
def cluster_engine(scheduler: str | None, jobs: int | None) -> Iterator[ClusterEngine]:
    """The engine of the cluster whose scheduler has that address; without one, of `jobs` processes
    of this machine, one a core by default, for as long as it lasts.

    Raises MissingExtra without Dask, EngineError where no scheduler answers or its workers have
    other versions.
    """
    try:
        import dask
        from distributed import Client, LocalCluster
    except ImportError:
        cause, remedy = "needs the package distributed", "pip install 'embedprep[dask]'"
        raise MissingExtra("--engine dask", cause, remedy) from None
    quiet = {
        "distributed.logging": {"distributed": "critical", "bokeh": "critical"},
        "distributed.comm.timeouts.connect": _PATIENCE,
        "distributed.admin.system-monitor.gil.enabled": False,
    }
    with ExitStack() as stack:
        stack.enter_context(dask.config.set(quiet))
        if scheduler is None:
            address: Any = stack.enter_context(
                LocalCluster(  # type: ignore[no-untyped-call]
                    n_workers=jobs or available_cores(),
                    threads_per_worker=1,
                    processes=True,
                    dashboard_address=None,
                    silence_logs=50,
                )
            )
        else:
            address = scheduler
        try:
            client = stack.enter_context(
                Client(address, set_as_default=False)  # type: ignore[no-untyped-call]
            )
        except (OSError, ValueError) as error:
            cause = f"no scheduler answers at {scheduler} ({error})"
            raise EngineError(cause, "check the address, and that it runs") from None
        _check_versions(client)
        yield ClusterEngine(client)


def _versions() -> dict[str, str]:
    """What the bytes of an output depend on, beside the settings and the text."""
    return {"embedprep": __version__, "Unicode": unicodedata.unidata_version}


def _check_versions(client: Any) -> None:
    """Raise EngineError where there is no worker, or one that would give other bytes."""
    found = client.run(_versions)
    if not found:
        raise EngineError("the scheduler has no worker", "start some by `dask worker`")
    for address, versions in found.items():
        for name, version in _versions().items():
            if versions[name] != version:
                cause = f"the worker at {address} has {name} {versions[name]}, not {version}"
                raise EngineError(cause, "let all have the same embedprep and Python")
