"""In which order do counted words stand, in every run and release?

In that of their marks: a word's key by a secret that is the same everywhere, mixed, so that the
marks of all words are spread evenly; words of one mark in the order of their bytes. Words that
come so from several places are merged a piece at a time, however many there are.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import NamedTuple, Protocol

import numpy as np
from numpy.typing import NDArray

from embedprep.arrays import WINDOW, Ints, Keys, starts_of
from embedprep.dictionary import Dictionary, WordArray, empty_dictionary, joined, merge, word_keys
from embedprep.dictionary.keys import BYTES_OF_A_WORD, marks_of
from embedprep.hashing import Secret
from embedprep.spool import Record, Spool

SECRET = Secret.of_seed("counts", 0)
"""Everybody knows it: what is found by such keys must not depend on their being spread."""

LENGTHS, COUNTS, TEXT = range(3)
"""The arrays of an ordered record: lengths and counts, (words,), and the words end to end."""


class Position(NamedTuple):
    """Where a word stands in the order."""

    mark: int
    word: bytes


class Values(Protocol):
    """An array of one dimension that is read from its beginning to its end."""

    @property
    def n_left(self) -> int:
        """How many values are still to be read."""
        ...

    def read(self, n_values: int) -> NDArray[np.generic]:
        """The next ones, (n_values,)."""
        ...


class SpooledValues:
    """An array of a record in a spool."""

    def __init__(self, record: Record, array: int, spool: Spool) -> None:
        self._record, self._array, self._spool = record, array, spool
        self._n_read = 0
        self._n_values = spool.length(record, array)

    @property
    def n_left(self) -> int:
        return self._n_values - self._n_read

    def read(self, n_values: int) -> NDArray[np.generic]:
        first, self._n_read = self._n_read, self._n_read + n_values
        return self._spool.read_slice(self._record, first, self._n_read, self._array)


class OrderedWords:
    """Distinct counted words that come in their order, some at a time: `n_left` are to come."""

    def __init__(self, lengths: Values, counts: Values, text: Values) -> None:
        self._lengths, self._counts, self._text = lengths, counts, text
        self._next_lengths = np.empty(0, np.int64)  # read, but not their words

    @property
    def n_left(self) -> int:
        return self._counts.n_left

    def read(self, n_bytes: int) -> Dictionary:
        """The next words, one at least, of about so many bytes, with keys by the `SECRET`."""
        if not len(self._next_lengths):
            n_words = min(self._lengths.n_left, max(1, n_bytes // BYTES_OF_A_WORD))
            self._next_lengths = self._lengths.read(n_words).astype(np.int64)
        ends = np.cumsum(self._next_lengths + BYTES_OF_A_WORD)
        n_words = max(1, int(np.searchsorted(ends, n_bytes, "right")))
        lengths, self._next_lengths = np.split(self._next_lengths, [n_words])

        spelled = self._text.read(int(lengths.sum()))
        text = np.zeros(len(spelled) + WINDOW, np.uint8)  # 8 bytes can be read from every word on
        text[: len(spelled)] = spelled
        starts = starts_of(lengths)
        keys = word_keys(text, starts, lengths, SECRET)
        counts = self._counts.read(len(lengths)).astype(np.int64)
        return Dictionary(WordArray(text, starts, lengths, keys), counts)


def write_in_order(dictionary: Dictionary, spool: Spool) -> Record:
    """Put the words of a dictionary that occur into a spool, in their order."""
    words, counts = dictionary
    places = counts.nonzero()[0]
    order = places[_order(words.at(places))]
    lengths = words.lengths[order].astype(np.uint32)
    return spool.append([lengths, counts[order], words.spelled(order)])


def read_in_order(record: Record, spool: Spool) -> OrderedWords:
    """The words of such a record."""
    return OrderedWords(*(SpooledValues(record, array, spool) for array in (LENGTHS, COUNTS, TEXT)))


class OrderedSource(Protocol):
    """Where counted words come from in their order, with keys by the `SECRET`."""

    @property
    def n_left(self) -> int: ...

    def read(self, n_bytes: int) -> Dictionary: ...


def merged_in_order(sources: Sequence[OrderedSource], bytes_at_once: int) -> Iterator[Dictionary]:
    """The words of at least one source, in their order, in pieces of about so many bytes.

    A word is in one piece, with its counts in all sources added up.
    """
    # Marks are spread evenly: so all that is at hand reaches about as far in each source.
    n_words = max(1, sum(source.n_left for source in sources))
    waiting = [_Waiting(source, bytes_at_once * source.n_left // n_words) for source in sources]
    while True:
        for words in waiting:
            words.fill()
        # All words up to here are at hand: of each source that has more, the last one read is not
        # before it.
        limit = min((words.last for words in waiting if words.source.n_left), default=None)
        taken = [words.take(limit) for words in waiting]
        taken = [words for words in taken if words.words.n_words]
        if len(taken) > 1:
            yield _in_order(merge(taken[0], taken[1:]).total)
        elif taken:
            yield taken[0]
        else:
            return


class _Waiting:
    """The words of a source that were read and not taken yet; `n_bytes` are read at a time."""

    def __init__(self, source: OrderedSource, n_bytes: int) -> None:
        self.source = source
        self._n_bytes = n_bytes
        self._words = empty_dictionary(SECRET)
        self._marks = np.empty(0, np.uint64)
        self._n_taken = 0

    def fill(self) -> None:
        """Read the next words where no more than half are left.

        If all had to be taken first, every source would hold up the others in its turn.
        """
        if 2 * self._n_taken < len(self._marks) or not self.source.n_left:
            return
        left = _slice(self._words, self._n_taken, len(self._marks))
        more = self.source.read(self._n_bytes)
        self._words = joined([left, more])
        self._marks = _marks(self._words.words)
        self._n_taken = 0

    @property
    def last(self) -> Position:
        return position_of(self._words.words, -1)

    def take(self, limit: Position | None) -> Dictionary:
        """The words up to a place in the order, it included; all where there is none."""
        words, first = self._words.words, self._n_taken
        last = len(self._marks)
        if limit is not None:
            mark = np.uint64(limit.mark)
            last = int(np.searchsorted(self._marks, mark, "right"))
            while last > first and position_of(words, last - 1) > limit:
                last -= 1
        last = max(first, last)
        self._n_taken = last
        return _slice(self._words, first, last)


def _marks(words: WordArray) -> Keys:
    """The mark of each word, (words,), whose keys are by the `SECRET`; no two of short words."""
    return marks_of(words.keys, SECRET)


def position_of(words: WordArray, place: int) -> Position:
    """Where one of some words stands in the order."""
    start = int(words.starts[place])
    spelled = words.text[start : start + int(words.lengths[place])].tobytes()
    [mark] = marks_of(words.keys[[place]], SECRET).tolist()
    return Position(mark, spelled)


def are_ascending(words: WordArray) -> bool:
    """Whether words stand in their order, each behind the one before."""
    marks = _marks(words)
    if not (marks[1:] >= marks[:-1]).all():
        return False
    tied = (marks[1:] == marks[:-1]).nonzero()[0].tolist()
    return all(position_of(words, place) < position_of(words, place + 1) for place in tied)


def _slice(dictionary: Dictionary, first: int, last: int) -> Dictionary:
    """Some words that stand in their text one behind the other, in a text of little else."""
    words, counts = dictionary.words.at(slice(first, last)), dictionary.counts[first:last]
    if not words.n_words:
        return Dictionary(words._replace(text=words.text[:WINDOW]), counts)
    start, end = int(words.starts[0]), int(words.starts[-1] + words.lengths[-1])
    text = words.text[start : end + WINDOW]
    return Dictionary(words._replace(text=text, starts=words.starts - start), counts)


def _in_order(dictionary: Dictionary) -> Dictionary:
    order = _order(dictionary.words)
    return Dictionary(dictionary.words.at(order), dictionary.counts[order])


def _order(words: WordArray) -> Ints:
    """The places of words in their order, (words,), whatever their keys are."""
    keys = word_keys(words.text, words.starts, words.lengths, SECRET)
    words = words._replace(keys=keys)
    marks = _marks(words)
    order = np.argsort(marks)
    in_order = marks[order]
    is_tied = in_order[1:] == in_order[:-1]
    if not is_tied.any():
        return order
    # Only long words share marks, and only by chance: these are compared whole.
    place = (np.append(is_tied, False) | np.insert(is_tied, 0, False)).nonzero()[0]
    tied = order[place].tolist()
    order[place] = sorted(tied, key=lambda word: position_of(words, word))
    return order
