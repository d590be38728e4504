"""Which texts do tests read? Random ones that are full of traps, and blocks made of lines."""

from __future__ import annotations

import tempfile
from collections.abc import Sequence
from itertools import accumulate, islice

from hypothesis import strategies as st

from embedprep.dictionary import Lookup, WordArray, count_words
from embedprep.engines import ThreadEngine
from embedprep.hashing import Secret
from embedprep.sources import PADDING, Block, Reading, read_blocks
from embedprep.tokenizer.rules import rule_of
from embedprep.tokenizer.settings import TokenizerSettings
from embedprep.tokenizer.words import Words
from embedprep.unfolding import unfold
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
_WORDS = [
    "the",
    "The",
    "ΑΣ",
    "ΑΣ.",
    "ΑΣ'Α",
    "αΣ\u0345",
    "ΑΣ\u00ad\u0345Α",
    "İ",
    "<unk>",
    "<pad>",
    "<bos>",
    "<eos>",
]
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


def found(lines: Sequence[str], settings: TokenizerSettings) -> list[list[str]]:
    """What the fast path finds in at least one line, read at once."""
    text = "".join(f"{line}\n" for line in lines)
    return words_of(text.encode() + PADDING, settings)


def words_of(data: bytes, settings: TokenizerSettings) -> list[list[str]]:
    """The words of whole lines, by stretches where the tokenizer knows these."""
    rule = rule_of(settings)
    if rule.stretches is None:
        return spelled(rule.find_words(data, settings))
    secret = Secret.draw()
    stretches = rule.stretches.find(data, settings)
    nothing = Lookup(WordArray.of([], secret), secret)
    counted = count_words(stretches, nothing, rule.stretches.mend)
    dictionary, unfolding = unfold(counted.own, settings, secret, ThreadEngine(1, is_here=True))
    words = dictionary.words.to_text()
    assert unfolding is not None
    of_stretch = [
        [words[place] for place in unfolding.words[start : start + length].tolist()]
        for start, length in zip(unfolding.starts.tolist(), unfolding.lengths.tolist(), strict=True)
    ]
    ids = iter(counted.encoded.ids.tolist())
    return [
        [word for stretch in islice(ids, n) for word in of_stretch[stretch]]
        for n in counted.encoded.per_row.tolist()
    ]


def spelled(words: Words) -> list[list[str]]:
    """The words of each line."""
    octets = words.text.tobytes()
    flat = [
        octets[start : start + length].decode()
        for start, length in zip(words.starts.tolist(), words.lengths.tolist(), strict=True)
    ]
    ends = list(accumulate(words.per_row.tolist(), initial=0))
    return [flat[ends[i] : ends[i + 1]] for i in range(len(ends) - 1)]
