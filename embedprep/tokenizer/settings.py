"""Which rules make words of a text? One frozen value, saved with every vocabulary."""

from __future__ import annotations

from dataclasses import dataclass

from embedprep.errors import SettingsError

LOWERCASE_BY_DEFAULT = {"unicode": True, "keras": True, "whitespace": False, "char": False}
"""The tokenizers by name, and whether each lowercases where nothing is said."""

TOKENIZERS = tuple(LOWERCASE_BY_DEFAULT)


@dataclass(frozen=True)
class TokenizerSettings:
    """The tokenizer's name and whether the text is lowercased first (None: as is its custom)."""

    name: str = "unicode"
    lowercase: bool | None = None

    def __post_init__(self) -> None:
        if self.name not in LOWERCASE_BY_DEFAULT:
            known = ", ".join(TOKENIZERS)
            raise SettingsError("--tokenizer", f"{self.name!r} is none of {known}")
        if self.lowercase is None:
            object.__setattr__(self, "lowercase", LOWERCASE_BY_DEFAULT[self.name])
        if not isinstance(self.lowercase, bool):
            raise SettingsError("--lowercase", f"{self.lowercase!r} is neither true nor false")
