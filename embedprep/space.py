"""Is there room for an output?"""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

from embedprep.errors import OutputError
from embedprep.places import Place, Url
from embedprep.wording import how_large


def check_space(
    output: Place,
    n_bytes: int,
    cause: str,
    *,
    max_bytes: int | None,
    remedy: Callable[[int], str],
    at_hand: int = 0,
) -> None:
    """Raise OutputError where an output is larger than `max_bytes`, or than what the disk has left.

    `cause` says what takes so much, `remedy` what takes no more than a limit; all are in bytes.
    What is to lie at an address is made in a temporary folder first, whose disk counts. So many
    bytes are `at_hand` on the disk: of files that are finished, or that are written over.
    """
    if max_bytes is not None and n_bytes > max_bytes:
        reason = f"more than the {how_large(max_bytes)} of --max-bytes"
        raise OutputError(str(output), f"{cause}, {reason}", remedy(max_bytes))
    if isinstance(output, Url):
        folder, disk = Path(tempfile.gettempdir()), f"the disk of {tempfile.gettempdir()}"
    else:
        folder, disk = output if output.is_dir() else output.parent, "the disk"
    free = free_bytes(folder) + at_hand
    if n_bytes > free:
        reason = f"and {disk} has {how_large(free)} left"
        raise OutputError(str(output), f"{cause}, {reason}", remedy(free))


def free_bytes(folder: Path) -> int:
    """The bytes that a file in `folder`, which may not exist yet, can still take."""
    while not folder.exists():
        folder = folder.parent
    free: Any = shutil.disk_usage(folder).free
    return int(free)
