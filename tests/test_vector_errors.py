"""Does each broken file of vectors say what is wrong with it, and is nothing left behind?"""

from __future__ import annotations

import gzip
import io
import os
import pickle
import struct
import subprocess
import zipfile
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from embedprep.errors import EmbedprepError
from embedprep.matrix.making import Matrix
from embedprep.matrix.recipe import write_matrix_of
from embedprep.rectangle import Rectangle
from embedprep.settings import MatrixSettings, VectorSource
from embedprep.tokenizer.settings import TokenizerSettings
from embedprep.vocabulary import Vocabulary
from tests.in_process import call
from tests.test_compression import COMPRESS
from tests.test_errors import CLI, assert_fails, run, snapshot

VOCABULARY = Vocabulary(
    ("the", "cat", "new york"), (5, 3, 1), TokenizerSettings("whitespace"), Rectangle(3)
)


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty folder with a vocabulary, in which everything happens."""
    monkeypatch.chdir(tmp_path)
    VOCABULARY.save("v.json")
    return tmp_path


def make(vectors: str = "v", output: str = "m.npy", **settings: Any) -> Matrix:
    of_source = {name: settings.pop(name) for name in ("skip_bad",) if name in settings}
    chosen = MatrixSettings(vectors=VectorSource(vectors, **of_source), **settings)
    return write_matrix_of(Path(output), chosen, Path("v.json"), jobs=2)


def said(folder: Path, *arguments: str, **settings: Any) -> str:
    """The message of the error, before and after which the folder is the same."""
    before = snapshot(folder)
    with pytest.raises(EmbedprepError) as raised:
        make(*arguments, **settings)
    assert snapshot(folder) == before
    assert raised.value.exit_status == 1
    return str(raised.value)


def save(data: bytes, name: str = "v") -> None:
    Path(name).write_bytes(data)


def binary(*vectors: tuple[bytes, float, float], n: int | None = None) -> bytes:
    listed = b"".join(word + b" " + struct.pack("<2f", *v) + b"\n" for word, *v in vectors)
    return b"%d 2\n" % (len(vectors) if n is None else n) + listed


BINARY = binary((b"the", 1, 2), (b"dog", 3, 4), (b"cat", 5, 6))
TEXT = b"the 1 2\ndog 3 4\ncat 5 6\n"

COPY = "copy the file again, or leave such lines out by --skip-bad-vectors"
WHOLE = "copy the file again, or take what is there by --skip-bad-vectors"
NAME_ONE = "name one of GloVe, word2vec (text or binary) or fastText (.vec or .bin)"
NONE = "has a vector for none of 3 words; is it of the same language and case? try --case-fallback"


def npy(array: np.ndarray[Any, Any]) -> bytes:
    stream = io.BytesIO()
    np.save(stream, array)
    return stream.getvalue()


BROKEN: dict[str, tuple[bytes, str]] = {
    "too few lines": (
        b"4 2\n" + TEXT,
        f"v: its header announces 4 vectors, but it holds 3; {WHOLE}",
    ),
    "too many lines": (
        b"2 2\n" + TEXT,
        f"v: its header announces 2 vectors, but it holds 3; {WHOLE}",
    ),
    "too few binary": (
        BINARY.replace(b"3 2", b"4 2"),
        f"v: its header announces 4 vectors, but it holds 3; {WHOLE}",
    ),
    "too many binary": (
        BINARY.replace(b"3 2", b"2 2"),
        "v: goes on behind the 2 vectors that its header announces; copy the file again",
    ),
    "line cut off": (TEXT[:-3], f"v:3: holds 1 number, not 2; {COPY}"),
    "word cut off": (TEXT[:-6], f"v:3: holds 0 numbers, not 2; {COPY}"),
    "line cut off below a header": (b"3 2\n" + TEXT[:-3], f"v:4: holds 1 number, not 2; {COPY}"),
    "binary cut off": (BINARY[:-3], f"v: its header announces 3 vectors, but it holds 2; {WHOLE}"),
    "gzip cut off": (
        gzip.compress(TEXT * 1000)[:-9],
        "v: is cut off: its gzip data have no end; is the step that writes it finished?",
    ),
    "word not UTF-8": (
        TEXT.replace(b"dog", b"d\xf6g"),
        (
            "v:2: byte 0xf6 is not UTF-8; transcode the file, or leave such lines out by "
            "--skip-bad-vectors"
        ),
    ),
    "binary word not UTF-8": (
        BINARY.replace(b"dog", b"d\xf6g"),
        (
            "v: vector 2: byte 0xf6 of its word is not UTF-8; leave such words out by "
            "--skip-bad-vectors"
        ),
    ),
    "no number": (b"the 1 x\n" + TEXT, f"v:1: 'x' is no number; {COPY}"),
    "two numbers in one": (b"the 1 1.5.5\n" + TEXT, f"v:1: '1.5.5' is no number; {COPY}"),
    "comma": (b"the 1 2,5\n" + TEXT, f"v:1: '2,5' is no number; {COPY}"),
    "ragged": (TEXT + b"sat 1\n", f"v:4: holds 1 number, not 2; {COPY}"),
    "too long": (TEXT + b"sat 0.5 1 2\n", f"v:4: holds 3 numbers, not 2; {COPY}"),
    "counts": (
        b"the 10\ncat 9\n",
        f"v: is a list of words and counts, without vectors; {NAME_ONE}",
    ),
    "counts of numbers": (
        b"2019 512\nthe 400\ncat 9\n",
        f"v: is a list of words and counts, without vectors; {NAME_ONE}",
    ),
    "counts below titles": (
        b"word\tcount\nthe\t400\ncat\t9\n",
        f"v: is a list of words and counts, without vectors; {NAME_ONE}",
    ),
    "blank first": (b"\n\n" + TEXT + b"sat 1\n", f"v:6: holds 1 number, not 2; {COPY}"),
    "none of the words": (b"dog 1 2\nsat 1 2\n", f"v: {NONE}"),
    "none but <unk>": (b"<unk> 1 2\nsat 1 2\n", f"v: {NONE}"),
    "none of the words, binary": (binary((b"dog", 1, 2)), f"v: {NONE}"),
    "HTML": (
        b"\n<!DOCTYPE html>\n<html><body>404</body></html>",
        "v: is a web page; download the file itself",
    ),
    "LFS pointer": (
        b"version https://git-lfs.github.com/spec/v1\noid sha256:00\nsize 1\n",
        "v: is a Git LFS pointer in place of the file; fetch it by `git lfs pull`",
    ),
    "pickle": (
        pickle.dumps({"the": [1.0]}),
        (
            "v: is a pickle, which may run code when it is read; save it as word2vec text, in "
            "gensim by `save_word2vec_format`"
        ),
    ),
    "npy": (npy(np.zeros((2, 2))), f"v: is a NumPy array, without words; {NAME_ONE}"),
    "empty": (b"", "v: holds no vectors; is the step that writes it finished?"),
    "blank": (b" \n\n", "v: holds no vectors; is the step that writes it finished?"),
    "mark": (b"\xef\xbb\xbf", "v: holds no vectors; is the step that writes it finished?"),
    "empty gzip": (gzip.compress(b""), "v: holds no vectors; is the step that writes it finished?"),
    "header alone": (b"3 2\n", f"v: its header announces 3 vectors, but it holds 0; {WHOLE}"),
    "header of none": (b"0 2\n", f"v: {NONE}"),
    "header of long vectors": (
        b"3 99999999999\nthe 1 2\n",
        (
            "v:1: announces vectors of 99,999,999,999 numbers; is it whole, and a vector file? "
            "copy it again"
        ),
    ),
    "header of empty vectors": (
        b"3 0\nthe\n",
        "v:1: announces vectors of 0 numbers; is it whole, and a vector file? copy it again",
    ),
    "header of many vectors": (
        b"99999999999 2\nthe 1 2\n",
        f"v: its header announces 99,999,999,999 vectors, but it holds 1; {WHOLE}",
    ),
    "header of many binary vectors": (
        binary((b"the", 1, 2), n=99999999999),
        f"v: its header announces 99,999,999,999 vectors, but it holds 1; {WHOLE}",
    ),
    "header of more numbers": (b"3 3\n" + TEXT, f"v:2: holds 2 numbers, not 3; {COPY}"),
    "text": (b"the cat sat\non a mat\n" * 9, f"v: is no vector file that is known; {NAME_ONE}"),
    "NULs": (bytes(5000), f"v: is no vector file that is known; {NAME_ONE}"),
    "UTF-16": (TEXT.decode().encode("utf-16"), f"v: is no vector file that is known; {NAME_ONE}"),
}


@pytest.mark.parametrize(("data", "message"), BROKEN.values(), ids=BROKEN.keys())
def test_a_broken_file_is_refused(data: bytes, message: str, folder: Path) -> None:
    save(data)
    assert said(folder) == message


def test_a_text_is_no_vector_file(folder: Path) -> None:
    save((Path(__file__).parents[1] / "README.md").read_bytes())
    assert said(folder) == f"v: is no vector file that is known; {NAME_ONE}"


LEFT_OUT: dict[str, tuple[bytes, list[list[float] | None], list[str]]] = {
    "too few lines": (
        b"4 2\n" + TEXT,
        [[1, 2], [5, 6]],
        ["v: its header announces 4 vectors, but it holds 3"],
    ),
    "line cut off": (
        TEXT[:-3],
        [[1, 2], None],
        ["v: 1 vector left out that cannot be read, first v:3: holds 1 number, not 2"],
    ),
    "several": (
        b"sat 1\n" + TEXT + b"cat x 1\nd\xf6g 1 2\n",
        [[1, 2], [5, 6]],
        ["v: 3 vectors left out that cannot be read, first v:1: holds 1 number, not 2"],
    ),
    "the second of two may be right": (
        b"cat 1 x\n" + TEXT,
        [[1, 2], [5, 6]],
        ["v: 1 vector left out that cannot be read, first v:1: 'x' is no number"],
    ),
    "binary cut off": (
        BINARY[:-3],
        [[1, 2], None],
        ["v: its header announces 3 vectors, but it holds 2"],
    ),
    "binary word not UTF-8": (
        BINARY.replace(b"dog", b"d\xf6g"),
        [[1, 2], [5, 6]],
        [
            (
                "v: 1 vector left out that cannot be read, first v: vector 2: "
                "byte 0xf6 of its word is not UTF-8"
            )
        ],
    ),
    "NaN": (
        b"cat nan 1\n" + TEXT,
        [[1, 2], [5, 6]],
        ['v:1: the vector of "cat" holds NaN or infinity; left out'],
    ),
}


@pytest.mark.parametrize(("data", "found", "warnings"), LEFT_OUT.values(), ids=LEFT_OUT.keys())
def test_bad_vectors_may_be_left_out(
    data: bytes, found: list[list[float] | None], warnings: list[str]
) -> None:
    save(data)
    made = make(skip_bad=True, oov_init="zeros")
    assert made.values[2:4].tolist() == [row or [0, 0] for row in found]
    assert list(made.warnings) == warnings
    assert made.saved["skip_bad_vectors"]
    np.testing.assert_array_equal(np.load("m.npy"), made.values, strict=True)


@pytest.mark.parametrize(
    ("data", "place"),
    [
        (b"dog nan nan\nthe 1 inf\ncat -inf 1\nnew york 1e39 1\n", "v:2"),
        (b"2 2\nthe 1 nan\n\ncat nan 1\n", "v:2"),
        (binary((b"dog", np.inf, 0), (b"the", 1, np.nan), (b"cat", np.nan, 1)), "v: vector 2"),
    ],
)
def test_what_is_not_finite_is_told(data: bytes, place: str) -> None:
    save(data)
    n_odd = 3 if b"york" in data else 2
    made = make()
    told = f'{place}: the vector of "the" holds NaN or infinity, one of {n_odd} that do; '
    assert made.warnings == (f"{told}leave such vectors out by --skip-bad-vectors",)
    assert not np.isfinite(made.values[[2, 3]]).all(axis=1).any()
    assert np.isfinite(made.values[[0, 1]]).all()
    assert made.statistics["vectors_left_out"] == 0
    save(data + (b"the 7 8\n" if place == "v:2" and not data.startswith(b"2 2") else b""))
    if n_odd == 3:
        left_out = make(skip_bad=True)
        assert left_out.warnings == (f"{told}left out",)
        assert left_out.values[2].tolist() == [7, 8]
        assert left_out.statistics["vectors_left_out"] == 3
        assert left_out.statistics["words_found"] == 1
        assert np.isfinite(left_out.values).all()


def test_a_file_of_none_but_infinite_vectors_is_refused_where_they_are_left_out(
    folder: Path,
) -> None:
    save(b"the inf 1\n")
    assert said(folder, skip_bad=True) == f"v: {NONE}"


def test_what_a_path_leads_to_is_told(folder: Path) -> None:
    assert said(folder, "nowhere/v") == "nowhere/v: no such file; check the path"
    Path("d").mkdir()
    assert said(folder, "d") == "d: is a folder, not a file; name a file in it"
    long = "x" * 300
    assert said(folder, long) == (
        f"{long}: cannot be read (File name too long); check the path and its permissions"
    )
    save(TEXT)
    assert said(folder, "v/inner") == (
        "v/inner: cannot be read (Not a directory); check the path and its permissions"
    )
    assert said(folder, "v", "d") == (
        "d: has no manifest.json, so it is unfinished; run the command that makes it again"
    )


@pytest.mark.skipif(os.geteuid() == 0, reason="root may read everything")
def test_an_unreadable_file_is_told(folder: Path) -> None:
    save(TEXT)
    Path("v").chmod(0)
    assert said(folder) == (
        "v: cannot be read (Permission denied); check the path and its permissions"
    )


def test_another_dimension_is_told(folder: Path) -> None:
    remedy = "leave --dim out, or name another file"
    for data in (TEXT, BINARY, b"3 2\n" + TEXT):
        save(data)
        assert said(folder, dim=3) == f"v: holds vectors of 2 numbers, not the 3 of --dim; {remedy}"
        assert make(dim=2).values.shape == (5, 2)
        Path("m.npy").unlink()


def test_vectors_may_be_of_one_number() -> None:
    for data in (b"the 1.0\ncat 2\n", b"2 1\nthe 1\ncat 2\n", b"2 2\nthe 1\ncat 2.0\n"):
        save(data)
        assert make(oov_init="zeros").values.tolist() == [[0], [0], [1], [2], [0]]


def test_vectors_near_the_largest_number_make_no_infinity() -> None:
    save(b"the 0.5 3e38\ncat 1.5 -3e38\n")
    Vocabulary(("the", "cat", "a", "b", "c"), (1,) * 5, TokenizerSettings(), Rectangle(3)).save(
        "v.json"
    )
    assert np.isfinite(make().values).all()


def test_words_may_be_numbers() -> None:
    Vocabulary(("2", "3"), (1, 1), TokenizerSettings(), Rectangle(3)).save("v.json")
    for data in (b"2 0.5 0.25\n3 1 2\n", b"2 0.5\n3 1.5\n", b"2 3\n3 4.5\n"):
        save(data)
        expected = [list(map(float, line.split()[1:])) for line in data.splitlines()]
        assert make().values[2:].tolist() == expected


def test_other_numbers_of_words_than_of_numbers() -> None:
    """Words of one column are told from spaces in words from the right."""
    save(b"new york 1 2\nthe 3 4\nthe old cat 5 6\n")
    assert make(oov_init="zeros").values.tolist() == [[0, 0], [0, 0], [3, 4], [0, 0], [1, 2]]


# Compressed, and in archives.


def test_what_is_compressed_is_read_as_it_is() -> None:
    made = []
    for data in (TEXT, BINARY):
        for compress in (bytes, *COMPRESS.values()):
            save(compress(data))
            made.append(make().values.tobytes())
    assert len(set(made)) == 1


def test_vectors_come_from_standard_input(folder: Path) -> None:
    Path("-").write_bytes(b"a file of this name is another thing")
    command = [*CLI, "matrix", "--vocab", "v.json", "--vectors", "-", "-o", "m.npy", "-q"]
    subprocess.run(command, cwd=folder, input=gzip.compress(BINARY), check=True)
    assert np.load("m.npy")[2:4].tolist() == [[1, 2], [5, 6]]


def zipped(files: dict[str, bytes], method: int = zipfile.ZIP_DEFLATED) -> bytes:
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w", method) as archive:
        for name, data in files.items():
            archive.writestr(zipfile.ZipInfo(name), data, method)
    return stream.getvalue()


def test_an_archive_is_read_like_a_folder() -> None:
    files = {"a/v.txt": TEXT, "v.bin.gz": gzip.compress(BINARY)}
    save(zipped(files), "a.zip")
    save(zipped({"d/": b"", "d/v": TEXT}), "one")
    made = [make(name).values.tobytes() for name in ("a.zip/a/v.txt", "a.zip/v.bin.gz", "one")]
    assert len(set(made)) == 1


def test_what_an_archive_lacks_is_told(folder: Path) -> None:
    save(zipped({"a.txt": TEXT, "b/c.txt": TEXT}), "a.zip")
    have = 'it holds "a.txt" | "b/c.txt"'
    assert said(folder, "a.zip") == f"a.zip: holds 2 files; name one, as a.zip/a.txt; {have}"
    assert said(folder, "a.zip/c.txt") == f"a.zip/c.txt: no such file in the archive; {have}"
    save(zipped({}), "b.zip")
    assert said(folder, "b.zip") == "b.zip: holds no file; check the path"
    save(zipped({"v": b""}), "c.zip")
    assert said(folder, "c.zip") == (
        "c.zip: holds no vectors; is the step that writes it finished?"
    )


def test_a_broken_archive_is_told(folder: Path) -> None:
    remedy = "unpack it first, or copy it again"
    whole = zipped({"v.txt": TEXT * 50})
    save(whole[:-30], "cut.zip")
    assert said(folder, "cut.zip") == (
        f"cut.zip: cannot be read as a zip archive (File is not a zip file); {remedy}"
    )
    encrypted = bytearray(zipped({"v.txt": TEXT}))
    encrypted[6] |= 1
    encrypted[encrypted.index(b"PK\x01\x02") + 8] |= 1
    save(bytes(encrypted), "e.zip")
    assert said(folder, "e.zip") == (
        "e.zip: cannot be read as a zip archive (File 'v.txt' is encrypted, password required for "
        f"extraction); {remedy}"
    )


@pytest.mark.parametrize("method", [zipfile.ZIP_DEFLATED, zipfile.ZIP_BZIP2, zipfile.ZIP_LZMA])
def test_a_broken_file_in_an_archive_is_told(method: int, folder: Path) -> None:
    lines = b"".join(b"w%d %d.5 2\n" % (n * n, n) for n in range(500))
    whole = zipped({"v.txt": TEXT + lines}, method)
    for place in (100, 500, 1000):
        broken = bytearray(whole)
        broken[place] ^= 0xFF
        save(bytes(broken), "b.zip")
        assert said(folder, "b.zip").endswith("); copy the archive again")
        assert said(folder, "b.zip").startswith("b.zip/v.txt: is broken in its archive (")


# Outputs.


def test_an_input_is_never_overwritten(folder: Path) -> None:
    save(TEXT)
    save(zipped({"v.txt": TEXT}), "a.zip")
    remedy = "is also an input and would be overwritten; name another -o"
    for vectors, output in (
        ("v", "v"),
        ("a.zip", "a.zip"),
        ("a.zip/v.txt", "a.zip"),
        ("v", "v.json"),
    ):
        assert said(folder, vectors, output) == f"{output}: {remedy}"


def test_the_list_of_missing_words_is_no_other_file(folder: Path) -> None:
    save(TEXT)
    remedy = "is also an input and would be overwritten; name another -o"
    command = "matrix --vocab v.json --vectors v -o m.npy --missing"
    assert_fails(folder, f"{command} m.npy", "m.npy: is also the matrix; name another --missing")
    assert_fails(folder, f"{command} v", f"v: {remedy}")
    assert run(folder, f"{command} missing.txt -q").status == 0
    assert Path("missing.txt").read_bytes() == b"new york\t1\n"


def test_a_matrix_too_large_for_the_disk_is_refused(folder: Path) -> None:
    before = snapshot(folder)
    with pytest.raises(EmbedprepError) as raised:
        write_matrix_of(Path("m.npy"), MatrixSettings(10**12), Path("v.json"))
    assert str(raised.value).startswith(
        "m.npy: would take 20 TB for 5 vectors of 1,000,000,000,000, and the disk has "
    )
    assert str(raised.value).endswith(" left; choose a smaller --dim")
    assert snapshot(folder) == before


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (
            "-o m.npy",
            "Invalid value for '--vocab': is missing, and -o names no output that has one",
        ),
        (
            "--vocab v.json -o -",
            "Invalid value for '-o' / '--output': a matrix cannot go to standard output",
        ),
        (
            "--vocab v.json -o m.npy --missing x",
            "Invalid value for '--missing': means nothing without --vectors",
        ),
        (
            "--vocab v.json -o m.npy --vectors v --missing -",
            "Invalid value for '--missing': this list cannot go to standard output",
        ),
        ("--vocab v.json -o m.npy --oov-init mean", "--oov-init means nothing without --vectors."),
        (
            "--vocab v.json -o m.npy --case-fallback",
            "--case-fallback means nothing without --vectors.",
        ),
        (
            "--vocab v.json -o m.npy --skip-bad-vectors",
            "--skip-bad-vectors means nothing without --vectors.",
        ),
        (
            "--vocab v.json -o m.npy --vectors v --init normal",
            "--init means nothing with --vectors: see --oov-init.",
        ),
        (
            "--vocab v.json -o m.npy --dim 0",
            "Invalid value for '--dim': 0 is not in the range x>=1.",
        ),
        (
            "--vocab v.json -o m.npy --init mean",
            "Invalid value for '--init': 'mean' is not one of 'uniform', 'normal', 'zeros'.",
        ),
    ],
)
def test_a_wrong_command_line_is_told(options: str, message: str, folder: Path) -> None:
    before = snapshot(folder)
    ended = call(f"matrix {options}")
    assert ended.exit_code == 2
    assert ended.output.splitlines()[-1] == f"Error: {message}"
    assert snapshot(folder) == before


def test_text_and_vectors_are_not_both_standard_input() -> None:
    ended = call("run - --vectors - -o out")
    assert ended.exit_code == 2
    assert "Standard input is either the text or the --vectors." in ended.output
    assert os.listdir() == ["v.json"]


def test_an_error_says_one_line_and_warnings_are_told_once(folder: Path) -> None:
    save(TEXT[:-3])
    command = "matrix --vocab v.json --vectors v -o m.npy"
    assert_fails(folder, command, f"v:3: holds 1 number, not 2; {COPY}")
    ended = run(folder, f"{command} --skip-bad-vectors")
    assert ended.status == 0
    assert ended.err == (
        "embedprep: warning: v: 1 vector left out that cannot be read, "
        "first v:3: holds 1 number, not 2\n"
    )
    assert ended.out == (
        "m.npy: 5 vectors of 2, float32\n"
        "  found words       1  (33.33% of the kept words have a vector)\n"
        "  as running words  5  (55.56% of the running words)\n"
        '  missing words     2  ("cat", "new york")\n'
    )
