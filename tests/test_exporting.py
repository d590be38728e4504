"""Do other tools read from an export the words, the numbers and the indices that were meant?"""

from __future__ import annotations

import json
import subprocess
import sys
from dataclasses import replace
from pathlib import Path
from typing import Any, Literal

import numpy as np
import pytest
from gensim.models import KeyedVectors
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays as np_arrays
from numpy.typing import NDArray

import embedprep
from embedprep import arrays
from embedprep.adopting import adopt
from embedprep.errors import EmbedprepError, OutputError, SettingsError, VocabularyError
from embedprep.exporting.decimals import spell_rows
from embedprep.exporting.recipe import exported_text, open_export, write_export
from embedprep.rectangle import Rectangle
from embedprep.settings import AdoptionSettings, RowSettings, VocabularySettings
from embedprep.specials import Specials
from embedprep.tokenizer.settings import TokenizerSettings
from embedprep.vocabulary import Vocabulary
from tests.in_process import Ended, call

MARKED = Vocabulary(
    ("the", "Straße", "你"),
    (4, 3, 2),
    TokenizerSettings("whitespace"),
    Rectangle(4),
    Specials(1, 2, 3),
)
TAKEN_OVER = Vocabulary(
    ("a", "<unused 2>", "b"), (0, 0, 0), TokenizerSettings("keras"), Rectangle(4), Specials(unk=4)
)
SCRIPTS = Vocabulary(
    ("a\tb", "c\\d", "e\xa0f", '"'), (4, 3, 2, 1), TokenizerSettings("keras"), Rectangle(4)
)


def saved(folder: Path, vocabulary: Vocabulary, matrix: NDArray[Any] | None = None) -> Path:
    """A vocabulary in a folder, with a matrix beside it."""
    vocabulary.save(folder / "vocab.json")
    if matrix is not None:
        np.save(folder / "embedding_matrix.npy", matrix)
    return folder / "vocab.json"


def text_of(path: Path, to: str) -> str:
    return b"".join(exported_text(open_export(path, to))).decode()


def counting(n_rows: int) -> NDArray[np.float32]:
    """A matrix of two columns: the number of the row, and a half of it, below zero."""
    numbers = np.arange(n_rows, dtype=np.float32)
    return np.stack([numbers, -numbers / 2], axis=1)


# Numbers.


@given(np_arrays(np.uint32, st.tuples(st.integers(0, 4), st.integers(1, 5))))
def test_any_float32_is_spelled_as_by_numpy(bits: NDArray[np.uint32]) -> None:
    rows = bits.view(np.float32)
    spelled = [b" ".join(row) for row in rows.astype("S19").tolist()]
    assert spell_rows(rows, b" ") == spelled


@pytest.mark.parametrize("digits", range(1, 10))
def test_numbers_of_the_usual_size_are_spelled_as_by_numpy_and_read_back(digits: int) -> None:
    random = np.random.default_rng(digits)
    sizes = 10.0 ** random.uniform(-5, 5, 5000)
    rounded = [float(f"{size:.{digits}g}") for size in sizes.tolist()]
    rows = np.array([rounded, sizes, -sizes, np.float16(sizes % 100)], np.float32).T.copy()
    spelled = spell_rows(rows, b"\t")
    assert spelled == [b"\t".join(row) for row in rows.astype("S19").tolist()]
    read = np.array([line.split(b"\t") for line in spelled]).astype(np.float64).astype(np.float32)
    assert read.tobytes() == rows.tobytes()


def test_numbers_at_the_edges() -> None:
    row = np.array([[0.0, -0.0, 1, -0.1, 0.00012, 9999.999, 1e4, 1e-7, 2**-44, 1e-45]], np.float32)
    assert spell_rows(row, b" ") == [
        b"0.0 -0.0 1.0 -0.1 0.00012 9999.999 10000.0 1e-07 5.684342e-14 1e-45"
    ]


# Vectors.


