"""Which settings suit a text, and what could be better about an output?

Each advice is an option and its reason, told and never taken. The rules are few, and their reasons
are figures of the text itself.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from fractions import Fraction
from typing import NamedTuple

import numpy as np

from embedprep.arrays import Ints
from embedprep.figures.coverage import coverage
from embedprep.figures.lengths import CutFigures, cut_figures
from embedprep.inspecting.inspection import Advice, PartFigures, WordFigures
from embedprep.inspecting.tokenization import advise_tokenizer
from embedprep.rectangle import DTYPES, Rectangle, choose_max_len
from embedprep.settings import VocabularySettings
from embedprep.specials import Specials
from embedprep.tokenizer.settings import TokenizerSettings
from embedprep.vocabulary import Vocabulary
from embedprep.wording import how_large, how_many, per_cent

_WORTH_KEEPING = 0.98
"""The share of the running words from which on more words are hardly worth their vectors."""

_NEARLY_AS_LONG = 1.15
"""Where the longest row is at most so many times as long as p99, it is not worth cutting."""

_MANY_REPEATED = 0.01
_MANY_CUT = 0.05
_MANY_UNKNOWN = 0.02
_MUCH_PADDING = 0.5

_SMALL = "uint16"
_LARGEST_SMALL = int(np.iinfo(_SMALL).max)


class TextToAdvise(NamedTuple):
    """What is known of a text: so many rows have each number of words, `counts: (words,)` are those
    of its words, descending, and it begins with `beginning`.
    """

    rows: PartFigures
    rows_of_length: Counter[int]
    words: WordFigures
    counts: Ints
    tokenizer: TokenizerSettings
    beginning: str


def advise_text(text: TextToAdvise) -> tuple[Advice, ...]:
    """What suits a text, an advice for each kind of option where there is something to say."""
    tokenizer = advise_tokenizer(text.words.letters, text.beginning, text.tokenizer.name)
    advice = []
    if tokenizer is not None:
        again = f"inspect again with it: the rest is about {text.tokenizer.name}"
        advice.append(Advice(tokenizer.option, f"{tokenizer.reason}; {again}"))
    if text.words.running:
        cut = _suitable_cut(text.rows_of_length, DTYPES[Rectangle(1).dtype])
        n_words, of_words = _advise_words(text)
        advice += [_advise_length(cut, text), of_words]
        dtype = Rectangle(1).dtype
        advice += _advise_dtype(n_words + len(Specials().by_name), dtype, cut.n_bytes)
        advice += _advise_padding(cut)
    advice += _advise_empty(text.rows)
    has_labels = text.rows.labels is not None
    return (*advice, *_advise_duplicates(text.rows, text.rows.duplicates, has_labels=has_labels))


def round_length_up(length: int) -> int:
    """A length of three binary digits and no more, as are multiples of 8 from 32 on.

    >>> [round_length_up(length) for length in (7, 17, 33, 64, 65, 1000)]
    [7, 18, 36, 64, 72, 1024]
    """
    step = max(1, (1 << length.bit_length()) >> 4)
    return -(-length // step) * step


def _suitable_cut(rows_of_length: Counter[int], index_bytes: int, n_marks: int = 0) -> CutFigures:
    """What rows hold of a length that suits them: p99, or the longest where that is hardly more."""
    longest = choose_max_len(None, rows_of_length, n_marks)
    p99 = choose_max_len(Fraction(99, 100), rows_of_length, n_marks)
    suitable = longest if longest <= _NEARLY_AS_LONG * p99 else min(round_length_up(p99), longest)
    return cut_figures(rows_of_length, suitable, index_bytes)


def _advise_length(cut: CutFigures, text: TextToAdvise) -> Advice:
    n_rows, longest = text.rows.lengths.rows, text.rows.lengths.longest
    whole = (n_rows - cut.cut_rows) / n_rows
    option = f"--max-len {cut.max_len}"
    if not cut.cut_rows:
        return Advice(option, f"keeps all rows whole, with {per_cent(cut.padding)} padding")
    whole_cut = cut_figures(text.rows_of_length, longest)
    reason = (
        f"keeps {per_cent(whole)} of the rows whole, with {per_cent(cut.padding)} padding; max, "
        f"{longest:,}, has {per_cent(whole_cut.padding)}"
    )
    return Advice(option, reason)


def _advise_words(text: TextToAdvise) -> tuple[int, Advice]:
    """How many words suit, and the advice."""
    n_distinct = text.words.distinct or 0
    for found in coverage(text.counts, text.words.running, _round_numbers(len(text.counts))):
        if found.share >= _WORTH_KEEPING and found.kept_words < n_distinct:
            reason = (
                f"keeps {per_cent(found.share)} of the running words; there are "
                f"{how_many(n_distinct, 'distinct word')}"
            )
            return found.kept_words, Advice(f"--max-words {found.max_words}", reason)
    default = VocabularySettings.max_words
    if n_distinct <= default:
        reason = f"the default keeps all there are, {how_many(n_distinct, 'word')}"
        return n_distinct, Advice(f"--max-words {default}", reason)
    needed = int(np.searchsorted(np.cumsum(text.counts), _WORTH_KEEPING * text.words.running)) + 1
    reason = f"all of them; {needed:,} are needed to keep {_WORTH_KEEPING:.0%} of the running words"
    return n_distinct, Advice(f"--max-words {n_distinct}", reason)


def _round_numbers(limit: int) -> Sequence[int]:
    """1, 2 and 5 times a power of ten, from 1,000 up to a limit."""
    powers = [10**exponent for exponent in range(3, max(4, len(str(limit)) + 1))]
    return [times * power for power in powers for times in (1, 2, 5)]


def _advise_dtype(input_dim: int, dtype: str, n_bytes: int) -> Iterator[Advice]:
    """Of a smaller type for indices that take so many bytes in `dtype`."""
    if input_dim - 1 <= _LARGEST_SMALL < np.iinfo(dtype).max:
        small = n_bytes * DTYPES[_SMALL] // DTYPES[dtype]
        reason = (
            f"{how_large(small)} rather than {how_large(n_bytes)}, as indices end at "
            f"{input_dim - 1:,}; PyTorch takes int32 or int64, a batch at a time"
        )
        yield Advice(f"--dtype {_SMALL}", reason)


def _advise_padding(cut: CutFigures) -> Iterator[Advice]:
    if cut.padding:
        reason = (
            f"if an LSTM or a GRU of Keras is to mask the padding, {per_cent(cut.padding)}: cuDNN "
            "takes it at the end alone; else pre, the default, which has words at the last step"
        )
        yield Advice("--padding post", reason)


def _advise_empty(rows: PartFigures) -> Iterator[Advice]:
    """Of rows without a word; where none has any, nothing would be left."""
    n_rows, n_empty = rows.lengths.rows, rows.lengths.empty
    if 0 < n_empty < n_rows:
        reason = (
            f"no word stands in {_rows_of(n_empty, n_rows)}: padding alone, which some layers "
            "cannot mask"
        )
        yield Advice("--drop-empty", reason)


def _advise_duplicates(rows: PartFigures, n_copies: int, *, has_labels: bool) -> Iterator[Advice]:
    """Of rows whose text an earlier one has."""
    n_rows, n_empty = rows.lengths.rows, rows.lengths.empty
    # Of rows without a word, all but one are copies at most.
    if n_copies and n_copies - max(0, n_empty - 1) >= _MANY_REPEATED * n_rows:
        reason = f"an earlier row's text stands again in {_rows_of(n_copies, n_rows)}"
        reason += "; those with the same labels are left out" if has_labels else ""
        yield Advice("--drop-duplicates", reason)


class OutputToAdvise(NamedTuple):
    """What is known of an output: its parts, the training rows first, of which so many have each
    length, marks included. `n_copies` of these have the text of an earlier one, as far as that was
    asked for; `limit` is the option that left words out of the vocabulary, if one of `run` did.
    """

    parts: Sequence[PartFigures]
    rows_of_length: Counter[int]
    words: WordFigures
    vocabulary: Vocabulary
    splits_rows: bool
    n_copies: int
    limit: str | None


def advise_output(output: OutputToAdvise) -> tuple[Advice, ...]:
    """What could be better about an output, if anything."""
    rows, vocabulary = output.parts[0], output.vocabulary
    advice: list[Advice] = []
    if rows.lengths.rows and not output.splits_rows:
        advice += _advise_other_length(rows, output)
    unknown, n_distinct = rows.out_of_vocabulary or 0.0, output.words.distinct
    n_kept = len(vocabulary.words)
    if unknown > _MANY_UNKNOWN and output.limit is not None and n_kept < (n_distinct or 0):
        reason = (
            f"a {'larger' if output.limit == '--max-words' else 'smaller'} one: "
            f"{per_cent(unknown)} of the running words are unknown, as {n_kept:,} of "
            f"{how_many(n_distinct or 0, 'distinct word')} are kept"
        )
        advice.append(Advice(output.limit, reason))
    if rows.cut is not None:
        advice += _advise_dtype(vocabulary.input_dim, vocabulary.rectangle.dtype, rows.cut.n_bytes)
    advice += _advise_empty(rows)
    has_labels = rows.labels is not None
    return (*advice, *_advise_duplicates(rows, output.n_copies, has_labels=has_labels))


def _advise_other_length(rows: PartFigures, output: OutputToAdvise) -> Iterator[Advice]:
    cut = rows.cut
    assert cut is not None
    index_bytes = DTYPES[output.vocabulary.rectangle.dtype]
    n_marks = output.vocabulary.specials.n_marks
    better = _suitable_cut(output.rows_of_length, index_bytes, n_marks)
    n_rows = rows.lengths.rows
    if cut.cut_rows > _MANY_CUT * n_rows and better.max_len > cut.max_len:
        reason = (
            f"{cut.max_len:,} cuts {per_cent(cut.cut_rows / n_rows)} of the rows and loses "
            f"{per_cent(cut.lost_indices / rows.lengths.indices)} of the indices; this would cut "
            f"{per_cent(better.cut_rows / n_rows)}, with {per_cent(better.padding)} padding"
        )
    elif cut.padding > _MUCH_PADDING and better.n_bytes <= _MUCH_PADDING * cut.n_bytes:
        reason = (
            f"{per_cent(cut.padding)} of the cells are padding; this would cut "
            f"{per_cent(better.cut_rows / n_rows)} of the rows, and take "
            f"{how_large(better.n_bytes)} rather than {how_large(cut.n_bytes)}"
        )
    else:
        return
    yield Advice(f"--max-len {better.max_len}", reason)


def _rows_of(n: int, n_rows: int) -> str:
    return f"{how_many(n, 'row')} ({per_cent(n / n_rows)})"
