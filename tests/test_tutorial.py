"""Does the tutorial show what embedprep says?

This is about its commands alone. All of the page, from the installation to the trained model, is
replayed in `tests/interop`.
"""

from __future__ import annotations

import ast
import shutil
from pathlib import Path

from tests.sessions import blocks, replay, steps

ROOT = Path(__file__).resolve().parents[1]
PAGE = (ROOT / "docs" / "tutorial.md").read_text(encoding="utf-8")


def test_the_sessions_run_as_shown(tmp_path: Path, shell: dict[str, str]) -> None:
    shutil.copy(ROOT / "sample_data" / "tickets.csv", tmp_path)
    shown = [
        step
        for step in steps(PAGE, "console", "sh")
        if step.shown is not None or step.command.startswith("embedprep ")
    ]
    assert len(shown) >= 9
    replay(shown, tmp_path, shell)
    report = (tmp_path / "report.html").read_text(encoding="utf-8")
    assert "<title>" in report


def test_the_scripts_can_be_parsed() -> None:
    scripts = blocks(PAGE, "python")
    assert len(scripts) >= 3
    for script in scripts:
        ast.parse(script)
