"""Which pairs are made of rows: those of Keras, and by chance as often as is said?"""

from __future__ import annotations

import json
import random
import subprocess
import sys
from collections import Counter
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from keras_preprocessing.sequence import make_sampling_table
from keras_preprocessing.sequence import skipgrams as keras_skipgrams
from numpy.typing import NDArray

import embedprep
from embedprep import shuffling
from embedprep.encoded import EncodedRows, open_rows
from embedprep.engines import ThreadEngine
from embedprep.errors import EmbedprepError, SettingsError
from embedprep.manifest import read_manifest
from embedprep.rectangle import Rectangle
from embedprep.skipgrams import making, writing
from embedprep.skipgrams.making import make_pairs, make_rules, plan_chunks, unpack_pairs
from embedprep.skipgrams.settings import SkipgramSettings
from embedprep.skipgrams.writing import write_skipgrams
from embedprep.specials import Specials
from embedprep.tokenizer.settings import TokenizerSettings
from embedprep.vocabulary import Vocabulary
from tests.twins import positive_pairs

Pairs = list[tuple[int, int]]

CHI_SQUARE = {1: 10.83, 3: 16.27, 5: 20.52, 8: 26.12, 19: 43.82}
"""The distance that chance exceeds once in 1,000 times, by the degrees of freedom."""


def vocabulary_of(n_words: int, unk: int | None = 1) -> Vocabulary:
    words = tuple(f"w{i}" for i in range(n_words))
    return Vocabulary(
        words, (1,) * n_words, TokenizerSettings("whitespace"), Rectangle(4), Specials(unk)
    )


class Made(NamedTuple):
    """The pairs of rows: the positive ones sorted, the negative ones as they are made."""

    positives: Pairs
    negatives: Pairs
    n_left_out: int


def made(rows: Any, n_words: int = 9, unk: int | None = 1, **settings: Any) -> Made:
    """What rows of indices make of the pairs."""
    encoded = EncodedRows(Path("rows.npy"), np.asarray(rows))
    chosen = SkipgramSettings(**settings)
    with ThreadEngine(1) as engine:
        rules = make_rules(encoded, vocabulary_of(n_words, unk), chosen, engine)
        chunks = plan_chunks(encoded, rules, chosen, engine)
        of_chunks = [make_pairs(encoded, rules, chunk) for chunk in chunks]
    for chunk, (negatives, positives) in zip(chunks, of_chunks, strict=True):
        assert (len(negatives), len(positives)) == (chunk.n_negatives, chunk.n_positives)
    unpacked: list[Pairs] = [
        [(t, c) for packed in kind for t, c in unpack_pairs(packed).tolist()]
        for kind in zip(*of_chunks, strict=True)
    ]
    return Made(sorted(unpacked[1]), unpacked[0], sum(chunk.n_left_out for chunk in chunks))


def chi_square(seen: NDArray[Any], expected: NDArray[Any]) -> float:
    return float(((seen - expected) ** 2 / expected).sum())


rows_of_indices = st.integers(1, 9).flatmap(
    lambda length: st.lists(
        st.lists(st.integers(0, 10), min_size=length, max_size=length), min_size=1, max_size=7
    )
)


# The positive pairs.


def test_each_word_is_paired_with_those_around_it() -> None:
    assert made([[0, 5, 6, 7]], window=1, negative=0).positives == [(5, 6), (6, 5), (6, 7), (7, 6)]


def test_an_index_0_is_no_word_and_holds_its_position() -> None:
    assert made([[5, 0, 6, 0, 0, 7]], window=2).positives == [(5, 6), (6, 5)]


def test_equal_words_make_pairs_too_and_rows_do_not_meet() -> None:
    assert made([[5, 5], [6, 0], [0, 7]], window=4).positives == [(5, 5), (5, 5)]


@given(rows=rows_of_indices, window=st.integers(1, 12), chunk=st.sampled_from([1, 200, 1 << 19]))
def test_the_positives_are_those_of_the_twin(
    rows: list[list[int]], window: int, chunk: int
) -> None:
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(making, "PAIRS_AT_ONCE", chunk)
        expected = [pair for row in rows for pair in positive_pairs(row, window)]
        assert made(rows, window=window).positives == sorted(expected)


