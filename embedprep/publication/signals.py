"""How does a step that a signal strikes stay whole?"""

from __future__ import annotations

import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType
from typing import Any


@contextmanager
def held_signals() -> Iterator[None]:
    """Hold SIGINT and SIGTERM back until the end of the block, where the first one is raised.

    Only the main thread can; in others the block just runs.
    """
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    received: list[int] = []
    before: dict[int, Any] = {}

    def hold(number: int, _frame: FrameType | None) -> None:
        received.append(number)

    try:
        for held in (signal.SIGINT, signal.SIGTERM):
            before[held] = signal.getsignal(held)
            signal.signal(held, hold)
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler if handler is not None else signal.SIG_DFL)
        if received:
            signal.raise_signal(received[0])
