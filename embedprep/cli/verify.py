"""The command that holds an output against its manifest: `verify`."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from embedprep.cli import options, stdout
from embedprep.cli.progress import progress
from embedprep.cli.sections import Sectioned
from embedprep.cli.summary import announce, print_json, table
from embedprep.errors import OutputError
from embedprep.wording import how_many, printable

if TYPE_CHECKING:
    from embedprep.verifying import Verified


@click.command(cls=Sectioned)
@click.argument("output", type=options.address, metavar="DIR")
@options.running_options
def verify(*, output: str, jobs: int | None, quiet: bool, as_json: bool) -> None:
    """Prove that an output is whole: every file is there and holds what the manifest says.

    All that is wrong is printed, a line each, and the exit status is then 1.

    \b
    embedprep verify out/
    """
    from embedprep.verifying import listed_bytes
    from embedprep.verifying import verify as library

    with progress(listed_bytes(output), quiet, doing="verifying") as advance:
        verified = library(output, jobs=jobs, advance=advance)
    for name in () if quiet else verified.unlisted:
        cause = "is no part of the output, as its manifest does not list it"
        announce(f"note: {verified.path / name}: {cause}")
    if as_json:
        print_json(_facts(verified))
    elif verified.problems:
        lines = [f"{printable(file)}: {printable(cause)}\n" for file, cause in verified.problems]
        stdout.write("".join(lines))
    elif not quiet:
        _print(verified)
    if verified.problems:
        found = how_many(len(verified.problems), "problem")
        raise OutputError(
            str(verified.path), f"{found} found", "copy the output again, or make it again"
        )


def _facts(verified: Verified) -> dict[str, object]:
    """What was found as JSON."""
    return {
        "output": str(verified.path),
        "files": verified.n_files,
        "bytes": verified.n_bytes,
        "problems": [problem._asdict() for problem in verified.problems],
    }


def _print(verified: Verified) -> None:
    lines = [
        ("files", verified.n_files, ""),
        ("bytes", verified.n_bytes, ""),
        (verified.counted, verified.n_rows, ""),
    ]
    stdout.write(f"{printable(str(verified.path))}: is what its manifest says\n{table(lines)}")
