"""What does a command do with the figures of an output, kept or failed? Tell of gates, sum up."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, NamedTuple

import click

from embedprep.cli.gates import gate_facts, gate_table
from embedprep.cli.markdown import markdown
from embedprep.cli.summary import announce, built_facts, print_json, warn
from embedprep.cli.summary_file import append, check_writable
from embedprep.gates import Checked, GateError, Gates, Measured, check, count_failed
from embedprep.places import Place


class Outcome(NamedTuple):
    """How a command tells of the figures of an output: which gates they are held to, the file that
    a summary is appended to, if one is, and whether it is quiet, or prints JSON.
    """

    command: str
    gates: Gates
    summary: Path | None
    quiet: bool
    as_json: bool

    def check_summary(self, output: Place, others: Sequence[str | Place] = ()) -> None:
        """Raise OutputError where the summary cannot be written, or would damage the output, or
        another file that is read or written.
        """
        if self.summary is not None:
            check_writable(self.summary, output, others)

    def append(
        self,
        measured: Measured,
        checked: Sequence[Checked] = (),
        *,
        said: str = "",
        problems: Sequence[str] = (),
    ) -> None:
        """Append the summary, if one was asked for."""
        if self.summary is not None:
            append(self.summary, markdown(self.command, measured, checked, said, problems))

    @contextmanager
    def held(self, facts: Callable[[Measured], dict[str, Any]] = built_facts) -> Iterator[None]:
        """Tell of gates that failed, `facts` being those of the output as JSON, and exit."""
        try:
            yield
        except GateError as error:
            warn(error.warnings, self.quiet)
            announce(f"{error.measured.output}: {error.headline}", gate_table(error.checked))
            try:
                if self.as_json:
                    print_json(facts(error.measured) | gate_facts(error.checked))
            finally:
                self.append(error.measured, error.checked, said=error.headline)
            raise click.exceptions.Exit(error.exit_status) from None

    @contextmanager
    def done(self, measured: Measured) -> Iterator[list[Checked]]:
        """Have the result of a command printed, that of its gates with it, and then sum up, also
        where nobody reads the result.
        """
        checked = check(self.gates, measured)
        has_failed = not all(its.is_kept for its in checked)
        said = count_failed(checked) if has_failed else ""
        if has_failed and not self.quiet:
            announce(f"warning: {measured.output}: {said}", gate_table(checked))
        try:
            yield checked
        finally:
            self.append(measured, checked, said=said)
