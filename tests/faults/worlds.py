"""What do faults strike? Commands that write, with the outputs before and after."""

from __future__ import annotations

import hashlib
import json
import shutil
import subprocess
from collections.abc import Iterator, Mapping, Sequence
from contextlib import chdir
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import pytest

import embedprep
from embedprep.cli.main import cli
from embedprep.errors import OutputError
from tests.faults.places import PYTHON
from tests.faults.test_publication import Tree, text_of_words, tree

JOBS = {
    "run": ("run {text} -o {target}", "out"),
    "vocab": ("vocab {text} -o {target}", "v.json"),
    "encode": ("encode {text} --vocab rows/vocab.json -o {target}", "x.npy"),
    "embed": ("embed rows --matrix m.npy --reduce {reduce} -o {target}", "sums.npy"),
    "matrix": ("matrix --vocab rows/vocab.json --dim 8 --seed {seed} -o {target}", "new.npy"),
    "skipgrams": ("skipgrams few --seed {seed} -o {target}", "pairs"),
}
"""Each command that writes, with what makes its old output differ from its new one."""

KEEPING = {"resume": ("run {text} --rows-per-shard 200 --resume -o {target}", "out")}
"""A command that keeps what is finished when it ends early."""

OLD = {"text": "old.txt", "reduce": "mean", "seed": "1"}
NEW = {"text": "new.txt", "reduce": "max", "seed": "2"}

MINE = {"notes.txt": b"mine", "sub/labels.npy": b"mine too"}
"""Files of the user's, in every folder that is written into."""


PIECE_BYTES = 64 << 20
"""Of how many bytes each digest of a manifest is."""


class Ended(NamedTuple):
    """How a process ended, and what it said on stderr."""

    status: int
    said: str


class Job(NamedTuple):
    """A command in `folder`, and the file or folder `target` that it writes: before and after.

    `old` is what the target holds before: nothing, or files of the user's alone, where there is no
    old output.
    """

    folder: Path
    arguments: list[str]
    target: Path
    old: Tree
    new: Tree

    @property
    def command(self) -> list[str]:
        return [*PYTHON, *self.arguments]

    def set_back(self) -> None:
        """Put the old output into its place."""
        remove(self.target)
        before = self.folder / "before" / self.target.name
        if before.is_dir():
            shutil.copytree(before, self.target)
        elif before.exists():
            shutil.copy(before, self.target)

    def state(self) -> str:
        """What the target holds; an AssertionError where that is half an output, a foreign one, or
        none where there was one, or where files of the user's are gone.

        An unfinished folder is refused by `load`, and all in it is of the old or the new output.
        """
        seen = {name: data for name, data in contents(self.target).items() if is_plain(name)}
        if seen == self.new:
            assert_as_told(self.target)
            return "new output whole"
        old, written = without_mine(self.old), without_mine(seen)
        if seen == self.old and old:
            return "old output untouched"
        mine = self.old.keys() - old.keys()
        assert {name: seen.get(name) for name in mine} == {name: self.old[name] for name in mine}
        if not old and not written:
            return "no output"
        assert written, f"{self.target.name} had an output and has none"
        assert self.target.is_dir(), f"{self.target.name} is neither the old file nor the new one"
        assert "manifest.json" not in seen
        with pytest.raises(OutputError, match="has no manifest"):
            embedprep.load(self.target)
        for name, data in written.items():
            assert data in (self.old.get(name), self.new.get(name)), name
        return "no manifest, refused"

    def others(self) -> dict[str, bytes]:
        """All that the command has no business with."""
        own = {self.target.name, "before"}
        return {
            name: data
            for name, data in tree(self.folder).items()
            if name.partition("/")[0] not in own and is_plain(name)
        }

    def mend(self) -> None:
        """Run the command to its end: the new output is there, and nothing else any more."""
        assert call(self.folder, *self.arguments) is None
        assert contents(self.target) == self.new
        assert leftovers(self.folder) == []


def is_plain(name: str) -> bool:
    return ".embedprep-" not in name


def without_mine(files: Tree) -> Tree:
    """What of a target is not the user's."""
    folders = {name.rpartition("/")[0] + "/" for name in MINE}
    return {name: data for name, data in files.items() if name not in folders.union(MINE)}


def leftovers(folder: Path) -> list[str]:
    """All temporary files and folders below a folder."""
    return [str(path) for path in folder.rglob("*.embedprep-*")]


