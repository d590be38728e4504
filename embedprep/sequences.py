"""How do ragged indices become a rectangle?

Names, defaults and results are those of Keras `pad_sequences`
(keras/src/utils/sequence_utils.py), but a rectangle has at least one column, since an array of
none cannot be mapped into memory nor fed to a layer.
"""

from __future__ import annotations

import operator
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import replace
from typing import Any, NamedTuple, SupportsIndex

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view
from numpy.typing import ArrayLike, DTypeLike, NDArray

from embedprep.arrays import Ints, ragged_places, starts_of, take_ragged
from embedprep.rectangle import Rectangle
from embedprep.specials import Specials


def count_lengths(lengths: NDArray[Any]) -> Counter[int]:
    """How many rows have each length, of `lengths: (rows,)`."""
    found, rows = np.unique(lengths, return_counts=True)
    return Counter(dict(zip(found.tolist(), rows.tolist(), strict=True)))


def drop_index(
    indices: NDArray[Any], lengths: NDArray[Any], index: int
) -> tuple[NDArray[Any], NDArray[Any]]:
    """Ragged rows without the places that hold `index`: the indices and the lengths left."""
    is_dropped = indices == index
    dropped_before = np.concatenate([[0], np.cumsum(is_dropped)])
    ends = np.cumsum(lengths)
    kept_lengths = np.diff(ends - dropped_before[ends], prepend=0)
    return indices[~is_dropped], kept_lengths.astype(np.int32)


def unfold_rows(
    indices: NDArray[Any],
    lengths: NDArray[Any],
    values: NDArray[Any],
    starts: Ints,
    value_lengths: Ints,
) -> tuple[NDArray[Any], NDArray[Any]]:
    """Ragged rows with a row of a ragged array, that of `values`, in place of each number below 0.

    -1 stands for the first of these rows, -2 for the second.
    """
    at = (indices < 0).nonzero()[0]
    if not len(at):
        return indices, lengths
    row = -1 - indices[at]
    n_values = value_lengths[row]
    added_before = np.cumsum(n_values - 1)
    firsts = at + added_before - (n_values - 1)

    unfolded = np.empty(len(indices) + int(added_before[-1]), indices.dtype)
    places = ragged_places(firsts, n_values)
    is_old = np.ones(len(unfolded), np.bool_)
    is_old[places] = False
    unfolded[is_old] = indices[indices >= 0]
    unfolded[places] = take_ragged(values, starts[row], n_values)
    return unfolded, unfold_lengths(indices, lengths, value_lengths)


def unfold_lengths(
    indices: NDArray[Any], lengths: NDArray[Any], value_lengths: Ints
) -> NDArray[Any]:
    """The lengths of the rows that `unfold_rows` makes, (rows,)."""
    at = (indices < 0).nonzero()[0]
    added = value_lengths[-1 - indices[at]] - 1
    added_before = np.concatenate([[0], np.cumsum(added)])
    ends = np.cumsum(lengths)
    added_to_ends = added_before[np.searchsorted(at, ends)]
    return (lengths + np.diff(added_to_ends, prepend=0)).astype(np.int32)


