"""Does a split divide texts as it says, for good, and are equal rows found, and only these?"""

from __future__ import annotations

import csv
import math
from collections import Counter
from collections.abc import Sequence
from fractions import Fraction
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

import embedprep
from embedprep.hashing import Secret, text_hashes
from embedprep.labels import RowLabels
from embedprep.parts import SeenRows, count_leaks, row_keys, split_rows
from embedprep.sources import PADDING
from tests import twins
from tests.texts import lines

EIGHTY = (80, 10, 10)
NAMES = ("", "validation", "test")


def block(texts: Sequence[str]) -> bytes:
    return "".join(f"{text}\n" for text in texts).encode() + PADDING


def split(texts: Sequence[str], shares: Sequence[int] = EIGHTY, seed: int = 0) -> list[int]:
    """The number of the part of each text."""
    parts = split_rows(block(texts), [Fraction(share) for share in shares], seed)
    return [int(part) for part in parts]


# The hash, which is for good: where this test fails, a release would move rows between parts.


def test_rows_stay_where_earlier_releases_put_them() -> None:
    texts = ["", "a", "good", "The film is good.", "x" * 8, "你好", "0", "\0", "y" * 3000]
    assert split(texts) == [0, 0, 0, 0, 0, 0, 1, 1, 2]
    assert split(texts, seed=1) == [0, 0, 0, 0, 2, 2, 0, 0, 0]
    numbers = "110100201000000000010000010000010000020002000000000001000000"
    assert split(list(map(str, range(60)))) == list(map(int, numbers))
    secret = Secret(np.uint64(0x9E3779B97F4A7C15), np.uint64(0xD1B54A32D192ED03))
    assert text_hashes(block(texts), [secret])[:, 0].tolist() == [
        0x4E96155E5F0A1C3F,
        0xEA457EFA18A324B1,
        0x57D044B96AFA02CE,
        0x6BD990DDB9813B81,
        0x553F45E246BE49D5,
        0x0C77A930EA913EF2,
        0x29F2745FD2E58761,
        0x1DF5DF97578D90C0,
        0xDB302F9579E430B4,
    ]


texts = st.lists(st.one_of(lines, st.text("ab\0 ", max_size=20)), min_size=1, max_size=12)
any_shares = st.lists(st.integers(1, 100), min_size=1, max_size=3)


@given(texts=texts, shares=any_shares, seed=st.integers(0, 1 << 70))
def test_a_split_is_that_of_the_twin(texts: list[str], shares: list[int], seed: int) -> None:
    named = dict(zip(NAMES, shares, strict=False))
    expected = [NAMES.index(twins.part_of(text, named, seed)) for text in texts]
    assert split(texts, shares, seed) == expected


@given(texts=texts, others=texts, shares=any_shares)
def test_a_row_that_is_added_moves_no_other(
    texts: list[str], others: list[str], shares: list[int]
) -> None:
    before = split(texts, shares)
    assert split([*others, *texts], shares)[len(others) :] == before
    assert split([*texts, *others], shares)[: len(texts)] == before
    assert split([text for text in texts for _ in (0, 1)], shares)[::2] == before


SAMPLES = {
    "short": [f"{n:x}" for n in range(20_000)],
    "decimal": list(map(str, range(10_000_000, 10_020_000))),
    "seven letters": [f"abc{n:04x}" for n in range(20_000)],
    "equal prefixes": [f"the same words before the number {n}" for n in range(20_000)],
    "equal suffixes": [f"{n} is before the same words" for n in range(20_000)],
    "long": ["word " * 210 + str(n) for n in range(4_000)],
    "long, apart in the middle": ["w" * 600 + str(n) + "w" * 600 for n in range(4_000)],
    "white space": [" " * n for n in range(2_000)],
}


