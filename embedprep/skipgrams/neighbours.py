"""Which words stand near each other?

In each row, every word with the words up to a window's positions before and after it, as Keras
`skipgrams` pairs them: index 0 is no word, but holds its position.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from embedprep.arrays import Flags, Ints, dtype_for
from embedprep.draws import Stream, below
from embedprep.skipgrams.settings import SkipgramSettings
from embedprep.specials import PAD_INDEX


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
    """The words of some rows, and which of them are targets.

    Each row has `stride` slots: its words in their positions, and zeros up to the next row, so that
    no window of `reach` positions holds words of two rows. `flat: (reach + slots + reach,)` are the
    slots, zeros before and behind them. `is_target: (slots,)`; `reach_of: (slots,)` is how far the
    window of each reaches, None where all reach `reach` positions. `n_contexts: (slots,)`, and
    `n_of_row: (rows,)` are the pairs of each row.
    """

    flat: NDArray[Any]
    stride: int
    is_target: Flags
    reach: int
    reach_of: Ints | None
    n_contexts: NDArray[Any]
    n_of_row: Ints

    @property
    def words(self) -> NDArray[Any]:
        """The word in each slot, 0 where there is none; (slots,)."""
        return self.flat[self.reach : self.reach + len(self.is_target)]

    @property
    def row(self) -> Ints:
        """The row of each slot, (slots,)."""
        return np.repeat(np.arange(len(self.n_of_row)), self.stride)

    @property
    def n_targets(self) -> int:
        return int(np.count_nonzero(self.is_target))

    @property
    def n_pairs(self) -> int:
        return int(self.n_of_row.sum())


def find_targets(ids: NDArray[Any], first_row: int, input_dim: int, rule: WindowRule) -> Targets:
    """The targets in rows of indices, (rows, length); `first_row` is the number of the first."""
    n_rows, length = ids.shape
    positions = (first_row * length, ids.size)  # the first, and how many
    reach_of: Ints | None = None  # (rows, length), as all that follow
    if rule.reaches is not None:
        reach_of = 1 + below(rule.window, rule.reaches.fractions(*positions)).reshape(ids.shape)
    is_kept: Flags | None = None
    if rule.kept is not None:
        is_kept = rule.sampling.fractions(*positions).reshape(ids.shape) < rule.kept.take(ids)
        if rule.shortens:
            is_left = is_kept | (ids == PAD_INDEX)
            places = _places_left(is_left)
            ids = _moved(ids, is_left, places)
            reach_of = None if reach_of is None else _moved(reach_of, is_left, places)
            is_kept = None

    reach = max(0, min(rule.window, length - 1))
    stride = length + reach

    def slots(values: NDArray[Any], dtype: Any, margin: int = 0) -> NDArray[Any]:
        laid = np.zeros(margin + n_rows * stride + margin, dtype)
        rows = laid[margin : margin + n_rows * stride].reshape(n_rows, stride)
        rows[:, :length] = values
        return laid

    is_word = ids != PAD_INDEX
    flat = slots(ids, dtype_for(input_dim), reach)
    is_target = slots(is_word if is_kept is None else is_word & is_kept, np.bool_)
    reach_of = None if reach_of is None else slots(reach_of, np.int64)
    n_contexts = np.zeros(len(is_target), np.min_scalar_type(2 * reach))
    for _, is_pair in _pairs_by_offset(flat, is_target, reach, reach_of):
        n_contexts += is_pair
    n_of_row = n_contexts.reshape(n_rows, stride).sum(axis=1, dtype=np.int64)
    return Targets(flat, stride, is_target, reach, reach_of, n_contexts, n_of_row)


def _places_left(is_left: Flags) -> Ints:
    """Where the positions that are left come to stand, row by row; (left,), in (rows, length)."""
    n_rows, length = is_left.shape
    columns = np.cumsum(is_left, axis=1) - 1
    columns += np.arange(n_rows)[:, np.newaxis] * length
    places: Ints = columns[is_left]
    return places


def _moved(values: NDArray[Any], is_left: Flags, places: Ints) -> NDArray[Any]:
    """The values of the positions that are left at their new places, (rows, length)."""
    moved = np.zeros_like(values)
    moved.ravel()[places] = values[is_left]
    return moved


def _pairs_by_offset(
    flat: NDArray[Any], is_target: Flags, reach: int, reach_of: Ints | None
) -> Iterator[tuple[int, Flags]]:
    """For each distance from a target, from left to right, whether its slot makes a pair with the
    one so far away, (slots,).
    """
    is_word = flat != PAD_INDEX
    for offset in (*range(-reach, 0), *range(1, reach + 1)):
        is_pair = is_target & is_word[reach + offset : reach + offset + len(is_target)]
        if reach_of is not None:
            is_pair &= reach_of >= abs(offset)
        yield offset, is_pair


def pair_up(targets: Targets, of_target: NDArray[Any], of_word: NDArray[Any]) -> NDArray[Any]:
    """A number for each positive pair, (pairs,): that of its target plus that of its context.

    `of_target: (slots,)` and `of_word: (reach + slots + reach,)` have one dtype. All pairs of one
    distance stand together: arrays are then added whole, a distance at a time.
    """
    pairs = np.empty(targets.n_pairs, of_target.dtype)
    reach, n_slots = targets.reach, len(targets.is_target)
    first = 0
    for offset, is_pair in _pairs_by_offset(
        targets.flat, targets.is_target, reach, targets.reach_of
    ):
        of_distance = (of_target + of_word[reach + offset : reach + offset + n_slots])[is_pair]
        pairs[first : first + len(of_distance)] = of_distance
        first += len(of_distance)
    return pairs
