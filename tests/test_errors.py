"""Does each error say place, cause and remedy, give its exit status, and leave nothing behind?

All go through the command line, as a user meets them, in a folder that holds an earlier output.
"""

from __future__ import annotations

import bz2
import gzip
import json
import lzma
import os
import pty
import re
import shutil
import signal
import stat
import subprocess
import sys
import termios
import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import NamedTuple

import numpy as np
import pytest

import embedprep
from embedprep import pipeline
from embedprep.errors import InputError, VocabularyError
from embedprep.settings import RowSettings, VocabularySettings
from embedprep.sources import Reader, Reading

CLI = [sys.executable, "-m", "embedprep"]


class Ended(NamedTuple):
    status: int
    out: str
    err: str


def run(folder: Path, command: str, prefix: Sequence[str] = ()) -> Ended:
    """Run a command in a folder; `prefix` is a program that starts it."""
    done = subprocess.run(
        [*prefix, *CLI, *command.split()],
        cwd=folder,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        check=False,
    )
    return Ended(done.returncode, done.stdout.decode(), done.stderr.decode())


def by_shell(words: str) -> list[str]:
    """The prefix of a command that a shell starts with more words, redirections among them."""
    return ["sh", "-c", f'exec "$@" {words}', "sh"]


Snapshot = dict[str, tuple[int, int, int, bytes]]


def snapshot(folder: Path) -> Snapshot:
    """All that is in a folder: mode, and of files also the inode, the time and the content."""
    seen = {}
    for path in folder.rglob("*"):
        facts = path.lstat()
        content = b""
        if path.is_symlink():
            content = os.readlink(path).encode()
        elif path.is_file():
            content = path.read_bytes()
        is_folder = stat.S_ISDIR(facts.st_mode)
        seen[str(path)] = (
            facts.st_mode,
            0 if is_folder else facts.st_ino,
            0 if is_folder else facts.st_mtime_ns,
            content,
        )
    return seen


def assert_fails(
    folder: Path, command: str, said: str | re.Pattern[str], prefix: Sequence[str] = ()
) -> None:
    """The command ends with status 1 and this one message, and changes nothing in the folder."""
    before = snapshot(folder)
    ended = run(folder, command, prefix)
    if isinstance(said, str):
        assert ended == Ended(1, "", f"embedprep: {said}\n")
    else:
        assert (ended.status, ended.out) == (1, "")
        assert said.fullmatch(ended.err), ended.err
    assert snapshot(folder) == before


def one_line(place: str, cause: str, remedy: str) -> re.Pattern[str]:
    """A message whose cause, a regular expression, depends on versions of Python and NumPy."""
    return re.compile(f"embedprep: {re.escape(place)}: {cause}; {re.escape(remedy)}\n")


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Texts, an output of one of them, and files of the user's beside it."""
    folder = tmp_path_factory.mktemp("made")
    (folder / "a.txt").write_bytes(b"the cat\nsat\n")
    (folder / "empty.txt").write_bytes(b"")
    (folder / "bom.txt").write_bytes(b"\xef\xbb\xbf")
    (folder / "latin.txt").write_bytes(b"good\nun caf\xe9\n")
    (folder / "many.txt").write_bytes(b"".join(b"word%d\n" % n for n in range(20_000)))
    (folder / "texts").mkdir()
    assert run(folder, "run a.txt --tokenizer keras -q -o out").status == 0
    (folder / "out" / "notes.txt").write_bytes(b"mine")
    np.save(folder / "rows.npy", np.array([[2, 4], [0, 3]], np.int32))
    shutil.copy(folder / "out" / "vocab.json", folder / "v.json")
    return folder


@pytest.fixture
def folder(made: Path, tmp_path: Path) -> Path:
    shutil.copytree(made, tmp_path, dirs_exist_ok=True, symlinks=True)
    return tmp_path


# Inputs.

COMMANDS = {
    "run into a new folder": "run {} -o new/deep",
    "run over an output": "run {} -o out",
    "vocab": "vocab {} -o v.json",
    "vocab to stdout": "vocab {} -o -",
    "encode to a file": "encode {} --vocab v.json -o rows.npy",
    "encode to a folder": "encode {} --vocab v.json -o out",
}
every_command = pytest.mark.parametrize("command", COMMANDS.values(), ids=COMMANDS.keys())


@pytest.mark.parametrize("command", [COMMANDS["run over an output"], COMMANDS["encode to a file"]])
@pytest.mark.parametrize(
    ("inputs", "said"),
    [
        ("nope.txt", "nope.txt: no such file; check the path"),
        ("a.txt nope.txt", "nope.txt: no such file; check the path"),
        ("texts", "texts: is a folder, not a text; name the files in it, as in texts/*"),
        ("empty.txt", "empty.txt: holds no line; is the step that writes it finished?"),
        ("-", "-: holds no line; is the step that writes it finished?"),
        ("a.txt bom.txt", "bom.txt: holds no line; is the step that writes it finished?"),
        (
            "a.txt latin.txt",
            (
                "latin.txt:2: byte 0xe9 at offset 11 is not UTF-8; "
                "if the file is Latin-1, pass --encoding latin-1"
            ),
        ),
        (
            "latin.txt --encoding utf-16-le",
            (
                "latin.txt:1: byte 0x0a at offset 12 is not utf-16-le; "
                "check --encoding, or pass --errors replace"
            ),
        ),
        (
            "a.txt --max-line-bytes 6",
            (
                "a.txt:1: the line is longer than 6 bytes; "
                "does the text use another line end than LF? else raise --max-line-bytes"
            ),
        ),
    ],
)
def test_inputs(command: str, inputs: str, said: str, folder: Path) -> None:
    assert_fails(folder, command.format(inputs), said)


@every_command
def test_every_command_leaves_all_as_it_was(command: str, folder: Path) -> None:
    said = (
        "latin.txt:2: byte 0xe9 at offset 11 is not UTF-8; "
        "if the file is Latin-1, pass --encoding latin-1"
    )
    assert_fails(folder, command.format("a.txt latin.txt"), said)
    assert_fails(folder, command.format("nope.txt"), "nope.txt: no such file; check the path")


UNEVEN = "do fields need quotes, or do quotes need --quoting?"


@pytest.mark.parametrize("command", [COMMANDS["run over an output"], COMMANDS["encode to a file"]])
@pytest.mark.parametrize(
    ("content", "inputs", "said"),
    [
        (
            gzip.compress(b"the cat\n", mtime=0)[:-1],
            "t.txt",
            "t.txt: is cut off: its gzip data have no end; is the step that writes it finished?",
        ),
        (
            bz2.compress(b"the cat\n") + b"more",
            "t.txt",
            "t.txt: holds other bytes behind its bzip2 data; cut them off, or make it again",
        ),
        (
            lzma.compress(b"the cat\n").replace(b"the", b"her"),
            "t.csv",
            "t.csv: holds broken xz data (Corrupt input data); make or copy it again",
        ),
        (
            b"a,b\n1,2\n3\n",
            "t.csv --text-column a",
            f"t.csv:3: row 3 has 1 field, the first row has 2; {UNEVEN}",
        ),
        (
            b'a,b\n"x\n\n",2\n3,4,5\n',
            "t.csv --text-column a",
            f"t.csv:5: row 3 has 3 fields, the first row has 2; {UNEVEN}",
        ),
        (
            b'a\n"x"y\n',
            "t.csv",
            (
                "t.csv:2: row 2 has text behind a closing quote; "
                "double the quotes inside a field, or pass --no-quoting"
            ),
        ),
        (
            b'a\nb\n"x\ny\n',
            "t.csv",
            "t.csv:3: row 3 has a quote that is not closed; close it, or pass --no-quoting",
        ),
        (
            b"a,b\n",
            "t.csv",
            't.csv: has 2 columns, in the first row "a" | "b"; choose the text by --text-column',
        ),
        (
            b"a,b\nc,d\n",
            "t.csv --text-column text",
            't.csv: has no column "text" among "a" | "b"; check its name, or give its number',
        ),
        (
            gzip.compress(b"a,b\nc,caf\xe9\n", mtime=0),
            "t.csv --text-column b",
            (
                "t.csv:2: byte 0xe9 at offset 9 is not UTF-8; "
                "if the file is Latin-1, pass --encoding latin-1"
            ),
        ),
        (
            b'{"text": "a"}\n{"text": 5}\n',
            "t.jsonl",
            't.jsonl:2: "text" is a number, not a string; check --text-column',
        ),
        (
            b'{"text": "a"}\n\n{"text": "b"}\n',
            "t.jsonl",
            "t.jsonl:2: is blank; take the line out",
        ),
        (
            b"__label__a b\n",
            "t.txt --label-column 1",
            (
                "--label-column: has no meaning for t.txt, read as lines; "
                "name the format by --format, or leave the option out"
            ),
        ),
    ],
)
def test_compressed_inputs_and_records(
    content: bytes, inputs: str, command: str, said: str, folder: Path
) -> None:
    (folder / inputs.split(maxsplit=1)[0]).write_bytes(content)
    assert_fails(folder, command.format(inputs), said)


def without_privileges() -> list[str]:
    """What starts a program to which the modes of files apply."""
    if os.geteuid():
        return []
    setpriv = shutil.which("setpriv")
    if not setpriv:
        pytest.skip("root may do everything, and there is no setpriv to give that up")
    return [setpriv, "--bounding-set", "-all"]


@every_command
def test_an_input_that_may_not_be_read(command: str, folder: Path) -> None:
    (folder / "secret.txt").write_bytes(b"secret\n")
    (folder / "secret.txt").chmod(0)
    said = "secret.txt: cannot be read (Permission denied); check the path and its permissions"
    before = {p: f for p, f in snapshot_of_readable(folder).items() if "secret" not in p}
    ended = run(folder, command.format("secret.txt"), without_privileges())
    assert ended == Ended(1, "", f"embedprep: {said}\n")
    (folder / "secret.txt").unlink()
    assert snapshot(folder) == before


def snapshot_of_readable(folder: Path) -> Snapshot:
    secret = folder / "secret.txt"
    secret.chmod(0o600)
    seen = snapshot(folder)
    secret.chmod(0)
    return seen


