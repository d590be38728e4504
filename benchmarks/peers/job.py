"""What do all peers share? The command line, the lines of the text and the array to fill."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterator
from itertools import islice
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

SPECIALS = 2
"""Index 0 pads, 1 stands for unknown words; every peer counts both in its vocabulary size."""

BATCH_LINES = 4096
"""Lines handed over at once where a peer takes batches; 1,000 or 8,000 take the same time."""

KERAS_FILTERS = '!"#$%&()*+,-./:;<=>?@[\\]^_`{|}~\t\n'
"""The characters that the Keras Tokenizer turns into spaces."""


def command_line(description: str, version: str) -> argparse.Namespace:
    """`FILE OUT.npy`, the two numbers of the job, and `--version`, which proves it is here."""
    parser = argparse.ArgumentParser(description=description)
    parser.add_argument("file", type=Path, help="UTF-8 text, one sentence or paragraph a line")
    parser.add_argument("out", type=Path, help="where the rows go, as .npy")
    parser.add_argument("-n", "--max-words", type=int, default=50_000)
    parser.add_argument("--max-len", type=int, default=128)
    parser.add_argument("--version", action="version", version=version)
    return parser.parse_args()


def missing(error: ImportError) -> str:
    """The exit message of a peer whose library is not installed."""
    return f"{Path(sys.argv[0]).stem}: {error}"


def lines(file: Path) -> Iterator[str]:
    """The lines without their LF, read as needed, so that no peer is charged for the whole text."""
    with file.open(encoding="utf-8", newline="\n") as text:
        for line in text:
            yield line.removesuffix("\n")


def batches(file: Path) -> Iterator[list[str]]:
    """The lines in lists of `BATCH_LINES`."""
    remaining = lines(file)
    while batch := list(islice(remaining, BATCH_LINES)):
        yield batch


def empty_rows(file: Path, max_len: int) -> NDArray[np.int32]:
    """An array for one row a line, (rows, max_len).

    Counting the lines first takes a tenth of a second; joining batches would hold all rows twice.
    """
    with file.open("rb") as text:
        rows = sum(1 for _ in text)
    return np.empty((rows, max_len), dtype=np.int32)
