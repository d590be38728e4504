"""Threads of one process: NumPy works outside the interpreter's lock most of the time."""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from concurrent.futures import Executor, ThreadPoolExecutor
from concurrent.futures import Future as PoolFuture
from types import TracebackType
from typing import Any, TypeVar

from embedprep.engines.protocol import Future
from embedprep.errors import check_least

T = TypeVar("T")

_FAN_IN = 32
"""How many parts one call of a reduction unites."""


def available_cores() -> int:
    """The processors that this process may use."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


class ThreadEngine:
    """The engine of one machine. Used as a context; an error drops the work not yet begun.

    Work is begun in the order in which it was submitted, so waiting in a worker for an argument
    that was submitted before cannot lock up. With `is_here`, the calling thread does it all: for
    work that holds the interpreter's lock and that only the main thread can interrupt.
    """

    def __init__(self, jobs: int | None = None, *, is_here: bool = False) -> None:
        if jobs is not None:
            check_least("--jobs", jobs, 1)
        self.n_workers = 1 if is_here else jobs or available_cores()
        self._pool: Executor = _CallingThread() if is_here else ThreadPoolExecutor(self.n_workers)

    def __enter__(self) -> ThreadEngine:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self._pool.shutdown(wait=True, cancel_futures=error is not None)

    def submit(self, function: Callable[..., T], /, *arguments: Any) -> Future[T]:
        return self._pool.submit(_run, function, arguments)

    def reduce(
        self, function: Callable[[Sequence[T]], T], parts: Sequence[Future[T] | T]
    ) -> Future[T]:
        level: list[Any] = list(parts)
        while len(level) > 1 or not isinstance(level[0], PoolFuture):
            level = [
                self._pool.submit(_run_on_parts, function, level[i : i + _FAN_IN])
                for i in range(0, len(level), _FAN_IN)
            ]
        united: Future[T] = level[0]
        return united

    def gather(self, futures: Sequence[Future[T]]) -> list[T]:
        return [future.result() for future in futures]


class _CallingThread(Executor):
    """Does work as it is submitted; what ends the process, such as Ctrl-C, is raised there."""

    def submit(self, function: Callable[..., T], /, *arguments: Any, **named: Any) -> PoolFuture[T]:
        future: PoolFuture[T] = PoolFuture()
        try:
            future.set_result(function(*arguments, **named))
        except Exception as error:  # noqa: BLE001 - it is raised again where the result is awaited
            future.set_exception(error)
        return future


def _run(function: Callable[..., T], arguments: Sequence[Any]) -> T:
    return function(*map(_value, arguments))


def _run_on_parts(function: Callable[[Sequence[T]], T], parts: Sequence[Future[T] | T]) -> T:
    return function([_value(part) for part in parts])


def _value(argument: Any) -> Any:
    return argument.result() if isinstance(argument, PoolFuture) else argument
