"""How is an embedding matrix stored? As a file by itself, or as a part of an output."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from embedprep.errors import OutputError
from embedprep.listing import output_names
from embedprep.manifest import (
    MANIFEST,
    ROWS,
    has_rows,
    manifest_with_matrix,
    read_manifest_of_rows,
)
from embedprep.npy import ArraySpec, NpyWriter, WrittenFile, load_array
from embedprep.output import EMBEDDING_MATRIX, VOCABULARY, check_vocabulary
from embedprep.publication import StagedFolder, staged_file, staged_folder
from embedprep.space import check_space
from embedprep.vocabulary import Vocabulary
from embedprep.wording import how_large, how_many

_FLOAT_BYTES = (2, 4, 8)


def open_matrix(
    path: Path, input_dim: int | None = None, remedy: str = ""
) -> NDArray[np.floating[Any]]:
    """An embedding matrix, (input_dim, dim), mapped from disk where its numbers lie as they are
    used, else in memory.

    Raises OutputError where there is none, or one of another `input_dim`: then `remedy` is told.
    """
    matrix = load_array(path)
    is_floats = matrix.dtype.kind == "f" and matrix.dtype.itemsize in _FLOAT_BYTES
    if matrix.ndim != 2 or not is_floats or not matrix.shape[1]:
        raise OutputError(
            str(path),
            f"holds {matrix.dtype} of shape {matrix.shape}, not an embedding matrix",
            "name a 2-D array of float16, float32 or float64",
        )
    if input_dim not in (None, len(matrix)):
        cause = f"has {how_many(len(matrix), 'vector')}, and the vocabulary {input_dim:,} entries"
        raise OutputError(str(path), cause, remedy)
    return np.ascontiguousarray(matrix, matrix.dtype.newbyteorder("="))


class WordVectors(NamedTuple):
    """A matrix in a file, (input_dim, dim), mapped from disk, and its vocabulary: row i is the
    vector of entry i.
    """

    path: Path
    matrix: NDArray[Any]
    vocabulary: Vocabulary

    @property
    def dim(self) -> int:
        return int(self.matrix.shape[1])


def open_word_vectors(
    path: Path, vocabulary_path: Path, vocabulary: Vocabulary, remedy: str
) -> WordVectors:
    """The matrix in a file, and the vocabulary that it is of.

    Raises OutputError where there is none, or one of another size: then `remedy` is told; and
    VocabularyError where it is part of an output of other words.
    """
    matrix = open_matrix(path, vocabulary.input_dim, remedy)
    check_vocabulary(path, vocabulary_path, vocabulary)
    return WordVectors(path, matrix, vocabulary)


def check_room(output: Path, n_vectors: int, dim: int) -> None:
    """Raise OutputError where the disk has no room for a matrix that is still to be made."""
    n_bytes = ArraySpec((n_vectors, dim), "float32").n_bytes
    cause = f"would take {how_large(n_bytes)} for {how_many(n_vectors, 'vector')} of {dim:,}"
    remedy = "choose a smaller --dim"
    check_space(output, n_bytes, cause, max_bytes=None, remedy=lambda _: remedy)


class StagedMatrix(NamedTuple):
    """A matrix on its way to the file or output `target`; temporary files belong in `folder`."""

    target: Path
    folder: Path
    staged: Path | StagedFolder

    def write(self, values: NDArray[np.float32], facts: Mapping[str, Any]) -> None:
        """Write it, (input_dim, dim); `facts` are for the manifest of an output.

        Raises OutputError where it cannot be written, or is not for the rows of the output.
        """
        if isinstance(self.staged, StagedFolder):
            add_matrix(self.staged, values, facts)
        else:
            array = ArraySpec(values.shape, values.dtype.name)
            with NpyWriter(self.staged, self.target, array, hashes=False) as writer:
                writer.write(0, values)


@contextmanager
def staged_matrix(output: Path, sync: bool = False) -> Iterator[StagedMatrix]:
    """A matrix that reaches its file, or becomes a part of an output, when the block ends.

    Raises OutputError where the file cannot be written, or the folder is no whole output of rows.
    """
    if output.name == EMBEDDING_MATRIX and has_rows(output.parent):
        remedy = "name another file, or its folder"
        raise OutputError(str(output), "is part of a whole output", remedy)
    if not output.is_dir():
        with staged_file(output, sync) as temporary:
            yield StagedMatrix(output, temporary.parent, temporary)
        return
    read_manifest_of_rows(output)
    with staged_folder(output, ROWS, sync) as staged:
        yield StagedMatrix(output, staged.path, staged)


def check_fits(output: Path, vocabulary: Vocabulary, cause: str, remedy: str) -> None:
    """Raise OutputError where the matrix of a vocabulary is not for the rows of an output."""
    if vocabulary.entries != Vocabulary.load(output / VOCABULARY).entries:
        raise OutputError(str(output), cause, remedy)


def write_matrix(staged: StagedFolder, values: NDArray[np.float32]) -> WrittenFile:
    """Write the matrix of an output that is being made."""
    path, target = staged.add(EMBEDDING_MATRIX), staged.target / EMBEDDING_MATRIX
    with NpyWriter(path, target, ArraySpec(values.shape, values.dtype.name)) as writer:
        writer.write(0, values)
    return writer.finished


def add_matrix(staged: StagedFolder, values: NDArray[np.float32], facts: Mapping[str, Any]) -> None:
    """Write a matrix into a whole output, whose other files stay; its manifests tell of it."""
    manifest = read_manifest_of_rows(staged.target)
    input_dim = manifest["embedding"]["input_dim"]
    if len(values) != input_dim:
        raise OutputError(
            str(staged.target),
            f"has rows for {how_many(input_dim, 'vector')}, and the matrix {len(values):,}",
            "take the vocabulary of this output",
        )
    output_dim = values.shape[1]
    outputs = [write_matrix(staged, values)]
    for part in manifest.get("parts", {}):
        of_part = read_manifest_of_rows(staged.target / part)
        changed = manifest_with_matrix(of_part, [], output_dim)
        outputs.append(staged.write(f"{part}/{MANIFEST}", changed))
    staged.keep(output_names(manifest))
    staged.write(MANIFEST, manifest_with_matrix(manifest, outputs, output_dim, facts))