@pytest.mark.parametrize("window", [1, 4])
def test_the_positives_are_those_of_keras_on_real_text(
    window: int, shared: Path, tmp_path: Path
) -> None:
    texts = shared / "corpora" / "rt-polarity"
    embedprep.build([texts / "rt-polarity.pos", texts / "rt-polarity.neg"], tmp_path / "out")
    rows = open_rows(tmp_path / "out")
    settings = SkipgramSettings(window, negative=0)
    done = write_skipgrams(rows, tmp_path / "out" / "vocab.json", tmp_path / "pairs", settings)
    couples, labels = (np.load(done.path / f"{name}.npy") for name in ("couples", "labels"))
    expected = []
    for row in np.asarray(rows.ids).tolist():
        of_row, _ = keras_skipgrams(
            row, done.statistics["input_dim"], window, negative_samples=0, shuffle=False
        )
        expected += of_row
    assert labels.all()
    order, of_keras = np.lexsort(couples.T), np.array(expected, np.int32)
    np.testing.assert_array_equal(couples[order], of_keras[np.lexsort(of_keras.T)], strict=True)


@pytest.mark.parametrize("dtype", ["uint8", "int16", ">i4", "int64"])
def test_any_integers_are_indices(dtype: str) -> None:
    rows = np.array([[3, 4, 0, 5]], dtype)
    assert made(rows).positives == sorted(positive_pairs([3, 4, 0, 5], 4))


def test_indices_over_16_bits() -> None:
    pairs = made([[70_000, 2, 70_001]], n_words=70_000, negative=1)
    assert pairs.positives == sorted(positive_pairs([70_000, 2, 70_001], 4))
    assert {target for target, _ in pairs.negatives} == {70_000, 2, 70_001}


# Negatives.


@given(
    rows=rows_of_indices,
    ratio=st.sampled_from([0, 0.3, 0.5, 1, 1.5, 2, 2.9999999999999996, 7]),
    window=st.integers(1, 5),
    exclude=st.booleans(),
    distribution=st.sampled_from(["uniform", "unigram"]),
)
def test_negatives_keep_the_counting_rules(
    rows: list[list[int]], ratio: float, window: int, exclude: bool, distribution: str
) -> None:
    """Each row has as many as Keras gives it, and lends each target as often as all can alike."""
    pairs = made(
        rows,
        window=window,
        negative=ratio,
        exclude_positives=exclude,
        negative_distribution=distribution,
    )
    in_text = {index for row in rows for index in row if index}
    words = in_text if distribution == "unigram" else set(range(1, 11))
    rest_of_pairs, n_due, n_least = pairs.negatives, 0, 0
    for row in rows:
        positives = positive_pairs(row, window)
        lent = Counter(target for target, _ in positives)
        stuck = {t for t in lent if exclude and words <= {c for u, c in positives if u == t}}
        due = int(len(positives) * ratio)
        whole, rest = divmod(due, max(len(positives), 1))
        least = {t: n * whole for t, n in lent.items() if t not in stuck}
        most = {t: least[t] + min(lent[t], rest) for t in least}

        if stuck and rest:  # how many are left out depends on the draw
            return
        n_there = sum(least.values()) if stuck else due
        of_row, rest_of_pairs = rest_of_pairs[:n_there], rest_of_pairs[n_there:]
        got = Counter(target for target, _ in of_row)
        assert len(of_row) == n_there
        assert set(got) <= set(least)
        assert all(least[t] <= got[t] <= most[t] for t in least)
        assert {context for _, context in of_row} <= words
        if exclude:
            assert not set(of_row) & set(positives)
        n_due, n_least = n_due + due, n_least + n_there
    assert rest_of_pairs == []
    assert pairs.n_left_out == n_due - n_least


