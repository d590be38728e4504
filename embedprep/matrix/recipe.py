"""Which steps make a matrix of its own, or one for an output that is there?"""

from __future__ import annotations

from collections.abc import Callable
from contextlib import ExitStack
from pathlib import Path

from embedprep.engines import ThreadEngine
from embedprep.matrix.files import staged_matrix
from embedprep.matrix.making import Matrix, make_matrix
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
    jobs: int | None = None,
    sync: bool = False,
    advance: Callable[[int], object] = lambda n_bytes: None,
) -> Matrix:
    """Write the embedding matrix of a vocabulary into M.npy, or into an output, as a part of it.

    The vocabulary is that of the output where none is named. Words that have no vector are listed
    in `missing`, each with its count. `advance` is told of the bytes read of the file of vectors.
    """
    is_output = output.is_dir()
    vocabulary_path = vocabulary_path or output / VOCABULARY
    read = [str(vocabulary_path), *([settings.vectors.name] if settings.vectors else [])]
    target = output / EMBEDDING_MATRIX if is_output else output
    refuse_to_overwrite(read, [target, *([missing] if missing else [])])
    with ExitStack() as stack:
        staged = stack.enter_context(staged_matrix(output, sync))
        listed = stack.enter_context(staged_file(missing, sync)) if missing else None
        engine = stack.enter_context(ThreadEngine(jobs))
        vocabulary = Vocabulary.load(vocabulary_path)
        made = make_matrix(vocabulary, settings, engine, hashes=is_output, advance=advance)
        if listed is not None and made.coverage is not None:
            lines = [f"{word}\t{count}\n" for word, count in made.coverage.missing]
            listed.write_bytes("".join(lines).encode())
        staged.write(made.values, made.saved)
        return made
