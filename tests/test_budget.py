"""Does a job keep to the memory that it was given?"""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
import tracemalloc
from collections import Counter
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import embedprep
from embedprep import counting
from embedprep.budget import WITHOUT_OPTION, Budget, budget_of
from embedprep.counting import count
from embedprep.dictionary import Merged
from embedprep.engines import ThreadEngine
from embedprep.errors import InputError, SettingsError
from embedprep.hashing import Secret
from embedprep.labels import LabelCodes
from embedprep.local import LocalText
from embedprep.settings import JOB_BYTES, Resources, Selection
from embedprep.sources import PADDING, Block, Reading
from embedprep.specials import specials_of
from embedprep.spool import Spool
from embedprep.tokenizer.settings import TokenizerSettings
from embedprep.work import Work

MB = 1_000_000
BESIDE = 60 * MB
"""For the interpreter and its libraries."""

_PEAK = """
import pathlib, re, resource, sys
from embedprep.cli.main import cli
cli.main(sys.argv[1:], standalone_mode=False)
status = pathlib.Path("/proc/self/status")
if status.exists():  # Linux counts the process that started this one into ru_maxrss
    print(re.search("VmHWM:\\s+([0-9]+) kB", status.read_text())[1])
else:
    print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss)
"""


def peak_of(*arguments: str | Path) -> int:
    """The peak resident memory of a command, in bytes."""
    command = [sys.executable, "-c", _PEAK, *map(str, arguments), "-q"]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    unit = 1 if sys.platform == "darwin" else 1024
    return int(done.stdout) * unit


