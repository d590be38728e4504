"""Which share of the running words do the most frequent ones keep?"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from embedprep.arrays import Ints

SIZES = (1_000, 5_000, 10_000, 20_000, 50_000, 100_000)
"""Numbers of words worth a look."""


class KeptShare(NamedTuple):
    """What the `max_words` most frequent words keep: so many words, as there may be fewer, and
    their share of the running words, in 0..1.
    """

    max_words: int
    kept_words: int
    share: float


def coverage(counts: Ints, n_running: int, sizes: Sequence[int] = SIZES) -> list[KeptShare]:
    """What so many words keep of `n_running` words, by the `counts: (words,)` of the distinct ones,
    descending. Sizes beyond the distinct words are left out but for the first.

    >>> [tuple(its) for its in coverage(np.array([6, 3, 1]), 10, [1, 5, 9])]
    [(1, 1, 0.6), (5, 3, 1.0)]
    """
    n_kept = np.concatenate([[0], np.cumsum(counts)])  # by the words that are kept, from none
    found = []
    for size in sizes:
        words = min(size, len(counts))
        found.append(KeptShare(size, words, int(n_kept[words]) / n_running if n_running else 0.0))
        if size >= len(counts):
            break
    return found


def sizes_to_try(n_words: int, least: int = SIZES[0]) -> list[int]:
    """Some numbers of words worth a look, of `n_words`: the usual ones below that, from `least` on,
    and all of them; ascending.

    >>> sizes_to_try(5_500), sizes_to_try(5_000, 100), sizes_to_try(0)
    ([1000, 5000, 5500], [100, 1000, 5000], [1])
    """
    return [size for size in sorted({least, *SIZES}) if size < n_words] + [max(1, n_words)]
