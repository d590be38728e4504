"""Are the cells of rows those that their lengths and the vocabulary ask for?"""

from __future__ import annotations

from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from embedprep.engines import Engine, in_turn
from embedprep.errors import OutputError, VocabularyError
from embedprep.specials import BOS, EOS, PAD_INDEX
from embedprep.verifying.arrays import StoredArray
from embedprep.verifying.contents import Problem
from embedprep.vocabulary import Vocabulary, check_indices


class Counted(NamedTuple):
    """What the lengths of rows add up to: all of them, marks included; how many rows were cut, how
    many have no word, and the longest. `n_unknown` cells of the rows are those of unknown words.
    """

    n_indices: int = 0
    n_cut: int = 0
    n_empty: int = 0
    longest: int = 0
    n_unknown: int = 0

    def plus(self, other: Counted) -> Counted:
        longest = max(self.longest, other.longest)
        sums = [a + b for a, b in zip(self, other, strict=True)]
        return Counted(*sums)._replace(longest=longest)


def check_cells(
    sequences: StoredArray, lengths: StoredArray | None, vocabulary: Vocabulary, engine: Engine
) -> tuple[Counted | None, list[Problem]]:
    """Whether indices have an entry, and whether rows are filled as far as their lengths say.

    What was counted is None where something is wrong, or where there are no lengths to rely on.
    """
    max_len = vocabulary.rectangle.max_len

    def look(chunk: slice) -> tuple[Counted, Problem | None]:
        file, first_row = sequences.place(chunk.start)
        try:
            ids = sequences.read(chunk)
            check_indices(ids, vocabulary.input_dim, first_row)
            if lengths is None:
                return Counted(), None
            of_rows = lengths.read(chunk).astype(np.int64)  # (rows,)
        except VocabularyError as error:
            return Counted(), Problem(file, f"{error.place}: {error.cause}")
        except OutputError as error:  # of either file
            return Counted(), Problem(Path(error.place).name, error.cause)
        if wrong := _first_unfilled(ids, of_rows, vocabulary):
            return Counted(), _told(*wrong, sequences, lengths, chunk.start)
        return _count(ids, of_rows, vocabulary), None

    counted = Counted()
    for of_chunk, problem in in_turn(
        engine, look, ((chunk,) for chunk in sequences.chunks(max_len * 8))
    ):
        if problem is not None:
            return None, [problem]
        counted = counted.plus(of_chunk)
    return (counted if lengths is not None else None), []


def _count(ids: NDArray[Any], lengths: NDArray[np.int64], vocabulary: Vocabulary) -> Counted:
    unknown, n_marks = vocabulary.specials.unk, vocabulary.specials.n_marks
    return Counted(
        int(lengths.sum()),
        int(np.count_nonzero(lengths > vocabulary.rectangle.max_len)),
        int(np.count_nonzero(lengths == n_marks)),
        int(lengths.max(initial=0)),
        int(np.count_nonzero(ids == unknown)) if unknown is not None else 0,
    )


def _first_unfilled(
    ids: NDArray[Any], lengths: NDArray[np.int64], vocabulary: Vocabulary
) -> tuple[int, str | None] | None:
    """The first row that is not filled as its length says, and the name of the mark that is not at
    its end of it, None where it is the length that is wrong; None where all are right.

    A row of length n, marks included, has min(n, max_len) cells on its side that are no padding,
    and no others. `ids: (rows, max_len)`, `lengths: (rows,)`.
    """
    rectangle, specials = vocabulary.rectangle, vocabulary.specials
    max_len = rectangle.max_len
    n_filled = np.minimum(lengths, max_len)  # (rows,)
    is_pre = rectangle.padding == "pre"
    first = max_len - n_filled if is_pre else np.zeros_like(n_filled)
    column = np.arange(max_len)
    is_filled = (column >= first[:, None]) & (column < (first + n_filled)[:, None])
    is_wrong = ((ids != PAD_INDEX) != is_filled).any(axis=1) | (lengths < specials.n_marks)
    if is_wrong.any():
        return int(is_wrong.argmax()), None

    row_numbers = np.arange(len(ids))
    ends = ((BOS, specials.bos, first), (EOS, specials.eos, first + n_filled - 1))
    for name, mark, place in ends:
        is_wrong = ids[row_numbers, place] != mark if mark is not None else np.zeros(0, np.bool_)
        if is_wrong.any():
            return int(is_wrong.argmax()), name
    return None


def _told(
    row: int, mark: str | None, sequences: StoredArray, lengths: StoredArray, first_row: int
) -> Problem:
    """What is wrong with a row of a chunk, of which the first is `first_row`."""
    file, row_in_file = sequences.place(first_row + row)
    if mark is not None:
        return Problem(file, f"row {row_in_file}: {mark} does not stand at its end of the row")
    of_lengths, row_of_length = lengths.place(first_row + row)
    length = int(lengths.read(slice(first_row + row, first_row + row + 1))[0])
    cause = f"row {row_of_length}: {length}, and row {row_in_file} of {file} is filled otherwise"
    return Problem(of_lengths, cause)
