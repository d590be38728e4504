"""Which entries do the vocabulary files of other tools hold, and at which indices?

A file is known by what it holds, not by its name:

- a list of words, one a line, such as BERT's `vocab.txt`;
- a JSON object of words and their indices: the `word_index` of Keras, `vocab.json` of Hugging Face;
- what `to_json()` of the Keras `Tokenizer` gives, and Hugging Face's `tokenizer.json`.

A vocabulary of embedprep's own is read as what it is.
"""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Iterable
from pathlib import Path
from typing import Any, NamedTuple

from embedprep.errors import VocabularyError
from embedprep.sources import STDIN
from embedprep.vocabulary import FORMAT, Vocabulary, parse_vocabulary
from embedprep.wording import how_many

PADDINGS = ("[PAD]", "<pad>", "<PAD>", "")
"""The names of padding entries; Keras' `TextVectorization` has the empty one."""

_LIKE_JSON = re.compile(r'\s*(\{\s*["}]|\[[\s\[]*"|"\s*\{)')
"""No list of words begins so."""

_KINDS = (
    "name a list of words, a Keras word_index or Tokenizer as JSON, "
    "or a vocab.json or tokenizer.json of Hugging Face"
)
_MEND = "mend the file, or write it anew with the tool that it is from"


class KerasRules(NamedTuple):
    """What the `to_json()` of a Keras `Tokenizer` tells about words."""

    lower: bool
    filters: str
    split: str
    char_level: bool


class Foreign(NamedTuple):
    """The index of each entry, in ascending order, and what else the file at `place` tells.

    Where it `is_ranking`, the order alone counts, and the indices are the numbers of lines.
    """

    place: str
    index_of: dict[str, int]
    is_ranking: bool = False
    pad_token: str | None = None
    unk_token: str | None = None
    keras: KerasRules | None = None


def read_foreign(path: Path) -> Foreign | Vocabulary:
    """What a vocabulary file holds, `-` being standard input.

    Raises VocabularyError where it is none, or is broken.
    """
    place = str(path)
    try:
        with open(0 if place == STDIN else path, "rb", closefd=place != STDIN) as stream:
            text = stream.read().decode("utf-8-sig")
    except OSError as error:
        raise VocabularyError(
            place, f"cannot be read ({error.strerror})", "check the path"
        ) from error
    except UnicodeDecodeError:
        raise VocabularyError(place, "is no vocabulary: it is not UTF-8", _KINDS) from None
    return _parse_json(text, place) if _LIKE_JSON.match(text) else _parse_list(text, place)


def _parse_list(text: str, place: str) -> Foreign:
    """Words, one a line: numbered from 0 if a padding entry comes first, else only ranked."""
    words = [line.removesuffix("\r") for line in text.split("\n")]
    if not words[-1]:
        words.pop()
    is_ranking = not words or words[0] not in PADDINGS
    line_of: dict[str, int] = {}
    for line, word in enumerate(words, 1):
        if not word and line > 1:
            raise VocabularyError(f"{place}:{line}", "holds no word", "take out empty lines")
        if line_of.setdefault(word, line) != line:
            raise VocabularyError(
                f"{place}:{line}", f"{word!r} stands in line {line_of[word]} too", _MEND
            )
    shift = 0 if is_ranking else 1
    index = _checked(((word, line - shift) for word, line in line_of.items()), place)
    return Foreign(place, index, is_ranking)


def _parse_json(text: str, place: str) -> Foreign | Vocabulary:
    def once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
        found = dict(pairs)
        if len(found) < len(pairs):
            [(twice, _)] = Counter(key for key, _ in pairs).most_common(1)
            raise VocabularyError(place, f"holds {twice!r} twice", _MEND)
        return found

    try:
        saved = json.loads(text, object_pairs_hook=once)
        if isinstance(saved, str):  # to_json() gives text, which many save as JSON once more
            saved = json.loads(saved, object_pairs_hook=once)
    except (ValueError, RecursionError) as error:
        raise VocabularyError(place, f"is no JSON ({error})", _MEND) from None
    try:
        match saved:
            case {"format": str(name)} if name == FORMAT:
                return parse_vocabulary(text, place)
            case {
                "class_name": "Tokenizer",
                "config": {
                    "word_index": str(words),
                    "lower": bool(lower),
                    "filters": str(filters),
                    "split": str(split),
                    "char_level": bool(char_level),
                } as config,
            }:
                rules = KerasRules(lower, filters, split, char_level)
                entries = json.loads(words, object_pairs_hook=once)
                return _parse_keras_tokenizer(config, entries, rules, place)
            case {"model": {"vocab": list() | dict()}}:
                return _parse_hugging_face(saved, place)
            case dict() if not saved or any(type(index) is int for index in saved.values()):
                return Foreign(place, _checked(saved.items(), place))
    except (AttributeError, LookupError, TypeError, ValueError, RecursionError) as error:
        raise VocabularyError(place, f"is broken ({error})", _MEND) from None
    raise VocabularyError(place, "is no vocabulary that is known", _KINDS)


