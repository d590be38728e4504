"""How does a result reach standard output?"""

from __future__ import annotations

import shutil
import sys

from embedprep.errors import OutputError


class ReaderGone(Exception):
    """Whoever read standard output has enough, as `head` has."""


WIDTH_OFF_TERMINAL = 80
"""The same for all files and pipes: a result does not depend on where the command was typed."""


def width() -> int:
    """How many cells a line has."""
    if sys.stdout is None or not sys.stdout.isatty():
        return WIDTH_OFF_TERMINAL
    return shutil.get_terminal_size((WIDTH_OFF_TERMINAL, 24)).columns


def write(result: str | bytes) -> None:
    """Write a result to standard output at once.

    Raises ReaderGone where nobody reads it any more, OutputError where it cannot be written.
    """
    data = result.encode("utf-8", "surrogateescape") if isinstance(result, str) else result
    if sys.stdout is None:
        raise OutputError("standard output", "is closed", "open it, or pass -q")
    try:
        rest = memoryview(data)
        while rest:  # unbuffered, a write may take a part only
            rest = rest[sys.stdout.buffer.write(rest) :]
        sys.stdout.buffer.flush()
    except BrokenPipeError:
        raise ReaderGone from None
    except OSError as error:
        raise OutputError(
            "standard output", f"cannot be written ({error.strerror})", "check where it goes"
        ) from error
