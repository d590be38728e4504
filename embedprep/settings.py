"""Which words are kept, and how are rows made? The settings that a user chooses."""

from __future__ import annotations

from dataclasses import dataclass, field

from embedprep.errors import SettingsError
from embedprep.rectangle import Rectangle, parse_max_len
from embedprep.specials import Specials, specials_of
from embedprep.tokenizer.settings import TokenizerSettings


@dataclass(frozen=True)
class VocabularySettings:
    """Which words are kept, what becomes of the others, and which marks are put around rows."""

    max_words: int = 50_000
    min_count: int = 1
    oov: str = "unk"
    tokenizer: TokenizerSettings = field(default_factory=TokenizerSettings)
    bos: bool = False
    eos: bool = False

    def __post_init__(self) -> None:
        if self.max_words < 1:
            raise SettingsError("--max-words", f"{self.max_words} is less than 1")
        if self.min_count < 1:
            raise SettingsError("--min-count", f"{self.min_count} is less than 1")
        specials_of(self.oov)

    @property
    def specials(self) -> Specials:
        return specials_of(self.oov, self.bos, self.eos)


@dataclass(frozen=True)
class RowSettings:
    """The shape of the rows. What is None is Keras' default, or what the vocabulary says.

    `max_bytes` is the size that the file of rows may have, in bytes.
    """

    max_len: str | None = None
    padding: str | None = None
    truncating: str | None = None
    dtype: str | None = None
    max_bytes: int | None = None

    def __post_init__(self) -> None:
        if self.max_len is not None:
            parse_max_len(self.max_len)
        self.rectangle(1, Rectangle(1))

    def rectangle(self, max_len: int, default: Rectangle) -> Rectangle:
        return Rectangle(
            max_len,
            self.padding or default.padding,
            self.truncating or default.truncating,
            self.dtype or default.dtype,
        )


def check_room(words: VocabularySettings, rows: RowSettings) -> None:
    """Raise SettingsError where a length that is given as a number has no room for a word."""
    asked = parse_max_len(rows.max_len or "max")
    n_marks = words.specials.n_marks
    if isinstance(asked, int) and asked <= n_marks:
        raise SettingsError(
            "--max-len", f"{asked} has no room for a word; with its marks, one takes {n_marks + 1}"
        )


@dataclass(frozen=True)
class AdoptionSettings:
    """How the vocabulary of another tool is taken over.

    `unk_token` is its name for unknown words. `given` are those settings of the words that were
    chosen: the others are as the file has it. The length of rows is a number, as no text tells it.
    """

    words: VocabularySettings
    rows: RowSettings
    unk_token: str | None = None
    given: frozenset[str] = frozenset()

    def __post_init__(self) -> None:
        if not isinstance(parse_max_len(self.rows.max_len or "max"), int):
            raise SettingsError("--max-len", "must be a number: no text tells the length of rows")
        if self.unk_token is not None and self.words.oov == "drop":
            raise SettingsError("--unk-token", "names what --oov drop leaves out")
        check_room(self.words, self.rows)

    @property
    def max_len(self) -> int:
        asked = parse_max_len(self.rows.max_len or "max")
        assert isinstance(asked, int)
        return asked
