"""How does an array reach disk, and how is it mapped from there?

The header is written first, as the shape is known; rows then go to their own places by `pwrite`,
from several threads in any order. Publishing the finished file is `publication`'s part.
"""

from __future__ import annotations

import errno
import io
import math
import mmap
import os
import threading
from collections.abc import Sequence
from itertools import pairwise
from pathlib import Path
from types import TracebackType
from typing import Any, NamedTuple, Protocol

import numpy as np
from numpy.typing import NDArray

from embedprep.arrays import Ints
from embedprep.digests import Digest, KnownDigest, UnorderedDigest
from embedprep.errors import OutputError
from embedprep.places import Place, RemoteError, is_url

_SEEK_LOCK = threading.Lock()
_READ_BACK_BYTES = 1 << 20

SHORT_ROW = 16
"""Shuffled rows of up to so many bytes wait in memory: one by one they would take long to write."""

_LENGTH_AT = 8
"""Where the header of an array tells its own size (numpy/lib/_format_impl.py)."""
_MOST_HEADER_BYTES = 1 << 16


class WrittenFile(NamedTuple):
    """A finished file: its name in the output, its digest, and the array in it, if it is one."""

    name: str
    digest: Digest | KnownDigest
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


class FilePlan(NamedTuple):
    """How an array lies in its files, as others must know who write rows of it: `rows_per_file`
    rows in each but the last.

    `first` and `last` are the bytes before the rows, and all bytes, of every file but the last and
    of that one. Row i goes to the place `order[i]`, `order: (rows,)`, if there is one. In a plan
    `of_rows`, files before number `first_file` are left out.
    """

    paths: list[str]
    target: str
    rows_per_file: int
    first: tuple[int, int]
    last: tuple[int, int]
    order: NDArray[Any] | None = None
    first_file: int = 0

    def path_of(self, file: int) -> str:
        """Where a file lies, by its number in the array."""
        return self.paths[file - self.first_file]

    def size_of(self, file: int) -> tuple[int, int]:
        """The bytes of a file before its rows, and all of them."""
        return self.last if file == self.first_file + len(self.paths) - 1 else self.first

    def of_rows(self, first_row: int, n_rows: int) -> FilePlan:
        """What they must know who write so many rows from one on: the places of these, and the
        files from the first to the last that has one of them.
        """
        order = None if self.order is None else self.order[first_row : first_row + n_rows]
        if not n_rows:
            return self._replace(paths=[], order=order)
        least, most = first_row, first_row + n_rows - 1
        if order is not None:
            least, most = int(order.min()), int(order.max())
        begin, end = least // self.rows_per_file, most // self.rows_per_file + 1
        paths = self.paths[begin - self.first_file : end - self.first_file]
        return self._replace(paths=paths, order=order, first_file=begin, last=self.size_of(end - 1))


class RowWriter(Protocol):
    """What takes the rows of an array."""

    def write(self, first_row: int, rows: NDArray[Any]) -> None:
        """Write rows, contiguous and of the array's dtype, from `first_row` on; in any thread."""


class ArrayWriter(RowWriter, Protocol):
    """An array on its way to disk, in one file or in several."""

    @property
    def plan(self) -> FilePlan:
        """How the array lies in its files, which are there."""

    @property
    def is_hashed(self) -> bool:
        """Whether somebody will ask for digests."""

    def fill(self, digests: Sequence[KnownDigest]) -> None:
        """Take note that others have written all rows, and of the digests of the files."""

    @property
    def files(self) -> list[WrittenFile]:
        """What was written, in the order of the rows, once all is."""


class NpyWriter:
    """An array on its way to `target`, known beforehand but for its values, written at `path`.

    Used as a context; `write` may be called from any thread; `finished` tells what was written,
    unless it is not hashed as nobody will ask. Raises OutputError where the disk does not take it.
    """

    def __init__(self, path: Path, target: Place, array: ArraySpec, *, hashes: bool = True) -> None:
        self.path = path
        self.target = target
        self.shape = array.shape
        self.dtype = np.dtype(array.dtype)
        self._header = npy_header(self.shape, self.dtype)
        self._row_bytes, self._n_bytes = array.row_bytes, array.n_bytes
        self._digest = UnorderedDigest(self._read_back) if hashes else None
        self._filled: KnownDigest | None = None
        self.order: NDArray[Any] | None = None  # the place of each row

    def __enter__(self) -> NpyWriter:
        self._file = self.path.open("w+b", buffering=0)
        try:
            self._write(0, memoryview(self._header))
        except BaseException:
            self._file.close()
            raise
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        try:
            if error is None and self._filled is None:
                self._finish()
        finally:
            self._file.close()

    def _finish(self) -> None:
        """Write what waits for the last row."""

    @property
    def plan(self) -> FilePlan:
        size = len(self._header), self._n_bytes
        paths = [str(self.path.absolute())]
        n_rows = max(1, self.shape[0])
        return FilePlan(paths, str(self.target), n_rows, size, size, self.order)

    @property
    def is_hashed(self) -> bool:
        return self._digest is not None

    def fill(self, digests: Sequence[KnownDigest]) -> None:
        [self._filled] = digests

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
        digest = self._filled or self._digest.digest
        return WrittenFile(self.target.name, digest, self.shape, self.dtype.name)

    @property
    def files(self) -> list[WrittenFile]:
        return [self.finished]


