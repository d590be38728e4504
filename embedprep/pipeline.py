"""Which steps make up a job? The recipes of `run`, `vocab` and `encode`."""

from __future__ import annotations

import json
import tempfile
from collections.abc import Callable
from contextlib import ExitStack, closing
from dataclasses import replace
from pathlib import Path
from typing import NamedTuple

from embedprep.budget import budget_of
from embedprep.checkpoints import Checkpoints
from embedprep.counting import KINDS, count
from embedprep.dictionary import Dictionary
from embedprep.doubts import Beginning, doubts
from embedprep.errors import SettingsError
from embedprep.gates import NO_GATES, Gates, hold
from embedprep.handover import CountedText
from embedprep.local import LocalText
from embedprep.manifest import ROWS
from embedprep.matrix.making import drawn_array, make_matrix, vector_files
from embedprep.output import ARRAYS, SEQUENCES
from embedprep.places import Place, Url
from embedprep.plan import Plan, Saved, check_size, plan
from embedprep.portions import Kept, RankedWords
from embedprep.publication import (
    StagedFolder,
    refuse_to_overwrite,
    refuse_to_replace,
    staged_file,
    staged_folder,
)
from embedprep.rectangle import Rectangle
from embedprep.settings import (
    ALL_ROWS,
    ALL_THERE_IS,
    MatrixSettings,
    Resources,
    RowSettings,
    Selection,
    VocabularySettings,
    check_held_out,
)
from embedprep.sources import TRAINING, NamedInputs, Reader
from embedprep.specials import UNK
from embedprep.tokenizer.settings import TokenizerSettings
from embedprep.unchanged import (
    counts_duplicates,
    request_of_encode,
    request_of_run,
    settings_of_words,
)
from embedprep.vocabulary import Vocabulary, format_vocabulary, make_vocabulary
from embedprep.work import Work, work_in
from embedprep.writing import (
    Built,
    Contents,
    names_in,
    write_file,
    write_folder,
)


class Ranked(NamedTuple):
    """The vocabulary of a text, and what tells of settings that are plainly wrong for it."""

    vocabulary: Vocabulary
    warnings: tuple[str, ...]


def run(
    reader: NamedInputs,
    output: Place,
    settings: VocabularySettings,
    rows: RowSettings,
    selection: Selection = ALL_ROWS,
    *,
    matrix: MatrixSettings | None = None,
    resources: Resources = ALL_THERE_IS,
    sync: bool = False,
    gates: Gates = NO_GATES,
    advance: Callable[[int], object] = lambda n_bytes: None,
) -> Built:
    """Rank the words of a text and write it as rows, the vocabulary and the facts beside them.

    With a `matrix`, that of the embedding too; `advance` is told of bytes read of its vectors.
    Raises GateError where a figure does not keep to the `gates`: nothing is published then.
    """
    with closing(reader), ExitStack() as stack:
        gates.check_vectors(are_given=bool(vector_files(matrix)))
        _check_output(output, resources)
        held_out = reader.held_out
        counts_copies = counts_duplicates(gates, selection)
        check_held_out(selection, held_out)
        parts = [TRAINING, *selection.shares, *held_out]
        names = names_in(output, parts, rows.rows_per_shard)
        refuse_to_replace([*reader.places, *vector_files(matrix)], output, names)
        budget = budget_of(
            resources,
            settings.max_words,
            matrix_bytes=_matrix_bytes(matrix, settings.max_words),
            keeps_rows=selection.drop_duplicates
            or selection.shuffle
            or bool(held_out)
            or counts_copies,
        )
        request = request_of_run(reader, settings, rows, selection, matrix, gates=gates)
        staged = stack.enter_context(staged_folder(output, ROWS, sync, is_kept=resources.resume))
        checkpoints = _checkpoints(staged, request, reader, resources)
        tokenizer = settings.tokenizer
        work = stack.enter_context(work_in(staged.path, tokenizer, budget, resources, checkpoints))
        counted, warnings = _count(
            reader, settings.tokenizer, work, selection, keeps_hashes=counts_copies
        )
        ranked, kept, n_distinct = _rank(counted, settings)
        planned = plan(
            counted, kept, settings.specials, rows=rows, selection=selection, budget=budget
        )
        at_hand = staged.n_bytes
        check_size(planned, rows, output, ARRAYS, at_hand=at_hand)
        made = work.engine.submit(_make_vocabulary, ranked, settings, planned)
        contents = Contents(
            reader,
            counted,
            planned,
            n_distinct,
            made,
            settings_of_words(settings),
            selection,
            warnings,
            rows_per_shard=rows.rows_per_shard,
            request=request,
            counts_duplicates=counts_copies,
        )
        if matrix is not None:
            [(vocabulary, _)] = work.engine.gather([made])
            if matrix.vectors is None:  # else the file tells its size
                drawn = drawn_array(vocabulary, matrix)
                check_size(planned, rows, output, ARRAYS, [drawn], at_hand=at_hand)
            of_embedding = make_matrix(vocabulary, matrix, work.engine, advance=advance)
            others = [of_embedding.array]
            check_size(planned, rows, output, ARRAYS, others, at_hand=at_hand)
            warnings += of_embedding.warnings
            contents = contents._replace(warnings=warnings, matrix=of_embedding)
        return _held(gates, write_folder(staged, contents, work))


