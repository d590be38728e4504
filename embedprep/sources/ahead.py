"""Who reads while the others work? A thread that keeps some items ahead."""

from __future__ import annotations

import queue
import threading
from collections.abc import Iterator
from typing import Generic, TypeVar

T = TypeVar("T")


class Ahead(Generic[T]):
    """What an iterator gives, taken by a thread of its own, at most `n_ahead` items ahead.

    The thread starts when this is made. An error is raised where the item would have come; `close`
    stops the thread.
    """

    def __init__(self, items: Iterator[T], n_ahead: int) -> None:
        self._queue: queue.Queue[tuple[T] | BaseException | None] = queue.Queue(n_ahead)
        self._is_closed = threading.Event()
        threading.Thread(target=self._read, args=(items,), daemon=True).start()

    def _read(self, items: Iterator[T]) -> None:
        last: BaseException | None = None
        try:
            for item in items:
                if not self._put((item,)):
                    return
        except BaseException as error:  # noqa: BLE001 - it is raised again where it is awaited
            last = error
        self._put(last)

    def _put(self, item: tuple[T] | BaseException | None) -> bool:
        while not self._is_closed.is_set():
            try:
                self._queue.put(item, timeout=0.1)
            except queue.Full:
                continue
            return True
        return False

    def __iter__(self) -> Iterator[T]:
        while True:
            item = self._queue.get()
            if item is None:
                return
            if isinstance(item, BaseException):
                raise item
            yield item[0]

    def close(self) -> None:
        self._is_closed.set()
