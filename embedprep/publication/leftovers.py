"""What did dead runs leave? What nobody locks."""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

from embedprep.errors import OutputError
from embedprep.manifest import MANIFEST, read_manifest
from embedprep.places import Place, Url
from embedprep.publication.locks import try_lock

STAGING = ".embedprep-"
"""How the names of temporary files and folders begin, those of files behind that of the file."""

CLAIM = f"{STAGING}claim.json"
"""The object by which a run at an address says what it is about to write."""

KEPT = f"{STAGING}kept"
"""The name of a staging folder that outlives its run, for another to go on with."""


def manifests_before(target: Place) -> Iterator[dict[str, Any]]:
    """The manifest of an output, and those of runs that died while they published it."""
    if (target / MANIFEST).exists():
        yield read_manifest(target)
    if isinstance(target, Url):
        yield from read_claim(target)
        return
    for leftover in target.glob(f"{STAGING}*/"):
        with suppress(OutputError):
            yield read_manifest(leftover)


def read_claim(target: Url) -> Iterator[dict[str, Any]]:
    """What a run says that writes at an address, or that died there: like a manifest, if any."""
    with suppress(FileNotFoundError, ValueError, RecursionError):
        claim = json.loads((target / CLAIM).read_bytes())
        if isinstance(claim, dict):
            yield claim


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
