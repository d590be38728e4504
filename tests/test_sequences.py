"""Are rows filled and cut as by their twin and by Keras?"""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from fractions import Fraction

import numpy as np
import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from keras_preprocessing import sequence as keras

from embedprep import pad_sequences
from embedprep.arrays import row_chunks, starts_of
from embedprep.errors import SettingsError
from embedprep.rectangle import DTYPES, Rectangle, choose_max_len, parse_max_len
from embedprep.sequences import Windows, pad, pad_between_marks, unfold_lengths, unfold_rows
from embedprep.specials import Specials
from tests import twins

sequences = st.lists(st.lists(st.integers(1, 127), max_size=9), max_size=9)
sides = st.sampled_from(["pre", "post"])


@st.composite
def rectangles(draw: st.DrawFn) -> Rectangle:
    return Rectangle(
        draw(st.integers(1, 12)), draw(sides), draw(sides), draw(st.sampled_from(list(DTYPES)))
    )


@given(
    rows=sequences,
    shape=rectangles(),
    bos=st.none() | st.just(100),
    eos=st.none() | st.just(101),
)
@example(rows=[[], [1], [1, 2]], shape=Rectangle(1), bos=100, eos=101)
def test_words_are_laid_between_marks_as_by_the_twin(
    rows: list[list[int]], shape: Rectangle, bos: int | None, eos: int | None
) -> None:
    specials = Specials(1, bos, eos)
    shape = replace(shape, max_len=shape.max_len + specials.n_marks)
    indices = np.array([i for row in rows for i in row], shape.dtype)
    lengths = np.array([len(row) for row in rows], np.int32)
    around = ([bos] if bos else [], [eos] if eos else [])
    expected = [
        twins.frame(row, around, shape.max_len, shape.padding, shape.truncating) for row in rows
    ]
    found = pad_between_marks(indices, lengths, shape, specials)
    assert found.tolist() == expected
    assert found.shape == (len(rows), shape.max_len)
    assert found.dtype == shape.dtype


@pytest.mark.parametrize(
    ("padding", "truncating", "expected"),
    [
        ("pre", "pre", [[0, 0, 8, 9], [0, 8, 2, 9], [8, 4, 5, 9]]),
        ("pre", "post", [[0, 0, 8, 9], [0, 8, 2, 9], [8, 3, 4, 9]]),
        ("post", "pre", [[8, 9, 0, 0], [8, 2, 9, 0], [8, 4, 5, 9]]),
        ("post", "post", [[8, 9, 0, 0], [8, 2, 9, 0], [8, 3, 4, 9]]),
    ],
)
def test_a_row_that_is_cut_keeps_its_marks(
    padding: str, truncating: str, expected: list[list[int]]
) -> None:
    words, lengths = np.array([2, 3, 4, 5]), np.array([0, 1, 3])
    shape = Rectangle(4, padding, truncating)
    found = pad_between_marks(words, lengths, shape, Specials(1, bos=8, eos=9))
    assert found.tolist() == expected


@given(
    rows=st.lists(st.lists(st.integers(-3, 5), max_size=6), max_size=6),
    values=st.lists(st.lists(st.integers(0, 5), max_size=3), min_size=3, max_size=3),
)
@example(rows=[[-1], [], [1, -2, -3]], values=[[], [4, 5], [3]])
def test_rows_are_unfolded_as_by_hand(rows: list[list[int]], values: list[list[int]]) -> None:
    expected = [[i for n in row for i in ([n] if n >= 0 else values[-1 - n])] for row in rows]
    indices = np.array([n for row in rows for n in row], np.int32)
    lengths = np.array([len(row) for row in rows], np.int32)
    flat = np.array([i for row in values for i in row], np.int32)
    value_lengths = np.array([len(row) for row in values])
    unfolded = unfold_rows(indices, lengths, flat, starts_of(value_lengths), value_lengths)
    assert unfolded[0].tolist() == [i for row in expected for i in row]
    assert unfolded[1].tolist() == [len(row) for row in expected]
    assert unfold_lengths(indices, lengths, value_lengths).tolist() == unfolded[1].tolist()