def contents(path: Path) -> Tree:
    """The files of an output, or a single file by an empty name; none where there is none."""
    return tree(path) if path.is_dir() else {"": path.read_bytes()} if path.exists() else {}


def remove(path: Path) -> None:
    if path.is_dir():
        shutil.rmtree(path)
    else:
        path.unlink(missing_ok=True)


def start(
    folder: Path, *arguments: str, prefix: Sequence[str] = (), **options: Any
) -> subprocess.Popen[bytes]:
    """Start the program in a folder; `options` are those of Popen."""
    null, pipe = subprocess.DEVNULL, subprocess.PIPE
    chosen: dict[str, Any] = {"stdin": null, "stdout": null, "stderr": pipe} | options
    return subprocess.Popen([*prefix, *PYTHON, *arguments], cwd=folder, **chosen)


def end(process: subprocess.Popen[bytes]) -> Ended:
    """Wait for the end of a program; it has a minute."""
    try:
        _, said = process.communicate(timeout=60)
    except subprocess.TimeoutExpired:
        process.kill()
        raise
    return Ended(process.returncode, (said or b"").decode(errors="replace"))


def run(folder: Path, *arguments: str, prefix: Sequence[str] = (), **options: Any) -> Ended:
    return end(start(folder, *arguments, prefix=prefix, **options))


def call(folder: Path, *arguments: str) -> BaseException | None:
    """Run a command in this process, which is quicker; the error that ended it."""
    with chdir(folder):
        try:
            cli.main(list(arguments), prog_name="embedprep", standalone_mode=False)
        except (Exception, SystemExit) as error:  # noqa: BLE001 - it is looked at by the caller
            return error
    return None


def manifests(folder: Path) -> Iterator[tuple[Path, dict[str, Any]]]:
    for path in folder.rglob("manifest.json"):
        yield path.parent, json.loads(path.read_bytes())


def assert_as_told(target: Path) -> None:
    """Every file of an output has the size, the digest, the shape and type of its manifest."""
    for folder, manifest in manifests(target) if target.is_dir() else ():
        assert manifest["outputs"]
        for output in manifest["outputs"]:
            data = (folder / output["name"]).read_bytes()
            pieces = [data[at : at + PIECE_BYTES] for at in range(0, len(data), PIECE_BYTES)]
            digests = [hashlib.sha256(piece).hexdigest() for piece in pieces]
            assert (len(data), digests) == (output["bytes"], output["sha256"])
            if "shape" in output:
                array = np.load(folder / output["name"])
                assert (list(array.shape), array.dtype.name) == (output["shape"], output["dtype"])


def make_world(folder: Path) -> None:
    """Two texts, rows of one of them, fewer rows, and a matrix."""
    (folder / "old.txt").write_bytes(text_of_words(300, 0))
    (folder / "new.txt").write_bytes(text_of_words(900, 1))
    (folder / "few.txt").write_bytes(text_of_words(40, 2))
    for name, data in MINE.items():
        (folder / name).parent.mkdir(exist_ok=True)
        (folder / name).write_bytes(data)
    for command in (
        "run new.txt -q -o rows",
        "run few.txt -q -o few",
        "matrix --vocab rows/vocab.json --dim 8 -q -o m.npy",
    ):
        assert call(folder, *command.split()) is None


def make_job(name: str, folder: Path, is_new: bool, facts: Mapping[str, str] = NEW) -> Job:
    """One of these commands in the folder of a world; `is_new` where it finds no old output."""
    told, target = (JOBS | KEEPING)[name]
    (folder / "before").mkdir()
    outputs: dict[str, Tree] = {"old": {}}
    for age, chosen in (("new", facts), ("old", OLD)):
        if age == "old" and is_new:
            break
        output = folder / "before" / target
        is_folder = "." not in target
        for mine, data in MINE.items() if is_folder and not is_new else ():
            (output / mine).parent.mkdir(parents=True, exist_ok=True)
            (output / mine).write_bytes(data)
        arguments = told.format(target=f"before/{target}", **chosen).split()
        assert call(folder, *arguments, "-q") is None
        outputs[age] = contents(output)
        if age == "new":
            remove(output)
    arguments = [*told.format(target=target, **facts).split(), "-q"]
    return Job(folder, arguments, folder / target, outputs["old"], outputs["new"])
