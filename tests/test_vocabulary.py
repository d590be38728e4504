"""Are the right words kept at the right indices, and does `vocab.json` keep them?"""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

import embedprep
from embedprep.errors import VocabularyError
from embedprep.rectangle import DTYPES, SIDES, Rectangle
from embedprep.specials import Specials
from embedprep.tokenizer.settings import TOKENIZERS, TokenizerSettings
from embedprep.vocabulary import Vocabulary, format_vocabulary, parse_vocabulary
from tests.texts import characters, settings_of

SMALL = Vocabulary(
    words=("the", "Straße", '"\\\0\u2028😀'),
    counts=(7, 2, 1),
    tokenizer=TokenizerSettings("whitespace"),
    rectangle=Rectangle(5, "post", "pre", "int16"),
)

words = st.lists(st.text(characters, min_size=1, max_size=8), max_size=12, unique=True)


@st.composite
def special_entries(draw: st.DrawFn, n_words: int) -> Specials:
    """Any special entries among the words of a vocabulary."""
    names = draw(st.sets(st.sampled_from(["unk", "bos", "eos"])))
    indices = draw(st.permutations(range(1, n_words + len(names) + 1)))
    return replace(Specials(None), **dict(zip(sorted(names), indices, strict=False)))


@st.composite
def vocabularies(draw: st.DrawFn) -> Vocabulary:
    kept = draw(words)
    return Vocabulary(
        tuple(kept),
        tuple(draw(st.lists(st.integers(0, 2**40), min_size=len(kept), max_size=len(kept)))),
        settings_of(draw(st.sampled_from(TOKENIZERS)), draw(st.sampled_from([None, True]))),
        Rectangle(
            draw(st.integers(3, 10**9 - 1)),
            draw(st.sampled_from(SIDES)),
            draw(st.sampled_from(SIDES)),
            draw(st.sampled_from(list(DTYPES))),
        ),
        draw(special_entries(len(kept))),
    )


def built(text: str, folder: Path, **settings: Any) -> Vocabulary:
    """The vocabulary that a whole run makes of a text."""
    source = folder / "text.txt"
    source.write_bytes(text.encode())
    return embedprep.build([source], folder / "out", **settings).vocabulary


@given(vocabulary=vocabularies())
@example(vocabulary=SMALL)
@example(vocabulary=replace(SMALL, words=(), counts=()))
def test_what_is_written_is_read_again(vocabulary: Vocabulary) -> None:
    saved = format_vocabulary(vocabulary).decode()
    assert parse_vocabulary(saved, "vocab.json") == vocabulary

    content = json.loads(saved)
    assert content["words"] == [list(e) for e in zip(*_columns(vocabulary), strict=True)]
    assert content["specials"] == vocabulary.specials.by_name
    assert content["row"]["max_len"] == vocabulary.rectangle.max_len
    assert content["tokenizer"]["name"] == vocabulary.tokenizer.name

    head, *lines, foot = saved.removesuffix("\n").split("\n")
    assert head.endswith('"words": [')
    assert foot == "]}"
    assert [json.loads(line.removesuffix(",")) for line in lines] == content["words"]


def _columns(vocabulary: Vocabulary) -> tuple[tuple[str, ...], tuple[int, ...]]:
    return vocabulary.words, vocabulary.counts


def test_the_file_reads_so(tmp_path: Path) -> None:
    SMALL.save(tmp_path / "vocab.json")
    assert (tmp_path / "vocab.json").read_bytes().decode() == (
        '{"format": "embedprep-vocabulary", "version": 1, '
        '"tokenizer": {"name": "whitespace", "lowercase": false}, '
        '"specials": {"<pad>": 0, "<unk>": 1}, '
        '"row": {"max_len": 5, "padding": "post", "truncating": "pre", "dtype": "int16"}, '
        '"words": [\n'
        '["the", 7],\n'
        '["Straße", 2],\n'
        '["\\"\\\\\\u0000\u2028😀", 1]\n'
        "]}\n"
    )
    assert Vocabulary.load(tmp_path / "vocab.json") == SMALL
    assert Vocabulary.load(str(tmp_path / "vocab.json")) == SMALL


