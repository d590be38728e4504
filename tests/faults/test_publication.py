"""Is an output whole or absent at every moment, whatever ends the run that writes it?

Runs are struck by signals at every change that they make to the file system.
"""

from __future__ import annotations

import fcntl
import hashlib
import itertools
import json
import os
import shutil
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple

import numpy as np
import pytest

import embedprep
from embedprep import pipeline
from embedprep.errors import OutputError
from embedprep.publication import held_signals
from embedprep.settings import RowSettings, VocabularySettings
from embedprep.sources import Reader, Reading
from tests.faults.figures import times
from tests.warm import Warm

CLI = [sys.executable, "-m", "embedprep"]


@pytest.fixture(scope="module")
def warm(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Warm]:
    warm = Warm(tmp_path_factory.mktemp("warm"))
    yield warm
    warm.close()


# Outputs and how to judge them.

Tree = dict[str, bytes]
MINE: Tree = {
    "notes.txt": b"not embedprep's",
    "mine/": b"",
    "mine/labels.npy": b"neither",
    ".embedprep.toml": b"nor this",
}


def tree(folder: Path) -> Tree:
    """The files under a folder and what they hold; the folders, with a slash, hold nothing."""
    return {
        path.relative_to(folder).as_posix() + "/" * path.is_dir(): b""
        if path.is_dir()
        else path.read_bytes()
        for path in folder.rglob("*")
    }


def leftovers(folder: Path) -> list[str]:
    return [name for name in os.listdir(folder) if ".embedprep-" in name]


def add_file(folder: Path, name: str) -> None:
    """Put one more array into an output, and into its manifest, as an earlier version may have."""
    path = folder / name
    path.parent.mkdir(exist_ok=True)
    np.save(path, np.arange(7))
    data = path.read_bytes()
    manifest = json.loads((folder / "manifest.json").read_bytes())
    manifest["outputs"].append(
        {
            "name": name,
            "bytes": len(data),
            "sha256": [hashlib.sha256(data).hexdigest()],
            "shape": [7],
            "dtype": "int64",
        }
    )
    (folder / "manifest.json").write_text(json.dumps(manifest), encoding="utf-8")


def assert_whole(folder: Path) -> None:
    """Every file has the size, digest, shape and dtype that the manifest tells."""
    manifest = json.loads((folder / "manifest.json").read_bytes())
    assert {"sequences.npy", "lengths.npy", "vocab.json"} <= {
        o["name"] for o in manifest["outputs"]
    }
    for output in manifest["outputs"]:
        data = (folder / output["name"]).read_bytes()
        digests = [hashlib.sha256(data).hexdigest()]  # files of these tests have one piece
        assert (len(data), digests) == (output["bytes"], output["sha256"])
        if "shape" in output:
            array = np.load(folder / output["name"])
            assert (list(array.shape), array.dtype.name) == (output["shape"], output["dtype"])


class World(NamedTuple):
    """`text` in `folder`, an earlier `output` of another text, and what either output holds."""

    folder: Path
    text: Path
    output: Path
    old: Tree
    new: Tree

    @property
    def command(self) -> list[str | Path]:
        return ["run", self.text, "-q", "--tokenizer", "keras", "-o", "out"]

    def copy(self) -> Path:
        """A new copy of the earlier output at `folder / out`, where `command` writes."""
        out = self.folder / "out"
        shutil.rmtree(out, ignore_errors=True)
        shutil.copytree(self.output, out)
        return out

    def state(self, out: Path) -> str:
        """Which output a folder holds; an error where it is neither whole nor refused."""
        seen = {name: data for name, data in tree(out).items() if ".embedprep-" not in name}
        if "manifest.json" not in seen:
            with pytest.raises(OutputError, match=r"has no manifest\.json, so it is unfinished"):
                embedprep.load(out)
            return "unfinished"
        assert_whole(out)
        embedprep.load(out)
        assert seen in (self.old, self.new)
        return "old" if seen == self.old else "new"


def make_world(folder: Path, warm: Warm, old: bytes, new: bytes) -> World:
    (folder / "old.txt").write_bytes(old)
    (folder / "new.txt").write_bytes(new)
    for name in ("old", "new"):
        made = ["run", f"{name}.txt", "-q", "--tokenizer", "keras", "-o", name]
        assert warm.run(*made, folder=folder) == 0
        (folder / name / "mine").mkdir()
        for path, data in MINE.items():
            if not path.endswith("/"):
                (folder / name / path).write_bytes(data)
    add_file(folder / "old", "labels.npy")
    add_file(folder / "old", "test/labels.npy")
    output = folder / "old"
    return World(folder, Path("new.txt"), output, tree(output), tree(folder / "new"))


def small_world(folder: Path, warm: Warm) -> World:
    old = b"the cat\nsat\n" * 20
    return make_world(folder, warm, old, b"a new dog\n\nsaid good night\n" * 30)


@pytest.fixture
def world(warm: Warm, tmp_path: Path) -> World:
    return small_world(tmp_path, warm)


def strikes() -> Iterator[int]:
    return itertools.count(1)


def in_order(states: list[str]) -> list[str]:
    """The states without repetitions."""
    return [state for state, _ in itertools.groupby(states)]


# Killed.


def test_the_earlier_output_of_these_tests_is_one(world: World) -> None:
    assert_whole(world.output)
    assert embedprep.load(world.output).vocabulary.words == ("cat", "sat", "the")
    assert sorted(set(world.old) - set(world.new)) == ["labels.npy", "test/", "test/labels.npy"]
    assert MINE.items() <= world.new.items()


