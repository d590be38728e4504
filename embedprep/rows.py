"""How do encoded blocks become rows of the final file?

The second half of every job: each block's indices are renumbered by one gather, laid into the
rectangle and written to their own place.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import reduce
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from embedprep.arrays import row_chunks, starts_of
from embedprep.engines import in_turn
from embedprep.handover import Layout, Written
from embedprep.labels import Coding, labels_of_rows
from embedprep.npy import RowWriter
from embedprep.numbering import Numbering
from embedprep.output import DOCUMENTS, LABELS, LENGTHS, SEQUENCES
from embedprep.sequences import (
    drop_index,
    pad_between_marks,
    split_long,
    unfold_lengths,
    unfold_rows,
)
from embedprep.specials import PAD_INDEX
from embedprep.spool import Spool
from embedprep.stored import CountedPart, StoredBlock
from embedprep.work import Work


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
    numbers = numbering.of(block)
    index_of_id = numbers.of_ids(block, spool)
    ids, lengths = spool.read(block.ids)
    indices = index_of_id.take(ids)
    if numbers.stretches is not None and _holds_stretches(index_of_id):
        indices, lengths = unfold_rows(indices, lengths, *numbers.stretches)
    n_unknown = int(np.count_nonzero(indices == numbering.specials.unknown_index))
    n_words = len(indices)
    if numbering.drops_unknown and n_unknown:
        indices, lengths = drop_index(indices, lengths, PAD_INDEX)
    return Ragged(indices, lengths, n_words, n_unknown)


def _holds_stretches(index_of_id: NDArray[np.int32]) -> bool:
    return bool(index_of_id.min(initial=0) < 0)


def lengths_of(block: StoredBlock, numbering: Numbering, spool: Spool) -> NDArray[np.int32]:
    """How many words each row has once stretches are words and unknown ones gone, (rows,)."""
    if numbering.drops_unknown:
        return renumber(block, numbering, spool).lengths
    numbers = numbering.of(block)
    index_of_id = numbers.of_ids(block, spool)
    ids, lengths = spool.read(block.ids)
    if numbers.stretches is not None and _holds_stretches(index_of_id):
        lengths = unfold_lengths(index_of_id.take(ids), lengths, numbers.stretches[2])
    of_rows: NDArray[np.int32] = lengths
    return of_rows


def write_rows(
    part: CountedPart,
    n_rows_of_block: Sequence[int],
    *,
    numbering: Numbering,
    layout: Layout,
    coding: Coding | None,
    writers: Mapping[str, RowWriter],
    work: Work,
    rows_before: int = 0,
) -> Written:
    """Write every row of a part, and what belongs to it, into the files that have a writer.

    So many input rows are `rows_before` those that were counted.
    """
    rectangle, specials = layout.rectangle, numbering.specials
    dtype = np.dtype(rectangle.dtype)

    def write_block(block: StoredBlock, first_row: int) -> Written:
        ragged = renumber(block, numbering, work.spool)
        indices, lengths = ragged.indices, ragged.lengths
        row = np.arange(len(lengths))  # of the block, as it is stored
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
            labels = block.placed_labels(work.spool).labels
            for chunk in row_chunks(len(row), coding.facts.array(1).row_bytes):
                of_rows = coding.encode(labels_of_rows(labels, row[chunk]))
                writers[LABELS].write(first_row + chunk.start, of_rows)
        if DOCUMENTS in writers:
            numbers = block.numbers_in_block(work.spool)
            input_rows = rows_before + block.first_input_row + numbers
            writers[DOCUMENTS].write(first_row, input_rows[row])
        ends = np.concatenate([[0], np.cumsum(lengths)])
        for chunk in row_chunks(len(lengths), rectangle.row_bytes):
            words = indices[ends[chunk.start] : ends[chunk.stop]].astype(dtype, copy=False)
            rows = pad_between_marks(words, lengths[chunk], rectangle, specials)
            writers[SEQUENCES].write(first_row + chunk.start, rows)
        return Written(ragged.n_words, ragged.n_unknown)

    first_rows = starts_of(np.array(n_rows_of_block, np.int64)).tolist()
    written = in_turn(work.engine, write_block, zip(part.blocks, first_rows, strict=True))
    return reduce(Written.plus, written, Written(0, 0))
