"""The command that writes a vocabulary and its vectors for other tools: `export`."""

from __future__ import annotations

from pathlib import Path

import click

from embedprep.cli import choices, options, stdout
from embedprep.cli.command import Command
from embedprep.cli.summary import print_json, warn
from embedprep.exporting import FOLDERS, FORMATS
from embedprep.wording import how_many, printable


@click.command(cls=Command)
@click.argument("vocabulary", type=options.path, metavar="VOCAB.json|DIR")
@click.option(
    "--to",
    type=click.Choice(FORMATS),
    required=True,
    help="Word vectors as text, with and without a header; the two files of TensorBoard's "
    "projector; the entries, one a line; a table of them; the tokenizer.json of Hugging Face.",
)
@click.option(
    "--matrix",
    type=options.path,
    metavar="M.npy",
    help="The embedding matrix with the vectors.  [default: the embedding_matrix.npy beside the "
    "vocabulary]",
)
@options.output_option("FILE|DIR", "The file to write, - is stdout; for the projector the folder.")
@options.result_options
@options.sync_option
def export(
    *,
    vocabulary: Path,
    to: str,
    matrix: Path | None,
    output: str,
    quiet: bool,
    as_json: bool,
    sync: bool,
) -> None:
    """Write a vocabulary, and the vectors of its words, into files that other tools read.

    Entries stand in the order of their indices. Vectors leave out <pad>; their numbers read back as
    the very same float32.

    \b
    embedprep export out/ --to word2vec -o vectors.txt
    embedprep export out/vocab.json --matrix M.npy --to projector -o projector/
    embedprep export out/vocab.json --to tokenizers -o tokenizer.json
    """
    if to in FOLDERS:
        choices.refuse_stdout(output, "a folder")
    from embedprep.exporting import recipe

    with choices.usage_errors():
        exported = recipe.open_export(vocabulary, to, matrix)
    if output == "-":
        for text in recipe.exported_text(exported):
            stdout.write(text)
    else:
        recipe.write_export(exported, Path(output), sync=sync)
    warn(exported.warnings, quiet)
    if output == "-":
        return
    n_entries, vectors = exported.n_entries, exported.vectors
    if as_json:
        facts = {"output": output, "format": to, "entries": n_entries}
        facts |= {} if vectors is None else {"dim": vectors.dim}
        print_json(facts | {"warnings": exported.warnings})
    elif not quiet:
        dim = "" if vectors is None else f" of {how_many(vectors.dim, 'number')}"
        said = f"{how_many(n_entries, 'entry', 'entries')}{dim}, for {to}"
        stdout.write(f"{printable(output)}: {said}\n")
