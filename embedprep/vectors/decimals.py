"""Which numbers do decimals such as -0.0418 spell?

The digits of one are read eight at a time, as a 64-bit number that is folded three times
(D. Lemire: Quickly parsing eight digits, 2018). Digits below 2**53 and a power of ten up to 10**22
are both exact as doubles, so their quotient is the double nearest to the decimal, as `float` gives
it (W. Clinger: How to read floating point numbers accurately, 1990). Whatever is spelled
otherwise, with an exponent or with more digits, is left to others.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from embedprep.arrays import WINDOW, Bytes, Flags, Ints, Keys, windows

MARGIN = 2 * WINDOW
"""So many bytes before the first number must be there to be read."""

_DOTS = np.uint64(0x2E2E2E2E2E2E2E2E)
_ZEROS = np.uint64(0x3030303030303030)
_LOW_BITS = np.uint64(0x7F7F7F7F7F7F7F7F)
_HIGH_BITS = np.uint64(0x8080808080808080)
_ABOVE_NINE = np.uint64(0x7676767676767676)
_MINUS, _ZERO, _NINE = np.uint8(ord("-")), np.uint8(ord("0")), np.uint64(9)

_MOST_WHOLE = 7
_EXACT = np.uint64(1 << 53)
_POWERS = np.array([10**k for k in range(2 * WINDOW)], np.uint64)


def parse_decimals(text: Bytes, starts: Ints, ends: Ints) -> tuple[NDArray[np.float64], Flags]:
    """The numbers that `text[starts[i] : ends[i]]` spell, (numbers,), and which could be read.

    `text` begins with `MARGIN` bytes that belong to none.
    """
    window = windows(text)
    last = window[ends - WINDOW]
    fraction_digits, has_dot = _behind_dot(last)
    fraction, is_fraction = _digits(last, fraction_digits)

    # A dot further to the left: the last eight bytes are digits, and the eight before have the dot.
    far = (~has_dot).nonzero()[0]
    if len(far):
        before = window[ends[far] - 2 * WINDOW]
        more_digits, has_far_dot = _behind_dot(before)
        whole_last, is_right_last = _digits(last[far], np.full(len(far), WINDOW))
        first, is_right_first = _digits(before, more_digits)
        fraction[far] = first * _POWERS[WINDOW] + whole_last
        fraction_digits[far] = WINDOW + more_digits
        is_fraction[far] = has_far_dot & is_right_first & is_right_last

    dots = ends - 1 - fraction_digits
    is_negative = text[starts] == _MINUS
    whole_digits = dots - starts - is_negative
    whole = (text[dots - 1] ^ _ZERO).astype(np.uint64)
    is_whole = whole <= _NINE
    other = (whole_digits != 1).nonzero()[0]  # nearly all have one digit before the dot
    if len(other):
        n_digits = np.clip(whole_digits[other], 0, _MOST_WHOLE)
        before = window[np.maximum(dots[other], WINDOW) - WINDOW]
        whole[other], is_right = _digits(before, n_digits)
        is_right &= n_digits == whole_digits[other]
        is_right &= n_digits + fraction_digits[other] > 0
        is_whole[other] = is_right

    powers = _POWERS[fraction_digits]
    digits = whole * powers + fraction
    is_right = is_fraction & is_whole & (digits < _EXACT)
    is_right &= (fraction_digits <= WINDOW) | (whole == 0)  # of others the digits may overflow
    numbers = digits.view(np.int64).astype(np.float64)
    numbers /= powers.view(np.int64)
    numbers *= 1.0 - 2.0 * is_negative
    return numbers, is_right


def _behind_dot(eight: Keys) -> tuple[Ints, Flags]:
    """How many of eight bytes stand behind the last dot among them, and whether there is one."""
    other = eight ^ _DOTS
    is_dot = ~(((other & _LOW_BITS) + _LOW_BITS) | other | _LOW_BITS)  # its highest bit, exactly
    # The highest bit that is set is the exponent of the number as a double.
    highest = (is_dot.astype(np.float64).view(np.int64) >> 52) - 1023
    has_dot = is_dot != 0
    behind = (63 - highest) >> 3
    behind[~has_dot] = 0
    return behind, has_dot


def _digits(eight: Keys, n_digits: Ints) -> tuple[Keys, Flags]:
    """The number that the last digits of eight bytes spell, and whether they are all digits."""
    shift = (64 - 8 * n_digits).astype(np.uint64)
    digits = eight ^ _ZEROS
    digits >>= shift
    digits <<= shift  # by 64: 0
    is_right: Flags = (((digits + _ABOVE_NINE) | digits) & _HIGH_BITS) == 0
    digits = (digits * np.uint64(10) + (digits >> np.uint64(8))) & np.uint64(0x00FF00FF00FF00FF)
    digits = (digits * np.uint64(100) + (digits >> np.uint64(16))) & np.uint64(0x0000FFFF0000FFFF)
    return (digits * np.uint64(10_000) + (digits >> np.uint64(32))) & np.uint64(
        0xFFFFFFFF
    ), is_right
