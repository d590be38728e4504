"""What is decided between the two halves of a job?

When all words are counted, and before a row is written: the vocabulary's indices, the rectangle,
and whether the output can take it.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Sequence
from fractions import Fraction
from typing import NamedTuple

import numpy as np

from embedprep.arrays import Ints
from embedprep.budget import WITHOUT_OPTION, Budget
from embedprep.errors import InputError, OutputError
from embedprep.handover import CountedText, Layout, NumberedText
from embedprep.labels import LabelFacts, label_facts
from embedprep.npy import SHORT_ROW, ArraySpec
from embedprep.output import DOCUMENTS, LABELS, LENGTHS, SEQUENCES
from embedprep.places import Place
from embedprep.portions import Kept
from embedprep.rectangle import Rectangle, choose_max_len, parse_max_len
from embedprep.settings import RowSettings, Selection
from embedprep.sharding import files_size
from embedprep.space import check_space
from embedprep.specials import Specials
from embedprep.wording import how_large, how_many, per_cent

MAX_BYTES = 1 << 30
"""A rectangle over this size must be well filled, unless it was asked for."""

_WELL_FILLED = 0.1

_PLACE_BYTES = 8
"""Of a row that is shuffled; its short arrays wait in memory besides."""


class PlannedPart(NamedTuple):
    """The rows of a part: how many have each length, marks included, before any is cut or split;
    how many are made of each piece of the text; and their order where they are shuffled, (rows,).
    """

    name: str
    rows_of_length: Counter[int]
    n_rows_of_piece: list[int]
    order: Ints | None = None

    @property
    def n_rows(self) -> int:
        return sum(self.n_rows_of_piece)


class Plan(NamedTuple):
    """The words that are kept, the shape of the rows, and what labels are."""

    text: NumberedText
    specials: Specials
    n_kept: int
    layout: Layout
    parts: list[PlannedPart]
    is_default_max: bool
    labels: LabelFacts | None

    @property
    def rectangle(self) -> Rectangle:
        return self.layout.rectangle

    @property
    def n_marks(self) -> int:
        return self.specials.n_marks

    def arrays(self, part: PlannedPart) -> dict[str, ArraySpec]:
        """The arrays of a part, by the names of their files."""
        n_rows, rectangle = part.n_rows, self.rectangle
        arrays = {
            SEQUENCES: ArraySpec((n_rows, rectangle.max_len), rectangle.dtype),
            LENGTHS: ArraySpec((n_rows,), "int32"),
        }
        if self.labels is not None:
            arrays[LABELS] = self.labels.array(n_rows)
        if self.layout.stride is not None:
            arrays[DOCUMENTS] = ArraySpec((n_rows,), "int64")
        return arrays


class Saved(NamedTuple):
    """What a vocabulary says of rows: their shape, and what their labels are."""

    rectangle: Rectangle
    labels: LabelFacts | None


def plan(
    counted: CountedText,
    kept: Kept,
    specials: Specials,
    *,
    rows: RowSettings,
    selection: Selection,
    budget: Budget,
    saved: Saved | None = None,
) -> Plan:
    """Number the kept words and choose the rectangle by the training rows: where nothing else is
    asked for, the `saved` one.

    Raises OutputError where the rectangle cannot hold the indices, InputError where no row is left
    to learn from, or where labels are missing or were never learned.
    """
    text = counted.number(kept, specials, selection)
    n_marks = specials.n_marks
    with_marks = [lengths_with_marks(part.rows_of_length, n_marks) for part in text.parts]
    if not with_marks[0]:
        place = "the training part" if len(with_marks) > 1 else "the text"
        raise InputError(place, "is left without a row", "give more text, or drop less of it")

    rectangle = choose_rectangle(
        rows, with_marks[0], specials, kept.n_words, saved.rectangle if saved else None
    )
    layout = Layout(rectangle, selection.drop_empty, _stride(selection, rectangle, n_marks))
    parts = []
    for part, rows_of_length in zip(text.parts, with_marks, strict=True):
        n_rows = [layout.n_rows(piece, n_marks) for piece in part.pieces]
        parts.append(PlannedPart(part.name, rows_of_length, n_rows))
    labels = _label_facts(text, saved, are_numbers=selection.label_type == "number")
    is_default_max = rows.max_len is None and saved is None
    planned = Plan(text, specials, kept.n_words, layout, parts, is_default_max, labels)
    if selection.shuffle:
        training = parts[0]
        waiting = [array.row_bytes for array in planned.arrays(training).values()]
        kept_bytes = _PLACE_BYTES + sum(its for its in waiting if its <= SHORT_ROW)
        budget.check_rows(training.n_rows, kept_bytes, "--shuffle", WITHOUT_OPTION)
        random = np.random.Generator(np.random.PCG64(selection.seed))
        parts[0] = training._replace(order=random.permutation(training.n_rows))
    return planned


def lengths_with_marks(rows_of_length: Counter[int], n_marks: int) -> Counter[int]:
    """How many rows have each length once their marks are put around them."""
    return Counter({n_marks + length: n for length, n in rows_of_length.items()})


def choose_rectangle(
    rows: RowSettings,
    rows_of_length: Counter[int],
    specials: Specials,
    n_words: int,
    saved: Rectangle | None = None,
) -> Rectangle:
    """The shape of rows, of which so many have each length, marks included: where nothing else is
    asked for, the `saved` one. Raises OutputError where it cannot hold the indices.
    """
    if rows.max_len is None and saved is not None:
        max_len = saved.max_len
    else:
        asked = parse_max_len(rows.max_len or "max")
        max_len = choose_max_len(asked, rows_of_length, specials.n_marks)
    rectangle = rows.rectangle(max_len, saved or Rectangle(max_len))
    check_rectangle(rectangle, specials, n_words)
    return rectangle


def _stride(selection: Selection, rectangle: Rectangle, n_marks: int) -> int | None:
    if not selection.splits_rows:
        return None
    room = rectangle.max_len - n_marks
    if selection.stride >= room:
        raise OutputError(
            f"--stride {selection.stride}",
            f"leaves no new word in rows of {room}",
            "choose a smaller one, or a larger --max-len",
        )
    return selection.stride


def _label_facts(
    text: NumberedText, saved: Saved | None, *, are_numbers: bool
) -> LabelFacts | None:
    """What the labels are that every row must have, None where there are none."""
    learned = text.parts[0].labels
    if not any(part.labels.most for part in text.parts):
        if are_numbers and saved is None:
            raise InputError(
                "--label-type number",
                "no row has a label",
                "name their --label-column, or leave it out",
            )
        return None
    if saved is not None and saved.labels is None:
        raise InputError(
            "the labels",
            "have no numbers: the vocabulary was made of text without labels",
            "leave them out, or make the vocabulary of labelled text",
        )
    facts = label_facts(learned, saved.labels if saved else None, are_numbers=are_numbers)
    text.check_labels(facts)
    return facts


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


def check_size(
    plan: Plan,
    rows: RowSettings,
    output: Place,
    files: Collection[str],
    others: Sequence[ArraySpec] = (),
    *,
    at_hand: int = 0,
) -> None:
    """Raise OutputError where the arrays in `files`, and others that are not of rows, are too large
    for the disk, the limit or good sense; so many bytes are `at_hand`, see `check_space`.
    """
    arrays = [array for part in plan.parts for array in plan.arrays(part).items()]
    shard_rows = rows.rows_per_shard
    n_bytes = sum(files_size(array, shard_rows) for file, array in arrays if file in files)
    n_bytes += sum(array.n_bytes for array in others)
    n_bytes_in_one = sum(array.n_bytes for file, array in arrays if file in files)
    n_bytes_in_one += sum(array.n_bytes for array in others)
    n_rows, max_len = sum(part.n_rows for part in plan.parts), plan.rectangle.max_len
    cause = f"would take {how_large(n_bytes)} for {how_many(n_rows, 'row')} of {max_len:,}"
    if LABELS in files and plan.labels is not None and plan.labels.n_columns is not None:
        cause += f", each with a matrix row of {plan.labels.n_columns:,} labels"

    for array in others:
        cause += f", and an embedding matrix of {array.shape[0]:,} x {array.shape[1]:,}"

    p99 = choose_max_len(Fraction(99, 100), plan.parts[0].rows_of_length, plan.n_marks)
    n_bytes_of_rows = n_rows * plan.rectangle.row_bytes
    n_bytes_p99 = n_bytes - n_bytes_of_rows + n_bytes_of_rows // max_len * p99

    def remedy(limit: int) -> str:
        """What makes the arrays fit into so many bytes."""
        if n_bytes_in_one <= limit < n_bytes:
            return "choose a larger --rows-per-shard: each shard has a header"
        if n_bytes - n_bytes_of_rows > limit:
            what = "fewer words" if others else "fewer labels"
            return f"no --max-len helps: take fewer rows, or {what}"
        if p99 < max_len and n_bytes_p99 <= limit and plan.layout.stride is None:
            return f"--max-len p99 is {p99:,} and takes {how_large(n_bytes_p99)}"
        return "choose a smaller --max-len"

    if rows.max_bytes is None and plan.is_default_max and n_bytes_of_rows > MAX_BYTES:
        rows_of_length = sum((part.rows_of_length for part in plan.parts), Counter[int]())
        n_filled = sum(min(length, max_len) * n for length, n in rows_of_length.items())
        filled = n_filled / (n_rows * max_len)
        if filled < _WELL_FILLED:
            raise OutputError(
                str(output),
                f"{cause}, of which {per_cent(filled)} is filled",
                f"{remedy(n_bytes)}; to have it all the same, pass --max-len {max_len}",
            )
    check_space(output, n_bytes, cause, max_bytes=rows.max_bytes, remedy=remedy, at_hand=at_hand)
