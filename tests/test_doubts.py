"""Is each setting doubted that is plainly wrong, once, and no other?"""

from __future__ import annotations

import json
import re
import subprocess
import sys
import unicodedata
from itertools import groupby
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import embedprep
from embedprep import pipeline
from embedprep.doubts import CLUSTERED, HAN_AND_KANA, SAMPLE_BYTES, _Letters, are_of, mean_run
from embedprep.settings import RowSettings, VocabularySettings
from embedprep.sources import Reader, Reading
from embedprep.tokenizer.settings import TokenizerSettings
from tests import twins

ROOT = Path(__file__).resolve().parent.parent


def doubts_about(text: str | bytes, folder: Path, **settings: Any) -> list[str]:
    """What a whole run says of a text."""
    source = folder / "text.txt"
    source.write_bytes(text.encode() if isinstance(text, str) else text)
    warnings = embedprep.build([source], folder / "out", **settings).warnings
    return [warning.replace(str(source), "text.txt") for warning in warnings]


FEW_SPACES = "and --tokenizer {} finds words between spaces, of which there are few; "
FOR_HAN = "choose --tokenizer unicode, char or jieba for the vocabulary"
FOR_KANA = "choose --tokenizer unicode or char for the vocabulary"
FOR_THAI = (
    "cut it into words by a tool for Thai, and choose --tokenizer whitespace for the vocabulary"
)
SAID = {
    **{
        (name, corpus): f"{letters}, {FEW_SPACES.format(name)}{remedy}"
        for name in ("keras", "whitespace")
        for corpus, letters, remedy in (
            ("zh", "100% of its letters are Han", FOR_HAN),
            ("ja", "100% of its letters are Han and kana", FOR_KANA),
            ("pud_Thai", "100% of its letters are Thai", FOR_THAI),
        )
    },
    ("unicode", "pud_Thai"): "100% of its letters are Thai, which falls into clusters without a "
    f"dictionary; {FOR_THAI}",
}
OTHERS = ("de", "tr", "ar", "hi", "ko", "fa", "pud_Russian")


@pytest.mark.parametrize("tokenizer", ["unicode", "keras", "whitespace", "char"])
def test_scripts_without_spaces_are_doubted_and_no_others(
    tokenizer: str, shared: Path, tmp_path: Path
) -> None:
    for corpus in ("zh", "ja", "pud_Thai", *OTHERS):
        path = shared / "corpora" / "sentences" / f"{corpus}.txt"
        built = embedprep.build(path, tmp_path / "out", tokenizer=tokenizer, max_len=10)
        said = SAID.get((tokenizer, corpus))
        assert built.warnings == ((f"{path}: {said}",) if said else ())


@pytest.mark.parametrize("tokenizer", ["unicode", "keras", "whitespace", "char"])
def test_english_is_not_doubted(tokenizer: str, tmp_path: Path) -> None:
    inputs = [ROOT / "sample_data" / name for name in ("reviews.txt", "heldout.txt")]
    assert embedprep.build(inputs, tmp_path / "out", tokenizer=tokenizer).warnings == ()


TITLES = "苹果手机壳\n女士运动鞋\n儿童保温杯\n无线蓝牙耳机\n" * 3
KHMER = "ខ្ញុំចូលចិត្តអានសៀវភៅនៅផ្ទះ\n" * 3
LAO = "ຂ້ອຍມັກອ່ານປຶ້ມຢູ່ເຮືອນ\n" * 3
BURMESE = "ကျွန်တော်စာအုပ်ဖတ်ရတာကြိုက်တယ်\n" * 3


@pytest.mark.parametrize(
    ("text", "tokenizer", "cause"),
    [
        (TITLES, "keras", "text.txt: 100% of its letters are Han, and"),
        (
            TITLES + "iPhone case, phone case\n",
            "whitespace",
            "text.txt: 77% of its letters are Han",
        ),
        (KHMER, "unicode", "text.txt: 100% of its letters are Khmer, which"),
        (LAO, "unicode", "text.txt: 100% of its letters are Lao, which"),
        (BURMESE, "unicode", "text.txt: 100% of its letters are Burmese, which"),
        (LAO + KHMER, "keras", "text.txt: 100% of its letters are Lao and Khmer, and"),
    ],
)
def test_less_of_it_is_doubted_too(text: str, tokenizer: str, cause: str, tmp_path: Path) -> None:
    [warning] = doubts_about(text, tmp_path, tokenizer=tokenizer)
    assert warning.startswith(cause)


