"""Are the numbers in a manifest of rows those that its arrays give?

The arrays do not tell how many distinct words there were, how many rows were left out as duplicates
and how many texts are in several parts; nor the unknown words of rows that were cut, nor the
longest of the documents that were split into rows. How many of these there are, `documents` counts.
"""

from __future__ import annotations

from collections.abc import Iterator

from embedprep.listing import is_same
from embedprep.manifest import MANIFEST
from embedprep.output import DOCUMENTS, LENGTHS, SEQUENCES, VOCABULARY
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
