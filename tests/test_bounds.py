"""Does a file that announces or unpacks to absurd sizes fail early, and without their memory?

Commands run in processes of their own, whose peak resident memory is looked at.
"""

from __future__ import annotations

import bz2
import gzip
import io
import json
import re
import shutil
import struct
import subprocess
import sys
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import pytest

import embedprep
from embedprep.digests import digest_of
from embedprep.embedding import embed
from embedprep.encoded import open_rows
from embedprep.errors import EmbedprepError, InputError, OutputError, VocabularyError
from embedprep.manifest import read_manifest_of_rows
from embedprep.matrix.files import open_matrix
from embedprep.matrix.recipe import write_matrix_of
from embedprep.npy import load_array
from embedprep.rectangle import Rectangle
from embedprep.settings import MatrixSettings, VectorSource
from embedprep.sources.archives import opened_inside
from embedprep.tensors import Target
from embedprep.tokenizer.settings import TokenizerSettings
from embedprep.vectors.wanted import FoundVectors
from embedprep.vocabulary import Vocabulary
from tests.test_errors import npy, snapshot

MB = 1_000_000
UNPACKED = 400 * MB
UNPACKED_OF_ARCHIVES = 64 * MB  # which take long to make

_MEASURE = """
import json, resource, subprocess, sys
done = subprocess.run(sys.argv[1:], stdin=subprocess.DEVNULL, capture_output=True, check=False)
peak = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss
peak *= 1 if sys.platform == "darwin" else 1024
print(json.dumps([done.returncode, done.stderr.decode(), peak]))
"""
"""A process between keeps the memory of the tests out of the figure, as what forks passes it on."""


class Measured(NamedTuple):
    status: int
    err: str
    peak: int


def measure(folder: Path, command: str) -> Measured:
    """Run a command; its peak resident memory is in bytes."""
    whole = [sys.executable, "-c", _MEASURE, sys.executable, "-m", "embedprep", *command.split()]
    done = subprocess.run(whole, cwd=folder, stdout=subprocess.PIPE, check=True)
    return Measured(*json.loads(done.stdout))


