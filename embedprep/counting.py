"""Which words does a text hold, and how does it read as indices into the dictionary of them all?

The first half of every job. Each block is encoded against a table of known words and its own
dictionary. The known words are the most frequent ones so far: whenever the blocks' own words,
repeats included, are more than twice the distinct ones of all blocks before, all are merged and
the table is drawn anew. Which words it holds changes the speed and never the result.

Where the tokenizer works by stretches, these are what is counted, as if they were words, until
the end of the text, when the words in each distinct one are found.

Where the dictionary may take so much memory and no more, the blocks that fill it are a portion of
the text: it is set aside, and the next one begins with its most frequent words, uncounted.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import NamedTuple

import numpy as np

from embedprep.arrays import Ints
from embedprep.checkpoints import Checkpoints
from embedprep.dictionary import (
    CountedBlock,
    Dictionary,
    Lookup,
    Merged,
    Run,
    count_words,
    empty_dictionary,
    merge,
    most_frequent,
)
from embedprep.engines import Future
from embedprep.hashing import Secret, text_hashes
from embedprep.intake import KINDS_OF_INTAKE, Encoded, Intake, IntakeState, RowFacts
from embedprep.labels import LabelCodes
from embedprep.parts import split_rows
from embedprep.portions import Portion, set_aside
from embedprep.settings import ALL_ROWS, Selection
from embedprep.sources import TRAINING, Block, Reading
from embedprep.spool import Record
from embedprep.stored import CountedPart
from embedprep.text import check_line_lengths, mended
from embedprep.tokenizer.rules import rule_of
from embedprep.tokenizer.settings import TokenizerSettings
from embedprep.unfolding import unfold
from embedprep.work import Work

KNOWN_WORDS = 45_000
"""Words in the table: with a block's own, which are rarely over 20,000, they fit into 16 bits."""

_BYTES_OF_A_WORD = 48
"""About what a word takes in a dictionary."""

BLOCKS_OF_A_PORTION = 1 << 13
"""The most blocks of a portion, where memory is bounded: each has a record, of some 300 bytes."""


class CountingState(NamedTuple):
    """How far the first half has come, at the end of a portion."""

    portions: list[Portion]
    intake: IntakeState


KINDS = (CountingState, Portion, Run, *KINDS_OF_INTAKE)
"""The named tuples of a state."""


class Counted(NamedTuple):
    """A text as the first half leaves it: the words of its portions, the rows of its parts, and how
    many records its inputs hold.
    """

    portions: list[Portion]
    parts: list[CountedPart]
    label_codes: LabelCodes
    n_duplicates: int
    n_records: int

    @property
    def training(self) -> CountedPart:
        return self.parts[0]

    @property
    def n_running(self) -> int:
        """How many words the training rows hold, repeats included."""
        return sum(portion.n_running for portion in self.portions)


def count(
    blocks: Iterable[Block],
    reading: Reading,
    tokenizer: TokenizerSettings,
    work: Work,
    *,
    selection: Selection = ALL_ROWS,
    held_out: Sequence[str] = (),
    row_secrets: Sequence[Secret] | None = None,
    records_before: int = 0,
    keeps_hashes: bool = False,
) -> Counted:
    """Encode all blocks and count the words of the training rows.

    `held_out` are the parts of the blocks that are of no other. `row_secrets` are those by which
    rows are compared with the rows of other texts, drawn if there are none; so many records of the
    first source are `records_before` the first block. Parts have the hashes of their rows where it
    `keeps_hashes`, or has held-out parts. Raises InputError for a line that is wrong, the first one
    of the text.
    """
    parts = [*selection.shares, *held_out]
    keeps_hashes = keeps_hashes or bool(held_out)
    counting = _Counting(
        work, selection, parts, tokenizer, records_before=records_before, keeps_hashes=keeps_hashes
    )
    if row_secrets is None:
        row_secrets = draw_row_secrets(selection, keeps_hashes=keeps_hashes)
    if work.checkpoints is not None:
        row_secrets = counting.go_on(work.checkpoints, row_secrets)
    wants = _Wants(
        reading,
        tokenizer,
        selection if len(selection.shares) > 1 else None,
        tuple(row_secrets),
    )
    if work.checkpoints is not None:
        blocks = work.checkpoints.behind(blocks)
    for block in counting.intake.watch(blocks):
        counting.prepare_for_next_block()
        encoded = work.engine.submit(_encode_block, block, wants, counting.newest_table)
        counting.intake.add(block, counting.n_tables - 1, encoded)
    return counting.finish()


def draw_row_secrets(selection: Selection, *, keeps_hashes: bool) -> list[Secret]:
    """Secrets for the hashes of rows: two where rows are compared, one where texts are counted."""
    n_hashes = 2 if selection.drop_duplicates else 1 if keeps_hashes else 0
    return [Secret.draw() for _ in range(n_hashes)]


