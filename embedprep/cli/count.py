"""The command that counts words for vocabularies to be made of them: `count`."""

from __future__ import annotations

from typing import Any

import click

from embedprep.cli import choices, options, text_options
from embedprep.cli.command import Command
from embedprep.cli.memory import keep_freed_memory
from embedprep.cli.progress import progress
from embedprep.cli.summary import print_counts, warn
from embedprep.places import place_of, shown
from embedprep.sources import total_bytes


@click.command(cls=Command)
@text_options.inputs
@options.output_option("FILE.npz", "The counts to write.", options.address)
@text_options.tokenizer_options
@text_options.text_reading_options
@options.running_options
@text_options.memory_option
def count(
    *,
    inputs: tuple[str, ...],
    output: str,
    quiet: bool,
    as_json: bool,
    tokenizer: str | None,
    lowercase: bool | None,
    pattern: str | None,
    **chosen: Any,
) -> None:
    """Count the words of a text, all of them, for vocab to make a vocabulary of.

    `vocab` takes the counts of many texts and makes what it makes of the texts themselves, so that
    each is read once, wherever and whenever; labels are not counted. INPUTs that are counts
    themselves are merged into one file.

    \b
    embedprep count monday.txt.gz -o monday.npz
    embedprep count monday.npz tuesday.npz -o week.npz
    embedprep vocab week.npz -n 20000 -o vocab.json
    """
    choices.refuse_stdout(output, "counts")
    resources = choices.resources(chosen)
    named = choices.parse_inputs(inputs)
    choices.refuse_labels(named, "Counts have no labels.")
    words = choices.tokenizer_settings(tokenizer, lowercase, pattern)
    reading = choices.reading(chosen, resources)
    keep_freed_memory()
    n_bytes = total_bytes([item.place for item in named])
    with choices.usage_errors(), progress(n_bytes, quiet) as advance:
        inputs_read = choices.open_words(named, reading, advance)
        from embedprep.counts.recipe import count_words

        made = count_words(inputs_read, words, place_of(output), resources=resources)
    warn(made.warnings, quiet)
    if not quiet or as_json:
        print_counts(made, shown(output), as_json)
