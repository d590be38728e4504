"""Does each thing have its own draws, whatever it is drawn with?"""

from __future__ import annotations

from functools import partial

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from embedprep.draws import Stream, below


@given(first=st.integers(0, 2**50), n=st.integers(1, 40), seed=st.integers(0, 9))
def test_a_draw_belongs_to_its_number(first: int, n: int, seed: int) -> None:
    stream = Stream("test", seed)
    halves = partial(stream.short_bits, dtype=np.uint32)
    for draw in (stream.bits, halves, partial(stream.short_bits, dtype=np.uint8), stream.fractions):
        together = draw(first, n)
        assert together.tolist() == [draw(number, 1)[0] for number in range(first, first + n)]
    numbers = np.arange(first, first + n)
    assert stream.bits_at(numbers[::-1]).tolist() == stream.bits_at(numbers)[::-1].tolist()
    assert (stream.bits(first, n) != Stream("other", seed).bits(first, n)).all()
    assert (stream.bits(first, n) != Stream("test", seed + 1).bits(first, n)).all()


def test_draws_are_the_same_in_every_release() -> None:
    stream = Stream("test", 7)
    assert stream.bits(0, 2).tolist() == [12900542026017793088, 15866924772311643685]
    assert stream.order(0, 6).tolist() == [2, 4, 5, 0, 1, 3]
    assert stream.short_bits(1, 3, np.uint16).tolist() == [26313, 61087, 45831]
    assert stream.bits_at(np.array([5, 0])).tolist() == [8475624141395982417, 6076442942697171001]
    assert below(10, stream.fractions(0, 5)).tolist() == [6, 8, 0, 9, 5]
    assert stream.below(10, 0, 5).tolist() == [4, 6, 5, 8, 5]


def test_whole_numbers_are_drawn_with_equal_chances() -> None:
    """A quarter of all 32-bit draws would favour some of these numbers and is drawn again."""
    limit = 3 << 30
    numbers = Stream("test", 1).below(limit, 5, 90_000)
    assert numbers.max() < limit
    # Without that, the numbers that are 0 modulo 3 would be half of all.
    seen = np.bincount(numbers % 3)
    assert ((seen - 30_000) ** 2 / 30_000).sum() < 13.82  # 2 degrees of freedom, 0.001
    seen = np.bincount(numbers >> 30)
    assert ((seen - 30_000) ** 2 / 30_000).sum() < 13.82
    assert Stream("test", 1).below(limit, 7, 9).tolist() == numbers[2:11].tolist()


def test_the_largest_fraction_stays_below_every_limit() -> None:
    largest = np.full(1, 1 - 2.0**-52)
    for limit in (1, 3, 2**31 - 1, 2**31, 2**36 + 1, 2**51):
        assert below(limit, largest).tolist() == [limit - 1]
        assert below(np.array([limit]), largest).tolist() == [limit - 1]
