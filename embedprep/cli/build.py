"""The commands that make things of text: `run`, `vocab` and `encode`.

The reader starts before the pipeline and with it NumPy are imported: the disk and the hashing of
the input need not wait for that.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from embedprep.cli import choices, options, stdout
from embedprep.cli.memory import keep_freed_memory
from embedprep.cli.progress import progress
from embedprep.cli.summary import print_built, print_vocabulary, warn
from embedprep.sources import Source, total_bytes
from embedprep.wording import how_many, quoted

if TYPE_CHECKING:
    from embedprep.settings import AdoptionSettings
    from embedprep.vocabulary import Vocabulary


@click.command(cls=options.Sectioned)
@options.inputs
@click.option("-o", "--output", required=True, metavar="DIR", help="The folder to write.")
@options.vocabulary_options
@options.row_options()
@options.size_option
@options.reading_options
@options.label_options
@options.label_type_option
@options.part_options
@options.selection_options
@options.running_options
@options.sync_option
def run(
    *,
    inputs: tuple[str, ...],
    holdouts: tuple[str, ...],
    label_from: str | None,
    output: str,
    jobs: int | None,
    quiet: bool,
    as_json: bool,
    sync: bool,
    **chosen: Any,
) -> None:
    """Rank the words of a text, keep the most frequent and write every line as a row of indices.

    Reads the INPUTs in the order given; - is standard input, and LABEL=PATH labels all rows of an
    input. Writes sequences.npy, lengths.npy, labels.npy where there are labels, vocab.json and
    manifest.json into DIR, all or nothing. Row i is line i, blank lines included, or record i of a
    table. Compressed inputs are recognised by their first bytes.

    \b
    embedprep run reviews.txt -o out/
    embedprep run neg=neg.txt pos=pos.txt -n 20000 --max-len p99 --split 80/10/10 -o out/
    embedprep run tickets.csv.gz --text-column text --label-column category -o out/
    """
    choices.refuse_stdout(output)
    rows, reading = choices.row_settings(chosen), choices.reading(chosen)
    selection = choices.selection(chosen)
    settings = choices.vocabulary_settings(rows, **chosen)
    choices.check_overflow(selection, rows, settings)
    named = [
        *choices.parse_inputs(inputs, label_from),
        *choices.parse_holdouts(holdouts, label_from, selection),
    ]
    keep_freed_memory()
    with progress(total_bytes([item.name for item in named]), quiet) as advance:
        reader = choices.open_reader(named, reading, advance)
        from embedprep import pipeline

        built = pipeline.run(reader, Path(output), settings, rows, selection, jobs=jobs, sync=sync)
    warn(built.warnings, quiet)
    if not quiet or as_json:
        print_built(built, reader.finished, as_json)


@click.command(cls=options.Sectioned)
@options.optional_inputs
@options.adoption_options
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
    source: str | None,
    unk_token: str | None,
    output: str,
    jobs: int | None,
    quiet: bool,
    as_json: bool,
    **chosen: Any,
) -> None:
    """Rank the words of a text and write vocab.json, with the row shape that run would choose.

    With --from, take over the vocabulary of another tool, every word at its index: a list of
    words, one a line (BERT's vocab.txt), a word_index or Tokenizer of Keras as JSON, a vocab.json
    or tokenizer.json of Hugging Face, or one of embedprep's own to give its rows another shape.

    \b
    embedprep vocab corpus.txt -n 20000 -o vocab.json
    embedprep vocab a.txt b.txt --min-count 5 -o - | jq '.words[:10]'
    embedprep vocab --from word_index.json --max-len 128 -o vocab.json
    """
    choices.check_source(inputs, source, unk_token)
    rows, reading = choices.row_settings(chosen), choices.reading(chosen)
    settings = choices.vocabulary_settings(rows, **chosen)
    place = None if output == "-" else Path(output)
    sources: list[Source] = []
    if source is not None:
        adoption = choices.adoption_settings(settings, rows, unk_token)
        made = _adopt(source, adoption, place, quiet)
    else:
        named = choices.parse_inputs(inputs)
        keep_freed_memory()
        with progress(total_bytes([item.name for item in named]), quiet) as advance:
            reader = choices.open_reader(named, reading, advance)
            from embedprep import pipeline

            made, warnings = pipeline.vocab(reader, settings, rows, place, jobs=jobs)
            sources = reader.finished
        warn(warnings, quiet)
    if place is None:
        from embedprep.vocabulary import format_vocabulary

        stdout.write(format_vocabulary(made))
    elif not quiet or as_json:
        print_vocabulary(made, output, sources, as_json)


def _adopt(source: str, settings: AdoptionSettings, place: Path | None, quiet: bool) -> Vocabulary:
    from embedprep.adopting import adopt

    vocabulary, never_made = adopt(Path(source), settings, place)
    if never_made:
        words = f"{len(never_made):,} of {how_many(len(vocabulary.words), 'word')}"
        warning = (
            f"{source}: --tokenizer {choices.name_of(vocabulary.tokenizer)} never makes {words}, "
            f"such as {quoted(never_made[:1])}; choose the tokenizer that they are from"
        )
        warn([warning], quiet)
    return vocabulary


@click.command(cls=options.Sectioned)
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
@options.label_options
@options.selection_options
@options.running_options
@options.sync_option
def encode(
    *,
    inputs: tuple[str, ...],
    label_from: str | None,
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
    choices.refuse_stdout(output)
    rows, reading = choices.row_settings(chosen), choices.reading(chosen)
    selection = choices.selection(chosen)
    named = choices.parse_inputs(inputs, label_from)
    keep_freed_memory()
    with progress(total_bytes([item.name for item in named]), quiet) as advance:
        reader = choices.open_reader(named, reading, advance)
        from embedprep import pipeline

        built = pipeline.encode(
            reader, Path(vocab), Path(output), rows, selection, jobs=jobs, sync=sync
        )
    warn(built.warnings, quiet)
    if not quiet or as_json:
        print_built(built, reader.finished, as_json)
