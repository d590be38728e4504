"""The command that learns vectors from rows: `train`."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from embedprep.cli import choices, options, stdout
from embedprep.cli.command import Command
from embedprep.cli.progress import progress
from embedprep.cli.summary import array_facts, array_line, print_json, table
from embedprep.settings import MOST_NEIGHBOURS, OUTPUT_DIM, TrainingSettings
from embedprep.wording import how_many

if TYPE_CHECKING:
    from embedprep.training import Trained


@click.command(cls=Command)
@options.rows
@options.vocabulary_of_rows
@options.matrix_output
@click.option(
    "--dim",
    type=click.IntRange(min=1),
    help=f"Numbers in a vector.  [default: as in --start, else {OUTPUT_DIM}]",
)
@click.option(
    "--window",
    type=click.IntRange(1, MOST_NEIGHBOURS),
    default=TrainingSettings.window,
    show_default=True,
    help="Words on each side that are neighbours at most; how many is drawn for each word.",
)
@click.option(
    "--negative",
    type=click.IntRange(1, MOST_NEIGHBOURS),
    default=TrainingSettings.negative,
    show_default=True,
    help="Words drawn against each neighbour.",
)
@click.option(
    "--epochs",
    type=click.IntRange(min=1),
    default=TrainingSettings.epochs,
    show_default=True,
    help="How often all rows are read.",
)
@options.seed_option("the first vectors and of all that is drawn in training")
@click.option(
    "--start",
    type=options.path,
    metavar="M.npy",
    help="Go on from the vectors in this matrix, which may be the output too.",
)
@options.running_options
@options.sync_option
def train(
    *,
    rows: Path,
    vocab: Path | None,
    output: str,
    dim: int | None,
    window: int,
    negative: int,
    epochs: int,
    seed: int,
    start: Path | None,
    jobs: int | None,
    quiet: bool,
    as_json: bool,
    sync: bool,
) -> None:
    """Learn the embedding matrix from rows, by skip-gram with negative sampling (gensim).

    More than one job is faster, and gives other bytes in every run; --jobs 1 gives the same.
    Entries that never occur keep their first vectors; that of padding is zeros.

    \b
    embedprep train out/ -o out/
    embedprep train rows.npy --vocab vocab.json -o M.npy --dim 300 --jobs 1
    """
    choices.refuse_stdout(output, "a matrix")
    choices.refuse_new_folder(output)
    from embedprep import training
    from embedprep.encoded import open_with_vocabulary

    settings = TrainingSettings(dim, window, negative, epochs, seed)
    encoded, vocabulary = open_with_vocabulary(rows, vocab, [Path(output)])
    n_rows = encoded.n_rows * epochs
    with progress(n_rows, quiet, doing="training", unit=" rows") as advance:
        trained = training.train(
            encoded,
            vocabulary,
            Path(output),
            settings,
            start=start,
            jobs=jobs,
            sync=sync,
            advance=advance,
        )
    if not quiet or as_json:
        _print_trained(trained, as_json)


def _print_trained(trained: Trained, as_json: bool) -> None:
    """The facts about a matrix that was written."""
    facts, layer = trained.statistics, trained.embedding
    path, shape = str(trained.path), (layer["input_dim"], layer["output_dim"])
    if as_json:
        print_json(array_facts(path, shape, "float32", facts) | {"embedding": layer})
        return
    from embedprep.output import embedding_line

    head = array_line(path, shape, "float32", "vector")
    lines = [
        ("rows", facts["rows"], ""),
        ("words", facts["words"], f"read {how_many(facts['epochs'], 'time')}"),
        ("trained", facts["trained"], "vectors of entries that occur"),
        ("untouched", facts["untouched"], "vectors of entries that never occur"),
    ]
    stdout.write(f"{head}\n{table(lines)}\n{embedding_line(layer)}\n")
