"""How do encoded blocks become rows of the final file?

The second half of every job: each block's indices are renumbered by one gather, laid into the
rectangle and written to their own place.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from embedprep.arrays import Ints, free_indices, starts_of, take_ragged
from embedprep.counting import Counted
from embedprep.engines import Future
from embedprep.intake import StoredBlock
from embedprep.npy import NpyWriter
from embedprep.rectangle import Rectangle
from embedprep.sequences import (
    count_lengths,
    drop_index,
    pad_between_marks,
    unfold_lengths,
    unfold_rows,
)
from embedprep.specials import PAD_INDEX, Specials
from embedprep.spool import Spool
from embedprep.unfolding import Unfolding
from embedprep.work import Work

_CHUNK_BYTES = 4 << 20
"""Rows are laid out this many bytes at a time: a block may make many more."""


class Numbering(NamedTuple):
    """The vocabulary's index of everything that the first half knows of.

    `of_place: (places,)` and for each table `of_table: (words of table,)`. A number below zero
    stands for a stretch of no word or of several, -1 for the first of these: `stretches` are their
    words as a ragged array.
    """

    of_place: NDArray[np.int32]
    of_table: list[NDArray[np.int32]]
    stretches: tuple[NDArray[np.int32], Ints, Ints] | None
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
        return cls(of_place, of_table, stretches, specials)

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
    """The words of a block before padding: `indices: (words,)`, `lengths: (rows,)`."""

    indices: NDArray[np.int32]
    lengths: NDArray[np.int32]
    n_unknown: int


def renumber(block: StoredBlock, numbering: Numbering, spool: Spool) -> Ragged:
    """The words of a block; unknown ones are counted, and taken out if they are to go."""
    index_of_id = _index_of_id(block, numbering, spool)
    ids, lengths = spool.read(block.record)
    indices = index_of_id.take(ids)
    if numbering.stretches is not None and _holds_stretches(index_of_id):
        indices, lengths = unfold_rows(indices, lengths, *numbering.stretches)
    n_unknown = int(np.count_nonzero(indices == numbering.specials.unknown_index))
    if numbering.drops_unknown and n_unknown:
        indices, lengths = drop_index(indices, lengths, PAD_INDEX)
    return Ragged(indices, lengths, n_unknown)


def _index_of_id(block: StoredBlock, numbering: Numbering, spool: Spool) -> NDArray[np.int32]:
    """The number of each id of a block, (distinct words,)."""
    of_table = numbering.of_table[block.table]
    if block.own_record is None:
        return of_table
    [own] = spool.read(block.own_record)
    return np.concatenate([of_table, numbering.of_place.take(own)])


def _holds_stretches(index_of_id: NDArray[np.int32]) -> bool:
    return bool(index_of_id.min(initial=0) < 0)


def write_rows(
    blocks: list[StoredBlock],
    numbering: Numbering,
    rectangle: Rectangle,
    work: Work,
    sequences: NpyWriter,
    *,
    lengths: NpyWriter | None = None,
) -> int:
    """Write every block's rows and lengths; the number of running words that are unknown."""

    def write_block(block: StoredBlock, first_row: int) -> int:
        ragged = renumber(block, numbering, work.spool)
        if lengths is not None:
            lengths.write(first_row, ragged.lengths + numbering.specials.n_marks)
        _write_ragged(ragged, first_row, rectangle, numbering.specials, sequences)
        return ragged.n_unknown

    first_rows = starts_of(np.array([block.n_rows for block in blocks]))
    written = [
        work.engine.submit(write_block, block, first_row)
        for block, first_row in zip(blocks, first_rows.tolist(), strict=True)
    ]
    n_unknown: Future[int] = work.engine.reduce(sum, written)
    return work.engine.gather([n_unknown])[0]


def _write_ragged(
    ragged: Ragged,
    first_row: int,
    rectangle: Rectangle,
    specials: Specials,
    sequences: NpyWriter,
) -> None:
    rows_at_once = max(1, _CHUNK_BYTES // rectangle.row_bytes)
    ends = np.concatenate([[0], np.cumsum(ragged.lengths)])
    for row in range(0, len(ragged.lengths), rows_at_once):
        some = ragged.lengths[row : row + rows_at_once]
        indices = ragged.indices[ends[row] : ends[row + len(some)]]
        indices = indices.astype(rectangle.dtype, copy=False)
        sequences.write(first_row + row, pad_between_marks(indices, some, rectangle, specials))


def count_final_lengths(
    blocks: list[StoredBlock], numbering: Numbering, work: Work
) -> Counter[int]:
    """How many rows have each number of words, once stretches are words and unknown ones gone."""

    def lengths_of(block: StoredBlock) -> Counter[int]:
        index_of_id = _index_of_id(block, numbering, work.spool)
        if not numbering.drops_unknown:
            ids, lengths = work.spool.read(block.record)
            if numbering.stretches is not None and _holds_stretches(index_of_id):
                lengths = unfold_lengths(index_of_id.take(ids), lengths, numbering.stretches[2])
            return count_lengths(lengths)
        return count_lengths(renumber(block, numbering, work.spool).lengths)

    found = [work.engine.submit(lengths_of, block) for block in blocks]
    [rows_of_length] = work.engine.gather([work.engine.reduce(_add_up, found)])
    return rows_of_length


def _add_up(counters: Sequence[Counter[int]]) -> Counter[int]:
    return sum(counters, Counter())
