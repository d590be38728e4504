"""Are words counted once and for all, and do counts of parts make the vocabulary of the whole?"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import unicodedata
from collections import Counter
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from embedprep import pipeline
from embedprep.budget import Budget
from embedprep.counts import order, recipe
from embedprep.counts.files import Tally
from embedprep.counts.kinds import Counts, are_counts
from embedprep.counts.order import merged_in_order, position_of, read_in_order, write_in_order
from embedprep.counts.recipe import count_words, vocab_of_counts
from embedprep.dictionary import Dictionary, WordArray
from embedprep.errors import InputError
from embedprep.hashing import Secret
from embedprep.settings import Resources, RowSettings, VocabularySettings
from embedprep.sources import Reader, Reading
from embedprep.spool import Spool
from embedprep.tokenizer.settings import TokenizerSettings
from tests import twins
from tests.texts import settings_of, texts

HERE = Resources(1)
WHITESPACE = TokenizerSettings("whitespace")


def write_text(path: Path, lines: list[str]) -> Path:
    """A text file of the lines; the byte order mark that is skipped keeps one of the text's."""
    path.write_bytes("".join(["\ufeff", *(f"{line}\n" for line in lines)]).encode())
    return path


def reader_of(*paths: Path, block_bytes: int = 1 << 20) -> Reader:
    return Reader([str(path) for path in paths], Reading(block_bytes=block_bytes))


def counted(path: Path, tokenizer: TokenizerSettings = WHITESPACE) -> Path:
    """The file of the counts of a text."""
    output = path.with_suffix(".npz")
    count_words(reader_of(path), tokenizer, output, resources=HERE)
    return output


def vocabulary_bytes(words: VocabularySettings, rows: RowSettings, *paths: Path) -> bytes:
    output = paths[0].parent / "of_counts.json"
    vocab_of_counts(Counts([str(path) for path in paths]), words, rows, output, resources=HERE)
    return output.read_bytes()


def test_a_file_holds_words_counts_and_lengths_of_lines(tmp_path: Path) -> None:
    text = write_text(tmp_path / "t.txt", ["the cat", "", "sat on the mat", "", "über the"])
    made = count_words(reader_of(text), WHITESPACE, tmp_path / "c.npz", resources=HERE)
    assert made.tally == Tally(n_rows=5, n_words=8, n_distinct=6)
    with np.load(tmp_path / "c.npz", allow_pickle=False) as arrays:
        assert arrays.files == ["settings", "text", "lengths", "counts", "row_lengths", "rows"]
        dtypes = [arrays[name].dtype.str for name in arrays.files]
        assert dtypes == ["|u1", "|u1", "<u4", "<i8", "<i8", "<i8"]
        assert json.loads(arrays["settings"].tobytes()) == {
            "format": "embedprep-counts",
            "version": 1,
            "tokenizer": {"name": "whitespace", "lowercase": False},
            "versions": {},
        }
        # The order is that of files that were made before, and must not change.
        assert arrays["text"].tobytes().decode() == "matüberonthesatcat"
        assert arrays["lengths"].tolist() == [3, 5, 2, 3, 3, 3]
        assert arrays["counts"].tolist() == [1, 1, 1, 3, 1, 1]
        assert arrays["row_lengths"].tolist() == [0, 2, 4]
        assert arrays["rows"].tolist() == [2, 2, 1]


def test_the_versions_behind_the_words_are_told(tmp_path: Path) -> None:
    text = write_text(tmp_path / "t.txt", ["The cat"])
    with np.load(counted(text, TokenizerSettings("keras"))) as arrays:
        settings = json.loads(arrays["settings"].tobytes())
    assert settings["versions"] == {"unicode": unicodedata.unidata_version}


def test_the_lengths_of_lines_are_in_words_also_where_stretches_are_counted(tmp_path: Path) -> None:
    text = write_text(tmp_path / "t.txt", ["don't stop...now 3.5", "我在北京", "... !"])
    with np.load(counted(text, TokenizerSettings("unicode"))) as arrays:
        assert arrays["row_lengths"].tolist() == [0, 4]
        assert arrays["rows"].tolist() == [1, 2]


words = st.text(st.sampled_from("ab\0é中"), min_size=1, max_size=30)
short_words = st.text(st.sampled_from("abé中"), min_size=1, max_size=2)
dictionaries = st.lists(st.dictionaries(words, st.integers(0, 5), max_size=20), min_size=1)


def dictionary_of(counts: dict[str, int]) -> Dictionary:
    array = WordArray.of((word.encode() for word in counts), Secret.draw())
    return Dictionary(array, np.array(list(counts.values()), np.int64))


