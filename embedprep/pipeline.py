"""Which steps make up a job? The recipes of `run`, `vocab` and `encode`."""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Sequence
from contextlib import ExitStack, closing
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from embedprep.arrays import Ints
from embedprep.counting import Counted, count
from embedprep.dictionary import Dictionary, rank
from embedprep.digests import Digest
from embedprep.engines import Future
from embedprep.manifest import MANIFEST, format_manifest
from embedprep.npy import NpyWriter, WrittenFile
from embedprep.output import LENGTHS, SEQUENCES, VOCABULARY
from embedprep.plan import Plan, check_size, plan, statistics
from embedprep.publication import (
    StagedFolder,
    refuse_to_overwrite,
    staged_file,
    staged_folder,
)
from embedprep.rectangle import Rectangle
from embedprep.rows import write_rows
from embedprep.settings import RowSettings, VocabularySettings, check_room
from embedprep.sources import MAX_LINE_BYTES, Reader, Reading, RecordSettings
from embedprep.specials import UNK
from embedprep.tokenizer.rules import versions_behind
from embedprep.tokenizer.settings import TokenizerSettings
from embedprep.vocabulary import Vocabulary, format_vocabulary, make_vocabulary
from embedprep.work import Work, work_in

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
    inputs: Sequence[str | Path] | str | Path,
    output: str | Path,
    *,
    max_words: int = 50_000,
    min_count: int = 1,
    oov: str = "unk",
    bos: bool = False,
    eos: bool = False,
    tokenizer: str | None = None,
    lowercase: bool | None = None,
    pattern: str | None = None,
    max_len: int | str | None = None,
    padding: str = "pre",
    truncating: str = "pre",
    dtype: str = "int32",
    max_bytes: int | None = None,
    encoding: str = "utf-8",
    errors: str = "strict",
    max_line_bytes: int = MAX_LINE_BYTES,
    format: str | None = None,  # noqa: A002 - the option's name
    text_column: str | int | Sequence[str | int] = (),
    label_column: str | int | Sequence[str | int] = (),
    header: bool | None = None,
    quoting: bool | None = None,
    jobs: int | None = None,
    sync: bool = False,
    advance: Callable[[int], object] = lambda n_bytes: None,
) -> Built:
    """Text files to `sequences.npy`, `lengths.npy`, `vocab.json` and `manifest.json` in a folder.

    The main job, as `embedprep run` does it; the options are explained there. One input may be
    named by itself, and so may one column, by its name or its number from 1. `advance` is told of
    each number of bytes read, by the thread that reads.

    Raises SettingsError for a setting out of its range, InputError for what cannot be read and
    OutputError for what cannot be written; the folder is then as it was, unless publishing itself
    was struck, which leaves it without a manifest.
    """
    if isinstance(inputs, str | Path):
        inputs = [inputs]
    vocabulary = VocabularySettings(
        max_words,
        min_count,
        oov,
        TokenizerSettings.chosen(tokenizer, lowercase, pattern),
        bos,
        eos,
    )
    length = None if max_len is None else str(max_len)
    rows = RowSettings(length, padding, truncating, dtype, max_bytes)
    check_room(vocabulary, rows)
    records = RecordSettings(format, _names(text_column), _names(label_column), header, quoting)
    reading = Reading(encoding, errors, max_line_bytes, records=records)
    reader = Reader([str(name) for name in inputs], reading, advance)
    return run(reader, Path(output), vocabulary, rows, jobs=jobs, sync=sync)