@pytest.mark.parametrize("sample", SAMPLES.values(), ids=SAMPLES.keys())
@pytest.mark.parametrize("shares", [EIGHTY, (1, 1), (1, 1, 1), (98, 1, 1)], ids=str)
def test_the_parts_get_their_shares(sample: list[str], shares: tuple[int, ...]) -> None:
    assert len(set(sample)) == len(sample)
    for seed in range(4):
        found = Counter(split(sample, shares, seed))
        for part, share in enumerate(shares):
            p = share / sum(shares)
            deviation = math.sqrt(p * (1 - p) * len(sample))  # of a binomial distribution
            assert abs(found[part] - p * len(sample)) < 4.5 * deviation


def test_seeds_and_shares_are_independent_draws() -> None:
    sample = SAMPLES["decimal"]
    one, other = (np.array(split(sample, (1, 1), seed)) for seed in (0, 1))
    assert abs(int(np.count_nonzero(one == other)) - len(sample) / 2) < 4.5 * 71  # sqrt(20000/4)
    larger = np.array(split(sample, (60, 20, 20)))
    assert ((np.array(split(sample)) == 0) | (larger > 0)).all()  # the training part only shrinks


def test_parts_do_not_depend_on_the_size_of_blocks(shared: Path, tmp_path: Path) -> None:
    text = shared / "corpora" / "rt-polarity" / "rt-polarity.pos"
    rows = [line.decode() for line in text.read_bytes().split(b"\n")[:-1]]
    built = embedprep.build(text, tmp_path / "out", split="80/10/10", tokenizer="whitespace")
    found = split(rows)
    statistics = {"": built.statistics, **built.parts}
    assert [statistics[name]["rows"] for name in NAMES] == [found.count(part) for part in range(3)]
    assert built.statistics["texts_in_several_parts"] == 0
    output = embedprep.load(tmp_path / "out")
    for number, name in enumerate(NAMES[1:], 1):
        of_part = [row for row, part in zip(rows, found, strict=True) if part == number]
        expected = output.vocabulary.encode(of_part)
        np.testing.assert_array_equal(output.parts[name].sequences, expected)


# Equal rows.

SECRETS = (Secret.draw(), Secret.draw())


def labels_of(labels: Sequence[Sequence[float]], dtype: type) -> RowLabels:
    values: NDArray[Any] = np.array([value for of_row in labels for value in of_row], dtype)
    return RowLabels(values, np.array([len(of_row) for of_row in labels], np.int32))


@given(
    batches=st.lists(
        st.lists(
            st.tuples(
                st.one_of(st.text("ab\0", max_size=3), lines),
                st.lists(st.sampled_from([-0.0, 0, 1, 2]), max_size=2),
            ),
            min_size=1,
            max_size=9,
        ),
        min_size=1,
        max_size=9,
    ),
    are_numbers=st.booleans(),
)
def test_a_row_is_new_where_its_text_and_labels_are(
    batches: list[list[tuple[str, list[float]]]], are_numbers: bool
) -> None:
    seen = SeenRows()
    before = set()
    for batch in batches:
        labels = [of_row if are_numbers else sorted(set(map(int, of_row))) for _, of_row in batch]
        hashes = text_hashes(block([text for text, _ in batch]), SECRETS)
        dtype = np.float64 if are_numbers else np.int32
        found = seen.add(row_keys(hashes, labels_of(labels, dtype), SECRETS[0])).tolist()
        expected = []
        for (text, _), of_row in zip(batch, labels, strict=True):
            expected.append((text, tuple(of_row)) not in before)
            before.add((text, tuple(of_row)))
        assert found == expected


def test_classes_are_equal_in_any_order_and_numbers_in_theirs() -> None:
    hashes = text_hashes(block(["a", "a"]), SECRETS)
    for dtype, is_equal in ((np.int32, True), (np.float64, False)):
        one, other = row_keys(hashes, labels_of([[1, 2], [2, 1]], dtype), SECRETS[0])
        assert bool(one == other) is is_equal


