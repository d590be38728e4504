"""What does a finished output hold?"""

from __future__ import annotations

from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from embedprep.errors import OutputError
from embedprep.manifest import read_manifest
from embedprep.vocabulary import Vocabulary

SEQUENCES = "sequences.npy"
LENGTHS = "lengths.npy"
VOCABULARY = "vocab.json"


class Output(NamedTuple):
    """The files of an output folder; arrays are mapped from disk, read-only.

    `sequences: (rows, max_len)` indices, `lengths: (rows,)` indices of each line before it was
    cut.
    """

    sequences: NDArray[Any]
    lengths: NDArray[np.int32]
    vocabulary: Vocabulary
    manifest: dict[str, Any]


def load(folder: str | Path) -> Output:
    """Open an output folder.

    Raises OutputError where the folder has no manifest, and so is unfinished, or lacks a file;
    VocabularyError where its vocabulary cannot be read.
    """
    folder = Path(folder)
    manifest = read_manifest(folder)
    return Output(
        load_array(folder / SEQUENCES),
        load_array(folder / LENGTHS),
        Vocabulary.load(folder / VOCABULARY),
        manifest,
    )


def load_array(path: Path) -> NDArray[Any]:
    """Map an array from disk, read-only. Raises OutputError where there is none."""
    try:
        array = np.load(path, mmap_mode="r", allow_pickle=False)
    except FileNotFoundError:
        raise OutputError(str(path), "no such file", "check the path") from None
    except OSError as error:
        raise OutputError(str(path), f"cannot be read ({error.strerror or error})") from error
    except Exception as error:  # noqa: BLE001 - a header is read as Python, and errs as it may
        reason = str(error).partition(". ")[0]  # what follows is advice on unpickling
        raise OutputError(str(path), f"is no array file ({reason})", "make it again") from None
    if not isinstance(array, np.ndarray):
        array.close()
        raise OutputError(str(path), "is no array file (it is an archive)", "name an array in it")
    return array
