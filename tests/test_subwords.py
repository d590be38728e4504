"""Do words get the vectors that fastText gives them, and is every broken model refused?"""

from __future__ import annotations

import contextlib
import os
import tempfile
import warnings
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from unittest.mock import patch

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from embedprep import arrays
from embedprep.arrays import Flags
from embedprep.errors import InputError
from embedprep.vectors import fasttext, subwords
from embedprep.vectors.fasttext import SubwordModel, open_model
from embedprep.vectors.ngrams import Characters, Ngrams
from embedprep.vectors.subwords import vectors_of
from tests import twins
from tests.subword_models import Model
from tests.texts import characters

Vectors = tuple[NDArray[np.float32], Flags, Flags]

SENTENCES = [
    ["der", "Hund", "läuft", "über", "die", "Straße"],
    ["die", "Katze", "läuft", "über", "das", "Dach"],
    ["你好", "世界", "der", "Katze", "😀", "e\u0301"],
] * 10
ASKED = [
    *dict.fromkeys(word for sentence in SENTENCES for word in sentence),
    *["Hunde", "Straßen", "世", "ʼn", "a", "ab", "😀😀", "e\u0301e\u0301", "k" * 50, "İstanbul"],
]


@contextmanager
def opened(data: bytes) -> Iterator[SubwordModel]:
    with tempfile.TemporaryFile() as stream:
        stream.write(data)
        stream.flush()
        yield open_model(stream, "m.bin")


def vectors(model: Model, words: Sequence[str]) -> Vectors:
    with opened(model.to_bytes()) as read:
        return vectors_of(read, words)


def twin_vectors(model: Model, words: Sequence[str]) -> Vectors:
    made = [
        twins.word_vector(
            w, model.words, twins.word_ngrams(w, model.minn, model.maxn), model.matrix
        )
        for w in words
    ]
    known, has_vector = (np.array([one[i] for one in made], np.bool_) for i in (1, 2))
    rows = np.array([one[0] for one in made], np.float32)
    return rows.reshape(len(words), model.dim), known, has_vector


def assert_equal(one: Vectors, other: Vectors) -> None:
    assert one[0].dtype == other[0].dtype == np.float32
    assert np.array_equal(one[0].view(np.int32), other[0].view(np.int32))  # bit for bit
    assert one[1].tolist() == other[1].tolist()
    assert one[2].tolist() == other[2].tolist()


def hashes_of(word: str, minn: int, maxn: int) -> list[int]:
    ngrams = Ngrams.of(Characters.of([word]), minn, maxn)
    return [int(number) for number in ngrams.hashes(slice(0, len(ngrams.at)))]


# What `get_subword_id` of fastText 0.9.2 gives with a bucket of 1,000,003; "a" and "foobar" are in
# the test vectors of FNV-1a itself, as bytes below 128 are no different there.
@pytest.mark.parametrize(
    ("ngram", "expected"),
    [
        ("a", 0xE40C292C),
        ("foobar", 0xBF9CF968),
        ("é", 0x3CFA68C1),
        ("中文", 0x71B86245),
        ("😀", 0x2400CA08),
        ("e\u0301", 0x743B5F1F),
    ],
)
def test_an_ngram_has_the_hash_of_fasttext(ngram: str, expected: int) -> None:
    n = len(ngram)
    assert hashes_of(ngram, n, n)[min(n - 1, 1)] == expected  # of <ngram>, from its first letter
    assert twins.fnv_hash(ngram) == expected


def test_ngrams_stand_by_their_first_character_then_by_length() -> None:
    expected = ["<é", "<éa", "é", "éa", "éa>", "a", "a>"]
    assert twins.word_ngrams("éa", 1, 3) == expected
    assert hashes_of("éa", 1, 3) == [twins.fnv_hash(ngram) for ngram in expected]


def test_the_mean_of_rows_by_hand() -> None:
    model = Model(words=(b"</s>", b"ab"), dim=2, bucket=3, minn=3, maxn=3)
    rows = model.matrix
    ab, b = (2 + twins.fnv_hash(ngram) % 3 for ngram in ("<ab", "ab>"))
    c = 2 + twins.fnv_hash("<c>") % 3
    found, is_known, has_vector = vectors(model, ["ab", "c", "", "</s>", "ab"])
    third = np.float32(1 / 3)
    expected = [(rows[1] + rows[ab] + rows[b]) * third, rows[c], [0, 0], rows[0]]
    assert np.array_equal(found, [*expected, expected[0]])
    assert is_known.tolist() == [True, False, False, True, True]
    assert has_vector.tolist() == [True, True, False, True, True]


