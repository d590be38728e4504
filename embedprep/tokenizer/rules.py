"""Which rules find the words of a text?

A rule finds the words of any lines. One that works by stretches also finds these, in which a word
does not depend on what stands around, and then has to see each distinct stretch only once.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

from embedprep.arrays import Flags
from embedprep.text import read_text
from embedprep.tokenizer import characters, separated, stretches, unicode
from embedprep.tokenizer.settings import TokenizerSettings
from embedprep.tokenizer.words import Spans, Words


class ByStretches(NamedTuple):
    """How a rule works by stretches.

    `find` finds those of whole lines, `inspect` looks at some that were not met before, and
    `are_words` tells which of some are surely words themselves, (stretches,).
    """

    find: Callable[[bytes, bool], Words]
    inspect: Callable[[Spans], Spans]
    are_words: Callable[[Spans], Flags]


class Rule(NamedTuple):
    """How a tokenizer works on whole lines of UTF-8 followed by `PADDING`.

    Raises UnicodeDecodeError, whose position means nothing, where the text is not UTF-8.
    """

    find_words: Callable[[bytes, bool], Words]
    stretches: ByStretches | None = None


_RULES = {
    "unicode": Rule(
        unicode.find_words,
        ByStretches(stretches.find_stretches, stretches.inspect, stretches.are_words),
    ),
    "keras": Rule(lambda data, lowercase: separated.keras(read_text(data), lowercase)),
    "whitespace": Rule(lambda data, lowercase: separated.whitespace(read_text(data), lowercase)),
    "char": Rule(lambda data, lowercase: characters.char(read_text(data), lowercase)),
}


def rule_of(settings: TokenizerSettings) -> Rule:
    """The rule that the settings name."""
    return _RULES[settings.name]


def find_words(data: bytes, settings: TokenizerSettings) -> Words:
    """The words of whole lines by the rules that the settings name."""
    return rule_of(settings).find_words(data, bool(settings.lowercase))