@pytest.mark.parametrize("moment", ["before", "after"])
def test_a_run_killed_at_any_change_leaves_a_whole_folder_or_none(
    moment: str, world: World, warm: Warm
) -> None:
    states = []
    for at in strikes():
        out = world.copy()
        status = warm.run(*world.command, folder=world.folder, strike=(signal.SIGKILL, moment, at))
        states.append(world.state(out))
        if status == 0:
            break
        assert status == -signal.SIGKILL

        assert warm.run(*world.command, folder=world.folder) == 0
        assert tree(out) == world.new

    assert in_order(states) == ["old", "unfinished", "new"]
    assert states.count("unfinished") >= 8  # three files come, two and a folder go, the manifest


def test_the_run_that_mends_can_be_killed_too(world: World, warm: Warm) -> None:
    def strike(at: int) -> tuple[int, str, int]:
        return signal.SIGKILL, "before", at

    n_mended = 0
    for first in strikes():
        out = world.copy()
        if warm.run(*world.command, folder=world.folder, strike=strike(first)) == 0:
            break
        if world.state(out) != "unfinished" or first % times(3, 6):  # they are many
            continue
        shutil.copytree(out, world.folder / "unfinished")
        states = []
        for second in strikes():
            shutil.rmtree(out)
            shutil.copytree(world.folder / "unfinished", out)
            status = warm.run(*world.command, folder=world.folder, strike=strike(second))
            states.append(world.state(out))
            if status == 0:
                break
            assert warm.run(*world.command, folder=world.folder) == 0
            assert tree(out) == world.new
            n_mended += 1
        assert in_order(states) == ["unfinished", "new"]
        shutil.rmtree(world.folder / "unfinished")
    assert n_mended > times(30, 15)


def test_a_first_run_killed_leaves_no_output_that_loads(world: World, warm: Warm) -> None:
    out = world.folder / "out"
    for at in strikes():
        shutil.rmtree(out, ignore_errors=True)
        status = warm.run(
            *world.command, folder=world.folder, strike=(signal.SIGKILL, "before", at)
        )
        if status == 0:
            break
        if not (out / "manifest.json").exists():
            with pytest.raises(OutputError):
                embedprep.load(out)
        assert warm.run(*world.command, folder=world.folder) == 0
        assert tree(out) | MINE == world.new
    assert at > 10


def test_another_command_mends_too(world: World, warm: Warm) -> None:
    """What `run` leaves half published, `encode` into the same folder completes."""
    encode = ("encode", world.text, "-q", "--vocab", "old/vocab.json", "-o", "out")
    assert warm.run(*encode, folder=world.folder) == 0
    expected = tree(world.folder / "out") | MINE
    for at in strikes():
        out = world.copy()
        status = warm.run(*world.command, folder=world.folder, strike=(signal.SIGKILL, "after", at))
        if status == 0:
            break
        assert warm.run(*encode, folder=world.folder) == 0
        assert tree(out) == expected


# Interrupted and terminated.


class Struck(NamedTuple):
    """What became of a run that a signal reached."""

    status: int
    said: str
    state: str
    leftovers: list[str]


@pytest.fixture(
    scope="module",
    params=[(signal.SIGINT, times(3, 9)), (signal.SIGTERM, times(1, 3))],
    ids=["INT", "TERM"],
)
def struck_at_each_line(
    request: pytest.FixtureRequest, warm: Warm, tmp_path_factory: pytest.TempPathFactory
) -> list[Struck]:
    """Runs that a signal reached at one line of the publication each, and one that it did not.

    Fewer lines for SIGINT, which is held alike.
    """
    number, step = request.param
    world = small_world(tmp_path_factory.mktemp("lines"), warm)
    outcomes: list[Struck] = []
    for at in itertools.count(1, step):
        out = world.copy()
        status = warm.run(*world.command, folder=world.folder, strike=(number, "line", at))
        said = warm.err.read_text(encoding="utf-8").strip()
        outcomes.append(Struck(status, said, world.state(out), leftovers(out)))
        if status == 0:
            break
    assert len(outcomes) * step > 100
    return outcomes


@pytest.mark.slow
def test_a_signal_at_any_line_of_the_publication_leaves_a_whole_folder(
    struck_at_each_line: list[Struck],
) -> None:
    *struck, ended = struck_at_each_line
    assert ended == Struck(0, "", "new", [])
    assert in_order([each.state for each in struck]) == ["old", "new"]
    assert {(each.status, each.said) for each in struck} in (
        {(130, "embedprep: interrupted")},
        {(143, "embedprep: terminated")},
    )


@pytest.mark.slow
def test_a_signal_at_any_line_of_the_publication_leaves_no_staging_folder(
    struck_at_each_line: list[Struck],
) -> None:
    assert [each.leftovers for each in struck_at_each_line if each.leftovers] == []


@contextmanager
def heard(*numbers: int) -> Iterator[list[int]]:
    """Signals are noted down; a process started meanwhile finds them at their defaults."""
    received: list[int] = []
    before = {n: signal.signal(n, lambda number, frame: received.append(number)) for n in numbers}
    try:
        yield received
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def text_of_words(n_lines: int, seed: int) -> bytes:
    words = np.random.default_rng(seed).zipf(1.3, (n_lines, 12)) % 20_000
    return b"".join(b" ".join(b"w%d" % word for word in line) + b"\n" for line in words.tolist())


