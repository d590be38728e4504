"""Which steps make up a job? The recipes of `run`, `vocab` and `encode`."""

from __future__ import annotations

import tempfile
import unicodedata
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, closing, contextmanager
from dataclasses import asdict, replace
from fractions import Fraction
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from embedprep.counting import Counted, count
from embedprep.dictionary import Secret
from embedprep.digests import digest_file
from embedprep.engines import Engine, ThreadEngine
from embedprep.errors import OutputError
from embedprep.manifest import MANIFEST, format_manifest
from embedprep.npy import NpyWriter, WrittenFile, npy_bytes
from embedprep.output import LENGTHS, SEQUENCES, VOCABULARY
from embedprep.publication import (
    StagedFolder,
    free_bytes,
    same_file,
    staged_file,
    staged_folder,
)
from embedprep.rows import Renumbering, lengths_after_drop, write_rows
from embedprep.rectangle import Rectangle, choose_max_len, parse_max_len
from embedprep.settings import RowSettings, VocabularySettings
from embedprep.sources import Reader, Reading
from embedprep.spool import Spool
from embedprep.tokenizer.settings import TokenizerSettings
from embedprep.vocabulary import (
    Vocabulary,
    format_vocabulary,
    make_vocabulary,
)

MAX_BYTES = 1 << 30
"""A rectangle over this size must be well filled, unless it was asked for."""

_WELL_FILLED = 0.1

OUTPUT_DIM = 128
"""The dimension of the embedding where nobody chose one."""

OUTPUT_NAMES = (SEQUENCES, LENGTHS, VOCABULARY, MANIFEST)


class Built(NamedTuple):
    """A finished job: where the output is, its vocabulary and the facts about it."""

    path: Path
    vocabulary: Vocabulary
    statistics: dict[str, Any]

    @property
    def embedding(self) -> dict[str, Any]:
        """The arguments of the embedding layer that takes these rows."""
        return {
            "input_dim": self.vocabulary.input_dim,
            "output_dim": OUTPUT_DIM,
            "input_length": self.vocabulary.rectangle.max_len,
            "mask_zero": True,
        }


def build(
    inputs: Sequence[str | Path],
    output: str | Path,
    *,
    max_words: int = 50_000,
    min_count: int = 1,
    oov: str = "unk",
    tokenizer: str = "keras",
    lowercase: bool | None = None,
    max_len: int | str | None = None,
    padding: str = "pre",
    truncating: str = "pre",
    dtype: str = "int32",
    encoding: str = "utf-8",
    errors: str = "strict",
    jobs: int | None = None,
    advance: Callable[[int], object] = lambda n_bytes: None,
) -> Built:
    """Text files to `sequences.npy`, `lengths.npy`, `vocab.json` and `manifest.json` in a folder.

    The main job, as `embedprep run` does it; the options are explained there. `advance` is told
    of each number of bytes read.

    Raises SettingsError for a setting out of its range, InputError for what cannot be read and
    OutputError for what cannot be written; the folder is then as it was.
    """
    vocabulary = VocabularySettings(
        max_words, min_count, oov, TokenizerSettings(tokenizer, lowercase)
    )
    rows = RowSettings(None if max_len is None else str(max_len), padding, truncating, dtype)
    reader = Reader([str(name) for name in inputs], Reading(encoding, errors), advance)
    return run(reader, Path(output), vocabulary, rows, jobs=jobs)


def run(
    reader: Reader,
    output: Path,
    settings: VocabularySettings,
    rows: RowSettings,
    *,
    jobs: int | None = None,
    sync: bool = False,
) -> Built:
    """Rank the words of a text and write it as rows, the vocabulary and the facts beside them."""
    _refuse_to_overwrite(reader.inputs, [output / name for name in OUTPUT_NAMES])
    with closing(reader), staged_folder(output, sync) as staged, _work(jobs, staged.path) as work:
        counted = count(reader, reader.reading, settings.tokenizer, *work)
        vocabulary = _rank(counted, settings)
        plan = _plan(counted, vocabulary, rows, work, output=output)
        return _write_folder(staged, counted, plan, work, reader, asdict(settings))


