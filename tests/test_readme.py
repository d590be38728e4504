"""The README cannot lie: its sessions are replayed, and the house is as it says.

That it tells of all commands and options is asked in test_documented.
"""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from embedprep.cli.commands import SECTIONS
from tests.sessions import blocks, replay, steps
from tests.test_house import FLOOR_OF

ROOT = Path(__file__).resolve().parent.parent
README = (ROOT / "README.md").read_text(encoding="utf-8")


@pytest.fixture(scope="module")
def environment(
    tmp_path_factory: pytest.TempPathFactory, shell: dict[str, str]
) -> tuple[Path, dict[str, str]]:
    """A folder with the sample data, and `embedprep` and `python` on the path."""
    folder = tmp_path_factory.mktemp("readme")
    shutil.copytree(ROOT / "sample_data", folder / "sample_data")
    [options] = blocks(README, "toml")
    (folder / "prep.toml").write_text(options, encoding="utf-8")
    return folder, shell


def test_the_sessions_run_as_shown(environment: tuple[Path, dict[str, str]]) -> None:
    folder, env = environment
    shown = steps(README, "console")
    assert len(shown) >= 8
    assert "Traceback" not in README
    replay(shown, folder, env)


def test_the_python_examples_run(environment: tuple[Path, dict[str, str]]) -> None:
    folder, env = environment
    [library, _keras] = blocks(README, "python")
    results = re.findall(r"^(output\S.*?)\s+# (.+)$", library, re.MULTILINE)
    checks = "".join(
        f"\nprint({expression})" for expression, result in results if result.isdecimal()
    )
    done = subprocess.run(
        [sys.executable, "-c", library + checks],
        cwd=folder,
        env=env,
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stdout.split() == [result for _, result in results if result.isdecimal()] != []


def test_the_first_screen_has_what_a_newcomer_needs() -> None:
    screen = README.splitlines()[:32]
    assert any("make demo" in line for line in screen)
    assert any("make test" in line for line in screen)
    assert any(line.startswith("[[") for line in screen)
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
    assert re.search(r"^demo:", makefile, re.MULTILINE)
    assert re.search(r"^test:", makefile, re.MULTILINE)


def test_the_commands_stand_in_their_sections_and_lead_to_their_places() -> None:
    table = README.partition("The commands, in the order of use:")[2].partition("\n## ")[0]
    told = {
        title: re.findall(r"\[`(\w+)`\]", commands)
        for title, commands in re.findall(r"^\| ([A-Z][^|]+?) \| (.+) \|$", table, re.MULTILINE)
    }
    assert told == {title: list(commands) for title, commands in SECTIONS.items()}


@pytest.mark.parametrize("page", [ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md"))])
def test_links_lead_somewhere(page: Path) -> None:
    text = page.read_text(encoding="utf-8")
    for target, anchor in re.findall(r"\]\((?!https?:)([^)#]*)(?:#([^)]*))?\)", text):
        path = page.parent / target if target else page
        assert path.exists(), target
        if anchor:
            assert anchor in anchors(path.read_text(encoding="utf-8"))


def anchors(page: str) -> set[str]:
    """What GitHub makes of the headings: lower case, spaces made hyphens, other signs left out."""
    headings = re.findall(r"^#+ (.+)$", page, re.MULTILINE)
    return {re.sub(r"[^\w -]", "", heading.lower()).replace(" ", "-") for heading in headings}


def test_the_house_is_as_told() -> None:
    """Every file of the package stands on its floor in the table of "Reading the code", and no
    other does.
    """
    table = README.partition("## Reading the code")[2]
    told = {
        file: int(floor)
        for floor, file in re.findall(r"^\| (\d+) +\| `([^`]+)`", table, re.MULTILINE)
    }
    package = ROOT / "embedprep"
    there = {path.relative_to(package).as_posix() for path in package.rglob("*.py")}
    listed = {
        name
        for name in there
        if name not in {"__init__.py", "__main__.py"} and not name.endswith("/__init__.py")
    }
    assert set(told) == listed
    assert told == {name: FLOOR_OF[name.removesuffix(".py").split("/")[0]] for name in told}
    assert list(told.values()) == sorted(told.values())
