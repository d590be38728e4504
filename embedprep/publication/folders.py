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
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from embedprep.errors import OutputError
from embedprep.manifest import MANIFEST
from embedprep.npy import disk_error
from embedprep.places import Place, Url
from embedprep.publication.flushing import flush
from embedprep.publication.guards import refuse_other_kind, refuse_part_of_output
from embedprep.publication.leftovers import KEPT, STAGING, clear_leftovers
from embedprep.publication.locks import lock_folder, unlock
from embedprep.publication.signals import held_signals
from embedprep.publication.staging import (
    OBSOLETE,
    StagedFolder,
    is_manifest,
    listed_before,
    refuse_own_outputs,
)


@contextmanager
def staged_folder(
    target: Place, kind: str, sync: bool = False, *, is_kept: bool = False
) -> Iterator[StagedFolder]:
    """A staging folder that is published into `target` when the block ends without an error.

    One of its files must be the manifest. Until then an old output in `target` is untouched, and
    after an error it still is, unless that struck while publishing: then the folder has no
    manifest. Files that no manifest lists are the user's and stay. One that `is_kept` stays where
    the block ends with an error, or never, and is the next one's that is to be kept; others clear
    it away.

    Raises OutputError where the folder cannot be written, holds a foreign manifest or an output of
    another `kind`, is being written by another run, or has no locks and is to be kept.
    """
    refuse_part_of_output(target, "name another folder, or that of the whole output")
    if isinstance(target, Url):
        from embedprep.publication.objects import staged_for_address

        with staged_for_address(target, kind) as staged_elsewhere:
            yield staged_elsewhere
        return
    made: list[Path] = []
    lock: int | None = None
    staged: StagedFolder | None = None
    try:
        with held_signals():
            _make_folder(target, made)
            lock = lock_folder(target, is_needed=is_kept)  # that staging is everybody's
            refuse_other_kind(target, kind)
            listed = listed_before(target)
            staging = _make_staging(target, is_kept=is_kept)
            staged = StagedFolder(target, staging, listed, sync=sync, is_kept=is_kept)
            (staged.path / OBSOLETE).write_text(json.dumps(sorted(listed)))
            clear_leftovers(target, STAGING, keep=staged.path)
        yield staged
        _check_places(staged, target)
        with held_signals():
            _publish(staged, target)
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
        if staging.is_symlink():
            staging.unlink()  # what it leads to is not ours
        elif any(path.is_symlink() for path in staging.rglob("*")):
            shutil.rmtree(staging)
        staging.mkdir(exist_ok=True)
        return staging
    # Python makes the path absolute from 3.12 on; that of the leftovers is not.
    return target / Path(tempfile.mkdtemp(prefix=STAGING, dir=target)).name


def _publish(staged: StagedFolder, target: Path) -> None:
    """Bring the files to their places; between any two steps a manifest stands for whole files.

    The top manifest goes first and comes last. Meanwhile those of parts go, the files come, each
    part's manifest once its files are there, and what is obsolete goes.
    """
    obsolete = staged.obsolete
    if staged.sync:
        for name in staged.names:
            flush(staged.path / name)
    manifests = [name for name in staged.names if is_manifest(name)]
    (target / MANIFEST).unlink(missing_ok=True)
    for name in sorted(obsolete):
        if is_manifest(name) and name not in manifests:
            _remove_listed(target, name)
    for name in manifests:
        (target / name).unlink(missing_ok=True)
    if staged.sync:
        flush(target)  # no old manifest may come back over new files
    files = [name for name in staged.names if not is_manifest(name)]
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


def _check_places(staged: StagedFolder, target: Path) -> None:
    """Raise OutputError where a file cannot come to its place, before anything is changed."""
    for name in staged.names:
        path = target / name
        if path.is_dir():
            raise OutputError(str(path), "is a folder where a file is to be", "move it away")
        folder = path.parent
        if (folder.exists() or folder.is_symlink()) and not folder.is_dir():
            raise OutputError(str(folder), "is a file where a folder is to be", "move it away")
        if folder.is_dir() and not os.access(folder, os.W_OK | os.X_OK):
            raise disk_error(str(folder), PermissionError(errno.EACCES, "Permission denied"))
    refuse_own_outputs(staged)


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
