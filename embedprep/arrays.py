"""Which array types and moves do all the others share?

A *ragged* array is a flat array of values with `starts` and `lengths`: row i is
`values[starts[i] : starts[i] + lengths[i]]`. Words in a text are ragged bytes, sentences in a
corpus are ragged indices.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator
from functools import cached_property
from typing import Any, TypeAlias, TypeVar

import numpy as np
from numpy.typing import NDArray

Bytes: TypeAlias = NDArray[np.uint8]
Ints: TypeAlias = NDArray[np.int64]
Keys: TypeAlias = NDArray[np.uint64]
Flags: TypeAlias = NDArray[np.bool_]

WINDOW = 8
"""Bytes that are looked at together, as one number."""

CHUNK_BYTES = 4 << 20
"""Rows are laid out this many bytes at a time."""

_PAIRS_AT_ONCE = 1 << 15
"""NumPy makes an index of eight bytes of each pair; these are to stay in the processor's cache."""

_Scalar = TypeVar("_Scalar", bound=np.generic)


def dtype_for(n_indices: int) -> type[np.uint16] | type[np.uint32]:
    """The smallest type worth having for indices below `n_indices`."""
    return np.uint16 if n_indices <= 1 << 16 else np.uint32


def free_indices(taken: Collection[int], n: int) -> Ints:
    """The first `n` indices that are not `taken`, which lie below `n + len(taken)`; (n,).

    >>> free_indices([0, 2], 3).tolist()
    [1, 3, 4]
    """
    return np.delete(np.arange(n + len(taken)), list(taken))


def starts_of(lengths: NDArray[Any]) -> Ints:
    """Where each row of a ragged array starts when the rows stand end to end, (rows,).

    >>> starts_of(np.array([3, 0, 2])).tolist()
    [0, 3, 3]
    """
    starts = np.zeros(len(lengths), np.int64)
    np.cumsum(lengths[:-1], out=starts[1:])
    return starts


def row_chunks(n_rows: int, row_bytes: int) -> Iterator[slice]:
    """So many rows at a time as make some megabytes, one at least.

    >>> list(row_chunks(3, CHUNK_BYTES // 2))
    [slice(0, 2, None), slice(2, 3, None)]
    """
    rows_at_once = max(1, CHUNK_BYTES // max(1, row_bytes))
    for first in range(0, n_rows, rows_at_once):
        yield slice(first, min(first + rows_at_once, n_rows))


def ragged_chunks(lengths: Ints, n_bytes: int) -> Iterator[slice]:
    """So many things at a time, of `lengths: (things,)` bytes, as make some bytes, one at least.

    >>> list(ragged_chunks(np.array([1, 2, 9, 1]), 4))
    [slice(0, 2, None), slice(2, 3, None), slice(3, 4, None)]
    """
    ends = np.cumsum(lengths)
    first = 0
    while first < len(lengths):
        before = int(ends[first - 1]) if first else 0
        last = max(first + 1, int(np.searchsorted(ends, before + n_bytes, "right")))
        yield slice(first, last)
        first = last


class ByteTable:
    """What each byte becomes, as with `bytes.translate`, but outside the interpreter's lock, so
    that several threads translate at a time: two bytes at once, by a table of all pairs.
    """

    def __init__(self, table: bytes) -> None:
        self._single = np.frombuffer(table, np.uint8)

    @cached_property
    def _pairs(self) -> NDArray[np.uint16]:
        every_pair = np.arange(1 << 16, dtype=np.uint16)
        return self._single[every_pair.view(np.uint8)].view(np.uint16)

    def of(self, octets: Bytes) -> Bytes:
        """What some bytes become, in a new array.

        >>> ByteTable(bytes(range(256)).upper()).of(np.frombuffer(b"tea", np.uint8)).tobytes()
        b'TEA'
        """
        made = np.empty(len(octets), np.uint8)
        n_paired = len(octets) & ~1
        pairs, made_pairs = octets[:n_paired].view(np.uint16), made[:n_paired].view(np.uint16)
        for first in range(0, len(pairs), _PAIRS_AT_ONCE):
            some = slice(first, first + _PAIRS_AT_ONCE)
            # No pair is beyond the table; "wrap" is only the quickest way not to look.
            self._pairs.take(pairs[some], out=made_pairs[some], mode="wrap")
        made[n_paired:] = self._single[octets[n_paired:]]
        return made


def windows(text: Bytes) -> Keys:
    """The eight bytes from each byte of a text on, as little-endian numbers; (bytes - 7,).

    >>> hex(windows(np.frombuffer(b"abcdefghi", np.uint8))[1])
    '0x6968676665646362'
    """
    return np.ndarray((len(text) - WINDOW + 1,), "<u8", text, strides=(1,))


def ragged_places(starts: Ints, lengths: Ints) -> Ints:
    """The places of all values in the rows of a ragged array.

    >>> ragged_places(np.array([7, 2]), np.array([3, 1])).tolist()
    [7, 8, 9, 2]
    """
    places = np.repeat(starts - starts_of(lengths), lengths)
    places += np.arange(len(places))
    return places


def take_ragged(values: NDArray[_Scalar], starts: Ints, lengths: Ints) -> NDArray[_Scalar]:
    """The rows of a ragged array, copied end to end.

    >>> take_ragged(np.arange(10), np.array([7, 2]), np.array([3, 1])).tolist()
    [7, 8, 9, 2]
    """
    return values[ragged_places(starts, lengths)]


def join_lines(values: NDArray[_Scalar], starts: Ints, lengths: Ints) -> NDArray[_Scalar]:
    """The rows of a ragged array of characters, copied end to end, a line feed behind each.

    >>> join_lines(np.frombuffer(b"a cat", np.uint8), np.array([2, 0]), np.array([3, 1])).tobytes()
    b'cat\\na\\n'
    """
    ends = np.cumsum(lengths + 1) - 1
    joined = np.empty(int(lengths.sum()) + len(lengths), values.dtype)
    is_inside = np.ones(len(joined), np.bool_)
    is_inside[ends] = False
    joined[is_inside] = take_ragged(values, starts, lengths)
    joined[ends] = ord("\n")
    return joined