def test_the_files_of_vectors_to_the_letter(tmp_path: Path) -> None:
    path = saved(tmp_path, MARKED, counting(7))
    lines = "<unk> 1.0 -0.5\n<bos> 2.0 -1.0\n<eos> 3.0 -1.5\n"
    lines += "the 4.0 -2.0\nStraße 5.0 -2.5\n你 6.0 -3.0\n"
    assert text_of(path, "glove") == lines
    assert text_of(path, "word2vec") == f"6 2\n{lines}"


def test_places_without_a_word_have_no_vector(tmp_path: Path) -> None:
    path = saved(tmp_path, TAKEN_OVER, counting(5))
    assert TAKEN_OVER.entries == ("<pad>", "a", "<unused 2>", "b", "<unk>")
    assert text_of(path, "glove") == "a 1.0 -0.5\nb 3.0 -1.5\n<unk> 4.0 -2.0\n"


def test_the_files_of_the_projector_to_the_letter(tmp_path: Path) -> None:
    path = saved(tmp_path, SCRIPTS, counting(6))
    write_export(open_export(path, "projector"), tmp_path / "p")
    assert sorted(file.name for file in (tmp_path / "p").iterdir()) == [
        "manifest.json",
        "metadata.tsv",
        "vectors.tsv",
    ]
    assert (tmp_path / "p" / "vectors.tsv").read_bytes() == (
        b"1.0\t-0.5\n2.0\t-1.0\n3.0\t-1.5\n4.0\t-2.0\n5.0\t-2.5\n"
    )
    assert (tmp_path / "p" / "metadata.tsv").read_bytes().decode() == (
        'word\tcount\n<unk>\t0\na\\tb\t4\nc\\\\d\t3\ne\xa0f\t2\n"\t1\n'
    )
    manifest = json.loads((tmp_path / "p" / "manifest.json").read_bytes())
    assert manifest["settings"] == {"to": "projector"}
    assert [item["name"] for item in manifest["inputs"]] == ["vocab.json", "embedding_matrix.npy"]
    assert [(item["name"], item["bytes"]) for item in manifest["outputs"]] == [
        ("vectors.tsv", 45),
        ("metadata.tsv", 44),
    ]
    assert manifest["statistics"] == {"entries": 5, "dim": 2}
    assert manifest["kind"] == "projector"


