"""The figures about rows, words and labels equal those of plain loops over them."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import embedprep
from embedprep.figures.coverage import coverage
from embedprep.figures.lengths import PERCENTILES, cut_figures, length_figures, lengths_to_try
from embedprep.figures.numbers import NO_NUMBERS, NumberFigures, number_figures
from embedprep.figures.rows import LongRow, RowFigures, count_rows, row_figures
from embedprep.figures.words import n_unknown_where_counted, ranked_counts
from tests import twins

LENGTHS = st.lists(st.integers(0, 40), max_size=30)


@given(LENGTHS)
def test_lengths_are_those_of_a_plain_loop(lengths: list[int]) -> None:
    found = length_figures(Counter(lengths))
    assert (found.rows, found.empty, found.indices) == (
        len(lengths),
        lengths.count(0),
        sum(lengths),
    )
    assert math.isclose(found.mean, sum(lengths) / max(1, len(lengths)))
    asked = (found.median, found.p90, found.p95, found.p99)
    assert asked == tuple(twins.percentile(lengths, percent) for percent in PERCENTILES)
    assert found.longest == max(lengths, default=0)


def test_a_row_of_marks_alone_has_no_word() -> None:
    assert length_figures(Counter({2: 3, 4: 1}), n_marks=2).empty == 3


@given(LENGTHS, st.integers(1, 50), st.sampled_from([1, 4]))
def test_a_cut_costs_what_a_plain_loop_finds(
    lengths: list[int], max_len: int, index_bytes: int
) -> None:
    found = cut_figures(Counter(lengths), max_len, index_bytes)
    rows = [[1] * min(length, max_len) + [0] * (max_len - length) for length in lengths]
    cells = [cell for row in rows for cell in row]
    assert found.cut_rows == sum(length > max_len for length in lengths)
    assert found.lost_indices == sum(lengths) - sum(cells)
    assert found.padding == (cells.count(0) / len(cells) if cells else 0.0)
    assert found.n_bytes == len(cells) * index_bytes


@given(LENGTHS)
def test_lengths_worth_a_look_end_with_the_longest(lengths: list[int]) -> None:
    found = list(lengths_to_try(Counter(lengths)))
    assert found == sorted(set(found))
    assert found[-1:] == ([max(1, *lengths)] if len(lengths) > 1 else [max(1, n) for n in lengths])
    assert all(n >= 1 for n in found)


@given(st.lists(st.integers(1, 99), max_size=20), st.integers(0, 50))
def test_coverage_is_that_of_a_plain_loop(counts: list[int], n_unkept: int) -> None:
    ordered = sorted(counts, reverse=True)
    n_running = sum(counts) + n_unkept
    sizes = (1, 3, 9, 27)
    found = coverage(np.array(ordered, np.int64), n_running, sizes)
    for size, its in zip(sizes, found, strict=False):
        kept = ordered[:size]
        share = sum(kept) / n_running if n_running else 0.0
        assert its == (size, len(kept), share)
    beyond = [size for size in sizes if size >= len(counts)]
    assert len(found) == len(sizes) - max(0, len(beyond) - 1)


WORDS = ["tea", "cake", "jam", "milk"]
TEXTS = st.lists(
    st.tuples(st.lists(st.sampled_from(WORDS), max_size=6).map(" ".join), st.sampled_from("ab")),
    min_size=1,
    max_size=12,
)


def figures_of(folder: Path) -> RowFigures:
    return row_figures(folder, embedprep.load(folder))


def build(folder: Path, rows: Sequence[tuple[str, str]], **options: Any) -> Path:
    (folder / "rows.tsv").write_text("".join(f"{label}\t{text}\n" for text, label in rows))
    embedprep.build(
        str(folder / "rows.tsv"), folder / "out", text_column=2, label_column=1, **options
    )
    return folder / "out"


@settings(max_examples=30)
@given(TEXTS, st.sampled_from([1, 3, None]), st.sampled_from([None, 2]))
def test_rows_are_counted_as_by_a_plain_loop(
    tmp_path_factory: pytest.TempPathFactory,
    rows: list[tuple[str, str]],
    max_len: int | None,
    rows_per_shard: int | None,
) -> None:
    folder = build(
        tmp_path_factory.mktemp("rows"),
        rows,
        max_len=max_len,
        rows_per_shard=rows_per_shard,
        jobs=1,
    )
    output = embedprep.load(folder)
    found = figures_of(folder)

    lengths = [len(text.split()) for text, _ in rows]
    assert found.rows_of_length == Counter(lengths)
    assert found.rows_of_class == dict(sorted(Counter(label for _, label in rows).items()))
    stored = [tuple(row.tolist()) for row in np.asarray(output.sequences)]
    in_rows = Counter(index for row in stored for index in row)
    assert found.counts_of_index.tolist() == [
        in_rows[index] for index in range(output.vocabulary.input_dim)
    ]
    assert found.n_duplicates == len(rows) - len(set(zip(stored, lengths, strict=True)))
    ranked = sorted(enumerate(lengths), key=lambda row: (-row[1], row[0]))
    assert found.longest == [LongRow(*row) for row in ranked[:3]]


def test_a_row_of_several_labels_counts_for_each(tmp_path: Path) -> None:
    path = tmp_path / "rows.txt"
    path.write_text("__label__a __label__b tea\n__label__b cake\n", encoding="utf-8")
    embedprep.build(str(path), tmp_path / "out", format="fasttext")
    assert figures_of(tmp_path / "out").rows_of_class == {"a": 1, "b": 2}


def test_rows_without_labels_have_no_classes(tmp_path: Path) -> None:
    path = tmp_path / "rows.txt"
    path.write_text("tea\n\ncake tea\n", encoding="utf-8")
    embedprep.build(str(path), tmp_path / "out")
    assert figures_of(tmp_path / "out").rows_of_class == {}


def test_all_rows_are_told_of(tmp_path: Path) -> None:
    folder = build(tmp_path, [("tea", "a")] * 5)
    told: list[int] = []
    row_figures(folder, embedprep.load(folder), told.append)
    assert sum(told) == 5


def test_rows_are_counted_with_those_of_the_first_parts(tmp_path: Path) -> None:
    for name, n in (("a", 3), ("b", 2), ("c", 1)):
        (tmp_path / name).write_text("tea cake\n" * n)
    held_out = {name: tmp_path / name for name in "bc"}
    embedprep.build(tmp_path / "a", tmp_path / "out", holdout=held_out, rows_per_shard=2)
    assert [count_rows(tmp_path / "out", n) for n in (1, 2, None)] == [3, 5, 6]


NUMBERS = st.one_of(st.integers(-9, 9).map(float), st.sampled_from([math.nan, math.inf, -math.inf]))


@given(
    st.integers(0, 3).flatmap(
        lambda n: st.lists(st.lists(NUMBERS, min_size=n, max_size=n), max_size=9)
    ),
    st.integers(1, 9),
    st.sampled_from([None, 2]),
)
def test_numbers_are_those_of_a_plain_loop(
    rows: list[list[float]], rows_at_once: int, most: int | None
) -> None:
    n_columns = len(rows[0]) if rows else 2
    labels = np.array(rows, np.float32).reshape(len(rows), n_columns)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("embedprep.arrays.CHUNK_BYTES", rows_at_once * n_columns * 8)
        found = number_figures(labels, most)
    assert len(found) == min(n_columns, most or n_columns)
    for its, column in zip(found, zip(*rows, strict=True), strict=False):
        finite = [number for number in column if math.isfinite(number)]
        if not finite:
            assert its == NO_NUMBERS
            continue
        assert (its.rows, its.minimum, its.maximum) == (len(finite), min(finite), max(finite))
        assert its.mean == pytest.approx(sum(finite) / len(finite))


def test_numbers_in_shards_are_those_of_one_file(tmp_path: Path) -> None:
    (tmp_path / "rows.csv").write_text("a,1\nb,4\nc,-2\nd,5\ne,3\n")
    chosen: dict[str, Any] = {"text_column": 1, "label_column": 2, "label_type": "number"}
    out = tmp_path / "out"
    embedprep.build(tmp_path / "rows.csv", out, rows_per_shard=2, **chosen)
    labels = embedprep.load(out).labels
    assert labels is not None
    assert number_figures(labels) == [NumberFigures(5, -2.0, 2.2, 5.0)]


def test_words_are_counted_in_what_they_were_ranked_by(tmp_path: Path) -> None:
    (tmp_path / "rows.txt").write_text("tea cake tea\njam tea cake milk\n")
    (tmp_path / "other.txt").write_text("cake jam\n")
    held_out = {"held": tmp_path / "other.txt"}
    out = tmp_path / "out"
    embedprep.build(tmp_path / "rows.txt", out, max_words=2, max_len=2, holdout=held_out)
    output = embedprep.load(out)
    whole = ranked_counts(output, figures_of(out))
    assert (whole.counts.tolist(), whole.indices.tolist()) == ([3, 2], [2, 3])
    assert (whole.n_running, whole.n_distinct, whole.are_of_rows) == (7, 4, False)
    held = ranked_counts(output.parts["held"], figures_of(out / "held"))
    assert (held.counts.tolist(), held.indices.tolist()) == ([1], [3])
    assert (held.n_running, held.n_distinct, held.are_of_rows) == (2, None, True)

    vocabulary, manifest = output.vocabulary, output.manifest
    assert n_unknown_where_counted(vocabulary, manifest) == 2
    statistics = manifest["statistics"]
    for told in ({"words": 8}, {"unknown_words": None}, {"words": "7"}, {"unknown_words": True}):
        broken = manifest | {"statistics": statistics | told}
        assert n_unknown_where_counted(vocabulary, broken) is None
    # Of rows that were cut, tea at the start is left out: "cake tea" and "cake milk" stay.
    in_rows = ranked_counts(output._replace(manifest={}), figures_of(out))
    assert (in_rows.counts.tolist(), in_rows.indices.tolist()) == ([2, 1], [3, 2])
    assert (in_rows.n_running, in_rows.are_of_rows) == (4, True)
