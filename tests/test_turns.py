"""Is work given back in order, and only so much of it begun?"""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from embedprep.engines import ThreadEngine, in_turn


@pytest.mark.parametrize("jobs", [1, 2, 5])
def test_results_come_in_order_and_few_wait(jobs: int) -> None:
    asked = 0

    def numbers() -> Iterator[tuple[int, int]]:
        nonlocal asked
        for number in range(50):
            asked += 1
            yield number, 2

    with ThreadEngine(jobs) as engine:
        for taken, result in enumerate(in_turn(engine, pow, numbers())):
            assert result == taken**2
            assert asked <= taken + 1 + 2 * jobs
    assert asked == 50


def test_an_error_ends_it_in_its_turn() -> None:
    with ThreadEngine(2) as engine:
        results = in_turn(engine, int, [("1",), ("2",), ("three",), ("4",)])
        assert [next(results), next(results)] == [1, 2]
        with pytest.raises(ValueError, match="three"):
            next(results)
