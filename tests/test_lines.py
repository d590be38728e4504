"""Row i is line i, whatever ends the line, starts the file or encodes the letters.

The texts are bytes and the indices are written out. Index 1 is `<unk>`, words start at 2, and
rows are padded in front. Every text is read in blocks of several sizes, which must not matter.
"""

from __future__ import annotations

import os
import subprocess
import sys
import time
from pathlib import Path
from typing import NamedTuple

import numpy as np
import pytest

import embedprep
from embedprep import pipeline
from embedprep.errors import InputError
from embedprep.settings import RowSettings, VocabularySettings
from embedprep.sources import Reader, Reading
from embedprep.tokenizer.settings import TokenizerSettings

BLOCK_BYTES = (1, 2, 3, 5, 1 << 20)


class Encoded(NamedTuple):
    words: list[str]
    rows: list[list[int]]


def encode(
    folder: Path,
    *texts: bytes,
    tokenizer: str = "keras",
    encoding: str = "utf-8",
    errors: str = "strict",
) -> Encoded:
    """The words, the most frequent first, and the rows of some inputs."""
    names = []
    for number, text in enumerate(texts):
        (folder / f"{number}.txt").write_bytes(text)
        names.append(str(folder / f"{number}.txt"))
    settings = VocabularySettings(tokenizer=TokenizerSettings(tokenizer))
    made = []
    for block_bytes in BLOCK_BYTES:
        reading = Reading(encoding, errors, block_bytes=block_bytes)
        pipeline.run(Reader(names, reading), folder / "out", settings, RowSettings())
        output = embedprep.load(folder / "out")
        rows = output.sequences.tolist()
        assert output.lengths.tolist() == [sum(index > 0 for index in row) for row in rows]
        made.append(Encoded(list(output.vocabulary.words), rows))
    assert all(encoded == made[0] for encoded in made)
    return made[0]


def cli(folder: Path, *arguments: str, stdin: bytes) -> Encoded:
    """The same by the command line, with `stdin` on its standard input."""
    command = [sys.executable, "-m", "embedprep", *arguments, "-q", "-o", "out"]
    done = subprocess.run(command, cwd=folder, input=stdin, capture_output=True, check=False)
    assert (done.returncode, done.stdout, done.stderr) == (0, b"", b"")
    output = embedprep.load(folder / "out")
    return Encoded(list(output.vocabulary.words), output.sequences.tolist())


AB = Encoded(["a", "b"], [[2, 3], [0, 2]])


@pytest.mark.parametrize(
    "text", [b"a b\na\n", b"a b\na", b"a b\r\na\r\n", b"a b\r\na", b"a b\na\r\n"]
)
def test_the_line_end_is_lf_or_crlf_and_the_last_one_may_be_missing(
    text: bytes, tmp_path: Path
) -> None:
    assert encode(tmp_path, text) == AB


def test_blank_lines_are_rows(tmp_path: Path) -> None:
    rows = [[0, 0], [3, 2], [0, 0], [0, 0], [0, 2], [0, 0]]
    assert encode(tmp_path, b"\nb a\n\n\na\n\n") == Encoded(["a", "b"], rows)
    assert encode(tmp_path, b"\r\nb a\r\n\r\n\r\na\r\n\r\n") == Encoded(["a", "b"], rows)


def test_a_line_without_a_word_is_a_row(tmp_path: Path) -> None:
    assert encode(tmp_path, b"  \n!?\n\ta\n \n") == Encoded(["a"], [[0], [0], [2], [0]])


def test_a_last_line_of_spaces_is_a_row(tmp_path: Path) -> None:
    assert encode(tmp_path, b"a\n ") == Encoded(["a"], [[2], [0]])


@pytest.mark.parametrize("text", [b"\n\n\n", b"\n\n ", b"\r\n\r\n\r\n"])
def test_blank_lines_alone_make_one_column_of_zeros(text: bytes, tmp_path: Path) -> None:
    assert encode(tmp_path, text) == Encoded([], [[0], [0], [0]])

    mapped = np.load(tmp_path / "out" / "sequences.npy", mmap_mode="r")
    assert isinstance(mapped, np.memmap)
    assert (mapped.shape, mapped.dtype) == ((3, 1), np.dtype(np.int32))