def test_outputs_that_may_not_be_written(folder: Path) -> None:
    prefix = without_privileges()
    shutil.copytree(folder / "out", folder / "whole")
    (folder / "whole" / "part").mkdir(mode=0o555)
    (folder / "locked").mkdir(mode=0o555)
    (folder / "out").chmod(0o555)
    for name, command in {
        "out": "run a.txt -o out",
        "locked": "run a.txt -o locked",
        "locked/new": "run a.txt -o locked/new",
        "whole/part": "run a.txt --holdout part=a.txt -o whole",
        "locked/v.json": "vocab a.txt -o locked/v.json",
        "locked/x.npy": "encode a.txt --vocab v.json -o locked/x.npy",
        "locked/y.txt": "decode out -o locked/y.txt",
    }.items():
        said = f"{name}: cannot be written (Permission denied); check the path and its permissions"
        assert_fails(folder, command, said, prefix=prefix)
    (folder / "out").chmod(0o755)


def test_the_place_of_an_undecodable_byte(folder: Path) -> None:
    good = b"x" * 48 + b"\n"
    (folder / "reviews.txt").write_bytes(good * 811 + b"y" * 571 + b"\xe9 y\n" + good)
    assert_fails(
        folder,
        "run reviews.txt -o out",
        "reviews.txt:812: byte 0xe9 at offset 40310 is not UTF-8; "
        "if the file is Latin-1, pass --encoding latin-1",
    )


def test_the_place_of_an_undecodable_byte_in_a_late_block(folder: Path) -> None:
    good = b"\xef\xbb\xbf" + b"abc \xc3\xa9\r\n" * 400_000
    (folder / "big.txt").write_bytes(good + b"ab\xff\r\n")
    assert_fails(
        folder,
        "run big.txt -o out",
        "big.txt:400001: byte 0xff at offset 3200005 is not UTF-8; "
        "if the file is Latin-1, pass --encoding latin-1",
    )


def error_of(path: Path, reading: Reading) -> str:
    """What a run on a text says, the folder of the text left out."""
    rows = RowSettings()
    with pytest.raises(InputError) as raised:
        pipeline.run(Reader([str(path)], reading), path.parent / "o", VocabularySettings(), rows)
    assert not (path.parent / "o").exists()
    return str(raised.value).removeprefix(f"{path.parent}/")


BLOCK_BYTES = [1, 2, 3, 4, 7, 64, 1 << 20]


@pytest.mark.parametrize("block_bytes", BLOCK_BYTES)
@pytest.mark.parametrize(
    ("text", "place"),
    [
        (b"\xff", ":1: byte 0xff at offset 0"),
        (b"a\n\xff\n", ":2: byte 0xff at offset 2"),
        (b"a\r\n\r\nb\r\n\xff\r\n", ":4: byte 0xff at offset 8"),
        (b"\xef\xbb\xbf\xff\n", ":1: byte 0xff at offset 3"),
        (b"\xef\xbb\xbfa\r\nb\xff\r\n", ":2: byte 0xff at offset 7"),
        (
            b"\xc3\xa9\n\xe6\x97\nb\n",
            ":2: byte 0xe6 at offset 3",
        ),  # a letter cut off by the line end
        (b"a\nb \xe6\x97", ":2: byte 0xe6 at offset 4"),  # ... and by the end
        (b"a\n\xc0\xaf\n", ":2: byte 0xc0 at offset 2"),  # an overlong slash
        (b"a\n\xed\xa0\x80\n", ":2: byte 0xed at offset 2"),  # half a surrogate pair
        (b"a\n\xf4\x90\x80\x80\n", ":2: byte 0xf4 at offset 2"),  # over U+10FFFF
        (b"\xff\n\xfe\n", ":1: byte 0xff at offset 0"),  # the first of two
    ],
)
def test_the_place_of_a_byte_that_is_not_utf_8(
    text: bytes, place: str, block_bytes: int, tmp_path: Path
) -> None:
    (tmp_path / "t").write_bytes(text)
    said = f"t{place} is not UTF-8; if the file is Latin-1, pass --encoding latin-1"
    assert error_of(tmp_path / "t", Reading(block_bytes=block_bytes)) == said


@pytest.mark.parametrize("block_bytes", BLOCK_BYTES)
@pytest.mark.parametrize("encoding", ["utf-16-le", "utf-16-be"])
def test_utf_16_gets_a_remedy_of_its_own(encoding: str, block_bytes: int, tmp_path: Path) -> None:
    text = "\ufeffa\n".encode(encoding)
    (tmp_path / "t").write_bytes(text)
    said = (
        f"t:1: byte 0x{text[0]:02x} at offset 0 is not UTF-8; "
        "the file begins as UTF-16 does: pass --encoding utf-16"
    )
    assert error_of(tmp_path / "t", Reading(block_bytes=block_bytes)) == said


def test_utf_16_without_its_mark_is_an_error(tmp_path: Path) -> None:
    """Some Pythons name the first byte, others say that the mark is missing."""
    (tmp_path / "t").write_bytes(b"a b\n")
    said = error_of(tmp_path / "t", Reading("utf-16"))
    assert re.fullmatch(
        r"t: is no utf-16 \(UTF-16 stream does not start with BOM\); check --encoding"
        r"|t:1: byte 0x61 at offset 0 is not utf-16; check --encoding, or pass --errors replace",
        said,
    )


@pytest.mark.parametrize("block_bytes", BLOCK_BYTES)
@pytest.mark.parametrize(
    ("text", "encoding", "place"),
    [
        (b"a\r\nb\xe9\n", "ascii", ":2: byte 0xe9 at offset 4"),
        (b"\x93a\x94\nb\x81\n", "cp1252", ":2: byte 0x81 at offset 5"),
        ("日本\nかな\n".encode("shift_jis") + b"\x81\n", "shift_jis", ":3: byte 0x81 at offset 10"),
        ("日本\nかな\n".encode("shift_jis") + b"\x81", "shift_jis", ":3: byte 0x81 at offset 10"),
        ("日本\nか\n".encode("gb18030") + b"\xff\n", "gb18030", ":3: byte 0xff at offset 8"),
        ("日本\nか\n".encode("gb18030") + b"\x81\x30\x81", "gb18030", ":3: byte 0x81 at offset 8"),
        ("日\nか\n".encode("utf-16-le") + b"\0\xdcz\0", "utf-16-le", ":3: byte 0x00 at offset 8"),
        ("日\nか\n".encode("utf-16-be") + b"\xdc\0\0z", "utf-16-be", ":3: byte 0xdc at offset 8"),
        (b"\xff\xfe" + "日\n".encode("utf-16-le") + b"z", "utf-16", ":2: byte 0x7a at offset 6"),
        (
            b"\xff\xfe" + "日\n".encode("utf-16-le") + b"\0\xdc",
            "utf-16",
            ":2: byte 0x00 at offset 6",
        ),
    ],
)
def test_the_place_of_a_byte_that_is_not_in_another_encoding(
    text: bytes, encoding: str, place: str, block_bytes: int, tmp_path: Path
) -> None:
    (tmp_path / "t").write_bytes(text)
    said = f"t{place} is not {encoding}; check --encoding, or pass --errors replace"
    assert error_of(tmp_path / "t", Reading(encoding, block_bytes=block_bytes)) == said


@pytest.mark.parametrize(
    "block_bytes",
    [
        2,
        8,
        1 << 20,
    ],
)
def test_the_line_of_an_undecodable_byte_in_big_endian_utf_16(
    block_bytes: int, tmp_path: Path
) -> None:
    text = b"\xfe\xff" + "日a\nか\n".encode("utf-16-be") + b"\xdc\0\0z"
    (tmp_path / "t").write_bytes(text)
    said = error_of(tmp_path / "t", Reading("utf-16", block_bytes=block_bytes))
    assert said.startswith("t:3: byte 0xdc at offset 12 is not utf-16; ")


LIMIT = 100


@pytest.mark.parametrize("block_bytes", [1, 2, 7, 99, 100, 101, 102, 103, 106, 1 << 20])
@pytest.mark.parametrize(
    ("text", "line"),
    [
        (b"x" * 101, 1),
        (b"x" * 101 + b"\nb\n", 1),
        (b"x" * 101 + b"\r\nb\r\n", 1),
        (b"\xef\xbb\xbf" + b"x" * 101 + b"\nb\n", 1),
        (b"a\n\n" + b"x" * 5000 + b"\nb\n", 3),
        (b"a\r\n\r\n" + b"x" * 101 + b"\r\nb", 3),
        (b"a\nb\nc\n" + b"\xc3\xa9" * 51, 4),
    ],
)
def test_the_place_of_a_line_that_is_too_long(
    text: bytes, line: int, block_bytes: int, tmp_path: Path
) -> None:
    (tmp_path / "t").write_bytes(text)
    said = (
        f"t:{line}: the line is longer than 100 bytes; "
        "does the text use another line end than LF? else raise --max-line-bytes"
    )
    reading = Reading(max_line_bytes=LIMIT, block_bytes=block_bytes)
    assert error_of(tmp_path / "t", reading) == said


def test_a_line_in_another_encoding_is_as_long_as_its_utf_8(tmp_path: Path) -> None:
    (tmp_path / "t").write_bytes(b"a\n" + b"\xe9" * 51)
    for block_bytes in BLOCK_BYTES:
        reading = Reading("latin-1", max_line_bytes=LIMIT, block_bytes=block_bytes)
        assert error_of(tmp_path / "t", reading).startswith("t:2: the line is longer than 100 ")


@pytest.mark.parametrize("block_bytes", [1, 2, 7, 99, 100, 101, 102, 103, 106, 1 << 20])
def test_a_line_of_just_the_limit_is_read(block_bytes: int, tmp_path: Path) -> None:
    text = b"\xef\xbb\xbf" + b"x" * 100 + b"\r\n\r\n" + b"x" * 100 + b"\n" + b"x" * 100
    (tmp_path / "t").write_bytes(text)
    reading = Reading(max_line_bytes=LIMIT, block_bytes=block_bytes)
    reader = Reader([str(tmp_path / "t")], reading)
    pipeline.run(reader, tmp_path / "o", VocabularySettings(), RowSettings())
    assert embedprep.load(tmp_path / "o").lengths.tolist() == [1, 0, 1, 1]


