"""Are the vocabulary files of other tools known by what they hold, and their faults told?"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from embedprep.errors import VocabularyError
from embedprep.foreign import Foreign, KerasRules, read_foreign
from embedprep.rectangle import Rectangle
from embedprep.tokenizer.separated import KERAS_FILTERS
from embedprep.tokenizer.settings import TokenizerSettings
from embedprep.vocabulary import Vocabulary, format_vocabulary

KERAS: dict[str, Any] = {
    "class_name": "Tokenizer",
    "config": {
        "num_words": None,
        "filters": KERAS_FILTERS,
        "lower": True,
        "split": " ",
        "char_level": False,
        "oov_token": "<OOV>",
        "document_count": 2,
        "word_index": '{"<OOV>": 1, "the": 2, "cat": 3, "é": 4}',
    },
}
HUGGING_FACE: dict[str, Any] = {
    "version": "1.0",
    "padding": {"pad_id": 0, "pad_token": "<blank>"},
    "added_tokens": [
        {"id": 0, "content": "<blank>", "special": True},
        {"id": 4, "content": "<mask>", "special": True},
    ],
    "model": {"type": "WordLevel", "vocab": {"<blank>": 0, "b": 3, "a": 1}, "unk_token": "a"},
}


def read(content: str | bytes, folder: Path) -> Foreign | Vocabulary:
    path = folder / "file"
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    found = read_foreign(path)
    return found._replace(place="") if isinstance(found, Foreign) else found


@pytest.mark.parametrize(
    ("content", "index_of"),
    [
        (b"[PAD]\n[UNK]\nthe\n", {"[PAD]": 0, "[UNK]": 1, "the": 2}),
        (b"\n[UNK]\nthe", {"": 0, "[UNK]": 1, "the": 2}),
        (b"\xef\xbb\xbf<pad>\r\na b\r\n\xc3\xa9\r\n", {"<pad>": 0, "a b": 1, "é": 2}),
        (b'<PAD>\n{\n[\n"\n', {"<PAD>": 0, "{": 1, "[": 2, '"': 3}),
        (b"\n", {"": 0}),
    ],
)
def test_a_list_that_begins_with_padding_is_numbered_from_0(
    content: bytes, index_of: dict[str, int], tmp_path: Path
) -> None:
    assert read(content, tmp_path) == Foreign("", index_of)


@pytest.mark.parametrize("content", [b"the\ncat\n {\n", b"the\r\ncat\r\n {"])
def test_another_list_is_a_ranking(content: bytes, tmp_path: Path) -> None:
    expected = {"the": 1, "cat": 2, " {": 3}
    assert read(content, tmp_path) == Foreign("", expected, is_ranking=True)


@pytest.mark.parametrize("indent", [None, 1])
@pytest.mark.parametrize("mark", [b"", b"\xef\xbb\xbf"])
def test_a_json_object_holds_words_and_indices(
    mark: bytes, indent: int | None, tmp_path: Path
) -> None:
    saved = {"model": 7, "cat": 2, "the": 1, "format": 4}
    content = mark + json.dumps(saved, indent=indent).encode()
    found = read(content, tmp_path)
    assert found == Foreign("", saved)
    assert isinstance(found, Foreign)
    assert list(found.index_of) == ["the", "cat", "format", "model"]


@pytest.mark.parametrize("times", [1, 2])
def test_a_keras_tokenizer(times: int, tmp_path: Path) -> None:
    content: Any = KERAS
    for _ in range(times):  # its to_json() is text, and often saved by json.dump
        content = json.dumps(content)
    index_of = {"<OOV>": 1, "the": 2, "cat": 3, "é": 4}
    rules = KerasRules(lower=True, filters=KERAS_FILTERS, split=" ", char_level=False)
    assert read(content, tmp_path) == Foreign("", index_of, unk_token="<OOV>", keras=rules)


@pytest.mark.parametrize(("num_words", "kept"), [(0, 4), (5, 4), (4, 3), (3, 2), (1, 1)])
def test_a_keras_tokenizer_gives_out_no_index_from_num_words_on(
    num_words: int, kept: int, tmp_path: Path
) -> None:
    found = read(keras(num_words=num_words), tmp_path)
    assert isinstance(found, Foreign)
    assert list(found.index_of) == ["<OOV>", "the", "cat", "é"][:kept]


def test_a_tokenizer_of_hugging_face(tmp_path: Path) -> None:
    expected = {"<blank>": 0, "a": 1, "b": 3, "<mask>": 4}
    found = read(json.dumps(HUGGING_FACE), tmp_path)
    assert found == Foreign("", expected, pad_token="<blank>", unk_token="a")


def test_a_unigram_model_numbers_pieces_by_their_places(tmp_path: Path) -> None:
    model = {"type": "Unigram", "unk_id": 1, "vocab": [["<pad>", 0], ["<unk>", 0], ["▁a", -2.5]]}
    found = read(json.dumps({"model": model, "added_tokens": None}), tmp_path)
    assert found == Foreign("", {"<pad>": 0, "<unk>": 1, "▁a": 2}, unk_token="<unk>")


def test_a_vocabulary_of_our_own_is_read_as_such(tmp_path: Path) -> None:
    own = Vocabulary(("b", "a"), (2, 1), TokenizerSettings("char"), Rectangle(3))
    assert read(format_vocabulary(own), tmp_path) == own
    indented = json.dumps(json.loads(format_vocabulary(own)), indent=2)
    assert read(indented, tmp_path) == own


def keras(**changed: Any) -> str:
    return json.dumps(KERAS | {"config": KERAS["config"] | changed})


def hugging_face(**changed: Any) -> str:
    return json.dumps(HUGGING_FACE | changed)


@pytest.mark.parametrize(
    ("content", "place", "cause"),
    [
        (b"", "", "holds no word"),
        (b"\xff\xfet\0h\0e\0", "", "is no vocabulary: it is not UTF-8"),
        (b"a\n\nb\n", ":2", "holds no word"),
        (b"a\nb\n\n", ":3", "holds no word"),
        (b"[PAD]\na\r\nb\na\n", ":4", "'a' stands in line 2 too"),
        (b"[PAD]\na\n[PAD]\n", ":3", "'[PAD]' stands in line 1 too"),
        (b"{}", "", "holds no word"),
        (b'{"a": 1, ', "", "is no JSON (Expecting property name"),
        (b'["a", "b"]', "", "is no vocabulary that is known"),
        (b'{"1": "a"}', "", "is no vocabulary that is known"),
        (b'{"model": {"merges": []}}', "", "is no vocabulary that is known"),
        (b'"{\\"a\\": "', "", "is no JSON ("),
        (b'{"a": 1, "a": 2}', "", "holds 'a' twice"),
        (b'{"a": 1, "b": 1}', "", "index 1 has two words, 'a' and 'b'"),
        (b'{"a": 1, "b": -1}', "", "the index of 'b' is -1, no whole number from 0 on"),
        (b'{"a": 1, "b": 2.0}', "", "the index of 'b' is 2.0, no whole number from 0 on"),
        (b'{"a": 1, "b": true}', "", "the index of 'b' is True, no whole number from 0 on"),
        (b'{"a": 1, "b": "2"}', "", "the index of 'b' is '2', no whole number from 0 on"),
        (b'{"a": 1, "b": null}', "", "the index of 'b' is None, no whole number from 0 on"),
        (b'{"a": 1, "b": 1005}', "", "has 2 words, and 'b' has index 1,005"),
        (b'{"a": 1, "": 2}', "", "the word of index 2 is empty"),
        (b'{"a": 1, "b\\nc": 2}', "", r"'b\nc' is no word of a line of text"),
        (b'{"a": 1, "\\ud800": 2}', "", r"'\ud800' is no word of a line of text"),
        (keras(word_index="{"), "", "is broken ("),
        (keras(word_index="[]"), "", "is broken ("),
        (keras(word_index="{}"), "", "holds no word"),
        (keras(word_index='{"a": 1, "a": 2}'), "", "holds 'a' twice"),
        (keras(num_words="many"), "", "is broken ("),
        (keras(num_words=1, oov_token=None), "", "holds no word below its num_words, 1"),
        (keras(lower=1), "", "is no vocabulary that is known"),
        (hugging_face(added_tokens=[{"id": 9}]), "", "is broken ('content')"),
        (
            hugging_face(added_tokens=[{"id": 9, "content": "a"}]),
            "",
            "'a' has two indices, 1 and 9",
        ),
        (hugging_face(model={"vocab": [["<pad>", 0], "piece"]}), "", "is broken ("),
        (hugging_face(model={"vocab": [[3, 0.5]]}), "", "3 is no word of a line of text"),
        (hugging_face(model={"vocab": [["a", 0]], "unk_id": 4}), "", "is broken ("),
        (b'{"format": "embedprep-vocabulary", "version": 2}', "", "has version 2, this"),
        pytest.param(b'{"a": ' * 100_000, "", "is no JSON", id="nested"),
    ],
)
def test_what_is_wrong_is_told(
    content: str | bytes, place: str, cause: str, tmp_path: Path
) -> None:
    with pytest.raises(VocabularyError) as caught:
        read(content, tmp_path)
    assert caught.value.place == f"{tmp_path / 'file'}{place}"
    assert caught.value.cause.startswith(cause)
    assert caught.value.remedy


def test_the_largest_gap_that_is_taken_for_meant(tmp_path: Path) -> None:
    assert read(b'{"a": 1, "b": 1004}', tmp_path) == Foreign("", {"a": 1, "b": 1004})


@pytest.mark.parametrize(("name", "reason"), [("absent", "No such file"), (".", "Is a directory")])
def test_a_file_that_cannot_be_read(name: str, reason: str, tmp_path: Path) -> None:
    with pytest.raises(VocabularyError, match=f"cannot be read \\({reason}"):
        read_foreign(tmp_path / name)
