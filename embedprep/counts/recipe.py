"""Which steps count a text, merge counts, or make a vocabulary of them?"""

from __future__ import annotations

import tempfile
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, closing
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import NamedTuple

import numpy as np

from embedprep.budget import budget_of
from embedprep.counting import Counted, count
from embedprep.counts.files import CountSettings, CountsFile, Tally, open_counts, write_counts
from embedprep.counts.kinds import Counts
from embedprep.counts.order import OrderedSource, merged_in_order, read_in_order, write_in_order
from embedprep.dictionary import Dictionary, read_run
from embedprep.doubts import Beginning, doubts
from embedprep.errors import SettingsError
from embedprep.local import LocalText
from embedprep.places import Place
from embedprep.plan import choose_rectangle, lengths_with_marks
from embedprep.portions import Piece, Portion, none_kept, rank_pieces
from embedprep.publication import refuse_to_overwrite, staged_file
from embedprep.rectangle import parse_max_len
from embedprep.settings import (
    ALL_ROWS,
    ALL_THERE_IS,
    Resources,
    RowSettings,
    VocabularySettings,
)
from embedprep.sources import NamedInputs, Reader, Source
from embedprep.specials import UNK, Specials
from embedprep.spool import Record, Spool
from embedprep.tokenizer.rules import versions_behind
from embedprep.tokenizer.settings import TokenizerSettings
from embedprep.vocabulary import Vocabulary, format_vocabulary, make_vocabulary
from embedprep.work import Work, work_in

BYTES_AT_ONCE = 8 << 20
"""Of distinct words, merged together."""


class CountedWords(NamedTuple):
    """What was counted; the inputs, where they were text; and what tells of settings that are
    plainly wrong for it.
    """

    tally: Tally
    sources: Sequence[Source] = ()
    warnings: tuple[str, ...] = ()


def count_words(
    words: NamedInputs | Counts,
    tokenizer: TokenizerSettings,
    output: Place,
    *,
    resources: Resources = ALL_THERE_IS,
) -> CountedWords:
    """Count the words of a text into a file; counts are merged, as if their texts had been counted
    together, by the tokenizer that they were made with.

    Raises what reading raises, and OutputError where the file cannot be written.
    """
    if isinstance(words, Counts):
        return _merge(words, output, resources)
    assert isinstance(words, Reader)
    return _count_text(words, tokenizer, output, resources)


def _count_text(
    reader: Reader, tokenizer: TokenizerSettings, output: Place, resources: Resources
) -> CountedWords:
    with closing(reader), ExitStack() as stack:
        refuse_to_overwrite(reader.places, [output])
        temporary = stack.enter_context(staged_file(output))
        work = stack.enter_context(
            work_in(temporary.parent, tokenizer, budget_of(resources, 0), resources)
        )
        beginning = Beginning(reader)
        counted = count(beginning, reader.reading, tokenizer, work)
        text = LocalText(counted, work)
        warnings = doubts(beginning.parts, reader, tokenizer, text)
        rows_of_length = _rows_of_length(text, work)
        records = _records(counted, work)
        settings = CountSettings(tokenizer, versions_behind(tokenizer))
        tally = write_counts(
            temporary, output, settings, rows_of_length, records=records, spool=work.spool
        )
        return CountedWords(tally, reader.finished, warnings)


def _merge(counts: Counts, output: Place, resources: Resources) -> CountedWords:
    with ExitStack() as stack:
        refuse_to_overwrite(counts.names, [output])
        files = open_counts(counts, stack)
        temporary = stack.enter_context(staged_file(output))
        spool = stack.enter_context(Spool(temporary.parent, budget_of(resources, 0).spool))
        records = _merged_records(files, spool)
        tally = write_counts(
            temporary,
            output,
            files[0].settings,
            total_rows(files),
            records=records,
            spool=spool,
        )
        return CountedWords(tally)


def vocab_of_counts(
    counts: Counts,
    settings: VocabularySettings,
    rows: RowSettings,
    output: Place | None = None,
    *,
    resources: Resources = ALL_THERE_IS,
) -> Vocabulary:
    """The vocabulary of the texts that were counted into some files, saved where an `output` is
    given: the one that `vocab` makes of the texts themselves. The tokenizer is that of the files.

    Raises SettingsError where unknown words are dropped and rows are not of a given length.
    """
    if settings.oov == "drop" and not isinstance(parse_max_len(rows.max_len or "max"), int):
        raise SettingsError(
            "--max-len",
            "must be a number with --oov drop: how long a line is depends on which of its words "
            "are kept, and counts do not tell which words it has",
            "name one, as in --max-len 128",
        )
    with ExitStack() as stack:
        if output is not None:
            refuse_to_overwrite(counts.names, [output])
        files = open_counts(counts, stack)
        folder = Path(tempfile.gettempdir())
        if output is not None:
            temporary = stack.enter_context(staged_file(output))
            folder = temporary.parent
        tokenizer = files[0].settings.tokenizer
        settings = replace(settings, tokenizer=tokenizer)
        budget = budget_of(resources, settings.max_words)
        work = stack.enter_context(work_in(folder, tokenizer, budget, resources))
        unranked = [UNK, *settings.specials.by_name]
        ranked, _ = rank_pieces(
            pieces_of(files), settings.max_words, settings.min_count, unranked, work
        )
        specials = settings.specials
        lengths = lengths_with_marks(total_rows(files), specials.n_marks)
        rectangle = choose_rectangle(rows, lengths, specials, ranked.words.n_words)
        vocabulary = make_vocabulary(ranked, tokenizer, rectangle, specials)
        if output is not None:
            temporary.write_bytes(format_vocabulary(vocabulary))
        return vocabulary


def pieces_of(files: Sequence[CountsFile]) -> Iterator[tuple[Piece]]:
    """The words of all files together, in pieces."""
    for piece in merged_in_order(files, BYTES_AT_ONCE):
        yield (partial(Dictionary, *piece),)


def total_rows(files: Sequence[CountsFile]) -> Counter[int]:
    """How many lines of all texts have each number of words."""
    return sum((file.rows_of_length for file in files), Counter[int]())


def _rows_of_length(text: LocalText, work: Work) -> Counter[int]:
    """How many lines have each number of words, also where stretches were counted."""
    [part] = text.number(none_kept(work.secret), Specials(), ALL_ROWS).parts
    return part.rows_of_length


def _records(counted: Counted, work: Work) -> list[Record]:
    """The words of all portions in their order, in the spool."""
    spool = work.spool
    in_order = [write_in_order(_words(portion, spool), spool) for portion in counted.portions]
    if len(in_order) == 1:
        return in_order
    return _merged_records([read_in_order(record, spool) for record in in_order], spool)


def _words(portion: Portion, spool: Spool) -> Dictionary:
    words = portion.words
    return words if isinstance(words, Dictionary) else read_run(words, spool)


def _merged_records(sources: Sequence[OrderedSource], spool: Spool) -> list[Record]:
    records = []
    for words, counts in merged_in_order(sources, BYTES_AT_ONCE):
        spelled = words.spelled(np.arange(words.n_words))
        records.append(spool.append([words.lengths.astype(np.uint32), counts, spelled]))
    return records