def test_a_cr_inside_a_line_ends_nothing(tmp_path: Path) -> None:
    # To the Keras Tokenizer it is a letter; it has the property White_Space.
    text = b"a\rb a\n"
    assert encode(tmp_path, text) == Encoded(["a", "a\rb"], [[3, 2]])
    assert encode(tmp_path, text, tokenizer="whitespace") == Encoded(["a", "b"], [[2, 3, 2]])


def test_of_two_crs_before_the_lf_one_is_the_line_end(tmp_path: Path) -> None:
    assert encode(tmp_path, b"a\r\r\na\r\n") == Encoded(["a", "a\r"], [[3], [2]])


def test_a_cr_at_the_very_end_is_no_line_end(tmp_path: Path) -> None:
    assert encode(tmp_path, b"a\nb\r") == Encoded(["a", "b\r"], [[2], [3]])
    assert encode(tmp_path, b"a\nb\r", tokenizer="whitespace") == Encoded(["a", "b"], [[2], [3]])
    assert encode(tmp_path, b"a\n\r", tokenizer="whitespace") == Encoded(["a"], [[2], [0]])


BOM = b"\xef\xbb\xbf"


def test_a_byte_order_mark_at_the_start_of_each_input_is_skipped(tmp_path: Path) -> None:
    assert encode(tmp_path, BOM + b"a b\n", BOM + b"a") == AB
    assert encode(tmp_path, b"a b\n", BOM + b"a\r\n") == AB


def test_a_byte_order_mark_anywhere_else_is_text(tmp_path: Path) -> None:
    assert encode(tmp_path, b"a\n" + BOM + b"a\n") == Encoded(["a", "\ufeffa"], [[2], [3]])
    assert encode(tmp_path, BOM + BOM + b"a\na\n") == Encoded(["a", "\ufeffa"], [[3], [2]])


def test_a_byte_order_mark_and_a_line_end_are_a_blank_line(tmp_path: Path) -> None:
    assert encode(tmp_path, BOM + b"\n") == Encoded([], [[0]])
    assert encode(tmp_path, BOM + b"\r\na") == Encoded(["a"], [[0], [2]])


@pytest.mark.parametrize(
    ("text", "encoding"),
    [(b"", "utf-8"), (BOM, "utf-8"), (b"\xff\xfe", "utf-16"), (b"\xff\xfe", "utf-16-le")],
)
def test_an_input_of_no_line_is_an_error(text: bytes, encoding: str, tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"0\.txt: holds no line; is the step that writes it"):
        encode(tmp_path, text, encoding=encoding)


def test_nul_is_a_letter_like_others(tmp_path: Path) -> None:
    text = b"a\0b a\0 a\na\0 \0 a\0\n"
    words = ["a\0", "\0", "a", "a\0b"]
    rows = [[5, 2, 4], [2, 3, 2]]
    assert encode(tmp_path, text) == Encoded(words, rows)
    assert encode(tmp_path, text, tokenizer="whitespace") == Encoded(words, rows)


@pytest.mark.parametrize("separator", ["\u0085", "\u2028", "\u2029", "\v", "\f", "\x1c"])
def test_other_line_ends_of_unicode_end_no_line(separator: str, tmp_path: Path) -> None:
    text = f"a{separator}b a\na\n".encode()
    joined = f"a{separator}b"
    assert encode(tmp_path, text) == Encoded(["a", joined], [[3, 2], [0, 2]])

    cut = Encoded(["a", "b"], [[2, 3, 2], [0, 0, 2]])
    whole = Encoded(["a", joined], [[3, 2], [0, 2]])  # U+001C splits in Python, not in Unicode
    expected = whole if separator == "\x1c" else cut
    assert encode(tmp_path, text, tokenizer="whitespace") == expected


