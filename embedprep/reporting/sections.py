"""Which figures and tables does a report show, and in which words are they told?"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np

from embedprep.figures.coverage import coverage, sizes_to_try
from embedprep.figures.lengths import (
    CutFigures,
    LengthFigures,
    cut_figures,
    length_figures,
    lengths_to_try,
)
from embedprep.figures.words import RankedCounts, ranked_counts
from embedprep.listing import table_of, whole_number
from embedprep.reporting import charts
from embedprep.reporting.gathering import PartFacts
from embedprep.reporting.labels import ClassShares, NumberSpread, class_shares, number_spread
from embedprep.reporting.sampling import padding_map
from embedprep.reporting.svg import svg_of
from embedprep.reporting.tables import (
    Column,
    Section,
    Table,
    decimal,
    left_out,
    named_columns,
    number,
    seen,
    share,
)
from embedprep.reporting.vectors import matrix_section
from embedprep.sources import TRAINING
from embedprep.wording import how_large, how_many

_MOST_WORDS = 20
_MOST_LENGTHS = 16


def sections(parts: Sequence[PartFacts]) -> Iterator[Section]:
    """The sections about the rows of an output and its words, in the order in which they are read;
    what it does not have is left out.
    """
    yield _lengths(parts)
    counts = ranked_counts(parts[0].output, parts[0].rows)
    if counts.n_kept and counts.n_running:
        yield _coverage(parts, counts)
        yield _ranks(parts[0], counts)
    yield _padding(parts)
    classes, numbers = class_shares(parts), number_spread(parts)
    if classes is not None:
        yield _classes(parts, classes)
    if numbers is not None:
        yield _numbers(parts, numbers)
    if parts[0].output.embedding_matrix is not None:
        yield matrix_section(parts[0])


def _names(parts: Sequence[PartFacts]) -> list[tuple[str, str]]:
    """A legend of the parts that a figure shows; one needs none."""
    shown = [
        (f"s{at + 1}", seen(part.title)) for at, part in enumerate(parts[: len(charts.SERIES)])
    ]
    return shown if len(shown) > 1 else []


def _lengths(parts: Sequence[PartFacts]) -> Section:
    output, rows_of_length = parts[0].output, parts[0].rows.rows_of_length
    max_len, n_marks = output.sequences.shape[1], output.vocabulary.specials.n_marks
    own = length_figures(rows_of_length, n_marks)
    cut = cut_figures(rows_of_length, max_len)
    drawn = charts.draw_lengths(
        [part.rows.rows_of_length for part in parts], max_len, are_cut=not output.is_split
    )
    text = _told_of_lengths(parts[0], own, cut, max_len)
    legend = _names(parts)
    if cut.cut_rows and not output.is_split:
        legend = [*(legend or [("s1", "kept whole")]), ("cut", "longer than max_len")]
    by_part = [
        (
            seen(part.title),
            *map(number, (told.rows, told.empty)),
            decimal(told.mean),
            *map(number, (told.median, told.p90, told.p95, told.p99, told.longest)),
        )
        for part in parts
        for told in [length_figures(part.rows.rows_of_length, n_marks)]
    ]
    heads = ("rows", "empty", "mean", "median", "p90", "p95", "p99", "longest")
    tables = [
        Table("Lengths in indices, before rows are cut", named_columns("part", *heads), by_part)
    ]
    if not output.is_split:
        tables.append(_cuts(parts[0], max_len, n_marks))
    svg = svg_of(drawn, "lengths", f"Histogram of the lengths of rows. {text}")
    return Section("lengths", "Length of rows", text, svg, legend, tables)


def _told_of_lengths(part: PartFacts, lengths: LengthFigures, cut: CutFigures, max_len: int) -> str:
    """Sentences about the rows of a part."""
    text = (
        f"Half of the {lengths.rows:,} rows of {_told(part)} have up to "
        f"{how_many(lengths.median, 'index', 'indices')}, 99\N{NO-BREAK SPACE}% up to "
        f"{lengths.p99:,}; the longest has {lengths.longest:,}."
    )
    if lengths.rows < 2:
        one = f"one row, of {how_many(lengths.longest, 'index', 'indices')},"
        text = f"There is {one if lengths.rows else 'no row'} in {_told(part)}."
    if part.output.is_split:
        text += " Longer ones were split into several, which are what is counted here."
    elif lengths.rows:
        cut_rows = how_many(cut.cut_rows, "row is", "rows are")
        cut_share = share(cut.cut_rows, lengths.rows)
        told = f"{cut_rows} cut ({cut_share})" if cut.cut_rows else "none is cut"
        text += f" At {max_len:,}, {told}."
    rows_of_length = part.rows.rows_of_length
    far = charts.last_shown(rows_of_length, max_len)
    beyond = sum(n for length, n in rows_of_length.items() if length > far)
    if beyond:
        text += f" The figure leaves out {how_many(beyond, 'row')} of more than {far:,}."
    return text


def _cuts(part: PartFacts, max_len: int, n_marks: int) -> Table:
    """What other lengths would cost."""
    lengths = part.rows.rows_of_length
    tried = {*list(lengths_to_try(lengths, n_marks))[-_MOST_LENGTHS:], max_len}
    n_rows, n_bytes = max(1, lengths.total()), part.output.sequences.dtype.itemsize
    rows = [
        (
            f"{length:,}{' (chosen)' if length == max_len else ''}",
            number(told.cut_rows),
            share(told.cut_rows, n_rows),
            number(told.lost_indices),
            share(told.padding),
            how_large(told.n_bytes),
        )
        for length in sorted(tried)
        for told in [cut_figures(lengths, length, n_bytes)]
    ]
    heads = ("rows cut", "share", "indices lost", "padding", "size")
    return Table(f"What a max_len costs: {_told(part)}", named_columns("max_len", *heads), rows)


def _told(part: PartFacts) -> str:
    """The name of a part within a sentence."""
    if part.is_whole:
        return "the output"
    return "the training part" if part.name == TRAINING else f"the part {seen(part.name)}"


def _coverage(parts: Sequence[PartFacts], counts: RankedCounts) -> Section:
    drawn = charts.draw_coverage(counts.counts, counts.n_running, counts.n_distinct)
    kept = int(counts.counts.sum())
    text = (
        f"{how_many(counts.n_kept, 'kept word')} {'is' if counts.n_kept == 1 else 'are'} "
        f"{share(kept, counts.n_running)} of the {how_many(counts.n_running, 'running word')}."
    )
    if counts.are_of_rows:
        text += (
            " The vocabulary is from another text, or its counts are not known: words are counted "
            "in the rows as they are stored, without what was cut."
        )
    elif counts.n_distinct is not None and counts.n_distinct > counts.n_kept:
        text += f" All {counts.n_distinct:,} distinct words would be {share(1)}."
    sizes = sizes_to_try(counts.n_kept, least=100)
    rows = [
        (
            f"{told.max_words:,}{' (all kept)' if told.max_words == counts.n_kept else ''}",
            share(told.share),
            number(int(counts.counts[told.kept_words - 1])),
        )
        for told in coverage(counts.counts, counts.n_running, sizes)
    ]
    tables = [
        Table(
            "What the most frequent words cover",
            named_columns("N", "running words", "least count"),
            rows,
        ),
        _unknown(parts),
    ]
    svg = svg_of(drawn, "coverage", f"Curve of the share of running words against N. {text}")
    return Section("coverage", "Coverage of the vocabulary", text, svg, [], tables)


def _unknown(parts: Sequence[PartFacts]) -> Table:
    """How many words of each part are unknown, as its manifest tells."""
    rows = []
    for part in parts:
        facts = table_of(part.output.manifest, "statistics")
        n_words, n_unknown = whole_number(facts, "words"), whole_number(facts, "unknown_words")
        told = share(n_unknown or 0, n_words or 0) if n_unknown is not None else "–"
        rows.append((seen(part.title), number(n_words), number(n_unknown), told))
    return Table(
        "Words out of vocabulary", named_columns("part", "words", "unknown", "share"), rows
    )


def _ranks(part: PartFacts, counts: RankedCounts) -> Section:
    drawn = charts.draw_ranks(counts.counts)
    entries = part.output.vocabulary.entries
    once = int(np.count_nonzero(counts.counts == 1))
    text = (
        f"The most frequent word occurs {how_many(int(counts.counts[0]), 'time')}, the last one "
        f"{how_many(int(counts.counts[-1]), 'time')}. {once:,} of "
        f"{how_many(counts.n_kept, 'kept word')} {'occurs' if once == 1 else 'occur'} once."
    )
    rows = [
        (
            seen(entries[index]),
            number(rank + 1),
            number(index),
            number(count),
            share(count, counts.n_running),
        )
        for rank, (index, count) in enumerate(
            zip(
                counts.indices[:_MOST_WORDS].tolist(),
                counts.counts[:_MOST_WORDS].tolist(),
                strict=True,
            )
        )
    ]
    heads = ("rank", "index", "count", "share")
    note = left_out(counts.n_kept, len(rows), "words")
    table = Table("The most frequent words", named_columns("word", *heads), rows, note)
    svg = svg_of(drawn, "ranks", f"Counts of words by rank, both axes logarithmic. {text}")
    return Section("ranks", "Rank and frequency", text, svg, [], [table])


def _padding(parts: Sequence[PartFacts]) -> Section:
    output = parts[0].output
    specials = output.vocabulary.specials
    length = output.sequences.shape[1]
    rows = [_cells(part) for part in parts]
    sample = padding_map(parts[0])
    sides = output.vocabulary.rectangle
    what = f"{share(*parts[0].n_padding)} of the cells of {_told(parts[0])} are padding"
    text = f"{what}, at the {'start' if sides.padding == 'pre' else 'end'} of its rows."
    legend = [("s1", "word")]
    if specials.unk is not None:
        legend.append(("cut", "unknown word"))
    legend += [("soft", "mark")] if specials.n_marks else []
    legend += [("empty", "padding")]
    if sample.is_cut.any():
        legend.append(("dot", f"row cut at the {'start' if sides.truncating == 'pre' else 'end'}"))
    marks = ["marks"] if specials.n_marks else []
    heads = ("cells", "padding", "words", "unknown", *marks, "duplicate rows")
    table = Table("What the cells of the rows hold", named_columns("part", *heads), rows)
    if not len(sample.rows):
        text = f"There is no row in {_told(parts[0])}."
        return Section("padding", "Padding", text, "", [], [table])
    shown = len(sample.rows)
    text += (
        " Each line is a row."
        if shown == len(output.sequences)
        else f" Each line is one of {shown} rows, evenly spaced in the file."
    )
    drawn = charts.draw_padding(sample, length, sides.truncating)
    svg = svg_of(drawn, "padding", f"Map of what stands where in some rows. {text}")
    return Section("padding", "Padding", text, svg, legend, [table])


def _cells(part: PartFacts) -> tuple[str, ...]:
    counts, specials = part.rows.counts_of_index, part.output.vocabulary.specials
    padded, n_cells = part.n_padding
    unknown = 0 if specials.unk is None else int(counts[specials.unk])
    marks = sum(int(counts[at]) for at in (specials.bos, specials.eos) if at is not None)
    words = n_cells - padded - unknown - marks
    of_marks = [marks] if specials.n_marks else []
    kinds = [share(n, n_cells) for n in (padded, words, unknown, *of_marks)]
    return (seen(part.title), number(n_cells), *kinds, number(part.rows.n_duplicates))


def _classes(parts: Sequence[PartFacts], classes: ClassShares) -> Section:
    several = table_of(parts[0].output.manifest, "labels").get("type") == "classes"
    n_rows = np.array([part.n_rows for part in parts], np.int64)
    n_classes = len(classes.numbers) + classes.n_others
    text = f"{how_many(n_classes, 'class', 'classes')}, told by number in the figure."
    if classes.n_others:
        text += f" Shown are the {len(classes.numbers)} with the most rows of {_told(parts[0])}."
    if several:
        text += " A row of several classes counts for each."
    others = classes.rows_of_others if classes.n_others else None
    drawn = charts.draw_classes(classes.rows, n_rows, classes.numbers, others)
    heads = [head for part in parts for head in (seen(part.title, 24), "share")]
    columns = (Column("class", "name"), Column("no."), *map(Column, heads))
    rows = [
        (seen(name), str(label), *_in_parts(classes.rows[:, at].tolist(), n_rows.tolist()))
        for at, (name, label) in enumerate(zip(classes.names, classes.numbers, strict=True))
    ]
    if others is not None:
        told = _in_parts(others.tolist(), n_rows.tolist())
        rows.append((f"{how_many(classes.n_others, 'other class', 'other classes')}", "–", *told))
    table = Table("Rows of each class", columns, rows)
    svg = svg_of(drawn, "labels", f"Bars of the share of rows that each class has, by part. {text}")
    return Section("labels", "Labels", text, svg, _names(parts), [table])


def _in_parts(rows: Sequence[int], n_rows: Sequence[int]) -> Iterator[str]:
    for n, whole in zip(rows, n_rows, strict=True):
        yield from (number(n), share(n, whole))


def _numbers(parts: Sequence[PartFacts], spread: NumberSpread) -> Section:
    n_shown = len(spread.figures[0])
    rows = []
    for part, of_part in zip(parts, spread.figures, strict=True):
        for column, told in enumerate(of_part):
            name = seen(part.title) if n_shown == 1 else f"{seen(part.title)}, column {column + 1}"
            values = (told.minimum, told.mean, told.maximum)
            rows.append((name, *(f"{value:.6g}" if told.rows else "–" for value in values)))
    note = left_out(spread.n_columns, n_shown, "columns")
    table = Table(
        "Labels as numbers", named_columns("part", "least", "mean", "greatest"), rows, note
    )
    of_column = "" if spread.n_columns == 1 else f" of the first of {spread.n_columns:,} columns"
    text = f"Labels are numbers. The figure shows those{of_column} in {_told(parts[0])}."
    if not spread.in_bins.sum():
        return Section("labels", "Labels", "Labels are numbers.", "", [], [table])
    drawn = charts.draw_numbers(spread.edges, spread.in_bins)
    svg = svg_of(drawn, "labels", f"Histogram of labels. {text}")
    return Section("labels", "Labels", text, svg, [], [table])
