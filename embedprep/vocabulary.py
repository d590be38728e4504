"""Which word has which index?

A word's index follows from its rank alone, behind the special entries.

`vocab.json` is UTF-8 JSON with one word a line, so that `jq`, `grep` and `diff` work on it.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import asdict, dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from embedprep.arrays import Bytes, Ints, starts_of, take_ragged
from embedprep.dictionary import Dictionary, Lookup, Secret, WordArray, encode_words
from embedprep.errors import EmbedprepError, VocabularyError
from embedprep.publication import staged_file
from embedprep.rectangle import Rectangle
from embedprep.sequences import drop_index, pad
from embedprep.sources import PADDING
from embedprep.specials import PAD_INDEX, UNK, specials_of, unknown_index
from embedprep.text import read_text
from embedprep.tokenizer.rules import find_words
from embedprep.tokenizer.settings import TokenizerSettings

FORMAT = "embedprep-vocabulary"
VERSION = 1


@dataclass(frozen=True)
class Vocabulary:
    """The kept words in the order of their indices, `counts: (words,)`, and how rows are made."""

    words: tuple[str, ...]
    counts: tuple[int, ...]
    tokenizer: TokenizerSettings
    rectangle: Rectangle
    oov: str = "unk"

    @property
    def specials(self) -> dict[str, int]:
        return specials_of(self.oov)

    @property
    def first_index(self) -> int:
        """The index of the most frequent word."""
        return len(self.specials)

    @property
    def unknown_index(self) -> int:
        """The index of unknown words; that of the padding where they are dropped."""
        return unknown_index(self.specials)

    @property
    def input_dim(self) -> int:
        """The largest index + 1: the rows of an embedding matrix."""
        return self.first_index + len(self.words)

    @cached_property
    def index(self) -> dict[str, int]:
        """The index of each entry, the special ones included."""
        return self.specials | {w: i for i, w in enumerate(self.words, self.first_index)}

    @cached_property
    def entries(self) -> tuple[str, ...]:
        """The entry of each index, (input_dim,)."""
        return (*self.specials, *self.words)

    @cached_property
    def spelled(self) -> tuple[Bytes, Ints, Ints]:
        """Each entry with a space behind it, and last a line end: text, starts, lengths."""
        spelled = [f"{entry} ".encode() for entry in self.entries] + [b"\n"]
        lengths = np.fromiter(map(len, spelled), np.int64, len(spelled))
        return np.frombuffer(b"".join(spelled), np.uint8), starts_of(lengths), lengths

    @cached_property
    def _lookup(self) -> Lookup:
        return self.lookup(Secret.draw())

    def lookup(self, secret: Secret) -> Lookup:
        """The words as a table, whose keys are made with the secret of a run."""
        return Lookup(WordArray.of((word.encode() for word in self.words), secret), secret)

    def encode(self, sentences: Iterable[str]) -> NDArray[Any]:
        """Sentences as rows of indices, (sentences, max_len); a line end in one is a space.

        Raises UnicodeEncodeError for a sentence that holds half a surrogate pair, and TypeError
        for a single string, which would be taken for a sentence a letter.
        """
        if isinstance(sentences, str):
            raise TypeError("encode takes several sentences: [sentence]")
        lines = "".join(f"{sentence}\n" for sentence in (s.replace("\n", " ") for s in sentences))
        words = find_words(read_text(lines.encode("utf-8") + PADDING), self.tokenizer)
        lookup = self._lookup
        ids, lengths = encode_words(words, lookup)
        index_of_id = np.append(np.arange(self.first_index, self.input_dim), self.unknown_index)
        indices = index_of_id.astype(self.rectangle.dtype).take(ids)
        if self.unknown_index == PAD_INDEX:
            indices, lengths = drop_index(indices, lengths, PAD_INDEX)
        return pad(indices, lengths, self.rectangle)

    def decode(self, rows: ArrayLike) -> list[str]:
        """The sentences of rows of indices, (rows, length): the words, a space between two.

        Padding is left out; unknown words read `<unk>`.
        Raises VocabularyError for an index that the vocabulary does not have, TypeError where
        these are no rows of indices.
        """
        rows = np.asarray(rows)
        if rows.ndim != 2 or rows.dtype.kind not in "iu":
            raise TypeError(f"decode takes rows of integers, not {rows.dtype} of {rows.shape}")
        text = decode_rows(self, rows).decode("utf-8")
        return text.split("\n")[:-1]

    @classmethod
    def load(cls, path: str | Path) -> Vocabulary:
        """Read `vocab.json`. Raises VocabularyError where it is none, or a newer one."""
        try:
            text = Path(path).read_bytes().decode("utf-8")
        except OSError as error:
            raise VocabularyError(
                str(path), f"cannot be read ({error.strerror})", "make it by `embedprep vocab`"
            ) from error
        except UnicodeDecodeError:
            raise VocabularyError(str(path), "is no vocabulary", _REMEDY) from None
        return parse_vocabulary(text, str(path))

    def save(self, path: str | Path) -> None:
        """Write `vocab.json`, whole or not at all."""
        with staged_file(Path(path)) as temporary:
            temporary.write_bytes(format_vocabulary(self))


_REMEDY = "make it again by `embedprep vocab` or `embedprep run`"


def make_vocabulary(
    ranked: Dictionary, tokenizer: TokenizerSettings, rectangle: Rectangle, oov: str
) -> Vocabulary:
    """The vocabulary of ranked words."""
    return Vocabulary(
        tuple(ranked.words.to_text()), tuple(ranked.counts.tolist()), tokenizer, rectangle, oov
    )


def format_vocabulary(vocabulary: Vocabulary) -> bytes:
    """The vocabulary as the bytes of `vocab.json`."""
    head = json.dumps(
        {
            "format": FORMAT,
            "version": VERSION,
            "tokenizer": vocabulary.tokenizer.saved,
            "specials": vocabulary.specials,
            "row": asdict(vocabulary.rectangle),
        },
        ensure_ascii=False,
    )
    # JSON escapes every LF, so one dump can be cut there into the words again.
    words = json.dumps(vocabulary.words, ensure_ascii=False, separators=("\n", ":"))[1:-1]
    counts = json.dumps(vocabulary.counts, separators=("\n", ":"))[1:-1]
    pairs = zip(words.split("\n"), counts.split("\n"), strict=True)
    listed = "],\n[".join(map(", ".join, pairs))
    listed = f"[{listed}]\n" if vocabulary.words else ""
    return f'{head[:-1]}, "words": [\n{listed}]}}\n'.encode()


def parse_vocabulary(text: str, place: str) -> Vocabulary:
    """The vocabulary that `format_vocabulary` wrote. Raises VocabularyError, naming `place`."""
    try:
        saved = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise VocabularyError(place, f"is no JSON ({error})", _REMEDY) from None
    if not isinstance(saved, dict) or saved.get("format") != FORMAT:
        raise VocabularyError(place, f"is no vocabulary: its format is not {FORMAT!r}", _REMEDY)
    if type(saved.get("version")) is not int or saved["version"] != VERSION:
        raise VocabularyError(
            place,
            f"has version {saved.get('version')!r}, this embedprep reads version {VERSION}",
            "install the embedprep that made it, or a newer one",
        )
    try:
        words = tuple(word for word, _ in saved["words"])
        counts = tuple(count for _, count in saved["words"])
        oov = "unk" if UNK in saved["specials"] else "drop"
        vocabulary = Vocabulary(
            words, counts, TokenizerSettings(**saved["tokenizer"]), Rectangle(**saved["row"]), oov
        )
        _check(vocabulary, saved["specials"])
    except (KeyError, TypeError, ValueError, EmbedprepError) as error:
        raise VocabularyError(place, f"is broken ({error})", _REMEDY) from None
    return vocabulary


def _check(vocabulary: Vocabulary, specials: object) -> None:
    if json.dumps(specials) != json.dumps(vocabulary.specials):
        raise ValueError(f"special entries are {specials!r}")
    words: tuple[object, ...] = vocabulary.words
    if not all(isinstance(word, str) and word and "\n" not in word for word in words):
        raise ValueError("a word is no text")
    if not all(type(count) is int and count >= 0 for count in vocabulary.counts):
        raise ValueError("a count is no number")
    if len(vocabulary.index) != vocabulary.input_dim:
        raise ValueError("a word stands twice")
    "".join(vocabulary.words).encode("utf-8")


def decode_rows(vocabulary: Vocabulary, rows: NDArray[Any], first_row: int = 0) -> bytes:
    """The sentences of rows of indices, (rows, length), as UTF-8 lines.

    Raises VocabularyError for an index that the vocabulary does not have; `first_row` is the
    number of the first one in it.
    """
    is_known = (rows >= 0) & (rows < vocabulary.input_dim)
    if not is_known.all():
        row, column = np.argwhere(~is_known)[0].tolist()
        raise VocabularyError(
            f"row {first_row + row}, column {column}",
            f"index {rows[row, column]} is not in 0..{vocabulary.input_dim - 1}",
            "decode with the vocabulary that the rows were encoded with",
        )
    text, starts, lengths = vocabulary.spelled
    line_end = np.full((len(rows), 1), vocabulary.input_dim)
    # Each row's words, each with a space behind it, then a line end in place of the last space.
    listed = np.concatenate([rows.astype(np.int64), line_end], axis=1)
    indices = listed[listed != PAD_INDEX]
    spelled = take_ragged(text, starts[indices], lengths[indices])
    return spelled.tobytes().replace(b" \n", b"\n")
