"""What do the tests in a browser share? A Chromium that is installed, and outputs to look at."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from importlib import import_module
from pathlib import Path
from typing import Any

import pytest

from embedprep.reporting import write_report
from tests.browser.outputs import make_outputs

SWITCHES = (
    "--headless=new",
    "--no-sandbox",  # root has none
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)
SEEN = Path(__file__).resolve().parents[2] / "build" / "report"

NAMES = ("chromium", "chromium-browser", "google-chrome", "chrome")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Skip the tests of this folder, but for `make browser`, which sets the variable."""
    if os.environ.get("EMBEDPREP_BROWSER"):
        return
    for item in items:
        if item.path.is_relative_to(Path(__file__).parent):
            item.add_marker(pytest.mark.skip(reason="needs Chromium and playwright: make browser"))


@pytest.fixture(scope="session")
def chromium() -> Iterator[Any]:
    """The browser, started. Without it a test is skipped, in CI it fails."""
    program = next(filter(None, map(shutil.which, NAMES)), None)
    if program is None:
        reason = "found no chromium; apt-get install chromium fonts-noto-cjk, or the like"
        if os.environ.get("CI"):
            pytest.fail(reason)
        pytest.skip(reason)
    playwright = import_module("playwright.sync_api")  # its own browsers are never downloaded
    with playwright.sync_playwright() as started:
        browser = started.chromium.launch(executable_path=program, args=list(SWITCHES))
        yield browser
        browser.close()


@pytest.fixture(scope="session")
def pages(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """The reports of the outputs, by their names, where what is seen is kept too."""
    SEEN.mkdir(parents=True, exist_ok=True)
    outputs = make_outputs(tmp_path_factory.mktemp("outputs"))
    for name, output in outputs.items():
        write_report(output, SEEN / f"{name}.html")
    return {name: SEEN / f"{name}.html" for name in outputs}
