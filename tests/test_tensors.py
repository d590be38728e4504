"""Is an array announced, checked, and written in order, whatever the threads do?"""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from embedprep.errors import OutputError
from embedprep.npy import ArraySpec
from embedprep.tensors import Target, described, write_tensor

CHUNKS = [slice(0, 2), slice(2, 3), slice(3, 5)]


def test_an_array_is_announced_and_then_written(tmp_path: Path) -> None:
    path, said = tmp_path / "x.npy", list[str]()

    def announce(words: str) -> None:
        assert not path.exists()
        said.append(words)

    whole = np.arange(30, dtype=np.float32).reshape(5, 2, 3)
    target = Target(path, jobs=2, announce=announce)
    array = ArraySpec((5, 2, 3), "float32")
    made = write_tensor(target, array, CHUNKS, lambda rows: whole[rows], lambda _: "")
    assert made == (path, (5, 2, 3), "float32")
    assert said == [f"{path}: writing 5 rows of 2 x 3 float32, 248 bytes"]
    np.testing.assert_array_equal(np.load(path), whole, strict=True)


def test_numbers_of_an_array_are_told() -> None:
    assert described((1, 2000), "uint8") == "1 row of 2,000 uint8"


def test_the_first_chunk_that_fails_is_told_and_nothing_is_left(tmp_path: Path) -> None:
    def fail(rows: slice) -> np.ndarray[tuple[int, ...], np.dtype[np.uint8]]:
        if rows.start:
            raise ValueError(f"at {rows.start}")
        return np.zeros((2, 1), np.uint8)

    target = Target(tmp_path / "x.npy", jobs=2)
    with pytest.raises(ValueError, match="at 2"):
        write_tensor(target, ArraySpec((5, 1), "uint8"), CHUNKS, fail, lambda _: "")
    assert list(tmp_path.iterdir()) == []


def test_what_is_too_large_is_refused_with_what_fits(tmp_path: Path) -> None:
    target = Target(tmp_path / "x.npy", max_bytes=1000, announce=lambda _: pytest.fail("announced"))
    array = ArraySpec((500, 7), "float32")
    with pytest.raises(OutputError) as caught:
        write_tensor(target, array, [], lambda _: np.zeros(0), lambda limit: f"take {limit}")
    assert str(caught.value) == (
        f"{tmp_path}/x.npy: would take 14.1 kB for 500 rows of 7 float32, more than the 1 kB of "
        "--max-bytes; take 1000"
    )
    assert list(tmp_path.iterdir()) == []
