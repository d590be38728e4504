"""Does each step show what the whole job does, in columns that stand one below the other?"""

from __future__ import annotations

import json
import re
import subprocess
import sys
import tempfile
from dataclasses import replace
from pathlib import Path
from textwrap import dedent

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from embedprep.cli.columns import fold, in_bands, n_cells, shown
from embedprep.cli.explain import _columns
from embedprep.explaining import Fate, explain
from embedprep.rectangle import Rectangle
from embedprep.specials import Specials, specials_of
from embedprep.tokenizer.settings import TOKENIZERS, TokenizerSettings
from embedprep.vocabulary import Vocabulary
from tests import twins
from tests.in_process import call
from tests.texts import lines, settings_of

SMALL = Vocabulary(
    words=("the", "a", "film", "北", "京", "don't", "café"),
    counts=(7, 6, 5, 4, 3, 2, 1),
    tokenizer=TokenizerSettings("unicode"),
    rectangle=Rectangle(6),
)
NO_UNK = replace(SMALL, specials=specials_of("drop", bos=True, eos=True))


def said(*arguments: str, vocabulary: Vocabulary | None = None) -> str:
    """What `embedprep explain` prints, with a vocabulary's file beside it."""
    with tempfile.TemporaryDirectory() as folder:
        if vocabulary is not None:
            vocabulary.save(Path(folder, "vocab.json"))
            arguments = (*arguments, "--vocab", f"{folder}/vocab.json")
        done = call("explain", *arguments)
    assert done.exit_code == 0, done.output
    return done.stdout


def assert_shows(shown: str, *arguments: str, vocabulary: Vocabulary | None = None) -> None:
    assert said(*arguments, vocabulary=vocabulary) == dedent(shown).lstrip("\n")


def ended(folder: Path, *arguments: str, text: bytes = b"") -> tuple[int, str, str]:
    """How `embedprep explain` ends as a process: its status and what it says."""
    command = [sys.executable, "-m", "embedprep", "explain", *arguments]
    done = subprocess.run(command, cwd=folder, input=text, capture_output=True, check=False)
    return done.returncode, done.stdout.decode(), done.stderr.decode()


# What is printed.


def test_english_is_shown_step_by_step() -> None:
    assert_shows(
        """
        text        Don't: the CAFE\\u0301!
        tokenizer   unicode --lowercase: NFC, then each word lowercased by itself
        normalised  Don't: the CAFÉ!
        words              don't  the  café
        entries     <pad>  don't  the  café
        indices            7      2    8
        row         3 x 0  7      2    8
        in short    3 words; a row of 6, 3 of it padding at the start
        """,
        "Don't: the CAFE\u0301!",
        vocabulary=SMALL,
    )


def test_wide_characters_take_two_cells() -> None:
    assert_shows(
        """
        text        我在北京，the 👍🏽!
        tokenizer   unicode --lowercase: NFC, then each word lowercased by itself
        normalised  我在北京，the 👍🏽!
        words       我     在     北  京  the  👍🏽
        entries     <unk>  <unk>  北  京  the  <unk>
        indices     1      1      5   6   2    1
        row         1      1      5   6   2    1
        in short    6 words, 3 unknown; a row of 6
        """,
        "我在北京，the 👍🏽!",
        vocabulary=SMALL,
    )


def test_marks_take_no_cell_and_what_is_invisible_is_told() -> None:
    assert_shows(
        """
        text        ที่\\tหนึ่ง e\\u0301 👩\\u200d🚀 ❤\\ufe0f \\ufeffA\\xa0b Ⅷ
        tokenizer   whitespace --keep-case: nothing changed
        normalised  ที่\\tหนึ่ง e\\u0301 👩\\u200d🚀 ❤\\ufe0f \\ufeffA\\xa0b Ⅷ
        words       ที่  หนึ่ง  e\\u0301  👩\\u200d🚀  ❤\\ufe0f  \\ufeffA  b  Ⅷ
        in short    8 words; --vocab FILE tells their indices
        """,
        "ที่\tหนึ่ง e\u0301 👩\u200d🚀 ❤\ufe0f \ufeffA\xa0b Ⅷ",
        "--tokenizer",
        "whitespace",
    )


