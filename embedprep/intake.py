"""How do encoded blocks reach the spool, in the order of the text, each row in its part?"""

from __future__ import annotations

from collections import Counter, defaultdict, deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from embedprep.arrays import Flags, Ints, Keys
from embedprep.budget import WITHOUT_OPTION
from embedprep.dictionary import CountedBlock
from embedprep.engines import Future
from embedprep.errors import InputError, LineError
from embedprep.labels import NO_LABELS, LabelCodes, LabelUse, RowLabels
from embedprep.parts import RowKeys, SeenRows, row_keys
from embedprep.sequences import count_lengths
from embedprep.settings import Selection
from embedprep.sources import TRAINING, Block
from embedprep.spool import ListState, OnDisk, Record, Spool, SpooledList
from embedprep.stored import CountedPart, StoredBlock
from embedprep.work import Work

_ROWS_COUNTED_AT_ONCE = 1 << 20
"""Lengths wait until there are so many: one `np.unique` then serves many blocks of long lines."""

_BYTES_OF_A_SEEN_ROW = 3 * 16
"""Its key, and as much again twice while keys are sorted."""

_BYTES_OF_A_HASHED_ROW = 2 * 8
"""Its hash, and as much again while all are joined."""


class RowFacts(NamedTuple):
    """What a worker finds out about the rows of a block, where it is needed.

    `part: (rows,)` is the number of the part of a split, `hashes: (rows, 1 or 2)` tell equal texts.
    """

    part: NDArray[np.uint8] | None = None
    hashes: Keys | None = None


class Encoded(NamedTuple):
    """A block as a worker leaves it."""

    counted: CountedBlock
    rows: RowFacts


class _Rows(NamedTuple):
    """Some rows of a block: `ids: (ids,)`, all others of shape (rows,).

    `numbers` are those of the rows in the block.
    """

    ids: NDArray[Any]
    per_row: Ints
    labels: RowLabels
    hashes: Keys | None
    numbers: Ints

    def at(self, is_kept: Flags) -> _Rows:
        if is_kept.all():
            return self
        return _Rows(
            self.ids[np.repeat(is_kept, self.per_row)],
            self.per_row[is_kept],
            self.labels.at(is_kept),
            None if self.hashes is None else self.hashes[is_kept],
            self.numbers[is_kept],
        )


class _Part:
    """The rows of a part so far."""

    def __init__(self, spool: Spool) -> None:
        self._spool = spool
        self.blocks = SpooledList[StoredBlock](spool, [StoredBlock])
        self.labels = NO_LABELS
        self.hashes: list[Record] = []
        self.seen: list[OnDisk] = []  # the keys of its rows, as far as they are kept
        self.rows_of_length: Counter[int] = Counter()
        self._lengths: list[Ints] = []
        self._n_lengths = 0

    def add_lengths(self, lengths: Ints) -> None:
        self._lengths.append(lengths)
        self._n_lengths += len(lengths)
        if self._n_lengths >= _ROWS_COUNTED_AT_ONCE:
            self.count_lengths()

    def count_lengths(self) -> None:
        lengths = np.concatenate([np.empty(0, np.int64), *self._lengths])
        self.rows_of_length.update(count_lengths(lengths))
        self._lengths = []
        self._n_lengths = 0

    def keep_seen(self, runs: Sequence[RowKeys]) -> None:
        """Have the keys of rows on the disk; of its runs only those that have grown go there."""
        n_same = 0
        for record, run in zip(self.seen, runs, strict=False):
            if record.lengths != (len(run),):
                break
            n_same += 1
        self.seen = [*self.seen[:n_same], *(self._spool.settled([run]) for run in runs[n_same:])]


class PartState(NamedTuple):
    """The rows of a part so far, all of them in the spool."""

    blocks: ListState
    labels: LabelUse
    rows_of_length: Counter[int]
    hashes: list[Record]
    seen: list[OnDisk]


class IntakeState(NamedTuple):
    """How far an intake has come, at the end of a portion."""

    parts: dict[str, PartState]
    classes: list[str]
    n_duplicates: int
    n_records: int
    rows_of_source: dict[str, int]
    rows_of_input_part: dict[str, int]
    portion: int


KINDS_OF_INTAKE = (IntakeState, PartState, StoredBlock, ListState, LabelUse, OnDisk)
"""The named tuples of a state."""


