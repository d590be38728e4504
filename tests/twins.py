"""What should come out? Each fast step said again in plain Python, a few lines each.

A reader who wonders what an array operation means finds the plain version here.
"""

from __future__ import annotations

import csv
import io
import json
import logging
import re
import tempfile
import unicodedata
import warnings
from collections import Counter
from collections.abc import Iterable, Sequence
from functools import cache
from pathlib import Path
from typing import Any, NamedTuple

import embedprep

KERAS_FILTERS = '!"#$%&()*+,-./:;<=>?@[\\]^_`{|}~\t\n'
PATTERN = r"\w+"


def specials(oov: str, bos: bool = False, eos: bool = False) -> list[str]:
    """The entries before the words."""
    unk = ["<unk>"] if oov == "unk" else []
    return ["<pad>", *unk, *(["<bos>"] if bos else []), *(["<eos>"] if eos else [])]


def marks(oov: str, bos: bool, eos: bool) -> tuple[list[int], list[int]]:
    """The indices before and behind the words of every row."""
    entries = specials(oov, bos, eos)
    return [entries.index("<bos>")] if bos else [], [entries.index("<eos>")] if eos else []


def is_white_space(character: str) -> bool:
    """Unicode's White_Space: `str.isspace` but for four old separators of files and records."""
    return character.isspace() and character not in "\x1c\x1d\x1e\x1f"


@cache
def word_break_table() -> dict[str, tuple[str, frozenset[str]]]:
    """The Word_Break and the marks of each character that has any."""
    table = {}
    path = Path(embedprep.__file__).parent / "tokenizer" / "word_break.txt"
    for line in path.read_text(encoding="utf-8").splitlines():
        if not line.startswith("#"):
            span, name, *marks = line.split()
            first, _, last = span.partition("..")
            for code_point in range(int(first, 16), int(last or first, 16) + 1):
                table[chr(code_point)] = (name, frozenset(marks))
    return table


@cache
def word_break(character: str) -> str:
    return word_break_table().get(character, ("Other", frozenset()))[0]


def properties(character: str) -> frozenset[str]:
    return word_break_table().get(character, ("Other", frozenset[str]()))[1]


def names(text: str) -> frozenset[str]:
    return frozenset(text.split())


ANY = frozenset(["", *(name for name, _ in word_break_table().values()), "Other"])
IGNORED = names("Extend Format ZWJ")
LINE_ENDS = names("CR LF Newline")
LETTER = names("ALetter Hebrew_Letter")
NUMBER = names("Numeric")
HEBREW = names("Hebrew_Letter")
JOINER = names("ExtendNumLet")
MIDDLE_OF_LETTERS = names("MidLetter MidNumLet Single_Quote")
MIDDLE_OF_NUMBERS = names("MidNum MidNumLet Single_Quote")

NO_BOUNDARY = [
    # two before, one before | one behind, two behind
    (ANY, names("CR"), names("LF"), ANY),  # WB3
    (ANY, LETTER, LETTER, ANY),  # WB5
    (ANY, LETTER, MIDDLE_OF_LETTERS, LETTER),  # WB6
    (LETTER, MIDDLE_OF_LETTERS, LETTER, ANY),  # WB7
    (ANY, HEBREW, names("Single_Quote"), ANY),  # WB7a
    (ANY, HEBREW, names("Double_Quote"), HEBREW),  # WB7b
    (HEBREW, names("Double_Quote"), HEBREW, ANY),  # WB7c
    (ANY, NUMBER, NUMBER, ANY),  # WB8
    (ANY, LETTER, NUMBER, ANY),  # WB9
    (ANY, NUMBER, LETTER, ANY),  # WB10
    (NUMBER, MIDDLE_OF_NUMBERS, NUMBER, ANY),  # WB11
    (ANY, NUMBER, MIDDLE_OF_NUMBERS, NUMBER),  # WB12
    (ANY, names("Katakana"), names("Katakana"), ANY),  # WB13
    (ANY, LETTER | NUMBER | names("Katakana") | JOINER, JOINER, ANY),  # WB13a
    (ANY, JOINER, LETTER | NUMBER | names("Katakana"), ANY),  # WB13b
]


