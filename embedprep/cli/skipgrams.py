"""The command that makes pairs of words for a skip-gram model: `skipgrams`."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from embedprep.cli import choices, options, stdout
from embedprep.cli.command import Command
from embedprep.cli.memory import keep_freed_memory
from embedprep.cli.progress import progress
from embedprep.cli.summary import print_json, table
from embedprep.skipgrams.settings import (
    MOST_NEGATIVES,
    NEGATIVE_DISTRIBUTIONS,
    SAMPLINGS,
    SkipgramSettings,
)
from embedprep.wording import how_many, printable

if TYPE_CHECKING:
    from embedprep.skipgrams.writing import Skipgrams


@click.command(cls=Command)
@options.rows
@options.vocabulary_of_rows
@options.output_option("DIR", "The folder to write.")
@click.option(
    "--window",
    type=click.IntRange(min=1),
    default=SkipgramSettings.window,
    show_default=True,
    help="How many positions before and after a word its contexts stand.",
)
@click.option(
    "--dynamic-window",
    is_flag=True,
    help="Draw the window of each target from 1 to --window, as word2vec does.",
)
@click.option(
    "--sampling",
    type=click.Choice(SAMPLINGS),
    default=SkipgramSettings.sampling,
    show_default=True,
    help="Thin out frequent words: as targets by their rank, as Keras' sampling table does, or "
    "from the rows by their count, as word2vec does.",
)
@click.option(
    "--negative",
    type=click.FloatRange(min=0, max=MOST_NEGATIVES),
    default=SkipgramSettings.negative,
    show_default=True,
    help="Pairs with a random context for each true one.",
)
@click.option(
    "--negative-distribution",
    type=click.Choice(NEGATIVE_DISTRIBUTIONS),
    default=SkipgramSettings.negative_distribution,
    show_default=True,
    help="How often each word is such a context: all alike, or in proportion to its count to the "
    "power 0.75.",
)
@click.option(
    "--exclude-positives", is_flag=True, help="Never pair at random what is a true pair of the row."
)
@options.seed_option("all that is random, the order included")
@options.limit_option
@options.running_options
@options.sync_option
def skipgrams(
    *,
    rows: Path,
    vocab: Path | None,
    output: str,
    max_bytes: int | None,
    jobs: int | None,
    quiet: bool,
    as_json: bool,
    sync: bool,
    **chosen: Any,
) -> None:
    """Pair each word with those around it and with random ones, in random order.

    Writes couples.npy, (pairs, 2) of target and context, labels.npy, 1 for words that stand near
    each other and 0 for random ones, and manifest.json into DIR. The defaults are those of Keras'
    skipgrams, called for each row.

    \b
    embedprep skipgrams out/ -o pairs/
    embedprep skipgrams out/ --window 5 --dynamic-window --sampling word2vec \\
        --negative 5 --negative-distribution unigram -o pairs/
    """
    choices.refuse_stdout(output, "pairs")
    settings = SkipgramSettings(**chosen)
    from embedprep.encoded import open_rows, vocabulary_file
    from embedprep.skipgrams.writing import write_skipgrams

    keep_freed_memory()
    read = open_rows(rows)
    with progress(read.ids.nbytes, quiet) as advance:
        written = write_skipgrams(
            read,
            vocabulary_file(read.path, vocab),
            Path(output),
            settings,
            max_bytes=max_bytes,
            jobs=jobs,
            sync=sync,
            advance=advance,
        )
    if not quiet or as_json:
        _print(written, as_json)


def _print(written: Skipgrams, as_json: bool) -> None:
    facts = written.statistics
    if as_json:
        print_json({"output": str(written.path), "statistics": facts})
        return
    head = f"{printable(str(written.path))}: {how_many(facts['pairs'], 'pair')}"
    left_out = facts.get("left_out_negatives", 0)
    lines = [
        ("pairs", facts["pairs"], ""),
        ("positives", facts["positives"], f"of {how_many(facts['targets'], 'target')}"),
        ("negatives", facts["negatives"], f"{left_out:,} more left out" if left_out else ""),
        ("rows", facts["rows"], ""),
        ("input_dim", facts["input_dim"], ""),
    ]
    stdout.write(f"{head}\n{table(lines)}")
