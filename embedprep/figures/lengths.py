"""How long are rows, and what does a `max_len` cost?

All is made of how many rows have each length, in indices, marks included, before any is cut.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from fractions import Fraction
from typing import NamedTuple

from embedprep.rectangle import choose_max_len

PERCENTILES = (50, 90, 95, 99)


class LengthFigures(NamedTuple):
    """How long rows are, in indices. A percentile is the least length that keeps so many per cent
    of the rows whole, as `--max-len p99` has it; the median is that of 50.
    """

    rows: int
    empty: int
    indices: int
    mean: float
    median: int
    p90: int
    p95: int
    p99: int
    longest: int


class CutFigures(NamedTuple):
    """What rows of `max_len` indices hold: how many rows are cut, how many indices are lost with
    that, which share of all cells is padding, in 0..1, and the bytes of the array.
    """

    max_len: int
    cut_rows: int
    lost_indices: int
    padding: float
    n_bytes: int


def length_figures(rows_of_length: Counter[int], n_marks: int = 0) -> LengthFigures:
    """The figures of rows, of which so many have each length; without a row, all are 0. A row of
    `n_marks` indices has no word.

    >>> length_figures(Counter({3: 1, 5: 2, 0: 1}))[:6]
    (4, 1, 13, 3.25, 3, 5)
    """
    n_rows = rows_of_length.total()
    n_indices = sum(length * n for length, n in rows_of_length.items())
    return LengthFigures(
        n_rows,
        rows_of_length[n_marks],
        n_indices,
        n_indices / n_rows if n_rows else 0.0,
        median=_percentile(rows_of_length, 50),
        p90=_percentile(rows_of_length, 90),
        p95=_percentile(rows_of_length, 95),
        p99=_percentile(rows_of_length, 99),
        longest=max(rows_of_length, default=0),
    )


def _percentile(rows_of_length: Counter[int], percent: int) -> int:
    # A length that is chosen for rows is 1 at least.
    if rows_of_length[0] * 100 >= percent * rows_of_length.total():
        return 0
    return choose_max_len(Fraction(percent, 100), rows_of_length)


def cut_figures(rows_of_length: Counter[int], max_len: int, index_bytes: int = 4) -> CutFigures:
    """What rows of `max_len` indices, each of so many bytes, hold of rows of these lengths.

    >>> cut_figures(Counter({3: 1, 5: 2}), 4)
    CutFigures(max_len=4, cut_rows=2, lost_indices=2, padding=0.08333333333333333, n_bytes=48)
    """
    n_rows = rows_of_length.total()
    n_cells = n_rows * max_len
    n_filled = sum(min(length, max_len) * n for length, n in rows_of_length.items())
    n_indices = sum(length * n for length, n in rows_of_length.items())
    return CutFigures(
        max_len,
        sum(n for length, n in rows_of_length.items() if length > max_len),
        n_indices - n_filled,
        (n_cells - n_filled) / n_cells if n_cells else 0.0,
        n_cells * index_bytes,
    )


def lengths_to_try(rows_of_length: Counter[int], n_marks: int = 0) -> Sequence[int]:
    """Some values of `max_len` worth a look: powers of 2 below the longest row, the percentiles,
    and the longest row itself; ascending.

    >>> lengths_to_try(Counter({3: 90, 5: 9, 40: 1}))
    [3, 4, 5, 8, 16, 32, 40]
    """
    if not rows_of_length.total():
        return []
    longest = choose_max_len(None, rows_of_length, n_marks)
    median = choose_max_len(Fraction(1, 2), rows_of_length, n_marks)
    found = {choose_max_len(Fraction(p, 100), rows_of_length, n_marks) for p in PERCENTILES}
    powers = {1 << exponent for exponent in range(longest.bit_length())}
    return sorted(found | {power for power in powers if median <= power < longest} | {longest})