def test_inputs_follow_each_other_and_do_not_join(tmp_path: Path) -> None:
    rows = [[0, 2], [3, 2], [0, 0], [0, 4]]
    assert encode(tmp_path, b"a", b"b a\n\n", b"c") == Encoded(["a", "b", "c"], rows)


def test_the_order_of_inputs_is_the_order_of_rows(tmp_path: Path) -> None:
    assert encode(tmp_path, b"b", b"a a\n").rows == [[0, 3], [2, 2]]
    assert encode(tmp_path, b"a a\n", b"b").rows == [[2, 2], [0, 3]]


def test_a_dash_is_standard_input(tmp_path: Path) -> None:
    assert cli(tmp_path, "run", "-", "--tokenizer", "keras", stdin=b"a b\r\na") == AB
    assert cli(tmp_path, "run", "-", "--tokenizer", "keras", stdin=BOM + b"a b\na\n") == AB


def test_standard_input_stands_where_its_dash_stands(tmp_path: Path) -> None:
    (tmp_path / "0.txt").write_bytes(b"a")
    (tmp_path / "1.txt").write_bytes(b"c a")
    made = cli(tmp_path, "run", "0.txt", "-", "1.txt", "--tokenizer", "keras", stdin=b"b a\n\n")
    assert made == Encoded(["a", "b", "c"], [[0, 2], [3, 2], [0, 0], [4, 2]])


ACCENTS = "né été à\r\n\nété\n"
CHINESE = "本 日\n日 本\r\n\n日"
EURO = "€ “a”\n€ \n"
KANA = "ソ 表 ソ\n表 ソ"  # in Shift JIS the second byte of both is a backslash
OTHERS = "Ċ 𐌊 ऊ\n𐌊 ਊ\n𐌊"  # in UTF-16 each holds the byte of LF


@pytest.mark.parametrize(
    ("text", "encoding", "words", "rows"),
    [
        (ACCENTS, "latin-1", ["été", "né", "à"], [[3, 2, 4], [0, 0, 0], [0, 0, 2]]),
        (ACCENTS, "cp1252", ["été", "né", "à"], [[3, 2, 4], [0, 0, 0], [0, 0, 2]]),
        (EURO, "cp1252", ["€", "“a”"], [[2, 3], [0, 2]]),
        (CHINESE, "gb18030", ["日", "本"], [[3, 2], [2, 3], [0, 0], [0, 2]]),
        ("𐌊 é 𐌊", "gb18030", ["𐌊", "é"], [[2, 3, 2]]),
        (KANA, "shift_jis", ["ソ", "表"], [[2, 3, 2], [0, 3, 2]]),
        (CHINESE, "iso2022_jp", ["日", "本"], [[3, 2], [2, 3], [0, 0], [0, 2]]),
        (OTHERS, "utf-16", ["𐌊", "Ċ", "ऊ", "ਊ"], [[3, 2, 4], [0, 2, 5], [0, 0, 2]]),
        (OTHERS, "utf-16-le", ["𐌊", "Ċ", "ऊ", "ਊ"], [[3, 2, 4], [0, 2, 5], [0, 0, 2]]),
        (OTHERS, "utf-16-be", ["𐌊", "Ċ", "ऊ", "ਊ"], [[3, 2, 4], [0, 2, 5], [0, 0, 2]]),
        (CHINESE, "utf-32", ["日", "本"], [[3, 2], [2, 3], [0, 0], [0, 2]]),
        (CHINESE, "utf-8-sig", ["日", "本"], [[3, 2], [2, 3], [0, 0], [0, 2]]),
        (CHINESE, "utf8", ["日", "本"], [[3, 2], [2, 3], [0, 0], [0, 2]]),
    ],
)
def test_other_encodings(
    text: str, encoding: str, words: list[str], rows: list[list[int]], tmp_path: Path
) -> None:
    made = encode(tmp_path, text.encode(encoding), tokenizer="whitespace", encoding=encoding)
    assert made == Encoded(words, rows)


