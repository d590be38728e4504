"""Are the settings plainly wrong for this text?

A text may be cut into words that no model can learn from, and nothing fails. What tells is the
beginning of the text, and counts that a job makes anyway. A doubt is raised only where there is
hardly another reading of them.
"""

from __future__ import annotations

import codecs
from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import chain, groupby
from operator import itemgetter
from typing import Any, NamedTuple, TypeAlias

import numpy as np
from numpy.typing import NDArray

from embedprep.arrays import Flags, Ints
from embedprep.handover import CountedText
from embedprep.sources import PADDING, Block, NamedInputs
from embedprep.tokenizer.settings import TokenizerSettings
from embedprep.wording import some_of

SAMPLE_BYTES = 1 << 18
"""How much of a text is looked at: enough to know its scripts, and a millisecond's work."""

Ranges: TypeAlias = tuple[tuple[int, int], ...]

HAN_AND_KANA: dict[str, Ranges] = {
    "Han": ((0x3400, 0x4DBF), (0x4E00, 0x9FFF), (0xF900, 0xFAFF), (0x20000, 0x3FFFF)),
    "kana": ((0x3040, 0x30FF), (0x31F0, 0x31FF), (0xFF66, 0xFF9F)),
}
CLUSTERED: dict[str, Ranges] = {
    "Thai": ((0x0E00, 0x0E7F),),
    "Lao": ((0x0E80, 0x0EFF),),
    "Burmese": ((0x1000, 0x109F), (0xA9E0, 0xA9FF), (0xAA60, 0xAA7F)),
    "Khmer": ((0x1780, 0x17FF),),
}
"""The scripts without spaces between words, by blocks of Unicode (Blocks.txt; planes 2 and 3 are
kept for Han). In the clustered ones, a dictionary alone tells where words end (UAX #29, section 4).
"""

_BY_SPACES = ("keras", "whitespace")

_MOST = 0.5
_FEWEST_LETTERS = 20
_FEWEST_ROWS = 20

LONG_IN_HAN, LONG_IN_CLUSTERED = 4, 10
"""The mean length of what stands between spaces and other signs, in code points, from which on
nobody has put spaces between words. In texts cut into words it is about 2 in Chinese and 4 in Thai;
in others 15 and 34."""


class Beginning:
    """Blocks that pass; the beginning of their text is kept.

    `parts` are pieces of it, each with its source, of no more than `SAMPLE_BYTES` together.
    """

    def __init__(self, blocks: Iterable[Block]) -> None:
        self.parts: list[tuple[str, bytes]] = []
        self._blocks = blocks

    def __iter__(self) -> Iterator[Block]:
        room = SAMPLE_BYTES
        for block in self._blocks:
            if room:
                part = block.data[: min(room, len(block.data) - len(PADDING))]
                self.parts.append((block.source, part))
                room -= len(part)
            yield block


def doubts(
    parts: Sequence[tuple[str, bytes]],
    inputs: NamedInputs,
    tokenizer: TokenizerSettings,
    counted: CountedText,
) -> tuple[str, ...]:
    """What is plainly wrong: each thing in one line, with its place, its cause and a remedy.

    `parts` are those of a `Beginning`. The same for any block size. Where scripts tell why words
    are wrong, their number is not told.
    """
    names, texts = inputs.names, beginnings(parts, inputs.reading.errors)
    words = _doubt_scripts("".join(text for _, text in texts), tokenizer.name)
    words = words or _doubt_rows(counted)
    found = [
        _doubt_encoding(texts, inputs.reading.encoding),
        f"{some_of(names)}: {words}" if words else None,
    ]
    return tuple(doubt for doubt in found if doubt)


def beginnings(parts: Sequence[tuple[str, bytes]], errors: str) -> list[tuple[str, str]]:
    """The inputs that were met, each with the lines that were kept of it."""
    texts = []
    for source, of_source in groupby(parts, key=itemgetter(0)):
        # A last character that is torn stays in the decoder.
        decoder = codecs.getincrementaldecoder("utf-8")(errors)
        texts.append((source, decoder.decode(b"".join(data for _, data in of_source))))
    return texts


