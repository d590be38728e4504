"""How are the labels of rows spread over the parts of an output?"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from embedprep.arrays import Ints, row_chunks
from embedprep.figures.numbers import NO_NUMBERS, NumberFigures, number_figures
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


class NumberSpread(NamedTuple):
    """Labels that are numbers: the figures of each column, by part, and how many rows of the first
    part have a label of the first column in each of the bins between `edges`.
    """

    figures: list[list[NumberFigures]]
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
    none = [NO_NUMBERS] * min(n_columns, MOST_COLUMNS)
    every = [part.output.labels for part in parts]
    figures = [none if its is None else number_figures(its, MOST_COLUMNS) for its in every]
    first = next(iter(figures[0]), NO_NUMBERS)
    if not first.rows:
        return NumberSpread(figures, n_columns, np.array([0.0, 1.0]), np.zeros(1, np.int64))
    edges = np.histogram_bin_edges(np.empty(0), N_BINS, range=(first.minimum, first.maximum))
    in_bins = np.zeros(N_BINS, np.int64)
    for chunk in row_chunks(len(labels), n_columns * labels.dtype.itemsize):
        values = np.array(labels[chunk], np.float64).reshape(-1, n_columns)[:, 0]
        in_bins += np.histogram(values[np.isfinite(values)], edges)[0]
    return NumberSpread(figures, n_columns, edges, in_bins)
