"""How do numbers, and what others wrote, stand in what is said to the user?"""

from __future__ import annotations

import json
from collections.abc import Sequence

_MOST_FIELDS = 20
_LONGEST_FIELD = 30


def how_many(n: int, noun: str, nouns: str | None = None) -> str:
    """A number and its noun, in the plural unless it is 1.

    >>> how_many(1, "row"), how_many(2000, "row"), how_many(2, "class", "classes")
    ('1 row', '2,000 rows', '2 classes')
    """
    return f"{n:,} {noun if n == 1 else nouns or f'{noun}s'}"


def part_name(name: str) -> str:
    """What a part is called; the training rows have no name.

    >>> part_name(""), part_name("dev")
    ('training', 'dev')
    """
    return name or "training"


def how_large(n_bytes: int) -> str:
    """A size in the unit that suits it.

    >>> how_large(999), how_large(1_234_567), how_large(10**15)
    ('999 bytes', '1.23 MB', '1e+03 TB')
    """
    size = float(n_bytes)
    for unit in ("bytes", "kB", "MB", "GB"):
        if size < 999.5:  # 999.6 would be shown as 1e+03
            return f"{size:.3g} {unit}"
        size /= 1000
    return f"{size:.3g} TB"


def per_cent(share: float, digits: int = 1) -> str:
    """A share in per cent, never rounded to all or nothing where it is neither.

    >>> per_cent(0.5), per_cent(0.99999), per_cent(0.00001), per_cent(0)
    ('50.0%', '>99.9%', '<0.1%', '0.0%')
    >>> per_cent(0.5, 2), per_cent(0.99999, 2), per_cent(0.00001, 2)
    ('50.00%', '>99.99%', '<0.01%')
    """
    least = 10 ** -(digits + 2)
    if 0 < share < least:
        return f"<{least:.{digits}%}"
    return f">{1 - least:.{digits}%}" if 1 - least < share < 1 else f"{share:.{digits}%}"


def printable(text: str) -> str:
    r"""The text with the escape of JSON for each character that nobody sees or a terminal obeys.

    The name of a file may hold any, one that clears the screen or turns the line round.

    >>> print(printable("a\x1b[2Jb\u202ec"))
    a\u001b[2Jb\u202ec
    """
    if text.isprintable():
        return text
    return "".join(c if c.isprintable() else json.dumps(c)[1:-1] for c in text)


def shortened(text: str, longest: int = _LONGEST_FIELD) -> str:
    """The text, its end left out where it has more characters.

    >>> shortened("c" * 9, 4)
    'ccc…'
    """
    return text if len(text) <= longest else f"{text[: longest - 1]}…"


def some_of(names: Sequence[str], n_shown: int = 1) -> str:
    """The first of some names, and how many more there are.

    >>> some_of(["a"]), some_of(["a", "b", "c"]), some_of(["a", "b", "c"], 2)
    ('a', 'a and 2 more', 'a, b and 1 more')
    """
    n_more = len(names) - n_shown
    return ", ".join(names[:n_shown]) + (f" and {n_more:,} more" if n_more > 0 else "")


def quoted(fields: Sequence[str]) -> str:
    """Some fields, labels or names of columns, each shortened.

    >>> print(quoted(["text", "a\\tb"]))
    "text" | "a\\tb"
    """
    some = [json.dumps(shortened(f), ensure_ascii=False) for f in fields[:_MOST_FIELDS]]
    more = [f"and {len(fields) - len(some)} more"] if len(fields) > len(some) else []
    return " | ".join([*map(printable, some), *more])
