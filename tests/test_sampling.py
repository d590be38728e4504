"""How often is a word kept, and how often is it drawn?"""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from keras_preprocessing.sequence import make_sampling_table

import embedprep
from embedprep.errors import SettingsError
from embedprep.skipgrams.sampling import Noise, sampling_table, word2vec_table

counts = st.lists(st.integers(0, 10**9), min_size=1, max_size=30).map(lambda c: np.array([0, *c]))


@pytest.mark.parametrize("size", [1, 2, 3, 10, 1000, 50_002])
@pytest.mark.parametrize("factor", [1e-5, 1e-3])
def test_the_table_is_that_of_keras_bit_for_bit(size: int, factor: float) -> None:
    expected = make_sampling_table(size, sampling_factor=factor)
    np.testing.assert_array_equal(sampling_table(size, factor), expected, strict=True)
    assert embedprep.sampling_table is sampling_table


@pytest.mark.parametrize("first_word", [1, 2, 4])
def test_words_that_start_later_are_shifted(first_word: int) -> None:
    keras = make_sampling_table(100)
    table = sampling_table(99 + first_word, first_word=first_word)
    assert table[: first_word + 1].tolist() == [keras[1]] * (first_word + 1)
    assert table[first_word:].tolist() == keras[1:].tolist()


def test_known_entries() -> None:
    table = sampling_table(1001)
    assert table[[0, 1, 10, 1000]].round(6).tolist() == [0.003152, 0.003152, 0.017114, 0.273592]
    assert sampling_table(10**6)[-1] == 1.0


def test_a_table_has_an_entry() -> None:
    with pytest.raises(SettingsError, match="first_word: 0 is less than 1"):
        sampling_table(5, first_word=0)
    with pytest.raises(SettingsError, match=r"sampling_factor: 0.0 is not over 0"):
        sampling_table(5, 0.0)
    with pytest.raises(SettingsError, match="size: 0 is less than 1"):
        sampling_table(0)


def test_word2vec_keeps_rare_words_and_thins_out_frequent_ones() -> None:
    counts = np.array([0, 500, 400, 99, 1])
    t = 1e-3
    expected = [(np.sqrt(f / t) + 1) * t / f for f in (0.5, 0.4, 0.099, 0.001)]
    np.testing.assert_allclose(word2vec_table(counts)[1:], expected, rtol=1e-12)
    assert word2vec_table(counts)[4] == 2.0  # always
    assert np.isfinite(word2vec_table(np.zeros(3, np.int64))).all()


def test_uniform_noise_is_every_index_but_the_padding() -> None:
    noise = Noise.uniform(5)
    assert noise.words_at(np.arange(noise.total)).tolist() == [1, 2, 3, 4]


@given(counts=counts)
def test_unigram_noise_weighs_words_by_their_count_to_three_quarters(
    counts: np.ndarray[tuple[int], np.dtype[np.int64]],
) -> None:
    noise = Noise.unigram(counts)
    words = np.arange(1, len(counts))
    weights, starts = noise.weights(words), noise.starts(words)
    assert weights.sum() == noise.total < 2**36
    assert noise.n_words == np.count_nonzero(counts)
    assert ((weights > 0) == (counts[1:] > 0)).all()
    if noise.total:
        powers = counts[1:] ** 0.75
        np.testing.assert_allclose(weights / noise.total, powers / powers.sum(), atol=1e-9)
    drawn = words[weights > 0]
    first, last = starts[weights > 0], (starts + weights)[weights > 0] - 1
    assert noise.words_at(first).tolist() == noise.words_at(last).tolist() == drawn.tolist()


def test_a_search_is_rarely_needed() -> None:
    noise = Noise.unigram(10**7 // np.arange(1, 50_000))
    assert noise.word_of_bin is not None
    assert np.mean(noise.word_of_bin == 0) < 0.1
