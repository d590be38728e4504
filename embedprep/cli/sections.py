"""In which sections does the help of a command show its options?"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar

import click

Decorated = TypeVar("Decorated", bound=Callable[..., Any])

OPTIONS = "Options"

_SECTION_OF: dict[click.Parameter, str] = {}
"""The section of each option that stands in one; all others are "Options"."""


def together(section: str, *options: Callable[[Any], Any]) -> Callable[[Decorated], Decorated]:
    """Several options of a section of the help as one decorator, in their order there.

    An option that stands in a section already, as one of several put together, stays there.
    """

    def decorate(command: Decorated) -> Decorated:
        for option in reversed(options):
            command = option(command)
            latest = command.__click_params__[-1]  # type: ignore[attr-defined] # click's own list
            _SECTION_OF.setdefault(latest, section)
        return command

    return decorate


def section_of(parameter: click.Parameter) -> str:
    """The section that an option stands in."""
    return _SECTION_OF.get(parameter, OPTIONS)
