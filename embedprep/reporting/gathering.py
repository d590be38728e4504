"""What does a report tell of an output, its manifest and each of its parts?"""

from __future__ import annotations

from collections.abc import Callable
from itertools import islice
from pathlib import Path
from typing import NamedTuple

import numpy as np

from embedprep.arrays import Ints
from embedprep.figures.rows import RowFigures, row_figures
from embedprep.listing import table_of, whole_number
from embedprep.manifest import was_run
from embedprep.output import Output
from embedprep.sources import TRAINING
from embedprep.wording import part_name

MOST_PARTS = 12
"""Parts that are counted and told of, the training rows among them."""


class PartFacts(NamedTuple):
    """A part of an output: its name, empty for the rows at the top, where it lies, and what its
    rows are like. A part that is told of by itself keeps its name.
    """

    name: str
    folder: Path
    output: Output
    rows: RowFigures

    @property
    def shown_name(self) -> str:
        """What its row in a table is called."""
        return part_name(self.name) if self.name or self.output.parts else "all rows"

    @property
    def n_rows(self) -> int:
        return len(self.output.sequences)


class RankedCounts(NamedTuple):
    """How often words occur, the most frequent first: `counts: (words,)`, the word of each by its
    index, `indices: (words,)`, and how many running words there are, the unknown ones included.

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


def gather(
    folder: Path, output: Output, advance: Callable[[int], object] = lambda n_rows: None
) -> list[PartFacts]:
    """Count what the parts of an output hold, the training rows first.

    Raises OutputError where the files of a part do not belong together.
    """
    own_name = output.manifest.get("part")
    own_name = own_name if isinstance(own_name, str) else TRAINING
    return [
        PartFacts(name or own_name, folder / name, part, row_figures(folder / name, part, advance))
        for name, part in islice(output.all_parts.items(), MOST_PARTS)
    ]


def ranked_counts(part: PartFacts) -> RankedCounts:
    """How often each word occurs: as the vocabulary tells it where it was made of these rows."""
    vocabulary, manifest = part.output.vocabulary, part.output.manifest
    indices = vocabulary.index_of_word
    counts = np.array(vocabulary.counts, np.int64)
    if was_run(manifest) and "part" not in manifest and counts.any():
        statistics = table_of(manifest, "statistics")
        n_unknown = whole_number(statistics, "unknown_words") or 0
        distinct = whole_number(statistics, "distinct_words")
        return RankedCounts(counts, indices, int(counts.sum()) + n_unknown, distinct, False)

    in_rows = part.rows.counts_of_index[indices]
    order = np.argsort(-in_rows, kind="stable")
    order = order[in_rows[order] > 0]
    unknown = vocabulary.specials.unk
    n_unknown = 0 if unknown is None else int(part.rows.counts_of_index[unknown])
    n_running = int(in_rows.sum()) + n_unknown
    return RankedCounts(in_rows[order], indices[order], n_running, None, True)
