"""How often does each kept word occur, and in what was it counted?

A vocabulary tells the counts of the rows that it was ranked by, before any was cut. For all other
rows, those of a part or of `encode`, words are counted as they stand there.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple

import numpy as np

from embedprep.arrays import Ints
from embedprep.figures.rows import RowFigures
from embedprep.listing import table_of, whole_number
from embedprep.manifest import was_run
from embedprep.output import Output
from embedprep.vocabulary import Vocabulary


class RankedCounts(NamedTuple):
    """How often words occur, the most frequent first: `counts: (words,)`, each above 0, the word of
    each by its index, `indices: (words,)`, and how many running words there are, the unknown ones
    included.

    `n_distinct` are the distinct words of the text, where that is known. `are_of_rows`: they were
    counted in the rows as they are stored, without what was cut or left out.
    """

    counts: Ints
    indices: Ints
    n_running: int
    n_distinct: int | None
    are_of_rows: bool

    @property
    def n_kept(self) -> int:
        return len(self.counts)


def ranked_counts(output: Output, rows: RowFigures) -> RankedCounts:
    """How often each word occurs: as the vocabulary tells it where it was made of these rows."""
    vocabulary, manifest = output.vocabulary, output.manifest
    n_unknown = n_unknown_where_counted(vocabulary, manifest)
    are_of_rows, n_distinct = n_unknown is None, None
    if n_unknown is None:
        counts, n_unknown = counts_in_rows(vocabulary, rows.counts_of_index)
    else:
        counts = np.array(vocabulary.counts, np.int64)
        n_distinct = whole_number(table_of(manifest, "statistics"), "distinct_words")
    order = np.argsort(-counts, kind="stable")
    order = order[counts[order] > 0]
    indices, n_running = vocabulary.index_of_word[order], int(counts.sum()) + n_unknown
    return RankedCounts(counts[order], indices, n_running, n_distinct, are_of_rows)


def counts_in_rows(vocabulary: Vocabulary, counts_of_index: Ints) -> tuple[Ints, int]:
    """How often each word, (words,), and an unknown one stands in rows, of which
    `counts_of_index: (input_dim,)` are the indices.
    """
    unknown = vocabulary.specials.unk
    n_unknown = 0 if unknown is None else int(counts_of_index[unknown])
    return counts_of_index[vocabulary.index_of_word], n_unknown


def n_unknown_where_counted(vocabulary: Vocabulary, manifest: Mapping[str, Any]) -> int | None:
    """How many unknown words the rows of an output have, where the counts of its vocabulary are
    those of its rows; None where they are not.
    """
    if not was_run(manifest) or "part" in manifest:
        return None
    statistics = table_of(manifest, "statistics")
    n_words, n_unknown = (whole_number(statistics, name) for name in ("words", "unknown_words"))
    if n_words is None or n_unknown is None:
        return None
    return n_unknown if n_words - n_unknown == sum(vocabulary.counts) else None
