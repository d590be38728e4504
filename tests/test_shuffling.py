"""Do things come into random order, none lost, whatever the chunks and wherever they wait?"""

from __future__ import annotations

from collections import Counter
from itertools import permutations
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from embedprep import shuffling
from embedprep.draws import Stream
from embedprep.shuffling import Buckets, Shuffle
from embedprep.spool import Spool


def shuffled(
    kinds: list[list[int]],
    seed: int = 0,
    chunk: int = 1000,
    memory: int = 1 << 20,
    dtype: Any = np.uint32,
) -> tuple[list[int], ...]:
    """The things of each kind in their new order, and their kinds, brought by chunks."""
    buckets = Buckets.of(sum(map(len, kinds)), len(kinds), seed)
    with Spool(Path("/nowhere") if memory else Path.cwd(), memory) as spool:
        shuffle = Shuffle(buckets, spool)
        for first in range(0, max(map(len, kinds)), chunk):
            for kind, things in enumerate(kinds):
                part = np.array(things[first : first + chunk], dtype)
                shuffle.append(buckets.scatter(part, kind, first))
        made = [shuffle.shuffled(bucket, first) for bucket, first in enumerate(shuffle.firsts)]
    return tuple(np.concatenate(arrays).tolist() for arrays in zip(*made, strict=True))


@pytest.mark.parametrize("dtype", [np.uint32, np.uint64])
@pytest.mark.parametrize("bucket", [1, 2, 1 << 19])
def test_every_order_is_about_equally_likely(
    bucket: int, dtype: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The chi-square test of 2,400 seeds: 23 degrees of freedom, exceeded once in 1,000 by chance.

    With 4 things in 4, in 2 and in 1 bucket; long ones are shuffled in another way than short ones.
    """
    monkeypatch.setattr(shuffling, "BUCKET", bucket)
    seen = Counter(tuple(shuffled([[0, 1], [2, 3]], seed, dtype=dtype)[0]) for seed in range(2400))
    expected = 2400 / 24
    distance = sum((seen[order] - expected) ** 2 for order in permutations(range(4))) / expected
    assert distance < 49.73


@given(
    sizes=st.lists(st.integers(0, 60), min_size=1, max_size=3).filter(any),
    seed=st.integers(0, 2**40),
    chunk=st.integers(4, 61),
    bucket=st.sampled_from([1, 7, 64, 1 << 19]),
)
def test_nothing_is_lost_and_chunks_and_disk_change_nothing(
    sizes: list[int], seed: int, chunk: int, bucket: int
) -> None:
    kinds = [list(range(1000 * kind, 1000 * kind + n)) for kind, n in enumerate(sizes)]
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(shuffling, "BUCKET", bucket)
        things, of_kind = shuffled(kinds, seed)
        assert sorted(things) == [thing for kind in kinds for thing in kind]
        assert [thing // 1000 for thing in things] == of_kind
        assert shuffled(kinds, seed, chunk) == (things, of_kind)
        assert shuffled(kinds, seed, chunk, memory=0) == (things, of_kind)


def test_the_number_of_buckets_follows_from_the_number_of_things() -> None:
    bucket, most = shuffling.BUCKET, shuffling.MOST_BUCKETS
    numbers = [0, 1, bucket, bucket + 1, 2 * bucket + 1, 10**12]
    assert [Buckets.of(n, 2, 0).n_buckets for n in numbers] == [1, 1, 1, 2, 4, most]


def test_many_buckets_hold_about_as_much_each(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(shuffling, "BUCKET", 1000)
    buckets = Buckets.of(1_000_000, 1, 3)
    scattered = buckets.scatter(np.arange(1_000_000, dtype=np.uint32), 0, 0)
    sizes = np.diff(scattered.bounds)
    expected = 1_000_000 / buckets.n_buckets
    assert buckets.n_buckets == 1024
    assert ((sizes - expected) ** 2).sum() / expected < 1168  # 1,023 degrees of freedom, 0.001
    for b in (0, 1023):
        of_bucket = scattered.things[scattered.bounds[b] : scattered.bounds[b + 1]]
        assert (np.diff(of_bucket.astype(np.int64)) > 0).all()


@pytest.mark.parametrize("kind_mask", [0, 3])
def test_ties_are_broken_evenly(kind_mask: int) -> None:
    """Equal random bits must not leave things in their own order."""
    seen: Counter[tuple[int, ...]] = Counter()
    for seed in range(600):
        things = np.arange(5, 8, dtype=np.uint32)
        marks = np.full(3, 64 + kind_mask, np.uint32)
        shuffling.break_ties(things, marks, np.uint32(kind_mask), Stream("test", seed), 0)
        seen[tuple(things.tolist())] += 1
    assert sum((n - 100) ** 2 for n in seen.values()) / 100 < 20.52  # 5 degrees of freedom, 0.001
    assert len(seen) == 6


def test_only_ties_are_broken_and_kinds_stay_with_their_things() -> None:
    marks = np.array([0x07, 0x10, 0x11, 0x1F, 0x20, 0x35, 0x36], np.uint32)
    things = marks + np.uint32(1000)
    shuffling.break_ties(things, marks, np.uint32(0xF), Stream("test", 1), 0)
    assert (marks >> 4).tolist() == [0, 1, 1, 1, 2, 3, 3]
    assert sorted(marks.tolist()) == [0x07, 0x10, 0x11, 0x1F, 0x20, 0x35, 0x36]
    assert (things - marks == 1000).all()


@pytest.mark.parametrize("dtype", [np.uint32, np.uint64])
def test_short_and_long_things_are_shuffled_with_their_kinds(dtype: Any) -> None:
    things: NDArray[Any] = np.array([2**32 - 1, 5, 5, 0, 7], dtype)
    pieces = [things[:1], things[1:2], things[2:]]
    shuffled_, kinds = shuffling.shuffle_kinds(pieces, [2, 0, 3], Stream("test", 3), 10)
    assert shuffled_.dtype == dtype
    assert sorted(zip(shuffled_.tolist(), kinds.tolist(), strict=True)) == [
        (0, 2), (5, 0), (5, 2), (7, 2), (2**32 - 1, 0),
    ]  # fmt: skip
