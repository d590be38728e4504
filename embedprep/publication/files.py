"""How does a single file become visible, whole or not at all?

It is written under a temporary name beside its target, and renamed.
"""

from __future__ import annotations

import os
import shutil
import tempfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from embedprep.errors import OutputError
from embedprep.npy import disk_error
from embedprep.places import Place, Url
from embedprep.publication.flushing import flush
from embedprep.publication.guards import refuse_part_of_output
from embedprep.publication.leftovers import STAGING, clear_leftovers
from embedprep.publication.locks import try_lock
from embedprep.publication.signals import held_signals
from embedprep.publication.temporary import folder_for_address

_LONGEST_NAME = 200
"""Bytes that leave room for a prefix and a suffix in the 255 of most file systems."""


@contextmanager
def staged_file(target: Place, sync: bool = False) -> Iterator[Path]:
    """A temporary path beside `target` that becomes it when the block ends without an error.

    A symlink is followed. What exists and is no file, as a pipe or a device, is written through,
    and what lies at an address is made in a temporary folder.
    Raises OutputError where the target cannot be written.
    """
    if isinstance(target, Url):
        with _put_at_end(target) as temporary:
            yield temporary
        return
    if target.is_symlink():
        target = Path(os.path.realpath(target))
    if target.exists() and not (target.is_file() or target.is_dir()):
        with _written_through(target) as temporary:
            yield temporary
        return
    if target.is_dir():
        raise OutputError(str(target), "is a folder, not a file", "name a file in it")
    refuse_part_of_output(target, "name another file, or its folder")
    prefix = f".{_short(target.name)}{STAGING}"
    lock: int | None = None
    staged: Path | None = None
    try:
        with held_signals():
            clear_leftovers(target.parent, prefix)
            lock, staged = _locked_file(target.parent, prefix)
            os.chmod(staged, 0o666 & ~_umask())
        yield staged
        if sync:
            flush(staged)
        os.replace(staged, target)
        staged = None
        if sync:
            flush(target.parent)
    except OSError as error:
        raise disk_error(str(target), error) from error
    finally:
        with held_signals():
            if lock is not None:
                os.close(lock)
            if staged is not None:
                with suppress(OSError):  # what went wrong before is what is told
                    staged.unlink()


def _locked_file(folder: Path, prefix: str) -> tuple[int, Path]:
    """A new temporary file, and its descriptor, by which it is locked.

    Another run may take it for a leftover, and clear it, just before it is locked.
    """
    while True:
        lock, name = tempfile.mkstemp(prefix=prefix, dir=folder)
        if try_lock(lock) and os.path.exists(name):
            return lock, Path(name)
        os.close(lock)


@contextmanager
def _put_at_end(target: Url) -> Iterator[Path]:
    """A temporary path whose content becomes an object at the end."""
    try:
        target.check_writable()
        refuse_part_of_output(target, "name another object, or its folder")
        with folder_for_address() as folder:
            temporary = folder / "content"
            yield temporary
            target.put(temporary)
    except OSError as error:
        raise disk_error(str(target), error) from error


@contextmanager
def _written_through(target: Path) -> Iterator[Path]:
    """A temporary path whose content goes into a pipe or a device at the end."""
    with tempfile.TemporaryDirectory(prefix=STAGING) as folder:
        temporary = Path(folder) / "content"
        yield temporary
        try:
            with temporary.open("rb") as content, target.open("wb") as stream:
                shutil.copyfileobj(content, stream)
        except OSError as error:
            raise disk_error(str(target), error) from error


def _short(name: str) -> str:
    """The name, or where a suffix would make it too long, its beginning and a checksum."""
    if len(os.fsencode(name)) <= _LONGEST_NAME:
        return name
    return f"{name[:32]}-{zlib.crc32(os.fsencode(name)):08x}"


def _umask() -> int:
    mask = os.umask(0)
    os.umask(mask)
    return mask
