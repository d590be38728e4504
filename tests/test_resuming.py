"""Does a run that goes on after another was interrupted give the bytes of one that was not?"""

from __future__ import annotations

import errno
import os
import re
import shutil
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from click import UsageError
from hypothesis import given, settings
from hypothesis import strategies as st

import embedprep
from embedprep import counting, npy, sharding
from embedprep.checkpoints import Checkpoints
from embedprep.cli.main import cli
from embedprep.errors import InputError, OutputError, SettingsError
from embedprep.sharding import ShardWriter
from embedprep.sources import Block, Reader
from tests.test_same_bytes import files_in

LINES = ["a b c", "", "b c", "c", "a a a d e f g h", "x", "é 中文 b", "c c"]
TEXT = "\n".join(LINES * 30)
KEPT = ".embedprep-kept"


class Interrupted(Exception):
    """The moment has come."""


@pytest.fixture(autouse=True)
def _small_steps(monkeypatch: pytest.MonkeyPatch) -> None:
    is_due = property(lambda self: self._n_blocks % 2 == 0)
    monkeypatch.setattr(Checkpoints, "is_due", is_due)
    monkeypatch.setattr("embedprep.settings.BLOCK_BYTES", 16)


def interrupt_reading(n_blocks: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """Let the text break off behind so many blocks."""

    def read(self: Reader) -> Iterator[Block]:
        for number, block in enumerate(original(self)):
            if number == n_blocks:
                raise Interrupted
            yield block

    original = Reader.__iter__
    monkeypatch.setattr(Reader, "__iter__", read)


def interrupt_writing(n_writes: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """Let the disk fail behind so many pieces of arrays."""

    def write(descriptor: int, data: memoryview, offset: int) -> None:
        written.append(offset)
        if len(written) > n_writes:
            raise Interrupted
        original(descriptor, data, offset)

    written: list[int] = []
    original = npy.write_at
    for module in (npy, sharding):
        monkeypatch.setattr(module, "write_at", write)


def count_calls(of: Any, name: str, monkeypatch: pytest.MonkeyPatch) -> list[tuple[Any, ...]]:
    """The arguments of each call of a function from now on."""

    def called(*arguments: Any) -> Any:
        calls.append(arguments)
        return original(*arguments)

    calls: list[tuple[Any, ...]] = []
    original = getattr(of, name)
    monkeypatch.setattr(of, name, called)
    return calls


WAYS: list[dict[str, Any]] = [
    {},
    {"tokenizer": "keras", "oov": "drop", "drop_duplicates": True},
    {"tokenizer": "whitespace", "max_len": 3, "overflow": "split", "shuffle": True},
    {"split": "50/25/25", "drop_empty": True, "rows_per_shard": 3, "memory": 200_000_000},
    {"shuffle": True, "rows_per_shard": 4, "drop_duplicates": True, "padding": "post"},
]


@pytest.mark.parametrize("options", WAYS, ids=str)
@settings(max_examples=10)  # each of up to six runs
@given(
    lines=st.lists(st.sampled_from(LINES), min_size=20, max_size=40),
    moments=st.lists(
        st.tuples(st.sampled_from([interrupt_reading, interrupt_writing]), st.integers(0, 20)),
        max_size=3,
    ),
)
def test_any_interruptions_cost_no_byte(
    lines: list[str],
    moments: list[tuple[Callable[[int, pytest.MonkeyPatch], None], int]],
    options: dict[str, Any],
    tmp_path_factory: pytest.TempPathFactory,
) -> None:
    folder = tmp_path_factory.mktemp("any")
    (folder / "t").write_text("\n".join(["a b", *lines]), encoding="utf-8")
    inputs = [f"x={folder}/t", f"y={folder}/t"]
    options = options | {"holdout": {"dev": [f"y={folder}/t"]}}
    for name in ("whole", "out"):
        embedprep.build(inputs, folder / name, max_words=2)
    embedprep.build(inputs, folder / "whole", **options)
    old = files_in(folder / "out")
    for interrupt, moment in moments:
        with pytest.MonkeyPatch.context() as patched:
            interrupt(moment, patched)
            try:
                embedprep.build(inputs, folder / "out", resume=True, **options)
            except Interrupted:
                found = files_in(folder / "out")
                assert {name: found[name] for name in old} == old
            else:
                old = files_in(folder / "out")
    embedprep.build(inputs, folder / "out", resume=True, **options)
    assert files_in(folder / "out") == files_in(folder / "whole")


@pytest.fixture
def text(tmp_path: Path) -> Path:
    path = tmp_path / "t"
    path.write_text(TEXT, encoding="utf-8")
    return path


def build(text: Path, **options: Any) -> dict[str, bytes]:
    """The files of an output of a text."""
    out = text.parent / "out"
    embedprep.build([str(text)], out, **{"resume": True, "max_words": 3} | options)
    return files_in(out)


def build_and_stop(
    text: Path,
    moment: int,
    interrupt: Callable[[int, pytest.MonkeyPatch], None] = interrupt_reading,
    **options: Any,
) -> Path:
    """The folder that an interrupted job keeps."""
    with pytest.MonkeyPatch.context() as patched:
        interrupt(moment, patched)
        with pytest.raises(Interrupted):
            build(text, **options)
    return text.parent / "out" / KEPT


def whole(text: Path, **options: Any) -> dict[str, bytes]:
    """The files of an output that nothing interrupts."""
    embedprep.build([str(text)], text.parent / "whole", **{"max_words": 3} | options)
    return files_in(text.parent / "whole")


def n_blocks_of(text: Path, monkeypatch: pytest.MonkeyPatch) -> int:
    with monkeypatch.context() as patched:
        calls = count_calls(counting, "_encode_block", patched)
        whole(text)
    return len(calls)


def test_what_is_finished_is_not_encoded_again(text: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    n_blocks = n_blocks_of(text, monkeypatch)
    build_and_stop(text, 20)
    calls = count_calls(counting, "_encode_block", monkeypatch)
    build(text)
    assert n_blocks - 20 <= len(calls) <= n_blocks - 10  # some were under way


def test_what_is_counted_is_not_counted_again(text: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    options = {"rows_per_shard": 10}
    expected = whole(text, **options)
    build_and_stop(text, 3, interrupt_writing, **options)
    calls = count_calls(counting, "_encode_block", monkeypatch)
    assert build(text, **options) == expected
    assert calls == []


def test_a_finished_shard_is_not_written_again(text: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    options = {"rows_per_shard": 10, "jobs": 1}
    kept = build_and_stop(text, 50, interrupt_writing, **options)
    told = (kept / "kept" / "finished").read_text(encoding="utf-8")
    finished, broken, *others = [kept / name for name in re.findall(r"sequences[-0-9]+.npy", told)]
    assert others
    data = bytearray(broken.read_bytes())
    data[-1] ^= 1
    broken.write_bytes(data)
    inode = finished.stat().st_ino, finished.stat().st_mtime_ns
    calls = count_calls(ShardWriter, "_write", monkeypatch)
    assert build(text, **options) == whole(text, **options)
    paths = [writer.paths[shard] for writer, shard, *_ in calls]
    names = {path.name for path in paths if path.parent == kept}
    assert finished.name not in names
    assert broken.name in names
    published = kept.parent / finished.name
    assert (published.stat().st_ino, published.stat().st_mtime_ns) == inode


def test_shards_of_fewer_inputs_are_written_anew(text: Path) -> None:
    build_and_stop(text, 50, interrupt_writing, rows_per_shard=10)
    more = text.parent / "more"
    more.write_text("zebra zebra zebra\n" * 200, encoding="utf-8")
    for name in ("out", "expected"):
        embedprep.build(
            [str(text), str(more)],
            text.parent / name,
            max_words=3,
            rows_per_shard=10,
            resume=name == "out",
        )
    assert files_in(text.parent / "out") == files_in(text.parent / "expected")


@pytest.mark.parametrize(
    "change",
    [lambda text: text[1:], lambda text: text[:40], str.upper],
    ids=["cut before", "cut behind", "other letters"],
)
def test_a_text_that_has_changed(change: Callable[[str], str], text: Path) -> None:
    kept = build_and_stop(text, 30)
    text.write_text(change(TEXT), encoding="utf-8")
    before = files_in(kept)
    with pytest.raises(InputError) as raised:
        build(text)
    assert str(raised.value).endswith(
        "is not what the interrupted run has read; leave out --resume to begin anew"
    )
    # What the run had written behind its last checkpoint is gone, as nothing proves it.
    after = files_in(kept)
    assert before["kept/spool"].startswith(after.pop("kept/spool"))
    assert after.items() <= before.items()
    assert after.keys() | {"kept/spool"} == before.keys()
    assert build(text, resume=False) == whole(text)


def test_the_name_of_a_file_may_be_any_bytes(text: Path) -> None:
    try:
        text = text.rename(text.with_name(os.fsdecode(b"caf\xe9.txt")))
    except OSError:
        pytest.skip("this file system takes UTF-8 names alone")
    expected = whole(text)
    build_and_stop(text, 30)
    assert build(text) == expected


@pytest.mark.parametrize("name", ["state.json", "spool"])
@pytest.mark.parametrize("damage", ["cut", "flipped", "gone", "empty"])
def test_what_no_digest_proves_is_done_again(name: str, damage: str, text: Path) -> None:
    path = build_and_stop(text, 30) / "kept" / name
    data = path.read_bytes()
    if damage == "gone":
        path.unlink()
    else:
        flipped = data[:-9] + bytes([data[-9] ^ 4]) + data[-8:]
        path.write_bytes({"cut": data[:-1], "flipped": flipped, "empty": b""}[damage])
    assert build(text) == whole(text)


@pytest.mark.parametrize("interrupt", [interrupt_reading, interrupt_writing])
@pytest.mark.parametrize(
    "other", [{"max_words": 2}, {"padding": "post"}, {"tokenizer": "whitespace"}], ids=str
)
def test_the_work_for_other_settings_is_of_no_use(
    other: dict[str, Any], interrupt: Callable[[int, pytest.MonkeyPatch], None], text: Path
) -> None:
    build_and_stop(text, 40, interrupt, rows_per_shard=10)
    options = {"rows_per_shard": 10} | other
    assert build(text, **options) == whole(text, **options)


def test_other_resources_change_nothing(text: Path) -> None:
    build_and_stop(text, 30)
    assert build(text, jobs=1, memory=300 << 20) == whole(text)


def test_an_ordinary_run_leaves_nothing_of_an_interrupted_one(text: Path) -> None:
    assert build_and_stop(text, 30).exists()
    assert build(text, resume=False) == whole(text)


def call(command: list[str]) -> None:
    """Run a command in this process; what ends it comes through."""
    cli.main(command, prog_name="embedprep", standalone_mode=False)


def test_encode_goes_on_too(text: Path) -> None:
    whole(text)
    vocabulary = text.parent / "whole" / "vocab.json"
    command = ["encode", str(text), "--vocab", str(vocabulary), "--rows-per-shard", "7", "-q", "-o"]
    out, other = text.parent / "encoded", text.parent / "other"
    call([*command, str(other)])
    for interrupt, moment in ((interrupt_reading, 21), (interrupt_writing, 9)):
        with pytest.MonkeyPatch.context() as patched:
            interrupt(moment, patched)
            with pytest.raises(Interrupted):
                call([*command, str(out), "--resume"])
    call([*command, str(out), "--resume"])
    assert files_in(out) == files_in(other)


KILLED = """
import os, signal, sys
from embedprep import settings
from embedprep.__main__ import main
from embedprep.checkpoints import Checkpoints
settings.BLOCK_BYTES = 1 << 19
Checkpoints.is_due = property(lambda self: self._n_blocks % 2 == 0)
save, left = Checkpoints.save, int(sys.argv.pop(1))
def save_and_die(*arguments):
    global left
    save(*arguments)
    left -= 1
    if not left:
        os.kill(os.getpid(), signal.SIGKILL)
Checkpoints.save = save_and_die
main()
"""


def test_a_killed_process_goes_on_twice(text: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    text.write_text(TEXT * 9_000, encoding="utf-8")  # of 18 MB: several blocks
    job = ["run", str(text), "-n", "3", "-q", "-o"]
    command = [*job, str(text.parent / "out"), "--resume"]
    for moment in (1, 2):
        done = subprocess.run([sys.executable, "-c", KILLED, str(moment), *command], check=False)
        assert done.returncode == -signal.SIGKILL
    monkeypatch.setattr("embedprep.settings.BLOCK_BYTES", 1 << 19)
    n_blocks = n_blocks_of(text, monkeypatch)
    call([*job, str(text.parent / "expected")])
    calls = count_calls(counting, "_encode_block", monkeypatch)
    call(command)
    assert files_in(text.parent / "out") == files_in(text.parent / "expected")
    assert 0 < len(calls) <= n_blocks - 6  # each checkpoint comes behind two blocks or more


@pytest.mark.parametrize(
    ("command", "said"),
    [
        (
            "encode t --vocab whole/vocab.json --resume -o x.npy",
            "keeps what is finished in a folder; name one by -o",
        ),
        (
            "run t --engine dask --resume -o out",
            "is for threads; a cluster does again what it loses",
        ),
    ],
)
def test_where_there_is_nothing_to_go_on_with(
    command: str, said: str, text: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    whole(text)
    monkeypatch.chdir(text.parent)
    with pytest.raises((SettingsError, UsageError)) as raised:
        call(command.split())
    assert said in str(raised.value)
    assert {path.name for path in text.parent.iterdir()} == {"t", "whole"}


@pytest.mark.parametrize("has_flock", [True, False])
def test_without_locks_nothing_is_kept(
    has_flock: bool, text: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: object) -> None:
        raise OSError(errno.ENOLCK, "No locks available")

    kept = build_and_stop(text, 30)
    before = files_in(kept)
    if has_flock:  # but not of this file system
        monkeypatch.setattr("fcntl.flock", fail)
    else:
        monkeypatch.setattr("embedprep.publication.locks.fcntl", None)
    with pytest.raises(OutputError) as raised:
        build(text)
    assert str(raised.value) == (
        f"{text.parent}/out: has no locks, and two runs with --resume would go on with the same "
        "work; leave out --resume, or name a folder on another disk by -o"
    )
    assert files_in(kept) == before
    assert build(text, resume=False) == whole(text)


@pytest.mark.parametrize("place", [KEPT, f"{KEPT}/kept/spool", f"{KEPT}/vocab.json"])
def test_a_link_among_what_is_kept_leads_nowhere(place: str, text: Path) -> None:
    build_and_stop(text, 30)
    outside = text.parent / "outside"
    outside.mkdir()
    (outside / "vocab.json").write_bytes(b"precious")
    link = text.parent / "out" / place
    if link.is_dir():
        shutil.rmtree(link)
        link.symlink_to(outside)
    else:
        link.unlink(missing_ok=True)
        link.symlink_to(outside / "vocab.json")
    assert build(text) == whole(text)
    assert [path.name for path in outside.iterdir()] == ["vocab.json"]
    assert (outside / "vocab.json").read_bytes() == b"precious"


def test_what_lies_in_a_leftover_is_neither_input_nor_output(text: Path) -> None:
    kept = build_and_stop(text, 30)
    mine = kept / "mine.txt"
    mine.write_bytes(b"a\n")
    with pytest.raises(OutputError, match="is removed as what a dead run has left"):
        embedprep.build([str(mine)], kept.parent)
    for output in (kept, kept / "sub"):
        with pytest.raises(OutputError, match="would be removed; name another"):
            embedprep.build([str(text)], output)
    assert mine.read_bytes() == b"a\n"


@pytest.mark.parametrize(
    "other",
    [
        {"holdout": {"dev": "u"}},
        {"holdout": {"test": "u"}},
        {"inputs": ["t", "u"]},
        {"inputs": ["x=t"], "holdout": {"dev": "x=u"}},
    ],
)
def test_other_parts_or_labels_are_another_job(
    other: dict[str, Any], text: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def made(**options: Any) -> None:
        embedprep.build(**{"inputs": "t"} | options)

    monkeypatch.chdir(text.parent)
    Path("u").write_text("a b c\nc c\nnew\n", encoding="ascii")
    jobs: list[dict[str, Any]] = [{"inputs": ["t", "u"]}, {"holdout": {"dev": "u"}}]
    for job in jobs:
        with monkeypatch.context() as stopping:
            interrupt_reading(30, stopping)
            with pytest.raises(Interrupted):
                made(output="out", resume=True, **job)
        made(output="out", resume=True, **other)
        made(output="expected", **other)
        assert files_in(Path("out")) == files_in(Path("expected"))
        shutil.rmtree("out")


def test_what_is_there_already_needs_no_room(text: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    options: dict[str, Any] = {"max_len": 400, "rows_per_shard": 20}
    kept = build_and_stop(text, 20, interrupt_writing, **options)
    expected = whole(text, **options)
    wanted = sum(len(its) for name, its in expected.items() if name.endswith(".npy"))
    there = sum(path.stat().st_size for path in kept.glob("*.npy"))
    assert there > wanted // 10

    monkeypatch.setattr("embedprep.space.free_bytes", lambda _folder: wanted - there - 1)
    with pytest.raises(OutputError, match="and the disk has"):
        build(text, **options)
    monkeypatch.setattr("embedprep.space.free_bytes", lambda _folder: wanted - there)
    assert build(text, **options) == expected


def test_what_another_job_has_kept_goes(text: Path) -> None:
    kept = build_and_stop(text, 30)
    (kept / "sequences-00000.npy").write_bytes(b"of another")
    assert (kept / "kept" / "spool").stat().st_size > 1000
    text.write_text("", encoding="ascii")
    with pytest.raises(InputError, match="holds no line"):
        embedprep.build(text, kept.parent, resume=True, max_words=7)
    assert not (kept / "sequences-00000.npy").exists()
    assert (kept / "kept" / "spool").stat().st_size == 0
