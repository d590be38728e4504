"""Which options do commands share? One name, one meaning in every command.

Those of commands that read text are in `text_options`.
"""

from __future__ import annotations

import os
import re
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click
from click.types import StringParamType

from embedprep.cli.sections import Decorated, together
from embedprep.errors import SettingsError
from embedprep.gates import parse_share
from embedprep.places import is_url, path_text, shown
from embedprep.settings import INITIALIZERS, OOV_INITIALIZERS, OUTPUT_DIM, TOP

if TYPE_CHECKING:
    from fractions import Fraction

    from click.shell_completion import CompletionItem

_UNITS = {"": 1, "k": 10**3, "m": 10**6, "g": 10**9, "t": 10**12}
_BINARY_UNITS = {"ki": 1 << 10, "mi": 1 << 20, "gi": 1 << 30, "ti": 1 << 40}


def size(text: str | int) -> int:
    """The bytes that 4096, 512MB or 2GiB stand for."""
    if isinstance(text, int):
        return text
    found = re.fullmatch(r"([0-9]+(?:\.[0-9]+)?)\s*([kmgt]?i?)b?", text.strip().lower())
    unit = (_UNITS | _BINARY_UNITS).get(found[2]) if found else None
    if found is None or unit is None:
        raise click.BadParameter(f"{text!r} is no size like 4096, 512MB or 2GiB")
    return int(float(found[1]) * unit) if "." in found[1] else int(found[1]) * unit


def share(text: str) -> Fraction:
    """The share that 5% or 0.05 stand for."""
    try:
        return parse_share("", text)
    except SettingsError as error:
        raise click.BadParameter(str(error)) from None  # which has no place


def words(text: str) -> str:
    """What was typed, as UTF-8 whatever the locale takes it for, as all text is here."""
    return os.fsencode(text).decode("utf-8", "surrogateescape")


def seed_option(draws: str) -> Callable[[Decorated], Decorated]:
    """The option of what a command draws at random."""
    return click.option(
        "--seed",
        type=click.IntRange(min=0),
        default=0,
        show_default=True,
        help=f"Another draw of {draws}.",
    )


def top_option(shows: str, short: str | None = None) -> Callable[[Decorated], Decorated]:
    """The option of how many words a list shows."""
    return click.option(
        *([short] if short else []),
        "--top",
        type=click.IntRange(min=1),
        default=TOP,
        show_default=True,
        help=shows,
    )


class _Address(StringParamType):
    """The name of a file or folder, or an address, which the library takes apart; for a shell, a
    file.
    """

    def shell_complete(
        self, ctx: click.Context, param: click.Parameter, incomplete: str
    ) -> list[CompletionItem]:
        del ctx, param  # click's names
        from click.shell_completion import CompletionItem

        return [CompletionItem(incomplete, type="file")]


class _LocalPath(click.Path):
    """A path on a disk, which may be told as file://."""

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:
        if isinstance(value, str):
            if is_url(value):
                self.fail(f"{shown(value)} is an address; name a path on a disk", param, ctx)
            value = path_text(value)
        return super().convert(value, param, ctx)


address = _Address()
local = _LocalPath(path_type=str)
path = _LocalPath(path_type=Path)
"""A path as the library takes it. Whether it is there, and what, is the library's to say."""


def output_option(
    metavar: str, what: str, kind: _Address | _LocalPath = local
) -> Callable[[Decorated], Decorated]:
    """The option of what a command writes, and must be told."""
    return click.option("-o", "--output", type=kind, required=True, metavar=metavar, help=what)


rows = click.argument("rows", type=path, metavar="ROWS.npy|DIR")
vocabulary_of_rows = click.option(
    "--vocab",
    type=path,
    metavar="FILE",
    help="The vocab.json that the rows were encoded with.  [default: that of their output]",
)

matrix_output = output_option(
    "M.npy|DIR", "The matrix to write, or the output that it is to be a part of."
)

matrix_options = together(
    "Embedding matrix",
    click.option(
        "--dim",
        type=click.IntRange(min=1),
        help=f"Numbers in a vector.  [default: as in --vectors, else {OUTPUT_DIM}]",
    ),
    click.option(
        "--init",
        type=click.Choice(INITIALIZERS),
        default="uniform",
        show_default=True,
        help="How vectors begin: as Keras' RandomUniform within 0.05, as its RandomNormal of "
        "deviation 0.05, or with zeros.",
    ),
    click.option(
        "--vectors",
        type=address,
        metavar="FILE",
        help="Take the vectors of words from this file: GloVe, word2vec text or binary, fastText "
        ".vec or .bin; plain, compressed or in a zip archive; - is standard input.",
    ),
    click.option(
        "--oov-init",
        type=click.Choice(OOV_INITIALIZERS),
        default="match",
        show_default=True,
        help="How the vectors of words that the file lacks begin: as with --init, with the mean of "
        "those found, or normal with their mean and deviation in each dimension.",
    ),
    click.option(
        "--case-fallback",
        is_flag=True,
        help="Look for a word that the file lacks in lower, title and upper case.",
    ),
    click.option(
        "--skip-bad-vectors",
        is_flag=True,
        help="Leave out, and count, vectors that cannot be read.",
    ),
)

limit_option = click.option(
    "--max-bytes", type=size, metavar="SIZE", help="Refuse to write larger arrays."
)

result_options = together(
    "Running",
    click.option("-q", "--quiet", is_flag=True, help="No progress, warnings or summary."),
    click.option("--json", "as_json", is_flag=True, help="Print the result as one JSON object."),
)

running_options = together(
    "Running",
    click.option(
        "--jobs",
        type=click.IntRange(min=1),
        help="Blocks worked on at a time.  [default: the number of cores]",
    ),
    result_options,
)

_GATES = {
    "max-oov": "Fail if more of the words are out of vocabulary than this share, as 5% or 0.05.",
    "max-truncated": "Fail if more of the rows are cut than this share.",
    "max-empty": "Fail if more of the rows have no word than this share.",
    "max-duplicates": "Fail if more of the rows are copies of earlier ones than this share.",
    "min-rows": "Fail if there are fewer training rows.",
    "min-coverage": "Fail if fewer of the kept words have a pretrained vector than this share.",
}

ROW_GATES = ("max-oov", "max-truncated", "max-empty", "max-duplicates", "min-rows")
COVERAGE_GATE = "min-coverage"


def gate_options(*names: str) -> Callable[[Decorated], Decorated]:
    """The gates of a command, and what goes with them."""
    return together(
        "Gates",
        *(
            click.option(
                f"--{name}",
                type=click.IntRange(min=0) if name == "min-rows" else share,
                metavar="ROWS" if name == "min-rows" else "SHARE",
                help=_GATES[name],
            )
            for name in names
        ),
        click.option(
            "--gate-warn", "only_warn", is_flag=True, help="Only warn where a gate fails."
        ),
        click.option(
            "--summary",
            type=local,
            metavar="FILE",
            help="Append a summary in Markdown to this file, as $GITHUB_STEP_SUMMARY.",
        ),
    )


sync_option = together(
    "Running",
    click.option(
        "--sync", is_flag=True, help="Flush the output to the disk itself, against loss of power."
    ),
)
