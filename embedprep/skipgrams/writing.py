"""How do rows become a folder of shuffled pairs?"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import NamedTuple

import numpy as np

from embedprep.digests import digest_of
from embedprep.encoded import EncodedRows
from embedprep.engines import Engine, ThreadEngine, in_turn
from embedprep.errors import InputError
from embedprep.manifest import MANIFEST, PAIRS, format_manifest
from embedprep.npy import ArraySpec, NpyWriter, WrittenFile
from embedprep.output import LABELS, check_vocabulary
from embedprep.publication import StagedFolder, refuse_to_replace, staged_folder
from embedprep.shuffling import Buckets, Scattered, Shuffle
from embedprep.skipgrams.making import (
    Chunk,
    Rules,
    make_pairs,
    make_rules,
    plan_chunks,
    unpack_pairs,
)
from embedprep.skipgrams.settings import SkipgramSettings
from embedprep.sources import Source
from embedprep.space import check_space
from embedprep.spool import Spool
from embedprep.vocabulary import Vocabulary
from embedprep.wording import how_large, how_many

COUPLES = "couples.npy"

WAITING_BYTES = 128 << 20
"""Of pairs that wait in memory to be shuffled; the others wait on disk."""


class Skipgrams(NamedTuple):
    """A finished folder of pairs, and the facts about them."""

    path: Path
    statistics: dict[str, int]


def write_skipgrams(
    rows: EncodedRows,
    vocabulary_path: Path,
    output: Path,
    settings: SkipgramSettings | None = None,
    *,
    max_bytes: int | None = None,
    jobs: int | None = None,
    sync: bool = False,
    advance: Callable[[int], object] = lambda n_bytes: None,
) -> Skipgrams:
    """Write the pairs of rows in random order as `couples.npy`, (pairs, 2) int32 of target and
    context, and `labels.npy`, (pairs,) uint8: 1 for words that stand near each other, 0 for others.

    Rows without any pair are an error, as nothing could be learned from them. `advance` is told of
    the bytes of the rows whose pairs are made.

    Raises InputError where there are no pairs, VocabularyError for a foreign index and where the
    rows were encoded with another vocabulary, OutputError where the pairs cannot be written.
    """
    settings = settings or SkipgramSettings()
    inputs = [*rows.files, vocabulary_path]
    refuse_to_replace(inputs, output, [COUPLES, LABELS])
    vocabulary = Vocabulary.load(vocabulary_path)
    check_vocabulary(rows.path, vocabulary_path, vocabulary)
    with (
        staged_folder(output, PAIRS, sync) as staged,
        Spool(staged.path, WAITING_BYTES) as spool,
        ThreadEngine(jobs) as engine,
    ):
        digests = [engine.submit(digest_of, path) for path in inputs]
        rules = make_rules(rows, vocabulary, settings, engine)
        chunks = plan_chunks(rows, rules, settings, engine)
        statistics = _statistics(rows, vocabulary.input_dim, settings, chunks)
        n_pairs = statistics["pairs"]
        if not n_pairs:
            raise _no_pairs(rows, statistics)
        arrays = {
            COUPLES: ArraySpec((n_pairs, 2), "int32"),
            LABELS: ArraySpec((n_pairs,), "uint8"),
        }
        _check_size(output, arrays, settings, max_bytes)

        buckets = Buckets.of(n_pairs, 2, settings.seed)  # a pair's label is its kind
        shuffle = Shuffle(buckets, spool)
        of_chunks = _scatter(rows, rules, chunks, buckets, engine)
        for chunk, of_kinds in zip(chunks, of_chunks, strict=True):
            for scattered in of_kinds:
                shuffle.append(scattered)
            advance(rows.ids[chunk.rows].nbytes)
        written = _write_pairs(staged, arrays, shuffle, engine)

        read = [Source(str(p), d) for p, d in zip(inputs, engine.gather(digests), strict=True)]
        manifest = format_manifest(PAIRS, asdict(settings), read, written, statistics)
        staged.write(MANIFEST, manifest)
    return Skipgrams(output, statistics)


def _statistics(
    rows: EncodedRows, input_dim: int, settings: SkipgramSettings, chunks: Sequence[Chunk]
) -> dict[str, int]:
    n_positives = sum(chunk.n_positives for chunk in chunks)
    n_negatives = sum(chunk.n_negatives for chunk in chunks)
    statistics = {
        "rows": rows.n_rows,
        "input_dim": input_dim,
        "targets": sum(chunk.n_targets for chunk in chunks),
        "pairs": n_positives + n_negatives,
        "positives": n_positives,
        "negatives": n_negatives,
    }
    if settings.exclude_positives:
        statistics["left_out_negatives"] = sum(chunk.n_left_out for chunk in chunks)
    return statistics


def _no_pairs(rows: EncodedRows, statistics: dict[str, int]) -> InputError:
    """The error of rows without a pair."""
    within = f"{how_many(statistics['targets'], 'target')} in {how_many(rows.n_rows, 'row')}"
    return InputError(
        str(rows.path),
        f"gives no pairs: of {within}, none stands near another word",
        "take rows with more words, a larger --window, or no --sampling",
    )


def _check_size(
    output: Path, arrays: dict[str, ArraySpec], settings: SkipgramSettings, max_bytes: int | None
) -> None:
    """Raise OutputError where the pairs are more than the limit, or than the disk takes beside
    those that wait to be shuffled.
    """
    n_bytes = sum(array.n_bytes for array in arrays.values())
    n_pairs = arrays[LABELS].shape[0]
    cause = f"would take {how_large(n_bytes)} for {how_many(n_pairs, 'pair')}"
    remedies = ["a smaller --window"] if settings.window > 1 else []
    remedies += ["fewer --negative"] if settings.negative > 0 else []
    remedy = f"choose {' or '.join(remedies)}" if remedies else "take fewer rows"
    check_space(output, n_bytes, cause, max_bytes=max_bytes, remedy=lambda _: remedy)
    if n_bytes > WAITING_BYTES:
        cause = f"{cause}, and up to as much beside it for a time"
        check_space(output, 2 * n_bytes, cause, max_bytes=None, remedy=lambda _: remedy)


def _scatter(
    rows: EncodedRows, rules: Rules, chunks: Sequence[Chunk], buckets: Buckets, engine: Engine
) -> Iterator[list[Scattered]]:
    """The negative and the positive pairs of each chunk by their buckets."""
    n_of_kinds = np.array([(chunk.n_negatives, chunk.n_positives) for chunk in chunks])
    firsts = (np.cumsum(n_of_kinds, axis=0) - n_of_kinds).tolist()  # (chunks, kinds)

    def make(chunk: Chunk, *first_of_kind: int) -> list[Scattered]:
        of_kinds = zip(make_pairs(rows, rules, chunk), first_of_kind, strict=True)
        return [buckets.scatter(pairs, kind, n) for kind, (pairs, n) in enumerate(of_kinds)]

    numbered = ((chunk, *first) for chunk, first in zip(chunks, firsts, strict=True))
    return in_turn(engine, make, numbered)


def _write_pairs(
    staged: StagedFolder, arrays: dict[str, ArraySpec], shuffle: Shuffle, engine: Engine
) -> list[WrittenFile]:
    """Write the pairs bucket by bucket, each shuffled."""

    def writer(name: str) -> NpyWriter:
        return NpyWriter(staged.add(name), staged.target / name, arrays[name])

    with writer(COUPLES) as couples, writer(LABELS) as labels:

        def write(bucket: int, first: int) -> None:
            packed, kinds = shuffle.shuffled(bucket, first)
            couples.write(first, unpack_pairs(packed))
            labels.write(first, kinds)

        # All at once, not `in_turn`: one thread may be long at hashing what the others wrote.
        engine.gather([engine.submit(write, *bucket) for bucket in enumerate(shuffle.firsts)])
    return [couples.finished, labels.finished]
