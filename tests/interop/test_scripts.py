"""Do the scripts of `examples/` do what they say, after the commands that they name?"""

from __future__ import annotations

import ast
import re
import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from tests.interop.conftest import ROOT


def commands_of(script: str) -> str:
    """The lines of the docstring that are indented."""
    tree = ast.parse((ROOT / "examples" / script).read_text(encoding="utf-8"))
    docstring = ast.get_docstring(tree) or ""
    commands = "\n".join(re.findall(r"^    (.*)", docstring, re.MULTILINE))
    assert f"python examples/{script} " in commands
    return commands


@pytest.fixture
def replay(tmp_path: Path, shell: dict[str, str]) -> Callable[[str], str]:
    """Run the commands of a script's docstring in a fresh folder; what they say."""
    for name in ("examples", "sample_data"):
        shutil.copytree(ROOT / name, tmp_path / name)

    def run(script: str) -> str:
        done = subprocess.run(
            ["bash", "-e", "-c", commands_of(script)],
            cwd=tmp_path,
            env=shell,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            encoding="utf-8",
            check=False,
        )
        assert done.returncode == 0, done.stdout
        return done.stdout

    return run


PEERS = [("keras", "Keras"), ("pytorch", "PyTorch")]


@pytest.mark.parametrize(("peer", "name"), PEERS)
def test_an_embedding_layer_gives_the_vectors_of_embed(
    peer: str, name: str, replay: Callable[[str], str]
) -> None:
    assert replay(f"{peer}_embedding.py").splitlines()[-2:] == [
        f"{name}: (32, 10) indices in, (32, 10, 64) numbers out",
        f"{name}: equal to the vectors of `embedprep embed`",
    ]


@pytest.mark.parametrize(("peer", "name"), PEERS)
def test_a_classifier_is_right_about_most_sentences(
    peer: str, name: str, replay: Callable[[str], str], tmp_path: Path
) -> None:
    *_, said = replay(f"{peer}_classifier.py").splitlines()
    found = re.fullmatch(rf"{name}: (.+)% of 60 held-out sentences are right", said)
    assert found is not None
    assert float(found[1]) > 90  # as the README says; by chance half of them are
    assert len(list((tmp_path / "build").glob("classifier.*"))) == 1


def test_pairs_teach_which_words_are_alike(replay: Callable[[str], str], tmp_path: Path) -> None:
    said = replay("pytorch_skipgrams.py")
    losses = [float(loss) for loss in re.findall(r"loss (.+)", said)]
    assert losses == sorted(losses, reverse=True)
    # What telling a pair's kind by the share of the kinds alone would come to: 1 in 5 is positive.
    assert losses[-1] < -(0.2 * np.log(0.2) + 0.8 * np.log(0.8))
    assert len(losses) == 5
    learned = np.load(tmp_path / "build" / "learned.npy")
    assert learned.shape[1] == 32
    assert not learned[0].any()
    assert said.splitlines()[-11] == "friendly"