@pytest.mark.parametrize("block_bytes", [2, 64, 102, 1 << 20])
@pytest.mark.parametrize(
    ("text", "first"),
    [
        (b"ok\n\xff\n" + b"x" * 300 + b"\nok\n", "t:2: byte 0xff at offset 3 "),
        (b"ok\n" + b"x" * 101 + b"\n" + b"x" * 300 + b"\nok\n", "t:2: the line is longer "),
    ],
)
def test_of_two_errors_the_first_is_told(
    text: bytes, first: str, block_bytes: int, tmp_path: Path
) -> None:
    (tmp_path / "t").write_bytes(text)
    reading = Reading(max_line_bytes=LIMIT, block_bytes=block_bytes)
    assert error_of(tmp_path / "t", reading).startswith(first)


# Outputs that are inputs.


@pytest.mark.parametrize(
    ("command", "place"),
    [
        ("vocab a.txt -o a.txt", "a.txt"),
        ("vocab v.json a.txt -o ./a.txt", "a.txt"),
        ("vocab link.txt -o a.txt", "a.txt"),
        ("vocab a.txt -o link.txt", "link.txt"),
        ("vocab a.txt -o hard.txt", "hard.txt"),
        ("run out/sequences.npy -o out", "out/sequences.npy"),
        ("run a.txt out/manifest.json -o out", "out/manifest.json"),
        ("run linked/vocab.json -o out", "out/vocab.json"),
        ("run out/vocab.json -o linked", "linked/vocab.json"),
        ("encode a.txt --vocab out/vocab.json -o out", "out/vocab.json"),
        ("encode a.txt --vocab out/vocab.json -o linked", "linked/vocab.json"),
        ("encode rows.npy --vocab v.json -o rows.npy", "rows.npy"),
        ("encode a.txt --vocab v.npy -o v.npy", "v.npy"),
    ],
)
def test_an_output_that_is_an_input(command: str, place: str, folder: Path) -> None:
    (folder / "link.txt").symlink_to("a.txt")
    (folder / "hard.txt").hardlink_to(folder / "a.txt")
    (folder / "linked").symlink_to("out")
    shutil.copy(folder / "v.json", folder / "v.npy")
    said = f"{place}: is also an input and would be overwritten; name another -o"
    assert_fails(folder, command, said)


@pytest.mark.parametrize(
    ("command", "place"),
    [
        ("decode rows.npy --vocab v.json -o rows.npy", "rows.npy"),
        ("decode rows.npy --vocab v.json -o v.json", "v.json"),
        ("decode out -o out/sequences.npy", "out/sequences.npy"),
    ],
)
def test_the_text_of_decode_is_no_input(command: str, place: str, folder: Path) -> None:
    said = f"{place}: is also an input and would be overwritten; name another -o"
    assert_fails(folder, command, said)


@pytest.mark.parametrize(
    ("command", "said"),
    [
        ("run a.txt -o v.json", "v.json: is a file, not a folder; name another folder by -o"),
        ("run a.txt -o v.json/sub", "v.json: is a file, not a folder; name another folder by -o"),
        (
            "encode a.txt --vocab v.json -o a.txt",
            "a.txt: is a file, not a folder; name another folder by -o",
        ),
        ("vocab a.txt -o out", "out: is a folder, not a file; name a file in it"),
        ("vocab a.txt -o .", ".: is a folder, not a file; name a file in it"),
        (
            "encode a.txt --vocab v.json -o array.npy",
            "array.npy: is a folder, not a file; name a file in it",
        ),
        ("decode out -o texts", "texts: is a folder, not a file; name a file in it"),
        (
            "vocab a.txt -o nope/v.json",
            (
                "nope/v.json: cannot be written (No such file or directory); "
                "check the path and its permissions"
            ),
        ),
    ],
)
def test_a_file_for_a_folder_and_the_other_way_round(command: str, said: str, folder: Path) -> None:
    (folder / "array.npy").mkdir()
    assert_fails(folder, command, said)


@pytest.mark.parametrize("command", ["run a.txt -o out", "encode a.txt --vocab v.json -o out"])
@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b'{"name": "a web app"}', "was not written by embedprep"),
        (b"[]", "was not written by embedprep"),
        (b'{"format": "embedprep-outp', "was not written by embedprep"),
        (b"", "was not written by embedprep"),
        (b"\xff\xfe", "was not written by embedprep"),
        (
            b'{"format": "embedprep-output", "version": 2}',
            "has version 2, this embedprep reads version 1",
        ),
        (
            b"[" * 100_000,
            "was not written by embedprep",
        ),
    ],
)
def test_a_foreign_manifest(command: str, content: bytes, said: str, folder: Path) -> None:
    (folder / "out" / "manifest.json").write_bytes(content)
    remedy = {
        "was": "choose another folder, or move the file away",
        "has": "use the embedprep that made it, or a newer one",
    }[said[:3]]
    assert_fails(folder, command, f"out/manifest.json: {said}; {remedy}")


# Vocabularies.

HEAD = (
    '{"format": "embedprep-vocabulary", "version": 1, '
    '"tokenizer": {"name": "keras", "lowercase": true}, "specials": {"<pad>": 0, "<unk>": 1}, '
    '"row": {"max_len": 2, "padding": "pre", "truncating": "pre", "dtype": "int32"}, "words": '
)
AGAIN = "make it again by `embedprep vocab` or `embedprep run`"


def test_the_head_of_the_broken_vocabularies_is_whole(folder: Path) -> None:
    (folder / "w.json").write_text(HEAD + '[["a", 2], ["b", 1]]}', encoding="utf-8")
    assert embedprep.Vocabulary.load(folder / "w.json").words == ("a", "b")


@pytest.mark.parametrize(
    ("text", "cause"),
    [
        ("", "is no JSON .*"),
        ("the cat", "is no JSON .*"),
        (HEAD, "is no JSON .*"),
        (HEAD + '[["a", 2], ["b', "is no JSON .*"),
        (HEAD + '[["a", 2]]} {}', "is no JSON .*"),
        ("[]", "is no vocabulary: its format is not 'embedprep-vocabulary'"),
        ('{"the": 1}', "is no vocabulary: its format is not 'embedprep-vocabulary'"),
        (
            HEAD.replace("vocabulary", "output") + "[]}",
            "is no vocabulary: its format is not 'embedprep-vocabulary'",
        ),
        ("\udcff", "is no vocabulary"),
        (HEAD + '[["a", 2], ["b", 1], ["a", 1]]}', r"is broken \(a word stands twice\)"),
        (HEAD + '[["<unk>", 2]]}', r"is broken \(a word stands twice\)"),
        (HEAD + '[["", 2]]}', r"is broken \(a word is no text\)"),
        (HEAD + "[[7, 2]]}", r"is broken \(a word is no text\)"),
        (HEAD + '[["a\\nb", 2]]}', r"is broken \(a word is no text\)"),
        (HEAD + '[["a", -1]]}', r"is broken \(a count is no number\)"),
        (HEAD + '[["a", "2"]]}', r"is broken \(a count is no number\)"),
        (HEAD + '[["a", NaN]]}', r"is broken \(a count is no number\)"),
        (HEAD + '[["a", 9223372036854775808]]}', r"is broken \(a count is no number\)"),
        (HEAD + '[["a"]]}', r"is broken \(.*\)"),
        (HEAD + '["a"]}', r"is broken \(.*\)"),
        (HEAD + '[["\\ud800", 1]]}', r"is broken \(.*\)"),
        (HEAD + "7}", r"is broken \(.*\)"),
        (
            HEAD.replace("keras", "other") + "[]}",
            r"is broken \(--tokenizer: 'other' is none of .*\)",
        ),
        (HEAD.replace('"name"', '"nom"') + "[]}", r"is broken \(.*'nom'.*\)"),
        (HEAD.replace("int32", "float") + "[]}", r"is broken \(--dtype: 'float' is none of .*\)"),
        (HEAD.replace("2,", "0,") + "[]}", r"is broken \(--max-len: 0 is no length .*\)"),
        (HEAD.replace('"<unk>": 1', '"<unk>": 2') + "[]}", r"is broken \(special entries .*\)"),
        (
            "[" * 100_000,
            "is no JSON .*",
        ),
    ],
)
def test_a_broken_vocabulary(text: str, cause: str, tmp_path: Path) -> None:
    (tmp_path / "w.json").write_bytes(text.encode(errors="surrogateescape"))
    with pytest.raises(VocabularyError) as raised:
        embedprep.Vocabulary.load(tmp_path / "w.json")
    said = str(raised.value).removeprefix(f"{tmp_path}/")
    assert re.fullmatch(f"w\\.json: {cause}; {re.escape(AGAIN)}", said)


@pytest.mark.parametrize(
    "command",
    [
        "encode a.txt --vocab w.json -o new",
        "encode a.txt --vocab w.json -o out",
        "encode a.txt --vocab w.json -o rows.npy",
        "decode out --vocab w.json",
        "decode out --vocab w.json -o rows.npy",
    ],
)
def test_a_command_with_a_broken_vocabulary(command: str, folder: Path) -> None:
    whole = (folder / "v.json").read_bytes()
    (folder / "w.json").write_bytes(whole[:-10])
    assert_fails(folder, command, one_line("w.json", r"is no JSON \(.*\)", AGAIN))


def test_a_newer_vocabulary(folder: Path) -> None:
    newer = HEAD.replace('"version": 1', '"version": 2') + "[]}"
    (folder / "w.json").write_text(newer, encoding="utf-8")
    said = "w.json: has version 2, this embedprep reads version 1; "
    remedy = "install the embedprep that made it, or a newer one"
    assert_fails(folder, "encode a.txt --vocab w.json -o new", said + remedy)


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("nope.json", "cannot be read (No such file or directory); make it by `embedprep vocab`"),
        ("texts", "is a folder; name the vocab.json in it"),
    ],
)
def test_a_vocabulary_that_cannot_be_read(name: str, said: str, folder: Path) -> None:
    assert_fails(folder, f"encode a.txt --vocab {name} -o new", f"{name}: {said}")


