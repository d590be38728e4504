"""Which words stand near each other?

In each row, every word with the words up to a window's positions before and after it, as Keras
`skipgrams` pairs them: index 0 is no word, but holds its position.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from embedprep.arrays import Flags, Ints, dtype_for, starts_of
from embedprep.draws import Stream, below
from embedprep.skipgrams.settings import SkipgramSettings


class WindowRule(NamedTuple):
    """Which occurrences are targets, and how far their windows reach.

    `kept: (input_dim,)` is the probability to keep each word, None where all are kept; one that is
    dropped from its row (`shortens`) makes windows reach further, else it is no target. `reaches`
    draws a window for each target, None where all have the full one. An occurrence is drawn for by
    its number among all positions of all rows.
    """

    window: int
    kept: NDArray[np.float64] | None
    shortens: bool
    sampling: Stream
    reaches: Stream | None

    @classmethod
    def of(cls, settings: SkipgramSettings, kept: NDArray[np.float64] | None) -> WindowRule:
        return cls(
            settings.window,
            kept,
            settings.sampling == "word2vec",
            Stream("kept occurrences", settings.seed),
            Stream("windows", settings.seed) if settings.dynamic_window else None,
        )


class Targets(NamedTuple):
    """The targets of some rows, in their order.

    `flat` are the rows end to end, `reach` zeros before, between and behind them; `places:
    (targets,)` is where each target stands in it, `row: (targets,)` in which row. `reach_of:
    (targets,)` is how far each one's window reaches, None where all reach `reach` positions.
    `n_contexts: (targets,)`, and `n_of_row: (rows,)` are the pairs of each row.
    """

    flat: NDArray[Any]
    places: Ints
    row: Ints
    reach: int
    reach_of: Ints | None
    n_contexts: Ints
    n_of_row: Ints

    @property
    def words(self) -> NDArray[Any]:
        """The word of each target, (targets,)."""
        return self.flat.take(self.places)

    @property
    def n_pairs(self) -> int:
        return int(self.n_of_row.sum())


def find_targets(ids: NDArray[Any], first_row: int, input_dim: int, rule: WindowRule) -> Targets:
    """The targets in rows of indices, (rows, length); `first_row` is the number of the first."""
    n_rows, length = ids.shape
    reach = max(0, min(rule.window, length - 1))
    numbers = np.flatnonzero(ids)  # (words,) row-major, in these rows
    row = numbers // max(length, 1)
    columns = numbers - row * length
    words = ids.ravel()[numbers]
    positions = (first_row * length, n_rows * length)  # the first, and how many
    is_kept: Flags | None = None
    if rule.kept is not None:
        is_kept = rule.sampling.fractions(*positions).take(numbers) < rule.kept.take(words)
        if rule.shortens:
            columns -= _n_dropped_before(~is_kept, row, n_rows)
            numbers, row, columns, words = (a[is_kept] for a in (numbers, row, columns, words))
            is_kept = None

    stride = length + reach
    flat = np.zeros(reach + n_rows * stride, dtype_for(input_dim))
    places = reach + row * stride + columns
    flat[places] = words
    if is_kept is not None:
        numbers, row, places = numbers[is_kept], row[is_kept], places[is_kept]

    reach_of: Ints | None = None
    if rule.reaches is not None:
        drawn = 1 + below(rule.window, rule.reaches.fractions(*positions).take(numbers))
        reach_of = np.minimum(drawn, reach)
    n_words_before = np.zeros(len(flat) + 1, np.int64)
    np.cumsum(flat != 0, out=n_words_before[1:])
    side = reach if reach_of is None else reach_of
    n_contexts = n_words_before[places + side + 1] - n_words_before[places - side] - 1
    n_of_row = np.bincount(row, n_contexts, n_rows).astype(np.int64)
    return Targets(flat, places, row, reach, reach_of, n_contexts, n_of_row)


def _n_dropped_before(is_dropped: Flags, row: Ints, n_rows: int) -> Ints:
    """How many words before each one in its row are dropped, (words,)."""
    n_before = np.concatenate([[0], np.cumsum(is_dropped)])  # among all, (words + 1,)
    first_word = starts_of(np.bincount(row, minlength=n_rows))  # of each row
    n_in_row: Ints = n_before[:-1] - n_before[first_word][row]
    return n_in_row


def contexts_of(targets: Targets) -> NDArray[Any]:
    """The contexts of each target, one target behind the other, from the left; (pairs,)."""
    offsets = [*range(-targets.reach, 0), *range(1, targets.reach + 1)]
    contexts = np.empty((len(targets.places), len(offsets)), targets.flat.dtype)
    for column, offset in enumerate(offsets):
        contexts[:, column] = targets.flat.take(targets.places + offset)
        if targets.reach_of is not None:
            contexts[:, column] *= targets.reach_of >= abs(offset)
    is_word: Flags = contexts != 0
    pairs: NDArray[Any] = contexts[is_word]
    return pairs
