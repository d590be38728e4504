"""Are the figures of a text and of an output those of a plain loop, and is all advice true?"""

from __future__ import annotations

import json
import re
import tempfile
import unicodedata
from collections import Counter
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

import embedprep
from embedprep.budget import Budget
from embedprep.cli import inspected
from embedprep.cli.bars import bar
from embedprep.cli.columns import n_cells
from embedprep.errors import InputError, OutputError, SettingsError, VocabularyError
from embedprep.figures.coverage import SIZES
from embedprep.inspecting import text as inspecting_text
from embedprep.inspecting.advice import round_length_up
from embedprep.inspecting.inspection import Advice, Inspection
from embedprep.inspecting.scripts import letters_by_script, script_of
from embedprep.inspecting.text import inspect_text
from embedprep.inspecting.tokenization import advise_tokenizer
from embedprep.sources import Reader, Reading
from embedprep.tokenizer.settings import TokenizerSettings
from tests import twins
from tests.in_process import Ended, call
from tests.texts import texts


def written(path: Path, lines: list[str]) -> Path:
    """A text file of the lines; the byte order mark that is skipped keeps one of the text's."""
    path.write_bytes("".join(["\ufeff", *(f"{line}\n" for line in lines)]).encode())
    return path


def assert_equals_plain_loop(
    found: Inspection, lines: list[str], tokenizer: TokenizerSettings, top: int = 10
) -> None:
    """Hold all figures of a text against a few lines of Python."""
    assert tokenizer.lowercase is not None
    rows = [twins.tokenize(line, tokenizer.name, tokenizer.lowercase) for line in lines]
    assert_equals_rows(found, lines, rows, top)


def assert_equals_rows(
    found: Inspection, lines: list[str], rows: list[list[str]], top: int = 10
) -> None:
    """The same for lines whose words are found already."""
    lengths = [len(row) for row in rows]
    words = [word for row in rows for word in row]
    figures = found.rows.lengths
    assert figures.rows == len(lines)
    assert figures.empty == lengths.count(0)
    assert figures.indices == found.words.running == len(words)
    assert figures.mean == pytest.approx(len(words) / len(lines))
    shares = (figures.median, figures.p90, figures.p95, figures.p99)
    assert shares == tuple(twins.percentile(lengths, percent) for percent in (50, 90, 95, 99))
    assert figures.longest == max(lengths)
    longest = sorted(enumerate(lengths, 1), key=lambda its: -its[1])[:3]
    places = [(int(row.place.rpartition(":")[2]), row.length) for row in found.rows.longest]
    assert places == longest
    assert found.rows.duplicates == len(lines) - len(set(lines))

    assert found.words.distinct == len(set(words))
    ranked = [(word, n) for word, n in twins.rank(words) if word not in ("<unk>", "<pad>")]
    assert found.words.most_frequent == ranked[:top]
    for its in found.words.coverage:
        kept = ranked[: its.max_words]
        assert its.kept_words == len(kept)
        assert its.share == pytest.approx(sum(n for _, n in kept) / max(1, len(words)))
    sizes = [its.max_words for its in found.words.coverage]
    assert (
        sizes
        == [size for size in SIZES if size < len(ranked)]
        + [size for size in SIZES if size >= len(ranked)][:1]
    )
    letters = Counter[str]()
    for character, n in Counter("".join(words)).items():
        letters[script_of(character)] += n * character.isalpha()
    letters = +letters
    assert found.words.letters == letters
    assert list(found.words.letters.values()) == sorted(letters.values(), reverse=True)

    for cut in found.cuts:
        n_filled = sum(min(length, cut.max_len) for length in lengths)
        assert cut.cut_rows == sum(length > cut.max_len for length in lengths)
        assert cut.lost_indices == len(words) - n_filled
        assert cut.padding == pytest.approx(1 - n_filled / (len(lines) * cut.max_len))
        assert cut.n_bytes == len(lines) * cut.max_len * 4


@given(texts, st.sampled_from(["unicode", "keras", "whitespace", "char"]), st.integers(1, 99))
@example(["", " ", "", "<unk> <pad> a"], "whitespace", 4)
@settings(max_examples=40)
def test_all_figures_of_a_text_are_those_of_a_plain_loop(
    lines: list[str], name: str, block_bytes: int
) -> None:
    tokenizer = TokenizerSettings(name)
    with tempfile.TemporaryDirectory() as folder:
        path = written(Path(folder, "t.txt"), lines)
        reader = Reader([str(path)], Reading(block_bytes=block_bytes))
        assert_equals_plain_loop(inspect_text(reader, tokenizer, top=3), lines, tokenizer, 3)


