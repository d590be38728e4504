"""Do the fast tokenizers find the words of their twins?"""

from __future__ import annotations

import pytest
from hypothesis import example, given

from embedprep.errors import SettingsError
from embedprep.tokenizer.settings import TOKENIZERS, TokenizerSettings
from tests import twins
from tests.texts import found, settings_of, texts

every_tokenizer = pytest.mark.parametrize(
    "settings",
    [settings_of(name, lowercase) for name in TOKENIZERS for lowercase in (False, True)],
    ids=lambda s: f"{s.name}-{'lowercase' if s.lowercase else 'keep-case'}",
)


def words_of(lines: list[str], name: str, lowercase: bool | None = None) -> list[list[str]]:
    return found(lines, settings_of(name, lowercase))


@every_tokenizer
@given(lines=texts)
@example(lines=["ΑΣ", "ΑΣ.Α", "ΑΣ'", "ΑΣ\u0345Α", "Σ", "x"])
@example(lines=["İstanbul", "", "ISTANBUL Å Ⱥ"])
@example(lines=["\ufeff", "\0", "a\rb"])
def test_fast_tokenizers_equal_their_twins(lines: list[str], settings: TokenizerSettings) -> None:
    expected = [twins.tokenize(line, settings.name, bool(settings.lowercase)) for line in lines]
    assert found(lines, settings) == expected


def test_no_code_point_beyond_the_lowercase_table_has_a_lowercase_form() -> None:
    beyond = [c for c in range(0x20000, 0x110000) if chr(c).lower() != chr(c)]
    assert beyond == []


@pytest.mark.parametrize("frame", ["{}", "x{}x"])
def test_each_code_point_is_lowercased_as_by_python(frame: str) -> None:
    code_points = [c for c in range(0x110000) if not 0xD800 <= c < 0xE000 and c not in (10, 13)]
    filters = str.maketrans(twins.KERAS_FILTERS, " " * len(twins.KERAS_FILTERS))
    differing = []
    for first in range(0, len(code_points), 1 << 17):
        lines = [frame.format(chr(c)) for c in code_points[first : first + (1 << 17)]]
        # All lines at once: a line end has no case and is no mark, so no letter looks through it.
        expected = [word for word in "\n".join(lines).lower().translate(filters).split(" ") if word]
        fast = [word for words in words_of(lines, "keras", True) for word in words]
        differing += [pair for pair in zip(fast, expected, strict=True) if pair[0] != pair[1]]
    assert differing == []


def test_every_code_point_is_white_space_to_both_or_to_neither() -> None:
    lines = [f"a{chr(c)}b" for c in range(0x110000) if not 0xD800 <= c < 0xE000 and c != 0x0A]
    counts = [len(words) for words in found(lines, TokenizerSettings("whitespace"))]
    spaces = [line[1] for line, n in zip(lines, counts, strict=True) if n == 2]
    assert set(counts) == {1, 2}
    assert spaces == [line[1] for line in lines if twins.is_white_space(line[1])]
    assert len(spaces) == 24  # PropList.txt lists 25, LF among them


def test_keras_splits_at_filters_and_spaces_alone() -> None:
    lines = [
        "Don't stop—it's GOOD, really_good (5/10)!",
        "\tA-b\tc.d  e\rf\xa0g\u3000h\v\fi",
        "“Quoted” ‘this’ <br /> #tag @me 50% ΟΔΟΣ",
        "你好，世界。",
        "",
        " ... ",
    ]
    assert words_of(lines, "keras") == [
        ["don't", "stop—it's", "good", "really", "good", "5", "10"],
        ["a", "b", "c", "d", "e\rf\xa0g\u3000h\v\fi"],
        ["“quoted”", "‘this’", "br", "tag", "me", "50", "οδος"],
        ["你好，世界。"],
        [],
        [],
    ]


def test_keras_keeps_case_when_told() -> None:
    assert words_of(["The ΟΔΟΣ, İzmir"], "keras", False) == [["The", "ΟΔΟΣ", "İzmir"]]


def test_whitespace_changes_nothing_in_a_word() -> None:
    lines = [
        "The <unk> , U.S. don't",
        "a\tb\vc\fd\re\x85f\xa0g\u2028h\u3000i",
        "a\x1cb\x1fc \ufeff",
    ]
    assert words_of(lines, "whitespace") == [
        ["The", "<unk>", ",", "U.S.", "don't"],
        list("abcdefghi"),
        ["a\x1cb\x1fc", "\ufeff"],
    ]


def test_char_takes_every_code_point_but_white_space() -> None:
    lines = ["Hé, 你 e\u0301", "👍🏽\u200d\0", "\u2003"]
    assert words_of(lines, "char") == [
        ["H", "é", ",", "你", "e", "\u0301"],
        ["👍", "🏽", "\u200d", "\0"],
        [],
    ]


@pytest.mark.parametrize(
    ("line", "words"),
    [
        ("İSTANBUL", ["i\u0307stanbul"]),  # one letter becomes two
        ("STRAẞE", ["straße"]),  # three bytes become two
        ("Ⱥ Ⱦ", ["ⱥ", "ⱦ"]),  # two become three
        ("\u212a \u212b", ["k", "å"]),  # Kelvin and Angstrom signs
        ("ΑΣ ΑΣ. ΑΣΑ Σ ΣΑ", ["ας", "ας", "ασα", "σ", "σα"]),
        ("ΑΣ'Α ΑΣ’Α ΑΣ\u0345Α ΑΣ\u00ad", ["ασ'α", "ασ’α", "ασ\u0345α", "ας\u00ad"]),
        ("ΑΣ.Α", ["ασ", "α"]),  # lowercased before the full stop goes: Σ is inside a word
        ("ǅ Ǆ ᲐᲑ Ꭰ 𐐀", ["ǆ", "ǆ", "აბ", "ꭰ", "𐐨"]),
    ],
)
def test_keras_lowercases_as_python(line: str, words: list[str]) -> None:
    assert words_of(["ASCII", line, "Ä"], "keras") == [["ascii"], words, ["ä"]]


@pytest.mark.parametrize(
    ("name", "lowercase"),
    [
        ("keras", True),
        ("whitespace", False),
        ("char", False),
        ("pattern", False),
        ("jieba", False),
    ],
)
def test_only_unicode_and_keras_lowercase_by_custom(name: str, lowercase: bool) -> None:
    assert settings_of(name).lowercase is lowercase
    assert settings_of(name, not lowercase).lowercase is not lowercase


def test_an_unknown_tokenizer_is_refused() -> None:
    with pytest.raises(
        SettingsError,
        match="--tokenizer: 'words' is none of unicode, keras, whitespace, char, pattern, jieba",
    ):
        TokenizerSettings("words")
