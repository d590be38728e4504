"""Is only that taken from a manifest which is of the right form?"""

from __future__ import annotations

from typing import Any

import pytest

from embedprep.listing import Layer, Listed, Told, is_inside, misstated, told_by

DIGEST = "0a" * 32
LAYER = {"input_dim": 9, "output_dim": 4, "input_length": 3, "mask_zero": True}


def entry(**changed: Any) -> dict[str, Any]:
    listed = {"name": "x.npy", "bytes": 7, "sha256": [DIGEST], "shape": [2, 0], "dtype": "int8"}
    return listed | changed


def test_what_is_right_is_told() -> None:
    other = {"name": "test/vocab.json", "bytes": 0, "sha256": [DIGEST]}
    told = told_by(
        {"outputs": [entry(), other], "parts": {"test": {}}, "embedding": LAYER}, is_of_rows=True
    )
    assert told.files == (
        Listed("x.npy", 7, (DIGEST,), (2, 0), "int8"),
        Listed("test/vocab.json", 0, (DIGEST,)),
    )
    assert (told.parts, told.layer, told.shards, told.faults) == (("test",), Layer(9, 4, 3), {}, ())


@pytest.mark.parametrize(
    ("output", "fault"),
    [
        (None, "lists a file without a name"),
        ([], "lists a file without a name"),
        ({"bytes": 7}, "lists a file without a name"),
        (entry(name=7), "lists a file without a name"),
        (entry(name="../x.npy"), 'lists "../x.npy", which is no name of a file in its folder'),
        (entry(bytes=-1), "does not tell the size of x.npy"),
        (entry(bytes=True), "does not tell the size of x.npy"),
        (entry(bytes="7"), "does not tell the size of x.npy"),
        (entry(sha256=DIGEST), "does not tell the SHA-256 of x.npy"),
        (entry(sha256=[DIGEST.upper()]), "does not tell the SHA-256 of x.npy"),
        (entry(sha256=[DIGEST + "\n"]), "does not tell the SHA-256 of x.npy"),
        (entry(sha256=[]), "tells the SHA-256 of 0 pieces of x.npy, whose size makes 1 piece"),
        (
            entry(bytes=(64 << 20) + 1),
            "tells the SHA-256 of 1 pieces of x.npy, whose size makes 2 pieces",
        ),
        (entry(shape=[2, -1]), "does not tell which array x.npy is"),
        (entry(shape=[2, 1.0]), "does not tell which array x.npy is"),
        (entry(shape=2), "does not tell which array x.npy is"),
        (entry(shape=None, dtype=None), "does not tell which array x.npy is"),
        (entry(dtype=None), "does not tell which array x.npy is"),
    ],
)
def test_a_file_that_is_listed_wrongly(output: object, fault: str) -> None:
    told = told_by({"outputs": [output]}, is_of_rows=False)
    assert told == Told((), {}, (), None, (fault,))


def test_a_file_that_is_listed_twice_is_the_first() -> None:
    told = told_by({"outputs": [entry(), entry(bytes=8)]}, is_of_rows=False)
    assert [file.n_bytes for file in told.files] == [7]
    assert told.faults == ('lists "x.npy" twice',)


def in_shards(*changes: dict[str, Any], **changed: Any) -> dict[str, Any]:
    """A manifest of shards of 4, 4 and 1 rows; each of the changes is that of one of them."""
    rows = zip("abc", (4, 4, 1), [*changes, {}, {}, {}], strict=False)
    files = [entry(name=f"{name}.npy", shape=[n, 2]) | change for name, n, change in rows]
    manifest = {"outputs": files, "shards": {"x.npy": ["a.npy", "b.npy", "c.npy"]}}
    return manifest | {"statistics": {"rows": 9}, "embedding": LAYER} | changed


def test_shards_are_told_in_their_order() -> None:
    told = told_by(in_shards(), is_of_rows=True)
    names = [file.name for file in told.shards["x.npy"]]
    assert (names, told.faults) == (["a.npy", "b.npy", "c.npy"], ())
    short = {"outputs": [entry(shape=[9, 2])], "shards": {"y.npy": ["x.npy"]}}
    assert told_by(in_shards(**short), is_of_rows=True).faults == ()


