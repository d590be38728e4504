"""Are several files read as the one array that they are? Its twin is their concatenation."""

from __future__ import annotations

import json
import operator
import pickle
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

import embedprep
from embedprep.encoded import open_rows
from embedprep.errors import OutputError
from embedprep.shards import MOST_MAPPED, Shard, ShardedArray
from tests.in_process import call
from tests.test_errors import run, snapshot

Pair = tuple[ShardedArray, NDArray[Any]]


@pytest.fixture(scope="module")
def pair(tmp_path_factory: pytest.TempPathFactory) -> Callable[..., Pair]:
    """An array in shards of so many rows, and the same as one."""
    folder = tmp_path_factory.mktemp("shards")

    @cache
    def made(n_rows: int, rows_per_shard: int, *row_shape: int) -> Pair:
        whole = np.arange(n_rows * int(np.prod(row_shape)), dtype=np.int32)
        whole = whole.reshape(n_rows, *row_shape)
        shards = []
        for first in range(0, max(1, n_rows), rows_per_shard):
            some = whole[first : first + rows_per_shard]
            path = folder / f"{n_rows}-{rows_per_shard}-{row_shape}-{first}.npy"
            np.save(path, some)
            shards.append(Shard(path, some.shape, "int32"))
        return ShardedArray(shards), np.concatenate([np.load(shard.path) for shard in shards])

    return made


def outcome(array: Any, key: Any) -> tuple[Any, ...]:
    """What an index gives back, or the kind of error that it raises."""
    try:
        found = array[key]
    except (IndexError, TypeError, ValueError) as error:
        return (type(error),)
    return (isinstance(found, np.ndarray), found.shape, found.dtype, found.tolist())


small = st.integers(-14, 14)
slices = st.builds(
    slice, st.none() | small, st.none() | small, st.none() | st.integers(-5, 5).filter(bool)
)
DTYPES = ["int8", "uint8", ">i4", "int64", "uint64"]
places = st.builds(
    lambda values, dtype: np.array(values, np.int64).astype(dtype),
    st.lists(st.integers(-12, 11), max_size=6) | st.integers(-13, 12),
    st.sampled_from(DTYPES[:1] + DTYPES[2:4]),
)
unsigned = st.builds(np.array, st.lists(st.integers(0, 12), max_size=4), st.just("uint64"))
grids = st.lists(st.lists(st.integers(-4, 3), min_size=2, max_size=2), min_size=1, max_size=3)
masks = st.builds(
    lambda values, n: np.resize(np.array(values, np.bool_), n),
    st.lists(st.booleans(), min_size=1, max_size=12),
    st.integers(0, 12) | st.sampled_from([(12, 3), (7, 3), (5, 3), (1, 3), (3, 3)]),
)
ODD: list[Any] = [
    None,
    ...,
    True,
    False,
    np.True_,
    np.int64(1),
    1.5,
    "a",
    [],
    [True],
    [[]],
    slice(0, 1, 0),
]
parts = st.one_of(
    small, slices, places, unsigned, grids, masks, st.sampled_from(ODD), st.lists(small, max_size=3)
)
keys = st.one_of(parts, st.lists(parts, max_size=4).map(tuple))


@settings(max_examples=300)
@given(
    key=keys,
    n_rows=st.sampled_from([0, 1, 5, 7, 12]),
    rows_per_shard=st.sampled_from([1, 3, 5, 20]),
    row_shape=st.sampled_from([(), (3,), (3, 2)]),
)
def test_every_index_gives_what_it_gives_of_one_array(
    key: Any,
    n_rows: int,
    rows_per_shard: int,
    row_shape: tuple[int, ...],
    pair: Callable[..., Pair],
) -> None:
    sharded, whole = pair(n_rows, rows_per_shard, *row_shape)
    assert outcome(sharded, key) == outcome(whole, key)


