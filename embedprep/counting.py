"""Which words does a text hold, and how does it read as indices into its own dictionaries?

The first half of every job. Each block is encoded against a table of known words and its own
dictionary. The known words are the most frequent ones so far: whenever the blocks' own words,
repeats included, are more than twice those that were merged before, all are merged and the table
is drawn anew. Which words it holds changes the speed and never the result.
"""

from __future__ import annotations

from collections import Counter, deque
from collections.abc import Iterable, Iterator
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from embedprep.arrays import Ints
from embedprep.dictionary import (
    Dictionary,
    EncodedBlock,
    Lookup,
    Secret,
    empty_dictionary,
    encode_words,
    merge,
    merge_into,
    most_frequent,
)
from embedprep.engines import Future
from embedprep.errors import InputError, LineError
from embedprep.sequences import count_lengths
from embedprep.sources import Block, Reading
from embedprep.text import text_of
from embedprep.tokenizer.settings import TokenizerSettings
from embedprep.tokenizer.words import find_words
from embedprep.work import Work

KNOWN_WORDS = 45_000
"""Words in the table: with those of a block, they still count in 16 bits."""


_ROWS_COUNTED_AT_ONCE = 1 << 20
"""Lengths wait until there are so many: one `np.unique` then serves many blocks of long lines."""


class Counted(NamedTuple):
    """A text as the first half leaves it; its indices are in the spool, a record a block."""

    dictionary: Dictionary | None
    tables: list[Lookup]
    rows_of_block: list[int]
    rows_of_length: Counter[int]

    @property
    def n_rows(self) -> int:
        return sum(self.rows_of_block)

    @property
    def n_words(self) -> int:
        return sum(length * rows for length, rows in self.rows_of_length.items())


def encode_text(
    block: Block, reading: Reading, tokenizer: TokenizerSettings, known: Lookup, secret: Secret
) -> EncodedBlock:
    """A block of text as indices: check it, find its words, look them up."""
    return encode_words(find_words(text_of(block, reading), tokenizer), known, secret)


def count(
    blocks: Iterable[Block],
    reading: Reading,
    tokenizer: TokenizerSettings,
    work: Work,
    vocabulary: Lookup | None = None,
) -> Counted:
    """Encode all blocks. With a `vocabulary` its words are the known ones throughout.

    The dictionary is of all words; with a vocabulary there is none, as no one needs it.
    Raises InputError for a line that is wrong, the first one of the text.
    """
    counting = _Count(work, vocabulary)
    for block in _in_order_of_errors(blocks, counting):
        counting.collect(down_to=2 * work.engine.n_workers)
        known = counting.table_for_next_block()
        future = work.engine.submit(encode_text, block, reading, tokenizer, known, work.secret)
        counting.in_flight.append(_InFlight(block.source, len(counting.tables) - 1, future))
    return counting.finish()


def _in_order_of_errors(blocks: Iterable[Block], counting: _Count) -> Iterator[Block]:
    """The blocks; an error in reading one waits until those before it are found to be right."""
    try:
        yield from blocks
    except LineError as error:
        counting.collect(down_to=0)
        raise error.at(counting.rows_of_source[error.source]) from None
    except InputError:
        counting.collect(down_to=0)
        raise


class _InFlight(NamedTuple):
    """A block that is being encoded against one of the tables."""

    source: str
    table: int
    encoded: Future[EncodedBlock]


