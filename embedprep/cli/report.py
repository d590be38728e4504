"""The command that writes a page about an output: `report`."""

from __future__ import annotations

from pathlib import Path

import click

from embedprep.cli import options, stdout
from embedprep.cli.progress import progress
from embedprep.cli.sections import Sectioned
from embedprep.cli.summary import print_json
from embedprep.wording import how_large, how_many, printable


@click.command(cls=Sectioned)
@click.argument("folder", type=options.path, metavar="DIR")
@click.option(
    "-o",
    "--output",
    type=options.local,
    required=True,
    metavar="FILE.html",
    help="The page to write; - is stdout.",
)
@click.option(
    "--title",
    type=options.words,
    metavar="TEXT",
    help="The heading of the page.  [default: the name of the folder]",
)
@options.result_options
def report(*, folder: Path, output: str, title: str | None, quiet: bool, as_json: bool) -> None:
    """Write a page about an output of run or encode, to be opened in any browser.

    It shows how long rows are, what the vocabulary covers, how words are spread, where padding
    stands, which labels each part has and what the embedding matrix covers, with a table for each
    figure, and the command that makes such an output. The page is one file that asks for no other.
    Needs matplotlib and jinja2: pip install 'embedprep[report]'.

    \b
    embedprep report out/ -o report.html
    embedprep report out/ --title "Reviews, 2024" -o - | gzip > report.html.gz
    """
    from embedprep.figures.rows import count_rows
    from embedprep.reporting.gathering import MOST_PARTS
    from embedprep.reporting.recipe import report_page, write_report

    n_rows = count_rows(folder, MOST_PARTS)
    with progress(n_rows, quiet, doing="counting", unit=" rows") as advance:
        if output == "-":
            made = report_page(folder, title=title, advance=advance)
        else:
            made = write_report(folder, Path(output), title=title, advance=advance)
    if output == "-":
        stdout.write(made.html)
    elif as_json:
        print_json({"output": output, "bytes": len(made.html), "figures": made.figures})
    elif not quiet:
        figures = how_many(len(made.figures), "figure")
        stdout.write(f"{printable(output)}: {figures}, {how_large(len(made.html))}\n")