def test_words_are_cut_at_the_start() -> None:
    assert_shows(
        """
        text        A film, the film, don't!
        tokenizer   unicode --lowercase: NFC, then each word lowercased by itself
        normalised  A film, the film, don't!
        words       a      film   the  film  don't
        entries     a      film   the  film  don't
        indices     3      4      2    4     7
        row         (cut)  (cut)  2    4     7
        in short    5 words, 2 cut at the start; a row of 3
        """,
        "A film, the film, don't!",
        "--max-len=3",
        vocabulary=SMALL,
    )


def test_words_are_dropped_between_marks_and_cut_at_the_end() -> None:
    assert_shows(
        """
        text        A new film, the best film, don't!
        tokenizer   unicode --lowercase: NFC, then each word lowercased by itself
        normalised  A new film, the best film, don't!
        words              a  new        film  the  best       film   don't
        entries     <bos>  a  (dropped)  film  the  (dropped)  film   don't  <eos>
        indices            4             5     3               5      8
        row         1      4             5     3               (cut)  (cut)  2
        in short    7 words, 2 unknown and dropped, 2 cut at the end; a row of 5
        """,
        "A new film, the best film, don't!",
        "--max-len=5",
        "--truncating=post",
        vocabulary=NO_UNK,
    )


def test_padding_stands_on_its_side() -> None:
    assert_shows(
        """
        text        new
        tokenizer   unicode --lowercase: NFC, then each word lowercased by itself
        normalised  new
        words              new
        entries     <bos>  (dropped)  <eos>  <pad>
        indices
        row         1                 2      4 x 0
        in short    1 word, 1 unknown and dropped; a row of 6, 4 of it padding at the
                    end
        """,
        "new",
        "--padding=post",
        vocabulary=NO_UNK,
    )


LINES = """\
text        a
tokenizer   char --keep-case: nothing changed
normalised  a
words       a
in short    1 word; --vocab FILE tells their indices

text
tokenizer   char --keep-case: nothing changed
normalised
words
in short    no words; --vocab FILE tells their indices

text        \u25cc\u0301 b\\rc
tokenizer   char --keep-case: nothing changed
normalised  \u25cc\u0301 b\\rc
words       \u25cc\u0301  b  c
in short    3 words; --vocab FILE tells their indices
"""


def test_each_line_is_explained(tmp_path: Path) -> None:
    piped = ended(tmp_path, "-", "--tokenizer=char", text="\ufeffa\r\n\n\u0301 b\rc".encode())
    assert piped == (0, LINES, "")
    assert said("a\n\n\u0301 b\rc\n", "--tokenizer=char") == LINES
    assert said("a\r\n\n\u0301 b\rc\r\n", "--tokenizer=char") == LINES


def test_a_long_sentence_goes_on_in_bands() -> None:
    long = "北京" * 18
    assert_shows(
        f"""
        text        THE WONDERFUL,WONDERFUL_WONDERFUL+WONDERFUL*WONDERFUL^WONDERFUL
                    WONDERFUL @
                    {"北京" * 17}
                    北京
        tokenizer   keras --lowercase: lowercased, punctuation made spaces
        normalised  the wonderful wonderful wonderful wonderful wonderful wonderful
                    wonderful
                    {"北京" * 17}
                    北京
        words       the  wonderful  wonderful  wonderful  wonderful  wonderful

        words       wonderful  wonderful

        words       {long}
        in short    9 words; --vocab FILE tells their indices
        """,
        f"THE {'WONDERFUL,WONDERFUL_WONDERFUL+WONDERFUL*WONDERFUL^WONDERFUL'} WONDERFUL @ {long}",
        "--tokenizer=keras",
    )


def test_words_from_right_to_left_keep_to_their_columns() -> None:
    [words] = [line for line in said("عالم, hello עולם").splitlines() if line.startswith("words")]
    assert words == "words       عالم\u200e  hello  עולם\u200e"


