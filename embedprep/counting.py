"""Which words does a text hold, and how does it read as indices into the dictionary of them all?

The first half of every job. Each block is encoded against a table of known words and its own
dictionary. The known words are the most frequent ones so far: whenever the blocks' own words,
repeats included, are more than twice the distinct ones of all blocks before, all are merged and
the table is drawn anew. Which words it holds changes the speed and never the result. Where there
is a vocabulary, its words are the known ones throughout, and no one needs the others.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable
from typing import NamedTuple, TypeVar

import numpy as np

from embedprep.arrays import Ints
from embedprep.dictionary import (
    CountedBlock,
    Dictionary,
    EncodedBlock,
    Lookup,
    Merged,
    Secret,
    count_words,
    empty_dictionary,
    encode_words,
    merge,
    most_frequent,
)
from embedprep.engines import Future
from embedprep.intake import Intake, StoredBlock
from embedprep.sources import Block, Reading
from embedprep.text import text_of
from embedprep.tokenizer.rules import find_words
from embedprep.tokenizer.settings import TokenizerSettings
from embedprep.tokenizer.words import Words
from embedprep.work import Work

KNOWN_WORDS = 45_000
"""Words in the table: with a block's own, which are rarely over 20,000, they fit into 16 bits."""

T = TypeVar("T")


class Counted(NamedTuple):
    """A text as the first half leaves it.

    A word's *place* is where it stands among the `n_places` of the dictionary of all words. With a
    vocabulary there is no dictionary: the places are those of its words, and one behind them for
    all others. `places_of_table` are those of the words of each table, (words of table,).
    """

    dictionary: Dictionary | None
    n_places: int
    places_of_table: list[Ints]
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
    for block in counting.intake.watch(blocks):
        known = counting.table_for_next_block()
        counted = work.engine.submit(_do_to_words, count_words, block, reading, tokenizer, known)
        counting.intake.add(block.source, len(counting.tables) - 1, counted)
    return counting.finish()


def encode_by_vocabulary(
    blocks: Iterable[Block],
    reading: Reading,
    tokenizer: TokenizerSettings,
    work: Work,
    vocabulary: Lookup,
) -> Counted:
    """Encode all blocks by the words of a vocabulary. Raises what `count` does."""
    intake: Intake[EncodedBlock] = Intake(work, lambda _table, encoded: encoded)
    for block in intake.watch(blocks):
        encoded = work.engine.submit(
            _do_to_words, encode_words, block, reading, tokenizer, vocabulary
        )
        intake.add(block.source, 0, encoded)
    intake.collect(down_to=0)
    places = np.arange(vocabulary.n_words + 1)
    return Counted(
        dictionary=None,
        n_places=len(places),
        places_of_table=[places],
        blocks=intake.blocks,
        rows_of_length=intake.rows_of_length(),
    )


def _do_to_words(
    count_or_encode: Callable[[Words, Lookup], T],
    block: Block,
    reading: Reading,
    tokenizer: TokenizerSettings,
    known: Lookup,
) -> T:
    """Check a block of text, find its words, and count or encode them by the known ones."""
    return count_or_encode(find_words(text_of(block, reading), tokenizer), known)


class _Table(NamedTuple):
    """Known words, their places in the total, and what was counted since the last merge."""

    lookup: Lookup
    places: Ints
    counts: Ints


class _Counting:
    """The words so far: those that were merged, those that wait for it, and the tables."""

    def __init__(self, work: Work) -> None:
        self.intake: Intake[CountedBlock] = Intake(work, self._take_in)
        self.engine, self.secret, self.spool = work
        self.total = empty_dictionary(self.secret)
        self.tables = [_draw_table(self.total, self.secret)]
        self._new: list[Dictionary] = []
        self._own_records: list[int] = []
        self._merging: Future[tuple[Merged, _Table]] | None = None

    def _take_in(self, table: int, block: CountedBlock) -> EncodedBlock:
        counts = self.tables[table].counts
        counts += block.known_counts
        self._new.append(block.own)
        return block.encoded

    def table_for_next_block(self) -> Lookup:
        """The table for the next block.

        That of the first blocks, one a worker, is empty; the next block waits for their words.
        """
        if len(self.tables) == 1 and self.intake.n_in_flight >= self.engine.n_workers:
            self.intake.collect(down_to=0)
        n_new = sum(own.words.n_words for own in self._new)
        if self._merging is None and n_new > 2 * self.total.words.n_words:
            self._add_known()
            self._merging = self.engine.submit(_merge_and_draw, self.total, self._new, self.secret)
            self._new = []
        if self._merging is not None and (len(self.tables) == 1 or self._merging.done()):
            self._await_merge()
        return self.tables[-1].lookup

    def _add_known(self) -> None:
        """Add what the tables counted to the total; their counts begin anew."""
        for table in self.tables:
            self.total.counts[table.places] += table.counts
            table.counts[:] = 0

    def _await_merge(self) -> None:
        """Take over the total and the table that are being made, if any are."""
        if self._merging is not None:
            [(merged, table)] = self.engine.gather([self._merging])
            self._merging = None
            self.tables.append(table)
            self._adopt(merged)

    def _adopt(self, merged: Merged) -> None:
        """Take over the new total; the spool gets the places of the words that were merged."""
        self.total = merged.total
        for places in merged.places:
            self._own_records.append(self.spool.append([places.astype(np.int32)]))

    def finish(self) -> Counted:
        self.intake.collect(down_to=0)
        self._await_merge()
        self._add_known()
        self._adopt(merge(self.total, self._new))
        return Counted(
            dictionary=self.total,
            n_places=self.total.words.n_words,
            places_of_table=[table.places for table in self.tables],
            blocks=[
                block._replace(own_record=record)
                for block, record in zip(self.intake.blocks, self._own_records, strict=True)
            ],
            rows_of_length=self.intake.rows_of_length(),
        )


def _merge_and_draw(
    total: Dictionary, others: list[Dictionary], secret: Secret
) -> tuple[Merged, _Table]:
    merged = merge(total, others)
    return merged, _draw_table(merged.total, secret)


def _draw_table(total: Dictionary, secret: Secret) -> _Table:
    """The most frequent words of a dictionary as known words."""
    places = most_frequent(total.counts, KNOWN_WORDS)
    known = Lookup(total.words.at(places).compact(), secret)
    return _Table(known, places, np.zeros(len(places), np.int64))
