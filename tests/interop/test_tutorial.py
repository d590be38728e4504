"""Does the tutorial lead to a classifier, from the first line to the last?"""

from __future__ import annotations

import os
import re
import sys
from pathlib import Path

import pytest

from tests.interop.conftest import ROOT
from tests.sessions import replay, steps

PAGE = (ROOT / "docs" / "tutorial.md").read_text(encoding="utf-8")


@pytest.fixture
def env(tmp_path: Path) -> dict[str, str]:
    """The environment of a newcomer: nothing but `python3`, and an empty home."""
    home, programs = tmp_path / "home", tmp_path / "bin"
    for folder in (home, programs):
        folder.mkdir()
    (programs / "python3").symlink_to(sys._base_executable)  # type: ignore[attr-defined]
    # For Linux a newer PyTorch would bring gigabytes, as pyproject.toml says.
    constraints = tmp_path / "constraints.txt"
    constraints.write_text("torch==2.13.0\n", encoding="utf-8")
    left_out = ("KERAS_BACKEND", "PYTHONPATH", "VIRTUAL_ENV")
    cache = os.environ.get("PIP_CACHE_DIR", Path.home() / ".cache" / "pip")
    return {
        **{name: value for name, value in os.environ.items() if name not in left_out},
        "HOME": str(home),
        "LC_ALL": "C.UTF-8",
        "PATH": f"{programs}{os.pathsep}{os.environ['PATH']}",
        "PIP_CACHE_DIR": str(cache),  # an empty home has none
        "PIP_CONSTRAINT": str(constraints),
    }


def test_the_page_leads_to_a_classifier(env: dict[str, str]) -> None:
    """About a minute, most of it pip's."""
    page = steps(PAGE, "console", "sh", "python")
    outputs = {
        step.command: output for step, output in zip(page, replay(page, ROOT, env), strict=True)
    }

    trained = outputs["python train.py"]
    found = re.search(r"^(\d+)% of 37 test messages are right$", trained, re.MULTILINE)
    assert found is not None
    assert int(found[1]) >= 80  # "97%" on the page

    [predict] = [command for command in outputs if command.startswith("python predict.py ")]
    assert outputs[predict] in PAGE

    mistakes = outputs["python wrong.py"].splitlines()
    assert len(mistakes) <= 0.2 * (36 + 37)
    team = r"(?:account|delivery|payment|product)"
    for mistake in mistakes:
        assert re.match(rf"(validation|test): {team} taken for {team}: \w", mistake)
