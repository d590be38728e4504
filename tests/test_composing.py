"""Does a matrix have the vectors of a binary model of fastText, wherever that is read from?"""

from __future__ import annotations

import gzip
import subprocess
import sys
import zipfile
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from embedprep import arrays
from embedprep.digests import Digest
from embedprep.engines import ThreadEngine
from embedprep.matrix import Matrix, make_matrix
from embedprep.rectangle import Rectangle
from embedprep.settings import MatrixSettings, VectorSource
from embedprep.specials import Specials
from embedprep.tokenizer.settings import TokenizerSettings
from embedprep.vocabulary import Vocabulary
from tests import twins
from tests.subword_models import Model

MODEL = Model(words=(b"</s>", b"the", b"Cat", b"<unk>"))
WORDS = ("the", "cat", "Straße", "x", "THE")


def vocabulary(words: tuple[str, ...] = WORDS, specials: Specials | None = None) -> Vocabulary:
    tokenizer = TokenizerSettings("whitespace")
    counts = tuple(range(len(words), 0, -1))
    return Vocabulary(words, counts, tokenizer, Rectangle(2), specials or Specials())


def vector(spelling: str) -> NDArray[np.float32]:
    """The vector of a word by the twin."""
    ngrams = twins.word_ngrams(spelling, MODEL.minn, MODEL.maxn)
    made: NDArray[np.float32] = twins.word_vector(spelling, MODEL.words, ngrams, MODEL.matrix)[0]
    return made


def matrix_of(path: Path, of: Vocabulary | None = None, *, case_fallback: bool = False) -> Matrix:
    source = VectorSource(str(path), case_fallback=case_fallback)
    with ThreadEngine(2) as engine:
        return make_matrix(of or vocabulary(), MatrixSettings(vectors=source), engine)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    path = tmp_path / "model.bin"
    path.write_bytes(MODEL.to_bytes())
    return path


@pytest.mark.parametrize("n_bytes", [64, 4 << 20])
def test_words_have_the_vectors_of_the_model(
    path: Path, n_bytes: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(arrays, "CHUNK_BYTES", n_bytes)
    made = matrix_of(path)
    assert made.values[2:].tolist() == [vector(word).tolist() for word in WORDS]
    assert made.values[1].tolist() == vector("<unk>").tolist()
    assert made.statistics["vectors"] == 4
    assert made.statistics["words_found"] == 5
    assert made.statistics["words_from_ngrams"] == 4


def test_a_word_in_another_case_comes_before_the_n_grams_of_a_word(path: Path) -> None:
    made = matrix_of(path, case_fallback=True)
    spelled = ["the", "Cat", "Straße", "x", "the"]
    assert made.values[2:].tolist() == [vector(spelling).tolist() for spelling in spelled]
    assert made.statistics["words_from_ngrams"] == 2


def test_special_entries_are_found_as_they_stand_alone(path: Path) -> None:
    specials = Specials(bos=2, eos=3)
    made = matrix_of(path, vocabulary(specials=specials))
    assert made.values[1].tolist() == vector("<unk>").tolist()
    assert made.values[2].tolist() != vector("<bos>").tolist()
    assert made.values[4].tolist() == vector("the").tolist()
    assert made.statistics["words_from_ngrams"] == 4


def test_a_word_without_n_grams_is_missing(tmp_path: Path) -> None:
    (tmp_path / "m.bin").write_bytes(MODEL._replace(minn=5, maxn=5).to_bytes())
    made = matrix_of(tmp_path / "m.bin", vocabulary(("the", "x")))
    assert made.coverage is not None
    assert made.coverage.missing == [("x", 1)]


def test_the_model_is_found_in_whatever_holds_it(path: Path, tmp_path: Path) -> None:
    expected = matrix_of(path).values.tobytes()
    packed, archive = tmp_path / "model.bin.gz", tmp_path / "model.zip"
    packed.write_bytes(gzip.compress(path.read_bytes()))
    with zipfile.ZipFile(archive, "w") as opened:
        opened.write(path, "folder/model.bin")
    assert matrix_of(packed).values.tobytes() == expected
    assert matrix_of(archive).values.tobytes() == expected
    assert matrix_of(archive / "folder" / "model.bin").values.tobytes() == expected

    vocabulary().save(tmp_path / "vocab.json")
    command = "matrix --vocab vocab.json --vectors - -o M.npy -q"
    whole = [sys.executable, "-m", "embedprep", *command.split()]
    with path.open("rb") as stream:
        subprocess.run(whole, stdin=stream, cwd=tmp_path, check=True)
    assert np.load(tmp_path / "M.npy").tobytes() == expected


def test_the_whole_model_is_in_its_digest(path: Path) -> None:
    whole = Digest()
    whole.update(path.read_bytes())
    source = matrix_of(path).source
    assert source is not None
    assert (source.digest.n_bytes, source.digest.pieces) == (whole.n_bytes, whole.pieces)
