"""Are words told apart exactly, counted and ranked, whatever the words and the secret?"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from itertools import count as numbers
from pathlib import Path

import numpy as np
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

import embedprep
from embedprep.arrays import starts_of
from embedprep.dictionary import (
    Dictionary,
    Lookup,
    WordArray,
    count_words,
    empty_dictionary,
    encoding,
    merge,
)
from embedprep.dictionary.grouping import group_words
from embedprep.dictionary.ranking import rank
from embedprep.hashing import Secret
from embedprep.sources import PADDING
from embedprep.tokenizer.rules import find_words
from embedprep.tokenizer.settings import TokenizerSettings
from embedprep.tokenizer.words import Spans, Words
from tests import twins
from tests.texts import WHITE_SPACE

WEAK = Secret(np.uint64(0), np.uint64(0))
SECRETS = {
    "strong": Secret(np.uint64(0x9E3779B97F4A7C15), np.uint64(0xD6E8FEB86659FD93)),
    "all long words share a key": WEAK,
    "all words share a slot": Secret(np.uint64(0), np.uint64(0xD6E8FEB86659FD93)),
    "no mixing": Secret(np.uint64(0x9E3779B97F4A7C15), np.uint64(0)),
    "ones": Secret(np.uint64(1), np.uint64(1)),
}
every_secret = pytest.mark.parametrize("secret", SECRETS.values(), ids=SECRETS.keys())


def _changed(length: int, places: list[tuple[int, str]]) -> str:
    """A word of one letter but for some places."""
    letters = ["x"] * length
    for place, letter in places:
        letters[place % length] = letter
    return "".join(letters)


nearly_alike = st.builds(
    _changed,
    st.sampled_from([1, 2, 7, 8, 9, 10, 15, 16, 17, 23, 24, 25, *range(1023, 1031)]),
    st.lists(
        st.tuples(
            st.sampled_from([0, 1, 7, 8, 9, 15, 16, 500, -8, -2, -1]), st.sampled_from("y\0")
        ),
        max_size=2,
    ),
)
with_nuls = st.builds(
    "{1}{0}{2}".format,
    st.sampled_from(["a", "ab", "", "abcdefg", "abcdefgh"]),
    st.sampled_from(["", "\0", "\0\0", "\0" * 7, "\1"]),
    st.sampled_from(["", "\0", "\0\0", "\0" * 8]),
).filter(bool)
any_text = st.text(
    st.characters(exclude_characters=WHITE_SPACE, exclude_categories=["Cs"]),
    min_size=1,
    max_size=20,
)
word = st.one_of(st.sampled_from("abc"), with_nuls, nearly_alike, any_text)
many_words = st.lists(word, max_size=40)
distinct_words = st.lists(word, max_size=20, unique=True)
few_lines = st.lists(many_words, min_size=1, max_size=3)


def array_of(words: Sequence[str], secret: Secret) -> WordArray:
    return WordArray.of([word.encode() for word in words], secret)


def spelled(words: WordArray) -> list[str]:
    return [word.decode() for word in words.to_bytes()]


def dictionary_of(words: Sequence[str], secret: Secret) -> Dictionary:
    counts = Counter(words)
    return Dictionary(
        array_of(list(counts), secret), np.fromiter(counts.values(), np.int64, len(counts))
    )


def entries(dictionary: Dictionary) -> list[tuple[str, int]]:
    return list(zip(spelled(dictionary.words), dictionary.counts.tolist(), strict=True))


def words_of(lines: Sequence[Sequence[str]]) -> Words:
    text = "".join(f"{' '.join(line)}\n" for line in lines)
    return find_words(text.encode() + PADDING, TokenizerSettings("whitespace"))


def encode(lines: Sequence[Sequence[str]], known: Lookup) -> list[str]:
    """Words through the fast path and back; counts and words per line are held on the way."""
    counted = count_words(words_of(lines), known)
    own = spelled(counted.own.words)
    entry = [*spelled(known.words), *own]
    running = [entry[i] for i in counted.encoded.ids.tolist()]
    assert counted.encoded.per_row.tolist() == [len(line) for line in lines]

    counts = Counter(dict(zip(spelled(known.words), counted.known_counts.tolist(), strict=True)))
    counts.update(dict(entries(counted.own)))
    assert +counts == Counter(running)
    # A known word may count as the block's own too, where another has its slot: but only once.
    assert len(set(own)) == len(own)
    return running


@given(words=many_words, data=st.data())
def test_compact_words_are_the_same_in_a_text_of_their_own(
    words: list[str], data: st.DataObject
) -> None:
    chosen = data.draw(st.lists(st.integers(0, len(words) - 1)) if words else st.just([]))
    some = array_of(words, SECRETS["strong"]).at(np.array(chosen, np.int64))
    compact = some.compact()
    assert spelled(compact) == [words[i] for i in chosen]
    assert compact.keys.tolist() == some.keys.tolist()
    n_pieces = sum(-(-len(words[i].encode()) // 8) for i in chosen)
    assert len(compact.text) <= 2 * 8 * (n_pieces + 1)
    assert (compact.starts + compact.lengths + 8 <= len(compact.text)).all()


@every_secret
@given(words=many_words)
@example(words=["\0a", "a", "a\0", "\0", "\0\0", "\0" * 8, "\0" * 7, "a" * 8, "\0" + "a" * 7])
def test_words_are_grouped_by_equality(words: list[str], secret: Secret) -> None:
    groups = group_words(array_of(words, secret))
    first = [words[i] for i in groups.first.tolist()]
    assert Counter(first) == Counter(set(words))
    assert [first[group] for group in groups.group.tolist()] == words


@every_secret
@given(known=st.lists(word, max_size=40, unique=True), others=many_words)
def test_known_words_are_found_and_no_others(
    known: list[str], others: list[str], secret: Secret
) -> None:
    table = Lookup(array_of(known, secret), secret)
    index = {word: i for i, word in enumerate(known)}
    asked = known + others
    expected = [index.get(word, len(known)) for word in asked]
    assert table.find(array_of(asked, secret)).tolist() == expected


@every_secret
@given(known=distinct_words, lines=few_lines)
def test_a_block_is_encoded_against_known_words_and_its_own(
    known: list[str], lines: list[list[str]], secret: Secret
) -> None:
    running = encode(lines, Lookup(array_of(known, secret), secret))
    assert running == [word for line in lines for word in line]


character = st.sampled_from("中文字かなー가각\ufffd\u0800\uffffÉa😀") | st.sampled_from(
    ["the", "aé", "éa", "中文"]
)


def end_to_end(line: Sequence[bytes]) -> Words:
    """The words of a line without spaces."""
    lengths = np.array([len(word) for word in line], np.int64)
    return Words.of(b"".join(line) + PADDING, starts_of(lengths), lengths, np.array([len(line)]))


@every_secret
@given(known=st.lists(character, max_size=8, unique=True), words=st.lists(character, max_size=30))
def test_characters_of_three_bytes_are_found_as_all_words_are(
    known: list[str], words: list[str], secret: Secret
) -> None:
    table = Lookup(array_of(known, secret), secret)
    # So many make a text Chinese.
    line = words + ["中"] * (30 + 2 * len(words))
    running = end_to_end([word.encode() for word in line])
    assert encoding._are_characters(Spans(*running[:3]))
    counted = count_words(running, table)
    entry = [*known, *spelled(counted.own.words)]
    assert [entry[i] for i in counted.encoded.ids.tolist()] == line


@pytest.mark.parametrize("wrong", [b"\xe4x\xad", b"\xe4\xb8m", b"\xf4\xb8\xad", b"\xc4\xb8\xad"])
def test_three_bytes_that_are_no_character_are_not_taken_for_one(wrong: bytes) -> None:
    secret = SECRETS["strong"]
    line = ["中".encode()] * 60 + [wrong]
    counted = count_words(end_to_end(line), Lookup(array_of(["中"], secret), secret))
    assert counted.known_counts.tolist() == [60]
    assert counted.own.words.to_bytes() == [wrong]


@pytest.mark.parametrize("n_more", [0, 200], ids=["words where they stood", "copied words"])
def test_words_that_are_utf8_only_end_to_end_are_refused(n_more: int) -> None:
    secret = SECRETS["strong"]
    halves = [b"sevenup\xe4", b"\xb8\xad"]
    line = [*halves, *[b"a"] * (1 + n_more)]
    words, nothing = end_to_end(line), Lookup(array_of([], secret), secret)
    with pytest.raises(UnicodeDecodeError):
        count_words(words, nothing, lambda spans: spans)
    assert sorted(count_words(words, nothing).own.words.to_bytes()) == sorted([*halves, b"a"])


@every_secret
@given(known=distinct_words, words=distinct_words)
def test_words_are_found_among_known_words_alone(
    known: list[str], words: list[str], secret: Secret
) -> None:
    index = {word: i for i, word in enumerate(known)}
    found = Lookup(array_of(known, secret), secret).find(array_of(words, secret))
    assert found.tolist() == [index.get(word, len(known)) for word in words]


@every_secret
def test_words_that_differ_in_one_place_or_in_length_are_told_apart(secret: Secret) -> None:
    lengths = [8, 9, 15, 16, 17, 24, 25, 40, 1024, 1025, 1030]
    places: list[list[tuple[int, str]]] = [[], *([(p, "y")] for p in (0, 7, 8, 12, 16, 20, -9, -1))]
    alike = {_changed(length, place) for length in lengths for place in places}
    words = sorted(alike)
    for known in words:  # each has the first choice of slots once
        assert encode([words], Lookup(array_of([known], secret), secret)) == words


def test_many_words_of_one_key_are_told_apart_though_every_secret_is_weak(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(Secret, "draw", lambda: WEAK)
    words = [f"middling-{i % 3000}" for i in range(6000)]
    groups = group_words(array_of(words, WEAK))
    assert len(groups.first) == 3000
    assert [words[i] for i in groups.first[groups.group].tolist()] == words


@every_secret
@given(parts=st.lists(st.lists(many_words, max_size=3), max_size=4))
def test_merging_adds_up_and_no_word_changes_its_place(
    parts: list[list[list[str]]], secret: Secret
) -> None:
    total = empty_dictionary(secret)
    seen: list[str] = []
    for part in parts:
        before = spelled(total.words)
        others = [dictionary_of(words, secret) for words in part]
        total, places = merge(total, others)
        seen += [word for words in part for word in words]

        entry = spelled(total.words)
        assert entry[: len(before)] == before
        assert [[entry[place] for place in some.tolist()] for some in places] == [
            spelled(other.words) for other in others
        ]
        assert Counter(dict(entries(total))) == Counter(seen)
        assert len(set(entry)) == len(entry)


def ranked(words: Dictionary, max_words: int, min_count: int = 1) -> list[tuple[str, int]]:
    return entries(words.at(rank(words, max_words, min_count)))


@every_secret
@given(words=many_words, max_words=st.integers(1, 30), min_count=st.integers(1, 3))
def test_ranking_equals_its_twin(
    words: list[str], max_words: int, min_count: int, secret: Secret
) -> None:
    expected = twins.rank(words, max_words, min_count)
    assert ranked(dictionary_of(words, secret), max_words, min_count) == expected


def test_ties_are_ordered_by_code_points_and_not_by_utf16() -> None:
    # In UTF-16 U+1F600 begins with D83D and would stand before U+FB01.
    words = ["😀", "ﬁ", "é", "z", "a", "a\0", "\0a", "abcdefgh", "abcdefghi", "abcdefgi", "a\1"]
    in_order = [word for word, _ in ranked(dictionary_of(words, SECRETS["strong"]), 100)]
    assert in_order == [
        *("\0a", "a", "a\0", "a\1", "abcdefgh", "abcdefghi", "abcdefgi", "z", "é", "ﬁ", "😀")
    ]


@pytest.mark.parametrize("n_known", [0xFFF0, 0xFFFF, 0x10000, 0x10010])
def test_indices_go_on_beyond_sixteen_bits(n_known: int) -> None:
    secret = SECRETS["strong"]
    known = [f"known{i}" for i in range(n_known)]
    table = Lookup(array_of(known, secret), secret)
    line = [*known[:20], *known[-20:], *(f"own{i}" for i in range(40)), *known[-20:]]
    assert encode([line], table) == line
    last = [n_known - 3, n_known - 2, n_known - 1]
    assert table.find(array_of([*known[-3:], "own"], secret)).tolist() == [*last, n_known]


@pytest.fixture(scope="module")
def text(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Lines of words that weak secrets confuse."""
    rng = np.random.default_rng(1)
    stems = [f"w{i}" for i in range(40)] + [f"middling-{i:04d}" for i in range(80)]
    stems += [f"quite-a-long-word-number-{i}-indeed" for i in range(40)]
    stems += [f"{'x' * 1020}{i:09d}" for i in range(10)] + ["a\0", "\0a", "<unk>"]
    lines = [" ".join(rng.choice(stems, rng.integers(0, 12))) for _ in range(700)]
    path = tmp_path_factory.mktemp("weak") / "text.txt"
    path.write_bytes("\n".join(lines).encode())
    return path


def outputs(text: Path, folder: Path) -> dict[str, bytes]:
    embedprep.build([text], folder, max_words=100, tokenizer="whitespace", jobs=1)
    return {path.name: path.read_bytes() for path in folder.iterdir()}


@pytest.mark.parametrize("n_weak", [1, 2, 1_000_000_000], ids=["run's", "first fresh", "every"])
@pytest.mark.parametrize("weak", list(SECRETS.values())[1:], ids=list(SECRETS)[1:])
def test_outputs_are_the_same_under_weak_secrets(
    weak: Secret, n_weak: int, text: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    expected = outputs(text, tmp_path / "strong")
    draw, drawn = Secret.draw, numbers(1)
    monkeypatch.setattr(Secret, "draw", lambda: weak if next(drawn) <= n_weak else draw())
    assert outputs(text, tmp_path / "weak") == expected
    if weak == WEAK:  # the run's secret, a fresh one for what collides, and another if that is weak
        assert next(drawn) - 1 >= (2 if n_weak == 1 else 3)