class _Wants(NamedTuple):
    """What is to be done with a block; `split` and `secrets` where rows are told apart by text."""

    reading: Reading
    tokenizer: TokenizerSettings
    split: Selection | None
    secrets: tuple[Secret, ...]


def _encode_block(block: Block, wants: _Wants, known: Lookup) -> Encoded:
    """Check a block of text, find its words or stretches, and count them by the known ones."""
    data = block.data
    try:
        counted = _count_lines(data, wants.tokenizer, known)
    except UnicodeDecodeError:
        data = mended(block, wants.reading)
        counted = _count_lines(data, wants.tokenizer, known)
    check_line_lengths(block, wants.reading.max_line_bytes)

    part_of_row = hashes = None
    if wants.split is not None and block.part == TRAINING:
        part_of_row = split_rows(data, list(wants.split.shares.values()), wants.split.seed)
    if wants.secrets:
        hashes = text_hashes(data, wants.secrets)
    return Encoded(counted, RowFacts(part_of_row, hashes))


def _count_lines(data: bytes, tokenizer: TokenizerSettings, known: Lookup) -> CountedBlock:
    rule = rule_of(tokenizer)
    if rule.stretches is None:
        return count_words(rule.find_words(data, tokenizer), known)
    found = rule.stretches.find(data, tokenizer)
    return count_words(found, known, rule.stretches.mend)


class _Table(NamedTuple):
    """Known words, their places in the total, and what was counted since the last merge."""

    lookup: Lookup
    places: Ints
    counts: Ints


