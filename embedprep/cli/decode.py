"""The command that reads rows back: `decode`."""

from __future__ import annotations

from pathlib import Path

import click

from embedprep.cli import options, stdout
from embedprep.cli.command import Command


@click.command(cls=Command)
@options.rows
@options.vocabulary_of_rows
@click.option(
    "-o",
    "--output",
    type=options.local,
    default="-",
    metavar="FILE",
    help="The text to write.  [default: stdout]",
)
def decode(rows: Path, vocab: Path | None, output: str) -> None:
    """Print the sentence of each row: its words, unknown ones as <unk>, padding left out.

    \b
    embedprep decode out/sequences.npy --vocab out/vocab.json
    embedprep decode out/ | head
    """
    from embedprep import decoding
    from embedprep.encoded import open_with_vocabulary

    if output == "-":
        for text in decoding.decode(*open_with_vocabulary(rows, vocab)):
            stdout.write(text)
        return
    place = Path(output)
    decoding.write_sentences(*open_with_vocabulary(rows, vocab, [place]), place)
