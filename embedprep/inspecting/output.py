"""What are the rows and the words of an output like?

All is read from its folder: the rows and their lengths, the vocabulary and the manifest.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence

import numpy as np

from embedprep.arrays import Ints
from embedprep.errors import check_least
from embedprep.figures.coverage import coverage, sizes_to_try
from embedprep.figures.lengths import cut_figures, length_figures, lengths_to_try
from embedprep.figures.numbers import number_figures
from embedprep.figures.rows import RowFigures, row_figures
from embedprep.figures.words import ranked_counts
from embedprep.inspecting.advice import OutputToAdvise, advise_output
from embedprep.inspecting.inspection import (
    COUNTED_IN_ROWS,
    COUNTED_IN_VOCABULARY,
    Inspection,
    LabelFigures,
    LongestRow,
    PartFigures,
    WordFigures,
    by_frequency,
)
from embedprep.inspecting.scripts import letters_by_script, summed
from embedprep.listing import table_of, whole_number
from embedprep.manifest import was_run
from embedprep.output import Output, folder_on_disk, load
from embedprep.places import Place
from embedprep.rectangle import DTYPES
from embedprep.settings import TOP
from embedprep.sources import TRAINING


def inspect_output(
    folder: str | Place,
    *,
    top: int = TOP,
    advance: Callable[[int], object] = lambda n_rows: None,
) -> Inspection:
    """Find out what an output is like, and each of its parts; `advance` is told of rows read.

    Raises OutputError where it is not whole or cannot be read, VocabularyError where its
    vocabulary is broken, or lacks an index of the rows.
    """
    check_least("--top", top, 1)
    path = folder_on_disk(folder)
    output = load(path)
    found = row_figures(path, output, advance)
    parts = [_part(TRAINING, output, found)]
    for name, part in output.parts.items():
        parts.append(_part(name, part, row_figures(path / name, part, advance)))
    vocabulary = output.vocabulary
    words = _words(output, found, top)
    rectangle, lengths = vocabulary.rectangle, found.rows_of_length
    matrix = table_of(output.manifest, "matrix", "statistics")
    n_copies = whole_number(table_of(output.manifest, "statistics"), "duplicate_rows") or 0
    asked = OutputToAdvise(
        parts, lengths, words, vocabulary, output.is_split, n_copies, _limit(output)
    )
    return Inspection(
        str(path),
        vocabulary.tokenizer,
        parts,
        words,
        [
            cut_figures(lengths, length, DTYPES[rectangle.dtype])
            for length in sorted(
                {*lengths_to_try(lengths, vocabulary.specials.n_marks), rectangle.max_len}
            )
        ],
        rectangle.dtype,
        advise_output(asked),
        rectangle=rectangle,
        matrix=matrix,
    )


def _limit(output: Output) -> str | None:
    """The option of `run` that left words out of the vocabulary. None where none did: it is of
    other text, or a literal <unk>, which is never ranked, is all that it lacks.
    """
    settings = table_of(output.manifest, "settings")
    if not was_run(output.manifest):
        return None
    if whole_number(settings, "max_words") == len(output.vocabulary.words):
        return "--max-words"
    return "--min-count" if (whole_number(settings, "min_count") or 1) > 1 else None


def _share(told: object) -> float | None:
    return float(told) if isinstance(told, int | float) else None


def _part(name: str, part: Output, found: RowFigures) -> PartFigures:
    vocabulary = part.vocabulary
    labels = None
    if part.labels is not None:
        are_numbers = found.rows_of_length and not part.classes
        numbers = number_figures(part.labels) if are_numbers else []
        labels = LabelFigures(found.rows_of_class, numbers, 0)
    dtype = part.sequences.dtype
    return PartFigures(
        name,
        length_figures(found.rows_of_length, vocabulary.specials.n_marks),
        found.n_duplicates,
        [LongestRow(f"row {row.row}", row.length) for row in found.longest],
        labels,
        cut_figures(found.rows_of_length, vocabulary.rectangle.max_len, dtype.itemsize),
        _share(table_of(part.manifest, "statistics").get("out_of_vocabulary")),
    )


def _words(output: Output, found: RowFigures, top: int) -> WordFigures:
    """The words of the training rows."""
    ranked, entries = ranked_counts(output, found), output.vocabulary.entries
    words = [entries[index] for index in ranked.indices.tolist()]
    return WordFigures(
        COUNTED_IN_ROWS if ranked.are_of_rows else COUNTED_IN_VOCABULARY,
        ranked.n_running,
        ranked.n_kept if ranked.are_of_rows else ranked.n_distinct,
        coverage(ranked.counts, ranked.n_running, sizes_to_try(ranked.n_kept)),
        list(zip(words[:top], ranked.counts[:top].tolist(), strict=True)),
        _letters(words, ranked.counts),
    )


_WORDS_AT_ONCE = 1 << 16


def _letters(words: Sequence[str], counts: Ints) -> dict[str, int]:
    """The letters of words with their counts, (words,), by their script."""
    characters = Counter[int]()
    for first in range(0, len(words), _WORDS_AT_ONCE):
        some = words[first : first + _WORDS_AT_ONCE]
        code_points = np.frombuffer("".join(some).encode("utf-32-le"), "<u4")
        lengths = np.fromiter(map(len, some), np.int64, len(some))
        n_times = np.repeat(counts[first : first + _WORDS_AT_ONCE], lengths)
        characters.update(summed(code_points, n_times))
    return by_frequency(letters_by_script(characters.items()))
