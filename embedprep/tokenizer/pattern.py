"""Which matches of a regular expression are words?"""

from __future__ import annotations

from embedprep.text import Text
from embedprep.tokenizer.pieces import lines_of, words_among
from embedprep.tokenizer.settings import TokenizerSettings, compiled
from embedprep.tokenizer.words import Words


def pattern(text: Text, settings: TokenizerSettings) -> Words:
    """The matches in each line, from left to right, none over another; empty ones are no words.

    As by `re.finditer` and `Match.group(0)`: groups do not matter. Each line is searched by itself,
    so that `^`, `$` and what looks around never see another one.
    """
    assert settings.pattern is not None
    expression = compiled(settings.pattern)
    pieces: list[str] = []
    for line in lines_of(text, settings.lowercase):
        if expression.groups:
            pieces.extend(match[0] for match in expression.finditer(line))
        else:
            # The same without a Match for each, in less than half the time.
            pieces += expression.findall(line)
        pieces.append("\n")
    return words_among(pieces)
