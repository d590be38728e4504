"""How are the results told? Markdown tables, and a line on the machine that they come from."""

from __future__ import annotations

import os
import platform
import subprocess
from collections.abc import Sequence
from datetime import date
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from statistics import median
from typing import NamedTuple

from corpus import MB
from measure import Cost


class Rows(NamedTuple):
    """What a contestant wrote: its array, the cells that hold a word, and an unknown one."""

    shape: tuple[int, ...]
    dtype: str
    filled: int
    unknown: int


class Result(NamedTuple):
    """A contestant's runs; `trouble` says why there are none."""

    name: str
    title: str
    version: str
    costs: tuple[Cost, ...] = ()
    rows: Rows | None = None
    trouble: str = ""

    @property
    def wall(self) -> float:
        """Median seconds."""
        return median(cost.wall for cost in self.costs)

    @property
    def cpu(self) -> float:
        """Median seconds of processor time."""
        return median(cost.cpu for cost in self.costs)

    @property
    def peak(self) -> float:
        """MB at the worst of the runs."""
        return max(cost.peak for cost in self.costs) / MB


def times(results: Sequence[Result]) -> str:
    """The main table: a line a contestant, beside embedprep and wc of the same runs."""
    wall = {result.name: result.wall for result in results if result.costs}
    lines = []
    for result in results:
        if not result.costs:
            trouble = result.trouble.partition(":")[0]
            lines.append([result.title, result.version, trouble, *["–"] * 6])
            continue
        walls = [cost.wall for cost in result.costs]
        lines.append(
            [
                result.title,
                result.version,
                f"{result.wall:.2f}",
                f"{min(walls):.2f}–{max(walls):.2f}",
                f"{len(walls)}",
                f"{result.cpu:.2f}",
                against_embedprep(result, wall.get("embedprep")),
                f"{result.wall / wall['wc']:.1f}" if "wc" in wall else "–",
                f"{result.peak:.0f}",
            ]
        )
    head = ["tool", "version", "median s", "min–max s", "runs", "CPU s"]
    return table([*head, "embedprep is", "× wc", "peak MB"], lines)


def against_embedprep(result: Result, embedprep: float | None) -> str:
    """The ratio of two medians in words, so that a loss reads as one."""
    if embedprep is None or result.name == "embedprep":
        return "–"
    ratio = result.wall / embedprep
    word = "faster" if ratio >= 1 else "slower"
    return f"{max(ratio, 1 / ratio):.3g}× {word}"


def outputs(results: Sequence[Result]) -> str:
    """What each contestant wrote, which shows how near their jobs are to each other."""
    lines = [
        [
            result.title,
            " × ".join(f"{size:,}" for size in result.rows.shape),
            result.rows.dtype,
            f"{result.rows.filled:,}",
            f"{result.rows.unknown / max(result.rows.filled, 1):.2%}",
        ]
        for result in results
        if result.rows
    ]
    return table(["tool", "rows", "dtype", "words in them", "unknown"], lines)


def growth(small: Sequence[Result], large: Sequence[Result], small_mb: float, copies: int) -> str:
    """Time per MB and peak memory beside those of the corpus copied several times."""
    lines = [
        [
            result.title,
            f"{size:,.0f}",
            f"{result.wall:.2f}",
            f"{1000 * result.wall / size:.2f}",
            f"{result.peak:.0f}",
        ]
        for before, after in zip(small, large, strict=True)
        for result, size in ((before, small_mb), (after, copies * small_mb))
        if result.costs
    ]
    return table(["tool", "text MB", "median s", "ms per MB", "peak MB"], lines)


def table(head: Sequence[str], lines: Sequence[Sequence[str]]) -> str:
    """A Markdown table, its columns padded to one width so that it reads well unrendered too."""
    widths = [max(len(line[i]) for line in [head, *lines]) for i in range(len(head))]
    rule = ["-" * width for width in widths]

    def row(cells: Sequence[str]) -> str:
        return "| " + " | ".join(map(str.ljust, cells, widths)) + " |"

    return "\n".join(map(row, [head, rule, *lines]))


def circumstances() -> str:
    """The machine, the day and the versions that the contestants do not give themselves."""
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30
    return (
        f"{processor()}, {cores()} cores, {memory:.0f} GiB of memory, "
        f"{platform.system()} {platform.release()}; {date.today().isoformat()}; "
        f"Python {platform.python_version()}, NumPy {installed('numpy')}; "
        f"load average at the start {os.getloadavg()[0]:.1f}."
    )


def processor() -> str:
    """The processor's name for people."""
    try:
        facts = Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines()
        named = next(fact for fact in facts if fact.startswith("model name"))
        return named.partition(":")[2].strip()
    except (OSError, StopIteration):
        pass
    try:
        name = ["sysctl", "-n", "machdep.cpu.brand_string"]
        return subprocess.run(name, capture_output=True, text=True, check=True).stdout.strip()
    except (OSError, subprocess.CalledProcessError):
        return platform.machine()


def cores() -> int:
    """The cores that this process may use, which containers set below what the machine has."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def installed(distribution: str) -> str:
    """The version of an installed distribution."""
    try:
        return version(distribution)
    except PackageNotFoundError:
        return "(none)"
