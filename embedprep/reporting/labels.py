"""How are the labels of rows spread over the parts of an output?"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from embedprep.arrays import Ints, row_chunks
from embedprep.reporting.gathering import PartFacts

MOST_CLASSES = 20
MOST_COLUMNS = 8
N_BINS = 40


class ClassShares(NamedTuple):
    """How many rows of each part have each class: `numbers` and `names` of the classes shown,
    `rows: (parts, classes)`; `n_others` classes are left, of which `rows_of_others: (parts,)` are
    the rows, a row of several counted for each.
    """

    numbers: list[int]
    names: list[str]
    rows: Ints
    n_others: int
    rows_of_others: Ints


class NumberFigures(NamedTuple):
    """What the labels of a column are like, of rows that have a finite one."""

    least: float
    mean: float
    greatest: float


class NumberSpread(NamedTuple):
    """Labels that are numbers: the figures of each column, by part, and how many rows of the first
    part have a label of the first column in each of the bins between `edges`.
    """

    figures: list[list[NumberFigures | None]]
    n_columns: int
    edges: NDArray[np.float64]
    in_bins: Ints


def class_shares(parts: Sequence[PartFacts]) -> ClassShares | None:
    """The classes by their numbers; of many, those with the most rows of the first part."""
    classes = parts[0].output.classes
    if not classes or parts[0].output.labels is None:
        return None
    every = np.array(
        [list(part.rows.rows_of_class.values()) or [0] * len(classes) for part in parts], np.int64
    )
    shown = np.sort(np.argsort(-every[0], kind="stable")[:MOST_CLASSES])
    if len(classes) > MOST_CLASSES:  # the order tells something
        shown = shown[np.argsort(-every[0][shown], kind="stable")]
    rows = every[:, shown]
    return ClassShares(
        shown.tolist(),
        [classes[number] for number in shown.tolist()],
        rows,
        len(classes) - len(shown),
        every.sum(axis=1) - rows.sum(axis=1),
    )


def number_spread(parts: Sequence[PartFacts]) -> NumberSpread | None:
    """What labels that are numbers are like."""
    labels = parts[0].output.labels
    if labels is None or parts[0].output.classes:
        return None
    n_columns = labels.shape[1] if labels.ndim == 2 else 1
    n_shown = min(n_columns, MOST_COLUMNS)
    figures = [
        [_figures(part.output.labels, column) for column in range(n_shown)] for part in parts
    ]
    first = figures[0][0] if n_shown else None
    if first is None:
        return NumberSpread(figures, n_columns, np.array([0.0, 1.0]), np.zeros(1, np.int64))
    spread = (first.least, first.greatest)
    edges = np.histogram_bin_edges(np.empty(0), N_BINS, range=spread)
    in_bins = np.zeros(N_BINS, np.int64)
    for values in _values(labels, 0):
        in_bins += np.histogram(values, edges)[0]
    return NumberSpread(figures, n_columns, edges, in_bins)


def _values(labels: NDArray[Any], column: int) -> Iterator[NDArray[np.float64]]:
    """The finite labels of a column, some rows at a time."""
    for chunk in row_chunks(
        len(labels), labels.dtype.itemsize * max(1, labels.size // max(1, len(labels)))
    ):
        some = np.array(labels[chunk], np.float64).reshape(chunk.stop - chunk.start, -1)[:, column]
        yield some[np.isfinite(some)]


def _figures(labels: NDArray[Any] | None, column: int) -> NumberFigures | None:
    if labels is None:
        return None
    n, total, least, greatest = 0, 0.0, np.inf, -np.inf
    for values in _values(labels, column):
        n += len(values)
        total += float(values.sum())
        least = min(least, float(values.min(initial=np.inf)))
        greatest = max(greatest, float(values.max(initial=-np.inf)))
    return NumberFigures(least, total / n, greatest) if n else None
