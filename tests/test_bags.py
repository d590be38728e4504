"""Are bags of words those of the Keras `Tokenizer`?"""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import scipy.sparse
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from keras_preprocessing.text import Tokenizer
from numpy.typing import NDArray

import embedprep
from embedprep import arrays, bags
from embedprep.bags import bow, count_cells
from embedprep.errors import EmbedprepError, InputError, SettingsError, VocabularyError
from embedprep.rectangle import Rectangle
from embedprep.specials import Specials
from embedprep.spool import Spool
from embedprep.tensors import Target
from embedprep.tokenizer.settings import TokenizerSettings
from embedprep.vocabulary import Vocabulary
from tests import twins

MODES = ["binary", "count", "freq", "tfidf"]
ROWS = np.array([[0, 3, 2, 3], [0, 0, 0, 0], [1, 1, 1, 2]], np.int32)


def saved(folder: Path, rows: NDArray[Any] = ROWS, unk: int | None = 1, n_words: int = 3) -> Path:
    """The file of rows, beside it the vocabulary: words fill the indices that `unk` leaves."""
    words = tuple(f"w{i}" for i in range(n_words - (unk is not None)))
    specials = Specials(unk=unk)
    counts = (1,) * len(words)
    Vocabulary(words, counts, TokenizerSettings(), Rectangle(4), specials).save(
        folder / "vocab.json"
    )
    np.save(folder / "rows.npy", rows)
    return folder / "rows.npy"


def run(folder: Path, words: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "embedprep", *words.split()]
    return subprocess.run(command, cwd=folder, check=False, capture_output=True, text=True)


@pytest.mark.parametrize(
    ("mode", "expected"),
    [
        ("binary", [[0, 0, 1, 1], [0, 0, 0, 0], [0, 1, 1, 0]]),
        ("count", [[0, 0, 1, 2], [0, 0, 0, 0], [0, 3, 1, 0]]),
        ("freq", [[0, 0, 1 / 3, 2 / 3], [0, 0, 0, 0], [0, 0.75, 0.25, 0]]),
        (
            "tfidf",  # of 3 documents 2 hold index 2, 1 holds index 3; those of <unk> do not count
            [
                [0, 0, np.log(2), (1 + np.log(2)) * np.log(2.5)],
                [0, 0, 0, 0],
                [0, (1 + np.log(3)) * np.log(4), np.log(2), 0],
            ],
        ),
    ],
)
def test_each_row_becomes_its_bag(mode: str, expected: list[list[float]], tmp_path: Path) -> None:
    path = saved(tmp_path)
    made = bow(path, Target(tmp_path / "x.npy"), mode=mode)
    assert made == (tmp_path / "x.npy", (3, 4), "float32", 4, 3)
    np.testing.assert_array_equal(
        np.load(tmp_path / "x.npy"), np.array(expected).astype(np.float32), strict=True
    )
    assert bow(path, Target(tmp_path / "x.npz"), mode=mode, sparse=True)[3:] == (4, 3)
    found = scipy.sparse.load_npz(tmp_path / "x.npz")
    np.testing.assert_array_equal(found.toarray(), np.load(tmp_path / "x.npy"), strict=True)


def test_cells_are_the_indices_of_a_row_and_their_counts() -> None:
    cells = count_cells(ROWS.astype(np.uint64))
    assert cells.columns.tolist() == [2, 3, 1, 2]
    assert cells.counts.tolist() == [1, 2, 3, 1]
    assert cells.per_row.tolist() == [2, 0, 2]
    assert cells.lengths.tolist() == [3, 0, 4]
    assert [len(part) for part in count_cells(ROWS[:, :0])] == [0, 0, 3, 3]


any_rows = hnp.arrays(
    st.sampled_from(["uint8", "int32", ">i8"]),
    st.tuples(st.integers(1, 6), st.integers(1, 6)),
    elements=st.integers(0, 4),
)


@given(
    rows=any_rows,
    train=any_rows,
    mode=st.sampled_from(MODES),
    unk=st.sampled_from([None, 1, 3]),
    dtype=st.sampled_from(["float32", "float64"]),
    chunk_bytes=st.sampled_from([1, 300, 1 << 20]),
    jobs=st.integers(1, 3),
)
def test_any_rows_equal_the_twin_in_chunks_of_any_size(
    *,
    rows: NDArray[Any],
    train: NDArray[Any],
    mode: str,
    unk: int | None,
    dtype: str,
    chunk_bytes: int,
    jobs: int,
    tmp_path_factory: pytest.TempPathFactory,
) -> None:
    folder = tmp_path_factory.mktemp("any")
    path = saved(folder, rows, unk, 4)
    np.save(folder / "train.npy", train)
    fit = folder / "train.npy" if mode == "tfidf" else None
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(arrays, "CHUNK_BYTES", chunk_bytes)
        patched.setattr(bags, "Spool", lambda place: Spool(place, memory_bytes=chunk_bytes))
        dense, sparse = (
            bow(path, Target(folder / name, jobs=jobs), mode=mode, fit=fit, sparse=s, dtype=dtype)
            for name, s in (("x.npy", False), ("x.npz", True))
        )
    assert dense[1:] == sparse[1:] == ((len(rows), 5), dtype, dense.n_values, dense.n_documents)

    documents = rows.tolist() if fit is None else train.tolist()
    expected = [twins.bag(row, documents, 5, mode, unk) for row in rows.tolist()]
    found = np.load(folder / "x.npy")
    assert found.dtype == dtype
    assert np.count_nonzero(found) == dense.n_values
    np.testing.assert_allclose(found, expected, rtol=3e-7 if dtype == "float32" else 1e-15)
    as_sparse = scipy.sparse.load_npz(folder / "x.npz").toarray()
    np.testing.assert_array_equal(as_sparse, found, strict=True)


