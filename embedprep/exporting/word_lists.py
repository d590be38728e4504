"""Which lines list the entries of a vocabulary?

Entries stand in the order of their indices. `txt` is the entries alone; `tsv` has columns, in which
a backslash escapes what would end a field: `\\t`, `\\r`, `\\n` and `\\\\`, as in the text form of
PostgreSQL's COPY. There is no quoting. Counts of special entries are 0, as are all of a
vocabulary that was taken over: nobody knows them.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from embedprep.arrays import Ints
from embedprep.errors import VocabularyError
from embedprep.vocabulary import Vocabulary
from embedprep.wording import quoted

_ESCAPES = str.maketrans({"\\": "\\\\", "\t": "\\t", "\r": "\\r", "\n": "\\n"})


def entry_lines(vocabulary: Vocabulary, place: str) -> bytes:
    """All entries, one a line: that of index 0 on line 1.

    Raises VocabularyError, naming `place`, for an entry with a CR, which readers take for the end
    of a line or leave out before one.
    """
    if "\r" in "".join(vocabulary.entries):
        index = next(i for i, entry in enumerate(vocabulary.entries) if "\r" in entry)
        raise VocabularyError(
            place,
            f"the word {quoted([vocabulary.entries[index]])} (index {index}) holds a CR, "
            "at which readers of such lists end a line",
            "choose --to tsv, which escapes it, or take CRs out of the text",
        )
    return "".join(f"{entry}\n" for entry in vocabulary.entries).encode()


def entry_table(vocabulary: Vocabulary) -> bytes:
    """The index, the word and the count of each entry, below a header."""
    indices = range(vocabulary.input_dim)
    columns = [list(map(str, indices)), *word_and_count(vocabulary, indices)]
    rows = map("\t".join, zip(*columns, strict=True))
    return "\n".join(["index\tword\tcount", *rows, ""]).encode()


def word_and_count(vocabulary: Vocabulary, indices: Sequence[int]) -> tuple[list[str], list[str]]:
    """The fields of some entries in a table: their words, escaped, and their counts."""
    entries, counts = vocabulary.entries, _counts(vocabulary).tolist()
    words = [entries[index].translate(_ESCAPES) for index in indices]
    return words, [str(counts[index]) for index in indices]


def _counts(vocabulary: Vocabulary) -> Ints:
    """The count of each entry, (input_dim,), 0 for special ones."""
    counts = np.zeros(vocabulary.input_dim, np.int64)
    counts[vocabulary.index_of_word] = vocabulary.counts
    return counts
