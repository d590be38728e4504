"""How do sections and facts become a page?"""

from __future__ import annotations

import warnings
from collections.abc import Sequence
from importlib import resources
from typing import Any, NamedTuple

from embedprep.reporting.svg import missing
from embedprep.reporting.tables import Section, Table


class Page(NamedTuple):
    """All that a page shows: `tiles` are the numbers at its top with their names; `layer` is the
    line that makes the embedding layer, `commands` those that make the output; `facts` are tables
    of the manifest, in columns.
    """

    title: str
    lead: str
    tiles: list[tuple[str, str]]
    sections: Sequence[Section]
    layer: str
    commands: list[str]
    facts: list[list[Table]]


def check_templates() -> None:
    """Raise MissingExtra where there is nothing to make a page with."""
    _jinja()


def rendered(page: Page) -> str:
    """The page as HTML: one file, which asks for no other."""
    jinja2 = _jinja()
    template = resources.files(__package__).joinpath("page.html").read_text(encoding="utf-8")
    environment = jinja2.Environment(
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
    html: str = environment.from_string(template).render(page=page)
    return html


def _jinja() -> Any:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            import jinja2
        except ImportError:
            raise missing("jinja2") from None
    return jinja2
