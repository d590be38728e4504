"""Are the numbers in a manifest of rows those that its arrays give?

The arrays do not tell how many distinct words there were, how many rows were left out as duplicates
and how many texts are in several parts; nor the unknown words of rows that were cut, nor how many
documents were split into rows that were then shuffled, nor the longest one.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

import numpy as np

from embedprep.engines import Engine, in_turn
from embedprep.errors import OutputError
from embedprep.listing import is_same
from embedprep.manifest import MANIFEST
from embedprep.output import DOCUMENTS, LENGTHS, SEQUENCES, VOCABULARY
from embedprep.verifying.arrays import StoredArray
from embedprep.verifying.cells import Counted
from embedprep.verifying.contents import Contents, Problem
from embedprep.vocabulary import Vocabulary


def check_statistics(
    seen: Contents, vocabulary: Vocabulary, n_rows: int, counted: Counted | None
) -> Iterator[Problem]:
    """The numbers that are other than those of the arrays, as far as these are whole."""
    yield from seen.check_statistics({"rows": n_rows}, SEQUENCES)
    of_vocabulary = {
        "kept_words": len(vocabulary.words),
        "max_len": vocabulary.rectangle.max_len,
    }
    yield from seen.check_statistics(of_vocabulary, VOCABULARY)
    if counted is None:
        return
    of_lengths = {"empty_rows": counted.n_empty}
    if not _is_split(seen):  # else these are those of whole rows
        of_lengths |= {"truncated_rows": counted.n_cut, "longest_row": counted.longest}
    yield from seen.check_statistics(of_lengths, LENGTHS)
    yield from _check_words(seen, vocabulary, n_rows, counted)


def _is_split(seen: Contents) -> bool:
    """Whether the manifest tells of rows that are parts of documents."""
    return seen.array(DOCUMENTS) is not None or seen.statistic("documents") is not None


def _check_words(
    seen: Contents, vocabulary: Vocabulary, n_rows: int, counted: Counted
) -> Iterator[Problem]:
    """Whether the words and the unknown ones are as many as there are in the rows.

    Where unknown words are dropped, the lengths are those of the known ones.
    """
    specials = vocabulary.specials
    n_words = counted.n_indices - n_rows * specials.n_marks
    n_unknown, is_repeated = seen.statistic("unknown_words"), False
    if _is_split(seen):
        n_documents, stride = (
            seen.statistic("documents"),
            seen.fact("settings", "selection", "stride"),
        )
        if type(n_documents) is not int or type(stride) is not int:
            return
        # A row that goes on with a document begins with the last words of the one before.
        n_words -= (n_rows - n_documents) * stride
        is_repeated = stride > 0
    if specials.unk is None:
        n_words += n_unknown if type(n_unknown) is int else 0
    yield from seen.check_statistics({"words": n_words}, LENGTHS)
    if specials.unk is not None and not counted.n_cut and not is_repeated:
        yield from seen.check_statistics({"unknown_words": counted.n_unknown}, SEQUENCES)
    told_words, told_share = seen.statistic("words"), seen.statistic("out_of_vocabulary")
    if type(n_unknown) is int and type(told_words) is int:
        share = n_unknown / told_words if told_words else 0.0
        if not is_same(told_share, share):
            cause = f"says out_of_vocabulary {told_share!r}, and its words make it {share!r}"
            yield Problem(MANIFEST, cause)


class _Documents(NamedTuple):
    """How many documents begin in some rows, and how many have a second row there."""

    n_documents: int = 0
    n_split: int = 0


def count_documents(seen: Contents, documents: StoredArray, engine: Engine) -> Iterator[Problem]:
    """Whether the rows in which documents go on are those of so many documents, where the rows are
    in the order of the text.
    """

    def look(chunk: slice) -> _Documents | None:
        first = max(chunk.start - 2, 0)
        of_row = documents.read(slice(first, chunk.stop))
        if (of_row[1:] < of_row[:-1]).any():
            return None
        begins = np.append(True, of_row[1:] != of_row[:-1])  # (rows,)
        is_second = np.append(False, begins[:-1] & ~begins[1:])
        if chunk.start:
            # The row before the chunk is there to tell whether its first begins a document, and the
            # one before that whether it is the second.
            begins, is_second = begins[chunk.start - first :], is_second[chunk.start - first :]
        return _Documents(int(np.count_nonzero(begins)), int(np.count_nonzero(is_second)))

    total = _Documents()
    try:
        for some in in_turn(engine, look, ((chunk,) for chunk in documents.chunks())):
            if some is None:
                return
            total = _Documents(*(a + b for a, b in zip(total, some, strict=True)))
    except OutputError as error:
        yield Problem(DOCUMENTS, error.cause)
        return
    counted = {"documents": total.n_documents, "split_documents": total.n_split}
    yield from seen.check_statistics(counted, DOCUMENTS)
