"""What differs between the rows of two outputs, and how far have they drifted?"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from embedprep.arrays import row_chunks
from embedprep.comparing.settings import Change, changes
from embedprep.comparing.words import Pairing, total_variation
from embedprep.figures.lengths import LengthFigures, length_figures
from embedprep.figures.rows import RowFigures, row_figures
from embedprep.figures.words import counts_in_rows
from embedprep.listing import Listed, flat, told_by
from embedprep.output import ARRAYS, DOCUMENTS, EMBEDDING_MATRIX, LABELS, LENGTHS, SEQUENCES, Output

_DUPLICATE_ROWS = "duplicate_rows"
"""The number of copies, which an output tells where it was asked for."""


class Array(NamedTuple):
    """What an array is: its shape and the type of its numbers."""

    shape: tuple[int, ...]
    dtype: str


class ArrayChange(NamedTuple):
    """An array that holds other numbers; None on a side that does not have it."""

    name: str
    old: Array | None
    new: Array | None


class PartDifference(NamedTuple):
    """What differs between a part of two outputs; the training rows, at the top, have no `name`.

    `length_drift` is the Kolmogorov-Smirnov statistic of the lengths, `word_drift` the total
    variation distance of the words in the rows, in 0..1, None where a side has none. `classes` are
    the shares of the rows that have each.
    """

    name: str
    statistics: tuple[Change, ...]
    arrays: tuple[ArrayChange, ...]
    lengths: tuple[Change, ...]
    length_drift: float | None
    word_drift: float | None
    classes: tuple[Change, ...]

    @property
    def is_none(self) -> bool:
        """Whether nothing differs. What is made of the arrays and the words is not asked."""
        return not self.statistics and not self.arrays


class Part(NamedTuple):
    """A part of an output, and its folder."""

    folder: Path
    output: Output

    @property
    def statistics(self) -> dict[str, Any]:
        """The numbers that the manifest tells."""
        return flat(self.output.manifest["statistics"])


def compare_rows(
    name: str,
    old: Part,
    new: Part,
    pairing: Pairing,
    *,
    are_words_same: bool,
    advance: Callable[[int], object] = lambda n_rows: None,
) -> PartDifference:
    """What differs between a part of two outputs. Where its arrays and the words are the same, the
    rows are not read; `advance` is told of the rows that are.

    Raises OutputError where a file is missing or broken, VocabularyError for an index that has no
    entry.
    """
    statistics = changes(*_told_by_both(old.statistics, new.statistics))
    arrays = tuple(_array_changes(old, new))
    if are_words_same and not {change.name for change in arrays} - {DOCUMENTS, EMBEDDING_MATRIX}:
        return PartDifference(name, statistics, arrays, (), 0.0, 0.0, ())
    before, after = (row_figures(part.folder, part.output, advance) for part in (old, new))
    of_lengths = (_length_figures(part, its) for part, its in ((old, before), (new, after)))
    lengths = [figures._asdict() for figures in of_lengths]
    return PartDifference(
        name,
        statistics,
        arrays,
        changes(lengths[0], lengths[1]),
        kolmogorov_smirnov(before.rows_of_length, after.rows_of_length),
        total_variation(
            counts_in_rows(old.output.vocabulary, before.counts_of_index),
            counts_in_rows(new.output.vocabulary, after.counts_of_index),
            pairing,
        ),
        changes(_class_shares(before), _class_shares(after)),
    )


def _told_by_both(old: dict[str, Any], new: dict[str, Any]) -> tuple[dict[str, Any], ...]:
    """The numbers of both sides, without that of the copies where one side was not asked for it."""
    if _DUPLICATE_ROWS in old and _DUPLICATE_ROWS in new:
        return old, new
    return tuple({k: v for k, v in its.items() if k != _DUPLICATE_ROWS} for its in (old, new))


def _length_figures(part: Part, figures: RowFigures) -> LengthFigures:
    return length_figures(figures.rows_of_length, part.output.vocabulary.specials.n_marks)


def _class_shares(figures: RowFigures) -> dict[str, float]:
    """The share of the rows that have each class."""
    n_rows = figures.rows_of_length.total()
    return {name: n / n_rows if n_rows else 0.0 for name, n in figures.rows_of_class.items()}


def kolmogorov_smirnov(old: Counter[int], new: Counter[int]) -> float | None:
    """How far two distributions of lengths lie apart, in 0..1: the largest difference, over all
    lengths, between the shares of the rows that are no longer than that.

    It is the two-sample statistic of Kolmogorov and Smirnov (Smirnov 1948, Table for Estimating the
    Goodness of Fit of Empirical Distributions), which `scipy.stats.ks_2samp` gives too. Each side
    is how many rows have each length; None where one has no rows.

    >>> kolmogorov_smirnov(Counter({3: 1, 5: 1}), Counter({3: 1, 9: 3}))
    0.75
    >>> kolmogorov_smirnov(Counter({3: 1, 5: 1}), Counter({3: 1}))
    0.5
    """
    n_old, n_new = old.total(), new.total()
    if not n_old or not n_new:
        return None
    lengths = sorted(old.keys() | new.keys())
    below_old = np.cumsum([old[length] for length in lengths]) / n_old
    below_new = np.cumsum([new[length] for length in lengths]) / n_new
    return float(np.abs(below_old - below_new).max())


def _array_changes(old: Part, new: Part) -> list[ArrayChange]:
    """The arrays that hold other numbers, which digests tell where the files are cut alike."""
    before, after = (_listed(part.output.manifest) for part in (old, new))
    found = []
    for name in (*ARRAYS, EMBEDDING_MATRIX):
        olds, news = before.get(name, ()), after.get(name, ())
        if [file.pieces for file in olds] == [file.pieces for file in news]:
            continue
        change = ArrayChange(name, _array(olds), _array(news))
        are_cut_alike = [file.shape for file in olds] == [file.shape for file in news]
        if change.old != change.new or are_cut_alike or not _hold_the_same(name, old, new):
            found.append(change)
    return found


def _listed(manifest: Mapping[str, Any]) -> dict[str, tuple[Listed, ...]]:
    """The files of each array: one, or its shards."""
    told = told_by(manifest, is_of_rows=True)
    return {file.name: (file,) for file in told.files} | dict(told.shards)


def _array(files: tuple[Listed, ...]) -> Array | None:
    """The array in some files, one after the other along its rows."""
    if not files:
        return None
    shapes = [file.shape or (0,) for file in files]
    return Array((sum(shape[0] for shape in shapes), *shapes[0][1:]), files[0].dtype or "")


def _hold_the_same(name: str, old: Part, new: Part) -> bool:
    """Whether an array that is cut into other files on each side holds the same."""
    before, after = (_stored(name, part.output) for part in (old, new))
    row_bytes = before.dtype.itemsize * int(np.prod(before.shape[1:], dtype=np.int64))
    if before.shape != after.shape:
        return False
    return all(
        np.asarray(before[chunk]).tobytes() == np.asarray(after[chunk]).tobytes()
        for chunk in row_chunks(len(before), row_bytes)
    )


def _stored(name: str, output: Output) -> Any:
    arrays = {
        SEQUENCES: output.sequences,
        LENGTHS: output.lengths,
        LABELS: output.labels,
        DOCUMENTS: output.documents,
        EMBEDDING_MATRIX: output.embedding_matrix,
    }
    return arrays[name]
