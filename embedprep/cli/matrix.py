"""The command that makes an embedding matrix: `matrix`."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from embedprep.cli import choices, options
from embedprep.cli.command import Command
from embedprep.cli.memory import keep_freed_memory
from embedprep.cli.progress import progress
from embedprep.cli.summary import array_facts, print_matrix, warn
from embedprep.gates import Measured
from embedprep.settings import MatrixSettings
from embedprep.sources import total_bytes
from embedprep.sources.archives import file_of


@click.command(cls=Command)
@click.option(
    "--vocab",
    type=options.path,
    metavar="FILE",
    help="The vocab.json of the words.  [default: that of the output in DIR]",
)
@options.matrix_output
@options.matrix_options
@options.gate_options(options.COVERAGE_GATE)
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
    summary: str | None,
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
    gates = choices.fitting_gates(choices.gates(chosen), settings)
    outcome = choices.outcome("matrix", gates, summary, quiet=quiet, as_json=as_json)
    choices.refuse_new_folder(output)
    if missing is not None:
        choices.refuse_stdout(missing, "this list", "'--missing'")
    if start is None and start_vocab is not None:
        raise click.UsageError("--start-vocab tells of the words in --start OLD.npy.")
    keep_freed_memory()
    of_vectors = choices.vector_files(settings)
    files = [*map(file_of, of_vectors), missing, start, start_vocab, vocab]
    outcome.check_summary(Path(output), [file for file in files if file is not None])
    bar = progress(total_bytes(of_vectors), quiet)
    with outcome.held(_facts), choices.usage_errors(), bar as advance:
        from embedprep.matrix.recipe import measured_matrix, write_matrix_of
        from embedprep.matrix.starting import Older

        made = write_matrix_of(
            Path(output),
            settings,
            vocab,
            missing=Path(missing) if missing else None,
            older=Older(start, start_vocab) if start else None,
            jobs=jobs,
            sync=sync,
            gates=gates,
            advance=advance,
        )
    warn(made.warnings, quiet)
    with outcome.done(measured_matrix(Path(output), made)) as checked:
        if not quiet or as_json:
            print_matrix(made, output, as_json, checked)


def _facts(measured: Measured) -> dict[str, Any]:
    """A matrix that a gate kept from being written, as JSON."""
    shape = (measured.embedding["input_dim"], measured.embedding["output_dim"])
    return array_facts(measured.output, shape, "float32", dict(measured.matrix))
