"""Is every broken file refused, or read, and nothing else?"""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.faults.figures import Tally, times
from tests.faults.samples import KINDS

ROOT = Path(__file__).resolve().parents[2]

BATCH = 1000
N_BROKEN = times(10_000, 100)
N_INVENTED = times(1_000, 20)
MOST_MEMORY = 700_000
"""Kilobytes of the process that tries a thousand files."""


def report_of(*arguments: str) -> dict[str, Any]:
    """What came of some files. A process that ends in its own way is a failure."""
    done = subprocess.run(
        [sys.executable, "-W", "error", "-m", "tests.faults.fuzzing", *arguments],
        cwd=ROOT,
        capture_output=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr.decode(errors="replace")[-4000:]
    report: dict[str, Any] = json.loads(done.stdout)
    assert report["failures"] == []
    assert report["peak_kb"] < MOST_MEMORY
    return report


@pytest.mark.parametrize("first", range(0, N_BROKEN, BATCH))
@pytest.mark.parametrize("kind", KINDS)
def test_files_that_are_broken(kind: str, first: int, tally: Callable[[str, str], Tally]) -> None:
    figures = tally("broken", f"{kind}: valid files, mutated")
    report = report_of(kind, str(first), str(min(BATCH, N_BROKEN)))
    for state in ("accepted", "refused"):
        figures.add(state, report[state])


@pytest.mark.parametrize("kind", KINDS)
def test_files_that_are_invented(kind: str, tally: Callable[[str, str], Tally]) -> None:
    figures = tally("broken", f"{kind}: made by Hypothesis")
    report = report_of(kind, "invented", str(N_INVENTED))
    for state in ("accepted", "refused"):
        figures.add(state, report[state])