@given(rows=sequences, shape=rectangles(), value=st.integers(0, 9))
@example(rows=[[], [1]], shape=Rectangle(3), value=0)
def test_ragged_indices_are_padded_as_by_the_twin(
    rows: list[list[int]], shape: Rectangle, value: int
) -> None:
    indices = np.array([i for row in rows for i in row], np.int32)
    lengths = np.array([len(row) for row in rows], np.int32)
    padded = pad(indices.astype(shape.dtype), lengths, shape, value)
    assert padded.tolist() == [
        twins.pad(row, shape.max_len, shape.padding, shape.truncating, value) for row in rows
    ]
    assert padded.shape == (len(rows), shape.max_len)
    assert padded.dtype == shape.dtype
    assert padded.flags.c_contiguous


@given(
    rows=sequences, shape=rectangles(), stride=st.integers(0, 11), row_bytes=st.integers(1, 1 << 22)
)
@example(rows=[[1, 2, 3, 4], [], [5]], shape=Rectangle(2), stride=1, row_bytes=1 << 21)
def test_rows_are_split_some_windows_at_a_time_as_by_the_twin(
    rows: list[list[int]], shape: Rectangle, stride: int, row_bytes: int
) -> None:
    room = shape.max_len
    stride = min(stride, room - 1)
    cut = [
        (number, window)
        for number, row in enumerate(rows)
        for window in twins.windows(row, room, stride)
    ]
    indices = np.array([i for row in rows for i in row], np.int32)
    windows = Windows.of(np.array([len(row) for row in rows], np.int32), room, stride)
    assert windows.n_windows == len(cut)
    for some in row_chunks(len(cut), row_bytes):
        starts, lengths, of_row = windows.at(some)
        assert of_row.tolist() == [number for number, _ in cut[some]]
        assert lengths.tolist() == [len(window) for _, window in cut[some]]
        padded = pad(indices, lengths, shape, starts=starts)
        assert padded.tolist() == [
            twins.pad(window, room, shape.padding, shape.truncating) for _, window in cut[some]
        ]


@given(
    rows=sequences.filter(bool),
    shape=rectangles(),
    is_longest=st.booleans(),
    value=st.integers(0, 9),
)
def test_pad_sequences_equals_that_of_keras(
    rows: list[list[int]], shape: Rectangle, is_longest: bool, value: int
) -> None:
    max_len = None if is_longest else shape.max_len
    settings = (max_len, shape.dtype, shape.padding, shape.truncating, value)
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(np, "unicode_", np.str_, raising=False)  # gone from NumPy 2
        theirs = keras.pad_sequences(rows, *settings)
    if is_longest and not any(rows):
        theirs = np.full((len(rows), 1), value, shape.dtype)  # Keras makes no column at all
    ours = pad_sequences(rows, *settings)
    assert ours.tolist() == theirs.tolist()
    assert ours.dtype == theirs.dtype
    assert ours.shape == theirs.shape


@pytest.mark.parametrize(
    ("padding", "truncating", "rows"),
    [
        ("pre", "pre", [[3, 4, 5], [0, 0, 6], [0, 0, 0]]),
        ("pre", "post", [[1, 2, 3], [0, 0, 6], [0, 0, 0]]),
        ("post", "pre", [[3, 4, 5], [6, 0, 0], [0, 0, 0]]),
        ("post", "post", [[1, 2, 3], [6, 0, 0], [0, 0, 0]]),
    ],
)
def test_sides(padding: str, truncating: str, rows: list[list[int]]) -> None:
    padded = pad_sequences([[1, 2, 3, 4, 5], [6], []], 3, padding=padding, truncating=truncating)
    assert padded.tolist() == rows


def test_sequences_may_be_arrays_tuples_or_come_one_by_one() -> None:
    several = (np.array([1, 2], np.int8), (3,), range(4, 7))
    assert pad_sequences(iter(several)).tolist() == [[0, 1, 2], [0, 0, 3], [4, 5, 6]]


