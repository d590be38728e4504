"""Which settings differ?

Versions of programs, and the names and bytes of inputs, are kept apart: where they made no other
words and no other rows, a model sees the same.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict
from pathlib import Path
from typing import Any, NamedTuple

from embedprep.errors import OutputError
from embedprep.listing import flat, is_same, told_by
from embedprep.manifest import MANIFEST
from embedprep.output import SEQUENCES
from embedprep.vocabulary import Vocabulary

_VERSIONS = ("unicode", "word_break", "jieba")
"""What the settings tell of the programs that read the text."""

_NAMES_OF_FILES = ("matrix.vectors.name", "matrix.start.name")

_CONTENT = ("bytes", "sha256")
"""What a manifest tells of what an input holds."""

_DEEPEST = 20
"""Objects in objects that a manifest holds at most; one that was written holds five."""


class Change(NamedTuple):
    """A fact that differs; it is None on a side that does not have it."""

    name: str
    old: Any
    new: Any


class Facts(NamedTuple):
    """What made an output or a vocabulary, by dotted names: its `settings`, and what is told of
    besides, which makes no difference by itself.
    """

    settings: dict[str, Any]
    told: dict[str, Any]


def changes(old: Mapping[str, Any], new: Mapping[str, Any]) -> tuple[Change, ...]:
    """What differs of some facts, in the order of the old ones, new ones behind them.

    >>> changes({"dtype": "int32", "seed": 0}, {"seed": 0, "max_len": 9})
    (Change(name='dtype', old='int32', new=None), Change(name='max_len', old=None, new=9))
    """
    pairs = [Change(name, old.get(name), new.get(name)) for name in {**old, **new}]
    return tuple(pair for pair in pairs if not is_same(pair.old, pair.new))


def facts_of_vocabulary(vocabulary: Vocabulary) -> Facts:
    """What a vocabulary tells of itself but for its words and its classes."""
    facts: dict[str, Any] = {
        "tokenizer": vocabulary.tokenizer.saved,
        "specials": vocabulary.specials.by_name,
        "row": asdict(vocabulary.rectangle),
    }
    if vocabulary.labels is not None:
        facts["labels"] = {k: v for k, v in vocabulary.labels.saved.items() if k != "classes"}
    return Facts(flat(facts), {})


def facts_of_output(manifest: Mapping[str, Any], vocabulary: Vocabulary) -> Facts:
    """What a manifest of rows tells of what made them, with what the vocabulary tells."""
    settings = flat(manifest["settings"]) | facts_of_vocabulary(vocabulary).settings
    settings |= flat({name: manifest.get(name, {}) for name in ("embedding", "matrix")})
    shards = told_by(manifest, is_of_rows=True).shards.get(SEQUENCES)
    settings["rows_per_shard"] = shards[0].shape[0] if shards and shards[0].shape else None
    inputs = manifest["inputs"]
    told = {
        "embedprep": manifest.get("embedprep"),
        **{name: settings.pop(name, None) for name in (*_VERSIONS, *_NAMES_OF_FILES)},
        "inputs": [{k: v for k, v in each.items() if k not in _CONTENT} for each in inputs],
        "inputs.sha256": [each.get("sha256") for each in inputs],
    }
    return Facts(settings, told)


def check_form(folder: Path, manifest: Mapping[str, Any]) -> None:
    """Raise OutputError where a manifest of rows has not the form to be compared."""
    objects = [manifest.get(name) for name in ("settings", "statistics")]
    objects += [manifest.get(name, {}) for name in ("embedding", "matrix")]
    inputs = manifest.get("inputs")
    cause = ""
    if not all(isinstance(each, dict) for each in objects):
        cause = "tells settings, statistics or a matrix that have no names"
    elif not isinstance(inputs, list) or not all(isinstance(each, dict) for each in inputs):
        cause = "tells of inputs without names"
    elif not _is_shallow(manifest, _DEEPEST):
        cause = "is nested too deeply"
    if cause:
        remedy = "run the command that makes the output again"
        raise OutputError(str(folder / MANIFEST), f"is broken: it {cause}", remedy)


def _is_shallow(value: Any, deepest: int) -> bool:
    if not isinstance(value, dict | list):
        return True
    inner = value.values() if isinstance(value, dict) else value
    return deepest > 0 and all(_is_shallow(each, deepest - 1) for each in inner)
