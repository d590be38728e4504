"""How do encoded blocks become rows of the final file?

The second half of every job: each block's indices are renumbered by one gather, laid into the
rectangle and written to their own place.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from embedprep.arrays import Ints, free_indices, row_chunks, starts_of, take_ragged
from embedprep.counting import Counted
from embedprep.engines import Future
from embedprep.intake import CountedPart, StoredBlock
from embedprep.labels import Coding, labels_of_rows
from embedprep.npy import ArrayWriter
from embedprep.output import DOCUMENTS, LABELS, LENGTHS, SEQUENCES
from embedprep.rectangle import Rectangle
from embedprep.sequences import (
    drop_index,
    n_windows,
    pad_between_marks,
    split_long,
    unfold_lengths,
    unfold_rows,
)
from embedprep.specials import PAD_INDEX, Specials
from embedprep.spool import Spool
from embedprep.unfolding import Unfolding
from embedprep.work import Work


class Numbering(NamedTuple):
    """The vocabulary's index of everything that the first half knows of.

    `of_place: (places,)` and for each table `of_table: (words of table,)`. A number below zero
    stands for a stretch of no word or of several, -1 for the first of these: `stretches` are their
    words as a ragged array.
    """

    of_place: NDArray[np.int32]
    of_table: list[NDArray[np.int32]]
    stretches: tuple[NDArray[np.int32], Ints, Ints] | None
    own_records: list[int]
    specials: Specials

    @classmethod
    def of(cls, kept: Ints, specials: Specials, counted: Counted) -> Numbering:
        """Number the words at the places `kept: (kept words,)`, in this order, beside specials.

        A place below 0 is that of a word which the text does not hold.
        """
        of_word = np.full(counted.dictionary.words.n_words, specials.unknown_index, np.int32)
        is_there = kept >= 0
        of_word[kept[is_there]] = free_indices(specials.by_name.values(), len(kept))[is_there]
        of_place, stretches = of_word, None
        if counted.unfolding is not None:
            of_place, stretches = _number_stretches(of_word, counted.unfolding)
        of_table = [of_place.take(places) for places in counted.places_of_table]
        return cls(of_place, of_table, stretches, counted.own_records, specials)

    @property
    def drops_unknown(self) -> bool:
        return self.specials.unknown_index == PAD_INDEX


def _number_stretches(
    of_word: NDArray[np.int32], unfolding: Unfolding
) -> tuple[NDArray[np.int32], tuple[NDArray[np.int32], Ints, Ints]]:
    """The number of each stretch, and those that are not one word as a ragged array of indices."""
    is_other = unfolding.lengths != 1
    of_place = np.empty(len(is_other), np.int32)
    of_place[~is_other] = of_word[unfolding.words[unfolding.starts[~is_other]]]
    of_place[is_other] = -1 - np.arange(np.count_nonzero(is_other))
    lengths = unfolding.lengths[is_other]
    words = take_ragged(unfolding.words, unfolding.starts[is_other], lengths)
    return of_place, (of_word[words], starts_of(lengths), lengths)


class Ragged(NamedTuple):
    """The words of a block before padding: `indices: (words,)`, `lengths: (rows,)`.

    Of its `n_words` running words `n_unknown` are unknown.
    """

    indices: NDArray[np.int32]
    lengths: NDArray[np.int32]
    n_words: int
    n_unknown: int


def renumber(block: StoredBlock, numbering: Numbering, spool: Spool) -> Ragged:
    """The words of a block; unknown ones are counted, and taken out if they are to go."""
    index_of_id = _index_of_id(block, numbering, spool)
    ids, lengths = spool.read(block.record)
    indices = index_of_id.take(ids)
    if numbering.stretches is not None and _holds_stretches(index_of_id):
        indices, lengths = unfold_rows(indices, lengths, *numbering.stretches)
    n_unknown = int(np.count_nonzero(indices == numbering.specials.unknown_index))
    n_words = len(indices)
    if numbering.drops_unknown and n_unknown:
        indices, lengths = drop_index(indices, lengths, PAD_INDEX)
    return Ragged(indices, lengths, n_words, n_unknown)


def _index_of_id(block: StoredBlock, numbering: Numbering, spool: Spool) -> NDArray[np.int32]:
    """The number of each id of a block, (distinct words,)."""
    [own] = spool.read(numbering.own_records[block.block])
    return np.concatenate([numbering.of_table[block.table], numbering.of_place.take(own)])


def _holds_stretches(index_of_id: NDArray[np.int32]) -> bool:
    return bool(index_of_id.min(initial=0) < 0)


class Layout(NamedTuple):
    """How the rows of a part are laid out: which are left out, and which are split.

    `stride` is None where long rows are truncated.
    """

    rectangle: Rectangle
    drop_empty: bool
    stride: int | None

    def n_rows(self, lengths: NDArray[np.int32], n_marks: int) -> int:
        """How many rows are made of some, of which `lengths: (rows,)` are the numbers of words."""
        if self.drop_empty:
            lengths = lengths[lengths > 0]
        if self.stride is None:
            return len(lengths)
        room = self.rectangle.max_len - n_marks
        return int(n_windows(lengths, room, self.stride).sum())


class Written(NamedTuple):
    """How many running words were written, and how many of them are unknown."""

    n_words: int
    n_unknown: int


def write_rows(
    part: CountedPart,
    n_rows_of_block: Sequence[int],
    *,
    numbering: Numbering,
    layout: Layout,
    coding: Coding | None,
    writers: Mapping[str, ArrayWriter],
    work: Work,
) -> Written:
    """Write every row of a part, and what belongs to it, into the files that have a writer."""
    rectangle, specials = layout.rectangle, numbering.specials
    dtype = np.dtype(rectangle.dtype)
    label_starts = starts_of(part.labels.per_row) if LABELS in writers else np.empty(0, np.int64)

    def write_block(block: StoredBlock, first_row: int, first_stored: int) -> Written:
        ragged = renumber(block, numbering, work.spool)
        indices, lengths = ragged.indices, ragged.lengths
        row = np.arange(first_stored, first_stored + len(lengths))  # of the part, as it is stored
        if layout.drop_empty:
            row, lengths = row[lengths > 0], lengths[lengths > 0]
        if layout.stride is not None:
            room = rectangle.max_len - specials.n_marks
            indices, lengths, of_row = split_long(indices, lengths, room, layout.stride)
            row = row[of_row]
        if LENGTHS in writers:
            writers[LENGTHS].write(first_row, lengths + specials.n_marks)
        if LABELS in writers:
            assert coding is not None
            for chunk in row_chunks(len(row), coding.array(1).row_bytes):
                labels = labels_of_rows(part.labels, label_starts, row[chunk])
                writers[LABELS].write(first_row + chunk.start, coding.encode(labels))
        if DOCUMENTS in writers:
            assert part.input_rows is not None
            writers[DOCUMENTS].write(first_row, part.input_rows[row])
        ends = np.concatenate([[0], np.cumsum(lengths)])
        for chunk in row_chunks(len(lengths), rectangle.row_bytes):
            words = indices[ends[chunk.start] : ends[chunk.stop]].astype(dtype, copy=False)
            rows = pad_between_marks(words, lengths[chunk], rectangle, specials)
            writers[SEQUENCES].write(first_row + chunk.start, rows)
        return Written(ragged.n_words, ragged.n_unknown)

    first_rows = starts_of(np.array(n_rows_of_block, np.int64))
    first_stored = starts_of(np.array([block.n_rows for block in part.blocks], np.int64))
    written = [
        work.engine.submit(write_block, block, *firsts)
        for block, *firsts in zip(
            part.blocks, first_rows.tolist(), first_stored.tolist(), strict=True
        )
    ]
    # Added up where the work is done; a part may have no block at all.
    of_blocks: list[Future[Written] | Written] = [Written(0, 0), *written]
    [total] = work.engine.gather([work.engine.reduce(_add_up, of_blocks)])
    return total


def _add_up(written: Sequence[Written]) -> Written:
    return Written(sum(w.n_words for w in written), sum(w.n_unknown for w in written))


def final_lengths(part: CountedPart, numbering: Numbering, work: Work) -> list[NDArray[np.int32]]:
    """How many words each row of each block has, once stretches are words and unknown ones gone."""

    def lengths_of(block: StoredBlock) -> NDArray[np.int32]:
        index_of_id = _index_of_id(block, numbering, work.spool)
        if numbering.drops_unknown:
            return renumber(block, numbering, work.spool).lengths
        ids, lengths = work.spool.read(block.record)
        if numbering.stretches is not None and _holds_stretches(index_of_id):
            lengths = unfold_lengths(index_of_id.take(ids), lengths, numbering.stretches[2])
        of_rows: NDArray[np.int32] = lengths
        return of_rows

    return work.engine.gather([work.engine.submit(lengths_of, block) for block in part.blocks])
