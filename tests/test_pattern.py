"""Are the matches of a regular expression the words that `re` finds in each line?"""

from __future__ import annotations

import re
import unicodedata
from pathlib import Path

import pytest
from hypothesis import assume, example, given
from hypothesis import strategies as st

import embedprep
from embedprep.errors import SettingsError, VocabularyError
from embedprep.rectangle import Rectangle
from embedprep.tokenizer.settings import TokenizerSettings
from embedprep.vocabulary import Vocabulary, format_vocabulary, parse_vocabulary
from tests import twins
from tests.texts import characters, found, texts

PATTERNS = [
    r"\w+",
    r"\S+",
    r"[A-Za-z]+|[0-9]+",
    ".",
    r"(?s).+",
    r"\b",
    "()",
    "(?i)x|é|σ",
    r"(?<=[a-z])\W|(?<!^)\w",
    r"a*|\d?|中*",
    r"^.|.$",
    r"\A\s|\s\Z",
    r"(\w)(\w)?|(?P<rest>[^\w\s])",
    r"(\w)\1",
    r"(?=(\w+))",
    r"(?x) \w+  # a word",
    "[^a]",
    r"\s+",
]


def words_of(lines: list[str], pattern: str, lowercase: bool = False) -> list[list[str]]:
    return found(lines, TokenizerSettings("pattern", lowercase, pattern))


@pytest.mark.parametrize("pattern", PATTERNS)
@given(lines=texts, lowercase=st.booleans())
@example(lines=["ΑΣ", "ΑΣ.Α", "İx É", "", "X\r中中"], lowercase=True)
@example(lines=["", "", "😀a1", "\0\x85\u2028a a"], lowercase=False)
def test_words_are_the_matches_in_each_line(
    lines: list[str], lowercase: bool, pattern: str
) -> None:
    expected = [twins.tokenize(line, "pattern", lowercase, pattern) for line in lines]
    assert words_of(lines, pattern, lowercase) == expected


@given(lines=texts, pattern=st.text(r"()[]{}|*+?.^$\wdsbB-,aé", min_size=1, max_size=12))
def test_any_pattern_finds_what_re_finds(lines: list[str], pattern: str) -> None:
    try:
        settings = TokenizerSettings("pattern", pattern=pattern)
    except SettingsError:
        assume(False)
    short = [line[:12] for line in lines]  # or a match may take forever
    expected = [twins.tokenize(line, "pattern", False, pattern) for line in short]
    assert found(short, settings) == expected


@pytest.mark.parametrize(
    "pattern", [r"\w+", r"\w+(?:['’-]\w+)*|[^\w\s]", r"(?i)([aeiouäöü]+)|\w\b"]
)
@pytest.mark.parametrize("language", ["de", "tr", "ar", "hi", "zh", "pud_Thai"])
def test_real_sentences(language: str, pattern: str, shared: Path) -> None:
    text = (shared / "corpora" / "sentences" / f"{language}.txt").read_bytes().decode()
    lines = text.replace("\r\n", "\n").split("\n")[:1500]
    expected = [twins.tokenize(line, "pattern", True, pattern) for line in lines]
    assert sum(map(len, expected)) > 500
    assert words_of(lines, pattern, lowercase=True) == expected


def test_a_line_is_searched_by_itself() -> None:
    lines = ["one two", "", "three 4 fünf"]
    assert words_of(lines, r"^\w+") == [["one"], [], ["three"]]
    assert words_of(lines, r"\w+$") == [["two"], [], ["fünf"]]
    assert words_of(lines, r"(?s).+") == [["one two"], [], ["three 4 fünf"]]
    assert words_of(lines, r"\s\w") == [[" t"], [], [" 4", " f"]]
    assert words_of(lines, r"(?<=\s)\w+") == [["two"], [], ["4", "fünf"]]
    assert words_of(lines, r"\S+\s\S+") == [["one two"], [], ["three 4"]]


def test_groups_do_not_matter() -> None:
    assert words_of(["Don't 3.14"], r"(\w)(\w*)('\w+)?") == [["Don't", "3", "14"]]
    assert words_of(["key=value x"], r"(?P<key>\w+)=(\w+)") == [["key=value"]]


def test_empty_matches_are_no_words() -> None:
    assert words_of(["baac", "", "é"], "a*") == [["aa"], [], []]
    assert words_of(["a b"], r"\b") == [[]]
    assert words_of(["", ""], "()") == [[], []]


def test_lowercasing_comes_first() -> None:
    assert words_of(["The END İ"], "[A-Z]+") == [["T", "END"]]
    assert words_of(["The END İ"], "[A-Z]+", lowercase=True) == [[]]
    assert words_of(["The END İ"], "[a-z]+", lowercase=True) == [["the", "end", "i"]]


