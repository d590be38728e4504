"""Do the files of an output of rows fit each other, and what the manifest tells of them?"""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from embedprep.encoded import EncodedRows
from embedprep.engines import Engine, in_turn
from embedprep.errors import VocabularyError
from embedprep.labels import Coding, LabelFacts
from embedprep.manifest import MANIFEST
from embedprep.npy import ArraySpec
from embedprep.output import (
    DOCUMENTS,
    EMBEDDING_MATRIX,
    LABELS,
    LENGTHS,
    SEQUENCES,
    VOCABULARY,
    load_array,
)
from embedprep.specials import BOS, EOS, PAD_INDEX
from embedprep.vectors import finite_rows
from embedprep.verifying.contents import Contents, Problem, first_wrong
from embedprep.vocabulary import Vocabulary
from embedprep.wording import how_many


def check_rows(seen: Contents, engine: Engine) -> Iterator[Problem]:
    """What is wrong in the files of an output of rows, its parts left out."""
    if seen.whole_file(VOCABULARY) is None:
        return
    try:
        vocabulary = Vocabulary.load(seen.folder / VOCABULARY)
    except VocabularyError as error:
        yield Problem(VOCABULARY, error.cause)
        return
    yield from _check_layer(seen, vocabulary)
    yield from _check_label_facts(seen, vocabulary)

    arrays = _arrays(seen, vocabulary)
    wrong = list(seen.check_arrays(arrays))
    yield from wrong
    fitting = {name for name in arrays if seen.whole_file(name)} - {file for file, _ in wrong}
    if SEQUENCES in fitting:
        yield from seen.check_statistics({"rows": arrays[SEQUENCES].shape[0]}, SEQUENCES)
        yield from _check_cells(seen, vocabulary, LENGTHS in fitting, engine)
    for name, check in (
        (LABELS, partial(_check_labels, vocabulary.labels)),
        (DOCUMENTS, _check_documents),
        (EMBEDDING_MATRIX, _check_vectors),
    ):
        if name in fitting:
            yield from seen.check_values(name, check, engine)


def _check_layer(seen: Contents, vocabulary: Vocabulary) -> Iterator[Problem]:
    """Whether the layer in the manifest is that of the vocabulary and of its rows."""
    layer, max_len = seen.told.layer, vocabulary.rectangle.max_len
    if layer is not None and layer.input_dim != vocabulary.input_dim:
        entries = how_many(vocabulary.input_dim, "entry", "entries")
        cause = f"says input_dim {layer.input_dim:,}, and {VOCABULARY} has {entries}"
        yield Problem(MANIFEST, cause)
    if layer is not None and layer.input_length != max_len:
        said = f"says input_length {layer.input_length:,}"
        yield Problem(MANIFEST, f"{said}, and {VOCABULARY} has rows of {max_len:,}")


def _arrays(seen: Contents, vocabulary: Vocabulary) -> dict[str, ArraySpec]:
    """The arrays that belong to a vocabulary and to as many rows as there are."""
    rows, rectangle, labels = seen.file(SEQUENCES), vocabulary.rectangle, vocabulary.labels
    n_rows = rows.shape[0] if rows is not None and rows.shape else 0
    arrays = {
        SEQUENCES: ArraySpec((n_rows, rectangle.max_len), rectangle.dtype),
        LENGTHS: ArraySpec((n_rows,), "int32"),
        DOCUMENTS: ArraySpec((n_rows,), "int64"),
    }
    if labels is not None:
        several = len(labels.classes) if labels.type == "classes" else labels.per_row
        n_columns = several if labels.type == "classes" or (several or 1) > 1 else None
        arrays[LABELS] = Coding(labels, np.empty(0, np.int32), n_columns).array(n_rows)
    if seen.told.layer is not None:
        shape = (vocabulary.input_dim, seen.told.layer.output_dim)
        arrays[EMBEDDING_MATRIX] = ArraySpec(shape, "float32")
    return arrays


def _check_label_facts(seen: Contents, vocabulary: Vocabulary) -> Iterator[Problem]:
    """Whether manifest and vocabulary have the same classes. Rows may do without labels that the
    vocabulary knows.
    """
    told = seen.manifest.get("labels")
    has_labels = any(file.name == LABELS for file in seen.told.files)
    if has_labels != (told is not None):
        cause = "tells of labels, and lists none" if told is not None else "does not tell of labels"
        yield Problem(MANIFEST, cause)
    elif told is not None and (vocabulary.labels is None or told != vocabulary.labels.saved):
        yield Problem(MANIFEST, f"tells of other labels than {VOCABULARY}")


class _Cells(NamedTuple):
    """What some rows hold: the first things that are wrong, how many rows were cut, how many have
    no word, and the longest.
    """

    problems: list[Problem]
    n_cut: int = 0
    n_empty: int = 0
    longest: int = 0