class ShuffledNpyWriter(NpyWriter):
    """An array whose row i goes to the place `order[i]`, `order: (rows,)`.

    Short rows wait in memory until the end; each long one is written to its own place.
    """

    def __init__(self, path: Path, target: Place, array: ArraySpec, order: NDArray[Any]) -> None:
        super().__init__(path, target, array)
        self.order = order
        self._order = order
        is_short = self._row_bytes <= SHORT_ROW
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


def load_array(path: Path) -> NDArray[Any]:
    """Map an array from disk, read-only. Raises OutputError where there is none."""
    try:
        _check_header_size(path)
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


def let_go(array: NDArray[Any], rows: slice) -> None:
    """Give back the memory of some rows of a mapped array; who reads them again, reads the disk.

    The pages of a map count as the process's own, and would be as many as the file has.
    """
    mapped: Any = array.base
    if not isinstance(array, np.memmap) or not isinstance(mapped, mmap.mmap) or not array.size:
        return
    row_bytes = array.strides[0]
    begin = array.offset % mmap.ALLOCATIONGRANULARITY + rows.start * row_bytes
    end = min(begin + (rows.stop - rows.start) * row_bytes, len(mapped))
    begin -= begin % mmap.PAGESIZE
    if hasattr(mmap, "MADV_DONTNEED") and begin < end:
        mapped.madvise(mmap.MADV_DONTNEED, begin, end - begin)


def read_rows(path: Path, rows: slice) -> NDArray[Any]:
    """Some rows of an array, which is in the order of its rows, read into memory.

    Pages of a map stay in memory until it goes, and a file that is cut off while it is mapped ends
    the process. Raises OutputError as `load_array`, and where the file is too short.
    """
    header = load_array(path)  # of its values none is looked at
    row_bytes = math.prod(header.shape[1:]) * header.dtype.itemsize
    n_bytes = (rows.stop - rows.start) * row_bytes
    first_byte = getattr(header, "offset", 0) + rows.start * row_bytes
    try:
        with path.open("rb", buffering=0) as file:
            data = read_at(file.fileno(), n_bytes, first_byte)
    except OSError as error:
        raise OutputError(str(path), f"cannot be read ({error.strerror or error})") from error
    shape = (rows.stop - rows.start, *header.shape[1:])
    values: NDArray[Any] = np.ndarray(shape, header.dtype, data)
    return values.astype(header.dtype.newbyteorder("="), copy=False)


def _check_header_size(path: Path) -> None:
    """Raise ValueError for a file of an array whose header is larger than any that NumPy reads.

    NumPy reads it first, whatever it says of its own size, which may be that of the memory.
    """
    with path.open("rb") as stream:
        head = stream.read(_LENGTH_AT + 4)
    if head.startswith(b"\x93NUMPY") and head[6:7] > b"\x01":  # else it has two bytes for it
        n_bytes = int.from_bytes(head[_LENGTH_AT:], "little")
        if n_bytes > _MOST_HEADER_BYTES:
            raise ValueError(f"its header has {n_bytes:,} bytes")


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


def write_rows(descriptor: int, places: Ints, rows: NDArray[Any], first_byte: int) -> None:
    """Write rows at their places in a file, which are in order, its place 0 at `first_byte`.

    Rows that come to stand one behind the other are written at once.
    """
    row_bytes = rows[:1].nbytes
    begins = [0, *(np.flatnonzero(np.diff(places) != 1) + 1).tolist(), len(rows)]
    for begin, end in pairwise(begins):
        offset = first_byte + int(places[begin]) * row_bytes
        write_at(descriptor, rows[begin:end].data.cast("B"), offset)


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
    remedy = "check the path and its permissions"
    if isinstance(error, RemoteError):
        remedy = error.remedy
    elif is_url(place):
        remedy = "check the address, and the rights of the credentials"
    return OutputError(place, f"cannot be written ({error.strerror or error})", remedy)
