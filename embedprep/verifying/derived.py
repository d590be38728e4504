"""Do the files that were made of rows fit each other: pairs, and those of a projector?"""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from embedprep.engines import Engine, in_turn
from embedprep.errors import OutputError
from embedprep.exporting.word_vectors import METADATA, VECTORS
from embedprep.manifest import MANIFEST
from embedprep.npy import ArraySpec
from embedprep.output import LABELS
from embedprep.skipgrams.writing import COUPLES
from embedprep.specials import PAD_INDEX
from embedprep.verifying.arrays import StoredArray
from embedprep.verifying.contents import Contents, Problem, check_values, first_wrong
from embedprep.wording import how_many

_READ_BYTES = 4 << 20


def check_pairs(seen: Contents, engine: Engine) -> Iterator[Problem]:
    """What is wrong in the files of pairs for a skip-gram model."""
    couples, input_dim = seen.array(COUPLES), seen.statistic("input_dim")
    n_pairs = couples.spec.shape[0] if couples is not None and couples.spec.shape else 0
    right = {COUPLES: ArraySpec((n_pairs, 2), "int32"), LABELS: ArraySpec((n_pairs,), "uint8")}
    fitting, wrong = seen.fitting(right)
    yield from wrong
    if type(input_dim) is not int:
        yield Problem(MANIFEST, "does not tell the input_dim")
    elif COUPLES in fitting:
        yield from seen.check_statistics({"pairs": n_pairs}, COUPLES)
        yield from check_values(fitting[COUPLES], partial(_check_couples, input_dim), engine)
    if LABELS in fitting:
        yield from _check_kinds(seen, fitting[LABELS], engine)


def _check_couples(input_dim: int, couples: NDArray[Any], first_row: int) -> str | None:
    """Whether pairs are of entries, none of them the padding."""
    is_wrong = (couples <= PAD_INDEX) | (couples >= input_dim)
    return first_wrong(couples, is_wrong, first_row, f"is not in 1..{input_dim - 1}")


def _check_kinds(seen: Contents, kinds: StoredArray, engine: Engine) -> Iterator[Problem]:
    """Whether all labels are 0 or 1, and as many as the manifest says of each."""

    def count(chunk: slice) -> tuple[int, str | None]:
        of_chunk = kinds.read(chunk)
        wrong = first_wrong(of_chunk, of_chunk > 1, chunk.start, "is neither 0 nor 1")
        return int(np.count_nonzero(of_chunk)), wrong

    n_positives = 0
    try:
        for n, wrong in in_turn(engine, count, ((chunk,) for chunk in kinds.chunks())):
            if wrong:
                yield Problem(LABELS, wrong)
                return
            n_positives += n
    except OutputError as error:
        yield Problem(LABELS, error.cause)
        return
    n_negatives = kinds.spec.shape[0] - n_positives
    counted = {"positives": n_positives, "negatives": n_negatives}
    yield from seen.check_statistics(counted, LABELS)


def check_projector(seen: Contents, engine: Engine) -> Iterator[Problem]:  # noqa: ARG001 - all are called alike
    """What is wrong in the two files of a projector: how many lines and fields they have."""
    n_entries, dim = seen.statistic("entries"), seen.statistic("dim")
    if type(n_entries) is not int or type(dim) is not int:
        yield Problem(MANIFEST, "does not tell how many entries there are, and of which dim")
        return
    for name, n_lines, n_tabs in ((VECTORS, n_entries, dim - 1), (METADATA, n_entries + 1, 1)):
        if name not in seen.whole:
            continue
        try:
            lines, tabs = _count_lines(seen.folder / name)
        except OSError as error:
            yield Problem(name, f"cannot be read ({error.strerror or error})")
            continue
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