def _check_cells(
    seen: Contents, vocabulary: Vocabulary, has_lengths: bool, engine: Engine
) -> Iterator[Problem]:
    """Whether indices have an entry, and whether rows are filled as far as their lengths say."""
    max_len, n_marks = vocabulary.rectangle.max_len, vocabulary.specials.n_marks
    rows = EncodedRows(seen.folder / SEQUENCES, load_array(seen.folder / SEQUENCES))
    lengths = load_array(seen.folder / LENGTHS) if has_lengths else None

    def look(chunk: slice) -> _Cells:
        try:
            ids = rows.read(chunk, vocabulary.input_dim)
        except VocabularyError as error:
            place = error.place.removeprefix(f"{rows.path}: ")
            return _Cells([Problem(SEQUENCES, f"{place}: {error.cause}")])
        if lengths is None:
            return _Cells([])
        of_rows = lengths[chunk].astype(np.int64)  # (rows,)
        problems = _check_filled(ids, of_rows, chunk.start, vocabulary)
        n_cut = int(np.count_nonzero(of_rows > max_len))
        n_empty = int(np.count_nonzero(of_rows == n_marks))
        return _Cells(problems, n_cut, n_empty, int(of_rows.max(initial=0)))

    found = _Cells([])
    for some in in_turn(engine, look, ((chunk,) for chunk in rows.chunks(max_len * 8))):
        if some.problems:
            yield from some.problems
            return
        n_cut, n_empty = found.n_cut + some.n_cut, found.n_empty + some.n_empty
        found = _Cells([], n_cut, n_empty, max(found.longest, some.longest))
    if lengths is not None:
        counted = {"empty_rows": found.n_empty}
        if seen.statistic("split_documents") is None:  # else these are those of whole rows
            counted |= {"truncated_rows": found.n_cut, "longest_row": found.longest}
        yield from seen.check_statistics(counted, LENGTHS)


def _check_filled(
    ids: NDArray[Any], lengths: NDArray[np.int64], first_row: int, vocabulary: Vocabulary
) -> list[Problem]:
    """Whether a row of length n, marks included, has min(n, max_len) cells on its side that are no
    padding, no others, and its marks at their ends.

    `ids: (rows, max_len)`, `lengths: (rows,)`.
    """
    rectangle, specials = vocabulary.rectangle, vocabulary.specials
    max_len = rectangle.max_len
    is_short = lengths < specials.n_marks
    if is_short.any():
        row = int(is_short.argmax())
        least = specials.n_marks
        cause = f"row {first_row + row}: {lengths[row]} is less than {least}"
        return [Problem(LENGTHS, cause)]

    n_filled = np.minimum(lengths, max_len)  # (rows,)
    is_pre = rectangle.padding == "pre"
    first = max_len - n_filled if is_pre else np.zeros_like(n_filled)
    column = np.arange(max_len)
    is_filled = (column >= first[:, None]) & (column < (first + n_filled)[:, None])
    is_wrong = ((ids != PAD_INDEX) != is_filled).any(axis=1)  # (rows,)
    if is_wrong.any():
        row = int(is_wrong.argmax())
        number = first_row + row
        cause = f"row {number}: {lengths[row]}, and row {number} of {SEQUENCES} is filled otherwise"
        return [Problem(LENGTHS, cause)]
    row_numbers = np.arange(len(ids))
    for name, mark, place in (
        (BOS, specials.bos, first),
        (EOS, specials.eos, first + n_filled - 1),
    ):
        is_wrong = ids[row_numbers, place] != mark if mark is not None else np.zeros(0, np.bool_)
        if is_wrong.any():
            row = first_row + int(is_wrong.argmax())
            return [Problem(SEQUENCES, f"row {row}: {name} does not stand at its end of the row")]
    return []


def _check_labels(labels: LabelFacts | None, values: NDArray[Any], first_row: int) -> str | None:
    """Whether numbers are finite, classes are among those there are, and a matrix is 0 and 1."""
    if labels is None:
        return None
    if values.dtype.kind == "f":
        is_wrong, must = ~np.isfinite(values), "is no number"
    elif labels.type == "classes":
        is_wrong, must = values > 1, "is neither 0 nor 1"
    else:
        n_classes = len(labels.classes)
        is_wrong = (values < 0) | (values >= n_classes)
        must = f"is none of {how_many(n_classes, 'class', 'classes')}"
    return first_wrong(values, is_wrong, first_row, must)


def _check_documents(values: NDArray[Any], first_row: int) -> str | None:
    return first_wrong(values, values < 0, first_row, "is no row of the input")


def _check_vectors(vectors: NDArray[Any], first_row: int) -> str | None:
    """Whether vectors are finite and that of the padding is zeros."""
    is_finite = finite_rows(vectors)
    if not is_finite.all():
        return f"row {first_row + int(is_finite.argmin())}: holds NaN or infinity"
    if first_row == PAD_INDEX and vectors[:1].any():
        return f"row {PAD_INDEX}: the vector of the padding is not zeros"
    return None
