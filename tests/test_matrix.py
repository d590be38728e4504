"""Is the matrix what its settings say, and does it become a part of an output?"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import embedprep
from embedprep import arrays
from embedprep.engines import ThreadEngine
from embedprep.errors import EmbedprepError, SettingsError
from embedprep.initializers import Initializer, initial_rows, standard_normal, word_seeds
from embedprep.matrix.making import Matrix, Missing, make_matrix
from embedprep.matrix.recipe import write_matrix_of
from embedprep.rectangle import Rectangle
from embedprep.settings import MatrixSettings, VectorSource
from embedprep.specials import Specials
from embedprep.tokenizer.settings import TokenizerSettings
from embedprep.vocabulary import Vocabulary
from tests.in_process import call
from tests.test_errors import Snapshot, snapshot

TEXT = "the cat sat\nthe dog\n\nthe cat\na mat\n"
# <pad>, <unk>, the 3, cat 2, a 1, dog 1, mat 1, sat 1
GLOVE = b"the 1 2\ncat 3 -2\nsat 5 0\nhouse 7 7\n"


def vocabulary(words: Sequence[str], counts: Sequence[int] = (), **specials: Any) -> Vocabulary:
    settings = TokenizerSettings("whitespace")
    counts = counts or [1] * len(words)
    return Vocabulary(tuple(words), tuple(counts), settings, Rectangle(4), Specials(**specials))


def make(of: Vocabulary, **settings: Any) -> Matrix:
    name = settings.pop("vectors", None)
    if name is not None:
        case_fallback = settings.pop("case_fallback", False)
        settings["vectors"] = VectorSource(str(name), case_fallback=case_fallback)
    with ThreadEngine(2) as engine:
        return make_matrix(of, MatrixSettings(**settings), engine)


# Without vectors.


def test_row_i_is_the_random_vector_of_entry_i() -> None:
    made = make(vocabulary(["the", "cat"], bos=2))
    assert made.values.dtype == np.float32
    assert made.values.shape == (5, 128)
    assert made.values[0].tolist() == [0] * 128
    expected = initial_rows(["<unk>", "<bos>", "the", "cat"], 128, Initializer())
    np.testing.assert_array_equal(made.values[1:], expected)
    assert made.saved == {"init": "uniform", "seed": 0}
    assert made.statistics == {}


@pytest.mark.parametrize("init", ["uniform", "normal", "zeros"])
def test_a_word_keeps_its_row_in_another_vocabulary(init: str) -> None:
    words = ["the", "cat", "new york", "北京"]
    rows = make(vocabulary(words), dim=7, init=init, seed=3).values
    dropped = vocabulary([*words[::-1], "dog"], unk=None)
    others = make(dropped, dim=7, init=init, seed=3).values
    assert rows.shape == others.shape == (6, 7)
    np.testing.assert_array_equal(others[1:5], rows[5:1:-1])
    assert rows[2:].any() == (init != "zeros")
    if init != "zeros":
        assert not (make(vocabulary(words), dim=7, init=init).values == rows)[1:].any()


def test_settings_out_of_range_are_told() -> None:
    for settings, message in (
        ({"dim": 0}, "--dim: 0 is less than 1"),
        ({"init": "mean"}, "--init: 'mean' is none of uniform, normal, zeros"),
        ({"oov_init": "x"}, "--oov-init: 'x' is none of uniform, normal, zeros, mean, match"),
        ({"seed": -1}, "--seed: -1 is less than 0"),
    ):
        with pytest.raises(SettingsError) as raised:
            MatrixSettings(**settings)
        assert str(raised.value) == message
        assert raised.value.exit_status == 2


# With vectors.


@pytest.fixture
def glove(tmp_path: Path) -> Path:
    path = tmp_path / "glove.txt"
    path.write_bytes(GLOVE)
    return path


WORDS = vocabulary(["the", "Cat", "sat", "dog", "mat"], [9, 5, 4, 3, 3])


def test_words_without_a_vector_get_the_mean(glove: Path) -> None:
    made = make(WORDS, vectors=glove, oov_init="mean")
    # of "the" and "sat" alone
    assert made.values.tolist() == [[0, 0], [3, 1], [1, 2], [3, 1], [5, 0], [3, 1], [3, 1]]


def test_words_without_a_vector_match_those_found(glove: Path) -> None:
    made = make(WORDS, vectors=glove, seed=4)
    assert made.values[[0, 2, 4]].tolist() == [[0, 0], [1, 2], [5, 0]]
    words = ["<unk>", "Cat", "dog", "mat"]
    drawn = standard_normal(word_seeds(words, 4), 2) * [2, 1] + [3, 1]
    np.testing.assert_array_equal(made.values[[1, 3, 5, 6]], drawn.astype(np.float32))


@pytest.mark.parametrize("oov_init", ["uniform", "normal", "zeros"])
def test_or_what_they_would_have_without_a_file(oov_init: str, glove: Path) -> None:
    made = make(WORDS, vectors=glove, oov_init=oov_init, seed=4)
    drawn = make(WORDS, dim=2, init=oov_init, seed=4)
    np.testing.assert_array_equal(made.values[[1, 3, 5, 6]], drawn.values[[1, 3, 5, 6]])
    assert made.values[[0, 2, 4]].tolist() == [[0, 0], [1, 2], [5, 0]]


def test_the_file_may_have_an_unk_of_its_own_but_no_padding(glove: Path) -> None:
    glove.write_bytes(GLOVE + b"<unk> 9 9\n<pad> 8 8\n<bos> 7 7\n")
    made = make(vocabulary(["the"], bos=2), vectors=glove)
    assert made.values.tolist() == [[0, 0], [9, 9], [7, 7], [1, 2]]
    assert made.coverage is not None
    assert (made.coverage.n_words, made.coverage.n_found) == (1, 1)


def test_coverage_is_of_words_and_of_running_words(glove: Path) -> None:
    made = make(WORDS, vectors=glove)
    assert made.coverage is not None
    assert made.coverage.missing == [Missing("Cat", 5), Missing("dog", 3), Missing("mat", 3)]
    digest = hashlib.sha256(GLOVE).hexdigest()
    assert made.saved == {
        "vectors": {"name": "glove.txt", "bytes": len(GLOVE), "sha256": [digest]},
        "oov_init": "match",
        "seed": 0,
        "case_fallback": False,
        "skip_bad_vectors": False,
        "statistics": {
            "vectors": 4,
            "vectors_left_out": 0,
            "words_found": 2,
            "words_from_ngrams": 0,
            "coverage": 2 / 5,
            "running_words_found": 13,
            "running_coverage": 13 / 24,
            "missing_words": 3,
            "most_frequent_missing": [["Cat", 5], ["dog", 3], ["mat", 3]],
        },
    }
    folded = make(WORDS, vectors=glove, case_fallback=True)
    assert folded.values[3].tolist() == [3, -2]
    assert folded.statistics["words_found"] == 3


def test_counts_may_be_unknown(glove: Path) -> None:
    made = make(vocabulary(["dog", "the", "mat"], [0, 0, 0]), vectors=glove)
    assert made.statistics["most_frequent_missing"] == [["dog", 0], ["mat", 0]]
    assert "running_coverage" not in made.statistics


def test_a_vocabulary_may_be_empty(glove: Path) -> None:
    made = make(vocabulary([]), vectors=glove, oov_init="mean")
    assert made.values.tolist() == [[0, 0], [0, 0]]
    assert made.statistics["coverage"] == 0
    assert make(vocabulary([], unk=None), dim=3).values.tolist() == [[0, 0, 0]]


def test_mean_and_deviation_are_those_of_numpy(shared: Path, monkeypatch: Any) -> None:
    path = shared / "vectors" / "glove.6B.50d.5403rows.txt"
    lines = path.read_text("utf-8").splitlines()
    words = [line.split(" ")[0] for line in lines]
    missing = [f"no such word {n}" for n in range(300)]
    monkeypatch.setattr(arrays, "CHUNK_BYTES", 100_000)
    values = make(vocabulary([*missing, *words]), vectors=path).values
    found = np.array([line.split(" ")[1:] for line in lines], np.float64).astype(np.float32)
    np.testing.assert_array_equal(values[302:], found)
    found = found.astype(np.float64)
    drawn = standard_normal(word_seeds(missing, 0), 50)
    expected = drawn * found.std(axis=0) + found.mean(axis=0)
    np.testing.assert_allclose(values[2:302], expected, rtol=1e-7)
    mean = make(vocabulary([*missing, *words]), vectors=path, oov_init="mean").values[5]
    np.testing.assert_allclose(mean, found.mean(axis=0), rtol=1e-7)


@given(st.permutations(["the", "cat", "sat", "dog", "a", "mat"]), st.sampled_from([1, 2, 5]))
def test_another_order_moves_the_rows_alone(words: list[str], seed: int) -> None:
    names = ["the", "cat", "sat", "dog", "a", "mat"]
    one = make(vocabulary(names), dim=3, seed=seed).values[2:]
    other = make(vocabulary(words), dim=3, seed=seed).values[2:]
    np.testing.assert_array_equal(other, one[[names.index(word) for word in words]])


# As a part of an output.


@pytest.fixture
def output(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A whole output with parts, a file of the user's in it, and vectors."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "t.txt").write_bytes(TEXT.encode())
    (tmp_path / "glove.txt").write_bytes(GLOVE)
    embedprep.build("t.txt", "out", holdout={"test": "t.txt"})
    (tmp_path / "out" / "notes.txt").write_bytes(b"mine")
    return tmp_path / "out"


def manifest(folder: Path) -> dict[str, Any]:
    saved: dict[str, Any] = json.loads((folder / "manifest.json").read_bytes())
    return saved


def changed(before: Snapshot, after: Snapshot, folder: Path) -> set[str]:
    names = {name for name in before | after if before.get(name) != after.get(name)}
    return {str(Path(name).relative_to(folder)) for name in names}


WITH_VECTORS = MatrixSettings(vectors=VectorSource("glove.txt"))
MANIFESTS = {"manifest.json", "test/manifest.json"}


def assert_listed(folder: Path, shape: Sequence[int]) -> None:
    """The manifests tell of the matrix, and of each other, as they are."""
    saved = manifest(folder)
    listed = {output["name"]: output for output in saved["outputs"]}
    assert len(listed) == len(saved["outputs"])
    data = (folder / "embedding_matrix.npy").read_bytes()
    assert listed["embedding_matrix.npy"] == {
        "name": "embedding_matrix.npy",
        "bytes": len(data),
        "sha256": [hashlib.sha256(data).hexdigest()],
        "shape": list(shape),
        "dtype": "float32",
    }
    for name, facts in listed.items():
        data = (folder / name).read_bytes()
        assert facts["sha256"] == [hashlib.sha256(data).hexdigest()], name
    for part in (folder, folder / "test"):
        embedding = manifest(part)["embedding"]
        assert [embedding["input_dim"], embedding["output_dim"]] == list(shape)
    assert "matrix" not in manifest(folder / "test")


def test_a_matrix_becomes_a_part_of_an_output(output: Path) -> None:
    before = snapshot(output)
    made = write_matrix_of(output, WITH_VECTORS)
    assert changed(before, snapshot(output), output) == {"embedding_matrix.npy", *MANIFESTS}
    assert_listed(output, (8, 2))
    assert manifest(output)["matrix"] == made.saved
    loaded = embedprep.load(output)
    assert isinstance(loaded.embedding_matrix, np.memmap)
    np.testing.assert_array_equal(loaded.embedding_matrix, made.values, strict=True)
    assert loaded.parts["test"].embedding_matrix is None

    between = snapshot(output)
    write_matrix_of(output, MatrixSettings(dim=5))
    assert changed(between, snapshot(output), output) == {"embedding_matrix.npy", *MANIFESTS}
    assert_listed(output, (8, 5))
    assert manifest(output)["matrix"] == {"init": "uniform", "seed": 0}


def test_run_makes_the_matrix_that_the_command_makes(output: Path) -> None:
    for settings, options in (
        (WITH_VECTORS, {"vectors": "glove.txt"}),
        (MatrixSettings(dim=5, init="normal", seed=3), {"dim": 5, "init": "normal", "seed": 3}),
    ):
        write_matrix_of(output, settings)
        built = embedprep.build(
            "t.txt",
            "again",
            holdout={"test": "t.txt"},
            **options,
        )
        again = Path("again")
        assert_listed(again, (8, settings.dim or 2))
        matrix = (again / "embedding_matrix.npy").read_bytes()
        assert matrix == (output / "embedding_matrix.npy").read_bytes()
        one, other = manifest(again), manifest(output)
        assert one["matrix"] == other["matrix"]
        assert one["embedding"] == other["embedding"] == built.embedding
        names = [{o["name"] for o in saved["outputs"]} for saved in (one, other)]
        assert names[0] == names[1]


def test_a_run_without_vectors_removes_the_matrix(output: Path) -> None:
    before = snapshot(output)
    write_matrix_of(output, WITH_VECTORS)
    embedprep.build("t.txt", "out", holdout={"test": "t.txt"})
    assert not (output / "embedding_matrix.npy").exists()
    assert "matrix" not in manifest(output)
    assert embedprep.load(output).embedding_matrix is None
    after = snapshot(output)
    assert {name: facts[3] for name, facts in after.items()} == {
        name: facts[3] for name, facts in before.items()
    }


def assert_refused(output: Path, message: str, settings: MatrixSettings, **named: Any) -> None:
    before = snapshot(output.parent)
    with pytest.raises(EmbedprepError) as raised:
        write_matrix_of(named.pop("into", output), settings, **named)
    assert str(raised.value) == message
    assert raised.value.exit_status == 1
    assert snapshot(output.parent) == before


def test_an_error_leaves_the_output_as_it_was(output: Path) -> None:
    write_matrix_of(output, WITH_VECTORS)
    Path("glove.txt").write_bytes(GLOVE + b"cat 1\n")
    remedy = "copy the file again, or leave such lines out by --skip-bad-vectors"
    assert_refused(output, f"glove.txt:5: holds 1 number, not 2; {remedy}", WITH_VECTORS)
    before = snapshot(output)
    with pytest.raises(EmbedprepError, match=r"glove\.txt:5: holds 1 number"):
        embedprep.build("t.txt", "out", vectors="glove.txt")
    assert snapshot(output) == before


def test_a_matrix_for_other_words_is_refused(output: Path) -> None:
    Path("u.txt").write_bytes(TEXT.replace("cat", "cow").encode())
    embedprep.build("u.txt", "other")
    message = (
        f"{output}: has rows of other words than those of --vocab; "
        "leave --vocab out, or name a file by -o"
    )
    settings = MatrixSettings(dim=2)
    assert_refused(output, message, settings, vocabulary_path=Path("other/vocab.json"))
    write_matrix_of(output, settings, output / "test" / "vocab.json")
    assert_listed(output, (8, 2))


def test_a_matrix_has_its_place_at_the_top_of_rows(output: Path) -> None:
    settings = MatrixSettings(dim=2)
    part = output / "test"
    message = f"{part}: is part of a whole output; name another folder, or that of the whole output"
    assert_refused(output, message, settings, into=part)
    write_matrix_of(output, settings)
    file = output / "embedding_matrix.npy"
    message = f"{file}: is part of a whole output; name another file, or its folder"
    vocab = output / "vocab.json"
    assert_refused(output, message, settings, into=file, vocabulary_path=vocab)
    ended = call("skipgrams out -o pairs -q")
    assert ended.exit_code == 0
    pairs = output.parent / "pairs"
    message = (
        f"{pairs}: holds pairs for a skip-gram model, not rows; "
        "name the output of rows that it was made from"
    )
    assert_refused(output, message, settings, into=pairs, vocabulary_path=vocab)


def test_any_number_of_jobs_gives_the_same_files(output: Path) -> None:
    files = set()
    for jobs in (1, 3):
        write_matrix_of(output, WITH_VECTORS, jobs=jobs)
        names = ("embedding_matrix.npy", *sorted(MANIFESTS))
        files.add(tuple((output / name).read_bytes() for name in names))
    assert len(files) == 1


def test_the_limit_of_bytes_counts_the_matrix(output: Path) -> None:
    before = snapshot(output.parent)
    for options in ({"vectors": "glove.txt"}, {"dim": 2}, {"dim": 10**9}):
        dim = options.get("dim", 2)
        with pytest.raises(EmbedprepError) as raised:
            embedprep.build("t.txt", "out", max_bytes=400, **options)
        assert f", and an embedding matrix of 8 x {dim:,}, " in str(raised.value)
        assert "more than the 400 bytes of --max-bytes" in str(raised.value)
        assert snapshot(output.parent) == before
    embedprep.build("t.txt", "out", max_bytes=10_000, dim=2)


def test_the_command_says_what_is_in_the_manifest(output: Path) -> None:
    options = "--vectors glove.txt -o out"
    ended = call(f"matrix {options} --json")
    saved = manifest(output)["matrix"]["statistics"]
    head = {"output": "out", "shape": [8, 2], "dtype": "float32"}
    assert json.loads(ended.output) == head | {"statistics": saved}
    ended = call(f"run t.txt {options} --json")
    assert json.loads(ended.output)["matrix"] == saved
    ended = call(f"run t.txt {options}")
    assert ended.output.splitlines()[-5:] == [
        "  found words       3  (50.00% of the kept words have a vector)",
        "  as running words  6  (66.67% of the running words)",
        '  missing words     3  ("a", "dog", "mat")',
        "",
        "Embedding(input_dim=8, output_dim=2, mask_zero=True)  # rows of 3",
    ]
