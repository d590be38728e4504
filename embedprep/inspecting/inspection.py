"""What is found out about a text or an output?"""

from __future__ import annotations

from collections import Counter
from typing import Any, NamedTuple

from embedprep.figures.coverage import KeptShare
from embedprep.figures.lengths import CutFigures, LengthFigures
from embedprep.figures.numbers import NumberFigures
from embedprep.rectangle import Rectangle
from embedprep.tokenizer.settings import TokenizerSettings


class LongestRow(NamedTuple):
    """Where one of the longest rows stands, as others can look it up, and its length."""

    place: str
    length: int


class LabelFigures(NamedTuple):
    """The labels of rows: how many rows have each class, in the order of the classes' names, or
    what their numbers are like, and how many rows have none. A row of several classes counts for
    each of them.
    """

    rows_of_class: dict[str, int]
    numbers: list[NumberFigures]
    unlabelled_rows: int


class PartFigures(NamedTuple):
    """The rows of a text, or of a part of an output; lengths are those before any was cut.

    `duplicates` rows have the text of an earlier one, in an output its indices and its length.
    `labels` is None where no row has one. `cut` is what the rows of an output hold, and
    `out_of_vocabulary` the share of its running words that are unknown; both are None for a text.
    """

    name: str
    lengths: LengthFigures
    duplicates: int
    longest: list[LongestRow]
    labels: LabelFigures | None = None
    cut: CutFigures | None = None
    out_of_vocabulary: float | None = None


COUNTED_IN_TEXT, COUNTED_IN_VOCABULARY, COUNTED_IN_ROWS = "text", "vocabulary", "rows"
"""Where the counts of words are from."""


class WordFigures(NamedTuple):
    """The words of a text, or of the training rows of an output.

    `counted_in` tells where counts are from: the text; the vocabulary of an output, which was
    ranked by its rows and knows the kept words alone; or the rows themselves, as they were cut.
    `distinct` is None where nobody knows it. `letters` are running letters by their script, the
    most frequent first.
    """

    counted_in: str
    running: int
    distinct: int | None
    coverage: list[KeptShare]
    most_frequent: list[tuple[str, int]]
    letters: dict[str, int]


class Advice(NamedTuple):
    """An option that suits, and why."""

    option: str
    reason: str


class Inspection(NamedTuple):
    """What a text is like, or an output, and what follows from it.

    The first of the `parts` are the training rows. `cuts` is what several lengths of rows would
    cost, with indices of `dtype`. `rectangle` is the shape of an output, None for a text, and
    `matrix` what a file of vectors gave to the embedding matrix of one, empty without it.
    """

    place: str
    tokenizer: TokenizerSettings
    parts: list[PartFigures]
    words: WordFigures
    cuts: list[CutFigures]
    dtype: str
    advice: tuple[Advice, ...]
    warnings: tuple[str, ...] = ()
    rectangle: Rectangle | None = None
    matrix: dict[str, Any] = {}  # noqa: RUF012 - nobody writes to it

    @property
    def rows(self) -> PartFigures:
        """The rows that words are counted in."""
        return self.parts[0]


def by_frequency(letters: Counter[str]) -> dict[str, int]:
    """Letters by their script, the most frequent first.

    >>> by_frequency(Counter({"Greek": 1, "Latin": 5, "Han": 1}))
    {'Latin': 5, 'Greek': 1, 'Han': 1}
    """
    return dict(sorted(letters.items(), key=lambda its: (-its[1], its[0])))
