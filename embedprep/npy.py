"""How does an array reach disk?

The header is written first, as the shape is known; rows then go to their own places by `pwrite`,
from several threads in any order. Publishing the finished file is `publication`'s part.
"""

from __future__ import annotations

import errno
import io
import math
import os
import threading
from pathlib import Path
from types import TracebackType
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from embedprep.digests import Digest, UnorderedDigest
from embedprep.errors import OutputError

_SEEK_LOCK = threading.Lock()
_SHORT_ROW = 16
_READ_BACK_BYTES = 1 << 20

_LENGTH_AT = 8
"""Where the header of an array tells its own size (numpy/lib/_format_impl.py)."""
_MOST_HEADER_BYTES = 1 << 16


class WrittenFile(NamedTuple):
    """A finished file: its name in the output, its digest, and the array in it, if it is one."""

    name: str
    digest: Digest
    shape: tuple[int, ...] | None = None
    dtype: str | None = None


def npy_header(shape: tuple[int, ...], dtype: np.dtype[Any]) -> bytes:
    """The header of a C-ordered array (numpy/lib/_format_impl.py, version 1.0)."""
    buffer = io.BytesIO()
    described = np.lib.format.dtype_to_descr(dtype)
    np.lib.format.write_array_header_1_0(
        buffer, {"descr": described, "fortran_order": False, "shape": shape}
    )
    return buffer.getvalue()


def check_header_size(path: Path) -> None:
    """Raise ValueError for a file of an array whose header is larger than any that NumPy reads.

    NumPy reads it first, whatever it says of its own size, which may be that of the memory.
    """
    with path.open("rb") as stream:
        head = stream.read(_LENGTH_AT + 4)
    if head.startswith(b"\x93NUMPY") and head[6:7] > b"\x01":  # else it has two bytes for it
        n_bytes = int.from_bytes(head[_LENGTH_AT:], "little")
        if n_bytes > _MOST_HEADER_BYTES:
            raise ValueError(f"its header has {n_bytes:,} bytes")


class ArraySpec(NamedTuple):
    """An array that is to be written: its shape, and the name of its dtype."""

    shape: tuple[int, ...]
    dtype: str

    @property
    def row_bytes(self) -> int:
        """The size of a row."""
        return math.prod(self.shape[1:]) * np.dtype(self.dtype).itemsize

    @property
    def n_bytes(self) -> int:
        """The size of its file."""
        return len(npy_header(self.shape, np.dtype(self.dtype))) + self.shape[0] * self.row_bytes


class NpyWriter:
    """An array on its way to `target`, known beforehand but for its values, written at `path`.

    Used as a context; `write` may be called from any thread; `finished` tells what was written,
    unless it is not hashed as nobody will ask. Raises OutputError where the disk does not take it.
    """

    def __init__(self, path: Path, target: Path, array: ArraySpec, *, hashes: bool = True) -> None:
        self.path = path
        self.target = target
        self.shape = array.shape
        self.dtype = np.dtype(array.dtype)
        self._header = npy_header(self.shape, self.dtype)
        self._row_bytes, self._n_bytes = array.row_bytes, array.n_bytes
        self._digest = UnorderedDigest(self._read_back) if hashes else None

    def __enter__(self) -> NpyWriter:
        self._file = self.path.open("w+b", buffering=0)
        self._write(0, memoryview(self._header))
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        try:
            if error is None:
                self._finish()
        finally:
            self._file.close()

    def _finish(self) -> None:
        """Write what waits for the last row."""

    def write(self, first_row: int, rows: NDArray[Any]) -> None:
        """Write rows, contiguous and of this array's dtype, from `first_row` on."""
        if rows.size:
            offset = len(self._header) + first_row * self._row_bytes
            self._write(offset, rows.data.cast("B"))

    def _write(self, offset: int, data: memoryview) -> None:
        self._put(offset, data)
        if self._digest is not None:
            self._digest.update(offset, data)

    def _put(self, offset: int, data: memoryview) -> None:
        try:
            write_at(self._file.fileno(), data, offset)
        except OSError as error:
            raise disk_error(str(self.target), error) from error

    def _read_back(self, n_bytes: int, offset: int) -> bytes:
        return read_at(self._file.fileno(), n_bytes, offset)

    @property
    def finished(self) -> WrittenFile:
        assert self._digest is not None
        return WrittenFile(self.target.name, self._digest.digest, self.shape, self.dtype.name)


class ShuffledNpyWriter(NpyWriter):
    """An array whose row i goes to the place `order[i]`, `order: (rows,)`.

    Short rows wait in memory until the end; each long one is written to its own place.
    """

    def __init__(self, path: Path, target: Path, array: ArraySpec, order: NDArray[Any]) -> None:
        super().__init__(path, target, array)
        self._order = order
        is_short = self._row_bytes <= _SHORT_ROW
        self._waiting = np.empty(self.shape, self.dtype) if is_short else None

    def write(self, first_row: int, rows: NDArray[Any]) -> None:
        places = self._order[first_row : first_row + len(rows)]
        if self._waiting is not None:
            self._waiting[places] = rows
            return
        for place, row in zip(places.tolist(), rows, strict=True):
            self._put(len(self._header) + place * self._row_bytes, row.data.cast("B"))

    def _finish(self) -> None:
        if self._waiting is not None:
            super().write(0, self._waiting)
            return
        assert self._digest is not None
        for offset in range(len(self._header), self._n_bytes, _READ_BACK_BYTES):
            n_bytes = min(_READ_BACK_BYTES, self._n_bytes - offset)
            self._digest.update(offset, self._read_back(n_bytes, offset))


def write_at(descriptor: int, data: memoryview, offset: int) -> None:
    """Write all of `data` at `offset`, whoever else writes elsewhere."""
    while data:
        if hasattr(os, "pwrite"):
            n_written = os.pwrite(descriptor, data, offset)
        else:  # Windows
            with _SEEK_LOCK:
                os.lseek(descriptor, offset, os.SEEK_SET)
                n_written = os.write(descriptor, data)
        data = data[n_written:]
        offset += n_written


def read_at(descriptor: int, n_bytes: int, offset: int) -> bytes:
    """Read `n_bytes` at `offset`, whoever else reads elsewhere."""
    parts = []
    while n_bytes:
        if hasattr(os, "pread"):
            part = os.pread(descriptor, n_bytes, offset)
        else:  # Windows
            with _SEEK_LOCK:
                os.lseek(descriptor, offset, os.SEEK_SET)
                part = os.read(descriptor, n_bytes)
        if not part:
            raise OSError(errno.EIO, "the file ends early")
        parts.append(part)
        n_bytes -= len(part)
        offset += len(part)
    return b"".join(parts)


def disk_error(place: str, error: OSError) -> OutputError:
    """What an OSError means to somebody who wanted a file written."""
    if error.errno in (errno.ENOSPC, errno.EDQUOT):
        return OutputError(
            place, "no space is left on the disk", "free some, or write to another disk"
        )
    if error.errno == errno.EFBIG:
        return OutputError(place, "the file grows over the limit of this system or user")
    return OutputError(
        place,
        f"cannot be written ({error.strerror or error})",
        "check the path and its permissions",
    )