def vocab(
    reader: NamedInputs,
    settings: VocabularySettings,
    rows: RowSettings,
    output: Place | None = None,
    *,
    resources: Resources = ALL_THERE_IS,
) -> Ranked:
    """Rank the words of a text, and save the vocabulary where an `output` is given.

    Rows get the shape that `run` would have given them.
    """
    with closing(reader), ExitStack() as stack:
        budget = budget_of(resources, settings.max_words)
        if output is None:
            folder = Path(tempfile.gettempdir())
        else:
            refuse_to_overwrite(reader.places, [output])
            temporary = stack.enter_context(staged_file(output))
            folder = temporary.parent
        work = stack.enter_context(work_in(folder, settings.tokenizer, budget, resources))
        counted, warnings = _count(reader, settings.tokenizer, work)
        ranked, kept, _ = _rank(counted, settings)
        planned = plan(
            counted, kept, settings.specials, rows=rows, selection=ALL_ROWS, budget=budget
        )
        vocabulary, saved = _make_vocabulary(ranked, settings, planned)
        if output is not None:
            temporary.write_bytes(saved)
        return Ranked(vocabulary, warnings)


def encode(
    reader: NamedInputs,
    vocabulary_path: Place,
    output: Place,
    rows: RowSettings,
    selection: Selection = ALL_ROWS,
    *,
    resources: Resources = ALL_THERE_IS,
    sync: bool = False,
    gates: Gates = NO_GATES,
) -> Built:
    """Write a text as rows by a saved vocabulary: the rows alone into X.npy, else a folder.

    Raises GateError where a figure does not keep to the `gates`: nothing is published then.
    """
    is_file = output.suffix == ".npy"
    with closing(reader), ExitStack() as stack:
        gates.check_vectors(are_given=False)
        if is_file and resources.resume:
            raise SettingsError("--resume", "keeps what is finished in a folder", "name one by -o")
        _check_output(output, resources)
        inputs: list[str | Place] = [*reader.places, vocabulary_path]
        if is_file:
            refuse_to_overwrite(inputs, [output])
        else:
            names = names_in(output, [TRAINING], rows.rows_per_shard)
            refuse_to_replace(inputs, output, names)
        vocabulary = Vocabulary.load(vocabulary_path)
        counts_copies = counts_duplicates(gates, selection)
        keeps_rows = selection.drop_duplicates or counts_copies
        budget = budget_of(resources, len(vocabulary.words), keeps_rows=keeps_rows)
        specials = vocabulary.specials
        are_numbers = vocabulary.labels is not None and vocabulary.labels.type == "number"
        selection = replace(selection, label_type="number" if are_numbers else "class")
        of_words = {
            "oov": "drop" if specials.unk is None else "unk",
            "bos": specials.bos is not None,
            "eos": specials.eos is not None,
            "tokenizer": vocabulary.tokenizer.saved,
        }
        tokenizer = vocabulary.tokenizer
        request = checkpoints = None
        if is_file:
            temporary = stack.enter_context(staged_file(output, sync))
            folder = temporary.parent
        else:
            request = request_of_encode(
                reader, vocabulary_path, rows, selection, gates=gates, tokenizer=tokenizer
            )
            staged = stack.enter_context(
                staged_folder(output, ROWS, sync, is_kept=resources.resume)
            )
            folder = staged.path
            checkpoints = _checkpoints(staged, request, reader, resources)
        work = stack.enter_context(work_in(folder, tokenizer, budget, resources, checkpoints))
        counted, warnings = _count(reader, tokenizer, work, selection, keeps_hashes=counts_copies)
        known = vocabulary.lookup(work.secret)
        kept = Kept(known.n_words, known)
        saved = Saved(vocabulary.rectangle, vocabulary.labels)
        planned = plan(
            counted, kept, specials, rows=rows, selection=selection, budget=budget, saved=saved
        )
        files = [SEQUENCES] if is_file else ARRAYS
        check_size(planned, rows, output, files, at_hand=0 if is_file else staged.n_bytes)
        made = work.engine.submit(_reshape, vocabulary, planned.rectangle)
        n_distinct = counted.count_distinct()
        contents = Contents(
            reader,
            counted,
            planned,
            n_distinct,
            made,
            of_words,
            selection,
            warnings,
            rows_per_shard=rows.rows_per_shard,
            request=request,
            counts_duplicates=counts_copies,
        )
        if is_file:
            return _held(gates, write_file(temporary, output, contents, work))
        return _held(gates, write_folder(staged, contents, work))


