"""Which vocabulary keeps the indices of an older one, and has new words behind them?

What was encoded, or learned, by the old one stays right: an index means what it meant.
"""

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterable
from contextlib import ExitStack, closing
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import NamedTuple

import numpy as np

from embedprep.budget import budget_of
from embedprep.counting import count
from embedprep.counts.files import open_counts, refuse_other_settings
from embedprep.counts.kinds import Counts
from embedprep.counts.recipe import pieces_of as pieces_of_counts
from embedprep.dictionary import Dictionary, WordArray, word_keys
from embedprep.doubts import Beginning, doubts
from embedprep.errors import OutputError, VocabularyError
from embedprep.local import LocalText
from embedprep.npy import ArraySpec, NpyWriter
from embedprep.places import Place, Url
from embedprep.plan import check_rectangle
from embedprep.portions import Piece, pieces_of, rank_pieces
from embedprep.publication import refuse_to_overwrite, staged_file
from embedprep.settings import ALL_THERE_IS, Resources, UpdateSettings
from embedprep.sources import NamedInputs, Reader
from embedprep.specials import UNK
from embedprep.vocabulary import Vocabulary, format_vocabulary
from embedprep.work import Work, work_in


class Updated(NamedTuple):
    """A vocabulary, how many of its words are new, and what tells of settings that are plainly
    wrong for the text.
    """

    vocabulary: Vocabulary
    n_new: int
    warnings: tuple[str, ...] = ()


def update(
    path: Place,
    words: NamedInputs | Counts,
    settings: UpdateSettings,
    output: Place | None = None,
    *,
    map_output: Place | None = None,
    resources: Resources = ALL_THERE_IS,
) -> Updated:
    """A saved vocabulary with the new words of a text, or of its counts, saved where an `output` is
    given.

    Counts of old words grow by those in the text. `map_output` gets the new index of each old one,
    (old input_dim,) int32. Raises VocabularyError where the whole is to have fewer words than
    there are, and InputError where counts are of other rules than the vocabulary's.
    """
    with ExitStack() as stack:
        if isinstance(words, NamedInputs):
            stack.enter_context(closing(words))
        outputs = [place for place in (output, map_output) if place is not None]
        read = words.places if isinstance(words, NamedInputs) else words.names
        refuse_to_overwrite([*read, path], outputs)
        if len(set(map(_resolved, outputs))) < len(outputs):
            raise OutputError(str(map_output), "is also the vocabulary", "name another --map")
        old = Vocabulary.load(path)
        n_words = settings.words_beside(len(old.words))
        if n_words < len(old.words):
            cause = f"has {len(old.words):,} words, which keep their indices, and -n is {n_words:,}"
            raise VocabularyError(str(path), cause, "choose a larger -n, or leave it out")
        saved = stack.enter_context(staged_file(output)) if output else None
        mapped = stack.enter_context(staged_file(map_output)) if map_output else None
        folder = saved.parent if saved else Path(tempfile.gettempdir())
        budget = budget_of(resources, n_words)
        work = stack.enter_context(work_in(folder, old.tokenizer, budget, resources))

        pieces, warnings = _pieces(words, old, path, stack, work)
        vocabulary = _grown(old, pieces, n_words, settings.min_count, work)
        _check_dtype(vocabulary, str(path))
        if saved is not None:
            saved.write_bytes(format_vocabulary(vocabulary))
        if mapped is not None and map_output is not None:
            _write_map(mapped, map_output, old, vocabulary)
        return Updated(vocabulary, len(vocabulary.words) - len(old.words), warnings)


def _resolved(place: Place) -> str:
    """What is the same text for the same place."""
    return place.identity if isinstance(place, Url) else os.path.realpath(place)


def _pieces(
    words: NamedInputs | Counts, old: Vocabulary, path: Place, stack: ExitStack, work: Work
) -> tuple[Iterable[tuple[Piece]], tuple[str, ...]]:
    """The words of a text in pieces, and what is to be warned of."""
    if isinstance(words, NamedInputs):
        assert isinstance(words, Reader)
        beginning = Beginning(words)
        counted = count(beginning, words.reading, old.tokenizer, work)
        warnings = doubts(beginning.parts, words, old.tokenizer, LocalText(counted, work))
        return pieces_of(counted.portions, work), warnings
    files = open_counts(words, stack)
    expected = replace(files[0].settings, tokenizer=old.tokenizer)
    refuse_other_settings(files[0], expected, str(path))
    return pieces_of_counts(files), ()


def _grown(
    old: Vocabulary, pieces: Iterable[tuple[Piece]], n_words: int, min_count: int, work: Work
) -> Vocabulary:
    """The old words with their counts in a text added, and the most frequent others behind them."""
    secret = work.secret
    known = old.lookup(secret)
    added = np.zeros(known.n_words, np.int64)

    def others(piece: Piece) -> Dictionary:
        (text, starts, lengths, _), counts = piece()
        words = WordArray(text, starts, lengths, word_keys(text, starts, lengths, secret))
        places = known.find(words)
        is_old = places < known.n_words
        # No word is in two pieces, so that threads never add to the same count.
        added[places[is_old]] += counts[is_old]
        return Dictionary(words, counts).at((~is_old).nonzero()[0])

    new, _ = rank_pieces(
        ((partial(others, piece),) for (piece,) in pieces),
        n_words - known.n_words,
        min_count,
        [UNK, *old.specials.by_name],
        work,
    )
    grown = [count + more for count, more in zip(old.counts, added.tolist(), strict=True)]
    return replace(
        old,
        words=(*old.words, *new.words.to_text()),
        counts=(*grown, *new.counts.tolist()),
    )


def _check_dtype(vocabulary: Vocabulary, place: str) -> None:
    """Raise OutputError where the old type of indices does not hold the new ones."""
    try:
        check_rectangle(vocabulary.rectangle, vocabulary.specials, len(vocabulary.words))
    except OutputError as error:
        remedy = "keep fewer words by -n, or give it a larger --dtype by --from"
        raise OutputError(place, f"its {error.place[2:]} {error.cause}", remedy) from None


def _write_map(path: Path, target: Place, old: Vocabulary, new: Vocabulary) -> None:
    n_old = old.input_dim
    new_index = np.fromiter((new.index[entry] for entry in old.entries), np.int32, n_old)
    with NpyWriter(path, target, ArraySpec((n_old,), "int32"), hashes=False) as writer:
        writer.write(0, new_index)