def spaced(text: str, n: int) -> str:
    """A text with a space after every `n` characters of a line."""
    return re.sub(f"(.{{{n}}})", r"\1 ", text)


@pytest.mark.parametrize(
    ("text", "tokenizer"),
    [
        (
            "My teacher 王小明 lives in 北京, as 李小龙 did, and 张爱玲 for some years\n" * 9,
            "keras",
        ),
        (" ".join(twins.jieba().lcut(TITLES)), "whitespace"),  # cut by another tool
        (spaced(KHMER, 6), "whitespace"),
        (TITLES, "unicode"),
        (TITLES, "jieba"),
        (KHMER, "char"),
        (KHMER, "pattern"),
        ("今天天气很好\n再见\n", "keras"),  # too few letters to tell
        ("1 2 3\n٤ ٥ ٦\n" * 30, "unicode"),
        ("😀 😃 👍🏽\n❤️ ✨ 🇩🇪\n" * 30, "keras"),
        ("\n", "unicode"),
        ("ก\n", "unicode"),
        ("。！？、…\n" * 30, "unicode"),
    ],
)
def test_what_may_be_right_is_not_doubted(text: str, tokenizer: str, tmp_path: Path) -> None:
    pattern = r"\w+" if tokenizer == "pattern" else None
    assert doubts_about(text, tmp_path, tokenizer=tokenizer, pattern=pattern) == []


UNDECODED = (
    "text.txt: {} of the first {} rows hold U+FFFD, which stands for bytes that could not be "
    "decoded; check --encoding, here {}, and how the text was made"
)


def test_what_was_not_decoded_is_doubted(tmp_path: Path) -> None:
    latin = b"good\nun caf\xe9 \xe9t\xe9\n\nna\xefve\nfine"
    utf8 = UNDECODED.format(2, 5, "utf-8")
    assert doubts_about(latin, tmp_path, errors="replace") == [utf8]
    ascii_ = UNDECODED.format(2, 5, "ascii")
    assert doubts_about(latin, tmp_path, errors="replace", encoding="ascii") == [ascii_]
    assert doubts_about(latin, tmp_path, errors="ignore") == []
    assert doubts_about(latin, tmp_path, encoding="latin-1") == []
    assert doubts_about("half \ufffd gone\n", tmp_path) == [UNDECODED.format(1, 1, "utf-8")]


def test_the_end_of_the_sample_tears_no_character(tmp_path: Path) -> None:
    row = "é" * 50 + "\n"
    n_rows, n_left = divmod(SAMPLE_BYTES, len(row.encode()))
    assert n_left % 2 == 1
    whole = row * (n_rows + 2)
    assert doubts_about(whole, tmp_path, errors="replace", max_words=5, tokenizer="char") == []


ONE_WORD = (
    "text.txt: each of its {} rows is one word; put the words of a sentence on one line, or, if it "
    "is a list of words, take it over by `embedprep vocab --from`"
)


@pytest.mark.parametrize(
    ("text", "settings", "n_rows"),
    [
        ("word\n" * 20, {}, 20),
        ("don't\n\n" * 600 + "3.14", {"tokenizer": "unicode"}, 601),
        ("été!\n" * 30, {"oov": "drop", "bos": True, "max_words": 1}, 30),
        ("a-b\n" * 30, {"tokenizer": "whitespace", "oov": "drop"}, 30),
        ("word\n" * 19 + "\n", {}, None),
        ("word\n" * 40 + "two words\n", {}, None),
        ("a-b\n" * 30, {"tokenizer": "keras"}, None),
        ("known\nknown other\n" * 30, {"oov": "drop", "max_words": 1}, None),
        ("--\n" * 30 + "word\n" * 19, {}, None),
        ("--\ntwo words\n" * 30, {}, None),
    ],
)
def test_rows_of_one_word_are_doubted(
    text: str, settings: dict[str, Any], n_rows: int | None, tmp_path: Path
) -> None:
    said = [] if n_rows is None else [ONE_WORD.format(n_rows)]
    assert doubts_about(text, tmp_path, **settings) == said


def test_of_several_inputs_the_first_names_the_place(tmp_path: Path) -> None:
    for name in "abc":
        (tmp_path / name).write_text("word\n" * 10, encoding="utf-8")
    inputs = [tmp_path / name for name in "abc"]
    [warning] = embedprep.build(inputs, tmp_path / "out").warnings
    assert warning.startswith(f"{tmp_path / 'a'} and 2 more: each of its 30 rows is one word")


