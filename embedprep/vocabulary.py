"""Which word has which index?

A word's index follows from its rank alone: words fill the indices, lowest first, that the special
entries leave free.

`vocab.json` is UTF-8 JSON with one word a line, so that `jq`, `grep` and `diff` work on it.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from embedprep.arrays import Bytes, Ints, free_indices, starts_of, take_ragged
from embedprep.errors import EmbedprepError, VocabularyError
from embedprep.hashing import Secret
from embedprep.labels import LabelFacts, parse_labels
from embedprep.places import Place, Url, place_of
from embedprep.publication import staged_file
from embedprep.rectangle import Rectangle
from embedprep.sequences import drop_index, pad_between_marks
from embedprep.sources import PADDING
from embedprep.specials import BOS, EOS, PAD_INDEX, UNK, Specials
from embedprep.tokenizer.settings import TokenizerSettings

if TYPE_CHECKING:
    from embedprep.dictionary import Dictionary, Lookup
    from embedprep.tokenizer.words import Words

FORMAT = "embedprep-vocabulary"
VERSION = 1


@dataclass(frozen=True)
class Vocabulary:
    """The kept words in the order of their indices, `counts: (words,)`, how rows are made, and what
    the labels of the training rows were.
    """

    words: tuple[str, ...]
    counts: tuple[int, ...]
    tokenizer: TokenizerSettings
    rectangle: Rectangle
    specials: Specials = field(default_factory=Specials)
    labels: LabelFacts | None = None

    @property
    def input_dim(self) -> int:
        """The largest index + 1: the rows of an embedding matrix."""
        return len(self.specials.by_name) + len(self.words)

    @property
    def index_of_word(self) -> Ints:
        """The index of each word, ascending, (words,)."""
        return free_indices(self.specials.by_name.values(), len(self.words))

    @cached_property
    def index(self) -> dict[str, int]:
        """The index of each entry, the special ones included."""
        return {entry: index for index, entry in enumerate(self.entries)}

    @cached_property
    def entries(self) -> tuple[str, ...]:
        """The entry of each index, (input_dim,)."""
        entries = list(self.words)
        for name, index in sorted(self.specials.by_name.items(), key=lambda named: named[1]):
            entries.insert(index, name)
        return tuple(entries)

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
        from embedprep.dictionary import Lookup, WordArray  # only text needs them

        return Lookup(WordArray.of((word.encode() for word in self.words), secret), secret)

    def encode(self, sentences: Iterable[str]) -> NDArray[Any]:
        """Sentences as rows of indices, (sentences, max_len), each between its marks.

        A line end in a sentence is a space.

        Raises UnicodeEncodeError for a sentence that holds half a surrogate pair, and TypeError
        for a single string, which would be taken for a sentence a letter.
        """
        if isinstance(sentences, str):
            raise TypeError("encode takes several sentences: [sentence]")
        from embedprep.tokenizer.rules import find_words

        lines = "".join(f"{sentence}\n" for sentence in (s.replace("\n", " ") for s in sentences))
        words = find_words(lines.encode("utf-8") + PADDING, self.tokenizer)
        indices, lengths = self.indices_of(words), words.per_row
        if self.specials.unk is None:
            indices, lengths = drop_index(indices, lengths, PAD_INDEX)
        return pad_between_marks(indices, lengths, self.rectangle, self.specials)

    def indices_of(self, words: Words) -> NDArray[Any]:
        """The index of each word of a text, that of the padding for one that vanishes; (words,)."""
        found = self._lookup.find_spans(words.text, words.starts, words.lengths)
        index_of_found = np.append(self.index_of_word, self.specials.unknown_index)
        return index_of_found.astype(self.rectangle.dtype).take(found)

    def decode(self, rows: ArrayLike) -> list[str]:
        """The sentences of rows of indices, (rows, length): the words, a space between two.

        Padding and marks are left out; unknown words read `<unk>`; an empty list is no rows.
        Raises VocabularyError for an index that the vocabulary does not have, TypeError where
        these are no rows of indices.
        """
        rows = np.asarray(rows)
        if rows.shape == (0,):
            return []
        if not rows.size:  # NumPy takes empty lists for fractions
            rows = rows.astype(np.int64)
        if rows.ndim != 2 or rows.dtype.kind not in "iu":
            raise TypeError(f"decode takes rows of integers, not {rows.dtype} of {rows.shape}")
        check_indices(rows, self.input_dim)
        text = spell_rows(self, rows).decode("utf-8")
        return text.split("\n")[:-1]

    @classmethod
    def load(cls, path: str | Place) -> Vocabulary:
        """Read `vocab.json`, which may lie at an address. Raises VocabularyError where it is none,
        or a newer one.
        """
        path = place_of(path)
        try:
            text = path.read_bytes().decode("utf-8")
        except IsADirectoryError:
            raise VocabularyError(str(path), "is a folder", "name the vocab.json in it") from None
        except OSError as error:
            remedy = "make it by `embedprep vocab`"
            if isinstance(path, Url) and not isinstance(error, FileNotFoundError):
                remedy = getattr(error, "remedy", "check the rights of the credentials")
            raise VocabularyError(
                str(path), f"cannot be read ({error.strerror})", remedy
            ) from error
        except UnicodeDecodeError:
            raise VocabularyError(str(path), "is no vocabulary", _REMEDY) from None
        return parse_vocabulary(text, str(path))

    def save(self, path: str | Place) -> None:
        """Write `vocab.json`, whole or not at all."""
        with staged_file(place_of(path)) as temporary:
            temporary.write_bytes(format_vocabulary(self))


_MOST_COUNTED = (1 << 63) - 1

_REMEDY = "make it again by `embedprep vocab` or `embedprep run`"


def make_vocabulary(
    ranked: Dictionary,
    tokenizer: TokenizerSettings,
    rectangle: Rectangle,
    specials: Specials,
    labels: LabelFacts | None = None,
) -> Vocabulary:
    """The vocabulary of ranked words."""
    words, counts = tuple(ranked.words.to_text()), tuple(ranked.counts.tolist())
    return Vocabulary(words, counts, tokenizer, rectangle, specials, labels)


def format_vocabulary(vocabulary: Vocabulary) -> bytes:
    """The vocabulary as the bytes of `vocab.json`."""
    facts: dict[str, Any] = {
        "format": FORMAT,
        "version": VERSION,
        "tokenizer": vocabulary.tokenizer.saved,
        "specials": vocabulary.specials.by_name,
        "row": asdict(vocabulary.rectangle),
    }
    if vocabulary.labels is not None:
        facts["labels"] = vocabulary.labels.saved
    head = json.dumps(facts, ensure_ascii=False)
    firsts = range(0, len(vocabulary.words), _WORDS_AT_ONCE)
    some = [slice(first, first + _WORDS_AT_ONCE) for first in firsts]
    listed = "],\n[".join(_listed(vocabulary.words[its], vocabulary.counts[its]) for its in some)
    listed = f"[{listed}]\n" if vocabulary.words else ""
    return f'{head[:-1]}, "words": [\n{listed}]}}\n'.encode()


_WORDS_AT_ONCE = 1 << 16
"""Written one by one, as JSON, words take several times what they take in the file."""


def _listed(some_words: Sequence[str], some_counts: Sequence[int]) -> str:
    """Some words and their counts as pairs of JSON, but for the first bracket and the last."""
    # JSON escapes every LF, so one dump can be cut there into the words again.
    words = json.dumps(some_words, ensure_ascii=False, separators=("\n", ":"))[1:-1]
    counts = json.dumps(some_counts, separators=("\n", ":"))[1:-1]
    pairs = zip(words.split("\n"), counts.split("\n"), strict=True)
    return "],\n[".join(map(", ".join, pairs))


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
        tokenizer, rectangle = TokenizerSettings(**saved["tokenizer"]), Rectangle(**saved["row"])
        specials = _parse_specials(saved["specials"])
        labels = parse_labels(saved["labels"]) if "labels" in saved else None
        vocabulary = Vocabulary(words, counts, tokenizer, rectangle, specials, labels)
        _check(vocabulary)
    except (KeyError, TypeError, ValueError, EmbedprepError) as error:
        raise VocabularyError(place, f"is broken ({error})", _REMEDY) from None
    return vocabulary


def _parse_specials(saved: Any) -> Specials:
    indices = saved if isinstance(saved, dict) else {}
    specials = Specials(indices.get(UNK), indices.get(BOS), indices.get(EOS))
    if saved != specials.by_name:
        raise ValueError(f"special entries are {saved!r}")
    return specials


def _check(vocabulary: Vocabulary) -> None:
    named = vocabulary.specials.by_name
    if max(named.values()) >= vocabulary.input_dim:
        raise ValueError(f"special entries are {named!r}, of {vocabulary.input_dim:,} entries")
    if vocabulary.rectangle.max_len <= vocabulary.specials.n_marks:
        raise ValueError("rows have no room for a word")
    words, counts = vocabulary.words, vocabulary.counts
    if not set(map(type, words)) <= {str} or not all(words) or "\n" in (text := "".join(words)):
        raise ValueError("a word is no text")
    are_counts = set(map(type, counts)) <= {int}
    if not are_counts or min(counts, default=0) < 0 or max(counts, default=0) >= 2**63:
        raise ValueError("a count is no number")
    if sum(counts) > _MOST_COUNTED:
        raise ValueError("the counts are larger than those of any text")
    if len({*words, *named}) != vocabulary.input_dim:
        raise ValueError("a word stands twice")
    text.encode("utf-8")


def check_indices(rows: NDArray[Any], input_dim: int, first_row: int = 0) -> None:
    """Raise VocabularyError for an index in rows, (rows, length), that is not in 0..input_dim - 1.

    `first_row` is the number of the first of them.
    """
    if not rows.size or (rows.min() >= 0 and rows.max() < input_dim):
        return
    row, column = np.argwhere((rows < 0) | (rows >= input_dim))[0].tolist()
    raise VocabularyError(
        f"row {first_row + row}, column {column}",
        f"index {rows[row, column]} is not in 0..{input_dim - 1}",
        "take the vocabulary that the rows were encoded with, or what was made with it",
    )


def spell_rows(vocabulary: Vocabulary, rows: NDArray[Any]) -> bytes:
    """The sentences of rows of its indices, (rows, length), as UTF-8 lines."""
    text, starts, lengths = vocabulary.spelled
    line_end = np.full((len(rows), 1), vocabulary.input_dim)
    # Each row's words, each with a space behind it, then a line end in place of the last space.
    listed = np.concatenate([rows.astype(np.int64), line_end], axis=1)
    is_said = listed != PAD_INDEX
    for mark in (vocabulary.specials.bos, vocabulary.specials.eos):
        if mark is not None:
            is_said &= listed != mark
    indices = listed[is_said]
    spelled = take_ragged(text, starts[indices], lengths[indices])
    return spelled.tobytes().replace(b" \n", b"\n")
