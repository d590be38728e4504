"""How do rows of indices become the text that gensim reads? A line a sentence, a word an index."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from embedprep.arrays import Bytes
from embedprep.sequences import Windows
from embedprep.specials import PAD_INDEX

LONGEST_SENTENCE = 1000
"""Longer rows are several sentences. gensim takes about 10,000 words at a time, the last sentence
whole, and leaves out what is more."""

_FILES_BY_NUMBER = Path("/dev/fd")


def spell_indices(n: int) -> NDArray[np.void]:
    """Each index below `n` as decimal text of one width, and a space behind it; (n,).

    >>> spell_indices(11)[[3, 10]].tobytes()
    b'03 10 '
    """
    width = len(str(n - 1))
    digits = np.arange(n)[:, None] // 10 ** np.arange(width)[::-1] % 10
    spelled = np.full((n, width + 1), ord(" "), np.uint8)
    spelled[:, :width] = digits + ord("0")
    return spelled.view(f"V{width + 1}")[:, 0]


def corpus_text(ids: NDArray[Any], spelled: NDArray[np.void]) -> tuple[Bytes, int]:
    """Rows of indices, (rows, length), as the text that gensim reads, and the words in it.

    A line is a sentence. A row of one word is left out, as there is nothing beside it.

    >>> corpus_text(np.array([[0, 4, 2], [0, 0, 3], [3, 3, 1]]), spell_indices(5))[0].tobytes()
    b'4 2\\n3 3 1\\n'
    """
    is_word = ids != PAD_INDEX
    lengths = is_word.sum(axis=1)
    is_word[lengths < 2] = False
    lengths = lengths[lengths >= 2]
    indices = ids[is_word]  # (words,)
    if len(lengths) and lengths.max() > LONGEST_SENTENCE:
        windows = Windows.of(lengths, LONGEST_SENTENCE, stride=0)
        _, lengths, _ = windows.at(slice(0, windows.n_windows))
    text = spelled.take(indices)
    octets = text.view(np.uint8)
    octets[np.cumsum(lengths) * spelled.itemsize - 1] = ord("\n")
    return octets, len(indices)


@contextmanager
def corpus_file(text: Bytes, folder: Path) -> Iterator[str]:
    """A path at which a text can be read: that of a file without a name in the folder.

    Nothing is left of it however the process ends. Where there are no such paths, the file has a
    name in a folder of its own.
    """
    if _FILES_BY_NUMBER.is_dir():
        with tempfile.TemporaryFile(dir=folder, buffering=0) as file:
            rest = text.data
            while rest:
                rest = rest[file.write(rest) :]
            yield str(_FILES_BY_NUMBER / str(file.fileno()))
    else:
        with tempfile.TemporaryDirectory() as named:
            path = Path(named) / "corpus"
            path.write_bytes(text.data)
            yield str(path)