def test_the_bytes_are_the_same_for_any_chunks_and_jobs(tmp_path: Path) -> None:
    path = saved(tmp_path, np.random.default_rng(5).integers(0, 40, (300, 9)), None, 40)
    for name in ("x.npy", "x.npz"):
        written = set()
        for chunk_bytes, jobs in ((1 << 20, 1), (300, 3), (2000, 2)):
            with pytest.MonkeyPatch.context() as patched:
                patched.setattr(arrays, "CHUNK_BYTES", chunk_bytes)
                patched.setattr(bags, "Spool", lambda place: Spool(place, memory_bytes=5000))
                target = Target(tmp_path / name, jobs=jobs)
                bow(path, target, mode="tfidf", sparse=name == "x.npz")
            written.add((tmp_path / name).read_bytes())
        assert len(written) == 1


# Beside Keras.


@pytest.fixture(scope="module")
def reviews(shared: Path) -> list[str]:
    folder = shared / "corpora" / "rt-polarity"
    return [
        line
        for kind in ("pos", "neg")
        for line in (folder / f"rt-polarity.{kind}").read_bytes().decode().split("\n")[:-1]
    ]


def keras_columns(tokenizer: Tokenizer, words: Sequence[str]) -> list[int]:
    """The column of each of our indices in the matrix of Keras, which orders ties otherwise."""
    first = [0] if tokenizer.oov_token is None else [0, 1]
    return [*first, *(tokenizer.word_index[word] for word in words)]


@pytest.mark.parametrize("oov_token", [None, "<OOV>"])
def test_all_reviews_equal_keras(oov_token: str | None, reviews: list[str], tmp_path: Path) -> None:
    (tmp_path / "a.txt").write_text("\n".join(reviews) + "\n", encoding="utf-8")
    tokenizer = Tokenizer(oov_token=oov_token)
    tokenizer.fit_on_texts(reviews)
    # Both keep the same words where the last one is more frequent than the next.
    ranked = sorted(tokenizer.word_counts.values(), reverse=True)
    n_words = next(n for n in range(800, len(ranked)) if ranked[n - 1] > ranked[n])
    tokenizer.num_words = n_words + (1 if oov_token is None else 2)
    embedprep.build(
        tmp_path / "a.txt",
        tmp_path / "out",
        tokenizer="keras",
        oov="drop" if oov_token is None else "unk",
        max_words=n_words,
    )
    words = embedprep.load(tmp_path / "out").vocabulary.words
    columns = keras_columns(tokenizer, words)
    assert len(reviews) == 10_662
    assert sorted(columns) == list(range(tokenizer.num_words))
    sequences = tokenizer.texts_to_sequences(reviews)
    for mode in MODES:
        made = bow(tmp_path / "out", Target(tmp_path / "x.npz"), mode=mode, sparse=True)
        assert made.n_documents == tokenizer.document_count == 10_662
        found = scipy.sparse.load_npz(tmp_path / "x.npz")
        # A part at a time: the whole matrix of Keras would take 70 MB.
        for first in range(0, len(reviews), 2000):
            rows = slice(first, first + 2000)
            expected = tokenizer.sequences_to_matrix(sequences[rows], mode)[:, columns]
            np.testing.assert_array_equal(found[rows].toarray(), expected.astype(np.float32))


def test_a_test_set_gets_the_weights_of_the_training_set_as_in_keras(
    reviews: list[str], tmp_path: Path
) -> None:
    learned, other = reviews[:400], reviews[6000:6200]
    (tmp_path / "a.txt").write_text("\n".join(learned) + "\n", encoding="utf-8")
    (tmp_path / "b.txt").write_text("\n".join(other) + "\n", encoding="utf-8")
    tokenizer = Tokenizer()
    tokenizer.fit_on_texts(learned)
    embedprep.build(
        tmp_path / "a.txt",
        tmp_path / "out",
        tokenizer="keras",
        oov="drop",
        holdout={"test": tmp_path / "b.txt"},
        max_len=60,
    )
    made = bow(
        tmp_path / "out" / "test",
        Target(tmp_path / "x.npy"),
        mode="tfidf",
        fit=tmp_path / "out",
        dtype="float64",
    )
    assert made.n_documents == 400
    columns = keras_columns(tokenizer, embedprep.load(tmp_path / "out").vocabulary.words)
    expected = tokenizer.texts_to_matrix(other, "tfidf")[:, columns]
    np.testing.assert_allclose(np.load(tmp_path / "x.npy"), expected, rtol=1e-15)


