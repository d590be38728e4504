"""What is in an output that is verified, and what is wrong with an array of it?"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any, NamedTuple, TypeAlias

import numpy as np
from numpy.typing import NDArray

from embedprep.arrays import row_chunks
from embedprep.engines import Engine, in_turn
from embedprep.errors import EmbedprepError
from embedprep.listing import Listed, Told
from embedprep.manifest import MANIFEST
from embedprep.npy import ArraySpec
from embedprep.output import load_array

Check: TypeAlias = Callable[[NDArray[Any], int], str | None]
"""Tells what is wrong in some rows of an array, of which the first has this number."""


_IN_WORK = 4
"""What a value takes while it is looked at, in its own size."""


class Problem(NamedTuple):
    """What is wrong with a file, by its name in the output."""

    file: str
    cause: str


class Contents(NamedTuple):
    """An output without its parts: its manifest, what that tells, and the names of those of its
    files that are as they were written.
    """

    folder: Path
    manifest: Mapping[str, Any]
    told: Told
    whole: frozenset[str]

    def file(self, name: str) -> Listed | None:
        """A file as it is listed, None for one that is not."""
        return next((file for file in self.told.files if file.name == name), None)

    def whole_file(self, name: str) -> Listed | None:
        """A file as it is listed, None also for one that is damaged."""
        return self.file(name) if name in self.whole else None

    def statistic(self, name: str) -> object:
        """One of the numbers about an output, None where there is none."""
        statistics = self.manifest.get("statistics")
        return statistics.get(name) if isinstance(statistics, dict) else None

    def check_statistics(self, counted: Mapping[str, int], file: str) -> Iterator[Problem]:
        """The numbers in the manifest that are other than those counted in a file."""
        for name, number in counted.items():
            if (told := self.statistic(name)) != number:
                yield Problem(MANIFEST, f"says {name} {told!r}, and {file} has {number:,}")

    def check_arrays(self, arrays: Mapping[str, ArraySpec]) -> Iterator[Problem]:
        """The files that are whole and hold other arrays than these."""
        for name, array in arrays.items():
            listed = self.whole_file(name)
            if listed is not None and (listed.shape, listed.dtype) != tuple(array):
                held, asked = described(listed.shape, listed.dtype), described(*array)
                yield Problem(name, f"is {held}, where {asked} must be")

    def check_values(self, name: str, check: Check, engine: Engine) -> Iterator[Problem]:
        """The first thing that is wrong in an array, of which some rows are read at a time."""
        array = load_array(self.folder / name)
        row_bytes = array.nbytes // max(1, len(array))

        def look(chunk: slice) -> str | None:
            return check(np.ascontiguousarray(array[chunk]), chunk.start)

        chunks = ((chunk,) for chunk in row_chunks(len(array), row_bytes * _IN_WORK))
        if cause := next(filter(None, in_turn(engine, look, chunks)), None):
            yield Problem(name, cause)


def check_array(folder: Path, listed: Listed) -> Problem | None:
    """Whether the header of an array says what the manifest does, and its file has this size."""
    path = folder / listed.name
    try:
        array = load_array(path)
    except EmbedprepError as error:
        return Problem(listed.name, error.cause)
    if (array.shape, array.dtype.name) != (listed.shape, listed.dtype):
        has, told = described(array.shape, array.dtype.name), described(listed.shape, listed.dtype)
        return Problem(listed.name, f"holds {has}, and the manifest says {told}")
    if not array.flags.c_contiguous:
        return Problem(listed.name, "holds its columns one behind the other, not its rows")
    offset: int = getattr(array, "offset", 0)
    n_bytes = path.stat().st_size
    if n_bytes != offset + array.nbytes:
        return Problem(
            listed.name,
            f"has {n_bytes:,} bytes, and its header asks for {offset + array.nbytes:,}",
        )
    return None


def described(shape: tuple[int, ...] | None, dtype: str | None) -> str:
    """An array in words.

    >>> described((3, 4), "int32")
    '(3, 4) int32'
    """
    return f"{shape} {dtype}"


def first_wrong(
    values: NDArray[Any], is_wrong: NDArray[np.bool_], first_row: int, cause: str
) -> str | None:
    """The first of the values that are wrong, (rows,) or (rows, columns), and its row."""
    if not is_wrong.any():
        return None
    place = np.argwhere(is_wrong)[0]
    return f"row {first_row + int(place[0])}: {values[tuple(place)]} {cause}"
