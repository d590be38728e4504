"""Where does Unicode put word boundaries, and which segments between them are words?

The default word boundaries of UAX #29 (https://www.unicode.org/reports/tr29/, section 4) over
code points, by the classes of `word_break.txt` beside this file. Comments name the rules.
"""

from __future__ import annotations

from functools import cache
from importlib import resources
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from embedprep.arrays import Bytes, Flags, Ints

_NAMES = (
    "Other",
    "Extend",
    "Format",
    "ZWJ",
    "CR",
    "LF",
    "Newline",
    "WSegSpace",
    "ALetter",
    "Hebrew_Letter",
    "Numeric",
    "Katakana",
    "ExtendNumLet",
    "MidLetter",
    "MidNum",
    "MidNumLet",
    "Single_Quote",
    "Double_Quote",
    "Regional_Indicator",
)
"""Classes that are asked for together stand side by side: what goes with the character before it,
line ends, signs in the middle of words."""
_NUMBER = {name: number for number, name in enumerate(_NAMES)}

ALETTER = _NUMBER["ALetter"]
MAKES_WORD = 0x20
"""Set in the class of a code point that makes a word of the segment it stands in."""
_PICTOGRAPHIC = 0x40
_CLASS = 0x1F

_WORD_CLASSES = ("ALetter", "Hebrew_Letter", "Numeric", "Katakana", "Regional_Indicator")
_LETTERS = ("ALetter", "Hebrew_Letter")


class _Table(NamedTuple):
    """The class of each code point, its flags in it, (0x110000,), and Unicode's version."""

    classes: Bytes
    version: str


@cache
def _table() -> _Table:
    lines = resources.files(__package__).joinpath("word_break.txt").read_text("utf-8").splitlines()
    classes = np.zeros(0x110000, np.uint8)
    for line in lines:
        if line.startswith("#"):
            continue
        span, name, *marks = line.split(" ")
        first, _, last = span.partition("..")
        value = _NUMBER[name]
        if marks or name in _WORD_CLASSES:
            value |= MAKES_WORD
        if "pictographic" in marks:
            value |= _PICTOGRAPHIC
        classes[int(first, 16) : int(last or first, 16) + 1] = value
    return _Table(classes, lines[1].rpartition(" ")[2])


def unicode_version() -> str:
    """The version of Unicode that the classes are of."""
    return _table().version


def classes_of(code_points: NDArray[Any]) -> Bytes:
    """The class of each code point, with `MAKES_WORD` in it; (characters,)."""
    return _table().classes.take(code_points)


def is_other(classes: Bytes) -> Flags:
    """Whether there is a boundary before a class wherever it stands; (characters,).

    So it is with Other, but for pictographs, which a joiner joins (WB3c).
    """
    is_of_it: Flags = (classes & (_CLASS | _PICTOGRAPHIC)) == _NUMBER["Other"]
    return is_of_it


def is_ignored(classes: Bytes) -> Flags:
    """Whether a class is one that goes with the character before it (WB4); (characters,)."""
    kinds = classes & _CLASS
    return (kinds >= _NUMBER["Extend"]) & (kinds <= _NUMBER["ZWJ"])


def is_space(classes: NDArray[Any]) -> Flags:
    """Whether a class is that of a space, several of which are one segment; (characters,)."""
    is_of_it: Flags = (classes & _CLASS) == _NUMBER["WSegSpace"]
    return is_of_it


def is_middle(classes: Bytes) -> Flags:
    """Whether a class is in a word only between two characters (WB6, WB11); (characters,)."""
    kinds = classes & _CLASS
    return (kinds >= _NUMBER["MidLetter"]) & (kinds <= _NUMBER["MidNumLet"])


def _joined_pairs() -> Flags:
    """Which class is joined to which one before it, whatever stands around: [before, after]."""
    pairs = [(a, b) for a in (*_LETTERS, "Numeric") for b in (*_LETTERS, "Numeric")]  # WB5, 8-10
    pairs += [("CR", "LF"), ("Katakana", "Katakana")]  # WB3, WB13
    pairs += [("Hebrew_Letter", "Single_Quote")]  # WB7a
    for name in (*_LETTERS, "Numeric", "Katakana", "ExtendNumLet"):  # WB13a, WB13b
        pairs += [(name, "ExtendNumLet"), ("ExtendNumLet", name)]
    table = np.zeros((len(_NAMES), len(_NAMES)), np.bool_)
    for before, after in pairs:
        table[_NUMBER[before], _NUMBER[after]] = True
    return table


def _bridges() -> Flags:
    """Which class joins the ones before and after it with itself: [before, it, after]."""
    triples = [
        (before, middle, after)
        for before in _LETTERS
        for middle in ("MidLetter", "MidNumLet", "Single_Quote")
        for after in _LETTERS
    ]  # WB6, WB7
    triples += [("Hebrew_Letter", "Double_Quote", "Hebrew_Letter")]  # WB7b, WB7c
    for middle in ("MidNum", "MidNumLet", "Single_Quote"):  # WB11, WB12
        triples += [("Numeric", middle, "Numeric")]
    table = np.zeros((len(_NAMES),) * 3, np.bool_)
    for before, middle, after in triples:
        table[_NUMBER[before], _NUMBER[middle], _NUMBER[after]] = True
    return table


_JOINED = _joined_pairs()
_BRIDGED = _bridges()


class Segments(NamedTuple):
    """The segments between boundaries: where each starts, and whether it is a word; (segments,)."""

    starts: Ints
    is_word: Flags


def segment(code_points: NDArray[Any]) -> Segments:
    """The segments of a text, `code_points: (characters,)`, which is not empty.

    A segment is a word if a character in it is of class ALetter, Hebrew_Letter, Numeric or
    Katakana, of category L* or N*, an Extended_Pictographic or a Regional_Indicator.
    """
    classes = classes_of(code_points)
    kinds = classes & _CLASS

    # WB4: what goes with the character before it is left out of all that follows; behind a line
    # end it stands for itself (WB3a).
    is_line_end = (kinds >= _NUMBER["CR"]) & (kinds <= _NUMBER["Newline"])
    is_attached = is_ignored(classes)
    is_attached[1:] &= ~is_line_end[:-1]
    is_attached[0] = False
    solid = (~is_attached).nonzero()[0]

    is_joined = np.zeros(len(solid), np.bool_)
    kind = kinds[solid]
    is_joined[1:] = _JOINED[kind[:-1], kind[1:]]
    is_bridge = _BRIDGED[kind[:-2], kind[1:-1], kind[2:]]
    is_joined[1:-1] |= is_bridge
    is_joined[2:] |= is_bridge
    is_blank = is_space(kind)
    is_joined[1:] |= is_blank[1:] & is_blank[:-1] & (np.diff(solid) == 1)  # WB3d
    after_joiner = kinds[solid[1:] - 1] == _NUMBER["ZWJ"]
    is_joined[1:] |= after_joiner & ((classes[solid[1:]] & _PICTOGRAPHIC) > 0)  # WB3c
    is_joined |= _is_second_of_flag(kind == _NUMBER["Regional_Indicator"])

    starts = solid[~is_joined]
    is_word = np.logical_or.reduceat((classes & MAKES_WORD) > 0, starts)
    return Segments(starts, is_word)


def _is_second_of_flag(is_indicator: Flags) -> Flags:
    """Whether a regional indicator is the second, fourth, ... of its run (WB15, WB16)."""
    place = np.arange(len(is_indicator))
    last_other = np.maximum.accumulate(np.where(is_indicator, -1, place))
    is_second: Flags = is_indicator & ((place - last_other) % 2 == 0)
    return is_second
