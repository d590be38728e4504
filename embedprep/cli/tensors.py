"""The commands that make arrays of rows, for models without an embedding layer: `embed`, `onehot`
and `bow`.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from embedprep.cli import choices, options, stdout
from embedprep.cli.command import Command
from embedprep.cli.memory import keep_freed_memory
from embedprep.cli.summary import announce, array_facts, array_line, print_json, table
from embedprep.settings import BAG_DTYPES, BAG_MODES, REDUCTIONS, VECTOR_DTYPES
from embedprep.wording import per_cent

if TYPE_CHECKING:
    from embedprep.bags import Bags
    from embedprep.tensors import Target, Tensor

_output = options.output_option("X.npy", "The array to write.")


@click.command(cls=Command)
@options.rows
@click.option(
    "--matrix",
    type=options.path,
    metavar="M.npy",
    help="The embedding matrix.  [default: that of their output]",
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
    rows: Path,
    matrix: Path | None,
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

    target = _target(output, quiet, **chosen)
    made = embedding.embed(rows, target, matrix=matrix, dtype=dtype, reduce=reduce)
    _print(made, quiet, as_json)


@click.command(cls=Command)
@options.rows
@options.vocabulary_of_rows
@_output
@options.limit_option
@options.running_options
@options.sync_option
def onehot(
    *,
    rows: Path,
    vocab: Path | None,
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
    _print(embedding.one_hot(rows, target, vocabulary=vocab), quiet, as_json)


@click.command(cls=Command)
@options.rows
@options.vocabulary_of_rows
@options.output_option("X.npy|X.npz", "The matrix to write, with --sparse an .npz.")
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
    type=options.path,
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
@options.limit_option
@options.running_options
@options.sync_option
def bow(
    *,
    rows: Path,
    vocab: Path | None,
    mode: str,
    fit: Path | None,
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
    embedprep bow test.npy --vocab out/vocab.json --mode tfidf --fit out/ \\
        --sparse -o test.npz
    """
    _check_ending(output, ".npz" if sparse else ".npy", "with --sparse" if sparse else "")
    keep_freed_memory()
    from embedprep import bags

    with choices.usage_errors():
        made = bags.bow(
            rows,
            _target(output, quiet, **chosen),
            vocabulary=vocab,
            mode=mode,
            fit=fit,
            sparse=sparse,
            dtype=dtype,
        )
    n_cells = made.shape[0] * made.shape[1]
    filled = per_cent(made.n_values / n_cells, 2) if n_cells else ""
    lines = [("non-zero values", made.n_values, filled), ("documents", made.n_documents, "")]
    _print(made, quiet, as_json, table(lines))


def _check_ending(output: str, ending: str, where: str = "") -> None:
    choices.refuse_stdout(output, "an array")
    if not output.endswith(ending):
        cause = " ".join(filter(None, [f"{output!r} does not end in {ending}", where]))
        raise click.BadParameter(cause, param_hint="'-o' / '--output'")


def _target(
    output: str, quiet: bool, *, max_bytes: int | None, jobs: int | None, sync: bool
) -> Target:
    from embedprep.tensors import Target

    told: Callable[[str], object] = (lambda said: None) if quiet else announce
    return Target(Path(output), max_bytes, jobs, sync, told)


def _print(made: Tensor | Bags, quiet: bool, as_json: bool, facts: str = "") -> None:
    """The file, its shape and its dtype; below them some `facts`."""
    path = str(made.path)
    if as_json:
        print_json(array_facts(path, made.shape, made.dtype, made.statistics))
    elif not quiet:
        stdout.write(f"{array_line(path, made.shape, made.dtype)}\n{facts}")
