"""Are vectors learned as gensim learns them, the same in every run, and is nothing else touched?"""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from embedprep.encoded import EncodedRows, open_rows
from embedprep.errors import InputError, OutputError, SettingsError, VocabularyError
from embedprep.initializers import Initializer, initial_rows
from embedprep.rectangle import Rectangle
from embedprep.settings import TrainingSettings
from embedprep.tokenizer.settings import TokenizerSettings
from embedprep.training import Trained, train
from embedprep.training.sentences import corpus_text, spell_indices
from embedprep.vocabulary import Vocabulary
from tests import twins
from tests.test_errors import assert_fails, run

SEA, LAND = ("ship", "sail", "wave", "harbour"), ("plough", "field", "barn", "wheat")
NEVER = ("never", "neither")
VOCABULARY = Vocabulary(
    (*SEA, *LAND, *NEVER), (1,) * 10, TokenizerSettings("whitespace"), Rectangle(9)
)
SMALL = TrainingSettings(dim=12, epochs=2, seed=7)


def two_topics(n_rows: int = 600, length: int = 9) -> NDArray[np.int32]:
    """Rows of words of one topic each, unknown words among them, padded at the start."""
    draw = np.random.default_rng(0)
    of_sea = draw.integers(0, 2, (n_rows, 1))
    ids = draw.integers(0, 4, (n_rows, length)) + np.where(of_sea, 2, 6)
    ids[draw.random(ids.shape) < 0.1] = 1
    ids[np.arange(length) < draw.integers(0, length + 1, (n_rows, 1))] = 0
    return ids.astype(np.int32)


ROWS = two_topics()


def trained(
    output: Path,
    settings: TrainingSettings = SMALL,
    ids: NDArray[Any] = ROWS,
    jobs: int = 1,
    **chosen: Any,
) -> NDArray[np.float32]:
    """The matrix that is learned from rows."""
    made = train(EncodedRows(Path("x.npy"), ids), VOCABULARY, output, settings, jobs=jobs, **chosen)
    assert made.path == output
    matrix: NDArray[np.float32] = np.load(output)
    assert matrix.dtype == np.float32
    assert list(output.parent.glob(".*")) == []
    return matrix


def first_vectors(settings: TrainingSettings) -> NDArray[np.float32]:
    assert settings.dim is not None
    uniform = Initializer("uniform", settings.seed, 0.5 / settings.dim)
    return initial_rows(VOCABULARY.entries, settings.dim, uniform)


def by_gensim(
    first: NDArray[np.float32], settings: TrainingSettings, folder: Path
) -> NDArray[np.float32]:
    """What gensim itself learns from the sentences, beginning with these vectors."""
    entries = VOCABULARY.entries
    sentences = [[entries[i] for i in row if i] for row in ROWS.tolist()]
    (folder / "text").write_text("".join(f"{' '.join(s)}\n" for s in sentences if len(s) > 1))
    counts = np.bincount(ROWS.ravel(), minlength=len(entries))
    occurring = [i for i in range(1, len(entries)) if counts[i]]
    model = twins.word2vec(
        vector_size=first.shape[1],
        window=settings.window,
        negative=settings.negative,
        seed=int(np.random.SeedSequence(settings.seed).generate_state(1)[0]),
        min_count=1,
        sg=1,
        workers=1,
        sorted_vocab=0,
    )
    model.build_vocab_from_freq({entries[i]: int(counts[i]) for i in occurring})
    model.wv.vectors[:] = first[occurring]
    n_words = sum(len(sentence) for sentence in sentences if len(sentence) > 1)
    model.train(corpus_file=str(folder / "text"), total_words=n_words, epochs=settings.epochs)
    matrix = first.copy()
    matrix[0] = 0
    matrix[occurring] = model.wv.vectors
    return matrix


@pytest.mark.parametrize(
    "settings",
    [SMALL, TrainingSettings(4, window=2, negative=9, epochs=3), TrainingSettings(7, epochs=1)],
)
def test_one_job_learns_what_gensim_learns(settings: TrainingSettings, tmp_path: Path) -> None:
    expected = by_gensim(first_vectors(settings), settings, tmp_path)
    assert trained(tmp_path / "M.npy", settings).tobytes() == expected.tobytes()


