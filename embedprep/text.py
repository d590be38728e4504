"""Which code points stand where in a block of UTF-8?

Real text is nearly ASCII, so a `Text` lists only the characters that are not: where each starts
and which code point it is. All that later steps do to them costs in proportion to their number.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from embedprep.arrays import Ints
from embedprep.sources import PADDING, Block, Reading, line_too_long, not_utf8

LINE_FEED = np.uint8(ord("\n"))


class Text(NamedTuple):
    """Whole lines of valid UTF-8, each ended by LF, then `PADDING`.

    `line_ends: (rows,)` are the places of the LFs; `starts: (characters,)` and
    `code_points: (characters,)` tell the non-ASCII characters.
    """

    data: bytes | bytearray
    line_ends: Ints
    starts: Ints
    code_points: NDArray[np.uint32]


def read_text(data: bytes) -> Text:
    """Check that `data` is UTF-8 and list its lines and its non-ASCII characters.

    Raises UnicodeDecodeError, whose position means nothing for `data`, where it is not UTF-8.

    >>> text = read_text("été\\n".encode())
    >>> text.starts.tolist(), [chr(c) for c in text.code_points]
    ([0, 3], ['é', 'é'])
    """
    octets = np.frombuffer(data, np.uint8)
    if data.isascii():
        line_ends = (octets == LINE_FEED).nonzero()[0]
        return Text(data, line_ends, np.empty(0, np.int64), np.empty(0, np.uint32))
    # One search for both, as neither is frequent: with the bits of LF flipped, LF is 0, and as a
    # signed number a non-ASCII byte stays below it.
    marked = ((octets ^ LINE_FEED).view(np.int8) <= 0).nonzero()[0]
    is_line_end = octets[marked] == LINE_FEED
    high = marked[~is_line_end]
    characters = octets[high]
    is_start = characters >= 0xC0

    # Only the non-ASCII bytes are decoded, end to end. That is enough if every byte that goes on
    # with a character stands right behind another one.
    is_torn = ~is_start[1:] & (high[1:] != high[:-1] + 1)
    decoded = (data if is_torn.any() else characters.tobytes()).decode("utf-8")
    code_points = np.frombuffer(decoded.encode("utf-32-le"), "<u4")
    return Text(data, marked[is_line_end], high[is_start], code_points)


def mended(block: Block, reading: Reading) -> bytes:
    """The lines of a block that is not UTF-8, as `reading.errors` says.

    Raises LineError, with the byte's offset in the file, where that is "strict".
    """
    lines = block.data[: -len(PADDING)]
    if reading.errors == "strict":
        read = lines if block.original is None else block.original
        raise not_utf8(block.source, read, block.first_byte, _first_wrong_byte(read)) from None
    return lines.decode("utf-8", reading.errors).encode("utf-8") + PADDING


def _first_wrong_byte(read: bytes) -> int:
    try:
        read.decode("utf-8")
    except UnicodeDecodeError as error:
        return error.start
    raise AssertionError("unreachable: the array check and the codec disagree")


def check_line_lengths(block: Block, max_line_bytes: int) -> None:
    """Raise LineError where a line of the block is longer than allowed."""
    if len(block.data) <= max_line_bytes:
        return
    ends = (np.frombuffer(block.data, np.uint8) == LINE_FEED).nonzero()[0]
    is_too_long = np.diff(ends, prepend=-1) - 1 > max_line_bytes
    if is_too_long.any():
        raise line_too_long(block.source, int(is_too_long.argmax()) + 1, max_line_bytes)