def _parse_keras_tokenizer(
    config: dict[str, Any], entries: dict[str, int], rules: KerasRules, place: str
) -> Foreign:
    """What `Tokenizer.to_json()` gives; words from `num_words` on are never given out."""
    index = _checked(entries.items(), place)
    unk_token = _token(config.get("oov_token"))
    n_indices = config.get("num_words") or max(index.values()) + 1
    kept = {word: i for word, i in index.items() if i < n_indices or word == unk_token}
    if not kept:
        raise VocabularyError(place, f"holds no word below its num_words, {n_indices}", _MEND)
    return Foreign(place, kept, unk_token=unk_token, keras=rules)


def _parse_hugging_face(saved: dict[str, Any], place: str) -> Foreign:
    """What `tokenizer.json` holds; the entries of a Unigram model stand in the order of indices."""
    model = saved["model"]
    entries, unk_token = model["vocab"], _token(model.get("unk_token"))
    if isinstance(entries, list):
        pieces = [piece for piece, _score in entries]
        pairs = [(piece, index) for index, piece in enumerate(pieces)]
        unk_token = None if model.get("unk_id") is None else pieces[model["unk_id"]]
    else:
        pairs = list(entries.items())
    pairs += [(token["content"], token["id"]) for token in saved.get("added_tokens") or ()]
    pad_token = _token((saved.get("padding") or {}).get("pad_token"))
    return Foreign(place, _checked(pairs, place), pad_token=pad_token, unk_token=unk_token)


def _token(named: object) -> str | None:
    return named if isinstance(named, str) else None


def _checked(pairs: Iterable[tuple[Any, Any]], place: str) -> dict[str, int]:
    """The index of each word, in ascending order. Raises VocabularyError for what is none."""
    index_of: dict[str, int] = {}
    word_at: dict[int, str] = {}
    for word, index in pairs:
        if not isinstance(word, str) or "\n" in word or not _is_encodable(word):
            raise VocabularyError(place, f"{word!r} is no word of a line of text", _MEND)
        if type(index) is not int or index < 0:
            cause = f"the index of {word!r} is {index!r}, no whole number from 0 on"
            raise VocabularyError(place, cause, _MEND)
        if not word and index:
            raise VocabularyError(place, f"the word of index {index} is empty", _MEND)
        if index_of.setdefault(word, index) != index:
            cause = f"{word!r} has two indices, {index_of[word]} and {index}"
            raise VocabularyError(place, cause, _MEND)
        if word_at.setdefault(index, word) != word:
            cause = f"index {index} has two words, {word_at[index]!r} and {word!r}"
            raise VocabularyError(place, cause, _MEND)
    if not word_at:
        raise VocabularyError(place, "holds no word", _KINDS)
    largest = max(word_at)
    if largest > 2 * len(word_at) + _FREE_INDICES:
        n_words = how_many(len(word_at), "word")
        cause = f"has {n_words}, and {word_at[largest]!r} has index {largest:,}"
        raise VocabularyError(place, cause, "number the words without large gaps")
    return {word_at[index]: index for index in sorted(word_at)}


_FREE_INDICES = 1000
"""So many indices without a word, and as many as there are words, are taken for meant."""


def _is_encodable(word: str) -> bool:
    """Whether a word is without half a surrogate pair, which JSON can spell and UTF-8 cannot."""
    return word.isascii() or not re.search("[\ud800-\udfff]", word)