def test_going_on_begins_with_the_matrix_that_is_given(tmp_path: Path) -> None:
    start = np.random.default_rng(1).normal(size=(12, 12)).astype(np.float32)
    np.save(tmp_path / "M.npy", start)
    expected = by_gensim(start, SMALL, tmp_path)
    unsaid = TrainingSettings(epochs=SMALL.epochs, seed=SMALL.seed)
    for settings, output in ((SMALL, "other.npy"), (unsaid, "M.npy")):
        matrix = trained(tmp_path / output, settings, start=tmp_path / "M.npy")
        assert matrix.tobytes() == expected.tobytes()
    assert matrix[10:].tobytes() == start[10:].tobytes()


def test_what_never_occurs_keeps_its_first_vector_and_padding_is_zeros(tmp_path: Path) -> None:
    matrix = trained(tmp_path / "M.npy")
    first = first_vectors(SMALL)
    assert matrix.shape == (12, 12)
    assert not matrix[0].any()
    assert np.abs(first[1:]).max() <= 0.5 / 12
    assert matrix[10:].tobytes() == first[10:].tobytes()
    assert (matrix[1:10] != first[1:10]).any(axis=1).all()


def test_the_facts(tmp_path: Path) -> None:
    told: list[int] = []
    rows = EncodedRows(Path("x.npy"), ROWS)
    made = train(rows, VOCABULARY, tmp_path / "M.npy", SMALL, advance=told.append)
    assert made == Trained(
        tmp_path / "M.npy",
        {
            "rows": 600,
            "words": int(np.count_nonzero(ROWS)),
            "epochs": 2,
            "trained": 9,
            "untouched": 2,
        },
        {"input_dim": 12, "output_dim": 12, "input_length": 9, "mask_zero": True},
    )
    assert sum(told) == 2 * 600


def nearness(matrix: NDArray[np.float32]) -> tuple[float, float]:
    """The least cosine of two words of one topic, and the greatest of two of different ones."""
    words = matrix[2:10].astype(np.float64)
    words /= np.linalg.norm(words, axis=1)[:, None]
    cosines = words @ words.T
    is_one_topic = np.kron(np.eye(2), np.ones((4, 4))) == 1
    return float(cosines[is_one_topic].min()), float(cosines[~is_one_topic].max())