@settings(max_examples=60)
@given(mask_of=st.integers(0, 2**12), rows_per_shard=st.sampled_from([1, 3, 5, 20]))
def test_masks_of_rows(mask_of: int, rows_per_shard: int, pair: Callable[..., Pair]) -> None:
    sharded, whole = pair(12, rows_per_shard, 3)
    mask = np.array([mask_of >> n & 1 for n in range(12)], np.bool_)
    for key in (mask, mask.tolist(), (mask, 1), (mask, [2]), (mask, slice(None, None, -1))):
        assert outcome(sharded, key) == outcome(whole, key)
    assert np.array_equal(sharded[np.asarray(sharded) > 7], whole[whole > 7])


def test_what_an_array_tells_of_itself(pair: Callable[..., Pair]) -> None:
    for sharded, whole in (pair(7, 3, 2), pair(7, 3), pair(0, 3, 2)):
        for fact in ("shape", "dtype", "ndim", "size", "nbytes"):
            assert getattr(sharded, fact) == getattr(whole, fact)
        assert len(sharded) == len(whole)
        assert [row.tolist() for row in sharded] == whole.tolist()
        assert np.array_equal(sharded, whole)
    assert repr(pair(7, 3, 2)[0]) == "ShardedArray(shape=(7, 2), dtype=int32, shards=3)"


def test_rows_of_one_shard_are_views_and_all_else_is_a_copy(pair: Callable[..., Pair]) -> None:
    sharded, _ = pair(12, 5, 3)
    views: list[Any] = [slice(5, 10), slice(9, 4, -2), 7, (slice(6, 8), 1), (8, slice(1, 3))]
    for key in views:
        found = sharded[key]
        assert not found.flags.owndata
        assert not found.flags.writeable
    copies: list[Any] = [slice(4, 6), [5], np.arange(12) == 6, slice(None, None, -6)]
    for key in copies:
        assert not isinstance(sharded[key], np.memmap)
    with pytest.raises(TypeError, match="does not support item assignment"):
        operator.setitem(sharded, 0, 1)  # type: ignore[call-overload]


def test_copies_are_those_of_numpy(pair: Callable[..., Pair]) -> None:
    several, whole = pair(12, 5, 3)
    one, _ = pair(12, 20, 3)
    assert np.asarray(several).dtype == np.int32
    assert np.asarray(several, np.float32).tolist() == whole.astype(np.float32).tolist()
    assert np.array(several, copy=True).flags.writeable
    assert np.array(one, copy=True).flags.writeable
    assert not np.asarray(one).flags.writeable  # a view of the file
    assert not np.asarray(one, copy=False).flags.owndata
    with pytest.raises(ValueError, match="several shards become one array in a copy alone"):
        np.asarray(several, copy=False)
    assert np.concatenate([several, one]).tolist() == [*whole.tolist(), *whole.tolist()]


def test_few_shards_are_mapped_and_any_thread_may_read(pair: Callable[..., Pair]) -> None:
    n_rows = 3 * MOST_MAPPED
    sharded, whole = pair(n_rows, 1, 2)
    with ThreadPoolExecutor(4) as pool:
        rows = list(pool.map(lambda n: sharded[n].tolist(), [*range(n_rows)] * 3))
    assert rows == whole.tolist() * 3
    assert len(sharded._mapped) == MOST_MAPPED
    assert np.array_equal(sharded[::-1], whole[::-1])
    assert len(sharded._mapped) == MOST_MAPPED


def test_an_array_is_pickled_by_its_files(pair: Callable[..., Pair]) -> None:
    sharded, whole = pair(12, 5, 3)
    assert sharded[3].tolist() == whole[3].tolist()
    again = pickle.loads(pickle.dumps(sharded))
    assert np.array_equal(again, whole)
    assert len(pickle.dumps(sharded)) < 2000


