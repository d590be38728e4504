"""Does a matrix keep the vectors of an older one?"""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import embedprep
from embedprep import Vocabulary
from embedprep.digests import digest_of
from embedprep.errors import OutputError, SettingsError, VocabularyError
from embedprep.matrix.making import Matrix
from embedprep.matrix.recipe import write_matrix_of
from embedprep.matrix.starting import Older
from embedprep.rectangle import Rectangle
from embedprep.settings import MatrixSettings, VectorSource
from embedprep.tokenizer.settings import TokenizerSettings

OLD = Vocabulary(("the", "cat"), (5, 2), TokenizerSettings("whitespace"), Rectangle(4))
NEW = replace(OLD, words=("the", "cat", "dog"), counts=(7, 2, 1))
VECTORS = np.arange(8, dtype=np.float32).reshape(4, 2) / 7


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """An old matrix beside its vocabulary, and a new vocabulary."""
    (tmp_path / "old").mkdir()
    OLD.save(tmp_path / "old" / "vocab.json")
    np.save(tmp_path / "old" / "m.npy", VECTORS)
    NEW.save(tmp_path / "new.json")
    return tmp_path


def made(folder: Path, settings: MatrixSettings | None = None, **chosen: Any) -> Matrix:
    older = Older(folder / "old" / "m.npy", chosen.pop("vocabulary", None))
    settings = settings or MatrixSettings()
    return write_matrix_of(folder / "m.npy", settings, folder / "new.json", older=older, jobs=1)


def test_old_vectors_are_kept_exactly_and_new_ones_are_those_without_it(folder: Path) -> None:
    matrix = made(folder, MatrixSettings(seed=3))
    values = np.load(folder / "m.npy")
    assert values.dtype == np.float32
    assert values[:4].tobytes() == VECTORS.tobytes()  # that of the padding too
    drawn = embedprep.embedding_matrix(NEW, dim=2, seed=3).values
    assert values[4].tolist() == drawn[4].tolist()
    assert matrix.statistics == {"kept_vectors": 4, "new_vectors": 1, "vectors_left_out": 0}


def test_vectors_go_with_their_words_to_other_indices(folder: Path) -> None:
    replace(NEW, words=("dog", "cat", "a"), counts=(7, 2, 1)).save(folder / "new.json")
    matrix = made(folder, MatrixSettings(init="zeros"))
    expected = [*VECTORS[:2].tolist(), [0, 0], VECTORS[3].tolist(), [0, 0]]
    assert np.load(folder / "m.npy").tolist() == expected
    assert matrix.statistics == {"kept_vectors": 3, "new_vectors": 2, "vectors_left_out": 1}


def test_the_vocabulary_may_lie_elsewhere(folder: Path) -> None:
    (folder / "old" / "vocab.json").rename(folder / "before.json")
    made(folder, vocabulary=folder / "before.json")
    assert np.load(folder / "m.npy")[:4].tobytes() == VECTORS.tobytes()


def test_halves_become_singles(folder: Path) -> None:
    np.save(folder / "old" / "m.npy", VECTORS.astype(np.float16))
    made(folder)
    assert np.load(folder / "m.npy")[:4].tolist() == VECTORS.astype(np.float16).tolist()


def test_an_output_tells_where_its_vectors_are_from(folder: Path) -> None:
    (folder / "t.txt").write_text("the dog\n", encoding="ascii")
    embedprep.build(folder / "t.txt", folder / "out", tokenizer="whitespace")
    older = Older(folder / "old" / "m.npy")
    write_matrix_of(folder / "out", MatrixSettings(init="zeros"), older=older, jobs=1)
    output = embedprep.load(folder / "out")
    assert output.embedding_matrix is not None
    words = output.vocabulary.index
    assert output.embedding_matrix[words["the"]].tolist() == VECTORS[2].tolist()
    manifest = json.loads((folder / "out" / "manifest.json").read_bytes())
    digest = digest_of(folder / "old" / "m.npy")
    assert manifest["matrix"] == {
        "start": {"name": "m.npy", "bytes": digest.n_bytes, "sha256": digest.pieces},
        "init": "zeros",
        "seed": 0,
        "statistics": {"kept_vectors": 3, "new_vectors": 1, "vectors_left_out": 1},
    }


def test_what_does_not_fit_is_refused_and_leaves_nothing(folder: Path) -> None:
    old = folder / "old" / "m.npy"
    there = sorted(folder.rglob("*"))

    def said(kind: type[Exception], settings: MatrixSettings | None = None) -> str:
        with pytest.raises(kind) as caught:
            made(folder, settings)
        assert sorted(folder.rglob("*")) == there
        return str(caught.value)

    assert said(OutputError, MatrixSettings(dim=3)) == (
        f"{old}: has vectors of 2 numbers, not 3; leave out --dim"
    )
    vectors = MatrixSettings(vectors=VectorSource("v.txt"))
    assert said(SettingsError, vectors) == (
        "--start: goes with new vectors that are drawn, not with --vectors"
    )
    np.save(old, VECTORS.astype(np.float64))
    assert said(OutputError) == (
        f"{old}: holds float64, which the float32 of the new matrix would round; save it as float32"
    )
    np.save(old, VECTORS[:3])
    assert said(OutputError) == (
        f"{old}: has 3 vectors, and the vocabulary 4 entries; "
        f"name another vocabulary than {folder / 'old' / 'vocab.json'} by --start-vocab"
    )
    np.save(old, VECTORS)
    replace(OLD, words=("a", "b")).save(folder / "new.json")
    assert said(VocabularyError) == (
        f"{old}: is of a vocabulary that has none of the words of the new one; "
        "name its vocabulary by --start-vocab"
    )
    (folder / "old" / "vocab.json").unlink()
    there.remove(folder / "old" / "vocab.json")
    assert said(OutputError) == (
        f"{old}: has no vocab.json beside it; name the vocabulary of these vectors by --start-vocab"
    )
    old.unlink()
    there.remove(old)
    assert said(OutputError) == f"{old}: no such file; check the path"
