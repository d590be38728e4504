"""How does an array that is made of rows of indices reach disk? Some rows at a time, side by side.

Its size is known before: it is checked, announced, and only then written.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any, NamedTuple

from numpy.typing import NDArray

from embedprep.engines import ThreadEngine, in_turn
from embedprep.npy import ArraySpec, NpyWriter
from embedprep.publication import staged_file
from embedprep.space import check_space
from embedprep.wording import how_large, how_many

Remedy = Callable[[int], str]
"""What takes no more than so many bytes."""


class Target(NamedTuple):
    """Where an array goes: the file, the bytes that it may have, and by how many threads.

    `announce` is told in words what is written, before it is.
    """

    path: Path
    max_bytes: int | None = None
    jobs: int | None = None
    sync: bool = False
    announce: Callable[[str], object] = lambda said: None


class Tensor(NamedTuple):
    """An array that was written: its file, its shape, and the name of its dtype."""

    path: Path
    shape: tuple[int, ...]
    dtype: str

    @property
    def statistics(self) -> dict[str, int]:
        """None: all that is known of it is its shape."""
        return {}


def described(shape: tuple[int, ...], dtype: str) -> str:
    """An array in words.

    >>> described((320, 12, 128), "float32")
    '320 rows of 12 x 128 float32'
    """
    return f"{how_many(shape[0], 'row')} of {' x '.join(f'{n:,}' for n in shape[1:])} {dtype}"


def admit(target: Target, what: str, n_bytes: int, remedy: Remedy) -> None:
    """Check an output of `n_bytes`, and announce it; `what` tells what is in it.

    Raises OutputError where it is too large.
    """
    cause = f"would take {how_large(n_bytes)} for {what}"
    check_space(target.path, n_bytes, cause, max_bytes=target.max_bytes, remedy=remedy)
    target.announce(f"{target.path}: writing {what}, {how_large(n_bytes)}")


def write_tensor(
    target: Target,
    array: ArraySpec,
    chunks: Iterable[slice],
    make: Callable[[slice], NDArray[Any]],
    remedy: Remedy,
) -> Tensor:
    """Write an array whose rows in each chunk are what `make` gives for it, in threads.

    Raises OutputError where it cannot be written or is too large, and what `make` raises for the
    first chunk where it does.
    """
    with staged_file(target.path, target.sync) as temporary, ThreadEngine(target.jobs) as engine:
        admit(target, described(*array), array.n_bytes, remedy)
        with NpyWriter(temporary, target.path, array, hashes=False) as writer:

            def write(rows: slice) -> None:
                writer.write(rows.start, make(rows))

            for _ in in_turn(engine, write, ((rows,) for rows in chunks)):
                pass
    return Tensor(target.path, *array)
