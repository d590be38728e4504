"""Does the tokenizer.json of an export give the same rows in Hugging Face tokenizers?"""

from __future__ import annotations

import json
import subprocess
import sys
import unicodedata
from dataclasses import replace
from itertools import product
from pathlib import Path

import pytest
import tokenizers
from hypothesis import given
from hypothesis import strategies as st

import embedprep
from embedprep.errors import VocabularyError
from embedprep.exporting.tokenizers_json import differences, tokenizer_json
from embedprep.rectangle import Rectangle
from embedprep.specials import Specials
from embedprep.tokenizer.separated import WHITE_SPACE
from embedprep.tokenizer.settings import TokenizerSettings
from embedprep.vocabulary import Vocabulary
from tests.texts import lines as any_line

NAMES = ("keras", "whitespace", "char")

LITERALS = [
    "<pad> the <unk> cat <bos> <eos>",
    "<pad><pad> the<pad> <pad>the <PAD> <pad>",
    "\u3000<pad>\xa0<eos>\x1f<bos>\u2028<pad>\t<unk>",
    "<pad>\n<pad>",
    "<pad>",
    "",
    " \t ",
]


def peer_of(vocabulary: Vocabulary) -> tokenizers.Tokenizer:
    return tokenizers.Tokenizer.from_str(tokenizer_json(vocabulary, "vocab.json").decode())


def assert_same_rows(vocabulary: Vocabulary, lines: list[str]) -> None:
    expected = vocabulary.encode(lines).tolist()
    assert [encoding.ids for encoding in peer_of(vocabulary).encode_batch(lines)] == expected


def with_marks(bos: bool, eos: bool) -> Specials:
    return Specials(1, 2 if bos else None, 2 + bos if eos else None)


@pytest.fixture(scope="module")
def reviews(shared: Path) -> list[str]:
    folder = shared / "corpora" / "rt-polarity"
    texts = [(folder / f"rt-polarity.{kind}").read_bytes().decode() for kind in ("pos", "neg")]
    return [line for text in texts for line in text.removesuffix("\n").split("\n")]


SIDES = list(product(("pre", "post"), repeat=2))


@pytest.mark.parametrize("name", NAMES)
def test_all_reviews_get_the_same_rows(
    name: str, reviews: list[str], shared: Path, tmp_path: Path
) -> None:
    text = shared / "corpora" / "rt-polarity" / "rt-polarity.pos"
    made = []
    for lowercase in (False, True):
        out = tmp_path / str(lowercase)
        embedprep.build(text, out, tokenizer=name, lowercase=lowercase, max_words=4000)
        made.append(Vocabulary.load(out / "vocab.json"))
    lines = [line.title() for line in reviews]
    assert len(lines) == 10_662
    marks = [(False, False), (True, True), (True, False), (False, True)]
    for number, ((padding, truncating), (bos, eos)) in enumerate(zip(SIDES, marks, strict=True)):
        rows = Rectangle(90 if name == "char" else 14, padding, truncating)
        vocabulary = replace(made[number % 2], rectangle=rows, specials=with_marks(bos, eos))
        assert_same_rows(vocabulary, [*lines[number::4], *LITERALS])


@pytest.mark.parametrize(("padding", "truncating"), SIDES)
@pytest.mark.parametrize(("bos", "eos"), list(product((False, True), repeat=2)))
@pytest.mark.parametrize("name", NAMES)
def test_every_shape_and_text_that_reads_like_an_entry(
    name: str, padding: str, truncating: str, bos: bool, eos: bool
) -> None:
    words: tuple[str, ...] = ("the", "cat", "a", "b", "<", "pad", "<pad>the", "<unused 9>")
    words += tuple(n for n, there in (("<bos>", bos), ("<eos>", eos)) if not there)
    for max_len in (3, 6, 40):
        vocabulary = Vocabulary(
            words,
            (1,) * len(words),
            TokenizerSettings(name),
            Rectangle(max_len, padding, truncating),
            with_marks(bos, eos),
        )
        assert_same_rows(vocabulary, [*LITERALS, "the cat a b the cat a b", "a"])


def is_promised(line: str, lowercase: bool) -> bool:
    """Whether a line is one of those that both lowercase alike."""
    return not lowercase or not any(c == "Σ" or unicodedata.category(c) == "Cn" for c in line)


