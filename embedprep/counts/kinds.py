"""Which inputs are counts rather than text?

Asked before a text is read, and so without NumPy.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from typing import NamedTuple

from embedprep.errors import InputError
from embedprep.places import shown

FORMAT = "embedprep-counts"
VERSION = 1

SETTINGS = "settings"
"""The array that a file of counts begins with."""

_BEGINNING = b"PK\3\4"
_SETTINGS_AT = 30
"""Where the name of the first file stands in a zip archive (PKWARE's APPNOTE, 4.3.7)."""

_BYTES_LOOKED_AT = 1 << 10


class Counts(NamedTuple):
    """Some files of counts that are to be read; `advance` is told of bytes read."""

    names: Sequence[str]
    advance: Callable[[int], object] = lambda n_bytes: None


def are_counts(names: Sequence[str]) -> bool:
    """Whether some inputs are counts, by their first bytes or a name that ends with .npz.

    Raises InputError where some are and some are not.
    """
    counts = [name for name in names if _is_counts(name)]
    others = [name for name in names if name not in counts]
    if counts and others:
        raise InputError(
            shown(others[0]),
            f"is no file of counts, and {shown(counts[0])} is one",
            "count the texts first by `embedprep count`",
        )
    return bool(counts)


def _is_counts(name: str) -> bool:
    if name.lower().endswith(".npz"):
        return True
    if not os.path.isfile(name):  # a pipe can be read once only, and not here
        return False
    try:
        with open(name, "rb") as stream:
            first = stream.read(_BYTES_LOOKED_AT)
    except OSError:
        return False  # whoever reads the text tells
    begins = first.startswith(_BEGINNING) and first.startswith(SETTINGS.encode(), _SETTINGS_AT)
    return begins and f'"{FORMAT}"'.encode() in first
