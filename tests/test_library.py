"""Does the top of the package do the main job, as a user of the library would call it?"""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

import embedprep

REVIEWS = "The film is good.\nIs it?\n\nIt is a GOOD, good film!\n"


@pytest.fixture
def text(tmp_path: Path) -> Path:
    path = tmp_path / "reviews.txt"
    path.write_text(REVIEWS, encoding="utf-8")
    return path


def test_the_main_job(text: Path, tmp_path: Path) -> None:
    built = embedprep.build([text], tmp_path / "out", max_words=4)
    assert built.path == tmp_path / "out"
    # good 3 and is 3, by code points; then film 2 and it 2; a and the are unknown
    assert built.vocabulary.words == ("good", "is", "film", "it")
    assert built.vocabulary.counts == (3, 3, 2, 2)
    assert built.statistics == {
        "rows": 4,
        "words": 12,
        "distinct_words": 6,
        "kept_words": 4,
        "unknown_words": 2,
        "out_of_vocabulary": 2 / 12,
        "max_len": 6,
        "truncated_rows": 0,
        "empty_rows": 1,
        "longest_row": 6,
    }
    assert built.embedding == {
        "input_dim": 6,
        "output_dim": 128,
        "input_length": 6,
        "mask_zero": True,
    }

    output = embedprep.load(tmp_path / "out")
    assert output.sequences.tolist() == [
        [0, 0, 1, 4, 3, 2],
        [0, 0, 0, 0, 3, 5],
        [0, 0, 0, 0, 0, 0],
        [5, 3, 1, 2, 2, 4],
    ]
    assert output.sequences.dtype == np.int32
    assert output.lengths.tolist() == [4, 2, 0, 6]
    assert output.vocabulary == built.vocabulary
    assert output.manifest["statistics"] == built.statistics
    assert output.manifest["embedding"] == built.embedding
    assert output.vocabulary.decode(output.sequences)[3] == "it is <unk> good good film"


def test_marks_are_put_around_every_row(text: Path, tmp_path: Path) -> None:
    text.write_text("b a b <bos>\n\nc b <eos> a b <pad>\n<unk>\n", encoding="utf-8")
    built = embedprep.build(
        [text], tmp_path / "out", tokenizer="whitespace", bos=True, eos=True, max_len=5
    )
    assert built.vocabulary.index == {
        "<pad>": 0,
        "<unk>": 1,
        "<bos>": 2,
        "<eos>": 3,
        "b": 4,
        "a": 5,
        "c": 6,
    }
    output = embedprep.load(tmp_path / "out")
    assert output.sequences.tolist() == [
        [2, 5, 4, 1, 3],
        [0, 0, 0, 2, 3],
        [2, 5, 4, 1, 3],
        [0, 0, 2, 1, 3],
    ]
    assert output.lengths.tolist() == [6, 2, 8, 3]
    assert built.statistics == {
        "rows": 4,
        "words": 11,
        "distinct_words": 7,
        "kept_words": 3,
        "unknown_words": 4,
        "out_of_vocabulary": 4 / 11,
        "max_len": 5,
        "truncated_rows": 2,
        "empty_rows": 1,
        "longest_row": 8,
    }
    assert output.manifest["settings"]["bos"] is True
    assert built.embedding["input_dim"] == 7
    assert output.vocabulary.encode(["a", ""]).tolist() == [[0, 0, 2, 5, 3], [0, 0, 0, 2, 3]]
    assert output.vocabulary.decode(output.sequences) == ["a b <unk>", "", "a b <unk>", "<unk>"]


def test_marks_count_where_the_longest_row_is_chosen(text: Path, tmp_path: Path) -> None:
    text.write_text("a <eos> <bos>\n\n\n", encoding="utf-8")
    settings = {"tokenizer": "whitespace", "oov": "drop", "eos": True}
    built = embedprep.build([text], tmp_path / "out", **settings)  # type: ignore[arg-type]
    # Without an entry of that name, <bos> is a word like any other.
    assert built.vocabulary.index == {"<pad>": 0, "<eos>": 1, "<bos>": 2, "a": 3}
    assert embedprep.load(tmp_path / "out").sequences.tolist() == [[3, 2, 1], [0, 0, 1], [0, 0, 1]]
    assert built.statistics["unknown_words"] == 1
    # A percentile, too, leaves room for a word.
    built = embedprep.build([text], tmp_path / "out", max_len="p50", **settings)  # type: ignore[arg-type]
    assert embedprep.load(tmp_path / "out").sequences.tolist() == [[2, 1], [0, 1], [0, 1]]


