"""How is something done that nobody need wait for?"""

from __future__ import annotations

import threading
from collections.abc import Callable
from concurrent.futures import Future
from typing import Any, TypeVar

T = TypeVar("T")


def in_background(function: Callable[..., T], *arguments: Any, **options: Any) -> Future[T]:
    """What a function will answer, in a thread of its own that ends with the process.

    >>> in_background(max, 1, 2).result(timeout=60)
    2
    """
    answer: Future[T] = Future()

    def work() -> None:
        try:
            answer.set_result(function(*arguments, **options))
        except BaseException as error:  # noqa: BLE001 - it is raised where the answer is awaited
            answer.set_exception(error)

    threading.Thread(target=work, daemon=True).start()
    return answer
