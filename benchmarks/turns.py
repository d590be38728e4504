"""How are commands compared that do the same? As whole processes, taking turns."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from statistics import median

import corpus
import measure


def take_turns(
    commands: Mapping[str, Sequence[str]], runs: int, slow: Mapping[str, int] | None = None
) -> dict[str, list[measure.Cost]]:
    """What each run of each command took: A B C A B C, behind a warm-up that does not count.

    `slow` ones have no warm-up, and so many runs. Before each run the folder `out` is emptied.
    """
    runs_of = {name: (slow or {}).get(name, runs) for name in commands}
    costs: dict[str, list[measure.Cost]] = {name: [] for name in commands}
    for turn in range(-1, runs):
        for name, command in commands.items():
            is_due = name not in (slow or {}) if turn < 0 else turn < runs_of[name]
            if is_due:
                corpus.emptied(corpus.BUILD / "out")
                cost = measure.run(command, corpus.ROOT, {"LC_ALL": "C.UTF-8"})
                costs[name] += [cost] if turn >= 0 else []
    return costs


def report(costs: Mapping[str, Sequence[measure.Cost]]) -> None:
    """Print a line for each command, the first one beside all others."""
    [ours, *_] = costs
    wall = {name: median(cost.wall for cost in of) for name, of in costs.items()}
    print(f"| | s | {ours} is | CPU s | peak MB |")
    print("| --- | ---: | ---: | ---: | ---: |")
    for name, of in costs.items():
        ratio = wall[name] / wall[ours]
        word = f"{ratio:.3g}× faster" if ratio >= 1 else f"{1 / ratio:.3g}× slower"
        cpu, peak = median(cost.cpu for cost in of), max(cost.peak for cost in of) / corpus.MB
        beside = "" if name == ours else word
        print(f"| {name} | {wall[name]:.2f} | {beside} | {cpu:.2f} | {peak:.0f} |")


def load() -> str:
    """The load average, which tells whether the machine is idle."""
    return f"load average before {os.getloadavg()[0]:.1f}"
