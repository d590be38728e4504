"""Which words have the nearest vectors? Nearness is the cosine of the angle between two."""

from __future__ import annotations

import difflib
from collections.abc import Sequence
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from embedprep.arrays import Ints, row_chunks
from embedprep.encoded import beside, missing_file
from embedprep.errors import InputError, check_least
from embedprep.manifest import read_manifest_of_rows
from embedprep.matrix.files import WordVectors, open_word_vectors
from embedprep.output import EMBEDDING_MATRIX, VOCABULARY, file_of_output
from embedprep.settings import TOP
from embedprep.sources import PADDING
from embedprep.specials import PAD_INDEX
from embedprep.tokenizer.rules import find_words
from embedprep.vocabulary import Vocabulary
from embedprep.wording import quoted

_WORDS_AT_ONCE = 64


class Neighbour(NamedTuple):
    """A word, and the cosine of its vector and that of the word that was asked for."""

    word: str
    cosine: float


class Neighbourhood(NamedTuple):
    """An entry of the vocabulary, as what was `asked` for is there, and its nearest words."""

    asked: str
    word: str
    neighbours: list[Neighbour]


def open_vectors(named: Path, vocabulary: Path | None = None) -> WordVectors:
    """The matrix in a file or in an output, and its vocabulary: the one beside it where it is None.

    Raises OutputError where there is no matrix, or one that is not of this vocabulary.
    """
    path = named
    if named.is_dir():
        read_manifest_of_rows(named)
        found = file_of_output(named, EMBEDDING_MATRIX)
        if found is None:
            remedy = "make it by `embedprep matrix`, or name the file of one"
            raise missing_file(named / EMBEDDING_MATRIX, remedy)
        path = found
    words = vocabulary or beside(path, VOCABULARY, "--vocab", "the vocabulary of this matrix")
    loaded = Vocabulary.load(words)
    remedy = "name the vocabulary that the matrix was made with by --vocab"
    return open_word_vectors(path, words, loaded, remedy)


def nearest(vectors: WordVectors, asked: Sequence[str], top: int = TOP) -> list[Neighbourhood]:
    """The nearest words of each word that is asked for, nearest first, equally near by index.

    Padding, vectors of zeros or of numbers that are not finite, and the word itself are no
    neighbours, so there may be less than `top`.

    Raises InputError for a word that is not in the vocabulary, or whose vector has no direction.
    """
    check_least("--top", top, 1)
    entries = vectors.vocabulary.entries
    indices = np.array([find_entry(word, vectors.vocabulary) for word in asked], np.int64)
    found: list[Neighbourhood] = []
    for first in range(0, len(indices), _WORDS_AT_ONCE):
        some = slice(first, first + _WORDS_AT_ONCE)
        near, cosines = _nearest_indices(vectors, indices[some], top)
        for word, index, near_it, cosines_of_it in zip(
            asked[some], indices[some].tolist(), near.tolist(), cosines.tolist(), strict=True
        ):
            pairs = zip(near_it, cosines_of_it, strict=True)
            neighbours = [Neighbour(entries[i], c) for i, c in pairs if c != -np.inf]
            found.append(Neighbourhood(word, entries[index], neighbours))
    return found


def find_entry(word: str, vocabulary: Vocabulary) -> int:
    """The index of a word as the vocabulary's tokenizer makes it, or else as it stands.

    Raises InputError, with words that are spelled alike, where it is not there.
    """
    made = _as_tokenized(word, vocabulary)
    for spelling in (made, word):
        if spelling in vocabulary.index:
            return vocabulary.index[spelling]
    alike = difflib.get_close_matches(made, vocabulary.words, n=5)
    alike += [word.lower()] if word.lower() in vocabulary.index else []
    raise InputError(
        quoted([word]),
        "is not in the vocabulary",
        f"words spelled alike are {quoted(list(dict.fromkeys(alike)))}" if alike else "",
    )


def _as_tokenized(word: str, vocabulary: Vocabulary) -> str:
    """The word that the tokenizer finds in a text, or the text where it does not find just one."""
    line = word.replace("\n", " ").encode("utf-8", "replace")
    words = find_words(line + b"\n" + PADDING, vocabulary.tokenizer)
    if len(words.starts) != 1:
        return word
    start, length = int(words.starts[0]), int(words.lengths[0])
    return words.text[start : start + length].tobytes().decode("utf-8")


def _nearest_indices(
    vectors: WordVectors, asked: Ints, top: int
) -> tuple[Ints, NDArray[np.float64]]:
    """The nearest entries of some, (asked, top), and their cosines, -inf where there are no more.

    Each product is summed by itself in float64, in one order wherever the row stands: rows that
    are equal are equally near, and the same for any number of words that are asked for.
    """
    matrix = vectors.matrix
    queries, lengths = _with_lengths(matrix[asked])
    for index, length in zip(asked.tolist(), lengths.tolist(), strict=True):
        if not length:
            raise InputError(
                quoted([vectors.vocabulary.entries[index]]),
                "has a vector of zeros, or of numbers that are not finite, so nothing is near it",
                "ask for another word",
            )
    near = np.empty((len(asked), 0), np.int64)
    best = np.empty((len(asked), 0))
    for chunk in row_chunks(len(matrix), 8 * (vectors.dim + 3 * len(asked))):
        rows, row_lengths = _with_lengths(matrix[chunk])
        index = np.arange(chunk.start, chunk.stop)
        cosines = np.stack([np.vecdot(rows, query) for query in queries])  # (asked, rows)
        with np.errstate(invalid="ignore", divide="ignore"):
            cosines /= row_lengths * lengths[:, None]
        np.clip(cosines, -1, 1, out=cosines)
        cosines[:, (row_lengths == 0) | (index == PAD_INDEX)] = -np.inf
        cosines[asked[:, None] == index] = -np.inf

        # Those of earlier rows stand first, so that a stable sort leaves ties in their order.
        best = np.concatenate([best, cosines], axis=1)
        near = np.concatenate([near, np.broadcast_to(index, cosines.shape)], axis=1)
        order = np.argsort(-best, axis=1, kind="stable")[:, :top]
        near, best = np.take_along_axis(near, order, 1), np.take_along_axis(best, order, 1)
    return near, best


def _with_lengths(rows: NDArray[Any]) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Vectors in float64, and the length of each, (rows,): 0 for one that has no direction.

    One with numbers that are not finite is made zeros.
    """
    exact = rows.astype(np.float64)
    with np.errstate(over="ignore", invalid="ignore"):
        lengths = np.sqrt(np.vecdot(exact, exact))
    is_wrong = ~np.isfinite(lengths)
    exact[is_wrong] = 0
    lengths[is_wrong] = 0
    return exact, lengths
