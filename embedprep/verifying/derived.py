"""Do the files that were made of rows fit each other: pairs, and those of a projector?"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from embedprep.engines import Engine
from embedprep.exporting.word_vectors import METADATA, VECTORS
from embedprep.manifest import MANIFEST
from embedprep.output import LABELS, load_array
from embedprep.skipgrams.writing import COUPLES
from embedprep.specials import PAD_INDEX
from embedprep.verifying.contents import Contents, Problem, check_each, described, first_wrong
from embedprep.wording import how_many

_READ_BYTES = 4 << 20


def check_pairs(seen: Contents, engine: Engine) -> Iterator[Problem]:
    """What is wrong in the files of pairs for a skip-gram model."""
    couples, labels = seen.listed(COUPLES), seen.listed(LABELS)
    input_dim = seen.statistic("input_dim")
    if couples is not None and couples.shape is not None:
        n_pairs = couples.shape[0] if couples.shape else 0
        expected = ((n_pairs, 2), "int32")
        if (couples.shape, couples.dtype) != expected:
            held = described(couples.shape, couples.dtype)
            yield Problem(COUPLES, f"is {held}, where {described(*expected)} must be")
            return
        yield from seen.check_statistics({"pairs": n_pairs}, COUPLES)

        def is_word(values: NDArray[Any], first_row: int) -> str | None:
            is_wrong = values <= PAD_INDEX
            if isinstance(input_dim, int):
                is_wrong |= values >= input_dim
            last = f"{input_dim - 1}" if isinstance(input_dim, int) else ""
            return first_wrong(values, is_wrong, first_row, f"is not in 1..{last}")

        yield from check_each(seen, COUPLES, is_word, engine)
        if labels is not None and (labels.shape, labels.dtype) != ((n_pairs,), "uint8"):
            held, asked = described(labels.shape, labels.dtype), described((n_pairs,), "uint8")
            yield Problem(LABELS, f"is {held}, where {asked} must be")
            return
    if labels is not None and labels.dtype == "uint8":

        def is_kind(values: NDArray[Any], first_row: int) -> str | None:
            return first_wrong(values, values > 1, first_row, "is neither 0 nor 1")

        wrong = list(check_each(seen, LABELS, is_kind, engine))
        yield from wrong
        if not wrong:
            kinds = load_array(seen.folder / LABELS)
            n_positives = int(np.count_nonzero(kinds))
            counted = {"positives": n_positives, "negatives": kinds.size - n_positives}
            yield from seen.check_statistics(counted, LABELS)


def check_projector(seen: Contents, engine: Engine) -> Iterator[Problem]:  # noqa: ARG001 - as others
    """What is wrong in the two files of a projector: how many lines and fields they have."""
    n_entries, dim = seen.statistic("entries"), seen.statistic("dim")
    if not isinstance(n_entries, int) or not isinstance(dim, int):
        yield Problem(MANIFEST, "does not tell how many entries there are, and of which dim")
        return
    for name, n_lines, n_tabs in ((VECTORS, n_entries, dim - 1), (METADATA, n_entries + 1, 1)):
        if seen.listed(name) is None:
            continue
        lines, tabs = _count_lines(seen.folder / name)
        if (lines, tabs) != (n_lines, n_lines * n_tabs):
            fields = how_many(n_tabs + 1, "field")
            cause = f"is no table of {how_many(n_lines, 'line')} of {fields}"
            yield Problem(name, cause)


def _count_lines(path: Path) -> tuple[int, int]:
    """How many line ends and tabs a file has."""
    n_lines = n_tabs = 0
    with path.open("rb", buffering=0) as stream:
        while part := stream.read(_READ_BYTES):
            n_lines += part.count(b"\n")
            n_tabs += part.count(b"\t")
    return n_lines, n_tabs
