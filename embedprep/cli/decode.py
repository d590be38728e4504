"""The command that reads rows back: `decode`."""

from __future__ import annotations

from pathlib import Path

import click

from embedprep.cli import stdout
from embedprep.errors import VocabularyError


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
    from embedprep.manifest import read_manifest
    from embedprep.output import SEQUENCES, VOCABULARY, load_array
    from embedprep.publication import refuse_to_overwrite, staged_file
    from embedprep.vocabulary import Vocabulary

    path = Path(rows)
    if path.is_dir():
        read_manifest(path)  # an unfinished folder may hold new rows beside an old vocabulary
        path /= SEQUENCES
    vocabulary_path = Path(vocab) if vocab else path.parent / VOCABULARY
    if not vocab and not vocabulary_path.exists():
        raise VocabularyError(
            str(vocabulary_path), "no such file", "name the vocabulary of these rows by --vocab"
        )
    vocabulary = Vocabulary.load(vocabulary_path)
    texts = decode_array(load_array(path), vocabulary, str(path))
    if output == "-":
        for text in texts:
            stdout.write(text)
        return
    refuse_to_overwrite([str(path), str(vocabulary_path)], [Path(output)])
    with staged_file(Path(output)) as temporary, temporary.open("wb") as stream:
        stream.writelines(texts)
