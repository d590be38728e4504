"""The command that tells what a text is like, or an output: `inspect`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from embedprep.cli import choices, options, stdout, text_options
from embedprep.cli.config import Several
from embedprep.cli.memory import keep_freed_memory
from embedprep.cli.progress import progress
from embedprep.cli.sections import Sectioned
from embedprep.cli.summary import print_json, warn
from embedprep.places import is_folder, path_text
from embedprep.sources import Reader, total_bytes

if TYPE_CHECKING:
    from embedprep.inspecting.inspection import Inspection


@click.command(cls=Sectioned)
@click.argument(
    "inputs",
    cls=Several,
    type=options.address,
    nargs=-1,
    required=True,
    metavar="INPUT...|DIR",
)
@click.option(
    "--top",
    type=click.IntRange(min=1),
    default=10,
    show_default=True,
    help="List so many of the most frequent words.",
)
@text_options.tokenizer_options
@text_options.reading_options
@text_options.label_options
@text_options.label_type_option
@options.running_options
@text_options.memory_option
def inspect(
    *, inputs: tuple[str, ...], top: int, quiet: bool, as_json: bool, **chosen: Any
) -> None:
    """Tell what a text is like before it is run, or an output after it, and which settings suit.

    How long rows are and where the longest stand, what each max_len would cut and waste, how much
    of the text the most frequent words keep, rows that are empty or repeat others, letters by their
    script, and rows by their label. Advice is printed, and never taken. Nothing is written.

    A folder is an output, of which all is read; its parts are told of too.

    \b
    embedprep inspect reviews.txt
    embedprep inspect neg=neg.txt pos=pos.txt --tokenizer whitespace
    embedprep inspect out/
    """
    if len(inputs) == 1 and is_folder(inputs[0]):
        choices.refuse_text_options()
        inspection = _inspect_output(path_text(inputs[0]), top, quiet)
    else:
        inspection = _inspect_text(inputs, top, quiet, **chosen)
    warn(inspection.warnings, quiet)
    if as_json:
        from embedprep.cli.inspected import facts

        print_json(facts(inspection))
    elif not quiet:
        from embedprep.cli.inspected import lines

        stdout.write("\n".join([*lines(inspection, stdout.width()), ""]))


def _inspect_text(
    inputs: tuple[str, ...],
    top: int,
    quiet: bool,
    *,
    tokenizer: str | None,
    lowercase: bool | None,
    pattern: str | None,
    label_from: str | None,
    label_type: str,
    **chosen: Any,
) -> Inspection:
    resources = choices.resources(chosen)
    named = choices.parse_inputs(inputs, label_from)
    words = choices.tokenizer_settings(tokenizer, lowercase, pattern)
    reading = choices.reading(chosen, resources)
    choices.refuse_counts(named)
    keep_freed_memory()
    n_bytes = total_bytes([item.place for item in named])
    with choices.usage_errors(), progress(n_bytes, quiet) as advance:
        reader = choices.open_reader(named, reading, advance)
        assert isinstance(reader, Reader)
        from embedprep.inspecting.text import inspect_text

        return inspect_text(reader, words, top=top, label_type=label_type, resources=resources)


def _inspect_output(folder: str, top: int, quiet: bool) -> Inspection:
    from embedprep.figures.rows import count_rows
    from embedprep.inspecting.output import inspect_output

    with progress(count_rows(folder), quiet, doing="counting", unit=" rows") as advance:
        return inspect_output(folder, top=top, advance=advance)
