"""Is an output refused that is larger than its limit, or than the disk?"""

from __future__ import annotations

from pathlib import Path

import pytest

from embedprep import space
from embedprep.errors import OutputError
from embedprep.space import check_space

CAUSE = "would take 3 kB"


def remedy(limit: int) -> str:
    return f"take {limit} bytes"


def check(output: Path, max_bytes: int | None) -> None:
    check_space(output, 3000, CAUSE, max_bytes=max_bytes, remedy=remedy)


def test_what_fits_is_let_through(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(space, "free_bytes", lambda folder: 3000)
    check(tmp_path / "x.npy", None)
    check(tmp_path / "x.npy", 3000)


def test_the_limit_is_told_first(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(space, "free_bytes", lambda folder: 10)
    output = tmp_path / "x.npy"
    with pytest.raises(OutputError) as raised:
        check(output, 2999)
    message = f"{output}: would take 3 kB, more than the 3 kB of --max-bytes; take 2999 bytes"
    assert str(raised.value) == message
    with pytest.raises(OutputError) as raised:
        check(output, 3000)
    message = f"{output}: would take 3 kB, and the disk has 10 bytes left; take 10 bytes"
    assert str(raised.value) == message


def test_the_disk_is_that_of_the_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[Path] = []

    def free_bytes(folder: Path) -> int:
        asked.append(folder)
        return 3000

    monkeypatch.setattr(space, "free_bytes", free_bytes)
    (tmp_path / "out").mkdir()
    for output in (tmp_path / "out", tmp_path / "new", tmp_path / "new" / "x.npy"):
        check(output, None)
    assert asked == [tmp_path / "out", tmp_path, tmp_path / "new"]
