"""How are the figures of a report drawn?

All text in them is ASCII: what others wrote stands in the tables, where the reader's own fonts are.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from embedprep.arrays import Flags, Ints
from embedprep.reporting.sampling import MARK, PADDING, UNKNOWN, WORD, PaddingMap
from embedprep.reporting.svg import (
    CUT,
    EMPTY,
    FIRST,
    FOURTH,
    HEIGHT,
    INK,
    SECOND,
    SOFT,
    THIRD,
    WIDTH,
)

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure
    from matplotlib.path import Path

SERIES = (FIRST, SECOND, THIRD, FOURTH)
"""The colours of parts; more than these are in tables alone."""

_MOST_BINS = 60
_MOST_POINTS = 240


def _figure(height: float = HEIGHT) -> tuple[Figure, Axes]:
    from matplotlib.figure import Figure

    figure = Figure(figsize=(WIDTH, height), layout="constrained")
    return figure, figure.add_subplot()


def _short(value: float, _position: object = None) -> str:
    """A number in a few letters.

    >>> [_short(value) for value in (0.5, 20, 1000, 2500, 3e6)]
    ['0.5', '20', '1k', '2.5k', '3M']
    """
    for size, unit in ((1e9, "G"), (1e6, "M"), (1e3, "k")):
        if abs(value) >= size:
            return f"{value / size:.3g}{unit}"
    return f"{value:.3g}"


def _count_along(axis: str, axes: Axes, *, is_log: bool = False) -> None:
    """Have an axis tell numbers in a few letters."""
    from matplotlib.ticker import FuncFormatter, LogLocator, MaxNLocator, NullLocator

    if is_log:
        axes.set_xscale("log") if axis == "x" else axes.set_yscale("log")
    which = axes.xaxis if axis == "x" else axes.yaxis
    if is_log:
        which.set_major_locator(LogLocator(numticks=8))
        which.set_minor_locator(NullLocator())  # they take as long to draw as all else
    else:
        which.set_major_locator(MaxNLocator(7, integer=True))
    which.set_major_formatter(FuncFormatter(_short))


def _percent_up(axes: Axes) -> None:
    from matplotlib.ticker import FuncFormatter, MaxNLocator

    axes.yaxis.set_major_locator(MaxNLocator(6))
    axes.yaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:.3g}%"))
    axes.tick_params(axis="y", length=0)
    axes.spines["left"].set_visible(False)


def _mark(axes: Axes, x: float, text: str) -> None:
    """A line at a choice, told above the plot, where nothing else is drawn."""
    from matplotlib.transforms import blended_transform_factory

    low, high = axes.get_xlim()
    if axes.get_xscale() == "log":
        low, high, place = np.log10(low), np.log10(high), np.log10(x)
    else:
        place = x
    at = float((place - low) / (high - low)) if high > low else 0.5
    side = "left" if at < 0.3 else "right" if at > 0.7 else "center"
    axes.axvline(x, color=INK, linewidth=1.1, linestyle=(0, (4, 3)))
    above = blended_transform_factory(axes.transData, axes.transAxes)
    axes.text(x, 1.03, text, transform=above, ha=side, va="bottom", color=INK)


def draw_lengths(parts: Sequence[Counter[int]], max_len: int, *, are_cut: bool = True) -> Figure:
    """The lengths of rows: the first part filled, what is cut in another colour, others lines."""
    top = last_shown(parts[0], max_len)
    width = -(-(top + 1) // _MOST_BINS)
    first = max_len + 0.5 - width * (max_len // width + 1)
    edges = first + width * np.arange(int((top - first) // width) + 2)  # one of them at the cut
    figure, axes = _figure()
    for number, (lengths, colour) in enumerate(zip(parts, SERIES, strict=False)):
        values = np.fromiter(lengths, np.float64, len(lengths))
        rows = np.fromiter(lengths.values(), np.float64, len(lengths))
        shares = np.histogram(values, edges, weights=rows)[0] / max(1, lengths.total()) * 100
        if number == 0:
            colours = [CUT if are_cut and left > max_len else colour for left in edges[:-1]]
            axes.bar(edges[:-1], shares, width=width * 0.88, align="edge", color=colours)
        else:
            axes.stairs(shares, edges, color=colour, linewidth=1.4)
    axes.set_xlim(max(-0.5, edges[0]), edges[-1] + 0.2 * width)  # room for the mark at the end
    axes.set_xlabel("indices in a row")
    axes.set_ylabel("share of rows")
    _count_along("x", axes)
    _percent_up(axes)
    _mark(axes, max_len + 0.5, f"max_len {max_len:,}")
    return figure


def last_shown(lengths: Counter[int], max_len: int) -> int:
    """The greatest length that a histogram shows: that of the longest row, unless that and few
    others lie far beyond all else.

    >>> last_shown(Counter({3: 999, 9: 1}), 3), last_shown(Counter({3: 9999, 800: 1}), 3)
    (9, 4)
    """
    longest = max(lengths, default=0)
    n_left = lengths.total() // 1000
    near = max_len + max(1, max_len // 20)
    for length in sorted(lengths, reverse=True):
        n_left -= lengths[length]
        if n_left < 0:
            near = max(length, near)
            break
    return max(max_len, longest if longest <= max(10, near * 3 // 2) else near, 1)


def draw_coverage(counts: Ints, n_running: int, n_distinct: int | None) -> Figure:
    """The share of the running words that the N most frequent are, the choice marked."""
    n_kept = len(counts)
    shares = np.cumsum(counts) / n_running * 100
    ranks = _log_spaced(n_kept)
    figure, axes = _figure()
    _count_along("x", axes, is_log=True)
    axes.plot(ranks, shares[ranks - 1], color=FIRST, linewidth=2)
    axes.plot([n_kept], [shares[-1]], "o", color=FIRST, markersize=6)
    end = n_kept
    if n_distinct is not None and n_distinct > n_kept:
        end = n_distinct
        rest = [shares[-1], 100.0]
        axes.plot([n_kept, end], rest, color=SOFT, linewidth=1.2, linestyle=(0, (2, 2)))
    axes.set_xlim(0.9, max(10, end * 1.15))
    axes.set_ylim(0, 103)
    axes.set_xlabel("N, the most frequent words")
    axes.set_ylabel("share of running words")
    _percent_up(axes)
    _mark(axes, n_kept, f"N = {n_kept:,}")
    return figure


def draw_ranks(counts: Ints) -> Figure:
    """How often the word of each rank occurs, both axes logarithmic."""
    from matplotlib.ticker import LogLocator

    ranks = _log_spaced(len(counts))
    figure, axes = _figure()
    _count_along("x", axes, is_log=True)
    _count_along("y", axes, is_log=True)
    axes.plot(ranks, counts[ranks - 1], color=FIRST, linewidth=1.4)
    axes.plot(ranks, counts[ranks - 1], "o", color=FIRST, markersize=3)
    axes.set_xlim(0.9, max(10, len(counts) * 1.15))
    low, high = max(0.8, counts[-1] * 0.8), max(10.0, counts[0] * 1.5)
    axes.set_ylim(low, high)
    if high < 50 * low:  # one power of ten would be all there is to read
        axes.yaxis.set_major_locator(LogLocator(subs=(1, 2, 5)))
    axes.set_xlabel("rank of a word")
    axes.set_ylabel("occurrences")
    return figure


def _log_spaced(n: int) -> Ints:
    """Some of the numbers from 1 to n, by their ratios evenly spaced, the first and the last too.

    >>> _log_spaced(4).tolist(), len(_log_spaced(10**6)) <= _MOST_POINTS
    ([1, 2, 3, 4], True)
    """
    return np.unique(np.geomspace(1, n, _MOST_POINTS).round().astype(np.int64))


def draw_padding(sample: PaddingMap, length: int, truncating: str) -> Figure:
    """Some rows, one below the other: padding, words, unknown words, marks; rows that were cut have
    a point on the side where they were.
    """
    from matplotlib.patches import PathPatch
    from matplotlib.ticker import FixedFormatter, FixedLocator

    n_rows, n_places = sample.cells.shape
    figure, axes = _figure(min(4.4, 1.1 + 0.07 * max(n_rows, 6)))
    scale = length / n_places
    for kind, colour in ((PADDING, EMPTY), (WORD, FIRST), (UNKNOWN, CUT), (MARK, SOFT)):
        path = _runs(sample.cells == kind, scale)
        if path is not None:
            axes.add_patch(PathPatch(path, facecolor=colour, edgecolor="none", linewidth=0))
    cut = np.flatnonzero(sample.is_cut)
    beside = -0.012 * length if truncating == "pre" else 1.012 * length
    axes.plot(np.full(len(cut), beside), cut + 0.5, "o", color=INK, markersize=3, clip_on=False)
    axes.set_xlim(0, length)
    axes.set_ylim(n_rows, 0)
    shown = list(range(0, n_rows, max(1, -(-n_rows // 6))))
    axes.yaxis.set_major_locator(FixedLocator([row + 0.5 for row in shown]))
    axes.yaxis.set_major_formatter(FixedFormatter([f"{sample.rows[row]:,}" for row in shown]))
    axes.tick_params(axis="y", length=0, pad=9)
    axes.spines["left"].set_visible(False)
    axes.grid(visible=False)
    axes.set_xlabel("place in the row")
    axes.set_ylabel("row")
    _count_along("x", axes)
    return figure


def _runs(is_kind: Flags, scale: float) -> Path | None:
    """The stretches of cells of one kind as one path of rectangles, None where there is none."""
    from matplotlib.path import Path

    edges = np.diff(np.pad(is_kind, ((0, 0), (1, 1))).astype(np.int8), axis=1)
    rows, starts = np.nonzero(edges == 1)
    _, ends = np.nonzero(edges == -1)
    if not len(rows):
        return None
    left, right, top, bottom = starts * scale, ends * scale, rows + 0.08, rows + 0.92
    corners = [(left, top), (right, top), (right, bottom), (left, bottom), (left, top)]
    vertices = np.stack([np.stack(corner, axis=1) for corner in corners], axis=1)
    codes = [Path.MOVETO, Path.LINETO, Path.LINETO, Path.LINETO, Path.CLOSEPOLY]
    return Path(vertices.reshape(-1, 2), codes * len(rows))


def draw_classes(rows: Ints, n_rows: Ints, numbers: Sequence[int], others: Ints | None) -> Figure:
    """The share of the rows of each part, `n_rows: (parts,)`, that have each class, of which
    `rows: (parts, classes)` have it.
    """
    from matplotlib.ticker import FixedFormatter, FixedLocator

    names = [str(number) for number in numbers]
    if others is not None:
        rows = np.concatenate([rows, others[:, np.newaxis]], axis=1)
        names.append("rest")
    figure, axes = _figure()
    parts = min(len(rows), len(SERIES))
    width = 0.8 / parts
    for part in range(parts):
        shares = rows[part] / max(1, int(n_rows[part])) * 100
        left = np.arange(len(names)) - 0.4 + part * width
        axes.bar(left, shares, width=width * 0.9, align="edge", color=SERIES[part])
    beside = 0.6 if len(names) > 1 else 1.5
    axes.set_xlim(-beside, len(names) - 1 + beside)
    axes.xaxis.set_major_locator(FixedLocator(list(range(len(names)))))
    axes.xaxis.set_major_formatter(FixedFormatter(names))
    if len(" ".join(names)) > 40:  # they would touch each other
        axes.tick_params(axis="x", labelrotation=90)
    axes.tick_params(axis="x", length=0)
    axes.set_xlabel("class, by its number")
    axes.set_ylabel("share of rows")
    _percent_up(axes)
    return figure


def draw_numbers(edges: NDArray[np.float64], in_bins: Ints) -> Figure:
    """How many rows have a label in each bin, as shares."""
    from matplotlib.ticker import FuncFormatter, MaxNLocator

    figure, axes = _figure()
    shares = in_bins / max(1, int(in_bins.sum())) * 100
    axes.bar(edges[:-1], shares, width=np.diff(edges) * 0.9, align="edge", color=FIRST)
    axes.set_xlabel("label")
    axes.set_ylabel("share of rows")
    axes.xaxis.set_major_locator(MaxNLocator(6))
    axes.xaxis.set_major_formatter(FuncFormatter(_short))
    _percent_up(axes)
    return figure


def draw_shares(bars: Sequence[tuple[str, Sequence[float]]]) -> Figure:
    """Bars that are made of shares in 0..1, each of its colour, one below the other."""
    from matplotlib.ticker import FuncFormatter

    figure, axes = _figure(0.8 + 0.5 * len(bars))
    for number, (_, shares) in enumerate(bars):
        left = 0.0
        for part, colour in zip(shares, (FIRST, SECOND, EMPTY), strict=True):
            axes.barh(number, part * 100, left=left * 100, height=0.6, color=colour)
            left += part
    axes.set_yticks(range(len(bars)), [name for name, _ in bars])
    axes.set_ylim(len(bars) - 0.5, -0.5)
    axes.set_xlim(0, 100)
    axes.grid(visible=False)
    axes.tick_params(axis="y", length=0)
    axes.spines["left"].set_visible(False)
    axes.xaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:.0f}%"))
    return figure