NO_ARRAY = 'tells of shards of "x.npy" that do not make up an array'


@pytest.mark.parametrize(
    ("manifest", "fault"),
    [
        (in_shards(shards=None), "tells of shards of no array"),
        (in_shards(shards=[]), "tells of shards of no array"),
        (in_shards(shards={"x.npy": "a.npy"}), NO_ARRAY),
        (in_shards(shards={"x.npy": []}), NO_ARRAY),
        (in_shards(shards={"x.npy": None}), NO_ARRAY),
        (in_shards(shards={"x.npy": 7}), NO_ARRAY),
        (in_shards(shards={"x.npy": ["a.npy", 7]}), NO_ARRAY),
        (in_shards(shards={"x.npy": ["a.npy", []]}), NO_ARRAY),
        (in_shards(shards={"x.npy": ["a.npy", "z.npy"]}), NO_ARRAY),
        (in_shards(shards={"x.npy": ["a.npy", "a.npy", "c.npy"]}), NO_ARRAY),
        (in_shards(shards={"x.npy": ["c.npy", "a.npy"]}), NO_ARRAY),
        (in_shards(shards={"x.npy": ["a.npy", "c.npy", "b.npy"]}), NO_ARRAY),
        (in_shards({"shape": [4, 3]}), NO_ARRAY),
        (in_shards({"shape": []}), NO_ARRAY),
        (in_shards({"dtype": "int16"}), NO_ARRAY),
        (in_shards(*[{"dtype": "int99"}] * 3), NO_ARRAY),
        (in_shards({"name": "x.npy"}, shards={"x.npy": ["x.npy", "b.npy"]}), NO_ARRAY),
        (
            in_shards({"name": "p/a.npy"}, shards={"x.npy": ["p/a.npy", "b.npy", "c.npy"]}),
            NO_ARRAY,
        ),
        (in_shards(statistics={"rows": 8}), "says rows 8, and x.npy has 9"),
        (in_shards(statistics={"rows": 9.0}), "says rows 9.0, and x.npy has 9"),
        (in_shards(statistics=7), "says rows None, and x.npy has 9"),
    ],
)
def test_shards_that_are_told_wrongly(manifest: dict[str, Any], fault: str) -> None:
    assert told_by(manifest, is_of_rows=True).faults == (fault,)


@pytest.mark.parametrize(
    ("told", "counted", "is_right"),
    [(1, 1, True), (1.0, 1, False), (True, 1, False), ("1", 1, False), (0.5, 0.5, True)],
)
def test_numbers_are_of_their_type(told: object, counted: float, is_right: bool) -> None:
    fault = misstated("rows", told, "x.npy", counted)
    assert fault == (None if is_right else f"says rows {told!r}, and x.npy has {counted}")


def test_the_layer_masks_the_padding() -> None:
    told = told_by({"outputs": [], "embedding": LAYER | {"mask_zero": 1}}, is_of_rows=True)
    assert told.faults == ("does not tell the arguments of the embedding layer",)


@pytest.mark.parametrize("number", [0, -1, 1.0, "1", None, True])
def test_a_layer_of_wrong_numbers(number: object) -> None:
    for name in Layer._fields:
        manifest = {"outputs": [], "embedding": LAYER | {name: number}}
        told = told_by(manifest, is_of_rows=True)
        assert told.layer is None
        assert told.faults == ("does not tell the arguments of the embedding layer",)
        assert told_by(manifest, is_of_rows=False).faults == ()


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("x", True),
        ("a/x", True),
        ("...", True),
        ("a b\n", True),
        ("", False),
        (".", False),
        ("..", False),
        ("/x", False),
        ("x/", False),
        ("../x", False),
        ("a/..", False),
        ("a/./x", False),
        ("a/../../b", False),
        ("a//x", False),
        ("a/b/c", False),
        ("..\\x", False),
        ("C:x", False),
        ("a\0", False),
    ],
)
def test_names_in_the_folder(name: str, expected: bool) -> None:
    assert is_inside(name) is expected
