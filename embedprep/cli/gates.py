"""How does a command tell of gates? Of those that fail on stderr, with their limits beside them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from embedprep.cli.columns import GAP, in_place, shown, to_the_left, to_the_right
from embedprep.wording import part_name

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
        to_the_left([its.gate for its in checked]),
        *([to_the_left([in_place(_part(its)) for its in checked])] if has_parts else []),
        to_the_right([its.shown_figure for its in checked]),
        to_the_left([its.shown_limit for its in checked]),
        ["kept" if its.is_kept else "FAILED" for its in checked],
    ]
    return "".join(f"{GAP.join(['', *cells])}\n" for cells in zip(*columns, strict=True))


def _part(checked: Checked) -> str:
    return "" if checked.part is None else shown(part_name(checked.part))
