"""How do words stand in columns on a terminal?

A terminal is a grid of cells. Most characters take one; those that Unicode calls wide or fullwidth,
most emoji among them, take two; marks take none, as they stand on the character before them.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Sequence

GAP = "  "
"""Stands between two columns."""

_IN_PLACE = "\N{LEFT-TO-RIGHT MARK}"
"""Keeps what follows a word of a right-to-left script in its column."""

_LEAST_CELLS = 8
"""To so many a column of a table shrinks at most where the terminal is narrow."""

_UNSEEN = re.compile(
    "[\u034f\u115f\u1160\u17b4\u17b5\u180b-\u180f\u2800\u3164\ufe00-\ufe0f\uffa0\U000e0100-\U000e01ef]"
)
"""What nobody sees though its category does not tell: Default_Ignorable_Code_Point (Unicode's
DerivedCoreProperties.txt) beyond the categories C, and the empty braille pattern."""


def shown(text: str) -> str:
    r"""The text as one can see it, with the escapes of Python for all that is invisible.

    So is what looks like something else: characters that NFC changes, of which a font makes the
    same. A mark that stands on no character stands on a dotted circle.

    >>> print(shown("a\tb cafe\u0301, café 👩\u200d🚀"))
    a\tb cafe\u0301, café 👩\u200d🚀
    """
    clusters: list[str] = []
    for character in text:
        if clusters and _stands_on_another(character):
            clusters[-1] += character
        else:
            clusters.append(character)
    return "".join(map(_shown_cluster, clusters))


def _stands_on_another(character: str) -> bool:
    return unicodedata.category(character).startswith("M") or _is_later_jamo(character)


def _is_later_jamo(character: str) -> bool:
    """Whether this is a vowel or a final consonant of a Korean syllable spelled in parts."""
    return "\u1160" <= character <= "\u11ff" or "\ud7b0" <= character <= "\ud7fb"


def _shown_cluster(cluster: str) -> str:
    """A character and those that stand on it."""
    is_hidden = _is_unseen(cluster[0]) or not unicodedata.is_normalized("NFC", cluster)
    seen = [_escape(c) if _is_unseen(c) or (is_hidden and not c.isascii()) else c for c in cluster]
    if _stands_on_another(cluster[0]) and not is_hidden:
        seen.insert(0, "\N{DOTTED CIRCLE}")
    return "".join(seen)


def _is_unseen(character: str) -> bool:
    """Whether a character leaves no ink, is a space other than U+0020, or has no meaning yet."""
    category = unicodedata.category(character)
    return (category[0] in "CZ" and character != " ") or bool(_UNSEEN.match(character))


def _escape(character: str) -> str:
    return character.encode("unicode-escape").decode("ascii")


def n_cells(text: str) -> int:
    """How many cells of a terminal a text takes that `shown` has made.

    >>> n_cells("cafe"), n_cells("北京"), n_cells("👍🏽"), n_cells("ที่")
    (4, 4, 4, 1)
    """
    solid = [c for c in text if not _takes_no_cell(c)]
    return len(solid) + sum(unicodedata.east_asian_width(c) in "WF" for c in solid)


def _takes_no_cell(character: str) -> bool:
    is_mark = unicodedata.category(character) in ("Mn", "Me") or character == _IN_PLACE
    return is_mark or _is_later_jamo(character)


def fold(text: str, width: int) -> list[str]:
    """A text as lines of at most `width` cells, broken behind spaces where that can be.

    Only spaces at the end of a line may stand out.

    >>> fold("北京 Beijing", 8), fold("ab abcdef", 4)
    (['北京 ', 'Beijing'], ['ab ', 'abcd', 'ef'])
    """
    lines = [""]
    room = width
    for piece in re.findall("[^ ]* *", text):
        if n_cells(piece.rstrip(" ")) > room and lines[-1]:
            lines.append("")
            room = width
        for character in piece:
            needed = n_cells(character)
            if needed > room and character != " ":
                lines.append("")
                room = width
            lines[-1] += character
            room -= needed
    return lines


def behind_label(label: str, lines: Iterable[str], margin: int) -> list[str]:
    """Lines behind a label in a margin of so many cells: the first beside it, the others below.

    >>> print("\\n".join(behind_label("rows", ["1 row", "of 12"], 5)))
    rows   1 row
           of 12
    """
    return [f"{'' if n else label:<{margin}}{GAP}{line}".rstrip() for n, line in enumerate(lines)]


def in_bands(labels: Sequence[str], columns: Iterable[Sequence[str]], width: int) -> list[str]:
    """Columns side by side behind the labels of their lines, as lines of at most `width` cells.

    A column has a cell for each label. Those that find no room go into another band of lines below,
    behind an empty line; a column that is too wide for any stands out of its own.

    >>> print("\\n".join(in_bands(["word", "index"], [["the", "2"], ["北京", "17"]], 14)))
    word   the
    index  2
    <BLANKLINE>
    word   北京
    index  17
    """
    margin = max(map(len, labels))
    bands = [[label.ljust(margin) for label in labels]]
    room = width - margin
    for column in columns:
        cells = max(map(n_cells, column))
        if len(GAP) + cells > room and room < width - margin:
            bands.append([label.ljust(margin) for label in labels])
            room = width - margin
        room -= len(GAP) + cells
        band = bands[-1]
        for i, cell in enumerate(column):
            band[i] += f"{GAP}{in_place(cell)}{' ' * (cells - n_cells(cell))}"
    return [line.rstrip() for band in bands for line in ["", *band]][1:]


def in_table(lines: Sequence[Sequence[str]], width: int) -> list[str]:
    """Lines of cells in columns, all but the first to the right, below a line of their heads.

    The widest column gives way where the terminal is narrower.

    >>> print("\\n".join(in_table([["words", "count"], ["the", "12"], ["北京", "3"]], 80)))
    words   count
      the      12
      北京      3
    """
    [head, *body] = lines
    rows = [head, *([f"  {line[0]}", *line[1:]] for line in body)]
    widths = [max(map(n_cells, column)) for column in zip(*rows, strict=True)]
    room = width - len(GAP) * (len(widths) - 1)
    while sum(widths) > room and max(widths) > _LEAST_CELLS:
        widest = widths.index(max(widths))
        least = max(_LEAST_CELLS, room - (sum(widths) - widths[widest]))
        others = [w for column, w in enumerate(widths) if column != widest]
        # No further than the next one, which then gives way too.
        widths[widest] = max(least, min(widths[widest] - 1, max(others, default=least)))
    columns = zip(zip(*rows, strict=True), widths, strict=True)
    names, *numbers = [[in_place(_cut(cell, n)) for cell in column] for column, n in columns]
    aligned = [to_the_left(names), *map(to_the_right, numbers)]
    return [GAP.join(cells).rstrip() for cells in zip(*aligned, strict=True)]


def to_the_left(cells: Sequence[str], least: int = 0) -> list[str]:
    """The cells of a column of names, filled up to the widest, or to `least` cells."""
    width = max([least, *map(n_cells, cells)])
    return [cell + " " * (width - n_cells(cell)) for cell in cells]


def to_the_right(cells: Sequence[str]) -> list[str]:
    """The cells of a column of figures, which end below each other."""
    width = max(map(n_cells, cells), default=0)
    return [" " * (width - n_cells(cell)) + cell for cell in cells]


def _cut(cell: str, width: int) -> str:
    """A cell, its end left out where it finds no room."""
    if n_cells(cell) <= width:
        return cell
    cell = cell[: 4 * width]  # few marks stand on one character
    while n_cells(cell) > width - 1:
        cell = cell[:-1]
    return f"{cell}…"


def in_place(cell: str) -> str:
    """A cell that a terminal leaves in its column.

    Where one puts words of a right-to-left script in their order, it would change their columns
    too, as nothing but spaces is between them: a mark that nobody sees keeps them apart.
    """
    is_right_to_left = any(unicodedata.bidirectional(c) in ("R", "AL") for c in cell)
    return f"{cell}{_IN_PLACE}" if is_right_to_left else cell
