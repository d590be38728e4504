"""Which rows of indices does a command read, and by which vocabulary?

Rows are named by their file, or by the folder of the output that they are part of; what belongs to
them lies beside them.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from embedprep.arrays import row_chunks
from embedprep.errors import OutputError, VocabularyError
from embedprep.manifest import output_names, read_manifest
from embedprep.output import SEQUENCES, VOCABULARY, load_array
from embedprep.publication import refuse_to_overwrite
from embedprep.vocabulary import Vocabulary, check_indices


class EncodedRows(NamedTuple):
    """Rows of indices in a file: `ids: (rows, length)`, integers, mapped from disk."""

    path: Path
    ids: NDArray[Any]

    @property
    def n_rows(self) -> int:
        return len(self.ids)

    @property
    def length(self) -> int:
        """The indices in a row."""
        return int(self.ids.shape[1])

    @property
    def manifest(self) -> dict[str, Any] | None:
        """That of the output that the rows are part of, None where they stand by themselves."""
        return manifest_of(self.path)

    def chunks(self, row_bytes: int) -> Iterator[slice]:
        """All rows, so many at a time as suit what is made of each, `row_bytes` in size."""
        return row_chunks(self.n_rows, max(row_bytes, self.length * self.ids.itemsize))

    def read(self, rows: slice, input_dim: int) -> NDArray[Any]:
        """Some of the rows, (rows, length), in memory.

        Raises VocabularyError for an index that is not in 0..input_dim - 1.
        """
        ids = np.ascontiguousarray(self.ids[rows], self.ids.dtype.newbyteorder("="))
        try:
            check_indices(ids, input_dim, rows.start)
        except VocabularyError as error:
            raise VocabularyError(
                f"{self.path}: {error.place}", error.cause, error.remedy
            ) from None
        # An index of 64 bits without a sign is none to older NumPy.
        return ids.view(np.int64) if ids.dtype == np.uint64 else ids


def manifest_of(path: Path) -> dict[str, Any] | None:
    """The manifest of the output that lists a file, None where there is none."""
    with suppress(OutputError):
        manifest = read_manifest(path.parent)
        if path.name in output_names(manifest):
            return manifest
    return None


def rows_file(named: Path) -> Path:
    """The file of the rows that are named, by itself or by its output.

    Raises OutputError for an unfinished output, which may hold new rows beside an old vocabulary.
    """
    if not named.is_dir():
        return named
    read_manifest(named)
    return named / SEQUENCES


def open_rows(named: Path) -> EncodedRows:
    """The rows in a file or in an output. Raises OutputError where there are none."""
    path = rows_file(named)
    rows = EncodedRows(path, load_array(path))
    is_rows = rows.ids.ndim == 2 and rows.ids.dtype.kind in "iu" and rows.ids.shape[1] > 0
    cause = f"holds {rows.ids.dtype} of shape {rows.ids.shape}, not rows of indices"
    if is_rows and rows.manifest is not None and path.name != SEQUENCES:
        is_rows, cause = False, f"is no array of rows, but another file of {path.parent}"
    if not is_rows:
        raise OutputError(str(path), cause, "name the sequences.npy of an output")
    return rows


def file_in(folder: Path, name: str) -> Path:
    """Where a file of an output lies: for a part that has none of this name, at the top."""
    if not (folder / name).exists():
        with suppress(OutputError):
            if folder.name in read_manifest(folder.parent).get("parts", {}):
                return folder.parent / name
    return folder / name


def beside(path: Path, name: str, option: str, what: str) -> Path:
    """A file that belongs to rows, a vocabulary or a matrix and lies beside them, or at the top of
    the output that they are a part of.

    Raises OutputError where it does not, or where the path itself is wrong, and then tells that;
    `option` is what names another, `what` tells what it is.
    """
    if not path.exists():
        raise OutputError(str(path), "no such file", "check the path")
    found = file_in(path.parent, name)
    if not found.exists():
        raise OutputError(str(found), "no such file", f"name {what} by {option}")
    return found


def vocabulary_file(rows: Path, named: Path | None) -> Path:
    """The file of the vocabulary that rows were encoded with: the one that is named, else the one
    beside them.
    """
    return named or beside(rows, VOCABULARY, "--vocab", "the vocabulary of these rows")


def open_with_vocabulary(
    named: Path, vocabulary: Path | None, outputs: Sequence[Path] = ()
) -> tuple[EncodedRows, Vocabulary]:
    """Rows and the vocabulary that they were encoded with, neither of which is one of the outputs.

    Raises OutputError and VocabularyError where there is none, or one would be overwritten.
    """
    path = rows_file(named)
    vocabulary_path = vocabulary_file(path, vocabulary)
    refuse_to_overwrite([str(path), str(vocabulary_path)], outputs)
    loaded = Vocabulary.load(vocabulary_path)
    rows = open_rows(path)
    check_vocabulary(rows, vocabulary_path, loaded)
    return rows, loaded


def check_vocabulary(rows: EncodedRows, path: Path, vocabulary: Vocabulary) -> None:
    """Raise VocabularyError where rows are part of an output that has another vocabulary than the
    one at `path`: the same indices would be other words.
    """
    own = rows.path.parent / VOCABULARY
    if rows.manifest is None or own == path or not own.exists():
        return
    if Vocabulary.load(own).entries != vocabulary.entries:
        cause = f"was encoded with another vocabulary than {path}"
        raise VocabularyError(str(rows.path), cause, f"take {own}, or what was made with it")
