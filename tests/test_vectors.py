"""Are the vectors found that a file of vectors holds, in whatever pieces it is read?"""

from __future__ import annotations

import gzip
import struct
from collections.abc import Iterator, Sequence
from itertools import pairwise
from pathlib import Path
from typing import Any
from unittest.mock import patch

import numpy as np
import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from numpy.typing import NDArray

from embedprep.dictionary import Lookup, WordArray
from embedprep.digests import Digest
from embedprep.engines import ThreadEngine
from embedprep.errors import InputError
from embedprep.hashing import Secret
from embedprep.settings import VectorSource
from embedprep.vectors import formats, reading
from embedprep.vectors.binary import find_in_vectors, whole_vectors
from embedprep.vectors.formats import TEXT, WORD2VEC, VectorFormat, recognise
from embedprep.vectors.reading import VectorsRead, read_vectors
from embedprep.vectors.text import find_in_lines
from embedprep.vectors.wanted import FoundVectors, Wanted
from tests import twins
from tests.texts import characters

Found = list[tuple[int, bytes, bytes]]
"""The number in the block, the word and the bytes of the vector."""


def lookup_of(words: Sequence[bytes]) -> Lookup:
    secret = Secret.draw()
    return Lookup(WordArray.of(words, secret), secret)


def read(
    path: Path,
    words: Sequence[str],
    *,
    jobs: int | None = None,
    digest: Digest | None = None,
    **source: Any,
) -> VectorsRead:
    with ThreadEngine(jobs) as engine:
        return read_vectors(
            VectorSource(str(path), **source), words, 0, engine=engine, digest=digest
        )


# Which format it is.


def vector_format(head: bytes) -> VectorFormat:
    return recognise(head, "v")


@pytest.mark.parametrize(
    ("head", "expected"),
    [
        (b"the 0.1 -2\ncat 1e-5 .5\n", (TEXT, 2, None, 0)),
        (b"the 0.1 -2 \ncat 1 2 \n", (TEXT, 2, None, 0)),
        (b"\xef\xbb\xbfthe 0.1 -2\n", (TEXT, 2, None, 3)),
        (b"the\t0.1\t-2", (TEXT, 2, None, 0)),
        (b". . 0.1 -2\nat b 1 2\nc 1 2\n", (TEXT, 2, None, 0)),
        (b"the nan -inf\n", (TEXT, 2, None, 0)),
        (b"ragged 1\nthe 1 2\ncat 1 2\n", (TEXT, 2, None, 0)),
        (b"2 0.1 0.2\n3 4 5\n", (TEXT, 2, None, 0)),  # the words are numbers
        (b"1 2\n3 4.5\n", (TEXT, 1, None, 0)),  # they are, and each vector is a number
        (b"2 2\nthe 1 2\ncat 1 2\n", (TEXT, 2, 2, 4)),
        (b"2 2\r\nthe 1 2\r\n", (TEXT, 2, 2, 5)),
        (b"\xef\xbb\xbf2 1\nthe 1\n", (TEXT, 1, 2, 7)),
        (b"2 1\n3 0.5\n4 0.5\n", (TEXT, 1, 2, 4)),
        (b"2 2\nnew york 1 2\n", (TEXT, 2, 2, 4)),
        (b"2 2\ncaf\xe9 1 2\n", (TEXT, 2, 2, 4)),
        (b"2 2\n", (TEXT, 2, 2, 4)),
        (b"1 2\nthe " + struct.pack("<2f", 1, 0), (WORD2VEC, 2, 1, 4)),
        (b"1 2\ncaf\xe9 " + struct.pack("<2f", 1.1, 2.2), (WORD2VEC, 2, 1, 4)),
    ],
)
def test_a_format_is_told_by_its_first_bytes(head: bytes, expected: tuple[object, ...]) -> None:
    assert vector_format(head) == expected


# Lines of text.

