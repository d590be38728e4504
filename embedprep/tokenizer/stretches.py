"""Which stretches of a text can be looked at by themselves?

The words of a stretch do not depend on what stands around it, so it is enough to find the words
of each distinct one, once. Nearly all stretches of running text are words themselves: runs of
letters and digits, such as `don't`, `3.14` and `été`. What `word_break` says of code points is
said here of bytes, and where that is not plain to see, the stretch goes on.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from embedprep.arrays import (
    WINDOW,
    Bytes,
    ByteTable,
    Flags,
    Ints,
    ragged_places,
    starts_of,
    take_ragged,
    windows,
)
from embedprep.sources import PADDING
from embedprep.text import LINE_FEED
from embedprep.tokenizer.lowercase import lowercase_ascii
from embedprep.tokenizer.settings import TokenizerSettings
from embedprep.tokenizer.word_break import (
    ALETTER,
    MAKES_WORD,
    classes_of,
    is_ignored,
    is_middle,
    is_other,
    is_space,
)
from embedprep.tokenizer.words import Spans, Words

# What a byte is to its neighbours, ...
_LETTER, _DIGIT, _WITHIN = 0x01, 0x02, 0x04
_TO_NEIGHBOURS = _LETTER | _DIGIT | _WITHIN
# ... what must stand on both sides of a sign, or on one, for it to be within a word, ...
_BETWEEN_LETTERS, _BETWEEN_DIGITS, _BESIDE = _LETTER << 3, _DIGIT << 3, _WITHIN << 3
# ... what always is, ...
_ALWAYS = 0x40
# ... and what has to be looked at.
_MARKED = 0x80

_LEADS_HAN = _ALWAYS | _TO_NEIGHBOURS | _BETWEEN_LETTERS
"""Class of the first bytes of U+4000 to U+9FFF, which are all Other (a test looks), most of them
Han. Beside `_ALWAYS` the bits of what must stand on both sides mean nothing: one of them tells
these bytes from other leading ones."""

_MARKED_LEADS = b"\xc2\xe2\xe3\xef"
"""They lead U+0080 to U+00BF, U+2000 to U+3FFF, and U+F000 to U+FFFF with the wide forms of ASCII:
the signs of much used blocks of Unicode are there."""


def _class_of_byte(byte: int) -> int:
    """The class of a byte by Word_Break of ASCII (UAX #29, table 3).

    A byte of a longer character may be anything.
    """
    if byte >= 0x80:
        mark = _MARKED if byte in _MARKED_LEADS else 0
        return _LEADS_HAN if 0xE4 <= byte <= 0xE9 else _ALWAYS | _TO_NEIGHBOURS | mark
    character = chr(byte)
    if character.isalpha():
        return _ALWAYS | _LETTER | _WITHIN
    if character.isdigit():
        return _ALWAYS | _DIGIT | _WITHIN
    classes = {
        "\n": _MARKED,
        "_": _BESIDE | _WITHIN,  # ExtendNumLet: no word by itself
        ":": _BETWEEN_LETTERS,  # MidLetter
        ",": _BETWEEN_DIGITS,  # MidNum
        ";": _BETWEEN_DIGITS,
        ".": _BETWEEN_LETTERS | _BETWEEN_DIGITS,  # MidNumLet
        "'": _BETWEEN_LETTERS | _BETWEEN_DIGITS,  # Single_Quote
    }
    return classes.get(character, 0)


_CLASSES = ByteTable(bytes(map(_class_of_byte, range(256))))

_CARRIAGE_RETURN = 0x0D

_MANY = 16
"""Of so many bytes, more than one leads a character that may be Hiragana: the text is Japanese."""

_WORTH_CUTTING = 4096
"""Of so many bytes, more than one starts anew. To leave runs uncut changes no word, and where they
are few, to meet some more distinct ones costs less than to cut."""


def find_stretches(data: bytes, settings: TokenizerSettings) -> Words:
    """The stretches of whole lines of UTF-8, ASCII letters lowercased if so wished."""
    octets = np.frombuffer(data, np.uint8)
    classes = _CLASSES.of(octets)
    if data.isascii():
        line_ends, starts_anew = (octets == LINE_FEED).nonzero()[0], None
    else:
        line_ends, starts_anew = _find_other(octets, classes)
        if b"\xd7" in data or b"\xef" in data:  # these lead all Hebrew letters
            _keep_quotes(octets, classes)
    starts, ends = _runs(classes, starts_anew, has_underscores=b"_" in data)
    words_before = np.searchsorted(starts, line_ends)
    text = lowercase_ascii(octets) if settings.lowercase else octets
    return Words.of(text, starts, ends - starts, words_before)


def _find_other(octets: Bytes, classes: Bytes) -> tuple[Ints, Flags]:
    """The line ends, and where characters of class Other start within a run, (bytes,).

    Before such a character there is always a boundary, and behind it too, unless one follows that
    goes with it. The signs of some much used blocks of Unicode that are in no word are taken out of
    `classes`, in place.
    """
    starts_anew = classes == _LEADS_HAN
    is_marked = classes >= _MARKED
    if np.count_nonzero(is_marked) > len(octets) // _MANY:
        is_hiragana = _hiragana(octets)
        starts_anew |= is_hiragana
        is_marked &= ~is_hiragana
    marked = is_marked.nonzero()[0]
    is_line_end = octets[marked] == LINE_FEED
    line_ends, lead = marked[is_line_end], marked[~is_line_end]
    if not len(lead):
        return line_ends, starts_anew
    found, behind = _marked_characters(octets, lead)

    starts_anew[lead[is_other(found)]] = True
    goes_with = is_ignored(found)
    before = lead - 3  # where a character of three bytes, such as Han and kana, would start
    is_behind_other = starts_anew[before] & (octets[before] > 0xDF)
    starts_anew[lead[~goes_with & is_behind_other]] = True

    # Signs are in no word, so they are taken out, but not where a character that goes with the sign
    # may follow: only where ASCII does, or a character that was looked at and goes with none.
    is_marked[lead[goes_with]] = False
    is_sign = (is_other(found) | is_space(found)) & (found & MAKES_WORD == 0)
    next_to_it = behind[is_sign]
    stands_alone = (octets[next_to_it] < 0x80) | starts_anew[next_to_it] | is_marked[next_to_it]
    alone = is_sign.nonzero()[0][stands_alone]
    starts_anew[lead[alone]] = False
    _blank(classes, lead[alone], behind[alone])

    # A sign such as the curly apostrophe is in a word only between two letters or two digits. A
    # longer character beside it may be either, so there it stays.
    middle = is_middle(found).nonzero()[0]
    beside = classes[lead[middle] - 1] & classes[behind[middle]]
    at_edge = middle[(beside & (_LETTER | _DIGIT) == 0) | starts_anew[behind[middle]]]
    _blank(classes, lead[at_edge], behind[at_edge])
    return line_ends, starts_anew


def _marked_characters(octets: Bytes, lead: Ints) -> tuple[Bytes, Ints]:
    """The classes of characters of two or three bytes, and where they end; (characters,).

    What is not UTF-8 is a letter, that is, looked at later.
    """
    first, second = octets[lead], octets[lead + 1].astype(np.int32)
    third = octets[lead + 2]
    is_long = first > 0xDF
    wide = (first & 0xF) * np.int32(0x1000) + (second & 0x3F) * 0x40 + (third & 0x3F)
    # Only 0xC2 leads two bytes here, and then the second is the code point.
    found = classes_of(np.where(is_long, wide, second))
    found[(second & 0xC0 != 0x80) | (is_long & (third & 0xC0 != 0x80))] = ALETTER
    return found, lead + 2 + is_long


def _blank(classes: Bytes, starts: Ints, ends: Ints) -> None:
    """Take characters of two or three bytes out of the words, in place."""
    classes[starts] = 0
    classes[starts + 1] = 0
    classes[ends - 1] = 0


def _keep_quotes(octets: Bytes, classes: Bytes) -> None:
    """Keep the quotes that may belong to a Hebrew letter (WB7a, WB7b), in place."""
    quotes = ((octets == ord("'")) | (octets == ord('"'))).nonzero()[0]
    behind_wide = quotes[octets[quotes - 1] > 0x7F]  # before the first byte is the padding's last
    classes[behind_wide] |= _ALWAYS


def _hiragana(octets: Bytes) -> Flags:
    """Where U+3040 to U+3096 start, (bytes,): all are Other, and most of a Japanese text."""
    is_hiragana: Flags = octets == 0xE3
    second, third = octets[1:-1], octets[2:]
    is_hiragana[:-2] &= (second == 0x81) | ((second == 0x82) & (third <= 0x96))
    return is_hiragana


def _runs(classes: Bytes, starts_anew: Flags | None, *, has_underscores: bool) -> tuple[Ints, Ints]:
    """Where the runs of bytes start and end that are within words; both of shape (runs,)."""
    before, behind = classes[:-2], classes[2:]
    is_due = before & behind
    if has_underscores:
        is_due |= (before | behind) & _WITHIN
    is_due &= _TO_NEIGHBOURS
    is_due *= 8  # quicker than a shift of bytes
    is_due |= _ALWAYS
    is_due &= classes[1:-1]

    # Whether byte i is, at i + 1. The last one is padding, and the first one has nothing before it.
    is_within = np.zeros(len(classes) + 1, np.bool_)
    np.not_equal(is_due, 0, out=is_within[2:-1])
    is_within[1] = classes[0] & (_ALWAYS | (classes[1] & _WITHIN) << 3)
    is_edge = is_within[1:] != is_within[:-1]
    if starts_anew is not None:
        starts_anew &= is_within[1:]
        starts_anew &= is_within[:-1]
        if np.count_nonzero(starts_anew) > len(classes) // _WORTH_CUTTING:
            is_edge |= starts_anew  # there one run ends and the next one starts
            starts = (is_edge & is_within[1:]).nonzero()[0]
            return starts, (is_edge & is_within[:-1]).nonzero()[0]
    edges = is_edge.nonzero()[0]
    return edges[0::2], edges[1::2]


def mend(stretches: Spans) -> Spans:
    """The same stretches, those whole that were torn from what they go with.

    One that begins with a character that goes with the one before it (WB4) gets that one too, and
    all spaces before it (WB3d); so does one that begins with spaces and goes on with such a
    character. Where nothing is to be joined, a CR is put before it, after which nothing is (WB3a).
    A stretch is so never mistaken for one that stands elsewhere.
    """
    text, starts, lengths = stretches
    first = classes_of(_first_code_points(text, starts))
    begins_with_space = is_space(first)
    torn = (is_ignored(first) | begins_with_space).nonzero()[0]
    if not len(torn):
        return stretches

    start, end, is_of_spaces = starts[torn], (starts + lengths)[torn], begins_with_space[torn]
    begin = np.where(is_of_spaces, start, _characters_before(text, start))
    at_spaces = is_space(classes_of(_first_code_points(text, begin))).nonzero()[0]
    is_torn = np.ones(len(torn), np.bool_)
    if len(at_spaces):
        first_space, behind_spaces = _runs_of_spaces(text)
        run = first_space.searchsorted(begin[at_spaces], "right") - 1
        # What is no UTF-8, and is told of later, may look like a space in no run, or make one with
        # the padding behind the text.
        is_in_run = (run >= 0) & (begin[at_spaces] < behind_spaces[run])
        is_in_run &= behind_spaces[run] < len(text)
        at_spaces, run = at_spaces[is_in_run], run[is_in_run]
        begin[at_spaces] = first_space[run]
        behind = behind_spaces[run]
        is_joined = is_ignored(classes_of(_first_code_points(text, behind)))
        is_torn[at_spaces] = ~is_of_spaces[at_spaces] | (is_joined & (behind < end[at_spaces]))
    torn, start, end, begin = torn[is_torn], start[is_torn], end[is_torn], begin[is_torn]

    is_alone = (begin == start) | (text[begin] == LINE_FEED)
    begin = np.where(is_alone, start, begin)
    n_octets = end - begin
    places = starts_of(n_octets + is_alone)
    added = np.full(int((n_octets + is_alone).sum()), _CARRIAGE_RETURN, np.uint8)
    added[ragged_places(places + is_alone, n_octets)] = take_ragged(text, begin, n_octets)
    starts, lengths = starts.copy(), lengths.copy()
    starts[torn], lengths[torn] = len(text) + places, n_octets + is_alone
    return Spans(np.concatenate([text, added, np.frombuffer(PADDING, np.uint8)]), starts, lengths)


def _characters_before(text: Bytes, places: Ints) -> Ints:
    """Where the character before each place starts, 0 at the start of the text; (places,)."""
    before = np.maximum(places - 1, 0)
    for _ in range(3):
        before -= (text[before] & 0xC0 == 0x80) & (before > 0)
    return before


def _runs_of_spaces(text: Bytes) -> tuple[Ints, Ints]:
    """Where the runs of spaces start and end; both of shape (runs,)."""
    is_blank = text == ord(" ")
    lead = ((text >= 0xE1) & (text <= 0xE3)).nonzero()[0]  # all others are of three bytes
    wide = lead[is_space(classes_of(_first_code_points(text, lead)))]
    for octet in range(3):
        is_blank[wide + octet] = True
    edges = np.diff(is_blank, prepend=False, append=False).nonzero()[0]
    return edges[0::2], edges[1::2]


def _first_code_points(text: Bytes, starts: Ints) -> NDArray[np.int32]:
    """The code point at each of some places, (places,): any where there is no UTF-8."""
    first, second, third, fourth = (text[i:].take(starts).astype(np.int32) for i in range(4))
    of_two = (first & 0x1F) << 6 | second & 0x3F
    of_three = (of_two & 0x3FF) << 6 | third & 0x3F
    of_four = (of_three & 0x7FFF) << 6 | fourth & 0x3F
    is_longer = [first < 0x80, first < 0xE0, first < 0xF0]
    return np.select(is_longer, [first, of_two, of_three], np.minimum(of_four, 0x10FFFF))


_IS_NO_WORD = ByteTable(bytes(byte >= 0x80 or not chr(byte).isalnum() for byte in range(256)))


def are_words(stretches: Spans) -> Flags:
    """Which stretches are surely words: of at most 16 ASCII letters and digits; (stretches,).

    There are few longer ones, which would have to be looked at piece by piece.
    """
    text, starts, lengths = stretches
    is_no_word = _IS_NO_WORD.of(text)
    window = windows(is_no_word)
    n_seen = np.minimum(lengths, WINDOW)
    found = window[starts] | window[starts + (lengths - n_seen)]
    found <<= ((WINDOW - n_seen) << 3).view(np.uint64)  # what is behind a shorter one is no part
    are_plain: Flags = (found == 0) & (lengths <= 2 * WINDOW)
    return are_plain