@given(
    lines=st.lists(any_line, min_size=1, max_size=6),
    name=st.sampled_from(NAMES),
    lowercase=st.booleans(),
    rows=st.builds(Rectangle, st.integers(3, 9), *[st.sampled_from(["pre", "post"])] * 2),
    marks=st.builds(with_marks, st.booleans(), st.booleans()),
)
def test_any_text_gets_the_same_rows(
    *, lines: list[str], name: str, lowercase: bool, rows: Rectangle, marks: Specials
) -> None:
    lines = [line for line in lines if is_promised(line, lowercase)]
    settings = TokenizerSettings(name, lowercase)
    empty = Vocabulary((), (), settings, rows, marks)
    spaces = "".join(map(chr, WHITE_SPACE)) if name != "keras" else " "
    text = " ".join(lines).lower() if lowercase else " ".join(lines)
    for space in spaces:
        text = text.replace(space, " ")
    found = set(text) if name == "char" else set(text.split(" "))
    words = sorted(found - {"", " ", *empty.entries})[::2]
    assert_same_rows(replace(empty, words=tuple(words), counts=(1,) * len(words)), lines)


def test_a_vocabulary_that_was_taken_over_keeps_its_indices() -> None:
    vocabulary = Vocabulary(
        ("a", "<unused 2>", "b", "[CLS]"),
        (0,) * 4,
        TokenizerSettings("whitespace"),
        Rectangle(6, "post", "post"),
        Specials(unk=4, bos=6, eos=1),
    )
    peer = peer_of(vocabulary)
    assert peer.get_vocab() == {
        "<pad>": 0,
        "<eos>": 1,
        "a": 2,
        "<unused 2>": 3,
        "<unk>": 4,
        "b": 5,
        "<bos>": 6,
        "[CLS]": 7,
    }
    assert peer.encode("b x <pad> [CLS]").ids == [6, 5, 4, 4, 7, 1]
    assert_same_rows(vocabulary, ["b x <pad> [CLS]", "", "a <unused 2> a b", "<bos> a <eos>"])


def test_the_file_to_the_letter() -> None:
    vocabulary = Vocabulary(
        ("é", '"'), (2, 1), TokenizerSettings("keras"), Rectangle(7, "post", "pre"), Specials(eos=2)
    )
    content = tokenizer_json(vocabulary, "vocab.json").decode()
    assert content.endswith(
        '    "vocab": {\n      "<pad>": 0,\n      "<unk>": 1,\n      "<eos>": 2,\n'
        '      "é": 3,\n      "\\"": 4\n    },\n    "unk_token": "<unk>"\n  }\n}\n'
    )
    filters = "".join(f"\\x{{{ord(c):x}}}" for c in '!"#$%&()*+,-./:;<=>?@[\\]^_`{|}~\t\n')
    facts = json.loads(content)
    del facts["model"]
    assert facts == {
        "version": "1.0",
        "truncation": {
            "direction": "Left",
            "max_length": 7,
            "strategy": "LongestFirst",
            "stride": 0,
        },
        "padding": {
            "strategy": {"Fixed": 7},
            "direction": "Right",
            "pad_to_multiple_of": None,
            "pad_id": 0,
            "pad_type_id": 0,
            "pad_token": "<pad>",
        },
        "added_tokens": [],
        "normalizer": {
            "type": "Sequence",
            "normalizers": [
                {"type": "Lowercase"},
                {"type": "Replace", "pattern": {"Regex": f"[{filters}]"}, "content": " "},
            ],
        },
        "pre_tokenizer": {"type": "CharDelimiterSplit", "delimiter": " "},
        "post_processor": {
            "type": "TemplateProcessing",
            "single": [
                {"Sequence": {"id": "A", "type_id": 0}},
                {"SpecialToken": {"id": "<eos>", "type_id": 0}},
            ],
            "pair": [
                {"Sequence": {"id": "A", "type_id": 0}},
                {"Sequence": {"id": "B", "type_id": 1}},
            ],
            "special_tokens": {"<eos>": {"id": "<eos>", "ids": [2], "tokens": ["<eos>"]}},
        },
        "decoder": None,
    }


# Lowercase.


def test_the_final_sigma_and_young_letters_alone_are_lowercased_otherwise() -> None:
    lowercase = tokenizers.normalizers.Lowercase()
    characters = [chr(c) for c in range(0x110000) if not 0xD800 <= c < 0xE000 and chr(c) != "1"]
    # A number between two: a sigma then is not at the end of a word.
    ours = "1".join(characters).lower().split("1")
    theirs = lowercase.normalize_str("1".join(characters)).split("1")
    differ = [c for c, a, b in zip(characters, ours, theirs, strict=True) if a != b]
    # Cn: letters that this Python does not know; Lu: those that the other does not.
    is_of_the_oldest_python = unicodedata.unidata_version == "14.0.0"
    known = {"Cn"} if is_of_the_oldest_python else {"Cn", "Lu"}
    assert {unicodedata.category(c) for c in differ} <= known
    assert lowercase.normalize_str("ΑΣ") == "ασ"
    assert "ΑΣ".lower() == "ας"