words_of_texts = st.one_of(
    st.sampled_from(
        ["the", "cat", "new york", ". .", " ", "  ", "1", "1.5", "at name@a.b", "\u00a0"]
    ),
    st.text(characters, min_size=1, max_size=12),
)
numbers = st.one_of(
    st.sampled_from(
        ["0.1", "-0.0418", "1", "-1", "0", "-0.0", "1e-05", "-2.5E3", "1e39", ".5", "5."]
    ),
    st.sampled_from(["nan", "-nan", "inf", "-inf", "0.30000000000000004", "123456789.125", "+1.0"]),
    st.floats(width=32).map(repr),
)
odd_fields = st.sampled_from(["x", "1.5.5", "1-2", "0x1", "1,5", "-", ".", "", "é", "1.5f", "--1"])
lines = st.builds(
    lambda word, fields, gap, end: (word + "".join(gap + f for f in fields) + end).encode(),
    words_of_texts,
    st.lists(st.one_of(numbers, numbers, numbers, odd_fields), max_size=4),
    st.sampled_from([" ", " ", " ", "\t", "  "]),
    st.sampled_from(["", "", " ", "  ", "\t", "\r"]),
)
any_lines = st.one_of(
    lines, lines, lines, st.just(b""), st.binary(max_size=9).map(lambda b: b.replace(b"\n", b""))
)


def pieces(data: bytes, cuts: Sequence[int]) -> Iterator[bytes]:
    places = sorted({0, len(data), *(cut % (len(data) + 1) for cut in cuts)})
    for start, end in pairwise(places):
        yield data[start:end]


cuts = st.lists(st.integers(0, 1000), max_size=9)


@given(st.lists(any_lines, max_size=12), st.integers(1, 3), cuts, st.data())
@example([b"the 1.5.5", b"cat x"], 1, [], None)
@example([b"the 1-2", b"cat  "], 1, [], None)
@example([b"the 1.5 2", b"top 10 2", b"new york .5 2", b"a 1e5 2", b"a 5. 2"], 1, [], None)
@example([b"a b 0.5", b" 0.5", b"  0.5", b"\t\t0.5", b" ", b"\r", b"the 1\r"], 1, [], None)
def test_lines_give_what_their_twin_gives(
    some: list[bytes], dim: int, cuts: list[int], data: st.DataObject | None
) -> None:
    parsed = [twins.vector_line(line, dim) for line in some]
    there = list(dict.fromkeys(p.word for p in parsed if p is not None and p.word))
    wanted = there
    if data is not None:
        wanted = [word for word in there if data.draw(st.booleans())]
    expected: Found = []
    bad = []
    is_blank = [len(line) < 2 and line <= b" " for line in some]
    for number, p in enumerate(parsed):
        if is_blank[number]:
            continue
        if p is None or (p.word in wanted and p.numbers is None):
            bad.append(number)
        elif p.word in wanted:
            with np.errstate(over="ignore"):
                vector = np.array(p.numbers).astype(np.float32)
            expected.append((number, p.word, vector.tobytes()))

    data_of_lines = b"\n".join(some) + (b"\n" if not some or is_blank[-1] else b"")
    parts: list[bytes | memoryview] = list(pieces(data_of_lines, cuts))
    found = find_in_lines(parts, dim, lookup_of(wanted))
    assert found.vectors.dtype == np.float32
    assert found.vectors.shape == (len(expected), dim)
    spelled = [wanted[i] for i in found.spellings.tolist()]
    vectors = [vector.tobytes() for vector in found.vectors]
    assert list(zip(found.numbers.tolist(), spelled, vectors, strict=True)) == expected
    assert [line.number for line in found.bad] == bad
    assert found.is_finite.tolist() == np.isfinite(found.vectors).all(axis=1).tolist()
    assert found.n_lines == max(len(some), 1)
    assert found.n_vectors == is_blank.count(False) - len(bad)