@pytest.mark.parametrize(
    ("spoil", "cause"),
    [
        (lambda c: c | {"format": "other"}, "is no vocabulary"),
        (lambda c: [c], "is no vocabulary"),
        (lambda c: c | {"version": 2}, "has version 2, this embedprep reads version 1"),
        (lambda c: {k: v for k, v in c.items() if k != "words"}, "is broken"),
        (lambda c: c | {"words": [["a", 1, 2]]}, "is broken"),
        (lambda c: c | {"words": [["a", 1], ["a", 1]]}, "a word stands twice"),
        (lambda c: c | {"words": [["<unk>", 1]]}, "a word stands twice"),
        (lambda c: c | {"words": [["", 1]]}, "a word is no text"),
        (lambda c: c | {"words": [["a\nb", 1]]}, "a word is no text"),
        (lambda c: c | {"words": [[3, 1]]}, "a word is no text"),
        (lambda c: c | {"words": [["\ud800", 1]]}, "is broken"),
        (lambda c: c | {"words": [["a", "1"]]}, "a count is no number"),
        (lambda c: c | {"words": [["a", -1]]}, "a count is no number"),
        (lambda c: c | {"specials": {"<unk>": 0, "<pad>": 1}}, "special entries are"),
        (lambda c: c | {"specials": {}}, "special entries are"),
        (lambda c: c | {"specials": ["<pad>"]}, "special entries are"),
        (lambda c: c | {"specials": {"<pad>": 0, "<cls>": 1}}, "special entries are"),
        (lambda c: c | {"specials": {"<pad>": 0, "<unk>": 1.0}}, "special entries are"),
        (lambda c: c | {"specials": {"<pad>": 0, "<unk>": -1}}, "special entries are"),
        (lambda c: c | {"specials": {"<pad>": 0, "<bos>": 1, "<eos>": 1}}, "two at one index"),
        (lambda c: c | {"specials": {"<pad>": 0, "<unk>": 5}}, ", of 5 entries"),
        (
            lambda c: c | {"specials": {"<pad>": 0, "<bos>": 1}, "row": {"max_len": 1}},
            "rows have no room for a word",
        ),
        (lambda c: c | {"tokenizer": {"name": "other"}}, "'other' is none of"),
        (lambda c: c | {"tokenizer": {"name": "keras", "more": 1}}, "is broken"),
        (lambda c: c | {"row": {"max_len": 0}}, "0 is no length"),
        (lambda c: c | {"row": {"max_len": 5, "dtype": "float32"}}, "'float32' is none of"),
        (lambda c: c | {"row": 5}, "is broken"),
    ],
)
def test_a_broken_file_is_refused_by_name(
    spoil: Callable[[Any], Any], cause: str, tmp_path: Path
) -> None:
    path = tmp_path / "spoilt.json"
    path.write_text(json.dumps(spoil(json.loads(format_vocabulary(SMALL)))), encoding="utf-8")
    with pytest.raises(VocabularyError) as caught:
        Vocabulary.load(path)
    assert caught.value.place == str(path)
    assert cause in caught.value.cause
    assert caught.value.remedy


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"the 7\n",
        b"\xff\xfe{}",
        format_vocabulary(SMALL)[:-4],
        pytest.param(b"[" * 100_000, id="nested"),
    ],
)
def test_a_file_that_is_no_json_is_refused_by_name(content: bytes, tmp_path: Path) -> None:
    path = tmp_path / "spoilt.json"
    path.write_bytes(content)
    with pytest.raises(VocabularyError) as caught:
        Vocabulary.load(path)
    assert caught.value.place == str(path)


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(VocabularyError, match=r"absent\.json: cannot be read"):
        Vocabulary.load(tmp_path / "absent.json")


def test_the_order_is_count_then_code_points(tmp_path: Path) -> None:
    # U+FB01 and U+1F600 stand the other way round in UTF-16.
    text = "b ﬁ a 😀 B z é a b Z\n😀 ﬁ z"
    vocabulary = built(text, tmp_path, tokenizer="whitespace")
    assert list(zip(*_columns(vocabulary), strict=True)) == [
        *[("a", 2), ("b", 2), ("z", 2), ("ﬁ", 2), ("😀", 2)],
        *[("B", 1), ("Z", 1), ("é", 1)],
    ]
    assert vocabulary.index == {
        "<pad>": 0,
        "<unk>": 1,
        "a": 2,
        "b": 3,
        "z": 4,
        "ﬁ": 5,
        "😀": 6,
        "B": 7,
        "Z": 8,
        "é": 9,
    }
    assert vocabulary.entries == tuple(vocabulary.index)


