"""What did dead runs leave, and what is another run still writing?

A lock ends with the process that holds it, so only what nobody locks was left behind.
"""

from __future__ import annotations

import os
import shutil
from contextlib import suppress
from pathlib import Path
from types import ModuleType

from embedprep.errors import OutputError

fcntl: ModuleType | None
try:
    import fcntl
except ImportError:  # Windows: two runs into one folder are not told apart there
    fcntl = None

STAGING = ".embedprep-"
"""How the names of temporary files and folders begin, those of files behind that of the file."""


def lock_folder(target: Path) -> int | None:
    """Take the lock of a folder. Raises OutputError where another run has it."""
    if fcntl is None:
        return None
    descriptor = os.open(target, os.O_RDONLY)
    if not try_lock(descriptor):
        os.close(descriptor)
        raise OutputError(
            str(target), "another run is writing into this folder", "wait for it, or name another"
        )
    return descriptor


def unlock(descriptor: int | None) -> None:
    """Let a lock go."""
    if descriptor is not None:
        os.close(descriptor)


def try_lock(descriptor: int) -> bool:
    """Take the lock of an open file or folder, which ends with the process that holds it."""
    if fcntl is None:
        return True
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    except OSError:  # a file system without locks
        return True
    return True


def clear_leftovers(folder: Path, prefix: str, keep: Path | None = None) -> None:
    """Remove what dead runs left: folders under the lock of `folder`, files that nobody locks."""
    for leftover in folder.iterdir() if folder.is_dir() else ():
        if not leftover.name.startswith(prefix) or leftover == keep:
            continue
        if leftover.is_dir() and not leftover.is_symlink():
            shutil.rmtree(leftover, ignore_errors=True)
            continue
        with suppress(OSError):
            descriptor = os.open(leftover, os.O_RDONLY)
            try:
                if try_lock(descriptor):
                    leftover.unlink()
            finally:
                os.close(descriptor)
