"""Which text files hold the vectors of words?

- `word2vec`: a header `count dim`, a line for each entry: the word, a space before each number;
- `glove`: the same without the header;
- `projector`: two files of TensorBoard's embedding projector, the numbers between tabs in one, the
  words and their counts below a header in the other.

Entries stand in the order of their indices, `<unk>`, `<bos>` and `<eos>` among them. Padding is
left out, and so are the places that a vocabulary taken over has no word for: no text has them.
Numbers are float32, each as the shortest decimal that reads back as the very same.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

import numpy as np
from numpy.typing import NDArray

from embedprep.arrays import Ints, row_chunks
from embedprep.errors import OutputError, VocabularyError
from embedprep.exporting.decimals import spell_rows
from embedprep.exporting.word_lists import word_and_count
from embedprep.matrix.files import WordVectors
from embedprep.specials import PAD_INDEX, unused
from embedprep.vocabulary import Vocabulary
from embedprep.wording import quoted

VECTORS, METADATA = "vectors.tsv", "metadata.tsv"

_BYTES_IN_WORK = 64
"""What a number takes while it is spelled."""

_ENDS_WORD = re.compile(r"[\s\0]")
"""Readers split at spaces (gensim) or at what C or Python takes for white space; C ends at NUL."""


def exported_indices(vocabulary: Vocabulary) -> Ints:
    """The indices of the entries that have a line, in ascending order, (entries,)."""
    entries = enumerate(vocabulary.entries)
    taken = [i for i, entry in entries if i != PAD_INDEX and entry != unused(i)]
    return np.array(taken, np.int64)


def check_words(vocabulary: Vocabulary, place: str) -> None:
    """Raise VocabularyError, naming `place`, for a word that lines of vectors cannot hold."""
    entries = vocabulary.entries
    if not _ENDS_WORD.search("".join(entries)):
        return
    for index, entry in enumerate(entries):
        found = _ENDS_WORD.search(entry)
        if found and entry != unused(index):
            raise VocabularyError(
                place,
                f"the word {quoted([entry])} (index {index}) holds U+{ord(found[0]):04X}, "
                "at which readers of such files end a word",
                "choose --to projector, whose fields stand between tabs",
            )


def vector_lines(vectors: WordVectors, has_header: bool) -> Iterator[bytes]:
    """The lines of words and vectors, some at a time, below a header where it is to have one.

    Raises OutputError for a number that is not finite.
    """
    indices, entries = exported_indices(vectors.vocabulary), vectors.vocabulary.entries
    if has_header:
        yield f"{len(indices)} {vectors.dim}\n".encode()
    for chunk in row_chunks(len(indices), vectors.dim * _BYTES_IN_WORK):
        words = (entries[index].encode() for index in indices[chunk].tolist())
        numbers = spell_rows(_read(vectors, indices[chunk]), b" ")
        yield _lines(map(b" ".join, zip(words, numbers, strict=True)))


def projector_vectors(vectors: WordVectors) -> Iterator[bytes]:
    """The lines of `vectors.tsv`, some at a time. Raises OutputError as `vector_lines`."""
    indices = exported_indices(vectors.vocabulary)
    for chunk in row_chunks(len(indices), vectors.dim * _BYTES_IN_WORK):
        yield _lines(spell_rows(_read(vectors, indices[chunk]), b"\t"))


def projector_metadata(vocabulary: Vocabulary) -> bytes:
    """The lines of `metadata.tsv`, escaped as in `word_lists`."""
    columns = word_and_count(vocabulary, exported_indices(vocabulary).tolist())
    rows = map("\t".join, zip(*columns, strict=True))
    return "\n".join(["word\tcount", *rows, ""]).encode()


def _lines(lines: Any) -> bytes:
    return b"\n".join([*lines, b""])


def _read(vectors: WordVectors, indices: Ints) -> NDArray[np.float32]:
    """The vectors of some entries, (indices, dim)."""
    found = vectors.matrix[indices]
    with np.errstate(over="ignore"):
        rows = np.ascontiguousarray(found, np.float32)
    is_finite = np.isfinite(rows)
    if not is_finite.all():
        row, column = np.argwhere(~is_finite)[0].tolist()
        index, number = int(indices[row]), found[row, column]
        reason = ", too large for a float32" if np.isfinite(number) else ""
        raise OutputError(
            str(vectors.path),
            f"the vector of {quoted([vectors.vocabulary.entries[index]])} (row {index}) holds "
            f"{number}{reason}",
            "make the matrix anew, without it",
        )
    return rows
