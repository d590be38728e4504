"""What does a finished output hold?"""

from __future__ import annotations

import os
from contextlib import suppress
from pathlib import Path
from typing import Any, NamedTuple, cast

import numpy as np
from numpy.typing import NDArray

from embedprep.errors import OutputError, VocabularyError
from embedprep.listing import output_names
from embedprep.manifest import ROWS, manifest_of, read_manifest, read_manifest_of_rows
from embedprep.npy import load_array
from embedprep.places import Place, Url, place_of
from embedprep.shards import open_shards
from embedprep.sources import TRAINING
from embedprep.vocabulary import Vocabulary

SEQUENCES = "sequences.npy"
LENGTHS = "lengths.npy"
LABELS = "labels.npy"
DOCUMENTS = "document.npy"
VOCABULARY = "vocab.json"
EMBEDDING_MATRIX = "embedding_matrix.npy"

ARRAYS = (SEQUENCES, LENGTHS, LABELS, DOCUMENTS)
"""Of rows; each may be in shards."""


class Output(NamedTuple):
    """The files of an output folder; arrays are mapped from disk, read-only. Those in shards are a
    `ShardedArray` each, which takes every index that an array takes, and has no methods: for type
    checkers all are arrays, as most are, and `numpy.asarray` makes one of it.

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

    @property
    def all_parts(self) -> dict[str, Output]:
        """Each part by its name, the training rows, at the top, first."""
        return {TRAINING: self, **self.parts}

    @property
    def is_split(self) -> bool:
        """Whether long rows were split rather than cut."""
        return self.documents is not None


def embedding_layer(input_dim: int, output_dim: int, input_length: int) -> dict[str, Any]:
    """The arguments of the embedding layer that takes some rows."""
    return {
        "input_dim": input_dim,
        "output_dim": output_dim,
        "input_length": input_length,
        "mask_zero": True,
    }


def load(folder: str | Place) -> Output:
    """Open an output folder, on a disk: its arrays are mapped.

    Raises OutputError where the folder has no manifest, and so is unfinished, holds no rows, lacks
    a file or is an address; VocabularyError where its vocabulary cannot be read.
    """
    place = folder_on_disk(folder)
    whole = _load(place)
    parts = {name: _load(place / name) for name in whole.manifest.get("parts", {})}
    return whole._replace(parts=parts)


def folder_on_disk(folder: str | Place) -> Path:
    """The path of an output. Raises OutputError for an address, as arrays are mapped."""
    place = place_of(folder)
    if isinstance(place, Url):
        cause = "is an address, and arrays are mapped from a disk"
        raise OutputError(str(place), cause, "copy the folder to a disk first")
    return place


def _load(folder: Path) -> Output:
    """An output without its parts, of which a part has none."""
    manifest = read_manifest_of_rows(folder)
    names = output_names(manifest)
    in_shards = open_shards(folder.absolute(), manifest)  # which are mapped wherever one then is

    def array(name: str) -> NDArray[Any]:
        found = in_shards[name] if name in in_shards else load_array(folder / name)
        return cast("NDArray[Any]", found)

    def array_if_any(name: str) -> NDArray[Any] | None:
        return array(name) if name in names | in_shards.keys() else None

    return Output(
        array(SEQUENCES),
        array(LENGTHS),
        Vocabulary.load(folder / VOCABULARY),
        manifest,
        array_if_any(LABELS),
        array_if_any(DOCUMENTS),
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
    if own is None or (vocabulary_path.exists() and os.path.samefile(own, vocabulary_path)):
        return
    if Vocabulary.load(own).entries != vocabulary.entries:
        cause = f"was made with another vocabulary than {vocabulary_path}"
        raise VocabularyError(str(path), cause, f"take {own}, or what was made with it")
