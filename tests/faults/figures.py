"""What came of the faults? Figures, as a table for people and as a part of docs/reliability.md.

A test counts what it sees in a `Tally`; pytest carries the tallies of all processes to the one
that reports. A new kind of fault is a heading in `HEADINGS` and a file of tests beside this one.
"""

from __future__ import annotations

import os
import platform
import re
import shutil
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TypeVar

import numpy as np

from tests.faults.places import can_trace
from tests.faults.rooms import can_make_rooms

T = TypeVar("T")

PAGE = Path(__file__).resolve().parents[2] / "docs" / "reliability.md"
BEGINNING, END = "<!-- figures: written by make faults -->", "<!-- end of the figures -->"

PROPERTY = "tally"
"""The name under which a report of pytest carries a tally."""

HEADINGS = {
    "killed": "A process that is killed",
    "disk": "A disk that is full",
    "input": "Inputs that vanish or change",
    "output": "Outputs that cannot be written, and temporary folders",
    "store": "An object store that fails",
    "rivals": "Several runs into one output",
    "clusters": "A cluster that loses processes",
    "ended": "Signals",
    "streams": "Streams that are closed, full or unread",
    "surroundings": "Clocks, languages, names",
    "broken": "Broken files",
}
"""The kinds of faults, in the order of the page."""

is_full = os.environ.get("EMBEDPREP_FAULTS") == "full"


def times(full: int, short: int) -> int:
    """How often a fault is tried: by `make faults`, or in the short form."""
    return full if is_full else short


def some(cases: Sequence[T], short: int) -> Sequence[T]:
    """All cases for `make faults`, else about so many of them, evenly spread."""
    step = 1 if is_full else max(1, len(cases) // short)
    return cases[::step]


@dataclass
class Tally:
    """How often a fault was tried, and how often each outcome was seen."""

    kind: str
    fault: str
    seen: dict[str, int] = field(default_factory=dict)

    def add(self, outcome: str, n: int = 1) -> None:
        self.seen[outcome] = self.seen.get(outcome, 0) + n

    @property
    def as_property(self) -> tuple[str, object]:
        """What pytest carries; what is counted later is in it too."""
        return PROPERTY, (self.kind, self.fault, self.seen)


def joined(properties: Iterable[tuple[str, Any]]) -> list[Tally]:
    """The tallies in the properties of reports, those of the same fault added up, in order."""
    tallies: dict[tuple[str, str], Tally] = {}
    for name, value in properties:
        if name != PROPERTY:
            continue
        kind, fault, seen = value
        tally = tallies.setdefault((kind, fault), Tally(kind, fault))
        for outcome, n in seen.items():
            tally.add(outcome, n)
    order = list(HEADINGS)
    return sorted(tallies.values(), key=lambda tally: (order.index(tally.kind), tally.fault))


def table(tallies: Iterable[Tally]) -> str:
    """The figures in Markdown.

    >>> tally = Tally("disk", "a disk of 1 to 9 kB")
    >>> tally.add("no space is left", 1200)
    >>> print(table([tally]))
    | fault | tried | what was seen |
    |---|---:|---|
    | a disk of 1 to 9 kB | 1,200 | 1,200 no space is left |
    """
    lines = ["| fault | tried | what was seen |", "|---|---:|---|"]
    for tally in tallies:
        seen = ", ".join(f"{n:,} {outcome}" for outcome, n in sorted(tally.seen.items()))
        lines.append(f"| {tally.fault} | {sum(tally.seen.values()):,} | {seen} |")
    return "\n".join(lines)


def sections(tallies: Sequence[Tally]) -> dict[str, str]:
    """The table of each kind of fault, by its heading."""
    kinds = {tally.kind for tally in tallies}
    return {
        heading: table(tally for tally in tallies if tally.kind == kind)
        for kind, heading in HEADINGS.items()
        if kind in kinds
    }


def surroundings() -> str:
    """Where the figures come from."""
    facts = [
        f"{platform.system()} {platform.release().split('-')[0]}",
        f"Python {platform.python_version()}",
        f"NumPy {np.__version__}",
        "as root" if os.geteuid() == 0 else "not as root",
        "with strace" if can_trace() else "without strace",
        "with namespaces" if can_make_rooms() else "without namespaces",
        f"{'with' if shutil.which('faketime') else 'without'} libfaketime",
    ]
    return ", ".join(facts)


def written_page(page: str, tallies: Sequence[Tally], left_out: Iterable[str]) -> str:
    """A page with the figures between their marks; those of kinds that were not tried stay.

    `left_out` are the reasons of tests that were skipped.
    """
    head, _, rest = page.partition(BEGINNING)
    old, _, tail = rest.partition(END)
    kept = dict(re.findall(r"^### (.+)\n\n((?:\|.+\n)+)", old, re.MULTILINE))
    new = sections(tallies)
    is_whole = len(new) == len(HEADINGS)
    reasons = {*left_out, *([] if is_whole else re.findall(r"^- (.+)$", old, re.MULTILINE))}
    tables = {name: new.get(name, kept.get(name, "").strip()) for name in HEADINGS.values()}
    parts = [
        *(BEGINNING, f"Measured on: {surroundings()}."),
        *(f"### {name}\n\n{shown}" for name, shown in tables.items() if shown),
        "What could not be tried there, and why:",
        "\n".join(f"- {reason}" for reason in sorted(reasons)) or "Nothing.",
        END,
    ]
    return head + "\n\n".join(parts) + tail
