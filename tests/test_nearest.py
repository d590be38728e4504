"""Are the nearest words those with the greatest cosines, in an order that nothing else changes?"""

from __future__ import annotations

import json
import math
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

import embedprep
from embedprep import arrays
from embedprep import nearest as module
from embedprep.errors import EmbedprepError, SettingsError
from embedprep.matrix.files import WordVectors
from embedprep.nearest import Neighbour, nearest, open_vectors
from embedprep.rectangle import Rectangle
from embedprep.tokenizer.settings import TokenizerSettings
from embedprep.vocabulary import Vocabulary
from tests.in_process import call
from tests.test_errors import assert_fails, by_shell, run

VOCABULARY = Vocabulary(
    ("good", "great", "fine", "北京", "film", "new york"),
    (1,) * 6,
    TokenizerSettings("unicode"),
    Rectangle(4),
)
#                   <pad>   <unk>   good    great   fine    北京    film     new york
MATRIX = np.array([[1, 0], [0, 0], [1, 0], [2, 0], [3, 4], [0, 5], [-2, 0], [1e30, 1e30]], "f4")


def vectors(matrix: NDArray[Any], vocabulary: Vocabulary = VOCABULARY) -> WordVectors:
    return WordVectors(Path("M.npy"), matrix, vocabulary)


def test_words_stand_by_their_cosines() -> None:
    [found] = nearest(vectors(MATRIX), ["good"])
    assert (found.asked, found.word) == ("good", "good")
    assert [word for word, _ in found.neighbours] == ["great", "new york", "fine", "北京", "film"]
    assert [round(cosine, 9) for _, cosine in found.neighbours] == [1, 0.707106781, 0.6, 0, -1]


def test_no_more_than_are_asked_for_and_each_word_by_itself() -> None:
    found = nearest(vectors(MATRIX), ["good", "北京", "good"], top=1)
    assert [near.neighbours for near in found] == [
        [Neighbour("great", 1.0)],
        [Neighbour("fine", 0.8)],
        [Neighbour("great", 1.0)],
    ]
    with pytest.raises(SettingsError, match="--top: 0 is less than 1"):
        nearest(vectors(MATRIX), ["good"], top=0)
    assert nearest(vectors(MATRIX), []) == []