words = st.one_of(st.text(characters, max_size=12), st.sampled_from(["</s>", "the", "</s>>", "\n"]))


@st.composite
def models(draw: st.DrawFn) -> Model:
    entries = [word.replace("\0", "").encode() for word in draw(st.lists(words, max_size=6))]
    return Model(
        entries or [b"x"],
        (b"__label__a",),
        bucket=draw(st.integers(0, 20)),
        minn=draw(st.integers(0, 4)),
        maxn=draw(st.integers(0, 7)),
        seed=draw(st.integers(0, 3)),
    )


@settings(deadline=None)
@given(model=models(), asked=st.lists(words, max_size=8), at_once=st.integers(1, 100))
def test_vectors_are_those_of_the_twin(model: Model, asked: list[str], at_once: int) -> None:
    some = [*asked, *(word.decode() for word in model.words[:3])]
    with (
        patch.object(subwords, "ROWS_BYTES", 12 * at_once),
        patch.object(fasttext, "_BLOCK_BYTES", at_once),
        patch.object(arrays, "CHUNK_BYTES", 64 * at_once),
    ):
        assert_equal(vectors(model, some), twin_vectors(model, some))


def test_a_long_word_has_its_rows_in_several_pieces() -> None:
    model = Model(dim=5, bucket=40)
    asked = ["the", "x" * 300 + "é" * 100, "cat", "", "the cat"]
    with patch.object(subwords, "ROWS_BYTES", 7 * 20):
        assert_equal(vectors(model, asked), twin_vectors(model, asked))


def test_a_model_of_many_words_is_read_in_blocks() -> None:
    model = Model([f"word{i}".encode() for i in range(3000)], dim=2, bucket=0)
    with patch.object(fasttext, "_BLOCK_BYTES", 1000), opened(model.to_bytes()) as read:
        assert read.words.to_text() == [f"word{i}" for i in range(3000)]
        found, is_known, _ = vectors_of(read, ["word0", "word2999", "word3000"])
    assert np.array_equal(found, [model.matrix[0], model.matrix[2999], [0, 0]])
    assert is_known.tolist() == [True, True, False]


def test_of_equal_words_the_first_counts() -> None:
    model = Model((b"a", b"b", b"a"), maxn=0)
    for chunk in (64, 1 << 20):
        with patch.object(arrays, "CHUNK_BYTES", chunk):
            assert np.array_equal(vectors(model, ["a", "b", "a"])[0], model.matrix[[0, 1, 0]])


def test_words_that_are_not_utf_8_match_nothing() -> None:
    wrong = [b"\xff", b"a\xff", b"\xff" * 8, b"\xc3", b"\xff" * 20, b"\xe4\xbd"]
    model = Model([*wrong, b"ok"], maxn=0)
    found, is_known, _ = vectors(model, ["ÿ", "aÿ", "ÿ" * 8, "Ã", "\ufffd", "ok"])
    assert is_known.tolist() == [False] * 5 + [True]
    assert np.array_equal(found[-1], model.matrix[6])


def test_labels_are_no_words_and_ngrams_of_words_are_left_alone() -> None:
    model = Model((b"good",), (b"__label__1", b"__label__2"), maxn=0, model=3)
    found, is_known, has_vector = vectors(model, ["good", "__label__1"])
    assert np.array_equal(found, [model.matrix[0], [0, 0, 0]])
    assert is_known.tolist() == has_vector.tolist() == [True, False]


def test_a_supervised_model_of_version_11_has_no_ngrams() -> None:
    old = Model(version=11)
    assert_equal(vectors(old, ["the", "cats"]), twin_vectors(old, ["the", "cats"]))
    supervised = old._replace(model=3)
    found, _, has_vector = vectors(supervised, ["the", "cats"])
    assert np.array_equal(found, [old.matrix[1], [0, 0, 0]])
    assert has_vector.tolist() == [True, False]


