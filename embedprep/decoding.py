"""Which sentences are rows of indices?"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from embedprep.encoded import EncodedRows
from embedprep.publication import staged_file
from embedprep.vocabulary import Vocabulary, spell_rows


def decode(rows: EncodedRows, vocabulary: Vocabulary) -> Iterator[bytes]:
    """The sentences of rows as UTF-8 lines, some of them at a time.

    Raises VocabularyError where an index is not in the vocabulary.
    """
    for chunk in rows.chunks(row_bytes=0):
        yield spell_rows(vocabulary, rows.read(chunk, vocabulary.input_dim))


def write_sentences(rows: EncodedRows, vocabulary: Vocabulary, output: Path) -> None:
    """Write the sentences of rows into a file, whole or not at all. Raises as `decode` does, and
    OutputError where the file cannot be written.
    """
    with staged_file(output) as temporary, temporary.open("wb") as stream:
        stream.writelines(decode(rows, vocabulary))
