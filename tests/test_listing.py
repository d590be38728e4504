"""Is only that taken from a manifest which is of the right form?"""

from __future__ import annotations

from typing import Any

import pytest

from embedprep.listing import Layer, Listed, is_inside, told_by

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
    assert told[1:] == (("test",), Layer(9, 4, 3), ())


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
    assert told == ((), (), None, (fault,))


def test_a_file_that_is_listed_twice_is_the_first() -> None:
    told = told_by({"outputs": [entry(), entry(bytes=8)]}, is_of_rows=False)
    assert [file.n_bytes for file in told.files] == [7]
    assert told.faults == ('lists "x.npy" twice',)


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
