"""How do figures and shares of a whole stand in a table on a terminal?"""

from __future__ import annotations

from collections.abc import Sequence

from embedprep.cli.columns import in_bands, n_cells, to_the_right
from embedprep.wording import per_cent

MARGIN = len("max_len")
"""Cells of the labels on the left."""

_EIGHTHS = " ▏▎▍▌▋▊▉█"


def bar(share: float, width: int) -> str:
    """A share of the whole, in 0..1, as a bar in a field of `width` cells; what is more than
    nothing is seen.

    >>> bar(0.55, 4), bar(0.001, 4), bar(0, 4), bar(1, 4)
    ('██▏ ', '▏   ', '    ', '████')
    """
    n_eighths = int(share * width * 8)
    if share > 0:
        n_eighths = max(1, n_eighths)
    full, rest = divmod(min(n_eighths, width * 8), 8)
    return f"{'█' * full}{_EIGHTHS[rest] if rest else ''}".ljust(width)


def with_bars(head: str, shares: Sequence[float], width: int) -> list[str]:
    """A column of shares below its head, each in per cent and, where there is room, as a bar of
    `width` cells.
    """
    figures = to_the_right([per_cent(share) for share in shares])
    if not width:
        return to_the_right([head, *figures])
    cells = zip(figures, shares, strict=True)
    return [head, *(f"{figure} {bar(share, width)}" for figure, share in cells)]


def section(
    title: str, labels: Sequence[str], columns: Sequence[Sequence[str]], width: int
) -> list[str]:
    """A table whose lines have labels, below its title at the place of the first one; columns that
    find no room stand below.
    """
    margin = max([MARGIN, *(n_cells(label) for label in labels)])
    aligned = [label + " " * (margin - n_cells(label)) for label in (title, *labels)]
    return in_bands(aligned, columns, width)
