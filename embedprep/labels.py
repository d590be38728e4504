"""What number stands for a label?

Classes are sorted by their code points. One label a row gives their numbers, several give a matrix
of 0 and 1; labels that are numbers themselves are kept as they are.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import Any, NamedTuple, TypeAlias

import numpy as np
from numpy.typing import NDArray

from embedprep.arrays import Flags, Ints, take_ragged
from embedprep.errors import InputError
from embedprep.npy import ArraySpec
from embedprep.sources import Block
from embedprep.wording import how_many, quoted

RecordOfRow: TypeAlias = Callable[[int], tuple[str, int]]
"""Tells the source of a row, and the number of its record there, from 1 on."""


class RowLabels(NamedTuple):
    """The labels of some rows: `values: (labels,)` codes or numbers, `per_row: (rows,)`."""

    values: NDArray[Any]
    per_row: NDArray[np.int32]

    def at(self, is_kept: Flags) -> RowLabels:
        """Those of the rows that are kept, of `is_kept: (rows,)`."""
        values = self.values[np.repeat(is_kept, self.per_row)]
        return RowLabels(values, self.per_row[is_kept])


class LabelFacts(NamedTuple):
    """What labels are: of `type` "class", "classes" or "number"; the names of classes, sorted.

    `per_row` numbers are those of a row, None where labels are classes.
    """

    type: str
    classes: tuple[str, ...] = ()
    per_row: int | None = None

    @property
    def saved(self) -> dict[str, Any]:
        """The facts as they stand in files."""
        facts: dict[str, Any] = {"type": self.type, "classes": list(self.classes)}
        return facts if self.per_row is None else facts | {"per_row": self.per_row}


def parse_labels(saved: Any) -> LabelFacts:
    """The facts as a file tells them. Raises ValueError where they are none."""
    match saved:
        case {"type": "class" | "classes" | "number" as kind, "classes": list(classes)}:
            names = tuple(name for name in classes if isinstance(name, str))
            per_row = saved.get("per_row")
            is_told = kind == "number" and type(per_row) is int and per_row > 0
            are_names = len(names) == len(classes) and list(names) == sorted(set(names))
            if are_names and (per_row is None or is_told):
                return LabelFacts(kind, names, per_row)
    raise ValueError(f"labels are {saved!r}")


class LabelCodes:
    """Labels on their way in: each class gets a code in the order of arrival."""

    def __init__(self, label_type: str) -> None:
        self.is_number = label_type == "number"
        self.dtype = np.float64 if self.is_number else np.int32
        self._code_of: dict[str, int] = {}

    @property
    def classes(self) -> list[str]:
        """The classes by their codes."""
        return list(self._code_of)

    def encode(self, block: Block, n_rows: int, rows_before: int) -> RowLabels:
        """The labels of the rows of a block; a class counts once a row.

        Raises InputError where one is no number.
        """
        labels = block.labels
        if labels is None:
            return RowLabels(np.empty(0, self.dtype), _no_labels(n_rows))
        if self.is_number:
            per_row = np.fromiter(map(len, labels), np.int32, n_rows)
            return RowLabels(_numbers(labels, per_row, block.source, rows_before), per_row)
        labels = [of_row if len(of_row) < 2 else tuple(dict.fromkeys(of_row)) for of_row in labels]
        per_row = np.fromiter(map(len, labels), np.int32, n_rows)
        code_of = self._code_of
        codes = [code_of.setdefault(label, len(code_of)) for of_row in labels for label in of_row]
        return RowLabels(np.array(codes, np.int32), per_row)


def _numbers(
    labels: Sequence[tuple[str, ...]],
    per_row: NDArray[np.int32],
    source: str,
    rows_before: int,
) -> NDArray[np.float64]:
    """The numbers that labels are, (labels,). Raises InputError where float32 does not hold one."""
    flat = [label for of_row in labels for label in of_row]
    numbers = np.array([_number(label) for label in flat], np.float64)
    with np.errstate(over="ignore"):  # it is told below
        is_wrong = ~np.isfinite(numbers.astype(np.float32))
    if is_wrong.any():
        first = int(is_wrong.argmax())
        row = rows_before + int(np.repeat(np.arange(len(per_row)), per_row)[first]) + 1
        raise InputError(
            f"{source}: record {row}",
            f"the label {quoted([flat[first]])} is no number that float32 holds",
            "mend it, or leave out --label-type number",
        )
    return numbers


def _number(label: str) -> float:
    """A decimal number of ASCII alone, NaN where it is none.

    `float` would also take 1_0 and the digits of any script.
    """
    if "_" in label or not label.isascii():
        return math.nan
    try:
        return float(label)
    except ValueError:
        return math.nan


def join_labels(parts: Sequence[RowLabels], dtype: type[np.float64] | type[np.int32]) -> RowLabels:
    """The labels of several pieces of a text, one behind the other."""
    values = np.concatenate([np.empty(0, dtype), *(part.values for part in parts)])
    if not len(values):
        return RowLabels(values, _no_labels(sum(len(part.per_row) for part in parts)))
    return RowLabels(values, np.concatenate([part.per_row for part in parts]))


def _no_labels(n_rows: int) -> NDArray[np.int32]:
    """A 0 for each row, (rows,), which takes no memory: most text has no labels."""
    return np.broadcast_to(np.int32(0), n_rows)


class Coding(NamedTuple):
    """How labels become numbers: the facts, and the class number of each code, (codes,)."""

    facts: LabelFacts
    number_of: NDArray[np.int32]
    n_columns: int | None

    def array(self, n_rows: int) -> ArraySpec:
        """The array of the labels of some rows."""
        dtype = {"class": "int32", "classes": "uint8", "number": "float32"}[self.facts.type]
        return ArraySpec((n_rows,) if self.n_columns is None else (n_rows, self.n_columns), dtype)

    def encode(self, labels: RowLabels) -> NDArray[Any]:
        """The labels as they are written, as `array` says."""
        n_rows = len(labels.per_row)
        if self.facts.type == "number":
            values = labels.values.astype(np.float32)
            numbers: NDArray[np.float32] = values.reshape(self.array(n_rows).shape)
            return numbers
        of_class: NDArray[np.int32] = self.number_of[labels.values]
        if self.facts.type == "class":
            return of_class
        matrix = np.zeros(self.array(n_rows).shape, np.uint8)
        matrix[np.repeat(np.arange(n_rows), labels.per_row), of_class] = 1
        return matrix


def code_labels(codes: LabelCodes, learned: RowLabels, saved: LabelFacts | None) -> Coding:
    """How the labels of a text become numbers: by the classes of the rows that are learned from,
    or as `saved` with a vocabulary.
    """
    largest = int(learned.per_row.max(initial=0))
    if codes.is_number:
        n_numbers = saved.per_row if saved and saved.per_row else largest
        facts = LabelFacts("number", per_row=n_numbers)
        return Coding(facts, np.empty(0, np.int32), None if n_numbers <= 1 else n_numbers)

    if saved is None:
        used = np.unique(learned.values).tolist()
        names = tuple(sorted(codes.classes[code] for code in used))
        saved = LabelFacts("classes" if largest > 1 else "class", names)
    number_of = {name: number for number, name in enumerate(saved.classes)}
    numbers = np.array([number_of.get(name, -1) for name in codes.classes], np.int32)
    return Coding(saved, numbers, len(saved.classes) if saved.type == "classes" else None)


def check_labels(
    coding: Coding, codes: LabelCodes, labels: RowLabels, record_of_row: RecordOfRow
) -> None:
    """Raise InputError where a row of a part has not as many labels as it must, or a class that
    the rows learned from never have.
    """
    if coding.facts.type != "classes":
        expected = coding.n_columns or 1
        is_wrong = labels.per_row != expected
        if is_wrong.any():
            row = int(is_wrong.argmax())
            source, record = record_of_row(row)
            number = int(labels.per_row[row])
            said = how_many(number, "label") if number else "no label"
            raise InputError(
                f"{source}: record {record}",
                f"has {said}, where {expected} must be",
                "give every record as many, or leave it out",
            )
    if coding.facts.type == "number":
        return
    is_unknown = coding.number_of[labels.values] < 0
    if is_unknown.any():
        row = int(np.cumsum(labels.per_row).searchsorted(is_unknown.argmax(), "right"))
        source, record = record_of_row(row)
        unknown = labels.values[is_unknown]
        cause = f"the training rows never have the class {quoted([codes.classes[unknown[0]]])}"
        names = sorted(codes.classes[code] for code in np.unique(unknown).tolist())
        if len(names) > 1:
            cause += f", one of {len(names):,} such classes here: {quoted(names)}"
        remedy = "add such rows to the training text, or leave these out"
        raise InputError(f"{source}: record {record}", cause, remedy)


def labels_of_rows(labels: RowLabels, starts: Ints, rows: Ints) -> RowLabels:
    """The labels of some rows, in their order and as often as they are named.

    `rows: (some rows,)`; `starts: (rows,)` is where the values of each row of `labels` start.
    """
    per_row = labels.per_row[rows]
    return RowLabels(take_ragged(labels.values, starts[rows], per_row.astype(np.int64)), per_row)
