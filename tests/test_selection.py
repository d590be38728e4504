"""Which rows are written, into which parts, in which order? All of it together, as by the twin."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from embedprep import arrays, load, pipeline
from embedprep.budget import Budget
from embedprep.building import build
from embedprep.errors import EmbedprepError
from embedprep.output import Output
from embedprep.settings import Resources, RowSettings, Selection, VocabularySettings
from embedprep.sources import Input, Reader, Reading, RecordSettings
from embedprep.spool import MEMORY_BYTES
from embedprep.writing import Built
from tests import twins
from tests.texts import lines, settings_of

SPLITS = {
    None: None,
    "80/20": {"": 80, "validation": 20},
    "2/0/1": {"": 2, "test": 1},
    "1/1/1": {"": 1, "validation": 1, "test": 1},
}

# Few words and few texts, so that many are equal, and some are full of traps.
words = st.lists(st.sampled_from(["a", "b", "c", "dd", "<unk>", "..."]), max_size=7)
record_texts = st.one_of(words.map(" ".join), lines)


def label_lists(kind: str) -> st.SearchStrategy[tuple[str, ...]]:
    names = st.sampled_from(["neg", "pos", "é", "😀"])
    numbers = st.sampled_from(["0", "-0.0", "1", "1.0", "2.5", "1e3"])
    return {
        "none": st.just(()),
        "one": st.tuples(names),
        "several": st.lists(names, max_size=3).map(tuple),
        "number": st.tuples(numbers),
        "numbers": st.tuples(numbers, numbers),
    }[kind]


@st.composite
def jobs(draw: st.DrawFn) -> tuple[list[twins.Record], dict[str, Any]]:
    """Records with labels of one kind, and settings."""
    kind = draw(st.sampled_from(["none", "one", "several", "number", "numbers"]))
    split = draw(st.sampled_from(list(SPLITS)))
    held_out = draw(st.sampled_from([[], ["dev"], ["dev", "x.y"]]))
    record = st.builds(twins.Record, record_texts, label_lists(kind), st.just(""))
    records = draw(st.lists(record, min_size=1, max_size=12))
    for name in held_out:
        labels = st.sampled_from([record.labels for record in records])
        held = st.builds(twins.Record, record_texts, labels, st.just(name))
        records += draw(st.lists(held, min_size=1, max_size=6))
    bos, eos = draw(st.booleans()), draw(st.booleans())
    stride = draw(st.none() | st.integers(0, 2))
    lengths = [*range(bos + eos + 1, bos + eos + 6), "p50", "p100"]
    return records, {
        "split": split,
        "seed": draw(st.integers(0, 3)),
        "shuffle": draw(st.booleans()),
        "drop_empty": draw(st.booleans()),
        "drop_duplicates": draw(st.booleans()),
        "stride": stride,
        "label_type": "number" if kind.startswith("number") else "class",
        "max_len": draw(st.sampled_from(lengths if stride is not None else [*lengths, "max"])),
        "tokenizer": draw(st.sampled_from(["unicode", "keras", "whitespace"])),
        "max_words": draw(st.integers(1, 9)),
        "min_count": draw(st.integers(1, 2)),
        "oov": draw(st.sampled_from(["unk", "drop"])),
        "bos": bos,
        "eos": eos,
        "padding": draw(st.sampled_from(["pre", "post"])),
        "truncating": draw(st.sampled_from(["pre", "post"])),
    }


def selection_of(chosen: dict[str, Any]) -> Selection:
    names = ("split", "seed", "shuffle", "drop_empty", "drop_duplicates", "label_type")
    return Selection(
        **{name: chosen[name] for name in names},
        overflow="truncate" if chosen["stride"] is None else "split",
        stride=chosen["stride"] or 0,
    )


def reader_of(records: Sequence[twins.Record], folder: Path, block_bytes: int) -> Reader:
    """The records as JSON, those of each part in two files where there are enough."""
    inputs = []
    for part in dict.fromkeys(record.part for record in records):
        of_part = [record for record in records if record.part == part]
        half = len(of_part) // 2
        for number, some in enumerate([of_part[:half], of_part[half:]]):
            path = folder / f"in-{part}{number}.jsonl"
            objects = [json.dumps({"text": r.text, "labels": r.labels}) + "\n" for r in some]
            path.write_text("".join(objects), encoding="utf-8")
            if some:
                inputs.append(Input(str(path), part))
    settings = RecordSettings("jsonl", ("text",), ("labels",))
    return Reader(inputs, Reading(block_bytes=block_bytes, records=settings))


def run(
    records: Sequence[twins.Record], chosen: dict[str, Any], folder: Path, block_bytes: int, n: int
) -> Built:
    names = ("max_words", "min_count", "oov", "bos", "eos")
    tokenizer = settings_of(chosen["tokenizer"])
    kept = VocabularySettings(**{name: chosen[name] for name in names}, tokenizer=tokenizer)
    rows = RowSettings(str(chosen["max_len"]), chosen["padding"], chosen["truncating"])
    reader = reader_of(records, folder, block_bytes)
    return pipeline.run(
        reader, folder / "out", kept, rows, selection_of(chosen), resources=Resources(n)
    )


def expected_of(records: Sequence[twins.Record], chosen: dict[str, Any]) -> twins.Selected:
    chosen = dict(chosen)
    split, is_shuffled = chosen.pop("split"), chosen.pop("shuffle")

    def permutation(n_rows: int) -> Sequence[int]:
        random = np.random.Generator(np.random.PCG64(chosen["seed"]))
        order: list[int] = random.permutation(n_rows).tolist()
        return order

    return twins.select(
        records,
        shares=SPLITS[split],
        permutation=permutation if is_shuffled else None,
        **chosen,
    )


def listed(array: NDArray[Any] | None) -> list[Any] | None:
    return None if array is None else array.tolist()


def assert_part(found: Output, expected: twins.Part, stride: int | None) -> None:
    assert found.sequences.tolist() == expected.rows
    assert found.lengths.tolist() == expected.lengths
    assert listed(found.labels) == expected.labels
    assert listed(found.documents) == (None if stride is None else expected.documents)


@given(
    job=jobs(),
    block_bytes=st.sampled_from([64, 256, 1 << 20]),
    n_jobs=st.sampled_from([1, 2]),
    is_on_disk=st.booleans(),
    dictionary_bytes=st.sampled_from([None, 1, 2000]),
    chunk_bytes=st.sampled_from([60, arrays.CHUNK_BYTES]),
)
def test_any_records_with_any_settings(
    *,
    job: tuple[list[twins.Record], dict[str, Any]],
    block_bytes: int,
    n_jobs: int,
    is_on_disk: bool,
    dictionary_bytes: int | None,
    chunk_bytes: int,
    tmp_path_factory: pytest.TempPathFactory,
) -> None:
    records, chosen = job
    folder = tmp_path_factory.mktemp("any")
    with pytest.MonkeyPatch.context() as patched:
        budget = Budget(n_jobs, dictionary_bytes, 0 if is_on_disk else MEMORY_BYTES)
        patched.setattr(pipeline, "budget_of", lambda *_, **__: budget)
        patched.setattr(arrays, "CHUNK_BYTES", chunk_bytes)
        try:
            expected = expected_of(records, chosen)
        except twins.Refused:
            with pytest.raises(EmbedprepError):
                run(records, chosen, folder, block_bytes, n_jobs)
            assert not (folder / "out").exists()
            return
        built = run(records, chosen, folder, block_bytes, n_jobs)

    output = load(folder / "out")
    assert list(output.parts) == [name for name in expected.parts if name]
    for name, part in expected.parts.items():
        assert_part(output.parts[name] if name else output, part, chosen["stride"])
    counted = zip(output.vocabulary.words, output.vocabulary.counts, strict=True)
    assert list(counted) == expected.vocabulary
    assert list(output.classes) == expected.classes
    assert built.statistics.get("duplicates", 0) == (
        expected.n_duplicates if chosen["drop_duplicates"] else 0
    )
    assert built.statistics.get("texts_in_several_parts", 0) == expected.n_shared_texts

    # What is held out is what `encode` makes of it by the saved vocabulary.
    for name in {record.part for record in records} - {""}:
        if not expected.parts[name].rows:
            continue
        (folder / "x").mkdir(exist_ok=True)
        reader = reader_of([r for r in records if r.part == name], folder / "x", block_bytes)
        reader.close()
        inputs = [item._replace(part="") for item in reader.inputs]
        settings = Selection(
            drop_empty=chosen["drop_empty"],
            drop_duplicates=chosen["drop_duplicates"],
            overflow="truncate" if chosen["stride"] is None else "split",
            stride=chosen["stride"] or 0,
        )
        pipeline.encode(
            Reader(inputs, reader.reading),
            folder / "out" / "vocab.json",
            folder / "encoded",
            RowSettings(),
            settings,
            resources=Resources(1),
        )
        part = expected.parts[name]
        has_several = chosen["label_type"] == "class" and np.ndim(part.labels or 0) == 2
        if has_several and not np.any(part.labels or 0):
            part = part._replace(labels=None)  # text alone, as far as `encode` can see
        assert_part(load(folder / "encoded"), part, chosen["stride"])
        saved = (folder / "out" / name / "vocab.json").read_bytes()
        assert (folder / "encoded" / "vocab.json").read_bytes() == saved


# By hand.


def made(lines_: Sequence[str], folder: Path, **chosen: Any) -> Output:
    (folder / "a.txt").write_text("".join(f"{line}\n" for line in lines_), encoding="utf-8")
    build(folder / "a.txt", folder / "out", tokenizer="whitespace", **chosen)
    return load(folder / "out")


def test_long_rows_are_split(tmp_path: Path) -> None:
    rows = ["a b c d e", "", "a b c", "a b c d e a b"]
    output = made(rows, tmp_path, overflow="split", max_len=3, padding="post")
    a, b, c, d, e = (output.vocabulary.index[word] for word in "abcde")
    assert output.sequences.tolist() == [
        [a, b, c],
        [d, e, 0],
        [0, 0, 0],
        [a, b, c],
        [a, b, c],
        [d, e, a],
        [b, 0, 0],
    ]
    assert output.lengths.tolist() == [3, 2, 0, 3, 3, 3, 1]
    assert listed(output.documents) == [0, 0, 1, 2, 3, 3, 3]
    assert output.documents is not None
    assert output.documents.dtype == np.int64
    statistics = output.manifest["statistics"]
    assert (statistics["rows"], statistics["documents"], statistics["split_documents"]) == (7, 4, 2)
    assert (statistics["words"], statistics["longest_row"]) == (15, 7)
    assert "truncated_rows" not in statistics


def test_split_rows_overlap_and_have_their_marks(tmp_path: Path) -> None:
    chosen: dict[str, Any] = {"overflow": "split", "stride": 1, "max_len": 5}
    output = made(["b", "a b a b c"], tmp_path, bos=True, eos=True, drop_empty=True, **chosen)
    bos, eos, a, b, c = 2, 3, 5, 4, 6
    assert output.sequences.tolist() == [
        [0, 0, bos, b, eos],
        [bos, a, b, a, eos],
        [bos, a, b, c, eos],
    ]
    assert output.lengths.tolist() == [3, 5, 5]
    assert listed(output.documents) == [0, 1, 1]


def test_labels_are_repeated_and_rows_shuffled_alike(tmp_path: Path) -> None:
    (tmp_path / "t.csv").write_text("a b c,x\nb,y\nc d,x\nd,z\n", encoding="utf-8")
    chosen: dict[str, Any] = {"text_column": 1, "label_column": 2, "overflow": "split"}
    build(tmp_path / "t.csv", tmp_path / "out", max_len=1, shuffle=True, seed=5, **chosen)
    output = load(tmp_path / "out")
    documents = [0, 0, 0, 1, 2, 2, 3]
    spelled = ["a", "b", "c", "b", "c", "d", "d"]
    place = np.random.Generator(np.random.PCG64(5)).permutation(7).tolist()
    assert place != sorted(place)
    row_at = [place.index(at) for at in range(7)]
    assert output.vocabulary.decode(output.sequences) == [spelled[row] for row in row_at]
    assert listed(output.documents) == [documents[row] for row in row_at]
    assert listed(output.labels) == ["xyz".index("xyxz"[documents[row]]) for row in row_at]


def test_empty_rows_are_left_out(tmp_path: Path) -> None:
    rows = ["", "b b", " ", "c", "b"]
    assert made(rows, tmp_path, drop_empty=True).lengths.tolist() == [2, 1, 1]
    # Without <unk>, a row of unknown words is empty, too.
    output = made(rows, tmp_path, drop_empty=True, oov="drop", max_words=1)
    assert output.sequences.tolist() == [[1, 1], [0, 1]]
    assert output.manifest["statistics"]["words"] == 4
    assert made(["b c", "c"], tmp_path, drop_empty=True, bos=True).lengths.tolist() == [3, 2]


def test_copies_are_left_out_and_teach_nothing(tmp_path: Path) -> None:
    rows = ["b b", "a", "b b", "", "a ", "", "b b", "a"]
    output = made(rows, tmp_path, drop_duplicates=True)
    assert output.lengths.tolist() == [2, 1, 0, 1]
    assert output.vocabulary.words == ("a", "b")
    assert output.vocabulary.counts == (2, 2)
    assert output.manifest["statistics"]["duplicates"] == 4


def test_texts_in_several_parts_are_counted(tmp_path: Path) -> None:
    (tmp_path / "b.txt").write_text("c\nb\n\nb\n", encoding="utf-8")
    held_out = {"dev": tmp_path / "b.txt", "test": [tmp_path / "b.txt", tmp_path / "b.txt"]}
    output = made(["a", "b", "", "a"], tmp_path, holdout=held_out)
    assert output.manifest["statistics"]["texts_in_several_parts"] == 2
    assert output.parts["test"].sequences.tolist() == [[1], [3], [0], [3]] * 2
    assert [each["name"] for each in output.parts["dev"].manifest["inputs"]] == ["b.txt"]
    assert output.manifest["parts"]["test"] == output.parts["test"].manifest["statistics"]


def test_a_part_may_be_empty(tmp_path: Path) -> None:
    (tmp_path / "b.txt").write_text("\n\n", encoding="utf-8")
    held_out = {"dev": tmp_path / "b.txt"}
    output = made(["a b", "c"], tmp_path, holdout=held_out, drop_empty=True, split="1/0/1")
    dev = output.parts["dev"]
    assert dev.sequences.shape == (0, output.sequences.shape[1])
    assert dev.lengths.tolist() == []
    assert dev.manifest["statistics"]["rows"] == 0


def test_seeds_are_other_draws(tmp_path: Path) -> None:
    rows = [f"w{n}" for n in range(50)]
    first, again, other = (
        made(rows, tmp_path, shuffle=True, seed=seed).sequences.tolist() for seed in (0, 0, 1)
    )
    assert first == again
    assert first != other
    assert sorted(first) == sorted(other)


def test_short_and_long_rows_are_shuffled_alike(tmp_path: Path) -> None:
    rows = [f"w{n}" for n in range(50)]
    short, long = (
        made(rows, tmp_path, shuffle=True, max_len=length).sequences for length in (4, 40)
    )
    np.testing.assert_array_equal(short, long[:, -4:])
