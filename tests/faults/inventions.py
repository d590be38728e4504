"""Which files of a kind can be thought of? What Hypothesis makes of their form."""

from __future__ import annotations

import json
import math
import struct
from collections.abc import Iterator
from typing import Any

from hypothesis import strategies as st

from tests.subword_models import Model

JSON: st.SearchStrategy[Any] = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20),
    lambda inner: (
        st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=8), inner, max_size=4)
    ),
    max_leaves=8,
)
NUMBERS = st.integers() | st.sampled_from([0, 1, 3, -1, 2**31, 2**63, 2**64])
TEXT = st.text(max_size=60).map(lambda words: words.encode("utf-8", "surrogatepass"))
LINES = st.lists(TEXT | st.binary(max_size=40), max_size=8).map(b"\n".join)

RECORD = (
    st.fixed_dictionaries(
        {"text": st.text(max_size=40), "label": st.text(min_size=1), "n": st.integers(-9, 9)},
        optional={"x": JSON},
    )
    | st.dictionaries(st.sampled_from(["text", "label", "n", "x"]), JSON)
    | JSON
)
ROW = st.lists(TEXT, max_size=4).map(b",".join)

NUMBER = (st.floats() | NUMBERS).map(lambda number: str(number).encode()) | TEXT
VECTOR = st.tuples(st.just(b"cat") | TEXT, st.lists(NUMBER, max_size=4))
WORDS = st.lists(st.sampled_from([b"cat", b"the", b"x", b"\xff", b"a b"]) | TEXT, max_size=5)

MODEL_FIELDS = {
    **dict.fromkeys(["version", "dim", "bucket", "minn", "maxn", "model"], st.integers(-2, 20)),
    **dict.fromkeys(["n_entries", "n_words", "n_labels"], st.integers(-(2**31), 2**31 - 1)),
    **dict.fromkeys(["rows", "columns", "n_pruned"], st.integers(-(2**63), 2**63 - 1)),
    "quantized": st.integers(-1, 2),
}

TYPES = ["<i4", "<i4", "<f4", "<f4", "<i8", ">i2", "|u1", "<u8", "<f8", "<f2"]
TYPES += ["|b1", "|O", "<U3", "<M8[s]", "<c8", "[]"]
ORDER = st.sampled_from(["False", "False", "True", "0", "None"])
SHAPE = st.lists(st.integers(0, 4) | NUMBERS, min_size=1, max_size=3).map(tuple)


def dumped(value: Any) -> bytes:
    return json.dumps(value).encode("utf-8", "surrogatepass")


def paths(value: Any, before: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    """Every place in a value of JSON, by the keys that lead there."""
    yield before
    if isinstance(value, dict | list):
        inner = value.items() if isinstance(value, dict) else enumerate(value)
        for key, part in inner:
            yield from paths(part, (*before, key))


def replaced(valid: bytes, place: tuple[Any, ...], by: Any) -> bytes:
    """A file of JSON with another value at a place."""
    whole: Any = {"": json.loads(valid)}
    inner = whole
    for key in ("", *place)[:-1]:
        inner = inner[key]
    inner[("", *place)[-1]] = by
    return dumped(whole[""])


def word2vec_file(n_told: int | None, words: list[bytes], dim: int, behind: bytes) -> bytes:
    """A binary file of word2vec; `n_told` is how many words its header tells, None the truth."""
    head = b"%d %d\n" % (len(words) if n_told is None else n_told, dim)
    vector = struct.pack(f"<{dim}f", *range(dim))
    return head + b"".join(word + b" " + vector + b"\n" for word in words) + behind


def array_file(dtype: str, order: str, shape: tuple[int, ...], is_whole: bool) -> bytes:
    """A file of NumPy's format with any type and shape; all of its data or more, or too few."""
    header = f"{{'descr': '{dtype}', 'fortran_order': {order}, 'shape': {shape}, }}".encode()
    header = header.ljust(118) + b"\n"
    n_bytes = 8 * math.prod(shape) if is_whole else 60
    data = bytes(min(max(0, n_bytes), 5000))
    return b"\x93NUMPY\1\0" + struct.pack("<H", len(header)) + header + data


OF_KIND: dict[str, st.SearchStrategy[bytes]] = {
    "text": LINES,
    "CSV": st.lists(ROW, max_size=6).map(lambda rows: b"\n".join([b"id,text,label", *rows])),
    "JSONL": st.lists(RECORD.map(dumped), max_size=5).map(b"\n".join),
    "GloVe": st.lists(VECTOR.map(lambda row: b" ".join([row[0], *row[1]]))).map(b"\n".join),
    "word2vec": st.builds(
        word2vec_file, st.none() | NUMBERS, WORDS, st.integers(0, 4), st.just(b"") | st.binary()
    ),
    "fastText": st.builds(
        lambda words, fields: Model(words=(b"</s>", *words)).to_bytes(**fields),
        WORDS,
        st.just({}) | st.fixed_dictionaries({}, optional=MODEL_FIELDS),
    ),
    "npy": st.builds(array_file, st.sampled_from(TYPES), ORDER, SHAPE, st.booleans()),
}


def invented(kind: str, valid: bytes) -> st.SearchStrategy[bytes]:
    """Files of a kind; `valid` is one whose parts are replaced where it is JSON."""
    if kind.endswith(".json"):
        places = st.sampled_from(list(paths(json.loads(valid))))
        return st.builds(lambda place, by: replaced(valid, place, by), places, JSON)
    return OF_KIND[kind]
