"""Which file may a summary be appended to, and how is it?

It may be there, hold what others wrote, and be a pipe; so it is neither staged nor replaced, as
all other outputs are.
"""

from __future__ import annotations

import os
import stat
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path

from embedprep.errors import OutputError
from embedprep.places import Place, place_of


def check_writable(summary: Path, output: Place, others: Sequence[str | Place]) -> None:
    """Raise OutputError where a summary cannot be appended to, lies in the output, or is one of the
    `others`, files that are read or written too.
    """
    place, whole = Path(os.path.realpath(summary)), Path(os.path.realpath(str(output)))
    if isinstance(output, Path) and (place == whole or whole in place.parents):
        cause = "is, or would be, among the files of the output"
        raise OutputError(str(summary), cause, "name another --summary")
    if _is_standard_input(summary):
        raise OutputError(str(summary), "is also standard input", "name another --summary")
    for other in map(place_of, others):
        if _is_same(summary, other):
            raise OutputError(str(summary), f"is also {other}", "name another --summary")
    if summary.is_dir():
        raise OutputError(str(summary), "is a folder, not a file", "name a file in it")
    folder = place.parent
    if not summary.exists() and not folder.is_dir():
        raise OutputError(str(summary), "cannot be written: no such folder", "make it first")
    place, mode = (summary, os.W_OK) if summary.exists() else (folder, os.W_OK | os.X_OK)
    if not os.access(place, mode):
        cause = "cannot be written: permission denied"
        raise OutputError(str(summary), cause, "name another --summary")


def _is_standard_input(summary: Path) -> bool:
    with suppress(OSError, ValueError):  # closed, or none that is a file
        read = os.fstat(0)
        return stat.S_ISREG(read.st_mode) and os.path.samestat(read, os.stat(summary))
    return False


def _is_same(summary: Path, other: Place) -> bool:
    """Whether both are one file, under whatever names, or would be."""
    # `publication/guards.py` compares files that are there, as one that is read must be. A summary
    # and an output may both be made first, and names in a folder tell that they would be one.
    if not isinstance(other, Path):
        return False
    with suppress(OSError):  # one does not exist
        return os.path.samefile(summary, other)
    return os.path.realpath(summary) == os.path.realpath(other)


def append(summary: Path, text: str) -> None:
    """Append to a summary in one write, that nothing of another job comes in between.

    Raises OutputError where it cannot be written.
    """
    rest = memoryview(text.encode())
    try:
        file = os.open(summary, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o666)
        try:
            while rest:  # a pipe may take a part only
                rest = rest[os.write(file, rest) :]
        finally:
            os.close(file)
    except OSError as error:
        cause = f"cannot be written ({error.strerror or error})"
        remedy = "the rest is done: see what was printed"
        raise OutputError(str(summary), cause, remedy) from error
