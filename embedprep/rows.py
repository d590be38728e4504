"""How do encoded blocks become rows of the final file?

The second half of every job: each block's indices are renumbered by one gather, laid into the
rectangle and written to their own place.
"""

from __future__ import annotations

from collections import Counter
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from embedprep.arrays import ends_to_starts
from embedprep.dictionary import Lookup, WordArray
from embedprep.engines import Engine
from embedprep.npy import NpyWriter
from embedprep.rectangle import Rectangle
from embedprep.sequences import count_lengths, pad
from embedprep.specials import PAD_INDEX, UNK
from embedprep.spool import Spool

_CHUNK_BYTES = 4 << 20
"""Rows are laid out this many bytes at a time: a block may make many more."""


class Renumbering(NamedTuple):
    """What turns the indices of any block into those of the vocabulary."""

    words: Lookup
    first_index: int
    unknown_index: int
    of_table: list[NDArray[np.int32]]

    @classmethod
    def of(
        cls, words: Lookup, specials: dict[str, int], tables: list[Lookup], engine: Engine
    ) -> Renumbering:
        unknown = specials.get(UNK, PAD_INDEX)
        bare = cls(words, len(specials), unknown, [])
        found = [engine.submit(bare.indices_of, table.words) for table in tables]
        return bare._replace(of_table=engine.gather(found))

    @property
    def drops_unknown(self) -> bool:
        return self.unknown_index == PAD_INDEX

    def indices_of(self, words: WordArray) -> NDArray[np.int32]:
        """The vocabulary's index of each word, (words,)."""
        places = self.words.find(words)
        return np.where(places < 0, self.unknown_index, places + self.first_index).astype(np.int32)


class Ragged(NamedTuple):
    """The rows of a block before padding: `indices: (words,)`, `lengths: (rows,)`."""

    indices: NDArray[np.int32]
    lengths: NDArray[np.int32]
    n_unknown: int


def renumber(spool: Spool, number: int, renumbering: Renumbering) -> Ragged:
    """The rows of a block in the indices of the vocabulary."""
    [table], ids, lengths, text, word_lengths, keys = spool.read(number)
    own = WordArray(text, ends_to_starts(word_lengths), word_lengths, keys)
    index_of_id = np.concatenate([renumbering.of_table[table], renumbering.indices_of(own)])
    indices = index_of_id.take(ids)

    is_unknown = indices == renumbering.unknown_index
    n_unknown = int(np.count_nonzero(is_unknown))
    if renumbering.drops_unknown and n_unknown:
        unknown_before = np.concatenate([[0], np.cumsum(is_unknown)])
        ends = np.cumsum(lengths)
        lengths = np.diff(ends - unknown_before[ends], prepend=0).astype(np.int32)
        indices = indices[~is_unknown]
    return Ragged(indices, lengths, n_unknown)


def write_rows(
    spool: Spool,
    rows_of_block: list[int],
    renumbering: Renumbering,
    rectangle: Rectangle,
    engine: Engine,
    sequences: NpyWriter,
    lengths: NpyWriter | None,
) -> int:
    """Write every block's rows and lengths; the number of running words that are unknown."""

    def write_block(number: int, first_row: int) -> int:
        ragged = renumber(spool, number, renumbering)
        if lengths is not None:
            lengths.write(first_row, ragged.lengths)
        rows_at_once = max(1, _CHUNK_BYTES // rectangle.row_bytes)
        ends = np.concatenate([[0], np.cumsum(ragged.lengths)])
        for row in range(0, len(ragged.lengths), rows_at_once):
            some = ragged.lengths[row : row + rows_at_once]
            indices = ragged.indices[ends[row] : ends[row + len(some)]]
            sequences.write(first_row + row, pad(indices, some, rectangle))
        return ragged.n_unknown

    first_rows = np.concatenate([[0], np.cumsum(rows_of_block)]).tolist()
    written = [
        engine.submit(write_block, number, first_rows[number])
        for number in range(len(rows_of_block))
    ]
    return sum(engine.gather(written))


def lengths_after_drop(spool: Spool, renumbering: Renumbering, engine: Engine) -> Counter[int]:
    """How many rows have each length once unknown words have vanished."""

    def lengths_of(number: int) -> NDArray[Any]:
        return renumber(spool, number, renumbering).lengths

    rows_of_length: Counter[int] = Counter()
    for future in [engine.submit(lengths_of, number) for number in range(len(spool))]:
        count_lengths(future.result(), rows_of_length)
    return rows_of_length
