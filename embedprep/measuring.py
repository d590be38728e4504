"""What is an output like that is there, as far as gates ask, and does it keep to them?

Its manifest tells it. How many rows are copies of earlier ones it tells where `--max-duplicates`
was asked for, or copies were left out; else the rows themselves are counted, by their indices: no
output holds its text.
"""

from __future__ import annotations

from pathlib import Path

from embedprep.figures.rows import row_figures
from embedprep.gates import Gates, Measured, hold
from embedprep.listing import table_of
from embedprep.manifest import read_manifest_of_rows
from embedprep.output import load
from embedprep.places import Place


def hold_output(
    output: Place, gates: Gates, outcome: str = "", *, always: bool = False
) -> Measured:
    """What an output is like, which keeps to its gates; nothing of it is told where there are none,
    unless it is `always` to be.

    Raises GateError, which tells the `outcome` too, and what `measured_output` raises.
    """
    asks = always or bool(gates.limits)
    measured = measured_output(output, gates) if asks else Measured(str(output), {})
    hold(gates, measured, outcome)
    return measured


def measured_output(output: Place, gates: Gates) -> Measured:
    """What gates are held against in an output that is there.

    Raises OutputError where it is no whole output of rows.
    """
    manifest = read_manifest_of_rows(output)
    told_parts = table_of(manifest, "parts")
    told = Measured(
        str(output),
        table_of(manifest, "statistics"),
        {name: table_of(told_parts, name) for name in told_parts},
        table_of(manifest, "matrix", "statistics"),
        embedding=table_of(manifest, "embedding"),
    ).with_told_duplicates()
    if gates.max_duplicates is None or told.duplicates:
        return told
    assert isinstance(output, Path), "what is at an address was made with these gates"
    return told._replace(duplicates=_counted_duplicates(output))


def _counted_duplicates(output: Path) -> dict[str | None, tuple[int, int]]:
    """How many rows of each part have the indices and the length of an earlier one."""
    parts = load(output).all_parts
    figures = {name: row_figures(output / name, part) for name, part in parts.items()}
    return {name: (its.n_duplicates, its.rows_of_length.total()) for name, its in figures.items()}
