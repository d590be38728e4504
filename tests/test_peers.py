"""Does embedprep give what people get from Keras and from Hugging Face tokenizers?

Two differences to Keras are meant: it orders words of equal counts by their first appearance,
embedprep by code points; and it keeps one or two words fewer than it is asked for. So its indices
are taken over into embedprep's order, and everything else must be equal element for element. With
its own vocabulary, taken over from a file, there is no difference.
"""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import tokenizers
from hypothesis import given
from hypothesis import strategies as st
from keras_preprocessing.sequence import pad_sequences
from keras_preprocessing.text import Tokenizer
from numpy.typing import NDArray

import embedprep
from tests.texts import texts

UNKNOWN = "<unknown>"  # no word: its brackets are filtered


def keras_rows(
    lines: Sequence[str], max_words: int = 50_000, oov: str = "unk"
) -> tuple[list[list[int]], list[str]]:
    """The rows by the Keras `Tokenizer` in embedprep's order, and the kept words."""
    tokenizer = Tokenizer(oov_token=UNKNOWN if oov == "unk" else None)
    tokenizer.fit_on_texts(lines)
    ranked = sorted(tokenizer.word_counts.items(), key=lambda entry: (-entry[1], entry[0]))
    kept = [word for word, _ in ranked[:max_words]]
    first = 2 if oov == "unk" else 1
    index = {tokenizer.word_index[word]: i for i, word in enumerate(kept, first)}

    sequences = tokenizer.texts_to_sequences(lines)
    if oov == "unk":
        return [[index.get(i, 1) for i in row] for row in sequences], kept
    return [[index[i] for i in row if i in index] for row in sequences], kept


def keras_padded(rows: list[list[int]], **settings: Any) -> NDArray[np.int32]:
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(np, "unicode_", np.str_, raising=False)  # gone from NumPy 2
        padded: NDArray[np.int32] = pad_sequences(rows, **settings)
    return padded if padded.shape[1] else np.zeros((len(rows), 1), np.int32)


def assert_equal_to_keras(
    lines: Sequence[str], text: Path, max_words: int, oov: str, **rows: Any
) -> None:
    expected, kept = keras_rows(lines, max_words, oov)
    embedprep.build(
        [text],
        text.parent / "out",
        tokenizer="keras",
        max_words=max_words,
        oov=oov,
        jobs=1,
        **rows,
    )
    output = embedprep.load(text.parent / "out")
    assert list(output.vocabulary.words) == kept
    assert output.lengths.tolist() == [len(row) for row in expected]
    maxlen = rows.pop("max_len", None)
    np.testing.assert_array_equal(
        output.sequences, keras_padded(expected, maxlen=maxlen, **rows), strict=True
    )


@pytest.fixture(scope="module")
def reviews(shared: Path) -> list[Path]:
    return [shared / "corpora" / "rt-polarity" / f"rt-polarity.{kind}" for kind in ("pos", "neg")]


@pytest.mark.parametrize(
    "rows",
    [
        {"padding": "pre"},
        {"padding": "post", "truncating": "post", "maxlen": 20},
        {"padding": "pre", "truncating": "pre", "maxlen": 20},
    ],
    ids=["whole", "post", "pre"],
)
def test_the_command_equals_keras_on_reviews(
    rows: dict[str, Any], reviews: list[Path], tmp_path: Path
) -> None:
    options = [f"--{name.replace('maxlen', 'max-len')}={value}" for name, value in rows.items()]
    command = [sys.executable, "-m", "embedprep", "run", *map(str, reviews), "--tokenizer", "keras"]
    subprocess.run([*command, "-n", "5000", *options, "-o", str(tmp_path / "out")], check=True)

    lines = [
        line
        for path in reviews
        for line in path.read_bytes().decode().removesuffix("\n").split("\n")
    ]
    expected, kept = keras_rows(lines, 5000)
    output = embedprep.load(tmp_path / "out")
    assert len(lines) == 10_662
    assert len(kept) == 5000
    assert list(output.vocabulary.words) == kept
    np.testing.assert_array_equal(output.sequences, keras_padded(expected, **rows), strict=True)
    np.testing.assert_array_equal(output.lengths, [len(row) for row in expected])


