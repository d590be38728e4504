"""Which kind of vector file is this? It is told by its first bytes, never by its name.

- text: a line a word, the word and its numbers with a space between two. word2vec and fastText
  write a header before, `count dim`, GloVe does not; whether it is there is looked at.
- word2vec binary: the header, then for each word the word, a space, `dim` float32, little-endian,
  and from word2vec itself a line feed.
- fastText binary: what its `.bin` files begin with.
"""

from __future__ import annotations

import codecs
import re
import struct
from collections import Counter
from collections.abc import Sequence
from typing import NamedTuple

from embedprep.errors import InputError

HEAD_BYTES = 1 << 20
"""How much of a file is looked at: more than its first line holds, or it is no vector file."""

MOST_DIMENSIONS = 1 << 16

TEXT, WORD2VEC, FASTTEXT = "text", "word2vec binary", "fastText binary"

_FASTTEXT_MAGIC = struct.pack("<i", 793712314)
_HEADER = re.compile(rb"[ \t]*([0-9]{1,18})[ \t]+([0-9]{1,18})[ \t]*\r?\n")
_CONTROL = re.compile(rb"[\x00-\x08\x0b\x0c\x0e-\x1f]")
NUMBER = re.compile(
    rb"[+-]?(?:(?:[0-9]+\.?[0-9]*|\.[0-9]+)(?:e[+-]?[0-9]+)?|nan|inf)", re.IGNORECASE
)
DECIMAL = re.compile(rb"[+-]?(?:[0-9]*\.[0-9]+|[0-9]+\.?(?=e))(?:e[+-]?[0-9]+)?", re.IGNORECASE)
"""A number that is no whole one: words that hold spaces may end with 10, none ends with 0.5."""

_LINES_LOOKED_AT = 10

_REMEDY = "name one of GloVe, word2vec (text or binary) or fastText (.vec or .bin)"

_FOREIGN = (
    (
        re.compile(rb"\s*<(!doctype html|html|\?xml)", re.IGNORECASE),
        "is a web page",
        "download the file itself",
    ),
    (
        re.compile(rb"version https://git-lfs"),
        "is a Git LFS pointer in place of the file",
        "fetch it by `git lfs pull`",
    ),
    (re.compile(rb"\x93NUMPY"), "is a NumPy array, without words", _REMEDY),
    (
        re.compile(rb"\x80[\x02-\x05]"),
        "is a pickle, which may run code when it is read",
        "save it as word2vec text, in gensim by `save_word2vec_format`",
    ),
)
"""How other files begin that are taken for vectors."""


class VectorFormat(NamedTuple):
    """The kind of a file, the numbers of a vector, how many vectors its header announces, None
    where there is no header, and the size of that. A fastText binary tells all this itself.
    """

    kind: str
    dim: int = 0
    n_vectors: int | None = None
    header_bytes: int = 0


def recognise(head: bytes, place: str) -> VectorFormat:
    """The format of a file by its first `HEAD_BYTES`, or all it has.

    Raises InputError where it is no vector file that is known.
    """
    if not head.removeprefix(codecs.BOM_UTF8).strip():
        raise InputError(place, "holds no vectors", "is the step that writes it finished?")
    if head.startswith(_FASTTEXT_MAGIC):
        return VectorFormat(FASTTEXT)
    for begins, cause, remedy in _FOREIGN:
        if begins.match(head):
            raise InputError(place, cause, remedy)
    is_cut = len(head) >= HEAD_BYTES
    mark = codecs.BOM_UTF8 if head.startswith(codecs.BOM_UTF8) else b""
    head = head[len(mark) :]
    header = _HEADER.match(head)
    if header is None:
        return VectorFormat(TEXT, _dim_of_lines(head, is_cut, place), header_bytes=len(mark))

    n_vectors, dim = int(header[1]), int(header[2])
    rest = head[header.end() :]
    [first, *_] = _lines(rest, is_cut) or [b""]
    if not 1 <= dim <= MOST_DIMENSIONS:
        cause = f"announces vectors of {dim:,} numbers"
        raise InputError(f"{place}:1", cause, "is it whole, and a vector file? copy it again")
    if dim != 1 and count_trailing(first, NUMBER) == 1 == count_trailing(header[0], NUMBER):
        _refuse_counts(_lines(head, is_cut), place)
        return VectorFormat(TEXT, 1, header_bytes=len(mark))  # "1 2", "3 4.5": a number a word
    is_text = count_trailing(first, NUMBER) == dim or _is_text(rest)
    return VectorFormat(TEXT if is_text else WORD2VEC, dim, n_vectors, len(mark) + header.end())


def _dim_of_lines(head: bytes, is_cut: bool, place: str) -> int:
    """How many numbers most of the first lines have behind their word.

    Raises InputError where there are none, or too many, or where they are counts.
    """
    lines = _lines(head, is_cut)[:_LINES_LOOKED_AT]
    counts = Counter(count_trailing(line, NUMBER) for line in lines)
    dim = max(counts, key=counts.__getitem__, default=0)  # of two that are as many, the first
    if not 1 <= dim <= MOST_DIMENSIONS:
        raise InputError(place, "is no vector file that is known", _REMEDY)
    if dim == 1:
        _refuse_counts(lines, place)
    return dim


def _refuse_counts(lines: Sequence[bytes], place: str) -> None:
    """Raise InputError where lines are words and their counts, the first one perhaps titles."""
    last = [line.split()[-1] for line in lines[:_LINES_LOOKED_AT]]
    counts = last if NUMBER.fullmatch(last[0]) else last[1:]
    if counts and all(count.isdigit() for count in counts):
        raise InputError(place, "is a list of words and counts, without vectors", _REMEDY)


def _lines(head: bytes, is_cut: bool) -> Sequence[bytes]:
    """The lines that hold something, without one that is cut off."""
    lines = head.split(b"\n")
    return [line for line in (lines[:-1] if is_cut else lines) if line.strip()]


def count_trailing(line: bytes, pattern: re.Pattern[bytes]) -> int:
    """How many fields a line ends with that match a pattern, its first field, a word, left out.

    >>> count_trailing(b". . 0.1 -2e3", NUMBER), count_trailing(b"a word", NUMBER)
    (2, 0)
    >>> count_trailing(b"top 10", DECIMAL), count_trailing(b"cat 0.5 1e3", DECIMAL)
    (0, 2)
    """
    fields = line.split()[1:]
    are_numbers = [pattern.fullmatch(field) is not None for field in reversed(fields)]
    return are_numbers.index(False) if False in are_numbers else len(fields)


def _is_text(data: bytes) -> bool:
    """Whether there is no byte that only binary data have."""
    try:
        codecs.getincrementaldecoder("utf-8")().decode(data)
    except UnicodeDecodeError:
        return False
    return _CONTROL.search(data) is None