@pytest.mark.parametrize(
    ("words", "lowercase", "named"),
    [
        (("a", "σε", "ας"), True, "ας"),
        (("a", "σε"), True, "σε"),
        (("a", "ας"), False, None),
        (("a", "β"), True, None),
    ],
)
def test_a_warning_tells_of_words_with_a_sigma(
    words: tuple[str, ...], lowercase: bool, named: str | None
) -> None:
    settings = TokenizerSettings("whitespace", lowercase)
    vocabulary = Vocabulary(words, (1,) * len(words), settings, Rectangle(4))
    expected = (
        []
        if named is None
        else [
            (
                "v.json: text in capitals may come out otherwise where it holds words like "
                f'"{named}": tokenizers lowercases a sigma at the end of a word to σ, str.lower '
                "to ς; give it such text lowercased"
            )
        ]
    )
    assert differences(vocabulary, "v.json") == expected
    assert_same_rows(vocabulary, ["α ΣΕ ας Σ".lower(), "a ΣΕ"])


def test_without_a_sigma_in_the_vocabulary_its_text_gets_the_same_rows() -> None:
    for name in NAMES:
        settings = TokenizerSettings(name, True)
        vocabulary = Vocabulary(("α", "a"), (1, 1), settings, Rectangle(8))
        assert_same_rows(vocabulary, ["ΑΣ a ΑΣ. Α", "Σ ΑΣΑ ας"])


def test_the_command_warns(tmp_path: Path) -> None:
    Vocabulary(("ας",), (1,), TokenizerSettings("keras"), Rectangle(4)).save(tmp_path / "v.json")
    command = ["export", f"{tmp_path}/v.json", "--to", "tokenizers", "-o", f"{tmp_path}/t.json"]
    program = [sys.executable, "-m", "embedprep"]
    said = subprocess.run([*program, *command], check=True, capture_output=True, text=True)
    assert said.stdout == f"{tmp_path}/t.json: 3 entries, for tokenizers\n"
    assert said.stderr.startswith(f"embedprep: warning: {tmp_path}/v.json: text in capitals may ")
    quiet = subprocess.run([*program, *command, "--json", "-q"], check=True, capture_output=True)
    [warning] = json.loads(quiet.stdout)["warnings"]
    assert said.stderr == f"embedprep: warning: {warning}\n"
    peer = tokenizers.Tokenizer.from_file(f"{tmp_path}/t.json")
    assert peer.encode("Ας!").ids == [0, 0, 0, 2]


# What is refused.

ENCODE = "encode by embedprep, or make the vocabulary with"


@pytest.mark.parametrize(
    ("settings", "specials", "said"),
    [
        (
            TokenizerSettings("unicode"),
            Specials(),
            (
                "--tokenizer unicode finds words by UAX #29, for which tokenizers has no rule; "
                f"{ENCODE} --tokenizer keras, whitespace or char"
            ),
        ),
        (
            TokenizerSettings("pattern", pattern=r"\w+"),
            Specials(),
            (
                "--tokenizer pattern finds words by Python's re, and tokenizers reads expressions "
                f"in another way; {ENCODE} --tokenizer keras, whitespace or char"
            ),
        ),
        (
            TokenizerSettings("jieba"),
            Specials(),
            (
                "--tokenizer jieba finds words by the dictionary and the model of jieba, which "
                f"tokenizers does not have; {ENCODE} --tokenizer keras, whitespace or char"
            ),
        ),
        (
            TokenizerSettings("keras"),
            Specials(unk=None),
            (f"leaves out unknown words (--oov drop), and tokenizers cannot; {ENCODE} --oov unk"),
        ),
    ],
)
def test_what_has_no_equal_is_refused(
    settings: TokenizerSettings, specials: Specials, said: str
) -> None:
    vocabulary = Vocabulary(("a",), (1,), settings, Rectangle(4), specials)
    with pytest.raises(VocabularyError) as caught:
        tokenizer_json(vocabulary, "vocab.json")
    assert str(caught.value) == f"vocab.json: {said}"
