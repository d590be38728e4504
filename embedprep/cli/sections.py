"""In which sections does the help of a command show its options?"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar

import click

Command = TypeVar("Command", bound=Callable[..., Any])

_SECTION_OF: dict[click.Parameter, str] = {}
"""The section of each option that stands in one; all others are "Options"."""


def together(section: str, *options: Callable[[Any], Any]) -> Callable[[Command], Command]:
    """Several options of a section of the help as one decorator, in their order there.

    An option that stands in a section already, as one of several put together, stays there.
    """

    def decorate(command: Command) -> Command:
        for option in reversed(options):
            command = option(command)
            latest = command.__click_params__[-1]  # type: ignore[attr-defined] # click's own list
            _SECTION_OF.setdefault(latest, section)
        return command

    return decorate


class Sectioned(click.Command):
    """A command whose help tells options apart by their sections."""

    def format_options(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        sections: dict[str, list[tuple[str, str]]] = {}
        for parameter in self.get_params(ctx):
            record = parameter.get_help_record(ctx)
            if record is not None and isinstance(parameter, click.Option):
                section = _SECTION_OF.get(parameter, "Options")
                sections.setdefault(section, []).append(record)
        for section, records in sections.items():
            with formatter.section(section):
                formatter.write_dl(records)
