"""How do the bytes of an input reach the program? From a file, from an address, or from standard
input.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing, contextmanager
from typing import TYPE_CHECKING, BinaryIO, cast

from embedprep.errors import EmbedprepError, InputError
from embedprep.places import is_url, shown
from embedprep.sources.inputs import STDIN

if TYPE_CHECKING:
    from embedprep.places.streams import RemoteStream

_ASKED_AT_ONCE = 16
"""Sizes of objects, each of which is an answer to be waited for."""


def total_bytes(inputs: Sequence[str]) -> int | None:
    """The bytes that `read_chunks` will read, or None where that cannot be known beforehand."""
    remote = [name for name in inputs if is_url(name)]
    files = [name for name in inputs if not is_url(name)]
    try:
        if all(os.path.isfile(name) for name in files):
            return sum(map(os.path.getsize, files)) + (_remote_bytes(remote) if remote else 0)
    except (OSError, TypeError, EmbedprepError):  # what it is will be told when it is read
        pass
    return None


def _remote_bytes(addresses: Sequence[str]) -> int:
    """The bytes of objects. Raises TypeError where the server of one does not tell."""
    from concurrent.futures import ThreadPoolExecutor
    from functools import partial

    from embedprep.places.requests import facts_of, takes_several

    at_once = _ASKED_AT_ONCE if all(map(takes_several, addresses)) else 1
    with ThreadPoolExecutor(at_once) as threads:
        facts = threads.map(partial(facts_of, attempts=1), addresses)
        return sum(each["size"] for each in facts)


@contextmanager
def opened(name: str, label: str | None = None) -> Iterator[BinaryIO]:
    """An input to be read; `-` is standard input. Raises InputError where there is none.

    A `label` may be the beginning of a file's name that holds a `=`.
    """
    if name == STDIN:
        if sys.stdin is None:
            raise InputError("-", "standard input is closed", "pipe a text into it")
        # Not sys.stdin's own buffer: its lock, held by a reading thread, aborts Python's shutdown.
        with open(0, "rb", closefd=False) as standard_input:
            yield standard_input
        return
    if is_url(name):
        with _opened_remote(name) as remote:
            yield cast("BinaryIO", remote)
        return
    try:
        stream = open(name, "rb")  # noqa: SIM115 - closed by the with below
    except FileNotFoundError:
        whole = f"{label}={name}"
        is_there = label is not None and os.path.isfile(whole)
        remedy = f"the file {whole} is read as ./{whole}" if is_there else "check the path"
        raise InputError(name, "no such file", remedy) from None
    except IsADirectoryError:
        raise InputError(
            name,
            "is a folder, not a text",
            f"name the files in it, as in {os.path.join(name, '*')}",
        ) from None
    except OSError as error:
        raise unreadable(name, error) from error
    with stream:
        yield stream


def refuse_address(name: str, what: str) -> None:
    """Raise InputError for an address of what is not read from front to back."""
    if is_url(name):
        cause = f"is an address, and {what} are read from a disk"
        raise InputError(shown(name), cause, "copy the file to a disk first")


@contextmanager
def _opened_remote(address: str) -> Iterator[RemoteStream]:
    from embedprep.places import Url
    from embedprep.places.streams import RemoteStream

    name = str(Url(address))
    try:
        with closing(RemoteStream(address)) as stream:
            yield stream
    except IsADirectoryError:
        remedy = f"name the objects in it, as in {name}/*"
        raise InputError(name, "is a folder, not a text", remedy) from None
    except OSError as error:
        raise unreadable(name, error) from error


def unreadable(name: str, error: OSError) -> InputError:
    """What it means to somebody who names an input that it cannot be read."""
    is_remote = is_url(name)
    if isinstance(error, FileNotFoundError) and is_remote:
        return InputError(name, str(error.strerror), "check the address")
    remedy = "check the path and its permissions"
    if is_remote:
        remedy = getattr(error, "remedy", "check the rights of the credentials")
    return InputError(name, f"cannot be read ({error.strerror or error})", remedy)


def state_of(stream: BinaryIO) -> tuple[int, int | str]:
    """The size of an open input, and what changes when somebody writes to it."""
    if hasattr(stream, "state"):
        state: tuple[int, str] = stream.state()
        return state
    found = os.fstat(stream.fileno())
    return found.st_size, found.st_mtime_ns


def has_ranges(stream: BinaryIO) -> bool:
    """Whether an open input, which is a file or at an address, can be read from any byte on."""
    return bool(getattr(stream, "has_ranges", True))


def read_chunks(
    name: str, stream: BinaryIO, size: int, advance: Callable[[int], object]
) -> Iterator[bytes]:
    """The bytes of a stream as they are, `size` at a time; `advance` is told of their number."""
    while True:
        try:
            chunk = stream.read(size)
        except (OSError, ValueError) as error:
            if is_url(name) and isinstance(error, OSError):
                raise unreadable(name, error) from error
            reason = getattr(error, "strerror", None) or error
            remedy = "check the medium and its permissions"
            raise InputError(name, f"cannot be read ({reason})", remedy) from error
        if not chunk:
            return
        advance(len(chunk))
        yield chunk
