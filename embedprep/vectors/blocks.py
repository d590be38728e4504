"""What does a block of a vector file tell?"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from embedprep.arrays import Ints


class Bad(NamedTuple):
    """A vector that cannot be read: its number in the block, from 0, what is wrong, the remedy."""

    number: int
    cause: str
    remedy: str


class VectorBlock(NamedTuple):
    """The vectors of wanted spellings in some part of a file.

    `spellings: (found,)` and `vectors: (found, dim)` stand in the file's order; `numbers: (found,)`
    are those of their lines or vectors in the block, from 0, of `n_lines`, blank ones among them.
    `n_vectors` counts the vectors, also those that nobody wants, and `bad` those that cannot be
    read.
    """

    spellings: Ints
    vectors: NDArray[np.float32]
    numbers: Ints
    n_vectors: int
    n_lines: int
    bad: list[Bad]
