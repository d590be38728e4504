"""Which rules make words of a text? One frozen value, saved with every vocabulary."""

from __future__ import annotations

import re
import warnings
from dataclasses import asdict, dataclass
from functools import cache
from typing import Any

from embedprep.errors import SettingsError, check_choice

LOWERCASE_BY_DEFAULT = {
    "unicode": True,
    "keras": True,
    "whitespace": False,
    "char": False,
    "pattern": False,
    "jieba": False,
}
"""The tokenizers by name, and whether each lowercases where nothing is said."""

TOKENIZERS = tuple(LOWERCASE_BY_DEFAULT)

HOLD_THE_LOCK = ("pattern", "jieba")
"""The tokenizers that work on strings, and keep all other threads from working meanwhile."""


@dataclass(frozen=True)
class TokenizerSettings:
    """The tokenizer's name, and its case rule (None: as is its custom): words are lowercased, or
    with a pattern the line before it is searched.

    `pattern` is the regular expression of the tokenizer of that name; no other has one.
    """

    name: str = "unicode"
    lowercase: bool | None = None
    pattern: str | None = None

    def __post_init__(self) -> None:
        check_choice("--tokenizer", self.name, TOKENIZERS)
        if self.lowercase is None:
            object.__setattr__(self, "lowercase", LOWERCASE_BY_DEFAULT[self.name])
        if not isinstance(self.lowercase, bool):
            raise SettingsError("--lowercase", f"{self.lowercase!r} is neither true nor false")
        if self.name == "pattern":
            _check_pattern(self.pattern)
        elif self.pattern is not None:
            raise SettingsError(
                "--pattern", f"goes with --tokenizer pattern, not with --tokenizer {self.name}"
            )

    @classmethod
    def chosen(
        cls, name: str | None, lowercase: bool | None, pattern: str | None
    ) -> TokenizerSettings:
        """The settings of these options; where none is named, a pattern names its tokenizer."""
        if name is None:
            name = cls.name if pattern is None else "pattern"
        return cls(name, lowercase, pattern)

    @property
    def saved(self) -> dict[str, Any]:
        """The settings as they stand in files: a pattern only where there is one."""
        return {name: value for name, value in asdict(self).items() if value is not None}


@cache
def compiled(pattern: str) -> re.Pattern[str]:
    """The regular expression; that `re` warns of a form, such as `[[`, does not make it wrong."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return re.compile(pattern)


def _check_pattern(pattern: object) -> None:
    """Raise SettingsError, in the words of `re`, where the pattern is no regular expression."""
    if pattern is None:
        raise SettingsError("--tokenizer", "pattern needs a --pattern, such as '\\w+'")
    if pattern == "":
        raise SettingsError("--pattern", "is empty, and finds no word")
    if not isinstance(pattern, str):
        raise SettingsError("--pattern", f"{pattern!r} is no text")
    try:
        pattern.encode("utf-8")
        compiled(pattern)
    except UnicodeEncodeError:
        raise SettingsError("--pattern", f"{pattern!r} holds bytes that are not UTF-8") from None
    except (re.error, ValueError, OverflowError, RecursionError) as error:
        raise SettingsError(
            "--pattern", f"{pattern!r} is no regular expression ({error})"
        ) from None