class _InFlight(NamedTuple):
    """A block that is being encoded against one of the tables of the present portion."""

    block: Block
    table: int
    encoded: Future[Encoded]


class Intake:
    """The blocks on their way into the spool.

    So many records are `records_before` the first block, if that does not begin its source.
    `take_in` is told of each result in the order of the text, with the number of its table, its
    counts those of the training rows alone. If it `keeps_hashes`, parts have those of their rows.
    """

    def __init__(
        self,
        work: Work,
        selection: Selection,
        parts: Sequence[str],
        take_in: Callable[[int, CountedBlock], None],
        *,
        records_before: int = 0,
        keeps_hashes: bool = False,
    ) -> None:
        self.labels = LabelCodes(selection.label_type)
        self.n_duplicates = 0
        self.n_records = 0
        self._engine, self._secret, self._spool = work.engine, work.secret, work.spool
        self._selection = selection
        self._take_in = take_in
        self._in_flight: deque[_InFlight] = deque()
        self._rows_of_source: dict[str, int] = defaultdict(lambda: records_before)
        self._rows_of_input_part: Counter[str] = Counter()
        self._names_of_split = list(selection.shares)
        self._parts = {name: _Part(self._spool) for name in parts}
        self._keeps_hashes = keeps_hashes
        has_held_out = len(parts) > len(self._names_of_split)
        self._keeper = (
            ("--holdout", WITHOUT_OPTION)
            if has_held_out
            else ("the count of duplicates", "raise --memory")
        )
        self._seen = {name: SeenRows() for name in parts}
        self._portion = 0
        self.n_blocks = 0  # of the present portion
        self._n_hashes = 0
        self._budget = work.budget

    @property
    def n_in_flight(self) -> int:
        return len(self._in_flight)

    @property
    def oldest_table(self) -> int | None:
        """The number of the oldest table that a block in flight is encoded against, if one is."""
        return self._in_flight[0].table if self._in_flight else None

    def begin_portion(self) -> None:
        """The blocks from here on are of another portion; none may be in flight."""
        self._portion += 1
        self.n_blocks = 0

    @property
    def state(self) -> IntakeState:
        """How far it has come; none is in flight, and nothing stays in memory."""
        parts = {}
        for name, part in self._parts.items():
            part.count_lengths()
            part.hashes = [self._spool.settled(hashes) for hashes in part.hashes]
            part.keep_seen(self._seen[name].runs)
            parts[name] = PartState(
                part.blocks.state, part.labels, part.rows_of_length, part.hashes, part.seen
            )
        return IntakeState(
            parts,
            self.labels.classes,
            self.n_duplicates,
            self.n_records,
            dict(self._rows_of_source),
            dict(self._rows_of_input_part),
            self._portion,
        )

    def restore(self, state: IntakeState) -> None:
        """Go on where another was, that has just begun a portion."""
        for name, saved in state.parts.items():
            part = self._parts[name]
            part.blocks.restore(saved.blocks)
            part.labels, part.rows_of_length = saved.labels, saved.rows_of_length
            part.hashes = list(saved.hashes)
            self._n_hashes += sum(self._spool.length(hashes, 0) for hashes in saved.hashes)
            part.seen = list(saved.seen)
            for record in saved.seen:
                self._seen[name].add(self._spool.read(record)[0])
        self.labels.restore(state.classes)
        self.n_duplicates, self.n_records = state.n_duplicates, state.n_records
        self._rows_of_source.update(state.rows_of_source)
        self._rows_of_input_part.update(state.rows_of_input_part)
        self._portion = state.portion

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

    def add(self, block: Block, table: int, encoded: Future[Encoded]) -> None:
        """Take on a block that is being encoded; wait while more than two a worker are."""
        self._in_flight.append(_InFlight(block._replace(data=b"", original=None), table, encoded))
        self.collect(down_to=2 * self._engine.n_workers)

    def collect(self, down_to: int) -> None:
        """Take in the finished blocks, and wait until at most `down_to` are in flight."""
        while self._in_flight and (
            len(self._in_flight) > down_to or self._in_flight[0].encoded.done()
        ):
            block, table, future = self._in_flight.popleft()
            try:
                [encoded] = self._engine.gather([future])
            except LineError as error:
                raise error.at(self._rows_of_source[block.source]) from None
            self._sort_in(block, table, encoded)
            self.n_blocks += 1

    def _sort_in(self, block: Block, table: int, encoded: Encoded) -> None:
        """Count the rows of a block that are learned from, and store each in its part."""
        counted, (part_of_row, hashes) = encoded
        n_rows = len(counted.encoded.per_row)
        if block.is_first:  # a file may be read again for another part
            self._rows_of_source[block.source] = 0
        labels = self.labels.encode(block, n_rows, self._rows_of_source[block.source])
        self._budget.check_classes(self.labels.n_classes, self.labels.n_bytes)

        is_kept = self._kept_rows(block, hashes, labels)
        is_learned = np.full(n_rows, block.part == TRAINING)
        if part_of_row is not None:
            is_learned &= part_of_row == 0
        if is_kept is not None:
            is_learned &= is_kept
        if not is_learned.all():
            counted = _without(counted, ~is_learned)
        self._take_in(table, counted)

        rows = _Rows(*counted.encoded, labels, hashes, np.arange(n_rows))
        if is_kept is not None:
            rows = rows.at(is_kept)
            part_of_row = None if part_of_row is None else part_of_row[is_kept]
        if part_of_row is None:
            self._store(block.part, block, table, rows, n_rows)
        else:
            for number, name in enumerate(self._names_of_split):
                self._store(name, block, table, rows.at(part_of_row == number), n_rows)
        self._rows_of_source[block.source] += n_rows
        self.n_records += n_rows
        self._rows_of_input_part[block.part] += n_rows

    def _kept_rows(self, block: Block, hashes: Keys | None, labels: RowLabels) -> Flags | None:
        """Which rows are no copies of earlier ones, (rows,); None if nobody asked."""
        if not self._selection.drop_duplicates:
            return None
        assert hashes is not None
        seen = self._seen[block.part]
        is_new = seen.add(row_keys(hashes, labels, self._secret))
        n_seen = sum(seen.n_rows for seen in self._seen.values())
        self._budget.check_rows(n_seen, _BYTES_OF_A_SEEN_ROW, "--drop-duplicates", WITHOUT_OPTION)
        self.n_duplicates += int(np.count_nonzero(~is_new))
        return is_new

    def _store(
        self, name: str, block: Block, table: int, rows: _Rows, n_rows_of_block: int
    ) -> None:
        part = self._parts[name]
        ids = self._spool.append([rows.ids, rows.per_row.astype(np.int32)])
        labels = numbers = None
        if len(rows.labels.values):
            labels = self._spool.append(rows.labels)
        if len(rows.numbers) < n_rows_of_block:
            numbers = self._spool.append([rows.numbers.astype(np.int32)])
        part.blocks.append(
            StoredBlock(
                n_rows=len(rows.per_row),
                portion=self._portion,
                table=table,
                block=self.n_blocks,
                ids=ids,
                labels=labels,
                numbers=numbers,
                source=block.source,
                first_record=self._rows_of_source[block.source],
                first_input_row=self._rows_of_input_part[block.part],
            )
        )
        part.add_lengths(rows.per_row)
        part.labels = part.labels.united(LabelUse.of(rows.labels))
        if rows.hashes is not None and self._keeps_hashes:
            part.hashes.append([rows.hashes[:, 0].copy()])  # a view would keep them all
            self._n_hashes += len(rows.hashes)
            self._budget.check_rows(self._n_hashes, _BYTES_OF_A_HASHED_ROW, *self._keeper)

    def _joined(self, hashes: Sequence[Record]) -> Keys | None:
        if not hashes:
            return None
        return np.concatenate([self._spool.read(record)[0] for record in hashes])

    def parts(self) -> list[CountedPart]:
        """All parts, the training part first."""
        finished = []
        for name, part in self._parts.items():
            part.count_lengths()
            finished.append(
                CountedPart(
                    name,
                    part.blocks,
                    part.rows_of_length,
                    part.labels,
                    self._joined(part.hashes),
                )
            )
        return finished


def _without(counted: CountedBlock, is_left_out: Flags) -> CountedBlock:
    """The block, whose counts leave out those rows."""
    ids, per_row = counted.encoded
    left_out = ids[np.repeat(is_left_out, per_row)]
    n_known = len(counted.known_counts)
    n_distinct = n_known + counted.own.words.n_words
    counts = np.bincount(left_out, minlength=n_distinct)
    own = counted.own._replace(counts=counted.own.counts - counts[n_known:])
    known_counts = counted.known_counts - counts[:n_known]
    return counted._replace(known_counts=known_counts, own=own)