def test_an_array_that_is_a_folder(folder: Path) -> None:
    said = "texts: is a folder; name the array file in it"
    assert_fails(folder, "embed rows.npy --matrix texts -o new.npy", said)


# Sizes.


@pytest.mark.parametrize("command", ["run {} -o out", "run {} -o new", "vocab {} -o v.json"])
def test_a_dtype_too_small_for_the_vocabulary(command: str, folder: Path) -> None:
    said = (
        "--dtype int8: holds indices up to 127, and the vocabulary goes to 201; "
        "choose a larger --dtype, or keep fewer words"
    )
    assert_fails(folder, f"{command.format('many.txt')} -n 200 --dtype int8", said)


@pytest.mark.parametrize("output", ["new", "new.npy"])
def test_rows_of_nothing_but_marks(output: str, folder: Path) -> None:
    assert run(folder, "vocab a.txt --bos --eos -q -o marked.json").status == 0
    said = "--max-len 2: has no room for a word beside the marks of every row; choose at least 3"
    assert_fails(folder, f"encode a.txt --vocab marked.json --max-len 2 -o {output}", said)


@pytest.fixture
def wide(folder: Path) -> Path:
    """One line of 300,000 words and a thousand of three: 1.2 GB as a rectangle."""
    text = b"a " * 300_000 + b"\n" + b"a b c\n" * 1000
    (folder / "wide.txt").write_bytes(text)
    return folder


@pytest.mark.parametrize("command", ["run wide.txt -o out", "run wide.txt -o new"])
def test_a_huge_and_nearly_empty_rectangle(command: str, wide: Path) -> None:
    place = command.rsplit(maxsplit=1)[-1]
    said = (
        f"{place}: would take 1.2 GB for 1,001 rows of 300,000, of which 0.1% is filled; "
        "--max-len p99 is 3 and takes 16.3 kB; to have it all the same, pass --max-len 300000"
    )
    assert_fails(wide, command, said)


LIMITED = ["sh", "-c", 'ulimit -f 200; exec "$@"', "sh"]
"""Starts a program that may write files of 200 times 512 bytes, or twice that in some shells."""
TOO_LARGE = "the file grows over the limit of this system or user"


def test_the_name_of_a_file_does_nothing_to_the_terminal(folder: Path) -> None:
    command = [sys.executable, "-m", "embedprep", "run", "\x1b[2J\x9b\u202e.txt", "-o", "new"]
    ended = subprocess.run(command, cwd=folder, capture_output=True, check=False)
    said = rb"embedprep: \u001b[2J\u009b\u202e.txt: no such file; check the path"
    assert (ended.returncode, ended.stdout, ended.stderr.rstrip()) == (1, b"", said)


@pytest.mark.parametrize("options", ["--max-len max", "--max-len 300000", "--max-bytes 2GB"])
def test_a_huge_rectangle_that_was_asked_for_is_begun(options: str, wide: Path) -> None:
    before = snapshot(wide)
    ended = run(wide, f"run wide.txt {options} -o out", prefix=LIMITED)
    assert (ended.status, ended.out) == (1, "")
    assert TOO_LARGE in ended.err
    assert snapshot(wide) == before


def test_a_huge_rectangle_that_the_vocabulary_asks_for_is_begun(wide: Path) -> None:
    (wide / "w.json").write_text(
        HEAD.replace('"max_len": 2', '"max_len": 300000') + '[["a", 2]]}', encoding="utf-8"
    )
    ended = run(wide, "encode wide.txt --vocab w.json -o x.npy", prefix=LIMITED)
    assert (ended.status, ended.out) == (1, "")
    assert TOO_LARGE in ended.err


def test_a_huge_rectangle_that_is_well_filled_is_begun(folder: Path) -> None:
    # 30,000 rows of 10,000, of which 10.1 % are filled.
    text = b"a " * 10_000 + b"\n" + (b"a " * 1010 + b"\n") * 30_000
    (folder / "filled.txt").write_bytes(text)
    ended = run(folder, "run filled.txt -o out", prefix=LIMITED)
    assert (ended.status, ended.out) == (1, "")
    assert TOO_LARGE in ended.err


@pytest.mark.parametrize("options", ["", "--max-len max ", "--max-len 300000 "])
def test_max_bytes(options: str, wide: Path) -> None:
    said = (
        "out: would take 1.2 GB for 1,001 rows of 300,000, more than the 1 MB of --max-bytes; "
        "--max-len p99 is 3 and takes 16.3 kB"
    )
    assert_fails(wide, f"run wide.txt {options}--max-bytes 1000000 -o out", said)


def test_max_bytes_is_the_size_of_the_file(folder: Path) -> None:
    # 128 bytes of header and two rows of two.
    said = (
        "x.npy: would take 144 bytes for 2 rows of 2, more than the 143 bytes of --max-bytes; "
        "choose a smaller --max-len"
    )
    command = "encode a.txt --vocab v.json -q -o x.npy --max-bytes "
    assert_fails(folder, f"{command}143", said)
    assert run(folder, f"{command}144") == Ended(0, "", "")
    assert (folder / "x.npy").stat().st_size == 144


def test_max_bytes_is_the_size_of_all_arrays(folder: Path) -> None:
    # Two rows of two, their lengths, and a matrix of two labels of two classes.
    (folder / "tags.jsonl").write_text('{"t": "x", "l": ["a", "b"]}\n{"t": "y z", "l": "a"}\n')
    size = 3 * 128 + 2 * 2 * 4 + 2 * 4 + 2 * 2
    said = (
        f"new: would take {size} bytes for 2 rows of 2, each with a matrix row of 2 labels, "
        f"more than the {size - 1} bytes of --max-bytes; choose a smaller --max-len"
    )
    command = "run tags.jsonl --text-column t --label-column l -q -o new --max-bytes "
    assert_fails(folder, f"{command}{size - 1}", said)
    assert run(folder, f"{command}{size}") == Ended(0, "", "")


def test_labels_that_are_too_many_are_not_the_fault_of_the_length(folder: Path) -> None:
    lines = [f'{{"text": "a", "l": ["{n}", "x"]}}\n' for n in range(60)]
    (folder / "tags.jsonl").write_text("".join(lines))
    said = (
        "new: would take 4.52 kB for 60 rows of 1, each with a matrix row of 61 labels, more than "
        "the 3 kB of --max-bytes; no --max-len helps: take fewer rows, or fewer labels"
    )
    assert_fails(folder, "run tags.jsonl --label-column l -o new --max-bytes 3000", said)


# The disk.

LARGE = {
    "vocabulary of a run": "run many.txt -o out",
    "rows of a run": "run many.txt -n 1 --max-len 9 -o out",
    "rows of a run, new": "run many.txt -n 1 --max-len 9 -o new/deep",
    "vocab": "vocab many.txt -o v.json",
    "encode": "encode many.txt --vocab v.json --max-len 9 -o rows.npy",
    "encode, new": "encode many.txt --vocab v.json --max-len 9 -o x.npy",
    "decode": "decode large.npy --vocab v.json -o y.txt",
}


@pytest.fixture
def large(folder: Path) -> Path:
    """A folder with enough in it to make large files of."""
    np.save(folder / "large.npy", np.full((100_000, 1), 2, np.int32))
    return folder


@pytest.mark.parametrize("command", LARGE.values(), ids=LARGE.keys())
def test_a_limit_on_the_size_of_files(command: str, large: Path) -> None:
    before = snapshot(large)
    ended = run(large, command, prefix=LIMITED)
    assert (ended.status, ended.out) == (1, "")
    assert re.fullmatch(f"embedprep: .*: {TOO_LARGE}.*\n", ended.err)
    assert snapshot(large) == before


@pytest.mark.parametrize(
    ("command", "place"),
    [
        ("vocab many.txt -o v.json", "v.json"),
        ("decode large.npy --vocab v.json -o y.txt", "y.txt"),
        (
            "run many.txt -n 1 --max-len 9 -o out",
            "out/sequences.npy",
        ),
        (
            "encode many.txt --vocab v.json --max-len 9 -o rows.npy",
            "rows.npy",
        ),
    ],
)
def test_the_place_of_a_file_that_grew_too_large(command: str, place: str, large: Path) -> None:
    ended = run(large, command, prefix=LIMITED)
    assert ended.err.startswith(f"embedprep: {place}: {TOO_LARGE}")


@pytest.fixture
def small_disk(large: Path) -> Iterator[Path]:
    """The folder `disk` is a file system of 128 kB that holds an output."""
    (large / "disk").mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", "size=128k", "tmpfs", str(large / "disk")]
    try:
        mounted = subprocess.run(mount, check=False, capture_output=True)
    except FileNotFoundError:
        pytest.skip("there is no mount")
    if mounted.returncode:
        pytest.skip("only root may mount a small disk")
    shutil.copytree(large / "out", large / "disk" / "out")
    (large / "disk" / "v.json").write_bytes(b"old")
    yield large
    subprocess.run(["umount", str(large / "disk")], check=True)


@pytest.mark.parametrize(
    ("command", "place"),
    [
        ("run folded.txt -o disk/out", "disk/out"),
        ("run folded.txt -o disk/new", "disk/new"),
        ("vocab many.txt -o disk/v.json", "disk/v.json"),
        ("decode large.npy --vocab v.json -o disk/y.txt", "disk/y.txt"),
    ],
)
def test_a_full_disk(command: str, place: str, small_disk: Path) -> None:
    words = (small_disk / "many.txt").read_bytes().split()
    lines = [b" ".join(words[start : start + 200]) for start in range(0, len(words), 200)]
    (small_disk / "folded.txt").write_bytes(b"\n".join(lines))  # few rows, a large vocabulary
    said = "no space is left on the disk; free some, or write to another disk"
    assert_fails(small_disk, command, f"{place}: {said}")


@pytest.mark.parametrize("place", ["disk/out", "disk/new", "disk/new/deep", "disk/x.npy"])
def test_rows_that_the_disk_cannot_take_are_not_begun(place: str, small_disk: Path) -> None:
    whole, remedy = "800 kB", "choose a smaller --max-len"
    if place.endswith(".npy"):
        whole, remedy = "720 kB", "--max-len p99 is 1 and takes 80.1 kB"
    cause = rf"would take {whole} for 20,000 rows of 9, and the disk has [0-9.]+ kB left"
    said = one_line(place, cause, remedy)
    assert_fails(small_disk, f"encode many.txt --vocab v.json --max-len 9 -o {place}", said)


