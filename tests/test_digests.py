"""Are pieces digested as by `sha256sum`, whatever the order in which parts arrive?"""

from __future__ import annotations

import hashlib
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from embedprep import digests
from embedprep.digests import Digest, UnorderedDigest, digest_file

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


@given(parts=st.lists(st.binary(min_size=1, max_size=25), max_size=8), data=st.data())
def test_parts_may_come_in_any_order(parts: list[bytes], data: st.DataObject) -> None:
    offsets = [sum(map(len, parts[:i])) for i in range(len(parts))]
    unordered = UnorderedDigest()
    for i in data.draw(st.permutations(range(len(parts)))):
        unordered.update(offsets[i], parts[i])
    assert unordered.digest.pieces == pieces_of(b"".join(parts))
    assert unordered.digest.n_bytes == sum(map(len, parts))


def test_parts_may_come_from_many_threads() -> None:
    parts = [bytes([i % 251]) * (1 + i % 13) for i in range(3000)]
    offsets = [0]
    for part in parts:
        offsets.append(offsets[-1] + len(part))
    unordered = UnorderedDigest()
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(unordered.update, offsets[-2::-1], parts[::-1]))
    assert unordered.digest.n_bytes == offsets[-1]
    assert unordered.digest.pieces == pieces_of(b"".join(parts))


def test_a_file_on_disk(tmp_path: Path) -> None:
    path = tmp_path / "file"
    path.write_bytes(b"0123456789abc")
    assert digest_file(path).n_bytes == 13
    assert digest_file(path).pieces == pieces_of(b"0123456789abc")
    with pytest.raises(OSError, match="No such file"):
        digest_file(tmp_path / "absent")