def test_no_words_have_no_vectors() -> None:
    found, is_known, has_vector = vectors(Model(), [])
    assert (found.shape, is_known.shape, has_vector.shape) == ((0, 3), (0,), (0,))


SMALL = Model()  # 92 bytes of header, 40 of 3 entries, 17 before a matrix of 10 by 3
CUT_OFF = "is cut off: 3 entries and a matrix of 10 by 3 do not fit into its {}"
COPY = "copy or download it again"
IS_NONE = (
    "is no binary model of fastText",
    "name a .bin that fastText or gensim's save_facebook_model wrote",
)
QUANTIZED = (
    "is quantized, its vectors are not kept as they were trained",
    "name the .bin that it was made of",
)
NO_WORD = "is broken: its dictionary holds what is no word"


def entry_type(data: bytes, at: int, kind: int) -> bytes:
    return data[:at] + bytes([kind]) + data[at + 1 :]


@pytest.mark.parametrize(
    ("data", "cause", "remedy"),
    [
        (b"", *IS_NONE),
        (b"the 0.1 0.2\n" * 20, *IS_NONE),
        (SMALL.to_bytes()[:91], "is cut off: its header has no end", COPY),
        (SMALL.to_bytes()[:92], CUT_OFF.format("92 bytes"), COPY),
        (SMALL.to_bytes()[:268], CUT_OFF.format("268 bytes"), COPY),
        (
            SMALL.to_bytes(version=13),
            "has version 13, this embedprep reads versions 11 and 12",
            "save it again with fastText 0.9 or gensim",
        ),
        (SMALL.to_bytes()[:131], "is cut off: its dictionary has no end", COPY),
        (SMALL.to_bytes()[:148], "is cut off: it has no matrix", COPY),
        (SMALL.to_bytes(quantized=1)[:160], *QUANTIZED),
        (SMALL.to_bytes(n_pruned=0), *QUANTIZED),
        (SMALL.to_bytes(quantized=2), "is broken: no matrix follows its dictionary", COPY),
        (SMALL.to_bytes(dim=0), "is broken: its header says dim 0", COPY),
        (SMALL.to_bytes(bucket=-1), "is broken: its header says bucket -1", COPY),
        (SMALL.to_bytes(minn=-3), "is broken: its header says minn -3", COPY),
        (SMALL.to_bytes(maxn=-2_000), "is broken: its header says maxn -2,000", COPY),
        (SMALL.to_bytes(n_words=-1), "is broken: its header says n_words -1", COPY),
        (
            SMALL.to_bytes(n_entries=1),
            "is broken: its header says 1 entry, 3 of them words and 0 labels",
            COPY,
        ),
        (
            SMALL.to_bytes(n_words=2**31 - 1, n_entries=2**31 - 1),
            CUT_OFF.replace("3 e", "2,147,483,647 e")
            .replace("10 by", "2,147,483,654 by")
            .format("322 bytes"),
            COPY,
        ),
        (
            SMALL.to_bytes(dim=2**31 - 1),
            "is broken: its matrix is 10 by 3, its header asks for 10 by 2,147,483,647",
            COPY,
        ),
        (
            SMALL.to_bytes(rows=11),
            "is broken: its matrix is 11 by 3, its header asks for 10 by 3",
            COPY,
        ),
        (
            SMALL.to_bytes(columns=-3),
            "is broken: its matrix is 10 by -3, its header asks for 10 by 3",
            COPY,
        ),
        (entry_type(SMALL.to_bytes(), 105, 1), NO_WORD, COPY),
        (entry_type(Model((b"a",), (b"b",)).to_bytes(), 113, 0), NO_WORD, COPY),
        (
            Model((), bucket=0).to_bytes(),
            "holds no vector: it has no words and no buckets",
            IS_NONE[1],
        ),
    ],
)
def test_what_is_wrong_is_said(data: bytes, cause: str, remedy: str) -> None:
    with pytest.raises(InputError) as caught, opened(data):
        pass
    assert str(caught.value) == f"m.bin: {cause}; {remedy}"