def _names(columns: str | int | Sequence[str | int]) -> tuple[str, ...]:
    some = [columns] if isinstance(columns, str | int) else columns
    return tuple(str(column) for column in some)


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
    with closing(reader), ExitStack() as stack:
        refuse_to_overwrite(reader.inputs, [output / name for name in OUTPUT_NAMES])
        staged = stack.enter_context(staged_folder(output, sync))
        work = stack.enter_context(work_in(staged.path, settings.tokenizer, jobs))
        counted = count(reader, reader.reading, settings.tokenizer, work)
        ranked, kept = _rank(counted, settings)
        planned = plan(counted, kept, settings.specials, rows, work)
        check_size(planned, rows, output)
        made = work.engine.submit(_make_vocabulary, ranked, settings, planned.rectangle)
        writing = _Writing(reader, counted, planned, made)
        resolved = asdict(settings) | {"tokenizer": settings.tokenizer.saved}
        return _write_folder(staged, writing, work, resolved)


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
    with closing(reader), ExitStack() as stack:
        if output is None:
            folder = Path(tempfile.gettempdir())
        else:
            refuse_to_overwrite(reader.inputs, [output])
            temporary = stack.enter_context(staged_file(output))
            folder = output.parent
        work = stack.enter_context(work_in(folder, settings.tokenizer, jobs))
        counted = count(reader, reader.reading, settings.tokenizer, work)
        ranked, kept = _rank(counted, settings)
        planned = plan(counted, kept, settings.specials, rows, work)
        vocabulary, saved = _make_vocabulary(ranked, settings, planned.rectangle)
        if output is not None:
            temporary.write_bytes(saved)
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
    with closing(reader), ExitStack() as stack:
        refuse_to_overwrite([*reader.inputs, str(vocabulary_path)], places)
        vocabulary = Vocabulary.load(vocabulary_path)
        specials, saved = vocabulary.specials, vocabulary.rectangle
        settings = {
            "oov": "drop" if specials.unk is None else "unk",
            "bos": specials.bos is not None,
            "eos": specials.eos is not None,
            "tokenizer": vocabulary.tokenizer.saved,
        }
        if is_file:
            temporary = stack.enter_context(staged_file(output, sync))
            work = stack.enter_context(work_in(output.parent, vocabulary.tokenizer, jobs))
        else:
            staged = stack.enter_context(staged_folder(output, sync))
            work = stack.enter_context(work_in(staged.path, vocabulary.tokenizer, jobs))
        counted = count(reader, reader.reading, vocabulary.tokenizer, work)
        kept = _places_of_words(vocabulary, counted.dictionary, work)
        planned = plan(counted, kept, specials, rows, work, saved=saved)
        check_size(planned, rows, output)
        if not is_file:
            made = work.engine.submit(_reshape, vocabulary, planned.rectangle)
            writing = _Writing(reader, counted, planned, made)
            return _write_folder(staged, writing, work, settings)
        dtype = planned.rectangle.dtype
        with NpyWriter(temporary, output, planned.shape, dtype) as sequences:
            n_unknown = write_rows(
                counted.blocks, planned.numbering, planned.rectangle, work, sequences
            )
        vocabulary = replace(vocabulary, rectangle=planned.rectangle)
        return Built(output, vocabulary, statistics(counted, planned, n_unknown))


def _rank(counted: Counted, settings: VocabularySettings) -> tuple[Dictionary, Ints]:
    """The kept words in their order, and their places, (kept words,)."""
    dictionary = counted.dictionary
    # A literal <unk> is no word, even where unknown words are dropped.
    unranked = [UNK, *settings.specials.by_name]
    kept = rank(dictionary, settings.max_words, settings.min_count, unranked)
    return dictionary.at(kept), kept


def _places_of_words(vocabulary: Vocabulary, dictionary: Dictionary, work: Work) -> Ints:
    """The place in a dictionary of each word of a vocabulary, -1 where it is not there."""
    known = vocabulary.lookup(work.secret)
    found = known.find(dictionary.words)
    places = np.full(known.n_words, -1)
    is_known = found < known.n_words
    places[found[is_known]] = is_known.nonzero()[0]
    return places


def _make_vocabulary(
    ranked: Dictionary, settings: VocabularySettings, rectangle: Rectangle
) -> tuple[Vocabulary, bytes]:
    vocabulary = make_vocabulary(ranked, settings.tokenizer, rectangle, settings.specials)
    return vocabulary, format_vocabulary(vocabulary)


def _reshape(vocabulary: Vocabulary, rectangle: Rectangle) -> tuple[Vocabulary, bytes]:
    reshaped = replace(vocabulary, rectangle=rectangle)
    return reshaped, format_vocabulary(reshaped)


class _Writing(NamedTuple):
    """What the files of an output are made of."""

    reader: Reader
    counted: Counted
    planned: Plan
    vocabulary: Future[tuple[Vocabulary, bytes]]


def _write_folder(
    staged: StagedFolder, writing: _Writing, work: Work, settings: dict[str, Any]
) -> Built:
    """Write all files of an output, the manifest last."""
    counted, planned = writing.counted, writing.planned
    shape, rectangle = planned.shape, planned.rectangle
    target = staged.target
    sequences = NpyWriter(staged.add(SEQUENCES), target / SEQUENCES, shape, rectangle.dtype)
    lengths = NpyWriter(staged.add(LENGTHS), target / LENGTHS, shape[:1], "int32")
    with sequences, lengths:
        n_unknown = write_rows(
            counted.blocks, planned.numbering, rectangle, work, sequences, lengths=lengths
        )
    [(vocabulary, saved)] = work.engine.gather([writing.vocabulary])
    staged.add(VOCABULARY).write_bytes(saved)
    saved_digest = Digest()
    saved_digest.update(saved)

    built = Built(staged.target, vocabulary, statistics(counted, planned, n_unknown))
    reading = writing.reader.reading
    resolved = settings | {
        "row": asdict(rectangle),
        "encoding": reading.encoding,
        "errors": reading.errors,
        **versions_behind(vocabulary.tokenizer),
    }
    outputs = [
        sequences.finished,
        lengths.finished,
        WrittenFile(VOCABULARY, saved_digest),
    ]
    staged.add(MANIFEST).write_bytes(
        format_manifest(
            resolved, writing.reader.finished, outputs, built.statistics, built.embedding
        )
    )
    return built
