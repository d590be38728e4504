"""The commands that make things of text: `run`, `vocab` and `encode`.

The reader starts before the pipeline and with it NumPy are imported: the disk and the hashing of
the input need not wait for that.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from embedprep.cli import options, stdout
from embedprep.cli.memory import keep_freed_memory
from embedprep.cli.progress import progress
from embedprep.cli.summary import print_built, print_vocabulary
from embedprep.sources import Reader, total_bytes


@click.command
@options.inputs
@click.option("-o", "--output", required=True, metavar="DIR", help="The folder to write.")
@options.vocabulary_options
@options.row_options()
@options.size_option
@options.reading_options
@options.running_options
@options.sync_option
def run(
    *,
    inputs: tuple[str, ...],
    output: str,
    jobs: int | None,
    quiet: bool,
    as_json: bool,
    sync: bool,
    **chosen: Any,
) -> None:
    """Rank the words of a text, keep the most frequent and write every line as a row of indices.

    Reads the INPUTs in the order given; - is standard input. Writes sequences.npy, lengths.npy,
    vocab.json and manifest.json into DIR, all or nothing. Row i is line i, blank lines included,
    or record i of a table. Compressed inputs are recognised by their first bytes.

    \b
    embedprep run reviews.txt -o out/
    embedprep run pos.txt neg.txt -n 20000 --max-len p99 --padding post -o out/
    embedprep run tickets.csv.gz --text-column text --label-column category -o out/
    """
    options.refuse_stdout(output)
    rows, reading = options.row_settings(chosen), options.reading(chosen)
    settings = options.vocabulary_settings(**chosen)
    keep_freed_memory()
    with progress(total_bytes(inputs), quiet) as advance:
        reader = Reader(inputs, reading, advance)
        from embedprep import pipeline

        built = pipeline.run(reader, Path(output), settings, rows, jobs=jobs, sync=sync)
    if not quiet or as_json:
        print_built(built, reader.finished, as_json)


@click.command
@options.inputs
@click.option(
    "-o", "--output", required=True, metavar="FILE", help="The vocabulary to write; - is stdout."
)
@options.vocabulary_options
@options.row_options()
@options.reading_options
@options.running_options
def vocab(
    *,
    inputs: tuple[str, ...],
    output: str,
    jobs: int | None,
    quiet: bool,
    as_json: bool,
    **chosen: Any,
) -> None:
    """Rank the words of a text and write vocab.json, with the row shape that run would choose.

    \b
    embedprep vocab corpus.txt -n 20000 -o vocab.json
    embedprep vocab a.txt b.txt --min-count 5 -o - | jq '.words[:10]'
    """
    rows, reading = options.row_settings(chosen), options.reading(chosen)
    settings = options.vocabulary_settings(**chosen)
    keep_freed_memory()
    with progress(total_bytes(inputs), quiet) as advance:
        reader = Reader(inputs, reading, advance)
        from embedprep import pipeline
        from embedprep.vocabulary import format_vocabulary

        place = None if output == "-" else Path(output)
        made = pipeline.vocab(reader, settings, rows, place, jobs=jobs)
    if output == "-":
        stdout.write(format_vocabulary(made))
    elif not quiet or as_json:
        print_vocabulary(made, output, reader.finished, as_json)


@click.command
@options.inputs
@click.option("--vocab", required=True, metavar="FILE", help="The vocab.json to encode with.")
@click.option(
    "-o",
    "--output",
    required=True,
    metavar="X.npy|DIR",
    help="The array to write, or the folder for it with all that run writes.",
)
@options.row_options("as in the vocabulary")
@options.size_option
@options.reading_options
@options.running_options
@options.sync_option
def encode(
    *,
    inputs: tuple[str, ...],
    vocab: str,
    output: str,
    jobs: int | None,
    quiet: bool,
    as_json: bool,
    sync: bool,
    **chosen: Any,
) -> None:
    """Write every line of a text as a row of indices into a saved vocabulary.

    Words are found as they were for the vocabulary, and rows get its shape unless told otherwise:
    a test set so has the shape of the training set.

    \b
    embedprep encode test.txt --vocab out/vocab.json -o test.npy
    embedprep encode test.txt --vocab out/vocab.json --padding post -o test/
    """
    options.refuse_stdout(output)
    rows, reading = options.row_settings(chosen), options.reading(chosen)
    keep_freed_memory()
    with progress(total_bytes(inputs), quiet) as advance:
        reader = Reader(inputs, reading, advance)
        from embedprep import pipeline

        built = pipeline.encode(reader, Path(vocab), Path(output), rows, jobs=jobs, sync=sync)
    if not quiet or as_json:
        print_built(built, reader.finished, as_json)
