"""What is known of an output while it is made?

The files of it that are to come, and those that earlier runs listed.
"""

from __future__ import annotations

import json
from collections.abc import Collection, Iterable, Iterator
from contextlib import suppress
from pathlib import Path

from embedprep.digests import Digest
from embedprep.errors import OutputError
from embedprep.listing import output_names
from embedprep.manifest import MANIFEST, read_manifest
from embedprep.npy import WrittenFile
from embedprep.places import Place
from embedprep.publication.leftovers import STAGING, manifests_before

OBSOLETE = "obsolete.json"


class StagedFolder:
    """The files of one output, not yet visible. `path / name` is where a file is written.

    `listed` are the names of what earlier runs wrote; those that are not written again go.
    """

    def __init__(
        self,
        target: Place,
        path: Path,
        listed: Collection[str],
        *,
        sync: bool = False,
        is_kept: bool = False,
    ) -> None:
        self.target = target
        self.path = path
        self.sync = sync
        self.is_kept = is_kept
        self.listed = frozenset(listed)
        self.names: list[str] = []
        self.kept: set[str] = set()

    @property
    def obsolete(self) -> frozenset[str]:
        """What may have to go: of these, those that are not written again."""
        return self.listed - self.kept

    def keep(self, names: Iterable[str]) -> None:
        """Leave files in place that an old manifest lists and the new one goes on listing."""
        self.kept.update(names)

    @property
    def checkpoints(self) -> Path:
        """Where it is kept how far a run has come that another is to go on with."""
        return self.path / "kept"

    @property
    def n_bytes(self) -> int:
        """The bytes of the files of an earlier run, its checkpoints left out."""
        return sum(path.stat().st_size for path in self._files())

    def clear(self) -> None:
        """Remove the files of an earlier run, its checkpoints left out."""
        for path in list(self._files()):
            path.unlink()

    def _files(self) -> Iterator[Path]:
        for path in self.path.rglob("*"):
            is_other = path == self.path / OBSOLETE or self.checkpoints in path.parents
            if path.is_file() and not is_other:
                yield path

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


def is_manifest(name: str) -> bool:
    """Whether a name in an output is that of a manifest, of a part or of all."""
    return name.rpartition("/")[2] == MANIFEST


def refuse_own_outputs(staged: StagedFolder) -> None:
    """Raise OutputError where a part would come to lie over an output of its own."""
    for name in staged.names:
        if name == MANIFEST or not is_manifest(name):
            continue
        folder = staged.target / name.removesuffix(f"/{MANIFEST}")
        if is_own_output(folder):
            cause = "holds an output of its own, which would be replaced"
            raise OutputError(str(folder), cause, "name another folder by -o, or move it away")


def is_own_output(folder: Place) -> bool:
    """Whether a folder in another one is an output of its own, and not a part.

    Raises OutputError where its manifest is not one of ours.
    """
    return (folder / MANIFEST).exists() and read_manifest(folder).get("part") != folder.name


def listed_before(target: Place) -> set[str]:
    """The names that earlier runs listed, also those that died while they published.

    What now lies in the place of a part and is an output of its own is left out.
    """
    names = set[str]().union(*map(output_names, manifests_before(target)))
    for leftover in target.glob(f"{STAGING}*/") if isinstance(target, Path) else ():
        with suppress(OSError, ValueError, TypeError, RecursionError):
            saved = json.loads((leftover / OBSOLETE).read_bytes())
            names |= output_names({"outputs": [{"name": name} for name in saved]})
    names.discard(MANIFEST)
    for folder in {name.partition("/")[0] for name in names if "/" in name}:
        with suppress(OutputError):  # what holds a manifest of others is looked at when it is due
            if is_own_output(target / folder):
                names = {name for name in names if not name.startswith(f"{folder}/")}
    return names
