"""The command that reads rows back: `decode`."""

from __future__ import annotations

from pathlib import Path

import click

from embedprep.cli import options, stdout
from embedprep.cli.sections import Sectioned


@click.command(cls=Sectioned)
@options.rows
@options.vocabulary_of_rows
@click.option(
    "-o", "--output", default="-", metavar="FILE", help="The text to write.  [default: stdout]"
)
def decode(rows: str, vocab: str | None, output: str) -> None:
    """Print the sentence of each row: its words, unknown ones as <unk>, padding left out.

    \b
    embedprep decode out/sequences.npy --vocab out/vocab.json
    embedprep decode out/ | head
    """
    from embedprep.decoding import decode as sentences_of
    from embedprep.encoded import open_rows, rows_file, vocabulary_file
    from embedprep.publication import refuse_to_overwrite, staged_file
    from embedprep.vocabulary import Vocabulary

    path = rows_file(Path(rows))
    vocabulary_path = vocabulary_file(path, vocab)
    vocabulary = Vocabulary.load(vocabulary_path)
    texts = sentences_of(open_rows(path), vocabulary)
    if output == "-":
        for text in texts:
            stdout.write(text)
        return
    refuse_to_overwrite([str(path), str(vocabulary_path)], [Path(output)])
    with staged_file(Path(output)) as temporary, temporary.open("wb") as stream:
        stream.writelines(texts)
