"""What does a binary model of fastText hold?

`FastText::saveModel` writes it so, little-endian (facebookresearch/fastText 0.9.2, src/fasttext.cc,
args.cc, dictionary.cc, densematrix.cc), and gensim's `save_facebook_model` too:

    int32    793712314, the version
    int32    dim, ws, epoch, minCount, neg, wordNgrams, loss, model, bucket, minn, maxn,
             lrUpdateRate
    float64  t
    int32    how many entries the dictionary has, how many are words, how many are labels
    int64    how many tokens were read, how many n-grams were kept when it was pruned, or -1
    then for each entry, words first: its bytes, a NUL, int64 its count, int8 0 for words, else 1
    int8     whether the matrix is quantized
    int64    rows and columns of the input matrix
    float32  the input matrix: a row for each word, then one for each bucket of n-grams

What follows, the output matrix, is not read. The input matrix often has gigabytes and stays on
disk. Version 11 is the same, but that its supervised models know no n-grams of characters.
"""

from __future__ import annotations

import os
import struct
from typing import BinaryIO, NamedTuple

import numpy as np
from numpy.typing import NDArray

from embedprep.arrays import WINDOW, Bytes, Ints, row_chunks
from embedprep.dictionary import WordArray, word_keys
from embedprep.errors import InputError
from embedprep.hashing import Secret
from embedprep.npy import read_at
from embedprep.vectors.formats import MOST_DIMENSIONS
from embedprep.wording import how_large, how_many

MAGIC = 793712314
VERSIONS = (11, 12)
SUPERVISED = 3
"""The `model` of a model that was trained to predict labels."""

_HEADER = struct.Struct("<14id3i2q")
_MATRIX = struct.Struct("<b2q")
_BEHIND_WORD = 10
"""The bytes of an entry from its NUL on."""

WORD_BYTES = 64
"""About what a word takes up in memory while its key is made or it is looked for."""

_BLOCK_BYTES = 4 << 20
_LONGEST_WORD = 1 << 20

_WRONG_FILE = "name a .bin that fastText or gensim's save_facebook_model wrote"
_COPY_AGAIN = "copy or download it again"


class SubwordModel(NamedTuple):
    """An opened model: its words, how n-grams are made, and its input matrix in the `stream`.

    Row i of the matrix, (words + bucket, dim), is that of word i, row `n_words + b` that of all
    n-grams in bucket b. There are no n-grams where `maxn` is 0. The keys of the words are made with
    `secret`. The stream must stay open.
    """

    stream: BinaryIO
    place: str
    dim: int
    words: WordArray
    secret: Secret
    minn: int
    maxn: int
    bucket: int
    matrix_offset: int

    @property
    def n_words(self) -> int:
        return self.words.n_words

    def read_rows(self, rows: Ints) -> NDArray[np.float32]:
        """Some rows of the matrix, (rows, dim). Ascending ones are read fastest.

        Each is asked of the system by itself: of a mapped file, a whole page would stay in memory
        for each, and a file that somebody cuts meanwhile would end the process.
        """
        row_bytes, descriptor = self.dim * 4, self.stream.fileno()
        read = np.empty((len(rows), self.dim), "<f4")
        octets = read.reshape(-1).view(np.uint8).data
        offsets = (self.matrix_offset + rows * row_bytes).tolist()
        try:
            for start, offset in zip(range(0, len(octets), row_bytes), offsets, strict=True):
                _read_into(octets[start : start + row_bytes], descriptor, offset)
        except OSError as error:
            raise _unreadable(self.place, error) from error
        return read.astype(np.float32, copy=False)


def _read_into(part: memoryview, descriptor: int, offset: int) -> None:
    """Fill `part`. Into its place at once, a row is read in half the time."""
    if not hasattr(os, "preadv") or os.preadv(descriptor, [part], offset) < len(part):
        part[:] = read_at(descriptor, len(part), offset)


