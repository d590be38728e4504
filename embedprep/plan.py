"""What is decided between the two halves of a job?

When all words are counted, and before a row is written: the vocabulary's indices, the rectangle,
and whether the output can take it.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Collection, Iterator, Sequence
from fractions import Fraction
from functools import partial
from pathlib import Path
from typing import NamedTuple

import numpy as np

from embedprep.arrays import Flags, Ints, Keys
from embedprep.counting import Counted
from embedprep.engines import in_turn
from embedprep.errors import InputError, OutputError
from embedprep.intake import CountedPart, StoredBlock
from embedprep.labels import (
    NO_LABELS,
    Coding,
    LabelFacts,
    LabelUse,
    PlacedLabels,
    check_labels,
    code_labels,
)
from embedprep.npy import ArraySpec
from embedprep.numbering import Numbering
from embedprep.output import DOCUMENTS, LABELS, LENGTHS, SEQUENCES
from embedprep.portions import Kept
from embedprep.rectangle import Rectangle, choose_max_len, parse_max_len
from embedprep.rows import Layout, lengths_of
from embedprep.sequences import count_lengths
from embedprep.settings import RowSettings, Selection
from embedprep.sharding import files_size
from embedprep.space import check_space
from embedprep.specials import Specials
from embedprep.spool import Spool
from embedprep.wording import how_large, how_many
from embedprep.work import Work

MAX_BYTES = 1 << 30
"""A rectangle over this size must be well filled, unless it was asked for."""

_WELL_FILLED = 0.1


_BYTES_OF_A_SHUFFLED_ROW = 8 + 16
"""Its place, and what waits for its place to be known."""


class PlannedPart(NamedTuple):
    """The rows of a part: how many have each length, marks included, before any is cut or split;
    how many are made of each block; the hashes of their texts where there are held-out parts; and
    their order where they are shuffled, (rows,).
    """

    counted: CountedPart
    rows_of_length: Counter[int]
    n_rows_of_block: list[int]
    hashes: Keys | None = None
    order: Ints | None = None

    @property
    def n_rows(self) -> int:
        return sum(self.n_rows_of_block)


class Plan(NamedTuple):
    """The indices of the kept words, the shape of the rows, and the numbers of labels."""

    numbering: Numbering
    n_kept: int
    layout: Layout
    parts: list[PlannedPart]
    is_default_max: bool
    coding: Coding | None

    @property
    def rectangle(self) -> Rectangle:
        return self.layout.rectangle

    @property
    def n_marks(self) -> int:
        return self.numbering.specials.n_marks

    def arrays(self, part: PlannedPart) -> dict[str, ArraySpec]:
        """The arrays of a part, by the names of their files."""
        n_rows, rectangle = part.n_rows, self.rectangle
        arrays = {
            SEQUENCES: ArraySpec((n_rows, rectangle.max_len), rectangle.dtype),
            LENGTHS: ArraySpec((n_rows,), "int32"),
        }
        if self.coding is not None:
            arrays[LABELS] = self.coding.array(n_rows)
        if self.layout.stride is not None:
            arrays[DOCUMENTS] = ArraySpec((n_rows,), "int64")
        return arrays


class Saved(NamedTuple):
    """What a vocabulary says of rows: their shape, and what their labels are."""

    rectangle: Rectangle
    labels: LabelFacts | None


def plan(
    counted: Counted,
    kept: Kept,
    specials: Specials,
    *,
    rows: RowSettings,
    selection: Selection,
    work: Work,
    saved: Saved | None = None,
) -> Plan:
    """Number the kept words and choose the rectangle by the training rows: where nothing else is
    asked for, the `saved` one.

    Raises OutputError where the rectangle cannot hold the indices, InputError where no row is left
    to learn from, or where labels are missing or were never learned.
    """
    numbering = Numbering(counted.portions, kept, specials, work.spool)
    n_marks = specials.n_marks
    final = [_final_rows(part, numbering, selection, work) for part in counted.parts]
    rows_of_length = final[0].rows_of_length
    if not rows_of_length:
        place = "the training part" if len(final) > 1 else "the text"
        raise InputError(place, "is left without a row", "give more text, or drop less of it")

    if rows.max_len is None and saved is not None:
        max_len = saved.rectangle.max_len
    else:
        asked = parse_max_len(rows.max_len or "max")
        max_len = choose_max_len(asked, rows_of_length, n_marks)
    rectangle = rows.rectangle(max_len, saved.rectangle if saved else Rectangle(max_len))
    check_rectangle(rectangle, specials, kept.n_words)

    layout = Layout(rectangle, selection.drop_empty, _stride(selection, rectangle, n_marks))
    parts = []
    for part, its in zip(counted.parts, final, strict=True):
        n_rows = [block.n_rows for block in part.blocks]
        if its.of_blocks is not None:
            n_rows = [layout.n_rows(of_block, n_marks) for of_block in its.of_blocks]
        parts.append(PlannedPart(part, its.rows_of_length, n_rows, its.hashes))
    if selection.shuffle:
        n_shuffled = parts[0].n_rows
        work.budget.check_rows(n_shuffled, _BYTES_OF_A_SHUFFLED_ROW, "--shuffle")
        random = np.random.Generator(np.random.PCG64(selection.seed))
        parts[0] = parts[0]._replace(order=random.permutation(n_shuffled))
    coding = _code(counted, final, saved, partial(_labels, numbering, selection, work.spool))
    is_default_max = rows.max_len is None and saved is None
    return Plan(numbering, kept.n_words, layout, parts, is_default_max, coding)


class _FinalRows(NamedTuple):
    """The rows of a part without those that are left out for being empty.

    `rows_of_length` are so many with each number of marks and words, `of_blocks` with each number
    of words in each block, those left out among them, or None where that is what was counted;
    `hashes` are those of texts that hold a word.
    """

    rows_of_length: Counter[int]
    of_blocks: list[Counter[int]] | None
    labels: LabelUse
    hashes: Keys | None


def _final_rows(
    part: CountedPart, numbering: Numbering, selection: Selection, work: Work
) -> _FinalRows:
    rows_of_length, of_blocks = part.rows_of_length, None
    labels, hashes = part.labels, part.hashes
    drops_words = numbering.drops_unknown or numbering.has_stretches
    changes_rows = selection.drop_empty or selection.splits_rows
    if drops_words or changes_rows or hashes is not None:
        rows_of_length, of_blocks = Counter(), []
        are_texts: list[Flags] = []
        labels_left = NO_LABELS
        for block in in_turn(work.engine, _final_block, _arguments(part, numbering, work)):
            rows_of_length.update(block.rows_of_length)
            labels_left = labels_left.united(block.labels)
            if changes_rows:
                of_blocks.append(block.rows_of_length)
            if hashes is not None:
                are_texts.append(block.holds_word)
        if selection.drop_empty:
            del rows_of_length[0]
            labels = labels_left
        if hashes is not None:
            hashes = hashes[np.concatenate([np.empty(0, np.bool_), *are_texts])]
    n_marks = numbering.specials.n_marks
    with_marks = Counter({n_marks + length: rows for length, rows in rows_of_length.items()})
    return _FinalRows(with_marks, of_blocks if changes_rows else None, labels, hashes)


class _FinalBlock(NamedTuple):
    """The rows of a block: how many have each number of words, which ones have any, (rows,), and
    the labels of these.
    """

    rows_of_length: Counter[int]
    holds_word: Flags
    labels: LabelUse


def _final_block(block: StoredBlock, numbering: Numbering, spool: Spool) -> _FinalBlock:
    lengths = lengths_of(block, numbering, spool)
    holds_word = lengths > 0
    labels = LabelUse.of(block.placed_labels(spool).at(holds_word).labels)
    return _FinalBlock(count_lengths(lengths), holds_word, labels)


def _arguments(
    part: CountedPart, numbering: Numbering, work: Work
) -> Iterator[tuple[StoredBlock, Numbering, Spool]]:
    return ((block, numbering, work.spool) for block in part.blocks)


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


def _code(
    counted: Counted,
    final: Sequence[_FinalRows],
    saved: Saved | None,
    labels_of: Callable[[CountedPart], Iterator[PlacedLabels]],
) -> Coding | None:
    """The numbers of the labels of each part, None where there are none."""
    if not any(its.labels.most for its in final):
        if counted.label_codes.is_number and saved is None:
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
    codes = counted.label_codes
    coding = code_labels(codes, final[0].labels, saved.labels if saved else None)
    for part, its in zip(counted.parts, final, strict=True):
        check_labels(coding, codes, its.labels, labels_of(part))
    return coding


def _labels(
    numbering: Numbering, selection: Selection, spool: Spool, part: CountedPart
) -> Iterator[PlacedLabels]:
    """The labels of the rows of a part that are not left out, block by block."""
    for block in part.blocks:
        labels = block.placed_labels(spool)
        if selection.drop_empty:
            labels = labels.at(lengths_of(block, numbering, spool) > 0)
        yield labels


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
    output: Path,
    files: Collection[str],
    others: Sequence[ArraySpec] = (),
) -> None:
    """Raise OutputError where the arrays in `files`, and others that are not of rows, are too large
    for the disk, the limit or good sense.
    """
    arrays = [array for part in plan.parts for array in plan.arrays(part).items()]
    shard_rows = rows.rows_per_shard
    n_bytes = sum(files_size(array, shard_rows) for file, array in arrays if file in files)
    n_bytes += sum(array.n_bytes for array in others)
    n_bytes_in_one = sum(array.n_bytes for file, array in arrays if file in files)
    n_bytes_in_one += sum(array.n_bytes for array in others)
    n_rows, max_len = sum(part.n_rows for part in plan.parts), plan.rectangle.max_len
    cause = f"would take {how_large(n_bytes)} for {how_many(n_rows, 'row')} of {max_len:,}"
    if LABELS in files and plan.coding is not None and plan.coding.n_columns is not None:
        cause += f", each with a matrix row of {plan.coding.n_columns:,} labels"

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
                f"{cause}, of which {filled:.1%} is filled",
                f"{remedy(n_bytes)}; to have it all the same, pass --max-len {max_len}",
            )
    check_space(output, n_bytes, cause, max_bytes=rows.max_bytes, remedy=remedy)