@pytest.fixture(scope="module")
def many_words(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """600,000 distinct words in 200,000 lines, each line twice."""
    path = tmp_path_factory.mktemp("many") / "words.txt"
    words = np.arange(600_000) * 2654435761 % (1 << 40)
    lines = [f"the {a:x}x of {b:x}y {c:x}z\n" for a, b, c in words.reshape(-1, 3).tolist()]
    path.write_text("".join(lines) * 2, encoding="ascii")
    return path


@pytest.mark.skipif(not hasattr(os, "wait4"), reason="asks the system for the peak")
@pytest.mark.parametrize("command", ["run", "vocab", "encode", "count"])
def test_a_job_keeps_to_its_memory_and_gives_the_same_bytes(
    command: str, many_words: Path, tmp_path: Path
) -> None:
    options: list[str | Path] = [many_words, "-n", "5000", "--jobs", "1"]
    if command == "encode":
        (tmp_path / "list.txt").write_text("the\nof\n0x\n", encoding="ascii")
        embedprep.build(tmp_path / "list.txt", tmp_path / "words", max_len=4)
        options = [many_words, "--vocab", tmp_path / "words" / "vocab.json", "--jobs", "1"]
    if command == "count":
        options = [many_words, "--jobs", "1"]
    bounded = peak_of(command, *options, "-o", tmp_path / "b.npy", "--memory", "96MB")
    free = peak_of(command, *options, "-o", tmp_path / "a.npy")
    assert bounded <= 96 * MB + BESIDE < free
    if command != "run":
        assert (tmp_path / "a.npy").read_bytes() == (tmp_path / "b.npy").read_bytes()
        return
    for name in ("sequences.npy", "lengths.npy", "vocab.json", "manifest.json"):
        path = tmp_path / "a.npy" / name
        assert path.read_bytes() == (tmp_path / "b.npy" / name).read_bytes()


HEX = {"short words, each once": (15, 600_000), "long words, each once": (1000, 10_000)}


@pytest.mark.skipif(not hasattr(os, "wait4"), reason="asks the system for the peak")
@pytest.mark.parametrize("kind", HEX)
def test_any_words_keep_to_the_memory(kind: str, tmp_path: Path) -> None:
    n_letters, n_words = HEX[kind]
    letters = np.random.default_rng(1).integers(0, 26, (n_words, n_letters), dtype=np.uint8)
    ends = np.full((n_words, 1), ord(" "), np.uint8)
    ends[::10] = ord("\n")
    (tmp_path / "t").write_bytes(np.hstack([letters + ord("a"), ends]).tobytes())
    made = [peak_of("vocab", tmp_path / "t", "-n", "1000", "-o", tmp_path / "free.json")]
    for jobs in ("1", "2"):
        bound = ("--memory", f"{96 + 42 * (jobs == '2')}MB", "--jobs", jobs)
        name = tmp_path / f"{jobs}.json"
        made.append(peak_of("vocab", tmp_path / "t", "-n", "1000", "-o", name, *bound))
        assert name.read_bytes() == (tmp_path / "free.json").read_bytes()
    counted = peak_of("count", tmp_path / "t", "-o", tmp_path / "c.npz", *bound)
    assert made[1] <= 96 * MB + BESIDE
    assert max(made[2], counted) <= 138 * MB + BESIDE


@pytest.mark.skipif(not hasattr(os, "wait4"), reason="asks the system for the peak")
def test_labels_that_are_more_than_their_texts_keep_to_the_memory(tmp_path: Path) -> None:
    """Of 40,000 records of one letter, each with 60 of 300 classes."""
    names = np.array([f"class {number}" for number in range(300)])
    chosen = np.random.default_rng(1).integers(0, 300, (40_000, 60))
    with (tmp_path / "t.jsonl").open("w", encoding="ascii") as lines:
        for of_record in names[chosen].tolist():
            lines.write(json.dumps({"text": "a", "kind": of_record}) + "\n")
    options = ("--label-column", "kind", "-n", "1000", "--memory", "96MB", "--jobs", "1")
    assert (
        peak_of("run", tmp_path / "t.jsonl", "-o", tmp_path / "out", *options) <= 96 * MB + BESIDE
    )
    labels = np.load(tmp_path / "out" / "labels.npy", mmap_mode="r")
    expected = np.zeros_like(labels)
    columns = np.argsort(np.argsort(names))  # classes are sorted
    expected[np.arange(len(chosen))[:, None], columns[chosen]] = 1
    assert (labels == expected).all()


@pytest.mark.skipif(not hasattr(os, "wait4"), reason="asks the system for the peak")
def test_rows_that_a_long_line_is_split_into_keep_to_the_memory(tmp_path: Path) -> None:
    """Of 150,000 words in a line, each of which begins a row of 512."""
    words = np.random.default_rng(1).integers(0, 100, 150_000)
    (tmp_path / "t").write_text(" ".join(map(str, words.tolist())), encoding="ascii")
    options = ("--max-len", "512", "--overflow", "split", "--stride", "511", "-n", "1000")
    bound = ("--memory", "96MB", "--jobs", "1")
    peak = peak_of("run", tmp_path / "t", "-o", tmp_path / "out", *options, *bound)
    assert peak <= 96 * MB + BESIDE
    output = embedprep.load(tmp_path / "out")
    assert output.sequences.shape == (150_000 - 511, 512)
    expected = [output.vocabulary.index[str(word)] for word in words[-612:].tolist()]
    assert output.sequences[-1].tolist() == expected[100:]
    assert output.sequences[-101].tolist() == expected[:512]


@pytest.mark.parametrize("is_split", [False, True])
def test_little_is_kept_of_each_block_where_rows_are_left_out_or_split(
    tmp_path: Path, *, is_split: bool
) -> None:
    """Of 400 blocks with rows of 100 lengths, half of them empty."""
    data = "".join("a " * n + "\n\n" for n in range(1, 101)).encode() + PADDING
    selection = Selection(drop_empty=True, overflow="split" if is_split else "truncate")
    secret = Secret.draw()
    with ThreadEngine(1) as engine, Spool(tmp_path, 0) as spool:
        work = Work(engine, secret, spool)
        blocks = [Block("t", data, 0)] * 400
        counted = count(blocks, Reading(), TokenizerSettings(), work, selection=selection)
        text = LocalText(counted, work)
        ranked = text.rank(10, 1, [])
        tracemalloc.start()
        try:
            numbered = text.number(ranked.kept, specials_of("unk"), selection)
            kept, _ = tracemalloc.get_traced_memory()
        finally:
            tracemalloc.stop()
        assert kept < 400 * 1000
        [part] = numbered.parts
        assert len(part.pieces) == 400
        for piece in part.pieces:
            assert piece == (Counter(range(1, 101)) if is_split else 100)
        assert part.rows_of_length == Counter(dict.fromkeys(range(1, 101), 400))


def test_classes_have_their_share() -> None:
    budget = Budget(classes=30_000_000)
    budget.check_classes(7, 30_000_000)
    with pytest.raises(InputError, match=r"^--memory: labels of 7 classes take more than"):
        budget.check_classes(7, 30_000_001)
    Budget().check_classes(7, 1 << 40)
    assert Budget(dictionary=30_000_000).dictionary_beside(6_000_000) == 29_000_000
    assert Budget().dictionary_beside(6_000_000) is None


def test_classes_take_what_their_names_take() -> None:
    codes = LabelCodes("class")
    for names in (["a", "b"], ["b", "x" * 1000]):
        codes.encode(Block("t", b"", 0, labels=[(name,) for name in names]), 2, 0)
    expected = sum(80 + 4 * sys.getsizeof(name) for name in ("a", "b", "x" * 1000))
    assert codes.n_bytes == expected
    again = LabelCodes("class")
    again.restore(codes.classes)
    assert again.n_bytes == expected


@pytest.mark.skipif(not hasattr(os, "wait4"), reason="asks the system for the peak")
def test_counts_are_merged_and_ranked_within_their_memory(many_words: Path, tmp_path: Path) -> None:
    for name in ("a", "b"):
        peak_of("count", many_words, "-o", tmp_path / f"{name}.npz")
    counts = [tmp_path / "a.npz", tmp_path / "b.npz"]
    bound = ("--memory", "96MB", "--jobs", "1")
    assert peak_of("count", *counts, "-o", tmp_path / "ab.npz", *bound) <= 96 * MB + BESIDE
    peak = peak_of("vocab", *counts, "-n", "5000", "-o", tmp_path / "v.json", *bound)
    assert peak <= 96 * MB + BESIDE
    with np.load(tmp_path / "ab.npz") as arrays:
        assert arrays["counts"].sum() == 4 * 5 * 200_000


@pytest.mark.parametrize("memory", [120 * MB, 256 * MB, 2000 * MB])
@pytest.mark.parametrize("jobs", [None, 1, 2, 16])
@pytest.mark.parametrize("keeps_rows", [False, True])
def test_memory_is_shared_out_without_going_beyond_it(
    memory: int, jobs: int | None, *, keeps_rows: bool
) -> None:
    try:
        budget = budget_of(Resources(jobs, memory), 1000, keeps_rows=keeps_rows)
    except SettingsError as error:
        assert jobs is not None
        assert jobs * JOB_BYTES > memory // 2
        told = re.search(r"it takes ([0-9.]+) MB", error.cause)
        assert told is not None
        enough = int(float(told[1]) * 1.005 * MB)  # it is rounded
        assert memory < enough
        memory = enough
        budget = budget_of(Resources(jobs, memory), 1000, keeps_rows=keeps_rows)
    assert budget.jobs is not None
    assert budget.dictionary is not None
    assert budget.per_row is not None
    spent = budget.jobs * JOB_BYTES + 6 * budget.dictionary + budget.spool + budget.per_row
    assert spent <= memory
    assert jobs in (None, budget.jobs)


def test_without_a_bound_there_is_none() -> None:
    assert budget_of(Resources(3), 1 << 40) == Budget(3)
    assert Resources().max_line_bytes == 64 << 20


def test_lines_are_held_to_the_memory_of_a_worker() -> None:
    assert Resources(memory=256 * MB).max_line_bytes == (40 << 20) // 32
    assert Resources(memory=8000 * MB).max_line_bytes == 1000 * MB // 32


def test_too_little_memory_is_refused_before_anything_is_made(tmp_path: Path) -> None:
    (tmp_path / "t").write_text("a\n", encoding="ascii")
    with pytest.raises(SettingsError) as caught:
        embedprep.build(tmp_path / "t", tmp_path / "out", memory=50 * MB, jobs=2)
    assert str(caught.value).startswith(
        "--memory: 50 MB is too little for 2 jobs and 50,000 words: it takes "
    )
    assert not (tmp_path / "out").exists()


def test_what_is_kept_of_every_row_has_its_share() -> None:
    budget = Budget(per_row=1000)
    budget.check_rows(10, 100, "--shuffle", WITHOUT_OPTION)
    cause = "keeps 100 bytes of every row in memory, for 11 rows more than the 1 kB that --memory"
    with pytest.raises(InputError) as told:
        budget.check_rows(11, 100, "--shuffle", WITHOUT_OPTION)
    assert str(told.value) == (
        f"--shuffle: {cause} leaves for it; raise --memory, or leave the option out"
    )
    Budget().check_rows(1 << 40, 100, "--shuffle", WITHOUT_OPTION)


@pytest.mark.parametrize(
    ("max_len", "options", "kept"),
    [
        (5, {}, 8 + 4),  # its place and its length
        (4, {}, 8 + 4 + 16),  # and the row itself, which is short
        (5, {"overflow": "split"}, 8 + 4 + 8),  # and its document
    ],
)
def test_rows_that_are_shuffled_wait_in_memory(
    max_len: int,
    options: dict[str, Any],
    kept: int,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    asked = []
    monkeypatch.setattr(Budget, "check_rows", lambda _budget, *its: asked.append(its))
    (tmp_path / "t").write_text("a\n" * 3, encoding="ascii")
    embedprep.build(tmp_path / "t", tmp_path / "out", max_len=max_len, shuffle=True, **options)
    assert asked == [(3, kept, "--shuffle", WITHOUT_OPTION)]


def test_a_table_that_no_block_needs_is_let_go_of(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    # Of many words, all as frequent as each other, few are known: repeats make table after table.
    def adopt(self: counting._Counting, merged: Merged) -> None:
        original(self, merged)
        at_hand.append(len(self.tables))
        made.append(self.n_tables)

    at_hand: list[int] = []
    made: list[int] = []
    original = counting._Counting._adopt
    monkeypatch.setattr(counting._Counting, "_adopt", adopt)
    monkeypatch.setattr(counting, "KNOWN_WORDS", 10)
    monkeypatch.setattr("embedprep.settings.BLOCK_BYTES", 1 << 10)
    words = np.random.default_rng(1).integers(1000, 1300, (5000, 10))
    np.savetxt(tmp_path / "t", words, "%d")
    embedprep.build(tmp_path / "t", tmp_path / "out", jobs=2, dtype="int64")
    assert max(made) > 10
    assert max(at_hand) <= 2 * 2 + 2  # those of blocks in flight, of two workers
    output = embedprep.load(tmp_path / "out")
    spelled = np.array(output.vocabulary.entries)[output.sequences].astype(int)
    assert (spelled == words).all()
