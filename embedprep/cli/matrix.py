"""The command that makes an embedding matrix: `matrix`."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from embedprep.cli import choices, options
from embedprep.cli.memory import keep_freed_memory
from embedprep.cli.progress import progress
from embedprep.cli.sections import Sectioned
from embedprep.cli.summary import print_matrix, warn
from embedprep.settings import MatrixSettings
from embedprep.sources import total_bytes


@click.command(cls=Sectioned)
@click.option(
    "--vocab",
    type=options.path,
    metavar="FILE",
    help="The vocab.json of the words.  [default: that of the output in DIR]",
)
@options.matrix_output
@options.matrix_options
@click.option(
    "--missing",
    type=options.local,
    metavar="FILE",
    help="Also write the words that the file of vectors lacks, with their counts.",
)
@click.option(
    "--start",
    type=options.path,
    metavar="OLD.npy",
    help="Keep the vectors of the words in this matrix, as when a vocabulary has grown by vocab "
    "--update; all others begin as with --init.",
)
@click.option(
    "--start-vocab",
    type=options.path,
    metavar="FILE",
    help="The vocab.json of the words in OLD.npy.  [default: that beside it]",
)
@options.seed_option("the vectors that are random")
@options.running_options
@options.sync_option
def matrix(
    *,
    vocab: Path | None,
    output: str,
    seed: int,
    missing: str | None,
    start: Path | None,
    start_vocab: Path | None,
    jobs: int | None,
    quiet: bool,
    as_json: bool,
    sync: bool,
    **chosen: Any,
) -> None:
    """Write the matrix that an embedding layer begins with: row i is the vector of entry i.

    The row of the padding is zeros. Vectors come from a file of pretrained ones, or are drawn at
    random, each by --seed and its word alone, so that another vocabulary changes none. --start
    keeps those of an older matrix.

    \b
    embedprep matrix --vocab out/vocab.json --dim 64 -o matrix.npy
    embedprep matrix --vectors glove.6B.zip/glove.6B.100d.txt -o out/
    embedprep matrix --vocab larger.json --start out/embedding_matrix.npy -o M.npy
    """
    choices.refuse_stdout(output, "a matrix")
    settings = choices.matrix_settings(chosen, seed) or MatrixSettings(seed=seed)
    choices.refuse_new_folder(output)
    if missing is not None:
        choices.refuse_stdout(missing, "this list", "'--missing'")
    if start is None and start_vocab is not None:
        raise click.UsageError("--start-vocab tells of the words in --start OLD.npy.")
    keep_freed_memory()
    n_bytes = total_bytes(choices.vector_files(settings))
    with choices.usage_errors(), progress(n_bytes, quiet) as advance:
        from embedprep.matrix.recipe import write_matrix_of
        from embedprep.matrix.starting import Older

        made = write_matrix_of(
            Path(output),
            settings,
            vocab,
            missing=Path(missing) if missing else None,
            older=Older(start, start_vocab) if start else None,
            jobs=jobs,
            sync=sync,
            advance=advance,
        )
    warn(made.warnings, quiet)
    if not quiet or as_json:
        print_matrix(made, output, as_json)