@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGINT, signal.SIGTERM])
def test_signals_at_random_moments(number: int, warm: Warm, tmp_path: Path) -> None:
    """Those at random moments of whole processes are among the tests of faults."""
    world = make_world(tmp_path, warm, text_of_words(1000, 0), text_of_words(6000, 1))
    random = np.random.default_rng(2)

    ends: dict[int, tuple[int, str]] = {
        signal.SIGINT: (130, "embedprep: interrupted"),
        signal.SIGTERM: (143, "embedprep: terminated"),
    }

    def check(status: int, said: str) -> str:
        assert status == 0 or (status, said) == ends.get(number, (-number, said))
        out = world.folder / "out"
        state = world.state(out)
        if status == 0:
            assert state == "new"
        if number != signal.SIGKILL:
            assert state in {"old", "new"}
            assert leftovers(out) == []
        else:
            assert warm.run(*world.command, folder=world.folder) == 0
            assert tree(out) == world.new
        return state

    # Slowed down at each change, so that most moments fall into the publication.
    world.copy()
    start = time.monotonic()
    warm.start(*world.command, folder=world.folder, stall=0.005)
    assert warm.end() == 0
    duration = time.monotonic() - start
    states = []
    # The first comes before anything is published, the last when all is.
    for moment in [0.02, *random.uniform(0, 1.2 * duration, times(14, 9)), 3 * duration + 1]:
        world.copy()
        process_id = warm.start(*world.command, folder=world.folder, stall=0.005)
        time.sleep(moment)
        os.kill(process_id, number)
        states.append(check(warm.end(), warm.err.read_text(encoding="utf-8").strip()))
    assert (states[0], states[-1]) == ("old", "new")
    assert set(states) <= {"old", "new"} | ({"unfinished"} if number == signal.SIGKILL else set())


# Errors and other runs.


def test_an_error_at_the_end_of_the_text_leaves_the_old_output(world: World, warm: Warm) -> None:
    out = world.copy()
    (world.folder / world.text).write_bytes(b"good line\n" * 1000 + b"\xff\n")
    assert warm.run(*world.command, folder=world.folder) == 1
    assert "new.txt:1001: byte 0xff" in warm.err.read_text(encoding="utf-8")
    assert tree(out) == world.old


def wait_for(condition: Callable[[], bool]) -> None:
    deadline = time.monotonic() + 20
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.01)


def run_cli(folder: Path, *arguments: str | Path) -> tuple[int, str, str]:
    done = subprocess.run(
        [*CLI, *arguments],
        cwd=folder,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        encoding="utf-8",
        check=False,
    )
    return done.returncode, done.stdout, done.stderr


BUSY = "another run is writing into this folder; wait for it, or name another"


def test_of_two_runs_into_one_folder_the_second_stops(world: World) -> None:
    out = world.copy()
    command = ["run", "-", *world.command[2:]]
    with subprocess.Popen([*CLI, *command], cwd=world.folder, stdin=subprocess.PIPE) as first:
        assert first.stdin is not None
        first.stdin.write(b"first\n")
        first.stdin.flush()
        wait_for(lambda: bool(leftovers(out)))
        staged = leftovers(out)

        assert run_cli(world.folder, *world.command) == (1, "", f"embedprep: out: {BUSY}\n")
        assert world.state(out) == "old"
        assert leftovers(out) == staged
        first.communicate(b"run\n")
    assert first.returncode == 0
    assert_whole(out)
    assert embedprep.load(out).vocabulary.words == ("first", "run")
    assert leftovers(out) == []


def test_the_lock_of_a_dead_run_is_free(world: World, warm: Warm) -> None:
    out = world.copy()
    with subprocess.Popen(
        [*CLI, "run", "-", "-q", "-o", "out"], cwd=world.folder, stdin=subprocess.PIPE
    ) as first:
        wait_for(lambda: bool(leftovers(out)))
        first.kill()
    assert len(leftovers(out)) == 1
    assert warm.run(*world.command, folder=world.folder) == 0
    assert tree(out) == world.new


def test_a_run_that_lost_the_race_leaves_no_folder_behind(warm: Warm, tmp_path: Path) -> None:
    (tmp_path / "a.txt").write_bytes(b"a\n")
    (tmp_path / "out").mkdir()
    descriptor = os.open(tmp_path / "out", os.O_RDONLY)
    fcntl.flock(descriptor, fcntl.LOCK_EX)
    try:
        assert warm.run("run", "a.txt", "-q", "-o", "out", folder=tmp_path) == 1
        assert BUSY in warm.err.read_text(encoding="utf-8")
    finally:
        os.close(descriptor)
    assert list((tmp_path / "out").iterdir()) == []


# Outputs of several parts.


PARTS = ("", "dev/", "test/", "validation/")


@pytest.fixture
def parted(world: World, warm: Warm) -> World:
    """The world, whose earlier output has parts and labels, with files of the user's in them."""
    folder = world.folder
    made = ["run", "x=old.txt", "y=old.txt", "--holdout", "dev=x=old.txt", "--split", "1/1/1"]
    shutil.rmtree(world.output)
    (folder / "old.txt").write_bytes(b"".join(b"word %d\n" % number for number in range(30)))
    assert warm.run(*made, "-q", "-o", "old", folder=folder) == 0
    (folder / "old" / "dev" / "notes.txt").write_bytes(b"mine")
    return world._replace(old=tree(world.output))


