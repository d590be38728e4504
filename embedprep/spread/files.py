"""What do several workers do to one file?

Each writes its own rows to their own place, and hashes its own pieces: nobody needs the whole.
"""

from __future__ import annotations

from pathlib import Path
from types import TracebackType
from typing import Any, NamedTuple

from numpy.typing import NDArray

from embedprep.digests import PIECE_BYTES, KnownDigest, sha256_of
from embedprep.engines import Engine
from embedprep.errors import OutputError
from embedprep.npy import disk_error, write_at
from embedprep.sources import Section, check_state

_READ_BYTES = 4 << 20


class Place(NamedTuple):
    """Where the rows of an array go in a file that is there: from byte `offset` on, each of
    `row_bytes`; row i to the place `order[i]`, `order: (rows,)`, if there is one.
    """

    path: str
    target: str
    offset: int
    row_bytes: int
    order: NDArray[Any] | None


class PlacedRows:
    """The writer of some rows of an array, from row `first` of it on; used as a context.

    Raises OutputError where the worker does not see the file.
    """

    def __init__(self, place: Place, first: int) -> None:
        self._place = place
        self._first = first

    def __enter__(self) -> PlacedRows:
        try:
            self._file = Path(self._place.path).open("r+b", buffering=0)
        except FileNotFoundError:
            cause = "is not seen by a worker"
            remedy = "name an output that all of them see, on a disk that they share"
            raise OutputError(self._place.target, cause, remedy) from None
        except OSError as error:
            raise disk_error(self._place.target, error) from error
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self._file.close()

    def write(self, first_row: int, rows: NDArray[Any]) -> None:
        """Write rows, contiguous, `first_row` being counted among those of the worker."""
        if not rows.size:
            return
        _, target, offset, row_bytes, order = self._place
        try:
            if order is None:
                begin = offset + (self._first + first_row) * row_bytes
                write_at(self._file.fileno(), rows.data.cast("B"), begin)
                return
            places = order[first_row : first_row + len(rows)].tolist()
            for place, row in zip(places, rows, strict=True):
                data = memoryview(row.tobytes())
                write_at(self._file.fileno(), data, offset + place * row_bytes)
        except OSError as error:
            raise disk_error(target, error) from error


def digest_by(
    engine: Engine, path: str, n_bytes: int, section: Section | None = None
) -> KnownDigest:
    """The digest of a file of so many bytes, its pieces hashed side by side.

    Raises InputError where the file is no longer the one that a section was cut of.
    """
    n_pieces = max(1, -(-n_bytes // PIECE_BYTES))
    pieces = [engine.submit(_hash_piece, path, number, section) for number in range(n_pieces)]
    return KnownDigest(n_bytes, engine.gather(pieces))


def _hash_piece(path: str, number: int, section: Section | None) -> str:
    with Path(path).open("rb", buffering=0) as stream:
        stream.seek(number * PIECE_BYTES)
        left = PIECE_BYTES
        hashed = sha256_of()
        while left and (part := stream.read(min(left, _READ_BYTES))):
            hashed.update(part)
            left -= len(part)
        if section is not None:
            check_state(section, stream)
    return hashed.hexdigest()
