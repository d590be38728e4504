"""Which vectors do lines of text hold? A word, then its numbers, a space between two.

Nearly every line has as many separators as a vector has numbers, and then its word ends at the
first. Only others are looked at one by one: those whose word holds spaces, which is told from the
right, and those that are wrong. The numbers of words that nobody wants are counted, not read.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from embedprep.arrays import WINDOW, Bytes, Flags, Ints, windows
from embedprep.dictionary import Lookup, WordArray
from embedprep.sources import PADDING
from embedprep.vectors.blocks import Bad, VectorBlock, finite_rows
from embedprep.vectors.decimals import MARGIN, parse_decimals
from embedprep.vectors.formats import DECIMAL, count_trailing
from embedprep.wording import how_many, shortened

_SPACE, _LINE_FEED = np.uint8(ord(" ")), np.uint8(ord("\n"))

_COPY = "copy the file again, or leave such lines out by --skip-bad-vectors"
_TRANSCODE = "transcode the file, or leave such lines out by --skip-bad-vectors"


class _Lines(NamedTuple):
    """Some lines: the number of each in the block, the spelling that its word is, and its numbers
    as text; all (lines,).
    """

    numbers: Ints
    spellings: Ints
    texts: list[bytes]


def find_in_lines(lines: list[bytes | memoryview], dim: int, lookup: Lookup) -> VectorBlock:
    """The vectors of `dim` numbers that lines hold, of the words in `lookup`.

    `lines` are parts of whole lines, which are let go: the list is emptied. A character up to the
    space is a separator.
    """
    is_ended = bytes(lines[-1][-1:]) == b"\n"
    data = b"".join((*lines, b"" if is_ended else b"\n", PADDING))
    lines.clear()
    text = np.frombuffer(data, np.uint8)
    body = text[: -len(PADDING)]
    ends = _rare_places(text == _LINE_FEED)
    starts = np.concatenate([[0], ends + 1])[:-1]
    # word2vec and fastText write a space behind each line, others a CR.
    stops = ends - (text[ends - 1] <= _SPACE)
    is_blank = stops <= starts
    n_separators = _count_inside(body <= _SPACE, ends) - (ends - stops)

    bad = [] if data.isascii() else _not_utf8(data, starts, ends)
    is_plain = n_separators == dim
    is_odd = ~(is_plain | is_blank)
    for line in bad:
        is_plain[line.number] = is_odd[line.number] = False

    plain = _find_plain(data, is_plain.nonzero()[0], starts, stops, lookup)
    vectors, unread = _read_alike(plain.texts, dim)
    if is_odd.any():
        numbers = is_odd.nonzero()[0].tolist()
        contents = [data[starts[i] : stops[i]] for i in numbers]
        odd, wrong = _find_odd(numbers, contents, dim, lookup)
        odd_vectors, odd_unread = _read_each(odd.texts, dim)
        bad += wrong
        unread += [(len(plain.texts) + i, cause) for i, cause in odd_unread]
        plain = _Lines(
            np.concatenate([plain.numbers, odd.numbers]),
            np.concatenate([plain.spellings, odd.spellings]),
            [],
        )
        vectors = np.concatenate([vectors, odd_vectors])

    bad += [Bad(int(plain.numbers[i]), cause, _COPY) for i, cause in unread]
    n_vectors = int(np.count_nonzero(~is_blank)) - len(bad)
    is_read = np.ones(len(vectors), np.bool_)
    is_read[[i for i, _ in unread]] = False
    order = is_read.nonzero()[0]
    order = order[np.argsort(plain.numbers[order], kind="stable")]
    vectors = vectors[order]
    return VectorBlock(
        plain.spellings[order],
        vectors,
        plain.numbers[order],
        finite_rows(vectors),
        n_vectors,
        len(ends),
        sorted(bad),
    )


def _rare_places(is_there: Flags) -> Ints:
    """The places of bytes that are rare, and none of which is among the last seven.

    Eight of them are looked at together, and only where one is there each by itself.
    """
    eights = is_there[: len(is_there) & -WINDOW].reshape(-1, WINDOW)
    hit = (eights.view(np.uint64)[:, 0] != 0).nonzero()[0]
    row, column = eights[hit].nonzero()
    places: Ints = hit[row] * WINDOW + column
    return places


def _count_inside(is_separator: Flags, ends: Ints) -> Ints:
    """How many separators each line holds before its end, (lines,).

    As bits, 64 bytes of the text are one number, whose bits a processor counts at once.
    """
    bits = np.packbits(is_separator, bitorder="little")
    bits = np.append(bits, np.zeros(WINDOW - len(bits) % WINDOW, np.uint8)).view("<u8")
    of_word = np.bitwise_count(bits)
    before_word = np.cumsum(of_word, dtype=np.int64) - of_word
    word, bit = ends >> 6, (ends & 63).astype(np.uint64)
    below = bits[word] & ((np.uint64(1) << bit) - np.uint64(1))
    before_end = before_word[word] + np.bitwise_count(below)
    inside: Ints = np.diff(before_end, prepend=-1) - 1
    return inside


def _find_plain(data: bytes, lines: Ints, starts: Ints, stops: Ints, lookup: Lookup) -> _Lines:
    """Of lines whose word ends at the first separator, those whose word is wanted."""
    text = np.frombuffer(data, np.uint8)
    word_starts = starts[lines]
    word_ends = _first_separators(text, word_starts)
    spellings = lookup.find_spans(text, word_starts, word_ends - word_starts)
    is_wanted = spellings < lookup.n_words
    lines = lines[is_wanted]
    spans = zip(word_ends[is_wanted].tolist(), stops[lines].tolist(), strict=True)
    # One slice a line: an index for each byte would take longer than to read its number.
    return _Lines(lines, spellings[is_wanted], [data[start:stop] for start, stop in spans])


def _first_separators(text: Bytes, starts: Ints) -> Ints:
    """The place of the first separator from each of some places on, where there is one."""
    window = windows(text)
    places = starts.copy()
    waiting = np.arange(len(starts))
    while len(waiting):
        eight = window[places[waiting]]
        is_separator = ~(((eight & _LOW_BITS) + _TO_HIGH_BIT) | eight) & _HIGH_BITS
        has_one = is_separator != 0
        lowest = is_separator & (~is_separator + np.uint64(1))
        # The lowest bit that is set is the exponent of the number as a double.
        bit = (lowest[has_one].astype(np.float64).view(np.int64) >> 52) - 1023
        places[waiting[has_one]] += bit >> 3
        waiting = waiting[~has_one]
        places[waiting] += WINDOW
    return places


_LOW_BITS, _HIGH_BITS = np.uint64(0x7F7F7F7F7F7F7F7F), np.uint64(0x8080808080808080)
_TO_HIGH_BIT = np.uint64(0x5F5F5F5F5F5F5F5F)
"""Added to the low bits of a byte, it sets the high one where that is more than a space."""


def _find_odd(
    lines: list[int], contents: list[bytes], dim: int, lookup: Lookup
) -> tuple[_Lines, list[Bad]]:
    """Of lines that have other than `dim` separators, those whose word is wanted; and the lines
    that do not have a word and `dim` numbers.
    """
    words, texts, numbers, bad = [], [], [], []
    for line, content in zip(lines, contents, strict=True):
        fields = content.rsplit(None, dim)
        word, n_numbers = (fields[0] if fields else b""), len(fields) - 1
        if len(fields) == dim and content[:1].isspace():  # the word is white space itself
            word, n_numbers = content[: len(content) - len(content.lstrip()) - 1], dim
        n_numbers += count_trailing(word, DECIMAL)  # a row too long
        if n_numbers != dim:
            cause = f"holds {how_many(max(n_numbers, 0), 'number')}, not {dim:,}"
            bad.append(Bad(line, cause, _COPY))
            continue
        words.append(word)
        texts.append(content[len(word) :])
        numbers.append(line)
    found = lookup.find(WordArray.of(words, lookup.secret))
    wanted = (found < lookup.n_words).nonzero()[0]
    of_wanted = np.array(numbers, np.int64)[wanted]
    return _Lines(of_wanted, found[wanted], [texts[i] for i in wanted.tolist()]), bad


def _not_utf8(data: bytes, starts: Ints, ends: Ints) -> list[Bad]:
    """The lines that are not UTF-8."""
    places = _rare_places(np.frombuffer(data, np.uint8) > 0x7F)
    numbers = np.unique(np.searchsorted(ends, places)).tolist()
    lines = [data[starts[number] : ends[number]] for number in numbers]
    try:
        b"\n".join(lines).decode("utf-8")
    except UnicodeDecodeError:
        pass
    else:
        return []
    bad = []
    for number, line in zip(numbers, lines, strict=True):
        try:
            line.decode("utf-8")
        except UnicodeDecodeError as error:
            cause = f"byte 0x{line[error.start]:02x} is not UTF-8"
            bad.append(Bad(number, cause, _TRANSCODE))
    return bad


def _read_alike(texts: list[bytes], dim: int) -> tuple[NDArray[np.float32], list[tuple[int, str]]]:
    """The numbers of texts, (texts, dim), each of which has a separator before every number; and
    which texts hold something else, with the reason.
    """
    joined = b"".join([b"#" * MARGIN, b"\n".join(texts), b"\n", PADDING])
    text = np.frombuffer(joined, np.uint8)
    separators = (text[: -len(PADDING)] <= _SPACE).nonzero()[0]
    grid = separators[: len(texts) * (dim + 1)].reshape(len(texts), dim + 1)
    starts, ends = grid[:, :-1] + 1, grid[:, 1:]
    numbers, is_read = parse_decimals(text, starts.reshape(-1), ends.reshape(-1))
    vectors = numbers.astype(np.float32).reshape(-1, dim)

    unread: list[tuple[int, str]] = []
    is_whole: Flags = np.logical_and.reduce(is_read.reshape(-1, dim), axis=1)
    others = (~is_whole).nonzero()[0]
    if len(others):
        vectors[others], unread = _read_each([texts[i] for i in others.tolist()], dim)
    return vectors, [(int(others[i]), cause) for i, cause in unread]


def _read_each(texts: list[bytes], dim: int) -> tuple[NDArray[np.float32], list[tuple[int, str]]]:
    """The same for numbers that are spelled in any way, with any white space between them.

    As doubles that are rounded, like `numpy.float32` of a text. `numpy.fromstring` is little
    quicker, and reads 1.5.5 as two numbers.
    """
    numbers = np.zeros((len(texts), dim))
    unread = []
    for i, text in enumerate(texts):
        fields = text.split()
        if len(fields) != dim:
            unread.append((i, f"holds {how_many(len(fields), 'number')}, not {dim:,}"))
            continue
        try:
            numbers[i] = list(map(float, fields))
        except ValueError:
            wrong = next(field for field in fields if not _is_number(field))
            cause = f"{shortened(wrong.decode('utf-8', 'replace'))!r} is no number"
            unread.append((i, cause))
    with np.errstate(over="ignore"):  # what is too large is infinite, and told of as such
        return numbers.astype(np.float32), unread


def _is_number(field: bytes) -> bool:
    try:
        float(field)
    except ValueError:
        return False
    return True
