"""Which character n-grams does a word have, and which number stands for each?

As in fastText (`Dictionary::computeSubwords` and `hash`): they are stretches of the word between
`<` and `>`, and the number is their 32-bit FNV-1a hash, for which fastText takes bytes as signed
numbers. The n-grams of a word stand in the order of their first character, then of their length.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from embedprep.arrays import WINDOW, Bytes, Flags, Ints, starts_of, windows

FNV_BASIS = np.uint32(2166136261)
FNV_PRIME = np.uint32(16777619)
"""G. Fowler, L. Noll, K.-P. Vo: www.isthe.com/chongo/tech/comp/fnv"""

END_OF_SENTENCE = "</s>"
"""fastText's word for the end of a line."""

_LONGEST_CHARACTER = 4
"""In bytes of UTF-8."""


class Characters(NamedTuple):
    """Some words, each between `<` and `>`, character by character.

    Character i is `text[starts[i] : starts[i + 1]]`, word j is of the characters
    `first[j]` to `first[j + 1] - 1`. `starts: (characters + 1,)`, `first: (words + 1,)`;
    `n_left: (characters,)` tells how many characters of its word there are from each one on.
    """

    text: Bytes
    starts: Ints
    first: Ints
    n_left: Ints

    @classmethod
    def of(cls, words: Sequence[str]) -> Characters:
        """Those of words. Raises UnicodeEncodeError for half a surrogate pair."""
        text = "".join(f"<{word}>" for word in words).encode("utf-8")
        octets = np.frombuffer(text + bytes(WINDOW), np.uint8)
        is_start = (octets[: len(text)] & 0xC0) != 0x80
        starts = np.append(is_start.nonzero()[0], len(text))
        n_characters = np.fromiter(map(len, words), np.int64, len(words)) + 2
        first = np.append(0, np.cumsum(n_characters))
        n_left = np.repeat(first[1:], n_characters) - np.arange(first[-1])
        return cls(octets, starts, first, n_left)


class Ngrams(NamedTuple):
    """The n-grams of words: so many begin `at` each character, the shortest as long as this says.

    Both are of shape (characters,).
    """

    characters: Characters
    shortest: Ints
    at: Ints

    @classmethod
    def of(cls, characters: Characters, minn: int, maxn: int) -> Ngrams:
        """Those of `minn` to `maxn` characters; `<` and `>` alone are none, and `</s>` has none."""
        shortest = np.full(len(characters.n_left), max(minn, 1))
        shortest[characters.first[:-1]] = max(minn, 2)
        shortest[characters.first[1:] - 1] = max(minn, 2)
        longest = np.minimum(characters.n_left, maxn)
        longest[np.repeat(_are_ends(characters), np.diff(characters.first))] = 0
        return cls(characters, shortest, np.maximum(longest - shortest + 1, 0))

    def hashes(self, some: slice) -> NDArray[np.uint32]:
        """The hash of each n-gram that begins at some of the characters, (n-grams,)."""
        at, shortest = self.at[some], self.shortest[some]
        hashes = np.empty(int(at.sum()), np.uint32)
        place_of_length_0 = starts_of(at) - shortest  # of the n-grams of each character

        # From every character on, all n-grams grow at once, by a character in each turn.
        begins = at.nonzero()[0]  # (growing,), among the characters
        grown = np.full(len(begins), FNV_BASIS)
        length = 0
        while len(begins):
            self._append(grown, some.start + begins + length)
            length += 1
            is_ngram = length >= shortest[begins]
            hashes[place_of_length_0[begins[is_ngram]] + length] = grown[is_ngram]
            goes_on = length < (shortest + at - 1)[begins]
            begins, grown = begins[goes_on], grown[goes_on]
        return hashes

    def _append(self, hashes: NDArray[np.uint32], character: Ints) -> None:
        """Take a character more into each hash, in place; both are of shape (growing,)."""
        text, starts, *_ = self.characters
        start = starts[character]
        n_bytes = starts[character + 1] - start
        for i in range(_LONGEST_CHARACTER):
            has_byte = (n_bytes > i).nonzero()[0]
            byte = text[start[has_byte] + i].view(np.int8)
            hashes[has_byte] = (hashes[has_byte] ^ byte.astype(np.uint32)) * FNV_PRIME


def _are_ends(characters: Characters) -> Flags:
    """Which words are `END_OF_SENTENCE`, (words,)."""
    wrapped = f"<{END_OF_SENTENCE}>".encode()
    begins = windows(characters.text)[characters.starts[characters.first[:-1]]]
    rest = np.uint64(8 * (WINDOW - len(wrapped)))
    is_end: Flags = begins << rest == np.uint64(int.from_bytes(wrapped, "little") << int(rest))
    is_end &= np.diff(characters.first) == len(wrapped)
    return is_end
