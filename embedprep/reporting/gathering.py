"""What does a report tell of each part of an output?"""

from __future__ import annotations

from collections.abc import Callable
from itertools import islice
from pathlib import Path
from typing import NamedTuple

from embedprep.figures.rows import RowFigures, row_figures
from embedprep.output import Output
from embedprep.sources import TRAINING
from embedprep.specials import PAD_INDEX
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
    def n_rows(self) -> int:
        return len(self.output.sequences)

    @property
    def n_padding(self) -> tuple[int, int]:
        """How many cells of the rows are padding, and how many there are."""
        counts = self.rows.counts_of_index
        return int(counts[PAD_INDEX]), int(counts.sum())

    @property
    def is_whole(self) -> bool:
        """Whether it is all that an output has."""
        return self.name == TRAINING and not self.output.parts

    @property
    def title(self) -> str:
        """What it is called beside others."""
        return "all rows" if self.is_whole else part_name(self.name)


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
