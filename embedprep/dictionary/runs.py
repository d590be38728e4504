"""How are words counted that memory does not hold?

A dictionary that has grown too large is written into a spool as a *run*: its words in the order of
their marks. A mark is a word's key, mixed, so that the marks of all words are spread evenly. Runs
are merged a range of marks at a time: a word's counts, of whichever runs, lie in one range, so that
each range is merged exactly and by itself.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from functools import partial
from typing import NamedTuple

import numpy as np

from embedprep.arrays import WINDOW, Ints, Keys, ragged_chunks, starts_of
from embedprep.dictionary.keys import BYTES_OF_A_WORD, WordArray, marks_of
from embedprep.dictionary.merging import Dictionary, merge
from embedprep.hashing import Secret
from embedprep.spool import Record, Spool

_BYTES_AT_ONCE = 1 << 20
"""Of words that are looked up together: their arrays fit the caches."""

_KEYS, _LENGTHS, _COUNTS, _PLACES, _TEXT = range(5)


class Run(NamedTuple):
    """The words of a dictionary in a spool, in the order of their marks.

    The record holds keys, lengths, counts and places in the dictionary, all (words,), and the text
    of the words, end to end, of `n_bytes`.
    """

    record: Record
    n_words: int
    n_bytes: int


def write_run(dictionary: Dictionary, spool: Spool, secret: Secret) -> Run:
    """Write the words of a dictionary, whose keys were made with the secret."""
    words, counts = dictionary
    order = np.argsort(marks_of(words.keys, secret))
    lengths = words.lengths[order].astype(np.uint32)
    text = words.spelled(order)
    places = order.astype(np.uint32)
    record = spool.append([words.keys[order], lengths, counts[order], places, text])
    return Run(record, len(order), len(text))


def read_words(run: Run, spool: Spool) -> Iterator[tuple[Ints, Dictionary]]:
    """The words of a run, some at a time, with their places in the dictionary that it was."""
    end = 0
    lengths = spool.read_slice(run.record, 0, run.n_words, _LENGTHS)
    for chunk in ragged_chunks(lengths + np.int64(BYTES_OF_A_WORD), _BYTES_AT_ONCE):
        some = _read(run, spool, chunk.start, chunk.stop, end)
        places = spool.read_slice(run.record, chunk.start, chunk.stop, _PLACES)
        yield places.astype(np.int64), some
        end += len(some.words.text) - WINDOW


def read_run(run: Run, spool: Spool) -> Dictionary:
    """All words of a run at once."""
    return _read(run, spool, 0, run.n_words, 0)


def merged(
    runs: Sequence[Run], spool: Spool, secret: Secret, bytes_at_once: int
) -> Iterator[Callable[[], Dictionary]]:
    """The words of all runs together, in pieces; each call merges one, of about so many bytes.

    A word is in one piece, with its counts in all runs added up.
    """
    n_bytes = sum(run.n_bytes + BYTES_OF_A_WORD * run.n_words for run in runs)
    n_ranges = -(-n_bytes // bytes_at_once)
    limits = np.array([(i << 64) // n_ranges for i in range(1, n_ranges)], np.uint64)
    cuts = [_cut(run, spool, secret, limits) for run in runs]

    def piece(number: int) -> Dictionary:
        of_runs = [
            _read(run, spool, int(places[number]), int(places[number + 1]), int(ends[number]))
            for run, (places, ends) in zip(runs, cuts, strict=True)
        ]
        return merge(of_runs[0], of_runs[1:]).total

    for number in range(n_ranges):
        yield partial(piece, number)


def _cut(run: Run, spool: Spool, secret: Secret, limits: Keys) -> tuple[Ints, Ints]:
    """Where each range begins in a run, and last where the run ends; as places of words, and as
    bytes of their text.
    """
    keys = spool.read_slice(run.record, 0, run.n_words, _KEYS)
    inner = np.searchsorted(marks_of(keys, secret), limits)
    places = np.concatenate([[0], inner, [run.n_words]]).astype(np.int64)
    lengths = spool.read_slice(run.record, 0, run.n_words, _LENGTHS)
    ends = np.concatenate([[0], np.cumsum(lengths, dtype=np.int64)])
    return places, ends[places]


def _read(run: Run, spool: Spool, first: int, last: int, first_byte: int) -> Dictionary:
    """The words of a run from one place to another, the text of the first beginning there."""
    keys, lengths, counts = (
        spool.read_slice(run.record, first, last, array) for array in (_KEYS, _LENGTHS, _COUNTS)
    )
    lengths = lengths.astype(np.int64)
    n_bytes = int(lengths.sum())
    text = np.zeros(n_bytes + WINDOW, np.uint8)  # eight bytes can be read from every word on
    text[:n_bytes] = spool.read_slice(run.record, first_byte, first_byte + n_bytes, _TEXT)
    return Dictionary(WordArray(text, starts_of(lengths), lengths, keys), counts)