def states(out: Path) -> dict[str, bool]:
    """Which of the folders of an output are whole; all others are refused."""
    are_whole = {}
    for part in PARTS:
        if (out / part).is_dir():
            are_whole[part] = (out / part / "manifest.json").exists()
            if are_whole[part]:
                assert_whole(out / part)
                embedprep.load(out / part)
            else:
                with pytest.raises(OutputError, match=r"has no manifest\.json"):
                    embedprep.load(out / part)
    return are_whole


def test_each_part_is_an_output_of_its_own(parted: World, warm: Warm) -> None:
    assert states(parted.output) == dict.fromkeys(PARTS, True)
    whole = embedprep.load(parted.output)
    assert list(whole.parts) == ["validation", "test", "dev"]
    for name, part in whole.parts.items():
        alone = embedprep.load(parted.output / name)
        assert alone.labels is not None
        assert part.labels is not None
        np.testing.assert_array_equal(alone.sequences, part.sequences)
        np.testing.assert_array_equal(alone.labels, part.labels)
        assert alone.vocabulary == whole.vocabulary
        assert alone.classes == ("x", "y")
        assert alone.parts == {}
        decoded = parted.folder / "y.txt"
        assert warm.run("decode", f"old/{name}", "-o", decoded, folder=parted.folder) == 0
        assert decoded.read_text(encoding="utf-8").split("\n")[:-1] == whole.vocabulary.decode(
            part.sequences
        )


def test_a_run_without_parts_removes_the_old_ones(parted: World, warm: Warm) -> None:
    out = parted.copy()
    assert warm.run(*parted.command, folder=parted.folder) == 0
    expected = {name: data for name, data in parted.new.items() if name not in MINE}
    assert tree(out) == expected | {"dev/": b"", "dev/notes.txt": b"mine"}


@pytest.mark.parametrize(
    ("options", "moment"), [("", "before"), ("--split 98/1/1 --holdout dev=new.txt", "after")]
)
def test_a_run_over_parts_killed_leaves_each_folder_whole_or_refused(
    options: str, moment: str, parted: World, warm: Warm
) -> None:
    command = [*parted.command, *options.split()]
    out = parted.copy()
    assert warm.run(*command, folder=parted.folder) == 0
    expected = tree(out)

    seen = []
    step = times(1, 2)
    for at in itertools.count(1, step):
        out = parted.copy()
        status = warm.run(*command, folder=parted.folder, strike=(signal.SIGKILL, moment, at))
        are_whole = states(out)
        seen.append(are_whole[""])
        if are_whole[""]:
            whole = {name: data for name, data in tree(out).items() if ".embedprep-" not in name}
            assert whole in (parted.old, expected)
        if status == 0:
            break
        if at % 4 == 1:  # they are many
            assert warm.run(*command, folder=parted.folder) == 0
            assert tree(out) == expected
    assert [state for state, _ in itertools.groupby(seen)] == [True, False, True]
    assert seen.count(False) * step >= 16  # four files of each of four parts come or go


def test_no_folder_is_made_where_a_file_of_the_users_stands(world: World, warm: Warm) -> None:
    command = [*world.command, "--holdout", "dev=old.txt"]
    for name in ("file", "link"):
        out = world.copy()
        if name == "file":
            (out / "dev").write_bytes(b"mine")
        else:
            (out / "dev").symlink_to("notes.txt")
        before = tree(out)
        assert warm.run(*command, folder=world.folder) == 1
        said = "embedprep: out/dev: is a file where a folder is to be; move it away"
        assert warm.err.read_text(encoding="utf-8").strip() == said
        assert tree(out) == before


def test_a_foreign_manifest_in_the_folder_of_a_part_is_an_error(world: World, warm: Warm) -> None:
    out = world.copy()
    (out / "mine" / "manifest.json").write_bytes(b'{"name": "of a web page"}')
    before = tree(out)
    command = [*world.command, "--holdout", "mine=old.txt"]
    assert warm.run(*command, folder=world.folder) == 1
    said = warm.err.read_text(encoding="utf-8").strip()
    assert said.startswith("embedprep: out/mine/manifest.json: was not written by embedprep; ")
    assert tree(out) == before


def test_a_listed_manifest_does_not_lead_through_a_symlink(world: World, warm: Warm) -> None:
    out = world.copy()
    (world.folder / "outside").mkdir()
    (world.folder / "outside" / "manifest.json").write_bytes(b"alive")
    (out / "link").symlink_to("../outside")
    list_in_manifest(out, "link/manifest.json")
    assert warm.run(*world.command, folder=world.folder) == 0
    assert tree(world.folder / "outside") == {"manifest.json": b"alive"}


# Single files.


class Single(NamedTuple):
    """A command that writes one file, and what that holds before and after."""

    folder: Path
    command: list[str]
    target: Path
    old: bytes
    new: bytes


@pytest.fixture(params=["vocab", "encode", "decode"])
def single(request: pytest.FixtureRequest, warm: Warm, tmp_path: Path) -> Single:
    (tmp_path / "a.txt").write_bytes(b"the cat\nsat\n")
    assert warm.run("run", "a.txt", "-q", "-o", "made", folder=tmp_path) == 0
    name, command = {
        "vocab": ("v.json", ["vocab", "a.txt", "-q"]),
        "encode": ("x.npy", ["encode", "a.txt", "-q", "--vocab", "made/vocab.json"]),
        "decode": ("y.txt", ["decode", "made"]),
    }[request.param]
    target = tmp_path / "to" / name
    target.parent.mkdir()
    command = [*command, "-o", f"to/{name}"]
    assert warm.run(*command, folder=tmp_path) == 0
    new = target.read_bytes()
    target.write_bytes(b"old")
    return Single(tmp_path, command, target, b"old", new)


