"""To which part of the output does a row belong, and which rows have the same text?

A split goes by a hash of each row's text, so equal texts land in the same part, and a row that is
added moves no other. What is compared within a run is hashed with secrets of the run.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from fractions import Fraction
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

from embedprep.arrays import Flags, Ints, Keys
from embedprep.dictionary import Secret, word_keys
from embedprep.text import LINE_FEED

TextKeys: TypeAlias = NDArray[np.bytes_]
"""A number of 16 bytes for each text, (rows,): equal for equal texts, else different."""


def lines_of(data: bytes) -> tuple[Ints, Ints]:
    """Where each line starts, and its length without the line end; both of shape (rows,)."""
    ends = (np.frombuffer(data, np.uint8) == LINE_FEED).nonzero()[0]
    starts = np.concatenate([[0], ends[:-1] + 1])[: len(ends)]
    return starts, ends - starts


def text_keys(data: bytes, secrets: Sequence[Secret]) -> TextKeys:
    """The keys of whole lines. Two secrets make them so long that chance makes no two equal."""
    lines = lines_of(data)
    keys = [word_keys(np.frombuffer(data, np.uint8), *lines, secret) for secret in secrets]
    return np.stack(keys, axis=1).view("S16")[:, 0]


def split_rows(data: bytes, shares: Sequence[Fraction], seed: int) -> NDArray[np.uint8]:
    """The number of the part of each line, (rows,): part i gets about `shares[i]` of the texts.

    The hash of a text is the same in every run and release (a test holds some values).
    """
    digest = hashlib.blake2b(f"split {seed}".encode(), digest_size=16).digest()
    spread, mix = (int.from_bytes(half, "little") | 1 for half in (digest[:8], digest[8:]))
    secret = Secret(np.uint64(spread), np.uint64(mix))
    keys = word_keys(np.frombuffer(data, np.uint8), *lines_of(data), secret)
    hashes = _mixed(keys, secret)

    ends = [sum(shares[: i + 1], Fraction(0)) for i in range(len(shares) - 1)]
    limits = np.array([int(end / sum(shares) * (1 << 64)) - 1 for end in ends], np.uint64)
    return np.searchsorted(limits, hashes).astype(np.uint8)


def _mixed(keys: Keys, secret: Secret) -> Keys:
    """Short words are their own keys; here every bit of one changes all."""
    hashes = (keys ^ (keys >> np.uint64(31))) * secret.spread
    hashes ^= hashes >> np.uint64(29)
    hashes *= secret.mix
    hashes ^= hashes >> np.uint64(32)
    hashes *= secret.spread
    hashes ^= hashes >> np.uint64(30)
    return hashes


class SeenTexts:
    """The texts so far, in sorted runs that are merged when they are as long as each other."""

    def __init__(self) -> None:
        self._runs: list[TextKeys] = []

    def add(self, keys: TextKeys) -> Flags:
        """Take in some texts; which of them are met for the first time, (rows,)."""
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
            self._runs[-2:] = [np.sort(np.concatenate(self._runs[-2:]))]
        return is_first


def with_labels(keys: TextKeys, labels: Sequence[Any], numbers: dict[Any, int]) -> TextKeys:
    """The keys of texts together with what else belongs to each, which `numbers` numbers."""
    of_row = [numbers.setdefault(label, len(numbers)) for label in labels]
    whole = np.ascontiguousarray(keys).view(np.uint64).reshape(-1, 2).copy()
    whole[:, 1] ^= np.array(of_row, np.uint64) * np.uint64(0x9E3779B97F4A7C15)
    return whole.view("S16")[:, 0]


def count_leaks(keys_of_parts: Sequence[TextKeys]) -> int:
    """How many texts occur in more than one part."""
    distinct = np.concatenate([np.unique(keys) for keys in keys_of_parts])
    _, n_parts = np.unique(distinct, return_counts=True)
    return int(np.count_nonzero(n_parts > 1))