# Wrong command lines.


@pytest.mark.parametrize(
    ("command", "said"),
    [
        ("run nope.txt -o new --max-len 0", "'--max-len': '0' is no length of at least 1"),
        ("run nope.txt -o new --max-len -1", "'--max-len': '-1' is no length of at least 1"),
        ("run nope.txt -o new --max-len p101", "'--max-len': p101: a percentile lies in 0..100"),
        ("run nope.txt -o new --max-len 2147483647", "2147483647 is over 999,999,999"),
        ("run nope.txt -o new --max-len abc", "'--max-len': 'abc' is no length of at least 1"),
        ("run nope.txt -o new --max-len 1.5", "'--max-len': '1.5' is no length of at least 1"),
        (
            "run nope.txt -o new --max-len 2 --bos --eos",
            "'--max-len': 2 has no room for a word; with its marks, one takes 3",
        ),
        ("vocab nope.txt -o new --max-len 1 --eos", "'--max-len': 1 has no room for a word"),
        ("run nope.txt -o new --padding left", "'--padding': 'left' is not one of"),
        ("run nope.txt -o new --truncating left", "'--truncating': 'left' is not one of"),
        ("run nope.txt -o new --dtype float32", "'--dtype': 'float32' is not one of"),
        ("run nope.txt -o new --tokenizer split", "'--tokenizer': 'split' is not one of"),
        ("run nope.txt -o new --tokenizer pattern", "'--tokenizer': pattern needs a --pattern"),
        (
            "run nope.txt -o new --tokenizer char --pattern x",
            "'--pattern': goes with --tokenizer pattern, not with --tokenizer char",
        ),
        (
            "vocab nope.txt -o - --pattern a[b",
            (
                "'--pattern': 'a[b' is no regular expression "
                "(unterminated character set at position 1)"
            ),
        ),
        ("run nope.txt -o new --oov keep", "'--oov': 'keep' is not one of"),
        ("run nope.txt -o new --errors strange", "'--errors': 'strange' is not one of"),
        ("run nope.txt -o new -n 0", "'-n' / '--max-words': 0 is not in the range"),
        ("run nope.txt -o new -n many", "'-n' / '--max-words': 'many' is not a valid"),
        ("run nope.txt -o new --min-count 0", "'--min-count': 0 is not in the range"),
        ("run nope.txt -o new --jobs 0", "'--jobs': 0 is not in the range"),
        ("run nope.txt -o new --max-bytes 1XB", "'--max-bytes': '1XB' is no size like 4096"),
        ("run nope.txt -o new --max-line-bytes much", "'--max-line-bytes': 'much' is no size"),
        ("run nope.txt -o new --max-line-bytes 0", "--max-line-bytes"),
        ("run nope.txt -o new --max-line-bytes 2GiB", "--max-line-bytes"),
        ("run nope.txt -o new --encoding nope", "'nope' is not an encoding of text"),
        ("run nope.txt -o new --encoding rot13", "'rot13' is not an encoding of text"),
        ("run nope.txt -o new --encoding base64", "'base64' is not an encoding of text"),
        ("run nope.txt -o new --format xml", "'--format': 'xml' is not one of"),
        (
            "run nope.txt -o new --format lines --text-column 1",
            "'--text-column': has no meaning for the format lines",
        ),
        (
            "vocab nope.txt -o new --format jsonl --no-header",
            "'--header/--no-header': has no meaning for the format jsonl",
        ),
        (
            "encode nope.csv --vocab v.json -o x.npy --no-header --label-column kind",
            "'--label-column': 'kind' is a name, and --no-header leaves none",
        ),
        ("run nope.txt -o new --max-lenn 3", "--max-lenn"),
        ("run nope.txt -o new --vocab v.json", "--vocab"),
        ("run nope.txt", "'-o' / '--output'"),
        ("run -o new", "'INPUT...'"),
        ("vocab -o new", "'INPUT...'"),
        ("encode nope.txt -o x.npy", "'--vocab'"),
        ("encode nope.txt --vocab v.json", "'-o' / '--output'"),
        ("encode nope.txt --vocab v.json -o x.npy -n 5", "-n"),
        ("decode", "'ROWS.npy|DIR'"),
        ("decode a b", "b"),
        ("runn nope.txt -o new", "'runn'"),
        (
            "run nope.txt -o new --encoding undefined",
            "'undefined' is not an encoding of text",
        ),
    ],
)
def test_a_wrong_command_line(command: str, said: str, folder: Path) -> None:
    """No file is looked at: a missing input would be another error."""
    before = snapshot(folder)
    ended = run(folder, command)
    assert (ended.status, ended.out) == (2, "")
    [error] = [line for line in ended.err.splitlines() if line.startswith("Error: ")]
    assert said in error
    assert "Traceback" not in ended.err
    assert snapshot(folder) == before


@pytest.mark.parametrize(
    "option",
    [
        "--max-len 0",
        "--encoding nope",
        "--max-line-bytes 0",
    ],
)
def test_a_wrong_command_line_has_the_layout_of_click(option: str, folder: Path) -> None:
    ended = run(folder, f"run nope.txt -o new {option}")
    name = option.split(maxsplit=1)[0]
    usage, hint, blank, error = ended.err.splitlines()
    assert usage == "Usage: embedprep run [OPTIONS] INPUT..."
    assert re.fullmatch("Try 'embedprep run (-h|--help)' for help.", hint)
    assert blank == ""
    assert error.startswith(f"Error: Invalid value for '{name}': ")


# Rows that cannot be decoded.


class Bomb:
    """Makes a file when it is unpickled."""

    def __reduce__(self) -> tuple[object, tuple[str, str]]:
        return open, ("exploded", "w")


def test_an_array_of_objects_is_never_unpickled(folder: Path) -> None:
    array = np.empty((1, 1), object)
    array[0, 0] = Bomb()
    np.save(folder / "bomb.npy", array, allow_pickle=True)
    said = one_line("bomb.npy", r"is no array file \(.*\)", "make it again")
    assert_fails(folder, "decode bomb.npy --vocab v.json", said)

    (folder / "bomb.npy").write_bytes((folder / "bomb.npy").read_bytes()[128:])  # the pickle alone
    assert_fails(folder, "decode bomb.npy --vocab v.json", said)


def npy(shape: str, descr: str, data: bytes = b"") -> bytes:
    header = f"{{'descr': {descr}, 'fortran_order': False, 'shape': {shape}, }}"
    padded = header.ljust(117) + "\n"
    return b"\x93NUMPY\x01\x00" + len(padded).to_bytes(2, "little") + padded.encode() + data


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"the cat\n",
        b"\x93NUMPY",
        b"\x93NUMPY\x09\x00" + bytes(120),
        npy("(2, 2)", "'<i4'", bytes(15)),  # a byte is missing
        npy("(2, 2", "'<i4'", bytes(16)),
        npy("(-2, 2)", "'<i4'", bytes(16)),
        npy("(2, 2)", "'nonsense'", bytes(16)),
    ],
)
def test_a_file_that_is_no_array(content: bytes, folder: Path) -> None:
    (folder / "x.npy").write_bytes(content)
    said = one_line("x.npy", r"is no array file \((.|\n)*\)", "make it again")
    assert_fails(folder, "decode x.npy --vocab v.json", said)


def test_an_archive_of_arrays(folder: Path) -> None:
    np.savez(folder / "x.npz", np.zeros((2, 2), np.int32))
    ended = run(folder, "decode x.npz --vocab v.json")
    assert (ended.status, ended.out) == (1, "")
    assert ended.err.startswith("embedprep: x.npz: ")


@pytest.mark.parametrize(
    ("array", "shown"),
    [
        (np.zeros((2, 2), np.float32), "float32 of shape (2, 2)"),
        (np.zeros((2, 2), np.bool_), "bool of shape (2, 2)"),
        (np.zeros(3, np.int32), "int32 of shape (3,)"),
        (np.zeros((2, 2, 2), np.int32), "int32 of shape (2, 2, 2)"),
        (np.array(["a", "b"]), "<U1 of shape (2,)"),
    ],
)
def test_an_array_that_is_no_rows(array: np.ndarray, shown: str, folder: Path) -> None:
    np.save(folder / "x.npy", array)
    said = f"x.npy: holds {shown}, not rows of indices; name the sequences.npy of an output"
    assert_fails(folder, "decode x.npy --vocab v.json", said)


@pytest.mark.parametrize(
    ("rows", "dtype", "said"),
    [
        ([[2, 3], [0, 5]], "int32", "row 1, column 1: index 5"),
        ([[2, 3], [-1, 9]], "int64", "row 1, column 0: index -1"),
        ([[1 << 63, 3]], "uint64", "row 0, column 0: index 9223372036854775808"),
        ([[255, 3]], "uint8", "row 0, column 0: index 255"),
    ],
)
def test_an_index_that_the_vocabulary_lacks(
    rows: list[list[int]], dtype: str, said: str, folder: Path
) -> None:
    np.save(folder / "x.npy", np.array(rows, dtype))
    remedy = "take the vocabulary that the rows were encoded with, or what was made with it"
    said = f"x.npy: {said} is not in 0..4; {remedy}"
    assert_fails(folder, "decode x.npy --vocab v.json", said)


def test_a_late_index_that_the_vocabulary_lacks(folder: Path) -> None:
    rows = np.full((900_000, 2), 2, np.int32)
    rows[899_999, 1] = 5
    np.save(folder / "x.npy", rows)
    (folder / "y.txt").write_bytes(b"old")
    said = (
        "x.npy: row 899999, column 1: index 5 is not in 0..4; "
        "take the vocabulary that the rows were encoded with, or what was made with it"
    )
    assert_fails(folder, "decode x.npy --vocab v.json -o y.txt", said)


