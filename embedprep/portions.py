"""Which words do the portions of a text hold together?

A text is counted as one portion where memory holds its dictionary, else as several, each with a
dictionary of its own that waits in the spool. Counts of portions add up, so that the words that are
kept do not depend on where the text was cut.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from functools import partial
from typing import NamedTuple, TypeAlias

import numpy as np

from embedprep.arrays import Ints
from embedprep.dictionary import (
    Dictionary,
    Lookup,
    Run,
    WordArray,
    best_of,
    empty_dictionary,
    merged,
    rank,
    write_run,
)
from embedprep.engines import in_turn
from embedprep.hashing import Secret
from embedprep.spool import OnDisk, Record
from embedprep.unfolding import Unfolding
from embedprep.work import Work

_BYTES_AT_ONCE = 8 << 20
"""Of distinct words, merged together."""

Piece: TypeAlias = Callable[[], Dictionary]
"""Some of the words of a text, when it is called."""


class Portion(NamedTuple):
    """Some blocks of a text that share a dictionary, and how their ids lead into it.

    A word's *place* is where it stands in the dictionary, whose counts are those of the training
    rows. In the spool are the places of the words of each table, `tables`, and of the words that
    each block added, `own_records`. Where the blocks are encoded by stretches, these have the
    places, and `unfolding` tells the words of each.
    """

    words: Dictionary | Run
    n_running: int
    unfolding: Unfolding | Record | None
    tables: list[Record] | OnDisk
    own_records: list[Record] | OnDisk


def set_aside(portion: Portion, work: Work) -> Portion:
    """The same portion with its words in the spool."""
    words, unfolding = portion.words, portion.unfolding
    if isinstance(words, Dictionary):
        words = write_run(words, work.spool, work.secret)
    if isinstance(unfolding, Unfolding):
        narrow = [unfolding.words.astype(np.uint32), unfolding.lengths.astype(np.uint32)]
        unfolding = work.spool.append(narrow)
    tables, own_records = (
        records
        if isinstance(records, OnDisk)
        else work.spool.append_items([work.spool.settled(record) for record in records])
        for records in (portion.tables, portion.own_records)
    )
    return Portion(words, portion.n_running, unfolding, tables, own_records)


class Kept(NamedTuple):
    """Words that have an index, in its order: found by a `lookup`, or by their `places` in the
    dictionary of the only portion, (words,).
    """

    n_words: int
    lookup: Lookup | None = None
    places: Ints | None = None


def none_kept(secret: Secret) -> Kept:
    """No word: all are unknown, so that rows tell nothing but how many words they have."""
    return Kept(0, Lookup(WordArray.of([], secret), secret))


class RankedWords(NamedTuple):
    """The most frequent words, counted, in their order; where to find them in the portions; and
    how many distinct ones the training rows hold.
    """

    words: Dictionary
    kept: Kept
    n_distinct: int


def rank_words(
    portions: Sequence[Portion],
    max_words: int,
    min_count: int,
    unranked: Sequence[str],
    work: Work,
) -> RankedWords:
    """The `max_words` most frequent words of all portions; see `rank`."""
    first = portions[0].words
    if len(portions) == 1 and isinstance(first, Dictionary):
        places = rank(first, max_words, min_count, unranked)
        kept = Kept(len(places), places=places)
        return RankedWords(first.at(places), kept, first.n_counted)

    pieces = pieces_of(portions, work)
    ranked, n_distinct = rank_pieces(pieces, max_words, min_count, unranked, work)
    lookup = Lookup(ranked.words, work.secret)
    return RankedWords(ranked, Kept(lookup.n_words, lookup), n_distinct)


def rank_pieces(
    pieces: Iterable[tuple[Piece]],
    max_words: int,
    min_count: int,
    unranked: Sequence[str],
    work: Work,
) -> tuple[Dictionary, int]:
    """The `max_words` most frequent words of pieces, no two of which share one, in their order;
    and how many words occur in all of them.
    """

    def best_of_piece(piece: Piece) -> tuple[Dictionary, int]:
        words = piece()
        return best_of([words], max_words, min_count, unranked), words.n_counted

    ranked, n_distinct = empty_dictionary(work.secret), 0
    for words, n_words in in_turn(work.engine, best_of_piece, pieces):
        n_distinct += n_words
        ranked = best_of([ranked, words], max_words, min_count, unranked)
    return ranked, n_distinct


def count_distinct(portions: Sequence[Portion], work: Work) -> int:
    """How many distinct words the training rows hold."""

    def count_piece(piece: Piece) -> int:
        return piece().n_counted

    return sum(in_turn(work.engine, count_piece, pieces_of(portions, work)))


def pieces_of(portions: Sequence[Portion], work: Work) -> Iterator[tuple[Piece]]:
    """The words of portions, in pieces that are still to be made, no two of which share one."""
    first = portions[0].words
    if len(portions) == 1 and isinstance(first, Dictionary):
        yield (partial(Dictionary, *first),)
        return
    runs = [portion.words for portion in portions if isinstance(portion.words, Run)]
    assert len(runs) == len(portions)
    for piece in merged(runs, work.spool, work.secret, _BYTES_AT_ONCE):
        yield (piece,)
