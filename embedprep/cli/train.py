"""The command that learns vectors from rows: `train`."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from embedprep.cli import choices, options, stdout
from embedprep.cli.progress import progress
from embedprep.cli.summary import embedding_line, print_json, table
from embedprep.wording import how_many, printable

if TYPE_CHECKING:
    from embedprep.training import Trained


@click.command
@options.rows
@options.vocabulary_of_rows
@options.matrix_output
@click.option(
    "--dim",
    type=click.IntRange(min=1),
    help="Numbers in a vector.  [default: 128, or as in --start]",
)
@click.option(
    "--window",
    type=click.IntRange(1, 10_000),
    default=5,
    show_default=True,
    help="Words on each side that are neighbours at most; how many is drawn for each word.",
)
@click.option(
    "--negative",
    type=click.IntRange(1, 10_000),
    default=5,
    show_default=True,
    help="Words drawn against each neighbour.",
)
@click.option(
    "--epochs",
    type=click.IntRange(min=1),
    default=5,
    show_default=True,
    help="How often all rows are read.",
)
@options.seed_option("the first vectors and of all that is drawn in training")
@click.option(
    "--start",
    metavar="M.npy",
    help="Go on from the vectors in this matrix, which may be the output too.",
)
@options.running_options
@options.sync_option
def train(
    *,
    rows: str,
    vocab: str | None,
    output: str,
    dim: int | None,
    window: int,
    negative: int,
    epochs: int,
    seed: int,
    start: str | None,
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
    choices.refuse_stdout(output, "vectors")
    choices.refuse_new_folder(output)
    from embedprep import training
    from embedprep.encoded import open_rows, vocabulary_file
    from embedprep.publication import refuse_to_overwrite
    from embedprep.vocabulary import Vocabulary

    settings = training.TrainingSettings(dim, window, negative, epochs, seed)
    encoded = open_rows(Path(rows))
    vocabulary_path = vocabulary_file(encoded.path, vocab)
    refuse_to_overwrite([str(encoded.path), str(vocabulary_path)], [Path(output)])
    vocabulary = Vocabulary.load(vocabulary_path)
    n_rows = encoded.n_rows * epochs
    with progress(n_rows, quiet, doing="training", unit=" rows") as advance:
        trained = training.train(
            encoded,
            vocabulary,
            Path(output),
            settings,
            start=None if start is None else Path(start),
            jobs=jobs,
            sync=sync,
            advance=advance,
        )
    if not quiet or as_json:
        _print_trained(trained, as_json)


def _print_trained(trained: Trained, as_json: bool) -> None:
    """The facts about a matrix that was written."""
    facts, layer = trained.statistics, trained.embedding
    if as_json:
        print_json({"output": str(trained.path), "statistics": facts, "embedding": layer})
        return
    head = (
        f"{printable(str(trained.path))}: {how_many(layer['input_dim'], 'vector')} of "
        f"{how_many(layer['output_dim'], 'number')}, float32"
    )
    lines = [
        ("rows", facts["rows"], ""),
        ("words", facts["words"], f"read {how_many(facts['epochs'], 'time')}"),
        ("trained", facts["trained"], "vectors of entries that occur"),
        ("untouched", facts["untouched"], "vectors of entries that never occur"),
    ]
    stdout.write(f"{head}\n{table(lines)}\n{embedding_line(layer)}\n")
