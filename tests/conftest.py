"""What do all tests share? The folder of corpora, the programs under test, Hypothesis' profiles,
and the figures of tests/faults.
"""

from __future__ import annotations

import os
import signal
import sys
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings

from tests.faults import figures

_IN_CI = bool(os.environ.get("CI"))

# No deadline: the first example of a test may import NumPy or build a table.
settings.register_profile(
    "local", deadline=None, max_examples=60, suppress_health_check=[HealthCheck.too_slow]
)
settings.register_profile("ci", settings.get_profile("local"), derandomize=True)
settings.load_profile("ci" if _IN_CI else "local")

# A shell has background jobs ignore Ctrl-C, and programs that they start inherit that.
if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
    signal.signal(signal.SIGINT, signal.default_int_handler)


@pytest.fixture(scope="session")
def shared() -> Path:
    """The folder of shared corpora. Without it a test is skipped, in CI it fails."""
    beside = Path(__file__).resolve().parents[2] / "shared"
    folder = Path(os.environ.get("EMBEDPREP_SHARED") or beside)
    if not (folder / "corpora").is_dir():
        reason = f"needs the shared corpora: no {folder}/corpora; name it by $EMBEDPREP_SHARED"
        if _IN_CI:
            pytest.fail(reason)
        pytest.skip(reason)
    return folder


@pytest.fixture(scope="session")
def shell(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """The environment of a shell in which `python` and `embedprep` are those under test."""
    programs = tmp_path_factory.mktemp("bin")
    for name, arguments in (("python", ""), ("embedprep", "-m embedprep ")):
        program = programs / name
        program.write_text(
            f'#!/bin/sh\nexec "{sys.executable}" {arguments}"$@"\n', encoding="utf-8"
        )
        program.chmod(0o755)
    path = f"{programs}{os.pathsep}{os.environ['PATH']}"
    root = str(Path(__file__).resolve().parents[1])
    return {**os.environ, "PATH": path, "PYTHONPATH": root, "LC_ALL": "C.UTF-8"}


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter, exitstatus: int) -> None:
    """Show what came of the faults, and after `make faults` put it into its page."""
    reports = [
        report for some in ("passed", "failed") for report in terminalreporter.getreports(some)
    ]
    tallies = figures.joined(each for report in reports for each in report.user_properties)
    if not tallies:
        return
    terminalreporter.section("faults")
    for heading, table in figures.sections(tallies).items():
        terminalreporter.write_line(f"\n{heading}\n\n{table}")
    if figures.is_full and exitstatus == pytest.ExitCode.OK:
        skipped = terminalreporter.getreports("skipped")
        left_out = [report.longrepr[2].removeprefix("Skipped: ") for report in skipped]
        page = figures.PAGE.read_text(encoding="utf-8")
        written = figures.written_page(page, tallies, left_out)
        figures.PAGE.write_text(written, encoding="utf-8")
