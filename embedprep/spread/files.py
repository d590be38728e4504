"""What do several workers do to one file?

Each writes its own rows to their own place, and hashes its own pieces: nobody needs the whole.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import chain
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from embedprep.digests import PIECE_BYTES, Digest, KnownDigest, n_pieces
from embedprep.engines import Engine
from embedprep.errors import OutputError
from embedprep.npy import FilePlan, disk_error, write_rows
from embedprep.sharding import by_file
from embedprep.sources import Section, check_state, opened

_READ_BYTES = 4 << 20

_TASKS_OF_A_WORKER = 8
"""Pieces of large files, and small files, are hashed several by one task: a scheduler has to keep
count of all."""

_OPENING_BYTES = 1 << 20
"""To open a file, on a disk that is shared, takes about as long as to hash so many bytes."""


class PlacedRows:
    """The writer of some rows of an array, from row `first` of it on; the plan's `order` is theirs.

    No file stays open between two writes. Raises OutputError where the worker does not see one.
    """

    def __init__(self, plan: FilePlan, first: int) -> None:
        self._plan = plan
        self._first = first

    def write(self, first_row: int, rows: NDArray[Any]) -> None:
        """Write rows, contiguous, `first_row` being counted among those of the worker."""
        if not rows.size:
            return
        plan = self._plan
        if plan.order is None:
            first_place = self._first + first_row
            places = np.arange(first_place, first_place + len(rows))
        else:
            places = plan.order[first_row : first_row + len(rows)]
        for file, in_file, its_rows in by_file(places, rows, plan.rows_per_file):
            try:
                with Path(plan.path_of(file)).open("r+b", buffering=0) as stream:
                    write_rows(stream.fileno(), in_file, its_rows, plan.size_of(file)[0])
            except FileNotFoundError:
                cause = "is not seen by a worker"
                remedy = "name an output that all of them see, on a disk that they share"
                raise OutputError(plan.target, cause, remedy) from None
            except OSError as error:
                raise disk_error(plan.target, error) from error


class WholeFile(NamedTuple):
    """A file of so many bytes that is to be hashed; where it was cut, one of its sections tells
    whether it is still the same.
    """

    path: str
    n_bytes: int
    section: Section | None = None


class _Pieces(NamedTuple):
    """Some pieces of a file, which is given by its number."""

    file: int
    numbers: range


def digests_by(engine: Engine, files: Sequence[WholeFile]) -> list[KnownDigest]:
    """The digests of files, the pieces of all hashed side by side.

    Raises InputError where one is no longer the file that a section was cut of.
    """
    tasks = list(_in_tasks(files, engine.n_workers * _TASKS_OF_A_WORKER))
    asked = ([(files[file], numbers) for file, numbers in task] for task in tasks)
    hashed = engine.gather([engine.submit(_hash_all, some) for some in asked])

    digests = [KnownDigest(file.n_bytes, []) for file in files]
    for some, of_pieces in zip(chain(*tasks), chain(*hashed), strict=True):
        digests[some.file].pieces.extend(of_pieces)
    return digests


def _in_tasks(files: Sequence[WholeFile], n_tasks: int) -> Iterator[list[_Pieces]]:
    """All pieces of the files, in order, as up to so many tasks of about as much work each."""
    n_bytes = sum(file.n_bytes + _OPENING_BYTES for file in files)
    of_task = max(PIECE_BYTES, -(-n_bytes // n_tasks))
    task: list[_Pieces] = []
    room = of_task
    for number, file in enumerate(files):
        left = range(n_pieces(file.n_bytes))
        while left:
            n_taken = -(-room // PIECE_BYTES)
            taken, left = left[:n_taken], left[n_taken:]
            task.append(_Pieces(number, taken))
            room -= min(len(taken) * PIECE_BYTES, file.n_bytes) + _OPENING_BYTES
            if room <= 0:
                yield task
                task, room = [], of_task
    if task:
        yield task


def _hash_all(some: Sequence[tuple[WholeFile, range]]) -> list[list[str]]:
    return [_hash_pieces(file, numbers) for file, numbers in some]


def _hash_pieces(file: WholeFile, numbers: range) -> list[str]:
    """The SHA-256 of some pieces of a file, by their numbers."""
    digest = Digest()
    with opened(file.path) as stream:
        stream.seek(numbers.start * PIECE_BYTES)
        left = len(numbers) * PIECE_BYTES
        while left and (part := stream.read(min(left, _READ_BYTES))):
            digest.update(part)
            left -= len(part)
        if file.section is not None:
            check_state(file.section, stream)
    return digest.pieces
