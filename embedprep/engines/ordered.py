"""How are the results of many calls taken in order, a few of them on their way at a time?"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable, Iterator
from typing import Any, TypeVar

from embedprep.engines.protocol import Engine, Future

T = TypeVar("T")
R = TypeVar("R")


def in_order(
    engine: Engine, function: Callable[..., R], items: Iterable[T], *arguments: Any
) -> Iterator[R]:
    """`function(item, *arguments)` for each item, worked on side by side, in the items' order.

    Two items a worker are on their way at a time, so memory does not depend on their number.
    """
    waiting: deque[Future[R]] = deque()
    for item in items:
        if len(waiting) >= 2 * engine.n_workers:
            yield engine.gather([waiting.popleft()])[0]
        waiting.append(engine.submit(function, item, *arguments))
    while waiting:
        yield engine.gather([waiting.popleft()])[0]