def test_single_files_hold_what_they_should(single: Single) -> None:
    assert (
        single.new
        == {
            "v.json": (single.folder / "made" / "vocab.json").read_bytes(),
            "x.npy": (single.folder / "made" / "sequences.npy").read_bytes(),
            "y.txt": b"the cat\nsat\n",
        }[single.target.name]
    )


@pytest.mark.parametrize("moment", ["before", "after"])
def test_a_run_killed_at_any_change_leaves_the_old_file_or_the_new_one(
    moment: str, single: Single, warm: Warm
) -> None:
    folder, name = single.target.parent, single.target.name
    others = {f".other{name}.embedprep-abc": b"", f".{name}2.embedprep-abc": b"1"}
    for other, data in others.items():
        (folder / other).write_bytes(data)
    seen = []
    for at in strikes():
        single.target.write_bytes(single.old)
        strike = signal.SIGKILL, moment, at
        status = warm.run(*single.command, folder=single.folder, strike=strike)
        seen.append(single.target.read_bytes())
        if status == 0:
            break
        assert status == -signal.SIGKILL
        assert warm.run(*single.command, folder=single.folder) == 0
        assert tree(folder) == {name: single.new} | others
    assert in_order([{single.old: "old", single.new: "new"}[data] for data in seen]) == [
        "old",
        "new",
    ]
    assert tree(folder) == {name: single.new} | others


def test_a_signal_at_any_line_of_the_publication_of_a_file_leaves_no_trace(
    single: Single, warm: Warm
) -> None:
    for at in itertools.count(1, times(1, 2)):
        single.target.write_bytes(single.old)
        status = warm.run(
            *single.command, folder=single.folder, strike=(signal.SIGTERM, "line", at)
        )
        assert list(single.target.parent.iterdir()) == [single.target]
        if status == 0:
            break
        assert status == 143
        assert single.target.read_bytes() in (single.old, single.new)
    assert at > 10


def test_a_file_that_another_run_is_writing_is_not_cleared(single: Single, warm: Warm) -> None:
    other = single.target.with_name(f".{single.target.name}.embedprep-xyz")
    other.write_bytes(b"being written")
    descriptor = os.open(other, os.O_RDONLY)
    fcntl.flock(descriptor, fcntl.LOCK_EX)
    try:
        assert warm.run(*single.command, folder=single.folder) == 0
        assert other.read_bytes() == b"being written"
    finally:
        os.close(descriptor)
    assert warm.run(*single.command, folder=single.folder) == 0
    assert tree(single.target.parent) == {single.target.name: single.new}


def test_two_runs_into_one_file_do_not_disturb_each_other(warm: Warm, tmp_path: Path) -> None:
    (tmp_path / "a.txt").write_bytes(b"second\n")
    command = [*CLI, "vocab", "-", "-q", "-o", "v.json"]
    with subprocess.Popen(command, cwd=tmp_path, stdin=subprocess.PIPE) as first:
        wait_for(lambda: bool(leftovers(tmp_path)))
        assert warm.run("vocab", "a.txt", "-q", "-o", "v.json", folder=tmp_path) == 0
        assert embedprep.Vocabulary.load(tmp_path / "v.json").words == ("second",)
        first.communicate(b"first\n")
    assert first.returncode == 0
    assert embedprep.Vocabulary.load(tmp_path / "v.json").words == ("first",)
    assert sorted(os.listdir(tmp_path)) == ["a.txt", "v.json"]


# What an old manifest may say.


def list_in_manifest(folder: Path, name: object) -> None:
    manifest = json.loads((folder / "manifest.json").read_bytes())
    manifest["outputs"].append({"name": name})
    (folder / "manifest.json").write_text(json.dumps(manifest), encoding="utf-8")


def list_in_leftover(folder: Path, name: object) -> None:
    """As if a run had been killed in its publication."""
    manifest = json.loads((folder / "manifest.json").read_bytes())
    names = [output["name"] for output in manifest["outputs"]]
    (folder / "manifest.json").unlink()
    (folder / ".embedprep-dead").mkdir()
    obsolete = json.dumps([*names, name])
    (folder / ".embedprep-dead" / "obsolete.json").write_text(obsolete, encoding="utf-8")


both_lists = pytest.mark.parametrize("add", [list_in_manifest, list_in_leftover])


@both_lists
@pytest.mark.parametrize(
    "name",
    [
        "../victim",
        "..\\victim",
        "test/../../victim",
        "./../victim",
        "mine/../../victim",
        "{victim}",
        "/{victim}",
        "C:victim",
        "../out/../victim",
        "..",
        ".",
        "",
        "/",
        "victim\0",
        None,
        7,
    ],
)
def test_a_hostile_name_deletes_nothing(
    name: str | None, add: Callable[[Path, object], None], world: World, warm: Warm
) -> None:
    out = world.copy()
    victim = world.folder / "victim"
    victim.write_bytes(b"alive")
    add(out, name.format(victim=victim) if isinstance(name, str) else name)
    assert warm.run(*world.command, folder=world.folder) == 0
    assert victim.read_bytes() == b"alive"
    assert tree(out) == world.new


