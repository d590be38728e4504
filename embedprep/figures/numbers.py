"""What are labels that are numbers like?"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from embedprep.arrays import row_chunks


class NumberFigures(NamedTuple):
    """The numbers that stand at one place in the labels of rows, of so many `rows` that have a
    finite one; without any, all are 0.
    """

    rows: int
    minimum: float
    mean: float
    maximum: float


NO_NUMBERS = NumberFigures(0, 0.0, 0.0, 0.0)


def number_figures(labels: NDArray[Any], most: int | None = None) -> list[NumberFigures]:
    """The figures of each column of labels, (rows,) or (rows, columns), or of the first `most`; the
    rows are read some at a time.

    >>> number_figures(np.array([[1, 5], [2, np.nan]]))[0]
    NumberFigures(rows=2, minimum=1.0, mean=1.5, maximum=2.0)
    """
    n_columns = labels.shape[1] if labels.ndim == 2 else 1
    found = [NO_NUMBERS] * (n_columns if most is None else min(n_columns, most))
    for chunk in row_chunks(len(labels), n_columns * np.dtype(np.float64).itemsize):
        some = np.array(labels[chunk], np.float64).reshape(chunk.stop - chunk.start, n_columns)
        found = [joined([its, figures_of(some[:, at])]) for at, its in enumerate(found)]
    return found


def figures_of(numbers: NDArray[np.float64]) -> NumberFigures:
    """The figures of some numbers, (rows,)."""
    finite = numbers[np.isfinite(numbers)]
    if not len(finite):
        return NO_NUMBERS
    return NumberFigures(
        len(finite), float(finite.min()), float(finite.mean()), float(finite.max())
    )


def joined(figures: Iterable[NumberFigures]) -> NumberFigures:
    """The figures of all numbers, by those of some at a time.

    >>> joined([NumberFigures(1, 4.0, 4.0, 4.0), NO_NUMBERS, NumberFigures(3, 0.0, 1.0, 2.0)])
    NumberFigures(rows=4, minimum=0.0, mean=1.75, maximum=4.0)
    """
    known = [its for its in figures if its.rows]
    if not known:
        return NO_NUMBERS
    n_rows = sum(its.rows for its in known)
    return NumberFigures(
        n_rows,
        min(its.minimum for its in known),
        sum(its.mean * (its.rows / n_rows) for its in known),
        max(its.maximum for its in known),
    )
