"""Which rules find the words of a text?"""

from __future__ import annotations

from collections.abc import Callable

from embedprep.text import Text
from embedprep.tokenizer import characters, separated
from embedprep.tokenizer.settings import TokenizerSettings
from embedprep.tokenizer.words import Words

_RULES: dict[str, Callable[[Text, TokenizerSettings], Words]] = {
    "keras": separated.keras,
    "whitespace": separated.whitespace,
    "char": characters.char,
}


def find_words(text: Text, settings: TokenizerSettings) -> Words:
    """The words of a text by the rules that the settings name."""
    return _RULES[settings.name](text, settings)