def _held(gates: Gates, built: Built) -> Built:
    """What is about to be published, if it keeps to the gates."""
    hold(gates, built.measured, ", so nothing was written", built.warnings)
    return built


def _check_output(output: Place, resources: Resources) -> None:
    """Raise SettingsError for what needs files that are seen meanwhile: there are none at an
    address.
    """
    if not isinstance(output, Url):
        return
    if resources.is_spread:
        cause = f"dask does not write rows to an address, as {output} is"
        raise SettingsError("--engine", cause, "name a folder that all workers see, and copy it")
    if resources.resume:
        cause = f"nothing is kept at an address, as {output} is"
        raise SettingsError("--resume", cause, "name a folder on a disk by -o, and copy it")


_SUPPOSED_DIM = 300
"""The dimension for which memory is kept free where a file of vectors is to tell it."""


def _matrix_bytes(matrix: MatrixSettings | None, max_words: int) -> int:
    return 0 if matrix is None else max_words * (matrix.dim or _SUPPOSED_DIM) * 4


def _checkpoints(
    staged: StagedFolder, request: str, inputs: NamedInputs, resources: Resources
) -> Checkpoints | None:
    """Where what is finished is kept, if that is asked for; what is of another job goes."""
    if not resources.resume:
        return None
    # Parts and labels go by the inputs, and the text is proven block by block.
    named = [(item.name, item.part, item.label) for item in inputs.inputs]
    job = f"{request} {resources.block_bytes} {json.dumps(named)}"
    checkpoints = Checkpoints(staged.checkpoints, job, KINDS)
    if checkpoints.state is None:
        staged.clear()
        checkpoints.clear()
    return checkpoints


def _count(
    inputs: NamedInputs,
    tokenizer: TokenizerSettings,
    work: Work,
    selection: Selection = ALL_ROWS,
    *,
    keeps_hashes: bool = False,
) -> tuple[CountedText, tuple[str, ...]]:
    """What the first half finds, and what is to be warned of; see `count`."""
    text: CountedText
    if work.cluster is not None:
        from embedprep.spread import count_spread

        text, parts = count_spread(inputs, tokenizer, selection, work, keeps_hashes=keeps_hashes)
    else:
        assert isinstance(inputs, Reader)
        beginning = Beginning(inputs)
        counted = count(
            beginning,
            inputs.reading,
            tokenizer,
            work,
            selection=selection,
            held_out=inputs.held_out,
            keeps_hashes=keeps_hashes,
        )
        text, parts = LocalText(counted, work), beginning.parts
    return text, doubts(parts, inputs, tokenizer, text)


def _rank(counted: CountedText, settings: VocabularySettings) -> RankedWords:
    # A literal <unk> is no word, even where unknown words are dropped.
    unranked = [UNK, *settings.specials.by_name]
    return counted.rank(settings.max_words, settings.min_count, unranked)


def _make_vocabulary(
    ranked: Dictionary, settings: VocabularySettings, planned: Plan
) -> tuple[Vocabulary, bytes]:
    vocabulary = make_vocabulary(
        ranked, settings.tokenizer, planned.rectangle, settings.specials, planned.labels
    )
    return vocabulary, format_vocabulary(vocabulary)


def _reshape(vocabulary: Vocabulary, rectangle: Rectangle) -> tuple[Vocabulary, bytes]:
    reshaped = replace(vocabulary, rectangle=rectangle)
    return reshaped, format_vocabulary(reshaped)