def vocab(
    reader: Reader,
    settings: VocabularySettings,
    rows: RowSettings,
    output: Path | None = None,
    *,
    jobs: int | None = None,
) -> Vocabulary:
    """Rank the words of a text, and save the vocabulary where an `output` is given.

    Rows get the shape that `run` would have given them.
    """
    if output is not None:
        _refuse_to_overwrite(reader.inputs, [output])
    with closing(reader), ExitStack() as stack:
        folder = Path(tempfile.gettempdir())
        if output is not None:
            temporary = stack.enter_context(staged_file(output))
            folder = output.parent
        work = stack.enter_context(_work(jobs, folder))
        counted = count(reader, reader.reading, settings.tokenizer, *work)
        vocabulary = _plan(counted, _rank(counted, settings), rows, work).vocabulary
        if output is not None:
            temporary.write_bytes(format_vocabulary(vocabulary))
        return vocabulary


def encode(
    reader: Reader,
    vocabulary_path: Path,
    output: Path,
    rows: RowSettings,
    *,
    jobs: int | None = None,
    sync: bool = False,
) -> Built:
    """Write a text as rows by a saved vocabulary: the rows alone into X.npy, else a folder."""
    is_file = output.suffix == ".npy"
    places = [output] if is_file else [output / name for name in OUTPUT_NAMES]
    _refuse_to_overwrite([*reader.inputs, str(vocabulary_path)], places)
    vocabulary = Vocabulary.load(vocabulary_path)
    settings = {"oov": vocabulary.oov, "tokenizer": asdict(vocabulary.tokenizer)}
    with closing(reader), ExitStack() as stack:
        if is_file:
            temporary = stack.enter_context(staged_file(output, sync))
            work = stack.enter_context(_work(jobs, output.parent))
        else:
            staged = stack.enter_context(staged_folder(output, sync))
            work = stack.enter_context(_work(jobs, staged.path))
        known = vocabulary.lookup(work.secret)
        counted = count(reader, reader.reading, vocabulary.tokenizer, *work, known)
        saved = vocabulary.rectangle
        plan = _plan(counted, vocabulary, rows, work, saved=saved, output=output)
        if not is_file:
            return _write_folder(staged, counted, plan, work, reader, settings)
        sequences = NpyWriter(temporary, output.name, plan.shape, plan.rectangle.dtype)
        with sequences:
            n_unknown = _write_rows(counted, plan, work, sequences, None)
        return Built(output, plan.vocabulary, plan.statistics(counted, n_unknown))


class _Work(NamedTuple):
    """What both halves of a job share."""

    engine: Engine
    secret: Secret
    spool: Spool


@contextmanager
def _work(jobs: int | None, folder: Path) -> Iterator[_Work]:
    with ThreadEngine(jobs) as engine, Spool(folder) as spool:
        yield _Work(engine, Secret.draw(), spool)


def _rank(counted: Counted, settings: VocabularySettings) -> Vocabulary:
    return make_vocabulary(
        counted.dictionary,
        settings.tokenizer,
        Rectangle(1),
        settings.oov,
        settings.max_words,
        settings.min_count,
    )


class _Plan(NamedTuple):
    """What is decided between the two halves."""

    vocabulary: Vocabulary
    renumbering: Renumbering
    rectangle: Rectangle
    rows_of_length: Counter[int]

    @property
    def shape(self) -> tuple[int, int]:
        return sum(self.rows_of_length.values()), self.rectangle.max_len

    def statistics(self, counted: Counted, n_unknown: int) -> dict[str, Any]:
        max_len = self.rectangle.max_len
        lengths = self.rows_of_length
        statistics: dict[str, Any] = {"rows": counted.n_rows, "words": counted.n_words}
        if counted.dictionary is not None:
            statistics["distinct_words"] = counted.dictionary.words.n_words
        return statistics | {
            "kept_words": len(self.vocabulary.words),
            "unknown_words": n_unknown,
            "out_of_vocabulary": n_unknown / counted.n_words if counted.n_words else 0.0,
            "max_len": max_len,
            "truncated_rows": sum(rows for length, rows in lengths.items() if length > max_len),
            "empty_rows": lengths[0],
            "longest_row": max(lengths),
        }


def _plan(
    counted: Counted,
    vocabulary: Vocabulary,
    rows: RowSettings,
    work: _Work,
    *,
    saved: Rectangle | None = None,
    output: Path | None = None,
) -> _Plan:
    """Choose the rectangle, that of the vocabulary being `saved`; check that `output` takes it."""
    renumbering = Renumbering.of(vocabulary, counted.tables, work.secret)
    rows_of_length = counted.rows_of_length
    if vocabulary.oov == "drop":
        rows_of_length = lengths_after_drop(work.spool, renumbering, work.engine)

    if rows.max_len is None and saved is not None:
        max_len = saved.max_len
    else:
        max_len = choose_max_len(parse_max_len(rows.max_len or "max"), rows_of_length)
    rectangle = rows.rectangle(max_len, saved or Rectangle(max_len))
    shaped = replace(vocabulary, rectangle=rectangle)
    plan = _Plan(shaped, renumbering, rectangle, rows_of_length)
    _check_dtype(plan)
    if output is not None:
        _check_size(plan, rows, output)
    return plan