@pytest.mark.parametrize(
    ("pattern", "cause"),
    [
        ("[a", "'[a' is no regular expression (unterminated character set at position 0)"),
        ("a\n(b", "(missing ), unterminated subpattern at position 2 (line 2, column 1))"),
        ("(?L)a", "cannot use 'L' flag with a str pattern"),
        ("(?a)(?u)a", "flags are incompatible"),
        ("a{99999999999}", "the repetition number is too large"),
        ("(" * 5000, "recursion"),
        ("\udce9", r"'\udce9' holds bytes that are not UTF-8"),
        (b"a", "b'a' is no text"),
        (5, "5 is no text"),
        ("", "is empty"),
    ],
)
def test_a_pattern_that_is_none_is_refused(pattern: object, cause: str) -> None:
    with pytest.raises(SettingsError) as caught:
        TokenizerSettings("pattern", pattern=pattern)  # type: ignore[arg-type]
    assert caught.value.place == "--pattern"
    assert cause in caught.value.cause
    assert "\n" not in caught.value.cause


def test_a_pattern_names_its_tokenizer() -> None:
    assert TokenizerSettings.chosen(None, None, r"\d") == TokenizerSettings("pattern", False, r"\d")
    assert TokenizerSettings.chosen(None, None, None) == TokenizerSettings("unicode", True)
    assert TokenizerSettings.chosen("char", True, None) == TokenizerSettings("char", True)
    with pytest.raises(SettingsError, match="goes with --tokenizer pattern, not with"):
        TokenizerSettings.chosen("whitespace", None, r"\d")
    with pytest.raises(SettingsError, match="pattern needs a --pattern"):
        TokenizerSettings.chosen("pattern", None, None)


def test_what_re_warns_of_is_taken_as_it_is() -> None:
    assert words_of(["a[b"], "[[b]") == [["[", "b"]]


def vocabulary_of(pattern: str) -> Vocabulary:
    tokenizer = TokenizerSettings("pattern", pattern=pattern)
    return Vocabulary(("a",), (1,), tokenizer, Rectangle(3))


@given(pattern=st.text(characters, min_size=1).map(re.escape) | st.sampled_from(PATTERNS))
@example(pattern='["\'\\\\]+|\\"|\\u00e9|é|\u2028|😀')
@example(pattern="(?x)\n  [^\n]  # two lines")
@example(pattern="\0\x7f")
def test_any_pattern_is_saved_and_read_again(pattern: str) -> None:
    vocabulary = vocabulary_of(pattern)
    saved = format_vocabulary(vocabulary).decode()
    assert parse_vocabulary(saved, "vocab.json") == vocabulary
    assert saved.count("\n") == 3


def test_the_file_names_the_pattern_and_no_other_file_does() -> None:
    saved = format_vocabulary(vocabulary_of('\\w+|"é"')).decode()
    assert (
        '"tokenizer": {"name": "pattern", "lowercase": false, "pattern": "\\\\w+|\\"é\\""},'
        in saved
    )
    other = Vocabulary(("a",), (1,), TokenizerSettings("char"), Rectangle(3))
    assert '"tokenizer": {"name": "char", "lowercase": false},' in format_vocabulary(other).decode()


@pytest.mark.parametrize(
    ("tokenizer", "cause"),
    [
        ('{"name": "pattern", "lowercase": false}', "pattern needs a --pattern"),
        (
            '{"name": "pattern", "pattern": "(a"}',
            "missing ), unterminated subpattern at position 0",
        ),
        ('{"name": "pattern", "pattern": ["a"]}', "is no text"),
        ('{"name": "pattern", "pattern": "\\ud800"}', "not UTF-8"),
        ('{"name": "char", "pattern": "a"}', "goes with --tokenizer pattern"),
    ],
)
def test_a_vocabulary_with_a_wrong_pattern_is_refused(tokenizer: str, cause: str) -> None:
    saved = format_vocabulary(vocabulary_of("PATTERN")).decode()
    whole = '{"name": "pattern", "lowercase": false, "pattern": "PATTERN"}'
    with pytest.raises(VocabularyError) as caught:
        parse_vocabulary(saved.replace(whole, tokenizer), "vocab.json")
    assert caught.value.place == "vocab.json"
    assert cause in caught.value.cause


def test_the_pattern_goes_into_all_that_is_made(tmp_path: Path) -> None:
    text = tmp_path / "text.txt"
    text.write_bytes("Größe: 5 cm\n\n– 12 cm –\n".encode())
    built = embedprep.build([text], tmp_path / "out", pattern=r"\d|[^\W\d]+", lowercase=True)
    output = embedprep.load(tmp_path / "out")
    assert output.vocabulary.words == ("cm", "1", "2", "5", "größe")
    assert output.sequences.tolist() == [[6, 5, 2], [0, 0, 0], [3, 4, 2]]
    assert output.vocabulary == built.vocabulary
    assert output.vocabulary.encode(["7 cm Größe", "\n"]).tolist() == [[1, 2, 6], [0, 0, 0]]
    settings = output.manifest["settings"]
    expected = {"name": "pattern", "lowercase": True, "pattern": r"\d|[^\W\d]+"}
    assert settings["tokenizer"] == expected
    assert settings["unicode"] == unicodedata.unidata_version
