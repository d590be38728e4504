"""Is a file in a zip archive read as if the archive were a folder, and read ahead?"""

from __future__ import annotations

import threading
import time
import zipfile
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from embedprep.errors import InputError
from embedprep.sources.ahead import Ahead
from embedprep.sources.archives import file_of, opened_inside


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    return tmp_path


def zip_of(path: str, names: list[str], method: int = zipfile.ZIP_DEFLATED) -> None:
    with zipfile.ZipFile(path, "w", method) as archive:
        for name in names:
            archive.writestr(name, f"I am {name}".encode())


def content(name: str) -> bytes:
    with opened_inside(name) as stream:
        return b"".join(iter(lambda: stream.read(3), b""))


@pytest.mark.parametrize(
    "method", [zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED, zipfile.ZIP_BZIP2, zipfile.ZIP_LZMA]
)
def test_a_file_is_named_by_its_path_in_the_archive(method: int, folder: Path) -> None:
    zip_of("a.zip", ["one.txt", "d/two.txt", "d/é ü.txt", "b.zip/x"], method)
    for name in ("one.txt", "d/two.txt", "d/é ü.txt", "b.zip/x"):
        for place in (f"a.zip/{name}", f"./a.zip/{name}", f"{folder}/a.zip//{name}"):
            assert content(place) == f"I am {name}".encode()
            assert Path(file_of(place)) == Path(place[: place.index("a.zip") + 5])


def test_the_only_file_needs_no_name() -> None:
    zip_of("no suffix", ["d/", "d/one.txt"])
    assert content("no suffix") == b"I am d/one.txt"
    assert file_of("no suffix") == "no suffix"


def test_a_plain_file_comes_before_one_in_an_archive() -> None:
    Path("a.zip").mkdir()
    zip_of("a.zip/b.zip", ["x"])
    Path("a.zip/plain").write_bytes(b"plain")
    assert content("a.zip/plain") == b"plain"
    assert content("a.zip/b.zip") == content("a.zip/b.zip/x") == b"I am x"
    assert file_of("a.zip/b.zip/x") == "a.zip/b.zip"
    assert file_of("nowhere/x") == "nowhere/x"
    with pytest.raises(InputError, match="nowhere/x: no such file; check the path"):
        content("nowhere/x")


def test_standard_input_is_no_file_of_that_name(monkeypatch: pytest.MonkeyPatch) -> None:
    zip_of("-", ["x"])
    assert file_of("-") == "-"
    monkeypatch.setattr("sys.stdin", None)
    with pytest.raises(InputError, match="-: standard input is closed; pipe a text into it"):
        content("-")
    assert content("./-") == b"I am x"


@given(st.integers(0, 400), st.integers(0, 255))
@example(276, 0)  # the name of the file becomes empty
def test_a_damaged_archive_never_gives_other_bytes(place: int, value: int) -> None:
    """A byte is changed: what was in the archive comes out, or else an error."""
    data = b"".join(b"%d " % (n * n) for n in range(90))
    with zipfile.ZipFile("a.zip", "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr(zipfile.ZipInfo("x"), data, zipfile.ZIP_DEFLATED)
    broken = bytearray(Path("a.zip").read_bytes())
    broken[place % len(broken)] = value
    Path("a.zip").write_bytes(broken)
    try:
        read = content("a.zip/x")
    except InputError:
        return
    assert read == data


# Read ahead.


@given(st.lists(st.integers()), st.integers(1, 5))
def test_all_items_come_in_their_order(items: list[int], n_ahead: int) -> None:
    with closing(Ahead(iter(items), n_ahead)) as ahead:
        assert list(ahead) == items


def test_an_error_comes_where_its_item_would_have() -> None:
    def items() -> Iterator[int]:
        yield 1
        yield 2
        raise InputError("a", "is broken")

    for n_ahead in (1, 9):
        with closing(Ahead(items(), n_ahead)) as ahead:
            some = iter(ahead)
            assert (next(some), next(some)) == (1, 2)
            with pytest.raises(InputError, match="a: is broken"):
                next(some)


def test_no_more_is_taken_than_so_many_ahead_and_closing_ends_it() -> None:
    taken = []

    def items() -> Iterator[int]:
        for n in range(100):
            taken.append(n)
            yield n

    before = threading.active_count()
    ahead = Ahead(items(), 3)
    assert next(iter(ahead)) == 0
    deadline = time.monotonic() + 5
    while len(taken) < 5 and time.monotonic() < deadline:
        time.sleep(0.005)
    time.sleep(0.05)
    assert taken == [0, 1, 2, 3, 4]  # one is out, three wait, one is held
    ahead.close()
    while threading.active_count() > before and time.monotonic() < deadline:
        time.sleep(0.005)
    assert threading.active_count() == before
    assert taken == [0, 1, 2, 3, 4]
