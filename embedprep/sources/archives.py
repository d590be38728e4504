"""Which file does a zip archive hold? It is named as if the archive were a folder.

`glove.zip/glove.50d.txt` is that file in it; `glove.zip` alone is the only one that it holds.
"""

from __future__ import annotations

import os
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO, BinaryIO

from embedprep.errors import InputError
from embedprep.places import is_url, shown
from embedprep.sources.inputs import STDIN
from embedprep.sources.opening import opened
from embedprep.wording import quoted

_MAGIC = (b"PK\x03\x04", b"PK\x05\x06")


@contextmanager
def opened_inside(name: str) -> Iterator[BinaryIO]:
    """An input, or the file of an archive, to be read. Raises InputError where there is none."""
    if is_url(name):
        cause = "is an address, and vectors are read from a disk"
        raise InputError(shown(name), cause, "copy the file to a disk first")
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
        archive = zipfile.ZipFile(stream)
    except Exception as error:  # noqa: BLE001 - a broken table of contents errs as it may
        raise _unreadable(name, error) from None
    member = member or _only_file(name, archive)
    if member not in _files(archive):
        raise InputError(f"{name}/{member}", "no such file in the archive", _have(archive))
    try:
        content = archive.open(member)
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
