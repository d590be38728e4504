"""Does each thing have its own draws, whatever it is drawn with?"""

from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from embedprep.draws import Stream, below


@given(first=st.integers(0, 2**50), n=st.integers(1, 40), seed=st.integers(0, 9))
def test_a_draw_belongs_to_its_number(first: int, n: int, seed: int) -> None:
    stream = Stream("test", seed)
    for draw in (stream.bits, stream.short_bits, stream.fractions):
        together = draw(first, n)
        assert together.tolist() == [draw(number, 1)[0] for number in range(first, first + n)]
    assert (stream.bits(first, n) != Stream("other", seed).bits(first, n)).all()
    assert (stream.bits(first, n) != Stream("test", seed + 1).bits(first, n)).all()


def test_draws_are_the_same_in_every_release() -> None:
    stream = Stream("test", 7)
    assert stream.bits(0, 2).tolist() == [12900542026017793088, 15866924772311643685]
    assert stream.order(0, 6).tolist() == [2, 4, 5, 0, 1, 3]
    assert below(10, stream.fractions(0, 5)).tolist() == [6, 8, 0, 9, 5]


def test_the_largest_fraction_stays_below_every_limit() -> None:
    largest = np.full(1, 1 - 2.0**-52)
    for limit in (1, 3, 2**31 - 1, 2**31, 2**36 + 1, 2**51):
        assert below(limit, largest).tolist() == [limit - 1]
        assert below(np.array([limit]), largest).tolist() == [limit - 1]
