"""Which steps make a matrix of its own, or one for an output that is there?"""

from __future__ import annotations

import os
from collections.abc import Callable
from contextlib import ExitStack
from pathlib import Path

from embedprep.engines import ThreadEngine
from embedprep.errors import OutputError, SettingsError
from embedprep.gates import NO_GATES, Gates, Measured, hold
from embedprep.matrix.files import check_fits, check_room, staged_matrix
from embedprep.matrix.making import Matrix, drawn_array, make_matrix, vector_files
from embedprep.matrix.starting import Older, open_older, start_from
from embedprep.output import EMBEDDING_MATRIX, VOCABULARY
from embedprep.publication import refuse_to_overwrite, staged_file
from embedprep.settings import MatrixSettings
from embedprep.vocabulary import Vocabulary


def write_matrix_of(
    output: Path,
    settings: MatrixSettings,
    vocabulary_path: Path | None = None,
    *,
    missing: Path | None = None,
    older: Older | None = None,
    jobs: int | None = None,
    sync: bool = False,
    gates: Gates = NO_GATES,
    advance: Callable[[int], object] = lambda n_bytes: None,
) -> Matrix:
    """Write the embedding matrix of a vocabulary into M.npy, or into an output, as a part of it.

    The vocabulary is that of the output where none is named. Words that have no vector are listed
    in `missing`, each with its count; words of an `older` matrix keep their vectors. `advance` is
    told of the bytes read of the file of vectors.

    Raises SettingsError where there is no vocabulary, or nothing that could be missing, or vectors
    from two places, or a coverage to be held where no file covers words; what `make_matrix` and
    `start_from` raise; GateError where the coverage does not keep to the `gates`; OutputError where
    a file cannot be written.
    """
    if vocabulary_path is None and not output.is_dir():
        raise SettingsError("--vocab", "is missing, and -o names no output that has one")
    if missing is not None and settings.vectors is None:
        raise SettingsError("--missing", "means nothing without --vectors")
    if older is not None and settings.vectors is not None:
        raise SettingsError("--start", "goes with new vectors that are drawn, not with --vectors")
    gates.check_vectors(are_given=settings.vectors is not None)
    is_output = output.is_dir()
    vocabulary_path = vocabulary_path or output / VOCABULARY
    target = output / EMBEDDING_MATRIX if is_output else output
    outputs = [target, *([missing] if missing else [])]
    of_older = [] if older is None else [path for path in older if path is not None]
    refuse_to_overwrite([vocabulary_path, *vector_files(settings), *of_older], outputs)
    if missing is not None and os.path.realpath(missing) == os.path.realpath(target):
        raise OutputError(str(missing), "is also the matrix", "name another --missing")
    with ExitStack() as stack:
        staged = stack.enter_context(staged_matrix(output, sync))
        listed = stack.enter_context(staged_file(missing, sync)) if missing else None
        engine = stack.enter_context(ThreadEngine(jobs))
        vocabulary = Vocabulary.load(vocabulary_path)
        if is_output and vocabulary_path != output / VOCABULARY:
            cause = "has rows of other words than those of --vocab"
            check_fits(output, vocabulary, cause, "leave --vocab out, or name a file by -o")
        if older is not None:
            start = open_older(older, settings.dim)
            check_room(target, vocabulary.input_dim, start.dim)
            made = start_from(start, vocabulary, settings, hashes=is_output)
        else:
            if settings.vectors is None:
                check_room(target, *drawn_array(vocabulary, settings).shape)
            made = make_matrix(vocabulary, settings, engine, hashes=is_output, advance=advance)
        hold(gates, measured_matrix(output, made), ", so nothing was written", made.warnings)
        if listed is not None and made.coverage is not None:
            lines = [f"{word}\t{count}\n" for word, count in made.coverage.missing]
            listed.write_bytes("".join(lines).encode())
        staged.write(made.values, made.saved)
        return made


def measured_matrix(output: Path, made: Matrix) -> Measured:
    """What gates of a matrix are held against."""
    input_dim, output_dim = made.values.shape
    layer = {"input_dim": input_dim, "output_dim": output_dim}
    return Measured(str(output), {}, matrix=made.statistics, embedding=layer)