@pytest.mark.parametrize("jobs", [1, 3])
def test_words_of_one_topic_come_near_to_each_other(
    jobs: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("embedprep.training.learning._PIECE_WORDS", 300)
    told: list[int] = []
    settings = TrainingSettings(dim=12, epochs=60)
    within, across = nearness(trained(tmp_path / "M.npy", settings, jobs=jobs, advance=told.append))
    assert within > across + 0.1
    assert len(told) > 60 * 5
    assert sum(told) == 60 * len(ROWS)


def test_one_job_gives_the_same_bytes_in_every_process(tmp_path: Path) -> None:
    np.save(tmp_path / "rows.npy", ROWS)
    VOCABULARY.save(tmp_path / "vocab.json")
    expected = trained(tmp_path / "M.npy")
    assert trained(tmp_path / "M.npy").tobytes() == expected.tobytes()
    assert trained(tmp_path / "M.npy", TrainingSettings(12, epochs=2)).tobytes() != (
        expected.tobytes()
    )
    for hash_seed in ("1", "2"):
        command = "train rows.npy -o M.npy --dim 12 --epochs 2 --seed 7 --jobs 1 -q"
        ended = run(tmp_path, command, ["env", f"PYTHONHASHSEED={hash_seed}"])
        assert ended == (0, "", "")
        assert np.load(tmp_path / "M.npy").tobytes() == expected.tobytes()


def test_rows_in_any_integers_and_on_any_system_give_the_same(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    expected = trained(tmp_path / "M.npy").tobytes()
    for dtype in ("uint8", "uint64", ">i2"):
        assert trained(tmp_path / "M.npy", ids=ROWS.astype(dtype)).tobytes() == expected
    monkeypatch.setattr("embedprep.training.sentences._FILES_BY_NUMBER", tmp_path / "missing")
    assert trained(tmp_path / "M.npy").tobytes() == expected


@given(
    rows=st.lists(st.tuples(*[st.integers(0, 11)] * 6), max_size=8),
    longest=st.integers(2, 4),
)
def test_sentences_are_the_words_of_rows(rows: list[tuple[int, ...]], longest: int) -> None:
    ids = np.array(rows, np.int32).reshape(-1, 6)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("embedprep.training.sentences.LONGEST_SENTENCE", longest)
        text, n_words = corpus_text(ids, spell_indices(12))
    sentences = [[f"{i:02}" for i in row if i] for row in rows]
    known = [sentence for sentence in sentences if len(sentence) > 1]
    assert n_words == sum(map(len, known))
    pieces = [s[i : i + longest] for s in known for i in range(0, len(s), longest)]
    assert text.tobytes().decode() == "".join(f"{' '.join(piece)}\n" for piece in pieces)


def test_a_long_row_is_several_sentences() -> None:
    text, n_words = corpus_text(np.full((1, 2500), 3, np.int32), spell_indices(5))
    assert [len(line) // 2 for line in text.tobytes().splitlines(keepends=True)] == [
        1000,
        1000,
        500,
    ]
    assert n_words == 2500


@pytest.mark.parametrize(
    ("settings", "said"),
    [
        ({"dim": 0}, "--dim: 0 is less than 1"),
        ({"window": 0}, "--window: 0 is not in 1..10000"),
        ({"negative": 10_001}, "--negative: 10001 is not in 1..10000"),
        ({"epochs": 0}, "--epochs: 0 is less than 1"),
        ({"seed": -1}, "--seed: -1 is less than 0"),
    ],
)
def test_settings_that_are_none(settings: dict[str, int], said: str) -> None:
    with pytest.raises(SettingsError) as caught:
        TrainingSettings(**settings)
    assert str(caught.value) == said


NO_NEIGHBOURS = "words are learned from those beside them; encode a text of sentences"


@pytest.mark.parametrize(
    ("ids", "said"),
    [
        ([[0, 0]], f"x.npy: holds no word, and {NO_NEIGHBOURS}"),
        ([[0, 3], [0, 4]], f"x.npy: holds no two words in a row, and {NO_NEIGHBOURS}"),
        (np.empty((0, 4)), f"x.npy: holds no word, and {NO_NEIGHBOURS}"),
        (
            [[0, 3], [2, 12]],
            (
                "x.npy: row 1, column 1: index 12 is not in 0..11; take the vocabulary that the "
                "rows were encoded with, or what was made with it"
            ),
        ),
    ],
)
def test_rows_that_teach_nothing(ids: Any, said: str, tmp_path: Path) -> None:
    with pytest.raises((InputError, VocabularyError)) as caught:
        trained(tmp_path / "M.npy", ids=np.array(ids, np.int32))
    assert str(caught.value) == said
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("start", "said"),
    [
        (
            np.zeros((12, 12), np.int32),
            (
                "holds int32 of shape (12, 12), not an embedding matrix; "
                "name a 2-D array of float16, float32 or float64"
            ),
        ),
        (
            np.zeros((12, 0), np.float32),
            (
                "holds float32 of shape (12, 0), not an embedding matrix; "
                "name a 2-D array of float16, float32 or float64"
            ),
        ),
        (
            np.zeros((11, 12), np.float32),
            (
                "has 11 vectors, and the vocabulary 12 entries; "
                "name a matrix that was made with this vocabulary"
            ),
        ),
        (np.zeros((12, 5), np.float32), "has vectors of 5 numbers, not 12; leave out --dim"),
        (
            np.full((12, 12), np.nan, np.float32),
            "holds numbers that are not finite; make it again",
        ),
        (
            np.full((12, 12), -1e300),
            (
                "holds 1e+300, and numbers over 1,000,000 cannot be learned from; "
                "scale the matrix down"
            ),
        ),
    ],
)
def test_a_start_that_does_not_fit(start: NDArray[Any], said: str, tmp_path: Path) -> None:
    np.save(tmp_path / "S.npy", start)
    with pytest.raises(OutputError) as caught:
        trained(tmp_path / "M.npy", start=tmp_path / "S.npy")
    assert str(caught.value) == f"{tmp_path}/S.npy: {said}"
    assert [path.name for path in tmp_path.iterdir()] == ["S.npy"]


def test_an_output_that_the_disk_has_no_room_for(tmp_path: Path) -> None:
    with pytest.raises(OutputError) as caught:
        trained(tmp_path / "M.npy", TrainingSettings(dim=10**15))
    said = str(caught.value)
    assert said.startswith(
        f"{tmp_path}/M.npy: would take 4.8e+04 TB for 12 vectors of 1,000,000,000,000,000, "
        "and the disk has "
    )
    assert said.endswith(" left; choose a smaller --dim")
    assert list(tmp_path.iterdir()) == []


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Rows and their vocabulary."""
    np.save(tmp_path / "rows.npy", ROWS)
    VOCABULARY.save(tmp_path / "vocab.json")
    return tmp_path


def test_inputs_are_not_overwritten(folder: Path) -> None:
    for name in ("rows.npy", "vocab.json"):
        said = f"{name}: is also an input and would be overwritten; name another -o"
        assert_fails(folder, f"train rows.npy -o {name}", said)


def test_a_package_that_is_not_installed(folder: Path) -> None:
    (folder / "sitecustomize.py").write_text("import sys\nsys.modules['gensim'] = None\n")
    said = "training: the package gensim is not installed; pip install 'embedprep[train]'"
    without_gensim = ["env", f"PYTHONPATH={folder}", "PYTHONDONTWRITEBYTECODE=1"]
    assert_fails(folder, "train rows.npy -o M.npy", said, prefix=without_gensim)


def test_the_command_tells_what_was_learned(folder: Path) -> None:
    ended = run(folder, "train rows.npy -o M.npy --dim 12 --epochs 2 --seed 7 --jobs 1 --sync")
    n_words = int(np.count_nonzero(ROWS))
    assert ended.err == ""
    assert ended.out == (
        "M.npy: 12 vectors of 12, float32\n"
        "  rows              600\n"
        f"  words           {n_words:,}  (read 2 times)\n"
        "  trained             9  (vectors of entries that occur)\n"
        "  untouched           2  (vectors of entries that never occur)\n"
        "\n"
        "Embedding(input_dim=12, output_dim=12, mask_zero=True)  # rows of 9\n"
    )
    assert np.load(folder / "M.npy").tobytes() == trained(folder / "N.npy").tobytes()
    ended = run(folder, "train rows.npy -o M.npy --start M.npy --epochs 1 -q --json")
    assert ended == (
        0,
        (
            '{"output": "M.npy", "shape": [12, 12], "dtype": "float32", '
            f'"statistics": {{"rows": 600, "words": {n_words}, "epochs": 1, "trained": 9, '
            '"untouched": 2}, "embedding": {"input_dim": 12, "output_dim": 12, '
            '"input_length": 9, "mask_zero": true}}\n'
        ),
        "",
    )


@pytest.mark.skipif(os.name == "nt", reason="signals are of POSIX")
@pytest.mark.parametrize("jobs", [1, 2])
def test_an_interrupted_training_ends_at_once_and_leaves_nothing(jobs: int, folder: Path) -> None:
    command = [sys.executable, "-m", "embedprep", "train", "rows.npy", "-o", "M.npy"]
    many = ["--epochs", "100000", "--jobs", str(jobs)]
    with subprocess.Popen([*command, *many], cwd=folder, stderr=subprocess.PIPE) as process:
        until = time.monotonic() + 30
        while not list(folder.glob(".M.npy*")) and time.monotonic() < until:
            time.sleep(0.01)
        time.sleep(0.3)
        process.send_signal(signal.SIGINT)
        _, said = process.communicate(timeout=20)
    assert (process.returncode, said.strip()) == (130, b"embedprep: interrupted")
    assert sorted(path.name for path in folder.iterdir()) == ["rows.npy", "vocab.json"]


def test_a_matrix_is_no_part_of_an_output_with_other_words(tmp_path: Path) -> None:
    for name, text in (("mine", "a b\nb c\n"), ("other", "d e\ne f\n")):
        (tmp_path / f"{name}.txt").write_text(text)
        assert run(tmp_path, f"run {name}.txt -q -o {name}").status == 0
    said = (
        "other: has rows of other words than those that vectors are learned for; "
        "take its own rows, or name a file by -o"
    )
    assert_fails(tmp_path, "train mine -o other --dim 2", said)
    assert run(tmp_path, "train mine -q -o mine --dim 2").status == 0


def test_rows_of_an_output_are_read_from_disk(folder: Path) -> None:
    made = train(open_rows(folder / "rows.npy"), VOCABULARY, folder / "M.npy", SMALL, jobs=1)
    assert np.load(made.path).tobytes() == trained(folder / "N.npy").tobytes()