@pytest.mark.parametrize(
    ("command", "said"),
    [
        ("decode nope.npy --vocab v.json", "nope.npy: no such file; check the path"),
        (
            "decode rows.npy",
            "vocab.json: no such file; name the vocabulary of these rows by --vocab",
        ),
        (
            "decode texts",
            "texts: has no manifest.json, so it is unfinished; run the command that makes it again",
        ),
    ],
)
def test_rows_or_a_vocabulary_that_are_missing(command: str, said: str, folder: Path) -> None:
    assert_fails(folder, command, said)


# Standard output and standard error.


def first_line_of(folder: Path, command: str) -> tuple[bytes, bytes, int]:
    """What a command does whose reader goes away after one line."""
    with subprocess.Popen(
        [*CLI, *command.split()],
        cwd=folder,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        env=os.environ | {"PYTHONUNBUFFERED": ""},
    ) as process:
        assert process.stdout is not None
        assert process.stderr is not None
        line = process.stdout.readline()
        process.stdout.close()
        said = process.stderr.read()
    return line, said, process.returncode


def test_a_reader_that_has_enough_is_no_error(large: Path) -> None:
    assert first_line_of(large, "decode large.npy --vocab v.json")[:2] == (b"cat\n", b"")
    line, said, _ = first_line_of(large, "vocab many.txt -q -o -")
    assert line.startswith(b'{"format": "embedprep-vocabulary", ')
    assert said == b""


def test_a_reader_that_has_enough_gives_the_status_of_a_broken_pipe(large: Path) -> None:
    assert first_line_of(large, "decode large.npy --vocab v.json")[2] == 141


def test_a_reader_that_is_gone_already_does_not_spoil_the_output(folder: Path) -> None:
    (folder / "two.txt").write_bytes(b"".join(b"word%d next\n" % n for n in range(20_000)))
    read_end, write_end = os.pipe()
    os.close(read_end)
    command = [*CLI, "run", "two.txt", "-o", "new"]
    done = subprocess.run(
        command, cwd=folder, stdout=write_end, stderr=subprocess.PIPE, check=False
    )
    os.close(write_end)
    assert done.returncode != 0
    assert done.stderr == b""
    assert embedprep.load(folder / "new").sequences.shape == (20_000, 2)


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="there is no /dev/full")
@pytest.mark.parametrize("command", ["decode out", "vocab a.txt -o -", "run a.txt -o out"])
def test_standard_output_on_a_full_disk(command: str, folder: Path) -> None:
    with open("/dev/full", "wb") as full:
        done = subprocess.run(
            [*CLI, *command.split()],
            cwd=folder,
            stdout=full,
            stderr=subprocess.PIPE,
            check=False,
        )
    assert done.returncode == 1
    assert re.fullmatch(rb"embedprep: .+\n", done.stderr)


@pytest.mark.parametrize("command", ["decode out", "run a.txt -o out", "vocab a.txt -q -o v.json"])
def test_standard_output_that_is_closed(command: str, folder: Path) -> None:
    ended = run(folder, command, prefix=by_shell(">&-"))
    assert "Traceback" not in ended.err


@pytest.mark.parametrize(
    ("command", "status"),
    [
        *(("run a.txt -o new", 0), ("decode out", 0), ("--help", 0), ("run --help", 0)),
        *(("run", 2), ("nonsense", 2), ("run a.txt -o new --max-len 0", 2)),
        *(("run absent.txt -o new", 1), ("decode absent", 1)),
    ],
)
@pytest.mark.parametrize("to", ["-", "/dev/full"])
def test_standard_error_that_takes_nothing(
    command: str, status: int, to: str, folder: Path
) -> None:
    if to != "-" and not Path(to).exists():
        pytest.skip(f"there is no {to}")
    ended = run(folder, command, prefix=by_shell("2>&-" if to == "-" else f"2>{to}"))
    assert ended.status == status


@pytest.mark.parametrize("command", ["--help", "run --help", "--version"])
def test_help_that_nobody_reads(command: str, folder: Path) -> None:
    read_end, write_end = os.pipe()
    os.close(read_end)
    done = subprocess.run(
        [*CLI, *command.split()], cwd=folder, stdout=write_end, stderr=subprocess.PIPE, check=False
    )
    os.close(write_end)
    assert (done.returncode, done.stderr) == (141, b"")


@pytest.mark.parametrize(
    ("number", "said", "status"),
    [(signal.SIGINT, "interrupted", 130), (signal.SIGTERM, "terminated", 143)],
)
def test_a_signal_that_python_makes_another_error_of(
    number: int, said: str, status: int, tmp_path: Path
) -> None:
    (tmp_path / "sitecustomize.py").write_text(
        "import functools, os, sys\n"
        "named = functools.cached_property.__set_name__\n"
        "def strike(self, owner, name):\n"
        f"    owner.__name__ == 'Vocabulary' and os.kill(os.getpid(), {int(number)})\n"
        "    named(self, owner, name)\n"
        "functools.cached_property.__set_name__ = strike\n"
    )
    (tmp_path / "a.txt").write_bytes(b"a\n")
    done = subprocess.run(
        [*CLI, "run", "a.txt", "-o", "out"],
        cwd=tmp_path,
        env=os.environ | {"PYTHONPATH": str(tmp_path)},
        capture_output=True,
        check=False,
    )
    assert (done.returncode, done.stderr.strip()) == (status, f"embedprep: {said}".encode())
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize(
    ("number", "said", "status"),
    [(signal.SIGINT, "interrupted", 130), (signal.SIGTERM, "terminated", 143)],
)
def test_a_match_that_takes_forever_can_be_ended(
    number: int, said: str, status: int, tmp_path: Path
) -> None:
    (tmp_path / "a.txt").write_bytes(b"a" * 99 + b"\n")
    command = [*CLI, "run", "a.txt", "--pattern", "(a+)+b", "-o", "out"]
    (tmp_path / "sitecustomize.py").write_text(
        "import signal\n"
        "signal.signal(signal.SIGINT, signal.default_int_handler)\n"  # else a nohup is inherited
        "def strike(number, frame):\n"
        f"    signal.raise_signal({int(number)})\n"
        "signal.signal(signal.SIGVTALRM, strike)\n"
        "signal.setitimer(signal.ITIMER_VIRTUAL, 1.5)\n"  # seconds of work: it has begun to match
    )
    done = subprocess.run(
        command,
        cwd=tmp_path,
        env=os.environ | {"PYTHONPATH": str(tmp_path)},
        capture_output=True,
        check=False,
        timeout=60,
    )
    assert (done.returncode, done.stderr.strip()) == (status, f"embedprep: {said}".encode())
    assert not (tmp_path / "out").exists()


def test_a_package_that_is_not_installed(folder: Path) -> None:
    (folder / "sitecustomize.py").write_text("import sys\nsys.modules['jieba'] = None\n")
    assert run(folder, "run a.txt -q -o out").status == 0
    said = "--tokenizer jieba: the package jieba is not installed; pip install 'embedprep[chinese]'"
    without_jieba = ["env", f"PYTHONPATH={folder}", "PYTHONDONTWRITEBYTECODE=1"]
    assert_fails(folder, "run a.txt --tokenizer jieba -o out", said, prefix=without_jieba)
    assert_fails(folder, "run a.txt --tokenizer jieba -o new", said, prefix=without_jieba)


def test_json_is_one_object_and_nothing_else(folder: Path) -> None:
    for command, keys in {
        "run a.txt -o new": ["output", "statistics", "embedding"],
        "encode a.txt --vocab v.json -o x.npy": ["output", "statistics", "embedding"],
        "vocab a.txt -o w.json": ["output", "kept_words", "least_count", "input_dim", "max_len"],
    }.items():
        ended = run(folder, f"{command} --json")
        assert (ended.status, ended.err, ended.out.count("\n")) == (0, "", 1)
        told = json.loads(ended.out)
        assert list(told) == keys
        assert told["output"] == command.split()[-1]


def test_the_numbers_of_json(folder: Path) -> None:
    (folder / "b.txt").write_bytes(b"the cat\n\nthe the dog\n")
    ended = run(folder, "run b.txt -n 2 --max-len 2 -o new --tokenizer keras --json")
    told = json.loads(ended.out)
    assert told["statistics"] == {
        "rows": 3,
        "words": 5,
        "distinct_words": 3,
        "kept_words": 2,
        "unknown_words": 1,
        "out_of_vocabulary": 0.2,
        "max_len": 2,
        "truncated_rows": 1,
        "empty_rows": 1,
        "longest_row": 3,
    }
    assert told["embedding"] == {
        "input_dim": 4,
        "output_dim": 128,
        "input_length": 2,
        "mask_zero": True,
    }


def test_a_vocabulary_to_standard_output_is_the_file_and_nothing_else(folder: Path) -> None:
    ended = run(folder, "vocab a.txt --tokenizer keras -o -")
    expected = (folder / "v.json").read_text(encoding="utf-8")
    assert ended == Ended(0, expected, "")


def test_quiet_says_nothing(folder: Path) -> None:
    for command in (
        "run a.txt -o new",
        "encode a.txt --vocab v.json -o x.npy",
        "vocab a.txt -o w.json",
    ):
        assert run(folder, f"{command} -q") == Ended(0, "", "")
    assert (folder / "new" / "sequences.npy").read_bytes() == (folder / "x.npy").read_bytes()


def test_off_a_terminal_there_is_a_summary_and_no_progress(folder: Path) -> None:
    ended = run(folder, "run a.txt -o new")
    assert (ended.status, ended.err) == (0, "")
    assert ended.out.startswith("new: 2 rows of 2 indices, int32\n")


def on_a_terminal(folder: Path, command: str, pieces: Sequence[bytes]) -> tuple[str, Ended]:
    """What standard error shows on a terminal while standard input comes slowly."""
    leader, follower = pty.openpty()
    termios.tcsetwinsize(follower, (24, 80))
    with subprocess.Popen(
        [*CLI, *command.split()],
        cwd=folder,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=follower,
    ) as process:
        os.close(follower)
        assert process.stdin is not None
        for piece in pieces:
            process.stdin.write(piece)
            process.stdin.flush()
            time.sleep(0.4)
        out, _ = process.communicate()
    shown = b""
    try:
        while part := os.read(leader, 1 << 16):
            shown += part
    except OSError:  # Linux's way to say that nobody writes any more
        pass
    os.close(leader)
    return shown.decode(), Ended(process.returncode, out.decode(), "")


