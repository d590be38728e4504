"""Would a command make again what is there?

It would if the same is asked of the same inputs by the same version: the settings are told by a
digest of them all, the inputs by digests of what they hold. No time of a file is looked at, as none
is kept.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Iterable, Mapping
from contextlib import suppress
from dataclasses import asdict, replace
from typing import Any

from embedprep.digests import Digest
from embedprep.errors import EmbedprepError, OutputError
from embedprep.gates import NO_GATES, Gates
from embedprep.manifest import describe_input, read_manifest_of_rows
from embedprep.places import Place, Url
from embedprep.settings import (
    ALL_ROWS,
    MatrixSettings,
    RowSettings,
    Selection,
    VocabularySettings,
)
from embedprep.sources import BLOCK_BYTES, Input, NamedInputs, Source, total_bytes
from embedprep.sources.compression import MAGIC_BYTES, decompressed, is_compressed
from embedprep.sources.opening import opened, read_chunks
from embedprep.tokenizer.rules import all_versions
from embedprep.tokenizer.settings import TokenizerSettings
from embedprep.vectors.reading import content_of
from embedprep.vocabulary import Vocabulary


def request_of_run(
    inputs: NamedInputs,
    settings: VocabularySettings,
    rows: RowSettings,
    selection: Selection = ALL_ROWS,
    matrix: MatrixSettings | None = None,
    *,
    gates: Gates = NO_GATES,
) -> str:
    """All that is asked of `run` but its inputs, as one value."""
    return _request_of(
        settings_of_words(settings),
        settings.tokenizer,
        rows=rows,
        selection=selection,
        inputs=inputs,
        matrix=matrix,
        counts_duplicates=counts_duplicates(gates, selection),
    )


def request_of_encode(
    inputs: NamedInputs,
    vocabulary: Place,
    rows: RowSettings,
    selection: Selection = ALL_ROWS,
    *,
    gates: Gates = NO_GATES,
    tokenizer: TokenizerSettings | None = None,
) -> str:
    """All that is asked of `encode` but its inputs, as one value; the tokenizer is that of the
    vocabulary. Raises VocabularyError.
    """
    tokenizer = tokenizer or Vocabulary.load(vocabulary).tokenizer
    digest = Digest()
    digest.update(vocabulary.read_bytes())
    return _request_of(
        {"vocabulary": digest.pieces},
        tokenizer,
        rows=rows,
        selection=replace(selection, label_type="class"),  # the vocabulary says what it is
        inputs=inputs,
        counts_duplicates=counts_duplicates(gates, selection),
    )


def settings_of_words(settings: VocabularySettings) -> dict[str, Any]:
    """Which words are asked for, as a manifest tells it."""
    return asdict(settings) | {"tokenizer": settings.tokenizer.saved}


def counts_duplicates(gates: Gates, selection: Selection) -> bool:
    """Whether the rows are counted that are copies: those left out are known."""
    return gates.max_duplicates is not None and not selection.drop_duplicates


def _request_of(
    words: Mapping[str, Any],
    tokenizer: TokenizerSettings,
    *,
    rows: RowSettings,
    selection: Selection,
    inputs: NamedInputs,
    matrix: MatrixSettings | None = None,
    counts_duplicates: bool = False,
) -> str:
    """What is asked of the inputs, as the hexadecimal SHA-256 of all settings that decide what is
    made of them, and of the versions of what it is made with.

    What changes no byte has no part in it, as the number of jobs and most gates, nor have the names
    of inputs.
    """
    reading = inputs.reading
    formats = [reading.records.format_of(name) for name in inputs.names]
    asked: dict[str, Any] = {
        "words": words,
        "rows": asdict(replace(rows, max_bytes=None)),
        "selection": asdict(selection),
        "encoding": reading.encoding,
        "errors": reading.errors,
        "records": asdict(reading.records) | {"format": formats},
        "matrix": None if matrix is None else asdict(matrix),
        "versions": all_versions(tokenizer),
    }
    asked |= {"duplicate_rows": True} if counts_duplicates else {}
    return hashlib.sha256(json.dumps(asked, sort_keys=True).encode()).hexdigest()


def is_unchanged(
    output: Place,
    request: str,
    inputs: NamedInputs,
    matrix: MatrixSettings | None = None,
    advance: Callable[[int], object] = lambda n_bytes: None,
) -> bool:
    """Whether an output is whole and was made of these inputs at the same request, and has the
    matrix that was asked for, if one was.

    Its files are told by their sizes, `verify` does it by what they hold; inputs are read, and
    `advance` is told of their bytes. What cannot be read counts as changed: the command says why.
    """
    try:
        manifest = read_manifest_of_rows(output)
    except OutputError:
        return False
    if manifest.get("request") != request or not _is_there(output, manifest["outputs"]):
        return False
    told_inputs = _objects(manifest.get("inputs"))
    if len(told_inputs) != len(inputs.inputs):
        return False
    pairs = list(zip(told_inputs, inputs.inputs, strict=True))
    with suppress(EmbedprepError):
        return (
            all(_may_be(told, its) for told, its in pairs)  # which costs nothing
            and all(_is(told, its, advance) for told, its in pairs)
            and (matrix is None or _is_matrix(manifest, matrix, advance))
        )
    return False


def _objects(told: Any) -> list[Mapping[str, Any]]:
    """What a manifest tells in a list of objects; nothing where it is broken."""
    is_right = isinstance(told, list) and all(isinstance(each, dict) for each in told)
    return told if is_right else []


def _is_there(output: Place, listed: Iterable[Mapping[str, Any]]) -> bool:
    """Whether all files that a manifest lists have their sizes."""
    with suppress(OSError):
        return all(_n_bytes(output / file["name"]) == file["bytes"] for file in listed)
    return False


def _n_bytes(place: Place) -> int | None:
    return place.n_bytes() if isinstance(place, Url) else place.stat().st_size


def _may_be(told: Mapping[str, Any], item: Input) -> bool:
    """Whether an input goes by its name, and has the size that it had, as far as that is told."""
    facts = describe_input(Source(item.name, Digest(), None, item.part, item.label))
    if any(told.get(fact) != facts.get(fact) for fact in ("name", "part", "label")):
        return False
    size = total_bytes([item.place])
    return size in (None, told.get("bytes")) or _is_compressed(item)


def _is_compressed(item: Input) -> bool:
    with opened(item.place) as stream:
        return is_compressed(stream.read(MAGIC_BYTES))


def _is(told: Mapping[str, Any], item: Input, advance: Callable[[int], object]) -> bool:
    """Whether an input holds what it held."""
    digest = Digest()
    with opened(item.place) as stream:
        read = read_chunks(item.name, stream, BLOCK_BYTES, advance)
        for chunk in decompressed(item.name, read, BLOCK_BYTES):
            digest.update(chunk)
    return told.get("bytes") == digest.n_bytes and told.get("sha256") == digest.pieces


def _is_matrix(
    manifest: Mapping[str, Any], matrix: MatrixSettings, advance: Callable[[int], object]
) -> bool:
    """Whether an output has this matrix: another may have been put in its place, of other settings
    or other vectors, or one that was trained.
    """
    [told] = _objects([manifest.get("matrix")]) or [{}]
    if "start" in told or not matrix.saved.items() <= told.items():
        return False
    if matrix.dim not in (None, manifest["embedding"]["output_dim"]):
        return False
    [of_vectors] = _objects([told.get("vectors")]) or [{}]
    return matrix.vectors is None or _is_vectors(of_vectors, matrix.vectors.name, advance)


def _is_vectors(told: Mapping[str, Any], name: str, advance: Callable[[int], object]) -> bool:
    """Whether a file of vectors, which may lie in an archive, holds what it held."""
    digest = Digest()
    for _ in content_of(name, digest, advance):
        pass
    return told.get("bytes") == digest.n_bytes and told.get("sha256") == digest.pieces