@both_lists
def test_a_listed_name_does_not_lead_through_a_symlink(
    add: Callable[[Path, object], None], world: World, warm: Warm
) -> None:
    out = world.copy()
    (world.folder / "outside").mkdir()
    (world.folder / "outside" / "victim").write_bytes(b"alive")
    (out / "link").symlink_to("../outside")
    add(out, "link/victim")
    assert warm.run(*world.command, folder=world.folder) == 0
    assert tree(world.folder / "outside") == {"victim": b"alive"}


@both_lists
@pytest.mark.parametrize("name", ["mine", "notes.txt/x", "x" * 300, "\ud800"])
def test_a_listed_name_that_cannot_be_deleted_does_no_harm(
    name: str, add: Callable[[Path, object], None], world: World, warm: Warm
) -> None:
    """It is left alone, or refused before anything is touched."""
    out = world.copy()
    add(out, name)
    before = tree(out)
    status = warm.run(*world.command, folder=world.folder)
    assert "Traceback" not in warm.err.read_text(encoding="utf-8")
    if status == 1:
        assert tree(out) == before
    else:
        assert status == 0
        assert_whole(out)
        assert MINE.items() <= tree(out).items()


@pytest.mark.parametrize("name", [[], {}])
def test_a_name_that_is_no_text_is_no_name(name: object, world: World, warm: Warm) -> None:
    out = world.copy()
    list_in_manifest(out, name)
    assert warm.run(*world.command, folder=world.folder) == 0
    assert tree(out) == world.new


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"[",
        b'{"a": 1}',
        b"\xff",
        b"7",
    ],
)
def test_a_broken_leftover_is_cleared(content: bytes, world: World, warm: Warm) -> None:
    out = world.copy()
    (out / ".embedprep-dead").mkdir()
    (out / ".embedprep-dead" / "obsolete.json").write_bytes(content)
    assert warm.run(*world.command, folder=world.folder) == 0
    assert tree(out) == world.new


def test_files_of_a_run_that_died_before_its_manifest_came_go_too(world: World, warm: Warm) -> None:
    """As if a run that makes labels had been killed, and this one makes none."""
    out = world.folder / "out"
    shutil.copytree(world.folder / "new", out)
    add_file(out, "labels.npy")
    (out / ".embedprep-dead").mkdir()
    (out / "manifest.json").rename(out / ".embedprep-dead" / "manifest.json")
    assert warm.run(*world.command, folder=world.folder) == 0
    assert tree(out) == world.new


def test_leftovers_of_all_kinds_are_cleared(world: World, warm: Warm) -> None:
    out = world.copy()
    (out / ".embedprep-file").write_bytes(b"")
    (out / ".embedprep-link").symlink_to(world.folder / "old")
    (out / ".embedprep-deep" / "a" / "b").mkdir(parents=True)
    (out / ".embedprep-deep" / "a" / "out").symlink_to(world.folder / "old")
    assert warm.run(*world.command, folder=world.folder) == 0
    assert tree(out) == world.new
    assert tree(world.output) == world.old


def test_a_folder_of_the_users_where_a_file_is_to_be(world: World, warm: Warm) -> None:
    out = world.copy()
    (out / "lengths.npy").unlink()
    (out / "lengths.npy").mkdir()
    before = tree(out)
    assert warm.run(*world.command, folder=world.folder) == 1
    said = "embedprep: out/lengths.npy: is a folder where a file is to be; move it away"
    assert warm.err.read_text(encoding="utf-8").strip() == said
    assert tree(out) == before


def test_users_files_beside_an_obsolete_one_stay(world: World, warm: Warm) -> None:
    out = world.copy()
    (out / "test" / "notes.txt").write_bytes(b"mine too")
    assert warm.run(*world.command, folder=world.folder) == 0
    assert tree(out) == world.new | {"test/": b"", "test/notes.txt": b"mine too"}


# Places and names.


@pytest.mark.parametrize(
    "name",
    ["two words", "Ωmega ünï 文", "-dash", "--", "new\nline", "a'b\"c$d", "é" * 100, "x.npy"],
)
def test_folders_of_any_name(name: str, warm: Warm, tmp_path: Path) -> None:
    (tmp_path / "a.txt").write_bytes(b"a b\n")
    command = ("run", "a.txt", "-q", "--tokenizer", "keras", "-o", name)
    assert warm.run(*command, folder=tmp_path) == 0
    assert warm.run(*command, folder=tmp_path) == 0
    assert sorted(os.listdir(tmp_path)) == sorted(["a.txt", name])
    assert embedprep.load(tmp_path / name).sequences.tolist() == [[2, 3]]


@pytest.mark.parametrize("name", ["two words.json", "Ωmega ünï 文", "-dash.json", "new\nline"])
def test_files_of_any_name(name: str, warm: Warm, tmp_path: Path) -> None:
    (tmp_path / "-a b.txt").write_bytes(b"a b\n")
    assert warm.run("vocab", "-q", "-o", name, "--", "-a b.txt", folder=tmp_path) == 0
    assert sorted(os.listdir(tmp_path)) == sorted(["-a b.txt", name])
    assert embedprep.Vocabulary.load(tmp_path / name).words == ("a", "b")


def test_a_name_of_full_length_can_be_a_folder_and_a_file(warm: Warm, tmp_path: Path) -> None:
    (tmp_path / "a.txt").write_bytes(b"a b\n")
    assert warm.run("run", "a.txt", "-q", "-o", "x" * 255, folder=tmp_path) == 0
    assert_whole(tmp_path / ("x" * 255))