def test_a_byte_order_mark_tells_the_order_of_utf_16(tmp_path: Path) -> None:
    expected = Encoded(["é", "日"], [[2, 3], [0, 2]])
    for mark, encoding in (b"\xff\xfe", "utf-16-le"), (b"\xfe\xff", "utf-16-be"):
        text = mark + "é 日\r\né\n".encode(encoding)
        assert encode(tmp_path, text, encoding="utf-16") == expected
        assert encode(tmp_path, text, encoding=encoding) == expected


@pytest.mark.parametrize(
    ("errors", "words", "rows"),
    [
        ("replace", ["a", "a\ufffdb", "\ufffd"], [[3, 2], [0, 4], [0, 2]]),
        ("ignore", ["a", "ab"], [[3, 2], [0, 0], [0, 2]]),
    ],
)
def test_undecodable_bytes_can_be_replaced_or_ignored(
    errors: str, words: list[str], rows: list[list[int]], tmp_path: Path
) -> None:
    # A byte that no letter has, the first bytes of a letter before a line end, and a good line.
    text = b"a\xffb a\n\xe6\x97\na\n"
    assert encode(tmp_path, text, errors=errors) == Encoded(words, rows)


@pytest.mark.parametrize(
    ("errors", "words", "rows"),
    [("replace", ["a", "a\ufffd"], [[2], [3]]), ("ignore", ["a"], [[2], [2]])],
)
def test_a_letter_cut_off_by_the_end_can_be_replaced_or_ignored(
    errors: str, words: list[str], rows: list[list[int]], tmp_path: Path
) -> None:
    expected = Encoded(words, rows)
    assert encode(tmp_path, b"a\na\xe6\x97", errors=errors) == expected
    text = "a\na".encode("utf-16-le") + b"\xe5"
    assert encode(tmp_path, text, encoding="utf-16-le", errors=errors) == expected
    text = "a\na".encode("shift_jis") + b"\x83"
    assert encode(tmp_path, text, encoding="shift_jis", errors=errors) == expected


def test_half_a_byte_order_mark_is_ignored_as_other_bytes_are(tmp_path: Path) -> None:
    assert encode(tmp_path, b"\xef\xbba\n\n", errors="ignore") == Encoded(["a"], [[2], [0]])


def test_bytes_of_one_input_do_not_complete_a_letter_of_another(tmp_path: Path) -> None:
    made = encode(tmp_path, b"a \xe6\x97", b"\xa5 a\n", errors="replace")
    assert made == Encoded(["a", "\ufffd"], [[2, 3], [3, 2]])


def test_a_terminated_run_that_waits_for_standard_input_ends_cleanly(tmp_path: Path) -> None:
    """The thread that waits in a read must not bring Python's shutdown down."""
    command = [sys.executable, "-m", "embedprep", "run", "-", "-o", "out"]
    with subprocess.Popen(
        command, cwd=tmp_path, stdin=subprocess.PIPE, stderr=subprocess.PIPE
    ) as waiting:
        while not (tmp_path / "out").exists():
            time.sleep(0.02)
        waiting.terminate()
        assert waiting.stderr is not None
        assert waiting.stderr.read() == b"embedprep: terminated\n"
        assert waiting.wait() == 143
    assert list(tmp_path.iterdir()) == []


def test_an_input_whose_name_is_no_utf8_makes_a_whole_output(tmp_path: Path) -> None:
    name = os.fsdecode(b"caf\xe9.txt")
    try:
        (tmp_path / name).write_bytes(b"a b\n")
    except OSError:
        pytest.skip("this file system takes UTF-8 names alone")
    command = [sys.executable, "-m", "embedprep", "run", name, "-o", "out", "--json"]
    for _ in range(2):
        subprocess.run(command, cwd=tmp_path, check=True, stdout=subprocess.DEVNULL)
    assert embedprep.load(tmp_path / "out").manifest["inputs"][0]["name"] == name