MEGABYTES = [b"the cat\n" * (1 << 17)] * 3


def test_on_a_terminal_the_bytes_read_are_shown(folder: Path) -> None:
    shown, ended = on_a_terminal(folder, "run - -o new", MEGABYTES)
    assert ended.status == 0
    assert ended.out.startswith("new: 393,216 rows of 2 indices, int32\n")
    assert re.search(r"reading: [0-9.]+MB \[", shown)
    assert shown.endswith("\r")  # the bar is wiped


def test_on_a_terminal_quiet_shows_no_progress(folder: Path) -> None:
    shown, ended = on_a_terminal(folder, "run - -q -o new", MEGABYTES)
    assert (shown, ended) == ("", Ended(0, "", ""))


def test_on_a_terminal_an_error_stands_on_its_own_line(folder: Path) -> None:
    pieces = [*MEGABYTES, b"\xff\n"]
    shown, ended = on_a_terminal(folder, "run - -o new", pieces)
    assert (ended.status, ended.out) == (1, "")
    assert "reading: " in shown
    said = "-:393217: byte 0xff at offset 3145728 is not UTF-8"
    assert f"\rembedprep: {said}; if the file is Latin-1" in shown
    assert not (folder / "new").exists()


@pytest.mark.parametrize("command", ["run a.txt -o", "encode a.txt --vocab v.json -o"])
@pytest.mark.parametrize("output", ["-", "''"])
def test_rows_need_a_place(command: str, output: str, folder: Path) -> None:
    before = snapshot(folder)
    ended = run(folder, command, prefix=by_shell(output))
    assert (ended.status, ended.out) == (2, "")
    assert "Invalid value for '-o' / '--output': " in ended.err
    assert snapshot(folder) == before


def test_standard_input_is_not_overwritten(folder: Path) -> None:
    before = snapshot(folder)
    ended = run(folder, "vocab - -o a.txt", prefix=by_shell("<a.txt"))
    assert ended.status == 1
    assert ended.err.startswith("embedprep: a.txt: is also an input")
    assert snapshot(folder) == before


def test_standard_input_that_is_closed(folder: Path) -> None:
    before = snapshot(folder)
    ended = run(folder, "run - -o new", prefix=by_shell("<&-"))
    said = "embedprep: -: standard input is closed; pipe a text into it\n"
    assert ended == Ended(1, "", said)
    assert snapshot(folder) == before


@pytest.mark.parametrize(
    "command",
    [
        "encode a.txt --vocab v.json -o out/sequences.npy",
        "vocab a.txt -o out/vocab.json",
        "decode out -o out/lengths.npy",
        "vocab a.txt -o out/manifest.json",
        "export out --to tsv -o out/manifest.json",
    ],
)
def test_a_part_of_a_whole_output_is_not_written_by_itself(command: str, folder: Path) -> None:
    place = command.rsplit(maxsplit=1)[-1]
    said = f"{place}: is part of a whole output; name another file, or its folder"
    assert_fails(folder, command, said)


@pytest.mark.parametrize(
    "command", ["skipgrams rows.npy --vocab v.json -o out", "export other --to projector -o out"]
)
def test_rows_are_not_removed_by_what_is_made_of_rows(command: str, folder: Path) -> None:
    assert run(folder, "run a.txt --dim 2 -q -o other").status == 0
    shutil.copy(folder / "other/sequences.npy", folder / "rows.npy")
    shutil.copy(folder / "other/vocab.json", folder / "v.json")
    remedy = "name another folder by -o, or remove that one first"
    said = f"out: holds the rows of a text, which would be removed; {remedy}"
    assert_fails(folder, command, said)


@pytest.mark.parametrize(
    ("making", "held"),
    [
        ("skipgrams other -q -o made", "pairs for a skip-gram model"),
        ("export other --to projector -q -o made", "the files of a projector"),
    ],
)
def test_an_output_is_replaced_by_one_of_its_kind_alone(
    making: str, held: str, folder: Path
) -> None:
    assert run(folder, "run a.txt --dim 2 -q -o other").status == 0
    assert run(folder, making).status == 0
    others = [
        "run a.txt -o made",
        "encode a.txt --vocab other/vocab.json -o made",
        "skipgrams other -o made",
        "export other --to projector -o made",
    ]
    remedy = "name another folder by -o, or remove that one first"
    said = f"made: holds {held}, which would be removed; {remedy}"
    for command in others:
        if command.split()[0] != making.split(maxsplit=1)[0]:
            assert_fails(folder, command, said)
    assert run(folder, making).status == 0


def test_an_output_of_another_kind_that_died_while_published_is_not_removed(folder: Path) -> None:
    assert run(folder, "run a.txt --dim 2 -q -o other").status == 0
    assert run(folder, "skipgrams other -q -o pairs").status == 0
    (folder / "pairs/.embedprep-dead").mkdir()
    (folder / "pairs/manifest.json").rename(folder / "pairs/.embedprep-dead/manifest.json")
    remedy = "name another folder by -o, or remove that one first"
    said = f"pairs: holds pairs for a skip-gram model, which would be removed; {remedy}"
    assert_fails(folder, "run a.txt -o pairs", said)
    assert run(folder, "skipgrams other -q -o pairs").status == 0
    assert not (folder / "pairs/.embedprep-dead").exists()


@pytest.mark.parametrize("kind", ["audio", ["rows"], None])
def test_a_kind_of_a_newer_embedprep_is_not_removed(kind: object, folder: Path) -> None:
    assert run(folder, "run a.txt -q -o other").status == 0
    manifest = json.loads((folder / "other/manifest.json").read_bytes())
    (folder / "other/manifest.json").write_text(json.dumps(manifest | {"kind": kind}))
    remedy = "name another folder by -o, or remove that one first"
    said = f"other: holds files of another kind, which would be removed; {remedy}"
    assert_fails(folder, "run a.txt -o other", said)


@pytest.mark.parametrize("command", ["run a.txt", "encode a.txt --vocab v.json"])
def test_a_matrix_that_goes_with_its_rows_is_told_of(command: str, folder: Path) -> None:
    assert run(folder, "run a.txt --dim 2 -q -o other").status == 0
    shutil.copy(folder / "other/vocab.json", folder / "v.json")
    ended = run(folder, f"{command} -o other")
    said = "belonged to the rows that are replaced, and is removed; make it again\n"
    assert ended.status == 0
    assert ended.err == f"embedprep: warning: other/embedding_matrix.npy {said}"
    assert not (folder / "other/embedding_matrix.npy").exists()
    assert run(folder, f"{command} -o other").err == ""


@pytest.mark.parametrize(
    "making",
    [
        "encode a.txt --vocab split/vocab.json -q -o split/test",
        "skipgrams split -q -o split/test",
        "export split --to projector -q -o split/test",
    ],
)
def test_a_part_does_not_replace_an_output_in_its_place(making: str, folder: Path) -> None:
    (folder / "many.txt").write_text("".join(f"word{n} and others\n" for n in range(40)))
    assert run(folder, "run many.txt --dim 2 -q -o split").status == 0
    assert run(folder, making).status == 0
    cause = "holds an output of its own, which would be replaced"
    said = f"split/test: {cause}; name another folder by -o, or move it away"
    assert_fails(folder, "run many.txt --split 50/0/50 -o split", said)
    shutil.rmtree(folder / "split/test")
    again = "run many.txt --dim 2 --split 50/0/50 -q -o split"
    for _ in range(2):
        assert run(folder, again).status == 0
    # As after an error while it was published: its parts are still known as such.
    (folder / "split/manifest.json").unlink()
    assert run(folder, again).status == 0
    shutil.rmtree(folder / "split/test")
    assert run(folder, making.replace("split/test", "own")).status == 0
    (folder / "own").rename(folder / "split/test")
    assert_fails(folder, "run many.txt --split 50/0/50 -o split", said)
    assert_fails(folder, "matrix -o split --dim 3", re.compile("embedprep: split/test: holds .*\n"))
    before = snapshot(folder / "split/test")
    assert run(folder, "run many.txt -q -o split").status == 0
    assert snapshot(folder / "split/test") == before


def test_a_matrix_that_its_output_does_not_list_is_not_taken_for_its_own(folder: Path) -> None:
    assert run(folder, "run a.txt -q -o other").status == 0
    refused = "is part of a whole output; name another file, or its folder"
    place = "other/embedding_matrix.npy"
    assert_fails(folder, f"matrix --vocab v.json --dim 2 -o {place}", f"{place}: {refused}")
    np.save(folder / place, np.ones((5, 2), np.float32))
    remedies = {
        "embed other -o new.npy": "name the embedding matrix by --matrix",
        "export other --to glove -o new": "name the embedding matrix by --matrix",
        "nearest other the": "make it by `embedprep matrix`, or name the file of one",
    }
    for command, remedy in remedies.items():
        said = f"{place}: is no part of the output that it lies in; {remedy}"
        assert_fails(folder, command, said)
    assert run(folder, f"embed other --matrix {place} -q -o new.npy").status == 0
    (folder / "texts/manifest.json").write_text('{"name": "a web page"}')
    named = "matrix --vocab v.json --dim 2 -q -o texts/embedding_matrix.npy"
    assert run(folder, named).status == 0


def test_a_matrix_of_another_size_than_the_vocabulary(folder: Path) -> None:
    np.save(folder / "big.npy", np.ones((9, 2), np.float32))
    said = "big.npy: has 9 vectors, and the vocabulary 5 entries; "
    remedy = "name the matrix that was made with the vocabulary of these rows"
    assert_fails(folder, "embed out --matrix big.npy -o new.npy", said + remedy)


@pytest.mark.parametrize("kind", ["labels", "pairs"])
@pytest.mark.parametrize("command", ["onehot", "bow", "embed --matrix other/embedding_matrix.npy"])
def test_other_arrays_of_an_output_are_no_rows(kind: str, command: str, folder: Path) -> None:
    assert run(folder, "run a.txt --dim 2 -q -o other").status == 0
    name = "pairs/couples.npy"
    if kind == "labels":
        (folder / "two.jsonl").write_text('{"text": "good", "label": ["a", "b"]}\n')
        assert run(folder, "run two.jsonl --label-column label -q -o many").status == 0
        name = "many/labels.npy"
    else:
        assert run(folder, "skipgrams other -q -o pairs").status == 0
    cause = f"holds no rows of indices, but is another file of {name.split('/')[0]}"
    said = f"{name}: {cause}; name the sequences.npy of an output"
    chosen = "" if command.startswith("embed") else "--vocab other/vocab.json "
    assert_fails(folder, f"{command} {name} {chosen}-o new.npy", said)