def twin_mark(word: str) -> int:
    """The mark of a word of up to 8 bytes that begins with no NUL."""
    key = word.encode().rjust(8, b"\0")
    return int.from_bytes(key, "little") * int(order.SECRET.spread) % 2**64


@given(counts=st.dictionaries(short_words, st.integers(1, 5)))
def test_short_words_stand_in_the_order_of_their_bytes_times_a_secret(
    counts: dict[str, int],
) -> None:
    with Spool(Path.cwd()) as spool:
        [lengths, found, text] = spool.read(write_in_order(dictionary_of(counts), spool))
    in_order = sorted(counts, key=twin_mark)
    assert text.tobytes().decode() == "".join(in_order)
    assert lengths.tolist() == [len(word.encode()) for word in in_order]
    assert found.tolist() == [counts[word] for word in in_order]


def test_the_marks_of_long_words_are_those_of_files_that_were_made_before() -> None:
    array = WordArray.of([b"a-rather-long-word", b"a" * 2000], order.SECRET)
    marks = [position_of(array, place).mark for place in range(2)]
    assert marks == [1654757861069200583, 15841931664703937340]


@given(
    all_marks_are_one=st.booleans(),
    several=dictionaries,
    bytes_at_once=st.sampled_from([1, 200, 1 << 20]),
)
def test_ordered_words_are_merged_piece_by_piece(
    *,
    all_marks_are_one: bool,
    several: list[dict[str, int]],
    bytes_at_once: int,
) -> None:
    with pytest.MonkeyPatch.context() as patched, Spool(Path.cwd(), memory_bytes=400) as spool:
        if all_marks_are_one:
            patched.setattr(order, "SECRET", Secret(np.uint64(0), np.uint64(1)))
        sources = [
            read_in_order(write_in_order(dictionary_of(counts), spool), spool) for counts in several
        ]
        found: list[tuple[str, int]] = []
        positions = []
        for piece in merged_in_order(sources, bytes_at_once):
            assert piece.words.n_words > 0
            found += zip(piece.words.to_text(), piece.counts.tolist(), strict=True)
            positions += [position_of(piece.words, i) for i in range(piece.words.n_words)]
    expected = Counter[str]()
    for counts in several:
        expected.update(counts)
    assert len(found) == len(dict(found))
    assert dict(found) == {word: n for word, n in expected.items() if n}
    assert positions == sorted(positions)


@settings(max_examples=30)  # each of five files and more
@given(
    lines=texts,
    cuts=st.sets(st.integers(1, 11), max_size=3),
    tokenizer=st.sampled_from(["unicode", "keras", "whitespace", "char"]),
    chosen=st.fixed_dictionaries(
        {
            "max_words": st.integers(1, 20),
            "min_count": st.integers(1, 3),
            "bos": st.booleans(),
            "eos": st.booleans(),
        }
    ),
    max_len=st.sampled_from([None, "max", "p50", "p99", "5"]),
    is_backwards=st.booleans(),
)
def test_the_counts_of_any_parts_make_the_vocabulary_of_the_whole(
    *,
    lines: list[str],
    cuts: set[int],
    tokenizer: str,
    chosen: dict[str, int],
    max_len: str | None,
    is_backwards: bool,
    tmp_path_factory: pytest.TempPathFactory,
) -> None:
    folder = tmp_path_factory.mktemp("any")
    rules = settings_of(tokenizer)
    wanted = VocabularySettings(
        chosen["max_words"],
        chosen["min_count"],
        tokenizer=rules,
        bos=bool(chosen["bos"]),
        eos=bool(chosen["eos"]),
    )
    rows = RowSettings(max_len)
    places = [0, *sorted(cut for cut in cuts if cut < len(lines)), len(lines)]
    parts = [lines[i:j] for i, j in pairwise(places)]
    files = [
        counted(write_text(folder / f"{number}.txt", part), rules)
        for number, part in enumerate(parts)
    ]
    if is_backwards:
        files.reverse()
    whole = write_text(folder / "whole.txt", lines)
    expected = folder / "expected.json"
    pipeline.vocab(reader_of(whole), wanted, rows, expected, resources=HERE)
    assert vocabulary_bytes(wanted, rows, *files) == expected.read_bytes()

    merged = folder / "merged.npz"
    tally = count_words(Counts(list(map(str, files))), WHITESPACE, merged, resources=HERE).tally
    assert merged.read_bytes() == counted(whole, rules).read_bytes()
    tokens = [twins.tokenize(line, tokenizer, bool(rules.lowercase)) for line in lines]
    assert tally == Tally(len(lines), sum(map(len, tokens)), len({w for t in tokens for w in t}))
    assert vocabulary_bytes(wanted, rows, merged) == expected.read_bytes()


