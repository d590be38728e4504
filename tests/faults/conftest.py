"""What do the tests of faults share? Their tallies, and a folder with texts and outputs."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.faults.figures import Tally
from tests.faults.worlds import make_world


@pytest.fixture
def tally(record_property: Callable[[str, object], None]) -> Callable[[str, str], Tally]:
    """Begin to count what comes of a fault, by its kind and its name."""

    def begin(kind: str, fault: str) -> Tally:
        begun = Tally(kind, fault)
        record_property(*begun.as_property)
        return begun

    return begin


@pytest.fixture(scope="session")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("made")
    make_world(folder)
    return folder


@pytest.fixture
def folder(made: Path, tmp_path: Path) -> Path:
    """Texts, an output, a matrix and files of the user's."""
    shutil.copytree(made, tmp_path / "world")
    return tmp_path / "world"
