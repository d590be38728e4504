"""Which words does a text hold, and how does it read as numbers?

The first half of every job. Each block is encoded against a table of known words and its own
dictionary. The known words are the most frequent ones so far: whenever the blocks' own words,
repeats included, are more than twice the distinct ones of all blocks before, all are united and
the table is drawn anew. Which words it holds changes the speed and never the result. Where there
is a vocabulary, its words are the known ones throughout, and no one needs the others.
"""

from __future__ import annotations

from collections import Counter, deque
from collections.abc import Iterable, Iterator
from typing import Generic, NamedTuple, TypeVar

import numpy as np

from embedprep.arrays import Ints
from embedprep.dictionary import (
    Dictionary,
    EncodedBlock,
    EncodedText,
    Lookup,
    Secret,
    United,
    empty_dictionary,
    encode_known_words,
    encode_words,
    most_frequent,
    unite,
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

T = TypeVar("T")


class StoredBlock(NamedTuple):
    """Where an encoded block waits: the number of its table, and of its records in the spool.

    Record `text` is its ids and its words per row, record `own` the places of its own words.
    """

    n_rows: int
    table: int
    text: int
    own: int | None = None


class Counted(NamedTuple):
    """A text as the first half leaves it.

    A word's *place* is where it stands among the `n_places` of the dictionary of all words. With a
    vocabulary there is no dictionary: the places are those of its words, and one behind them for
    all others. `tables` are the places of the words of each table, (words of table,).
    """

    dictionary: Dictionary | None
    n_places: int
    tables: list[Ints]
    blocks: list[StoredBlock]
    rows_of_length: Counter[int]

    @property
    def n_rows(self) -> int:
        return sum(block.n_rows for block in self.blocks)

    @property
    def n_words(self) -> int:
        return sum(length * rows for length, rows in self.rows_of_length.items())


def count(
    blocks: Iterable[Block], reading: Reading, tokenizer: TokenizerSettings, work: Work
) -> Counted:
    """Encode all blocks and count their words.

    Raises InputError for a line that is wrong, the first one of the text.
    """
    counting = _Counting(work)
    for block in counting.watch(blocks):
        known = counting.table_for_next_block()
        encoded = work.engine.submit(encode_text, block, reading, tokenizer, known, work.secret)
        counting.start(block, len(counting.tables) - 1, encoded)
    return counting.finish()


def encode_text(
    block: Block, reading: Reading, tokenizer: TokenizerSettings, known: Lookup, secret: Secret
) -> EncodedBlock:
    """A block of text as indices: check it, find its words, look them up."""
    return encode_words(find_words(text_of(block, reading), tokenizer), known, secret)


def encode(
    blocks: Iterable[Block],
    reading: Reading,
    tokenizer: TokenizerSettings,
    work: Work,
    vocabulary: Lookup,
) -> Counted:
    """Encode all blocks by the words of a vocabulary. Raises what `count` does."""
    encoding = _Encoding(work)
    for block in encoding.watch(blocks):
        encoded = work.engine.submit(_encode_known, block, reading, tokenizer, vocabulary)
        encoding.start(block, 0, encoded)
    encoding.collect(down_to=0)
    places = np.arange(vocabulary.n_words + 1)
    return Counted(None, len(places), [places], encoding.blocks, encoding.count_lengths())


def _encode_known(
    block: Block, reading: Reading, tokenizer: TokenizerSettings, vocabulary: Lookup
) -> EncodedText:
    return encode_known_words(find_words(text_of(block, reading), tokenizer), vocabulary)


class _Intake(Generic[T]):
    """The blocks on their way into the spool, in the order of the text."""

    def __init__(self, work: Work) -> None:
        self.engine, self.secret, self.spool = work
        self.blocks: list[StoredBlock] = []
        self._in_flight: deque[tuple[str, int, Future[T]]] = deque()
        self._rows_of_source: Counter[str] = Counter()
        self._rows_of_length: Counter[int] = Counter()
        self._lengths: list[Ints] = []
        self._n_lengths = 0

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

    def start(self, block: Block, table: int, encoded: Future[T]) -> None:
        """Wait for a block that is being encoded, once too many are."""
        self._in_flight.append((block.source, table, encoded))
        self.collect(down_to=2 * self.engine.n_workers)

    def collect(self, down_to: int) -> None:
        """Take in the finished blocks, and wait until at most `down_to` are in flight."""
        while self._in_flight and (len(self._in_flight) > down_to or self._in_flight[0][2].done()):
            source, table, future = self._in_flight.popleft()
            try:
                [encoded] = self.engine.gather([future])
            except LineError as error:
                raise error.at(self._rows_of_source[source]) from None
            self.take_in(table, encoded)
            self._rows_of_source[source] += self.blocks[-1].n_rows

    def take_in(self, table: int, encoded: T) -> None:
        """Store what has become of the next block."""
        raise NotImplementedError

    def store(self, table: int, text: EncodedText) -> None:
        """Put a block into the spool."""
        record = self.spool.append([text.ids, text.per_row.astype(np.int32)])
        self.blocks.append(StoredBlock(len(text.per_row), table, record))
        self._lengths.append(text.per_row)
        self._n_lengths += len(text.per_row)
        if self._n_lengths >= _ROWS_COUNTED_AT_ONCE:
            self.count_lengths()

    def count_lengths(self) -> Counter[int]:
        """The rows of each length; those not yet counted are, all at once."""
        lengths = np.concatenate([np.empty(0, np.int64), *self._lengths])
        count_lengths(lengths, self._rows_of_length)
        self._lengths = []
        self._n_lengths = 0
        return self._rows_of_length


class _Encoding(_Intake[EncodedText]):
    """The intake of blocks that were encoded by a vocabulary."""

    def take_in(self, table: int, encoded: EncodedText) -> None:
        self.store(table, encoded)


class _Counting(_Intake[EncodedBlock]):
    """The intake of blocks whose words are counted, and the words so far."""

    def __init__(self, work: Work) -> None:
        super().__init__(work)
        self.total = empty_dictionary(self.secret)
        self.tables = [_draw_table(self.total, self.secret)]
        self._new: list[Dictionary] = []
        self._n_placed = 0
        self._uniting: tuple[Future[United], Future[_Table]] | None = None

    def take_in(self, table: int, encoded: EncodedBlock) -> None:
        self.store(table, encoded.text)
        counts = self.tables[table].counts
        counts += encoded.known_counts
        self._new.append(encoded.own)

    def table_for_next_block(self) -> Lookup:
        """The table for the next block; for the second one, the words of the first are awaited."""
        if len(self.tables) == 1 and len(self._in_flight) >= self.engine.n_workers:
            self.collect(down_to=0)
        n_new = sum(own.words.n_words for own in self._new)
        if self._uniting is None and n_new > 2 * self.total.words.n_words:
            self._start_uniting()
        if self._uniting is not None:
            united, table = self._uniting
            if len(self.tables) == 1 or table.done():
                self._adopt(united)
                self.tables += self.engine.gather([table])
        return self.tables[-1].lookup

    def _start_uniting(self) -> None:
        """Have the new words united with the others, and a table of the best drawn."""
        self._add_known()
        united = self.engine.submit(unite, self.total, self._new)
        self._new = []
        self._uniting = united, self.engine.submit(_draw_from, united, self.secret)

    def _add_known(self) -> None:
        """Add what the tables counted to the total; their counts begin anew."""
        for table in self.tables:
            self.total.counts[table.places] += table.counts
            table.counts[:] = 0

    def _adopt(self, uniting: Future[United]) -> None:
        """Take in the new total, and note the places in it of the words of the blocks."""
        [united] = self.engine.gather([uniting])
        self._uniting = None
        self.total = united.total
        for places in united.places:
            own = self.spool.append([places.astype(np.int32)])
            self.blocks[self._n_placed] = self.blocks[self._n_placed]._replace(own=own)
            self._n_placed += 1

    def finish(self) -> Counted:
        self.collect(down_to=0)
        if self._uniting is not None:
            self._adopt(self._uniting[0])
        self._add_known()
        self._adopt(self.engine.submit(unite, self.total, self._new))
        tables = [table.places for table in self.tables]
        n_places = self.total.words.n_words
        return Counted(self.total, n_places, tables, self.blocks, self.count_lengths())


class _Table(NamedTuple):
    """Known words, their places in the total, and what was counted since the last union."""

    lookup: Lookup
    places: Ints
    counts: Ints


def _draw_table(total: Dictionary, secret: Secret) -> _Table:
    """The best words of a dictionary as known words."""
    places = most_frequent(total.counts, KNOWN_WORDS)
    known = Lookup(total.words.at(places).compact(), secret)
    return _Table(known, places, np.zeros(len(places), np.int64))


def _draw_from(united: United, secret: Secret) -> _Table:
    return _draw_table(united.total, secret)