def test_texts_made_to_share_a_hash_do_not() -> None:
    """Pieces that change places, and texts that end in the zeros that fill a piece up."""
    a, b = "abcdefgh", "ijklmnop"
    texts = [a + b, b + a, a + a, b + b, "a", "a\0", "a\0\0", "", "\0", "\0" * 8, a, a + "\0"]
    hashes = text_hashes(block(texts), SECRETS)
    assert len(set(hashes[:, 0].tolist())) == len(texts)
    assert len(set(hashes[:, 1].tolist())) == len(texts)


def test_leaks_are_texts_in_more_than_one_part() -> None:
    parts = [["a", "b", "c", "c"], ["b", "d", "d"], ["b", "c"]]
    assert count_leaks([text_hashes(block(part), SECRETS[:1])[:, 0] for part in parts]) == 2


# Real text.


def test_a_held_out_table_is_read_as_by_the_csv_module(shared: Path, tmp_path: Path) -> None:
    folder = shared / "corpora" / "banking77"
    tables = []
    for name in ("train", "test"):
        with (folder / f"{name}.csv").open(encoding="utf-8", newline="") as stream:
            tables.append(list(csv.DictReader(stream)))
    train, test = tables
    built = embedprep.build(
        folder / "train.csv",
        tmp_path / "out",
        text_column="text",
        label_column="category",
        holdout={"test": folder / "test.csv"},
        tokenizer="keras",
    )
    output = embedprep.load(tmp_path / "out")
    classes = sorted({row["category"] for row in train})
    assert (len(train), len(test), len(classes)) == (10_003, 3_080, 77)
    assert list(output.classes) == classes
    sentences = [
        [twins.tokenize(twins.one_line(row["text"]), "keras", True) for row in table]
        for table in tables
    ]
    kept = [word for word, _ in twins.rank(word for row in sentences[0] for word in row)]
    assert list(output.vocabulary.words) == kept
    index = {word: number for number, word in enumerate(kept, 2)}
    longest = max(map(len, sentences[0]))
    for part, table, rows in zip((output, output.parts["test"]), tables, sentences, strict=True):
        assert part.labels is not None
        assert part.labels.tolist() == [classes.index(row["category"]) for row in table]
        assert part.lengths.tolist() == list(map(len, rows))
        encoded = [[index.get(word, 1) for word in row] for row in rows]
        assert part.sequences.tolist() == [twins.pad(row, longest) for row in encoded]
    texts = [{twins.one_line(row["text"]) for row in table} for table in tables]
    assert built.statistics["texts_in_several_parts"] == len(texts[0] & texts[1])


def test_files_of_one_class_each(shared: Path, tmp_path: Path) -> None:
    folder = shared / "corpora" / "rt-polarity"
    named = [f"{kind}={folder / f'rt-polarity.{kind}'}" for kind in ("neg", "pos")]
    built = embedprep.build(named, tmp_path / "out", shuffle=True, seed=7, split="9/1")
    output = embedprep.load(tmp_path / "out")
    assert output.classes == ("neg", "pos")
    sentences = {
        kind: (folder / f"rt-polarity.{kind}").read_bytes().decode().split("\n")[:-1]
        for kind in output.classes
    }
    rows = [(text, number) for number, kind in enumerate(sentences) for text in sentences[kind]]
    parts = split([text for text, _ in rows], (9, 1), seed=7)
    assert len(rows) == 2 * 5331
    training = [row for row, part in zip(rows, parts, strict=True) if part == 0]
    held_out = [row for row, part in zip(rows, parts, strict=True) if part == 1]
    assert built.parts["validation"]["rows"] == len(held_out)

    order = np.random.Generator(np.random.PCG64(7)).permutation(len(training))
    shuffled = [training[i] for i in np.argsort(order)]
    for part, expected in ((output, shuffled), (output.parts["validation"], held_out)):
        assert part.labels is not None
        assert part.labels.tolist() == [number for _, number in expected]
        encoded = output.vocabulary.encode([text for text, _ in expected])
        np.testing.assert_array_equal(part.sequences, encoded)
