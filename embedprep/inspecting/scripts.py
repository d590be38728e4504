"""Of which script is a letter?

Python knows the names of characters and not their scripts, but a name begins with the script:
`GREEK SMALL LETTER ALPHA`. Variants of a letter, such as fullwidth or mathematical ones, count as
the letter that Normalization Form KC makes of them.
"""

from __future__ import annotations

import unicodedata
from collections import Counter
from collections.abc import Iterable
from typing import Any

import numpy as np
from numpy.typing import NDArray

from embedprep.arrays import Ints

OTHER = "other"

_SCRIPT_OF_WORD = {
    "CJK": "Han",
    "IDEOGRAPHIC": "Han",
    "KATAKANA-HIRAGANA": "Katakana",  # the sign of a long vowel, which is rare in Hiragana
    "CANADIAN": "Canadian Aboriginal",
    "HALFWIDTH": "Katakana",  # sound marks, the only such letters that have no wider form
    "HENTAIGANA": "Hiragana",
    "MASU": "Hiragana",
    "VERTICAL": "Hiragana",  # VERTICAL KANA REPEAT MARK
    "ROMAN": "Latin",
    "TURNED": "Latin",
    "CARON": OTHER,
    "MODIFIER": OTHER,
    "VEDIC": OTHER,
}
"""First words of names of letters that are no script's own."""

_LONGER_NAMES = (
    *("ANATOLIAN HIEROGLYPHS", "CAUCASIAN ALBANIAN", "GUNJALA GONDI", "HANIFI ROHINGYA"),
    *("IMPERIAL ARAMAIC", "INSCRIPTIONAL PAHLAVI", "INSCRIPTIONAL PARTHIAN", "KAYAH LI"),
    *("LINEAR A", "LINEAR B", "MASARAM GONDI", "MEETEI MAYEK", "MENDE KIKAKUI", "NEW TAI LUE"),
    *("NYIAKENG PUACHUE HMONG", "OL CHIKI", "OLD HUNGARIAN", "OLD ITALIC", "OLD NORTH ARABIAN"),
    *("OLD PERMIC", "OLD PERSIAN", "OLD SOGDIAN", "OLD SOUTH ARABIAN", "OLD TURKIC", "OLD UYGHUR"),
    *("PAHAWH HMONG", "PAU CIN HAU", "PSALTER PAHLAVI", "SORA SOMPENG", "SYLOTI NAGRI", "TAI LE"),
    *("TAI THAM", "TAI VIET", "WARANG CITI", "ZANABAZAR SQUARE"),
)
"""Scripts of several words (Unicode's Scripts.txt)."""


def script_of(letter: str) -> str:
    """The script of a letter, by its name.

    >>> [script_of(letter) for letter in "aéЖ北ｶ한𝛼ｑ"]
    ['Latin', 'Latin', 'Cyrillic', 'Han', 'Katakana', 'Hangul', 'Greek', 'Latin']
    """
    plain = [its for its in unicodedata.normalize("NFKC", letter) if its.isalpha()]
    return next((its for its in map(_named, plain or [letter]) if its != OTHER), OTHER)


def _named(letter: str) -> str:
    """The script that the name of a letter begins with."""
    name = unicodedata.name(letter, "")
    if not name:
        return OTHER
    longer = next((script for script in _LONGER_NAMES if name.startswith(f"{script} ")), None)
    first = name.split(" ", 1)[0]
    return _SCRIPT_OF_WORD.get(first) or (longer or first).title()


def letters_by_script(characters: Iterable[tuple[int, int]]) -> Counter[str]:
    """How many letters of each script there are, of code points with their counts.

    >>> letters_by_script([(ord("a"), 2), (ord("é"), 1), (ord("7"), 4)])
    Counter({'Latin': 3})
    """
    letters = Counter[str]()
    for code_point, n in characters:
        if chr(code_point).isalpha():
            letters[script_of(chr(code_point))] += n
    return letters


def summed(code_points: NDArray[Any], n_times: Ints) -> dict[int, int]:
    """How often each code point occurs, of characters that stand so many times each. Sums are
    exact: float64 holds those below 2^53.

    >>> summed(np.array([97, 98, 97]), np.array([2, 1, 5]))
    {97: 7, 98: 1}
    """
    sums = np.bincount(code_points, n_times)
    found = sums.nonzero()[0]
    return dict(zip(found.tolist(), map(int, sums[found].tolist()), strict=True))
