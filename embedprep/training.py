"""How are vectors learned from rows? By skip-gram with negative sampling, which gensim computes.

T. Mikolov et al.: Distributed Representations of Words and Phrases and their Compositionality
(NIPS 2013). gensim's quickest function learns from a text file, outside the interpreter's lock.
The rows are given to it in pieces of some thousand words, each a file of its own, so that the
engine's threads share them out: no word is learned from twice, the learning rate falls as it does
with one thread, and whoever interrupts does not wait.

Threads write to the same vectors without waiting for each other (B. Recht et al.: Hogwild!, NIPS
2011): several are quicker, and only one gives the same bytes in every run.
"""

from __future__ import annotations

import tempfile
import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import asdict
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from embedprep.arrays import CHUNK_BYTES, Bytes, Ints
from embedprep.encoded import EncodedRows
from embedprep.engines import ThreadEngine
from embedprep.errors import InputError, MissingExtra, OutputError
from embedprep.initializers import Initializer, initial_rows
from embedprep.matrix.files import check_fits, check_room, open_matrix, staged_matrix
from embedprep.output import embedding_layer
from embedprep.sequences import split_long
from embedprep.settings import OUTPUT_DIM, TrainingSettings
from embedprep.specials import PAD_INDEX
from embedprep.vocabulary import Vocabulary

LONGEST_SENTENCE = 1000
"""Longer rows are several sentences. gensim takes about 10,000 words at a time, the last sentence
whole, and leaves out what is more."""

_PIECE_WORDS = 50_000
_PIECE_PRODUCTS = 200_000_000
"""Multiplications in a piece, a second of work at most: fewer words where each takes many."""

_LARGEST = 1e6
"""The largest number in a vector to go on from. Those of word vectors are far smaller; where the
products of two are over float32, gensim reads outside its tables, and the process dies."""

_FILES_BY_NUMBER = Path("/dev/fd")


class Trained(NamedTuple):
    """A matrix that was written, the facts about what it was learned from, and the arguments of the
    embedding layer that begins with it.
    """

    path: Path
    statistics: dict[str, int]
    embedding: dict[str, Any]


def train(
    rows: EncodedRows,
    vocabulary: Vocabulary,
    output: Path,
    settings: TrainingSettings | None = None,
    *,
    start: Path | None = None,
    jobs: int | None = None,
    sync: bool = False,
    advance: Callable[[int], object] = lambda n_rows: None,
) -> Trained:
    """Write the matrix that is learned from rows, (input_dim, dim) float32, that of padding zeros,
    into M.npy, or into an output, as a part of it.

    Each row is a sentence of its indices, without its padding. What never occurs keeps its first
    vector: that in the matrix `start`, which may also be `output`, or else word2vec's, drawn
    evenly from ±0.5/dim. `advance` is told of the rows that were read in each epoch.

    Raises MissingExtra without gensim; InputError where nothing can be learned from the rows;
    VocabularyError for an index that the vocabulary does not have; OutputError where `start` does
    not fit or `output` cannot be written.
    """
    settings = settings or TrainingSettings()
    gensim = _gensim()
    matrix = _first_vectors(vocabulary, settings, start, output)  # (input_dim, dim)
    matrix[PAD_INDEX] = 0
    with staged_matrix(output, sync) as staged, ThreadEngine(jobs) as engine:
        if output.is_dir():
            cause = "has rows of other words than those that vectors are learned for"
            check_fits(output, vocabulary, cause, "take its own rows, or name a file by -o")
        counts = _count(rows, len(matrix))
        _learn(matrix, counts, rows, _Work(gensim, engine, staged.folder, settings, advance))
        n_trained = int(np.count_nonzero(counts))
        facts = {
            "rows": rows.n_rows,
            "words": int(counts.sum()),
            "epochs": settings.epochs,
            "trained": n_trained,
            "untouched": len(counts) - n_trained - 1,
        }
        staged.write(matrix, {"trained": asdict(settings), "statistics": facts})
    return Trained(output, facts, embedding_layer(len(matrix), matrix.shape[1], rows.length))


