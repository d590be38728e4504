"""What is done to a section of a text, by the worker that has it?

What a section becomes stays with its worker; what is told of it is small. A worker that is lost
loses nothing that another could not make again of the section itself.
"""

from __future__ import annotations

import tempfile
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple

import numpy as np

from embedprep.arrays import Keys
from embedprep.counting import Counted, count
from embedprep.dictionary import Dictionary, Lookup, WordArray, best_of, merge
from embedprep.dictionary.keys import marks_of
from embedprep.doubts import Beginning
from embedprep.engines import ThreadEngine
from embedprep.handover import FinalPart, Layout, Pieces, Written
from embedprep.hashing import Secret
from embedprep.labels import LabelFacts
from embedprep.local import LocalNumberedText, LocalText
from embedprep.npy import FilePlan
from embedprep.portions import Kept
from embedprep.settings import Selection
from embedprep.sources import Reading, Section, Source, changed_meanwhile, read_section
from embedprep.specials import Specials
from embedprep.spool import Spool
from embedprep.spread.files import PlacedRows
from embedprep.tokenizer.settings import TokenizerSettings
from embedprep.work import Work


class Task(NamedTuple):
    """What is to be done with every section; see `count`. The secrets are those of the run."""

    reading: Reading
    tokenizer: TokenizerSettings
    selection: Selection
    held_out: tuple[str, ...]
    secret: Secret
    row_secrets: tuple[Secret, ...]
    keeps_hashes: bool = False


class CountedSection(NamedTuple):
    """A section that is counted; its indices wait in memory. `source` is told of a whole input."""

    section: Section
    counted: Counted
    source: Source | None
    beginning: list[tuple[str, bytes]]

    @property
    def words(self) -> Dictionary:
        """Its words, and how often its training rows hold each."""
        [portion] = self.counted.portions
        assert isinstance(portion.words, Dictionary)
        return portion.words


class SectionFacts(NamedTuple):
    """What is told of a counted section: its running words, how many training rows have each
    length, how many records it holds, and the source if it is a whole input.
    """

    n_running: int
    rows_of_length: Counter[int]
    n_records: int
    source: Source | None


class KnownWords(NamedTuple):
    """Words that have an index, in its order, and the special entries beside them."""

    words: WordArray
    specials: Specials


def count_section(section: Section, task: Task, records_before: int = 0) -> CountedSection:
    """Read a section and count its words. Raises InputError for the first thing that is wrong;
    `records_before` are those of the same input in the sections before.
    """
    finished: list[Source] = []
    beginning = Beginning(read_section(section, task.reading, finished))
    with _work(task.secret) as work:
        counted = count(
            beginning,
            task.reading,
            task.tokenizer,
            work,
            selection=task.selection,
            held_out=task.held_out,
            row_secrets=task.row_secrets,
            records_before=records_before,
            keeps_hashes=task.keeps_hashes,
        )
    source = None
    if finished:
        [read] = finished
        source = read._replace(digest=read.digest.known)
    return CountedSection(section, counted, source, beginning.parts)


@contextmanager
def _work(secret: Secret) -> Iterator[Work]:
    """The work of one worker by itself, who keeps all in memory."""
    folder = Path(tempfile.gettempdir())
    with ThreadEngine(is_here=True) as engine, Spool(folder, memory_bytes=1 << 62) as spool:
        yield Work(engine, secret, spool)


def facts_of(counted: CountedSection) -> SectionFacts:
    """What is told of a counted section."""
    text = counted.counted
    return SectionFacts(
        text.n_running, text.training.rows_of_length, text.n_records, counted.source
    )


def beginning_of(counted: CountedSection) -> list[tuple[str, bytes]]:
    """The beginning of its text."""
    return counted.beginning


def words_in(counted: CountedSection, task: Task, number: int, n_ranges: int) -> Dictionary:
    """Its words, counted, whose marks lie in one of so many ranges: each word is in the same one
    wherever it occurs.
    """
    words = counted.words
    if n_ranges == 1:
        return words
    halves = marks_of(words.words.keys, task.secret) >> np.uint64(32)
    is_in = (halves * np.uint64(n_ranges)) >> np.uint64(32) == np.uint64(number)
    return words.at(is_in.nonzero()[0])


