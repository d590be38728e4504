"""How do facts about a job lie in a file? As JSON, which makes nothing but values when it is read.

A value that is no number, text or nothing is a list, whose first entry says what it is.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable, Iterable
from typing import Any

import numpy as np

_MAKERS: dict[str, Callable[[list[Any]], Any]] = {
    "list": list,
    "tuple": tuple,
    "set": frozenset,
    "map": dict,
    "counter": lambda pairs: Counter(dict(pairs)),
    "dtype": lambda names: np.dtype(*names),
}


def pack(value: Any) -> bytes:
    """A value as bytes: of numbers, text, None, dtypes, and of lists, tuples, named ones too, sets,
    mappings and counters of such. Raises TypeError for another.
    """
    return json.dumps(_told(value), separators=(",", ":")).encode()


def unpack(packed: bytes, kinds: Iterable[type]) -> Any:
    """The value again; `kinds` are the named tuples that it may hold. Raises ValueError."""
    kinds = set(kinds)
    by_name = {kind.__name__: kind for kind in kinds}
    assert len(by_name) == len(kinds), "two kinds of one name cannot be told apart"
    try:
        return _made(json.loads(packed), by_name)
    except (KeyError, TypeError, IndexError, RecursionError) as error:
        raise ValueError(f"is of no form that was written ({error!r})") from error


def _told(value: Any) -> Any:
    if value is None or isinstance(value, bool | int | float | str):
        return value
    kind, parts = _taken_apart(value)
    return [kind, *map(_told, parts)]


def _taken_apart(value: Any) -> tuple[str, Iterable[Any]]:
    """The name of a value's kind, and what it is made of."""
    match value:
        case np.dtype():
            return "dtype", [value.str]
        case Counter():
            return "counter", value.items()
        case dict():
            return "map", value.items()
        case set() | frozenset():
            return "set", sorted(value)
        case list():
            return "list", value
        case tuple():
            return (type(value).__name__ if hasattr(value, "_fields") else "tuple"), value
    raise TypeError(f"{type(value).__name__} is not kept in files")


def _made(told: Any, kinds: dict[str, type]) -> Any:
    if not isinstance(told, list):
        return told
    kind = told[0]
    parts = [_made(part, kinds) for part in told[1:]]
    return _MAKERS[kind](parts) if kind in _MAKERS else kinds[kind](*parts)
