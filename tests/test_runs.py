"""Words that wait on the disk are counted as if memory had held them all."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from embedprep.dictionary import Dictionary, WordArray, merged, rank, read_words, runs, write_run
from embedprep.engines import ThreadEngine
from embedprep.hashing import Secret
from embedprep.portions import Portion, count_distinct, rank_words, set_aside
from embedprep.spool import Spool
from embedprep.work import Work

words = st.text(st.sampled_from("ab\0é中"), min_size=1, max_size=30)
counted = st.dictionaries(words, st.integers(0, 5), max_size=30)
weak = Secret(np.uint64(1), np.uint64(1))
"""By which the marks of words are not spread evenly."""


def dictionary_of(counts: dict[str, int], secret: Secret) -> Dictionary:
    array = WordArray.of((word.encode() for word in counts), secret)
    return Dictionary(array, np.array(list(counts.values()), np.int64))


def counts_of(dictionary: Dictionary) -> dict[str, int]:
    return dict(zip(dictionary.words.to_text(), dictionary.counts.tolist(), strict=True))


@pytest.mark.parametrize("bytes_at_once", [1, 150, 1 << 20])
@given(counts=counted)
def test_a_run_holds_the_words_and_their_places(bytes_at_once: int, counts: dict[str, int]) -> None:
    secret = Secret.draw()
    with pytest.MonkeyPatch.context() as patched, Spool(Path.cwd(), memory_bytes=0) as spool:
        patched.setattr(runs, "_BYTES_AT_ONCE", bytes_at_once)
        run = write_run(dictionary_of(counts, secret), spool, secret)
        found = {
            word: (place, n)
            for places, some in read_words(run, spool)
            for (word, n), place in zip(counts_of(some).items(), places.tolist(), strict=True)
        }
    assert found == {word: (place, n) for place, (word, n) in enumerate(counts.items())}


@pytest.mark.parametrize("secret", [weak, Secret.draw()], ids=["weak", "drawn"])
@given(
    portions=st.lists(counted, min_size=1, max_size=4),
    bytes_at_once=st.sampled_from([100, 1000, 1 << 20]),
)
def test_runs_are_merged_piece_by_piece(
    secret: Secret, portions: list[dict[str, int]], bytes_at_once: int
) -> None:
    with Spool(Path.cwd(), memory_bytes=500) as spool:
        written = [write_run(dictionary_of(counts, secret), spool, secret) for counts in portions]
        pieces = [counts_of(merge()) for merge in merged(written, spool, secret, bytes_at_once)]
    expected = Counter[str]()
    for counts in portions:
        expected.update(counts)
    assert sum(len(piece) for piece in pieces) == len(expected)  # no word is in two pieces
    assert {word: n for piece in pieces for word, n in piece.items()} == dict(expected)


@given(
    portions=st.lists(counted, min_size=1, max_size=4),
    max_words=st.integers(1, 12),
    min_count=st.integers(0, 3),
)
def test_the_words_of_portions_are_ranked_as_those_of_one(
    portions: list[dict[str, int]], max_words: int, min_count: int
) -> None:
    secret = Secret.draw()
    expected = Counter[str]()
    for counts in portions:
        expected.update(counts)
    whole = dictionary_of(expected, secret)
    best = whole.at(rank(whole, max_words, min_count, ["a"]))
    with Spool(Path.cwd(), memory_bytes=0) as spool, ThreadEngine(2) as engine:
        work = Work(engine, secret, spool)
        waiting = [
            set_aside(Portion(dictionary_of(counts, secret), 0, None, [], []), work)
            for counts in portions
        ]
        ranked = rank_words(waiting, max_words, min_count, ["a"], work)
        assert ranked.words.words.to_text() == best.words.to_text()
        assert ranked.words.counts.tolist() == best.counts.tolist()
        n_distinct = sum(n > 0 for n in expected.values())
        assert ranked.n_distinct == count_distinct(waiting, work) == n_distinct
        assert ranked.kept.lookup is not None
        found = ranked.kept.lookup.find(best.words)
        assert found.tolist() == list(range(best.words.n_words))
