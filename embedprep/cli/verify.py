"""The command that holds an output against its manifest: `verify`."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, NoReturn

import click

from embedprep.cli import choices, options, stdout
from embedprep.cli.command import Command
from embedprep.cli.gates import gate_facts, gate_line
from embedprep.cli.outcome import Outcome
from embedprep.cli.progress import progress
from embedprep.cli.summary import announce, print_json, table
from embedprep.errors import OutputError
from embedprep.gates import Checked, Measured
from embedprep.places import place_of
from embedprep.wording import how_many, printable

if TYPE_CHECKING:
    from embedprep.verifying import Verified


@click.command(cls=Command)
@click.argument("output", type=options.address, metavar="DIR")
@options.gate_options(*options.ROW_GATES, options.COVERAGE_GATE)
@options.running_options
def verify(
    *,
    output: str,
    jobs: int | None,
    quiet: bool,
    as_json: bool,
    summary: str | None,
    **chosen: Any,
) -> None:
    """Prove that an output is whole: every file is there and holds what the manifest says.

    All that is wrong is printed, a line each, and the exit status is then 1. Where an output is
    whole, its figures are held to gates, and the exit status is 3 if one fails.

    \b
    embedprep verify out/
    embedprep verify out/ --max-oov 5% --min-rows 1000
    """
    gates = choices.gates(chosen)
    outcome = choices.outcome("verify", gates, summary, quiet=quiet, as_json=as_json)
    outcome.check_summary(place_of(output))
    from embedprep.verifying import listed_bytes
    from embedprep.verifying import verify as library

    with progress(listed_bytes(output), quiet, doing="verifying") as advance:
        verified = library(output, jobs=jobs, advance=advance)
    for name in () if quiet else verified.unlisted:
        cause = "is no part of the output, as its manifest does not list it"
        announce(f"note: {verified.path / name}: {cause}")
    if verified.problems:
        _report_problems(verified, outcome)
    from embedprep.measuring import hold_output

    sums_up = summary is not None and verified.counted == "rows"
    with outcome.held(lambda _: _facts(verified)):
        measured = hold_output(verified.path, gates, always=sums_up)
    with outcome.done(measured) as checked:
        if as_json:
            print_json(_facts(verified) | gate_facts(checked))
        elif not quiet:
            _print(verified, checked)


def _report_problems(verified: Verified, outcome: Outcome) -> NoReturn:
    problems = [f"{printable(file)}: {printable(cause)}" for file, cause in verified.problems]
    try:
        if outcome.as_json:
            print_json(_facts(verified))
        else:
            stdout.write("".join(f"{problem}\n" for problem in problems))
    finally:
        outcome.append(Measured(str(verified.path), {}), problems=problems)
    found = how_many(len(problems), "problem")
    remedy = "copy the output again, or make it again"
    raise OutputError(str(verified.path), f"{found} found", remedy)


def _facts(verified: Verified) -> dict[str, object]:
    """What was found as JSON."""
    return {
        "output": str(verified.path),
        "files": verified.n_files,
        "bytes": verified.n_bytes,
        "problems": [problem._asdict() for problem in verified.problems],
    }


def _print(verified: Verified, checked: Sequence[Checked]) -> None:
    lines = [
        ("files", verified.n_files, ""),
        ("bytes", verified.n_bytes, ""),
        (verified.counted, verified.n_rows, ""),
        *gate_line(checked),
    ]
    stdout.write(f"{printable(str(verified.path))}: is what its manifest says\n{table(lines)}")
