"""What does `str.lower` make of the non-ASCII letters of a text?

Nearly every letter has a lowercase form of as many bytes, which is written over it. The few
that do not, and the capital sigma, whose form depends on its neighbours, send their whole line
through `str.lower` itself. ASCII letters are left to the caller, who may translate them anyway.
"""

from __future__ import annotations

from functools import cache
from typing import Any

import numpy as np
from numpy.typing import NDArray

from embedprep.arrays import Bytes, Ints
from embedprep.text import Text, read_text

_CASED_BELOW = 0x20000
"""No letter from here on has a lowercase form (a test asks the running Python)."""

_CAPITAL_SIGMA = 0x3A3
_I_WITH_DOT = 0x130
_BY_LINE = np.iinfo(np.int32).max
"""Stands in the table for a letter whose line goes through `str.lower`."""


def lowercase_ascii(octets: Bytes) -> Bytes:
    """`bytes.lower`, as quick, but outside the interpreter's lock: other threads need not wait.

    >>> lowercase_ascii(np.frombuffer("ÀB1".encode(), np.uint8)).tobytes().decode()
    'Àb1'
    """
    lowered = octets - np.uint8(ord("A"))
    np.less(lowered, 26, out=lowered.view(np.bool_))  # 1 where there is a capital letter
    lowered *= ord("a") - ord("A")
    lowered |= octets
    return lowered


@cache
def lower_shifts() -> NDArray[np.int32]:
    """How far the lowercase form of each code point is from it, or `_BY_LINE`; (code points,).

    The forms are those of the running Python's `str.lower`, so they are of its Unicode version.
    """
    code_points = np.arange(_CASED_BELOW, dtype=np.int32)
    is_surrogate = (code_points >= 0xD800) & (code_points < 0xE000)
    # These two alone have no form of one code point that is theirs everywhere.
    is_irregular = (code_points == _CAPITAL_SIGMA) | (code_points == _I_WITH_DOT)

    regular = code_points[~is_surrogate & ~is_irregular]
    lowered = regular.astype("<u4").tobytes().decode("utf-32-le").lower().encode("utf-32-le")
    forms = code_points.copy()
    forms[regular] = np.frombuffer(lowered, "<u4")

    shifts = forms - code_points
    shifts[is_irregular | (_utf8_length(forms) != _utf8_length(code_points))] = _BY_LINE
    return shifts


def _utf8_length(code_points: NDArray[Any]) -> Ints:
    return np.searchsorted([0x80, 0x800, 0x10000], code_points, side="right") + 1


def lowercase_non_ascii(text: Text) -> Text:
    """The text with `str.lower` of each line done to its non-ASCII letters.

    ASCII letters are lowercased too on some lines, and left as they are on the others.
    """
    if not len(text.starts):
        return text
    shifts = lower_shifts().take(text.code_points, mode="clip")
    cased = shifts.nonzero()[0]
    if not len(cased):
        return text
    is_by_line = shifts[cased] == _BY_LINE
    changed = cased[~is_by_line]
    code_points = text.code_points.copy()
    code_points[changed] += shifts[changed].view(np.uint32)

    lowered = bytearray(text.data)
    octets = np.frombuffer(lowered, np.uint8)
    write_characters(octets, text.starts[changed], code_points[changed])
    if not is_by_line.any():
        return text._replace(data=lowered, code_points=code_points)
    return read_text(_lowercase_lines(text, lowered, text.starts[cased[is_by_line]]))


def write_characters(octets: Bytes, starts: Ints, code_points: NDArray[np.uint32]) -> None:
    """Write non-ASCII characters as UTF-8 over characters of the same length, in place."""
    n_bytes = _utf8_length(code_points)
    for length, mark in ((2, 0xC0), (3, 0xE0), (4, 0xF0)):
        is_so_long = n_bytes == length
        at, rest = starts[is_so_long], code_points[is_so_long]
        if not len(at):
            continue
        for place in range(length - 1, 0, -1):
            octets[at + place] = 0x80 | (rest & 0x3F)
            rest = rest >> 6
        octets[at] = mark | rest


def _lowercase_lines(text: Text, lowered: bytearray, places: Ints) -> bytes:
    """`lowered`, the lines at `places` replaced by `str.lower` of what they were in `text`."""
    parts: list[bytes | bytearray] = []
    done = 0
    for place in places.tolist():
        if place < done:
            continue
        start = text.data.rfind(b"\n", 0, place) + 1
        end = text.data.index(b"\n", place)
        parts.append(lowered[done:start])
        parts.append(text.data[start:end].decode("utf-8").lower().encode("utf-8"))
        done = end
    parts.append(lowered[done:])
    return b"".join(parts)