def with_what_goes_with_them(text: str) -> list[str]:
    """The characters of a text, each with those that go with it (WB4)."""
    units: list[str] = []
    for character in text:
        is_first = not units or word_break(units[-1][0]) in LINE_ENDS
        if word_break(character) in IGNORED and not is_first:
            units[-1] += character
        else:
            units.append(character)
    return units


@cache
def is_within_word(around: tuple[str, ...]) -> bool:
    """Whether one of the rules forbids a boundary between the second and the third."""
    return any(
        all(kind in names for kind, names in zip(around, rule, strict=True)) for rule in NO_BOUNDARY
    )


def word_segments(text: str) -> list[str]:
    """The segments between the default word boundaries of UAX #29."""
    units = with_what_goes_with_them(text)
    kinds = ["", "", *(word_break(unit[0]) for unit in units), ""]
    segments: list[str] = []
    n_flags = 0  # regional indicators on end before this unit
    for i, unit in enumerate(units):
        around = tuple(kinds[i : i + 4])
        is_joined = is_within_word(around)
        if i and around[1] == around[2] == "WSegSpace":  # WB3d
            is_joined = len(units[i - 1]) == 1
        if i and word_break(units[i - 1][-1]) == "ZWJ":  # WB3c
            is_joined |= "pictographic" in properties(unit[0])
        if around[2] == "Regional_Indicator":  # WB15, WB16
            is_joined |= n_flags % 2 == 1
        n_flags = n_flags + 1 if around[2] == "Regional_Indicator" else 0
        if is_joined:
            segments[-1] += unit
        else:
            segments.append(unit)
    return segments


@cache
def makes_word(character: str) -> bool:
    return bool(properties(character)) or word_break(character) in {
        "ALetter",
        "Hebrew_Letter",
        "Numeric",
        "Katakana",
        "Regional_Indicator",
    }


def unicode_words(line: str, lowercase: bool) -> list[str]:
    """The words of the `unicode` tokenizer."""
    segments = word_segments(unicodedata.normalize("NFC", line))
    words = [segment for segment in segments if any(map(makes_word, segment))]
    if lowercase:
        words = [unicodedata.normalize("NFC", word.lower()) for word in words]
    return words