def _doubt_encoding(texts: Sequence[tuple[str, str]], encoding: str) -> str | None:
    """Whether a text holds what stands for bytes that were not decoded."""
    replacement = "\N{REPLACEMENT CHARACTER}"
    for source, text in texts:
        if replacement in text:
            rows = text.removesuffix("\n").split("\n")
            n_wrong = sum(replacement in row for row in rows)
            return (
                f"{source}: {n_wrong:,} of the first {len(rows):,} rows hold U+FFFD, which stands "
                f"for bytes that could not be decoded; check --encoding, here {encoding}, and how "
                "the text was made"
            )
    return None


def _doubt_scripts(text: str, tokenizer: str) -> str | None:
    """Whether a tokenizer can find words in the scripts of a text."""
    is_by_spaces = tokenizer in _BY_SPACES
    if text.isascii() or not (is_by_spaces or tokenizer == "unicode"):
        return None
    code_points = np.frombuffer(text.encode("utf-32-le"), "<u4")
    letters = _Letters.of(code_points)
    if letters.counts.sum() < _FEWEST_LETTERS:
        return None
    needs_spaces = f"and --tokenizer {tokenizer} finds words between spaces, of which there are few"

    if letters.share(CLUSTERED) > _MOST:
        told, names = letters.told(CLUSTERED)
        remedy = (
            f"cut it into words by a tool for {names}, and choose --tokenizer whitespace for the "
            "vocabulary"
        )
        if tokenizer == "unicode":
            return f"{told}, which falls into clusters without a dictionary; {remedy}"
        if mean_run(code_points, CLUSTERED) > LONG_IN_CLUSTERED:
            return f"{told}, {needs_spaces}; {remedy}"
    if is_by_spaces and letters.share(HAN_AND_KANA) > _MOST:
        told, names = letters.told(HAN_AND_KANA)
        others = "unicode, char or jieba" if names == "Han" else "unicode or char"
        if mean_run(code_points, HAN_AND_KANA) > LONG_IN_HAN:
            return f"{told}, {needs_spaces}; choose --tokenizer {others} for the vocabulary"
    return None


class _Letters(NamedTuple):
    """The distinct letters of a text as code points, and how often each occurs; (letters,)."""

    distinct: Ints
    counts: Ints

    @classmethod
    def of(cls, code_points: NDArray[np.uint32]) -> _Letters:
        counts = np.bincount(code_points)
        distinct = counts.nonzero()[0]
        is_letter = np.array([chr(c).isalpha() for c in distinct.tolist()], np.bool_)
        return cls(distinct[is_letter], counts[distinct[is_letter]])

    def share(self, scripts: Mapping[str, Ranges]) -> float:
        """How many of the letters are of these scripts, in 0..1."""
        return float(self.counts[are_of(self.distinct, scripts)].sum() / self.counts.sum())

    def told(self, scripts: Mapping[str, Ranges]) -> tuple[str, str]:
        """The share of these scripts in words, and the names of those that are not rare."""
        whole = self.share(scripts)
        common = [
            name for name, blocks in scripts.items() if self.share({name: blocks}) > whole / 10
        ]
        names = " and ".join(common)
        return f"{whole:.0%} of its letters are {names}", names


def are_of(code_points: NDArray[Any], scripts: Mapping[str, Ranges]) -> Flags:
    """Whether each code point lies in the ranges of these scripts; (code points,)."""
    is_of_any = np.zeros(len(code_points), np.bool_)
    for first, last in chain(*scripts.values()):
        is_of_any |= (code_points >= first) & (code_points <= last)
    return is_of_any


def mean_run(code_points: NDArray[np.uint32], scripts: Mapping[str, Ranges]) -> float:
    """The mean length of the stretches of these scripts, of which the text holds one at least."""
    is_of_any = are_of(code_points, scripts)
    is_start = is_of_any.copy()
    is_start[1:] &= ~is_of_any[:-1]
    return float(is_of_any.sum() / is_start.sum())


def _doubt_rows(counted: CountedText) -> str | None:
    """Whether words stand one below the other: each training row, blank ones aside, holds one.

    A stretch counts as a word here; what is no word or several ones gives the sum away.
    """
    rows_of_length = counted.rows_of_length
    n_rows = rows_of_length[1]
    is_one_each = counted.n_running == n_rows and set(rows_of_length) <= {0, 1}
    if n_rows < _FEWEST_ROWS or not is_one_each:
        return None
    return (
        f"each of its {n_rows:,} rows is one word; put the words of a sentence on one line, or, if "
        "it is a list of words, take it over by `embedprep vocab --from`"
    )
