"""Are decimals that are read at once the doubles that `float` gives?"""

from __future__ import annotations

import re
from collections.abc import Sequence

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from embedprep.arrays import Flags
from embedprep.vectors.decimals import MARGIN, parse_decimals

_PLAIN = re.compile(r"-?(?:[0-9]{1,7}\.[0-9]{0,8}|0?\.[0-9]{1,15})")
"""What must be read: fewer digits than a double holds, and a dot among them."""


def parse(fields: Sequence[str]) -> tuple[NDArray[np.float64], Flags]:
    joined = b"#" * MARGIN + b"".join(f"{field} ".encode() for field in fields)
    lengths = np.array([len(field.encode()) for field in fields])
    ends = MARGIN + np.cumsum(lengths + 1) - 1
    return parse_decimals(np.frombuffer(joined, np.uint8), ends - lengths, ends)


def assert_read(fields: Sequence[str]) -> None:
    numbers, is_read = parse(fields)
    for field, number, is_right in zip(fields, numbers, is_read.tolist(), strict=True):
        assert is_right or not _PLAIN.fullmatch(field), field
        if is_right:
            assert number.tobytes() == np.float64(float(field)).tobytes(), field


@pytest.mark.parametrize(
    "field",
    [
        *("0.0", "-0.0", "0.", "-0.", ".5", "-.5", "5.", "1.5", "-1.5", "00.10", "007.5"),
        *("0.1", "-0.0418", "0.12345678", "0.123456789", "9.99999999", "0.999999999999999"),
        *("1234567.12345678", "-9999999.99999999", "9007199.25474099", "0.000000000000001"),
    ],
)
def test_plain_decimals_are_read_exactly(field: str) -> None:
    numbers, is_read = parse([field])
    assert is_read.tolist() == [True]
    assert numbers.tobytes() == np.float64(float(field)).tobytes()


@pytest.mark.parametrize(
    "field",
    [
        *(
            "",
            "-",
            ".",
            "-.",
            "5",
            "-5",
            "12345678",
            "+1.5",
            "1e5",
            "1.5e-3",
            "1.5E3",
            "nan",
            "inf",
        ),
        *(
            "1.2.3",
            "..",
            "--1.5",
            "-1.-5",
            "1,5",
            "1.5f",
            "0x1.8",
            "1_0.5",
            "٣.٥",
            "1.½",
            "1./",
            "1.:",
        ),
        *("/.5", ":.5", "12345678.5", "1.123456789", "0.1234567890123456", "x.5", "1x.5", "1.x"),
    ],
)
def test_others_are_left_to_others(field: str) -> None:
    assert parse([field])[1].tolist() == [False]
    assert parse(["0.25", field, "-0.5"])[1].tolist() == [True, False, True]


numbers = st.one_of(
    st.from_regex(_PLAIN, fullmatch=True),
    st.from_regex(r"-?[0-9]{0,17}\.?[0-9]{0,17}", fullmatch=True),
    st.floats().map(repr),
    st.floats(width=32).map(lambda x: f"{x:.6g}"),
    st.floats(-10, 10).map(lambda x: f"{x:.8f}"),
    st.text("0123456789.-+eE", max_size=20),
    st.text(st.characters(exclude_categories=["Cs"], min_codepoint=33), max_size=9),
)


@given(st.lists(numbers, min_size=1, max_size=20))
def test_all_that_is_read_is_what_float_reads(fields: list[str]) -> None:
    assert_read(fields)


def test_no_number_is_read_wrongly_among_many() -> None:
    random = np.random.default_rng(0)
    values = random.normal(size=20_000) * 10.0 ** random.integers(-9, 7, 20_000)
    digits = random.integers(0, 12, 20_000)
    assert_read([f"{value:.{n}f}" for value, n in zip(values, digits, strict=True)])