@pytest.mark.parametrize(
    ("line", "cause"),
    [
        (b"the 0.1", "holds 1 number, not 2"),
        (b"the", "holds 0 numbers, not 2"),
        (b"the 0.1 x", "'x' is no number"),
        (b"the 0.1 1.5.5", "'1.5.5' is no number"),
        (b"the 0.1 ", "holds 1 number, not 2"),
        (b"the  0.1", "holds 1 number, not 2"),
        (b"the 0.1 \xff", "byte 0xff is not UTF-8"),
    ],
)
def test_what_is_wrong_with_a_line_is_told(line: bytes, cause: str) -> None:
    found = find_in_lines([b"cat 1 2\n", line], 2, lookup_of([b"the", b"cat"]))
    [bad] = found.bad
    assert (bad.number, bad.cause) == (1, cause)
    assert found.vectors.tolist() == [[1, 2]]


# word2vec binary.


@given(
    st.lists(
        st.tuples(
            st.one_of(
                words_of_texts.map(lambda w: w.replace(" ", "_").lstrip("\n").encode()),
                st.binary(max_size=6).map(lambda b: b.replace(b" ", b"_").lstrip(b"\n")),
            ),
            st.binary(min_size=8, max_size=8),
            st.sampled_from([b"", b"\n"]),
        ),
        max_size=9,
    ),
    cuts,
    st.integers(0, 20),
)
def test_binary_vectors_are_those_of_their_twin_in_any_pieces(
    some: list[tuple[bytes, bytes, bytes]], cuts: list[int], n_cut: int
) -> None:
    data = b"".join(word + b" " + vector + end for word, vector, end in some)
    data = data[: len(data) - n_cut] if n_cut < 10 else data
    parsed = twins.binary_vectors(data, 2, len(some))
    expected, bad = [], []
    for number, (word, vector) in enumerate(parsed):
        try:
            word.decode("utf-8")
        except UnicodeDecodeError:
            bad.append(number)
        else:
            expected += [(number, word, vector)] if word else []
    wanted = list(dict.fromkeys(word for _, word, _ in expected))

    found: Found = []
    found_bad = []
    n_before = 0
    for block in whole_vectors(pieces(data, cuts), 2, len(some), "v"):
        part = find_in_vectors(block, 2, lookup_of(wanted))
        spelled = [wanted[i] for i in part.spellings.tolist()]
        vectors = [vector.tobytes() for vector in part.vectors]
        places = (part.numbers + n_before).tolist()
        found += zip(places, spelled, vectors, strict=True)
        found_bad += [n_before + b.number for b in part.bad]
        assert part.n_vectors + len(part.bad) == part.n_lines
        n_before += part.n_lines
    assert n_before == len(parsed)
    assert (found, found_bad) == (expected, bad)


# Which word gets which vector.


@given(
    st.lists(words_of_texts, unique=True, max_size=6),
    st.lists(st.tuples(words_of_texts, st.sampled_from([str, str.lower, str.title, str.upper]))),
    st.booleans(),
    st.integers(1, 5),
    st.data(),
)
def test_each_word_gets_the_first_of_its_best_spelling(
    words: list[str],
    more: list[tuple[str, Any]],
    case_fallback: bool,
    at_once: int,
    data: st.DataObject,
) -> None:
    pool = [spell(word) for word, spell in more]
    pool += [s for w in words for s in (w, w.lower(), w.title(), w.upper())]
    in_file = data.draw(st.lists(st.sampled_from(pool), max_size=12)) if pool else []
    wanted = Wanted.of(words, 2, case_fallback)
    found = FoundVectors(wanted, len(words) + 2, 1)
    for start in range(0, len(in_file), at_once):
        some = in_file[start : start + at_once]
        lookup = wanted.lookup
        spellings = lookup.find(WordArray.of((s.encode() for s in some), lookup.secret))
        is_wanted = spellings < lookup.n_words
        values = np.arange(start, start + len(some), dtype=np.float32)[:, None]
        found.add(spellings[is_wanted], values[is_wanted])
    expected = twins.found_vectors(words, in_file, case_fallback)
    assert found.is_found.tolist() == [False, False, *(place is not None for place in expected)]
    assert found.vectors[2:, 0].tolist() == [place or 0 for place in expected]


