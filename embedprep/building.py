"""How are jobs called from Python? With options as plain arguments."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

from embedprep.engines import ThreadEngine
from embedprep.errors import SettingsError
from embedprep.gates import NO_GATES, Gates
from embedprep.inspecting.inspection import Inspection
from embedprep.inspecting.output import inspect_output
from embedprep.inspecting.text import inspect_text
from embedprep.matrix.making import Matrix, make_matrix
from embedprep.output import folder_on_disk
from embedprep.pipeline import run
from embedprep.places import Place, is_folder, place_of
from embedprep.reporting.recipe import Report, write_report
from embedprep.settings import (
    TOP,
    MatrixSettings,
    Resources,
    RowSettings,
    Selection,
    VectorSource,
    VocabularySettings,
    check_room,
    check_selection,
)
from embedprep.sources import (
    TRAINING,
    Input,
    NamedInputs,
    Reader,
    RecordSettings,
    checked_part,
    label_inputs,
    matched_inputs,
    parse_input,
)
from embedprep.tokenizer.settings import TokenizerSettings
from embedprep.vocabulary import Vocabulary
from embedprep.writing import Built


def build(
    inputs: Sequence[str | Path] | str | Path,
    output: str | Place,
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
    rows_per_shard: int | None = None,
    encoding: str = "utf-8",
    errors: str = "strict",
    max_line_bytes: int | None = None,
    format: str | None = None,  # noqa: A002 - the option's name
    text_column: str | int | Sequence[str | int] = (),
    label_column: str | int | Sequence[str | int] = (),
    header: bool | None = None,
    quoting: bool | None = None,
    label_type: str = "class",
    label_from: str | None = None,
    holdout: Mapping[str, str | Path | Sequence[str | Path]] | None = None,
    split: str | None = None,
    seed: int = 0,
    shuffle: bool = False,
    drop_empty: bool = False,
    drop_duplicates: bool = False,
    overflow: str = "truncate",
    stride: int = 0,
    dim: int | None = None,
    init: str = "uniform",
    vectors: str | Path | None = None,
    oov_init: str = "match",
    case_fallback: bool = False,
    skip_bad_vectors: bool = False,
    jobs: int | None = None,
    memory: int | None = None,
    engine: str = "threads",
    scheduler: str | None = None,
    resume: bool = False,
    sync: bool = False,
    gates: Gates = NO_GATES,
    advance: Callable[[int], object] = lambda n_bytes: None,
) -> Built:
    """Text files to `sequences.npy`, `lengths.npy`, `vocab.json` and `manifest.json` in a folder,
    `labels.npy` where there are labels, `embedding_matrix.npy` where `dim` or `vectors` are given,
    and folders like it for other parts. With `rows_per_shard`, arrays of rows are several files.

    The main job, as `embedprep run` does it; the options are explained there. One input may be
    named by itself, and so may one column, by its name or its number from 1; `LABEL=PATH` gives all
    rows of an input a label; `holdout` names the inputs of each held-out part. Inputs and the
    output may be addresses, such as `s3://bucket/a.txt`. `advance` is told of each number of bytes
    read, by the thread that reads.

    Raises SettingsError for a setting out of its range, InputError for what cannot be read,
    GateError for figures that do not keep to the `gates`, such as `Gates(max_oov="5%")`, and
    OutputError for what cannot be written; the folder is then as it was, unless publishing itself
    was struck, which leaves it without a manifest.
    """
    vocabulary = VocabularySettings(
        max_words,
        min_count,
        oov,
        TokenizerSettings.chosen(tokenizer, lowercase, pattern),
        bos,
        eos,
    )
    length = None if max_len is None else str(max_len)
    rows = RowSettings(length, padding, truncating, dtype, max_bytes, rows_per_shard)
    check_room(vocabulary, rows)
    selection = Selection(
        split=split,
        seed=seed,
        shuffle=shuffle,
        drop_empty=drop_empty,
        drop_duplicates=drop_duplicates,
        overflow=overflow,
        stride=stride,
        label_type=label_type,
    )
    check_selection(selection, rows, vocabulary.specials.n_marks)
    records = RecordSettings(format, _names(text_column), _names(label_column), header, quoting)
    resources = Resources(jobs, memory, engine, scheduler, resume)
    reading = resources.reading(encoding, errors, max_line_bytes, records)
    named = [_input(path) for path in _several(inputs)]
    for part, paths in (holdout or {}).items():
        of_part = [_input(path, checked_part(part)) for path in _several(paths)]
        if not of_part:
            raise SettingsError("--holdout", f"{part!r} names no input")
        named += of_part
    matrix = None
    if vectors is not None or dim is not None:
        source = _vector_source(vectors, skip_bad_vectors, case_fallback)
        matrix = MatrixSettings(dim, init, oov_init, seed, source)
    opened = NamedInputs if resources.is_spread else Reader  # which reads from here on
    reader = opened(label_inputs(matched_inputs(named), label_from), reading, advance)
    return run(
        reader,
        place_of(output),
        vocabulary,
        rows,
        selection,
        matrix=matrix,
        resources=resources,
        sync=sync,
        gates=gates,
        advance=advance,
    )


def inspect(
    inputs: Sequence[str | Path] | str | Path,
    *,
    top: int = TOP,
    tokenizer: str | None = None,
    lowercase: bool | None = None,
    pattern: str | None = None,
    encoding: str = "utf-8",
    errors: str = "strict",
    max_line_bytes: int | None = None,
    format: str | None = None,  # noqa: A002 - the option's name
    text_column: str | int | Sequence[str | int] = (),
    label_column: str | int | Sequence[str | int] = (),
    header: bool | None = None,
    quoting: bool | None = None,
    label_type: str = "class",
    label_from: str | None = None,
    jobs: int | None = None,
    memory: int | None = None,
    advance: Callable[[int], object] = lambda n: None,
) -> Inspection:
    """What a text is like, or an output, and which settings suit it; nothing is written.

    `inputs` are those of `build`, or one folder, an output, of which all is read: options of text
    then mean nothing. `top` is how many of the most frequent words are listed. `advance` is told of
    each number of bytes read, or of rows.

    Raises what `build` raises for its inputs, and what `load` raises for a folder.
    """
    named = _several(inputs)
    if len(named) == 1 and is_folder(str(named[0])):
        return inspect_output(place_of(str(named[0])), top=top, advance=advance)
    words = TokenizerSettings.chosen(tokenizer, lowercase, pattern)
    records = RecordSettings(format, _names(text_column), _names(label_column), header, quoting)
    resources = Resources(jobs, memory)
    reading = resources.reading(encoding, errors, max_line_bytes, records)
    matched = matched_inputs([_input(path) for path in named])
    reader = Reader(label_inputs(matched, label_from), reading, advance)
    return inspect_text(reader, words, top=top, label_type=label_type, resources=resources)


def report(
    folder: str | Place,
    output: str | Place,
    *,
    title: str | None = None,
    advance: Callable[[int], object] = lambda n_rows: None,
) -> Report:
    """Write a page about an output of rows, as `embedprep report` does it: `html` of what is
    returned is its bytes, `figures` are the names of those that it shows.

    `advance` is told of each number of rows that were counted. Raises MissingExtra without
    matplotlib or jinja2, and OutputError where the folder is no finished output of rows, is an
    address, or the page cannot be written.
    """
    place = folder_on_disk(folder)
    return write_report(place, place_of(output), title=title, advance=advance)


def embedding_matrix(
    vocabulary: Vocabulary,
    *,
    dim: int | None = None,
    init: str = "uniform",
    vectors: str | Path | None = None,
    oov_init: str = "match",
    case_fallback: bool = False,
    skip_bad_vectors: bool = False,
    seed: int = 0,
    jobs: int | None = None,
    advance: Callable[[int], object] = lambda n_bytes: None,
) -> Matrix:
    """The matrix that an embedding layer begins with, in memory: `values` of what is returned are
    (input_dim, dim) float32, `statistics` and `warnings` tell of the file of `vectors`.

    The options are those of `embedprep matrix`, and the values those that it writes. `advance` is
    told of each number of bytes read of the vectors.

    Raises SettingsError for a setting out of its range, and InputError for vectors that cannot be
    read or have none of the words.
    """
    source = _vector_source(vectors, skip_bad_vectors, case_fallback)
    settings = MatrixSettings(dim, init, oov_init, seed, source)
    with ThreadEngine(jobs) as engine:
        return make_matrix(vocabulary, settings, engine, hashes=False, advance=advance)


def _vector_source(
    vectors: str | Path | None, skip_bad: bool, case_fallback: bool
) -> VectorSource | None:
    return None if vectors is None else VectorSource(str(vectors), skip_bad, case_fallback)


def _input(path: str | Path, part: str = TRAINING) -> Input:
    """An input; a `=` in a `Path` is a part of its name, in text it may stand behind a label."""
    return parse_input(path, part) if isinstance(path, str) else Input(str(path), part)


def _several(paths: str | Path | Sequence[str | Path]) -> Sequence[str | Path]:
    return [paths] if isinstance(paths, str | Path) else paths


def _names(columns: str | int | Sequence[str | int]) -> tuple[str, ...]:
    some = [columns] if isinstance(columns, str | int) else columns
    return tuple(str(column) for column in some)