def called(command: str) -> str:
    """All that a command says that is done."""
    ended = call(command)
    assert ended.exit_code == 0, ended.stderr
    return ended.output


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An output in shards of 2 rows, with a part, and the same in one piece."""
    monkeypatch.chdir(tmp_path)
    lines = "the cat sat\nthe dog\n\na cat and a dog\nmice\n"
    (tmp_path / "a.txt").write_text(lines)
    (tmp_path / "b.txt").write_text("the mice sat\na cat\nthe\n")
    for name, rows_per_shard in (("out", 2), ("one", None)):
        embedprep.build(
            f"x={tmp_path / 'a.txt'}",
            tmp_path / name,
            holdout={"dev": f"x={tmp_path / 'b.txt'}"},
            dim=3,
            rows_per_shard=rows_per_shard,
        )
    return tmp_path


def test_load_gives_the_arrays(folder: Path) -> None:
    sharded, one = embedprep.load(folder / "out"), embedprep.load(folder / "one")
    assert one.labels is not None
    for ours, theirs in ((sharded, one), (sharded.parts["dev"], one.parts["dev"])):
        assert ours.labels is not None
        for array in (ours.sequences, ours.lengths, ours.labels):
            assert type(array).__name__ == "ShardedArray"
        assert ours.documents is None
        assert np.array_equal(ours.sequences, theirs.sequences)
        assert np.array_equal(ours.lengths, theirs.lengths)
        assert np.array_equal(ours.labels, np.asarray(theirs.labels))
    assert np.array_equal(np.asarray(sharded.embedding_matrix), np.asarray(one.embedding_matrix))


def test_batches_are_arrays(folder: Path) -> None:
    sharded, one = embedprep.load(folder / "out"), embedprep.load(folder / "one")
    for first in range(0, 5, 3):
        batch = np.asarray(sharded.sequences[first : first + 3])
        assert type(batch) is np.ndarray
        assert batch.tolist() == one.sequences[first : first + 3].tolist()
    assert one.embedding_matrix is not None
    looked_up = one.embedding_matrix[sharded.sequences]
    assert np.array_equal(looked_up, one.embedding_matrix[one.sequences])


SAME = [
    "decode {} -o x.txt",
    "decode {}/dev -o x.txt",
    "embed {} -o x.npy -q",
    "embed {}/dev --reduce mean -o x.npy -q",
    "onehot {} -o x.npy -q",
    "bow {} --mode tfidf -o x.npy -q",
    "bow {}/dev --vocab v.json --fit {} --mode tfidf --sparse -o x.npz -q",
]


@pytest.mark.parametrize("command", SAME)
def test_commands_read_shards_as_one_array(command: str, folder: Path) -> None:
    (folder / "v.json").write_bytes((folder / "one" / "vocab.json").read_bytes())
    made = []
    for name in ("one", "out", "out/sequences.npy"):
        if name.endswith("npy") and "/dev" in command:
            continue
        assert called(command.format(name, name)) == ""
        [written] = folder.glob("x.*")
        made.append(written.read_bytes())
        written.unlink()
    assert len(set(made)) == 1


def test_matrix_and_pairs_of_shards(folder: Path) -> None:
    for name in ("one", "out"):
        assert called(f"skipgrams {name} -o pairs-{name} -q") == ""
        assert called(f"matrix -o {name} --dim 5 -q") == ""
    for file in ("couples.npy", "labels.npy"):
        assert (folder / "pairs-one" / file).read_bytes() == (
            folder / "pairs-out" / file
        ).read_bytes()
    inputs = json.loads((folder / "pairs-out" / "manifest.json").read_bytes())["inputs"]
    shards = [f"out/sequences-0000{n}.npy" for n in range(3)]
    assert [source["name"] for source in inputs] == [*shards, "out/vocab.json"]
    both = [embedprep.load(folder / name) for name in ("one", "out")]
    assert np.array_equal(both[0].sequences, both[1].sequences)
    assert both[1].embedding_matrix is not None
    assert both[1].embedding_matrix.shape == (9, 5)
    assert both[1].manifest["shards"]["sequences.npy"] == [path.split("/")[1] for path in shards]
    assert np.array_equal(both[1].embedding_matrix, np.asarray(both[0].embedding_matrix))


def test_training_reads_shards(folder: Path) -> None:
    pytest.importorskip("gensim")
    for name in ("one", "out"):
        start = f"--start {name}/embedding_matrix.npy"
        assert called(f"train {name} -o {name}.npy --epochs 1 --jobs 1 -q {start}") == ""
    assert (folder / "one.npy").read_bytes() == (folder / "out.npy").read_bytes()


def test_a_shard_is_a_file_of_its_output(folder: Path) -> None:
    assert run(folder, "decode out/sequences-00001.npy") == (0, "\na cat and a dog\n", "")
    assert called("embed out/dev/sequences-00001.npy -o x.npy -q") == ""
    one = embedprep.load(folder / "one")
    assert one.embedding_matrix is not None
    expected = one.embedding_matrix[one.parts["dev"].sequences[2:]]
    assert np.array_equal(np.load(folder / "x.npy"), expected)
    (folder / "link.npy").symlink_to("out/sequences-00001.npy")
    assert open_rows(folder / "link.npy").ids.shape == (2, 5)


def test_links_lead_to_shards(folder: Path) -> None:
    (folder / "to").symlink_to("out")
    (folder / "rows.npy").symlink_to("out/sequences.npy")
    for named in ("to", "to/sequences.npy", "rows.npy"):
        rows = open_rows(folder / named)
        assert isinstance(rows.ids, ShardedArray)
        assert rows.n_rows == 5
        assert [path.name for path in rows.files] == [f"sequences-0000{n}.npy" for n in range(3)]


OTHER = "name the sequences.npy of an output"
AGAIN = "run the command that makes it again"
NO_ROWS = "holds no rows of indices, but is another file of"
CUT = (
    "words are missing: 2 of 5 rows were cut to 2 indices; encode the text again with --max-len max"
)
OTHER_WORDS = "was made with another vocabulary than out/vocab.json"
TOO_MANY = (
    "has 9 vectors, and the vocabulary 5 entries; "
    "name the matrix that was made with the vocabulary of these rows"
)
TOLD = "holds int32 of shape (2, 5), and its manifest tells of"
NO_PART = "is no part of the output that it lies in"


@pytest.mark.parametrize(
    ("command", "said"),
    [
        (
            "decode out/lengths-00000.npy",
            f"out/lengths-00000.npy: holds int32 of shape (2,), not rows of indices; {OTHER}",
        ),
        (
            "decode out/labels.npy",
            f"out/labels.npy: holds int32 of shape (5,), not rows of indices; {OTHER}",
        ),
        (
            "decode wide/labels.npy",
            f"wide/labels.npy: {NO_ROWS} wide; {OTHER}",
        ),
        (
            "decode wide/labels-00000.npy",
            f"wide/labels-00000.npy: {NO_ROWS} wide; {OTHER}",
        ),
        ("decode out/sequences-00007.npy", "out/sequences-00007.npy: no such file; check the path"),
        (
            "bow cut -o x.npy",
            f"cut/sequences.npy: {CUT}",
        ),
        (
            "bow cut/sequences-00002.npy -o x.npy",
            f"cut/sequences-00002.npy: {CUT}",
        ),
        (
            "decode cut --vocab out/vocab.json",
            f"cut/sequences.npy: {OTHER_WORDS}; take cut/vocab.json, or what was made with it",
        ),
        (
            "embed cut --matrix out/embedding_matrix.npy -o x.npy",
            f"out/embedding_matrix.npy: {TOO_MANY}",
        ),
        (
            "embed out -o out/sequences-00001.npy",
            "out/sequences-00001.npy: is also an input and would be overwritten; name another -o",
        ),
        (
            "decode torn",
            "torn/sequences-00001.npy: no such file; check the path",
        ),
        (
            "decode swapped",
            f"swapped/sequences-00002.npy: {TOLD} int32 of (1, 5); {AGAIN}",
        ),
        (
            "decode stray/sequences.npy",
            f"stray/sequences.npy: {NO_PART}; move it away, or name the folder",
        ),
    ],
)
def test_wrong_shards_are_told(command: str, said: str, folder: Path) -> None:
    text = f"x={folder / 'a.txt'}"
    embedprep.build(text, folder / "cut", max_len=2, max_words=3, rows_per_shard=2)
    (folder / "tags.jsonl").write_text('{"text": "a b", "tags": ["p", "q"]}\n' * 3)
    embedprep.build(folder / "tags.jsonl", folder / "wide", label_column="tags", rows_per_shard=2)
    for name in ("torn", "swapped", "stray"):
        embedprep.build(text, folder / name, rows_per_shard=2)
    (folder / "torn" / "sequences-00001.npy").unlink()
    shard = (folder / "swapped" / "sequences-00001.npy").read_bytes()
    (folder / "swapped" / "sequences-00002.npy").write_bytes(shard)
    np.save(folder / "stray" / "sequences.npy", np.zeros((2, 2), np.int32))
    assert called("decode stray -o stray.txt") == ""
    before = snapshot(folder)
    assert call(command) == (1, "", f"embedprep: {said}\n")
    assert snapshot(folder) == before


Change = Callable[[dict[str, Any]], object]
ROWS = "sequences.npy"
NO_ARRAY = 'tells of shards of "sequences.npy" that do not make up an array'
NO_SIZES = "does not tell which array sequences-00000.npy is"


@pytest.mark.parametrize(
    ("change", "fault"),
    [
        (lambda m: m["shards"][ROWS].reverse(), NO_ARRAY),
        (lambda m: m["shards"][ROWS].pop(), "says rows 5, and sequences.npy has 4"),
        (lambda m: m["shards"][ROWS].append("sequences-00009.npy"), NO_ARRAY),
        (lambda m: m["shards"][ROWS].append("../out/sequences-00001.npy"), NO_ARRAY),
        (lambda m: m["shards"][ROWS].append("lengths-00002.npy"), NO_ARRAY),
        (lambda m: m["shards"][ROWS].append(7), NO_ARRAY),
        (lambda m: m["shards"][ROWS].append([]), NO_ARRAY),
        (lambda m: m["shards"][ROWS].clear(), NO_ARRAY),
        (lambda m: m["shards"].update({ROWS: ROWS}), NO_ARRAY),
        (lambda m: m.update(shards=None), "tells of shards of no array"),
        (lambda m: m.update(shards=[]), "tells of shards of no array"),
        (lambda m: m["statistics"].update(rows=6), "says rows 6, and sequences.npy has 5"),
        (lambda m: m["statistics"].clear(), "says rows None, and sequences.npy has 5"),
        (lambda m: m["outputs"].clear(), NO_ARRAY),
        (lambda m: m.update(outputs=None), "lists no files"),
        (lambda m: [output.pop("shape", None) for output in m["outputs"]], NO_SIZES),
        (lambda m: [output.update(shape=[]) for output in m["outputs"][:1]], NO_ARRAY),
        (lambda m: [output.update(shape=[-1, 5]) for output in m["outputs"]], NO_SIZES),
        (lambda m: [output.update(shape=[1.5, 5]) for output in m["outputs"]], NO_SIZES),
        (lambda m: [output.update(shape="25") for output in m["outputs"]], NO_SIZES),
        (lambda m: [output.update(dtype="int99") for output in m["outputs"][:3]], NO_ARRAY),
        (
            lambda m: [output.update(name="../out/x.npy") for output in m["outputs"]],
            'lists "../out/x.npy", which is no name of a file in its folder',
        ),
    ],
    ids=lambda _: "",
)
def test_an_index_that_does_not_add_up_is_told(change: Change, fault: str, folder: Path) -> None:
    path = folder / "out" / "manifest.json"
    manifest = json.loads(path.read_bytes())
    change(manifest)
    path.write_text(json.dumps(manifest))
    for opened in (embedprep.load, open_rows):
        with pytest.raises(OutputError) as raised:
            opened(folder / "out")
        remedy = "run the command that makes the output again"
        assert str(raised.value) == f"{path}: is broken: it {fault}; {remedy}"


def test_a_manifest_without_its_index_leads_to_a_missing_file(folder: Path) -> None:
    path = folder / "out" / "manifest.json"
    manifest = json.loads(path.read_bytes())
    del manifest["shards"]
    path.write_text(json.dumps(manifest))
    with pytest.raises(OutputError) as raised:
        embedprep.load(folder / "out")
    assert str(raised.value) == f"{folder / 'out' / ROWS}: no such file; check the path"


@pytest.mark.usefixtures("folder")
def test_shards_are_found_wherever_the_process_goes(monkeypatch: pytest.MonkeyPatch) -> None:
    output = embedprep.load("out")
    expected = embedprep.load("one").sequences[4].tolist()
    monkeypatch.chdir("/")
    assert output.sequences[4].tolist() == expected
