"""How do sections that many workers have become one output?

What is asked of them is told to all at once; counts are merged as a tree, where they are, and what
comes back is small: the ranking, how many rows have which length, and digests.
"""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Mapping, Sequence
from functools import partial
from itertools import islice, zip_longest
from typing import NamedTuple

import numpy as np

from embedprep.arrays import Keys
from embedprep.counting import draw_row_secrets
from embedprep.dictionary import Dictionary, Lookup
from embedprep.doubts import SAMPLE_BYTES
from embedprep.engines import Engine, Future
from embedprep.errors import InputError, SettingsError
from embedprep.handover import FinalPart, Layout, Written
from embedprep.labels import NO_LABELS, KnownLabels, LabelFacts
from embedprep.npy import ArrayWriter
from embedprep.parts import count_copies, count_leaks
from embedprep.places import is_url
from embedprep.portions import Kept, RankedWords
from embedprep.settings import Selection
from embedprep.sources import STDIN, NamedInputs, Section, Source, cut_inputs, total_bytes
from embedprep.specials import Specials
from embedprep.spread import sections as on_worker
from embedprep.spread.files import WholeFile, digests_by
from embedprep.spread.sections import (
    CountedSection,
    KnownWords,
    SectionFacts,
    Task,
    Writing,
)
from embedprep.tokenizer.settings import TokenizerSettings
from embedprep.work import Work

_LEAST_SECTION, _MOST_SECTION = 16 << 20, 64 << 20
"""Bytes of a section: enough for its dictionary to be worth a worker's while, and not so many that
the last ones are awaited for long, or that a lost worker costs much."""

_SECTIONS_OF_A_WORKER = 2

_MANY_SECTIONS = 20_000
"""Sections grow rather than become more: a scheduler takes about a million pieces of work."""

_FEW_SECTIONS = 32
"""The dictionaries of so many are merged as they are, those of more in ranges."""

_MOST_RANGES = 32


class SpreadText(NamedTuple):
    """A text whose sections are counted, each by its worker."""

    engine: Engine
    task: Task
    sections: list[Section]
    counted: list[Future[CountedSection]]
    facts: list[SectionFacts]

    @property
    def n_running(self) -> int:
        return sum(its.n_running for its in self.facts)

    @property
    def rows_of_length(self) -> Counter[int]:
        return sum((its.rows_of_length for its in self.facts), Counter[int]())

    @property
    def n_duplicates(self) -> int:
        return 0

    def rank(self, max_words: int, min_count: int, unranked: Sequence[str]) -> RankedWords:
        engine, totals = self.engine, self._totals()
        asked = (max_words, min_count, tuple(unranked))
        best = [engine.submit(on_worker.rank_all, total, *asked) for total in totals]
        [words] = engine.gather([engine.reduce(partial(on_worker.best_of_all, *asked), best)])
        kept = Kept(words.words.n_words, Lookup(words.words, self.task.secret))
        return RankedWords(words, kept, self._count(totals))

    def count_distinct(self) -> int:
        return self._count(self._totals())

    def _count(self, totals: Sequence[Future[Dictionary]]) -> int:
        counts = [self.engine.submit(on_worker.count_all, total) for total in totals]
        return sum(self.engine.gather(counts))

    def _totals(self) -> list[Future[Dictionary]]:
        """The dictionary of all sections, in ranges: each is merged as a tree of its own, so that
        no worker need hold all words.
        """
        few = len(self.sections) <= _FEW_SECTIONS
        n_ranges = 1 if few else min(self.engine.n_workers, _MOST_RANGES)
        return [
            self.engine.reduce(on_worker.merge_words, self._in_range(number, n_ranges))
            for number in range(n_ranges)
        ]

    def _in_range(self, number: int, n_ranges: int) -> list[Future[Dictionary]]:
        return [
            self.engine.submit(on_worker.words_in, its, self.task, number, n_ranges)
            for its in self.counted
        ]

    def number(self, kept: Kept, specials: Specials, selection: Selection) -> SpreadNumberedText:
        assert kept.lookup is not None
        assert selection == self.task.selection
        engine = self.engine
        known = engine.submit(KnownWords, kept.lookup.words, specials)
        final = [
            engine.submit(on_worker.final_parts, its, known, self.task) for its in self.counted
        ]
        parts = engine.gather([engine.submit(on_worker.parts_of, its) for its in final])
        return SpreadNumberedText(self, known, final, parts)

    @property
    def records_before(self) -> list[int]:
        """How many records of its input are before each section, as far as they are counted."""
        return _records_before([its.number for its in self.sections], self.facts)


