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

HAS_LOCKS = fcntl is not None


def lock_folder(target: Path, *, is_needed: bool = False) -> int | None:
    """Take the lock of a folder. Raises OutputError where another run has it and, if it is needed,
    where there are no locks.
    """
    descriptor = None if fcntl is None else os.open(target, os.O_RDONLY)
    is_taken = take_lock(descriptor)
    if is_taken or (is_taken is None and not is_needed):
        return descriptor
    unlock(descriptor)
    if is_taken is None:
        cause = "has no locks, and two runs with --resume would go on with the same work"
        remedy = "leave out --resume, or name a folder on another disk by -o"
        raise OutputError(str(target), cause, remedy)
    raise OutputError(
        str(target), "another run is writing into this folder", "wait for it, or name another"
    )


def unlock(descriptor: int | None) -> None:
    """Let a lock go."""
    if descriptor is not None:
        os.close(descriptor)


def try_lock(descriptor: int) -> bool:
    """Take the lock of an open file or folder, which ends with the process that holds it; where
    there are no locks, it is as if it were free.
    """
    return take_lock(descriptor) is not False


def take_lock(descriptor: int | None) -> bool | None:
    """Whether the lock was free and now is taken, None where there are no locks."""
    if fcntl is None or descriptor is None:
        return None
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    except OSError:  # a file system without locks
        return None
    return True
