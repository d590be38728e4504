"""Do rows of indices become sentences again, some rows at a time?"""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

import embedprep
from embedprep import arrays
from embedprep.decoding import decode as sentences_of
from embedprep.encoded import EncodedRows, open_rows
from embedprep.errors import OutputError, VocabularyError
from embedprep.rectangle import Rectangle
from embedprep.specials import Specials
from embedprep.tokenizer.settings import TokenizerSettings
from embedprep.vocabulary import Vocabulary

VOCABULARY = Vocabulary(
    ("the", "Straße", "你", "a\0"), (4, 3, 2, 1), TokenizerSettings("whitespace"), Rectangle(4)
)
ROWS = np.array([[0, 0, 2, 3], [4, 0, 1, 5], [0, 0, 0, 0], [2, 2, 0, 0]], np.int32)
SENTENCES = ["the Straße", "你 <unk> a\0", "", "the the"]


def decode(*arguments: str | Path) -> subprocess.CompletedProcess[bytes]:
    command = [sys.executable, "-m", "embedprep", "decode", *map(str, arguments)]
    return subprocess.run(command, check=False, capture_output=True)


def decoded(ids: NDArray[Any]) -> Iterator[bytes]:
    return sentences_of(EncodedRows(Path("x.npy"), ids), VOCABULARY)


def test_each_row_is_a_line() -> None:
    assert b"".join(decoded(ROWS)).decode().split("\n") == [
        *SENTENCES,
        "",
    ]
    assert VOCABULARY.decode(ROWS) == SENTENCES


@pytest.mark.parametrize("n_bytes", [1, 16, 33, 1000])
def test_some_rows_at_a_time_give_the_same(n_bytes: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(arrays, "CHUNK_BYTES", n_bytes)
    texts = list(decoded(ROWS))
    assert len(texts) == -(-len(ROWS) // max(1, n_bytes // 16))
    assert b"".join(texts).decode() == "".join(f"{sentence}\n" for sentence in SENTENCES)


@pytest.mark.parametrize("dtype", ["uint8", "int8", "int16", "uint32", "int64", "uint64", ">i4"])
def test_any_integers_are_indices(dtype: str) -> None:
    assert VOCABULARY.decode(ROWS.astype(dtype)) == SENTENCES


def test_no_rows_give_no_lines() -> None:
    assert list(decoded(ROWS[:0])) == []
    assert VOCABULARY.decode(ROWS[:, :0]) == ["", "", "", ""]


def test_padding_is_left_out_and_nothing_else_where_unknown_words_are_dropped() -> None:
    dropping = Vocabulary(("b", "a"), (1, 1), TokenizerSettings(), Rectangle(2), Specials(unk=None))
    assert dropping.decode(np.array([[0, 1], [2, 1], [0, 0]])) == ["b", "a b", ""]


def test_marks_are_left_out_wherever_they_stand() -> None:
    specials = Specials(unk=2, bos=4, eos=1)
    marked = Vocabulary(("b", "a"), (1, 1), TokenizerSettings(), Rectangle(4), specials)
    assert marked.entries == ("<pad>", "<eos>", "<unk>", "b", "<bos>", "a")
    assert marked.decode(np.array([[0, 4, 3, 1], [4, 5, 2, 1], [0, 0, 4, 1]])) == [
        "b",
        "a <unk>",
        "",
    ]


@pytest.mark.parametrize("index", [6, -1, 2**31 - 1])
def test_a_foreign_index_is_named_with_its_place(
    index: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(arrays, "CHUNK_BYTES", 16)
    rows = ROWS.copy()
    rows[2, 1] = index
    texts = decoded(rows)
    assert [next(texts), next(texts)] == [f"{s}\n".encode() for s in SENTENCES[:2]]
    with pytest.raises(VocabularyError) as caught:
        next(texts)
    assert caught.value.place == "x.npy: row 2, column 1"
    assert caught.value.cause == f"index {index} is not in 0..5"


@pytest.mark.parametrize("array", [ROWS[0], ROWS.astype(np.float32), ROWS.reshape(2, 2, 4)])
def test_what_holds_no_rows_of_indices_is_refused(array: NDArray[Any], tmp_path: Path) -> None:
    np.save(tmp_path / "x.npy", array)
    with pytest.raises(OutputError, match=r"x\.npy: holds .* not rows of indices"):
        open_rows(tmp_path / "x.npy")


def test_the_command_finds_the_vocabulary_beside_the_rows(tmp_path: Path) -> None:
    expected = "".join(f"{sentence}\n" for sentence in SENTENCES).encode()
    rows, vocabulary, other = (tmp_path / n for n in ("rows.npy", "vocab.json", "other.json"))
    np.save(rows, ROWS)
    VOCABULARY.save(vocabulary)
    assert decode(rows).stdout == expected

    vocabulary.rename(other)
    assert decode(rows, "--vocab", other).stdout == expected
    done = decode(rows, "--vocab", other, "-o", tmp_path / "text.txt")
    assert (done.stdout, done.returncode) == (b"", 0)
    assert (tmp_path / "text.txt").read_bytes() == expected

    missing = decode(rows)
    assert missing.returncode == 1
    assert b"vocab.json: no such file; name the vocabulary" in missing.stderr


def test_a_folder_is_decoded_when_it_is_whole(tmp_path: Path) -> None:
    (tmp_path / "a.txt").write_bytes(b"the the cat\n\ncat\n")
    out = tmp_path / "out"
    embedprep.build(tmp_path / "a.txt", out)
    assert decode(out).stdout == b"the the cat\n\ncat\n"
    (out / "manifest.json").unlink()
    unfinished = decode(out)
    assert (unfinished.returncode, unfinished.stdout) == (1, b"")
    assert b"so it is unfinished" in unfinished.stderr
