"""Are words where Unicode says, in text of every language?"""

from __future__ import annotations

import re
import sys
import unicodedata
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
import uniseg
from hypothesis import example, given
from hypothesis import strategies as st
from uniseg.wordbreak import word_break as uniseg_class
from uniseg.wordbreak import words as uniseg_words

import embedprep
from embedprep.errors import InputError
from embedprep.sources import PADDING
from embedprep.tokenizer import stretches, unicode
from embedprep.tokenizer.settings import TokenizerSettings
from embedprep.tokenizer.word_break import classes_of, is_other, segment, unicode_version
from tests import twins
from tests.texts import found, words_of

FOLDER = Path(unicode.__file__).parent
UNICODE = TokenizerSettings("unicode")
KEEP_CASE = TokenizerSettings("unicode", lowercase=False)

SAMPLES = {
    name: [c for c, (value, _) in twins.word_break_table().items() if value == name][:40]
    for name in {value for value, _ in twins.word_break_table().values()}
}
any_class = st.sampled_from(sorted(SAMPLES)).flatmap(lambda name: st.sampled_from(SAMPLES[name]))
tricky = st.one_of(
    any_class,
    st.sampled_from("aB1_.,:;'\"- \t"),
    st.sampled_from(
        [*"中かアー々、。，’‘“”—«»·।،؟", "\u200d", "\u0301", "\uff9e", "😀", "\U0001f3fd"]
    ),
    st.sampled_from("אʼ׳״ΣσİIıKÅ\u0344\u0958\u030cJǰ한\u1100\u1161\u11a8"),
    st.characters(exclude_categories=["Cs"]),
)
texts = st.lists(st.text(tricky.filter(lambda c: c != "\n"), max_size=25), min_size=1, max_size=6)


def segments_of(text: str) -> list[str]:
    code_points = np.frombuffer(text.encode("utf-32-le"), "<u4")
    starts = segment(code_points).starts.tolist()
    return [text[i:j] for i, j in zip(starts, [*starts[1:], len(text)], strict=True)]


def conformance_cases(shared: Path) -> Iterator[list[str]]:
    """The segments of each case of Unicode's own test."""
    test = (shared / "unicode" / "WordBreakTest.txt").read_text(encoding="utf-8")
    for line in test.splitlines():
        if case := line.partition("#")[0].strip():
            yield [
                "".join(chr(int(number, 16)) for number in part.split("×"))
                for part in case.strip("÷ ").split("÷")
            ]