@pytest.mark.parametrize(
    ("command", "place", "other"),
    [
        ("onehot other -o new.npy --vocab swapped.json", "rows", "swapped.json"),
        ("bow other -o new.npy --vocab swapped.json", "rows", "swapped.json"),
        ("train other -o new.npy --vocab swapped.json", "rows", "swapped.json"),
        ("skipgrams other -o new --vocab swapped.json", "rows", "swapped.json"),
        ("decode other --vocab swapped.json", "rows", "swapped.json"),
        ("bow second -o new.npy --mode tfidf --fit other", "rows", "second/vocab.json"),
        ("embed other -o new.npy --matrix second/matrix.npy", "rows", "second/vocab.json"),
        ("nearest other/matrix.npy --vocab swapped.json the", "matrix", "swapped.json"),
        ("export second --to glove -o x --matrix other/matrix.npy", "matrix", "second/vocab.json"),
        ("train second -o x.npy --start other/matrix.npy", "matrix", "second/sequences.npy"),
    ],
)
def test_a_vocabulary_of_the_same_size_is_told_from_that_of_the_rows(
    command: str, place: str, other: str, folder: Path
) -> None:
    """Its words would stand for others: nothing else would tell."""
    (folder / "first.txt").write_text("the cat sat\n")
    (folder / "second.txt").write_text("the dog ran\n")
    assert run(folder, "run first.txt --dim 2 -q -o other").status == 0
    assert run(folder, "run second.txt --dim 2 -q -o second").status == 0
    shutil.copy(folder / "second/vocab.json", folder / "swapped.json")
    command = command.replace("/matrix.npy", "/embedding_matrix.npy")
    file = {"rows": "sequences.npy", "matrix": "embedding_matrix.npy"}[place]
    cause = f"was made with another vocabulary than {other}"
    said = f"other/{file}: {cause}; take other/vocab.json, or what was made with it"
    assert_fails(folder, command, said)

    if command.startswith(("nearest", "decode")):  # nor is it by a link to the file alone
        (folder / "link.npy").symlink_to(f"other/{file}")
        linked = re.sub(r"other(/embedding_matrix.npy)?", "link.npy", command)
        ended = run(folder, linked)
        assert (ended.status, cause in ended.err) == (1, True)


@pytest.mark.parametrize(
    "command",
    [
        "onehot other -q -o new.npy --vocab same.json",
        "skipgrams other -q -o new --vocab same.json",
        "decode other --vocab same.json",
        "nearest other/embedding_matrix.npy --vocab same.json the",
        "embed other -q -o new.npy --matrix loose.npy",
        "embed other -q -o new.npy --matrix texts/link.npy",
    ],
)
def test_a_copy_of_the_vocabulary_is_as_good(command: str, folder: Path) -> None:
    """And a vocabulary beside a matrix by itself is not taken for that of the matrix."""
    (folder / "first.txt").write_text("the cat sat\n")
    assert run(folder, "run first.txt --dim 2 -q -o other").status == 0
    shutil.copy(folder / "other/vocab.json", folder / "same.json")
    shutil.copy(folder / "other/embedding_matrix.npy", folder / "loose.npy")
    (folder / "texts/link.npy").symlink_to("../other/embedding_matrix.npy")
    assert run(folder, "vocab a.txt -q -o vocab.json").status == 0
    ended = run(folder, command)
    assert (ended.status, ended.err) == (0, "")


@pytest.mark.parametrize("command", ["embed pairs -o x.npy", "nearest pairs the", "decode pairs"])
def test_an_output_of_another_kind_has_no_rows(command: str, folder: Path) -> None:
    assert run(folder, "run a.txt --dim 2 -q -o other").status == 0
    assert run(folder, "skipgrams other -q -o pairs").status == 0
    remedy = "name the output of rows that it was made from"
    said = f"pairs: holds pairs for a skip-gram model, not rows; {remedy}"
    assert_fails(folder, command, said)


def test_the_matrix_of_a_part_lies_at_the_top(folder: Path) -> None:
    (folder / "many.txt").write_text("".join(f"word{n} and others\n" for n in range(40)))
    run_it = "run many.txt --dim 2 --split 50/0/50 -q -o split"
    assert run(folder, run_it).status == 0
    assert run(folder, "embed split/test -q -o test.npy").status == 0
    assert run(folder / "split/test", "embed . -q -o ../../same.npy").status == 0
    assert (folder / "same.npy").read_bytes() == (folder / "test.npy").read_bytes()
    assert run(folder, "run many.txt --dim 2 --seed 1 --split 50/0/50 -q -o second").status == 0
    shutil.rmtree(folder / "second/test")
    for link in ("second/test", "texts/test", "texts/exam"):
        (folder / link).symlink_to("../split/test")
        assert run(folder, f"embed {link} -q -o same.npy").status == 0
        assert (folder / "same.npy").read_bytes() == (folder / "test.npy").read_bytes()
    matrix = np.load(folder / "split/embedding_matrix.npy")
    rows = np.load(folder / "split/test/sequences.npy")
    assert np.array_equal(np.load(folder / "test.npy"), matrix[rows])
    here = run(folder, "nearest split/test and")
    assert here == run(folder, "nearest split and")
    assert here.status == 0
    (folder / "split/embedding_matrix.npy").unlink()
    said = "split/test/embedding_matrix.npy: no such file; name the embedding matrix by --matrix"
    assert_fails(folder, "embed split/test -o new.npy", said)


@pytest.mark.parametrize(
    "command",
    [
        "run a.txt -o new --dim 99999999999999999999",
        "matrix -o out --dim 99999999999999999999",
        "train out -o M.npy --dim 99999999999999999999",
    ],
)
def test_a_matrix_of_more_bytes_than_fit_into_64_bits(command: str, folder: Path) -> None:
    assert_fails(folder, command, re.compile(r"embedprep: .* the disk has .* left; .*\n"))


@pytest.mark.parametrize("command", ["matrix --vocab v.json", "train out"])
def test_a_matrix_for_a_folder_that_is_not_there(command: str, folder: Path) -> None:
    said = "new/: no such folder; name an output that is there, or M.npy"
    assert_fails(folder, f"{command} -o new/", said)


@pytest.mark.parametrize("place", ["new/dev", "new/dev/", "./new/../new/dev", "link"])
def test_the_folder_of_a_part_is_not_written_by_itself(place: str, folder: Path) -> None:
    assert run(folder, "run a.txt --holdout dev=a.txt -q -o new").status == 0
    (folder / "link").symlink_to("new/dev")
    remedy = "name another folder, or that of the whole output"
    said = f"{Path(place)}: is part of a whole output; {remedy}"
    assert_fails(folder, f"run a.txt -o {place}", said)
    assert run(folder, "run a.txt -q -o new/mine").status == 0


@pytest.mark.parametrize(
    ("number", "said", "status"),
    [(signal.SIGINT, "interrupted", 130), (signal.SIGTERM, "terminated", 143)],
)
def test_a_signal_that_python_ignores_the_error_of_comes_again(
    number: int, said: str, status: int, tmp_path: Path
) -> None:
    (tmp_path / "sitecustomize.py").write_text(
        "import os, signal, sys, weakref\n"
        "signal.signal(signal.SIGINT, signal.default_int_handler)\n"  # else a nohup is inherited
        "class Thing: pass\n"
        "def strike(event, arguments):\n"
        "    if event == 'import' and arguments[0] == 'numpy':\n"
        "        thing = Thing()\n"
        f"        seen = weakref.ref(thing, lambda _: os.kill(os.getpid(), {int(number)}))\n"
        "        del thing\n"
        "sys.addaudithook(strike)\n"
    )
    (tmp_path / "a.txt").write_bytes(b"a\n")
    done = subprocess.run(
        [*CLI, "run", "a.txt", "-o", "out"],
        cwd=tmp_path,
        env=os.environ | {"PYTHONPATH": str(tmp_path)},
        capture_output=True,
        check=False,
    )
    assert (done.returncode, done.stderr.strip()) == (status, f"embedprep: {said}".encode())
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize("embedding", [None, {}, {"input_dim": "5"}])
@pytest.mark.parametrize(
    "command", ["matrix --dim 3 -o out", "embed out --matrix m.npy -o vectors.npy"]
)
def test_a_manifest_that_tells_no_input_dim(command: str, embedding: object, folder: Path) -> None:
    assert run(folder, "matrix --vocab v.json --dim 3 -q -o m.npy").status == 0
    path = folder / "out" / "manifest.json"
    manifest = json.loads(path.read_bytes()) | {"embedding": embedding}
    path.write_text(json.dumps(manifest), encoding="utf-8")
    said = "is broken: it tells no input_dim; run the command that makes it again"
    assert_fails(folder, command, f"out/manifest.json: {said}")


def test_a_manifest_whose_parts_lead_out_of_it_or_in_a_circle(folder: Path) -> None:
    path = folder / "out" / "manifest.json"
    circles: tuple[object, ...] = ({".": {}, "..": {}, "a/b": {}, "": {}}, ["."], 7)
    for parts in circles:
        manifest = json.loads(path.read_bytes()) | {"parts": parts}
        path.write_text(json.dumps(manifest), encoding="utf-8")
        assert embedprep.load(folder / "out").parts == {}


def test_a_row_that_is_too_long_to_be_shown(folder: Path) -> None:
    text = (folder / "v.json").read_text(encoding="utf-8")
    (folder / "v.json").write_text(text.replace('"max_len": 2', '"max_len": 4294967296'))
    cause = "rows of 4,294,967,296 indices are too long to be shown; pass a smaller --max-len"
    assert_fails(folder, "explain cat --vocab v.json", f"v.json: {cause}")
    assert run(folder, "explain cat --vocab v.json --max-len 3").status == 0
