"""Which texts do tests read? Random ones that are full of traps, and blocks made of lines."""

from __future__ import annotations

import tempfile
from collections.abc import Sequence
from itertools import accumulate

from hypothesis import strategies as st

from embedprep.sources import Block, Reading, read_blocks
from embedprep.text import text_of
from embedprep.tokenizer.rules import find_words
from embedprep.tokenizer.settings import TokenizerSettings
from embedprep.tokenizer.words import Words
from tests import twins

_AT_ONCE = Reading(block_bytes=1 << 28)

WHITE_SPACE = [chr(c) for c in range(0x110000) if chr(c).isspace() and c not in range(0x1C, 0x20)]
"""All characters with the White_Space property."""

TRAPS = [
    *"İIıẞßΣσςΑαÅKåÄéÉÿŸĿ",
    *"ȺȾⱥⱦɫⱢƂǅǄǆǈᾈᾳﬀ",  # lowercase forms of other lengths, titlecase letters
    *"ႠაᲐⴀᎠꭰᏸ𐐀𐐨𞤀𞤢",  # Georgian, Cherokee, Deseret, Adlam
    *".'’:·_\u0345\u00ad\u200d\u0301\u0307\u0323",  # a sigma looks through most of these
    *"中文語。ทยक्षअ가😀🏽🇩\U0001d400\U0010ffff\U000e0001",
    *"\0\1\x1b\x1c\x1d\x1e\x1f\x7f\x80\ufeff\ufffd\u180e\u200b\u2060",
    *(c for c in WHITE_SPACE if c != "\n"),
    *'-,!?()[]{}<>|@#$%^&*+=/\\"`~;',
]

characters = st.one_of(
    st.sampled_from("aAbBzZ 019"),
    st.sampled_from(TRAPS),
    st.characters(exclude_characters="\n", exclude_categories=["Cs"]),
)
_WORDS = ["the", "The", "ΑΣ", "ΑΣ.", "ΑΣ'Α", "αΣ\u0345", "ΑΣ\u00ad\u0345Α", "İ", "<unk>", "<pad>"]
_pieces = st.one_of(st.text(characters, max_size=12), st.sampled_from(_WORDS))
lines = st.lists(_pieces, max_size=5).map("".join).map(lambda line: line.rstrip("\r"))
"""A line without its end. It may hold a CR, but not last, where it would belong to that."""

texts = st.lists(lines, min_size=1, max_size=12)


def blocks_of(text: bytes, reading: Reading = _AT_ONCE) -> list[Block]:
    """A text as blocks in memory."""
    with tempfile.NamedTemporaryFile() as file:
        file.write(text)
        file.flush()
        return list(read_blocks([file.name], reading, []))


def settings_of(tokenizer: str, lowercase: bool | None = None) -> TokenizerSettings:
    """The settings of a tokenizer, with the pattern of the twins where it needs one."""
    pattern = twins.PATTERN if tokenizer == "pattern" else None
    return TokenizerSettings(tokenizer, lowercase, pattern)


def found(lines: Sequence[str], settings: TokenizerSettings) -> Words:
    """What the fast path finds in at least one line, read at once."""
    text = "".join(f"{line}\n" for line in lines)
    # The byte order mark that is skipped stands before one that belongs to the text.
    [block] = blocks_of(f"\ufeff{text}".encode())
    return find_words(text_of(block, _AT_ONCE), settings)


def spelled(words: Words) -> list[list[str]]:
    """The words of each line."""
    octets = words.text.tobytes()
    flat = [
        octets[start : start + length].decode()
        for start, length in zip(words.starts.tolist(), words.lengths.tolist(), strict=True)
    ]
    ends = list(accumulate(words.per_row.tolist(), initial=0))
    return [flat[ends[i] : ends[i + 1]] for i in range(len(ends) - 1)]