class SpreadNumberedText(NamedTuple):
    """A text whose words have indices; `of_sections` are the final parts of each section."""

    text: SpreadText
    known: Future[KnownWords]
    final: list[Future[tuple[list[FinalPart], list[Keys | None]]]]
    of_sections: list[list[FinalPart]]

    @property
    def parts(self) -> list[FinalPart]:
        return [_united(of_part) for of_part in zip(*self.of_sections, strict=True)]

    def check_labels(self, facts: LabelFacts) -> None:
        if all(_has_labels(part.labels, facts) for part in self.parts):
            return
        engine, text = self.text.engine, self.text
        asked = (self.known, text.task, facts)
        sections = zip(text.counted, text.records_before, strict=True)
        engine.gather(
            [
                engine.submit(on_worker.check_section, its, *asked, before)
                for its, before in sections
            ]
        )

    def count_leaks(self) -> int:
        engine = self.text.engine
        hashes = [engine.submit(on_worker.hashes_of, its) for its in self.final]
        joined = engine.reduce(_join_hashes, hashes)
        [n_leaks] = engine.gather([engine.submit(_count_leaks, joined)])
        return n_leaks

    def count_duplicates(self, part: int) -> int:
        engine = self.text.engine
        sections = zip(self.text.counted, self.final, strict=True)
        hashes = [
            engine.submit(on_worker.row_hashes, counted, final, self.text.task, part)
            for counted, final in sections
        ]
        [n_copies] = engine.gather(
            [engine.submit(_count_copies, engine.reduce(_join_hashes, hashes))]
        )
        return n_copies

    def write(
        self,
        part: int,
        n_rows_of_piece: Sequence[int],
        layout: Layout,
        labels: LabelFacts | None,
        writers: Mapping[str, ArrayWriter],
    ) -> Written:
        engine, task = self.text.engine, self.text.task
        plans = {name: writer.plan for name, writer in writers.items()}
        written = []
        row = 0
        inputs_of_part = [section.input.part for section in self.text.sections]
        rows_before = _records_before(inputs_of_part, self.text.facts)
        numbers = [n for n, parts in enumerate(self.of_sections) if parts[part].pieces]
        for number, n_rows in zip(numbers, n_rows_of_piece, strict=True):
            places = {name: plan.of_rows(row, n_rows) for name, plan in plans.items()}
            writing = Writing(part, layout, labels, places, row, n_rows, rows_before[number])
            counted = self.text.counted[number]
            written.append(
                engine.submit(on_worker.write_section, counted, self.known, task, writing)
            )
            row += n_rows
        total = Written(0, 0)
        for its in written:
            [of_section] = engine.gather([its])
            total = total.plus(of_section)
        _fill([writer for writer in writers.values() if writer.is_hashed], engine)
        return total


def _records_before(groups: Sequence[int | str], sections: Sequence[SectionFacts]) -> list[int]:
    """How many records there are in the sections before each that are of the same group; those of
    a section that is not counted yet are none.
    """
    n_records = Counter[int | str]()
    before = []
    for group, facts in zip_longest(groups, sections):
        before.append(n_records[group])
        n_records[group] += 0 if facts is None else facts.n_records
    return before


def _united(of_sections: Sequence[FinalPart]) -> FinalPart:
    """A part of which each section has some."""
    rows_of_length = Counter[int]()
    pieces: list[int | Counter[int]] = []
    labels = KnownLabels(NO_LABELS.fewest, NO_LABELS.most, frozenset())
    for part in of_sections:
        rows_of_length.update(part.rows_of_length)
        pieces += part.pieces
        labels = labels.united(part.labels)
    return FinalPart(of_sections[0].name, rows_of_length, pieces, labels)


def _has_labels(labels: KnownLabels, facts: LabelFacts) -> bool:
    """Whether rows with these labels have what they must."""
    return facts.are_so_many(labels.fewest, labels.most) and labels.classes <= set(facts.classes)


def _fill(writers: Sequence[ArrayWriter], engine: Engine) -> None:
    """Tell writers of the digests of their files, which are written."""
    plans = [writer.plan for writer in writers]
    files = [
        WholeFile(path, plan.size_of(file)[1])
        for plan in plans
        for file, path in enumerate(plan.paths)
    ]
    digests = iter(digests_by(engine, files))
    for writer, plan in zip(writers, plans, strict=True):
        writer.fill(list(islice(digests, len(plan.paths))))


