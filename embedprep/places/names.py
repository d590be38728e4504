"""How is an address told from a path, and what of it may others read?"""

from __future__ import annotations

import os
import re

_ADDRESS = re.compile(r"(?P<scheme>[A-Za-z][A-Za-z0-9+.-]+)://(?P<rest>.*)", re.DOTALL)
_ON_DISK = ("file", "local")


class RemoteError(OSError):
    """What a server does not do, and what to do about it."""

    def __init__(self, cause: str, remedy: str) -> None:
        super().__init__(None, cause)
        self.remedy = remedy

    def __str__(self) -> str:
        return str(self.strerror)


def is_url(text: str) -> bool:
    """Whether a text is an address, and no path.

    >>> is_url("s3://bucket/a.txt"), is_url("C:/a.txt"), is_url("file:///tmp/a.txt")
    (True, False, False)
    """
    found = _ADDRESS.fullmatch(text)
    return found is not None and found["scheme"].lower() not in _ON_DISK


def path_text(text: str) -> str:
    """A path as it stands, also where it is the address of a file on this machine.

    >>> path_text("file:///tmp/a.txt"), path_text("file://localhost/tmp/a.txt")
    ('/tmp/a.txt', '/tmp/a.txt')
    """
    found = _ADDRESS.fullmatch(text)
    return text if found is None or is_url(text) else found["rest"].removeprefix("localhost")


def is_folder(text: str) -> bool:
    """Whether a path, which may be told as file://, is that of a folder."""
    return os.path.isdir(path_text(text))


def shown(text: str) -> str:
    """A path as it is, an address without what nobody else should read: its user, its password and
    its query.

    >>> shown("https://me:s@cret@example.org/a.csv?token=1")
    'https://example.org/a.csv'
    """
    return hidden(text) if is_url(text) else text


def hidden(text: str) -> str:
    """A text that may hold addresses, these as others may read them."""
    return re.sub(r"(://)[^/\s]*@|\?[^\s'\")]*", r"\1", text)