def test_a_name_of_full_length_can_be_a_file(warm: Warm, tmp_path: Path) -> None:
    (tmp_path / "a.txt").write_bytes(b"a b\n")
    assert warm.run("vocab", "a.txt", "-q", "-o", "x" * 250 + ".json", folder=tmp_path) == 0


def test_a_symlink_to_a_folder_is_that_folder(world: World, warm: Warm) -> None:
    world.copy().rename(world.folder / "real")
    (world.folder / "out").symlink_to("real")
    assert warm.run(*world.command, folder=world.folder) == 0
    assert (world.folder / "out").readlink() == Path("real")
    assert tree(world.folder / "real") == world.new


def test_a_symlink_in_the_folder_is_replaced_and_not_followed(world: World, warm: Warm) -> None:
    out = world.copy()
    (world.folder / "elsewhere").write_bytes(b"untouched")
    for name in ("sequences.npy", "labels.npy"):
        (out / name).unlink()
        (out / name).symlink_to("../elsewhere")
    assert warm.run(*world.command, folder=world.folder) == 0
    assert (world.folder / "elsewhere").read_bytes() == b"untouched"
    assert not (out / "sequences.npy").is_symlink()
    assert tree(out) == world.new


def test_a_symlink_to_nowhere_is_an_error(world: World, warm: Warm) -> None:
    (world.folder / "out").symlink_to("nowhere")
    assert warm.run(*world.command, folder=world.folder) == 1
    assert "embedprep: out: " in warm.err.read_text(encoding="utf-8")
    assert not (world.folder / "nowhere").exists()


def test_folders_above_are_made_and_after_an_error_removed(world: World, warm: Warm) -> None:
    command = [*world.command[:-1], "some/where/out"]
    (world.folder / "some").mkdir()
    good = (world.folder / world.text).read_bytes()
    (world.folder / world.text).write_bytes(good + b"\xff")
    assert warm.run(*command, folder=world.folder) == 1
    assert list((world.folder / "some").iterdir()) == []

    (world.folder / world.text).write_bytes(good)
    assert warm.run(*command, folder=world.folder) == 0
    assert tree(world.folder / "some" / "where" / "out") | MINE == world.new


def test_the_current_folder_and_a_slash_behind(world: World, warm: Warm) -> None:
    out = world.copy()
    assert warm.run(*world.command[:-1], "out/", folder=world.folder) == 0
    assert tree(out) == world.new

    out = world.copy()
    shutil.copy(world.folder / world.text, out / world.text)
    assert warm.run(*world.command[:-1], ".", folder=out) == 0
    text = {"new.txt": (world.folder / world.text).read_bytes()}
    assert tree(out) == world.new | text


