"""How is a run that is writing told from one that is dead? Its locks end with the process."""

from __future__ import annotations

import os
from pathlib import Path
from types import ModuleType

from embedprep.errors import OutputError

fcntl: ModuleType | None
try:
    import fcntl
except ImportError:  # Windows: two runs into one folder are not told apart there
    fcntl = None


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
