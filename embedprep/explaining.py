"""What becomes of a sentence, step by step?

The steps are those of every job, taken with one line. All that is added is that each word can be
followed into the row.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import NamedTuple

import numpy as np

from embedprep.errors import InputError, LineError, VocabularyError
from embedprep.plan import check_rectangle
from embedprep.sequences import pad_between_marks
from embedprep.settings import RowSettings
from embedprep.sources import PADDING, Block, Reading, read_blocks
from embedprep.specials import PAD_INDEX
from embedprep.text import mended
from embedprep.tokenizer.rules import find_words
from embedprep.tokenizer.settings import TokenizerSettings
from embedprep.tokenizer.unicode import to_nfc
from embedprep.tokenizer.words import Words
from embedprep.vocabulary import Vocabulary

LONGEST_ROW = 1_000_000
"""Indices of a row that can still be shown; they take some hundred bytes each."""


@dataclass(frozen=True)
class Fate:
    """What becomes of a word: its index, None for an unknown one that vanishes.

    A word that is cut has an index and no place in the row.
    """

    index: int | None
    is_known: bool
    is_cut: bool


class EncodedSentence(NamedTuple):
    """A sentence as a vocabulary encodes it: `fates: (words,)`, `row: (max_len,)` indices."""

    vocabulary: Vocabulary
    fates: list[Fate]
    row: list[int]


class Explanation(NamedTuple):
    """A sentence, as its tokenizer normalises it, and its words; encoded by a vocabulary, if any.

    A tokenizer may change words by themselves after that: `unicode` lowercases them.
    """

    text: str
    tokenizer: TokenizerSettings
    normalised: str
    words: list[str]
    encoded: EncodedSentence | None = None


def read_sentences(name: str) -> Iterator[str]:
    """The lines of an input in UTF-8; `-` is standard input.

    Raises InputError where it cannot be read, holds no line, or one that is not UTF-8.
    """
    reading = Reading()
    n_before = 0
    for block in read_blocks([name], reading, []):
        try:
            lines = _lines_of(block, reading)
        except LineError as error:
            wrong = error.at(n_before)
            raise InputError(
                wrong.place, wrong.cause, "convert it to UTF-8 first, as by iconv"
            ) from None
        yield from lines
        n_before += len(lines)


def _lines_of(block: Block, reading: Reading) -> list[str]:
    try:
        lines = block.data.decode("utf-8")
    except UnicodeDecodeError:
        lines = mended(block, reading).decode("utf-8")
    return lines.split("\n")[:-1]


def load_reshaped(path: Path, rows: RowSettings) -> Vocabulary:
    """A saved vocabulary, with the shape of rows that is asked for; a length must be a number.

    Raises VocabularyError where there is none, or where nobody would look at so long a row,
    OutputError where the rows cannot hold its indices.
    """
    vocabulary = Vocabulary.load(path)
    saved = vocabulary.rectangle
    max_len = saved.max_len if rows.max_len is None else int(rows.max_len)
    if max_len > LONGEST_ROW:
        cause = f"rows of {max_len:,} indices are too long to be shown"
        raise VocabularyError(str(path), cause, "pass a smaller --max-len")
    rectangle = rows.rectangle(max_len, saved)
    check_rectangle(rectangle, vocabulary.specials, len(vocabulary.words))
    return replace(vocabulary, rectangle=rectangle)


def explain(sentence: str, rules: Vocabulary | TokenizerSettings) -> Explanation:
    """What becomes of a sentence by the rules of a vocabulary, or by a tokenizer alone.

    A line end in the sentence is a space. Raises UnicodeEncodeError for a sentence that holds half
    a surrogate pair.
    """
    vocabulary = rules if isinstance(rules, Vocabulary) else None
    tokenizer = rules.tokenizer if isinstance(rules, Vocabulary) else rules
    line = sentence.replace("\n", " ")
    data = f"{line}\n".encode() + PADDING
    words = find_words(data, tokenizer)
    return Explanation(
        line,
        tokenizer,
        _normalised(line, words, tokenizer),
        _spelled(words),
        None if vocabulary is None else _encoded(words, vocabulary),
    )


def _normalised(line: str, words: Words, tokenizer: TokenizerSettings) -> str:
    """A line as it is when words are found in it."""
    if tokenizer.name == "unicode":
        return to_nfc(line)
    if tokenizer.name == "keras":
        # Its words lie in the whole line, whose end has become a space as other filters have.
        return words.text.tobytes()[: -len(PADDING) - 1].decode("utf-8")
    return line.lower() if tokenizer.lowercase else line


def _spelled(words: Words) -> list[str]:
    octets = words.text.tobytes()
    spans = zip(words.starts.tolist(), words.lengths.tolist(), strict=True)
    return [octets[start : start + length].decode("utf-8") for start, length in spans]


def _encoded(words: Words, vocabulary: Vocabulary) -> EncodedSentence:
    """The words of one line, followed into its row."""
    specials = vocabulary.specials
    indices = vocabulary.indices_of(words)
    is_left = indices != PAD_INDEX
    # Each word goes into the row as a number of its own, above the indices of all entries.
    numbers = vocabulary.input_dim + np.arange(len(indices))
    n_left = np.array([np.count_nonzero(is_left)])
    [placed] = pad_between_marks(numbers[is_left], n_left, vocabulary.rectangle, specials)
    is_cut = is_left & ~np.isin(numbers, placed)
    is_known = indices != specials.unknown_index

    index_of_number = np.concatenate([np.arange(vocabulary.input_dim), indices])
    facts = zip(indices.tolist(), is_left.tolist(), is_known.tolist(), is_cut.tolist(), strict=True)
    fates = [Fate(index if left else None, known, cut) for index, left, known, cut in facts]
    return EncodedSentence(vocabulary, fates, index_of_number[placed].tolist())
