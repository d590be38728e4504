"""How does a command tell of gates? Of those that fail on stderr, with their limits beside them."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from contextlib import suppress
from typing import TYPE_CHECKING, Any

import click

from embedprep.cli.columns import GAP, n_cells
from embedprep.cli.columns import shown as seen
from embedprep.wording import part_name, printable

if TYPE_CHECKING:
    from embedprep.gates import Checked


def gate_facts(checked: Sequence[Checked]) -> dict[str, Any]:
    """The figures and their limits as JSON; nothing where no gate was asked for."""
    gates = [
        {
            "gate": its.gate.removeprefix("--"),
            "part": its.part or None,
            "figure": _number(its.figure),
            "limit": _number(its.limit),
            "kept": its.is_kept,
        }
        for its in checked
    ]
    return {"gates": gates} if gates else {}


def _number(figure: Any) -> float:
    return figure if isinstance(figure, int) else float(figure)


def gate_line(checked: Sequence[Checked]) -> list[tuple[str, int, str]]:
    """How many gates there are, for the summary of what was done."""
    gates = {its.gate for its in checked}
    failed = {its.gate for its in checked if not its.is_kept}
    remark = f"{len(failed)} failed" if failed else "all kept"
    return [("gates", len(gates), remark)] if gates else []


def gate_table(checked: Sequence[Checked]) -> str:
    """Each figure beside its limit, one a line; parts are named where there are several."""
    has_parts = any(its.part for its in checked)
    columns = [
        [its.gate for its in checked],
        [_part(its) for its in checked] if has_parts else [],
        [its.shown_figure for its in checked],
        [its.shown_limit for its in checked],
        ["kept" if its.is_kept else "FAILED" for its in checked],
    ]
    aligned = [_aligned(cells, is_right=n == 2) for n, cells in enumerate(columns) if cells]
    lines = (f"  {GAP.join(cells)}".rstrip() for cells in zip(*aligned, strict=True))
    return "".join(f"{line}\n" for line in lines)


def _part(checked: Checked) -> str:
    return "" if checked.part is None else seen(printable(part_name(checked.part)))


def _aligned(cells: Sequence[str], *, is_right: bool) -> list[str]:
    width = max(map(n_cells, cells), default=0)
    blanks = [" " * (width - n_cells(cell)) for cell in cells]
    pairs = zip(blanks, cells, strict=True)
    return [blank + cell if is_right else cell + blank for blank, cell in pairs]


def announce_gates(place: str, said: str, checked: Iterable[Checked]) -> None:
    """Tell on stderr which gates of an output failed, and which did not."""
    table = gate_table(list(checked))
    with suppress(OSError):  # nobody can be told that stderr is full
        click.echo(f"embedprep: {printable(place)}: {said}\n{table}", nl=False, err=True)
