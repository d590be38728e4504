"""Which rows of indices does a command read, and by which vocabulary?

Rows are named by their file, or by the folder of the output that they are part of; what belongs to
them lies beside them.
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from embedprep.arrays import row_chunks
from embedprep.errors import OutputError, VocabularyError
from embedprep.listing import shards_of
from embedprep.manifest import manifest_of, read_manifest_of_rows
from embedprep.npy import let_go, load_array, read_at
from embedprep.output import SEQUENCES, VOCABULARY, check_vocabulary, file_of_output
from embedprep.publication import refuse_to_overwrite
from embedprep.shards import AnyArray, ShardedArray, open_shards
from embedprep.vocabulary import Vocabulary, check_indices


class EncodedRows(NamedTuple):
    """Rows of indices in a file or in shards: `ids: (rows, length)`, integers, mapped from disk.

    `path` is what they are called; for shards, where their one file would be. `status` tells the
    one file from another that replaces it; None for shards, and for rows in memory alone.
    """

    path: Path
    ids: AnyArray
    status: os.stat_result | None = None

    @property
    def files(self) -> list[Path]:
        """The files that the rows are read from."""
        return self.ids.paths if isinstance(self.ids, ShardedArray) else [self.path]

    @property
    def n_rows(self) -> int:
        return len(self.ids)

    @property
    def length(self) -> int:
        """The indices in a row."""
        return int(self.ids.shape[1])

    def chunks(self, row_bytes: int) -> Iterator[slice]:
        """All rows, so many at a time as suit what is made of each, `row_bytes` in size."""
        return row_chunks(self.n_rows, max(row_bytes, self.length * self.ids.dtype.itemsize))

    def read(self, rows: slice, input_dim: int) -> NDArray[Any]:
        """Some of the rows, (rows, length), in memory.

        Raises VocabularyError for an index that is not in 0..input_dim - 1.
        """
        ids = np.ascontiguousarray(self.stored(rows), self.ids.dtype.newbyteorder("="))
        try:
            check_indices(ids, input_dim, rows.start)
        except VocabularyError as error:
            raise VocabularyError(
                f"{self.path}: {error.place}", error.cause, error.remedy
            ) from None
        # An index of 64 bits without a sign is none to older NumPy.
        return ids.view(np.int64) if ids.dtype == np.uint64 else ids

    def stored(self, rows: slice) -> NDArray[Any]:
        """Some of the rows as they are stored, (rows, length).

        They are read: to touch a mapped page that was cut off meanwhile ends the process. Of a file
        that was replaced the old one stays mapped, and nobody can cut it any more. Raises
        OutputError where the file was cut short.
        """
        ids = self.ids
        if self.status is None or not (isinstance(ids, np.memmap) and ids.flags.c_contiguous):
            return self._copied(rows)
        try:
            stream = self.path.open("rb", buffering=0)
        except OSError:
            return self._copied(rows)
        with stream:
            if not os.path.samestat(os.fstat(stream.fileno()), self.status):
                return self._copied(rows)
            row_bytes = self.length * ids.itemsize
            n_bytes, offset = (rows.stop - rows.start) * row_bytes, rows.start * row_bytes
            try:
                data = read_at(stream.fileno(), n_bytes, ids.offset + offset)
            except OSError as error:
                cause = f"cannot be read ({error.strerror})"
                remedy = "was it changed by somebody else? make it again"
                raise OutputError(str(self.path), cause, remedy) from error
        return np.frombuffer(data, ids.dtype).reshape(-1, self.length)

    def _copied(self, rows: slice) -> NDArray[Any]:
        """A copy of some of the rows, whose pages do not stay in memory."""
        copied: NDArray[Any] = np.array(self.ids[rows])
        if isinstance(self.ids, ShardedArray):
            self.ids.let_go(rows)
        else:
            let_go(self.ids, rows)
        return copied


def rows_file(named: Path) -> Path:
    """The file of the rows that are named, by itself or by its output. Rows in shards are called as
    their one file would be.

    Raises OutputError for an unfinished output, which may hold new rows beside an old vocabulary,
    for one of another kind, and for a file of the user's where that one file would be.
    """
    if not named.is_dir():
        if named.exists() and _is_in_shards(named):
            raise missing_file(named, "move it away, or name the folder")
        return named
    read_manifest_of_rows(named)
    return named / SEQUENCES


def _is_in_shards(path: Path) -> bool:
    """Whether an output has shards in place of a file of this name."""
    return os.path.basename(os.path.realpath(path)) in shards_of(manifest_of(path) or {})


def open_rows(named: Path) -> EncodedRows:
    """The rows in a file or in an output. Raises OutputError where there are none."""
    path = rows_file(named)
    place, manifest = Path(os.path.realpath(path)), manifest_of(path) or {}
    in_shards = open_shards(place.parent if path.is_symlink() else path.parent, manifest)
    status = os.stat(path) if place.name not in in_shards and path.exists() else None
    ids = in_shards[place.name] if place.name in in_shards else load_array(path)
    remedy = "name the sequences.npy of an output"
    if ids.ndim != 2 or ids.dtype.kind not in "iu" or not ids.shape[1]:
        cause = f"holds {ids.dtype} of shape {ids.shape}, not rows of indices"
        raise OutputError(str(path), cause, remedy)
    if manifest and place.name not in {SEQUENCES, *shards_of(manifest).get(SEQUENCES, ())}:
        cause = f"holds no rows of indices, but is another file of {path.parent}"
        raise OutputError(str(path), cause, remedy)
    return EncodedRows(path, ids, status)


def beside(path: Path, name: str, option: str, what: str) -> Path:
    """A file that belongs to rows, a vocabulary or a matrix and lies beside them, or at the top of
    the output that they are a part of.

    Raises OutputError where it does not, or where the path itself is wrong, which is then what the
    message names; `option` is what names another, `what` tells what it is.
    """
    if not path.exists() and not _is_in_shards(path):
        raise OutputError(str(path), "no such file", "check the path")
    found = file_of_output(path.parent, name)
    if found is None:
        raise missing_file(path.parent / name, f"name {what} by {option}")
    return found


def missing_file(path: Path, remedy: str) -> OutputError:
    """The error of a file that a folder lacks, or that is no part of the output there."""
    cause = "is no part of the output that it lies in" if path.exists() else "no such file"
    return OutputError(str(path), cause, remedy)


def vocabulary_file(rows: Path, named: Path | None) -> Path:
    """The file of the vocabulary that rows were encoded with: the one that is named, else the one
    beside them.
    """
    return named or beside(rows, VOCABULARY, "--vocab", "the vocabulary of these rows")


def open_with_vocabulary(
    named: Path, vocabulary: Path | None, outputs: Sequence[Path] = ()
) -> tuple[EncodedRows, Vocabulary]:
    """Rows and the vocabulary that they were encoded with, neither of which is one of the outputs.

    Raises OutputError and VocabularyError where there is none, where one would be overwritten, and
    where the rows were encoded with another vocabulary.
    """
    rows = open_rows(named)
    vocabulary_path = vocabulary_file(rows.path, vocabulary)
    refuse_to_overwrite([*rows.files, vocabulary_path], outputs)
    loaded = Vocabulary.load(vocabulary_path)
    check_vocabulary(rows.path, vocabulary_path, loaded)
    return rows, loaded