@pytest.mark.parametrize("n_bytes", [1, 100, 1 << 20])
def test_equally_near_words_stand_in_the_order_of_indices(
    n_bytes: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(arrays, "CHUNK_BYTES", n_bytes)
    draw = np.random.default_rng(0)
    words = tuple(f"w{i}" for i in range(300))
    many = Vocabulary(words, (1,) * 300, TokenizerSettings("whitespace"), Rectangle(4))
    matrix = np.tile(draw.normal(size=(1, 37)), (302, 1)).astype("f4")
    matrix[1::2] *= 4  # as near as the others, to the last bit
    [found] = nearest(vectors(matrix, many), ["w5"], top=1000)
    assert [word for word, _ in found.neighbours] == ["<unk>", *(w for w in words if w != "w5")]


SIZES = st.sampled_from([0.0, 0.0, 1.0, -1.0, 0.5, 3.0, 1e-30, 3e38, math.inf, math.nan])


def twin(matrix: list[list[float]], asked: int, top: int) -> list[tuple[int, float]]:
    """The nearest rows of one, in plain Python."""

    def length(row: list[float]) -> float:
        return math.sqrt(sum(x * x for x in row))

    near = []
    for index, row in enumerate(matrix):
        if index not in {0, asked} and length(row) and math.isfinite(length(row)):
            dot = sum(x * y for x, y in zip(row, matrix[asked], strict=True))
            near.append((index, dot / (length(row) * length(matrix[asked]))))
    return sorted(near, key=lambda pair: (-round(pair[1], 9), pair[0]))[:top]


@given(
    matrix=st.lists(st.tuples(SIZES, SIZES, SIZES), min_size=8, max_size=8),
    asked=st.integers(2, 7),
    top=st.integers(1, 8),
    dtype=st.sampled_from(["f4", "f8", ">f4"]),
)
def test_any_matrix_as_its_twin(
    matrix: list[tuple[float, ...]], asked: int, top: int, dtype: str
) -> None:
    exact = np.array(matrix, "f4").astype(dtype)
    rows = exact.tolist()
    if not any(rows[asked]) or not all(map(math.isfinite, rows[asked])):
        with pytest.raises(EmbedprepError, match="so nothing is near it"):
            nearest(vectors(exact), [VOCABULARY.entries[asked]], top)
        return
    [found] = nearest(vectors(exact), [VOCABULARY.entries[asked]], top)
    cosine_of = {VOCABULARY.entries[i]: cosine for i, cosine in twin(rows, asked, len(rows))}
    # Which of two comes first that are as near but for rounding is not the twin's to say.
    assert [cosine for _, cosine in found.neighbours] == pytest.approx(
        sorted(cosine_of.values(), reverse=True)[:top], abs=1e-9
    )
    assert len({word for word, _ in found.neighbours}) == len(found.neighbours)
    for word, cosine in found.neighbours:
        assert cosine == pytest.approx(cosine_of[word], abs=1e-9)


def test_many_words_at_a_time_give_the_same(monkeypatch: pytest.MonkeyPatch) -> None:
    matrix = np.random.default_rng(0).normal(size=(8, 50)).astype(np.float32)
    asked = [*VOCABULARY.words] * 3
    together = nearest(vectors(matrix), asked)
    assert together == [nearest(vectors(matrix), [word])[0] for word in asked]
    monkeypatch.setattr(module, "_WORDS_AT_ONCE", 4)
    assert nearest(vectors(matrix), asked) == together


@pytest.mark.parametrize(
    ("asked", "word"),
    [("Good", "good"), (" GREAT!", "great"), ("new york", "new york"), ("北京", "北京")],
)
def test_a_word_is_found_as_its_tokenizer_makes_it_or_as_it_stands(asked: str, word: str) -> None:
    [found] = nearest(vectors(MATRIX), [asked], top=1)
    assert (found.asked, found.word) == (asked, word)


def test_case_that_is_kept_is_told_of() -> None:
    kept = Vocabulary(
        ("it", "IT"), (1, 1), TokenizerSettings("unicode", lowercase=False), Rectangle(4)
    )
    assert nearest(vectors(MATRIX[2:6], kept), ["IT"])[0].word == "IT"
    with pytest.raises(EmbedprepError) as caught:
        nearest(vectors(MATRIX[2:6], kept), ["It"])
    assert str(caught.value) == ('"It": is not in the vocabulary; words spelled alike are "it"')


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A matrix and its vocabulary."""
    np.save(tmp_path / "M.npy", MATRIX)
    VOCABULARY.save(tmp_path / "vocab.json")
    return tmp_path


def said(folder: Path, *arguments: str) -> str:
    """What the command prints on stdout."""
    done = call("nearest", folder / "M.npy", *arguments)
    assert done.exit_code == 0, done.stderr
    return done.stdout


def test_the_command_prints_columns_that_stand_in_line(folder: Path) -> None:
    assert said(folder, "Good", "film", "--top", "4") == (
        "good\n"
        "  1  great      1.000\n"
        "  2  new york   0.707\n"
        "  3  fine       0.600\n"
        "  4  北京       0.000\n"
        "\n"
        "film\n"
        "  1  北京       0.000\n"
        "  2  fine      -0.600\n"
        "  3  new york  -0.707\n"
        "  4  good      -1.000\n"
    )


def test_words_of_standard_input_and_json(folder: Path) -> None:
    (folder / "words.txt").write_bytes(b"Good\n\nnew york\r\n")
    ended = run(folder, "nearest M.npy - film -k 1 --json", by_shell("< words.txt"))
    assert (ended.status, ended.err) == (0, "")
    assert [json.loads(line) for line in ended.out.splitlines()] == [
        {"asked": "Good", "word": "good", "nearest": [{"word": "great", "cosine": 1.0}]},
        {
            "asked": "new york",
            "word": "new york",
            "nearest": [{"word": "fine", "cosine": 0.989949}],
        },
        {"asked": "film", "word": "film", "nearest": [{"word": "北京", "cosine": 0.0}]},
    ]
    assert "北京" in ended.out


def test_an_output_is_read_when_it_is_whole(tmp_path: Path) -> None:
    (tmp_path / "a.txt").write_bytes(b"the cat sat\n")
    out = tmp_path / "out"
    embedprep.build(tmp_path / "a.txt", out, dim=2)
    np.save(out / "embedding_matrix.npy", MATRIX[:5])
    assert nearest(open_vectors(out), ["cat"], 1)[0].neighbours == [Neighbour("sat", 1.0)]
    (out / "manifest.json").unlink()
    with pytest.raises(EmbedprepError, match="so it is unfinished"):
        open_vectors(out)


NAMED = "name a 2-D array of float16, float32 or float64"


@pytest.mark.parametrize(
    ("matrix", "message"),
    [
        (
            MATRIX[:7],
            (
                "has 7 vectors, and the vocabulary 8 entries; name the vocabulary that the matrix "
                "was made with by --vocab"
            ),
        ),
        (MATRIX[0], f"holds float32 of shape (2,), not an embedding matrix; {NAMED}"),
        (
            np.ones((8, 2), np.int32),
            f"holds int32 of shape (8, 2), not an embedding matrix; {NAMED}",
        ),
    ],
)
def test_a_matrix_that_does_not_fit(matrix: NDArray[Any], message: str, folder: Path) -> None:
    np.save(folder / "M.npy", matrix)
    with pytest.raises(EmbedprepError) as caught:
        open_vectors(folder / "M.npy")
    assert str(caught.value) == f"{folder}/M.npy: {message}"


def test_words_without_neighbours(folder: Path) -> None:
    spelled = '"grate": is not in the vocabulary; words spelled alike are "great"'
    assert_fails(folder, "nearest M.npy good GRATE", spelled.replace("grate", "GRATE"))
    with pytest.raises(EmbedprepError) as caught:
        nearest(vectors(MATRIX), ["xyzzy \n"])
    assert str(caught.value) == '"xyzzy \\n": is not in the vocabulary'
    with pytest.raises(EmbedprepError) as caught:
        nearest(vectors(MATRIX), ["<unk>"])
    assert str(caught.value) == (
        '"<unk>": has a vector of zeros, or of numbers that are not finite, so nothing is near it; '
        "ask for another word"
    )


def test_the_vocabulary_lies_beside_the_matrix_or_is_named(folder: Path) -> None:
    expected = said(folder, "good")
    (folder / "vocab.json").rename(folder / "other.json")
    assert said(folder, "good", "--vocab", str(folder / "other.json")) == expected
    message = "vocab.json: no such file; name the vocabulary of this matrix by --vocab"
    assert_fails(folder, "nearest M.npy good", message)


def test_a_matrix_that_is_not_there(folder: Path) -> None:
    assert_fails(folder, "nearest good M.npy", "good: no such file; check the path")
    (folder / "a.txt").write_text("good\n")
    assert run(folder, "run a.txt -q -o out").status == 0
    said = "no such file; make it by `embedprep matrix`, or name the file of one"
    assert_fails(folder, "nearest out good", f"out/embedding_matrix.npy: {said}")
