"""How do encoded blocks become rows of the final file?

The second half of every job: each block's indices are renumbered by one gather, laid into the
rectangle and written to their own place.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from embedprep.dictionary import Lookup, WordArray
from embedprep.dictionary.keys import concatenate
from embedprep.engines import Engine
from embedprep.npy import NpyWriter
from embedprep.rectangle import Rectangle
from embedprep.sequences import count_lengths, drop_index, pad
from embedprep.specials import PAD_INDEX, UNK
from embedprep.spool import Spool
from embedprep.work import Work

_CHUNK_BYTES = 4 << 20
"""Rows are laid out this many bytes at a time: a block may make many more."""

_BLOCKS_AT_ONCE = 4


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


def renumber(spool: Spool, numbers: range, renumbering: Renumbering) -> Iterator[Ragged]:
    """The rows of some blocks, one after the other, in the indices of the vocabulary."""
    records = [spool.read(number) for number in numbers]
    own_words = concatenate(
        [WordArray(text, starts, lengths, keys) for _, _, _, text, starts, lengths, keys in records]
    )
    index_of_own = renumbering.indices_of(own_words)

    first_own = 0
    for [table], ids, lengths, _, starts, _, _ in records:
        own = index_of_own[first_own : first_own + len(starts)]
        first_own += len(starts)
        index_of_id = np.concatenate([renumbering.of_table[table], own])
        yield _gather(index_of_id, ids, lengths, renumbering)


def _gather(
    index_of_id: NDArray[np.int32],
    ids: NDArray[Any],
    lengths: NDArray[np.int32],
    renumbering: Renumbering,
) -> Ragged:
    """The rows of a block; its unknown words are counted, and taken out if they are to go."""
    indices = index_of_id.take(ids)
    n_unknown = int(np.count_nonzero(indices == renumbering.unknown_index))
    if renumbering.drops_unknown and n_unknown:
        indices, lengths = drop_index(indices, lengths, renumbering.unknown_index)
    return Ragged(indices, lengths, n_unknown)


def write_rows(
    rows_of_block: list[int],
    renumbering: Renumbering,
    rectangle: Rectangle,
    work: Work,
    sequences: NpyWriter,
    *,
    lengths: NpyWriter | None = None,
) -> int:
    """Write every block's rows and lengths; the number of running words that are unknown."""
    first_rows = np.concatenate([[0], np.cumsum(rows_of_block)]).tolist()

    def write_blocks(numbers: range) -> int:
        n_unknown = 0
        blocks = renumber(work.spool, numbers, renumbering)
        for number, ragged in zip(numbers, blocks, strict=True):
            if lengths is not None:
                lengths.write(first_rows[number], ragged.lengths)
            _write_ragged(ragged, first_rows[number], rectangle, sequences)
            n_unknown += ragged.n_unknown
        return n_unknown

    written = [work.engine.submit(write_blocks, some) for some in _together(work.spool)]
    return sum(work.engine.gather(written))


def _write_ragged(
    ragged: Ragged, first_row: int, rectangle: Rectangle, sequences: NpyWriter
) -> None:
    rows_at_once = max(1, _CHUNK_BYTES // rectangle.row_bytes)
    ends = np.concatenate([[0], np.cumsum(ragged.lengths)])
    for row in range(0, len(ragged.lengths), rows_at_once):
        some = ragged.lengths[row : row + rows_at_once]
        indices = ragged.indices[ends[row] : ends[row + len(some)]]
        indices = indices.astype(rectangle.dtype, copy=False)
        sequences.write(first_row + row, pad(indices, some, rectangle))


def _together(spool: Spool) -> list[range]:
    """The numbers of the blocks, a few at a time: so their words are looked up at once."""
    n_blocks = len(spool)
    return [
        range(number, min(number + _BLOCKS_AT_ONCE, n_blocks))
        for number in range(0, n_blocks, _BLOCKS_AT_ONCE)
    ]


def lengths_after_drop(renumbering: Renumbering, work: Work) -> Counter[int]:
    """How many rows have each length once unknown words have vanished."""

    def lengths_of(numbers: range) -> Counter[int]:
        found: Counter[int] = Counter()
        for block in renumber(work.spool, numbers, renumbering):
            count_lengths(block.lengths, found)
        return found

    counted = [work.engine.submit(lengths_of, some) for some in _together(work.spool)]
    rows_of_length: Counter[int] = Counter()
    for found in work.engine.gather(counted):
        rows_of_length.update(found)
    return rows_of_length