class _Header(NamedTuple):
    """What stands before the dictionary, in the order of the file."""

    magic: int
    version: int
    dim: int
    ws: int
    epoch: int
    min_count: int
    neg: int
    word_ngrams: int
    loss: int
    model: int
    bucket: int
    minn: int
    maxn: int
    lr_update_rate: int
    t: float
    n_entries: int
    n_words: int
    n_labels: int
    n_tokens: int
    n_pruned: int

    @property
    def n_rows(self) -> int:
        return self.n_words + self.bucket

    @property
    def matrix_bytes(self) -> int:
        return self.n_rows * self.dim * 4


def open_model(stream: BinaryIO, place: str) -> SubwordModel:
    """Read all of a model but its matrices, from a file that can be sought in.

    Raises InputError, naming `place`, where it is none, is broken or cut off, or is quantized.
    """
    try:
        return _read_model(stream, place)
    except OSError as error:
        raise _unreadable(place, error) from error


def _unreadable(place: str, error: OSError) -> InputError:
    cause = f"cannot be read ({error.strerror or error})"
    return InputError(place, cause, "check the medium and its permissions")


def _read_model(stream: BinaryIO, place: str) -> SubwordModel:
    n_bytes = stream.seek(0, os.SEEK_END)
    stream.seek(0)
    header = _checked_header(stream.read(_HEADER.size), n_bytes, place)
    secret = Secret.draw()
    words, dictionary_bytes = _read_words(stream, header, secret, place)

    at_matrix = _HEADER.size + dictionary_bytes
    stream.seek(at_matrix)
    told = stream.read(_MATRIX.size)
    if len(told) < _MATRIX.size:
        raise InputError(place, "is cut off: it has no matrix", _COPY_AGAIN)
    quantized, n_rows, n_columns = _MATRIX.unpack(told)
    if quantized == 1:
        raise _quantized(place)
    if quantized != 0:
        raise InputError(place, "is broken: no matrix follows its dictionary", _COPY_AGAIN)
    if (n_rows, n_columns) != (header.n_rows, header.dim):
        cause = (
            f"is broken: its matrix is {n_rows:,} by {n_columns:,}, "
            f"its header asks for {header.n_rows:,} by {header.dim:,}"
        )
        raise InputError(place, cause, _COPY_AGAIN)
    matrix_offset = at_matrix + _MATRIX.size
    if n_bytes - matrix_offset < header.matrix_bytes:
        raise _too_small(header, n_bytes, place)
    if header.dim > MOST_DIMENSIONS:
        raise InputError(place, f"holds vectors of {header.dim:,} numbers", _WRONG_FILE)

    has_ngrams = header.bucket > 0 and (header.version, header.model) != (11, SUPERVISED)
    maxn = header.maxn if has_ngrams else 0
    minn, bucket, dim = header.minn, header.bucket, header.dim
    return SubwordModel(stream, place, dim, words, secret, minn, maxn, bucket, matrix_offset)


def _checked_header(read: bytes, n_bytes: int, place: str) -> _Header:
    """The header. Raises InputError where it cannot be true for a file of `n_bytes`."""
    if read[:4] != struct.pack("<i", MAGIC):
        raise InputError(place, "is no binary model of fastText", _WRONG_FILE)
    if len(read) < _HEADER.size:
        raise InputError(place, "is cut off: its header has no end", _COPY_AGAIN)
    header = _Header(*_HEADER.unpack(read))
    if header.version not in VERSIONS:
        raise InputError(
            place,
            f"has version {header.version}, this embedprep reads versions 11 and 12",
            "save it again with fastText 0.9 or gensim",
        )
    if header.n_pruned >= 0:
        raise _quantized(place)
    least = {"dim": 1, "bucket": 0, "minn": 0, "maxn": 0, "n_words": 0, "n_labels": 0}
    for field, bound in least.items():
        if (value := getattr(header, field)) < bound:
            raise InputError(place, f"is broken: its header says {field} {value:,}", _COPY_AGAIN)
    if header.n_entries != header.n_words + header.n_labels:
        cause = (
            f"is broken: its header says {how_many(header.n_entries, 'entry', 'entries')}, "
            f"{header.n_words:,} of them words and {header.n_labels:,} labels"
        )
        raise InputError(place, cause, _COPY_AGAIN)
    if not header.n_rows:
        raise InputError(place, "holds no vector: it has no words and no buckets", _WRONG_FILE)
    # Whether the matrix fits in is seen behind the dictionary: a quantized one is much smaller.
    if n_bytes < _HEADER.size + header.n_entries * _BEHIND_WORD:
        raise _too_small(header, n_bytes, place)
    return header