def test_only_the_training_rows_are_counted(tmp_path: Path) -> None:
    (tmp_path / "sentences").write_text("two words\n" * 30, encoding="utf-8")
    held_out = {"other": tmp_path / "sentences"}
    [warning] = doubts_about("word\n" * 30, tmp_path, holdout=held_out)
    assert ": each of its 30 rows is one word; " in warning
    (tmp_path / "words").write_text("word\n" * 30, encoding="utf-8")
    assert doubts_about("two words\n" * 30, tmp_path, holdout={"other": tmp_path / "words"}) == []


def test_any_block_size_gives_the_same_doubts(tmp_path: Path) -> None:
    text = tmp_path / "text.txt"
    thai = "แม้ว่าการเปลี่ยนไปใช้ระบบดิจิตัล\n"
    most = SAMPLE_BYTES * 7 // 8 // len(thai.encode())
    text.write_text(thai * most + "English words\n" * 30_000, encoding="utf-8")
    said = set()
    for block_bytes in (1000, 99_991, 1 << 20):
        reader = Reader([str(text)], Reading(block_bytes=block_bytes))
        kept = VocabularySettings(tokenizer=TokenizerSettings("keras"))
        said.add(pipeline.vocab(reader, kept, RowSettings()).warnings)
    [(warning,)] = said
    assert ": 67% of its letters are Thai, and" in warning


# By the command line.


def ended(folder: Path, command: str) -> tuple[int, str, str]:
    whole = [sys.executable, "-m", "embedprep", *command.split()]
    done = subprocess.run(whole, cwd=folder, capture_output=True, check=False)
    return done.returncode, done.stdout.decode(), done.stderr.decode()


def test_every_command_warns_once_on_stderr(tmp_path: Path) -> None:
    (tmp_path / "zh.txt").write_text(TITLES, encoding="utf-8")
    said = f"embedprep: warning: zh.txt: {SAID['keras', 'zh']}\n"
    for command in (
        "run zh.txt --tokenizer keras -o out",
        "vocab zh.txt --tokenizer keras -o vocab.json",
        "encode zh.txt --vocab vocab.json -o zh.npy",
        "encode zh.txt --vocab vocab.json -o zh",
    ):
        status, _, err = ended(tmp_path, command)
        assert (status, err) == (0, said)
        status, out, err = ended(tmp_path, f"{command} --json")
        assert (status, err) == (0, said)
        assert "output" in json.loads(out)
        assert ended(tmp_path, f"{command} -q") == (0, "", "")


# The scripts.

NAMES = {
    "Han": ("CJK UNIFIED IDEOGRAPH", "CJK COMPATIBILITY IDEOGRAPH"),
    "kana": ("HIRAGANA ", "KATAKANA", "HALFWIDTH KATAKANA"),
    "Thai": ("THAI ",),
    "Lao": ("LAO ",),
    "Burmese": ("MYANMAR ",),
    "Khmer": ("KHMER ",),
}
"""How the names of the letters of a script begin."""

OLD_KANA = range(0x1AFF0, 0x1B170)
"""Kana that no text of today holds."""


@pytest.mark.parametrize("script", NAMES)
def test_the_blocks_of_a_script_hold_its_letters_and_no_others(script: str) -> None:
    letters = [c for c in range(0x110000) if chr(c).isalpha() and c not in OLD_KANA]
    is_there = are_of(np.array(letters), {script: (HAN_AND_KANA | CLUSTERED)[script]})
    for letter, is_of_it in zip(letters, is_there.tolist(), strict=True):
        name = unicodedata.name(chr(letter), "")
        assert name.startswith(NAMES[script]) == is_of_it, name


texts = st.text(st.sampled_from("ab é北京，かなのกขค่ 1😀\n"), min_size=1, max_size=60)


@given(text=texts)
def test_shares_and_runs_are_those_of_the_twin(text: str) -> None:
    code_points = np.array([ord(c) for c in text], np.uint32)
    letters = [c for c in text if c.isalpha()]
    found = _Letters.of(code_points)
    assert int(found.counts.sum()) == len(letters)
    for scripts, members in ((HAN_AND_KANA, "北京かなの"), (CLUSTERED, "กขค่")):
        if letters:
            share = sum(c in members for c in letters) / len(letters)
            assert found.share(scripts) == pytest.approx(share)
        runs = [len(list(run)) for is_of, run in groupby(text, members.__contains__) if is_of]
        if runs:
            assert mean_run(code_points, scripts) == pytest.approx(sum(runs) / len(runs))