@pytest.mark.parametrize("n_bytes", [1, 300, 1 << 20])
@pytest.mark.parametrize("to", ["word2vec", "projector"])
def test_some_rows_at_a_time_give_the_same(
    n_bytes: int, to: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = saved(tmp_path, MARKED, counting(7))
    export = open_export(path, to)
    write_export(export, tmp_path / "whole")
    monkeypatch.setattr(arrays, "CHUNK_BYTES", n_bytes)
    write_export(export, tmp_path / "parts")
    name = "vectors.tsv" if to == "projector" else ""
    assert (tmp_path / "parts" / name).read_bytes() == (tmp_path / "whole" / name).read_bytes()


@pytest.mark.parametrize("dtype", ["<f2", "<f8", ">f4", ">f8"])
def test_any_floats_are_written_as_float32(dtype: str, tmp_path: Path) -> None:
    third = np.full((7, 1), 1 / 3)
    path = saved(tmp_path, MARKED, np.asfortranarray(third.astype(dtype)))
    number = str(np.float32(third.astype(dtype)[0, 0]))
    assert text_of(path, "glove").splitlines()[3] == f"the {number}"


@pytest.fixture(scope="module")
def reviews(shared: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An output of real sentences, with vectors."""
    folder = tmp_path_factory.mktemp("reviews") / "out"
    text = shared / "corpora" / "rt-polarity" / "rt-polarity.pos"
    embedprep.build(text, folder, max_words=3000, bos=True, dim=20, init="normal", seed=7)
    return folder


# gensim reads a file without a header twice, and leaves it open once.
@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")
@pytest.mark.filterwarnings("ignore:unclosed file:ResourceWarning")
@pytest.mark.parametrize("to", ["word2vec", "glove"])
def test_gensim_reads_the_same_words_and_numbers(to: str, reviews: Path, tmp_path: Path) -> None:
    write_export(open_export(reviews, to), tmp_path / "vectors.txt")
    read = KeyedVectors.load_word2vec_format(tmp_path / "vectors.txt", no_header=to == "glove")
    vocabulary = Vocabulary.load(reviews / "vocab.json")
    assert tuple(read.index_to_key) == vocabulary.entries[1:]
    assert len(read) == 3002
    expected = np.load(reviews / "embedding_matrix.npy")[1:]
    np.testing.assert_array_equal(read.vectors, expected, strict=True)


# Lists.


def test_the_lists_to_the_letter(tmp_path: Path) -> None:
    path = saved(tmp_path, MARKED)
    assert text_of(path, "txt") == "<pad>\n<unk>\n<bos>\n<eos>\nthe\nStraße\n你\n"
    assert text_of(path, "tsv") == (
        "index\tword\tcount\n0\t<pad>\t0\n1\t<unk>\t0\n2\t<bos>\t0\n3\t<eos>\t0\n"
        "4\tthe\t4\n5\tStraße\t3\n6\t你\t2\n"
    )
    assert text_of(saved(tmp_path, TAKEN_OVER), "tsv") == (
        "index\tword\tcount\n0\t<pad>\t0\n1\ta\t0\n2\t<unused 2>\t0\n3\tb\t0\n4\t<unk>\t0\n"
    )
    assert text_of(saved(tmp_path, SCRIPTS), "tsv") == (
        "index\tword\tcount\n0\t<pad>\t0\n1\t<unk>\t0\n2\ta\\tb\t4\n3\tc\\\\d\t3\n4\te\xa0f\t2\n"
        '5\t"\t1\n'
    )


_WORDS = st.lists(
    st.text(
        st.characters(exclude_characters="\n\r", exclude_categories=["Cs"]), min_size=1, max_size=4
    ),
    max_size=6,
    unique=True,
)


def taken_back(path: Path, vocabulary: Vocabulary) -> Vocabulary:
    """The vocabulary that `vocab --from` makes of a list."""
    named, specials = vocabulary.tokenizer, vocabulary.specials
    oov = "drop" if specials.unk is None else "unk"
    marks = {"bos": specials.bos is not None, "eos": specials.eos is not None}
    words = VocabularySettings(tokenizer=named, oov=oov, **marks)
    given_ = frozenset({"tokenizer", "oov"})
    return adopt(path, AdoptionSettings(words, RowSettings("4"), given=given_)).vocabulary


@given(words=_WORDS, n_marks=st.integers(0, 2))
def test_a_list_is_taken_back_with_every_word_at_its_index(
    words: list[str], n_marks: int, tmp_path_factory: pytest.TempPathFactory
) -> None:
    bos, eos = (2 if n_marks else None), (3 if n_marks == 2 else None)
    vocabulary = Vocabulary(
        tuple(words),
        (0,) * len(words),
        TokenizerSettings("whitespace"),
        Rectangle(4),
        Specials(1, bos, eos),
    )
    folder = tmp_path_factory.mktemp("list")
    write_export(open_export(saved(folder, vocabulary), "txt"), folder / "words.txt")
    assert taken_back(folder / "words.txt", vocabulary) == vocabulary


def test_a_list_of_real_words_and_one_with_gaps_are_taken_back(
    reviews: Path, tmp_path: Path
) -> None:
    real = Vocabulary.load(reviews / "vocab.json")
    for vocabulary in (replace(real, rectangle=Rectangle(4)), TAKEN_OVER):
        path = saved(tmp_path, vocabulary)
        write_export(open_export(path, "txt"), tmp_path / "words.txt")
        back = taken_back(tmp_path / "words.txt", vocabulary)
        assert back.entries == vocabulary.entries
        assert back.specials == vocabulary.specials


# What is refused.


def refused(path: Path, to: str, matrix: Path | None = None) -> str:
    with pytest.raises(EmbedprepError) as caught:
        list(exported_text(open_export(path, to, matrix)))
    return str(caught.value).replace(f"{path.parent}/", "")


NAMED = "name a 2-D array of float16, float32 or float64"


@pytest.mark.parametrize(
    ("matrix", "said"),
    [
        (
            counting(6),
            (
                "has 6 vectors, and the vocabulary 7 entries; name the matrix that was made "
                "with this vocabulary by --matrix"
            ),
        ),
        (
            counting(7)[:, 0],
            f"holds float32 of shape (7,), not an embedding matrix; {NAMED}",
        ),
        (
            counting(7)[:, :0],
            f"holds float32 of shape (7, 0), not an embedding matrix; {NAMED}",
        ),
        (
            counting(7).astype(int),
            f"holds int64 of shape (7, 2), not an embedding matrix; {NAMED}",
        ),
        (
            np.where(counting(7) == 5, np.nan, 1),
            'the vector of "Straße" (row 5) holds nan; make the matrix anew, without it',
        ),
        (
            np.where(counting(7) == -1.0, -np.inf, 1),
            'the vector of "<bos>" (row 2) holds -inf; make the matrix anew, without it',
        ),
        (
            np.where(counting(7) == 6, 1e300, 1),
            (
                'the vector of "你" (row 6) holds 1e+300, too large for a float32; '
                "make the matrix anew, without it"
            ),
        ),
    ],
)
def test_a_matrix_that_does_not_fit_is_refused(
    matrix: NDArray[Any], said: str, tmp_path: Path
) -> None:
    path = saved(tmp_path, MARKED, matrix)
    assert refused(path, "word2vec") == f"embedding_matrix.npy: {said}"
    with pytest.raises(OutputError):
        write_export(open_export(path, "projector"), tmp_path / "p")
    with pytest.raises(OutputError):
        write_export(open_export(path, "glove"), tmp_path / "vectors.txt")
    assert sorted(file.name for file in tmp_path.iterdir()) == [
        "embedding_matrix.npy",
        "vocab.json",
    ]


def test_the_padding_may_hold_anything(tmp_path: Path) -> None:
    matrix = counting(7)
    matrix[0] = np.nan
    assert text_of(saved(tmp_path, MARKED, matrix), "word2vec").startswith("6 2\n<unk> 1.0")


@pytest.mark.parametrize(
    ("word", "shown", "character"),
    [
        ("New York", "New York", "U+0020"),
        ("e\xa0f", "e\\u00a0f", "U+00A0"),
        ("stop\r", "stop\\r", "U+000D"),
        ("a\0", "a\\u0000", "U+0000"),
        ("a\x1f", "a\\u001f", "U+001F"),
        ("<unused 3>", "<unused 3>", "U+0020"),
    ],
)
def test_a_word_that_would_be_read_as_two_is_named(
    word: str, shown: str, character: str, tmp_path: Path
) -> None:
    vocabulary = Vocabulary(("the", "a", word), (1, 1, 1), TokenizerSettings(), Rectangle(2))
    path = saved(tmp_path, vocabulary, counting(5))
    for to in ("word2vec", "glove"):
        assert refused(path, to) == (
            f'vocab.json: the word "{shown}" (index 4) holds {character}, at which readers of such '
            "files end a word; choose --to projector, whose fields stand between tabs"
        )
    write_export(open_export(path, "projector"), tmp_path / "p")


def test_a_word_with_a_carriage_return_is_in_no_list(tmp_path: Path) -> None:
    vocabulary = Vocabulary(("the", "stop\r"), (1, 1), TokenizerSettings("keras"), Rectangle(2))
    path = saved(tmp_path, vocabulary)
    assert refused(path, "txt") == (
        'vocab.json: the word "stop\\r" (index 3) holds a CR, at which readers of such lists end a '
        "line; choose --to tsv, which escapes it, or take CRs out of the text"
    )
    assert text_of(path, "tsv").endswith("3\tstop\\r\t1\n")


def test_what_is_missing_is_named(tmp_path: Path) -> None:
    path = saved(tmp_path, MARKED)
    assert refused(path, "glove") == (
        "embedding_matrix.npy: no such file; name the embedding matrix by --matrix"
    )
    assert refused(path, "glove", tmp_path / "m.npy") == "m.npy: no such file; check the path"
    with pytest.raises(VocabularyError, match=r"v\.json: cannot be read \(No such file"):
        open_export(tmp_path / "v.json", "txt")
    with pytest.raises(OutputError, match=r"has no manifest\.json, so it is unfinished"):
        open_export(tmp_path, "txt")
    with pytest.raises(SettingsError, match=r"--to: 'fasttext' is none of word2vec, glove, "):
        open_export(path, "fasttext")


def test_the_matrix_may_be_named(tmp_path: Path) -> None:
    path = saved(tmp_path, MARKED, counting(7) + 1)
    np.save(tmp_path / "m.npy", counting(7))
    [text] = exported_text(open_export(path, "glove", tmp_path / "m.npy"))
    assert text.startswith(b"<unk> 1.0 -0.5\n")


# The command.


def export(*arguments: str | Path) -> Ended:
    return call("export", *arguments)


def test_the_command_says_what_it_wrote(tmp_path: Path) -> None:
    path, target = saved(tmp_path, MARKED, counting(7)), tmp_path / "x"
    vectors = export(path, "--to", "word2vec", "-o", target)
    assert (vectors.exit_code, vectors.stdout) == (
        0,
        f"{target}: 6 entries of 2 numbers, for word2vec\n",
    )
    assert target.read_bytes().startswith(b"6 2\n<unk> ")
    listed = export(path, "--to", "txt", "-o", target, "--sync")
    assert listed.stdout == f"{target}: 7 entries, for txt\n"
    assert target.read_bytes().startswith(b"<pad>\n")
    assert export(path, "--to", "tsv", "-o", target, "-q").stdout == ""
    assert json.loads(export(path, "--to", "glove", "-o", target, "--json", "-q").stdout) == {
        "output": str(target),
        "format": "glove",
        "entries": 6,
        "dim": 2,
        "warnings": [],
    }
    to_stdout = export(path, "--to", "glove", "-o", "-")
    assert to_stdout.stdout.encode() == target.read_bytes()


def test_a_wrong_command_line_ends_with_2(tmp_path: Path) -> None:
    path = saved(tmp_path, MARKED)
    folder = export(path, "--to", "projector", "-o", "-")
    assert folder.exit_code == 2
    assert "a folder cannot go to standard output" in folder.output
    matrix = export(path, "--to", "txt", "--matrix", "m.npy", "-o", "-")
    assert matrix.exit_code == 2
    assert "'--matrix': goes with --to word2vec, glove, projector, not txt" in matrix.output


def test_an_error_ends_with_1_and_leaves_nothing(tmp_path: Path) -> None:
    saved(tmp_path, MARKED, counting(7) * np.float32(np.nan))
    words = "export vocab.json --to word2vec -o new.txt"
    command = [sys.executable, "-m", "embedprep", *words.split()]
    done = subprocess.run(command, cwd=tmp_path, check=False, capture_output=True, text=True)
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr == (
        'embedprep: embedding_matrix.npy: the vector of "<unk>" (row 1) holds nan; '
        "make the matrix anew, without it\n"
    )
    assert sorted(file.name for file in tmp_path.iterdir()) == [
        "embedding_matrix.npy",
        "vocab.json",
    ]


Target = Literal["vocab.json", "embedding_matrix.npy"]


@pytest.mark.parametrize("target", ["vocab.json", "embedding_matrix.npy"])
def test_what_is_read_is_not_overwritten(target: Target, tmp_path: Path) -> None:
    path = saved(tmp_path, MARKED, counting(7))
    before = (tmp_path / target).read_bytes()
    with pytest.raises(OutputError, match="is also an input and would be overwritten"):
        write_export(open_export(path, "word2vec"), tmp_path / target)
    assert (tmp_path / target).read_bytes() == before


def test_a_projector_does_not_replace_the_output_that_it_shows(
    reviews: Path, tmp_path: Path
) -> None:
    with pytest.raises(OutputError, match=r"vocab\.json: is also an input and would be overwr"):
        write_export(open_export(reviews, "projector"), reviews)
    assert embedprep.load(reviews).sequences.shape == (
        5331,
        embedprep.load(reviews).sequences.shape[1],
    )
    for _ in range(2):
        write_export(open_export(reviews, "projector"), tmp_path / "p")
    assert (tmp_path / "p" / "metadata.tsv").read_bytes().count(b"\n") == 3003
