"""What does the first half of a job hand to the second?

A text whose words are counted, and then the same text once its words have indices: on this machine
or on many. What is decided in between needs no more of it than is told here.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, NamedTuple, Protocol

import numpy as np
from numpy.typing import NDArray

from embedprep.labels import KnownLabels, LabelFacts
from embedprep.npy import ArrayWriter
from embedprep.portions import Kept, RankedWords
from embedprep.rectangle import Rectangle
from embedprep.sequences import Windows, n_windows
from embedprep.settings import Selection
from embedprep.specials import Specials


class Layout(NamedTuple):
    """How the rows of a part are laid out: which are left out, and which are split.

    `stride` is None where long rows are truncated.
    """

    rectangle: Rectangle
    drop_empty: bool
    stride: int | None

    def n_rows(self, piece: int | Counter[int], n_marks: int) -> int:
        """How many rows are made of a piece of a part."""
        if isinstance(piece, int):
            return piece
        assert self.stride is not None
        lengths = np.fromiter(piece.keys(), np.int64, len(piece))
        n_rows = np.fromiter(piece.values(), np.int64, len(piece))
        of_lengths = n_windows(lengths, self.rectangle.max_len - n_marks, self.stride)
        return int((n_rows * of_lengths).sum())

    def windows(self, lengths: NDArray[Any], n_marks: int) -> Windows:
        """What is made of rows of so many words: one window of each where they are truncated."""
        if self.stride is None:
            return Windows.of(lengths, int(lengths.max(initial=1)), 0)
        return Windows.of(lengths, self.rectangle.max_len - n_marks, self.stride)


class Pieces(Protocol):
    """The pieces that a part is written in: how many rows each has or, where rows are split, how
    many with each number of words.
    """

    def __len__(self) -> int: ...

    def __iter__(self) -> Iterator[int | Counter[int]]: ...


class FinalPart(NamedTuple):
    """The rows of a part as the vocabulary makes them, before any is cut or split.

    Those left out for being empty are not among them. `rows_of_length` are so many with each number
    of words.
    """

    name: str
    rows_of_length: Counter[int]
    pieces: Pieces
    labels: KnownLabels


class Written(NamedTuple):
    """How many running words were written, and how many of them are unknown."""

    n_words: int
    n_unknown: int

    def plus(self, other: Written) -> Written:
        """Both together."""
        return Written(self.n_words + other.n_words, self.n_unknown + other.n_unknown)


class NumberedText(Protocol):
    """A text whose words have indices."""

    @property
    def parts(self) -> Sequence[FinalPart]:
        """The training part, then the others."""
        ...

    def check_labels(self, facts: LabelFacts) -> None:
        """Raise InputError for the first row whose labels are not of that kind."""
        ...

    def count_leaks(self) -> int:
        """How many texts that hold a word occur in more than one part."""
        ...

    def count_duplicates(self, part: int) -> int:
        """How many rows of a part have the text of an earlier one, as far as hashes were kept."""
        ...

    def write(
        self,
        part: int,
        n_rows_of_piece: Sequence[int],
        layout: Layout,
        labels: LabelFacts | None,
        writers: Mapping[str, ArrayWriter],
    ) -> Written:
        """Write every row of a part, and what belongs to it, into the files that have a writer."""
        ...


class CountedText(Protocol):
    """A text whose words are counted."""

    @property
    def n_running(self) -> int:
        """How many words the training rows hold, repeats included."""
        ...

    @property
    def rows_of_length(self) -> Counter[int]:
        """How many training rows have each number of words, or of stretches."""
        ...

    @property
    def n_duplicates(self) -> int:
        """How many rows were left out as copies of earlier ones."""
        ...

    def rank(self, max_words: int, min_count: int, unranked: Sequence[str]) -> RankedWords:
        """The most frequent words of the training rows."""
        ...

    def count_distinct(self) -> int:
        """How many distinct words the training rows hold."""
        ...

    def number(self, kept: Kept, specials: Specials, selection: Selection) -> NumberedText:
        """The text, once the kept words have their indices beside the special ones."""
        ...
