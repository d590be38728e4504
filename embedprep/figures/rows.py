"""What are the rows of an output like, and those of its parts?"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from embedprep.arrays import Ints, Keys
from embedprep.encoded import EncodedRows, open_rows
from embedprep.errors import OutputError
from embedprep.hashing import Secret, mixed
from embedprep.manifest import read_manifest_of_rows
from embedprep.output import LABELS, LENGTHS, SEQUENCES, Output, folder_on_disk
from embedprep.parts import count_copies
from embedprep.places import Place
from embedprep.sequences import count_lengths
from embedprep.wording import how_many

_CELL_BYTES = 24
"""What an index takes while it is counted and hashed."""

_REMEDY = "embedprep verify tells what is wrong; make the output again"

LONGEST_SHOWN = 3

_ROW_BITS = 32
_LAST_ROW = (1 << _ROW_BITS) - 1


class LongRow(NamedTuple):
    """A row, by its number from 0, and its length in indices, before it was cut."""

    row: int
    length: int


class RowFigures(NamedTuple):
    """What the rows of a part are like.

    So many rows have each length, marks included, before they were cut. What was cut or dropped is
    not in `counts_of_index: (input_dim,)`, how often each index stands in the rows. `rows_of_class`
    is by the name of each class, empty without classes; a row of several counts for each of them.
    `n_duplicates` rows have the indices and the length of an earlier one.
    """

    rows_of_length: Counter[int]
    counts_of_index: Ints
    rows_of_class: dict[str, int]
    n_duplicates: int
    longest: list[LongRow]


def row_figures(
    folder: Path, part: Output, advance: Callable[[int], object] = lambda n_rows: None
) -> RowFigures:
    """Count what a part of an output holds, of which `folder` is its own; the rows are read some at
    a time, and `advance` is told of each number of them.

    Raises OutputError where a file cannot be read, or the arrays do not fit each other and the
    classes, VocabularyError for an index without an entry.
    """
    rows = open_rows(folder)
    input_dim, classes = part.vocabulary.input_dim, part.classes
    _check_rows(rows, part, folder)
    rows_of_length = Counter[int]()
    counts_of_index = np.zeros(input_dim, np.int64)
    rows_of_class = np.zeros(len(classes), np.int64)
    hashes = np.empty(rows.n_rows, np.uint64)
    longest: list[LongRow] = []
    secrets = _secrets(rows)
    for chunk in rows.chunks(rows.length * _CELL_BYTES):
        ids = rows.read(chunk, input_dim)
        lengths = _lengths(np.array(part.lengths[chunk]), ids, folder)
        rows_of_length.update(count_lengths(lengths))
        counts_of_index += np.bincount(ids.ravel(), minlength=input_dim)
        hashes[chunk] = _row_hashes(ids, lengths, secrets)
        longest = _longest([*longest, *longest_rows(lengths, chunk.start)])
        if part.labels is not None and classes:
            rows_of_class += _rows_of_class(np.array(part.labels[chunk]), len(classes), folder)
        advance(len(ids))
    return RowFigures(
        rows_of_length,
        counts_of_index,
        dict(zip(classes, rows_of_class.tolist(), strict=True)) if part.labels is not None else {},
        count_copies(hashes),
        longest,
    )


def count_rows(folder: str | Place, n_parts: int | None = None) -> int:
    """How many rows an output has with its parts, or the first `n_parts` of them, the training rows
    among these. Raises OutputError where it is none, or has no such rows.
    """
    path = folder_on_disk(folder)
    places = [path, *(path / name for name in read_manifest_of_rows(path).get("parts", {}))]
    return sum(open_rows(place).n_rows for place in places[:n_parts])


def _check_rows(rows: EncodedRows, part: Output, folder: Path) -> None:
    n_rows, n_classes = rows.n_rows, len(part.classes)
    lengths, labels = part.lengths, part.labels
    told = how_many(n_rows, "row")
    if lengths.shape != (n_rows,) or lengths.dtype.kind not in "iu":
        raise _misfit(folder / LENGTHS, lengths, told)
    if labels is None:
        return
    is_right = labels.shape[:1] == (n_rows,) and labels.ndim in (1, 2)
    if n_classes:
        told += f" of {how_many(n_classes, 'class', 'classes')}"
        is_right &= labels.dtype.kind in "iu" and labels.shape[1:] in ((), (n_classes,))
    if not is_right or labels.dtype.kind not in "iuf":
        raise _misfit(folder / LABELS, labels, told)


def _misfit(path: Path, array: NDArray[Any], rows: str) -> OutputError:
    shape = " x ".join(f"{side:,}" for side in array.shape) or "one number"
    return OutputError(str(path), f"is {array.dtype}, {shape}, and {SEQUENCES} has {rows}", _REMEDY)


def _secrets(rows: EncodedRows) -> tuple[Secret, Keys]:
    """What rows are hashed with: a number for each place in a row, (length,), drawn per run."""
    secret = Secret.draw()
    return secret, mixed(np.arange(rows.length, dtype=np.uint64) * secret.spread)


def _row_hashes(
    ids: NDArray[Any], lengths: NDArray[np.int32], secrets: tuple[Secret, Keys]
) -> Keys:
    """A hash of each row and its length, (rows,): those of different rows are equal by chance
    alone, 2^-64 a pair.
    """
    secret, of_place = secrets
    cells = mixed(ids.astype(np.uint64) * secret.mix ^ of_place)  # (rows, length)
    sums: Keys = cells.sum(axis=1, dtype=np.uint64)
    return mixed(sums + lengths.astype(np.uint64) * secret.spread)


def longest_rows(lengths: NDArray[np.int32], first_row: int = 0) -> list[LongRow]:
    """The longest of some rows, of `lengths: (rows,)`, the first of equal ones; so many are before
    them.

    >>> longest_rows(np.array([2, 7, 0, 7, 3], np.int32))
    [LongRow(row=1, length=7), LongRow(row=3, length=7), LongRow(row=4, length=3)]
    """
    # A length above the number of its row, which is turned round as the first ranks highest.
    ranks = (lengths.astype(np.int64) << _ROW_BITS) | (_LAST_ROW - np.arange(len(lengths)))
    if len(ranks) > LONGEST_SHOWN:
        ranks = np.partition(ranks, -LONGEST_SHOWN)[-LONGEST_SHOWN:]
    return [
        LongRow(first_row + _LAST_ROW - (rank & _LAST_ROW), rank >> _ROW_BITS)
        for rank in sorted(ranks.tolist(), reverse=True)
    ]


def _longest(found: list[LongRow]) -> list[LongRow]:
    return sorted(found, key=lambda its: (-its.length, its.row))[:LONGEST_SHOWN]


def _rows_of_class(labels: NDArray[Any], n_classes: int, folder: Path) -> Ints:
    """How many rows have each class, (classes,): of `labels` (rows,) or (rows, classes)."""
    most = n_classes - 1 if labels.ndim == 1 else 1
    if labels.min(initial=0) < 0 or labels.max(initial=0) > most:
        cause = f"holds a number that is not in 0..{most}"
        raise OutputError(str(folder / LABELS), cause, _REMEDY)
    if labels.ndim == 1:
        return np.bincount(labels.astype(np.int64), minlength=n_classes)
    sums: Ints = labels.sum(axis=0, dtype=np.int64)
    return sums


def _lengths(lengths: NDArray[Any], ids: NDArray[Any], folder: Path) -> NDArray[Any]:
    """Lengths that tell how far rows are filled, as far as these go."""
    if not np.array_equal(np.minimum(lengths, ids.shape[1]), np.count_nonzero(ids, axis=1)):
        raise OutputError(str(folder / LENGTHS), f"is not of the rows in {SEQUENCES}", _REMEDY)
    return lengths