def _first_vectors(
    vocabulary: Vocabulary, settings: TrainingSettings, start: Path | None, output: Path
) -> NDArray[np.float32]:
    """The vectors that learning begins with, (input_dim, dim), read whole where `start` has them.

    Raises OutputError where `start` does not fit, or the disk has no room for so many.
    """
    n_vectors = vocabulary.input_dim
    if start is not None:
        given = _open_start(start, n_vectors, settings.dim)
        check_room(output, *given.shape)
        return np.array(given, np.float32, order="C")
    dim = settings.dim or OUTPUT_DIM
    check_room(output, n_vectors, dim)
    return initial_rows(vocabulary.entries, dim, Initializer("uniform", settings.seed, 0.5 / dim))


def _open_start(path: Path, input_dim: int, dim: int | None) -> NDArray[Any]:
    """The matrix to go on from, mapped from disk. Raises OutputError where it does not fit."""
    remedy = "name a matrix that was made with this vocabulary"
    matrix = open_matrix(path, input_dim, remedy)
    if dim not in (None, matrix.shape[1]):
        raise OutputError(
            str(path), f"has vectors of {matrix.shape[1]:,} numbers, not {dim:,}", "leave out --dim"
        )
    if not np.isfinite(matrix).all():
        raise OutputError(str(path), "holds numbers that are not finite", "make it again")
    largest = max(float(matrix.max()), -float(matrix.min()))
    if largest > _LARGEST:
        cause = f"holds {largest:.4g}, and numbers over {_LARGEST:,.0f} cannot be learned from"
        raise OutputError(str(path), cause, "scale the matrix down")
    return matrix


def _count(rows: EncodedRows, input_dim: int) -> Ints:
    """How often each entry occurs, (input_dim,); the padding does not.

    Raises InputError where no word has another one beside it.
    """
    counts = np.zeros(input_dim, np.int64)
    longest = 0
    for chunk in rows.chunks(row_bytes=0):
        ids = rows.read(chunk, input_dim)
        counts += np.bincount(ids.ravel().astype(np.int64), minlength=input_dim)
        longest = max(longest, int((ids != PAD_INDEX).sum(axis=1).max(initial=0)))
    counts[PAD_INDEX] = 0
    if longest < 2:
        held = "no word" if not longest else "no two words in a row"
        raise InputError(
            str(rows.path),
            f"holds {held}, and words are learned from those beside them",
            "encode a text of sentences",
        )
    return counts


class _Work(NamedTuple):
    """Who learns, in which folder texts lie meanwhile, and how."""

    gensim: _Gensim
    engine: ThreadEngine
    folder: Path
    settings: TrainingSettings
    advance: Callable[[int], object]