def test_no_sequences_give_no_rows() -> None:
    assert pad_sequences([]).shape == (0, 1)
    assert pad_sequences([], maxlen=7).shape == (0, 7)


@pytest.mark.parametrize(
    ("settings", "option"),
    [
        ({"maxlen": 0}, "--max-len"),
        ({"maxlen": -1}, "--max-len"),
        ({"padding": "left"}, "--padding"),
        ({"truncating": ""}, "--truncating"),
    ],
)
def test_wrong_settings_are_refused(settings: dict[str, object], option: str) -> None:
    with pytest.raises(SettingsError) as caught:
        pad_sequences([[1]], **settings)  # type: ignore[arg-type]
    assert caught.value.place == option
    assert isinstance(caught.value, ValueError)


@given(
    rows=st.lists(st.integers(0, 12), min_size=1, max_size=30),
    hundredths=st.integers(0, 10_000),
)
@example(rows=[0], hundredths=10_000)
@example(rows=list(range(1, 101)), hundredths=9900)
def test_a_percentile_is_the_least_length_that_keeps_so_many_rows_whole(
    rows: list[int], hundredths: int
) -> None:
    asked = parse_max_len(f"p{hundredths // 100}.{hundredths % 100:02}")
    assert asked == Fraction(hundredths, 10_000)
    lengths = range(1, max(1, *rows, 1) + 1)
    whole = {length: sum(row <= length for row in rows) for length in lengths}
    least = next(n for n in lengths if whole[n] * 10_000 >= hundredths * len(rows))
    assert choose_max_len(asked, Counter(rows)) == least


@given(rows=st.lists(st.integers(0, 12), min_size=1, max_size=30))
def test_max_is_the_longest_row_and_at_least_one(rows: list[int]) -> None:
    assert choose_max_len(parse_max_len("max"), Counter(rows)) == max([1, *rows])
    assert choose_max_len(parse_max_len("7"), Counter(rows)) == 7


@pytest.mark.parametrize(
    ("text", "meaning"),
    [
        ("1", 1),
        ("128", 128),
        ("max", None),
        ("p0", Fraction(0)),
        ("p99", Fraction(99, 100)),
        ("p99.95", Fraction(9995, 10_000)),
        ("p100", Fraction(1)),
    ],
)
def test_what_max_len_may_say(text: str, meaning: int | Fraction | None) -> None:
    assert parse_max_len(text) == meaning


@pytest.mark.parametrize(
    "text",
    [
        "0",
        "-1",
        "",
        "1.5",
        "p",
        "p101",
        "p100.1",
        "p-1",
        "99p",
        "P99",
        "Max",
        "1e3",
        " 7",
        "٣",
        "p٩",
    ],
)
def test_what_max_len_may_not_say(text: str) -> None:
    with pytest.raises(SettingsError) as caught:
        parse_max_len(text)
    assert caught.value.place == "--max-len"
    assert caught.value.exit_status == 2


def test_a_length_may_be_a_number_of_numpy() -> None:
    assert pad_sequences([[1, 2], [3]], maxlen=np.int64(1)).tolist() == [[2], [3]]


@pytest.mark.parametrize(("number", "dtype"), [(2**40, "int32"), (300, "uint8"), (-1, "uint16")])
def test_a_number_that_the_dtype_cannot_hold_is_refused(number: int, dtype: str) -> None:
    with pytest.raises(OverflowError, match=dtype):
        pad_sequences([[1], [number]], dtype=dtype)


def test_large_numbers_stay_as_they_are() -> None:
    rows = pad_sequences([np.array([2**60 + 1], np.uint64), []], dtype="int64")
    assert rows.tolist() == [[2**60 + 1], [0]]


def test_numbers_may_be_floats() -> None:
    rows = pad_sequences([[0.5], [1.5, 2.5]], dtype="float32", value=-1)
    assert rows.dtype == np.float32
    assert rows.tolist() == [[-1, 0.5], [1.5, 2.5]]