def merge_words(dictionaries: Sequence[Dictionary]) -> Dictionary:
    """One dictionary of several."""
    return merge(dictionaries[0], dictionaries[1:]).total


def rank_all(
    words: Dictionary, max_words: int, min_count: int, unranked: tuple[str, ...]
) -> Dictionary:
    """The most frequent words of a dictionary, in their order."""
    return best_of([words], max_words, min_count, unranked)


def best_of_all(
    max_words: int, min_count: int, unranked: tuple[str, ...], some: Sequence[Dictionary]
) -> Dictionary:
    """The most frequent words of several dictionaries that share none, in their order."""
    return best_of(some, max_words, min_count, unranked)


def count_all(words: Dictionary) -> int:
    """How many of the words occur in training rows."""
    return words.n_counted


def final_parts(
    counted: CountedSection, known: KnownWords, task: Task
) -> tuple[list[FinalPart], list[Keys | None]]:
    """The rows of each part as the vocabulary makes them, and the hashes of texts with a word.

    Of each part's rows, the whole section is one piece.
    """
    with _numbered(counted, known, task) as text:
        parts = [part._replace(pieces=_as_one(part.pieces)) for part in text.parts]
        return parts, [its.hashes for its in text.final]


def _as_one(pieces: Pieces) -> list[int | Counter[int]]:
    """Pieces of one kind as one, which is 0 where they have no row; none if there are none."""
    n_rows, rows_of_length = 0, Counter[int]()
    for piece in pieces:
        if isinstance(piece, int):
            n_rows += piece
        else:
            rows_of_length.update(piece)
    return [rows_of_length or n_rows] if len(pieces) else []


def parts_of(final: tuple[list[FinalPart], list[Keys | None]]) -> list[FinalPart]:
    """The parts alone, of `final_parts`."""
    return final[0]


def hashes_of(final: tuple[list[FinalPart], list[Keys | None]]) -> list[Keys | None]:
    """The hashes alone."""
    return final[1]


def row_hashes(
    counted: CountedSection,
    final: tuple[list[FinalPart], list[Keys | None]],
    task: Task,
    part: int,
) -> list[Keys | None]:
    """The hashes of the texts of a part's rows, without the rows that are left out."""
    return [final[1][part] if task.selection.drop_empty else counted.counted.parts[part].hashes]


def check_section(
    counted: CountedSection,
    known: KnownWords,
    task: Task,
    facts: LabelFacts,
    records_before: int,
) -> None:
    """Raise InputError for the first row whose labels are not of that kind."""
    with _numbered(counted, known, task, records_before=records_before) as text:
        text.check_labels(facts)


class Writing(NamedTuple):
    """What is written of a section: a part, how it is laid out, and what its labels are; where,
    from which row on, and how many rows there is room for; and how many rows of the inputs of its
    part are before it.
    """

    part: int
    layout: Layout
    labels: LabelFacts | None
    places: dict[str, FilePlan]
    first_row: int
    n_rows: int
    rows_before: int


def write_section(
    counted: CountedSection, known: KnownWords, task: Task, writing: Writing
) -> Written:
    """Write the rows that a part has in a section.

    Raises InputError where they are not as many as it was told to have: a worker that was lost had
    counted another text than there is now, and the rows of neighbours would be overwritten.
    """
    places, first_row, rows_before = writing.places, writing.first_row, writing.rows_before
    with _numbered(counted, known, task, rows_before=rows_before) as text:
        part = text.parts[writing.part]
        n_marks = known.specials.n_marks
        n_rows = [writing.layout.n_rows(piece, n_marks) for piece in part.pieces]
        if sum(n_rows) != writing.n_rows:
            raise changed_meanwhile(counted.section)
        writers = {name: PlacedRows(place, first_row) for name, place in places.items()}
        return text.write(writing.part, n_rows, writing.layout, writing.labels, writers)


@contextmanager
def _numbered(
    counted: CountedSection,
    known: KnownWords,
    task: Task,
    *,
    records_before: int = 0,
    rows_before: int = 0,
) -> Iterator[LocalNumberedText]:
    with _work(task.secret) as work:
        text = LocalText(counted.counted, work, records_before, rows_before)
        kept = Kept(known.words.n_words, Lookup(known.words, task.secret))
        yield text.number(kept, known.specials, task.selection)
