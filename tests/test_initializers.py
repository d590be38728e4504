"""Does a word begin with the vector that its seed and it alone decide, spread as it should be?"""

from __future__ import annotations

import math
from random import Random
from statistics import NormalDist

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from embedprep import arrays
from embedprep.initializers import (
    Initializer,
    initial_rows,
    normal_quantiles,
    standard_normal,
    standard_uniform,
    word_seeds,
)
from tests.texts import characters

WORDS = [f"word{n}" for n in range(2000)]


UNIFORM = [
    [0.010096538811922073, 0.03074738197028637, -0.0320352241396904],
    [-0.011826016940176487, 0.04721216484904289, -0.048928868025541306],
]
NORMAL = [
    [0.012792333960533142, 0.04343124106526375, -0.04583541303873062],
    [-0.015045726671814919, 0.09564661979675293, -0.11502259969711304],
]


def test_the_first_vectors_of_words_never_change() -> None:
    """Another value here would give every user other vectors."""
    uniform = initial_rows(["the", "北京"], 3, Initializer())
    assert uniform.dtype == np.float32
    assert uniform.tolist() == UNIFORM
    normal = initial_rows(["the", "北京"], 3, Initializer("normal"))
    np.testing.assert_allclose(normal, NORMAL, rtol=1e-6)  # a logarithm may differ in its last bit
    assert initial_rows(["the", "北京"], 3, Initializer("zeros")).tolist() == [[0] * 3] * 2
    assert initial_rows([], 3, Initializer()).shape == (0, 3)


def test_numbers_are_those_of_splitmix64() -> None:
    """The first five of the published generator with the seed 1234567."""
    published = [
        *(6457827717110365317, 3203168211198807973, 9817491932198370423),
        *(4593380528125082431, 16408922859458223821),
    ]
    expected = [((bits >> 12) + 0.5) / 2**51 - 1 for bits in published]
    assert standard_uniform(np.array([1234567], np.uint64), 5).tolist() == [expected]


def test_both_kinds_come_from_the_same_numbers() -> None:
    seeds = word_seeds(WORDS[:50], 7)
    shares = (standard_uniform(seeds, 20) + 1) / 2
    np.testing.assert_allclose(standard_normal(seeds, 20), normal_quantiles(shares), atol=1e-12)


def test_a_shorter_vector_is_the_beginning_of_a_longer() -> None:
    for name in ("uniform", "normal"):
        long = initial_rows(WORDS, 40, Initializer(name, 3))
        np.testing.assert_array_equal(initial_rows(WORDS, 7, Initializer(name, 3)), long[:, :7])


words = st.lists(st.text(characters, min_size=1, max_size=20), min_size=1, unique=True)


@given(words, st.integers(0, 2**70), st.randoms(use_true_random=False))
def test_a_vector_is_that_of_its_word_wherever_it_stands(
    some: list[str], seed: int, random: Random
) -> None:
    order = list(range(len(some)))
    random.shuffle(order)
    for name in ("uniform", "normal"):
        initializer = Initializer(name, seed)
        rows = initial_rows(some, 5, initializer)
        moved = initial_rows([some[i] for i in order], 5, initializer)
        np.testing.assert_array_equal(moved, rows[order])
        alone = initial_rows(some[:1], 5, initializer)
        np.testing.assert_array_equal(alone, rows[:1])
        assert len({row.tobytes() for row in rows}) == len(some)
        assert not np.array_equal(rows, initial_rows(some, 5, initializer._replace(seed=seed + 1)))


def test_rows_are_the_same_in_any_chunks(monkeypatch: pytest.MonkeyPatch) -> None:
    rows = initial_rows(WORDS, 9, Initializer("normal"))
    monkeypatch.setattr(arrays, "CHUNK_BYTES", 1000)
    np.testing.assert_array_equal(initial_rows(WORDS, 9, Initializer("normal")), rows)


def greatest_gap(values: NDArray[np.float64], shares: NDArray[np.float64]) -> float:
    """Kolmogorov's statistic: how far the share of values up to each is from what it should be."""
    n = len(values)
    steps = np.arange(n + 1) / n
    return float(max(np.abs(steps[1:] - shares).max(), np.abs(steps[:-1] - shares).max()))


def test_uniform_numbers_are_evenly_spread() -> None:
    rows = initial_rows(WORDS, 50, Initializer("uniform", 1))
    assert np.abs(rows).max() <= np.float32(0.05)
    values = np.sort(rows.reshape(-1).astype(np.float64))
    limit = 1.63 / math.sqrt(len(values))  # one draw in a hundred is farther off
    assert greatest_gap(values, (values / 0.05 + 1) / 2) < limit
    assert np.abs(rows.mean(axis=0)).max() < 4.5 * 0.05 / math.sqrt(3 * len(WORDS))


def test_normal_numbers_are_normally_spread() -> None:
    rows = initial_rows(WORDS, 50, Initializer("normal", 1))
    values = np.sort(rows.reshape(-1).astype(np.float64)) / 0.05
    assert abs(values.mean()) < 3 / math.sqrt(len(values))
    assert abs(values.std() - 1) < 3 / math.sqrt(2 * len(values))
    shares = np.array([(1 + math.erf(value / math.sqrt(2))) / 2 for value in values])
    assert greatest_gap(values, shares) < 1.63 / math.sqrt(len(values))


def test_neighbouring_words_and_dimensions_have_nothing_in_common() -> None:
    numbers = standard_normal(word_seeds(WORDS, 0), 64)
    for some in (numbers, numbers.T):
        correlations = np.corrcoef(some) - np.eye(len(some))
        assert np.abs(correlations).max() < 6 / math.sqrt(some.shape[1])


def test_the_ends_of_the_range_are_never_reached() -> None:
    seeds = word_seeds(WORDS, 5)
    assert np.abs(standard_uniform(seeds, 100)).max() < 1
    assert np.isfinite(standard_normal(seeds, 100)).all()
    least = np.array([0.5, 2.0**52 - 0.5]) * 2.0**-52  # the smallest and the largest fraction
    np.testing.assert_allclose(normal_quantiles(least), [-8.209536151601387, 8.209536151601387])


def test_quantiles_are_those_of_the_standard_library() -> None:
    inverse = NormalDist().inv_cdf
    bounds = [0.075, 0.925, math.exp(-25), 1e-300, 5e-16]  # where one formula follows another
    fractions = [*(10.0**-n for n in range(1, 300, 7)), *(n / 997 for n in range(1, 997))]
    fractions += [1 - 10.0**-n for n in range(1, 16)]
    fractions += [bound * (1 + n * 1e-15) for bound in bounds for n in range(-3, 4)]
    expected = [inverse(fraction) for fraction in fractions]
    quantiles = normal_quantiles(np.array(fractions))
    np.testing.assert_allclose(quantiles, expected, rtol=1e-14, atol=1e-14)


@given(st.floats(0, 1, exclude_min=True, exclude_max=True))
def test_any_quantile_is_that_of_the_standard_library(fraction: float) -> None:
    expected = NormalDist().inv_cdf(fraction)
    np.testing.assert_allclose(normal_quantiles(np.array([fraction])), [expected], rtol=1e-14)