@pytest.mark.parametrize(
    ("tokenizer", "told"),
    [
        (["--keep-case"], "unicode --keep-case: NFC"),
        (["--tokenizer=keras", "--keep-case"], "keras --keep-case: punctuation made spaces"),
        (["--tokenizer=char", "--lowercase"], "char --lowercase: lowercased"),
        (["--pattern=\\w\t"], "pattern --keep-case by \\w\\t: nothing changed"),
    ],
)
def test_the_tokenizer_is_told(tokenizer: list[str], told: str) -> None:
    assert said("a", *tokenizer).splitlines()[1] == f"tokenizer   {told}"


def test_json_says_the_same() -> None:
    sentence = "A new film, the\tfilm"
    facts = json.loads(said(sentence, "--json", "--max-len=4", vocabulary=NO_UNK))
    assert facts == {
        "text": sentence,
        "tokenizer": {"name": "unicode", "lowercase": True},
        "normalised": sentence,
        "words": [
            {"word": "a", "index": 4, "known": True, "cut": True},
            {"word": "new", "index": None, "known": False, "cut": False},
            {"word": "film", "index": 5, "known": True, "cut": True},
            {"word": "the", "index": 3, "known": True, "cut": False},
            {"word": "film", "index": 5, "known": True, "cut": False},
        ],
        "row": {
            "max_len": 4,
            "padding": "pre",
            "truncating": "pre",
            "dtype": "int32",
            "indices": [1, 3, 5, 2],
            "entries": ["<bos>", "the", "film", "<eos>"],
        },
    }
    first, second = said("É\nb", "--json", "--tokenizer=keras").splitlines()
    assert first == (
        '{"text": "É", "tokenizer": {"name": "keras", "lowercase": true}, "normalised": "é", '
        '"words": [{"word": "é"}]}'
    )
    assert json.loads(second)["words"] == [{"word": "b"}]


# What is true of any sentence.

pieces = st.one_of(st.sampled_from([*SMALL.words, "new", "<unk>", "<pad>", "<bos>"]), lines)
sentences = st.lists(pieces, max_size=8).map(" ".join)


@st.composite
def vocabularies(draw: st.DrawFn) -> Vocabulary:
    """The words of `SMALL` by any tokenizer, at any indices, in rows of any shape."""
    names = draw(st.sets(st.sampled_from(["unk", "bos", "eos"])))
    indices = draw(st.permutations(range(1, len(SMALL.words) + len(names) + 1)))
    specials = replace(Specials(None), **dict(zip(sorted(names), indices, strict=False)))
    sides = st.sampled_from(["pre", "post"])
    shape = Rectangle(draw(st.integers(3, 9)), draw(sides), draw(sides), "int8")
    tokenizer = settings_of(draw(st.sampled_from(TOKENIZERS)))
    return replace(SMALL, tokenizer=tokenizer, rectangle=shape, specials=specials)


@given(sentence=sentences, vocabulary=vocabularies())
@example(sentence="", vocabulary=NO_UNK)
def test_the_row_is_the_one_that_encode_gives(sentence: str, vocabulary: Vocabulary) -> None:
    explanation = explain(sentence, vocabulary)
    assert explanation.encoded is not None
    row = vocabulary.encode([sentence])[0].tolist()
    assert explanation.encoded.row == row

    seen: list[int] = []
    for *_, place in _columns(explanation.words, explanation.encoded):
        times, _, index = place.rpartition(" x ")
        seen += [int(index)] * int(times or 1) if place not in ("", "(cut)") else []
    assert seen == row


@given(sentence=sentences, vocabulary=vocabularies())
def test_the_words_and_their_fates_are_those_of_the_twin(
    sentence: str, vocabulary: Vocabulary
) -> None:
    explanation = explain(sentence, vocabulary)
    rules, specials = vocabulary.tokenizer, vocabulary.specials
    words = twins.tokenize(sentence, rules.name, bool(rules.lowercase))
    assert explanation.words == words

    index = {word: vocabulary.index[word] for word in vocabulary.words}
    left = [i for i, word in enumerate(words) if word in index or specials.unk is not None]
    n_cut = max(0, len(left) - (vocabulary.rectangle.max_len - specials.n_marks))
    is_first = vocabulary.rectangle.truncating == "pre"
    cut = left[:n_cut] if is_first else left[len(left) - n_cut :]
    assert explanation.encoded is not None
    assert explanation.encoded.fates == [
        Fate(index.get(word, specials.unk), word in index, i in cut) for i, word in enumerate(words)
    ]


