"""Which vectors does a word2vec binary file hold? A word, a space, then `dim` float32."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from embedprep.arrays import Ints, join_lines
from embedprep.dictionary import Lookup
from embedprep.errors import InputError
from embedprep.sources import PADDING
from embedprep.vectors.blocks import Bad, VectorBlock, finite_rows

_SPACE, _LINE_FEED = b" ", b"\n"

_MOST_WORD_BYTES = 1 << 16
_COPY = "copy the file again"
_SKIP = "leave such words out by --skip-bad-vectors"


class WholeVectors(NamedTuple):
    """Some vectors with their words: word i is `data[starts[i] : ends[i]]`, its vector lies one
    byte behind. `data` ends with `PADDING`.
    """

    data: bytes
    starts: Ints
    ends: Ints


def whole_vectors(
    chunks: Iterator[bytes], dim: int, n_vectors: int, place: str
) -> Iterator[WholeVectors]:
    """The vectors of a file, its header left out, some at a time.

    Where a word begins is known only when the one before has ended, so this is a loop: 0.2 us a
    vector, of which a million take a gigabyte. Fewer than `n_vectors` are for others to see; raises
    InputError where something follows them.
    """
    vector_bytes = 4 * dim
    n_before, rest = 0, b""
    for chunk in chunks:
        data = rest + chunk
        starts: list[int] = []
        ends: list[int] = []
        start = 0
        while n_before + len(starts) < n_vectors:
            start += data.startswith(_LINE_FEED, start)  # word2vec's own, behind each vector
            end = data.find(_SPACE, start, start + _MOST_WORD_BYTES)
            behind = end + 1 + vector_bytes
            if end < 0 or behind > len(data):
                break
            starts.append(start)
            ends.append(end)
            start = behind
        if starts:
            whole = data[:start] + PADDING
            yield WholeVectors(whole, np.array(starts), np.array(ends))
        n_before += len(starts)
        rest = data[start:]
        if len(rest) > _MOST_WORD_BYTES + vector_bytes:
            break
    for _ in chunks:  # what nobody can read counts in the digest of the file
        pass
    if n_before == n_vectors and rest.strip(_LINE_FEED):
        cause = f"goes on behind the {n_vectors:,} vectors that its header announces"
        raise InputError(place, cause, _COPY)


def find_in_vectors(block: WholeVectors, dim: int, lookup: Lookup) -> VectorBlock:
    """The vectors of the words in `lookup` among some vectors."""
    data, starts, ends = block
    text = np.frombuffer(data, np.uint8)
    found = lookup.find_spans(text, starts, ends - starts)
    wanted = (found < lookup.n_words).nonzero()[0]

    vector_bytes = 4 * dim
    n_places = max(0, len(data) - vector_bytes + 1)
    at_each_byte: NDArray[np.void] = np.ndarray((n_places,), f"V{vector_bytes}", data, strides=(1,))
    vectors = at_each_byte[ends[wanted] + 1].view("<f4").reshape(-1, dim)
    vectors = vectors.astype(np.float32, copy=False)
    bad = _not_utf8(block)
    return VectorBlock(
        found[wanted],
        vectors,
        wanted,
        finite_rows(vectors),
        len(starts) - len(bad),
        len(starts),
        bad,
    )


def _not_utf8(block: WholeVectors) -> list[Bad]:
    """The vectors whose words are not UTF-8; none of these is wanted."""
    text = np.frombuffer(block.data, np.uint8)
    words = join_lines(text, block.starts, block.ends - block.starts).tobytes()
    try:
        words.decode("utf-8")
    except UnicodeDecodeError:
        pass
    else:
        return []
    bad = []
    for number, (start, end) in enumerate(
        zip(block.starts.tolist(), block.ends.tolist(), strict=True)
    ):
        try:
            block.data[start:end].decode("utf-8")
        except UnicodeDecodeError as error:
            cause = f"byte 0x{block.data[start + error.start]:02x} of its word is not UTF-8"
            bad.append(Bad(number, cause, _SKIP))
    return bad