def test_relative_paths_start_at_the_current_folder(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("one", "two"):
        (tmp_path / name).mkdir()
        (tmp_path / name / "text").write_text(name, encoding="utf-8")
        monkeypatch.chdir(tmp_path / name)
        built = embedprep.build(["text"], "out/deep")
        assert built.path == Path("out/deep")
    for name in ("one", "two"):
        output = embedprep.load(tmp_path / name / "out" / "deep")
        assert output.vocabulary.words == (name,)
        assert [each["name"] for each in output.manifest["inputs"]] == ["text"]


@pytest.mark.parametrize(
    ("mask", "of_file", "of_folder"),
    [(0o022, 0o644, 0o755), (0o077, 0o600, 0o700), (0o002, 0o664, 0o775)],
)
def test_modes_honour_the_umask(mask: int, of_file: int, of_folder: int, tmp_path: Path) -> None:
    (tmp_path / "a.txt").write_bytes(b"a b\n")
    before = os.umask(mask)
    try:
        own = Warm(tmp_path)
        assert own.run("run", "a.txt", "-q", "-o", "out", folder=tmp_path) == 0
        assert own.run("vocab", "a.txt", "-q", "-o", "v.json", folder=tmp_path) == 0
        encode = ("encode", "a.txt", "-q", "--vocab", "v.json", "-o", "x.npy")
        assert own.run(*encode, folder=tmp_path) == 0
        own.close()
    finally:
        os.umask(before)
    names = ["out/sequences.npy", "out/lengths.npy", "out/vocab.json", "out/manifest.json"]
    modes = {name: (tmp_path / name).stat().st_mode & 0o777 for name in names}
    modes |= {name: (tmp_path / name).stat().st_mode & 0o777 for name in ("v.json", "x.npy")}
    assert set(modes.values()) == {of_file}
    assert (tmp_path / "out").stat().st_mode & 0o777 == of_folder


def test_the_mode_of_an_existing_folder_stays(world: World, warm: Warm) -> None:
    out = world.copy()
    out.chmod(0o750)
    assert warm.run(*world.command, folder=world.folder) == 0
    assert out.stat().st_mode & 0o777 == 0o750


# Loss of power.


def test_sync_flushes_the_files_first_and_the_manifest_last(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    events: list[tuple[str, int]] = []
    replace, fsync = os.replace, os.fsync

    def note_replace(old: str | Path, new: str | Path) -> None:
        events.append(("rename", os.stat(old).st_ino))
        replace(old, new)

    def note_fsync(descriptor: int) -> None:
        events.append(("fsync", os.fstat(descriptor).st_ino))
        fsync(descriptor)

    monkeypatch.setattr(os, "replace", note_replace)
    monkeypatch.setattr(os, "fsync", note_fsync)
    (tmp_path / "a.txt").write_bytes(b"a b\n")
    out = tmp_path / "out"
    reader = Reader([str(tmp_path / "a.txt")], Reading())
    pipeline.run(reader, out, VocabularySettings(), RowSettings(), sync=True)

    names = {path.stat().st_ino: path.name for path in [out, *out.iterdir()]}
    names[tmp_path.stat().st_ino] = "above"
    told = [f"{event} {names[inode]}" for event, inode in events]
    files = ["lengths.npy", "sequences.npy", "vocab.json"]
    assert sorted(told[:4]) == sorted(f"fsync {name}" for name in [*files, "manifest.json"])
    assert told[4] == "fsync out"  # the old manifest is gone
    assert sorted(told[5:8]) == sorted(f"rename {name}" for name in files)
    assert told[8:] == ["fsync out", "rename manifest.json", "fsync out", "fsync above"]


def test_sync_makes_the_same_output(world: World, warm: Warm) -> None:
    out = world.copy()
    assert warm.run(*world.command, "--sync", folder=world.folder) == 0
    assert tree(out) == world.new
    encode = ("encode", world.text, "-q", "--vocab", "out/vocab.json", "--sync", "-o", "x.npy")
    assert warm.run(*encode, folder=world.folder) == 0
    assert (world.folder / "x.npy").read_bytes() == world.new["sequences.npy"]


# Signals held back.


def test_a_held_signal_comes_at_the_end() -> None:
    with heard(signal.SIGINT, signal.SIGTERM) as received:
        for number in (signal.SIGINT, signal.SIGTERM):
            received.clear()
            with held_signals():
                signal.raise_signal(number)
                assert received == []
            assert received == [number]


def test_of_several_held_signals_the_first_comes() -> None:
    with heard(signal.SIGINT, signal.SIGTERM) as received:
        with held_signals():
            for number in (signal.SIGTERM, signal.SIGINT, signal.SIGINT):
                signal.raise_signal(number)
        assert received == [signal.SIGTERM]


def test_without_a_signal_nothing_comes_and_the_handlers_are_back() -> None:
    with heard(signal.SIGINT, signal.SIGTERM) as received:
        before = signal.getsignal(signal.SIGINT), signal.getsignal(signal.SIGTERM)
        with held_signals():
            assert signal.getsignal(signal.SIGINT) not in before
        assert (signal.getsignal(signal.SIGINT), signal.getsignal(signal.SIGTERM)) == before
        assert received == []


def test_holds_nest() -> None:
    with heard(signal.SIGINT) as received:
        with held_signals():
            with held_signals():
                signal.raise_signal(signal.SIGINT)
            assert received == []
        assert received == [signal.SIGINT]


def test_an_ignored_signal_stays_ignored() -> None:
    with heard(signal.SIGINT):
        signal.signal(signal.SIGINT, signal.SIG_IGN)
        with held_signals():
            signal.raise_signal(signal.SIGINT)
        assert signal.getsignal(signal.SIGINT) == signal.SIG_IGN


def test_a_held_signal_comes_after_an_error_too() -> None:
    with heard(signal.SIGINT):
        signal.signal(signal.SIGINT, signal.default_int_handler)

        def interrupted_and_wrong() -> None:
            with held_signals():
                signal.raise_signal(signal.SIGINT)
                raise ValueError("of the block")

        with pytest.raises(KeyboardInterrupt) as interrupted:
            interrupted_and_wrong()
        assert str(interrupted.value.__context__) == "of the block"


def test_an_error_passes_and_the_handlers_are_back() -> None:
    with heard(signal.SIGINT):
        before = signal.getsignal(signal.SIGINT)
        with pytest.raises(ValueError, match="of the block"), held_signals():
            raise ValueError("of the block")
        assert signal.getsignal(signal.SIGINT) == before


def test_another_thread_holds_nothing_and_may_enter() -> None:
    seen = []

    def enter() -> None:
        with held_signals():
            seen.append(signal.getsignal(signal.SIGINT))

    with heard(signal.SIGINT):
        thread = threading.Thread(target=enter)
        thread.start()
        thread.join()
        assert seen == [signal.getsignal(signal.SIGINT)]


def test_a_pipe_is_written_through_and_a_symlink_followed(warm: Warm, tmp_path: Path) -> None:
    (tmp_path / "a.txt").write_bytes(b"a b\n")
    command = ("vocab", "a.txt", "-q", "-o")
    assert warm.run(*command, "v.json", folder=tmp_path) == 0
    expected = (tmp_path / "v.json").read_bytes()

    (tmp_path / "link.json").symlink_to("linked.json")
    assert warm.run(*command, "link.json", folder=tmp_path) == 0
    assert (tmp_path / "link.json").is_symlink()
    assert (tmp_path / "linked.json").read_bytes() == expected

    os.mkfifo(tmp_path / "pipe")
    with subprocess.Popen(["cat", "pipe"], cwd=tmp_path, stdout=subprocess.PIPE) as reader:
        assert warm.run(*command, "pipe", folder=tmp_path) == 0
        assert reader.communicate()[0] == expected
    assert (tmp_path / "pipe").is_fifo()
    assert sorted(path.name for path in tmp_path.iterdir()) == [
        "a.txt",
        "link.json",
        "linked.json",
        "pipe",
        "v.json",
    ]
