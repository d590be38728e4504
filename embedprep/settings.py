"""Which words, rows, matrices and vectors does a user ask for? Settings, checked when made."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from embedprep.errors import SettingsError, check_choice, check_least
from embedprep.rectangle import Rectangle, parse_max_len
from embedprep.sources import BLOCK_BYTES, MAX_LINE_BYTES, TRAINING, Reading, RecordSettings
from embedprep.specials import Specials, specials_of
from embedprep.tokenizer.settings import TokenizerSettings
from embedprep.wording import part_name

if TYPE_CHECKING:
    from collections.abc import Iterable
    from fractions import Fraction

LABEL_TYPES = ("class", "number")
REDUCTIONS = ("mean", "sum", "max")
VECTOR_DTYPES = ("float32", "float16")
BAG_MODES = ("binary", "count", "freq", "tfidf")
BAG_DTYPES = ("float32", "float64")


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
        check_least("--max-words", self.max_words, 1)
        check_least("--min-count", self.min_count, 1)
        specials_of(self.oov)

    @property
    def specials(self) -> Specials:
        return specials_of(self.oov, self.bos, self.eos)


@dataclass(frozen=True)
class RowSettings:
    """The shape of the rows. What is None is Keras' default, or what the vocabulary says.

    `max_bytes` is the size that the arrays may have together, in bytes. Where `rows_per_shard` is
    given, each array is written as several files of so many rows.
    """

    max_len: str | None = None
    padding: str | None = None
    truncating: str | None = None
    dtype: str | None = None
    max_bytes: int | None = None
    rows_per_shard: int | None = None

    def __post_init__(self) -> None:
        if self.max_len is not None:
            parse_max_len(self.max_len)
        if self.rows_per_shard is not None:
            check_least("--rows-per-shard", self.rows_per_shard, 1)
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


PARTS_OF_SPLIT = (TRAINING, "validation", "test")
OVERFLOWS = ("truncate", "split")


@dataclass(frozen=True)
class Selection:
    """Which rows are written, into which parts and in which order.

    `split` are shares such as 80/10/10, in the order of `PARTS_OF_SPLIT`. Where long rows are
    split, `stride` is how many words of one the next begins with, as in Hugging Face tokenizers.
    """

    split: str | None = None
    seed: int = 0
    shuffle: bool = False
    drop_empty: bool = False
    drop_duplicates: bool = False
    overflow: str = "truncate"
    stride: int = 0
    label_type: str = "class"

    def __post_init__(self) -> None:
        if self.split is not None:
            parse_split(self.split)
        check_choice("--overflow", self.overflow, OVERFLOWS)
        check_choice("--label-type", self.label_type, LABEL_TYPES)
        check_least("--seed", self.seed, 0)
        check_least("--stride", self.stride, 0)
        if self.stride and not self.splits_rows:
            raise SettingsError("--stride", "means something with --overflow split alone")

    @property
    def splits_rows(self) -> bool:
        return self.overflow == "split"

    @property
    def shares(self) -> dict[str, Fraction]:
        """The share of each part of a split that gets one; of the training part alone if none."""
        shares = parse_split(self.split or "1")
        return {name: share for name, share in zip(PARTS_OF_SPLIT, shares, strict=False) if share}


ALL_ROWS = Selection()


def parse_split(text: str) -> tuple[Fraction, ...]:
    """The shares of the parts that 80/10/10 or 0.9/0.1 asks for.

    Raises SettingsError where the text is no such thing.

    >>> parse_split("80/0/20")
    (Fraction(80, 1), Fraction(0, 1), Fraction(20, 1))
    """
    from fractions import Fraction  # slow to import, and rarely needed

    shares = text.split("/")
    is_right = all(re.fullmatch(r"[0-9]{1,9}(\.[0-9]{1,9})?", share) for share in shares)
    if not is_right or len(shares) > len(PARTS_OF_SPLIT) or not Fraction(shares[0]):
        raise SettingsError("--split", f"{text!r} is no TRAINING/VALIDATION/TEST like 80/10/10")
    return tuple(Fraction(share) for share in shares)


def check_selection(selection: Selection, rows: RowSettings, n_marks: int) -> None:
    """Raise SettingsError where rows that are split have no length, or overlap wholly."""
    if not selection.splits_rows:
        return
    asked = parse_max_len(rows.max_len or "max")
    if asked is None:
        raise SettingsError("--overflow", "split needs a --max-len, a number or a percentile")
    if isinstance(asked, int) and selection.stride >= asked - n_marks:
        raise SettingsError(
            "--stride", f"{selection.stride} leaves no new word in rows of {asked - n_marks}"
        )


def check_held_out(selection: Selection, parts: Iterable[str]) -> None:
    """Raise SettingsError where a held-out part would share its folder with another part, or be
    called as the training rows are.

    On many a disk, names that differ in case alone are one.
    """
    of_split = {name.casefold() for name in selection.shares}
    spelled: dict[str, str] = {}
    for name in parts:
        if name.casefold() == part_name(TRAINING):
            cause = f"{name!r} is what the training rows are called"
            raise SettingsError("--holdout", cause, "choose another name")
        if name != TRAINING and name.casefold() in of_split:
            raise SettingsError("--holdout", f"{name!r} is also a part of --split")
        known = spelled.setdefault(name.casefold(), name)
        if name != known:
            raise SettingsError("--holdout", f"{name!r} and {known!r} differ in case alone")


ENGINES = ("threads", "dask")

JOB_BYTES = 40 << 20
"""Memory for the arrays of the blocks that one worker has under way."""

_SCARCE = 192 * 10**6
"""Memory that suffices for two workers and blocks of any text."""

_LINES_OF_A_JOB = 32
"""The arrays of a block take up to so many times its size; those of one long line, too."""


@dataclass(frozen=True)
class Resources:
    """What a job may take: workers, one a core where `jobs` is None, and `memory` in bytes, beside
    the interpreter and its libraries, where it is bounded; and the engine, whose `scheduler` is an
    address of a Dask cluster, or None for one of this machine. With `resume`, what is finished is
    kept for the next run, which goes on with it. None of them changes a result.
    """

    jobs: int | None = None
    memory: int | None = None
    engine: str = "threads"
    scheduler: str | None = None
    resume: bool = False

    def reading(
        self, encoding: str, errors: str, max_line_bytes: int | None, records: RecordSettings
    ) -> Reading:
        """How inputs are read within them; lines may be as long as fits where nobody said it."""
        if max_line_bytes is None:
            max_line_bytes = self.max_line_bytes
        return Reading(encoding, errors, max_line_bytes, self.block_bytes, records)

    @property
    def max_line_bytes(self) -> int:
        """How long a line may be where nobody said it: so long that its arrays fit the memory."""
        if self.memory is None:
            return MAX_LINE_BYTES
        return min(max(JOB_BYTES, self.memory // 8) // _LINES_OF_A_JOB, MAX_LINE_BYTES)

    def __post_init__(self) -> None:
        if self.jobs is not None:
            check_least("--jobs", self.jobs, 1)
        if self.memory is not None:
            check_least("--memory", self.memory, 1)
        check_choice("--engine", self.engine, ENGINES)
        if self.is_spread and self.memory is not None:
            raise SettingsError("--memory", "bounds threads; a cluster bounds its workers itself")
        if self.is_spread and self.resume:
            raise SettingsError("--resume", "is for threads; a cluster does again what it loses")
        if self.scheduler is not None and not self.is_spread:
            raise SettingsError("--scheduler", "means something with --engine dask alone")
        if self.scheduler is not None and self.jobs is not None:
            raise SettingsError("--jobs", "is settled by the workers that the scheduler has")

    @property
    def is_spread(self) -> bool:
        """Whether the text is worked on by other processes, in sections."""
        return self.engine == "dask"

    @property
    def block_bytes(self) -> int:
        """How much text is worked on at a time: less where memory is bounded, and where it is
        scarce.
        """
        if self.memory is None:
            return 2 * BLOCK_BYTES  # of fewer calls, threads wait less for each other
        scarce = self.memory < _SCARCE or self.memory < (self.jobs or 2) * _SCARCE // 2
        return BLOCK_BYTES // 4 if scarce else BLOCK_BYTES


ALL_THERE_IS = Resources()


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


@dataclass(frozen=True)
class UpdateSettings:
    """How many words an updated vocabulary has, the old ones included, and how often a new one
    occurs at least. Where nobody said how many, as many new ones as a vocabulary has by default.
    """

    max_words: int | None = None
    min_count: int = 1

    def __post_init__(self) -> None:
        if self.max_words is not None:
            check_least("--max-words", self.max_words, 1)
        check_least("--min-count", self.min_count, 1)

    def words_beside(self, n_old: int) -> int:
        """The words of the whole, where there are so many old ones."""
        return n_old + VocabularySettings.max_words if self.max_words is None else self.max_words


TOP = 10
"""So many words a list shows where nobody chose."""

OUTPUT_DIM = 128
"""The dimension of the embedding where nobody chose one."""

INITIALIZERS = ("uniform", "normal", "zeros")
OOV_INITIALIZERS = (*INITIALIZERS, "mean", "match")


@dataclass(frozen=True)
class VectorSource:
    """A file of vectors, `-` being standard input, and how it is read.

    With `skip_bad`, vectors that cannot be read are left out; with `case_fallback`, a word that the
    file lacks is looked for in another case.
    """

    name: str
    skip_bad: bool = False
    case_fallback: bool = False


@dataclass(frozen=True)
class MatrixSettings:
    """How an embedding matrix is made. `dim` is None where the file of vectors tells it.

    `oov_init` is for the words that the file lacks: `match` draws from a normal distribution with
    the mean and the deviation that the vectors found have in each dimension, `mean` is that mean,
    the others are those of `init`, which is for all words where there is no file.
    """

    dim: int | None = None
    init: str = "uniform"
    oov_init: str = "match"
    seed: int = 0
    vectors: VectorSource | None = None

    def __post_init__(self) -> None:
        if self.dim is not None:
            check_least("--dim", self.dim, 1)
        check_choice("--init", self.init, INITIALIZERS)
        check_choice("--oov-init", self.oov_init, OOV_INITIALIZERS)
        check_least("--seed", self.seed, 0)

    @property
    def saved(self) -> dict[str, Any]:
        """The settings that decide its values, as a manifest tells them."""
        if self.vectors is None:
            return {"init": self.init, "seed": self.seed}
        return {
            "oov_init": self.oov_init,
            "seed": self.seed,
            "case_fallback": self.vectors.case_fallback,
            "skip_bad_vectors": self.vectors.skip_bad,
        }


MOST_NEIGHBOURS = 10_000
"""Neighbours and negatives that training takes at most."""


@dataclass(frozen=True)
class TrainingSettings:
    """How vectors are learned. `dim` is that of the first vectors, or `OUTPUT_DIM`, where it is
    None.

    `window` is how many words on each side are neighbours at most, `negative` how many words are
    drawn against each of them. Raises SettingsError.
    """

    dim: int | None = None
    window: int = 5
    negative: int = 5
    epochs: int = 5
    seed: int = 0

    def __post_init__(self) -> None:
        for option, number in (("--window", self.window), ("--negative", self.negative)):
            if not 1 <= number <= MOST_NEIGHBOURS:
                raise SettingsError(option, f"{number} is not in 1..{MOST_NEIGHBOURS}")
        if self.dim is not None:
            check_least("--dim", self.dim, 1)
        check_least("--epochs", self.epochs, 1)
        check_least("--seed", self.seed, 0)
