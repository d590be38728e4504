"""How often does which word stand in a row? A bag of words for each, weighted as Keras does it.

The modes are those of the Keras `Tokenizer` (`sequences_to_matrix` in keras_preprocessing/text.py).
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from embedprep.arrays import Ints
from embedprep.csr import CsrSpec, write_csr
from embedprep.encoded import EncodedRows, open_rows, open_with_vocabulary, vocabulary_file
from embedprep.engines import ThreadEngine, in_turn
from embedprep.errors import InputError, SettingsError, check_choice
from embedprep.manifest import manifest_of
from embedprep.npy import ArraySpec
from embedprep.output import check_vocabulary
from embedprep.publication import refuse_to_overwrite, staged_file
from embedprep.settings import BAG_DTYPES, BAG_MODES
from embedprep.specials import PAD_INDEX
from embedprep.spool import Record, Spool
from embedprep.tensors import Target, admit, described, write_tensor
from embedprep.vocabulary import Vocabulary
from embedprep.wording import how_large, how_many

_CELL_BYTES = 32
"""What an index takes on its way to a count."""

_REMEDY = "keep fewer words in the vocabulary, or take fewer rows"


class Bags(NamedTuple):
    """A matrix that was written: its file, shape and dtype, how many of its values are not 0, and
    of how many documents the weights are.
    """

    path: Path
    shape: tuple[int, int]
    dtype: str
    n_values: int
    n_documents: int

    @property
    def statistics(self) -> dict[str, int]:
        return {"non_zero_values": self.n_values, "documents": self.n_documents}


class Cells(NamedTuple):
    """How often which index stands in which row, padding left out: a cell for each pair.

    `columns, counts: (cells,)`, row after row, columns ascending; `per_row: (rows,)` the cells of
    each row, and `lengths: (rows,)` its indices.
    """

    columns: Ints
    counts: Ints
    per_row: Ints
    lengths: Ints

    @property
    def row_of_cell(self) -> Ints:
        return np.repeat(np.arange(len(self.per_row)), self.per_row)


def count_cells(ids: NDArray[Any]) -> Cells:
    """The cells of rows of indices, (rows, length)."""
    ordered = np.sort(ids, axis=1)
    is_first = ordered != PAD_INDEX
    is_first[:, 1:] &= ordered[:, 1:] != ordered[:, :-1]
    places = is_first.ravel().nonzero()[0]

    length = max(1, ids.shape[1])
    ends_of_row = (places // length + 1) * length
    next_places = np.append(places[1:], ids.size)
    counts = np.minimum(next_places, ends_of_row) - places
    per_row = np.count_nonzero(is_first, axis=1)
    columns = ordered.ravel()[places].astype(np.int64)
    return Cells(columns, counts, per_row, np.count_nonzero(ids, axis=1))


class Weights(NamedTuple):
    """What a count becomes. For tfidf, `of_count` is the factor of each count from 1 on, and
    `of_index: (input_dim,)` that of each index; both are empty for the other modes.
    """

    mode: str
    n_documents: int
    of_count: NDArray[np.float64]
    of_index: NDArray[np.float64]

    def values(self, cells: Cells) -> NDArray[np.float64]:
        """The value of each cell, (cells,)."""
        if self.mode == "binary":
            return np.ones(len(cells.counts))
        if self.mode == "tfidf":
            return self.of_count[cells.counts - 1] * self.of_index[cells.columns]
        if self.mode == "freq":
            return cells.counts / np.repeat(cells.lengths, cells.per_row)
        return cells.counts.astype(np.float64)


def bow(
    named: Path,
    target: Target,
    *,
    vocabulary: Path | None = None,
    mode: str = "binary",
    fit: Path | None = None,
    sparse: bool = False,
    dtype: str = "float32",
) -> Bags:
    """Write the words of each row as a row of the matrix (rows, input_dim); column 0 stays 0.

    `binary` is 1 for an index that the row holds, `count` how often it does, `freq` that by the
    indices of the row, padding left out, and `tfidf` (1 + ln count) * ln(1 + D / (1 + df)): D are
    all rows of `fit`, empty ones too, df those that hold the index. Without `fit` they are the rows
    themselves. As in Keras, df of the unknown entry is 0, since its `Tokenizer` never counts the
    documents of its `oov_token`. Values are made in float64 and rounded once.

    With `sparse`, the file is a .npz for `scipy.sparse.load_npz`.

    Rows that were cut have lost words, so they are refused: InputError where the manifest of the
    output that they are part of tells of some. Rows in a file by itself are taken as they are, and
    the rows that a long one was split into are rows of their own. Raises VocabularyError for an
    index that is not in the vocabulary, OutputError for what cannot be read or written, and
    SettingsError for a mode or a dtype that there is not, or `fit` where there is nothing to fit.
    """
    check_choice("--mode", mode, BAG_MODES)
    check_choice("--dtype", dtype, BAG_DTYPES)
    if fit is not None and mode != "tfidf":
        raise SettingsError("--fit", f"--mode {mode} learns nothing from rows", "leave it out")
    rows, entries = open_with_vocabulary(named, vocabulary, [target.path])
    _refuse_cut(rows)
    fitted = rows
    if fit is not None:
        fitted = open_rows(fit)
        check_vocabulary(fitted.path, vocabulary_file(rows.path, vocabulary), entries)
        refuse_to_overwrite(fitted.files, [target.path])
        _refuse_cut(fitted)

    weights = Weights(mode, fitted.n_rows, np.empty(0), np.empty(0))
    if mode == "tfidf":
        weights = _fit(fitted, rows, entries, target.jobs)
    write = _write_sparse if sparse else _write_dense
    n_values = write(rows, weights, ArraySpec((rows.n_rows, entries.input_dim), dtype), target)
    shape = (rows.n_rows, entries.input_dim)
    return Bags(target.path, shape, dtype, n_values, weights.n_documents)


def _refuse_cut(rows: EncodedRows) -> None:
    """Raise InputError for rows whose output tells that some were cut."""
    facts = (manifest_of(rows.path) or {}).get("statistics")
    facts = facts if isinstance(facts, dict) else {}
    n_cut = facts.get("truncated_rows")
    if isinstance(n_cut, int) and n_cut > 0:
        n_rows = facts.get("rows", rows.n_rows)  # a shard has but some of them
        of_all = f"{n_cut:,} of {how_many(n_rows, 'row')}"
        raise InputError(
            str(rows.path),
            f"words are missing: {of_all} were cut to {how_many(rows.length, 'index', 'indices')}",
            "encode the text again with --max-len max",
        )


def _fit(
    fitted: EncodedRows, rows: EncodedRows, vocabulary: Vocabulary, jobs: int | None
) -> Weights:
    """The weights of tfidf, by the rows that hold each index."""
    input_dim, n_documents = vocabulary.input_dim, fitted.n_rows
    if rows.n_rows and not n_documents:
        raise InputError(str(fitted.path), "has no row to learn weights from", "name other rows")

    def indices_of_documents(chunk: slice) -> Ints:
        """How many rows hold each index, (input_dim,)."""
        cells = count_cells(fitted.read(chunk, input_dim))
        return np.bincount(cells.columns, minlength=input_dim)

    df = np.zeros(input_dim, np.int64)
    with ThreadEngine(jobs) as engine:
        for of_chunk in in_turn(
            engine, indices_of_documents, ((some,) for some in _chunks(fitted))
        ):
            df += of_chunk
    if vocabulary.specials.unk is not None:
        df[vocabulary.specials.unk] = 0
    of_count = 1 + np.log(np.arange(1, rows.length + 1))
    return Weights("tfidf", n_documents, of_count, np.log(1 + n_documents / (1 + df)))


def _chunks(rows: EncodedRows) -> Iterator[slice]:
    return rows.chunks(rows.length * _CELL_BYTES)


def _write_dense(rows: EncodedRows, weights: Weights, array: ArraySpec, target: Target) -> int:
    """Write the whole matrix, 0 included; how many values are not 0."""
    input_dim = array.shape[1]
    n_values: list[int] = []

    def make(chunk: slice) -> NDArray[Any]:
        cells = count_cells(rows.read(chunk, input_dim))
        made = np.zeros((len(cells.per_row), input_dim), array.dtype)
        made[cells.row_of_cell, cells.columns] = weights.values(cells)
        n_values.append(len(cells.columns))
        return made

    def remedy(limit: int) -> str:
        n_indices = sum(int(np.count_nonzero(rows.stored(chunk))) for chunk in _chunks(rows))
        at_most = CsrSpec((rows.n_rows, input_dim), n_indices, array.dtype).n_bytes
        if at_most <= limit:
            return f"--sparse takes {how_large(at_most)} at most"
        return _REMEDY

    chunks = rows.chunks(max(array.row_bytes, rows.length * _CELL_BYTES))
    write_tensor(target, array, chunks, make, remedy)
    return sum(n_values)


def _write_sparse(rows: EncodedRows, weights: Weights, array: ArraySpec, target: Target) -> int:
    """Write the values that are not 0; how many there are.

    They wait in a spool, since the archive takes all columns before the first value.
    """
    input_dim = array.shape[1]

    def make(chunk: slice) -> tuple[NDArray[Any], ...]:
        cells = count_cells(rows.read(chunk, input_dim))
        values = weights.values(cells).astype(array.dtype)
        return cells.columns.astype(np.int32), cells.per_row.astype(np.int32), values

    with (
        staged_file(target.path, target.sync) as temporary,
        Spool(target.path.parent) as spool,
        ThreadEngine(target.jobs) as engine,
    ):
        n_values = 0
        records: list[Record] = []
        for made in in_turn(engine, make, ((some,) for some in _chunks(rows))):
            n_values += len(made[0])
            records.append(spool.append(made))

        def waiting(part: int) -> Iterator[NDArray[Any]]:
            for record in records:
                yield spool.read(record)[part]

        matrix = CsrSpec((rows.n_rows, input_dim), n_values, array.dtype)
        what = f"{described(*array)}, {n_values:,} of them not 0"
        admit(target, what, matrix.n_bytes, lambda _: _REMEDY)
        write_csr(temporary, matrix, columns=waiting(0), per_row=waiting(1), values=waiting(2))
    return n_values
