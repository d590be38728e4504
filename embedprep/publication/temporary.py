"""Where is made what is to lie at an address?

In a folder in `$TMPDIR`, locked from its making to its end. What dead runs left there nobody locks,
and the next run into any address clears it.
"""

from __future__ import annotations

import os
import re
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from embedprep.publication.locks import HAS_LOCKS, take_lock, unlock
from embedprep.publication.signals import held_signals

PREFIX = ".embedprep_address-"
"""How the names of these folders begin. What is staged beside an output has other names: an output
may lie in `$TMPDIR` itself, where each run would clear the other's.
"""

_NAME = re.compile(re.escape(PREFIX) + "[a-z0-9_]{8}")
"""With what `tempfile` adds."""


@contextmanager
def folder_for_address() -> Iterator[Path]:
    """A temporary folder that goes at the end of the block, or with the next run of this kind."""
    _clear_dead()
    lock: int | None = None
    folder: Path | None = None
    try:
        with held_signals():
            lock, folder = _locked_folder()
        yield folder
    finally:
        with held_signals():
            if folder is not None:
                shutil.rmtree(folder, ignore_errors=True)
            unlock(lock)


def _locked_folder() -> tuple[int | None, Path]:
    """A new folder, and the descriptor by which it is locked, where there are locks.

    Another run may take it for a leftover, and clear it, just before it is locked.
    """
    while True:
        folder = Path(tempfile.mkdtemp(prefix=PREFIX))
        if not HAS_LOCKS:
            return None, folder
        try:
            lock = _open_folder(folder)
        except FileNotFoundError:
            continue
        except OSError:
            folder.rmdir()
            raise
        if take_lock(lock) is not False and _is_at(folder, lock):
            return lock, folder
        unlock(lock)


def _clear_dead() -> None:
    """Remove this user's folders whose lock was free, holding it; none where there are no locks."""
    if not HAS_LOCKS:
        return
    with suppress(OSError):  # a folder that may not be listed
        for leftover in Path(tempfile.gettempdir()).iterdir():
            if _NAME.fullmatch(leftover.name):
                with suppress(OSError):  # another user's, or no folder
                    _clear_if_dead(leftover)


def _clear_if_dead(leftover: Path) -> None:
    lock = _open_folder(leftover)
    try:
        is_mine = os.fstat(lock).st_uid == os.geteuid()
        if is_mine and take_lock(lock) is True and _is_at(leftover, lock):
            shutil.rmtree(leftover, ignore_errors=True)
    finally:
        unlock(lock)


def _open_folder(folder: Path) -> int:
    """A descriptor of a folder. Raises OSError where it is none, or a symlink to one."""
    return os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW)


def _is_at(folder: Path, descriptor: int) -> bool:
    """Whether an open folder still is where it was opened, and nobody has cleared it."""
    with suppress(FileNotFoundError):
        return os.path.samestat(os.lstat(folder), os.fstat(descriptor))
    return False
