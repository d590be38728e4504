"""Are addresses as good as paths? With fsspec's memory, and a server of HTTP of the tests' own."""

from __future__ import annotations

import fcntl
import gzip
import json
import os
import re
import signal
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from itertools import count
from pathlib import Path
from typing import Any, ClassVar

import fsspec
import pytest
from fsspec.implementations.memory import MemoryFileSystem
from hypothesis import given
from hypothesis import strategies as st

import embedprep
from embedprep import pipeline
from embedprep.counts.files import open_counts
from embedprep.counts.kinds import Counts
from embedprep.engines import ThreadEngine, cluster
from embedprep.errors import EmbedprepError, InputError, MissingExtra, OutputError
from embedprep.manifest import read_manifest
from embedprep.places import Url, place_of, requests, streams
from embedprep.publication import locks, objects, staged_file, staged_folder, temporary
from embedprep.settings import RowSettings, VocabularySettings
from embedprep.sources import (
    PADDING,
    Input,
    Reader,
    Reading,
    Section,
    cut_inputs,
    matched_inputs,
    opened,
    parse_input,
    read_section,
    sections,
    total_bytes,
)
from embedprep.spread import text as spread_text
from embedprep.vocabulary import Vocabulary
from tests.in_process import call
from tests.test_same_bytes import files_in

TEXTS = {
    "one.txt": b"the cat sat\n\non the mat\n" * 40,
    "two.txt": b"a dog, a cat\nand 3.5 mats " * 30,
}


@pytest.fixture(autouse=True)
def memory(monkeypatch: pytest.MonkeyPatch) -> Iterator[MemoryFileSystem]:
    """An empty memory:// but for the texts; who waits, waits shortly."""
    monkeypatch.setattr(requests, "FIRST_PAUSE", 0.001)
    files = fsspec.filesystem("memory")
    files.store.clear()
    files.pseudo_dirs[:] = [""]
    for name, text in TEXTS.items():
        files.pipe_file(f"/texts/{name}", text)
    files.pipe_file("/texts/both.gz", gzip.compress(b"".join(TEXTS.values()), mtime=0))
    yield files
    files.store.clear()
    files.pseudo_dirs[:] = [""]


@pytest.fixture
def texts(tmp_path: Path) -> Path:
    folder = tmp_path / "texts"
    folder.mkdir()
    for name, text in TEXTS.items():
        (folder / name).write_bytes(text)
    (folder / "both.gz").write_bytes(gzip.compress(b"".join(TEXTS.values()), mtime=0))
    return folder


def stored(memory: MemoryFileSystem, folder: str = "/out") -> dict[str, bytes]:
    """The objects in a folder, by their names in it."""
    return {path.removeprefix(f"{folder}/"): memory.cat(path) for path in memory.find(folder)}


def comparable(files: dict[str, bytes]) -> dict[str, Any]:
    """The files of an output, its inputs by the last parts of their names, as paths have them; and
    so without the digests of manifests.
    """
    told: dict[str, Any] = dict(files)
    for name, content in files.items():
        if name.endswith("manifest.json"):
            told[name] = manifest = json.loads(content)
            for each in manifest["inputs"]:
                each["name"] = each["name"].rpartition("/")[2]
            for each in manifest["outputs"]:
                if each["name"].endswith("manifest.json"):
                    del each["bytes"], each["sha256"]
    return told


# The same bytes.


@pytest.mark.parametrize(
    ("inputs", "options"),
    [
        (["one.txt"], {}),
        (["one.txt", "two.txt"], {"split": "80/10/10", "shuffle": True}),
        (["neg=one.txt", "pos=two.txt"], {"rows_per_shard": 20}),
        (["both.gz"], {"dim": 4, "max_len": 3}),
    ],
)
def test_run_writes_what_it_writes_on_a_disk(
    inputs: list[str],
    options: dict[str, Any],
    texts: Path,
    memory: MemoryFileSystem,
    tmp_path: Path,
) -> None:
    def placed(before: str) -> list[str]:
        parted = [text.rpartition("=") for text in inputs]
        return [f"{label}{equals}{before}/{name}" for label, equals, name in parted]

    embedprep.build(placed(str(texts)), tmp_path / "out", **options)
    built = embedprep.build(placed("memory://texts"), "memory://out", **options)
    assert str(built.path) == "memory://out"
    assert comparable(stored(memory)) == comparable(files_in(tmp_path / "out"))
    assert embedprep.load(_copied(memory, tmp_path / "copy")).manifest["outputs"]


def _copied(memory: MemoryFileSystem, folder: Path) -> Path:
    for name, content in stored(memory).items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_bytes(content)
    return folder


def command(*arguments: str) -> str:
    """What a command says that is run in this process, where memory:// is the same."""
    ended = call("", *arguments)
    assert ended.exit_code == 0, ended.output
    return ended.stdout


