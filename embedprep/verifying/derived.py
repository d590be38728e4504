"""Do the files that were made of rows fit each other: pairs, and those of a projector?"""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from embedprep.engines import Engine
from embedprep.exporting.word_vectors import METADATA, VECTORS
from embedprep.manifest import MANIFEST
from embedprep.npy import ArraySpec
from embedprep.output import LABELS, load_array
from embedprep.skipgrams.writing import COUPLES
from embedprep.specials import PAD_INDEX
from embedprep.verifying.contents import Contents, Problem, first_wrong
from embedprep.wording import how_many

_READ_BYTES = 4 << 20


def check_pairs(seen: Contents, engine: Engine) -> Iterator[Problem]:
    """What is wrong in the files of pairs for a skip-gram model."""
    listed, input_dim = seen.file(COUPLES), seen.statistic("input_dim")
    n_pairs = listed.shape[0] if listed is not None and listed.shape else 0
    arrays = {COUPLES: ArraySpec((n_pairs, 2), "int32"), LABELS: ArraySpec((n_pairs,), "uint8")}
    wrong = list(seen.check_arrays(arrays))
    yield from wrong
    fitting = {name for name in arrays if seen.whole_file(name)} - {file for file, _ in wrong}
    if not isinstance(input_dim, int):
        yield Problem(MANIFEST, "does not tell the input_dim")
    elif COUPLES in fitting:
        yield from seen.check_statistics({"pairs": n_pairs}, COUPLES)
        yield from seen.check_values(COUPLES, partial(_check_couples, input_dim), engine)
    if LABELS not in fitting:
        return
    wrong = list(seen.check_values(LABELS, _check_kinds, engine))
    yield from wrong
    if not wrong:
        n_positives = int(np.count_nonzero(load_array(seen.folder / LABELS)))
        counted = {"positives": n_positives, "negatives": n_pairs - n_positives}
        yield from seen.check_statistics(counted, LABELS)


def _check_couples(input_dim: int, couples: NDArray[Any], first_row: int) -> str | None:
    """Whether pairs are of entries, none of them the padding."""
    is_wrong = (couples <= PAD_INDEX) | (couples >= input_dim)
    return first_wrong(couples, is_wrong, first_row, f"is not in 1..{input_dim - 1}")


def _check_kinds(kinds: NDArray[Any], first_row: int) -> str | None:
    return first_wrong(kinds, kinds > 1, first_row, "is neither 0 nor 1")


def check_projector(seen: Contents, engine: Engine) -> Iterator[Problem]:  # noqa: ARG001 - all are called alike
    """What is wrong in the two files of a projector: how many lines and fields they have."""
    n_entries, dim = seen.statistic("entries"), seen.statistic("dim")
    if not isinstance(n_entries, int) or not isinstance(dim, int):
        yield Problem(MANIFEST, "does not tell how many entries there are, and of which dim")
        return
    for name, n_lines, n_tabs in ((VECTORS, n_entries, dim - 1), (METADATA, n_entries + 1, 1)):
        if seen.whole_file(name) is None:
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
