"""Which vectors does a binary model of fastText give to some words?

Those that its dictionary has first, in their own spelling or another case; then those that it makes
of the n-grams of a word, but not of a special entry.
"""

from __future__ import annotations

import tempfile
from collections.abc import Collection, Iterator
from contextlib import ExitStack, contextmanager
from itertools import chain
from pathlib import Path
from typing import BinaryIO

import numpy as np

from embedprep.arrays import row_chunks
from embedprep.npy import disk_error
from embedprep.vectors.fasttext import SubwordModel
from embedprep.vectors.subwords import vectors_of
from embedprep.vectors.wanted import FoundVectors

_WORD_BYTES = 64
"""What a word takes up while it is looked for: some 65,000 are asked for at a time."""


def compose(found: FoundVectors, model: SubwordModel, no_words: Collection[str]) -> int:
    """Take in the vectors of the words that are looked for; how many were made of n-grams.

    `no_words` are entries that are found as they stand, or not at all.
    """
    wanted = found.wanted
    for some in row_chunks(len(wanted.spelled), _WORD_BYTES):
        vectors, is_known, _ = vectors_of(model, wanted.spelled[some])
        known = is_known.nonzero()[0]
        found.add(some.start + known, vectors[known])

    n_known = np.count_nonzero(found.is_found)
    row_of_word = wanted.rows[wanted.starts[: wanted.n_words]]
    is_unknown = ~found.is_found[row_of_word]
    is_unknown[[wanted.spelled.index(entry) for entry in no_words]] = False
    unknown = is_unknown.nonzero()[0]
    for some in row_chunks(len(unknown), _WORD_BYTES):
        words = unknown[some]
        vectors, _, has_vector = vectors_of(model, [wanted.spelled[i] for i in words.tolist()])
        found.add(words[has_vector], vectors[has_vector])
    return int(np.count_nonzero(found.is_found) - n_known)


@contextmanager
def seekable(name: str, head: bytes, rest: Iterator[bytes]) -> Iterator[BinaryIO]:
    """A file that can be sought in, of which `head` was read, and `rest` is still to come.

    What is no plain file, or holds other bytes than came out of it, goes to a temporary file.
    """
    path = Path(name)
    with ExitStack() as stack:
        if path.is_file():
            stream = stack.enter_context(path.open("rb"))
            if stream.read(len(head)) == head:
                yield stream
                return
        spooled = stack.enter_context(tempfile.TemporaryFile())
        try:
            spooled.writelines(chain([head], rest))
            spooled.flush()
        except OSError as error:
            raise disk_error(tempfile.gettempdir(), error) from error
        yield spooled
