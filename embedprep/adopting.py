"""Which vocabulary keeps the indices of another tool's? What `vocab --from` makes.

An index that no entry has is held by a word that no tokenizer makes of a text, as a space is in
it: `<unused 7>`. So are those of entries that are not to be found. Nobody knows how often a word
occurs: all counts are 0.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import NamedTuple

import numpy as np

from embedprep.arrays import starts_of
from embedprep.errors import VocabularyError
from embedprep.foreign import PADDINGS, Foreign, read_foreign
from embedprep.hashing import Secret
from embedprep.places import Place
from embedprep.plan import check_rectangle
from embedprep.publication import refuse_to_overwrite
from embedprep.rectangle import Rectangle
from embedprep.settings import AdoptionSettings
from embedprep.sources import PADDING
from embedprep.specials import BOS, EOS, PAD, PAD_INDEX, UNK, Specials, unused
from embedprep.tokenizer.rules import find_words
from embedprep.tokenizer.separated import KERAS_FILTERS
from embedprep.tokenizer.settings import TokenizerSettings
from embedprep.vocabulary import Vocabulary
from embedprep.wording import how_many

UNKNOWN_NAMES = (UNK, "[UNK]", "<UNK>", "<OOV>", "<oov>", "UNK")
BOS_NAMES = (BOS, "<BOS>", "[BOS]", "<s>", "[CLS]")
EOS_NAMES = (EOS, "<EOS>", "[EOS]", "</s>", "[SEP]")
"""What other tools call these entries; where a file has several of them, the first is meant."""


class Adopted(NamedTuple):
    """A vocabulary, and those of its words that its tokenizer makes of no text."""

    vocabulary: Vocabulary
    never_made: list[str]


def adopt(path: Path, settings: AdoptionSettings, output: Place | None = None) -> Adopted:
    """The vocabulary of another tool's file, saved where an `output` is given.

    One of embedprep's own may get another shape of rows and lose its last words.

    Raises VocabularyError for a file that holds no vocabulary, or none for rows that are padded
    with 0, and OutputError where the rows cannot hold its indices.
    """
    if output is not None:
        refuse_to_overwrite([path], [output])
    held = read_foreign(path)
    if isinstance(held, Vocabulary):
        vocabulary, never_made = _reshape(held, settings, str(path)), []
    else:
        vocabulary = _take_over(held, settings)
        never_made = _never_made(vocabulary)
    check_rectangle(vocabulary.rectangle, vocabulary.specials, len(vocabulary.words))
    if output is not None:
        vocabulary.save(output)
    return Adopted(vocabulary, never_made)


def _reshape(own: Vocabulary, settings: AdoptionSettings, place: str) -> Vocabulary:
    if settings.given - {"max_words"}:
        raise VocabularyError(
            place,
            "is a vocabulary of embedprep, whose tokenizer and special entries are settled",
            "choose the shape of the rows and -n alone",
        )
    rectangle = settings.rows.rectangle(settings.max_len, own.rectangle)
    return _first_words(replace(own, rectangle=rectangle), settings, place)


def _take_over(foreign: Foreign, settings: AdoptionSettings) -> Vocabulary:
    special = _special_entries(foreign, settings)
    if foreign.is_ranking:
        specials = settings.words.specials
        words = [word for word in foreign.index_of if word not in special.values()]
    else:
        specials = _special_indices(foreign, special, settings.words.oov)
        words = _words_in_place(foreign, special, specials)
    _check_names([*specials.by_name, *words], foreign.place)

    rectangle = settings.rows.rectangle(settings.max_len, Rectangle(settings.max_len))
    tokenizer = _tokenizer(foreign, settings)
    vocabulary = Vocabulary(tuple(words), (0,) * len(words), tokenizer, rectangle, specials)
    return _first_words(vocabulary, settings, foreign.place)


def _special_entries(foreign: Foreign, settings: AdoptionSettings) -> dict[str, str]:
    """The entries of the file that are special, by the names that they have here."""
    found = {
        PAD: _padding(foreign),
        UNK: _unknown(foreign, settings),
        BOS: _mark(foreign, "--bos", BOS_NAMES) if settings.words.bos else None,
        EOS: _mark(foreign, "--eos", EOS_NAMES) if settings.words.eos else None,
    }
    return {name: entry for name, entry in found.items() if entry is not None}


def _padding(foreign: Foreign) -> str | None:
    """The padding entry at index 0, None where no entry is there."""
    names = {*PADDINGS, foreign.pad_token}
    padding = next((entry for entry in foreign.index_of if entry in names), None)
    if padding is not None and foreign.index_of[padding] == PAD_INDEX:
        return padding
    first = next(iter(foreign.index_of))
    if padding is not None:
        cause = f"the padding {padding!r} is not the first entry"
    elif foreign.index_of[first] == PAD_INDEX:
        cause = f"index 0 is that of {first!r}, which is no padding"
    else:
        return None
    raise VocabularyError(
        foreign.place, cause, "rows are padded with 0: index 0 must be free, or a padding entry's"
    )


def _unknown(foreign: Foreign, settings: AdoptionSettings) -> str | None:
    """The entry of unknown words, where there is one."""
    asked = settings.unk_token
    if asked is not None:
        if asked not in foreign.index_of:
            raise VocabularyError(
                foreign.place, f"has no entry {asked!r}", "name another one by --unk-token"
            )
        return asked
    names = (foreign.unk_token, *UNKNOWN_NAMES)
    found = next((name for name in names if name in foreign.index_of), None)
    is_asked_for = "oov" in settings.given and settings.words.oov == "unk"
    if found is None and is_asked_for and not foreign.is_ranking:
        raise VocabularyError(
            foreign.place,
            "has no entry for unknown words by a name that is known",
            "name it by --unk-token, or pass --oov drop",
        )
    return found


def _mark(foreign: Foreign, option: str, names: Sequence[str]) -> str | None:
    found = next((name for name in names if name in foreign.index_of), None)
    if found is None and not foreign.is_ranking:
        raise VocabularyError(
            foreign.place, f"has none of the entries {', '.join(names)}", f"leave out {option}"
        )
    return found


def _special_indices(foreign: Foreign, special: dict[str, str], oov: str) -> Specials:
    at = {name: foreign.index_of[entry] for name, entry in special.items()}
    try:
        return Specials(None if oov == "drop" else at.get(UNK), at.get(BOS), at.get(EOS))
    except ValueError as error:
        raise VocabularyError(foreign.place, str(error), "name another --unk-token") from None


def _words_in_place(foreign: Foreign, special: dict[str, str], specials: Specials) -> list[str]:
    """The words in the order of the indices that are left to them, all of which they fill."""
    word_at = {i: word for word, i in foreign.index_of.items() if word not in special.values()}
    n_indices = max(foreign.index_of.values()) + 1
    free = set(range(n_indices)) - set(specials.by_name.values())
    return [word_at.get(i, unused(i)) for i in sorted(free)]


_UNUSED = re.compile("<unused [0-9]+>")


def _check_names(entries: list[str], place: str) -> None:
    twice = [entry for entry, n in Counter(entries).items() if n > 1]
    if twice:
        raise VocabularyError(
            place,
            f"has a word {twice[0]!r}, as another entry is called here",
            "give the word another name in the file",
        )


def _tokenizer(foreign: Foreign, settings: AdoptionSettings) -> TokenizerSettings:
    """The tokenizer that was chosen, with the case rule of a Keras `Tokenizer`.

    For a file that Keras numbered, which begins at 1, it is `keras` where none was.
    """
    chosen, rules = settings.words.tokenizer, foreign.keras
    is_numbered_by_keras = not foreign.is_ranking and min(foreign.index_of.values()) == 1
    if "tokenizer" not in settings.given and (rules is not None or is_numbered_by_keras):
        lowercase = chosen.lowercase if "lowercase" in settings.given else None
        chosen = TokenizerSettings("keras", lowercase)
    if rules is None:
        return chosen
    is_default = rules.split == " " and set(rules.filters) == set(KERAS_FILTERS)
    if chosen.name == "keras" and (rules.char_level or not is_default):
        raise VocabularyError(
            foreign.place,
            f"finds words by filters={rules.filters!r}, split={rules.split!r}, "
            f"char_level={rules.char_level}, and --tokenizer keras by the defaults of Keras",
            "cut the text as it would, and pass --tokenizer whitespace",
        )
    if "lowercase" in settings.given and chosen.lowercase != rules.lower:
        raise VocabularyError(
            foreign.place,
            f"was made with lower={rules.lower}",
            "leave out --lowercase and --keep-case",
        )
    return replace(chosen, lowercase=rules.lower)


def _first_words(vocabulary: Vocabulary, settings: AdoptionSettings, place: str) -> Vocabulary:
    """The vocabulary with no more words than were asked for, if they were."""
    n_words = settings.words.max_words
    if "max_words" not in settings.given or len(vocabulary.words) <= n_words:
        return vocabulary
    named = vocabulary.specials.by_name
    last = max(named, key=named.__getitem__)
    if named[last] >= n_words + len(named):
        raise VocabularyError(
            place,
            f"has {last} at index {named[last]:,}, beyond its {how_many(n_words, 'word')}",
            f"keep at least {named[last] + 1 - len(named):,} by -n",
        )
    words, counts = vocabulary.words[:n_words], vocabulary.counts[:n_words]
    return replace(vocabulary, words=words, counts=counts)


def _never_made(vocabulary: Vocabulary) -> list[str]:
    """The words that are not found in a line of nothing else, in the order of their indices."""
    lines = "".join(f"{word}\n" for word in vocabulary.words).encode("utf-8")
    text, starts, lengths, per_row = find_words(lines + PADDING, vocabulary.tokenizer)
    ids = vocabulary.lookup(Secret.draw()).find_spans(text, starts, lengths)

    single = (per_row == 1).nonzero()[0]
    is_made = np.zeros(len(vocabulary.words), np.bool_)
    is_made[single] = ids[starts_of(per_row)[single]] == single
    words = [vocabulary.words[i] for i in (~is_made).nonzero()[0].tolist()]
    return [word for word in words if not _UNUSED.fullmatch(word)]