def test_the_targets_of_a_fraction_are_chosen_evenly() -> None:
    row = [2, 3, 4, 5, 6, 7]
    chosen = Counter(t for t, _ in made([row] * 4000, window=1, negative=0.3).negatives)
    lent = Counter(t for t, _ in positive_pairs(row, 1))  # 10 positives, 3 negatives
    expected = np.array([lent[t] * 4000 * 0.3 for t in row])
    assert sum(chosen.values()) == 12_000
    assert chi_square(np.array([chosen[t] for t in row]), expected) < CHI_SQUARE[5]


def test_contexts_are_uniform() -> None:
    pairs = made([[2, 3, 4, 5]] * 3000, n_words=19, negative=2)
    seen = np.bincount([context for _, context in pairs.negatives], minlength=21)
    assert seen[0] == 0
    assert chi_square(seen[1:], np.full(20, seen.sum() / 20)) < CHI_SQUARE[19]


def test_contexts_follow_the_counts_to_three_quarters() -> None:
    row = [2] * 16 + [3] * 8 + [4] * 4 + [5, 0, 0]
    pairs = made([row] * 60, negative=4, negative_distribution="unigram")
    seen = np.bincount([context for _, context in pairs.negatives], minlength=11)
    powers = np.array([16, 8, 4, 1]) ** 0.75
    assert seen[2:6].sum() == seen.sum() == len(pairs.negatives) > 40_000
    assert chi_square(seen[2:6], seen.sum() * powers / powers.sum()) < CHI_SQUARE[3]


@pytest.mark.parametrize("distribution", ["uniform", "unigram"])
def test_without_positives_the_others_keep_their_proportions(distribution: str) -> None:
    rows = [[2, 3, 0, 0], [4, 4, 5, 0], [6, 7, 8, 9]] * 2000
    pairs = made(
        rows, negative=5, window=1, exclude_positives=True, negative_distribution=distribution
    )
    seen = np.bincount([c for t, c in pairs.negatives if t == 2], minlength=11)
    weights = np.ones(11) if distribution == "uniform" else np.array([*[0, 0], *[1] * 9]) ** 0.75
    if distribution == "unigram":
        weights[4], weights[10] = 2**0.75, 0
    weights[[0, 3]] = 0
    there = weights > 0
    assert seen[~there].sum() == 0
    expected = weights[there] / weights.sum() * seen.sum()
    limit = CHI_SQUARE[8] if distribution == "uniform" else 22.46  # 6 degrees of freedom
    assert chi_square(seen[there], expected) < limit
    assert pairs.n_left_out == 0


def test_a_target_that_no_other_context_is_left_to_gets_none() -> None:
    rows = [[1, 2, 3], [1, 2, 0], [3, 3, 0]]
    pairs = made(rows, n_words=2, negative=2, exclude_positives=True)
    # In the first row each word stands near both others, so that only itself is left.
    assert pairs.negatives[:12] == [(1, 1)] * 4 + [(2, 2)] * 4 + [(3, 3)] * 4
    assert {t for t, _ in pairs.negatives[12:]} == {1, 2, 3}
    assert pairs.n_left_out == 0
    pairs = made([[1, 1, 2, 2], [1, 2, 0, 0]], n_words=1, negative=1.5, exclude_positives=True)
    assert set(pairs.negatives) == {(1, 1), (2, 2)}
    assert pairs.n_left_out == 18  # of 18 + 3, those of the first row
    assert len(pairs.negatives) == 3


# Which words are kept, and how far windows reach.


def test_targets_are_kept_as_often_as_by_the_table_of_keras() -> None:
    rows = np.tile(np.arange(2, 11), (20_000, 1))
    positives = np.array(made(rows, negative=0, window=1, sampling="keras").positives)
    middle = np.arange(3, 10)  # each has two contexts, so that every second pair is an occurrence
    kept = np.bincount(positives[:, 0], minlength=11)[middle] / 2
    p = make_sampling_table(11)[middle - 1]  # <unk> is 1, so that 2 has rank 1
    assert (np.abs(kept - 20_000 * p) < 4 * np.sqrt(20_000 * p * (1 - p))).all()
    contexts = np.bincount(positives[:, 1], minlength=11)
    assert contexts[2:].all()  # contexts are not thinned out
    assert contexts.sum() == len(positives)


