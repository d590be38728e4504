"""The command that reads rows back: `decode`."""

from __future__ import annotations

import sys
from pathlib import Path

import click


@click.command
@click.argument("rows", metavar="ROWS.npy|DIR")
@click.option(
    "--vocab",
    metavar="FILE",
    help="The vocab.json they were encoded with.  [default: the one beside them]",
)
@click.option(
    "-o", "--output", default="-", metavar="FILE", help="The text to write.  [default: stdout]"
)
def decode(rows: str, vocab: str | None, output: str) -> None:
    """Print the sentence of each row: its words, unknown ones as <unk>, padding left out.

    \b
    embedprep decode out/sequences.npy --vocab out/vocab.json
    embedprep decode out/ | head
    """
    from embedprep.decoding import decode_array
    from embedprep.output import SEQUENCES, VOCABULARY, load_array
    from embedprep.publication import staged_file
    from embedprep.vocabulary import Vocabulary

    path = Path(rows) / SEQUENCES if Path(rows).is_dir() else Path(rows)
    vocabulary = Vocabulary.load(vocab or path.parent / VOCABULARY)
    texts = decode_array(load_array(path), vocabulary, str(path))
    if output == "-":
        for text in texts:
            sys.stdout.buffer.write(text)
        return
    with staged_file(Path(output)) as temporary, temporary.open("wb") as stream:
        stream.writelines(texts)