def test_vocab_and_encode_read_and_write_objects(
    texts: Path, memory: MemoryFileSystem, tmp_path: Path
) -> None:
    here = tmp_path / "vocab.json"
    command("vocab", f"{texts}/one.txt", f"{texts}/two.txt", "-q", "-o", str(here))
    said = command("vocab", "memory://texts/*.txt", "-o", "memory://made/vocab.json")
    assert said.startswith("memory://made/vocab.json: 10 words\n")
    assert memory.cat("/made/vocab.json") == here.read_bytes()

    command("encode", f"{texts}/two.txt", "-q", "--vocab", str(here), "-o", f"{tmp_path}/x.npy")
    words = ("--vocab", "memory://made/vocab.json")
    said = command("encode", "memory://texts/two.txt", *words, "-o", "memory://made/x.npy")
    assert said.startswith("memory://made/x.npy: 31 rows of ")
    assert memory.cat("/made/x.npy") == (tmp_path / "x.npy").read_bytes()

    command("encode", f"{texts}/two.txt", "-q", "--vocab", str(here), "-o", f"{tmp_path}/out")
    command("encode", "memory://texts/two.txt", "-q", *words, "-o", "memory://out")
    assert comparable(stored(memory)) == comparable(files_in(tmp_path / "out"))
    assert Vocabulary.load("memory://out/vocab.json").words == Vocabulary.load(here).words


def test_counts_and_growing_vocabularies_read_and_write_objects(
    texts: Path, memory: MemoryFileSystem, tmp_path: Path
) -> None:
    for before in (str(texts), "memory://texts"):
        place = str(tmp_path) if before == str(texts) else "memory://made"
        command("count", f"{before}/one.txt", "-q", "-o", f"{place}/counts.npz")
        command("vocab", f"{before}/one.txt", "-q", "-o", f"{place}/old.json")
        grown = ("--update", f"{place}/old.json", "--map", f"{place}/map.npy", "-q", "-o")
        command("vocab", f"{before}/two.txt", *grown, f"{place}/new.json")
    made = {path.name: path.read_bytes() for path in tmp_path.iterdir() if path.is_file()}
    assert sorted(made) == ["counts.npz", "map.npy", "new.json", "old.json"]
    assert stored(memory, "/made") == made


def test_an_output_that_would_be_the_same_is_not_made_again(memory: MemoryFileSystem) -> None:
    making = ("run", "memory://texts/*.txt", "--if-changed", "-o", "memory://out")
    command(*making)
    before = stored(memory)
    assert command(*making) == "memory://out: unchanged\n"
    memory.pipe_file("/texts/two.txt", b"a dog\n")
    assert command(*making).startswith("memory://out: 121 rows of ")
    assert stored(memory) != before
    memory.rm_file("/out/lengths.npy")
    assert command(*making).startswith("memory://out: 121 rows of ")
    assert "lengths.npy" in stored(memory)
    words = ("--vocab", "memory://out/vocab.json", "--if-changed", "-o", "memory://rows")
    command("encode", "memory://texts/two.txt", *words)
    assert command("encode", "memory://texts/two.txt", *words) == "memory://rows: unchanged\n"


def test_file_is_a_path(texts: Path, tmp_path: Path) -> None:
    embedprep.build(f"{texts}/one.txt", tmp_path / "out")
    embedprep.build(f"file://{texts}/one.txt", f"file://{tmp_path}/too")
    assert files_in(tmp_path / "too") == files_in(tmp_path / "out")
    assert embedprep.load(f"file://{tmp_path}/too").vocabulary.words[:2] == ("the", "cat")


def test_sections_of_an_object_are_those_of_a_file(texts: Path) -> None:
    for place in (f"{texts}/one.txt", "memory://texts/one.txt"):
        cut = cut_inputs([Input(place)], Reading(), 100)
        assert len(cut) == 10
        blocks = [b"".join(_lines(section)) for section in cut]
        assert b"".join(blocks) == TEXTS["one.txt"]
        assert blocks[1].startswith(b"the cat sat\n\non the mat\n")


def _lines(section: Section) -> Iterator[bytes]:
    for block in read_section(section, Reading(), []):
        yield block.data.removesuffix(PADDING)


@given(
    st.binary(max_size=300),
    st.integers(1, 40),
    st.integers(1, 40),
    st.integers(1, 50),
    st.integers(0, 310),
)
def test_a_stream_gives_all_bytes_from_one_on(
    content: bytes, first_range: int, range_bytes: int, size: int, first: int
) -> None:
    files = fsspec.filesystem("memory")
    files.pipe_file("/some", content)
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(streams, "FIRST_RANGE", first_range)
        patched.setattr(streams, "RANGE_BYTES", range_bytes)
        stream = streams.RemoteStream("memory://some")
        stream.seek(first)
        read = b"".join(iter(lambda: stream.read(size), b""))
    assert read == content[first:]


