"""Which rules find the words of a text?

A rule finds the words of any lines. One that works by stretches also finds these, in which a word
does not depend on what stands around, and then has to see each distinct stretch only once.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Callable
from typing import NamedTuple

from embedprep import __version__
from embedprep.arrays import Flags
from embedprep.text import Text, read_text
from embedprep.tokenizer import (
    characters,
    chinese,
    pattern,
    separated,
    stretches,
    unicode,
    word_break,
)
from embedprep.tokenizer.settings import TokenizerSettings
from embedprep.tokenizer.words import Spans, Words


class ByStretches(NamedTuple):
    """How a rule works by stretches.

    `find` finds those of whole lines, which may not be UTF-8, `mend` makes some whole that were not
    met before, and `are_words` tells which of some are surely words themselves, (stretches,).
    """

    find: Callable[[bytes, TokenizerSettings], Words]
    mend: Callable[[Spans], Spans]
    are_words: Callable[[Spans], Flags]


class Rule(NamedTuple):
    """How a tokenizer works on whole lines of UTF-8 followed by `PADDING`.

    Raises UnicodeDecodeError, whose position means nothing, where the text is not UTF-8.
    """

    find_words: Callable[[bytes, TokenizerSettings], Words]
    stretches: ByStretches | None = None


def _of_text(find_words: Callable[[Text, TokenizerSettings], Words]) -> Rule:
    return Rule(lambda data, settings: find_words(read_text(data), settings))


_RULES = {
    "unicode": Rule(
        unicode.find_words,
        ByStretches(stretches.find_stretches, stretches.mend, stretches.are_words),
    ),
    "keras": _of_text(separated.keras),
    "whitespace": _of_text(separated.whitespace),
    "char": _of_text(characters.char),
    "pattern": _of_text(pattern.pattern),
    "jieba": _of_text(chinese.jieba),
}


def rule_of(settings: TokenizerSettings) -> Rule:
    """The rule that the settings name."""
    return _RULES[settings.name]


def find_words(data: bytes, settings: TokenizerSettings) -> Words:
    """The words of whole lines by the rules that the settings name."""
    return rule_of(settings).find_words(data, settings)


def versions_behind(settings: TokenizerSettings) -> dict[str, str]:
    """The versions of others' work that decide which words are found, by name.

    That of Unicode is the running Python's, which lowercases, normalizes and knows letters and
    numbers; word boundaries have tables of their own.
    """
    versions = {}
    if settings.lowercase or settings.name in ("unicode", "pattern", "jieba"):
        versions["unicode"] = unicodedata.unidata_version
    if settings.name == "unicode":
        versions["word_break"] = word_break.unicode_version()
    if settings.name == "jieba":
        versions["jieba"] = chinese.jieba_version()
    return versions


def all_versions(settings: TokenizerSettings) -> dict[str, str]:
    """Those and embedprep's own: where all are the same, the same is made of a text."""
    return {"embedprep": __version__} | versions_behind(settings)
