"""What number stands for a word?

A word of up to 8 bytes is its own key: the bytes themselves, so two of them have equal keys only
if they are equal. A longer word has a key of 56 hashed bits under a top byte that no UTF-8 text
holds; equal keys of long words are confirmed by `equal_words` wherever they are taken for equal.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from typing import NamedTuple

import numpy as np

from embedprep.arrays import (
    WINDOW,
    Bytes,
    Flags,
    Ints,
    Keys,
    join_lines,
    ragged_chunks,
    starts_of,
    take_ragged,
    windows,
)
from embedprep.hashing import Secret

LONG = np.uint64(0xFF << 56)
"""Keys from here on are hashed: the last byte of a short word would have to be 0xFF."""

_ALL_BITS = np.uint64(0xFFFFFFFFFFFFFFFF)

_GIANT = 1024
"""Words of more bytes are hashed, compared and copied singly, 8 bytes of the others at a time."""

_BYTES_AT_ONCE = 1 << 20

BYTES_OF_A_WORD = 32
"""What a word takes beside its text: start, length, key and count."""


class WordArray(NamedTuple):
    """Some words: word i is `text[starts[i] : starts[i] + lengths[i]]`, its number `keys[i]`.

    `text` goes on for at least 8 bytes behind each word. All but `text` are of shape (words,).
    """

    text: Bytes
    starts: Ints
    lengths: Ints
    keys: Keys

    @classmethod
    def of(cls, words: Iterable[bytes], secret: Secret) -> WordArray:
        """The array of some words that are at hand one by one."""
        words = list(words)
        lengths = np.fromiter(map(len, words), np.int64, len(words))
        text = np.frombuffer(b"".join(words) + bytes(WINDOW), np.uint8)
        starts = starts_of(lengths)
        return cls(text, starts, lengths, word_keys(text, starts, lengths, secret))

    @property
    def n_words(self) -> int:
        return len(self.starts)

    def at(self, index: Ints | slice) -> WordArray:
        """The words at the index, in the same text."""
        return WordArray(self.text, self.starts[index], self.lengths[index], self.keys[index])

    def compact(self) -> WordArray:
        """The same words in a text of little else; these themselves where theirs is so already.

        A word that is copied begins at a multiple of 8 bytes: it is copied in pieces of as many,
        NULs behind it in the last.
        """
        n_pieces = (self.lengths + (WINDOW - 1)) // WINDOW
        n_bytes = (int(n_pieces.sum()) + 1) * WINDOW
        if len(self.text) <= 2 * n_bytes:
            return self
        text = np.zeros(n_bytes, np.uint8)
        pieces = text.view("<u8")
        first_piece = starts_of(n_pieces)
        starts = first_piece * WINDOW

        window = windows(self.text)
        piece = 0
        word = np.arange(self.n_words)
        while len(word):
            pieces[first_piece[word] + piece] = window[self.starts[word] + piece * WINDOW]
            piece += 1
            word = word[(n_pieces[word] > piece) & (self.lengths[word] <= _GIANT)]
        n_behind = n_pieces * WINDOW - self.lengths
        pieces[first_piece + n_pieces - 1] &= _ALL_BITS >> (n_behind << 3).view(np.uint64)
        # Giants are copied whole: piece by piece, one would hold up the loop for all.
        for i in (self.lengths > _GIANT).nonzero()[0].tolist():
            giant = self.text[self.starts[i] :][: self.lengths[i]]
            text[starts[i] : starts[i] + len(giant)] = giant
        return WordArray(text, starts, self.lengths, self.keys)

    def spelled(self, order: Ints) -> Bytes:
        """The text of the words at some places, end to end."""
        lengths = self.lengths[order]
        text = np.empty(int(lengths.sum()), np.uint8)
        end = 0
        for chunk in ragged_chunks(lengths, _BYTES_AT_ONCE):  # each byte's place takes eight
            some = order[chunk]
            taken = take_ragged(self.text, self.starts[some], self.lengths[some])
            text[end : end + len(taken)] = taken
            end += len(taken)
        return text

    def to_bytes(self) -> list[bytes]:
        """The words one by one."""
        text = self.text.tobytes()
        ends = (self.starts + self.lengths).tolist()
        return [text[start:end] for start, end in zip(self.starts.tolist(), ends, strict=True)]

    def to_text(self) -> list[str]:
        """The words one by one, decoded."""
        words: list[str] = []
        for chunk in ragged_chunks(self.lengths, _BYTES_AT_ONCE):
            lines = join_lines(self.text, self.starts[chunk], self.lengths[chunk])
            words += lines[:-1].tobytes().decode("utf-8").split("\n")  # no word holds a line end
        return words


def concatenate(arrays: list[WordArray]) -> WordArray:
    """All words of several arrays, in one text."""
    offsets = np.cumsum([0] + [len(a.text) for a in arrays])
    return WordArray(
        np.concatenate([a.text for a in arrays]),
        np.concatenate([a.starts + offset for a, offset in zip(arrays, offsets, strict=False)]),
        np.concatenate([a.lengths for a in arrays]),
        np.concatenate([a.keys for a in arrays]),
    )


def word_keys(text: Bytes, starts: Ints, lengths: Ints, secret: Secret) -> Keys:
    """The key of each word, (words,); see `keys_and_long`."""
    return keys_and_long(text, starts, lengths, secret)[0]


def marks_of(keys: Keys, secret: Secret) -> Keys:
    """A number for each key, (words,), no two alike: multiplied by an odd one, which spreads them
    evenly.
    """
    return keys * secret.spread


class LongWords(NamedTuple):
    """The long ones among some words: where they are, and their first and last eight bytes.

    All are of shape (long words,). Head and tail overlap in words of less than 16 bytes, which
    are most. Of those of more than 16, the `longer: (longer words,)` ones of the long words,
    `middles` are the second eight bytes.
    """

    places: Ints
    starts: Ints
    lengths: Ints
    heads: Keys
    tails: Keys
    longer: Ints
    middles: Keys


def keys_and_long(
    text: Bytes, starts: Ints, lengths: Ints, secret: Secret
) -> tuple[Keys, LongWords]:
    """The key of each word, (words,), and the words whose keys must be confirmed.

    A short word's bytes are shifted to the top, which pushes the bytes behind it out and leaves
    zeros below. That is unambiguous but for words that begin with NUL ("\\0a" and "a" would be
    one), so these get their length into the lowest byte, and the words of 8 bytes that begin with
    such a byte count as long.
    """
    window = windows(text)
    keys = window[starts]
    is_long = lengths > WINDOW
    has_control = bool(len(text)) and text.min() < WINDOW
    if has_control:
        first_byte = text[starts]
        is_long |= (lengths == WINDOW) & (first_byte < WINDOW)
    places = is_long.nonzero()[0]
    long = _long_words(window, places, starts[places], lengths[places], keys[places])

    shifts = lengths << 3
    np.subtract(64, shifts, out=shifts)
    keys <<= shifts.view(np.uint64)  # by 64 and more: 0, so a long word's key is set below
    if has_control:
        padded = ((first_byte == 0) & (lengths < WINDOW)).nonzero()[0]
        keys[padded] |= lengths[padded].view(np.uint64)
    keys[places] = _hashed(text, long, secret)
    return keys, long


def _long_words(window: Keys, places: Ints, starts: Ints, lengths: Ints, heads: Keys) -> LongWords:
    tails = window[starts + (lengths - WINDOW)]
    longer = (lengths > 2 * WINDOW).nonzero()[0]
    middles = window[starts[longer] + WINDOW]
    return LongWords(places, starts, lengths, heads, tails, longer, middles)


def _hashed(text: Bytes, long: LongWords, secret: Secret) -> Keys:
    """Keys of long words: head, tail, then the 8 by 8 bytes between, multiplied and folded."""
    starts, lengths = long.starts, long.lengths
    hashes = lengths.astype(np.uint64)
    _fold(hashes, long.heads, secret)
    _fold(hashes, long.tails, secret)

    window = windows(text)
    offset = WINDOW
    word, middles = long.longer, long.middles
    while len(word):
        folded = hashes[word]
        _fold(folded, middles, secret)
        hashes[word] = folded
        offset += WINDOW
        word = word[(lengths[word] > offset + WINDOW) & (lengths[word] <= _GIANT)]
        middles = window[starts[word] + offset]

    for i in (lengths > _GIANT).nonzero()[0].tolist():
        giant = text[starts[i] : starts[i] + lengths[i]].tobytes()
        digest = hashlib.blake2b(giant, digest_size=8, key=secret.mix.tobytes()).digest()
        hashes[i] = int.from_bytes(digest, "little")

    return ((hashes * secret.spread) >> np.uint64(8)) | LONG


def _fold(hashes: Keys, window: Keys, secret: Secret) -> None:
    """Take eight more bytes of each word into its hash, in place.

    One multiplication would let a difference in the highest bits pass unchanged, for the next
    bytes to undo it whatever the secret is. Folded down, it is spread by the second one.
    """
    hashes ^= window
    hashes *= secret.mix
    hashes ^= hashes >> np.uint64(32)
    hashes *= secret.spread
    hashes ^= hashes >> np.uint64(29)


def equal_words(one: WordArray, at_one: Ints, other: WordArray, at_other: Ints) -> Flags:
    """Whether long word `at_one[i]` of one array has the bytes of `at_other[i]` of the other.

    All are of shape (pairs,). Long words only: at least eight bytes can be read of each.
    """
    starts, other_starts = one.starts[at_one], other.starts[at_other]
    lengths, other_lengths = one.lengths[at_one], other.lengths[at_other]
    window, other_window = windows(one.text), windows(other.text)

    is_equal: Flags = lengths == other_lengths
    is_equal &= window[starts] == other_window[other_starts]
    tails, other_tails = starts + (lengths - WINDOW), other_starts + (other_lengths - WINDOW)
    is_equal &= window[tails] == other_window[other_tails]
    pair = (is_equal & (lengths > 2 * WINDOW)).nonzero()[0]
    is_equal[pair] = equal_middles(one, at_one[pair], other, at_other[pair])
    return is_equal


def equal_middles(one: WordArray, at_one: Ints, other: WordArray, at_other: Ints) -> Flags:
    """The same for words that agree in length, head and tail: what lies between, (pairs,)."""
    starts, other_starts = one.starts[at_one], other.starts[at_other]
    lengths = one.lengths[at_one]
    window, other_window = windows(one.text), windows(other.text)

    is_equal = np.ones(len(lengths), np.bool_)
    offset = WINDOW
    pair = ((lengths > 2 * WINDOW) & (lengths <= _GIANT)).nonzero()[0]
    while len(pair):
        is_same = window[starts[pair] + offset] == other_window[other_starts[pair] + offset]
        is_equal[pair] = is_same
        offset += WINDOW
        pair = pair[is_same & (lengths[pair] > offset + WINDOW)]

    for i in (lengths > _GIANT).nonzero()[0].tolist():
        one_word = one.text[starts[i] : starts[i] + lengths[i]]
        is_equal[i] = np.array_equal(one_word, other.text[other_starts[i] :][: lengths[i]])
    return is_equal
