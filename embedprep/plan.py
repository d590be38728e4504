"""What is decided between the two halves of a job?

When all words are counted, and before a row is written: the vocabulary's indices, the rectangle,
and whether the output can take it.
"""

from __future__ import annotations

from collections import Counter
from fractions import Fraction
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from embedprep.arrays import Ints
from embedprep.counting import Counted
from embedprep.errors import OutputError
from embedprep.npy import npy_bytes
from embedprep.publication import free_bytes
from embedprep.rectangle import Rectangle, choose_max_len, parse_max_len
from embedprep.rows import Numbering, count_final_lengths
from embedprep.settings import RowSettings
from embedprep.specials import Specials
from embedprep.work import Work

MAX_BYTES = 1 << 30
"""A rectangle over this size must be well filled, unless it was asked for."""

_WELL_FILLED = 0.1


class Plan(NamedTuple):
    """The indices of the kept words, and the shape of the rows, whose lengths include the marks."""

    numbering: Numbering
    n_kept: int
    rectangle: Rectangle
    rows_of_length: Counter[int]
    is_default_max: bool

    @property
    def n_marks(self) -> int:
        return self.numbering.specials.n_marks

    @property
    def shape(self) -> tuple[int, int]:
        """(rows, max_len)."""
        return sum(self.rows_of_length.values()), self.rectangle.max_len


def plan(
    counted: Counted,
    kept: Ints,
    specials: Specials,
    rows: RowSettings,
    work: Work,
    *,
    saved: Rectangle | None = None,
) -> Plan:
    """Number the kept words, given by their places in the order of the vocabulary, and choose the
    rectangle: where nothing else is asked for, the `saved` one.

    Raises OutputError where the rectangle cannot hold the indices.
    """
    numbering = Numbering.of(kept, specials, counted)
    rows_of_length = counted.rows_of_length
    if numbering.drops_unknown or numbering.stretches is not None:
        rows_of_length = count_final_lengths(counted.blocks, numbering, work)
    n_marks = specials.n_marks
    rows_of_length = Counter({n_marks + words: rows for words, rows in rows_of_length.items()})

    if rows.max_len is None and saved is not None:
        max_len = saved.max_len
    else:
        max_len = choose_max_len(parse_max_len(rows.max_len or "max"), rows_of_length, n_marks)
    rectangle = rows.rectangle(max_len, saved or Rectangle(max_len))
    check_rectangle(rectangle, specials, len(kept))
    is_default_max = rows.max_len is None and saved is None
    return Plan(numbering, len(kept), rectangle, rows_of_length, is_default_max)


def statistics(counted: Counted, plan: Plan, n_unknown: int) -> dict[str, Any]:
    """The facts about an output, for its manifest and for the summary."""
    max_len = plan.rectangle.max_len
    lengths = plan.rows_of_length
    return {
        "rows": counted.n_rows,
        "words": counted.n_words,
        "distinct_words": counted.dictionary.words.n_words,
        "kept_words": plan.n_kept,
        "unknown_words": n_unknown,
        "out_of_vocabulary": n_unknown / counted.n_words if counted.n_words else 0.0,
        "max_len": max_len,
        "truncated_rows": sum(rows for length, rows in lengths.items() if length > max_len),
        "empty_rows": lengths[plan.n_marks],
        "longest_row": max(lengths),
    }


def check_rectangle(rectangle: Rectangle, specials: Specials, n_words: int) -> None:
    """Raise OutputError where rows have no room for a word, or the dtype not for every index."""
    n_marks = specials.n_marks
    if rectangle.max_len <= n_marks:
        raise OutputError(
            f"--max-len {rectangle.max_len}",
            "has no room for a word beside the marks of every row",
            f"choose at least {n_marks + 1}",
        )
    largest_index = len(specials.by_name) + n_words - 1
    largest = int(np.iinfo(rectangle.dtype).max)
    if largest_index > largest:
        raise OutputError(
            f"--dtype {rectangle.dtype}",
            f"holds indices up to {largest:,}, and the vocabulary goes to {largest_index:,}",
            "choose a larger --dtype, or keep fewer words",
        )


def check_size(plan: Plan, rows: RowSettings, output: Path) -> None:
    """Raise OutputError where the rows are too large for the disk, the limit or good sense."""
    n_rows, max_len = plan.shape
    dtype = np.dtype(plan.rectangle.dtype)
    n_bytes = npy_bytes(plan.shape, dtype)
    p99 = choose_max_len(Fraction(99, 100), plan.rows_of_length, plan.n_marks)
    p99_size = _size(npy_bytes((n_rows, p99), dtype))
    cause = f"would take {_size(n_bytes)} for {n_rows:,} rows of {max_len:,}"
    remedy = "choose a smaller --max-len"
    if p99 < max_len:
        remedy = f"--max-len p99 is {p99:,} and takes {p99_size}"

    if rows.max_bytes is not None and n_bytes > rows.max_bytes:
        if npy_bytes((n_rows, p99), dtype) > rows.max_bytes:
            remedy = "choose a smaller --max-len"
        limit = f"more than the {_size(rows.max_bytes)} of --max-bytes"
        raise OutputError(str(output), f"{cause}, {limit}", remedy)
    if rows.max_bytes is None and plan.is_default_max and n_bytes > MAX_BYTES:
        n_filled = sum(min(length, max_len) * n for length, n in plan.rows_of_length.items())
        filled = n_filled / (n_rows * max_len)
        if filled < _WELL_FILLED:
            raise OutputError(
                str(output),
                f"{cause}, of which {filled:.1%} is filled",
                f"{remedy}; to have it all the same, pass --max-len {max_len}",
            )
    free = free_bytes(output if output.is_dir() else output.parent)
    if n_bytes + n_rows * np.dtype(np.int32).itemsize > free:
        raise OutputError(str(output), f"{cause}, and the disk has {_size(free)} left", remedy)


def _size(n_bytes: int) -> str:
    size = float(n_bytes)
    for unit in ("bytes", "kB", "MB", "GB"):
        if size < 999.5:  # 999.6 would be shown as 1e+03
            return f"{size:.3g} {unit}"
        size /= 1000
    return f"{size:.3g} TB"
