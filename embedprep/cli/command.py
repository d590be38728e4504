"""What do all commands share?"""

from __future__ import annotations

from typing import Any

import click

from embedprep.cli.commands import HELP_NAMES
from embedprep.cli.config import at_its_place, config_option, refuse_to_overwrite_config
from embedprep.cli.sections import OPTIONS, section_of
from embedprep.cli.spelling import Choice, no_such_option


class Command(click.Command):
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
                found.setdefault(section_of(parameter), []).append(parameter)
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
