"""Which vectors do rows of indices stand for? Those of an embedding matrix, or one-hot ones.

This is what an embedding layer does inside a model, for a model that has none.
"""

from __future__ import annotations

import os
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from embedprep.encoded import EncodedRows, beside, open_rows, open_with_vocabulary
from embedprep.errors import OutputError, check_choice
from embedprep.manifest import manifest_of, read_manifest_of_rows
from embedprep.matrix.files import open_matrix
from embedprep.npy import ArraySpec
from embedprep.output import EMBEDDING_MATRIX, check_vocabulary, vocabulary_of
from embedprep.publication import refuse_to_overwrite
from embedprep.settings import REDUCTIONS, VECTOR_DTYPES
from embedprep.specials import PAD_INDEX
from embedprep.tensors import Target, Tensor, write_tensor
from embedprep.vocabulary import Vocabulary
from embedprep.wording import how_large


def embed(
    named: Path,
    target: Target,
    *,
    matrix: Path | None = None,
    dtype: str = "float32",
    reduce: str | None = None,
) -> Tensor:
    """Write the vector of every index of rows, (rows, length, dim): `matrix[rows]`, the rows of
    padding taken as they are, as by the layers of Keras and PyTorch.

    With `reduce`, write the mean, the sum or the maximum of the vectors of a row, (rows, dim).
    There padding is left out, and a row of nothing else gives zeros. Sums are of float64, added in
    the order of the indices, and rounded once.

    `named` is the file of the rows or the output that they are part of; without `matrix`, the
    matrix is `embedding_matrix.npy` beside them, or at the top of their output. Raises
    VocabularyError for an index that the matrix does not have, and where rows and matrix are parts
    of outputs of different words; OutputError for what cannot be read or written, for a number
    that is too large for the dtype too; SettingsError for a dtype or a reduction that there is not.
    """
    check_choice("--dtype", dtype, VECTOR_DTYPES)
    if reduce is not None:
        check_choice("--reduce", reduce, REDUCTIONS)
    rows = open_rows(named)
    path = rows.path
    matrix = matrix or beside(path, EMBEDDING_MATRIX, "--matrix", "the embedding matrix")
    refuse_to_overwrite([*rows.files, matrix], [target.path])
    input_dim = _input_dim(path)
    remedy = "name the matrix that was made with the vocabulary of these rows"
    vectors = open_matrix(matrix, input_dim, remedy)
    of_rows, of_matrix = vocabulary_of(path), vocabulary_of(matrix)
    if of_rows is not None and of_matrix is not None and of_rows != of_matrix:
        check_vocabulary(path, of_matrix, Vocabulary.load(of_matrix))
    dim = vectors.shape[1]
    array = _embedded(rows, dim, dtype, reduce)

    def make(chunk: slice) -> NDArray[Any]:
        ids = rows.read(chunk, len(vectors)).astype(np.int64, copy=False)
        try:
            # A sum of infinities is no number in Python either; it is not told of.
            with np.errstate(over="raise", invalid="ignore"):
                of_rows = vectors.take(ids, axis=0) if not reduce else _reduce(vectors, ids, reduce)
                return of_rows.astype(dtype, copy=False)
        except FloatingPointError:
            raise OutputError(
                str(target.path),
                f"a number is too large for {dtype}, which ends at {np.finfo(dtype).max:,.4g}",
                "choose float32" if dtype == "float16" else "scale the matrix down",
            ) from None

    chunks = rows.chunks(max(array.row_bytes, dim * 8))
    smaller = partial(_smaller, rows, dim, dtype, reduce)
    return write_tensor(target, array, chunks, make, smaller)


def _input_dim(path: Path) -> int | None:
    """The `input_dim` of the layer that takes some rows, None where no output lists them."""
    if manifest_of(path) is None:
        return None
    manifest = read_manifest_of_rows(Path(os.path.realpath(path)).parent)
    input_dim: int = manifest["embedding"]["input_dim"]
    return input_dim


def _smaller(rows: EncodedRows, dim: int, dtype: str, reduce: str | None, limit: int) -> str:
    """The first of the smaller forms that takes so few bytes, as a remedy."""
    whole = _embedded(rows, dim, dtype, reduce)
    for other_dtype, other_reduce in (("float16", reduce), (dtype, "mean"), ("float16", "mean")):
        array = _embedded(rows, dim, other_dtype, reduce or other_reduce)
        if array.n_bytes < whole.n_bytes and array.n_bytes <= limit:
            options = [f"--dtype {other_dtype}"] if other_dtype != dtype else []
            options += ["--reduce mean"] if other_reduce != reduce else []
            return f"{' '.join(options)} takes {how_large(array.n_bytes)}"
    return "look the vectors up in the model: its Embedding layer takes the rows themselves"


def _embedded(rows: EncodedRows, dim: int, dtype: str, reduce: str | None) -> ArraySpec:
    inner = (dim,) if reduce else (rows.length, dim)
    return ArraySpec((rows.n_rows, *inner), dtype)


def _reduce(
    vectors: NDArray[np.floating[Any]], ids: NDArray[Any], reduce: str
) -> NDArray[np.floating[Any]]:
    """The mean, the sum or the maximum of the vectors of each row, (rows, dim).

    `ids: (rows, length)`. It goes column by column, so that each row adds up from its first index
    to its last.
    """
    is_max = reduce == "max"
    shape = (len(ids), vectors.shape[1])
    reduced = np.full(shape, -np.inf, vectors.dtype) if is_max else np.zeros(shape, np.float64)
    unite = np.maximum if is_max else np.add
    for column in ids.T:
        present = (column != PAD_INDEX).nonzero()[0]
        if len(present) == len(ids):
            unite(reduced, vectors.take(column, axis=0), out=reduced)
        elif len(present):
            reduced[present] = unite(reduced[present], vectors.take(column[present], axis=0))
    n_words = np.count_nonzero(ids, axis=1)
    if reduce == "mean":
        reduced /= np.maximum(n_words, 1)[:, None]
    reduced[n_words == 0] = 0
    if is_max:
        reduced += 0  # of 0.0 and -0.0, either may have been taken
    return reduced


def one_hot(named: Path, target: Target, *, vocabulary: Path | None = None) -> Tensor:
    """Write every index of rows as a vector of 0 with a 1 at its place, (rows, length, input_dim)
    uint8.

    Padding sets column 0, as in `keras.utils.to_categorical`, so that this times a matrix is what
    `embed` gives. The vocabulary is the one beside the rows where none is named. Raises
    VocabularyError and OutputError as `embed` does.
    """
    rows, entries = open_with_vocabulary(named, vocabulary, [target.path])
    input_dim = entries.input_dim
    array = ArraySpec((rows.n_rows, rows.length, input_dim), "uint8")

    def make(chunk: slice) -> NDArray[np.uint8]:
        ids = rows.read(chunk, input_dim)
        made = np.zeros((*ids.shape, input_dim), np.uint8)
        np.put_along_axis(made, ids.astype(np.int64)[:, :, None], 1, axis=2)
        return made

    def remedy(_: int) -> str:
        return "give the rows themselves to an Embedding layer, or count words by `embedprep bow`"

    return write_tensor(target, array, rows.chunks(array.row_bytes), make, remedy)