def assert_refused(folder: Path, command: str, said: str, most: int) -> None:
    """The command fails with this message, takes no more than `most` bytes, and leaves nothing."""
    before = sorted(folder.rglob("*"))
    status, err, peak = measure(folder, command)
    assert (status, err) == (1, f"embedprep: {said}\n")
    assert peak < most, f"{peak / MB:.0f} MB"
    assert sorted(folder.rglob("*")) == before


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty folder with a vocabulary, in which everything happens."""
    monkeypatch.chdir(tmp_path)
    settings = TokenizerSettings("whitespace")
    Vocabulary(("the", "cat"), (5, 3), settings, Rectangle(3)).save("v.json")
    return tmp_path


# What unpacks to more than anybody wants to read.


def packed(begin: bytes, unit: bytes) -> bytes:
    """`begin`, then `unit` over and over, 400 MB of it, in a megabyte or two of gzip."""
    block = gzip.compress(unit * (4 * MB // len(unit)), 1)
    return gzip.compress(begin) + block * (UNPACKED // (4 * MB))


END = "does the text use another line end than LF? else raise --max-line-bytes"
CLOSED = "is a quote not closed? else raise --max-line-bytes"

BOMBS: dict[str, tuple[str, bytes, bytes]] = {
    "line": ("x.txt", b"", b"a"),
    "line of words": ("x.txt", b"", b"a "),
    "record of JSON": ("x.jsonl", b'{"text": "', b"a"),
    "field on one line": ("x.csv", b'text\n"', b"a"),
}


@pytest.mark.parametrize(("name", "begin", "unit"), BOMBS.values(), ids=BOMBS.keys())
def test_a_bomb_of_one_line(name: str, begin: bytes, unit: bytes, folder: Path) -> None:
    Path(name).write_bytes(packed(begin, unit))
    is_table = name == "x.csv"
    command = f"run {name} {'--text-column text' if is_table else ''} -o out"
    line = f"{name}:{2 if is_table else 1}: the line is longer than"
    if name == "x.txt":
        assert_refused(folder, command, f"{line} 67,108,864 bytes; {END}", 250 * MB)
    limit = f"{command} --max-line-bytes 1MB"
    assert_refused(folder, limit, f"{line} 1,000,000 bytes; {END}", 120 * MB)


def test_a_bomb_of_one_field_of_many_lines(folder: Path) -> None:
    Path("x.csv").write_bytes(packed(b'text\n"', b"a\n"))
    command = "run x.csv --text-column text -o out --max-line-bytes 1MB"
    assert_refused(
        folder, command, f"x.csv:2: row 2 is longer than 1,000,000 bytes; {CLOSED}", 120 * MB
    )


NO_VECTORS = (
    "is no vector file that is known; name one of GloVe, word2vec (text or binary) or fastText "
    "(.vec or .bin)"
)


def test_a_bomb_in_place_of_vectors(folder: Path) -> None:
    Path("x").write_bytes(packed(b"", b"a"))
    assert_refused(
        folder, "matrix --vocab v.json --vectors x -o m.npy", f"x: {NO_VECTORS}", 120 * MB
    )


@pytest.mark.parametrize("method", [zipfile.ZIP_DEFLATED, zipfile.ZIP_BZIP2, zipfile.ZIP_LZMA])
def test_a_bomb_in_an_archive(method: int, folder: Path) -> None:
    with (
        zipfile.ZipFile("x.zip", "w", method, compresslevel=1) as archive,
        archive.open("v.txt", "w") as stream,
    ):
        for _ in range(UNPACKED_OF_ARCHIVES // (4 * MB)):
            stream.write(b"a" * (4 * MB))
    command = "matrix --vocab v.json --vectors x.zip -o m.npy"
    assert_refused(folder, command, f"x.zip: {NO_VECTORS}", 90 * MB)


# Archives that lie.


def zipped(content: bytes, method: int) -> bytearray:
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w", method) as archive:
        archive.writestr("v.txt", content)
    return bytearray(stream.getvalue())


def read_inside(name: str) -> bytes:
    with opened_inside(name) as stream:
        return b"".join(iter(lambda: stream.read(1000), b""))


ALL_METHODS = [zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED, zipfile.ZIP_BZIP2, zipfile.ZIP_LZMA]


@pytest.mark.parametrize("method", ALL_METHODS)
@pytest.mark.parametrize("size", [0, 10, 99_999, 4_000_000_000])
def test_an_archive_that_lies_about_the_size_of_a_file(method: int, size: int) -> None:
    content = b"".join(b"%d " % (n * n) for n in range(9000))
    archive = zipped(content, method)
    Path("a.zip").write_bytes(archive)
    assert read_inside("a.zip") == content
    at = archive.index(b"PK\x01\x02")
    if method == zipfile.ZIP_STORED:  # whose two sizes are one
        archive[at + 20 : at + 24] = struct.pack("<I", size)
    archive[at + 24 : at + 28] = struct.pack("<I", size)
    Path("a.zip").write_bytes(archive)
    if method == zipfile.ZIP_DEFLATED and size > len(content):  # its end is in the data
        assert read_inside("a.zip") == content
        return
    # From Python 3.12 on, a file that would lie over the next one is seen when it is opened.
    said = r"a\.zip(/v\.txt: is broken in its archive|: cannot be read as a zip archive) \("
    with pytest.raises(InputError, match=said):
        read_inside("a.zip")


@pytest.mark.parametrize("method", ALL_METHODS)
def test_an_archive_that_lies_about_a_checksum(method: int) -> None:
    archive = zipped(b"the 1 2\n" * 1000, method)
    archive[archive.index(b"PK\x01\x02") + 16] ^= 1
    Path("a.zip").write_bytes(archive)
    with pytest.raises(
        InputError, match=r"is broken in its archive \(.+\); copy the archive again"
    ):
        read_inside("a.zip")


def test_an_archive_whose_table_of_contents_is_huge() -> None:
    """The file is sparse: it takes no room on the disk."""
    n_bytes = 1 << 30
    with open("a.zip", "wb") as stream:
        stream.write(b"PK\x03\x04")
        stream.seek(n_bytes)
        stream.write(struct.pack("<4s4H2IH", b"PK\x05\x06", 0, 0, 1, 1, n_bytes - 4, 4, 0))
    cause = "cannot be read as a zip archive (its table of contents has 1,073,741,820 bytes)"
    with pytest.raises(InputError) as raised:
        read_inside("a.zip")
    assert str(raised.value) == f"a.zip: {cause}; unpack it first, or copy it again"


def test_an_archive_of_bzip2_is_as_long_as_it_says() -> None:
    archive = zipped(b"x" * 5000, zipfile.ZIP_BZIP2)
    [start] = [m.start() for m in re.finditer(re.escape(b"BZh"), archive)]
    whole = bz2.compress(b"x" * 5000)
    assert bytes(archive[start : start + len(whole)]) == whole
    archive[start + len(whole) - 1] ^= 0xFF
    Path("a.zip").write_bytes(archive)
    with pytest.raises(InputError, match="is broken in its archive"):
        read_inside("a.zip")


# Vectors whose header lies.

WHOLE = "copy the file again, or take what is there by --skip-bad-vectors"
BINARY = struct.pack("<4sf", b"the ", 1.0)

LYING_VECTORS: dict[str, tuple[bytes, str]] = {
    "word2vec binary": (
        b"1000000000 300\n" + b"the " + bytes(1200),
        f"its header announces 1,000,000,000 vectors, but it holds 1; {WHOLE}",
    ),
    "word2vec binary, long vectors": (
        b"1000000000 65536\n" + BINARY,
        f"its header announces 1,000,000,000 vectors, but it holds 0; {WHOLE}",
    ),
    "word2vec text": (
        b"999999999999999999 2\nthe 1 2\n",
        f"its header announces 999,999,999,999,999,999 vectors, but it holds 1; {WHOLE}",
    ),
}


@pytest.mark.parametrize(("data", "said"), LYING_VECTORS.values(), ids=LYING_VECTORS.keys())
def test_vectors_whose_header_lies(data: bytes, said: str, folder: Path) -> None:
    Path("x").write_bytes(data)
    assert_refused(folder, "matrix --vocab v.json --vectors x -o m.npy", f"x: {said}", 120 * MB)


def test_no_matrix_is_made_before_a_vector_is_there(monkeypatch: pytest.MonkeyPatch) -> None:
    made: list[tuple[int, int]] = []
    monkeypatch.setattr(FoundVectors, "vectors", property(lambda self: made.append(self.shape)))
    for data in (b"1 65536\n" + BINARY, b"2 3\nthe 1 2\ncat 1 2\n"):
        Path("x").write_bytes(data)
        with pytest.raises(InputError):
            write_matrix_of(
                Path("m.npy"), MatrixSettings(vectors=VectorSource("x")), Path("v.json"), jobs=1
            )
    assert made == []


def test_a_model_of_fasttext_with_absurd_vectors(folder: Path) -> None:
    """All that the header asks for is there, in a sparse file."""
    dim, one_word = 1 << 24, b"the\0" + struct.pack("<qb", 1, 0)
    header = struct.pack("<14id3i2q", 793712314, 12, dim, *[0] * 7, 0, 0, 0, 0, 0.0, 1, 1, 0, 1, -1)
    with open("x.bin", "wb") as stream:
        stream.write(header + one_word + struct.pack("<b2q", 0, 1, dim))
        stream.truncate(stream.tell() + 4 * dim)
    said = (
        "x.bin: holds vectors of 16,777,216 numbers; "
        "name a .bin that fastText or gensim's save_facebook_model wrote"
    )
    assert_refused(folder, "matrix --vocab v.json --vectors x.bin -o m.npy", said, 120 * MB)


# Arrays whose header lies.

AGAIN = "make it again"
ARRAYS: dict[str, bytes] = {
    "beyond the file": npy("(1000000, 2)", "'<i4'", bytes(16)),
    "negative": npy("(-2, -2)", "'<i4'", bytes(16)),
    "a product of 0 in 64 bits": npy("(4294967296, 4294967296)", "'<i4'", bytes(16)),
    "a product of 8 in 64 bits": npy("(6148914691236517206, 3)", "'<i4'", bytes(16)),
    "none, of more than there can be": npy("(0, 4611686018427387904)", "'<i4'", bytes(16)),
    "more than 64 bits": npy(f"({10**30}, 2)", "'<i4'", bytes(16)),
    "no whole number": npy("(2.0, 2)", "'<i4'", bytes(16)),
    "objects": npy("(2, 2)", "'|O'", bytes(32)),
    "records of objects": npy("(2, 2)", "[('a', '|O')]", bytes(32)),
    "text of gigabytes": npy("(2, 2)", "'<U500000000'", bytes(32)),
}


@pytest.mark.parametrize("content", ARRAYS.values(), ids=ARRAYS.keys())
def test_an_array_whose_header_lies(content: bytes) -> None:
    Path("x.npy").write_bytes(content)
    for opened in (open_rows, open_matrix, load_array):
        with pytest.raises(OutputError, match=r"x\.npy: is no array file \(.*\); make it again"):
            opened(Path("x.npy"))


@pytest.mark.parametrize(
    ("content", "held"),
    [
        (npy("()", "'<i4'", bytes(4)), "int32 of shape ()"),
        (
            npy("(2, 2)", "[('a', '<i4'), ('b', '<i4')]", bytes(32)),
            "[('a', '<i4'), ('b', '<i4')] of shape (2, 2)",
        ),
    ],
)
def test_an_array_of_another_form(content: bytes, held: str) -> None:
    Path("x.npy").write_bytes(content)
    for opened, what in ((open_rows, "rows of indices"), (open_matrix, "an embedding matrix")):
        with pytest.raises(OutputError) as raised:
            opened(Path("x.npy"))
        assert raised.value.cause == f"holds {held}, not {what}"


def test_columns_first_are_the_same_rows() -> None:
    np.save("x.npy", np.asfortranarray([[2, 3], [0, 1]]))
    assert open_rows(Path("x.npy")).read(slice(0, 2), 4).tolist() == [[2, 3], [0, 1]]


def test_an_array_with_a_huge_header(folder: Path) -> None:
    """NumPy would read it all; the file is sparse."""
    n_bytes = 1 << 30
    with open("x.npy", "wb") as stream:
        stream.write(b"\x93NUMPY\x02\x00" + struct.pack("<I", n_bytes))
        stream.truncate(12 + n_bytes)
    said = f"x.npy: is no array file (its header has 1,073,741,824 bytes); {AGAIN}"
    assert_refused(folder, "decode x.npy --vocab v.json", said, 120 * MB)


# Vocabularies and manifests.


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ('"max_len": 3', f'"max_len": {10**30}', f"--max-len: {10**30} is over 999,999,999"),
        ('["the", 5]', f'["the", {1 << 63}]', "a count is no number"),
        ('["the", 5]', f'["the", {(1 << 63) - 1}]', "the counts are larger than those of any text"),
        ('"<unk>": 1', f'"<unk>": {10**30}', "special entries are "),
    ],
)
def test_a_vocabulary_of_absurd_numbers(old: str, new: str, said: str) -> None:
    text = Path("v.json").read_text(encoding="utf-8")
    assert old in text
    Path("v.json").write_text(text.replace(old, new), encoding="utf-8")
    with pytest.raises(VocabularyError) as raised:
        Vocabulary.load("v.json")
    assert raised.value.cause.startswith(f"is broken ({said}")


def remove(name: str) -> Callable[[dict[str, Any]], object]:
    return lambda manifest: manifest.pop(name)


def change(name: str, value: Any) -> Callable[[dict[str, Any]], object]:
    return lambda manifest: manifest.update({name: value})


LAYER = {"input_dim": 5, "output_dim": 2, "input_length": 3}
BROKEN: dict[str, tuple[Callable[[dict[str, Any]], object], str]] = {
    "no layer": (remove("embedding"), "does not tell the arguments of the embedding layer"),
    "a layer of text": (
        change("embedding", LAYER | {"input_dim": "5"}),
        "does not tell the arguments of the embedding layer",
    ),
    "a layer of nothing": (
        change("embedding", LAYER | {"input_length": 0}),
        "does not tell the arguments of the embedding layer",
    ),
    "a list in place of a layer": (
        change("embedding", [1]),
        "does not tell the arguments of the embedding layer",
    ),
    "no files": (remove("outputs"), "lists no files"),
    "files of no name": (change("outputs", [{}]), "lists a file without a name"),
    "parts without names": (change("parts", 7), "tells of parts that have no names"),
    "a part outside": (
        change("parts", {"..": {}}),
        'tells of a part "..", which is no name of a folder in it',
    ),
}


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("made")
    (folder / "a.txt").write_text("the cat\nsat\n", encoding="utf-8")
    embedprep.build(folder / "a.txt", folder / "out", dim=2)
    return folder / "out"


@pytest.mark.parametrize(("break_it", "said"), BROKEN.values(), ids=BROKEN.keys())
def test_a_broken_manifest(
    break_it: Callable[[dict[str, Any]], object], said: str, made: Path, folder: Path
) -> None:
    out = shutil.copytree(made, folder / "out")
    manifest = json.loads((out / "manifest.json").read_bytes())
    break_it(manifest)
    (out / "manifest.json").write_text(json.dumps(manifest))
    before = snapshot(folder)
    uses: dict[str, Callable[[], object]] = {
        "load": lambda: embedprep.load(out),
        "rows": lambda: open_rows(out),
        "embed": lambda: embed(out, Target(folder / "x.npy")),
        "matrix": lambda: write_matrix_of(out, MatrixSettings(dim=3)),
        "manifest": lambda: read_manifest_of_rows(out),
    }
    if said.startswith("does not tell the arguments"):  # the rows are listed
        rows, matrix = out / "sequences.npy", out / "embedding_matrix.npy"
        uses["embed of a file"] = lambda: embed(rows, Target(folder / "x.npy"), matrix=matrix)
    for use in uses.values():
        with pytest.raises(EmbedprepError) as raised:
            use()
        place = f"{out / 'manifest.json'}: is broken: it {said}"
        assert str(raised.value) == f"{place}; run the command that makes the output again"
    assert snapshot(folder) == before


def test_a_broken_manifest_is_replaced_by_the_next_run(made: Path, folder: Path) -> None:
    out = shutil.copytree(made, folder / "out")
    manifest = json.loads((out / "manifest.json").read_bytes())
    broken = json.dumps(manifest | {"parts": 7, "embedding": 7})
    (out / "manifest.json").write_text(broken)
    Path("a.txt").write_text("the cat\nsat\n", encoding="utf-8")
    embedprep.build("a.txt", out)
    assert embedprep.verify(out).problems == ()


# What is large.


def test_a_large_output_is_verified_in_little_memory(folder: Path) -> None:
    Path("a.txt").write_text("cat " * 500 + "\n", encoding="utf-8")
    embedprep.build("a.txt", "out", max_len=500)
    out = Path("out")
    n_rows = 100_000
    np.save(out / "sequences.npy", np.full((n_rows, 500), 2, np.int32))
    np.save(out / "lengths.npy", np.full(n_rows, 500, np.int32))
    manifest = json.loads((out / "manifest.json").read_bytes())
    for listed in manifest["outputs"][:2]:
        digest = digest_of(out / listed["name"])
        listed |= {"bytes": digest.n_bytes, "sha256": digest.pieces}
        listed["shape"][0] = n_rows
    assert manifest["outputs"][0]["bytes"] > 200 * MB
    manifest["statistics"] |= {"rows": n_rows, "words": n_rows * 500}
    (out / "manifest.json").write_text(json.dumps(manifest))
    status, err, peak = measure(folder, "verify out -q")
    assert (status, err) == (0, "")
    assert peak < 150 * MB, f"{peak / MB:.0f} MB"


# What is never done.


def test_nothing_is_unpickled_and_arrays_are_opened_in_one_place() -> None:
    """`numpy.load` may run code unless it is told not to, and so may these modules."""
    package = Path(embedprep.__file__).parent
    sources = {path: path.read_text(encoding="utf-8") for path in package.rglob("*.py")}
    modules = re.compile(r"^\s*(import|from) (pickle|shelve|marshal|dill|joblib)\b", re.MULTILINE)
    assert [path.name for path, source in sources.items() if modules.search(source)] == []
    opening = re.compile(r"\bnp\.(load|memmap|fromfile)\(|\bread_array\(|\.open_memmap\(")
    opened = {path.name: opening.findall(source) for path, source in sources.items()}
    assert {name: found for name, found in opened.items() if found} == {"npy.py": ["load"]}
    assert 'np.load(path, mmap_mode="r", allow_pickle=False)' in sources[package / "npy.py"]
