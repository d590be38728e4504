"""What should come out? Each fast step said again in plain Python, a few lines each.

A reader who wonders what an array operation means finds the plain version here.
"""

from __future__ import annotations

import logging
import re
import tempfile
import unicodedata
import warnings
from collections import Counter
from collections.abc import Iterable, Sequence
from functools import cache
from typing import Any, NamedTuple

KERAS_FILTERS = '!"#$%&()*+,-./:;<=>?@[\\]^_`{|}~\t\n'
PATTERN = r"\w+"
SPECIALS = {"unk": ["<pad>", "<unk>"], "drop": ["<pad>"]}


def is_white_space(character: str) -> bool:
    """Unicode's White_Space: `str.isspace` but for four old separators of files and records."""
    return character.isspace() and character not in "\x1c\x1d\x1e\x1f"


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
