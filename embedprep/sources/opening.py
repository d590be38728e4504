"""How do the bytes of an input reach the program? From a file, or from standard input."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import BinaryIO

from embedprep.errors import InputError


def total_bytes(inputs: Sequence[str]) -> int | None:
    """The bytes that `read_chunks` will read, or None where that cannot be known beforehand."""
    try:
        if all(os.path.isfile(name) for name in inputs):
            return sum(os.path.getsize(name) for name in inputs)
    except OSError:
        pass
    return None


@contextmanager
def opened(name: str, label: str | None = None) -> Iterator[BinaryIO]:
    """An input to be read; `-` is standard input. Raises InputError where there is none.

    A `label` may be the beginning of a file's name that holds a `=`.
    """
    if name == "-":
        if sys.stdin is None:
            raise InputError("-", "standard input is closed", "pipe a text into it")
        # Not sys.stdin's own buffer: its lock, held by a reading thread, aborts Python's shutdown.
        with open(0, "rb", closefd=False) as standard_input:
            yield standard_input
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
        raise InputError(name, _reason(error), "check the path and its permissions") from error
    with stream:
        yield stream


def _reason(error: OSError) -> str:
    return f"cannot be read ({error.strerror or error})"


def read_chunks(
    name: str, stream: BinaryIO, size: int, advance: Callable[[int], object]
) -> Iterator[bytes]:
    """The bytes of a stream as they are, `size` at a time; `advance` is told of their number."""
    while True:
        try:
            chunk = stream.read(size)
        except (OSError, ValueError) as error:
            reason = _reason(error) if isinstance(error, OSError) else f"cannot be read ({error})"
            raise InputError(name, reason, "check the medium and its permissions") from error
        if not chunk:
            return
        advance(len(chunk))
        yield chunk
