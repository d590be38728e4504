"""What is said of a signal that ends a run, and with which exit status does it end?"""

from __future__ import annotations

import os
import signal
from contextlib import suppress

TYPE_CHECKING = False
if TYPE_CHECKING:
    from types import FrameType
    from typing import NoReturn

ENDINGS: dict[int, tuple[str, int]] = {
    signal.SIGINT: ("interrupted", 130),
    signal.SIGTERM: ("terminated", 143),
}
"""The signals that end a run, what is said of each, and its exit status."""


def end_at_once() -> None:
    """Have signals end the process at once, while nothing is there yet that must be cleared up.

    Python's own way would be a traceback through the modules that are being imported.
    """
    for number in heard():
        signal.signal(number, _end)


def heard() -> list[int]:
    """The signals that are not ignored, as Ctrl-C is in the background."""
    return [number for number in ENDINGS if signal.getsignal(number) is not signal.SIG_IGN]


def _end(number: int, _frame: FrameType | None) -> NoReturn:
    said, status = ENDINGS[number]
    line_end = "\n" if number == signal.SIGINT else ""  # behind the ^C of a terminal, as click does
    with suppress(OSError):  # nobody can be told that stderr is closed
        os.write(2, f"{line_end}embedprep: {said}\n".encode())
    os._exit(status)