@given(sentence=sentences)
def test_normalised_is_what_the_words_are_found_in(sentence: str) -> None:
    for name in TOKENIZERS:
        explanation = explain(sentence, settings_of(name, lowercase=False))
        places = [explanation.normalised.find(word) for word in explanation.words]
        assert -1 not in places


# Columns.

cells = st.text(st.sampled_from("abc北京ที่ั👍e\u0301-"), min_size=1, max_size=9).map(shown)


@given(columns=st.lists(st.tuples(cells, cells), max_size=20), width=st.integers(5, 60))
def test_columns_stand_one_below_the_other(columns: list[tuple[str, str]], width: int) -> None:
    drawn = "\n".join(in_bands(["a", "b"], columns, width))
    bands = [band.split("\n") for band in drawn.split("\n\n")]

    seen: list[tuple[str, str]] = []
    for first, second in bands:
        upper, lower = (line[1:].split() for line in (first, second))
        seen += zip(upper, lower, strict=True)
        starts = [
            [n_cells(line[: m.start()]) for m in re.finditer("(?<=  )[^ ]", line)]
            for line in (first, second)
        ]
        assert starts[0] == starts[1]
        assert max(n_cells(first), n_cells(second)) <= width or len(upper) == 1
    assert seen == columns


@given(text=st.text(st.sampled_from("ab 北京ที่👍"), max_size=40), width=st.integers(2, 20))
def test_a_folded_text_is_the_whole_text(text: str, width: int) -> None:
    folded = fold(text, width)
    assert "".join(folded) == text
    assert all(n_cells(line.rstrip(" ")) <= width for line in folded)


@pytest.mark.parametrize(
    ("text", "seen"),
    [
        ("\x1b[31mred", "\\x1b[31mred"),
        ("a\u200bb\u202ec\u3000d", "a\\u200bb\\u202ec\\u3000d"),
        ("\u212a \u212b é", "\\u212a \\u212b é"),
        ("\u1112\u1161\u11ab 한", "\\u1112\\u1161\\u11ab 한"),
        ("हिन्दी مُحَمَّد", "हिन्दी مُحَمَّد"),
        ("🇩🇪 \U000e0067 \u0301", "🇩🇪 \\U000e0067 \u0301"),
        ("\u034f\u3164", "\\u034f\\u3164"),
    ],
)
def test_what_cannot_be_seen_is_escaped(text: str, seen: str) -> None:
    assert shown(text) == seen


# What is wrong.


@pytest.mark.parametrize(
    ("arguments", "status", "cause"),
    [
        (["a", "--vocab=none.json"], 1, "none.json: cannot be read (No such file or directory)"),
        (["a", "--vocab=v.json", "--max-len=2"], 1, "--max-len 2: has no room for a word"),
        (["-"], 1, "-:2: byte 0xe9 at offset 2 is not UTF-8; convert it to UTF-8 first"),
        ([b"\xe9"], 2, "Invalid value for 'TEXT': holds bytes that are not UTF-8"),
        (["a", "--vocab=v.json", "--lowercase"], 2, "--lowercase is settled in the vocabulary"),
        (["a", "--padding=post"], 2, "--padding shapes a row, and only a --vocab makes one"),
        (["a", "--vocab=v.json", "--max-len=p99"], 2, "'--max-len': must be a number"),
        (["a", "--tokenizer=pattern"], 2, "'--tokenizer': pattern needs a --pattern"),
    ],
)
def test_what_is_wrong_is_told(
    arguments: list[str], status: int, cause: str, tmp_path: Path
) -> None:
    NO_UNK.save(tmp_path / "v.json")
    found = ended(tmp_path, *arguments, text=b"a\n\xe9\n")
    assert found[:2] == (status, "")
    assert cause in found[2].splitlines()[-1]
