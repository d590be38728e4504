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
from embedprep.places import is_url
from embedprep.sources.inputs import STDIN, unreadable

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

    from embedprep.places.requests import facts_of, filesystem_of

    for address in addresses:
        filesystem_of(address)
    with ThreadPoolExecutor(_ASKED_AT_ONCE) as threads:
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


@contextmanager
def _opened_remote(address: str) -> Iterator[RemoteStream]:
    from embedprep.places import Url
    from embedprep.places.streams import RemoteStream

    try:
        stream = RemoteStream(address)
    except IsADirectoryError:
        name = str(Url(address))
        remedy = f"name the objects in it, as in {name}/*"
        raise InputError(name, "is a folder, not a text", remedy) from None
    except OSError as error:
        raise unreadable(str(Url(address)), error) from error
    with closing(stream):
        yield stream


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