def test_a_word_without_an_end_is_refused() -> None:
    data = Model((b"x" * 5000,)).to_bytes()
    with opened(data) as read:
        assert read.n_words == 1
    with (
        patch.object(fasttext, "_BLOCK_BYTES", 500),
        patch.object(fasttext, "_LONGEST_WORD", 1000),
        pytest.raises(InputError, match=NO_WORD),
        opened(data),
    ):
        pass
    endless = data[:92] + b"x" * 6000
    with pytest.raises(InputError, match=r"is cut off: its dictionary has no end"), opened(endless):
        pass


def test_what_follows_the_matrix_is_not_needed() -> None:
    model = Model()
    data = model.to_bytes()[:269]
    with opened(data) as read:
        assert_equal(vectors_of(read, ["the", "cats"]), twin_vectors(model, ["the", "cats"]))


def test_numbers_that_are_not_finite_are_refused() -> None:
    data = bytearray(Model(maxn=0).to_bytes())
    assert data[149:153] == Model().matrix[0, :1].tobytes()
    data[149:153] = np.float32(np.nan).tobytes()
    with opened(bytes(data)) as read:
        assert vectors_of(read, ["the"])[2].tolist() == [True]
        with pytest.raises(InputError) as caught:
            vectors_of(read, ["the", "</s>"])
    assert str(caught.value) == (
        "m.bin: holds numbers that are not finite, in the vector of '</s>'; "
        "copy it again; if it stays so, train it again with a lower learning rate"
    )


def test_a_file_that_is_cut_meanwhile_is_an_error(tmp_path: Path) -> None:
    (tmp_path / "m.bin").write_bytes(Model().to_bytes())
    with (tmp_path / "m.bin").open("rb") as stream:
        model = open_model(stream, "m.bin")
        os.truncate(tmp_path / "m.bin", 160)
        with pytest.raises(InputError, match=r"m\.bin: cannot be read \(the file ends early\)"):
            vectors_of(model, ["the"])


