"""Which rules find the words of a text?"""

from __future__ import annotations

import unicodedata
from collections.abc import Callable

from embedprep.text import Text
from embedprep.tokenizer import characters, chinese, pattern, separated
from embedprep.tokenizer.settings import TokenizerSettings
from embedprep.tokenizer.words import Words

_RULES: dict[str, Callable[[Text, TokenizerSettings], Words]] = {
    "keras": separated.keras,
    "whitespace": separated.whitespace,
    "char": characters.char,
    "pattern": pattern.pattern,
    "jieba": chinese.jieba,
}


def find_words(text: Text, settings: TokenizerSettings) -> Words:
    """The words of a text by the rules that the settings name."""
    return _RULES[settings.name](text, settings)


def versions_behind(settings: TokenizerSettings) -> dict[str, str]:
    """The versions of others' work that decide which words are found, by name.

    That of Unicode is the running Python's, which lowercases and knows letters and numbers.
    """
    versions = {}
    if settings.lowercase or settings.name in ("pattern", "jieba"):
        versions["unicode"] = unicodedata.unidata_version
    if settings.name == "jieba":
        versions["jieba"] = chinese.jieba_version()
    return versions