# What is refused.


def test_rows_that_were_cut_are_refused_and_split_ones_are_not(tmp_path: Path) -> None:
    (tmp_path / "a.txt").write_bytes(b"the cat sat\nthe\n")
    (tmp_path / "b.txt").write_bytes(b"the\nsat\nthe cat sat down\n")
    out, whole, target = tmp_path / "out", tmp_path / "whole", Target(tmp_path / "x.npy")
    embedprep.build(tmp_path / "a.txt", out, holdout={"test": tmp_path / "b.txt"}, max_len=3)
    embedprep.build(tmp_path / "a.txt", whole, max_len=2, overflow="split")
    said = (
        f"{out}/test/sequences.npy: words are missing: 1 of 3 rows were cut to 3 indices; "
        "encode the text again with --max-len max"
    )
    with pytest.raises(InputError) as caught:
        bow(out / "test", target)
    assert str(caught.value) == said
    with pytest.raises(InputError) as caught:
        bow(out, target, mode="tfidf", fit=out / "test" / "sequences.npy")
    assert str(caught.value) == said
    assert not target.path.exists()

    assert bow(out, target).n_values == 4
    assert bow(whole, target).shape == (3, 5)
    np.save(tmp_path / "alone.npy", np.load(out / "test" / "sequences.npy"))
    assert bow(tmp_path / "alone.npy", target, vocabulary=out / "vocab.json").n_values == 5


def test_a_foreign_index_is_named_with_its_place(tmp_path: Path) -> None:
    path = saved(tmp_path, np.array([[0, 1], [4, 1]]))
    before = sorted(tmp_path.iterdir())
    for name in ("x.npy", "x.npz"):
        with pytest.raises(VocabularyError, match=r"rows\.npy: row 1, column 0: index 4 is not in"):
            bow(path, Target(tmp_path / name), sparse=name == "x.npz")
    assert sorted(tmp_path.iterdir()) == before


def test_weights_need_a_document(tmp_path: Path) -> None:
    np.save(tmp_path / "none.npy", ROWS[:0])
    with pytest.raises(InputError, match=r"none\.npy: has no row to learn weights from"):
        bow(saved(tmp_path), Target(tmp_path / "x.npy"), mode="tfidf", fit=tmp_path / "none.npy")


@pytest.mark.parametrize(
    ("settings", "said"),
    [
        ({"mode": "bm25"}, "--mode: 'bm25' is none of binary, count, freq, tfidf"),
        ({"dtype": "float16"}, "--dtype: 'float16' is none of float32, float64"),
        ({"fit": Path("x")}, "--fit: --mode binary learns nothing from rows; leave it out"),
    ],
)
def test_a_wrong_setting_is_refused(settings: dict[str, Any], said: str, tmp_path: Path) -> None:
    with pytest.raises(SettingsError) as caught:
        bow(saved(tmp_path), Target(tmp_path / "x.npy"), **settings)
    assert str(caught.value) == said


@pytest.mark.parametrize(
    ("sparse", "max_bytes", "remedy"),
    [
        (False, 5000, "--sparse takes 1.23 kB at most"),
        (False, 500, "keep fewer words in the vocabulary, or take fewer rows"),
        (True, 500, "keep fewer words in the vocabulary, or take fewer rows"),
    ],
)
def test_what_is_too_large_is_refused_with_a_smaller_form(
    sparse: bool, max_bytes: int, remedy: str, tmp_path: Path
) -> None:
    path = saved(tmp_path, n_words=999)
    target = Target(tmp_path / "x", max_bytes, announce=lambda _: pytest.fail("announced"))
    with pytest.raises(EmbedprepError) as caught:
        bow(path, target, sparse=sparse)
    assert caught.value.remedy == remedy
    assert not target.path.exists()


def test_the_command_says_what_it_writes_and_what_it_wrote(tmp_path: Path) -> None:
    saved(tmp_path)
    done = run(tmp_path, "bow rows.npy -o x.npy --jobs 1")
    assert done.stderr == "embedprep: x.npy: writing 3 rows of 4 float32, 176 bytes\n"
    assert done.stdout == (
        "x.npy: 3 rows of 4, float32\n  non-zero values  4  (33.33%)\n  documents        3\n"
    )
    done = run(tmp_path, "bow rows.npy -q --json --sparse --mode tfidf --dtype float64 -o x.npz")
    assert (done.stderr, done.returncode) == ("", 0)
    assert json.loads(done.stdout) == {
        "output": "x.npz",
        "shape": [3, 4],
        "dtype": "float64",
        "statistics": {"non_zero_values": 4, "documents": 3},
    }
    for words, said in (
        ("-o y.npz", "'y.npz' does not end in .npy"),
        ("-o y.npy --sparse", "'y.npy' does not end in .npz with --sparse"),
        ("-o y.npy --fit rows.npy", "'--fit': --mode binary learns nothing from rows"),
    ):
        done = run(tmp_path, f"bow rows.npy {words}")
        assert (done.returncode, done.stdout) == (2, "")
        assert said in done.stderr
    assert not (tmp_path / "y.npy").exists()
