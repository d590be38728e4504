"""What do several workers do to one file?

Each writes its own rows to their own place, and hashes its own pieces: nobody needs the whole.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from embedprep.digests import PIECE_BYTES, KnownDigest, sha256_of
from embedprep.engines import Engine
from embedprep.errors import OutputError
from embedprep.npy import FilePlan, disk_error, write_at
from embedprep.sources import Section, check_state, opened

_READ_BYTES = 4 << 20

_TASKS_OF_A_WORKER = 8
"""Pieces of a large file are hashed several by one task: a scheduler has to keep count of all."""


class PlacedRows:
    """The writer of some rows of an array, from row `first` of it on; the plan's `order` is theirs.

    No file stays open between two writes. Raises OutputError where the worker does not see one.
    """

    def __init__(self, plan: FilePlan, first: int) -> None:
        self._plan = plan
        self._first = first

    def write(self, first_row: int, rows: NDArray[Any]) -> None:
        """Write rows, contiguous, `first_row` being counted among those of the worker."""
        if self._plan.order is None:
            self._write(self._first + first_row, rows)
            return
        places = self._plan.order[first_row : first_row + len(rows)]
        by_place = np.argsort(places)
        # Rows that come to stand one behind the other are written at once.
        runs = np.split(by_place, np.flatnonzero(np.diff(places[by_place]) != 1) + 1)
        for run in runs:
            if len(run):
                self._write(int(places[run[0]]), rows[run])

    def _write(self, row: int, rows: NDArray[Any]) -> None:
        """Write rows at their place in the array, and so into one file or several."""
        plan = self._plan
        while rows.size:
            file, row_in_file = divmod(row, plan.rows_per_file)
            some = rows[: plan.rows_per_file - row_in_file]
            offset = plan.size_of(file)[0] + row_in_file * plan.row_bytes
            try:
                with Path(plan.paths[file]).open("r+b", buffering=0) as stream:
                    write_at(stream.fileno(), some.data.cast("B"), offset)
            except FileNotFoundError:
                cause = "is not seen by a worker"
                remedy = "name an output that all of them see, on a disk that they share"
                raise OutputError(plan.target, cause, remedy) from None
            except OSError as error:
                raise disk_error(plan.target, error) from error
            row, rows = row + len(some), rows[len(some) :]


def digest_by(
    engine: Engine, path: str, n_bytes: int, section: Section | None = None
) -> KnownDigest:
    """The digest of a file of so many bytes, its pieces hashed side by side.

    Raises InputError where the file is no longer the one that a section was cut of.
    """
    n_pieces = max(1, -(-n_bytes // PIECE_BYTES))
    at_once = max(1, n_pieces // (engine.n_workers * _TASKS_OF_A_WORKER))
    some = [
        engine.submit(_hash_pieces, path, range(first, min(first + at_once, n_pieces)), section)
        for first in range(0, n_pieces, at_once)
    ]
    return KnownDigest(n_bytes, [piece for pieces in engine.gather(some) for piece in pieces])


def _hash_pieces(path: str, numbers: range, section: Section | None) -> list[str]:
    """The SHA-256 of some pieces of a file, by their numbers."""
    pieces = []
    with opened(path) as stream:
        stream.seek(numbers.start * PIECE_BYTES)
        for _ in numbers:
            left = PIECE_BYTES
            hashed = sha256_of()
            while left and (part := stream.read(min(left, _READ_BYTES))):
                hashed.update(part)
                left -= len(part)
            pieces.append(hashed.hexdigest())
        if section is not None:
            check_state(section, stream)
    return pieces