class _Count:
    """What is known of the text so far."""

    def __init__(self, work: Work, vocabulary: Lookup | None) -> None:
        self.engine, self.secret, self.spool = work
        self.has_vocabulary = vocabulary is not None
        empty = empty_dictionary(self.secret)
        self.total = empty
        first = vocabulary or Lookup(empty.words, self.secret)
        self.tables = [_Table(first, np.arange(first.n_words), np.zeros(first.n_words, np.int64))]
        self.new: list[Dictionary] = []
        self.in_flight: deque[_InFlight] = deque()
        self.merging: Future[_Merged] | None = None
        self.rows_of_block: list[int] = []
        self.rows_of_source: Counter[str] = Counter()
        self.lengths: list[Ints] = []
        self.n_lengths = 0
        self.rows_of_length: Counter[int] = Counter()

    def table_for_next_block(self) -> Lookup:
        """The table for the next block; for the second one, the words of the first are awaited."""
        if not self.has_vocabulary:
            if len(self.tables) == 1 and self.in_flight:
                self.collect(down_to=0)
            n_new = sum(part.words.n_words for part in self.new)
            if self.merging is None and n_new > 2 * self.total.words.n_words:
                self._start_merging()
            if self.merging is not None and (len(self.tables) == 1 or self.merging.done()):
                self._adopt()
        return self.tables[-1].lookup

    def collect(self, down_to: int) -> None:
        """Take in the finished blocks, and wait until at most `down_to` are in flight."""
        while self.in_flight and (
            len(self.in_flight) > down_to or self.in_flight[0].encoded.done()
        ):
            source, table, future = self.in_flight.popleft()
            try:
                [encoded] = self.engine.gather([future])
            except LineError as error:
                raise error.at(self.rows_of_source[source]) from None
            counts = self.tables[table].counts
            counts += encoded.counts[: len(counts)]
            if not self.has_vocabulary:
                own_counts = encoded.counts[len(counts) :].copy()  # a view would keep them all
                self.new.append(Dictionary(encoded.own, own_counts))
            self.rows_of_block.append(len(encoded.per_row))
            self.rows_of_source[source] += len(encoded.per_row)
            self.lengths.append(encoded.per_row)
            self.n_lengths += len(encoded.per_row)
            if self.n_lengths >= _ROWS_COUNTED_AT_ONCE:
                self._count_lengths()
            self.spool.append(to_record(table, encoded))

    def _count_lengths(self) -> None:
        """Count the rows of the blocks that are not yet counted, all at once."""
        count_lengths(np.concatenate([np.empty(0, np.int64), *self.lengths]), self.rows_of_length)
        self.lengths = []
        self.n_lengths = 0

    def _add_known(self) -> None:
        """Add what the tables counted to the total; their counts begin anew."""
        for table in self.tables:
            self.total.counts[table.places] += table.counts
            table.counts[:] = 0

    def _start_merging(self) -> None:
        self._add_known()
        new = self.engine.reduce(merge, self.new)
        self.new = []
        self.merging = self.engine.submit(_merge_and_choose, self.total, new, self.secret)

    def _adopt(self) -> None:
        assert self.merging is not None
        [merged] = self.engine.gather([self.merging])
        self.merging = None
        self.total = merged.total
        self.tables = [
            table._replace(places=merged.places_before[table.places]) for table in self.tables
        ]
        self.tables.append(merged.table)

    def finish(self) -> Counted:
        self.collect(down_to=0)
        self._count_lengths()
        tables = [table.lookup for table in self.tables]
        if self.has_vocabulary:
            return Counted(None, tables, self.rows_of_block, self.rows_of_length)
        if self.merging is not None:
            self._adopt()
        self._add_known()
        merged = self.engine.reduce(merge, [self.total, *self.new])
        [dictionary] = self.engine.gather([merged])
        return Counted(dictionary, tables, self.rows_of_block, self.rows_of_length)


class _Table(NamedTuple):
    """Known words, their places in the total, and what was counted since the last merge."""

    lookup: Lookup
    places: Ints
    counts: Ints


class _Merged(NamedTuple):
    """A new total, the places in it of the words of the one before, and a table of its best."""

    total: Dictionary
    places_before: Ints
    table: _Table


def _merge_and_choose(total: Dictionary, new: Dictionary, secret: Secret) -> _Merged:
    merged, places_before = merge_into(total, [new])
    places = most_frequent(merged.counts, KNOWN_WORDS)
    known = Lookup(merged.words.at(places).compact(), secret)
    return _Merged(merged, places_before, _Table(known, places, np.zeros(len(places), np.int64)))


def to_record(table: int, encoded: EncodedBlock) -> list[NDArray[Any]]:
    """What the second half needs of a block, as the arrays of one record."""
    own = encoded.own
    per_row = encoded.per_row.astype(np.int32)
    return [np.array([table]), encoded.ids, per_row, own.text, own.starts, own.lengths, own.keys]
