"""To which part of the output does a row belong, and which rows have the same text?

A split goes by a hash of each row's text, so equal texts land in the same part, and a row that is
added moves no other. What is compared within a run is hashed with secrets of the run.
"""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

from embedprep.arrays import Flags, Keys
from embedprep.hashing import Secret, mixed, text_hashes
from embedprep.labels import RowLabels

RowKeys: TypeAlias = NDArray[np.bytes_]
"""16 bytes for each row, (rows,): equal for equal rows. Different ones are equal by chance alone:
2^-128 a pair, 2^-64 where only their labels differ."""


def split_rows(data: bytes, shares: Sequence[Fraction], seed: int) -> NDArray[np.uint8]:
    """The number of the part of each line, (rows,): part i gets about `shares[i]` of the texts.

    It is the same in every run and release (a test holds some values).
    """
    hashes = text_hashes(data, [Secret.of_seed("split", seed)])[:, 0]

    ends = [sum(shares[: i + 1], Fraction(0)) for i in range(len(shares) - 1)]
    limits = np.array([int(end / sum(shares) * (1 << 64)) - 1 for end in ends], np.uint64)
    return np.searchsorted(limits, hashes).astype(np.uint8)


def row_keys(hashes: Keys, labels: RowLabels, secret: Secret) -> RowKeys:
    """The keys of rows by two hashes of the text of each, (rows, 2), and by its labels.

    The order of classes is no matter, that of numbers is.
    """
    is_number = labels.values.dtype.kind == "f"
    bits = (labels.values + 0).view(np.uint64) if is_number else labels.values.astype(np.uint64)
    ends = np.cumsum(labels.per_row)
    if is_number:
        first = np.repeat(ends - labels.per_row, labels.per_row)
        bits = bits + (np.arange(len(bits)) - first).view(np.uint64) * secret.spread
    sums = np.concatenate([np.zeros(1, np.uint64), np.cumsum(mixed(bits ^ secret.mix))])
    of_row = sums[ends] - sums[ends - labels.per_row]

    keys = np.stack([hashes[:, 0], hashes[:, 1] ^ mixed(of_row)], axis=1)
    return keys.view("S16")[:, 0]


class SeenRows:
    """The rows so far, as sorted runs of their keys, each more than twice as long as the next."""

    def __init__(self) -> None:
        self._runs: list[RowKeys] = []

    @property
    def n_rows(self) -> int:
        return sum(map(len, self._runs))

    @property
    def runs(self) -> list[RowKeys]:
        """All keys, each once."""
        return self._runs

    def add(self, keys: RowKeys) -> Flags:
        """Take in some rows; which of them are met for the first time, (rows,)."""
        found, first = np.unique(keys, return_index=True)
        is_new = np.ones(len(found), np.bool_)
        for run in self._runs:
            place = np.minimum(np.searchsorted(run, found), len(run) - 1)
            is_new &= run[place] != found
        is_first = np.zeros(len(keys), np.bool_)
        is_first[first[is_new]] = True
        if is_new.any():
            self._runs.append(found[is_new])
        while len(self._runs) > 1 and len(self._runs[-2]) < 2 * len(self._runs[-1]):
            last = self._runs.pop()
            run = self._runs[-1]
            run.resize(len(run) + len(last), refcheck=False)  # in place: two copies of all are many
            run[-len(last) :] = last
            run.sort(kind="stable")  # which merges what is in order
        return is_first


def count_copies(hashes: Keys) -> int:
    """How many rows have the text of an earlier one, by their hashes, (rows,).

    They are sorted in place, to do without a copy.
    """
    hashes.sort()
    return int(np.count_nonzero(hashes[1:] == hashes[:-1]))


def count_leaks(hashes_of_parts: Sequence[Keys]) -> int:
    """How many texts occur in more than one part, by their hashes.

    Those of the first part, the largest, are sorted in place, to do without a copy.
    """
    largest, *others = hashes_of_parts
    largest.sort()
    distinct = np.concatenate([np.unique(hashes) for hashes in others])
    texts, n_parts = np.unique(distinct, return_counts=True)
    n_rows = np.searchsorted(largest, texts, "right") - np.searchsorted(largest, texts)
    return int(np.count_nonzero((n_parts > 1) | (n_rows > 0)))
