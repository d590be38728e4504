"""What waits of a text until its words are ranked? Rows, block by block, part by part."""

from __future__ import annotations

from collections import Counter
from typing import NamedTuple

import numpy as np

from embedprep.arrays import Ints, Keys
from embedprep.labels import LabelUse, PlacedLabels, RowLabels
from embedprep.spool import Record, Spool, SpooledList


class StoredBlock(NamedTuple):
    """Rows of one block and one part, waiting in the spool.

    `portion` is the number of the portion of the text that the block is of, `table` and `block` are
    those of its table and of the block itself there. In the spool are, by their records, the rows'
    `ids` and words per row; their `labels` and how many each row has, None where none has one; and
    their `numbers` in the block, None where all of its rows are here. The block begins with the
    input's record `first_record`, from 0, of `source`, and with row `first_input_row` of its part.
    """

    n_rows: int
    portion: int
    table: int
    block: int
    ids: Record
    labels: Record | None
    numbers: Record | None
    source: str
    first_record: int
    first_input_row: int

    def numbers_in_block(self, spool: Spool) -> Ints:
        """The numbers of the rows in the block, (rows,)."""
        if self.numbers is None:
            return np.arange(self.n_rows)
        [numbers] = spool.read(self.numbers)
        return numbers.astype(np.int64)

    def placed_labels(self, spool: Spool, records_before: int = 0) -> PlacedLabels:
        """The labels of the rows, and the records that these are of; so many are before those that
        were counted.
        """
        labels = RowLabels(np.empty(0, np.int32), np.zeros(self.n_rows, np.int32))
        if self.labels is not None:
            labels = RowLabels(*spool.read(self.labels))
        records = records_before + self.first_record + 1 + self.numbers_in_block(spool)
        return PlacedLabels(labels, self.source, records)


class CountedPart(NamedTuple):
    """The rows of a part: their blocks, how many have each number of ids, and the use of labels.

    `hashes: (rows,)` are those of the rows' texts where there are held-out parts, or where copies
    are counted.
    """

    name: str
    blocks: SpooledList[StoredBlock]
    rows_of_length: Counter[int]
    labels: LabelUse
    hashes: Keys | None