@pytest.mark.parametrize("oov", ["unk", "drop"])
@pytest.mark.parametrize("max_words", [1, 2, 5, 8, 9, 100])
def test_exactly_so_many_words_are_kept(oov: str, max_words: int, tmp_path: Path) -> None:
    text = "<unk> <unk> <pad> <pad> c c c a a b b d e f g"
    vocabulary = built(text, tmp_path, tokenizer="whitespace", max_words=max_words, oov=oov)
    expected = ["c", "a", "b", "d", "e", "f", "g"][:max_words]
    assert list(vocabulary.words) == expected
    assert vocabulary.input_dim == len(expected) + (2 if oov == "unk" else 1)
    assert max(vocabulary.index.values()) + 1 == vocabulary.input_dim


@pytest.mark.parametrize(("min_count", "kept"), [(1, "cabd"), (2, "cab"), (3, "c"), (4, "")])
def test_rare_words_are_left_out(min_count: int, kept: str, tmp_path: Path) -> None:
    text = "c c c a a b b d <unk> <unk> <unk> <unk>"
    vocabulary = built(text, tmp_path, tokenizer="whitespace", min_count=min_count)
    assert list(vocabulary.words) == list(kept)
    assert vocabulary.input_dim == 2 + len(kept)


@pytest.mark.parametrize(
    ("oov", "rows", "lengths"),
    [
        ("unk", [[2, 1, 3, 1], [0, 0, 1, 1], [0, 0, 0, 2]], [4, 2, 1]),
        ("drop", [[1, 2], [0, 0], [0, 1]], [2, 0, 1]),
    ],
)
def test_words_that_read_like_padding_or_unknown_are_unknown(
    oov: str, rows: list[list[int]], lengths: list[int], tmp_path: Path
) -> None:
    vocabulary = built("a <unk> b <pad>\n<pad> <unk>\na", tmp_path, tokenizer="whitespace", oov=oov)
    output = embedprep.load(tmp_path / "out")
    assert vocabulary.words == ("a", "b")
    assert output.sequences.tolist() == rows
    assert output.lengths.tolist() == lengths
    assert output.manifest["statistics"]["unknown_words"] == 4
    assert output.manifest["statistics"]["distinct_words"] == 4


@given(vocabulary=vocabularies(), data=st.data())
def test_decoding_gives_the_words_without_padding_and_marks(
    vocabulary: Vocabulary, data: st.DataObject
) -> None:
    index = st.integers(0, vocabulary.input_dim - 1)
    length = data.draw(st.integers(1, 5))
    rows = data.draw(st.lists(st.lists(index, min_size=length, max_size=length), max_size=4))
    unsaid = {0, vocabulary.specials.bos, vocabulary.specials.eos}
    words = iter(vocabulary.words)
    says = {
        i: "<unk>" if i == vocabulary.specials.unk else next(words)
        for i in range(vocabulary.input_dim)
        if i not in unsaid
    }
    expected = [" ".join(says[i] for i in row if i not in unsaid) for row in rows]
    assert vocabulary.decode(np.array(rows, np.int32).reshape(-1, length)) == expected


def test_no_rows_are_no_sentences() -> None:
    assert SMALL.decode([]) == []
    assert SMALL.decode([[], []]) == SMALL.decode(np.zeros((2, 0), np.int32)) == ["", ""]
    with pytest.raises(TypeError, match="decode takes rows of integers"):
        SMALL.decode([1, 2])


@pytest.mark.parametrize("index", [5, -1])
def test_an_index_that_is_not_there_is_no_word(index: int) -> None:
    rows = np.array([[0, 1, 2], [0, index, 4]])
    with pytest.raises(VocabularyError, match=rf"row 1, column 1: index {index} is not in 0\.\.4"):
        SMALL.decode(rows)
