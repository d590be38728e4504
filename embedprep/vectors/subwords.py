"""Which vector does a model of fastText have for a word, also for one that it has never seen?

As in fastText (`FastText::getWordVector`): the mean of the rows of its n-grams, and of its own row
where the dictionary has it. They are summed one by one in float32, the own one first, and the sum
is multiplied by the float32 nearest to 1 / count: the vectors are those of fastText bit for bit.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from embedprep.arrays import Flags, Ints, row_chunks
from embedprep.dictionary import Lookup, WordArray, word_keys
from embedprep.errors import InputError
from embedprep.vectors.fasttext import WORD_BYTES, SubwordModel
from embedprep.vectors.ngrams import Characters, Ngrams
from embedprep.wording import printable, shortened

ROWS_BYTES = 64 << 20
"""Rows of the matrix that are in memory at a time."""


def vectors_of(
    model: SubwordModel, words: Sequence[str]
) -> tuple[NDArray[np.float32], Flags, Flags]:
    """The vector of each word, (words, dim), zeros where it has none.

    Also, (words,) each: whether the dictionary has the word, and whether it has a vector, be it of
    n-grams alone. Raises InputError where the model cannot be read or holds no finite numbers,
    UnicodeEncodeError for a word that holds half a surrogate pair.
    """
    characters = Characters.of(words)
    own_row = _own_rows(model, characters)
    is_known = own_row < model.n_words
    ngrams = Ngrams.of(characters, model.minn, model.maxn)
    summed = _Summed.of(ngrams, own_row[is_known], characters.first[:-1][is_known])
    begins = summed.before[characters.first]  # (words + 1,): where the rows of each word begin

    vectors = np.zeros((len(words), model.dim), np.float32)
    for some in summed.pieces(ROWS_BYTES // (model.dim * 4)):
        start, stop = summed.before[[some.start, some.stop]]
        # The first and the last of these words may have rows in other pieces too.
        first, last = np.searchsorted(begins, start, "right") - 1, np.searchsorted(begins, stop)
        bounds = begins[first : last + 1].clip(start, stop) - start
        _add_rows(vectors[first:last], model, summed.rows(model, some), bounds)

    n_rows = np.diff(begins)  # (words,)
    vectors *= (1 / np.maximum(n_rows, 1)).astype(np.float32)[:, None]
    _check_finite(model, words, vectors)
    return vectors, is_known, n_rows > 0


def _own_rows(model: SubwordModel, characters: Characters) -> Ints:
    """The row of each word in the dictionary, `n_words` where it is not there; (words,).

    The words of the dictionary are looked up among the asked ones, which are fewer as a rule: a
    table of millions of words would take more time and memory than all else. Of equal words in a
    dictionary the first counts.
    """
    text = characters.text
    starts = characters.starts[characters.first[:-1]] + 1
    lengths = characters.starts[characters.first[1:] - 1] - starts
    asked = WordArray(text, starts, lengths, word_keys(text, starts, lengths, model.secret))
    lookup = Lookup(asked, model.secret)

    row = np.full(asked.n_words + 1, model.n_words)  # the last one for words that nobody asked for
    for some in reversed(list(row_chunks(model.n_words, WORD_BYTES))):
        found = lookup.find(model.words.at(some))
        row[found[::-1]] = np.arange(some.start, some.stop)[::-1]
    row[-1] = model.n_words
    return row[lookup.find(asked)]  # one index for words that are asked for twice


class _Summed(NamedTuple):
    """Which rows are summed: at each character those of the n-grams that begin there.

    At the `<` of a known word its own row comes first: `own: (known words,)`, and `known`, of the
    same shape, tells at which characters. `before: (characters + 1,)` counts the rows so far.
    """

    ngrams: Ngrams
    own: Ints
    known: Ints
    before: Ints

    @classmethod
    def of(cls, ngrams: Ngrams, own: Ints, known: Ints) -> _Summed:
        n_rows = ngrams.at.copy()
        n_rows[known] += 1
        return cls(ngrams, own, known, np.append(0, np.cumsum(n_rows)))

    def pieces(self, n_rows: int) -> Iterator[slice]:
        """All characters that have rows, so many at a time as have `n_rows`, one at least."""
        start, end = 0, int(np.searchsorted(self.before, self.before[-1]))
        while start < end:
            stop = int(np.searchsorted(self.before, self.before[start] + n_rows, "right")) - 1
            stop = max(stop, start + 1)
            yield slice(start, stop)
            start = stop

    def rows(self, model: SubwordModel, some: slice) -> Ints:
        """The rows at some of the characters, one behind the other."""
        first, last = self.before[[some.start, some.stop]]
        words = slice(*np.searchsorted(self.known, [some.start, some.stop]))
        is_own = np.zeros(last - first, np.bool_)
        is_own[self.before[self.known[words]] - first] = True

        rows = np.empty(len(is_own), np.int64)
        rows[is_own] = self.own[words]
        hashes = self.ngrams.hashes(some)
        rows[~is_own] = model.n_words + (hashes % np.uint32(model.bucket or 1)).astype(np.int64)
        return rows


def _add_rows(sums: NDArray[np.float32], model: SubwordModel, rows: Ints, bounds: Ints) -> None:
    """Add to the sum of word i, one by one, the rows from `bounds[i]` to `bounds[i + 1] - 1`.

    `sums: (words, dim)`, `bounds: (words + 1,)`.
    """
    distinct, place = np.unique(rows, return_inverse=True)
    table = model.read_rows(distinct)
    n_rows = np.diff(bounds)
    # Those of most rows first: the words that have a row more are always the first ones.
    order = np.argsort(-n_rows, kind="stable")
    starts, growing = bounds[:-1][order], sums[order]
    n_words_with_more = len(order) - np.cumsum(np.bincount(n_rows))
    with np.errstate(over="ignore", invalid="ignore"):  # the vectors are checked
        for i, n in enumerate(n_words_with_more[:-1].tolist()):
            growing[:n] += table[place[starts[:n] + i]]
    sums[order] = growing


def _check_finite(model: SubwordModel, words: Sequence[str], vectors: NDArray[np.float32]) -> None:
    for some in row_chunks(len(words), model.dim * 4):
        is_finite = np.isfinite(vectors[some]).all(axis=1)
        if not is_finite.all():
            word = printable(shortened(words[some.start + int(is_finite.argmin())]))
            raise InputError(
                model.place,
                f"holds numbers that are not finite, in the vector of {word!r}",
                "copy it again; if it stays so, train it again with a lower learning rate",
            )
