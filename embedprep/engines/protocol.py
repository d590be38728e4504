"""What must an engine be able to do?"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, Protocol, TypeVar

T = TypeVar("T")
T_co = TypeVar("T_co", covariant=True)


class Future(Protocol[T_co]):
    """A result that is on its way."""

    def done(self) -> bool: ...

    def result(self) -> T_co: ...


class Engine(Protocol):
    """Where functions run."""

    @property
    def n_workers(self) -> int:
        """How many functions run at a time."""
        ...

    def submit(self, function: Callable[..., T], /, *arguments: Any) -> Future[T]:
        """Start `function(*arguments)`; futures among the arguments become their results."""
        ...

    def reduce(
        self, function: Callable[[Sequence[T]], T], parts: Sequence[Future[T] | T]
    ) -> Future[T]:
        """Unite at least one part by a function of several, associative and commutative."""
        ...

    def gather(self, futures: Sequence[Future[T]]) -> list[T]:
        """The results in the order of the futures. Raises the first error among them."""
        ...
