"""Which random number stands for a text?

Within a run it is made with a `Secret` that no output shows. Where it is to be the same in every
run and release, as for a split, the secret is that of a seed.
"""

from __future__ import annotations

import hashlib
import secrets
from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from embedprep.arrays import WINDOW, Keys, starts_of, windows

_LINE_FEED = ord("\n")


class Secret(NamedTuple):
    """Two random odd numbers.

    Without those of a run nobody can make words that share a key or a place in a table.
    """

    spread: np.uint64
    mix: np.uint64

    @classmethod
    def draw(cls) -> Secret:
        """Those of a new run."""
        return cls(np.uint64(secrets.randbits(64) | 1), np.uint64(secrets.randbits(64) | 1))

    @classmethod
    def of_seed(cls, purpose: str, seed: int) -> Secret:
        """Those that a seed stands for, in every run and release, others for each purpose."""
        digest = hashlib.blake2b(f"{purpose} {seed}".encode(), digest_size=16).digest()
        spread, mix = (int.from_bytes(half, "little") | 1 for half in (digest[:8], digest[8:]))
        return cls(np.uint64(spread), np.uint64(mix))


def text_hashes(data: bytes, secrets: Sequence[Secret]) -> Keys:
    """A hash of each line by each secret, (rows, secrets).

    A line is hashed in pieces of 8 bytes, the last filled up with zeros: each is mixed with its
    number in the line, and their sum with the length. Another sum would move rows between the parts
    of splits that were made before.
    """
    text = np.frombuffer(data, np.uint8)
    ends = (text == _LINE_FEED).nonzero()[0]
    starts = np.concatenate([[0], ends + 1])[:-1]
    lengths = ends - starts

    n_pieces = lengths // WINDOW + 1  # one at least, that of an empty line all zeros
    first = starts_of(n_pieces)
    number = np.arange(int(n_pieces.sum())) - np.repeat(first, n_pieces)  # (pieces,)
    pieces = windows(text)[np.repeat(starts, n_pieces) + number * WINDOW]  # PADDING is behind all
    n_bits = (lengths % WINDOW * 8).astype(np.uint64)
    pieces[first + n_pieces - 1] &= (np.uint64(1) << n_bits) - np.uint64(1)

    hashes = np.empty((len(lengths), len(secrets)), np.uint64)
    for column, (spread, mix) in enumerate(secrets):
        numbered = number.view(np.uint64) * spread
        numbered += pieces ^ mix
        sums = np.add.reduceat(mixed(numbered), first) if len(first) else first.view(np.uint64)
        hashes[:, column] = mixed(sums + lengths.view(np.uint64) * spread)
    return hashes


def mixed(numbers: Keys) -> Keys:
    """Every bit of each number made to change all: the finalizer of SplitMix64, in place.

    G. Steele, D. Lea, C. Flood: Fast Splittable Pseudorandom Number Generators (OOPSLA 2014).
    """
    numbers ^= numbers >> np.uint64(30)
    numbers *= np.uint64(0xBF58476D1CE4E5B9)
    numbers ^= numbers >> np.uint64(27)
    numbers *= np.uint64(0x94D049BB133111EB)
    numbers ^= numbers >> np.uint64(31)
    return numbers
