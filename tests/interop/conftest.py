"""What do the tests beside Keras and PyTorch share? The packages, and an output to look at.

Both packages are large, so `make test` does without them and skips these tests; `make interop`
installs them, and there a test fails where one is missing.
"""

from __future__ import annotations

import os
import subprocess
import sys
from importlib import import_module
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import pytest
from numpy.typing import NDArray

import embedprep

ROOT = Path(__file__).resolve().parents[2]


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Skip the tests of this folder, but for `make interop`, which sets the variable."""
    if os.environ.get("EMBEDPREP_INTEROP"):
        return
    for item in items:
        if item.path.is_relative_to(Path(__file__).parent):
            item.add_marker(pytest.mark.skip("Keras 3 and PyTorch are large: `make interop`"))


@pytest.fixture(scope="session")
def torch() -> Any:
    return import_module("torch")


@pytest.fixture(scope="session")
def keras() -> Any:
    found = import_module("keras")
    assert found.backend.backend() == "torch", "Keras needs KERAS_BACKEND=torch here"
    return found


class Made(NamedTuple):
    """What the commands wrote: rows of 10 of a vocabulary of 1000, in vectors of 64.

    `rows: (320, 10)`, `matrix: (1000, 64)`, `embedded: (320, 10, 64)`, `one_hot: (320, 10, 1000)`.
    """

    folder: Path
    rows: NDArray[np.int32]
    matrix: NDArray[np.float32]
    embedded: NDArray[np.float32]
    one_hot: NDArray[np.uint8]


@pytest.fixture(scope="session", params=["pre", "post"])
def made(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Made:
    """The reviews by the real commands, padded on either side."""
    folder = tmp_path_factory.mktemp(f"made-{request.param}")
    source = ROOT / "sample_data" / "reviews.txt"
    for words in (
        f"run {source} -n 998 --max-len 10 --dim 64 --padding {request.param} -o out",
        "embed out -o embedded.npy",
        "onehot out -o onehot.npy",
    ):
        command = [sys.executable, "-m", "embedprep", *words.split()]
        subprocess.run([*command, "-q"], cwd=folder, check=True)
    output = embedprep.load(folder / "out")
    rows, matrix = np.array(output.sequences), np.array(output.embedding_matrix)
    embedded, one_hot = np.load(folder / "embedded.npy"), np.load(folder / "onehot.npy")
    assert rows.shape == (320, 10)
    assert matrix.shape == (1000, 64)
    assert 0 < np.count_nonzero(rows == 0) < 3200
    return Made(folder / "out", rows, matrix, embedded, one_hot)
