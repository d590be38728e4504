"""How is a long row of work done, a little of it at a time, and given back in order?"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable, Iterator
from typing import Any, TypeVar

from embedprep.engines.protocol import Engine, Future

T = TypeVar("T")


def in_turn(
    engine: Engine, function: Callable[..., T], arguments: Iterable[tuple[Any, ...]]
) -> Iterator[T]:
    """`function(*arguments)` for each of them, the results in order.

    One more than there are workers are under way or wait to be taken, so that memory is bounded.
    """
    in_flight: deque[Future[T]] = deque()
    for argument in arguments:
        if len(in_flight) > engine.n_workers:
            yield from engine.gather([in_flight.popleft()])
        in_flight.append(engine.submit(function, *argument))
    while in_flight:
        yield from engine.gather([in_flight.popleft()])