def test_an_object_that_changes_while_it_is_read_is_an_error(
    memory: MemoryFileSystem, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(streams, "FIRST_RANGE", 10)
    stream = streams.RemoteStream("memory://texts/one.txt")
    stream.read(10)
    memory.pipe_file("/texts/one.txt", TEXTS["one.txt"] + b"more\n")
    with pytest.raises(OSError, match=r"^it changed while it was read$"):
        list(iter(lambda: stream.read(1000), b""))


def test_a_small_object_that_grows_before_it_is_read_is_an_error(
    memory: MemoryFileSystem, monkeypatch: pytest.MonkeyPatch
) -> None:
    def info(self: MemoryFileSystem, path: str) -> Any:
        asked.append(path)
        return original(self, path)

    asked: list[str] = []
    original = MemoryFileSystem.info
    memory.pipe_file("/some", b"nineteen bytes are\n")
    monkeypatch.setattr(MemoryFileSystem, "info", info)
    with opened("memory://some") as stream:
        assert stream.read(99) == b"nineteen bytes are\n"
        assert stream.read(99) == b""
    assert asked == ["/some"]  # nothing was asked once more
    with opened("memory://some") as stream:
        memory.pipe_file("/some", b"nineteen bytes are\nand more")
        with pytest.raises(OSError, match=r"^it changed while it was read$"):
            stream.read(99)


# Names.


def test_a_label_stands_before_an_address_and_a_secret_in_no_name() -> None:
    told = parse_input("neg=https://me:p@ss@example.org/a/b.csv?token=x=y")
    assert told[:3] == ("https://example.org/a/b.csv", "", "neg")
    assert told.place == "https://me:p@ss@example.org/a/b.csv?token=x=y"
    assert parse_input("s3://bucket/day=1/a.txt") == Input("s3://bucket/day=1/a.txt")


def test_a_star_in_an_address_stands_for_sorted_objects() -> None:
    found = matched_inputs([parse_input("x=memory://texts/*.txt"), parse_input("a*.txt")])
    assert [(item.name, item.label) for item in found] == [
        ("memory://texts/one.txt", "x"),
        ("memory://texts/two.txt", "x"),
        ("a*.txt", None),
    ]
    with pytest.raises(InputError) as caught:
        matched_inputs([parse_input("memory://texts/*.csv")])
    said = "memory://texts/*.csv: no object has such a name; check the address"
    assert str(caught.value) == said


def test_the_folder_of_an_object_is_its_label(memory: MemoryFileSystem) -> None:
    memory.pipe_file("/by/neg/1.txt", b"bad\n")
    memory.pipe_file("/by/pos/1.txt", b"good\n")
    built = embedprep.build("memory://by/*/1.txt", "memory://out", label_from="parent")
    assert built.labels is not None
    assert built.labels.classes == ("neg", "pos")


def test_a_url_is_taken_apart_as_a_path_is() -> None:
    url = Url("s3://me:pass@bucket/a/out.d/")
    assert str(url) == "s3://bucket/a/out.d"
    assert str(url / "x" / "") == "s3://bucket/a/out.d/x"
    assert (url.name, url.suffix, str(url.parent.parent)) == ("out.d", ".d", "s3://bucket")
    assert url.parent.parent.parent == url.parent.parent
    assert place_of("C:/a") == Path("C:/a")


def test_the_bytes_of_objects_are_known_beforehand(texts: Path) -> None:
    names = ["memory://texts/one.txt", str(texts / "two.txt")]
    assert total_bytes(names) == len(TEXTS["one.txt"]) + len(TEXTS["two.txt"])
    assert total_bytes(["memory://texts/none"]) is None


class ParamValidationError(Exception):
    """What botocore raises, of that name."""


@pytest.mark.usefixtures("memory")
def test_what_is_no_address_is_not_to_be_tried_later(monkeypatch: pytest.MonkeyPatch) -> None:
    def info(*_arguments: object, **_options: object) -> None:
        raise ParamValidationError("Parameter validation failed:\nInvalid bucket name")

    monkeypatch.setattr(MemoryFileSystem, "info", info)
    with pytest.raises(OutputError) as caught:
        embedprep.build("memory://b/t.txt", "memory://out")
    said = "memory://out: cannot be written (is no address of an object); check the address"
    assert str(caught.value) == said


# Publication.

OLD: dict[str, Any] = {"max_len": 3, "dim": 4}
NEW: dict[str, Any] = {"split": "80/20", "rows_per_shard": 60}
TEXT = "memory://texts/one.txt"


@pytest.mark.parametrize("options", [{}, NEW])
def test_an_address_that_does_not_answer_is_told_of_at_once(
    options: dict[str, Any], memory: MemoryFileSystem, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: object, **__: object) -> None:
        raise OSError("it is away")

    for question in ("cat_file", "info", "ls"):
        monkeypatch.setattr(MemoryFileSystem, question, fail)
    with pytest.raises(OutputError) as caught:
        embedprep.build(TEXT, "memory://out", **options)
    assert str(caught.value) in {
        "memory://out/manifest.json: cannot be read (it is away); try again later",
        "memory://out/train: cannot be written (it is away); try again later",
        "memory://out: cannot be written (it is away); try again later",
    }
    assert stored(memory) == {}


class Struck(MemoryFileSystem):  # type: ignore[misc] # fsspec has no types
    """A memory:// in which one of the changes fails, now or for good."""

    cachable = False
    left: ClassVar[list[int]] = []
    done: ClassVar[list[str]] = []

    @classmethod
    def change(cls, what: str) -> None:
        cls.done.append(what)
        if cls.left:
            cls.left[0] -= 1
            if cls.left[0] < 0:
                raise PermissionError(what)

    def put_file(self, lpath: str, rpath: str, **options: Any) -> None:
        self.change(f"put {rpath}")
        super().put_file(lpath, rpath, **options)

    def rm_file(self, path: str) -> None:
        self.change(f"remove {path}")
        super().rm_file(path)

    def mv(self, path1: str, path2: str, **options: Any) -> None:
        self.change(f"move {path2}")
        super().mv(path1, path2, **options)


@pytest.fixture
def struck(monkeypatch: pytest.MonkeyPatch) -> type[Struck]:
    monkeypatch.setattr(requests, "_filesystem", lambda *_: Struck())
    monkeypatch.setattr(Struck, "left", [])
    monkeypatch.setattr(Struck, "done", [])
    return Struck


def _error_of(do: Callable[[], object]) -> str:
    try:
        do()
    except OutputError as error:
        return str(error)
    return ""


def test_a_run_that_fails_at_any_change_leaves_all_or_no_manifest(
    memory: MemoryFileSystem, struck: type[Struck]
) -> None:
    memory.pipe_file("/out/mine.txt", b"mine")
    embedprep.build(TEXT, "memory://out", **NEW)
    new = stored(memory)
    memory.rm("/out", recursive=True)
    memory.pipe_file("/out/mine.txt", b"mine")
    embedprep.build(TEXT, "memory://out", **OLD)
    old = stored(memory)

    for n_changes in count():
        struck.left[:] = [n_changes]
        said = _error_of(lambda: embedprep.build(TEXT, "memory://out", **NEW))
        remedy = "check the address, and the rights of the credentials"
        assert said in {f"memory://out: cannot be written (access is denied); {remedy}", ""}
        left = stored(memory)
        assert left.pop("mine.txt") == b"mine"
        if "manifest.json" in left:
            whole = old if "embedding_matrix.npy" in left else new
            assert whole.items() <= (left | {"mine.txt": b"mine"}).items()
        elif n_changes > 3:
            with pytest.raises(OutputError, match=r"^memory://out: has no manifest.json, so"):
                read_manifest(Url("memory://out"))
        struck.left.clear()
        embedprep.build(TEXT, "memory://out", **NEW)
        mended = stored(memory)
        mended = {name: its for name, its in mended.items() if not name.startswith(".embedprep-")}
        assert mended == new
        if "manifest.json" in left and "embedding_matrix.npy" not in left:
            break
        embedprep.build(TEXT, "memory://out", **OLD)
    assert n_changes > 20


def test_a_rename_whose_answer_is_lost_is_done(
    memory: MemoryFileSystem, struck: type[Struck], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def rename(self: Struck, path1: str, path2: str, **options: Any) -> None:
        MemoryFileSystem.mv(self, path1, path2, **options)
        raise ConnectionResetError

    (tmp_path / "new").write_bytes(b"new")
    memory.pipe_file("/out/x.npy", b"old")
    monkeypatch.setattr(struck, "mv", rename)
    Url("memory://out/x.npy").put(tmp_path / "new")
    assert stored(memory) == {"x.npy": b"new"}


def test_a_rename_that_fails_leaves_no_object_of_another_name(
    memory: MemoryFileSystem, struck: type[Struck], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def rename(*_arguments: object, **_options: object) -> None:
        raise PermissionError

    (tmp_path / "new").write_bytes(b"new")
    monkeypatch.setattr(struck, "mv", rename)
    with pytest.raises(PermissionError):
        Url("memory://out/x.npy").put(tmp_path / "new")
    assert stored(memory) == {}


def test_the_claim_comes_first_and_the_manifest_last(struck: type[Struck]) -> None:
    embedprep.build(TEXT, "memory://out", **OLD)
    struck.done.clear()
    embedprep.build(TEXT, "memory://out")
    moves = [what for what in struck.done if not what.startswith("put")]
    moves = [what for what in moves if "/.embedprep-.embedprep-" not in what]
    moves = [what for what in moves if not re.match(r"remove .*/[.]embedprep-(?!claim)", what)]
    assert moves[:2] == ["move /out/.embedprep-claim.json", "remove /out/manifest.json"]
    assert moves[-3:] == [
        "remove /out/embedding_matrix.npy",
        "move /out/manifest.json",
        "remove /out/.embedprep-claim.json",
    ]


def test_of_two_runs_at_once_one_stops(monkeypatch: pytest.MonkeyPatch) -> None:
    put_all = objects._put_all

    def put_beside_another(*arguments: Any) -> None:
        monkeypatch.setattr(objects, "_put_all", put_all)
        embedprep.build("memory://texts/two.txt", "memory://out")
        put_all(*arguments)

    monkeypatch.setattr(objects, "_put_all", put_beside_another)
    with pytest.raises(OutputError) as caught:
        embedprep.build(TEXT, "memory://out")
    assert str(caught.value) == (
        "memory://out: another run has written into this folder meanwhile; "
        "run again, one after the other"
    )


@pytest.mark.parametrize(
    ("do", "said"),
    [
        (
            lambda: embedprep.build(TEXT, "memory://out/test"),
            (
                "memory://out/test: is part of a whole output; "
                "name another folder, or that of the whole output"
            ),
        ),
        (
            lambda: Vocabulary.load("memory://out/vocab.json").save("memory://out/lengths.npy"),
            (
                "memory://out/lengths.npy: is part of a whole output; "
                "name another object, or its folder"
            ),
        ),
        (
            lambda: embedprep.build("memory://out/vocab.json", "memory://out"),
            "memory://out/vocab.json: is also an input and would be overwritten; name another -o",
        ),
        (
            lambda: embedprep.load("memory://out"),
            (
                "memory://out: is an address, and arrays are mapped from a disk; "
                "copy the folder to a disk first"
            ),
        ),
        (
            lambda: embedprep.verify("memory://out"),
            (
                "memory://out: is an address, and arrays are mapped from a disk; "
                "copy the folder to a disk first"
            ),
        ),
        (
            lambda: embedprep.build(TEXT, "memory://out", resume=True),
            (
                "--resume: nothing is kept at an address, as memory://out is; "
                "name a folder on a disk by -o, and copy it"
            ),
        ),
        (
            lambda: list(open_counts(Counts(["memory://u:p@out/c.npz?x"]), ExitStack())),
            (
                "memory://out/c.npz: is an address, and counts are read from a disk; "
                "copy the file to a disk first"
            ),
        ),
        (
            lambda: embedprep.build(TEXT, "memory://out", engine="dask"),
            (
                "--engine: dask does not write rows to an address, as memory://out is; "
                "name a folder that all workers see, and copy it"
            ),
        ),
        (
            lambda: embedprep.build(TEXT, "memory://texts", vectors="memory://texts/v.txt"),
            (
                "memory://texts/v.txt: is an address, and vectors are read from a disk; "
                "copy the file to a disk first"
            ),
        ),
        (
            lambda: embedprep.build("memory://texts/none", "memory://out"),
            "memory://texts/none: no such object; check the address",
        ),
        (
            lambda: embedprep.build("memory://texts", "memory://out"),
            (
                "memory://texts: is a folder, not a text; "
                "name the objects in it, as in memory://texts/*"
            ),
        ),
        (
            lambda: embedprep.build("nothing://a", "memory://out"),
            "nothing://a: cannot be read (Protocol not known: nothing); check the address",
        ),
        (
            lambda: Vocabulary.load("memory://out/none.json"),
            "memory://out/none.json: cannot be read (no such object); make it by `embedprep vocab`",
        ),
        (
            lambda: embedprep.build("zip://a.txt::s3://u:p@bucket/a.zip", "memory://out"),
            (
                "zip://a.txt::s3://bucket/a.zip: cannot be read (its :: stands for several "
                "addresses in one); name the object itself, and a host by its name"
            ),
        ),
    ],
)
def test_what_is_refused_changes_nothing(
    do: Callable[[], object], said: str, memory: MemoryFileSystem
) -> None:
    embedprep.build(TEXT, "memory://out", split="80/10/10")
    before = stored(memory, "")
    with pytest.raises(EmbedprepError) as caught:
        do()
    assert str(caught.value) == said
    assert stored(memory, "") == before


def test_an_output_of_another_kind_stays() -> None:
    with staged_folder(Url("memory://out"), "pairs") as staged:
        staged.write("a.npy", b"1")
        manifest = {"format": "embedprep-output", "version": 1, "kind": "pairs"}
        manifest |= {"outputs": [{"name": "a.npy"}]}
        staged.write("manifest.json", json.dumps(manifest).encode())
    with pytest.raises(OutputError) as caught:
        embedprep.build(TEXT, "memory://out")
    assert str(caught.value) == (
        "memory://out: holds pairs for a skip-gram model, which would be removed; "
        "name another folder by -o, or remove that one first"
    )


def test_an_output_too_large_for_the_temporary_disk(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr("tempfile.gettempdir", lambda: str(tmp_path))
    monkeypatch.setattr("embedprep.space.free_bytes", lambda folder: 1000)
    with pytest.raises(OutputError) as caught:
        embedprep.build(TEXT, "memory://out", max_len=5)
    assert f"and the disk of {tmp_path} has 1 kB left; " in str(caught.value)


# The temporary folder.


@pytest.fixture
def disk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A `$TMPDIR` of the test's own."""
    disk = tmp_path / "disk"
    disk.mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(disk))
    monkeypatch.setenv("TMPDIR", str(disk))
    return disk


@contextmanager
def waiting(
    disk: Path, command: str, output: str
) -> Iterator[tuple[subprocess.Popen[bytes], Path]]:
    """A process that has locked its temporary folder and waits for its text, and that folder.

    To ask for the lock would get into the way of who takes it, so who has not yet is cleared.
    """
    arguments = [sys.executable, "-m", "embedprep", command, "-", "-q", "-o", output]
    with subprocess.Popen(arguments, stdin=subprocess.PIPE) as process:
        made: list[Path] = []
        deadline = time.monotonic() + 20
        while not (made and made[0].exists()):
            assert process.poll() is None
            assert time.monotonic() < deadline
            time.sleep(0.01)
            made = list(disk.glob(f"{temporary.PREFIX}*"))  # Python tries the folder by a file
            temporary._clear_dead()
        yield process, made[0]


def is_locked(folder: Path) -> bool:
    """Whether somebody holds the lock of a folder."""
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except BlockingIOError:
        return True
    finally:
        os.close(descriptor)
    return False


@pytest.mark.parametrize(
    ("command", "output"), [("run", "memory://dead"), ("vocab", "memory://dead.json")]
)
def test_what_a_killed_run_left_goes_with_the_next_one(
    command: str, output: str, disk: Path
) -> None:
    with waiting(disk, command, output) as (process, folder):
        (folder / "part").mkdir()
        (folder / "part" / "sequences.npy").write_bytes(b"large")
        process.kill()
    assert process.returncode == -signal.SIGKILL
    assert list(disk.iterdir()) == [folder]
    embedprep.build(TEXT, "memory://out")
    assert list(disk.iterdir()) == []


@pytest.mark.parametrize(
    ("command", "output"), [("run", "memory://alive"), ("vocab", "memory://alive.json")]
)
def test_what_a_run_is_making_stays(command: str, output: str, disk: Path) -> None:
    with waiting(disk, command, output) as (process, folder):
        embedprep.build(TEXT, "memory://out")
        Vocabulary.load("memory://out/vocab.json").save("memory://vocab.json")
        assert list(disk.iterdir()) == [folder]
        process.communicate(b"the cat\n")
    assert process.returncode == 0
    assert list(disk.iterdir()) == []


@pytest.mark.parametrize("step", ["_open_folder", "take_lock"])
def test_a_folder_cleared_before_it_is_locked_is_made_anew(
    step: str, disk: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Another run clears the first two folders just before a step of the run that made them."""
    made: list[Path] = []
    whole = getattr(temporary, step)

    def after_clearing(argument: Any) -> Any:
        if len(made) < 2:
            made.extend(disk.iterdir())
            with monkeypatch.context() as patch:
                patch.setattr(temporary, step, whole)
                temporary._clear_dead()
            assert list(disk.iterdir()) == []
        return whole(argument)

    monkeypatch.setattr(temporary, step, after_clearing)
    with temporary.folder_for_address() as folder:
        assert len({*made, folder}) == 3
        assert list(disk.iterdir()) == [folder]
        assert is_locked(folder)
    assert list(disk.iterdir()) == []


def test_what_came_into_the_place_of_a_leftover_stays(
    disk: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def replaced(descriptor: int) -> bool | None:
        left.rmdir()
        left.mkdir()
        return locks.take_lock(descriptor)

    left = disk / ".embedprep_address-abcdefgh"
    left.mkdir()
    monkeypatch.setattr(temporary, "take_lock", replaced)
    temporary._clear_dead()
    assert list(disk.iterdir()) == [left]


def test_a_folder_that_another_run_is_clearing_is_left_to_it(
    disk: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    mkdtemp = tempfile.mkdtemp
    held: list[int] = []

    def locked_by_another(**options: Any) -> str:
        monkeypatch.setattr(tempfile, "mkdtemp", mkdtemp)
        folder: str = mkdtemp(**options)
        held.append(os.open(folder, os.O_RDONLY))
        fcntl.flock(held[0], fcntl.LOCK_EX)
        return folder

    monkeypatch.setattr(tempfile, "mkdtemp", locked_by_another)
    with temporary.folder_for_address() as folder:
        (other,) = set(disk.iterdir()) - {folder}
    os.close(held[0])
    assert list(disk.iterdir()) == [other]


def test_many_runs_at_once_never_clear_each_others_folders(disk: Path) -> None:
    def make(number: int) -> int:
        for _ in range(30):
            with staged_file(Url(f"memory://many/{number}")) as path:
                path.write_bytes(b"%d" % number)
                time.sleep(0.001)
                assert path.read_bytes() == b"%d" % number
        return number

    with ThreadPoolExecutor(8) as pool:
        assert list(pool.map(make, range(8))) == list(range(8))
    assert list(disk.iterdir()) == []


def test_nothing_else_in_the_temporary_folder_is_cleared(
    disk: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    name = ".embedprep_address-abcdefgh"
    (disk / ".embedprep-abcdefgh").mkdir()  # of a run whose output lies there
    (disk / ".embedprep_address-mine").mkdir()
    (disk / name[:-1]).mkdir()
    (disk / f"{name[:-1]}1").write_bytes(b"a file")
    os.mkfifo(disk / f"{name[:-1]}2")
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "notes.txt").write_bytes(b"mine")
    (disk / f"{name[:-1]}3").symlink_to(tmp_path / "mine")
    before = set(disk.iterdir())
    (disk / name).mkdir()

    with monkeypatch.context() as patch:
        patch.setattr("os.geteuid", lambda: os.getuid() + 1)
        temporary._clear_dead()
    assert set(disk.iterdir()) == before | {disk / name}
    temporary._clear_dead()
    assert set(disk.iterdir()) == before
    assert (tmp_path / "mine" / "notes.txt").read_bytes() == b"mine"


def test_a_run_whose_output_is_the_temporary_folder_clears_no_others(disk: Path) -> None:
    with waiting(disk, "run", "memory://alive") as (process, folder):
        embedprep.build(TEXT, disk)
        assert folder.is_dir()
        process.communicate(b"the cat\n")
    assert process.returncode == 0


@pytest.mark.parametrize("lack", ["of the file system", "of the platform"])
def test_without_locks_nothing_is_cleared(
    lack: str, disk: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_arguments: object) -> None:
        raise OSError(25, "no locks")

    if lack == "of the file system":
        monkeypatch.setattr(fcntl, "flock", refuse)
    else:
        monkeypatch.setattr(locks, "fcntl", None)
        monkeypatch.setattr(temporary, "HAS_LOCKS", False)
    left = disk / ".embedprep_address-abcdefgh"
    left.mkdir()
    embedprep.build(TEXT, "memory://out")
    assert list(disk.iterdir()) == [left]
    assert "manifest.json" in stored(fsspec.filesystem("memory"))


# What is refused, and what is told.


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        ("decode s3://u:p@b/x.npy", "'ROWS.npy|DIR': s3://b/x.npy"),
        ("matrix -o s3://u:p@b/m.npy", "'-o' / '--output': s3://b/m.npy"),
        ("skipgrams out -o s3://b/pairs", "'-o' / '--output': s3://b/pairs"),
    ],
)
def test_other_commands_tell_of_an_address(arguments: str, said: str) -> None:
    ended = call(arguments)
    assert ended.exit_code == 2
    error = f"Error: Invalid value for {said} is an address; name a path on a disk\n"
    assert ended.output.endswith(error)


def test_without_fsspec_the_install_line(tmp_path: Path) -> None:
    code = "import sys; sys.modules['fsspec'] = None; from embedprep.cli import main; main()"
    arguments = [sys.executable, "-c", code, "run", "s3://me:pass@b/x?y", "-o", "out"]
    ended = subprocess.run(arguments, cwd=tmp_path, capture_output=True, text=True, check=False)
    said = "embedprep: s3://b/x: is reached by fsspec; pip install 'embedprep[remote]'\n"
    assert (ended.returncode, ended.stderr) == (1, said)
    assert list(tmp_path.iterdir()) == []


def test_the_package_that_fsspec_needs_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "s3fs", None)
    with pytest.raises(MissingExtra) as caught:
        requests.filesystem_of("s3://bucket-of-nobody/a")
    assert str(caught.value) == (
        "s3://bucket-of-nobody/a: fsspec needs a package more for s3:// "
        "(Install s3fs to access S3); install that beside embedprep[remote]"
    )


# A server of HTTP.


class Server(ThreadingHTTPServer):
    """A server on this machine, that does as it is told: see `Answers`."""

    block_on_close = False
    content = b"".join(TEXTS.values())
    n_errors = 0
    status = 500
    n_cuts = 0
    has_ranges = True
    seconds = 0.0
    encoding = ""
    step = 0

    @property
    def address(self) -> str:
        return f"http://127.0.0.1:{self.server_port}"


class Answers(BaseHTTPRequestHandler):
    """Its answers: so many errors first, silence, ranges or not, bodies that end early or come a
    few bytes at a time.
    """

    server: Server

    def do_HEAD(self) -> None:
        self._answer(has_body=False)

    def do_GET(self) -> None:
        self._answer(has_body=True)

    def _answer(self, *, has_body: bool) -> None:
        told = self.server
        time.sleep(told.seconds)
        if told.n_errors:
            told.n_errors -= 1
            self.send_error(told.status)
            return
        if self.path.startswith("/none"):
            self.send_error(404)
            return
        content = told.content
        wanted = self.headers.get("Range")
        if wanted and told.has_ranges:
            first, _, last = wanted.removeprefix("bytes=").partition("-")
            content = content[int(first) : int(last) + 1]
            self.send_response(206)
            self.send_header("Content-Range", f"bytes {first}-{last}/{len(told.content)}")
        else:
            self.send_response(200)
        self.send_header("Content-Length", str(len(content)))
        if told.encoding:
            self.send_header("Content-Encoding", told.encoding)
        self.end_headers()
        if has_body:
            is_cut = told.n_cuts and len(content) > 1
            told.n_cuts -= bool(is_cut)
            content = content[: len(content) // 2] if is_cut else content
            for begin in range(0, len(content), told.step or len(content) or 1):
                self.wfile.write(content[begin:][: told.step or None])
                time.sleep(0.001 if told.step else 0)

    def log_message(self, format: str, *arguments: object) -> None:  # noqa: A002
        """Say nothing."""


@pytest.fixture
def server(monkeypatch: pytest.MonkeyPatch) -> Iterator[Server]:
    pytest.importorskip("aiohttp")
    monkeypatch.setattr(streams, "FIRST_RANGE", 100)
    monkeypatch.setattr(streams, "RANGE_BYTES", 400)
    with Server(("127.0.0.1", 0), Answers) as told:
        threading.Thread(target=told.serve_forever, daemon=True).start()
        yield told
        told.shutdown()


def read(address: str) -> bytes:
    """All blocks of an input."""
    with_reader = Reader([parse_input(address)], Reading())
    return b"".join(block.data.removesuffix(PADDING) for block in with_reader)


@pytest.mark.parametrize("has_ranges", [True, False])
@pytest.mark.parametrize("n_errors", [0, 1, 3])
def test_http_is_read_though_the_server_fails_a_few_times(
    server: Server, n_errors: int, has_ranges: bool
) -> None:
    server.n_errors, server.has_ranges = n_errors, has_ranges
    expected = server.content + (b"" if server.content.endswith(b"\n") else b"\n")
    assert read(f"{server.address}/a.txt?secret=1") == expected


@pytest.mark.parametrize("has_ranges", [True, False])
@pytest.mark.parametrize("block_bytes", [50, 700])
def test_the_network_does_not_say_where_blocks_are_cut(
    server: Server, block_bytes: int, has_ranges: bool, tmp_path: Path
) -> None:
    server.has_ranges, server.step = has_ranges, 97
    (tmp_path / "a.txt").write_bytes(server.content)
    reading = Reading(block_bytes=block_bytes)
    sent, of_file = (
        [(block.first_byte, block.data) for block in Reader([name], reading)]
        for name in (f"{server.address}/a.txt", str(tmp_path / "a.txt"))
    )
    assert sent == of_file


@pytest.mark.parametrize("encoding", ["gzip", ""])
def test_a_text_may_be_compressed_and_its_server_may_say_so(server: Server, encoding: str) -> None:
    expected, server.encoding = server.content, encoding
    server.content = gzip.compress(server.content)
    assert read(f"{server.address}/a.txt") == expected + b"\n"


def test_workers_read_sections_of_an_object(
    server: Server, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """Threads take the part of a cluster."""
    monkeypatch.setattr(cluster, "cluster_engine", lambda *_: ThreadEngine(2))
    monkeypatch.setattr(spread_text, "_section_bytes", lambda *_: 250)
    for engine in ("threads", "dask"):
        embedprep.build(f"{server.address}/a.txt", tmp_path / engine, engine=engine)
    assert files_in(tmp_path / "dask") == files_in(tmp_path / "threads")


def test_a_server_that_fails_workers_is_told_of(
    server: Server, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(cluster, "cluster_engine", lambda *_: ThreadEngine(2))
    monkeypatch.setattr(spread_text, "_section_bytes", lambda *_: 250)
    monkeypatch.setattr(sections, "check_state", lambda *_: setattr(server, "n_errors", 99))
    with pytest.raises(InputError) as caught:
        embedprep.build(f"{server.address}/a.txt", tmp_path / "out", engine="dask")
    said = "cannot be read (the server answered 500); try again later"
    assert str(caught.value) == f"{server.address}/a.txt: {said}"
    assert list(tmp_path.iterdir()) == []


def test_a_body_cut_short_is_asked_for_again(server: Server) -> None:
    server.n_cuts = 3
    assert read(f"{server.address}/a.txt").startswith(server.content)


@pytest.mark.parametrize(
    ("told", "path", "said"),
    [
        ({"n_errors": 99}, "a", "cannot be read (the server answered 500); try again later"),
        (
            {"n_errors": 99, "status": 403},
            "a",
            "cannot be read (access is denied); check the rights of the credentials",
        ),
        ({}, "none", "no such object; check the address"),
        ({"seconds": 2.0}, "a", "cannot be read (no answer has come in time); try again later"),
    ],
)
def test_http_that_goes_on_failing_is_told_of(
    told: dict[str, Any], path: str, said: str, server: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, value in told.items():
        setattr(server, name, value)
    if "seconds" in told:
        monkeypatch.setattr(requests, "PATIENCE", 0.1)
    address = f"{server.address}/{path}"
    with pytest.raises(InputError) as caught:
        read(f"{address}?secret=1")
    assert str(caught.value) == f"{address}: {said}"


def test_a_body_cut_short_without_ranges_is_told_of(server: Server) -> None:
    server.has_ranges, server.n_cuts = False, 99
    with pytest.raises(InputError, match=r"^http://127.0.0.1:[0-9]+/a: cannot be read \(.+\); "):
        read(f"{server.address}/a")


def test_a_server_that_is_not_there_is_told_of() -> None:
    pytest.importorskip("aiohttp")
    address = "http://127.0.0.1:9"  # the port of a service that nobody runs
    with pytest.raises(InputError) as caught:
        read(f"{address}/a")
    assert str(caught.value) == (
        f"{address}/a: cannot be read (the server cannot be reached); "
        "check the address and the network"
    )


def test_nothing_is_written_by_http(server: Server) -> None:
    reader = Reader([f"{server.address}/a.txt"], Reading())
    with pytest.raises(OutputError) as caught:
        pipeline.vocab(reader, VocabularySettings(), RowSettings(), Url(f"{server.address}/v.json"))
    place = f"{server.address}/v.json"
    assert str(caught.value) == f"{place}: cannot be written (HTTP only reads); name another place"
