"""Which words are looked for in a vector file, and which vectors have they found?

A word has several spellings where its case may differ. Of all that the file holds the first in
this order counts: the word itself, in lower case, in title case, in upper case; of equal words in
the file the first one does.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import cached_property
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from embedprep.arrays import Flags, Ints, ragged_places, starts_of
from embedprep.dictionary import Lookup, WordArray
from embedprep.hashing import Secret

_SPELLINGS: tuple[Callable[[str], str], ...] = (str, str.lower, str.title, str.upper)

_MISSING = len(_SPELLINGS)


class Wanted(NamedTuple):
    """The spellings of some words, distinct, as a table; first of all the words themselves.

    Spelling i stands for the words in the rows `rows[starts[i] : starts[i] + lengths[i]]` of the
    matrix, as the choice number `choices` of each, 0 being the word itself; `spelled` are the
    spellings as text, the first `n_words` of them the words.
    """

    n_words: int
    lookup: Lookup
    spelled: Sequence[str]
    rows: Ints
    choices: Ints
    starts: Ints
    lengths: Ints

    @classmethod
    def of(cls, words: Sequence[str], first_row: int, case_fallback: bool) -> Wanted:
        """What stands for distinct words, one a row; with `case_fallback` also in another case."""
        number = {word: i for i, word in enumerate(words)}
        row = spelling = np.arange(len(words))
        choice = np.zeros(len(words), np.int64)
        if case_fallback:
            of_choice = [
                [number.setdefault(spell(word), len(number)) for word in words]
                for spell in _SPELLINGS
            ]
            spelling = np.array(of_choice, np.int64).reshape(-1)
            choice, row = np.divmod(np.arange(len(spelling)), max(len(words), 1))
            order = np.lexsort((choice, row, spelling))
            spelling, choice, row = spelling[order], choice[order], row[order]
            is_first = np.ones(len(order), np.bool_)  # a word without letters is always alike
            is_first[1:] = (np.diff(spelling) != 0) | (np.diff(row) != 0)
            spelling, choice, row = spelling[is_first], choice[is_first], row[is_first]

        lengths = np.bincount(spelling, minlength=len(number))
        secret = Secret.draw()
        lookup = Lookup(WordArray.of((s.encode() for s in number), secret), secret)
        rows, starts = first_row + row, starts_of(lengths)
        return cls(len(words), lookup, list(number), rows, choice, starts, lengths)


class FoundVectors:
    """The vectors that were found, each in the row of its word; zeros where there is none.

    `vectors: (rows, dim)`, made when the first one is there: the header of a file may lie about
    the size of them all.
    """

    def __init__(self, wanted: Wanted, n_rows: int, dim: int) -> None:
        self.wanted = wanted
        self.shape = (n_rows, dim)
        self._choice = np.full(n_rows, _MISSING, np.int8)

    @cached_property
    def vectors(self) -> NDArray[np.float32]:
        return np.zeros(self.shape, np.float32)

    @property
    def is_found(self) -> Flags:
        """Which rows have a vector, (rows,)."""
        return self._choice < _MISSING

    def add(self, spellings: Ints, vectors: NDArray[np.float32]) -> None:
        """Take in the vectors, (found, dim), of some spellings, (found,), in the file's order."""
        if not len(spellings):
            return
        wanted = self.wanted
        lengths = wanted.lengths[spellings]
        pairs = ragged_places(wanted.starts[spellings], lengths)
        rows, choices = wanted.rows[pairs], wanted.choices[pairs]
        place = np.repeat(np.arange(len(spellings)), lengths)

        is_better = choices < self._choice[rows]
        rows, choices, place = rows[is_better], choices[is_better], place[is_better]
        order = np.lexsort((place, choices, rows))
        rows, first = np.unique(rows[order], return_index=True)
        best = order[first]
        self.vectors[rows] = vectors[place[best]]
        self._choice[rows] = choices[best]
