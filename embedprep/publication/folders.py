"""How does a folder become visible, whole or not at all?

It is staged in `.embedprep-…` inside itself, under a lock that the death of the process releases,
and published: the old manifest goes, the files are renamed, those that earlier runs listed and this
one lacks go, and the manifest comes last. At every moment in between, a folder with a manifest is
whole, and the staging folder tells the next run what to clear.
"""

from __future__ import annotations

import errno
import json
import os
import shutil
import tempfile
from collections.abc import Collection, Iterable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from embedprep.digests import Digest
from embedprep.errors import OutputError
from embedprep.listing import output_names
from embedprep.manifest import MANIFEST, read_manifest
from embedprep.npy import WrittenFile, disk_error
from embedprep.publication.flushing import flush
from embedprep.publication.guards import refuse_other_kind, refuse_part_of_output
from embedprep.publication.leftovers import KEPT, STAGING, clear_leftovers, manifests_before
from embedprep.publication.locks import lock_folder, unlock
from embedprep.publication.signals import held_signals

_OBSOLETE = "obsolete.json"


class StagedFolder:
    """The files of one output, not yet visible. `path / name` is where a file is written.

    `listed` are the names of what earlier runs wrote; those that are not written again go.
    """

    def __init__(
        self, target: Path, path: Path, sync: bool, listed: Collection[str], *, is_kept: bool
    ) -> None:
        self.target = target
        self.path = path
        self.sync = sync
        self.is_kept = is_kept
        self.listed = frozenset(listed)
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
    target: Path, kind: str, sync: bool = False, *, is_kept: bool = False
) -> Iterator[StagedFolder]:
    """A staging folder that is published into `target` when the block ends without an error.

    One of its files must be the manifest. Until then an old output in `target` is untouched, and
    after an error it still is, unless that struck while publishing: then the folder has no
    manifest. Files that no manifest lists are the user's and stay. One that `is_kept` stays where
    the block ends with an error, or never, and is the next one's that is to be kept; others clear
    it away.

    Raises OutputError where the folder cannot be written, holds a foreign manifest or an output of
    another `kind`, or is being written by another run.
    """
    refuse_part_of_output(target, "name another folder, or that of the whole output")
    made: list[Path] = []
    lock: int | None = None
    staged: StagedFolder | None = None
    try:
        with held_signals():
            _make_folder(target, made)
            lock = lock_folder(target)
            refuse_other_kind(target, kind)
            listed = _listed_before(target)
            staging = _make_staging(target, is_kept=is_kept)
            staged = StagedFolder(target, staging, sync, listed, is_kept=is_kept)
            (staged.path / _OBSOLETE).write_text(json.dumps(sorted(listed)))
            clear_leftovers(target, STAGING, keep=staged.path)
        yield staged
        _check_places(staged)
        with held_signals():
            _publish(staged)
            shutil.rmtree(staged.path, ignore_errors=True)
            staged = None
            if sync:
                for folder in made:
                    flush(folder.parent)
            made.clear()
            unlock(lock)
            lock = None
    except OSError as error:
        raise disk_error(str(target), error) from error
    finally:
        with held_signals():
            if staged is not None and not staged.is_kept:
                shutil.rmtree(staged.path, ignore_errors=True)
            for folder in reversed(made):
                with suppress(OSError):  # somebody else has put a file into it
                    folder.rmdir()
            unlock(lock)


def _make_staging(target: Path, *, is_kept: bool) -> Path:
    """A new folder in the target, or the one that was kept."""
    if is_kept:
        staging = target / KEPT
        staging.mkdir(exist_ok=True)
        return staging
    # Python makes the path absolute from 3.12 on; that of the leftovers is not.
    return target / Path(tempfile.mkdtemp(prefix=STAGING, dir=target)).name


def _publish(staged: StagedFolder) -> None:
    """Bring the files to their places; between any two steps a manifest stands for whole files.

    The top manifest goes first and comes last. Meanwhile those of parts go, the files come, each
    part's manifest once its files are there, and what is obsolete goes.
    """
    target = staged.target
    obsolete = staged.listed - staged.kept
    if staged.sync:
        for name in staged.names:
            flush(staged.path / name)
    manifests = [name for name in staged.names if _is_manifest(name)]
    (target / MANIFEST).unlink(missing_ok=True)
    for name in sorted(obsolete):
        if _is_manifest(name) and name not in manifests:
            _remove_listed(target, name)
    for name in manifests:
        (target / name).unlink(missing_ok=True)
    if staged.sync:
        flush(target)  # no old manifest may come back over new files
    files = [name for name in staged.names if not _is_manifest(name)]
    for name in [*files, *manifests]:  # that of a part once its files are there
        if name != MANIFEST:
            (target / name).parent.mkdir(parents=True, exist_ok=True)
            os.replace(staged.path / name, target / name)
    for name in sorted(obsolete - set(staged.names)):
        _remove_listed(target, name)
    if staged.sync:
        flush(target)
    os.replace(staged.path / MANIFEST, target / MANIFEST)
    if staged.sync:
        flush(target)


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
    """Raise OutputError where a file cannot come to its place, before anything is changed."""
    for name in staged.names:
        path = staged.target / name
        if path.is_dir():
            raise OutputError(str(path), "is a folder where a file is to be", "move it away")
        folder = path.parent
        if (folder.exists() or folder.is_symlink()) and not folder.is_dir():
            raise OutputError(str(folder), "is a file where a folder is to be", "move it away")
        if folder.is_dir() and not os.access(folder, os.W_OK | os.X_OK):
            raise disk_error(str(folder), PermissionError(errno.EACCES, "Permission denied"))
        if name != MANIFEST and _is_manifest(name) and _is_own_output(folder):
            cause = "holds an output of its own, which would be replaced"
            raise OutputError(str(folder), cause, "name another folder by -o, or move it away")


def _is_own_output(folder: Path) -> bool:
    """Whether a folder in another one is an output of its own, and not a part.

    Raises OutputError where its manifest is not one of ours.
    """
    return (folder / MANIFEST).exists() and read_manifest(folder).get("part") != folder.name


def _listed_before(target: Path) -> set[str]:
    """The names that earlier runs listed, also those that died while they published.

    What now lies in the place of a part and is an output of its own is left out.
    """
    names = set[str]().union(*map(output_names, manifests_before(target)))
    for leftover in target.glob(f"{STAGING}*/"):
        with suppress(OSError, ValueError, TypeError, RecursionError):
            saved = json.loads((leftover / _OBSOLETE).read_bytes())
            names |= output_names({"outputs": [{"name": name} for name in saved]})
    names.discard(MANIFEST)
    for folder in {name.partition("/")[0] for name in names if "/" in name}:
        with suppress(OutputError):  # what holds a manifest of others is looked at when it is due
            if _is_own_output(target / folder):
                names = {name for name in names if not name.startswith(f"{folder}/")}
    return names


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
