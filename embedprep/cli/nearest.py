"""The command that shows which words have the nearest vectors: `nearest`."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING

import click

from embedprep.cli import options, stdout
from embedprep.cli.columns import GAP, in_place, shown, to_the_left, to_the_right
from embedprep.cli.command import Command
from embedprep.cli.config import Several

if TYPE_CHECKING:
    from embedprep.nearest import Neighbourhood


@click.command(cls=Command)
@click.argument("matrix", type=options.path, metavar="M.npy|DIR")
@click.argument(
    "words", cls=Several, type=options.words, nargs=-1, required=True, metavar="WORD..."
)
@click.option(
    "--vocab",
    type=options.path,
    metavar="FILE",
    help="The vocab.json that the matrix was made with.  [default: the one beside it]",
)
@options.top_option("How many words are shown for each.", short="-k")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object for each word.")
def nearest(
    *, matrix: Path, words: tuple[str, ...], vocab: Path | None, top: int, as_json: bool
) -> None:
    """Print the words whose vectors are nearest to that of each WORD, by cosine.

    - is the words on standard input, one a line. DIR is its embedding_matrix.npy and vocab.json.

    \b
    embedprep nearest out/ film good
    embedprep nearest M.npy --vocab vocab.json --top 3 film
    """
    from embedprep import nearest as library
    from embedprep.explaining import read_sentences

    vectors = library.open_vectors(matrix, vocab)
    asked: list[str] = []
    for word in words:
        asked += filter(str.strip, read_sentences("-")) if word == "-" else [word]
    for number, found in enumerate(library.nearest(vectors, asked, top)):
        if as_json:
            stdout.write(f"{json.dumps(_facts(found), ensure_ascii=False)}\n")
        else:
            stdout.write("\n".join([*([""] if number else []), *_table(found), ""]))


def _facts(found: Neighbourhood) -> dict[str, object]:
    """The neighbours of a word as JSON."""
    near = [{"word": word, "cosine": round(cosine, 6)} for word, cosine in found.neighbours]
    return {"asked": found.asked, "word": found.word, "nearest": near}


def _table(found: Neighbourhood) -> list[str]:
    """The word, and below it the rank, the word and the cosine of each neighbour."""
    words = to_the_left([in_place(shown(word)) for word, _ in found.neighbours])
    ranks = to_the_right([str(rank) for rank, _ in enumerate(words, 1)])
    cosines = [f"{cosine:>6.3f}" for _, cosine in found.neighbours]
    lines = zip(ranks, words, cosines, strict=True)
    return [shown(found.word), *(GAP.join(["", *line]) for line in lines)]
