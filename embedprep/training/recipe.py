"""Which steps make up a training?"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import asdict
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from embedprep.arrays import Ints
from embedprep.encoded import EncodedRows
from embedprep.engines import ThreadEngine
from embedprep.errors import InputError, OutputError
from embedprep.initializers import Initializer, initial_rows
from embedprep.matrix.files import check_fits, check_room, open_matrix, staged_matrix
from embedprep.output import check_vocabulary, embedding_layer
from embedprep.settings import OUTPUT_DIM, TrainingSettings
from embedprep.specials import PAD_INDEX
from embedprep.training.learning import Work, learn, load_gensim
from embedprep.vocabulary import Vocabulary

_LARGEST = 1e6
"""The largest number in a vector to go on from. Those of word vectors are far smaller; where the
products of two are over float32, gensim reads outside its tables, and the process dies."""


class Trained(NamedTuple):
    """A matrix that was written, the facts about what it was learned from, and the arguments of the
    embedding layer that begins with it.
    """

    path: Path
    statistics: dict[str, int]
    embedding: dict[str, Any]


def train(
    rows: EncodedRows,
    vocabulary: Vocabulary,
    output: Path,
    settings: TrainingSettings | None = None,
    *,
    start: Path | None = None,
    jobs: int | None = None,
    sync: bool = False,
    advance: Callable[[int], object] = lambda n_rows: None,
) -> Trained:
    """Write the matrix that is learned from rows, (input_dim, dim) float32, that of padding zeros,
    into M.npy, or into an output, as a part of it.

    Each row is a sentence of its indices, without its padding. What never occurs keeps its first
    vector: that in the matrix `start`, which may also be `output`, or else word2vec's, drawn
    evenly from ±0.5/dim. `advance` is told of the rows that were read in each epoch.

    Raises MissingExtra without gensim; InputError where nothing can be learned from the rows;
    VocabularyError for an index that the vocabulary does not have, and where `start` is part of an
    output of other words; OutputError where `start` does not fit or `output` cannot be written.
    """
    settings = settings or TrainingSettings()
    gensim = load_gensim()
    if start is None:
        matrix = _drawn_vectors(vocabulary, settings, output)  # (input_dim, dim)
    else:
        check_vocabulary(start, rows.path, vocabulary)
        given = _open_start(start, vocabulary.input_dim, settings.dim)
        check_room(output, *given.shape)
        matrix = np.array(given, np.float32, order="C")
    matrix[PAD_INDEX] = 0
    with staged_matrix(output, sync) as staged, ThreadEngine(jobs) as engine:
        if output.is_dir():
            cause = "has rows of other words than those that vectors are learned for"
            check_fits(output, vocabulary, cause, "take its own rows, or name a file by -o")
        counts = _count(rows, len(matrix))
        learn(matrix, counts, rows, Work(gensim, engine, staged.folder, settings, advance))
        n_trained = int(np.count_nonzero(counts))
        facts = {
            "rows": rows.n_rows,
            "words": int(counts.sum()),
            "epochs": settings.epochs,
            "trained": n_trained,
            "untouched": len(counts) - n_trained - 1,  # the padding is not counted
        }
        staged.write(matrix, {"trained": asdict(settings), "statistics": facts})
    return Trained(output, facts, embedding_layer(len(matrix), matrix.shape[1], rows.length))


def _drawn_vectors(
    vocabulary: Vocabulary, settings: TrainingSettings, output: Path
) -> NDArray[np.float32]:
    """The vectors that learning begins with, (input_dim, dim), those of word2vec.

    Raises OutputError where the disk has no room for so many.
    """
    dim = settings.dim or OUTPUT_DIM
    check_room(output, vocabulary.input_dim, dim)
    return initial_rows(vocabulary.entries, dim, Initializer("uniform", settings.seed, 0.5 / dim))


def _open_start(path: Path, input_dim: int, dim: int | None) -> NDArray[Any]:
    """The matrix to go on from, mapped from disk. Raises OutputError where it does not fit."""
    remedy = "name a matrix that was made with this vocabulary"
    matrix = open_matrix(path, input_dim, remedy)
    if dim not in (None, matrix.shape[1]):
        raise OutputError(
            str(path), f"has vectors of {matrix.shape[1]:,} numbers, not {dim:,}", "leave out --dim"
        )
    if not np.isfinite(matrix).all():
        raise OutputError(str(path), "holds numbers that are not finite", "make it again")
    largest = max(float(matrix.max()), -float(matrix.min()))
    if largest > _LARGEST:
        cause = f"holds {largest:.4g}, and numbers over {_LARGEST:,.0f} cannot be learned from"
        raise OutputError(str(path), cause, "scale the matrix down")
    return matrix


def _count(rows: EncodedRows, input_dim: int) -> Ints:
    """How often each entry occurs, (input_dim,); the padding does not.

    Raises InputError where no word has another one beside it.
    """
    counts = np.zeros(input_dim, np.int64)
    longest = 0
    for chunk in rows.chunks(row_bytes=0):
        ids = rows.read(chunk, input_dim)
        counts += np.bincount(ids.ravel().astype(np.int64), minlength=input_dim)
        longest = max(longest, int((ids != PAD_INDEX).sum(axis=1).max(initial=0)))
    counts[PAD_INDEX] = 0
    if longest < 2:
        held = "no word" if not longest else "no two words in a row"
        raise InputError(
            str(rows.path),
            f"holds {held}, and words are learned from those beside them",
            "encode a text of sentences",
        )
    return counts
