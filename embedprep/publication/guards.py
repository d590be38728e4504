"""Which files must an output not replace?"""

from __future__ import annotations

import os
import stat
from collections.abc import Collection, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any

from embedprep.errors import OutputError
from embedprep.listing import output_names, shards_of
from embedprep.manifest import MANIFEST, read_manifest, told_kind
from embedprep.places import Place, RemoteError, Url, place_of
from embedprep.publication.leftovers import STAGING, manifests_before


def refuse_part_of_output(target: Place, remedy: str) -> None:
    """Raise OutputError where a whole output lists the target, or files in it, or where it is the
    manifest of one; and where it has the name of what runs leave behind, which is cleared.
    """
    place = target if isinstance(target, Url) else Path(os.path.realpath(target))
    if isinstance(place, Path) and any(part.startswith(STAGING) for part in place.parts):
        cause = (
            f"has a name with {STAGING}, as what a run that has died leaves, and would be removed"
        )
        raise OutputError(str(target), cause, "name another")
    manifest = _manifest_if_any(place.parent)
    listed = {MANIFEST} | output_names(manifest) | shards_of(manifest).keys() if manifest else set()
    if any(name == place.name or name.startswith(f"{place.name}/") for name in listed):
        raise OutputError(str(target), "is part of a whole output", remedy)


def _manifest_if_any(folder: Place) -> dict[str, Any]:
    """The manifest of an output, empty where there is none, or none of ours.

    Raises OutputError where a server does not tell.
    """
    try:
        return read_manifest(folder)
    except OutputError as error:
        if isinstance(error.__cause__, RemoteError):
            raise
        return {}


def refuse_other_kind(target: Place, kind: str) -> None:
    """Raise OutputError where an output of another kind would be removed, whole or not.

    Nobody means to remove the rows of a text by writing its pairs.
    """
    for manifest in manifests_before(target):
        if output_names(manifest) and manifest.get("kind") != kind:
            cause = f"holds {told_kind(manifest)}, which would be removed"
            remedy = "name another folder by -o, or remove that one first"
            raise OutputError(str(target), cause, remedy)


def refuse_to_replace(inputs: Sequence[str | Place], target: Place, names: Collection[str]) -> None:
    """Raise OutputError where a folder of files of these names would replace or remove an input."""
    for name in inputs:
        place = place_of(name)
        if isinstance(place, Path) and isinstance(target, Path) and _is_leftover(place, target):
            cause = f"lies in {target / STAGING}…, which is removed as what a dead run has left"
            raise OutputError(str(place), cause, "copy it to another place")
    replaced = {*names, MANIFEST} | output_names(_manifest_if_any(target))
    refuse_to_overwrite(inputs, [target / name for name in sorted(replaced)])


def _is_leftover(path: Path, target: Path) -> bool:
    """Whether a path leads into what dead runs have left in a folder."""
    within, folder = Path(os.path.realpath(path)), Path(os.path.realpath(target))
    return within.is_relative_to(folder) and str(within.relative_to(folder)).startswith(STAGING)


def refuse_to_overwrite(inputs: Sequence[str | Place], outputs: Sequence[Place]) -> None:
    """Raise OutputError where an output is the same file as an input; `-` is standard input.

    Addresses are the same where they read alike.
    """
    there = [place_of(item) for item in inputs]
    addresses = {place.identity for place in there if isinstance(place, Url)}
    for output in outputs:
        if isinstance(output, Url) and output.identity in addresses:
            raise _overwritten(output)
    files = [output for output in outputs if isinstance(output, Path)]
    _refuse_same_file([place for place in there if isinstance(place, Path)], files)


def _overwritten(output: Place) -> OutputError:
    return OutputError(str(output), "is also an input and would be overwritten", "name another -o")


def _refuse_same_file(inputs: Sequence[Path], outputs: Sequence[Path]) -> None:
    there: dict[tuple[int, int], Path] = {}
    for output in outputs:
        with suppress(OSError, ValueError):  # it does not exist, or cannot
            facts = os.stat(output)
            there.setdefault((facts.st_dev, facts.st_ino), output)
    for name in inputs:
        with suppress(OSError):  # it does not exist, which is told when it is read
            facts = os.fstat(0) if str(name) == "-" else os.stat(name)
            replaced = there.get((facts.st_dev, facts.st_ino))
            if replaced is not None and stat.S_ISREG(facts.st_mode):
                raise _overwritten(replaced)