@pytest.mark.parametrize(
    "language",
    ["ar", "de", "fa", "hi", "ja", "ko", "tr", "zh", "pud_Russian", "pud_Thai"],
)
def test_sentences_of_many_languages_equal_keras(
    language: str, shared: Path, tmp_path: Path
) -> None:
    corpus = shared / "corpora" / "sentences" / f"{language}.txt"
    lines = corpus.read_bytes().decode().replace("\r\n", "\n").removesuffix("\n").split("\n")
    some = lines[:: len(lines) // 400][:400]
    assert len(some) == 400
    text = tmp_path / "text.txt"
    text.write_bytes("\n".join(some).encode())
    assert_equal_to_keras(some, text, 50_000, "unk")
    assert_equal_to_keras(some, text, 200, "unk", padding="post", truncating="post", max_len=6)
    assert_equal_to_keras(some, text, 200, "drop", max_len=5)


@given(
    lines=texts,
    max_words=st.integers(1, 12),
    oov=st.sampled_from(["unk", "drop"]),
    max_len=st.none() | st.integers(1, 6),
    padding=st.sampled_from(["pre", "post"]),
)
def test_any_text_equals_keras(
    *,
    lines: list[str],
    max_words: int,
    oov: str,
    max_len: int | None,
    padding: str,
    tmp_path_factory: pytest.TempPathFactory,
) -> None:
    text = tmp_path_factory.mktemp("any") / "text.txt"
    # The byte order mark that is skipped stands before one that belongs to the text.
    text.write_bytes("".join(["\ufeff", *(f"{line}\n" for line in lines)]).encode())
    assert_equal_to_keras(
        lines, text, max_words, oov, max_len=max_len, padding=padding, truncating=padding
    )


# Vocabularies of the peers.


def encoded_by(source: Path, lines: Sequence[str], *options: str) -> list[list[int]]:
    """The lines by the command line, with a vocabulary that is taken over from a file."""
    folder = source.parent
    (folder / "lines.txt").write_bytes("".join(f"{line}\n" for line in lines).encode())
    commands = {
        "vocab": ["--from", str(source), *options, "-o", str(folder / "ours.json")],
        "encode": [
            *(str(folder / "lines.txt"), "--vocab", str(folder / "ours.json")),
            *("-o", str(folder / "rows.npy")),
        ],
    }
    for name, arguments in commands.items():
        subprocess.run([sys.executable, "-m", "embedprep", name, *arguments, "-q"], check=True)
    rows: list[list[int]] = np.load(folder / "rows.npy").tolist()
    return rows


@pytest.fixture(scope="module")
def some_reviews(reviews: list[Path]) -> tuple[list[str], list[str]]:
    """Lines to learn the words from, and lines to encode, which have others too."""
    learned, encoded = (path.read_bytes().decode().split("\n")[:300] for path in reviews)
    return learned, [*encoded, "", "ΑΣ Straße naïve <OOV> <pad> [UNK]"]


@pytest.mark.parametrize("oov_token", [None, "<OOV>", "-other-"])
@pytest.mark.parametrize("num_words", [None, 200])
@pytest.mark.parametrize("form", ["word_index", "to_json"])
def test_the_vocabulary_of_keras_gives_its_rows(
    form: str,
    num_words: int | None,
    oov_token: str | None,
    some_reviews: tuple[list[str], list[str]],
    tmp_path: Path,
) -> None:
    learned, lines = some_reviews
    tokenizer = Tokenizer(num_words=num_words, oov_token=oov_token)
    tokenizer.fit_on_texts(learned)
    options = ["--max-len", "20", "--padding", "post"]
    if form == "to_json":
        saved = tokenizer.to_json()
    else:
        saved = json.dumps(tokenizer.word_index)
        if num_words:
            options += ["-n", str(num_words - (2 if oov_token else 1))]
        if oov_token == "-other-":
            options += ["--unk-token=-other-"]
    (tmp_path / "keras.json").write_text(saved, encoding="utf-8")

    expected = keras_padded(tokenizer.texts_to_sequences(lines), maxlen=20, padding="post")
    found = encoded_by(tmp_path / "keras.json", lines, *options)
    assert found == expected.tolist()
    assert sum(map(any, found)) > 250


BERT_LIST = ["[PAD]", *(f"[unused{i}]" for i in range(1, 6)), "[UNK]", "[CLS]", "[SEP]", "[MASK]"]


@pytest.mark.parametrize("form", ["vocab.txt", "vocab.json", "tokenizer.json"])
@pytest.mark.parametrize("side", ["pre", "post"])
def test_the_vocabulary_of_hugging_face_gives_its_rows(
    side: str, form: str, some_reviews: tuple[list[str], list[str]], tmp_path: Path
) -> None:
    learned, lines = some_reviews
    words = dict.fromkeys(word for line in learned for word in line.split(" ") if word)
    index_of = {word: i for i, word in enumerate([*BERT_LIST, *words])}
    peer = tokenizers.Tokenizer(tokenizers.models.WordLevel(index_of, unk_token="[UNK]"))
    peer.pre_tokenizer = tokenizers.pre_tokenizers.CharDelimiterSplit(" ")
    peer.post_processor = tokenizers.processors.TemplateProcessing(
        single="[CLS] $A [SEP]", special_tokens=[(name, index_of[name]) for name in BERT_LIST[7:9]]
    )
    direction = {"pre": "left", "post": "right"}[side]
    peer.enable_padding(direction=direction, pad_id=0, pad_token="[PAD]", length=12)
    peer.enable_truncation(12, direction=direction)

    source = tmp_path / form
    if form == "vocab.txt":
        source.write_text("\n".join(index_of), encoding="utf-8")
    elif form == "vocab.json":
        source.write_text(json.dumps(index_of), encoding="utf-8")
    else:
        peer.save(str(source))
    options = ["--max-len", "12", "--padding", side, "--truncating", side, "--bos", "--eos"]
    found = encoded_by(source, lines, *options, "--tokenizer", "whitespace")
    assert found == [encoding.ids for encoding in peer.encode_batch(lines)]


@pytest.mark.parametrize(("length", "stride"), [(5, 0), (5, 2), (12, 3), (12, 9), (30, 1)])
def test_rows_are_split_as_by_hugging_face(
    length: int, stride: int, some_reviews: tuple[list[str], list[str]], tmp_path: Path
) -> None:
    _, lines = some_reviews
    # What reads like an entry is that entry to the peer.
    lines = [line.replace("<", "") for line in ["", "a b", *lines, " ".join(lines[:40])]]
    (tmp_path / "a.txt").write_text("\n".join(lines), encoding="utf-8")
    embedprep.build(
        tmp_path / "a.txt",
        tmp_path / "out",
        tokenizer="whitespace",
        max_words=1000,
        bos=True,
        eos=True,
        max_len=length,
        padding="post",
        overflow="split",
        stride=stride,
    )
    output = embedprep.load(tmp_path / "out")
    index_of = output.vocabulary.index
    peer = tokenizers.Tokenizer(tokenizers.models.WordLevel(index_of, unk_token="<unk>"))
    peer.pre_tokenizer = tokenizers.pre_tokenizers.WhitespaceSplit()
    peer.post_processor = tokenizers.processors.TemplateProcessing(
        single="<bos> $A <eos>", special_tokens=[("<bos>", 2), ("<eos>", 3)]
    )
    peer.enable_padding(direction="right", pad_id=0, pad_token="<pad>", length=length)
    peer.enable_truncation(length, stride=stride, direction="right")
    expected = [
        (number, encoding.ids)
        for number, whole in enumerate(peer.encode_batch(lines))
        for encoding in (whole, *whole.overflowing)
    ]
    assert output.documents is not None
    assert output.documents.tolist() == [number for number, _ in expected]
    assert output.sequences.tolist() == [ids for _, ids in expected]
