"""Does a vocabulary that grows keep what it was?"""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from embedprep import Vocabulary, pipeline
from embedprep.counts.kinds import Counts
from embedprep.counts.recipe import count_words
from embedprep.errors import InputError, OutputError, VocabularyError
from embedprep.rectangle import Rectangle
from embedprep.settings import Resources, RowSettings, UpdateSettings
from embedprep.sources import Reader, Reading
from embedprep.specials import Specials
from embedprep.tokenizer.settings import TokenizerSettings
from embedprep.updating import Updated, update
from tests import twins
from tests.texts import texts

HERE = Resources(1)
OLD = Vocabulary(
    ("the", "cat"), (5, 2), TokenizerSettings("whitespace"), Rectangle(4), Specials(bos=2)
)


def reader_of(path: Path, text: str) -> Reader:
    path.write_text(f"\ufeff{text}", encoding="utf-8")
    return Reader([str(path)], Reading())


def counts_of(path: Path, text: str, tokenizer: TokenizerSettings) -> Counts:
    output = path.with_suffix(".npz")
    count_words(reader_of(path, text), tokenizer, output, resources=HERE)
    return Counts([str(output)])


def grown(
    folder: Path,
    text: str,
    chosen: UpdateSettings | None = None,
    old: Vocabulary = OLD,
    *,
    by_counts: bool = False,
) -> Updated:
    """The old vocabulary with the words of a text, as it is saved."""
    old.save(folder / "old.json")
    path = folder / "t.txt"
    words = counts_of(path, text, old.tokenizer) if by_counts else reader_of(path, text)
    chosen = chosen or UpdateSettings()
    made = update(folder / "old.json", words, chosen, folder / "new.json", resources=HERE)
    assert Vocabulary.load(folder / "new.json") == made.vocabulary
    return made


@pytest.mark.parametrize("by_counts", [False, True])
def test_new_words_stand_behind_and_counts_add_up(tmp_path: Path, *, by_counts: bool) -> None:
    text = "a the dog\ndog <unk> b\n<bos> the a dog\n"
    made = grown(tmp_path, text, by_counts=by_counts)
    assert made.vocabulary == replace(
        OLD, words=("the", "cat", "dog", "a", "b"), counts=(7, 2, 3, 2, 1)
    )
    assert made.n_new == 3


@pytest.mark.parametrize(
    ("chosen", "words"),
    [
        (UpdateSettings(2), ()),
        (UpdateSettings(3), ("dog",)),
        (UpdateSettings(9, 2), ("dog", "a")),
        (UpdateSettings(min_count=3), ("dog",)),
    ],
)
def test_the_whole_has_as_many_words_as_were_asked_for(
    chosen: UpdateSettings, words: tuple[str, ...], tmp_path: Path
) -> None:
    made = grown(tmp_path, "dog dog dog a a b cat\n", chosen)
    assert made.vocabulary.words == ("the", "cat", *words)
    assert made.vocabulary.counts[:2] == (5, 3)
    assert made.n_new == len(words)


def test_by_default_there_is_room_for_50000_new_words() -> None:
    assert UpdateSettings().words_beside(70_000) == 120_000
    assert UpdateSettings(80_000).words_beside(70_000) == 80_000


