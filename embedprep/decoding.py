"""Which sentences are rows of indices?"""

from __future__ import annotations

from collections.abc import Iterator

from embedprep.encoded import EncodedRows
from embedprep.vocabulary import Vocabulary, spell_rows


def decode(rows: EncodedRows, vocabulary: Vocabulary) -> Iterator[bytes]:
    """The sentences of rows as UTF-8 lines, some of them at a time.

    Raises VocabularyError where an index is not in the vocabulary.
    """
    for chunk in rows.chunks(row_bytes=0):
        yield spell_rows(vocabulary, rows.read(chunk, vocabulary.input_dim))
