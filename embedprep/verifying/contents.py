"""What is in an output that is verified, and what is wrong with an array of it?"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any, NamedTuple, TypeAlias

import numpy as np
from numpy.typing import NDArray

from embedprep.engines import Engine, in_turn
from embedprep.errors import EmbedprepError
from embedprep.listing import Listed, Told, misstated
from embedprep.manifest import MANIFEST
from embedprep.npy import ArraySpec, load_array
from embedprep.verifying.arrays import StoredArray

Check: TypeAlias = Callable[[NDArray[Any], int], str | None]
"""Tells what is wrong in some rows of an array, of which the first has this number in its file."""


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

    def array(self, name: str) -> StoredArray | None:
        """An array by the name of its one file, whether that is damaged or not, None for one that
        is not listed.
        """
        files = self.told.shards.get(name) or tuple(
            file for file in self.told.files if file.name == name
        )
        return StoredArray(self.folder, name, files) if files else None

    def fact(self, *path: str) -> object:
        """What the manifest tells under some names, each within the one before; None if nothing."""
        told: object = self.manifest
        for name in path:
            told = told.get(name) if isinstance(told, Mapping) else None
        return told

    def statistic(self, name: str) -> object:
        """One of the numbers about an output, None where there is none."""
        return self.fact("statistics", name)

    def check_statistics(self, counted: Mapping[str, float], file: str) -> Iterator[Problem]:
        """The numbers in the manifest that are other than those counted in a file."""
        for name, number in counted.items():
            if fault := misstated(name, self.statistic(name), file, number):
                yield Problem(MANIFEST, fault)

    def fitting(
        self, right: Mapping[str, ArraySpec]
    ) -> tuple[dict[str, StoredArray], list[Problem]]:
        """Those arrays whose files are whole and which are what they must be, and what is wrong
        with the others.
        """
        fitting: dict[str, StoredArray] = {}
        problems: list[Problem] = []
        for name, spec in right.items():
            array = self.array(name)
            if array is None or not self.whole.issuperset(file.name for file in array.files):
                continue
            if array.spec == spec:
                fitting[name] = array
                continue
            held = "its shards make up" if array.is_in_shards else "is"
            cause = f"{held} {described(*array.spec)}, where {described(*spec)} must be"
            problems.append(Problem(name, cause))
        return fitting, problems


def check_values(array: StoredArray, check: Check, engine: Engine) -> Iterator[Problem]:
    """The first thing that is wrong in an array, of which some rows are read at a time."""

    def look(chunk: slice) -> Problem | None:
        file, row = array.place(chunk.start)
        try:
            cause = check(array.read(chunk), row)
        except EmbedprepError as error:
            cause = error.cause
        return Problem(file, cause) if cause else None

    found = in_turn(engine, look, ((chunk,) for chunk in array.chunks()))
    if problem := next(filter(None, found), None):
        yield problem


def check_header(folder: Path, listed: Listed) -> Problem | None:
    """Whether the header of an array says what the manifest does, and its file has this size."""
    path = folder / listed.name
    try:
        array = load_array(path)
        n_bytes = path.stat().st_size
    except EmbedprepError as error:
        return Problem(listed.name, error.cause)
    except OSError as error:
        return Problem(listed.name, f"cannot be read ({error.strerror or error})")
    if (array.shape, array.dtype.name) != (listed.shape, listed.dtype):
        has, told = described(array.shape, array.dtype.name), described(listed.shape, listed.dtype)
        return Problem(listed.name, f"holds {has}, and the manifest says {told}")
    if not array.flags.c_contiguous:
        return Problem(listed.name, "holds its columns one behind the other, not its rows")
    offset: int = getattr(array, "offset", 0)
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