def test_of_equal_words_the_first_counts(tmp_path: Path) -> None:
    (tmp_path / "v").write_bytes(b"5 1\nCat 1\nCAT 2\ncat 3\ncat 4\nTHE 5\n")
    assert read(tmp_path / "v", ["cat", "the"]).found.vectors.tolist() == [[3], [0]]
    folded = read(tmp_path / "v", ["cat", "the", "cAT"], case_fallback=True)
    assert folded.found.vectors.tolist() == [[3], [5], [3]]
    assert folded.n_vectors == 5


# Whole files.

FILES = {
    "similarity.bin": (41, 100),
    "similarity.txt": (41, 100),
    "similarity.nodims": (41, 100),
    "sample_vec.bin": (163, 200),
    "sample_vec.txt": (163, 200),
    "glove.6B.50d.5403rows.txt": (5403, 50),
    "lee_fasttext.vec": (1762, 10),
}
HEADLESS = ("similarity.nodims", "sample_vec.txt", "glove.6B.50d.5403rows.txt")


# gensim reads a file without a header twice, and leaves it open once.
@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")
@pytest.mark.filterwarnings("ignore:unclosed file:ResourceWarning")
@pytest.mark.parametrize("name", FILES)
def test_every_row_is_that_of_gensim(name: str, shared: Path) -> None:
    gensim = pytest.importorskip("gensim.models", reason="gensim is not installed")
    path = shared / "vectors" / name
    known = gensim.KeyedVectors.load_word2vec_format(
        str(path), binary=name.endswith(".bin"), no_header=name in HEADLESS
    )
    assert known.vectors.shape == FILES[name]
    words = known.index_to_key
    backwards = read(path, [*reversed(words), "no such word"])
    assert backwards.warnings == ()
    assert backwards.n_vectors == len(words)
    assert backwards.found.is_found.tolist() == [True] * len(words) + [False]
    assert backwards.found.vectors[:-1][::-1].tobytes() == known.vectors.tobytes()


def words_of(path: Path) -> list[str]:
    return [line.split(" ")[0] for line in path.read_text("utf-8").splitlines()]


def test_one_model_is_the_same_in_every_format(shared: Path) -> None:
    folder = shared / "vectors"
    words = words_of(folder / "similarity.nodims")
    by_name = {n: read(folder / n, words).found.vectors for n in FILES if n.startswith("sim")}
    binary = by_name.pop("similarity.bin")
    assert binary.any(axis=1).all()
    for vectors in by_name.values():  # shortest decimals of float32 lose nothing
        assert vectors.tobytes() == binary.tobytes()


def test_six_decimals_are_as_near_as_they_can_be(shared: Path) -> None:
    folder = shared / "vectors"
    words = words_of(folder / "sample_vec.txt")
    text, binary = (read(folder / f"sample_vec.{k}", words).found for k in ("txt", "bin"))
    assert text.is_found.all()
    assert binary.is_found.all()
    np.testing.assert_allclose(text.vectors, binary.vectors, rtol=0, atol=1.65e-4)


def facts_of(result: VectorsRead) -> tuple[object, ...]:
    return (result.found.vectors.tobytes(), result.n_vectors, result.n_bad, result.warnings)