class _Counting:
    """The words so far: those that were merged, those that wait for it, and the tables.

    All are those of the present portion; portions that are finished wait in the spool.
    """

    def __init__(
        self,
        work: Work,
        selection: Selection,
        parts: Sequence[str],
        tokenizer: TokenizerSettings,
        *,
        records_before: int,
        keeps_hashes: bool,
    ) -> None:
        self.intake = Intake(
            work,
            selection,
            parts,
            self._take_in,
            records_before=records_before,
            keeps_hashes=keeps_hashes,
        )
        self.work = work
        self.engine, self.secret, self.spool = work.engine, work.secret, work.spool
        self.tokenizer = tokenizer
        self.portions: list[Portion] = []
        self.total = empty_dictionary(self.secret)
        room = work.budget.dictionary
        # The next portion begins with the words of a table, and is to have room for more.
        self._table_bytes = None if room is None else room // 4
        self._retired: list[Record] = []  # where the words of tables stand that nobody needs
        self.tables = [_draw_table(self.total, self.secret, self._table_bytes)]
        self._new: list[Dictionary] = []
        self._n_new = 0
        self._new_bytes = 0
        self._merging_bytes = 0
        self._most_of_block = 0
        self._own_records: list[Record] = []
        self._merging: Future[tuple[Merged, _Table]] | None = None
        self._row_secrets: Sequence[Secret] = ()

    def _take_in(self, table: int, block: CountedBlock) -> None:
        counts = self.tables[table - len(self._retired)].counts
        counts += block.known_counts
        self._new.append(block.own)
        self._n_new += block.own.words.n_words
        self._new_bytes += block.own.n_bytes
        self._most_of_block = max(self._most_of_block, block.own.n_bytes)

    @property
    def newest_table(self) -> Lookup:
        """The known words for the next block."""
        return self.tables[-1].lookup

    @property
    def n_tables(self) -> int:
        """How many tables the portion has had."""
        return len(self._retired) + len(self.tables)

    def prepare_for_next_block(self) -> None:
        """Merge new words, make a table of them, and end the portion, each when it is time.

        The table of the first blocks, one a worker, is empty; the next block waits for their words.
        """
        is_first = not self.tables[-1].lookup.n_words
        if is_first and self.intake.n_in_flight >= self.engine.n_workers:
            self.intake.collect(down_to=0)
        if self._merging is None and self._n_new > 2 * self.total.words.n_words:
            self._add_known()
            self._retire_tables()
            self._merging = self.engine.submit(
                _merge_and_draw, self.total, self._new, self.secret, self._table_bytes
            )
            self._merging_bytes = self._new_bytes
            self._new, self._n_new, self._new_bytes = [], 0, 0
        if self._merging is not None and (is_first or self._merging.done()):
            self._await_merge()
        if self._is_due() or self._takes_more_than(1):
            self._await_merge()
            self._merge_new()
            # Words that come again take no room once they are merged; where that leaves little,
            # they would be merged again with every block.
            if self._is_due() or self._takes_more_than(1 / 2):
                self._end_portion()
                self._begin_portion()

    def _is_due(self) -> bool:
        """Whether the portion is to be kept for another run, or has as many blocks as it may."""
        if self.work.checkpoints is not None and self.work.checkpoints.is_due:
            return self.intake.n_blocks > 0
        is_bounded = self.work.budget.dictionary is not None
        return is_bounded and len(self._own_records) >= BLOCKS_OF_A_PORTION

    def _takes_more_than(self, share: float) -> bool:
        """Whether the portion's words, those under way included, take more than a share of the
        memory that they may.
        """
        room = self.work.budget.dictionary_beside(self.intake.labels.n_bytes)
        n_bytes = self.total.n_bytes + self._new_bytes + self._merging_bytes
        n_bytes += self.intake.n_in_flight * self._most_of_block
        return room is not None and n_bytes > share * room and self.intake.n_blocks > 0

    def _add_known(self) -> None:
        """Add what the tables counted to the total; their counts begin anew."""
        for table in self.tables:
            self.total.counts[table.places] += table.counts
            table.counts[:] = 0

    def _retire_tables(self) -> None:
        """Let go of tables that no block in flight is encoded against; all counts are added."""
        oldest = self.intake.oldest_table
        n_retired = (self.n_tables - 1 if oldest is None else oldest) - len(self._retired)
        self._retired += map(self._kept_places, self.tables[:n_retired])
        self.tables = self.tables[n_retired:]

    def _kept_places(self, table: _Table) -> Record:
        return self.spool.append([table.places.astype(np.int32)])

    def _await_merge(self) -> None:
        """Take over the total and the table that are being made, if any are."""
        if self._merging is not None:
            [(merged, table)] = self.engine.gather([self._merging])
            self._merging, self._merging_bytes = None, 0
            self.tables.append(table)
            self._adopt(merged)

    def _merge_new(self) -> None:
        """Merge the words that wait for it."""
        self._add_known()
        if self._new:
            self._adopt(merge(self.total, self._new))
            self._new, self._n_new, self._new_bytes = [], 0, 0

    def _adopt(self, merged: Merged) -> None:
        """Take over the new total; the spool gets the places of the words that were merged."""
        self.total = merged.total
        for places in merged.places:
            self._own_records.append(self.spool.append([places.astype(np.int32)]))

    def _finish_portion(self) -> Portion:
        """The portion of all blocks so far that are of no other."""
        self.intake.collect(down_to=0)
        self._await_merge()
        self._merge_new()
        words, unfolding = unfold(self.total, self.tokenizer, self.secret, self.engine)
        tables = [*self._retired, *map(self._kept_places, self.tables)]
        n_running = int(words.counts.sum())
        return Portion(words, n_running, unfolding, tables, self._own_records)

    def _end_portion(self) -> None:
        """Set the present portion aside, and keep what is finished where that is asked for."""
        self.portions.append(set_aside(self._finish_portion(), self.work))
        self.intake.begin_portion()
        self._own_records = []
        if self.work.checkpoints is not None:
            secrets = [self.secret, *self._row_secrets]
            state = CountingState(self.portions, self.intake.state)
            self.work.checkpoints.save(secrets, state, self.spool)

    def _begin_portion(self) -> None:
        """Begin with the most frequent words of the portion before."""
        table = _draw_table(self.total, self.secret, self._table_bytes)
        n_known = table.lookup.n_words
        self.total = Dictionary(table.lookup.words, np.zeros(n_known, np.int64))
        self._retired = []
        self.tables = [table._replace(places=np.arange(n_known))]

    def go_on(self, checkpoints: Checkpoints, row_secrets: Sequence[Secret]) -> Sequence[Secret]:
        """Go on where the run before was, if there is one; the secrets of rows are then its own."""
        self._row_secrets = row_secrets
        if checkpoints.state is not None:
            state: CountingState = checkpoints.state.facts
            self.portions = state.portions
            self.intake.restore(state.intake)
            self._row_secrets = checkpoints.state.secrets.made[1:]
        return self._row_secrets

    def finish(self) -> Counted:
        self.intake.collect(down_to=0)
        if self.work.checkpoints is not None and self.intake.n_blocks:
            self._end_portion()
        if not self.portions or self.intake.n_blocks:
            last = self._finish_portion()
            self.portions.append(set_aside(last, self.work) if self.portions else last)
        return Counted(
            portions=self.portions,
            parts=self.intake.parts(),
            label_codes=self.intake.labels,
            n_duplicates=self.intake.n_duplicates,
            n_records=self.intake.n_records,
        )


def _merge_and_draw(
    total: Dictionary, others: list[Dictionary], secret: Secret, table_bytes: int | None
) -> tuple[Merged, _Table]:
    merged = merge(total, others)
    return merged, _draw_table(merged.total, secret, table_bytes)


def _draw_table(total: Dictionary, secret: Secret, table_bytes: int | None) -> _Table:
    """The most frequent words of a dictionary as known words, of so many bytes at most."""
    places = most_frequent(total.counts, KNOWN_WORDS)
    if table_bytes is not None:
        sizes = np.cumsum(total.words.lengths[places] + _BYTES_OF_A_WORD)
        places = places[: np.searchsorted(sizes, table_bytes)]
    known = Lookup(total.words.at(places).compact(), secret)
    return _Table(known, places, np.zeros(len(places), np.int64))
