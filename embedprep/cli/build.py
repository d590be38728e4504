"""The commands that make things of text: `run`, `vocab` and `encode`.

The reader starts before the pipeline and with it NumPy are imported: the disk and the hashing of
the input need not wait for that.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from embedprep.cli import choices, options, stdout, text_options
from embedprep.cli.command import Command
from embedprep.cli.memory import keep_freed_memory
from embedprep.cli.outcome import Outcome
from embedprep.cli.progress import progress
from embedprep.cli.summary import print_built, print_unchanged, print_vocabulary, warn
from embedprep.counts.kinds import Counts
from embedprep.places import Place, place_of, shown
from embedprep.sources import NamedInputs, total_bytes
from embedprep.sources.archives import file_of
from embedprep.wording import how_many, quoted

if TYPE_CHECKING:
    from embedprep.settings import AdoptionSettings, MatrixSettings
    from embedprep.vocabulary import Vocabulary
    from embedprep.writing import Built


@click.command(cls=Command)
@text_options.inputs
@options.output_option("DIR", "The folder to write.", options.address)
@text_options.vocabulary_options
@text_options.row_options()
@text_options.size_option
@text_options.shard_option
@text_options.reading_options
@text_options.label_options
@text_options.label_type_option
@text_options.part_options
@text_options.selection_options
@options.matrix_options
@options.gate_options(*options.ROW_GATES, options.COVERAGE_GATE)
@options.running_options
@text_options.resource_options
@text_options.rerun_options
@options.sync_option
def run(
    *,
    inputs: tuple[str, ...],
    holdouts: tuple[str, ...],
    label_from: str | None,
    output: str,
    quiet: bool,
    as_json: bool,
    sync: bool,
    if_changed: bool,
    summary: str | None,
    **chosen: Any,
) -> None:
    """Rank the words of a text, keep the most frequent and write every line as a row of indices.

    Reads the INPUTs in the order given; - is standard input, and LABEL=PATH labels all rows of an
    input. Writes sequences.npy, lengths.npy, labels.npy where there are labels,
    embedding_matrix.npy with --dim or --vectors, vocab.json and manifest.json into DIR, all or
    nothing. Row i is line i, blank lines included, or record i of a
    table. Compressed inputs are recognised by their first bytes. An INPUT, and DIR, may be an
    address such as s3://bucket/out.

    \b
    embedprep run reviews.txt -o out/
    embedprep run neg=neg.txt pos=pos.txt --max-len p99 --split 80/10/10 -o out/
    embedprep run tickets.csv --text-column text --label-column category -o out/
    embedprep run reviews.txt --vectors glove.6B.zip/glove.6B.100d.txt -o out/
    """
    choices.refuse_stdout(output, "rows")
    resources = choices.resources(chosen)
    rows, reading = choices.row_settings(chosen), choices.reading(chosen, resources)
    selection = choices.selection(chosen)
    matrix = choices.matrix_settings(chosen, selection.seed)
    gates = choices.fitting_gates(choices.gates(chosen), matrix)
    outcome = choices.outcome("run", gates, summary, quiet=quiet, as_json=as_json)
    settings = choices.vocabulary_settings(rows, **chosen)
    choices.check_overflow(selection, rows, settings)
    named = [
        *choices.parse_inputs(inputs, label_from),
        *choices.parse_holdouts(holdouts, label_from, selection),
    ]
    choices.check_stdin(named, matrix)
    choices.refuse_counts(named)
    keep_freed_memory()
    read = [item.place for item in named] + choices.vector_files(matrix)
    outcome.check_summary(place_of(output), [*read, *map(file_of, choices.vector_files(matrix))])
    if if_changed:
        from embedprep.unchanged import request_of_run

        once = choices.named_inputs(named, reading)
        request = request_of_run(once, settings, rows, selection, matrix, gates=gates)
        if _is_unchanged(output, request, once, matrix, outcome):
            return
    bar = progress(total_bytes(read), quiet)
    with outcome.held(), choices.usage_errors(), bar as advance:
        reader = choices.open_reader(named, reading, advance, resources)
        from embedprep import pipeline

        built = pipeline.run(
            reader,
            place_of(output),
            settings,
            rows,
            selection,
            matrix=matrix,
            resources=resources,
            sync=sync,
            gates=gates,
            advance=advance,
        )
    _report(built, reader, outcome)


def _report(built: Built, reader: NamedInputs, outcome: Outcome) -> None:
    """Say what was made."""
    warn(built.warnings, outcome.quiet)
    with outcome.done(built.measured) as checked:
        if not outcome.quiet or outcome.as_json:
            print_built(built, reader.finished, outcome.as_json, checked)


def _is_unchanged(
    output: str,
    request: str,
    inputs: NamedInputs,
    matrix: MatrixSettings | None,
    outcome: Outcome,
) -> bool:
    """Whether an output need not be made again, which is then said; it must keep to the gates."""
    from embedprep.unchanged import is_unchanged

    choices.refuse_stdin([*inputs.names, *choices.vector_files(matrix)], "--if-changed")
    with progress(total_bytes(inputs.places), outcome.quiet) as advance:
        is_same = is_unchanged(place_of(output), request, inputs, matrix, advance)
    if not is_same:
        return False
    from embedprep.measuring import hold_output

    said, sums_up = ", of an output that is unchanged", outcome.summary is not None
    with outcome.held():
        measured = hold_output(place_of(output), outcome.gates, said, always=sums_up)
    with outcome.done(measured) as checked:
        if not outcome.quiet or outcome.as_json:
            print_unchanged(shown(output), outcome.as_json, checked)
    return True


@click.command(cls=Command)
@text_options.optional_inputs
@text_options.adoption_options
@text_options.update_options
@options.output_option("FILE", "The vocabulary to write; - is stdout.", options.address)
@text_options.vocabulary_options
@text_options.row_options()
@text_options.reading_options
@options.running_options
@text_options.resource_options
def vocab(
    *,
    inputs: tuple[str, ...],
    source: Path | None,
    unk_token: str | None,
    update: str | None,
    map_output: str | None,
    output: str,
    quiet: bool,
    as_json: bool,
    **chosen: Any,
) -> None:
    """Rank the words of a text and write vocab.json, with the row shape that run would choose.

    INPUTs may also be counts, as count writes them: the vocabulary is that of their texts.

    With --from, take over the vocabulary of another tool, every word at its index: a list of
    words, one a line (BERT's vocab.txt), a word_index or Tokenizer of Keras as JSON, a vocab.json
    or tokenizer.json of Hugging Face, or one of embedprep's own to give its rows another shape.

    With --update, keep a vocabulary and put new words behind its own.

    \b
    embedprep vocab corpus.txt -n 20000 -o vocab.json
    embedprep vocab a.txt b.txt --min-count 5 -o - | jq '.words[:10]'
    embedprep vocab counts/*.npz -n 20000 -o vocab.json
    embedprep vocab --from word_index.json --max-len 128 -o vocab.json
    embedprep vocab --update vocab.json new.txt -o larger.json
    """
    choices.check_source(
        inputs, source=source, unk_token=unk_token, update=update, map_output=map_output
    )
    if map_output is not None:
        choices.refuse_stdout(map_output, "an array", "'--map'")
    resources = choices.resources(chosen)
    rows, reading = choices.row_settings(chosen), choices.reading(chosen, resources)
    settings = choices.vocabulary_settings(rows, **chosen)
    place = None if output == "-" else place_of(output)
    words: NamedInputs | Counts | None = None
    n_new: int | None = None
    warnings: tuple[str, ...] = ()
    if source is not None:
        adoption = choices.adoption_settings(settings, rows, unk_token)
        made = _adopt(source, adoption, place, quiet)
    else:
        named = choices.parse_inputs(inputs)
        if update is not None:
            choices.refuse_labels(named, "Its classes are those of the --update.")
        keep_freed_memory()
        n_bytes = total_bytes([item.place for item in named])
        with choices.usage_errors(), progress(n_bytes, quiet) as advance:
            words = choices.open_words(named, reading, advance, resources)
            if update is not None:
                from embedprep import updating

                mapped = place_of(map_output) if map_output else None
                growth = choices.update_settings(settings)
                made, n_new, warnings = updating.update(
                    place_of(update), words, growth, place, map_output=mapped, resources=resources
                )
            elif isinstance(words, Counts):
                from embedprep.counts.recipe import vocab_of_counts

                made = vocab_of_counts(words, settings, rows, place, resources=resources)
            else:
                from embedprep import pipeline

                made, warnings = pipeline.vocab(words, settings, rows, place, resources=resources)
        warn(warnings, quiet)
    if place is None:
        from embedprep.vocabulary import format_vocabulary

        stdout.write(format_vocabulary(made))
    elif not quiet or as_json:
        sources = words.finished if isinstance(words, NamedInputs) else []
        print_vocabulary(made, shown(output), sources, as_json, n_new)


def _adopt(
    source: Path, settings: AdoptionSettings, place: Place | None, quiet: bool
) -> Vocabulary:
    from embedprep.adopting import adopt

    vocabulary, never_made = adopt(source, settings, place)
    if never_made:
        words = f"{len(never_made):,} of {how_many(len(vocabulary.words), 'word')}"
        warning = (
            f"{source}: --tokenizer {choices.name_of(vocabulary.tokenizer)} never makes {words}, "
            f"such as {quoted(never_made[:1])}; choose the tokenizer that they are from"
        )
        warn([warning], quiet)
    return vocabulary


@click.command(cls=Command)
@text_options.inputs
@click.option(
    "--vocab",
    type=options.address,
    required=True,
    metavar="FILE",
    help="The vocab.json to encode with.",
)
@options.output_option(
    "X.npy|DIR",
    "The array to write, or the folder for it with all that run writes.",
    options.address,
)
@text_options.row_options("as in the vocabulary")
@text_options.size_option
@text_options.shard_option
@text_options.reading_options
@text_options.label_options
@text_options.selection_options
@options.gate_options(*options.ROW_GATES)
@options.running_options
@text_options.resource_options
@text_options.rerun_options
@options.sync_option
def encode(
    *,
    inputs: tuple[str, ...],
    label_from: str | None,
    vocab: str,
    output: str,
    quiet: bool,
    as_json: bool,
    sync: bool,
    if_changed: bool,
    summary: str | None,
    **chosen: Any,
) -> None:
    """Write every line of a text as a row of indices into a saved vocabulary.

    Words are found as they were for the vocabulary, and rows get its shape unless told otherwise:
    a test set so has the shape of the training set.

    \b
    embedprep encode test.txt --vocab out/vocab.json -o test.npy
    embedprep encode test.txt --vocab out/vocab.json --padding post -o test/
    """
    choices.refuse_stdout(output, "rows")
    resources = choices.resources(chosen)
    rows, reading = choices.row_settings(chosen), choices.reading(chosen, resources)
    choices.check_shards(rows, output)
    gates = choices.gates(chosen)
    outcome = choices.outcome("encode", gates, summary, quiet=quiet, as_json=as_json)
    selection = choices.selection(chosen)
    named = choices.parse_inputs(inputs, label_from)
    choices.refuse_counts(named)
    keep_freed_memory()
    read = [item.place for item in named]
    outcome.check_summary(place_of(output), [*read, place_of(vocab)])
    if if_changed:
        if output.endswith(".npy"):
            cause = "asks the manifest of a folder; name one by -o."
            raise click.BadParameter(cause, param_hint="'--if-changed'")
        from embedprep.unchanged import request_of_encode

        once = choices.named_inputs(named, reading)
        request = request_of_encode(once, place_of(vocab), rows, selection, gates=gates)
        if _is_unchanged(output, request, once, None, outcome):
            return
    bar = progress(total_bytes(read), quiet)
    with outcome.held(), choices.usage_errors(), bar as advance:
        reader = choices.open_reader(named, reading, advance, resources)
        from embedprep import pipeline

        built = pipeline.encode(
            reader,
            place_of(vocab),
            place_of(output),
            rows,
            selection,
            resources=resources,
            sync=sync,
            gates=gates,
        )
    _report(built, reader, outcome)