@pytest.mark.parametrize("name", ["glove.6B.50d.5403rows.txt", "sample_vec.bin"])
def test_blocks_and_jobs_change_nothing(name: str, shared: Path, tmp_path: Path) -> None:
    data = (shared / "vectors" / name).read_bytes()
    data = data.replace(b"\nat ", b"\n\xffat ").replace(b"\nto ", b"\n\nto nan ")
    (tmp_path / "v").write_bytes(data)
    words = ["the", "to", "at", "</s>", "involves"]
    words += [str(n) for n in range(2000)]
    results = set()
    digests = set()
    for block_bytes, head_bytes in ((1 << 20, 1 << 20), (1 << 12, 1 << 14), (997, 1 << 13)):
        for jobs in (1, 3):
            with (
                patch.object(reading, "BLOCK_BYTES", block_bytes),
                patch.object(reading, "HEAD_BYTES", head_bytes),
                patch.object(formats, "HEAD_BYTES", head_bytes),
            ):
                digest = Digest()
                result = read(tmp_path / "v", words, jobs=jobs, digest=digest, skip_bad=True)
            results.add(facts_of(result))
            digests.add((digest.n_bytes, *digest.pieces))
    assert len(results) == 1
    whole = Digest()
    whole.update(data)
    assert digests == {(whole.n_bytes, *whole.pieces)}


def test_all_of_a_broken_file_is_in_its_digest(tmp_path: Path) -> None:
    """Behind 64 KiB without a space nothing can be read."""
    vector = struct.pack("<1f", 0.5)
    data = b"9 1\nthe " + vector + b"x" * 300_000
    (tmp_path / "v").write_bytes(data)
    with patch.object(reading, "BLOCK_BYTES", 4096), patch.object(reading, "HEAD_BYTES", 4096):
        digest = Digest()
        result = read(tmp_path / "v", ["the"], digest=digest, skip_bad=True)
    assert result.found.vectors.tolist() == [[0.5]]
    assert digest.n_bytes == len(data)


def test_lines_are_counted_where_they_stand(tmp_path: Path) -> None:
    rows = [b"%d 0.5 0.5\n" % n for n in range(3000)]
    rows[2345] = b"\n" + rows[2345]
    rows[2900] = b"2900 0.5 x\n"
    (tmp_path / "v").write_bytes(gzip.compress(b"3000 2\n" + b"".join(rows)))
    with patch.object(reading, "BLOCK_BYTES", 256), patch.object(reading, "HEAD_BYTES", 256):
        with pytest.raises(InputError) as raised:
            read(tmp_path / "v", ["2900"])
        result = read(tmp_path / "v", ["2900", "2999"], skip_bad=True)
    assert str(raised.value) == (
        f"{tmp_path / 'v'}:2903: 'x' is no number; "
        "copy the file again, or leave such lines out by --skip-bad-vectors"
    )
    assert result.found.is_found.tolist() == [False, True]
    assert (result.n_vectors, result.n_bad) == (3000, 1)


def values(result: VectorsRead) -> NDArray[np.float32]:
    return result.found.vectors


def test_a_word_may_hold_any_characters(tmp_path: Path) -> None:
    words = ["new york", "…", "İstanbul", "a\u00a0b", "1 1/2", "😀", "$", "e\u0301"]
    lines = "".join(f"{word} {i}.5 -1\n" for i, word in enumerate(words))
    (tmp_path / "v").write_text(lines, encoding="utf-8", newline="\n")
    assert values(read(tmp_path / "v", words)).tolist() == [[i + 0.5, -1] for i in range(8)]
    (tmp_path / "v").write_text(lines, encoding="utf-8", newline="\r\n")
    assert values(read(tmp_path / "v", words)).tolist() == [[i + 0.5, -1] for i in range(8)]


def test_lines_may_end_with_a_cr_and_be_blank(tmp_path: Path) -> None:
    data = b"\xef\xbb\xbf2 1\r\nthe 1\r\n\r\ncat 2 \r\n\r\n"
    for lines_of_file in (data, data.replace(b"\r", b""), data.removesuffix(b"\n")):
        (tmp_path / "v").write_bytes(lines_of_file)
        result = read(tmp_path / "v", ["cat", "the"])
        assert values(result).tolist() == [[2], [1]]
        assert (result.n_vectors, result.warnings) == (2, ())
