"""What does a report tell of an output, its manifest and each of its parts?"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from embedprep.arrays import Ints
from embedprep.errors import OutputError
from embedprep.figures.rows import RowFigures, row_figures
from embedprep.output import Output
from embedprep.sources import TRAINING
from embedprep.wording import part_name

MOST_PARTS = 12
"""Parts that are counted and told of, the training rows among them."""

_LARGEST = np.iinfo(np.int64).max


class PartFacts(NamedTuple):
    """A part of an output: its name, where it lies, and what its rows are like."""

    name: str
    folder: Path
    output: Output
    rows: RowFigures

    @property
    def n_rows(self) -> int:
        return len(self.output.sequences)

    @property
    def is_whole(self) -> bool:
        """Whether it is all that an output has."""
        return self.name == TRAINING and not self.output.parts

    @property
    def title(self) -> str:
        """What it is called beside others."""
        return "all rows" if self.is_whole else part_name(self.name)


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


def table_of(manifest: Any, *names: str) -> dict[str, Any]:
    """A table within the tables of a manifest, empty where there is none: it comes from outside."""
    found = manifest
    for name in names:
        found = found.get(name) if isinstance(found, dict) else None
    return found if isinstance(found, dict) else {}


def list_of(manifest: Any, name: str) -> list[dict[str, Any]]:
    """The tables in a list of a manifest."""
    found = manifest.get(name) if isinstance(manifest, dict) else None
    return [item for item in found if isinstance(item, dict)] if isinstance(found, list) else []


def whole_number(table: dict[str, Any], name: str) -> int | None:
    """A number of a manifest, None where there is none that can be counted."""
    found = table.get(name)
    return found if type(found) is int and 0 <= found <= _LARGEST else None


def was_run(manifest: dict[str, Any]) -> bool:
    """Whether the vocabulary was made of these rows, by `run`; else it was there before."""
    return "max_words" in table_of(manifest, "settings")


def is_split(part: Output) -> bool:
    """Whether long rows were split rather than cut."""
    return part.documents is not None


def gather(
    folder: Path, output: Output, advance: Callable[[int], object] = lambda n_rows: None
) -> list[PartFacts]:
    """Count what the parts of an output hold, the training rows first.

    Raises OutputError where the files of a part do not belong together.
    """
    own_name = output.manifest.get("part")
    named = [(own_name if isinstance(own_name, str) else TRAINING, folder, output)]
    named += [(name, folder / name, part) for name, part in output.parts.items()]
    return [
        PartFacts(name, place, part, _count(place, part, advance))
        for name, place, part in named[:MOST_PARTS]
    ]


def _count(folder: Path, part: Output, advance: Callable[[int], object]) -> RowFigures:
    n_rows = len(part.sequences)
    beside = {
        "lengths": part.lengths.shape,
        "labels": None if part.labels is None else part.labels.shape,
    }
    for name, shape in beside.items():
        if shape is not None and (not shape or shape[0] != n_rows):
            raise _unfit(folder, f"has {n_rows:,} rows, and {name} of shape {shape}")
    try:
        return row_figures(folder, part, advance)
    except ValueError:  # of NumPy, which counts by classes and lengths
        raise _unfit(folder, "holds labels or lengths that cannot be") from None


def _unfit(folder: Path, cause: str) -> OutputError:
    return OutputError(str(folder), cause, "embedprep verify tells what is wrong")


def ranked_counts(part: PartFacts) -> RankedCounts:
    """How often each word occurs: as the vocabulary tells it where it was made of these rows."""
    vocabulary, manifest = part.output.vocabulary, part.output.manifest
    specials = list(vocabulary.specials.by_name.values())
    is_word = np.ones(vocabulary.input_dim, np.bool_)
    is_word[specials] = False
    indices = np.flatnonzero(is_word)  # by rank, (words,)
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
