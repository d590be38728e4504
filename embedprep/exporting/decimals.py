"""What is the shortest decimal that reads back as the same float32?

The text of every number is NumPy's own, `str(np.float32(x))`. Those of usual size are made by
arrays, in less than half the time; NumPy itself spells the few others.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from embedprep.arrays import Bytes, Flags, Ints

_LEAST, _LIMIT = np.float32(1e-4), np.float32(1e4)
_MOST_DIGITS = 9
"""So many digits tell every float32 from its neighbours. Fewer than 6 need not be tried: a decimal
of up to 6 is what its float32 rounds to.
"""

_DECIMALS = 12
"""Places behind the point that 9 digits reach from `_LEAST` on."""

_POWERS = 10 ** np.arange(17)
_FOUR_DIGITS = np.frombuffer(b"".join(b"%04d" % n for n in range(10_000)), np.uint32)

_CELL = 20
"""Bytes of a number as it is laid out: a separator, a sign, 4 digits, a point, 12 digits, one free.
Of NumPy's own texts the longest is -1234567900000000.0, of 19.
"""
_SIGN, _WHOLE, _POINT, _FRACTION = 1, 2, 6, 7
_LEFT_OUT = b"\0"


def spell_rows(rows: NDArray[np.float32], separator: bytes) -> list[bytes]:
    """The numbers of each row of `rows: (rows, dim)`, a separator between two."""
    values = rows.ravel()
    n_rows, dim = rows.shape
    cells = np.zeros((len(values), _CELL), np.uint8)
    cells[:, 0] = ord(separator)
    cells[::dim, 0] = ord("\n")

    digits, n_decimals, is_found = _shortest(values)
    _lay_out(cells, np.signbit(values), digits * _POWERS[_DECIMALS - n_decimals])
    others = (~is_found).nonzero()[0]
    spelled = values[others].astype(f"S{_CELL - 1}")
    cells[others, 1:] = spelled.view(np.uint8).reshape(len(others), _CELL - 1)

    lines = cells.tobytes().translate(None, _LEFT_OUT).split(b"\n")
    return lines[1:] if dim else [b""] * n_rows


def _shortest(values: NDArray[np.float32]) -> tuple[Ints, Ints, Flags]:
    """The digits of each number as one, how many of them are decimals, and whether they were found.

    They are not looked for in very large and small numbers, nor in powers of two, whose nearest
    short decimal need not be one that reads back. Where the decimal as a double is halfway between
    two float32, it may read as either, and is not taken.
    """
    sizes = np.abs(values)
    is_found = (sizes > _LEAST) & (sizes < _LIMIT)
    is_found &= sizes.view(np.uint32) & 0x7FFFFF != 0
    exact = np.where(is_found, sizes, 1).astype(np.float64)
    n_whole = np.floor(np.log10(exact)).astype(np.int64) + 1

    digits = np.zeros(len(values), np.int64)
    n_decimals = digits.copy()
    decimal = exact.copy()
    for n_digits in range(_MOST_DIGITS, 5, -1):
        decimals = n_digits - n_whole  # from 2 to 12
        scale = _POWERS[decimals].astype(np.float64)
        rounded = np.rint(exact * scale)
        short = rounded / scale  # both are exact, so this is the double that is read
        reads_back = short.astype(np.float32) == sizes
        np.copyto(digits, rounded.astype(np.int64), where=reads_back)
        np.copyto(n_decimals, decimals, where=reads_back)
        np.copyto(decimal, short, where=reads_back)

    is_found &= digits > 0
    is_found &= decimal.view(np.uint64) & 0x1FFFFFFF != 0x10000000
    return digits, n_decimals, is_found | (sizes == 0)


def _lay_out(cells: Bytes, is_negative: Flags, scaled: NDArray[Any]) -> None:
    """Write numbers, given as multiples of 10 ** -12, into `cells: (numbers, 20)`."""
    fours = np.empty((len(cells), 4), np.uint32)
    for place in range(3, 0, -1):
        rest = scaled // 10_000
        fours[:, place] = _FOUR_DIGITS[scaled - rest * 10_000]
        scaled = rest
    fours[:, 0] = _FOUR_DIGITS[scaled]
    characters = fours.view(np.uint8)

    cells[:, _SIGN] = is_negative * np.uint8(ord("-"))
    cells[:, _WHOLE:_POINT] = characters[:, :4]
    cells[:, _POINT] = ord(".")
    cells[:, _FRACTION : _FRACTION + _DECIMALS] = characters[:, 4:]
    _leave_out_zeros(cells, range(_WHOLE, _POINT - 1))
    _leave_out_zeros(cells, range(_FRACTION + _DECIMALS - 1, _FRACTION, -1))


def _leave_out_zeros(cells: Bytes, columns: range) -> None:
    """Leave out the zeros that stand in the columns before any other digit does."""
    is_zero = np.ones(len(cells), np.bool_)
    for column in columns:
        is_zero &= cells[:, column] == ord("0")
        cells[is_zero, column] = 0
