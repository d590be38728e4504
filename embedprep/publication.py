"""How does an output become visible, whole or not at all?

A file is written under a temporary name beside its target and renamed. A folder is staged in
`.embedprep-…` inside itself, under a lock that the death of the process releases, and published:
the old manifest goes, the files are renamed, those that earlier runs listed and this one lacks
go, and the manifest comes last. At every moment in between, a folder with a manifest is whole,
and the staging folder tells the next run what to clear.
"""

from __future__ import annotations

import errno
import json
import os
import shutil
import signal
import stat
import tempfile
import threading
import zlib
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from types import FrameType, ModuleType
from typing import Any

from embedprep.digests import Digest
from embedprep.errors import OutputError
from embedprep.manifest import MANIFEST, output_names, read_manifest
from embedprep.npy import WrittenFile, disk_error

fcntl: ModuleType | None
try:
    import fcntl
except ImportError:  # Windows: two runs into one folder are not told apart there
    fcntl = None

STAGING = ".embedprep-"
_OBSOLETE = "obsolete.json"
_LONGEST_NAME = 200


@contextmanager
def held_signals() -> Iterator[None]:
    """Hold SIGINT and SIGTERM back until the end of the block. The main thread alone can."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    received: list[int] = []
    before: dict[int, Any] = {}

    def hold(number: int, _frame: FrameType | None) -> None:
        received.append(number)

    try:
        for held in (signal.SIGINT, signal.SIGTERM):
            before[held] = signal.getsignal(held)
            signal.signal(held, hold)
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler if handler is not None else signal.SIG_DFL)
        if received:
            signal.raise_signal(received[0])


@contextmanager
def staged_file(target: Path, sync: bool = False) -> Iterator[Path]:
    """A temporary path beside `target` that becomes it when the block ends without an error.

    A symlink is followed. What exists and is no file, as a pipe or a device, is written through.
    Raises OutputError where the target cannot be written.
    """
    if target.is_symlink():
        target = Path(os.path.realpath(target))
    if target.exists() and not (target.is_file() or target.is_dir()):
        with _written_through(target) as temporary:
            yield temporary
        return
    if target.is_dir():
        raise OutputError(str(target), "is a folder, not a file", "name a file in it")
    _refuse_part_of_output(target, "name another file, or its folder")
    prefix = f".{_short(target.name)}{STAGING}"
    lock: int | None = None
    staged: Path | None = None
    try:
        with held_signals():
            _clear_leftovers(target.parent, prefix)
            lock, name = tempfile.mkstemp(prefix=prefix, dir=target.parent)
            staged = Path(name)
            _try_lock(lock)
            os.chmod(staged, 0o666 & ~_umask())
        yield staged
        if sync:
            _sync(staged)
        os.replace(staged, target)
        if sync:
            _sync(target.parent)
    except OSError as error:
        raise disk_error(str(target), error) from error
    finally:
        with held_signals():
            if lock is not None:
                os.close(lock)
            if staged is not None:
                staged.unlink(missing_ok=True)


def _refuse_part_of_output(target: Path, remedy: str) -> None:
    """Raise OutputError where a whole output lists the target, or files in it, or where it is the
    manifest of one.
    """
    place = Path(os.path.realpath(target))
    listed: set[str] = set()
    with suppress(OutputError):  # no manifest, or none of ours
        listed = {MANIFEST} | output_names(read_manifest(place.parent))
    if any(name == place.name or name.startswith(f"{place.name}/") for name in listed):
        raise OutputError(str(target), "is part of a whole output", remedy)


def _refuse_other_kind(target: Path, has_rows: bool) -> None:
    """Raise OutputError where what is written would remove a whole output of another kind."""
    if not (target / MANIFEST).exists():
        return
    manifest = read_manifest(target)
    if output_names(manifest) and ("embedding" in manifest) != has_rows:
        held = "an output without rows" if has_rows else "the rows of a text"
        cause = f"holds {held}, which would be removed"
        raise OutputError(str(target), cause, "name another folder by -o, or remove that one first")


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


class StagedFolder:
    """The files of one output, not yet visible. `path / name` is where a file is written."""

    def __init__(self, target: Path, path: Path, sync: bool) -> None:
        self.target = target
        self.path = path
        self.sync = sync
        self.names: list[str] = []
        self.kept: set[str] = set()

    def keep(self, names: Iterable[str]) -> None:
        """Leave files in place that an old manifest lists and the new one goes on listing."""
        self.kept.update(names)

    def add(self, name: str) -> Path:
        """The path at which to write the file that will be `target / name`."""
        self.names.append(name)
        path = self.path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        return path

    def write(self, name: str, content: bytes) -> WrittenFile:
        """Write a small file, that will be `target / name`, in one go."""
        self.add(name).write_bytes(content)
        digest = Digest()
        digest.update(content)
        return WrittenFile(name, digest)


@contextmanager
def staged_folder(
    target: Path, sync: bool = False, *, has_rows: bool = False
) -> Iterator[StagedFolder]:
    """A staging folder that is published into `target` when the block ends without an error.

    One of its files must be the manifest. Until then an old output in `target` is untouched, and
    after an error it still is, unless that struck while publishing: then the folder has no
    manifest. Files that no manifest lists are the user's and stay.

    `has_rows` tells whether what is written are rows of a text. An output of rows only gives way to
    another one, and one without to one without: nobody means to remove a text's rows by its pairs.

    Raises OutputError where the folder cannot be written, holds a foreign manifest or an output of
    the other kind, or is being written by another run.
    """
    _refuse_part_of_output(target, "name another folder, or that of the whole output")
    made: list[Path] = []
    lock: int | None = None
    staged: StagedFolder | None = None
    try:
        with held_signals():
            _make_folder(target, made)
            lock = _lock_folder(target)
            _refuse_other_kind(target, has_rows)
            obsolete = _listed_before(target)
            # Python makes the path absolute from 3.12 on; that of the leftovers is not.
            staging = target / Path(tempfile.mkdtemp(prefix=STAGING, dir=target)).name
            staged = StagedFolder(target, staging, sync)
            (staged.path / _OBSOLETE).write_text(json.dumps(sorted(obsolete)))
            _clear_leftovers(target, STAGING, keep=staged.path)
        yield staged
        _check_places(staged)
        with held_signals():
            _publish(staged, obsolete - staged.kept)
            shutil.rmtree(staged.path, ignore_errors=True)
            staged = None
            if sync:
                for folder in made:
                    _sync(folder.parent)
            made.clear()
            _unlock(lock)
            lock = None
    except OSError as error:
        raise disk_error(str(target), error) from error
    finally:
        with held_signals():
            if staged is not None:
                shutil.rmtree(staged.path, ignore_errors=True)
            for folder in reversed(made):
                with suppress(OSError):  # somebody else has put a file into it
                    folder.rmdir()
            _unlock(lock)


def _publish(staged: StagedFolder, obsolete: set[str]) -> None:
    target = staged.target
    if staged.sync:
        for name in staged.names:
            _sync(staged.path / name)
    manifests = [name for name in staged.names if _is_manifest(name)]
    (target / MANIFEST).unlink(missing_ok=True)
    for name in sorted(obsolete):
        if _is_manifest(name) and name not in manifests:
            _remove_listed(target, name)
    for name in manifests:
        (target / name).unlink(missing_ok=True)
    if staged.sync:
        _sync(target)  # no old manifest may come back over new files
    files = [name for name in staged.names if not _is_manifest(name)]
    for name in [*files, *manifests]:  # that of a part once its files are there
        if name != MANIFEST:
            (target / name).parent.mkdir(parents=True, exist_ok=True)
            os.replace(staged.path / name, target / name)
    for name in sorted(obsolete - set(staged.names)):
        _remove_listed(target, name)
    if staged.sync:
        _sync(target)
    os.replace(staged.path / MANIFEST, target / MANIFEST)
    if staged.sync:
        _sync(target)


def _is_manifest(name: str) -> bool:
    return name.rpartition("/")[2] == MANIFEST


def _remove_listed(target: Path, name: str) -> None:
    """Remove a file that an earlier run listed, if it is one, and its folder, if that is empty."""
    path = target / name
    is_in_part = path.parent != target
    with suppress(OSError, ValueError):
        if is_in_part and path.parent.is_symlink():
            return
        if not path.is_dir() or path.is_symlink():
            path.unlink(missing_ok=True)
        if is_in_part:
            path.parent.rmdir()


def _check_places(staged: StagedFolder) -> None:
    for name in staged.names:
        path = staged.target / name
        if path.is_dir():
            raise OutputError(str(path), "is a folder where a file is to be", "move it away")
        folder = path.parent
        if (folder.exists() or folder.is_symlink()) and not folder.is_dir():
            raise OutputError(str(folder), "is a file where a folder is to be", "move it away")
        if folder.is_dir() and not os.access(folder, os.W_OK | os.X_OK):
            raise disk_error(str(folder), PermissionError(errno.EACCES, "Permission denied"))
        if _is_manifest(name) and path.exists():
            read_manifest(folder)  # an error where it is not one of ours


def _listed_before(target: Path) -> set[str]:
    """The names that earlier runs listed, also those that died while they published."""
    names: set[str] = set()
    if (target / MANIFEST).exists():
        names |= output_names(read_manifest(target))
    for leftover in target.glob(f"{STAGING}*/"):
        with suppress(OSError, ValueError, TypeError, RecursionError):
            saved = json.loads((leftover / _OBSOLETE).read_bytes())
            names |= output_names({"outputs": [{"name": name} for name in saved]})
        with suppress(OSError, ValueError, OutputError):
            names |= output_names(read_manifest(leftover))
    return names - {MANIFEST}


def _make_folder(target: Path, made: list[Path]) -> None:
    """Make the folder and those above it; `made` gets the new ones, outermost first."""
    if target.is_dir():
        return
    if target.exists():
        raise OutputError(str(target), "is a file, not a folder", "name another folder by -o")
    if target.parent != target:
        _make_folder(target.parent, made)
    try:
        target.mkdir()
    except FileExistsError:  # another run was quicker
        if not target.is_dir():
            raise
    else:
        made.append(target)


def _lock_folder(target: Path) -> int | None:
    if fcntl is None:
        return None
    descriptor = os.open(target, os.O_RDONLY)
    if not _try_lock(descriptor):
        os.close(descriptor)
        raise OutputError(
            str(target), "another run is writing into this folder", "wait for it, or name another"
        )
    return descriptor


def _unlock(descriptor: int | None) -> None:
    if descriptor is not None:
        os.close(descriptor)


def _try_lock(descriptor: int) -> bool:
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


def _clear_leftovers(folder: Path, prefix: str, keep: Path | None = None) -> None:
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
                if _try_lock(descriptor):
                    leftover.unlink()
            finally:
                os.close(descriptor)


def _sync(path: Path) -> None:
    if os.name == "nt" and path.is_dir():
        return
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _umask() -> int:
    mask = os.umask(0)
    os.umask(mask)
    return mask


def refuse_to_overwrite(inputs: Sequence[str], outputs: Sequence[Path]) -> None:
    """Raise OutputError where an output is the same file as an input, as standard input too."""
    for name in inputs:
        for output in outputs:
            with suppress(OSError):  # one of them does not exist
                read = os.fstat(0) if name == "-" else os.stat(name)
                if os.path.samestat(read, os.stat(output)) and stat.S_ISREG(read.st_mode):
                    raise OutputError(
                        str(output), "is also an input and would be overwritten", "name another -o"
                    )
