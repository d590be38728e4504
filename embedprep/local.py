"""What can be asked of a text that was counted on this machine?"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from typing import NamedTuple

import numpy as np

from embedprep.arrays import Flags, Keys
from embedprep.counting import Counted
from embedprep.engines import in_turn
from embedprep.handover import FinalPart, Layout, Pieces, Written
from embedprep.labels import (
    NO_LABELS,
    Coding,
    LabelFacts,
    LabelUse,
    PlacedLabels,
    check_labels,
)
from embedprep.npy import RowWriter
from embedprep.numbering import Numbering
from embedprep.parts import count_copies, count_leaks
from embedprep.portions import Kept, RankedWords, count_distinct, rank_words
from embedprep.rows import lengths_of, write_rows
from embedprep.sequences import count_lengths
from embedprep.settings import Selection
from embedprep.specials import Specials
from embedprep.spool import Record, Spool, SpooledList
from embedprep.stored import CountedPart, StoredBlock
from embedprep.work import Work


class LocalText(NamedTuple):
    """A counted text, and who works on it.

    Where it is a section of another, so many records of its input are `records_before` it, and so
    many rows of all inputs of its part are `rows_before`.
    """

    counted: Counted
    work: Work
    records_before: int = 0
    rows_before: int = 0

    @property
    def n_running(self) -> int:
        return self.counted.n_running

    @property
    def rows_of_length(self) -> Counter[int]:
        return self.counted.training.rows_of_length

    @property
    def n_duplicates(self) -> int:
        return self.counted.n_duplicates

    def rank(self, max_words: int, min_count: int, unranked: Sequence[str]) -> RankedWords:
        return rank_words(self.counted.portions, max_words, min_count, unranked, self.work)

    def count_distinct(self) -> int:
        return count_distinct(self.counted.portions, self.work)

    def number(self, kept: Kept, specials: Specials, selection: Selection) -> LocalNumberedText:
        numbering = Numbering(self.counted.portions, kept, specials, self.work.spool)
        final = [_final_rows(part, numbering, selection, self.work) for part in self.counted.parts]
        return LocalNumberedText(self, numbering, selection, final)


class LocalNumberedText(NamedTuple):
    """A text whose words have indices, and what becomes of its rows, part by part."""

    text: LocalText
    numbering: Numbering
    selection: Selection
    final: list[_FinalRows]

    @property
    def counted(self) -> Counted:
        return self.text.counted

    @property
    def parts(self) -> list[FinalPart]:
        codes = self.counted.label_codes
        return [
            FinalPart(part.name, its.rows_of_length, its.blocks, its.labels.known(codes))
            for part, its in zip(self.counted.parts, self.final, strict=True)
        ]

    def check_labels(self, facts: LabelFacts) -> None:
        coding = Coding.of(facts, self.counted.label_codes)
        for part, its in zip(self.counted.parts, self.final, strict=True):
            check_labels(coding, its.labels, self._labels(part))

    def _labels(self, part: CountedPart) -> Iterator[PlacedLabels]:
        """The labels of the rows of a part that are not left out, block by block."""
        spool = self.text.work.spool
        for block in part.blocks:
            labels = block.placed_labels(spool, self.text.records_before)
            if self.selection.drop_empty:
                labels = labels.at(lengths_of(block, self.numbering, spool) > 0)
            yield labels

    def count_leaks(self) -> int:
        hashes = [its.hashes for its in self.final if its.hashes is not None]
        return count_leaks(hashes) if hashes else 0

    def count_duplicates(self, part: int) -> int:
        # The final ones are those of texts that hold a word; blank rows count where they stay.
        parts = self.final if self.selection.drop_empty else self.counted.parts
        hashes = parts[part].hashes
        return 0 if hashes is None else count_copies(hashes)

    def write(
        self,
        part: int,
        n_rows_of_piece: Sequence[int],
        layout: Layout,
        labels: LabelFacts | None,
        writers: Mapping[str, RowWriter],
    ) -> Written:
        return write_rows(
            self.counted.parts[part],
            n_rows_of_piece,
            numbering=self.numbering,
            layout=layout,
            coding=None if labels is None else Coding.of(labels, self.counted.label_codes),
            writers=writers,
            work=self.text.work,
            rows_before=self.text.rows_before,
        )


class _FinalRows(NamedTuple):
    """The rows of a part without those that are left out for being empty.

    `rows_of_length` and `blocks` are those of a `FinalPart`, whose pieces are blocks; `hashes` are
    those of texts that hold a word.
    """

    rows_of_length: Counter[int]
    blocks: Pieces
    labels: LabelUse
    hashes: Keys | None


def _final_rows(
    part: CountedPart, numbering: Numbering, selection: Selection, work: Work
) -> _FinalRows:
    labels, hashes = part.labels, part.hashes
    drops_words = numbering.drops_unknown or numbering.has_stretches
    changes_rows = selection.drop_empty or selection.splits_rows
    if not (drops_words or changes_rows or hashes is not None):
        n_rows = [block.n_rows for block in part.blocks]
        return _FinalRows(part.rows_of_length, n_rows, labels, hashes)

    rows_of_length = Counter[int]()
    n_left: list[int] = []
    lengths_left = _LengthsOfBlocks(work.spool)
    are_texts: list[Flags] = []
    labels_left = NO_LABELS
    for block in in_turn(work.engine, _final_block, _arguments(part, numbering, work)):
        left = block.rows_of_length
        if selection.drop_empty:
            del left[0]
        rows_of_length.update(left)
        labels_left = labels_left.united(block.labels)
        if selection.splits_rows:
            lengths_left.append(left)
        else:
            n_left.append(left.total())
        if hashes is not None:
            are_texts.append(block.holds_word)
    if selection.drop_empty:
        labels = labels_left
    if hashes is not None:
        hashes = hashes[np.concatenate([np.empty(0, np.bool_), *are_texts])]
    blocks: Pieces = lengths_left if selection.splits_rows else n_left
    return _FinalRows(rows_of_length, blocks, labels, hashes)


class _Lengths(NamedTuple):
    """In the spool: the lengths that rows of a block have, and how many rows have each."""

    lengths_and_rows: Record


class _LengthsOfBlocks:
    """How many rows of each block have each number of words: into how many rows they are split is
    known when the rectangle is chosen. Most of it is in the spool.
    """

    def __init__(self, spool: Spool) -> None:
        self._spool = spool
        self._blocks = SpooledList[_Lengths](spool, [_Lengths])

    def append(self, rows_of_length: Counter[int]) -> None:
        facts = (rows_of_length.keys(), rows_of_length.values())
        arrays = [np.fromiter(its, np.int32, len(rows_of_length)) for its in facts]
        self._blocks.append(_Lengths(self._spool.append(arrays)))

    def __len__(self) -> int:
        return len(self._blocks)

    def __iter__(self) -> Iterator[Counter[int]]:
        for block in self._blocks:
            lengths, n_rows = self._spool.read(block.lengths_and_rows)
            yield Counter(dict(zip(lengths.tolist(), n_rows.tolist(), strict=True)))


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
