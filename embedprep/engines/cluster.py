"""The workers of a Dask cluster: other processes, of this machine or of others.

Futures are Dask's own, so that results stay with the worker that made them and merges happen where
these are. A worker that is lost costs the time to make again what it had.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from typing import Any, TypeVar

from embedprep.background import in_background
from embedprep.engines.protocol import Future
from embedprep.engines.threads import available_cores
from embedprep.errors import EngineError, MissingExtra

T = TypeVar("T")

_FAN_IN = 8
"""How many parts one call of a reduction unites: they all have to come to one worker."""

_PATIENCE = 30.0
"""How long a scheduler may take to answer, and how long it is from one look for workers to the next
while a result is awaited: a cluster that has none at two looks in a row has lost them all."""

_KEEPING_MEMORY = {
    "distributed.nanny.pre-spawn-environ": {
        "MALLOC_ARENA_MAX": 1,
        "MALLOC_MMAP_THRESHOLD_": 32 << 20,
        "MALLOC_TRIM_THRESHOLD_": 1 << 30,
        "OPENBLAS_NUM_THREADS": 1,
    }
}
"""Dask lets glibc give freed memory back at once; every page of the next array is then faulted in
anew, which takes longer than all else."""


class ClusterEngine:
    """The engine of a cluster, by its client."""

    def __init__(self, client: Any) -> None:
        self._client = client
        self.n_workers = max(1, sum(client.nthreads().values()))

    def submit(self, function: Callable[..., T], /, *arguments: Any) -> Future[T]:
        with _told_errors():
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
        with _told_errors():
            return [self._result(future) for future in futures]

    def _result(self, future: Any) -> Any:
        had_workers = True
        while True:
            try:
                return future.result(timeout=_PATIENCE)
            except TimeoutError:
                if future.done():  # just now, or it is the work that has raised it
                    return future.result()
                has_workers = bool(self._client.nthreads())
                if not (had_workers or has_workers):
                    cause = "the cluster has lost all its workers"
                    remedy = "start some by `dask worker`, and run again"
                    raise EngineError(cause, remedy) from None
                had_workers = has_workers


@contextmanager
def _told_errors() -> Iterator[None]:
    """Tell of a cluster that fails; what fails on a worker is raised as it is."""
    from distributed import CancelledError, KilledWorker
    from distributed.comm.core import CommClosedError

    try:
        yield
    except KilledWorker as error:
        cause = "several workers died at the same piece of work"
        remedy = "give each more memory, and see what they logged"
        raise EngineError(cause, remedy) from error
    except (CommClosedError, CancelledError) as error:
        raise EngineError("the scheduler is gone", "run again when it is back") from error


@contextmanager
def local_cluster(jobs: int | None) -> Iterator[str]:
    """The address of a cluster of so many processes of this machine, one a core by default."""
    import dask
    from distributed import LocalCluster

    with (
        dask.config.set(_KEEPING_MEMORY),
        LocalCluster(  # type: ignore[no-untyped-call]
            n_workers=jobs or available_cores(),
            threads_per_worker=1,
            processes=True,
            dashboard_address=None,
            # Without a dashboard it still serves; two clusters would warn of the same port.
            scheduler_kwargs={"dashboard_address": "127.0.0.1:0"},
            silence_logs=50,
        ) as cluster,
    ):
        yield cluster.scheduler_address


@contextmanager
def cluster_engine(
    scheduler: str | None, jobs: int | None, find_versions: Callable[[], dict[str, str]]
) -> Iterator[ClusterEngine]:
    """The engine of the cluster whose scheduler has that address; without one, of `jobs` processes
    of this machine, one a core by default, for as long as it lasts.

    `find_versions` tells, wherever it runs, of what the bytes of an output depend on beside the
    settings and the text. Raises MissingExtra without Dask or what the work needs, EngineError
    where no scheduler answers or its workers have other versions.
    """
    try:
        import dask
        import distributed
    except ImportError:
        cause, remedy = "needs the package distributed", "pip install 'embedprep[dask]'"
        raise MissingExtra("--engine dask", cause, remedy) from None
    expected = find_versions()
    with ExitStack() as stack:
        stack.enter_context(_without_logs())
        stack.enter_context(dask.config.set({"distributed.comm.timeouts.connect": _PATIENCE}))
        address = scheduler or stack.enter_context(local_cluster(jobs))
        try:
            # Dask itself waits forever for a server of another kind.
            connected = in_background(distributed.Client, address, set_as_default=False)
            client = stack.enter_context(connected.result(2 * _PATIENCE))
        except (OSError, ValueError, TypeError) as error:  # the last one for want of certificates
            why = str(error) or f"nothing in {2 * _PATIENCE:.0f} s"
            cause = f"no scheduler answers at {address} ({why})"
            raise EngineError(cause, "check the address, and that it runs") from None
        _check_versions(client, find_versions, expected)
        yield ClusterEngine(client)


@contextmanager
def _without_logs() -> Iterator[None]:
    """Dask logs, with tracebacks, what is told as an error anyway, or what it mends itself."""
    logger = logging.getLogger("distributed")
    level = logger.level
    logger.setLevel(logging.CRITICAL + 1)
    try:
        yield
    finally:
        logger.setLevel(level)


def _check_versions(
    client: Any, find_versions: Callable[[], dict[str, str]], expected: dict[str, str]
) -> None:
    """Raise EngineError where there is no worker, or one that would give other bytes."""
    found = client.run(find_versions, on_error="return")
    if not found:
        raise EngineError("the scheduler has no worker", "start some by `dask worker`")
    for address, versions in found.items():
        if isinstance(versions, Exception):
            raise EngineError(f"the worker at {address} cannot do it ({versions})") from versions
        for name, version in expected.items():
            if versions[name] != version:
                cause = f"the worker at {address} has {name} {versions[name]}, not {version}"
                raise EngineError(cause, "let all have the same embedprep, Python and packages")