@pytest.mark.parametrize("tokenizer", ["whitespace", "unicode"])
@pytest.mark.parametrize(
    ("block_bytes", "budget"),
    [(16, Budget(1)), (64, Budget(2, dictionary=1, spool=0)), (1, Budget(1, dictionary=3000))],
)
def test_figures_do_not_depend_on_memory(
    tokenizer: str,
    block_bytes: int,
    budget: Budget,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    lines = [
        f"word{n % 7} {n} the Über-{n % 3} 北京 a-rather-long-word-{n % 5}." for n in range(40)
    ]
    path = written(tmp_path / "t.txt", lines)
    monkeypatch.setattr(inspecting_text, "budget_of", lambda *_, **__: budget)
    reader = Reader([str(path)], Reading(block_bytes=block_bytes))
    chosen = TokenizerSettings(tokenizer)
    assert_equals_plain_loop(inspect_text(reader, chosen), lines, chosen)


def lines_of(path: Path) -> list[str]:
    return path.read_bytes().decode().removesuffix("\n").split("\n")


def test_figures_of_real_reviews(shared: Path) -> None:
    folder = shared / "corpora/rt-polarity"
    paths = [folder / "rt-polarity.neg", folder / "rt-polarity.pos"]
    for path in paths:
        lines = lines_of(path)
        found = embedprep.inspect(path, tokenizer="whitespace")
        assert_equals_rows(found, lines, [line.split() for line in lines])
        spaced = dict.fromkeys(map(ord, twins.KERAS_FILTERS), " ")
        rows = [list(filter(None, line.lower().translate(spaced).split(" "))) for line in lines]
        assert_equals_rows(embedprep.inspect(path, tokenizer="keras"), lines, rows)
    both = embedprep.inspect([f"{path.suffix[1:]}={path}" for path in paths])
    assert both.rows.labels is not None
    assert both.rows.labels.rows_of_class == {"neg": 5331, "pos": 5331}


def test_figures_of_real_sentences(shared: Path, tmp_path: Path) -> None:
    corpora = shared / "corpora"
    chinese = lines_of(corpora / "sentences/zh.txt")
    found = embedprep.inspect(corpora / "sentences/zh.txt", tokenizer="char")
    assert_equals_rows(found, chinese, [[c for c in line if not c.isspace()] for line in chinese])
    english = (corpora / "rt-polarity/rt-polarity.neg").read_bytes().decode().split("\n")
    lines = english[::30] + chinese[::300]
    path = written(tmp_path / "both.txt", lines)
    assert_equals_plain_loop(embedprep.inspect(path), lines, TokenizerSettings())


# What is found in a text.


def test_a_small_text_by_hand(tmp_path: Path) -> None:
    path = written(
        tmp_path / "t.txt", ["The cat, the Cat", "", "北京 café", "", "The cat, the Cat"]
    )
    found = embedprep.inspect(path, top=2)
    rows, words = found.rows, found.words
    assert rows.lengths._asdict() == {
        "rows": 5,
        "empty": 2,
        "indices": 11,
        "mean": 2.2,
        "median": 3,
        "p90": 4,
        "p95": 4,
        "p99": 4,
        "longest": 4,
    }
    assert rows.duplicates == 2
    assert [(row.place, row.length) for row in rows.longest] == [
        (f"{path}:1", 4),
        (f"{path}:5", 4),
        (f"{path}:3", 3),
    ]
    assert rows.labels is None
    assert rows.cut is None
    assert (words.counted_in, words.running, words.distinct) == ("text", 11, 5)
    assert words.most_frequent == [("cat", 4), ("the", 4)]
    assert words.letters == {"Latin": 28, "Han": 2}
    assert [its.max_len for its in found.cuts] == [3, 4]
    options = [its.option for its in found.advice]
    assert options == [
        *("--max-len 4", "--max-words 50000", "--dtype uint16", "--padding post"),
        *("--drop-empty", "--drop-duplicates"),
    ]


def test_a_text_without_a_word(tmp_path: Path) -> None:
    path = written(tmp_path / "t.txt", ["", "...", ""])
    found = embedprep.inspect(path)
    assert found.rows.lengths.longest == found.words.running == found.words.distinct == 0
    assert found.words.most_frequent == []
    assert found.words.letters == {}
    assert found.advice == ()  # nothing would be left without these rows


def test_rows_of_tables_are_told_by_their_record(tmp_path: Path) -> None:
    path = tmp_path / "t.csv"
    path.write_text('text,kind\n"a\nb c",x\nd,\n"e f g h",y\n"e f g h",x\n', encoding="utf-8")
    found = embedprep.inspect(path, text_column="text", label_column="kind")
    assert [(row.place, row.length) for row in found.rows.longest] == [
        (f"{path}: record 3", 4),
        (f"{path}: record 4", 4),
        (f"{path}: record 1", 3),
    ]
    assert found.rows.labels is not None
    assert found.rows.labels._asdict() == {
        "rows_of_class": {"x": 2, "y": 1},
        "numbers": [],
        "unlabelled_rows": 1,
    }
    assert found.rows.duplicates == 1


def test_labels_that_are_numbers_have_their_range(tmp_path: Path) -> None:
    path = tmp_path / "t.csv"
    path.write_text("a,1.5,10\nb,-2,20\nc,4,60\n", encoding="utf-8")
    columns: dict[str, Any] = {"text_column": 1, "label_column": [2, 3], "label_type": "number"}
    found = embedprep.inspect(path, **columns)
    assert found.rows.labels is not None
    assert found.rows.labels.rows_of_class == {}
    assert [tuple(its) for its in found.rows.labels.numbers] == [
        (3, -2.0, pytest.approx(3.5 / 3), 4.0),
        (3, 10.0, 30.0, 60.0),
    ]
    embedprep.build(path, tmp_path / "out", **columns)
    of_output = embedprep.inspect(tmp_path / "out")
    assert of_output.rows.labels == found.rows.labels


def test_inputs_are_read_as_for_a_run(tmp_path: Path) -> None:
    (tmp_path / "latin.txt").write_bytes("café\n".encode("latin-1"))
    with pytest.raises(InputError, match=r"latin\.txt:1: byte 0xe9 at offset 3"):
        embedprep.inspect(tmp_path / "latin.txt")
    found = embedprep.inspect(tmp_path / "latin.txt", encoding="latin-1")
    assert found.words.most_frequent == [("café", 1)]
    (tmp_path / "empty.txt").write_bytes(b"")
    with pytest.raises(InputError, match="holds no line"):
        embedprep.inspect(tmp_path / "empty.txt")
    with pytest.raises(SettingsError, match="--top"):
        embedprep.inspect(tmp_path / "latin.txt", top=0, encoding="latin-1")


def test_too_many_rows_for_the_memory_are_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked = []
    monkeypatch.setattr(Budget, "check_rows", lambda _budget, *its: asked.append(its))
    embedprep.inspect(written(tmp_path / "t.txt", ["a b", "c"]))
    assert asked == [(2, 16, "the count of duplicates", "raise --memory")]


def test_nothing_is_left_behind(tmp_path: Path) -> None:
    path = written(tmp_path / "t.txt", ["a b", "c"])
    embedprep.inspect(path, memory=128 << 20)
    assert [its.name for its in tmp_path.iterdir()] == ["t.txt"]


# Scripts.


@pytest.mark.parametrize(
    ("letters", "script"),
    [
        ("aZéßªʰﬁＡ𝐀ⅎ", "Latin"),
        ("αΩ𝛼µ", "Greek"),
        ("жЯ", "Cyrillic"),
        ("北㐀豈𠀀々", "Han"),
        ("ひゞ", "Hiragana"),
        ("カｶーｰ", "Katakana"),
        ("한ᄒﾡㅎ", "Hangul"),
        ("กข", "Thai"),
        ("ကခ", "Myanmar"),
        ("अ", "Devanagari"),
        ("ﺍعﹰ", "Arabic"),
        ("ℵא", "Hebrew"),
        ("𐎠", "Old Persian"),
        ("𐀀", "Linear B"),
        ("ᐁ", "Canadian Aboriginal"),
        ("ᱚ", "Ol Chiki"),
        ("ʻ", "other"),
    ],
)
def test_letters_have_their_script(letters: str, script: str) -> None:
    assert {letter: script_of(letter) for letter in letters if letter.isalpha()} == {
        letter: script for letter in letters if letter.isalpha()
    }


def test_every_letter_has_a_script_of_one_name() -> None:
    letters = [chr(c) for c in range(0x3000) if chr(c).isalpha()]
    scripts = {script_of(letter) for letter in letters}
    assert all(re.fullmatch(r"other|[A-Z][a-z']+( [A-Z][a-z]+)*", its) for its in scripts), scripts
    unnamed = next(chr(c) for c in range(0xE000, 0xE010) if not unicodedata.name(chr(c), ""))
    assert script_of(unnamed) == "other"
    assert letters_by_script([(ord("1"), 5), (ord("é"), 2)]) == {"Latin": 2}


# What is found in an output.


@pytest.fixture(scope="module")
def output(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An output of which much is cut, unknown and repeated, with a held-out part."""
    folder = tmp_path_factory.mktemp("output")
    lines = ["a b c d", "a b", "a b c d", "", "e f a 北 b c"]
    written(folder / "t.txt", lines)
    written(folder / "h.txt", ["a x y", "b"])
    embedprep.build(
        f"k={folder / 't.txt'}",
        folder / "out",
        max_words=3,
        max_len=3,
        padding="post",
        truncating="post",
        holdout={"held": f"k={folder / 'h.txt'}"},
    )
    return folder / "out"


def test_an_output_by_hand(output: Path) -> None:
    found = embedprep.inspect(output)
    rows, held = found.parts
    assert rows.lengths[:4] == (5, 1, 16, 3.2)
    assert rows.duplicates == 1
    assert [(row.place, row.length) for row in rows.longest] == [
        ("row 4", 6),
        ("row 0", 4),
        ("row 2", 4),
    ]
    assert rows.cut is not None
    assert rows.cut._asdict() == {
        "max_len": 3,
        "cut_rows": 3,
        "lost_indices": 5,
        "padding": pytest.approx(4 / 15),
        "n_bytes": 60,
    }
    assert rows.out_of_vocabulary == 5 / 16
    assert rows.labels is not None
    assert rows.labels.rows_of_class == {"k": 5}
    assert (held.name, held.lengths.rows, held.out_of_vocabulary) == ("held", 2, 0.5)
    words = found.words
    assert (words.counted_in, words.running, words.distinct) == ("vocabulary", 16, 7)
    assert words.most_frequent == [("a", 4), ("b", 4), ("c", 3)]
    assert [its[:2] for its in words.coverage] == [(3, 3)]
    assert words.coverage[0].share == 11 / 16
    assert words.letters == {"Latin": 11}
    assert [its.max_len for its in found.cuts] == [3, 4, 6]
    said = dict(found.advice)
    assert set(said) == {"--max-len 6", "--max-words", "--dtype uint16", "--drop-empty"}
    assert said["--max-len 6"] == (
        "3 cuts 60.0% of the rows and loses 31.2% of the indices; this would cut 0.0%, with 46.7% "
        "padding"
    )


def test_words_of_other_rows_are_counted_in_the_rows(output: Path, tmp_path: Path) -> None:
    part = embedprep.inspect(output / "held")
    assert (part.words.counted_in, part.words.running) == ("rows", 4)
    assert part.words.most_frequent == [("a", 1), ("b", 1)]
    assert part.words.coverage[-1][:2] == (2, 2)
    assert part.words.coverage[-1].share == 0.5
    source = written(tmp_path / "t.txt", ["c c a"])
    vocabulary, encoded_to = output / "vocab.json", tmp_path / "encoded"
    done = call("encode -q", source, "--vocab", vocabulary, "-o", encoded_to)
    assert done.exit_code == 0, done.output
    encoded = embedprep.inspect(tmp_path / "encoded")
    assert (encoded.words.counted_in, encoded.words.running) == ("rows", 3)
    assert encoded.words.most_frequent == [("c", 2), ("a", 1)]


@given(texts, st.sampled_from(["unk", "drop"]), st.integers(1, 4), st.booleans())
@settings(max_examples=15)
def test_an_output_of_all_words_has_the_figures_of_its_text(
    lines: list[str], oov: str, max_len: int, marks: bool
) -> None:
    with tempfile.TemporaryDirectory() as folder:
        path = written(Path(folder, "t.txt"), lines)
        embedprep.build(
            path, f"{folder}/out", max_len=max_len + 2 * marks, oov=oov, bos=marks, eos=marks
        )
        text, found = embedprep.inspect(path), embedprep.inspect(Path(folder, "out"))
    lost = Counter(word for line in lines for word in twins.tokenize(line, "unicode", True))
    lost = Counter(
        {word: n for word, n in lost.items() if word in twins.specials(oov, marks, marks)}
    )
    assert found.words.most_frequent[:10] == [
        its for its in text.words.most_frequent if its[0] not in lost
    ]
    if not (lost or marks):
        assert found.rows.lengths == text.rows.lengths
        assert found.words.letters == text.words.letters
        assert found.words.running == text.words.running


@pytest.mark.parametrize(
    ("break_it", "error", "said"),
    [
        (lambda out: (out / "manifest.json").unlink(), OutputError, "unfinished"),
        (lambda out: (out / "lengths.npy").unlink(), OutputError, "lengths.npy"),
        (
            lambda out: np.save(out / "lengths.npy", np.ones(2, np.int32)),
            OutputError,
            "is int32, 2, and sequences.npy has 5 rows",
        ),
        (
            lambda out: np.save(out / "lengths.npy", np.ones((5, 1), np.int32)),
            OutputError,
            "lengths.npy: is int32, 5 x 1, and sequences.npy has 5 rows",
        ),
        (
            lambda out: np.save(out / "lengths.npy", np.int32(5)),
            OutputError,
            "lengths.npy: is int32, one number, and sequences.npy has 5 rows",
        ),
        (
            lambda out: np.save(out / "lengths.npy", np.full(5, -1, np.int32)),
            OutputError,
            "lengths.npy: is not of the rows in sequences.npy",
        ),
        (
            lambda out: np.save(out / "labels.npy", np.zeros((5, 1, 1), np.int32)),
            OutputError,
            "labels.npy: is int32, 5 x 1 x 1, and sequences.npy has 5 rows of 1 class",
        ),
        (
            lambda out: np.save(out / "labels.npy", np.zeros(5)),
            OutputError,
            "labels.npy: is float64, 5, and sequences.npy has 5 rows of 1 class",
        ),
        (
            lambda out: np.save(out / "labels.npy", np.full((5, 1), 2, np.uint8)),
            OutputError,
            "labels.npy: holds a number that is not in 0..1; embedprep verify tells",
        ),
        (
            lambda out: np.save(out / "labels.npy", np.full(5, 7, np.int32)),
            OutputError,
            "holds a number that is not in 0..0",
        ),
        (
            lambda out: np.save(out / "sequences.npy", np.full((5, 3), 99, np.int32)),
            VocabularyError,
            "index 99 is not in",
        ),
        (lambda out: (out / "vocab.json").write_text("{}"), VocabularyError, "is no vocabulary"),
    ],
)
def test_a_broken_output_is_told(
    break_it: Any, error: type[Exception], said: str, output: Path, tmp_path: Path
) -> None:
    copied = tmp_path / "out"
    copied.mkdir()
    for file in output.rglob("*.*"):
        target = copied / file.relative_to(output)
        target.parent.mkdir(exist_ok=True)
        target.write_bytes(file.read_bytes())
    assert embedprep.inspect(copied).rows.lengths.rows == 5
    break_it(copied)
    with pytest.raises(error, match=re.escape(said)):
        embedprep.inspect(copied)


@pytest.mark.parametrize("facts", [None, [], {"statistics": 3, "settings": [], "matrix": "x"}])
def test_a_manifest_without_its_facts_leaves_those_of_the_rows(
    facts: Any, output: Path, tmp_path: Path
) -> None:
    for file in ("sequences.npy", "lengths.npy", "labels.npy", "vocab.json"):
        (tmp_path / file).write_bytes((output / file).read_bytes())
    manifest = json.loads((output / "manifest.json").read_bytes())
    manifest |= facts if isinstance(facts, dict) else {"statistics": facts}
    del manifest["parts"]
    (tmp_path / "manifest.json").write_text(json.dumps(manifest), encoding="utf-8")
    found = embedprep.inspect(tmp_path)
    assert (found.words.counted_in, found.words.running, found.words.distinct) == ("rows", 11, 3)
    assert found.rows.out_of_vocabulary is None
    assert found.rows.lengths.longest == 6


# Advice.


def advice_on(lines: list[str], folder: Path, **chosen: Any) -> dict[str, str]:
    return dict(embedprep.inspect(written(folder / "t.txt", lines), **chosen).advice)


def test_the_length_is_p99_rounded_up(tmp_path: Path) -> None:
    lines = ["a " * n for n in [*range(1, 100), 600]]
    assert advice_on(lines, tmp_path)["--max-len 104"] == (
        "keeps 99.0% of the rows whole, with 51.4% padding; max, 600, has 90.8%"
    )
    assert advice_on(["a b c"] * 9, tmp_path)["--max-len 3"] == (
        "keeps all rows whole, with 0.0% padding"
    )


@given(st.integers(1, 10**9))
def test_a_length_is_rounded_up_by_an_eighth_at_most(length: int) -> None:
    assert length <= round_length_up(length) <= length * 1.125
    assert round_length_up(round_length_up(length)) == round_length_up(length)


def test_so_many_words_are_advised_as_keep_nearly_all(tmp_path: Path) -> None:
    often = ["a b c d e f g h i j"] * 10_000
    rare = [f"w{n}" for n in range(1500)]
    said = advice_on([*often, *rare], tmp_path)
    assert said["--max-words 1000"] == (
        "keeps 99.5% of the running words; there are 1,510 distinct words"
    )
    assert (
        advice_on(rare, tmp_path)["--max-words 50000"]
        == "the default keeps all there are, 1,500 words"
    )


def test_many_words_that_are_rare_are_all_advised(tmp_path: Path) -> None:
    lines = [
        " ".join(f"w{n}" for n in range(first, first + 100)) for first in range(0, 66_000, 100)
    ]
    said = advice_on(lines, tmp_path)
    assert said["--max-words 66000"] == (
        "all of them; 64,680 are needed to keep 98% of the running words"
    )
    assert "--dtype uint16" not in said


@pytest.mark.parametrize(
    ("letters", "beginning", "tokenizer", "option"),
    [
        ({"Han": 60, "Latin": 40}, "我在北京大学读书", "unicode", "--tokenizer jieba"),
        ({"Han": 60, "Latin": 40}, "我在北京大学读书", "keras", "--tokenizer jieba"),
        ({"Han": 60, "Latin": 40}, "我在北京大学读书", "jieba", None),
        ({"Han": 60, "Latin": 40}, "我在北京大学读书", "char", None),
        ({"Han": 60, "Latin": 40}, "我 在 北京 大学 读书", "unicode", "--tokenizer whitespace"),
        ({"Han": 60, "Latin": 40}, "我 在 北京 大学 读书", "whitespace", None),
        ({"Han": 40, "Hiragana": 20}, "大学で読んでいる", "whitespace", "--tokenizer unicode"),
        ({"Han": 40, "Hiragana": 20}, "大学で読んでいる", "unicode", None),
        ({"Han": 40, "Latin": 60}, "我在北京大学读书", "unicode", None),
        ({"Thai": 10}, "ฉันเรียนที่มหาวิทยาลัย", "unicode", "--tokenizer whitespace"),
        ({"Myanmar": 10}, "မြန်မာဘာသာစကား", "keras", "--tokenizer whitespace"),
        ({"Thai": 10}, "ฉัน เรียน", "whitespace", None),
        ({"Latin": 9}, "it works , he said . " * 10, "unicode", "--tokenizer whitespace"),
        ({"Latin": 9}, "it works , he said . " * 10, "whitespace", None),
        ({"Latin": 9}, "it works , he said . " * 9, "unicode", None),
        ({"Latin": 9}, "it works, he said. " * 10, "unicode", None),
        ({}, "", "unicode", None),
        ({"Han": 9}, "", "keras", None),
    ],
)
def test_a_tokenizer_is_advised_by_letters_and_beginning(
    letters: dict[str, int], beginning: str, tokenizer: str, option: str | None
) -> None:
    advised = advise_tokenizer(letters, beginning, tokenizer)
    assert (advised and advised.option) == option


def test_a_tokenised_text_is_told(shared: Path) -> None:
    advised = embedprep.inspect(shared / "corpora/rt-polarity/rt-polarity.neg").advice[0]
    assert advised == Advice(
        "--tokenizer whitespace",
        "of the first 5,079 full stops and commas, 100.0% stand between spaces: another tool has "
        "cut the text, and this keeps its words; inspect again with it: the rest is about unicode",
    )


def test_a_limit_that_left_words_out_is_named(tmp_path: Path) -> None:
    path = written(tmp_path / "t.txt", ["a b c", "a b d", "a b e"])
    for number, (options, limit) in enumerate(
        [({"max_words": 2}, "--max-words"), ({"min_count": 2}, "--min-count")]
    ):
        embedprep.build(path, tmp_path / str(number), **options)  # type: ignore[arg-type]
        said = dict(embedprep.inspect(tmp_path / str(number)).advice)
        assert limit in said
        assert not {"--max-words", "--min-count"} - {limit} & said.keys()


def test_an_unknown_word_that_stands_in_the_text_is_no_limits_fault(tmp_path: Path) -> None:
    path = written(tmp_path / "t.txt", ["a <unk> c", "a <unk> d"])
    embedprep.build(path, tmp_path / "out", tokenizer="whitespace")
    found = embedprep.inspect(tmp_path / "out")
    assert found.rows.out_of_vocabulary == 1 / 3
    assert not {"--max-words", "--min-count"} & dict(found.advice).keys()


def test_copies_are_told_of_where_they_would_be_left_out(tmp_path: Path) -> None:
    path = written(tmp_path / "t.txt", ["a b c d x", "a b c d y", "a b c d y"])
    gates = embedprep.Gates(max_duplicates=1.0)
    embedprep.build(path, tmp_path / "asked", max_words=2, gates=gates)
    embedprep.build(path, tmp_path / "not", max_words=2)
    embedprep.build(path, tmp_path / "split", max_len=2, overflow="split")
    said = {
        name: dict(embedprep.inspect(tmp_path / name).advice).get("--drop-duplicates")
        for name in ("asked", "not", "split")
    }
    told = "an earlier row's text stands again in 1 row (33.3%)"
    assert said == {"asked": told, "not": None, "split": None}
    of_labels = dict(embedprep.inspect([f"a={path}", f"b={path}"]).advice)["--drop-duplicates"]
    assert of_labels.endswith("(66.7%); those with the same labels are left out")


# What is printed.


def inspect_by_shell(*arguments: str | Path) -> Ended:
    return call("inspect", *arguments)


def test_one_screen_for_people(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    Path("t").write_bytes(b"a b a\n\na b a\n")
    done = inspect_by_shell("t", "--tokenizer", "whitespace")
    assert done.exit_code == 0, done.output
    assert done.output == (
        "t: 3 rows, 6 words by whitespace --keep-case\n"
        "\n"
        "rows     rows  empty  repeated  mean  median  p90  p95  p99  longest\n"
        "            3      1         1   2.0       3    3    3    3        3\n"
        "longest  3 at t:1, 3 at t:3, 0 at t:2\n"
        "\n"
        "words    6 running words, 2 distinct\n"
        "letters  Latin 100.0%\n"
        "often    a 4, b 2\n"
        "             N  kept  of the running words\n"
        "         1,000     2  100.0% ████████████████████\n"
        "\n"
        "max_len     rows cut                       padding                  int32\n"
        "         3         0  0.0%                 33.3% ████▋           36 bytes\n"
        "\n"
        "advice   --max-len 3        keeps all rows whole, with 33.3% padding\n"
        "         --max-words 50000  the default keeps all there are, 2 words\n"
        "         --dtype uint16     18 bytes rather than 36 bytes, as indices end at 3;\n"
        "                            PyTorch takes int32 or int64, a batch at a time\n"
        "         --padding post     if an LSTM or a GRU of Keras is to mask the padding,\n"
        "                            33.3%: cuDNN takes it at the end alone; else pre,\n"
        "                            the default, which has words at the last step\n"
        "         --drop-empty       no word stands in 1 row (33.3%): padding alone,\n"
        "                            which some layers cannot mask\n"
        "         --drop-duplicates  an earlier row's text stands again in 1 row (33.3%)\n"
    )


@pytest.mark.parametrize("width", [40, 50, 80, 132])
def test_no_line_is_wider_than_the_terminal(width: int, output: Path, tmp_path: Path) -> None:
    lines = ["北京 " * 30, "👩‍🚀 \u202ea\u0301 the", "שלום the the", *("a b" for _ in range(30))]
    text = written(tmp_path / "北\x1b[2J京.txt", lines)
    for inspection in (
        embedprep.inspect([f"北京={text}", f"{'x' * 70}={text}"]),
        embedprep.inspect(output),
    ):
        shown = inspected.lines(inspection, width)
        assert max(n_cells(line.replace("\u200e", "")) for line in shown) <= width, shown
        assert all(line.replace("\u200e", "").isprintable() for line in shown)


def test_classes_from_right_to_left_keep_to_their_columns(tmp_path: Path) -> None:
    text = written(tmp_path / "a.txt", ["one", "two"])
    shown = inspected.lines(embedprep.inspect([f"שלום={text}", f"peace={text}"]), 80)
    classes = [line for line in shown if re.match(" +(שלום|peace) ", line.replace("\u200e", " "))]
    plain, marked = classes
    assert marked.count("\u200e") == 1
    assert marked.index("50.0%") == plain.index("50.0%") + 1  # the mark takes no cell


@given(st.floats(0, 1), st.integers(0, 30))
def test_a_bar_fills_its_field(share: float, width: int) -> None:
    drawn = bar(share, width)
    assert len(drawn) == width
    n_full = drawn.count("█")
    assert n_full <= share * width
    assert n_full + 1 >= share * width - 1e-9
    assert bool(drawn.strip()) == (share > 0 and width > 0)


def test_one_object_for_scripts(output: Path, tmp_path: Path) -> None:
    text = written(tmp_path / "t.txt", ["a b", "北京 a"])
    told = json.loads(inspect_by_shell(text, "--json", "-q").stdout)
    assert told["place"] == str(text)
    assert told["tokenizer"] == {"name": "unicode", "lowercase": True}
    assert told["rows"]["longest_rows"][0] == {"place": f"{text}:2", "length": 3}
    assert told["words"]["most_frequent"] == [["a", 2], ["b", 1], ["京", 1], ["北", 1]]
    assert told["words"]["coverage"] == [{"max_words": 1000, "kept_words": 4, "share": 1.0}]
    assert told["max_len"][-1]["n_bytes"] == 24
    assert told["advice"][0]["option"] == "--max-len 3"
    assert "row" not in told
    told = json.loads(inspect_by_shell(output, "--json").stdout)
    assert told["row"] == {"max_len": 3, "padding": "post", "truncating": "post"}
    assert told["parts"]["held"]["out_of_vocabulary"] == 0.5
    assert told["rows"]["labels"]["rows_of_class"] == {"k": 5}


def test_a_part_of_a_matrix_is_told(tmp_path: Path) -> None:
    text = written(tmp_path / "t.txt", ["a a b c"])
    (tmp_path / "v.txt").write_text("a 1 2\nb 3 4\n", encoding="utf-8")
    embedprep.build(text, tmp_path / "out", vectors=tmp_path / "v.txt")
    done = inspect_by_shell(tmp_path / "out")
    assert "matrix   vectors for 66.7% of the kept words and 75.0% of the running words\n" in (
        done.output
    )


def test_labels_are_shown_beside_each_other(output: Path, tmp_path: Path) -> None:
    assert (
        "labels      training  held\n         k         5     2\n"
        in inspect_by_shell(output).output
    )
    text = tmp_path / "t.csv"
    text.write_text("text,kind\na,x\nb,\nc,x\n", encoding="utf-8")
    said = inspect_by_shell(text, "--text-column", "text", "--label-column", "kind").output
    assert "         x              2  66.7% █████████████▎\n" in said
    assert "         (no label)     1  33.3% ██████▋\n" in said
    text.write_text("a,1\nb,4\n", encoding="utf-8")
    numbers = ["--text-column", "1", "--label-column", "2", "--label-type", "number"]
    said = inspect_by_shell(text, *numbers).output
    assert "labels   rows  min  mean  max\n            2    1   2.5    4\n" in said


def test_options_that_mean_nothing_are_refused(output: Path, tmp_path: Path) -> None:
    done = inspect_by_shell(output, "--tokenizer", "char")
    assert done.exit_code == 2
    assert "--tokenizer is about text, and a folder is an output." in done.output
    done = inspect_by_shell(f"file://{output}", "-q")
    assert (done.exit_code, done.output) == (0, "")
    assert inspect_by_shell("-", "--top", "0").exit_code == 2
    text = written(tmp_path / "t.txt", ["a"])
    done = inspect_by_shell(text, "-q")
    assert (done.exit_code, done.output) == (0, "")
    done = inspect_by_shell(output, text)
    assert done.exit_code == 1
    assert done.stderr.startswith(f"embedprep: {output}: is a folder")


def test_what_is_plainly_wrong_is_warned_of(tmp_path: Path) -> None:
    text = written(tmp_path / "t.txt", ["我在北京大学读书。" * 5] * 3)
    said = inspect_by_shell(text, "--tokenizer", "keras", "--json").output.splitlines()
    [warning] = [line for line in said if not line.startswith("{")]
    assert warning.startswith(f"embedprep: warning: {text}: 100% of its letters are Han")
    [told] = [json.loads(line) for line in said if line.startswith("{")]
    assert told["warnings"] == [warning.removeprefix("embedprep: warning: ")]
    assert told["advice"][0]["option"] == "--tokenizer jieba"