def test_ranks_begin_where_words_do() -> None:
    rows = np.tile(np.arange(1, 10), (20_000, 1))
    n_kept = len(made(rows, n_words=9, unk=None, negative=0, sampling="keras").positives)
    n_shifted = len(made(rows + 1, n_words=9, negative=0, sampling="keras").positives)
    assert n_kept == n_shifted


def test_word2vec_drops_words_before_windows_are_laid() -> None:
    row = [2, 3, 2, 4, 2, 5, 2, 6, 2, 7] * 4
    rows = [row] * 500
    pairs = made(rows, negative=0, window=1, sampling="word2vec").positives
    share = Counter(row)[2] / len(row)
    p = (np.sqrt(share / 1e-3) + 1) * 1e-3 / share
    p_other = (np.sqrt(0.1 / 1e-3) + 1) * 1e-3 / 0.1
    assert p == pytest.approx(0.0467, abs=1e-4)
    assert p_other == pytest.approx(0.11, abs=1e-4)
    # Words that stood apart by a dropped one are neighbours now.
    assert any(t != 2 and c != 2 for t, c in pairs)
    n_kept = {2: 10_000 * p, **dict.fromkeys(range(3, 8), 2000 * p_other)}
    expected = sum(n_kept.values()) * 2 - 2 * 500
    assert abs(len(pairs) - expected) < 0.1 * expected


def word2vec_twin(rows: NDArray[Any], is_kept: NDArray[np.bool_], window: int) -> Pairs:
    return [
        pair
        for row, kept in zip(rows.tolist(), is_kept.tolist(), strict=True)
        for pair in positive_pairs(
            [w for w, k in zip(row, kept, strict=True) if k or not w], window
        )
    ]


@given(rows=rows_of_indices, window=st.integers(1, 4), seed=st.integers(0, 5))
def test_the_words_that_word2vec_keeps_are_paired_as_a_row_of_their_own(
    rows: list[list[int]], window: int, seed: int
) -> None:
    ids = np.tile(np.array(rows), (3, 2))
    settings = SkipgramSettings(window, 0, "word2vec", seed=seed)
    with ThreadEngine(1) as engine:
        rules = make_rules(EncodedRows(Path("x"), ids), vocabulary_of(9), settings, engine)
    assert rules.windows.kept is not None
    fractions = rules.windows.sampling.fractions(0, ids.size).reshape(ids.shape)
    expected = word2vec_twin(ids, fractions < rules.windows.kept[ids], window)
    pairs = made(ids, window=window, negative=0, sampling="word2vec", seed=seed)
    assert pairs.positives == sorted(expected)


def test_a_dynamic_window_is_uniform() -> None:
    row = [2, 3, 4, 5, 6, 7, 8, 9, 10]
    pairs = made([row] * 5000, window=4, negative=0, dynamic_window=True).positives
    of_middle = Counter(abs(context - 6) for target, context in pairs if target == 6)
    at_least = np.array([of_middle[distance] for distance in (1, 2, 3, 4, 5)]) / 2
    drawn = at_least[:4] - at_least[1:]
    assert at_least[0] == 5000
    assert chi_square(drawn, np.full(4, 1250)) < CHI_SQUARE[3]


# The folder.

ROWS = [[0, 2, 3, 4], [5, 6, 2, 2], [0, 0, 0, 0], [3, 10, 9, 8]]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    np.save(tmp_path / "rows.npy", np.array(ROWS * 50, np.int32))
    vocabulary_of(9).save(tmp_path / "vocab.json")
    return tmp_path


def write(folder: Path, name: str = "pairs", **options: Any) -> dict[str, bytes]:
    """The files of a new folder of pairs."""
    running = {key: options.pop(key) for key in ("jobs", "max_bytes") if key in options}
    rows, vocabulary = open_rows(folder / "rows.npy"), folder / "vocab.json"
    write_skipgrams(rows, vocabulary, folder / name, SkipgramSettings(**options), **running)
    return {path.name: path.read_bytes() for path in (folder / name).iterdir()}


EVERYTHING = {
    "negative": 2.5,
    "sampling": "word2vec",
    "negative_distribution": "unigram",
    "exclude_positives": True,
    "dynamic_window": True,
    "seed": 3,
}