def _check_dtype(plan: _Plan) -> None:
    largest = int(np.iinfo(plan.rectangle.dtype).max)
    if plan.vocabulary.input_dim - 1 > largest:
        raise OutputError(
            f"--dtype {plan.rectangle.dtype}",
            f"holds indices up to {largest:,}, and the vocabulary goes to "
            f"{plan.vocabulary.input_dim - 1:,}",
            "choose a larger dtype or a smaller --max-words",
        )


def _check_size(plan: _Plan, rows: RowSettings, output: Path) -> None:
    n_bytes = npy_bytes(plan.shape, np.dtype(plan.rectangle.dtype))
    lengths = plan.rows_of_length
    n_rows, max_len = plan.shape
    p99 = choose_max_len(Fraction(99, 100), lengths)
    cause = f"would take {_size(n_bytes)} for {n_rows:,} rows of {max_len:,}"
    p99_bytes = npy_bytes((n_rows, p99), np.dtype(plan.rectangle.dtype))
    remedy = f"--max-len p99 is {p99:,} and takes {_size(p99_bytes)}"

    if rows.max_bytes is not None and n_bytes > rows.max_bytes:
        raise OutputError(str(output), f"{cause}, more than --max-bytes allows", remedy)
    if rows.max_bytes is None and rows.max_len is None and n_bytes > MAX_BYTES:
        filled = sum(min(length, max_len) * n for length, n in lengths.items())
        if filled < _WELL_FILLED * n_rows * max_len:
            share = filled / (n_rows * max_len)
            raise OutputError(
                str(output),
                f"{cause}, of which {share:.1%} is filled",
                f"{remedy}; to have it all the same, pass --max-len {max_len}",
            )
    free = free_bytes(output.parent)
    if n_bytes + n_rows * 4 > free:
        raise OutputError(str(output), f"{cause}, and the disk has {_size(free)} left", remedy)


def _size(n_bytes: int) -> str:
    for unit in ("bytes", "kB", "MB", "GB"):
        if n_bytes < 1000:
            return f"{n_bytes:.3g} {unit}"
        n_bytes = n_bytes / 1000
    return f"{n_bytes:.3g} TB"


def _write_rows(
    counted: Counted,
    plan: _Plan,
    work: _Work,
    sequences: NpyWriter,
    lengths: NpyWriter | None,
) -> int:
    return write_rows(
        work.spool,
        counted.rows_of_block,
        plan.renumbering,
        plan.rectangle,
        work.engine,
        sequences,
        lengths,
    )


def _write_folder(
    staged: StagedFolder,
    counted: Counted,
    plan: _Plan,
    work: _Work,
    reader: Reader,
    settings: dict[str, Any],
) -> Built:
    vocabulary_path = staged.add(VOCABULARY)
    vocabulary_path.write_bytes(format_vocabulary(plan.vocabulary))
    sequences = NpyWriter(staged.add(SEQUENCES), SEQUENCES, plan.shape, plan.rectangle.dtype)
    lengths = NpyWriter(staged.add(LENGTHS), LENGTHS, plan.shape[:1], "int32")
    with sequences, lengths:
        n_unknown = _write_rows(counted, plan, work, sequences, lengths)

    built = Built(staged.target, plan.vocabulary, plan.statistics(counted, n_unknown))
    resolved = settings | {
        "row": asdict(plan.rectangle),
        "encoding": reader.reading.encoding,
        "errors": reader.reading.errors,
        "unicode": unicodedata.unidata_version,
    }
    outputs = [
        sequences.finished,
        lengths.finished,
        WrittenFile(VOCABULARY, digest_file(vocabulary_path)),
    ]
    staged.add(MANIFEST).write_bytes(
        format_manifest(resolved, reader.finished, outputs, built.statistics, built.embedding)
    )
    return built


def _refuse_to_overwrite(inputs: Sequence[str], outputs: Sequence[Path]) -> None:
    for name in inputs:
        for output in outputs:
            if name != "-" and same_file(name, output):
                raise OutputError(
                    str(output), "is also an input and would be overwritten", "name another -o"
                )