def n_windows(lengths: NDArray[Any], room: int, stride: int) -> Ints:
    """How many rows of up to `room` values each of `lengths: (rows,)` gives, as by `Windows`.

    >>> n_windows(np.array([0, 4, 5, 8]), 4, 1).tolist()
    [1, 1, 2, 3]
    """
    return 1 + np.maximum(0, -((room - lengths.astype(np.int64)) // (room - stride)))


class Windows(NamedTuple):
    """Ragged rows, each cut into windows of up to `room` values that begin with the last `stride`
    of the one before: where each row starts, its length, and how many windows there are up to its
    last one; all (rows,).

    As by the truncation of Hugging Face tokenizers (tokenizers/src/tokenizer/encoding.rs). Windows
    are told of some at a time: all together can hold `room` times the values of the rows.
    """

    starts: Ints
    lengths: NDArray[Any]
    ends: Ints
    room: int
    stride: int

    @classmethod
    def of(cls, lengths: NDArray[Any], room: int, stride: int) -> Windows:
        ends = np.cumsum(n_windows(lengths, room, stride))
        return cls(starts_of(lengths), lengths, ends, room, stride)

    @property
    def n_windows(self) -> int:
        return int(self.ends[-1]) if len(self.ends) else 0

    def at(self, some: slice) -> tuple[Ints, NDArray[np.int32], Ints]:
        """Where some windows start among the values, how long they are, and from which row each is;
        all (windows,).

        >>> windows = Windows.of(np.array([2, 5]), room=3, stride=1)
        >>> [facts.tolist() for facts in windows.at(slice(0, 3))]
        [[0, 2, 4], [2, 3, 3], [0, 1, 1]]
        """
        first, last = np.searchsorted(self.ends, [some.start, some.stop - 1], "right").tolist()
        rows = slice(first, last + 1)
        n_of_row = np.diff(np.minimum(self.ends[rows], some.stop), prepend=some.start)
        of_row = np.repeat(np.arange(first, last + 1), n_of_row)

        first_window = self.ends[first - 1] if first else 0
        firsts = np.concatenate([[first_window], self.ends[first:last]])  # of each row
        number_in_row = np.arange(some.start, some.stop) - np.repeat(firsts, n_of_row)
        offsets = number_in_row * (self.room - self.stride)
        lengths = np.minimum(self.room, self.lengths[of_row] - offsets).astype(np.int32)
        return self.starts[of_row] + offsets, lengths, of_row


def pad(
    indices: NDArray[Any],
    lengths: NDArray[Any],
    shape: Rectangle,
    value: float = 0,
    starts: Ints | None = None,
) -> NDArray[Any]:
    """Ragged indices laid into rows of one length; (rows, max_len), of their dtype.

    They stand end to end, or from the `starts: (rows,)` on; several rows may then hold the same.
    Every row is a window of `max_len` on the indices, some of its neighbours' in it, over which
    `value` is then written.
    """
    max_len = shape.max_len
    ends = np.cumsum(lengths, dtype=np.int64) if starts is None else starts + lengths
    keeps_end = np.where(lengths <= max_len, shape.padding == "pre", shape.truncating == "pre")
    begins = np.where(keeps_end, ends - max_len, ends - lengths)

    framed = np.zeros(max_len + len(indices) + max_len, indices.dtype)
    framed[max_len : max_len + len(indices)] = indices
    rows: NDArray[Any] = sliding_window_view(framed, max_len)[begins + max_len]

    # A comparison for every place of the rectangle: quickest in the smallest type.
    column = np.arange(max_len, dtype=np.min_scalar_type(max_len))
    filled = np.minimum(lengths, max_len).astype(column.dtype)[:, None]
    is_index = column >= max_len - filled if shape.padding == "pre" else column < filled
    if value or rows.dtype.kind not in "iu":
        rows[~is_index] = value
    else:
        rows *= is_index  # quicker than a masked write
    return rows


def pad_between_marks(
    words: NDArray[Any],
    lengths: NDArray[Any],
    shape: Rectangle,
    specials: Specials,
    starts: Ints | None = None,
) -> NDArray[Any]:
    """Ragged indices of words laid into rows as by `pad`, each between its marks; (rows, max_len).

    Only words are cut, so that a row keeps its marks: Hugging Face tokenizers, too, truncate
    before the post-processor adds them.
    """
    if not specials.n_marks:
        return pad(words, lengths, shape, starts=starts)
    room = shape.max_len - specials.n_marks
    rows = np.zeros((len(lengths), shape.max_len), words.dtype)
    first_column = 0 if specials.bos is None else 1
    inner = pad(words, lengths, replace(shape, max_len=room), starts=starts)
    rows[:, first_column : first_column + room] = inner

    n_filled = np.minimum(lengths, room) + specials.n_marks
    first = shape.max_len - n_filled if shape.padding == "pre" else np.zeros_like(n_filled)
    row = np.arange(len(rows))
    if specials.bos is not None:
        rows[row, first] = specials.bos
    if specials.eos is not None:
        rows[row, first + n_filled - 1] = specials.eos
    return rows


def pad_sequences(  # noqa: PLR0917 - Keras' own signature
    sequences: Iterable[Sequence[int] | ArrayLike],
    maxlen: SupportsIndex | None = None,
    dtype: DTypeLike = "int32",
    padding: str = "pre",
    truncating: str = "pre",
    value: float = 0,
) -> NDArray[Any]:
    """Sequences of indices as a rectangle, (sequences, maxlen), as by Keras `pad_sequences`.

    `maxlen` is the longest sequence where it is None. No sequences give an array of no rows.

    Raises SettingsError for a side that is not "pre" or "post" and for a `maxlen` below 1,
    OverflowError for a number that `dtype` cannot hold.

    >>> pad_sequences([[1, 2, 3], [4], []], maxlen=2)
    array([[2, 3],
           [0, 4],
           [0, 0]], dtype=int32)
    """
    arrays = [np.asarray(sequence) for sequence in sequences]
    lengths = np.array([len(array) for array in arrays], np.int64)
    longest = max(1, int(lengths.max(initial=1)))
    shape = Rectangle(longest if maxlen is None else operator.index(maxlen), padding, truncating)

    filled = [array for array in arrays if len(array)]
    flat = np.concatenate(filled) if filled else np.empty(0, dtype)
    return pad(_as_dtype(flat, np.dtype(dtype)), lengths, shape, value)


def _as_dtype(values: NDArray[Any], dtype: np.dtype[Any]) -> NDArray[Any]:
    if np.issubdtype(dtype, np.integer) and len(values):
        limits = np.iinfo(dtype)
        if values.min() < limits.min or values.max() > limits.max:
            raise OverflowError(f"{dtype} holds {limits.min} to {limits.max} only")
    return values.astype(dtype, copy=False)
