"""Which `tokenizer.json` of Hugging Face gives the rows that a vocabulary gives?

A WordLevel model with a normalizer and a pre-tokenizer that find the same words, a template for the
marks, and padding and truncation to the length of the vocabulary's rows. Release 0.20 of
tokenizers reads it.

Special entries are in the model alone. As `added_tokens`, tokenizers would find them in the text
itself, before all else, and text that reads `<pad>` would become padding in the middle of a row.

The rows are equal, but for lowercased text: tokenizers lowercases each character by itself, so that
a capital sigma at the end of a word becomes σ and not ς as by `str.lower`. All code points but
surrogates compared one by one, tokenizers 0.20.0 and 0.23.3 beside Python 3.11: 0.20.0 lowercases
each alike, 0.23.3 all but 55, which are letters younger than Python's Unicode 14 and that Python
keeps as they are (U+1C89, ten from U+A7CB to U+A7DC, U+10D50..10D65, U+16EA0..16EB8).
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from typing import Any

from embedprep.errors import VocabularyError
from embedprep.specials import BOS, EOS, PAD, PAD_INDEX, UNK
from embedprep.tokenizer.separated import KERAS_FILTERS, WHITE_SPACE
from embedprep.vocabulary import Vocabulary
from embedprep.wording import quoted

_NO_EQUAL = {
    "unicode": "finds words by UAX #29, for which tokenizers has no rule",
    "pattern": "finds words by Python's re, and tokenizers reads expressions in another way",
    "jieba": "finds words by the dictionary and the model of jieba, which tokenizers does not have",
}
_SIDES = {"pre": "left", "post": "right"}


def tokenizer_json(vocabulary: Vocabulary, place: str) -> bytes:
    """The bytes of `tokenizer.json`.

    Raises VocabularyError, naming `place`, where tokenizers has no rules that give the same rows.
    """
    _check(vocabulary, place)
    rows = vocabulary.rectangle
    normalizers, pre_tokenizer = _rules(vocabulary)
    facts: dict[str, Any] = {
        "version": "1.0",
        "truncation": {
            "direction": _SIDES[rows.truncating].capitalize(),
            "max_length": rows.max_len,
            "strategy": "LongestFirst",
            "stride": 0,
        },
        "padding": {
            "strategy": {"Fixed": rows.max_len},
            "direction": _SIDES[rows.padding].capitalize(),
            "pad_to_multiple_of": None,
            "pad_id": PAD_INDEX,
            "pad_type_id": 0,
            "pad_token": PAD,
        },
        "added_tokens": [],
        "normalizer": _sequence("normalizers", normalizers) if normalizers else None,
        "pre_tokenizer": pre_tokenizer,
        "post_processor": _marks(vocabulary) if vocabulary.specials.n_marks else None,
        "decoder": None,
        "model": {"type": "WordLevel", "vocab": vocabulary.index, "unk_token": UNK},
    }
    return (json.dumps(facts, indent=2, ensure_ascii=False) + "\n").encode()


def differences(vocabulary: Vocabulary, place: str) -> list[str]:
    """What to tell, naming `place`, of words that tokenizers may find otherwise.

    Only words with a sigma can be: other text gives the same words on both sides, and text with one
    gives words that are unknown to a vocabulary without any.
    """
    letters = set("".join(vocabulary.words))
    sigma = next((sigma for sigma in "ςσ" if sigma in letters), None)
    if not vocabulary.tokenizer.lowercase or sigma is None:
        return []
    word = next(word for word in vocabulary.words if sigma in word)
    warning = (
        f"{place}: text in capitals may come out otherwise where it holds words like "
        f"{quoted([word])}: tokenizers lowercases a sigma at the end of a word to σ, "
        "str.lower to ς; give it such text lowercased"
    )
    return [warning]


def _check(vocabulary: Vocabulary, place: str) -> None:
    name = vocabulary.tokenizer.name
    if name in _NO_EQUAL:
        raise VocabularyError(
            place,
            f"--tokenizer {name} {_NO_EQUAL[name]}",
            "encode by embedprep, or make the vocabulary with --tokenizer keras, whitespace or "
            "char",
        )
    if vocabulary.specials.unk is None:
        raise VocabularyError(
            place,
            "leaves out unknown words (--oov drop), and tokenizers cannot",
            "encode by embedprep, or make the vocabulary with --oov unk",
        )


def _rules(vocabulary: Vocabulary) -> tuple[list[dict[str, Any]], dict[str, Any]]:
    """What makes the text fit to be cut, in order, and what cuts it."""
    normalizers = [{"type": "Lowercase"}] if vocabulary.tokenizer.lowercase else []
    match vocabulary.tokenizer.name:
        case "keras":
            filters = _class(map(ord, KERAS_FILTERS))
            normalizers.append(_replaced(f"[{filters}]", " "))
            return normalizers, {"type": "CharDelimiterSplit", "delimiter": " "}
        case "whitespace":
            normalizers.append(_literals(vocabulary))
            return normalizers, {"type": "WhitespaceSplit"}
    by_character = {
        "type": "Split",
        "pattern": {"Regex": "."},
        "behavior": "Isolated",
        "invert": False,
    }
    return normalizers, _sequence("pretokenizers", [{"type": "WhitespaceSplit"}, by_character])


def _literals(vocabulary: Vocabulary) -> dict[str, Any]:
    """The rule that makes `<unk>` of words that read as a special entry does.

    The other tokenizers make no such word: one has no `<`, the other one character alone.
    """
    space = _class(WHITE_SPACE)
    names = "|".join(name for name in vocabulary.specials.by_name if name != UNK)
    return _replaced(f"(?<![^{space}])(?:{names})(?![^{space}])", UNK)


def _marks(vocabulary: Vocabulary) -> dict[str, Any]:
    """The rule that puts the marks around a row."""
    by_name = {n: i for n, i in vocabulary.specials.by_name.items() if n in (BOS, EOS)}
    before = [_piece("SpecialToken", BOS)] if BOS in by_name else []
    behind = [_piece("SpecialToken", EOS)] if EOS in by_name else []
    return {
        "type": "TemplateProcessing",
        "single": [*before, _piece("Sequence", "A"), *behind],
        "pair": [_piece("Sequence", "A"), _piece("Sequence", "B", 1)],
        "special_tokens": {
            name: {"id": name, "ids": [index], "tokens": [name]} for name, index in by_name.items()
        },
    }


def _piece(kind: str, name: str, type_id: int = 0) -> dict[str, Any]:
    return {kind: {"id": name, "type_id": type_id}}


def _sequence(key: str, members: list[dict[str, Any]]) -> dict[str, Any]:
    return {"type": "Sequence", key: members}


def _replaced(expression: str, content: str) -> dict[str, Any]:
    return {"type": "Replace", "pattern": {"Regex": expression}, "content": content}


def _class(code_points: Iterable[int]) -> str:
    """The inside of a class of characters, as Oniguruma reads it."""
    return "".join(f"\\x{{{code_point:x}}}" for code_point in code_points)
