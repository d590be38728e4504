"""What does a block of a vector file tell?"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from embedprep.arrays import Flags, Ints


class Bad(NamedTuple):
    """A vector that cannot be read: its number in the block, from 0, what is wrong, the remedy."""

    number: int
    cause: str
    remedy: str


class VectorBlock(NamedTuple):
    """The vectors of wanted spellings in some part of a file.

    `spellings: (found,)` and `vectors: (found, dim)` stand in the file's order; `numbers: (found,)`
    are those of their lines or vectors in the block, from 0, of `n_lines`, blank ones among them;
    `is_finite: (found,)` tells which hold neither NaN nor infinity. `n_vectors` counts the vectors,
    also those that nobody wants, and `bad` are those that cannot be read.
    """

    spellings: Ints
    vectors: NDArray[np.float32]
    numbers: Ints
    is_finite: Flags
    n_vectors: int
    n_lines: int
    bad: list[Bad]


def finite_rows(vectors: NDArray[np.floating[Any]]) -> Flags:
    """Which vectors, (vectors, dim), hold neither NaN nor infinity; (vectors,)."""
    is_finite: Flags = np.logical_and.reduce(np.isfinite(vectors), axis=1)
    return is_finite
