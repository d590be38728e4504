"""Which steps write the page about an output?"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any, NamedTuple

from embedprep.listing import list_of, shards_of, table_of, whole_number
from embedprep.manifest import was_run
from embedprep.output import Output, embedding_line, load
from embedprep.places import Place
from embedprep.publication import staged_file
from embedprep.reporting.command import MOST_INPUTS, commands
from embedprep.reporting.gathering import PartFacts, gather
from embedprep.reporting.page import Page, check_templates, rendered
from embedprep.reporting.sections import sections
from embedprep.reporting.svg import drawing
from embedprep.reporting.tables import (
    Column,
    Table,
    left_out,
    number,
    seen,
    settings_table,
    share,
)
from embedprep.wording import how_large, how_many

_MOST_FILES = 40
_SHORT_DIGEST = 12
_LONGEST_TITLE = 120


class Report(NamedTuple):
    """A page about an output: its bytes, and the names of its figures."""

    html: bytes
    figures: list[str]


def report_page(
    folder: Path,
    *,
    title: str | None = None,
    advance: Callable[[int], object] = lambda n_rows: None,
) -> Report:
    """The page about an output: the same bytes for the same output in every run.

    `advance` is told of rows that were counted. Raises MissingExtra without matplotlib or jinja2,
    OutputError where the folder is no finished output of rows.
    """
    check_templates()
    with drawing():
        output = load(folder)
        parts = gather(folder, output, advance)
        made = list(sections(parts))
    name = os.path.basename(os.path.abspath(folder)) or "output"
    page = Page(
        title=seen(title or name, _LONGEST_TITLE),
        lead=_lead(output),
        tiles=list(_tiles(parts)),
        sections=made,
        layer=embedding_line(output.manifest["embedding"]),
        commands=commands(output.manifest, name),
        facts=_facts(output),
    )
    html = rendered(page).encode("utf-8", "backslashreplace")
    return Report(html, [section.name for section in made if section.svg])


def write_report(
    folder: Path,
    output: Place,
    *,
    title: str | None = None,
    advance: Callable[[int], object] = lambda n_rows: None,
) -> Report:
    """Write the page about an output into a file, whole or not at all.

    Raises OutputError where that file is one of an output, beside what `report_page` raises.
    """
    with staged_file(output) as temporary:
        report = report_page(folder, title=title, advance=advance)
        temporary.write_bytes(report.html)
    return report


def _lead(output: Output) -> str:
    """What the page is about, in a sentence."""
    max_len = output.sequences.shape[1]
    rows = f"{how_many(len(output.sequences), 'row')} of {how_many(max_len, 'index', 'indices')}"
    command = "run" if was_run(output.manifest) else "encode"
    version = output.manifest.get("embedprep")
    told = f", version {seen(version)}" if isinstance(version, str) else ""
    parts = f", and {how_many(len(output.parts), 'other part')}" if output.parts else ""
    return f"{rows}{parts}, made by embedprep {command}{told}."


def _tiles(parts: Sequence[PartFacts]) -> Iterator[tuple[str, str]]:
    """The numbers that one looks for first."""
    output = parts[0].output
    facts = table_of(output.manifest, "statistics")
    n_words, n_unknown = whole_number(facts, "words"), whole_number(facts, "unknown_words")
    yield ("rows" if len(parts) == 1 else "training rows", number(len(output.sequences)))
    if len(parts) > 1:
        yield ("rows of other parts", number(sum(part.n_rows for part in parts[1:])))
    if n_words is not None:
        yield ("running words", number(n_words))
    yield ("kept words", number(len(output.vocabulary.words)))
    if n_words is not None and n_unknown is not None:
        yield ("out of vocabulary", share(n_unknown, n_words))
    yield ("max_len", number(output.sequences.shape[1]))
    yield ("padding", share(*parts[0].n_padding))
    if output.labels is not None and output.classes:
        yield ("classes", number(len(output.classes)))


def _facts(output: Output) -> list[list[Table]]:
    """What the manifest tells: inputs and files, and beside them the settings."""
    told = output.manifest
    return [[_inputs(told), _files(told)], [settings_table(table_of(told, "settings"))]]


def _inputs(manifest: dict[str, Any]) -> Table:
    inputs = list_of(manifest, "inputs")
    told = [name for name in ("part", "label") if any(name in item for item in inputs)]
    rows = [
        (
            seen(str(item.get("name"))),
            *(seen(str(item.get(name, "–"))) for name in told),
            number(whole_number(item, "bytes")),
            _digest(item),
        )
        for item in inputs[:MOST_INPUTS]
    ]
    note = left_out(len(inputs), len(rows), "inputs")
    names = [Column(name, "name") for name in ("name", *told)]
    return Table("Inputs", (*names, Column("bytes"), Column("SHA-256", "code")), rows, note)


def _files(manifest: dict[str, Any]) -> Table:
    """The files of the output; those that are one array, its shards, in one row."""
    files = list_of(manifest, "outputs")
    array_of = {shard: name for name, names in shards_of(manifest).items() for shard in names}
    together: dict[object, list[dict[str, Any]]] = {}
    for item in files:
        together.setdefault(array_of.get(item.get("name"), item.get("name")), []).append(item)
    listed = []
    for name, items in together.items():
        n_bytes = sum(whole_number(item, "bytes") or 0 for item in items)
        told = (_dtype(items[0]), how_large(n_bytes))
        if items[0].get("name") == name:
            row = (seen(str(name)), _shape(items[0].get("shape")), *told, _digest(items[0]))
        else:
            row = (f"{seen(str(name))}, in {how_many(len(items), 'shard')}", "–", *told, "–")
        listed.append(row)
    rows = listed[:_MOST_FILES]
    columns = (Column("name", "name"), Column("shape", "code"), Column("dtype", "code"))
    note = left_out(len(listed), len(rows), "files")
    return Table("Files", (*columns, Column("size"), Column("SHA-256", "code")), rows, note)


def _shape(shape: object) -> str:
    return " × ".join(map(number, shape[:4])) if isinstance(shape, list) else "–"


def _dtype(item: dict[str, Any]) -> str:
    dtype = item.get("dtype")
    return seen(dtype) if isinstance(dtype, str) else "–"


def _digest(item: dict[str, Any]) -> str:
    """The beginning of a digest; of several pieces, that of the first, and how many there are."""
    pieces = item.get("sha256")
    if not isinstance(pieces, list) or not pieces:
        return "–"
    more = f" +{len(pieces) - 1:,}" if len(pieces) > 1 else ""
    return f"{seen(str(pieces[0])[:_SHORT_DIGEST])}…{more}"
