"""What are the rows and the words of a text like?

The first half of a job counts a text as for `run`. How long rows are, which are the longest, and
which labels they have is asked of each block as it waits in the spool; nothing is written.
"""

from __future__ import annotations

import tempfile
from collections import Counter, defaultdict
from contextlib import ExitStack, closing
from pathlib import Path
from typing import NamedTuple

import numpy as np

from embedprep.arrays import starts_of
from embedprep.budget import budget_of
from embedprep.counting import Counted, count
from embedprep.doubts import Beginning, beginnings, doubts
from embedprep.engines import in_turn
from embedprep.errors import check_least
from embedprep.figures.lengths import cut_figures, length_figures, lengths_to_try
from embedprep.figures.numbers import NO_NUMBERS, NumberFigures, figures_of, joined
from embedprep.figures.rows import LONGEST_SHOWN, longest_rows
from embedprep.inspecting.advice import TextToAdvise, advise_text
from embedprep.inspecting.inspection import (
    Inspection,
    LabelFigures,
    LongestRow,
    PartFigures,
)
from embedprep.inspecting.words import words_of
from embedprep.labels import RowLabels
from embedprep.local import LocalText
from embedprep.numbering import Numbering
from embedprep.parts import count_copies
from embedprep.portions import none_kept
from embedprep.rectangle import DTYPES, Rectangle
from embedprep.rows import lengths_of
from embedprep.sequences import count_lengths
from embedprep.settings import ALL_THERE_IS, Resources, Selection
from embedprep.sources import TRAINING, Reader
from embedprep.specials import Specials
from embedprep.spool import Spool
from embedprep.stored import StoredBlock
from embedprep.tokenizer.settings import TokenizerSettings
from embedprep.work import Work, work_in

DTYPE = Rectangle(1).dtype
"""The type of an index where nobody chose one."""


def inspect_text(
    reader: Reader,
    tokenizer: TokenizerSettings,
    *,
    top: int = 10,
    label_type: str = "class",
    resources: Resources = ALL_THERE_IS,
) -> Inspection:
    """Find out what a text is like, with the `top` most frequent words.

    Raises what reading raises, and InputError where --memory is too little.
    """
    check_least("--top", top, 1)
    selection = Selection(label_type=label_type)
    with closing(reader), ExitStack() as stack:
        budget = budget_of(resources, 0, keeps_rows=True)
        folder = Path(tempfile.gettempdir())
        work = stack.enter_context(work_in(folder, tokenizer, budget, resources))
        beginning = Beginning(reader)
        counted = count(
            beginning, reader.reading, tokenizer, work, selection=selection, keeps_hashes=True
        )
        words, counts = words_of(counted.portions, counted.n_running, top, work)
        found = _rows(counted, work)
        lengths, part = found.lengths, counted.training
        labels = None
        if part.labels.most:
            labels = found.labels.figures(counted.label_codes.classes)
        assert part.hashes is not None
        rows = PartFigures(
            TRAINING,
            length_figures(lengths),
            count_copies(part.hashes),
            [LongestRow(_place(row, reader), row.length) for row in found.longest],
            labels,
        )
        index_bytes = DTYPES[DTYPE]
        texts = [text for _, text in beginnings(beginning.parts, reader.reading.errors)]
        return Inspection(
            _named(reader.names),
            tokenizer,
            [rows],
            words,
            [cut_figures(lengths, length, index_bytes) for length in lengths_to_try(lengths)],
            DTYPE,
            advise_text(TextToAdvise(rows, lengths, words, counts, tokenizer, "".join(texts))),
            doubts(beginning.parts, reader, tokenizer, LocalText(counted, work)),
        )


def _named(names: tuple[str, ...]) -> str:
    return names[0] if len(names) == 1 else f"{names[0]} and {len(names) - 1} more"


class _LongRecord(NamedTuple):
    """The number of a row among the records of a source, from 1, and its length in words."""

    source: str
    record: int
    length: int


def _place(row: _LongRecord, reader: Reader) -> str:
    is_line = reader.reading.records.format_of(row.source) == "lines"
    return f"{row.source}:{row.record}" if is_line else f"{row.source}: record {row.record}"


class _Labels:
    """The labels of the rows so far: of each class by its code, or of the numbers at each place."""

    def __init__(self) -> None:
        self.unlabelled_rows = 0
        self._rows_of_code = np.zeros(0, np.int64)
        self._numbers: dict[int, NumberFigures] = defaultdict(lambda: NO_NUMBERS)

    def add(self, labels: RowLabels) -> None:
        values, per_row = labels
        self.unlabelled_rows += int(np.count_nonzero(per_row == 0))
        if values.dtype.kind == "i":
            n_codes = max(len(self._rows_of_code), int(values.max(initial=-1)) + 1)
            sums = np.bincount(values, minlength=n_codes)
            sums[: len(self._rows_of_code)] += self._rows_of_code
            self._rows_of_code = sums
            return
        starts = starts_of(per_row)
        for place in range(int(per_row.max(initial=0))):
            some = values[starts[per_row > place] + place]
            self._numbers[place] = joined([self._numbers[place], figures_of(some)])

    def figures(self, classes: list[str]) -> LabelFigures:
        """Those of all rows, by the names of the classes."""
        of_class = zip(classes, self._rows_of_code.tolist(), strict=False)
        numbers = [self._numbers[place] for place in sorted(self._numbers)]
        return LabelFigures(dict(sorted(of_class)), numbers, self.unlabelled_rows)


class _Found(NamedTuple):
    """How many rows have each number of words, the longest ones, and the labels of all."""

    lengths: Counter[int]
    longest: list[_LongRecord]
    labels: _Labels


def _rows(counted: Counted, work: Work) -> _Found:
    """Look at the rows, block by block."""
    kept = none_kept(work.secret)
    numbering = Numbering(counted.portions, kept, Specials(), work.spool)
    found = _Found(Counter(), [], _Labels())
    arguments = ((block, numbering, work.spool) for block in counted.training.blocks)
    for of_block in in_turn(work.engine, _of_block, arguments):
        found.lengths.update(of_block.lengths)
        found.longest.extend(of_block.longest)
        found.longest.sort(key=lambda row: -row.length)  # the first of equal ones stays first
        del found.longest[LONGEST_SHOWN:]
        found.labels.add(of_block.labels)
    return found


class _OfBlock(NamedTuple):
    lengths: Counter[int]
    longest: list[_LongRecord]
    labels: RowLabels


def _of_block(block: StoredBlock, numbering: Numbering, spool: Spool) -> _OfBlock:
    lengths = lengths_of(block, numbering, spool)
    placed = block.placed_labels(spool)
    longest = [
        _LongRecord(block.source, int(placed.records[row]), length)
        for row, length in longest_rows(lengths)
    ]
    return _OfBlock(count_lengths(lengths), longest, placed.labels)
