"""In which sections does the help of a command show its options? And what do all commands share?"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar

import click

from embedprep.cli.commands import HELP_NAMES
from embedprep.cli.config import at_its_place, config_option, refuse_to_overwrite_config
from embedprep.cli.spelling import Choice, no_such_option

Command = TypeVar("Command", bound=Callable[..., Any])

OPTIONS = "Options"

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
    """A command whose help tells options apart by their sections.

    It has `--config`, its wrong choices and options are answered with those that were meant, and
    its numbers are an N in the help, which tells their range anyway.
    """

    def __init__(self, *args: Any, **settings: Any) -> None:
        super().__init__(*args, **settings)
        self.context_settings.setdefault("help_option_names", HELP_NAMES)
        self.params.append(config_option())
        for parameter in self.params:
            if type(parameter.type) is click.Choice:
                parameter.type = Choice(parameter.type.choices)
            if parameter.metavar is None and isinstance(
                parameter.type, click.IntRange | click.FloatRange
            ):
                parameter.metavar = "N"

    def sections(self, ctx: click.Context) -> dict[str, list[click.Option]]:
        """The options by their sections, those of no section first."""
        found: dict[str, list[click.Option]] = {OPTIONS: []}
        for parameter in self.get_params(ctx):
            if isinstance(parameter, click.Option):
                found.setdefault(_SECTION_OF.get(parameter, OPTIONS), []).append(parameter)
        return found

    def format_options(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        for section, options in self.sections(ctx).items():
            records = [record for option in options if (record := option.get_help_record(ctx))]
            with formatter.section(section):
                formatter.write_dl(records)

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        try:
            return super().parse_args(ctx, args)
        except click.NoSuchOption as error:
            raise no_such_option(error, self) from None
        except click.UsageError as error:
            raise at_its_place(error, ctx) from None

    def invoke(self, ctx: click.Context) -> Any:
        refuse_to_overwrite_config(ctx)
        try:
            return super().invoke(ctx)
        except click.UsageError as error:
            raise at_its_place(error, ctx) from None
