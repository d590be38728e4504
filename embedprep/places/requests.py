"""How is something asked of a server, and what does it mean where that fails?

What may pass, as an error of the server or a silence of it, is asked again after growing pauses.
Each question has a thread of its own, as not every package of fsspec knows when to give up.
"""

from __future__ import annotations

import errno
import inspect
import os
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from functools import lru_cache
from pathlib import Path
from typing import Any, TypeVar

from embedprep.background import in_background
from embedprep.errors import MissingExtra
from embedprep.places.names import RemoteError, hidden, shown

T = TypeVar("T")

ATTEMPTS = 4
FIRST_PAUSE = 0.5
"""Seconds before something is asked again; each pause is twice the one before."""
PATIENCE = 60.0
"""Seconds in which an answer must have come, whole."""
PATIENCE_FOR_BYTES = 300.0
"""The same for some MiB over a slow line; who falls silent meanwhile is found out before."""

_LONGEST_CAUSE = 200
_LEAST_PART, _MOST_PARTS = 16 << 20, 9_000
"""Bytes of the parts that a large object is put in, and how many there may be: S3 takes 10,000."""

_WHOLE_PUTS = {"s3", "s3a", "gs", "gcs", "az", "abfs", "abfss", "adl", "oci", "oss", "hf"}
"""Where an object appears once all of it has come, and not before."""


def ask(
    function: Callable[..., T],
    *arguments: Any,
    attempts: int | None = None,
    patience: float | None = None,
    **options: Any,
) -> T:
    """What a function of fsspec answers, several times asked where what hinders it may pass.

    What did not answer in time may still be done, later than what is asked then: of an output that
    leaves no manifest, never a wrong one.
    Raises FileNotFoundError, IsADirectoryError and PermissionError, and RemoteError for all else.
    """
    left = attempts or ATTEMPTS
    pause = FIRST_PAUSE
    while True:
        left -= 1
        try:
            answer = in_background(function, *arguments, **options)
            return answer.result(patience or PATIENCE)
        except Exception as error:
            meant, may_pass = _meaning(error)
            if not (may_pass and left):
                raise meant from error
        time.sleep(pause)
        pause *= 2


def filesystem_of(text: str) -> tuple[Any, str]:
    """The file system of fsspec that an address belongs to, and the path in it.

    Raises MissingExtra where a package is not installed, and RemoteError where fsspec does not know
    such addresses.
    """
    scheme, _, rest = text.partition("://")
    host = f"{scheme}://{rest.partition('/')[0]}"
    if "::" in host:
        cause = "its :: stands for several addresses in one"
        raise RemoteError(cause, "name the object itself, and a host by its name")
    try:
        files = _filesystem(host, os.getpid())
        if not getattr(files, "async_impl", False):  # what has one connection is not shared
            files = _filesystem(host, os.getpid(), threading.get_ident())
    except ImportError as error:
        if str(error.name).partition(".")[0] == "fsspec":
            cause, remedy = "is reached by fsspec", "pip install 'embedprep[remote]'"
            raise MissingExtra(shown(text), cause, remedy) from None
        cause = f"fsspec needs a package more for {scheme}:// ({error})"
        raise MissingExtra(shown(text), cause, "install that beside embedprep[remote]") from None
    except OSError:
        raise
    except Exception as error:
        raise RemoteError(_said(error), "check the address") from error
    path: str = files._strip_protocol(text)  # noqa: SLF001 - url_to_fs would make a new session
    return files, path


@lru_cache(maxsize=64)
def _filesystem(host: str, _process: int, _thread: int | None = None) -> Any:
    """The file system of an address up to its first slash, once for each process, or thread."""
    from fsspec.core import url_to_fs

    options: dict[str, Any] = {}
    if host.startswith("http"):
        from aiohttp import ClientTimeout

        options["client_kwargs"] = {
            # By itself, five minutes for each whole object.
            "timeout": ClientTimeout(total=None, sock_connect=PATIENCE, sock_read=PATIENCE),
            # Compressed texts are told by their bytes here, and ranges are of what is stored.
            "auto_decompress": False,
            "headers": {"Accept-Encoding": "identity"},
        }
    files, _ = url_to_fs(host, **options)
    if is_of(files, {"s3"}):
        files.retries = 1  # five times those of botocore, a silent server would cost half an hour
    return files


def is_of(files: Any, schemes: set[str]) -> bool:
    """Whether a file system is that of one of some schemes."""
    own = files.protocol
    return not schemes.isdisjoint([own] if isinstance(own, str) else own)


def takes_several(text: str) -> bool:
    """Whether several things may be asked at a time at an address."""
    files, _ = filesystem_of(text)
    return bool(getattr(files, "async_impl", False))


def facts_of(text: str, *, is_fresh: bool = False, attempts: int | None = None) -> dict[str, Any]:
    """What is told of an object: its `size` in bytes, or None, and what its server adds."""
    files, path = filesystem_of(text)
    if is_fresh:
        files.invalidate_cache()
    facts: dict[str, Any] = ask(files.info, path, attempts=attempts)
    return facts


def matching(text: str) -> list[str]:
    """The addresses of the objects that a `*` in one stands for, sorted."""
    files, path = filesystem_of(text)
    # What fsspec takes off an address comes back in front of each path that it gives.
    before = text.removesuffix(path)
    return sorted(f"{before}{found}" for found in ask(files.glob, path))


def remove(text: str) -> None:
    """Remove an object, if it is there."""
    files, path = filesystem_of(text)
    with suppress(FileNotFoundError):
        ask(files.rm_file, path)


def check_writable(text: str) -> None:
    """Raise RemoteError where nothing can be written for want of a way."""
    files, _ = filesystem_of(text)
    if is_of(files, {"http", "https"}):
        raise RemoteError("HTTP only reads", "name another place")


