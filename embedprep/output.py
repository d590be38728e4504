"""What does a finished output hold?"""

from __future__ import annotations

import os
from contextlib import suppress
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from embedprep.errors import OutputError, VocabularyError
from embedprep.manifest import (
    ROWS,
    manifest_of,
    output_names,
    read_manifest,
    read_manifest_of_rows,
)
from embedprep.npy import check_header_size
from embedprep.vocabulary import Vocabulary

SEQUENCES = "sequences.npy"
LENGTHS = "lengths.npy"
LABELS = "labels.npy"
DOCUMENTS = "document.npy"
VOCABULARY = "vocab.json"
EMBEDDING_MATRIX = "embedding_matrix.npy"


class Output(NamedTuple):
    """The files of an output folder; arrays are mapped from disk, read-only.

    `sequences: (rows, max_len)` indices, `lengths: (rows,)` indices of each line before it was
    cut. `labels` are (rows,) class numbers or numbers, or (rows, classes) of 0 and 1, None where
    there are none; `documents: (rows,)` the input row of each, where long ones were split. `parts`
    are the other parts, by their names. `embedding_matrix` is (input_dim, output_dim) float32.
    """

    sequences: NDArray[Any]
    lengths: NDArray[np.int32]
    vocabulary: Vocabulary
    manifest: dict[str, Any]
    labels: NDArray[Any] | None = None
    documents: NDArray[np.int64] | None = None
    parts: dict[str, Output] = {}  # noqa: RUF012 - nobody writes to it
    embedding_matrix: NDArray[np.float32] | None = None

    @property
    def classes(self) -> tuple[str, ...]:
        """The name of each class number."""
        return self.vocabulary.labels.classes if self.vocabulary.labels else ()


def embedding_layer(input_dim: int, output_dim: int, input_length: int) -> dict[str, Any]:
    """The arguments of the embedding layer that takes some rows."""
    return {
        "input_dim": input_dim,
        "output_dim": output_dim,
        "input_length": input_length,
        "mask_zero": True,
    }


def load(folder: str | Path) -> Output:
    """Open an output folder.

    Raises OutputError where the folder has no manifest, and so is unfinished, holds no rows, or
    lacks a file; VocabularyError where its vocabulary cannot be read.
    """
    whole = _load(Path(folder))
    parts = {name: _load(Path(folder) / name) for name in whole.manifest.get("parts", {})}
    return whole._replace(parts=parts)


def _load(folder: Path) -> Output:
    """An output without its parts, of which a part has none."""
    manifest = read_manifest_of_rows(folder)
    names = output_names(manifest)
    return Output(
        load_array(folder / SEQUENCES),
        load_array(folder / LENGTHS),
        Vocabulary.load(folder / VOCABULARY),
        manifest,
        load_array(folder / LABELS) if LABELS in names else None,
        load_array(folder / DOCUMENTS) if DOCUMENTS in names else None,
        embedding_matrix=load_array(folder / EMBEDDING_MATRIX)
        if EMBEDDING_MATRIX in names
        else None,
    )


def file_of_output(folder: Path, name: str) -> Path | None:
    """Where a file of an output lies: for a part that has none of this name, at the top.

    None where there is none, or one that the manifest does not list: it may be older than the rows.
    """
    if _holds(folder, name):
        return folder / name
    place = Path(os.path.realpath(folder))
    with suppress(OutputError):
        is_part = place.name in read_manifest_of_rows(place.parent).get("parts", {})
        if is_part and _holds(place.parent, name):
            is_near = os.path.realpath(folder.parent) == str(place.parent)
            return (folder.parent if is_near else place.parent) / name
    return None


def _holds(folder: Path, name: str) -> bool:
    """Whether a file lies in a folder, and is part of the rows there, if there are any."""
    if not (folder / name).exists():
        return False
    with suppress(OutputError):  # of a folder that is no output
        manifest = read_manifest(folder)
        return manifest.get("kind") != ROWS or name in output_names(manifest)
    return True


def vocabulary_of(path: Path) -> Path | None:
    """The vocabulary of the output that a file, rows or their matrix, is part of; None where it
    stands by itself. A link stands for what it leads to.
    """
    place = Path(os.path.realpath(path)) if path.is_symlink() else path
    own = place.parent / VOCABULARY
    return own if manifest_of(path) is not None and own.exists() else None


def check_vocabulary(path: Path, vocabulary_path: Path, vocabulary: Vocabulary) -> None:
    """Raise VocabularyError where a file, rows or their matrix, is part of an output that has other
    words than a vocabulary: the same indices would stand for others.
    """
    own = vocabulary_of(path)
    if own is None or os.path.samefile(own, vocabulary_path):
        return
    if Vocabulary.load(own).entries != vocabulary.entries:
        cause = f"was made with another vocabulary than {vocabulary_path}"
        raise VocabularyError(str(path), cause, f"take {own}, or what was made with it")


def load_array(path: Path) -> NDArray[Any]:
    """Map an array from disk, read-only. Raises OutputError where there is none."""
    try:
        check_header_size(path)
        with np.errstate(over="ignore"):  # of a size that no file has, which is told below
            array = np.load(path, mmap_mode="r", allow_pickle=False)
    except FileNotFoundError:
        raise OutputError(str(path), "no such file", "check the path") from None
    except IsADirectoryError:
        raise OutputError(str(path), "is a folder", "name the array file in it") from None
    except OSError as error:
        raise OutputError(str(path), f"cannot be read ({error.strerror or error})") from error
    except Exception as error:  # noqa: BLE001 - a header is read as Python, and errs as it may
        reason = str(error).partition(". ")[0]  # what follows is advice on unpickling
        raise OutputError(str(path), f"is no array file ({reason})", "make it again") from None
    if not isinstance(array, np.ndarray):
        array.close()
        raise OutputError(str(path), "is no array file (it is an archive)", "name an array in it")
    return array
