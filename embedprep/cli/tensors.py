"""The commands that make arrays of rows, for models without an embedding layer: `embed`, `onehot`
and `bow`.
"""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from embedprep.cli import choices, options, stdout
from embedprep.cli.memory import keep_freed_memory
from embedprep.cli.summary import print_json, table
from embedprep.settings import BAG_DTYPES, BAG_MODES, REDUCTIONS, VECTOR_DTYPES
from embedprep.wording import how_many, printable

if TYPE_CHECKING:
    from embedprep.bags import Bags
    from embedprep.tensors import Target, Tensor

_output = click.option("-o", "--output", required=True, metavar="X.npy", help="The array to write.")


@click.command
@options.rows
@click.option(
    "--matrix",
    metavar="M.npy",
    help="The embedding matrix.  [default: embedding_matrix.npy beside the rows]",
)
@_output
@click.option(
    "--dtype",
    type=click.Choice(VECTOR_DTYPES),
    default="float32",
    show_default=True,
    help="The type of a number.",
)
@click.option(
    "--reduce",
    type=click.Choice(REDUCTIONS),
    help="One vector for each row: that of its words together, padding left out.",
)
@options.limit_option
@options.running_options
@options.sync_option
def embed(
    *,
    rows: str,
    matrix: str | None,
    output: str,
    dtype: str,
    reduce: str | None,
    quiet: bool,
    as_json: bool,
    **chosen: Any,
) -> None:
    """Write the vector of every index of rows, as the embedding layer of a model would.

    The array is (rows, max_len, dim), and with --reduce (rows, dim).

    \b
    embedprep embed out/ --matrix matrix.npy -o vectors.npy
    embedprep embed out/ --matrix matrix.npy --reduce mean -o sentences.npy
    """
    _check_ending(output, ".npy")
    keep_freed_memory()
    from embedprep import embedding

    named = None if matrix is None else Path(matrix)
    target = _target(output, quiet, **chosen)
    made = embedding.embed(Path(rows), target, matrix=named, dtype=dtype, reduce=reduce)
    _print(made, quiet, as_json, [])


@click.command
@options.rows
@options.vocabulary_of_rows
@_output
@options.limit_option
@options.running_options
@options.sync_option
def onehot(
    *,
    rows: str,
    vocab: str | None,
    output: str,
    quiet: bool,
    as_json: bool,
    **chosen: Any,
) -> None:
    """Write every index of rows as a vector of 0 with a 1 at its place.

    The array is (rows, max_len, input_dim) uint8; padding has its 1 in column 0.

    \b
    embedprep onehot out/ -o onehot.npy
    """
    _check_ending(output, ".npy")
    keep_freed_memory()
    from embedprep import embedding

    target = _target(output, quiet, **chosen)
    _print(embedding.one_hot(Path(rows), target, vocabulary=vocab), quiet, as_json, [])


@click.command
@options.rows
@options.vocabulary_of_rows
@click.option(
    "--mode",
    type=click.Choice(BAG_MODES),
    default="binary",
    show_default=True,
    help="What stands for a word of a row: 1, how often it is there, its share of the row, or "
    "tf-idf.",
)
@click.option(
    "--fit",
    metavar="TRAIN.npy|DIR",
    help="The rows that tfidf counts documents in.  [default: the rows themselves]",
)
@click.option(
    "--sparse", is_flag=True, help="Write the values that are not 0, for scipy.sparse.load_npz."
)
@click.option(
    "--dtype",
    type=click.Choice(BAG_DTYPES),
    default="float32",
    show_default=True,
    help="The type of a number.",
)
@click.option(
    "-o",
    "--output",
    required=True,
    metavar="X.npy|X.npz",
    help="The matrix to write, with --sparse an .npz.",
)
@options.limit_option
@options.running_options
@options.sync_option
def bow(
    *,
    rows: str,
    vocab: str | None,
    mode: str,
    fit: str | None,
    sparse: bool,
    dtype: str,
    output: str,
    quiet: bool,
    as_json: bool,
    **chosen: Any,
) -> None:
    """Write the words of each row as a row of a matrix, (rows, input_dim), their order forgotten.

    The modes are those of the Keras Tokenizer. Rows must be whole: encode with --max-len max.

    \b
    embedprep bow out/ --mode count -o counts.npy
    embedprep bow test.npy --vocab out/vocab.json --mode tfidf --fit out/ --sparse -o test.npz
    """
    _check_ending(output, ".npz" if sparse else ".npy", "with --sparse" if sparse else "")
    keep_freed_memory()
    from embedprep import bags

    with choices.usage_errors():
        made = bags.bow(
            Path(rows),
            _target(output, quiet, **chosen),
            vocabulary=vocab,
            mode=mode,
            fit=None if fit is None else Path(fit),
            sparse=sparse,
            dtype=dtype,
        )
    n_cells = made.shape[0] * made.shape[1]
    filled = f"{made.n_values / n_cells:.2%}" if n_cells else ""
    facts = [("non-zero values", made.n_values, filled), ("documents", made.n_documents, "")]
    _print(made, quiet, as_json, facts)


def _check_ending(output: str, ending: str, where: str = "") -> None:
    choices.refuse_stdout(output)
    if not output.endswith(ending):
        cause = " ".join(filter(None, [f"{output!r} does not end in {ending}", where]))
        raise click.BadParameter(cause, param_hint="'-o' / '--output'")


def _target(
    output: str, quiet: bool, *, max_bytes: int | None, jobs: int | None, sync: bool
) -> Target:
    from embedprep.tensors import Target

    announce: Callable[[str], object] = (lambda said: None) if quiet else _announce
    return Target(Path(output), max_bytes, jobs, sync, announce)


def _announce(said: str) -> None:
    """Tell what is written. That nobody can be told does not hinder it."""
    with suppress(OSError):
        click.echo(f"embedprep: {printable(said)}", err=True)


def _print(
    made: Tensor | Bags, quiet: bool, as_json: bool, facts: list[tuple[str, int, str]]
) -> None:
    """The file, its shape and its dtype; further `facts` as figures, by their names."""
    if as_json:
        found = {"output": str(made.path), "shape": list(made.shape), "dtype": made.dtype}
        print_json(
            found | {name.replace(" ", "_").replace("-", "_"): figure for name, figure, _ in facts}
        )
    elif not quiet:
        n_rows, *inner = made.shape
        head = f"{how_many(n_rows, 'row')} of {' x '.join(f'{n:,}' for n in inner)}, {made.dtype}"
        figures = table(facts) if facts else ""
        stdout.write(f"{printable(str(made.path))}: {head}\n{figures}")
