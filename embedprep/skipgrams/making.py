"""Which pairs do the rows of a file make, some rows at a time?

Each draw belongs to a numbered occurrence or pair: first all are counted, which gives each chunk of
rows its numbers, then they are made. Nothing but the settings and the length of a row decides how
many rows are a chunk, so that threads do not change what is drawn.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from embedprep.arrays import Ints, dtype_for, free_indices
from embedprep.encoded import EncodedRows
from embedprep.engines import Engine, in_turn
from embedprep.skipgrams.negatives import NegativeRule, draw_negatives
from embedprep.skipgrams.neighbours import Targets, WindowRule, find_targets, pair_up
from embedprep.skipgrams.sampling import Noise, sampling_table, word2vec_table
from embedprep.skipgrams.settings import SkipgramSettings
from embedprep.specials import PAD_INDEX
from embedprep.vocabulary import Vocabulary

PAIRS_AT_ONCE = 1 << 20
"""As many pairs as a chunk of rows makes at most. With half as many, threads wait for each other
more often, which takes 8 % longer; twice as many leave the caches. Another number would bring the
pairs into another order.
"""


class Rules(NamedTuple):
    """Which pairs rows of indices below `input_dim` make."""

    windows: WindowRule
    negatives: NegativeRule
    input_dim: int

    def targets(self, rows: EncodedRows, chunk: slice) -> Targets:
        """The targets in some of the rows."""
        ids = rows.read(chunk, self.input_dim)
        return find_targets(ids, chunk.start, self.input_dim, self.windows)


def make_rules(
    rows: EncodedRows, vocabulary: Vocabulary, settings: SkipgramSettings, engine: Engine
) -> Rules:
    """The rules that the settings stand for; where counts matter, the rows are read for them."""
    input_dim = vocabulary.input_dim
    kept, noise = None, Noise.uniform(input_dim)
    if settings.sampling == "keras":
        [first_word] = free_indices(vocabulary.specials.by_name.values(), 1).tolist()
        kept = sampling_table(input_dim, first_word=first_word)
    if settings.needs_counts:
        counts = _count_indices(rows, input_dim, engine)
        if settings.sampling == "word2vec":
            kept = word2vec_table(counts)
        if settings.draws_by_count:
            noise = Noise.unigram(counts)
    return Rules(WindowRule.of(settings, kept), NegativeRule.of(settings, noise), input_dim)


def _count_indices(rows: EncodedRows, input_dim: int, engine: Engine) -> Ints:
    """How often each index occurs in the rows, (input_dim,), that of the padding 0 times."""

    def count(chunk: slice) -> Ints:
        return np.bincount(rows.read(chunk, input_dim).ravel(), minlength=input_dim)

    counts = np.zeros(input_dim, np.int64)
    for of_chunk in in_turn(engine, count, [(chunk,) for chunk in rows.chunks(0)]):
        counts += of_chunk
    counts[PAD_INDEX] = 0
    return counts


class Chunk(NamedTuple):
    """Some rows: how many targets and positive pairs they have, how many negative pairs are due to
    them, and how many of these are left out, as no context is left to them.

    `firsts` are the numbers of the first positive pair and of the first negative one that is due.
    """

    rows: slice
    n_targets: int
    n_positives: int
    n_due: int
    may_leave_out: bool
    firsts: tuple[int, int] = (0, 0)
    n_left_out: int = 0

    @property
    def n_negatives(self) -> int:
        return self.n_due - self.n_left_out


def plan_chunks(
    rows: EncodedRows, rules: Rules, settings: SkipgramSettings, engine: Engine
) -> list[Chunk]:
    """All rows, so many at a time as make some megabytes of pairs, one at least."""

    def count(chunk: slice) -> Chunk:
        targets = rules.targets(rows, chunk)
        n_positives = targets.n_of_row
        n_due = int(rules.negatives.n_of_rows(n_positives).sum())
        may_leave_out = rules.negatives.may_leave_out(n_positives)
        return Chunk(chunk, targets.n_targets, int(n_positives.sum()), n_due, may_leave_out)

    def count_left_out(chunk: Chunk) -> Chunk:
        if not chunk.may_leave_out:
            return chunk
        targets = rules.targets(rows, chunk.rows)
        words, _ = draw_negatives(targets, rules.negatives, chunk.firsts)
        return chunk._replace(n_left_out=chunk.n_due - len(words))

    most_pairs = rows.length * 2 * min(settings.window, rows.length) * (1 + settings.negative)
    rows_at_once = max(1, int(PAIRS_AT_ONCE / max(1, most_pairs)))
    slices = [
        slice(first, min(first + rows_at_once, rows.n_rows))
        for first in range(0, rows.n_rows, rows_at_once)
    ]
    chunks: list[Chunk] = []
    firsts = (0, 0)
    for chunk in in_turn(engine, count, ((some,) for some in slices)):
        chunks.append(chunk._replace(firsts=firsts))
        firsts = (firsts[0] + chunk.n_positives, firsts[1] + chunk.n_due)
    return list(in_turn(engine, count_left_out, ((chunk,) for chunk in chunks)))


def make_pairs(rows: EncodedRows, rules: Rules, chunk: Chunk) -> tuple[NDArray[Any], NDArray[Any]]:
    """The negative and the positive pairs of some rows, as `unpack_pairs` takes them."""
    targets = rules.targets(rows, chunk.rows)
    packed = _packed(rules.input_dim)
    of_target = targets.words.astype(packed)
    positives = pair_up(targets, of_target, _as_contexts(targets.flat.astype(packed)))
    if not chunk.n_negatives:
        return positives[:0], positives
    words, contexts = draw_negatives(targets, rules.negatives, chunk.firsts)
    negatives = _as_contexts(contexts.astype(packed, copy=False))
    negatives |= words
    return negatives, positives


def unpack_pairs(packed: NDArray[Any]) -> NDArray[np.int32]:
    """The target and the context of each pair, (pairs, 2): the low and the high half of a number
    that is moved as one.
    """
    half = packed.dtype.itemsize // 2
    halves = packed.astype(f"<u{2 * half}", copy=False).view(f"<u{half}")
    return halves.reshape(-1, 2).astype(np.int32)


def _as_contexts(indices: NDArray[Any]) -> NDArray[Any]:
    """Indices moved to the high half of a pair, in place."""
    indices <<= indices.dtype.type(indices.dtype.itemsize * 4)
    return indices


def _packed(input_dim: int) -> type[np.uint32] | type[np.uint64]:
    return np.uint32 if dtype_for(input_dim) is np.uint16 else np.uint64
