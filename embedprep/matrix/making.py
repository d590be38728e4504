"""Which matrix does an embedding layer begin with? Row i is the vector of entry i.

Vectors come from a file where one is given. All other rows are drawn at random, each by the seed
and its word alone. The row of the padding is zeros.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from embedprep.arrays import Flags, Ints, row_chunks
from embedprep.digests import Digest
from embedprep.engines import Engine
from embedprep.errors import InputError
from embedprep.initializers import Initializer, initial_rows, standard_normal, word_seeds
from embedprep.manifest import describe_input
from embedprep.npy import ArraySpec
from embedprep.settings import INITIALIZERS, OUTPUT_DIM, MatrixSettings
from embedprep.sources import Source
from embedprep.sources.archives import file_of
from embedprep.specials import PAD, PAD_INDEX
from embedprep.vectors import VectorsRead, finite_rows, read_vectors
from embedprep.vocabulary import Vocabulary
from embedprep.wording import how_many

_LARGEST = float(np.finfo(np.float32).max)

_MOST_MISSING = 10


class Missing(NamedTuple):
    """A word without a vector, and how often it occurs."""

    word: str
    occurrences: int


class Coverage(NamedTuple):
    """Which of a vocabulary's words a file has vectors for. Special entries are no words.

    `n_running` are the running words of the text that the vocabulary is from, as far as they are
    kept, 0 where nobody knows their counts. `missing` are the words without a vector, the most
    frequent first.
    """

    n_words: int
    n_running: int
    missing: Sequence[Missing]

    @property
    def n_found(self) -> int:
        return self.n_words - len(self.missing)

    @property
    def n_running_found(self) -> int:
        return self.n_running - sum(missing.occurrences for missing in self.missing)


class Start(NamedTuple):
    """An older matrix as an input, how many of its vectors were kept, and how many were not as
    their words are gone.
    """

    source: Source
    n_kept: int
    n_gone: int


class Matrix(NamedTuple):
    """An embedding matrix, (input_dim, dim) float32, and where there is a file of vectors, that
    file as an input, what was read of it, and what that covers; or what it has of an older matrix.
    """

    values: NDArray[np.float32]
    settings: MatrixSettings
    source: Source | None = None
    read: VectorsRead | None = None
    coverage: Coverage | None = None
    start: Start | None = None

    @property
    def warnings(self) -> tuple[str, ...]:
        """What is odd about the file."""
        return self.read.warnings if self.read else ()

    @property
    def array(self) -> ArraySpec:
        """How it is written."""
        return ArraySpec(self.values.shape, self.values.dtype.name)

    @property
    def saved(self) -> dict[str, Any]:
        """What a manifest tells of it: its settings, the file of its vectors, what that has."""
        saved = self.settings.saved
        if self.start is not None:
            start = {"start": describe_input(self.start.source)}
            return start | saved | {"statistics": self.statistics}
        if self.source is None:
            return saved
        vectors = {"vectors": describe_input(self.source)}
        return vectors | saved | {"statistics": self.statistics}

    @property
    def statistics(self) -> dict[str, Any]:
        """The facts about its vectors, for people and manifests; none where there is no file."""
        if self.start is not None:
            n_drawn = len(self.values) - self.start.n_kept
            return {
                "kept_vectors": self.start.n_kept,
                "new_vectors": n_drawn,
                "vectors_left_out": self.start.n_gone,
            }
        read, covered = self.read, self.coverage
        if read is None or covered is None:
            return {}
        facts: dict[str, Any] = {
            "vectors": read.n_vectors,
            "vectors_left_out": read.n_bad,
            "words_found": covered.n_found,
            "words_from_ngrams": read.n_composed,
            "coverage": covered.n_found / covered.n_words if covered.n_words else 0.0,
        }
        if covered.n_running:
            facts["running_words_found"] = covered.n_running_found
            facts["running_coverage"] = covered.n_running_found / covered.n_running
        some = covered.missing[:_MOST_MISSING]
        return facts | {
            "missing_words": len(covered.missing),
            "most_frequent_missing": [list(missing) for missing in some],
        }


def vector_files(settings: MatrixSettings | None) -> list[str]:
    """The file that vectors are read from, if one is; that of an archive for one inside."""
    if settings is None or settings.vectors is None:
        return []
    return [file_of(settings.vectors.name)]


def drawn_array(vocabulary: Vocabulary, settings: MatrixSettings) -> ArraySpec:
    """The matrix that is made where there is no file of vectors."""
    return ArraySpec((vocabulary.input_dim, settings.dim or OUTPUT_DIM), "float32")


def make_matrix(
    vocabulary: Vocabulary,
    settings: MatrixSettings,
    engine: Engine,
    *,
    hashes: bool = True,
    advance: Callable[[int], object] = lambda n_bytes: None,
) -> Matrix:
    """The matrix of a vocabulary.

    `advance` is told of bytes read of the file of vectors; unless `hashes` is false it is hashed
    for a manifest. Raises InputError where it cannot be read or has none of the words.
    """
    entries = vocabulary.entries[PAD_INDEX + 1 :]
    if settings.vectors is None:
        values = np.zeros(drawn_array(vocabulary, settings).shape, np.float32)
        values[PAD_INDEX + 1 :] = initial_rows(
            entries, values.shape[1], Initializer(settings.init, settings.seed)
        )
        return Matrix(values, settings)

    digest = Digest()
    read = read_vectors(
        settings.vectors,
        entries,
        PAD_INDEX + 1,
        no_words=vocabulary.specials.by_name.keys() - {PAD},
        dim=settings.dim,
        engine=engine,
        digest=digest if hashes else None,
        advance=advance,
    )
    is_found = read.found.is_found
    coverage = _cover(vocabulary, is_found)
    if coverage.n_words and not coverage.n_found:
        raise InputError(
            settings.vectors.name,
            f"has a vector for none of {how_many(coverage.n_words, 'word')}",
            "is it of the same language and case? try --case-fallback",
        )
    is_found[PAD_INDEX] = True
    missing = (~is_found).nonzero()[0]
    values = read.found.vectors
    _fill(values, missing, [vocabulary.entries[i] for i in missing.tolist()], settings)
    source = Source(settings.vectors.name, digest)
    return Matrix(values, settings, source, read, coverage)


def _fill(
    values: NDArray[np.float32], missing: Ints, words: Sequence[str], settings: MatrixSettings
) -> None:
    """Give the rows of missing words, (missing,), their first vectors."""
    if not words:
        return
    if settings.oov_init in INITIALIZERS:
        initializer = Initializer(settings.oov_init, settings.seed)
        values[missing] = initial_rows(words, values.shape[1], initializer)
        return
    mean, deviation = _spread(values, missing)
    if settings.oov_init == "mean":
        values[missing] = mean
        return
    seeds = word_seeds(words, settings.seed)
    for chunk in row_chunks(len(missing), len(mean) * mean.itemsize):
        drawn = standard_normal(seeds[chunk], len(mean)) * deviation + mean
        values[missing[chunk]] = np.clip(drawn, -_LARGEST, _LARGEST)


def _spread(
    values: NDArray[np.float32], missing: Ints
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """The mean and the deviation in each dimension, (dim,), of the finite vectors found."""
    is_used = finite_rows(values)
    is_used[missing] = is_used[PAD_INDEX] = False
    used = is_used.nonzero()[0]
    chunks = list(row_chunks(len(used), values.shape[1] * 8))
    mean, variance = np.zeros((2, values.shape[1]))
    for chunk in chunks:
        mean += values[used[chunk]].sum(axis=0, dtype=np.float64) / len(used)
    for chunk in chunks:
        apart = values[used[chunk]] - mean
        variance += np.einsum("ij,ij->j", apart, apart) / len(used)
    return mean, np.sqrt(variance)


def _cover(vocabulary: Vocabulary, is_found: Flags) -> Coverage:
    counts = np.array(vocabulary.counts, np.int64)
    missing = (~is_found[vocabulary.index_of_word]).nonzero()[0]
    missing = missing[np.argsort(-counts[missing], kind="stable")]
    listed = [Missing(vocabulary.words[i], vocabulary.counts[i]) for i in missing.tolist()]
    return Coverage(len(counts), int(counts.sum()), listed)