def test_the_conformance_test_passes(shared: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(unicode, "to_nfc", lambda text: text)
    n_cases = 0
    for segments in conformance_cases(shared):
        text = "".join(segments)
        assert segments_of(text) == segments
        assert twins.word_segments(text) == segments
        words = [part for part in segments if any(map(twins.makes_word, part))]
        lines = words_of(f"{text}\n".encode() + PADDING, KEEP_CASE)
        assert [word for line in lines for word in line] == words
        n_cases += 1
    assert n_cases == 1823


def test_the_classes_are_those_of_unicodes_files(shared: Path) -> None:
    expected = ["Other"] * 0x110000
    pictographic: set[str] = set()
    for path, values in (("WordBreakProperty.txt", None), ("emoji-data.txt", pictographic)):
        text = (shared / "unicode" / path).read_text(encoding="utf-8")
        assert unicode_version() in text.partition("\n")[0] or values is not None
        for first, last, value in re.findall(r"^(\w+)(?:\.\.(\w+))? *; *(\w+)", text, re.MULTILINE):
            for code_point in range(int(first, 16), int(last or first, 16) + 1):
                if values is None:
                    expected[code_point] = value
                elif value == "Extended_Pictographic":
                    values.add(chr(code_point))
    assert [twins.word_break(chr(c)) for c in range(0x110000)] == expected
    table = twins.word_break_table()
    assert {c for c, (_, marks) in table.items() if "pictographic" in marks} == pictographic


def test_letters_and_numbers_are_those_of_pythons_own_table() -> None:
    """But for code points that only one of the two versions knows, and some that were moved."""
    differing = []
    for code_point in range(0x110000):
        category = unicodedata.category(chr(code_point))
        is_letter = "letter" in twins.properties(chr(code_point))
        if category != "Cn" and (category[0] in "LN") != is_letter:
            differing.append(code_point)
    newer = unicodedata.unidata_version > unicode_version()
    assert not differing or newer, [hex(c) for c in differing]


def test_the_bytes_that_lead_other_characters_lead_no_others() -> None:
    code_points = np.arange(0x110000)
    other = is_other(classes_of(code_points))
    assert other[0x4000:0xA000].all()
    assert other[0x3040:0x3097].all()
    # None of them is joined to the one before it by normalization either.
    for code_point in [*range(0x3040, 0x3097), *range(0x4000, 0xA000)]:
        assert unicodedata.normalize("NFC", f"a{chr(code_point)}") == f"a{chr(code_point)}"


@given(lines=texts)
@example(lines=["x \uff9e", "\uff9e", "-\u200d😀", "\u0301\u200d😀 a", "中\u0301", "「\u0301"])
@example(lines=["א' ב\"ג \"ד\" 'ה'", "a.\u0301b", "3’4 don’t ’tis “it’s”—‘so’", "1，2 中，文"])
@example(lines=["_ a_ _ __ _1_", "’’ . ’a.’b", "🇩🇪🇫🇷🇩", "J\u030c ǰ", "ΑΣ ΑΣ.ΑΣ ΑΣ_Α"])
@example(
    lines=["x  \u200d😀 y", "  \uff9e", "\u3000 \u2003\u200d😀", " \u00a0 \u200d😀", "中\u2000।"]
)
@example(lines=["\r\u0301a", "\x0b\u200d😀", "\x85\uff9e", "\u2028\uff9e"])
@example(
    lines=["a \u1680\u3000 \u200d😀", "\u3000 \u1680\uff9e\u3000a", "\u2003" * 40 + "\u200d😀"]
)
@example(lines=["\u1680\u200d😀", " \u1680\u200d😀", "x" + " \u1680" * 20 + "\uff9e \u1680"])
def test_the_fast_path_equals_its_twin_on_all_of_unicode(lines: list[str]) -> None:
    lines = [line.rstrip("\r") for line in lines]
    assert found(lines, UNICODE) == [twins.unicode_words(line, True) for line in lines]
    assert found(lines, KEEP_CASE) == [twins.unicode_words(line, False) for line in lines]


@pytest.mark.parametrize("constant", ["_WORTH_CUTTING", "_MANY"])
@given(lines=texts)
@example(lines=["中文か字ーア", "a中b“c”", "かな。ーか\u3099", "中\u0301中_"])
def test_what_is_decided_by_how_much_there_is_changes_no_word(
    constant: str, lines: list[str]
) -> None:
    """Short texts are always cut, and most taken for Japanese or not by what is in them."""
    lines = [line.rstrip("\r") for line in lines]
    expected = [twins.unicode_words(line, True) for line in lines]
    for one_in in (1, 1 << 30):
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(stretches, constant, one_in)
            assert found(lines, UNICODE) == expected


@given(text=st.text(tricky, min_size=1, max_size=40))
def test_segments_equal_those_of_the_twin(text: str) -> None:
    assert segments_of(text) == twins.word_segments(text)


def test_ascii_capitals_may_be_lowercased_before_normalization() -> None:
    """What the stretches rely on: both orders give one word, whatever stands behind a capital."""
    marks_behind = [
        chr(c)
        for c in range(0x110000)
        if unicodedata.combining(chr(c)) or unicodedata.decomposition(chr(c))
    ]
    for capital in "ABCDEFGHIJKLMNOPQRSTUVWXYZ":
        for mark in marks_behind:
            late = unicodedata.normalize("NFC", f"{capital}{mark}").lower()
            early = unicodedata.normalize("NFC", f"{capital.lower()}{mark}").lower()
            assert unicodedata.normalize("NFC", late) == unicodedata.normalize("NFC", early)


LANGUAGES = ["ar", "de", "fa", "hi", "ja", "ko", "tr", "zh", "pud_Russian", "pud_Thai"]


MARKS = "".join(chr(c) for c in range(sys.maxunicode + 1) if unicodedata.combining(chr(c)))
mark = st.sampled_from(MARKS) | st.sampled_from("\u0344\u0f73\u200d")  # two decompose
long_run = st.text(mark, min_size=31, max_size=60)
in_long_runs = st.lists(long_run | st.sampled_from("aé\u1100 "), min_size=1, max_size=6)


@given(text=in_long_runs.map("".join))
def test_many_marks_are_normalized_as_by_python(text: str) -> None:
    assert unicode.to_nfc(f"e{text}o") == unicodedata.normalize("NFC", f"e{text}o")


def test_spaces_are_not_spelled_again_for_each_of_them() -> None:
    hostile = " \u1680" * 100_000 + "\u200d😀"
    assert found([hostile], UNICODE) == [[hostile]]


def test_long_runs_of_marks_are_sorted_before_python_sees_them() -> None:
    # Python alone takes time that grows with the square of their number.
    hostile = "x" + "\u0301\u0334" * 100_000
    in_order = "x" + "\u0334" * 100_000 + "\u0301" * 100_000
    assert unicode._with_sorted_marks(hostile) == in_order == unicode.to_nfc(hostile)


@pytest.mark.parametrize("language", LANGUAGES)
def test_real_sentences_give_the_words_of_the_twin(language: str, shared: Path) -> None:
    path = shared / "corpora" / "sentences" / f"{language}.txt"
    lines = path.read_text(encoding="utf-8").split("\n")[::3]  # the twin is slow
    fast = found(lines, UNICODE)
    assert fast == [twins.unicode_words(line, True) for line in lines]
    assert sum(map(len, fast)) > 1600


@pytest.mark.parametrize("language", LANGUAGES)
def test_real_sentences_have_the_boundaries_of_uniseg(language: str, shared: Path) -> None:
    path = shared / "corpora" / "sentences" / f"{language}.txt"
    lines = path.read_text(encoding="utf-8").split("\n")[3::40]
    assert [segments_of(line) for line in lines if line] == [
        list(uniseg_words(line)) for line in lines if line
    ]


PREPENDED_MARKS = [*range(0x600, 0x606), 0x6DD, 0x890, 0x891, 0x8E2, 0x110BD, 0x110CD]
MOVED_IN_16 = {
    **dict.fromkeys(PREPENDED_MARKS, ("Format", "Numeric")),
    0x70F: ("Format", "ALetter"),
    0x19DA: ("Other", "Numeric"),
    **dict.fromkeys([0xFE10, 0xFE14], ("MidNum", "Other")),
}
"""Characters that Unicode gave another Word_Break between 15.0 and the 16.0 of uniseg."""


def test_uniseg_differs_in_what_its_newer_unicode_changed_alone() -> None:
    assert uniseg.unidata_version == "16.0.0"
    differing = {}
    for code_point in range(0x110000):
        if 0xD800 <= code_point < 0xE000:
            continue
        theirs = uniseg_class(chr(code_point)).name.lower().replace("_", "")
        ours = twins.word_break(chr(code_point))
        # Python's own table is of 15.0 or nearly: what it does not know came later.
        is_known = unicodedata.category(chr(code_point)) != "Cn"
        if theirs != ours.lower().replace("_", "") and is_known:
            differing[code_point] = (ours, theirs)
    expected = {c: (old, new.lower()) for c, (old, new) in MOVED_IN_16.items()}
    assert differing == expected


def test_what_is_no_utf_8_is_told_wherever_it_stands(tmp_path: Path) -> None:
    """Stretches are looked at before they are checked: broken bytes may look like spaces there."""
    random = np.random.default_rng(0)
    pieces = [b"\x80", b"\xa0", b"\xc0", b"\xe0", b"\xe2", b"\xe3", b"\xcc\x81", b"\0", b" ", b"a"]
    path = tmp_path / "a.txt"
    for text in [b"\x80 ", b"\xe2\0"] + [
        b"".join(pieces[n] for n in random.integers(0, len(pieces), random.integers(1, 7)))
        for _ in range(300)
    ]:
        path.write_bytes(text + b"\n")
        try:
            text.decode("utf-8")
        except UnicodeDecodeError as error:
            said = f"a.txt:1: byte 0x{text[error.start]:02x} at offset {error.start} is not UTF-8"
            with pytest.raises(InputError, match=said):
                embedprep.build(path, tmp_path / "out", jobs=1)
        else:
            embedprep.build(path, tmp_path / "out", jobs=1)
