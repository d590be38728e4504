"""How does a drawing of matplotlib become a part of a page?

It is drawn in colours that stand for names, which a page then gives by its style sheet, in light
and in dark; text is drawn as paths, so that it needs no font.
"""

from __future__ import annotations

import html
import io
import logging
import re
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from embedprep.errors import MissingExtra

if TYPE_CHECKING:
    from matplotlib.figure import Figure

INK, SOFT, GRID, FIRST, SECOND, THIRD, FOURTH, CUT, EMPTY = (f"#0{n}0{n}0{n}" for n in range(1, 10))
_NAMES = ("ink", "soft", "grid", "s1", "s2", "s3", "s4", "cut", "empty")
_VARIABLE_OF = dict(
    zip((INK, SOFT, GRID, FIRST, SECOND, THIRD, FOURTH, CUT, EMPTY), _NAMES, strict=True)
)

WIDTH, HEIGHT = 5.0, 3.0
"""Inches. A phone shows the text at nine tenths of its size, a wide screen at four thirds."""

_STYLE: dict[str, Any] = {
    "axes.edgecolor": SOFT,
    "axes.facecolor": "none",
    "axes.grid": True,
    "axes.grid.axis": "y",
    "axes.axisbelow": True,
    "axes.labelcolor": INK,
    "axes.labelsize": 10.5,
    "axes.linewidth": 0.8,
    "axes.spines.right": False,
    "axes.spines.top": False,
    "figure.facecolor": "none",
    "font.family": ["DejaVu Sans"],  # which comes with matplotlib
    "font.size": 10.5,
    "grid.color": GRID,
    "grid.linewidth": 0.7,
    "svg.fonttype": "path",
    "svg.hashsalt": "embedprep",  # else ids are drawn at random
    "text.color": INK,
    "text.parse_math": False,
    "xtick.color": SOFT,
    "xtick.labelcolor": INK,
    "xtick.labelsize": 10.5,
    "ytick.color": SOFT,
    "ytick.labelcolor": INK,
    "ytick.labelsize": 10.5,
}


@contextmanager
def drawing() -> Iterator[None]:
    """Have matplotlib draw in the style of the page meanwhile, whatever the user's own is, and keep
    still about its fonts. Raises MissingExtra where it is not installed.
    """
    logger = logging.getLogger("matplotlib")
    level = logger.level
    logger.setLevel(logging.CRITICAL)
    try:
        with warnings.catch_warnings():
            # Old releases of it are older than what they import, and warned.
            warnings.simplefilter("ignore")
            try:
                import matplotlib as mpl
                import matplotlib.figure
            except ImportError:
                raise missing("matplotlib") from None
            with mpl.rc_context():
                mpl.rcdefaults()
                parameters: Any = mpl.rcParams  # whose types differ from release to release
                parameters.update(_STYLE)
                yield
    finally:
        logger.setLevel(level)


def missing(package: str) -> MissingExtra:
    """The error of a package that reports are made with."""
    cause = f"the package {package} is not installed"
    return MissingExtra("report", cause, "pip install 'embedprep[report]'")


def svg_of(figure: Figure, name: str, label: str) -> str:
    """A figure as an element of a page; `name` tells its ids from those of others, `label` is read
    to those who do not see it.
    """
    drawn = io.StringIO()
    nothing = dict.fromkeys(("Date", "Creator", "Format", "Type"))  # the same bytes in every run
    figure.savefig(drawn, format="svg", metadata=nothing)
    element = drawn.getvalue()
    element = element[element.index("<svg") :]
    element = re.sub(r"<metadata>.*?</metadata>", "", element, flags=re.DOTALL)
    element = re.sub(r"<style[^>]*>.*?</style>", "", element, flags=re.DOTALL)  # page.html has it
    element = re.sub(r"<defs>\s*</defs>|<!--.*?-->", "", element, flags=re.DOTALL)
    element = _with_own_ids(element, name)
    for colour, variable in _VARIABLE_OF.items():
        element = element.replace(colour, f"var(--{variable})")
    box = re.search(r'viewBox="[^"]+"', element)
    assert box is not None
    head = f'<svg {box[0]} role="img" aria-label="{html.escape(label)}">'
    return head + re.sub(r"\n\s*\n*", "\n", element[element.index(">") + 1 :])


def _with_own_ids(element: str, name: str) -> str:
    """The element with the ids alone that something in it leads to."""
    used = set(re.findall(r'href="#([^"]+)"|url\(#([^)]+)\)', element))
    names = {either for pair in used for either in pair if either}

    def own(found: re.Match[str]) -> str:
        return f' id="{name}-{found[1]}"' if found[1] in names else ""

    element = re.sub(r' id="([^"]+)"', own, element)
    element = re.sub(r'xlink:href="#([^"]+)"', rf'href="#{name}-\1"', element)
    return re.sub(r"url\(#([^)]+)\)", rf"url(#{name}-\1)", element)
