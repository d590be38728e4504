"""Which vectors does a matrix take over from an older one?

Those of all entries that both vocabularies have, as they are, wherever these stand; the others are
drawn as they would be without it.
"""

from __future__ import annotations

from pathlib import Path
from typing import NamedTuple

import numpy as np

from embedprep.arrays import row_chunks
from embedprep.digests import Digest, digest_of
from embedprep.errors import OutputError, VocabularyError
from embedprep.initializers import Initializer, initial_rows
from embedprep.matrix.files import WordVectors, open_matrix, open_word_vectors
from embedprep.matrix.making import Matrix, Start
from embedprep.output import VOCABULARY, file_of_output
from embedprep.settings import MatrixSettings
from embedprep.sources import Source
from embedprep.vocabulary import Vocabulary


class Older(NamedTuple):
    """An older matrix, and the file of its vocabulary."""

    path: Path
    vocabulary: Path | None = None


def open_older(older: Older, dim: int | None) -> WordVectors:
    """An older matrix with its vocabulary: the one that is named, else the one beside it.

    Raises OutputError where there is none, or the vectors are not those of a matrix to be made.
    """
    path = older.path
    matrix = open_matrix(path)
    found = older.vocabulary or file_of_output(path.parent, VOCABULARY)
    if found is None:
        remedy = "name the vocabulary of these vectors by --start-vocab"
        raise OutputError(str(path), f"has no {VOCABULARY} beside it", remedy)
    if dim not in (None, matrix.shape[1]):
        cause = f"has vectors of {matrix.shape[1]:,} numbers, not {dim:,}"
        raise OutputError(str(path), cause, "leave out --dim")
    if matrix.dtype == np.float64:
        cause = "holds float64, which the float32 of the new matrix would round"
        raise OutputError(str(path), cause, "save it as float32")
    remedy = f"name another vocabulary than {found} by --start-vocab"
    return open_word_vectors(path, found, Vocabulary.load(found), remedy)


def start_from(
    older: WordVectors,
    vocabulary: Vocabulary,
    settings: MatrixSettings,
    *,
    hashes: bool = True,
) -> Matrix:
    """The matrix of a vocabulary, its first vectors those of an older one as far as that has them.

    Unless `hashes` is false the older file is hashed for a manifest. Raises VocabularyError where
    the vocabularies have no word in common.
    """
    old_index = older.vocabulary.index
    from_row = np.fromiter(
        (old_index.get(entry, -1) for entry in vocabulary.entries), np.int64, vocabulary.input_dim
    )
    is_kept = from_row >= 0
    if not any(word in old_index for word in vocabulary.words):
        cause = "is of a vocabulary that has none of the words of the new one"
        raise VocabularyError(str(older.path), cause, "name its vocabulary by --start-vocab")
    values = np.empty((vocabulary.input_dim, older.dim), np.float32)
    kept = is_kept.nonzero()[0]
    for chunk in row_chunks(len(kept), values.strides[0]):
        values[kept[chunk]] = older.matrix[from_row[kept[chunk]]]
    drawn = (~is_kept).nonzero()[0]
    if len(drawn):
        words = [vocabulary.entries[i] for i in drawn.tolist()]
        initializer = Initializer(settings.init, settings.seed)
        values[drawn] = initial_rows(words, older.dim, initializer)
    digest = digest_of(older.path) if hashes else Digest()
    start = Start(Source(str(older.path), digest), len(kept), len(older.matrix) - len(kept))
    return Matrix(values, settings, start=start)
