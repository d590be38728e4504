"""What did somebody mean who mistyped a command, an option or a choice?"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import click


def guess(typed: str, known: Iterable[str]) -> str:
    """A question that names what was probably meant, to be put behind a message; else nothing.

    >>> guess("--max-word", ["--max-words", "--max-len", "--min-count"])
    ' Did you mean --max-words?'
    >>> guess("padd", ["pre", "post"])
    ''
    """
    import difflib  # it takes 5 ms to import, and is needed for errors alone

    # Without dashes, as two of them would make all options alike.
    named = {name.strip("-").lower(): name for name in known}
    alike = difflib.get_close_matches(typed.strip("-").lower(), named, n=1)
    return f" Did you mean {named[alike[0]]}?" if alike else ""


def no_such_option(error: click.NoSuchOption, command: click.Command) -> click.UsageError:
    """The error about an option that a command lacks, in words that no version of click changes."""
    known = [name for option in command.params for name in (*option.opts, *option.secondary_opts)]
    options = [name for name in known if name.startswith("-")] + ["--help"]
    message = f"No such option {error.option_name!r}.{guess(error.option_name, options)}"
    return click.UsageError(message, error.ctx)


class Choice(click.Choice):  # type: ignore[type-arg] # generic since click 8.2
    """One of some names; a wrong one is answered with the one that was probably meant."""

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:
        try:
            return super().convert(value, param, ctx)
        except click.BadParameter as error:
            message = f"{error.message}{guess(str(value), self.choices)}"
            raise click.BadParameter(message, ctx, param) from None
