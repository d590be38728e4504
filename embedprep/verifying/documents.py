"""Are the input rows that split rows tell of those that they can be of?

The arrays do not tell how many rows were left out, nor which are in another part. Where some were,
an input row may come after any smaller one; where rows were shuffled, after any other, and how many
were split is not known.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from embedprep.engines import Engine, in_turn
from embedprep.errors import EmbedprepError
from embedprep.output import DOCUMENTS
from embedprep.settings import PARTS_OF_SPLIT
from embedprep.verifying.arrays import StoredArray
from embedprep.verifying.contents import Contents, Problem


class _Order(NamedTuple):
    """What the settings of an output promise of its rows: whether they are in the order of the
    text, and whether every row of the text is there, of which there are `n_documents`.
    """

    is_kept: bool
    is_complete: bool
    n_documents: object

    @classmethod
    def of(cls, seen: Contents) -> _Order:
        """That of an output or of a part. What its manifest does not tell is not promised."""
        part, is_split = seen.fact("part"), seen.fact("settings", "selection", "split") is not None

        def never(name: str) -> bool:
            return seen.fact("settings", "selection", name) is False

        is_held_out = part is not None and part not in PARTS_OF_SPLIT  # and in one part
        return cls(
            is_kept=part is not None or never("shuffle"),  # only training rows are ever shuffled
            is_complete=(is_held_out or not is_split)
            and never("drop_empty")
            and never("drop_duplicates"),
            n_documents=seen.statistic("documents"),
        )

    def first_wrong(
        self, values: NDArray[np.int64], before: NDArray[np.int64]
    ) -> tuple[int, str] | None:
        """The first of some rows that cannot be where it is, and why; `before: (rows,)` are the
        input rows of those before, -1 where there is none.
        """
        is_first = before < 0
        rules = [(values < 0, "is no row of the input")]
        if self.is_kept:
            rules.append((values < before, "comes after {before}"))
        if self.is_kept and self.is_complete:
            rules.append((is_first & (values > 0), "is not 0, and no row was left out"))
            rules.append((values - before > 1, "comes after {before}, and no row was left out"))
        elif self.is_complete and type(self.n_documents) is int:
            too_large = f"is no row of the input, which has {self.n_documents:,}"
            rules.append((values >= self.n_documents, too_large))
        is_wrong = np.logical_or.reduce([breaks for breaks, _ in rules])
        if not is_wrong.any():
            return None
        row = int(is_wrong.argmax())
        cause = next(cause for breaks, cause in rules if breaks[row])
        return row, f"{values[row]} {cause.format(before=before[row])}"


class _Found(NamedTuple):
    """What is wrong in some rows, and how many documents begin there and how many have their second
    row there, None where the rows are not in the order of the text.
    """

    problem: Problem | None
    counted: tuple[int, int] | None


def check_documents(seen: Contents, documents: StoredArray, engine: Engine) -> Iterator[Problem]:
    """The first row whose input row cannot be where it is, and whether there are as many documents
    as the manifest tells, where the rows are in the order of the text.
    """
    order = _Order.of(seen)

    def look(chunk: slice) -> _Found:
        file, row_in_file = documents.place(chunk.start)
        # The row before the chunk is there to tell whether its first begins a document, and the one
        # before that whether it is the second.
        n_before = min(chunk.start, 2)
        try:
            of_row = documents.read(slice(chunk.start - n_before, chunk.stop))
        except EmbedprepError as error:
            return _Found(Problem(file, error.cause), None)
        before = np.append(-1, of_row[:-1])  # of each of these rows
        problem = None
        if wrong := order.first_wrong(of_row[n_before:], before[n_before:]):
            row, cause = wrong
            problem = Problem(file, f"row {row_in_file + row}: {cause}")
        if (of_row[1:] < of_row[:-1]).any():
            return _Found(problem, None)
        begins, is_second = (its[n_before:] for its in _beginnings(of_row))
        return _Found(problem, (int(np.count_nonzero(begins)), int(np.count_nonzero(is_second))))

    first_problem, is_in_order, total = None, True, np.zeros(2, np.int64)
    for problem, counted in in_turn(engine, look, ((chunk,) for chunk in documents.chunks())):
        first_problem = first_problem or problem
        is_in_order &= counted is not None
        total += counted or 0
    if first_problem:
        yield first_problem
    if is_in_order:
        told = dict(zip(("documents", "split_documents"), total.tolist(), strict=True))
        yield from seen.check_statistics(told, DOCUMENTS)


def _beginnings(of_row: NDArray[Any]) -> tuple[NDArray[np.bool_], NDArray[np.bool_]]:
    """Which rows begin a document, and which are the second of one, each (rows,)."""
    begins = np.append(True, of_row[1:] != of_row[:-1])
    return begins, np.append(False, begins[:-1] & ~begins[1:])
