"""Do facts come back as they were, and nothing else?"""

from __future__ import annotations

from collections import Counter
from typing import Any, NamedTuple

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from embedprep.packing import pack, unpack


class Fact(NamedTuple):
    """A named tuple."""

    one: Any
    other: Any


plain = st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text()
keys = st.integers() | st.text()
values = st.recursive(
    plain | st.sampled_from([np.dtype("<i4"), np.dtype("u1")]),
    lambda inner: (
        st.lists(inner)
        | st.lists(inner).map(tuple)
        | st.builds(Fact, inner, inner)
        | st.dictionaries(keys, inner)
        | st.frozensets(st.integers())
        | st.dictionaries(keys, st.integers(1, 9)).map(Counter)
    ),
)


@given(value=values)
def test_a_value_comes_back_as_it_was(value: Any) -> None:
    again = unpack(pack(value), [Fact])
    assert again == value
    assert type(again) is type(value)


def test_what_is_no_fact_is_refused() -> None:
    with pytest.raises(TypeError, match="ndarray is not kept"):
        pack([np.arange(3)])


@pytest.mark.parametrize(
    "packed",
    [b"{", b'["Other",1,2]', b'["Fact",1]', b"[]", b'["map",1]', b'["dtype","x!"]', b"[[1]]"],
)
def test_what_was_not_packed_is_refused(packed: bytes) -> None:
    with pytest.raises(ValueError):  # noqa: PT011 - json's own says more
        unpack(packed, [Fact])
