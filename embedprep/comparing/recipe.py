"""Which steps compare two outputs, or two vocabularies?"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

from embedprep.comparing.rows import Part, PartDifference, compare_rows
from embedprep.comparing.settings import (
    Change,
    Facts,
    changes,
    check_form,
    facts_of_output,
    facts_of_vocabulary,
)
from embedprep.comparing.words import Side, WordDifference, compare_words, pair
from embedprep.errors import OutputError, VocabularyError, check_least
from embedprep.figures.words import n_unknown_where_counted
from embedprep.manifest import read_manifest_of_rows
from embedprep.output import VOCABULARY, folder_on_disk, load
from embedprep.places import Place
from embedprep.vocabulary import Vocabulary

TOP = 10
"""How many words each list holds, unless it is told."""


class Difference(NamedTuple):
    """What differs between two outputs, or between two vocabularies, which have no `rows`.

    `rows` are the parts of both, the training rows first. `told` are facts that make no difference
    by themselves: versions, and the inputs.
    """

    old: Path
    new: Path
    settings: tuple[Change, ...]
    words: WordDifference
    rows: tuple[PartDifference, ...]
    gained_parts: tuple[str, ...]
    lost_parts: tuple[str, ...]
    told: tuple[Change, ...]

    @property
    def is_none(self) -> bool:
        """Whether nothing differs but what is told besides."""
        are_parts_same = not self.gained_parts and not self.lost_parts
        are_rows_same = all(part.is_none for part in self.rows)
        return not self.settings and self.words.is_none and are_parts_same and are_rows_same


class _Opened(NamedTuple):
    """One side: its words and what made them, and the parts of an output by their names."""

    vocabulary: Vocabulary
    side: Side
    facts: Facts
    parts: dict[str, Part]


def diff(
    old: str | Place,
    new: str | Place,
    *,
    top: int = TOP,
    advance: Callable[[int], object] = lambda n_rows: None,
) -> Difference:
    """What has changed from one output to another, or from one vocabulary to another. Where one is
    a file, a vocabulary, that of the other is compared.

    Lists hold at most `top` words each; `advance` is told of the rows that are read. Raises
    OutputError where a folder is no finished output of rows, VocabularyError where a file is no
    vocabulary.
    """
    check_least("top", top, 1)
    paths = folder_on_disk(old), folder_on_disk(new)
    are_outputs = all(path.is_dir() for path in paths)
    before, after = (_open_output(p) if are_outputs else _open_vocabulary(p) for p in paths)
    pairing = pair(before.side, after.side)
    settings = changes(before.facts.settings, after.facts.settings)
    are_words_same = before.vocabulary.entries == after.vocabulary.entries
    rows = tuple(
        compare_rows(
            name,
            part,
            after.parts[name],
            pairing,
            are_words_same=are_words_same,
            advance=advance,
        )
        for name, part in before.parts.items()
        if name in after.parts
    )
    return Difference(
        *paths,
        settings,
        compare_words(before.side, after.side, pairing, top),
        rows,
        tuple(name for name in after.parts if name not in before.parts),
        tuple(name for name in before.parts if name not in after.parts),
        changes(before.facts.told, after.facts.told),
    )


def _open_vocabulary(path: Path) -> _Opened:
    """A vocabulary, which may be that of an output."""
    if path.is_dir():
        read_manifest_of_rows(path)
        path /= VOCABULARY
    elif not path.exists():
        raise OutputError(str(path), "no such file or folder", "check the path")
    vocabulary = Vocabulary.load(path)
    return _Opened(vocabulary, Side(vocabulary), facts_of_vocabulary(vocabulary), {})


def _open_output(folder: Path) -> _Opened:
    """An output of rows. Raises OutputError where its manifest is broken, VocabularyError where a
    part has other words than the whole.
    """
    output = load(folder)
    for name, part in output.all_parts.items():
        check_form(folder / name, part.manifest)
        if part.vocabulary.entries != output.vocabulary.entries:
            place = str(folder / name / VOCABULARY)
            cause = "holds other words than the output that it is a part of"
            raise VocabularyError(place, cause, "make the output again")
    vocabulary = output.vocabulary
    return _Opened(
        vocabulary,
        Side(vocabulary, n_unknown_where_counted(vocabulary, output.manifest)),
        facts_of_output(output.manifest, vocabulary),
        {name: Part(folder / name, part) for name, part in output.all_parts.items()},
    )
