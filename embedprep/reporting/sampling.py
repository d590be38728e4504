"""Which rows does a padding map show, and what stands in them?"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from embedprep.arrays import Flags, Ints
from embedprep.encoded import open_rows
from embedprep.reporting.gathering import PartFacts
from embedprep.specials import PAD_INDEX, Specials

PADDING, WORD, UNKNOWN, MARK = range(4)
"""What a cell of a row holds."""

MOST_ROWS = 48
MOST_PLACES = 96
"""Cells of a map, as many as can be told apart on a phone."""


class PaddingMap(NamedTuple):
    """Some rows of a part, evenly spaced: `cells: (rows, places)` kinds, `rows: (rows,)` their
    numbers from 0, `is_cut: (rows,)`.
    """

    cells: NDArray[np.uint8]
    rows: Ints
    is_cut: Flags


def padding_map(part: PartFacts) -> PaddingMap:
    """A sample of the rows; of long ones, some places."""
    stored = open_rows(part.folder)
    vocabulary = part.output.vocabulary
    rows = _spaced(stored.n_rows, MOST_ROWS)
    places = _spaced(stored.length, MOST_PLACES)
    kind_of = kinds(vocabulary.specials, vocabulary.input_dim)
    cells = np.zeros((len(rows), len(places)), np.uint8)
    for at, row in enumerate(rows.tolist()):
        ids = stored.read(slice(row, row + 1), vocabulary.input_dim)[0]
        cells[at] = kind_of[ids[places]]
    lengths = np.array([int(part.output.lengths[row]) for row in rows.tolist()], np.int64)
    return PaddingMap(cells, rows, lengths > stored.length)


def kinds(specials: Specials, input_dim: int) -> NDArray[np.uint8]:
    """The kind of each index, (input_dim,)."""
    kind_of = np.full(input_dim, WORD, np.uint8)
    kind_of[[index for index in (specials.bos, specials.eos) if index is not None]] = MARK
    if specials.unk is not None:
        kind_of[specials.unk] = UNKNOWN
    kind_of[PAD_INDEX] = PADDING
    return kind_of


def _spaced(n: int, most: int) -> Ints:
    """Up to so many of the numbers below n, evenly spaced, the first and the last among them.

    >>> _spaced(10, 4).tolist(), _spaced(2, 4).tolist(), _spaced(0, 4).tolist()
    ([0, 3, 6, 9], [0, 1], [])
    """
    if n <= most:
        return np.arange(n)
    return np.arange(most, dtype=np.int64) * (n - 1) // (most - 1)