def _too_small(header: _Header, n_bytes: int, place: str) -> InputError:
    cause = (
        f"is cut off: {how_many(header.n_entries, 'entry', 'entries')} and "
        f"a matrix of {header.n_rows:,} by {header.dim:,} do not fit into its {how_large(n_bytes)}"
    )
    return InputError(place, cause, _COPY_AGAIN)


def _quantized(place: str) -> InputError:
    cause = "is quantized, its vectors are not kept as they were trained"
    return InputError(place, cause, "name the .bin that it was made of")


def _read_words(
    stream: BinaryIO, header: _Header, secret: Secret, place: str
) -> tuple[WordArray, int]:
    """The words, without the labels, and the size of the dictionary."""
    parts: list[bytes] = []
    nuls: list[Ints] = []
    n_found, n_bytes, rest = 0, 0, b""
    while n_found < header.n_entries:
        block = stream.read(_BLOCK_BYTES)
        if not block:
            raise InputError(place, "is cut off: its dictionary has no end", _COPY_AGAIN)
        block = rest + block
        found = _ends_of_words(block, header.n_entries - n_found)
        types = np.frombuffer(block, np.uint8)[found + (_BEHIND_WORD - 1)]
        is_label = np.arange(n_found, n_found + len(found)) >= header.n_words
        n_found += len(found)
        end = int(found[-1]) + _BEHIND_WORD if len(found) else 0
        rest = block[end:]
        is_endless = n_found < header.n_entries and len(rest) > _LONGEST_WORD
        if is_endless or (types != is_label).any():
            # Most likely numbers of the matrix, or what another file holds at this place.
            raise InputError(place, "is broken: its dictionary holds what is no word", _COPY_AGAIN)
        parts.append(block[:end])
        nuls.append(found + n_bytes)
        n_bytes += end

    text = np.frombuffer(b"".join([*parts, bytes(WINDOW)]), np.uint8)
    ends = np.concatenate([np.empty(0, np.int64), *nuls])[: header.n_words]
    return _words_that_end(text, ends, secret), n_bytes


def _ends_of_words(block: bytes, most: int) -> Ints:
    """Where the words of up to `most` whole entries end, (entries,).

    Where an entry begins is known only when the one before has been read, for a count may hold any
    byte; so this is a loop, which takes half a second for two million words.
    """
    ends: list[int] = []
    start, stop = 0, max(0, len(block) - (_BEHIND_WORD - 1))
    while len(ends) < most and (end := block.find(b"\0", start, stop)) >= 0:
        ends.append(end)
        start = end + _BEHIND_WORD
    return np.array(ends, np.int64)


def _words_that_end(text: Bytes, ends: Ints, secret: Secret) -> WordArray:
    """The words of a dictionary that end at some places in its text, (words,)."""
    starts = np.zeros(len(ends), np.int64)
    starts[1:] = ends[:-1] + _BEHIND_WORD
    lengths = ends - starts
    keys = np.empty(len(ends), np.uint64)
    for some in row_chunks(len(ends), WORD_BYTES):
        keys[some] = word_keys(text, starts[some], lengths[some], secret)
    return WordArray(text, starts, lengths, keys)
