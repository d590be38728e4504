"""Are pieces digested as by `sha256sum`, whatever the order in which parts arrive?"""

from __future__ import annotations

import hashlib
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from embedprep import digests
from embedprep.digests import (
    Digest,
    UnorderedDigest,
    digest_of,
    n_pieces,
    span_of_piece,
)

PIECE = 10


@pytest.fixture(autouse=True, scope="module")
def _small_pieces() -> object:
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(digests, "PIECE_BYTES", PIECE)
        yield


def pieces_of(data: bytes) -> list[str]:
    """The twin: SHA-256 of each ten bytes, of nothing where there is nothing."""
    cut = [data[i : i + PIECE] for i in range(0, len(data), PIECE)] or [b""]
    return [hashlib.sha256(piece).hexdigest() for piece in cut]


parts = st.lists(st.binary(max_size=25), max_size=8)


@given(parts=parts)
@example(parts=[])
@example(parts=[b"", b"0123456789", b""])
def test_pieces_are_those_of_the_whole(parts: list[bytes]) -> None:
    digest = Digest()
    for number, part in enumerate(parts):
        digest.update(memoryview(part) if number % 2 else part)
        assert digest.pieces == pieces_of(b"".join(parts[: number + 1]))
    assert digest.n_bytes == sum(map(len, parts))
    assert digest.pieces == pieces_of(b"".join(parts))


def test_known_values() -> None:
    digest = Digest()
    assert digest.pieces == ["e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"]
    digest.update(b"abc")  # FIPS 180-2, appendix B.1
    assert digest.pieces == ["ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"]


class WrittenParts:
    """Parts of a file at their offsets, which an `UnorderedDigest` may read back."""

    def __init__(self, parts: list[bytes]) -> None:
        self.whole = b"".join(parts)
        self.offsets = [sum(map(len, parts[:i])) for i in range(len(parts))]
        self.n_read_back = 0
        self.digest = UnorderedDigest(self.read_back)

    def read_back(self, n_bytes: int, offset: int) -> bytes:
        self.n_read_back += n_bytes
        return self.whole[offset : offset + n_bytes]


@given(
    parts=st.lists(st.binary(min_size=1, max_size=25), max_size=8),
    kept=st.sampled_from([0, 10, 1000]),
    data=st.data(),
)
def test_parts_may_come_in_any_order(parts: list[bytes], kept: int, data: st.DataObject) -> None:
    written = WrittenParts(parts)
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(digests, "EARLY_BYTES", kept)
        for i in data.draw(st.permutations(range(len(parts)))):
            written.digest.update(written.offsets[i], parts[i])
    assert written.digest.digest.pieces == pieces_of(written.whole)
    assert written.digest.digest.n_bytes == len(written.whole)


def test_too_many_early_parts_are_let_go_and_read_back(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(digests, "EARLY_BYTES", 5)
    written = WrittenParts([b"first", b"early", b"late"])
    for i in (1, 2, 0):
        written.digest.update(written.offsets[i], [b"first", b"early", b"late"][i])
    assert written.n_read_back == len(b"late")
    assert written.digest.digest.pieces == pieces_of(b"firstearlylate")


def test_parts_may_come_from_many_threads() -> None:
    parts = [bytes([i % 251]) * (1 + i % 13) for i in range(3000)]
    written = WrittenParts(parts)
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(written.digest.update, written.offsets[::-1], parts[::-1]))
    assert written.digest.digest.n_bytes == len(written.whole)
    assert written.digest.digest.pieces == pieces_of(written.whole)


def test_a_file_has_the_digest_of_its_bytes(tmp_path: Path) -> None:
    (tmp_path / "x").write_bytes(b"abc")
    digest = digest_of(tmp_path / "x")
    assert (digest.n_bytes, digest.pieces) == (3, [hashlib.sha256(b"abc").hexdigest()])


@pytest.mark.parametrize("n_bytes", [0, 1, 9, 10, 11, 20, 35])
def test_each_piece_has_its_own_digest(n_bytes: int, tmp_path: Path) -> None:
    data = bytes(range(n_bytes))
    (tmp_path / "x").write_bytes(data)
    spans = [span_of_piece(number, n_bytes) for number in range(n_pieces(n_bytes))]
    assert [place for span in spans for place in span] == list(range(n_bytes))
    assert [digest_of(tmp_path / "x", span).pieces[0] for span in spans] == pieces_of(data)


def test_a_file_that_ends_within_a_piece_has_the_digest_of_what_there_is(tmp_path: Path) -> None:
    (tmp_path / "x").write_bytes(b"abc")
    expected = hashlib.sha256(b"bc").hexdigest()
    assert digest_of(tmp_path / "x", range(1, 9)).pieces == [expected]
