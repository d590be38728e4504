"""What number stands for a label?

Classes are sorted by their code points. One label a row gives their numbers, several give a matrix
of 0 and 1; labels that are numbers themselves are kept as they are.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from itertools import islice
from sys import getsizeof
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from embedprep.arrays import Flags, Ints, take_ragged
from embedprep.errors import InputError
from embedprep.npy import ArraySpec
from embedprep.sources import Block
from embedprep.wording import how_many, quoted


class RowLabels(NamedTuple):
    """The labels of some rows: `values: (labels,)` codes or numbers, `per_row: (rows,)`."""

    values: NDArray[Any]
    per_row: NDArray[np.int32]

    def at(self, is_kept: Flags) -> RowLabels:
        """Those of the rows that are kept, of `is_kept: (rows,)`."""
        values = self.values[np.repeat(is_kept, self.per_row)]
        return RowLabels(values, self.per_row[is_kept])


class PlacedLabels(NamedTuple):
    """The labels of some rows of a source, and the numbers of their records there, from 1 on,
    `records: (rows,)`.
    """

    labels: RowLabels
    source: str
    records: Ints

    def at(self, is_kept: Flags) -> PlacedLabels:
        """Those of the rows that are kept, of `is_kept: (rows,)`."""
        return PlacedLabels(self.labels.at(is_kept), self.source, self.records[is_kept])


class LabelUse(NamedTuple):
    """Which labels some rows have: the fewest and the most of a row, and the codes of all.

    Without a row, the fewest are more than the most; labels that are numbers have no codes.
    """

    fewest: int
    most: int
    codes: frozenset[int]

    @classmethod
    def of(cls, labels: RowLabels) -> LabelUse:
        are_codes = labels.values.dtype.kind == "i"
        codes = frozenset(np.unique(labels.values).tolist() if are_codes else ())
        per_row = labels.per_row
        return cls(int(per_row.min(initial=_MANY)), int(per_row.max(initial=0)), codes)

    def united(self, other: LabelUse) -> LabelUse:
        """That of the rows of both."""
        codes = self.codes if other.codes <= self.codes else self.codes | other.codes
        return LabelUse(min(self.fewest, other.fewest), max(self.most, other.most), codes)

    def known(self, codes: LabelCodes) -> KnownLabels:
        """The same by the names of the classes."""
        classes = codes.classes
        return KnownLabels(self.fewest, self.most, frozenset(classes[code] for code in self.codes))


class KnownLabels(NamedTuple):
    """A `LabelUse` by the names of the classes, as it can be told to those who have other codes."""

    fewest: int
    most: int
    classes: frozenset[str]

    def united(self, other: KnownLabels) -> KnownLabels:
        """That of the rows of both."""
        classes = self.classes | other.classes
        return KnownLabels(min(self.fewest, other.fewest), max(self.most, other.most), classes)


_MANY = np.iinfo(np.int32).max

NO_LABELS = LabelUse(_MANY, 0, frozenset())
"""That of no rows."""


class LabelFacts(NamedTuple):
    """What labels are: of `type` "class", "classes" or "number"; the names of classes, sorted.

    `per_row` numbers are those of a row, None where labels are classes.
    """

    type: str
    classes: tuple[str, ...] = ()
    per_row: int | None = None

    @property
    def n_columns(self) -> int | None:
        """The columns of the array of labels, None where it has one dimension."""
        if self.type == "classes":
            return len(self.classes)
        return self.per_row if self.per_row is not None and self.per_row > 1 else None

    def array(self, n_rows: int) -> ArraySpec:
        """The array of the labels of some rows."""
        dtype = {"class": "int32", "classes": "uint8", "number": "float32"}[self.type]
        return ArraySpec((n_rows,) if self.n_columns is None else (n_rows, self.n_columns), dtype)

    def are_so_many(self, fewest: int, most: int) -> bool:
        """Whether rows that have so many labels each have as many as they must."""
        expected = self.n_columns or 1
        return self.type == "classes" or (fewest >= expected and most <= expected)

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


_OF_A_CLASS = 80
"""Its code, and its places among others."""

_TIMES_A_NAME = 4
"""As it came, as JSON, and as the bytes that are written, in the vocabulary and in the manifest."""


class LabelCodes:
    """Labels on their way in: each class gets a code in the order of arrival."""

    def __init__(self, label_type: str) -> None:
        self.is_number = label_type == "number"
        self.dtype = np.float64 if self.is_number else np.int32
        self.n_bytes = 0
        """About what the classes take until they are written."""
        self._code_of: dict[str, int] = {}

    @property
    def classes(self) -> list[str]:
        """The classes by their codes."""
        return list(self._code_of)

    @property
    def n_classes(self) -> int:
        return len(self._code_of)

    def restore(self, classes: Sequence[str]) -> None:
        """Give the classes the codes that they had."""
        self._code_of = {name: code for code, name in enumerate(classes)}
        self._reckon_from(0)

    def _reckon_from(self, first: int) -> None:
        names = islice(self._code_of, first, None)
        self.n_bytes += sum(_OF_A_CLASS + _TIMES_A_NAME * getsizeof(name) for name in names)

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
        code_of, n_known = self._code_of, len(self._code_of)
        codes = [code_of.setdefault(label, len(code_of)) for of_row in labels for label in of_row]
        self._reckon_from(n_known)
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


def _no_labels(n_rows: int) -> NDArray[np.int32]:
    """A 0 for each row, (rows,), which takes no memory: most text has no labels."""
    return np.broadcast_to(np.int32(0), n_rows)


class Coding(NamedTuple):
    """How the labels of a text become numbers: the class number of each code, (codes,), -1 for a
    class that was never learned.
    """

    facts: LabelFacts
    classes: list[str]
    number_of: NDArray[np.int32]

    @classmethod
    def of(cls, facts: LabelFacts, codes: LabelCodes) -> Coding:
        number_of = {name: number for number, name in enumerate(facts.classes)}
        numbers = np.array([number_of.get(name, -1) for name in codes.classes], np.int32)
        return cls(facts, codes.classes, numbers)

    def encode(self, labels: RowLabels) -> NDArray[Any]:
        """The labels as they are written, as the array of the facts says."""
        n_rows = len(labels.per_row)
        if self.facts.type == "number":
            values = labels.values.astype(np.float32)
            numbers: NDArray[np.float32] = values.reshape(self.facts.array(n_rows).shape)
            return numbers
        of_class: NDArray[np.int32] = self.number_of[labels.values]
        if self.facts.type == "class":
            return of_class
        matrix = np.zeros(self.facts.array(n_rows).shape, np.uint8)
        matrix[np.repeat(np.arange(n_rows), labels.per_row), of_class] = 1
        return matrix


def label_facts(learned: KnownLabels, saved: LabelFacts | None, *, are_numbers: bool) -> LabelFacts:
    """What labels are: by those of the rows that are learned from, or as `saved` with a
    vocabulary.
    """
    if are_numbers:
        per_row = saved.per_row if saved and saved.per_row else learned.most
        return LabelFacts("number", per_row=per_row)
    if saved is not None:
        return saved
    return LabelFacts("classes" if learned.most > 1 else "class", tuple(sorted(learned.classes)))


def check_labels(coding: Coding, use: LabelUse, rows: Iterable[PlacedLabels]) -> None:
    """Raise InputError where a row of a part has not as many labels as it must, or a class that
    the rows learned from never have.

    `use` tells whether one has; only then `rows`, in their order, are looked through for the first.
    """
    if not coding.facts.are_so_many(use.fewest, use.most):
        raise _wrong_number(coding.facts.n_columns or 1, rows)
    unknown = [code for code in use.codes if coding.number_of[code] < 0]
    if unknown:
        raise _unknown_class(unknown, coding.classes, rows)


def _wrong_number(expected: int, rows: Iterable[PlacedLabels]) -> InputError:
    """The error of the first row that has not as many labels as are expected."""
    for labels, source, records in rows:
        is_wrong = labels.per_row != expected
        if is_wrong.any():
            row = int(is_wrong.argmax())
            number = int(labels.per_row[row])
            said = how_many(number, "label") if number else "no label"
            return InputError(
                f"{source}: record {records[row]}",
                f"has {said}, where {expected} must be",
                "give every record as many, or leave it out",
            )
    raise AssertionError("unreachable: the use of labels tells of a row that is not there")


def _unknown_class(
    unknown: Sequence[int], classes: Sequence[str], rows: Iterable[PlacedLabels]
) -> InputError:
    """The error of the first row that has one of the classes, by their codes, never learned."""
    names = sorted(classes[code] for code in unknown)
    for labels, source, records in rows:
        is_wrong = np.isin(labels.values, unknown)
        if is_wrong.any():
            first = int(is_wrong.argmax())
            row = int(np.cumsum(labels.per_row).searchsorted(first, "right"))
            name = classes[labels.values[first]]
            cause = f"the training rows never have the class {quoted([name])}"
            if len(names) > 1:
                cause += f", one of {len(names):,} such classes here: {quoted(names)}"
            remedy = "add such rows to the training text, or leave these out"
            return InputError(f"{source}: record {records[row]}", cause, remedy)
    raise AssertionError("unreachable: the use of labels tells of a row that is not there")


def labels_of_rows(labels: RowLabels, starts: Ints, rows: Ints) -> RowLabels:
    """The labels at `rows: (some rows,)`, in their order and as often as they are named; `starts`
    are the places of the first of each row that there is.
    """
    per_row = labels.per_row[rows]
    values = take_ragged(labels.values, starts[rows], per_row.astype(np.int64))
    return RowLabels(values, per_row)