def test_every_setting_is_heeded(text: Path, tmp_path: Path) -> None:
    built = embedprep.build(
        [str(text), text],
        str(tmp_path / "out"),
        max_words=3,
        min_count=4,
        oov="drop",
        tokenizer="whitespace",
        lowercase=True,
        max_len=2,
        padding="post",
        truncating="post",
        dtype="uint8",
    )
    assert built.vocabulary.words == ("is",)
    output = embedprep.load(str(tmp_path / "out"))
    assert output.sequences.tolist() == [[1, 0], [1, 0], [0, 0], [1, 0]] * 2
    assert output.sequences.dtype == np.uint8
    assert output.lengths.tolist() == [1, 1, 0, 1] * 2
    assert output.manifest["settings"]["tokenizer"] == {"name": "whitespace", "lowercase": True}
    assert output.manifest["settings"]["max_words"] == 3
    assert output.manifest["settings"]["min_count"] == 4
    assert output.manifest["settings"]["row"] == {
        "max_len": 2,
        "padding": "post",
        "truncating": "post",
        "dtype": "uint8",
    }


@pytest.mark.parametrize(
    ("max_len", "columns", "truncated"), [(None, 6, 0), ("max", 6, 0), ("p75", 4, 1), (3, 3, 2)]
)
def test_max_len_is_a_number_or_a_word(
    max_len: int | str | None, columns: int, truncated: int, text: Path, tmp_path: Path
) -> None:
    built = embedprep.build([text], tmp_path / "out", max_len=max_len)
    assert embedprep.load(tmp_path / "out").sequences.shape == (4, columns)
    assert built.statistics["truncated_rows"] == truncated
    assert built.statistics["longest_row"] == 6


def test_another_encoding_gives_the_same(text: Path, tmp_path: Path) -> None:
    wide = tmp_path / "wide.txt"
    wide.write_text(REVIEWS + "Straße Ċ", encoding="utf-16")  # Ċ holds a byte 0x0A
    text.write_text(REVIEWS + "Straße Ċ", encoding="utf-8")
    expected = embedprep.build([text], tmp_path / "narrow")
    assert embedprep.build([wide], tmp_path / "wide", encoding="utf-16").vocabulary == (
        expected.vocabulary
    )
    for name in ("sequences.npy", "lengths.npy", "vocab.json"):
        made, wanted = tmp_path / "wide" / name, tmp_path / "narrow" / name
        assert made.read_bytes() == wanted.read_bytes()


def test_wrong_bytes_are_replaced_when_asked(tmp_path: Path) -> None:
    path = tmp_path / "text.txt"
    path.write_bytes(b"caf\xe9 bar\nb\xffar\n")
    with pytest.raises(embedprep.EmbedprepError, match=r"text\.txt:1: byte 0xe9 at offset 3"):
        embedprep.build([path], tmp_path / "out")
    assert not (tmp_path / "out").exists()
    built = embedprep.build(
        [tmp_path / "text.txt"], tmp_path / "out", tokenizer="keras", errors="replace"
    )
    assert built.vocabulary.words == ("bar", "b\ufffdar", "caf\ufffd")
    built = embedprep.build(
        [tmp_path / "text.txt"], tmp_path / "out", tokenizer="keras", errors="ignore"
    )
    assert built.vocabulary.words == ("bar", "caf")


def test_progress_is_told_in_bytes(text: Path, tmp_path: Path) -> None:
    told: list[int] = []
    embedprep.build([text, text], tmp_path / "out", advance=told.append)
    assert sum(told) == 2 * len(REVIEWS)