@settings(max_examples=30)
@given(
    before=texts,
    after=texts,
    tokenizer=st.sampled_from(["unicode", "keras", "whitespace", "char"]),
    n_old=st.integers(0, 6),
    max_new=st.integers(0, 9),
    min_count=st.integers(1, 2),
    oov=st.sampled_from(["unk", "drop"]),
    by_counts=st.booleans(),
)
def test_any_text_adds_what_the_twin_says(
    *,
    before: list[str],
    after: list[str],
    tokenizer: str,
    n_old: int,
    max_new: int,
    min_count: int,
    oov: str,
    by_counts: bool,
    tmp_path_factory: pytest.TempPathFactory,
) -> None:
    def counted(lines: list[str]) -> Counter[str]:
        lowercase = tokenizer in ("unicode", "keras")
        return Counter(
            word for line in lines for word in twins.tokenize(line, tokenizer, lowercase)
        )

    def ranked(counts: Counter[str]) -> list[str]:
        words = sorted(counts, key=lambda word: (-counts[word], word))
        return [word for word in words if word not in ("<pad>", "<unk>")]

    first, second = counted(before), counted(after)
    words = ranked(first)[:n_old]
    specials = Specials(1 if oov == "unk" else None)
    rules = TokenizerSettings(tokenizer)
    old = Vocabulary(
        tuple(words), tuple(first[word] for word in words), rules, Rectangle(9), specials
    )
    new = [word for word in ranked(second) if word not in words and second[word] >= min_count]
    expected = [*words, *new[:max_new]]
    if not expected:
        return  # a vocabulary of no words is asked for by nobody
    chosen = UpdateSettings(max(1, len(words) + max_new), min_count)
    folder = tmp_path_factory.mktemp("any")
    text = "".join(f"{line}\n" for line in after)
    made = grown(folder, text, chosen, old, by_counts=by_counts).vocabulary
    assert list(made.words) == expected
    assert list(made.counts) == [first[w] * (w in words) + second[w] for w in expected]
    assert made.entries[: old.input_dim] == old.entries
    known = [" ".join(line) for line in [words, words[::-1]]]
    assert made.encode(known).tolist() == old.encode(known).tolist()


def test_text_without_new_words_is_encoded_as_before(tmp_path: Path) -> None:
    grown(tmp_path, "a dog and the cat\n")
    for name in ("old", "new"):
        reader = reader_of(tmp_path / "t.txt", "the cat\ncat cat the the the\n\n")
        pipeline.encode(
            reader,
            tmp_path / f"{name}.json",
            tmp_path / f"{name}.npy",
            RowSettings(),
            resources=HERE,
        )
    assert np.load(tmp_path / "old.npy").tolist() == [[0, 2, 3, 4], [2, 3, 3, 3], [0, 0, 0, 2]]
    assert (tmp_path / "old.npy").read_bytes() == (tmp_path / "new.npy").read_bytes()


def test_the_map_tells_where_each_index_went(tmp_path: Path) -> None:
    OLD.save(tmp_path / "old.json")
    reader = reader_of(tmp_path / "t.txt", "a dog\n")
    update(tmp_path / "old.json", reader, UpdateSettings(), map_output=tmp_path / "m.npy")
    new_index = np.load(tmp_path / "m.npy")
    assert new_index.dtype == np.int32
    assert new_index.tolist() == [0, 1, 2, 3, 4]


def test_what_does_not_fit_is_refused_and_leaves_nothing(tmp_path: Path) -> None:
    small = replace(OLD, rectangle=Rectangle(4, dtype="int8"))
    small.save(tmp_path / "old.json")
    old, new = tmp_path / "old.json", tmp_path / "new.json"
    text = "".join(f"word{n}\n" for n in range(200))
    with pytest.raises(OutputError) as caught:
        update(old, reader_of(tmp_path / "t.txt", text), UpdateSettings(), new)
    assert str(caught.value) == (
        f"{old}: its dtype int8 holds indices up to 127, and the vocabulary goes to 204; "
        "keep fewer words by -n, or give it a larger --dtype by --from"
    )
    with pytest.raises(VocabularyError) as wrong:
        update(old, reader_of(tmp_path / "t.txt", text), UpdateSettings(1), new)
    assert str(wrong.value) == (
        f"{old}: has 2 words, which keep their indices, and -n is 1; "
        "choose a larger -n, or leave it out"
    )
    reader = reader_of(tmp_path / "t.txt", text)
    with pytest.raises(OutputError) as caught:
        update(old, reader, UpdateSettings(), new, map_output=new)
    assert str(caught.value) == f"{new}: is also the vocabulary; name another --map"
    counts = counts_of(tmp_path / "t.txt", text, TokenizerSettings("char"))
    with pytest.raises(InputError) as other:
        update(old, counts, UpdateSettings(), new)
    assert str(other.value) == (
        f'{tmp_path / "t.npz"}: was counted with tokenizer "char", and {old} has "whitespace"; '
        "count it again by the same rules"
    )
    with pytest.raises(OutputError, match="is also an input and would be overwritten"):
        update(old, reader_of(tmp_path / "t.txt", text), UpdateSettings(), old)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["old.json", "t.npz", "t.txt"]
