"""What should come out? Each fast step said again in plain Python, a few lines each.

A reader who wonders what an array operation means finds the plain version here.
"""

from __future__ import annotations

import csv
import io
import json
from collections import Counter
from collections.abc import Iterable, Sequence
from typing import NamedTuple

KERAS_FILTERS = '!"#$%&()*+,-./:;<=>?@[\\]^_`{|}~\t\n'
SPECIALS = {"unk": ["<pad>", "<unk>"], "drop": ["<pad>"]}


def is_white_space(character: str) -> bool:
    """Unicode's White_Space: `str.isspace` but for four old separators of files and records."""
    return character.isspace() and character not in "\x1c\x1d\x1e\x1f"


def tokenize(line: str, name: str, lowercase: bool) -> list[str]:
    """The words of a line, which holds no LF."""
    if lowercase:
        line = line.lower()
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


def encode(words: Iterable[str], vocabulary: Iterable[str], oov: str) -> list[int]:
    """The index of each word; unknown ones become 1, or vanish."""
    index = {word: i for i, word in enumerate(vocabulary, len(SPECIALS[oov]))}
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
    tokenizer: str = "keras",
    lowercase: bool | None = None,
    max_words: int = 50_000,
    min_count: int = 1,
    oov: str = "unk",
    max_len: int | None = None,
    padding: str = "pre",
    truncating: str = "pre",
) -> Run:
    """The main job on lines without their ends."""
    if lowercase is None:
        lowercase = tokenizer == "keras"
    sentences = [tokenize(line, tokenizer, lowercase) for line in lines]
    words = [w for sentence in sentences for w in sentence if w not in ("<pad>", "<unk>")]
    vocabulary = rank(words, max_words, min_count)
    kept = [word for word, _ in vocabulary]
    rows = [encode(sentence, kept, oov) for sentence in sentences]
    lengths = [len(row) for row in rows]
    longest = max_len or max(1, *lengths, 1)
    return Run([pad(row, longest, padding, truncating) for row in rows], lengths, vocabulary)