def _learn(matrix: NDArray[np.float32], counts: Ints, rows: EncodedRows, work: _Work) -> None:
    """Learn the vectors of the entries that occur, in their places in the matrix."""
    # As many rows at a time as hold a piece of words, but no more than suit memory.
    n_products = work.settings.window * (1 + work.settings.negative) * matrix.shape[1]
    piece_words = min(_PIECE_WORDS, 1 + _PIECE_PRODUCTS // n_products)
    row_bytes = CHUNK_BYTES * int(counts.sum()) // (piece_words * rows.n_rows)
    chunks = list(rows.chunks(row_bytes))
    spelled = spell_indices(len(matrix))
    occurring = counts.nonzero()[0]  # (trained,)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        model = _model(work, spelled[occurring], counts[occurring], matrix.shape[1])
        model.epochs = work.settings.epochs * len(chunks)  # the learning rate falls with each piece
        model.wv.vectors[:] = matrix[occurring]
        table = work.gensim.table(model.wv)

        def learn_piece(chunk: slice, number: int) -> int:
            ids = rows.read(chunk, len(matrix))
            text, n_words = corpus_text(ids, spelled)
            if n_words:
                memory = np.zeros((2, model.vector_size), np.float32)
                with _corpus_file(text, work.folder) as path:
                    work.gensim.learn(model, path, 0, table, number, None, n_words, *memory, False)
            return len(ids)

        for epoch in range(work.settings.epochs):
            first = epoch * len(chunks)
            pieces = [
                work.engine.submit(learn_piece, chunk, first + i) for i, chunk in enumerate(chunks)
            ]
            for piece in pieces:
                work.advance(piece.result())
    matrix[occurring] = model.wv.vectors


def _model(work: _Work, spelled: NDArray[np.void], counts: Ints, dim: int) -> Any:
    """A model of gensim that knows the entries that occur, in the order of their indices.

    It reads each file whole, so it has one worker; who works on which file is the engine's part.
    """
    settings = work.settings
    model = work.gensim.model(
        vector_size=dim,
        window=settings.window,
        negative=settings.negative,
        min_count=1,
        sg=1,
        hs=0,
        workers=1,
        sorted_vocab=0,
        seed=int(np.random.SeedSequence(settings.seed).generate_state(1)[0]),
    )
    names = spelled.view(f"S{spelled.itemsize}").astype(str).tolist()
    named = {name.rstrip(): count for name, count in zip(names, counts.tolist(), strict=True)}
    model.build_vocab_from_freq(named)
    return model


def spell_indices(n: int) -> NDArray[np.void]:
    """Each index below `n` as decimal text of one width, and a space behind it; (n,).

    >>> spell_indices(11)[[3, 10]].tobytes()
    b'03 10 '
    """
    width = len(str(n - 1))
    digits = np.arange(n)[:, None] // 10 ** np.arange(width)[::-1] % 10
    spelled = np.full((n, width + 1), ord(" "), np.uint8)
    spelled[:, :width] = digits + ord("0")
    return spelled.view(f"V{width + 1}")[:, 0]


def corpus_text(ids: NDArray[Any], spelled: NDArray[np.void]) -> tuple[Bytes, int]:
    """Rows of indices, (rows, length), as the text that gensim reads, and the words in it.

    A line is a sentence. A row of one word is left out, as there is nothing beside it.

    >>> corpus_text(np.array([[0, 4, 2], [0, 0, 3], [3, 3, 1]]), spell_indices(5))[0].tobytes()
    b'4 2\\n3 3 1\\n'
    """
    is_word = ids != PAD_INDEX
    lengths = is_word.sum(axis=1)
    is_word[lengths < 2] = False
    lengths = lengths[lengths >= 2]
    indices = ids[is_word]  # (words,)
    if len(lengths) and lengths.max() > LONGEST_SENTENCE:
        indices, lengths, _ = split_long(indices, lengths, LONGEST_SENTENCE, stride=0)
    text = spelled.take(indices)
    octets = text.view(np.uint8)
    octets[np.cumsum(lengths) * spelled.itemsize - 1] = ord("\n")
    return octets, len(indices)


@contextmanager
def _corpus_file(text: Bytes, folder: Path) -> Iterator[str]:
    """A path at which a text can be read: that of a file without a name in the folder.

    Nothing is left of it however the process ends. Where there are no such paths, the file has a
    name in a folder of its own.
    """
    if _FILES_BY_NUMBER.is_dir():
        with tempfile.TemporaryFile(dir=folder, buffering=0) as file:
            rest = text.data
            while rest:
                rest = rest[file.write(rest) :]
            yield str(_FILES_BY_NUMBER / str(file.fileno()))
    else:
        with tempfile.TemporaryDirectory() as named:
            path = Path(named) / "corpus"
            path.write_bytes(text.data)
            yield str(path)


class _Gensim(NamedTuple):
    """What is used of gensim: its model, its table of words, and what learns from a file."""

    model: Any
    table: Any
    learn: Any


def _gensim() -> _Gensim:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            from gensim.models.word2vec import Word2Vec
            from gensim.models.word2vec_corpusfile import CythonVocab, train_epoch_sg
        except ImportError:
            raise MissingExtra(
                "training", "the package gensim is not installed", "pip install 'embedprep[train]'"
            ) from None
    return _Gensim(Word2Vec, CythonVocab, train_epoch_sg)
