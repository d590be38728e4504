"""How does gensim learn from rows?

Its quickest function learns from a text file, outside the interpreter's lock. The rows are given to
it in pieces of some thousand words, each a file of its own, so that the engine's threads share them
out: no word is learned from twice, the learning rate falls as it does with one thread, and whoever
interrupts does not wait.

Threads write to the same vectors without waiting for each other (B. Recht et al.: Hogwild!, NIPS
2011): several are quicker, and only one gives the same bytes in every run.
"""

from __future__ import annotations

import warnings
from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from embedprep.arrays import CHUNK_BYTES, Ints
from embedprep.encoded import EncodedRows
from embedprep.engines import Engine
from embedprep.errors import MissingExtra
from embedprep.settings import TrainingSettings
from embedprep.training.sentences import corpus_file, corpus_text, spell_indices

_PIECE_WORDS = 50_000
"""Words in a piece at most: with 100 dimensions some 0.2 s of work."""

_PIECE_PRODUCTS = 200_000_000
"""Multiplications in a piece, a second of work at most: fewer words where each takes many."""


class Gensim(NamedTuple):
    """What is used of gensim: its model, its table of words, and what learns from a file."""

    model: Any
    table: Any
    learn: Any


def load_gensim() -> Gensim:
    """What is used of gensim. Raises MissingExtra where it is not installed."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            from gensim.models.word2vec import Word2Vec
            from gensim.models.word2vec_corpusfile import CythonVocab, train_epoch_sg
        except ImportError:
            raise MissingExtra(
                "training", "the package gensim is not installed", "pip install 'embedprep[train]'"
            ) from None
    return Gensim(Word2Vec, CythonVocab, train_epoch_sg)


class Work(NamedTuple):
    """Who learns, in which folder texts lie meanwhile, and how."""

    gensim: Gensim
    engine: Engine
    folder: Path
    settings: TrainingSettings
    advance: Callable[[int], object]


def learn(matrix: NDArray[np.float32], counts: Ints, rows: EncodedRows, work: Work) -> None:
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
                with corpus_file(text, work.folder) as path:
                    # Behind the path: offset, words known, epoch, examples, words, memory, loss.
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


def _model(work: Work, spelled: NDArray[np.void], counts: Ints, dim: int) -> Any:
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
