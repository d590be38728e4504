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
    unfold_lengths,
    unfold_rows,
)
from embedprep.specials import PAD_INDEX
from embedprep.spool import Spool
from embedprep.stored import CountedPart, StoredBlock
from embedprep.work import Work

_PLACE_BYTES = 16
"""Where the words of a row are, and which row of the block it is of."""


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
    row_bytes = rectangle.row_bytes + _PLACE_BYTES
    if LABELS in writers:
        assert coding is not None
        row_bytes += coding.facts.array(1).row_bytes

    def write_block(block: StoredBlock, first_row: int) -> Written:
        ragged = renumber(block, numbering, work.spool)
        row = np.arange(len(ragged.lengths))  # of the block, as it is stored
        if layout.drop_empty:
            row = row[ragged.lengths > 0]
        windows = layout.windows(ragged.lengths[row], specials.n_marks)
        if LABELS in writers:
            labels = block.placed_labels(work.spool).labels
            label_starts = starts_of(labels.per_row)
        if DOCUMENTS in writers:
            first_input_row = rows_before + block.first_input_row
            input_rows = first_input_row + block.numbers_in_block(work.spool)
        for chunk in row_chunks(windows.n_windows, row_bytes):
            at = first_row + chunk.start
            starts, lengths, of_row = windows.at(chunk)
            if LENGTHS in writers:
                writers[LENGTHS].write(at, lengths + np.int32(specials.n_marks))
            if LABELS in writers:
                assert coding is not None
                of_rows = labels_of_rows(labels, label_starts, row[of_row])
                writers[LABELS].write(at, coding.encode(of_rows))
            if DOCUMENTS in writers:
                writers[DOCUMENTS].write(at, input_rows[row[of_row]])
            words = ragged.indices[starts[0] : starts[-1] + lengths[-1]]
            words = words.astype(dtype, copy=False)
            rows = pad_between_marks(words, lengths, rectangle, specials, starts - starts[0])
            writers[SEQUENCES].write(at, rows)
        return Written(ragged.n_words, ragged.n_unknown)

    first_rows = starts_of(np.array(n_rows_of_block, np.int64)).tolist()
    written = in_turn(work.engine, write_block, zip(part.blocks, first_rows, strict=True))
    return reduce(Written.plus, written, Written(0, 0))