@pytest.mark.parametrize(
    ("settings", "option"),
    [
        ({"max_words": 0}, "--max-words"),
        ({"min_count": 0}, "--min-count"),
        ({"oov": "keep"}, "--oov"),
        ({"tokenizer": "words"}, "--tokenizer"),
        ({"tokenizer": "pattern"}, "--tokenizer"),
        ({"tokenizer": "keras", "pattern": "x"}, "--pattern"),
        ({"pattern": "["}, "--pattern"),
        ({"max_len": 0}, "--max-len"),
        ({"max_len": "p101"}, "--max-len"),
        ({"max_len": 1, "bos": True}, "--max-len"),
        ({"max_len": 2, "bos": True, "eos": True}, "--max-len"),
        ({"padding": "left"}, "--padding"),
        ({"truncating": "left"}, "--truncating"),
        ({"dtype": "float32"}, "--dtype"),
        ({"encoding": "no-such"}, "--encoding"),
        ({"errors": "hide"}, "--errors"),
    ],
)
def test_wrong_settings_are_refused_before_anything_is_made(
    settings: dict[str, object], option: str, text: Path, tmp_path: Path
) -> None:
    with pytest.raises(embedprep.EmbedprepError) as caught:
        embedprep.build([text], tmp_path / "out", **settings)  # type: ignore[arg-type]
    assert caught.value.place == option
    assert isinstance(caught.value, ValueError)
    assert not (tmp_path / "out").exists()


def test_a_dtype_too_small_for_the_vocabulary_is_refused(tmp_path: Path) -> None:
    text = tmp_path / "text.txt"
    text.write_text(" ".join(f"w{i}" for i in range(200)), encoding="utf-8")
    kept = embedprep.build([text], tmp_path / "fits", max_words=126, dtype="int8")
    assert kept.vocabulary.input_dim == 128
    with pytest.raises(embedprep.EmbedprepError, match=r"--dtype int8: holds indices up to 127"):
        embedprep.build([text], tmp_path / "out", max_words=127, dtype="int8")
    assert not (tmp_path / "out").exists()


def test_an_unfinished_folder_is_not_loaded(text: Path, tmp_path: Path) -> None:
    embedprep.build([text], tmp_path / "out")
    (tmp_path / "out" / "manifest.json").unlink()
    with pytest.raises(embedprep.EmbedprepError, match=r"has no manifest\.json, so"):
        embedprep.load(tmp_path / "out")


def test_arrays_are_mapped_and_cannot_be_changed(text: Path, tmp_path: Path) -> None:
    embedprep.build([text], tmp_path / "out")
    sequences = embedprep.load(tmp_path / "out").sequences
    assert isinstance(sequences, np.memmap)
    with pytest.raises(ValueError, match="read-only"):
        sequences[0, 0] = 1


def test_a_vocabulary_travels_alone(text: Path, tmp_path: Path) -> None:
    built = embedprep.build([text], tmp_path / "out")
    built.vocabulary.save(tmp_path / "copy.json")
    assert (tmp_path / "copy.json").read_bytes() == (tmp_path / "out" / "vocab.json").read_bytes()
    assert embedprep.Vocabulary.load(tmp_path / "copy.json") == built.vocabulary
    assert json.loads((tmp_path / "copy.json").read_bytes())["words"][0] == ["good", 3]


def test_pad_sequences() -> None:
    assert embedprep.pad_sequences([[1, 2, 3], [4]], maxlen=2).tolist() == [[2, 3], [0, 4]]


def test_the_embedding_matrix_is_that_of_the_command(text: Path, tmp_path: Path) -> None:
    vectors = tmp_path / "v.txt"
    vectors.write_text("good 0.5 -1\nbad 3 3\nIS 2 0.25\n", encoding="utf-8")
    vocabulary = embedprep.build([text], tmp_path / "out", max_words=2).vocabulary  # good, is
    made = embedprep.embedding_matrix(vocabulary, vectors=vectors, case_fallback=True, jobs=1)
    assert made.values[2:].tolist() == [[0.5, -1.0], [2.0, 0.25]]
    assert made.values[0].tolist() == [0.0, 0.0]
    assert (made.statistics["words_found"], made.warnings) == (2, ())
    built = embedprep.build([text], tmp_path / "out", max_words=2, dim=3, seed=5)
    saved = embedprep.load(built.path).embedding_matrix
    assert saved is not None
    drawn = embedprep.embedding_matrix(vocabulary, dim=3, seed=5).values
    assert drawn.tobytes() == saved.tobytes()
    with pytest.raises(embedprep.EmbedprepError, match=r"^--dim: 0 is less than 1$"):
        embedprep.embedding_matrix(vocabulary, dim=0)