def put(text: str, content: Path) -> None:
    """Have the content of a file at an address, whole or not at all.

    Where an object grows before the eyes of others it gets a temporary name first. How long it may
    take is left to the package of fsspec: it knows when nothing moves.
    """
    files, path = filesystem_of(text)
    if is_of(files, _WHOLE_PUTS):
        _put_file(files, content, path)
        return
    folder, _, name = path.rpartition("/")
    temporary = f"{folder}/.embedprep-{name}"
    try:
        _put_file(files, content, temporary)
        _rename(files, temporary, path, content.stat().st_size)
    except BaseException:
        with suppress(OSError):
            ask(files.rm_file, temporary, attempts=1)
        raise


def _put_file(files: Any, content: Path, path: str) -> None:
    n_bytes = content.stat().st_size
    options = _part_options(files, n_bytes)
    ask(files.put_file, str(content), path, patience=threading.TIMEOUT_MAX, **options)
    files.invalidate_cache()
    n_put = ask(files.info, path)["size"]
    if n_put != n_bytes:
        raise RemoteError(f"of {n_bytes:,} bytes, {n_put:,} came", "run again")


def _rename(files: Any, temporary: str, path: str, n_bytes: int) -> None:
    """Have an object of so many bytes under its own name."""
    try:
        ask(files.mv, temporary, path, attempts=1)
    except OSError:
        files.invalidate_cache()
        if not ask(files.exists, temporary) and ask(files.info, path)["size"] == n_bytes:
            return  # it is done, only the answer was lost
        with suppress(FileNotFoundError):  # there are file systems that rename over nothing
            ask(files.rm_file, path)
        ask(files.mv, temporary, path)


def _part_options(files: Any, n_bytes: int) -> dict[str, int]:
    """How an object is put in parts, as far as it can be said: memory holds those under way."""
    function = getattr(files, "_put_file", files.put_file)
    wanted = {
        "chunksize": max(_LEAST_PART, -(-n_bytes // _MOST_PARTS)),
        "max_concurrency": 1,
    }
    known = inspect.signature(function).parameters
    return {name: value for name, value in wanted.items() if name in known}


def _meaning(error: BaseException) -> tuple[OSError, bool]:
    """An error in words of ours, and whether it may pass."""
    cause = error.__cause__
    if isinstance(error, FileNotFoundError) and _is_of_http(cause):
        assert cause is not None
        return _meaning(cause)
    # s3fs raises errors without a status for those that it finds, which have one.
    found = cause if _is_of(cause, "botocore") else error
    status = _status_of(found)
    lasting = _lasting(error, status)
    if lasting is not None:
        return lasting, False
    return _passing(error, status), not _is_of(found, "botocore")  # which asks again by itself


def _lasting(error: BaseException, status: int | None) -> OSError | None:
    """What is the same when it is asked again, in words of ours; None where the error may pass."""
    said = str(error).lower()
    meant: OSError | None = None
    if isinstance(error, RemoteError):
        meant = error
    elif isinstance(error, FileNotFoundError) or status == 404:
        there = "no such bucket" if "bucket does not exist" in said else "no such object"
        meant = FileNotFoundError(errno.ENOENT, there)
    elif isinstance(error, IsADirectoryError):
        meant = IsADirectoryError(errno.EISDIR, "is a folder")
    elif isinstance(error, PermissionError) or status in (401, 403):
        meant = PermissionError(errno.EACCES, "access is denied")
    elif "credentials" in f"{type(error).__name__} {said}".lower():
        meant = RemoteError("no credentials are found", "name them as its package asks for")
    elif isinstance(error, NotImplementedError):
        meant = RemoteError("nothing can be written there", "name another place")
    elif type(error).__name__ == "ParamValidationError":  # of botocore
        meant = RemoteError("is no address of an object", "check the address")
    elif isinstance(error, TypeError | ValueError):
        meant = RemoteError(_said(error), "check the address")
    elif status is not None and status < 500 and status not in (408, 429):
        meant = RemoteError(f"the server answered {status}", "check the address")
    return meant


def _passing(error: BaseException, status: int | None) -> RemoteError:
    if status is not None:
        return RemoteError(f"the server answered {status}", "try again later")
    if isinstance(error, TimeoutError) or "Timeout" in type(error).__name__:
        return RemoteError("no answer has come in time", "try again later")
    if type(error).__name__ in ("ClientPayloadError", "IncompleteRead", "IncompleteReadError"):
        return RemoteError("the answer ended in the middle", "try again later")
    if isinstance(error, ConnectionError) or "Connect" in type(error).__name__:
        remedy = "check the address and the network"
        return RemoteError("the server cannot be reached", remedy)
    return RemoteError(_said(error), "try again later")


def _is_of_http(cause: BaseException | None) -> bool:
    """Whether an object is only called missing as fsspec does not look why HTTP failed."""
    if cause is None or isinstance(cause, FileNotFoundError):
        return False
    return _is_of(cause, "aiohttp") or isinstance(cause, OSError)


def _is_of(error: BaseException | None, package: str) -> bool:
    return type(error).__module__.startswith(package)


def _status_of(error: BaseException | None) -> int | None:
    """The status that a server answered by, where an error tells."""
    answer = getattr(error, "response", None)
    status = getattr(error, "status", None)
    if status is None and isinstance(answer, dict):
        status = answer.get("ResponseMetadata", {}).get("HTTPStatusCode")
    if status is None:
        status = getattr(error, "code", None)
    return status if isinstance(status, int) and 100 <= status < 600 else None


def _said(error: BaseException) -> str:
    """The first line of what an error says, without what nobody should read."""
    lines = hidden(str(error)).splitlines() or [type(error).__name__]
    return lines[0][:_LONGEST_CAUSE]
