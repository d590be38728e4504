"""Which files of a kind can be thought of? What Hypothesis makes of their form."""

from __future__ import annotations

import json
import struct
from typing import Any

from hypothesis import strategies as st

JSON: st.SearchStrategy[Any] = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20),
    lambda inner: (
        st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=8), inner, max_size=4)
    ),
    max_leaves=8,
)
NUMBERS = st.integers() | st.sampled_from([0, 1, 3, -1, 2**31, 2**63, 2**64])
TYPES = [
    "<i4",
    "<i8",
    ">i2",
    "|u1",
    "<u8",
    "<f4",
    "<f8",
    "<f2",
    "|b1",
    "|O",
    "<U3",
    "<M8[s]",
    "<c8",
    "[]",
]


def invented(kind: str, valid: bytes) -> st.SearchStrategy[bytes]:
    """Files of a kind; `valid` is one whose parts are replaced where it is JSON."""
    if kind.endswith(".json"):
        places = st.sampled_from(list(paths(json.loads(valid))))
        return st.tuples(places, JSON).map(lambda found: replaced(valid, *found))
    return OF_KIND[kind]


def dumped(value: Any) -> bytes:
    return json.dumps(value).encode("utf-8", "surrogatepass")


def paths(value: Any, before: tuple[Any, ...] = ()) -> Any:
    """Every place in a value of JSON, by the keys that lead there."""
    yield before
    inner = (
        value.items()
        if isinstance(value, dict)
        else enumerate(value if isinstance(value, list) else ())
    )
    for key, part in inner:
        yield from paths(part, (*before, key))


def replaced(valid: bytes, place: tuple[Any, ...], by: Any) -> bytes:
    whole: Any = {"": json.loads(valid)}
    inner = whole
    for key in ("", *place)[:-1]:
        inner = inner[key]
    inner[("", *place)[-1]] = by
    return dumped(whole[""])


def array_file(parts: tuple[str, str, tuple[int, ...], bytes]) -> bytes:
    """A file of NumPy's format with any type and shape."""
    dtype, order, shape, data = parts
    header = f"{{'descr': '{dtype}', 'fortran_order': {order}, 'shape': {shape}, }}".encode()
    header = header.ljust(118) + b"\n"
    return b"\x93NUMPY\1\0" + struct.pack("<H", len(header)) + header + data


TEXT = st.text(max_size=60).map(lambda words: words.encode("utf-8", "surrogatepass"))
LINES = st.lists(TEXT | st.binary(max_size=40), max_size=8).map(b"\n".join)
RECORD = st.dictionaries(st.sampled_from(["text", "label", "n", "x"]), JSON) | JSON
ROW = st.lists(TEXT, max_size=4).map(b",".join)
NUMBER = (st.floats() | NUMBERS).map(lambda number: str(number).encode()) | TEXT
VECTOR = st.tuples(st.just(b"cat") | TEXT, st.lists(NUMBER, max_size=4))
FIELDS = st.lists(st.integers(-(2**31), 2**31 - 1), min_size=12, max_size=12)
ORDER = st.sampled_from(["False", "True", "0", "None"])
SHAPE = st.lists(NUMBERS, max_size=3).map(tuple)

OF_KIND: dict[str, st.SearchStrategy[bytes]] = {
    "text": LINES,
    "CSV": st.lists(ROW, max_size=6).map(lambda rows: b"\n".join([b"id,text,label", *rows])),
    "JSONL": st.lists(RECORD.map(dumped), max_size=5).map(b"\n".join),
    "GloVe": st.lists(VECTOR.map(lambda row: b" ".join([row[0], *row[1]]))).map(b"\n".join),
    "word2vec": st.tuples(NUMBERS, NUMBERS, st.binary(max_size=80)).map(
        lambda parts: b"%d %d\n%b" % parts
    ),
    "fastText": st.tuples(FIELDS, st.binary(max_size=200)).map(
        lambda parts: struct.pack("<14i", 793712314, 12, *parts[0]) + parts[1]
    ),
    "npy": st.tuples(st.sampled_from(TYPES), ORDER, SHAPE, st.binary(max_size=100)).map(array_file),
}
