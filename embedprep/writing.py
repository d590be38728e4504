"""Of which files is an output made?"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from contextlib import ExitStack
from dataclasses import asdict
from pathlib import Path
from typing import Any, NamedTuple

from embedprep.arrays import Ints
from embedprep.engines import Future
from embedprep.gates import Measured
from embedprep.handover import CountedText, Written
from embedprep.labels import LabelFacts
from embedprep.ledger import Ledger
from embedprep.manifest import MANIFEST, ROWS, format_manifest
from embedprep.matrix.files import write_matrix
from embedprep.matrix.making import Matrix
from embedprep.npy import ArraySpec, ArrayWriter, NpyWriter, ShuffledNpyWriter, WrittenFile
from embedprep.output import (
    ARRAYS,
    EMBEDDING_MATRIX,
    SEQUENCES,
    VOCABULARY,
    embedding_layer,
)
from embedprep.places import Place
from embedprep.plan import Plan
from embedprep.publication import StagedFolder
from embedprep.settings import OUTPUT_DIM, Selection
from embedprep.sharding import Division, ShardWriter, ShuffledShardWriter, shards_in
from embedprep.sources import TRAINING, NamedInputs
from embedprep.tokenizer.rules import versions_behind
from embedprep.vocabulary import Vocabulary
from embedprep.work import Work

OUTPUT_NAMES = (*ARRAYS, EMBEDDING_MATRIX, VOCABULARY, MANIFEST)


def names_in(output: Place, parts: Iterable[str], rows_per_shard: int | None) -> list[str]:
    """The names of the files that an output of some parts may have, of its shards those that are
    there already.
    """
    names: list[str] = []
    for part in dict.fromkeys(parts):
        shards = [] if rows_per_shard is None else shards_in(output / part, ARRAYS)
        names += [_path(part, name) for name in (*OUTPUT_NAMES, *shards)]
    return names


class Built(NamedTuple):
    """A finished job: where the output is, its vocabulary, the facts about its training rows, about
    its other parts and about its labels. `warnings` tell of settings that are plainly wrong for the
    text.
    """

    path: Place
    vocabulary: Vocabulary
    statistics: dict[str, Any]
    parts: dict[str, dict[str, Any]] = {}  # noqa: RUF012 - nobody writes to it
    labels: LabelFacts | None = None
    warnings: tuple[str, ...] = ()
    matrix: Matrix | None = None
    rows_per_shard: int | None = None

    @property
    def embedding(self) -> dict[str, Any]:
        """The arguments of the embedding layer that takes these rows."""
        dim = OUTPUT_DIM if self.matrix is None else self.matrix.array.shape[1]
        vocabulary = self.vocabulary
        return embedding_layer(vocabulary.input_dim, dim, vocabulary.rectangle.max_len)

    @property
    def measured(self) -> Measured:
        """What gates are held against."""
        matrix = {} if self.matrix is None else self.matrix.statistics
        facts = Measured(str(self.path), self.statistics, self.parts, matrix)
        return facts.with_told_duplicates()._replace(embedding=self.embedding)


class Contents(NamedTuple):
    """What the files of an output are made of; `vocabulary` comes with its bytes.

    `n_distinct` is how many words the training rows hold; `word_settings` say which words there
    are and `selection` which rows; each array is in shards of `rows_per_shard`, where that is not
    None; `request` is what was asked for, as one value; shards that a `ledger` proves are there.
    Where it `counts_duplicates`, the statistics tell how many rows have the text of an earlier one.
    """

    reader: NamedInputs
    counted: CountedText
    planned: Plan
    n_distinct: int
    vocabulary: Future[tuple[Vocabulary, bytes]]
    word_settings: dict[str, Any]
    selection: Selection
    warnings: tuple[str, ...]
    matrix: Matrix | None = None
    rows_per_shard: int | None = None
    request: str | None = None
    ledger: Ledger | None = None
    counts_duplicates: bool = False


def write_folder(staged: StagedFolder, contents: Contents, work: Work) -> Built:
    """Write all files of an output, the manifest last."""
    counted, planned = contents.counted, contents.planned
    if work.checkpoints is not None:
        contents = contents._replace(ledger=work.checkpoints.ledger(staged.path))
    written = [_write_part(staged, number, contents) for number in range(len(planned.parts))]
    [(vocabulary, saved)] = work.engine.gather([contents.vocabulary])
    facts = written[0].statistics
    if counted.n_duplicates or contents.selection.drop_duplicates:
        facts["duplicates"] = counted.n_duplicates
    if len(written) > 1:
        facts["texts_in_several_parts"] = planned.text.count_leaks()
    others = {part.name: part.statistics for part in written if part.name}
    warnings, matrix = contents.warnings, contents.matrix
    if matrix is None and EMBEDDING_MATRIX in staged.listed:
        lost = f"{staged.target / EMBEDDING_MATRIX} belonged to the rows that are replaced"
        warnings += (f"{lost}, and is removed; make it again",)
    rows_per_shard = contents.rows_per_shard
    built = Built(
        staged.target, vocabulary, facts, others, planned.labels, warnings, matrix, rows_per_shard
    )

    outputs: list[WrittenFile] = []
    if matrix is not None:
        outputs.append(write_matrix(staged, matrix.values))
    for part in reversed(written):
        vocabulary_file = staged.write(_path(part.name, VOCABULARY), saved)
        listed = [*part.files, vocabulary_file._replace(name=VOCABULARY)]
        if part.name:
            manifest = _format(contents, built, part, listed)
            outputs += [_inside(part.name, file) for file in listed]
            outputs.append(staged.write(_path(part.name, MANIFEST), manifest))
        else:
            staged.write(MANIFEST, _format(contents, built, part, listed + outputs))
    return built


def write_file(temporary: Path, output: Place, contents: Contents, work: Work) -> Built:
    """Write the rows alone, into a file that will be `output`."""
    [part] = contents.planned.parts
    array = contents.planned.arrays(part)[SEQUENCES]
    with NpyWriter(temporary, output, array, hashes=False) as sequences:
        facts = _write_arrays(0, contents, {SEQUENCES: sequences})
    [(vocabulary, _)] = work.engine.gather([contents.vocabulary])
    if contents.selection.drop_duplicates:
        facts["duplicates"] = contents.counted.n_duplicates
    return Built(output, vocabulary, facts, warnings=contents.warnings)


class _WrittenPart(NamedTuple):
    """The arrays of a part, by their names, the files of each, and the facts about it."""

    name: str
    arrays: dict[str, list[WrittenFile]]
    statistics: dict[str, Any]

    @property
    def files(self) -> list[WrittenFile]:
        return [file for files in self.arrays.values() for file in files]


def _write_part(staged: StagedFolder, number: int, contents: Contents) -> _WrittenPart:
    part = contents.planned.parts[number]
    with ExitStack() as stack:
        writers: dict[str, ArrayWriter] = {}
        for file, array in contents.planned.arrays(part).items():
            writer = _writer(staged, _path(part.name, file), array, part.order, contents)
            stack.enter_context(writer)
            writers[file] = writer
        facts = _write_arrays(number, contents, writers)
    return _WrittenPart(part.name, {file: writer.files for file, writer in writers.items()}, facts)


def _writer(
    staged: StagedFolder,
    name: str,
    array: ArraySpec,
    order: Ints | None,
    contents: Contents,
) -> NpyWriter | ShardWriter:
    """What writes an array, given by its name in the output, in one file or in shards."""
    target = staged.target / name
    if contents.rows_per_shard is not None:
        shards = Division(array, contents.rows_per_shard)
        paths = [staged.add(shard) for shard in shards.names(name)]
        if order is not None:
            return ShuffledShardWriter(paths, target.parent, shards, order)
        return ShardWriter(paths, target.parent, shards, contents.ledger)
    path = staged.add(name)
    if order is not None:
        return ShuffledNpyWriter(path, target, array, order)
    return NpyWriter(path, target, array)


def _write_arrays(
    number: int, contents: Contents, writers: Mapping[str, ArrayWriter]
) -> dict[str, Any]:
    """Write the arrays of a part, by their names; the facts about it."""
    planned = contents.planned
    n_rows = planned.parts[number].n_rows_of_piece
    written = planned.text.write(number, n_rows, planned.layout, planned.labels, writers)
    return _statistics(contents, number, written)


def _statistics(contents: Contents, number: int, written: Written) -> dict[str, Any]:
    """The facts about a part of an output, for its manifest and for the summary."""
    plan = contents.planned
    part = plan.parts[number]
    max_len = plan.rectangle.max_len
    lengths = part.rows_of_length
    is_cut = plan.layout.stride is None
    n_input_rows = sum(lengths.values())
    facts: dict[str, Any] = {"rows": part.n_rows}
    if not is_cut:
        facts["documents"] = n_input_rows
    facts["words"] = written.n_words
    if number == 0:  # the training part
        facts["distinct_words"] = contents.n_distinct
    if contents.counts_duplicates:
        facts["duplicate_rows"] = plan.text.count_duplicates(number)
    long = sum(rows for length, rows in lengths.items() if length > max_len)
    return facts | {
        "kept_words": plan.n_kept,
        "unknown_words": written.n_unknown,
        "out_of_vocabulary": written.n_unknown / written.n_words if written.n_words else 0.0,
        "max_len": max_len,
        "truncated_rows" if is_cut else "split_documents": long,
        "empty_rows": lengths[plan.n_marks],
        "longest_row": max(lengths, default=0),
    }


def _format(
    contents: Contents, built: Built, written: _WrittenPart, outputs: list[WrittenFile]
) -> bytes:
    """The manifest of a whole output, or of a part of it."""
    reader, part = contents.reader, written.name or None
    resolved = contents.word_settings | {
        "selection": asdict(contents.selection),
        "row": asdict(built.vocabulary.rectangle),
        "encoding": reader.reading.encoding,
        "errors": reader.reading.errors,
        **versions_behind(built.vocabulary.tokenizer),
    }
    shards = {}
    if contents.rows_per_shard is not None:
        resolved |= {"rows_per_shard": contents.rows_per_shard}
        shards = {name: [file.name for file in files] for name, files in written.arrays.items()}
    held_out = {source.part for source in reader.finished}
    of_part = part if part in held_out else TRAINING
    return format_manifest(
        ROWS,
        resolved,
        [source for source in reader.finished if part is None or source.part == of_part],
        outputs,
        written.statistics,
        embedding=built.embedding,
        labels=None if built.labels is None else built.labels.saved,
        matrix=None if built.matrix is None or part is not None else built.matrix.saved,
        part=part,
        parts=built.parts if part is None else None,
        shards=shards,
        request=contents.request,
    )


def _inside(part: str, file: WrittenFile) -> WrittenFile:
    return file._replace(name=_path(part, file.name))


def _path(part: str, name: str) -> str:
    return f"{part}/{name}" if part else name