def _join_hashes(of_sections: Sequence[list[Keys | None]]) -> list[Keys | None]:
    """The hashes of each part in several sections."""
    joined: list[Keys | None] = []
    for of_part in zip(*of_sections, strict=True):
        hashes = [some for some in of_part if some is not None]
        joined.append(np.concatenate(hashes) if hashes else None)
    return joined


def _count_leaks(hashes: list[Keys | None]) -> int:
    held = [some for some in hashes if some is not None]
    return count_leaks(held) if held else 0


def _count_copies(hashes: list[Keys | None]) -> int:
    # Those of a single section are its own, in the order of its rows, which may be asked again.
    return sum(count_copies(some.copy()) for some in hashes if some is not None)


def count_spread(
    inputs: NamedInputs,
    tokenizer: TokenizerSettings,
    selection: Selection,
    work: Work,
    *,
    keeps_hashes: bool = False,
) -> tuple[SpreadText, list[tuple[str, bytes]]]:
    """Count the words of all sections of the inputs; with the beginning of the text. See `count`.

    Raises SettingsError for what several workers cannot do, and InputError for what cannot be read,
    and for the first thing that is wrong.
    """
    engine = work.cluster
    assert engine is not None
    if STDIN in inputs.names:
        cause = "dask has no way to standard input"
        raise SettingsError("--engine", cause, "name files that all workers see")
    if selection.drop_duplicates:
        cause = "dask does not compare every row with all others, as --drop-duplicates does"
        raise SettingsError("--engine", cause, "leave out one of both")
    held_out = inputs.held_out
    task = Task(
        inputs.reading,
        tokenizer,
        selection,
        tuple(held_out),
        work.secret,
        tuple(draw_row_secrets(selection, keeps_hashes=keeps_hashes or bool(held_out))),
        keeps_hashes,
    )
    items = [
        item if is_url(item.place) else item._replace(path=os.path.abspath(item.name))
        for item in inputs.inputs
    ]
    sections = cut_inputs(items, inputs.reading, _section_bytes(inputs, engine))
    counted = [engine.submit(on_worker.count_section, its, task) for its in sections]
    told = [engine.submit(on_worker.facts_of, its) for its in counted]
    text = SpreadText(engine, task, sections, counted, [])
    for number, its in enumerate(told):
        try:
            [facts] = engine.gather([its])
        except InputError:
            # Its place is told by the records before, which are known by now.
            on_worker.count_section(sections[number], task, text.records_before[number])
            raise
        text.facts.append(facts)
        inputs.advance(_n_bytes(sections[number]))
    inputs.finished += _sources(text)
    return text, _beginning(text)


def _section_bytes(inputs: NamedInputs, engine: Engine) -> int:
    """How many bytes a section should have for each worker to have several."""
    n_bytes = total_bytes(inputs.places) or 0
    wanted = -(-n_bytes // (engine.n_workers * _SECTIONS_OF_A_WORKER))
    return max(min(max(wanted, _LEAST_SECTION), _MOST_SECTION), n_bytes // _MANY_SECTIONS)


def _n_bytes(section: Section) -> int:
    if section.end is not None:
        return section.end - section.first
    return total_bytes([section.input.place]) or 0


def _sources(text: SpreadText) -> list[Source]:
    """The inputs, all read to their ends, and their digests."""
    told = zip(text.sections, text.facts, strict=True)
    of_inputs = [(section, facts.source) for section, facts in told if not section.first]
    cut = [
        WholeFile(section.input.place, section.state[0], section)
        for section, source in of_inputs
        if source is None and section.state is not None
    ]
    digests = iter(digests_by(text.engine, cut))
    sources = []
    for section, source in of_inputs:
        name, part, label, _ = section.input
        sources.append(source or Source(name, next(digests), None, part, label))
    return sources


def _beginning(text: SpreadText) -> list[tuple[str, bytes]]:
    """The beginning of the text, as one worker would have kept it."""
    parts: list[tuple[str, bytes]] = []
    room = SAMPLE_BYTES
    for counted in text.counted:
        if not room:
            break
        [kept] = text.engine.gather([text.engine.submit(on_worker.beginning_of, counted)])
        for source, data in kept:
            parts.append((source, data[:room]))
            room -= len(parts[-1][1])
    return parts
