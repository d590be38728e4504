"""How do several arrays reach disk as one file, and how are they read a piece at a time?

An .npz is a zip archive of .npy files. Here none is compressed, and none tells when or where it was
made: the same arrays give the same bytes.
"""

from __future__ import annotations

import re
import struct
import zipfile
import zlib
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any, BinaryIO, TypeAlias

import numpy as np
from numpy.typing import NDArray

from embedprep.npy import npy_header, read_at

_NO_TIME = (1980, 1, 1, 0, 0, 0)
"""The earliest that a zip archive knows."""

_ENTRY_BYTES, _END_BYTES = 30 + 46, 22
"""What an archive adds to each member, beside its name twice, and in the end (PKWARE's APPNOTE)."""

_LOCAL_BYTES, _LOCAL_SIGNATURE = 30, b"PK\3\4"
_IS_ENCRYPTED = 1
"""Of the header before each member: its size without names, its first bytes, a flag (the same)."""

Members: TypeAlias = Mapping[str, tuple[tuple[int, ...], np.dtype[Any]]]
"""The shape and the dtype of each array in an archive, by its name, in their order."""


def npz_bytes(members: Members) -> int:
    """The size of an archive, but for some tens of bytes more where that is over 2 GiB."""
    return _END_BYTES + sum(
        _ENTRY_BYTES + 2 * len(f"{name}.npy") + _member_bytes(shape, dtype)
        for name, (shape, dtype) in members.items()
    )


def _member_bytes(shape: tuple[int, ...], dtype: np.dtype[Any]) -> int:
    n_values = int(np.prod(shape, dtype=np.int64))
    return len(npy_header(shape, dtype)) + n_values * dtype.itemsize


def write_npz(path: Path, members: Members, pieces: Mapping[str, Iterable[NDArray[Any]]]) -> None:
    """Write an archive whose arrays come in pieces; the bytes do not depend on these."""
    with zipfile.ZipFile(path, "w", zipfile.ZIP_STORED) as archive:
        for name, (shape, dtype) in members.items():
            entry = zipfile.ZipInfo(f"{name}.npy", _NO_TIME)
            entry.create_system = 3  # Unix, on every system
            entry.external_attr = 0o644 << 16
            entry.file_size = _member_bytes(shape, dtype)  # it decides for zip64
            with archive.open(entry, "w") as member:
                member.write(npy_header(shape, dtype))
                for piece in pieces[name]:
                    member.write(piece.astype(dtype, copy=False).tobytes())


class StoredArray:
    """An array of one dimension in an archive, read from its beginning to its end.

    `n_left` of its values are still to be read. Its checksum is looked at with the last of them.
    """

    def __init__(
        self, file: BinaryIO, entry: zipfile.ZipInfo, offset: int, header: bytes, dtype: str
    ) -> None:
        self._file, self._entry, self._dtype = file, entry, np.dtype(dtype)
        self._offset = offset + len(header)
        self._checksum = zlib.crc32(header)
        self.n_left = (entry.file_size - len(header)) // self._dtype.itemsize

    def read(self, n_values: int) -> NDArray[Any]:
        """The next values, (n_values,), as many as are asked for.

        Raises ValueError where there are fewer, or where the last ones show that some are damaged.
        """
        if n_values > self.n_left:
            raise ValueError(f"its {self._entry.filename} ends early")
        data = read_at(self._file.fileno(), n_values * self._dtype.itemsize, self._offset)
        self._offset += len(data)
        self.n_left -= n_values
        self._checksum = zlib.crc32(data, self._checksum)
        if not self.n_left and self._checksum != self._entry.CRC:
            raise ValueError(f"its {self._entry.filename} is damaged: the checksum is another")
        return np.frombuffer(data, self._dtype)


def stored_arrays(file: BinaryIO, dtypes: Mapping[str, str]) -> dict[str, StoredArray]:
    """Some arrays of an archive by their names, each of one dimension and of that dtype.

    Nothing of them is read yet, but all sizes agree with that of the file. Raises ValueError where
    it is no such archive: what is compressed, or would have to be unpickled, is never read.
    """
    try:
        with zipfile.ZipFile(file) as archive:
            entries = {entry.filename: entry for entry in archive.infolist()}
    except (zipfile.BadZipFile, NotImplementedError, struct.error, ValueError) as error:
        raise ValueError(f"it is no whole zip archive: {error}") from None
    return {name: _stored(file, entries, f"{name}.npy", dtypes[name]) for name in dtypes}


_HEADER = re.compile(
    rb"\x93NUMPY\x01\x00(..)\{'descr': '([^']{1,8})', 'fortran_order': (?:True|False), "
    rb"'shape': \(([0-9]{1,19}),\), \} *\n",
    re.DOTALL,
)
"""Of an array of one dimension (numpy/lib/_format_impl.py, version 1.0)."""

_HEADER_BYTES = 128
"""Of any such array: it is filled up with spaces so far."""


def _stored(
    file: BinaryIO, entries: Mapping[str, zipfile.ZipInfo], name: str, dtype: str
) -> StoredArray:
    entry = entries.get(name)
    if entry is None:
        raise ValueError(f"it has no {name}")
    if entry.compress_type != zipfile.ZIP_STORED or entry.flag_bits & _IS_ENCRYPTED:
        raise ValueError(f"its {name} is compressed or encrypted")
    n_bytes = file.seek(0, 2)
    local = _read(file, entry.header_offset, _LOCAL_BYTES, n_bytes)
    n_before = _LOCAL_BYTES + sum(struct.unpack("<HH", local[26:]))  # the name, and what is extra
    offset = entry.header_offset + n_before
    is_inside = entry.file_size == entry.compress_size and offset + entry.file_size <= n_bytes
    if not local.startswith(_LOCAL_SIGNATURE) or not is_inside:
        raise ValueError(f"its {name} does not lie where the archive says")
    header = _read(file, offset, min(_HEADER_BYTES, entry.file_size), n_bytes)
    found = _HEADER.fullmatch(header)
    if found is None or found[2].decode("latin-1") != dtype:
        raise ValueError(f"its {name} is no array of one dimension and of {np.dtype(dtype).name}")
    n_values_bytes = int(found[3]) * np.dtype(dtype).itemsize
    if int.from_bytes(found[1], "little") + 10 + n_values_bytes != entry.file_size:
        raise ValueError(f"its {name} has another size than it says")
    return StoredArray(file, entry, offset, header, dtype)


def _read(file: BinaryIO, offset: int, n_bytes: int, size: int) -> bytes:
    """Some bytes of a file of that size. Raises ValueError where it does not have them."""
    if not 0 <= offset <= size - n_bytes:
        raise ValueError("it is no whole zip archive")
    return read_at(file.fileno(), n_bytes, offset)