@pytest.mark.parametrize("options", [{}, {"sampling": "keras", "negative": 0.7}, EVERYTHING])
def test_the_bytes_depend_on_neither_threads_nor_where_pairs_wait(
    options: dict[str, Any], folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(shuffling, "BUCKET", 100)
    monkeypatch.setattr(making, "PAIRS_AT_ONCE", 200)
    files = write(folder, jobs=1, **options)
    assert sorted(files) == ["couples.npy", "labels.npy", "manifest.json"]
    assert write(folder, jobs=2, **options) == files
    monkeypatch.setattr(writing, "WAITING_BYTES", 300)
    assert write(folder, jobs=2, **options) == files
    assert write(folder, **{**options, "seed": 4})["couples.npy"] != files["couples.npy"]


def test_pairs_keep_their_labels_and_are_in_random_order(folder: Path) -> None:
    write(folder)
    couples, labels = (np.load(folder / "pairs" / f"{n}.npy") for n in ("couples", "labels"))
    assert (couples.dtype, labels.dtype, couples.shape) == (np.int32, np.uint8, (3000, 2))
    positives = Counter(pair for row in ROWS * 50 for pair in positive_pairs(row, 4))
    assert Counter(map(tuple, couples[labels == 1].tolist())) == positives
    targets = Counter(target for target, _ in positives.elements())
    assert Counter(couples[labels == 0, 0].tolist()) == targets
    n_ones = labels.reshape(30, 100).sum(axis=1)  # about as many positives everywhere
    assert abs(n_ones.astype(int) - 50).max() < 20
    n_changes = np.count_nonzero(np.diff(labels.astype(int)))
    assert abs(n_changes - 1500) < 4 * np.sqrt(3000) / 2


def test_the_manifest_tells_what_was_made(folder: Path) -> None:
    write(folder, negative=0.5, exclude_positives=True)
    manifest = read_manifest(folder / "pairs")
    assert manifest["settings"] == {
        "window": 4,
        "negative": 0.5,
        "sampling": "none",
        "negative_distribution": "uniform",
        "exclude_positives": True,
        "dynamic_window": False,
        "seed": 0,
    }
    assert [entry["name"] for entry in manifest["inputs"]] == ["rows.npy", "vocab.json"]
    listed = {e["name"]: (e["shape"], e["dtype"]) for e in manifest["outputs"]}
    assert listed == {"couples.npy": ([2250, 2], "int32"), "labels.npy": ([2250], "uint8")}
    assert manifest["statistics"] == {
        "rows": 200,
        "input_dim": 11,
        "targets": 550,
        "pairs": 2250,
        "positives": 1500,
        "negatives": 750,
        "left_out_negatives": 0,
    }
    assert manifest["kind"] == "pairs"
    assert "embedding" not in manifest


NO_PAIRS = (
    "rows.npy: gives no pairs: of {}, none stands near another word; take rows with more words, a "
    "larger --window, or no --sampling"
)
FOREIGN_INDEX = (
    "rows.npy: row 1, column 1: index 11 is not in 0..10; take the vocabulary that the rows were "
    "encoded with, or what was made with it"
)
TOO_LARGE = "pairs: would take {}, more than the 500 bytes of --max-bytes; choose {}"


@pytest.mark.parametrize(
    ("rows", "options", "said"),
    [
        (
            [[0, 2], [3, 0]],
            {},
            NO_PAIRS.format("2 targets in 2 rows"),
        ),
        (
            np.zeros((0, 4), np.int32),
            {"negative_distribution": "unigram", "sampling": "word2vec"},
            NO_PAIRS.format("0 targets in 0 rows"),
        ),
        (
            np.zeros((2, 3), np.int32),
            {"sampling": "keras"},
            NO_PAIRS.format("0 targets in 2 rows"),
        ),
        (
            [[2, 3], [4, 11]],
            {},
            FOREIGN_INDEX,
        ),
        (
            ROWS,
            {"max_bytes": 500},
            TOO_LARGE.format("796 bytes for 60 pairs", "a smaller --window or fewer --negative"),
        ),
        (
            ROWS,
            {"max_bytes": 500, "window": 1, "negative": 4},
            TOO_LARGE.format("976 bytes for 80 pairs", "fewer --negative"),
        ),
    ],
)
def test_what_cannot_be_done_is_told_and_leaves_nothing(
    rows: Any, options: dict[str, Any], said: str, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(folder)
    np.save("rows.npy", np.array(rows, np.int32))
    with pytest.raises(EmbedprepError) as caught:
        write(Path(), **options)
    assert str(caught.value) == said
    assert sorted(path.name for path in folder.iterdir()) == ["rows.npy", "vocab.json"]


@pytest.mark.parametrize(
    ("settings", "said"),
    [
        ({"window": 0}, "--window: 0 is no distance of at least 1"),
        ({"negative": -1.0}, "--negative: -1.0 is not in 0..1000"),
        ({"negative": float("nan")}, "--negative: nan is not in 0..1000"),
        ({"sampling": "gensim"}, "--sampling: 'gensim' is none of none, keras, word2vec"),
        (
            {"negative_distribution": "zipf"},
            "--negative-distribution: 'zipf' is none of uniform, unigram",
        ),
        ({"seed": -1}, "--seed: -1 is less than 0"),
    ],
)
def test_settings_are_checked(settings: dict[str, Any], said: str) -> None:
    with pytest.raises(SettingsError) as caught:
        SkipgramSettings(**settings)
    assert str(caught.value) == said


def test_a_disk_without_room_is_told_of_before_anything_is_written(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(folder)
    monkeypatch.setattr("embedprep.space.free_bytes", lambda where: 30_000)
    monkeypatch.setattr(writing, "WAITING_BYTES", 1000)
    with pytest.raises(EmbedprepError) as caught:
        write(Path())
    assert str(caught.value) == (
        "pairs: would take 27.3 kB for 3,000 pairs, and up to as much beside it for a time, and "
        "the disk has 30 kB left; choose a smaller --window or fewer --negative"
    )
    assert not Path("pairs").exists()


def command(folder: Path, *arguments: str) -> tuple[int, str, str]:
    done = subprocess.run(
        [sys.executable, "-m", "embedprep", "skipgrams", *arguments],
        cwd=folder,
        check=False,
        capture_output=True,
        text=True,
    )
    return done.returncode, done.stdout, done.stderr


def test_the_command_tells_what_it_made(folder: Path) -> None:
    said = (
        "pairs: 3,000 pairs\n"
        "  pairs           3,000\n"
        "  positives       1,500  (of 550 targets)\n"
        "  negatives       1,500\n"
        "  rows              200\n"
        "  input_dim          11\n"
    )
    assert command(folder, "rows.npy", "-o", "pairs") == (0, said, "")
    status, told, _ = command(folder, "rows.npy", "-o", "pairs", "--negative", "0", "--json")
    facts = {"rows": 200, "input_dim": 11, "targets": 550, "pairs": 1500, "positives": 1500}
    assert (status, json.loads(told)) == (
        0,
        {"output": "pairs", "statistics": {**facts, "negatives": 0}},
    )


def test_no_input_is_lost(folder: Path) -> None:
    (folder / "a.txt").write_text("a b\nb c a\n", encoding="utf-8")
    embedprep.build(folder / "a.txt", folder / "out", holdout={"dev": folder / "a.txt"})
    for rows, place in (("out", "out/sequences.npy"), ("out/dev", "out/dev/sequences.npy")):
        said = f"embedprep: {place}: is also an input and would be overwritten; name another -o\n"
        assert command(folder, rows, "-o", "out") == (1, "", said)
    assert embedprep.load(folder / "out").parts["dev"].sequences.tolist() == [[0, 2, 3], [3, 4, 2]]


def test_keras_shuffles_by_a_seed_of_its_own() -> None:
    """Why positives are compared as multisets: its seed orders the pairs, and draws none."""
    random.seed(0)
    first = keras_skipgrams([1, 2, 3, 4, 5], 1000, shuffle=True, seed=1)
    assert first != keras_skipgrams([1, 2, 3, 4, 5], 1000, shuffle=True, seed=1)