@cache
def jieba() -> Any:
    """The package, whose log and whose file in the folder for temporary files nobody wants."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        import jieba
    jieba.setLogLevel(logging.WARNING)
    with tempfile.TemporaryDirectory() as jieba.dt.tmp_dir:
        jieba.initialize()
    return jieba


def has_letter_or_number(word: str) -> bool:
    return any(unicodedata.category(character)[0] in "LN" for character in word)


def tokenize(line: str, name: str, lowercase: bool, pattern: str = PATTERN) -> list[str]:
    """The words of a line, which holds no LF."""
    if name == "unicode":
        return unicode_words(line, lowercase)
    if lowercase:
        line = line.lower()
    if name == "pattern":
        return [match.group() for match in re.finditer(pattern, line) if match.group()]
    if name == "jieba":
        return [word for word in jieba().lcut(line) if has_letter_or_number(word)]
    if name == "char":
        return [c for c in line if not is_white_space(c)]
    if name == "keras":
        spaced = "".join(" " if c in KERAS_FILTERS else c for c in line)
    else:
        spaced = "".join(" " if is_white_space(c) else c for c in line)
    return [word for word in spaced.split(" ") if word]


def rank(
    words: Iterable[str], max_words: int | None = None, min_count: int = 1
) -> list[tuple[str, int]]:
    """The most frequent words and their counts; words of equal counts by their code points."""
    kept = [(word, n) for word, n in Counter(words).items() if n >= min_count]
    return sorted(kept, key=lambda entry: (-entry[1], entry[0]))[:max_words]


def encode(
    words: Iterable[str], vocabulary: Iterable[str], oov: str, bos: bool = False, eos: bool = False
) -> list[int]:
    """The index of each word; unknown ones become 1, or vanish."""
    index = {word: i for i, word in enumerate(vocabulary, len(specials(oov, bos, eos)))}
    if oov == "drop":
        return [index[word] for word in words if word in index]
    return [index.get(word, 1) for word in words]


def pad(
    row: Sequence[int], max_len: int, padding: str = "pre", truncating: str = "pre", value: int = 0
) -> list[int]:
    """A row of exactly `max_len`."""
    kept = list(row[-max_len:] if truncating == "pre" else row[:max_len])
    filling = [value] * (max_len - len(kept))
    return filling + kept if padding == "pre" else kept + filling


def frame(
    words: Sequence[int],
    around: tuple[Sequence[int], Sequence[int]],
    max_len: int,
    padding: str = "pre",
    truncating: str = "pre",
) -> list[int]:
    """A row of exactly `max_len`, whose words are cut and stand between the marks."""
    first, last = around
    room = max_len - len(first) - len(last)
    kept = words[-room:] if truncating == "pre" else words[:room]
    return pad([*first, *kept, *last], max_len, padding)


def one_line(field: str) -> str:
    """A field on one line."""
    return field.replace("\r\n", " ").replace("\n", " ")


def csv_rows(text: str) -> list[list[str]]:
    """The rows of a table with quotes, as Python's csv module reads them."""
    return list(csv.reader(io.StringIO(text, newline=""), strict=True))


def tsv_rows(text: str) -> list[list[str]]:
    """The rows of a table without quotes."""
    return [line.split("\t") for line in text.replace("\r\n", "\n").removesuffix("\n").split("\n")]


def fasttext_record(line: str) -> tuple[str, tuple[str, ...]]:
    """The words of a line, joined by one space each, and its labels."""
    for space in "\t\v\f\r\0":
        line = line.replace(space, " ")
    tokens = [token for token in line.split(" ") if token]
    labels = [token.removeprefix("__label__") for token in tokens if token.startswith("__label__")]
    words = [token for token in tokens if not token.startswith("__label__")]
    return " ".join(words), tuple(label for label in labels if label)


def json_labels(value: object) -> tuple[str, ...]:
    """A label, or a list of them, as it is written in JSON, a string without its quotes."""
    values = value if isinstance(value, list) else [value]
    written = [v if isinstance(v, str) else json.dumps(v) for v in values]
    return tuple(one_line(label) for label in written if label)


class Run(NamedTuple):
    rows: list[list[int]]
    lengths: list[int]
    vocabulary: list[tuple[str, int]]


def run(
    lines: Sequence[str],
    *,
    tokenizer: str = "unicode",
    lowercase: bool | None = None,
    max_words: int = 50_000,
    min_count: int = 1,
    oov: str = "unk",
    bos: bool = False,
    eos: bool = False,
    max_len: int | None = None,
    padding: str = "pre",
    truncating: str = "pre",
) -> Run:
    """The main job on lines without their ends."""
    if lowercase is None:
        lowercase = tokenizer in ("unicode", "keras")
    sentences = [tokenize(line, tokenizer, lowercase) for line in lines]
    entries = specials(oov, bos, eos)
    words = [w for sentence in sentences for w in sentence if w not in {"<unk>", *entries}]
    vocabulary = rank(words, max_words, min_count)
    kept = [word for word, _ in vocabulary]
    rows = [encode(sentence, kept, oov, bos, eos) for sentence in sentences]
    lengths = [len(row) + bos + eos for row in rows]
    longest = max_len or max(1 + bos + eos, *lengths)
    around = marks(oov, bos, eos)
    framed = [frame(row, around, longest, padding, truncating) for row in rows]
    return Run(framed, lengths, vocabulary)
