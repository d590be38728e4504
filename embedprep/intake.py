"""How do encoded blocks reach the spool, in the order of the text?"""

from __future__ import annotations

from collections import Counter, deque
from collections.abc import Callable, Iterable, Iterator
from typing import Generic, NamedTuple, TypeVar

import numpy as np

from embedprep.arrays import Ints
from embedprep.dictionary import EncodedBlock
from embedprep.engines import Future
from embedprep.errors import InputError, LineError
from embedprep.sequences import count_lengths
from embedprep.sources import Block
from embedprep.work import Work

_ROWS_COUNTED_AT_ONCE = 1 << 20
"""Lengths wait until there are so many: one `np.unique` then serves many blocks of long lines."""

T = TypeVar("T")


class StoredBlock(NamedTuple):
    """Where an encoded block waits: the number of its table, and of its records in the spool.

    One record is its ids and its words per row; the other, where there is one, the places of its
    own words.
    """

    n_rows: int
    table: int
    record: int
    own_record: int | None = None


class _InFlight(NamedTuple, Generic[T]):
    """A block that is being encoded against one of the tables."""

    source: str
    table: int
    encoded: Future[T]


class Intake(Generic[T]):
    """The blocks on their way into the spool.

    `take_in` is told of each result in the order of the text, with the number of its table, and
    gives what is to be stored of it.
    """

    def __init__(self, work: Work, take_in: Callable[[int, T], EncodedBlock]) -> None:
        self.blocks: list[StoredBlock] = []
        self._engine, self._spool = work.engine, work.spool
        self._take_in = take_in
        self._in_flight: deque[_InFlight[T]] = deque()
        self._rows_of_source: Counter[str] = Counter()
        self._rows_of_length: Counter[int] = Counter()
        self._lengths: list[Ints] = []
        self._n_lengths = 0

    @property
    def n_in_flight(self) -> int:
        return len(self._in_flight)

    def watch(self, blocks: Iterable[Block]) -> Iterator[Block]:
        """The blocks; an error in reading one waits until those before it are found to be right."""
        try:
            yield from blocks
        except LineError as error:
            self.collect(down_to=0)
            raise error.at(self._rows_of_source[error.source]) from None
        except InputError:
            self.collect(down_to=0)
            raise

    def add(self, source: str, table: int, encoded: Future[T]) -> None:
        """Take on a block that is being encoded; wait while more than two a worker are."""
        self._in_flight.append(_InFlight(source, table, encoded))
        self.collect(down_to=2 * self._engine.n_workers)

    def collect(self, down_to: int) -> None:
        """Take in the finished blocks, and wait until at most `down_to` are in flight."""
        while self._in_flight and (
            len(self._in_flight) > down_to or self._in_flight[0].encoded.done()
        ):
            source, table, future = self._in_flight.popleft()
            try:
                [result] = self._engine.gather([future])
            except LineError as error:
                raise error.at(self._rows_of_source[source]) from None
            encoded = self._take_in(table, result)
            self._rows_of_source[source] += len(encoded.per_row)
            self._store(table, encoded)

    def _store(self, table: int, encoded: EncodedBlock) -> None:
        record = self._spool.append([encoded.ids, encoded.per_row.astype(np.int32)])
        self.blocks.append(StoredBlock(len(encoded.per_row), table, record))
        self._lengths.append(encoded.per_row)
        self._n_lengths += len(encoded.per_row)
        if self._n_lengths >= _ROWS_COUNTED_AT_ONCE:
            self.rows_of_length()

    def rows_of_length(self) -> Counter[int]:
        """How many rows have each length, of all blocks so far."""
        lengths = np.concatenate([np.empty(0, np.int64), *self._lengths])
        self._rows_of_length.update(count_lengths(lengths))
        self._lengths = []
        self._n_lengths = 0
        return self._rows_of_length