def test_rows_are_read_where_the_system_cannot_read_them_into_place(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.delattr(os, "preadv", raising=False)
    assert_equal(vectors(Model(), ["the", "cats"]), twin_vectors(Model(), ["the", "cats"]))


TRAINED = Model((b"</s>", b"the", "Straße".encode()), (b"__label__x",), dim=2, bucket=5).to_bytes()


@settings(max_examples=400, deadline=None)
@given(
    length=st.integers(0, len(TRAINED)),
    changes=st.lists(st.tuples(st.integers(0, len(TRAINED) - 1), st.integers(0, 255)), max_size=4),
    block=st.sampled_from([1, 16, 1 << 20]),
)
def test_a_damaged_model_is_refused_or_gives_vectors(
    length: int, changes: list[tuple[int, int]], block: int
) -> None:
    data = bytearray(TRAINED)
    for place, byte in changes:
        data[place] = byte
    if length % 3:  # as often whole as cut off
        del data[length:]
    with patch.object(fasttext, "_BLOCK_BYTES", block):
        try:
            with opened(bytes(data)) as read:
                found, is_known, has_vector = vectors_of(read, ["the", "Straßen", "</s>"])
        except InputError as error:
            said = (error.place, bool(error.cause), bool(error.remedy))
        else:
            said = ("m.bin", found.shape == (3, read.dim), bool(np.isfinite(found).all()))
            assert not (is_known & ~has_vector).any()
    assert said == ("m.bin", True, True)


def trained_by_gensim(path: Path, **training: Any) -> Any:
    gensim = pytest.importorskip("gensim.models.fasttext", reason="gensim is not installed")
    model = gensim.FastText(
        SENTENCES, vector_size=20, min_count=1, epochs=2, workers=1, seed=1, **training
    )
    gensim.save_facebook_model(model, str(path))
    return model.wv


@pytest.mark.parametrize(
    "training",
    [
        {"bucket": 500},
        {"bucket": 50, "min_n": 1, "max_n": 3, "sg": 1},
        {"bucket": 50, "min_n": 5, "max_n": 5},
    ],
)
def test_vectors_are_those_of_gensim(training: dict[str, Any], tmp_path: Path) -> None:
    vectors_by_gensim = trained_by_gensim(tmp_path / "m.bin", **training)
    with (tmp_path / "m.bin").open("rb") as stream:
        found, is_known, has_vector = vectors_of(open_model(stream, "m.bin"), ASKED)
    expected = np.array([vectors_by_gensim[word] for word in ASKED])  # zeros without n-grams
    assert has_vector.tolist() == expected.any(axis=1).tolist()
    np.testing.assert_allclose(found, expected, rtol=1e-6, atol=1e-9)
    assert is_known.tolist() == [word in vectors_by_gensim.key_to_index for word in ASKED]


def test_a_model_of_gensim_may_have_no_ngrams(tmp_path: Path) -> None:
    vectors_by_gensim = trained_by_gensim(tmp_path / "m.bin", max_n=0, bucket=0)
    with (tmp_path / "m.bin").open("rb") as stream:
        found, is_known, has_vector = vectors_of(open_model(stream, "m.bin"), ASKED)
    assert has_vector.tolist() == is_known.tolist()
    known = [word for word in ASKED if word in vectors_by_gensim.key_to_index]
    assert 0 < len(known) < len(ASKED)
    np.testing.assert_allclose(found[is_known], vectors_by_gensim[known], rtol=1e-6)


@pytest.fixture
def fasttext_itself() -> Any:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return pytest.importorskip("fasttext", reason="fasttext is not installed")


def assert_equal_to_fasttext(path: Path, trained: Any) -> None:
    asked = [*ASKED, "</s>", "</s", "<", ">"]
    with path.open("rb") as stream:
        found = vectors_of(open_model(stream, "m.bin"), asked)
    expected = np.array([trained.get_word_vector(word) for word in asked], np.float32)
    is_known = np.array([trained.get_word_id(word) >= 0 for word in asked])
    has_vector = np.array([len(trained.get_subwords(word)[1]) > 0 for word in asked])
    assert_equal(found, (expected, is_known, has_vector))


@pytest.mark.parametrize(("minn", "maxn", "bucket"), [(3, 6, 500), (1, 2, 30), (0, 4, 30)])
def test_vectors_are_those_of_fasttext_bit_for_bit(
    fasttext_itself: Any, minn: int, maxn: int, bucket: int, tmp_path: Path
) -> None:
    known = tuple(dict.fromkeys([b"</s>", *(word.encode() for word in ASKED[:-8])]))
    model = Model(known, dim=33, minn=minn, maxn=maxn, bucket=bucket)
    (tmp_path / "m.bin").write_bytes(model.to_bytes())
    trained = fasttext_itself.load_model(str(tmp_path / "m.bin"))
    assert_equal_to_fasttext(tmp_path / "m.bin", trained)


def trained(train: Any, text: str, **settings: Any) -> Any:
    """A model of fastText's own, whose training by chance ends in NaN, with an error or without."""
    for _ in range(20):
        with contextlib.suppress(RuntimeError):
            model = train(text, **settings)
            if np.isfinite(model.get_input_matrix()).all():
                return model
    pytest.fail("fastText gives NaN in every training")


def test_models_that_fasttext_trains_are_read_but_for_quantized_ones(
    fasttext_itself: Any, tmp_path: Path
) -> None:
    lines = [f"__label__{len(words) % 2} {' '.join(words)}\n" for words in SENTENCES]
    (tmp_path / "a.txt").write_text("".join(lines), encoding="utf-8")
    common = {"dim": 8, "bucket": 400, "epoch": 2, "thread": 1, "minCount": 1, "verbose": 0}
    text = str(tmp_path / "a.txt")
    skipgram = trained(fasttext_itself.train_unsupervised, text, **common)
    skipgram.save_model(str(tmp_path / "m.bin"))
    assert_equal_to_fasttext(tmp_path / "m.bin", skipgram)

    ngrams = {"minn": 2, "maxn": 3, "wordNgrams": 2}
    classifier = trained(fasttext_itself.train_supervised, text, **ngrams, **common)
    classifier.save_model(str(tmp_path / "m.bin"))
    assert_equal_to_fasttext(tmp_path / "m.bin", classifier)

    classifier.quantize()
    classifier.save_model(str(tmp_path / "m.ftz"))
    with (tmp_path / "m.ftz").open("rb") as stream, pytest.raises(InputError) as caught:
        open_model(stream, "m.ftz")
    assert str(caught.value) == f"m.ftz: {QUANTIZED[0]}; {QUANTIZED[1]}"
