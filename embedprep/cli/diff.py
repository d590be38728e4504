"""The command that tells what has changed between two outputs: `diff`."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from embedprep.cli import options, stdout
from embedprep.cli.command import Command
from embedprep.cli.progress import progress
from embedprep.errors import NOT_AS_WANTED

if TYPE_CHECKING:
    from embedprep.comparing import Difference


@click.command(cls=Command)
@click.argument("old", type=options.path, metavar="OLD")
@click.argument("new", type=options.path, metavar="NEW")
@options.top_option("How many words, and classes, a list names at most.")
@options.result_options
@click.pass_context
def diff(
    context: click.Context, *, old: Path, new: Path, top: int, quiet: bool, as_json: bool
) -> None:
    """Tell what has changed from OLD to NEW, two outputs of rows or two vocabularies.

    The exit status is 0 where they are the same, 3 where they differ. A folder beside a file stands
    for its vocabulary. Versions, and the names and bytes of inputs, make no difference by
    themselves: they are told on stderr.

    \b
    embedprep diff monday/ tuesday/
    embedprep diff old.json out/vocab.json --top 50
    """
    from embedprep.comparing import diff as library

    with progress(None, quiet, doing="comparing", unit=" rows") as advance:
        found = library(old, new, top=top, advance=advance)
    if not quiet or as_json:
        _print(found, top, as_json=as_json, quiet=quiet)
    context.exit(0 if found.is_none else NOT_AS_WANTED)


def _print(found: Difference, top: int, *, as_json: bool, quiet: bool) -> None:
    from embedprep.cli.compared import facts, lines, notes
    from embedprep.cli.summary import announce, print_json

    for note in () if quiet else notes(found):
        announce(f"note: {note}")
    if as_json:
        print_json(facts(found))
    else:
        stdout.write("\n".join([*lines(found, top, stdout.width()), ""]))
