"""Do the steps of `examples/Makefile` make what they are to make, and only when it is due?"""

from __future__ import annotations

import re
import shutil
import subprocess
from importlib.util import find_spec
from pathlib import Path

import numpy as np
import pytest

import embedprep

ROOT = Path(__file__).resolve().parents[1]

OF_WORDS = {"words/manifest.json", "vectors.npy"}
OF_OPINIONS = {"opinions/manifest.json", "matrix.npy", "pairs/manifest.json"}
EMBEDDINGS = {"keras_embedding.done", "pytorch_embedding.done"}
CLASSIFIERS = {"classifier.keras", "classifier.pt"}
MODELS = {*EMBEDDINGS, *CLASSIFIERS, "learned.npy"}


class Workshop:
    """A copy of the examples and of their data, and make."""

    def __init__(self, folder: Path, shell: dict[str, str]) -> None:
        self.folder = folder
        self.build = folder / "build" / "examples"
        # What the make around the tests was told is not meant for this one.
        self._shell = {name: value for name, value in shell.items() if "MAKE" not in name}

    def make(self, *arguments: str) -> str:
        """What make says."""
        command = ["make", "-C", "examples", "PYTHON=python", "EMBEDPREP=embedprep", *arguments]
        done = subprocess.run(
            command,
            cwd=self.folder,
            env=self._shell,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            encoding="utf-8",
            check=False,
        )
        assert done.returncode == 0, done.stdout
        return done.stdout

    def due(self) -> set[str]:
        """The results that make would make now."""
        # With -t it touches them instead of making them, with -n it only says so.
        said = self.make("-n", "-t", "all", "data")
        return set(re.findall(r"^touch \S+/build/examples/(\S+)$", said, re.MULTILINE))


@pytest.fixture(scope="module")
def workshop(tmp_path_factory: pytest.TempPathFactory, shell: dict[str, str]) -> Workshop:
    """The results of embedprep are made; empty files stand for those of Keras and PyTorch."""
    if find_spec("gensim") is None:
        pytest.skip("gensim is not installed")
    folder = tmp_path_factory.mktemp("examples")
    for name in ("examples", "sample_data"):
        shutil.copytree(ROOT / name, folder / name)
    workshop = Workshop(folder, shell)
    assert workshop.due() == {*OF_WORDS, *OF_OPINIONS, *MODELS}
    workshop.make("data")
    assert workshop.due() == MODELS
    for name in MODELS:
        (workshop.build / name).touch()
    return workshop


def test_the_results_have_the_shapes_that_the_examples_tell_of(workshop: Workshop) -> None:
    words = embedprep.load(workshop.build / "words")
    assert words.manifest["embedding"] == {
        "input_dim": 1000,
        "output_dim": 64,
        "input_length": 10,
        "mask_zero": True,
    }
    assert words.embedding_matrix is not None
    assert words.embedding_matrix.shape == (1000, 64)
    assert np.load(workshop.build / "vectors.npy", mmap_mode="r").shape == (320, 10, 64)

    opinions = embedprep.load(workshop.build / "opinions")
    assert opinions.classes == ("negative", "positive")
    assert np.bincount(opinions.labels).tolist() == [240, 240]  # type: ignore[arg-type]
    assert np.bincount(opinions.parts["heldout"].labels).tolist() == [30, 30]  # type: ignore[arg-type]
    assert opinions.manifest["embedding"]["output_dim"] == 32
    shape = (opinions.manifest["embedding"]["input_dim"], 32)
    assert np.load(workshop.build / "matrix.npy").shape == shape


def test_a_second_make_does_nothing(workshop: Workshop) -> None:
    for target in ("all", "data"):
        said = workshop.make(target)
        assert "Nothing to be done for" in said
        assert "embedprep " not in said
    assert workshop.due() == set()


@pytest.mark.parametrize(
    ("changed", "due"),
    [
        ("sample_data/reviews.txt", OF_WORDS | EMBEDDINGS),
        ("sample_data/opinions.csv", OF_OPINIONS | CLASSIFIERS | {"learned.npy"}),
        ("sample_data/opinions_heldout.csv", OF_OPINIONS | CLASSIFIERS | {"learned.npy"}),
        ("build/examples/matrix.npy", CLASSIFIERS),
        ("build/examples/pairs/manifest.json", {"learned.npy"}),
        ("examples/keras_classifier.py", {"classifier.keras"}),
        ("examples/pytorch_embedding.py", {"pytorch_embedding.done"}),
    ],
)
def test_what_depends_on_a_change_is_made_again(
    changed: str, due: set[str], workshop: Workshop, tmp_path: Path, shell: dict[str, str]
) -> None:
    folder = tmp_path / "copy"
    shutil.copytree(workshop.folder, folder)  # time stamps too
    copy = Workshop(folder, shell)
    assert copy.due() == set()
    (folder / changed).touch()
    assert copy.due() == due


def test_a_new_line_becomes_a_row_and_a_vector(
    workshop: Workshop, tmp_path: Path, shell: dict[str, str]
) -> None:
    folder = tmp_path / "copy"
    shutil.copytree(workshop.folder, folder)
    copy = Workshop(folder, shell)
    with (folder / "sample_data" / "reviews.txt").open("a", encoding="utf-8") as reviews:
        reviews.write("The film was a joy.\n")
    said = copy.make("data")
    assert re.findall(r"^embedprep (\w+) ", said, re.MULTILINE) == ["run", "embed"]
    words = embedprep.load(copy.build / "words")
    assert words.embedding_matrix is not None
    np.testing.assert_array_equal(
        np.load(copy.build / "vectors.npy")[320], words.embedding_matrix[words.sequences[320]]
    )
    assert copy.due() == EMBEDDINGS
