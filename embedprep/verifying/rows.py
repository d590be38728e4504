"""Do the files of an output of rows fit each other, and what the manifest tells of them?"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import asdict
from functools import partial
from typing import Any

import numpy as np
from numpy.typing import NDArray

from embedprep.engines import Engine
from embedprep.errors import VocabularyError
from embedprep.labels import LabelFacts
from embedprep.listing import is_same
from embedprep.manifest import MANIFEST
from embedprep.npy import ArraySpec
from embedprep.output import (
    DOCUMENTS,
    EMBEDDING_MATRIX,
    LABELS,
    LENGTHS,
    SEQUENCES,
    VOCABULARY,
)
from embedprep.sharding import Division
from embedprep.specials import PAD_INDEX
from embedprep.vectors import finite_rows
from embedprep.verifying.arrays import StoredArray
from embedprep.verifying.cells import check_cells
from embedprep.verifying.contents import Check, Contents, Problem, check_values, first_wrong
from embedprep.verifying.documents import check_documents
from embedprep.verifying.statistics import check_statistics
from embedprep.vocabulary import Vocabulary
from embedprep.wording import how_many


def check_rows(seen: Contents, engine: Engine) -> Iterator[Problem]:
    """What is wrong in the files of an output of rows, its parts left out."""
    if VOCABULARY not in seen.whole:
        return
    try:
        vocabulary = Vocabulary.load(seen.folder / VOCABULARY)
    except VocabularyError as error:
        yield Problem(VOCABULARY, error.cause)
        return
    yield from _check_layer(seen, vocabulary)
    yield from _check_shards(seen)
    yield from _check_others(seen, vocabulary)

    fitting, wrong = seen.fitting(_arrays(seen, vocabulary))
    yield from wrong
    if sequences := fitting.get(SEQUENCES):
        counted, wrong = check_cells(sequences, fitting.get(LENGTHS), vocabulary, engine)
        yield from wrong
        yield from check_statistics(seen, vocabulary, sequences.spec.shape[0], counted)
    checks: dict[str, Check] = {
        LABELS: partial(_check_labels, vocabulary.labels),
        EMBEDDING_MATRIX: _check_vectors,
    }
    for name, check in checks.items():
        if name in fitting:
            yield from check_values(fitting[name], check, engine)
    if documents := fitting.get(DOCUMENTS):
        yield from check_documents(seen, documents, engine)


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
    if not is_same(seen.fact("settings", "row"), asdict(vocabulary.rectangle)):
        yield Problem(MANIFEST, f"tells of rows of another form than {VOCABULARY}")


def _check_shards(seen: Contents) -> Iterator[Problem]:
    """Whether arrays in shards are in those that are written for so many rows in each."""
    of_each, shards = seen.fact("settings", "rows_per_shard"), seen.told.shards
    if of_each is None and not shards:
        return
    if type(of_each) is not int or of_each < 1 or not shards:
        yield Problem(
            MANIFEST, f"says rows_per_shard {of_each!r}, and {len(shards):,} arrays are in shards"
        )
        return
    for name, files in shards.items():
        division = Division(StoredArray(seen.folder, name, files).spec, of_each)
        is_right = division.n_shards == len(files) and division.shard(0).shape == files[0].shape
        if not is_right or division.names(name) != [file.name for file in files]:
            cause = f"lists shards of {name} that are not those of {how_many(of_each, 'row')} each"
            yield Problem(MANIFEST, cause)


def _arrays(seen: Contents, vocabulary: Vocabulary) -> dict[str, ArraySpec]:
    """The arrays that belong to a vocabulary and to as many rows as there are."""
    rows, rectangle, labels = seen.array(SEQUENCES), vocabulary.rectangle, vocabulary.labels
    n_rows = rows.spec.shape[0] if rows is not None and rows.spec.shape else 0
    arrays = {
        SEQUENCES: ArraySpec((n_rows, rectangle.max_len), rectangle.dtype),
        LENGTHS: ArraySpec((n_rows,), "int32"),
        DOCUMENTS: ArraySpec((n_rows,), "int64"),
    }
    if labels is not None:
        arrays[LABELS] = labels.array(n_rows)
    if seen.told.layer is not None:
        shape = (vocabulary.input_dim, seen.told.layer.output_dim)
        arrays[EMBEDDING_MATRIX] = ArraySpec(shape, "float32")
    return arrays


def _check_others(seen: Contents, vocabulary: Vocabulary) -> Iterator[Problem]:
    """Whether the arrays that not every output has are listed where the manifest tells of them, and
    its classes are those of the vocabulary. Rows may do without labels that the vocabulary knows.
    """
    told = seen.manifest.get("labels")
    if seen.array(DOCUMENTS) is None and seen.statistic("documents") is not None:
        yield Problem(MANIFEST, f"tells of documents, and lists no {DOCUMENTS}")
    if seen.array(EMBEDDING_MATRIX) is None and seen.fact("matrix") is not None:
        yield Problem(MANIFEST, f"tells of a matrix, and lists no {EMBEDDING_MATRIX}")
    has_labels = seen.array(LABELS) is not None
    if has_labels != (told is not None):
        cause = "tells of labels, and lists none" if told is not None else "does not tell of labels"
        yield Problem(MANIFEST, cause)
    elif told is not None and (
        vocabulary.labels is None or not is_same(told, vocabulary.labels.saved)
    ):
        yield Problem(MANIFEST, f"tells of other labels than {VOCABULARY}")


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


def _check_vectors(vectors: NDArray[Any], first_row: int) -> str | None:
    """Whether vectors are finite and that of the padding is zeros."""
    is_finite = finite_rows(vectors)
    if not is_finite.all():
        return f"row {first_row + int(is_finite.argmin())}: holds NaN or infinity"
    if first_row == PAD_INDEX and vectors[:1].any():
        return f"row {PAD_INDEX}: the vector of the padding is not zeros"
    return None