def test_unknown_words_may_vanish_from_rows_of_a_given_length(tmp_path: Path) -> None:
    text = write_text(tmp_path / "t.txt", ["a b c", "a <unk> b", "a"])
    wanted = VocabularySettings(2, oov="drop", tokenizer=WHITESPACE)
    expected = tmp_path / "expected.json"
    pipeline.vocab(reader_of(text), wanted, RowSettings("7"), expected, resources=HERE)
    assert vocabulary_bytes(wanted, RowSettings("7"), counted(text)) == expected.read_bytes()


@pytest.mark.parametrize("tokenizer", ["whitespace", "unicode"])
@pytest.mark.parametrize(
    ("block_bytes", "budget"),
    [(16, Budget(1)), (64, Budget(2, dictionary=1, spool=0)), (1, Budget(1, dictionary=3000))],
)
def test_the_bytes_depend_on_the_text_alone(
    tokenizer: str,
    block_bytes: int,
    budget: Budget,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    lines = [f"word{n % 7} {n} the Über-{n % 3} a-rather-long-word-{n % 5}." for n in range(40)]
    text = write_text(tmp_path / "t.txt", lines)
    expected = counted(text, TokenizerSettings(tokenizer)).read_bytes()
    monkeypatch.setattr(recipe, "budget_of", lambda *_: budget)
    output = tmp_path / "other.npz"
    count_words(reader_of(text, block_bytes=block_bytes), TokenizerSettings(tokenizer), output)
    assert output.read_bytes() == expected


def test_a_text_without_a_word_is_counted(tmp_path: Path) -> None:
    blank = counted(write_text(tmp_path / "blank.txt", ["", ""]))
    other = counted(write_text(tmp_path / "other.txt", ["a", "b a"]))
    made = vocab_of_counts(Counts([str(blank), str(other)]), VocabularySettings(), RowSettings())
    assert (made.words, made.counts) == (("a", "b"), (2, 1))
    made = vocab_of_counts(Counts([str(blank)]), VocabularySettings(), RowSettings())
    assert (made.words, made.rectangle.max_len) == ((), 1)


def test_counts_are_known_by_their_content_or_their_name(tmp_path: Path) -> None:
    text = write_text(tmp_path / "t.txt", ["a"])
    unnamed = tmp_path / "counts"
    unnamed.write_bytes(counted(text).read_bytes())
    assert are_counts([str(unnamed), "missing.npz"])
    assert not are_counts([str(text), "-", "missing", str(tmp_path)])
    np.savez(tmp_path / "other", settings=np.arange(3))
    (tmp_path / "other.npz").rename(tmp_path / "other")
    assert not are_counts([str(tmp_path / "other")])
    with pytest.raises(InputError) as caught:
        are_counts([str(unnamed), str(text)])
    assert str(caught.value) == (
        f"{text}: is no file of counts, and {unnamed} is one; "
        "count the texts first by `embedprep count`"
    )


def test_a_pipe_is_not_opened_to_look_at_it(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")  # to open it would wait for a writer
    assert not are_counts([str(tmp_path / "pipe")])


def test_many_files_of_all_sizes_are_merged(tmp_path: Path) -> None:
    texts = [[f"word{n * n % 97} w{n}" for n in range(first, first * 3)] for first in range(1, 60)]
    files = [
        counted(write_text(tmp_path / f"{number}.txt", lines)) for number, lines in enumerate(texts)
    ]
    whole = write_text(tmp_path / "whole.txt", [line for lines in texts for line in lines])
    merged = tmp_path / "merged.npz"
    count_words(Counts(list(map(str, files))), WHITESPACE, merged, resources=HERE)
    assert merged.read_bytes() == counted(whole).read_bytes()


def test_the_commands_tell_what_they_counted(tmp_path: Path) -> None:
    def said(*arguments: str) -> str:
        command = [sys.executable, "-m", "embedprep", *arguments]
        return subprocess.run(
            command, cwd=tmp_path, check=True, capture_output=True, text=True
        ).stdout

    (tmp_path / "a.csv").write_text("text\nthe cat\nthe dog\n", encoding="ascii")
    assert said("count", "a.csv", "--text-column", "text", "-o", "a.npz") == (
        "a.npz: the counts of 3 words\n"
        "  rows            2\n"
        "  words           4\n"
        "  distinct words  3\n"
        '  input           a.csv: csv, text from "text"\n'
    )
    facts = {"output": "b.npz", "rows": 4, "words": 8, "distinct_words": 3}
    assert json.loads(said("count", "a.npz", "a.npz", "-o", "b.npz", "--json")) == facts
    assert said("vocab", "b.npz", "-n", "1", "-o", "-").splitlines()[1:] == ['["the", 4]', "]}"]
