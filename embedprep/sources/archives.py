"""Which file does a zip archive hold? It is named as if the archive were a folder.

`glove.zip/glove.50d.txt` is that file in it; `glove.zip` alone is the only one that it holds.

Python's own module makes as many bytes of a piece of bzip2, LZMA or zstandard data as there are in
it, which may be a thousand times the memory. Files that are compressed so are decompressed here, a
bounded number of bytes at a time.
"""

from __future__ import annotations

import copy
import os
import struct
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO, BinaryIO

from embedprep.errors import InputError
from embedprep.sources.compression import XZ_MEMORY, Decompressor, method_of
from embedprep.sources.inputs import STDIN
from embedprep.sources.opening import opened, refuse_address
from embedprep.wording import quoted

_MAGIC = (b"PK\x03\x04", b"PK\x05\x06")

_CONTENTS_BYTES = 8 << 20
"""A table of contents is read as a whole; each file in it takes about ten times its place there."""

_FED_BYTES = 1 << 16

_ZSTANDARD = 93


@contextmanager
def opened_inside(name: str) -> Iterator[BinaryIO]:
    """An input, or the file of an archive, to be read. Raises InputError where there is none."""
    refuse_address(name, "vectors")
    archive, member = _split(name)
    if archive != STDIN and os.path.isdir(archive):
        raise InputError(name, "is a folder, not a file", "name a file in it")
    with opened(archive) as stream:
        if member is None and not _is_zip(archive):
            yield stream
            return
        with _opened_member(archive, stream, member) as content:
            yield content


def file_of(name: str) -> str:
    """The file on disk that a name is about, which may be an archive."""
    return _split(name)[0]


def _split(name: str) -> tuple[str, str | None]:
    """The archive that a name leads into, and the file in it; the name itself where it is none."""
    if name != STDIN and not os.path.exists(name):
        path = Path(name)
        for folder in path.parents:
            if _is_zip(str(folder)):
                return str(folder), path.relative_to(folder).as_posix()
    return name, None


def _is_zip(name: str) -> bool:
    if name == STDIN or not os.path.isfile(name):
        return False
    with opened(name) as stream:
        return stream.read(4).startswith(_MAGIC)


@contextmanager
def _opened_member(name: str, stream: BinaryIO, member: str | None) -> Iterator[BinaryIO]:
    try:
        archive = zipfile.ZipFile(_Bounded(stream))
    except Exception as error:  # noqa: BLE001 - a broken table of contents errs as it may
        raise _unreadable(name, error) from None
    member = member or _only_file(name, archive)
    if member not in _files(archive):
        raise InputError(f"{name}/{member}", "no such file in the archive", _have(archive))
    try:
        content = _open(archive, archive.getinfo(member))
    except InputError:
        raise
    except Exception as error:  # noqa: BLE001 - and so does the head of a file
        raise _unreadable(name, error) from None
    with content:
        yield _Member(f"{name}/{member}", content)  # type: ignore[misc] # it can only be read


def _unreadable(name: str, error: Exception) -> InputError:
    cause = f"cannot be read as a zip archive ({error})"
    return InputError(name, cause, "unpack it first, or copy it again")


def _only_file(name: str, archive: zipfile.ZipFile) -> str:
    files = _files(archive)
    if len(files) == 1:
        return files[0]
    cause = f"holds {len(files)} files" if files else "holds no file"
    remedy = f"name one, as {name}/{files[0]}; {_have(archive)}" if files else "check the path"
    raise InputError(name, cause, remedy)


def _have(archive: zipfile.ZipFile) -> str:
    return f"it holds {quoted(_files(archive))}"


def _files(archive: zipfile.ZipFile) -> list[str]:
    """The names of all but folders."""
    return [name for name in archive.namelist() if name and not name.endswith("/")]


class _Bounded:
    """A file of which nobody reads much at once: a header may lie about the size of a table."""

    def __init__(self, stream: BinaryIO) -> None:
        self._stream = stream
        self.seek, self.tell, self.seekable = stream.seek, stream.tell, stream.seekable

    def read(self, size: int = -1) -> bytes:
        if size > _CONTENTS_BYTES:
            raise zipfile.BadZipFile(f"its table of contents has {size:,} bytes")
        return self._stream.read(size)


def _open(archive: zipfile.ZipFile, info: zipfile.ZipInfo) -> IO[bytes]:
    """A file of an archive. Raises what `zipfile` raises."""
    if info.compress_type in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):
        return archive.open(info.filename)
    raw = copy.copy(info)  # its data as they lie in the archive, which have no checksum
    raw.compress_type, raw.file_size = zipfile.ZIP_STORED, info.compress_size
    del raw.CRC
    return _Decompressed(archive.open(raw), info)  # type: ignore[return-value] # it can only be read


class _Decompressed:
    """A file of an archive of which no more is decompressed at a time than is asked for."""

    def __init__(self, content: IO[bytes], info: zipfile.ZipInfo) -> None:
        self._content, self._info = content, info
        self._stream, self._head = _decompressor(content, info)
        self._n_read = self._checksum = 0

    def __enter__(self) -> _Decompressed:
        return self

    def __exit__(self, *_: object) -> None:
        self._content.close()

    def read(self, size: int) -> bytes:
        import zlib

        part = b""
        while not part and not self._stream.eof:
            data = b""
            if self._stream.needs_input:
                data = self._head or self._content.read(_FED_BYTES)
                self._head = b""
                if not data:
                    raise EOFError
            part = self._stream.decompress(data, size)
        self._n_read += len(part)
        self._checksum = zlib.crc32(part, self._checksum)
        is_right = (self._n_read, self._checksum) == (self._info.file_size, self._info.CRC)
        if self._n_read > self._info.file_size or (self._stream.eof and not is_right):
            raise zipfile.BadZipFile("it has another checksum or size than the archive says")
        return part


def _decompressor(content: IO[bytes], info: zipfile.ZipInfo) -> tuple[Decompressor, bytes]:
    """What decompresses a file of an archive, and the bytes to begin with."""
    name = info.filename
    if info.compress_type == zipfile.ZIP_BZIP2:
        return method_of(name, "bzip2").open_stream(), b""
    if info.compress_type == _ZSTANDARD:
        return method_of(name, "zstd").open_stream(), b""
    if info.compress_type != zipfile.ZIP_LZMA:
        raise NotImplementedError(f"compression method {info.compress_type}")
    import lzma

    # A version of two bytes, then the properties with their length (APPNOTE.TXT 5.8.8); a file of
    # the old LZMA format begins with the properties and its size, which has an end mark if unknown.
    _, n_properties = struct.unpack("<HH", content.read(4))
    properties = content.read(n_properties)
    has_mark = info.flag_bits & 2
    size = struct.pack("<q", -1 if has_mark else info.file_size)
    return lzma.LZMADecompressor(lzma.FORMAT_ALONE, memlimit=XZ_MEMORY), properties + size


class _Member:
    """A file of an archive, whose errors in reading are those of the archive."""

    def __init__(self, place: str, content: IO[bytes]) -> None:
        self._place = place
        self._content = content

    def read(self, size: int) -> bytes:
        try:
            return self._content.read(size)
        except Exception as error:  # noqa: BLE001 - each way of compression has errors of its own
            reason = str(error) or "it ends early"
            raise InputError(
                self._place, f"is broken in its archive ({reason})", "copy the archive again"
            ) from None
