"""The figures about rows equal those of plain loops over them."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import embedprep
from embedprep.figures.coverage import SIZES, coverage
from embedprep.figures.lengths import PERCENTILES, cut_figures, length_figures, lengths_to_try
from embedprep.figures.rows import LongRow, RowFigures, count_rows, row_figures

LENGTHS = st.lists(st.integers(0, 40), max_size=30)


def percentile(lengths: Sequence[int], percent: int) -> int:
    """The least length that keeps so many per cent of the rows whole, 0 without a row."""
    enough = [
        n for n in sorted(lengths) if sum(m <= n for m in lengths) * 100 >= percent * len(lengths)
    ]
    return enough[0] if enough else 0


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
    assert asked == tuple(percentile(lengths, percent) for percent in PERCENTILES)
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


def test_the_sizes_are_those_that_people_choose_from() -> None:
    assert SIZES == (1_000, 5_000, 10_000, 20_000, 50_000, 100_000)


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
