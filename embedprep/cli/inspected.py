"""What does `inspect` say of a text or an output? One screen for people, one object for scripts."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Any

from embedprep.cli.bars import MARGIN, section, with_bars
from embedprep.cli.choices import name_of
from embedprep.cli.columns import GAP, behind_label, fold, in_place, n_cells, shown, to_the_right
from embedprep.wording import how_large, how_many, part_name, per_cent, printable, shortened

if TYPE_CHECKING:
    from embedprep.inspecting.inspection import (
        Inspection,
        LabelFigures,
        PartFigures,
        WordFigures,
    )

_SHOWN_CLASSES = 10
_SHOWN_SCRIPTS = 5
_SHOWN_PARTS = 20
"""All are counted, and told by the JSON; a report counts no more than its page tells."""

_SHORTEST_REASON = 40

_LONGEST_BAR, _SHORTEST_BAR = 20, 4


def facts(inspection: Inspection) -> dict[str, Any]:
    """What was found as JSON."""
    words = inspection.words
    told: dict[str, Any] = {
        "place": inspection.place,
        "tokenizer": inspection.tokenizer.saved,
        "rows": _rows_facts(inspection.rows),
        "parts": {part.name: _rows_facts(part) for part in inspection.parts[1:]},
        "words": words._asdict()
        | {
            "coverage": [its._asdict() for its in words.coverage],
            "most_frequent": [list(its) for its in words.most_frequent],
        },
        "max_len": [its._asdict() for its in inspection.cuts],
        "dtype": inspection.dtype,
    }
    if inspection.rectangle is not None:
        row = inspection.rectangle
        told["row"] = {"max_len": row.max_len, "padding": row.padding, "truncating": row.truncating}
    told |= {"matrix": inspection.matrix} if inspection.matrix else {}
    return told | {
        "advice": [its._asdict() for its in inspection.advice],
        "warnings": list(inspection.warnings),
    }


def _rows_facts(part: PartFigures) -> dict[str, Any]:
    told = part.lengths._asdict() | {
        "duplicates": part.duplicates,
        "longest_rows": [its._asdict() for its in part.longest],
    }
    if part.labels is not None:
        told["labels"] = part.labels._asdict() | {
            "numbers": [its._asdict() for its in part.labels.numbers]
        }
    if part.cut is not None:
        told["cut"] = part.cut._asdict()
    if part.out_of_vocabulary is not None:
        told["out_of_vocabulary"] = part.out_of_vocabulary
    return told


def lines(inspection: Inspection, width: int) -> list[str]:
    """An inspection as lines of at most `width` cells."""
    sections = [
        _rows(inspection, width),
        _words(inspection.words, width),
        *([_matrix(inspection, width)] if inspection.matrix else []),
        _lengths(inspection, width),
        *([_labels(inspection.parts, width)] if inspection.rows.labels else []),
        _advice(inspection, width),
    ]
    head = [line.rstrip() for line in fold(_head(inspection), width)]
    return [*head, *(line for its in sections if its for line in ["", *its])]


def _head(inspection: Inspection) -> str:
    rows = how_many(inspection.rows.lengths.rows, "row")
    row, n_others = inspection.rectangle, len(inspection.parts) - 1
    if row is None:
        found = f"{rows}, {how_many(inspection.words.running, 'word')} by "
        found += name_of(inspection.tokenizer)
    else:
        others = f" and {how_many(n_others, 'other part')}" if n_others else ""
        found = f"{rows} of {how_many(row.max_len, 'index', 'indices')}{others}, {row.dtype}, "
        found += f"{row.padding}-padded"
    return f"{printable(inspection.place)}: {found}"


def _rows(inspection: Inspection, width: int) -> list[str]:
    parts = inspection.parts[:_SHOWN_PARTS]
    figures: dict[str, list[str]] = {
        "rows": [f"{its.lengths.rows:,}" for its in parts],
        "empty": [f"{its.lengths.empty:,}" for its in parts],
        "repeated": [f"{its.duplicates:,}" for its in parts],
        "mean": [f"{its.lengths.mean:,.1f}" for its in parts],
        "median": [f"{its.lengths.median:,}" for its in parts],
        "p90": [f"{its.lengths.p90:,}" for its in parts],
        "p95": [f"{its.lengths.p95:,}" for its in parts],
        "p99": [f"{its.lengths.p99:,}" for its in parts],
        "longest": [f"{its.lengths.longest:,}" for its in parts],
    }
    if inspection.rectangle is not None:
        n_rows = [max(1, its.lengths.rows) for its in parts]
        cuts = [its.cut.cut_rows / n for its, n in zip(parts, n_rows, strict=True) if its.cut]
        figures["cut"] = [per_cent(share) for share in cuts]
        figures["padding"] = [per_cent(its.cut.padding) for its in parts if its.cut]
        if all(its.out_of_vocabulary is not None for its in parts):
            figures["unknown"] = [per_cent(its.out_of_vocabulary or 0) for its in parts]
    names = [part_name(its.name) for its in parts] if len(parts) > 1 else [""]
    columns = [to_the_right([head, *cells]) for head, cells in figures.items()]
    told = section("rows", names, columns, width)
    if more := len(inspection.parts) - len(parts):
        told.append(_indented(f"and {how_many(more, 'part')} more"))
    longest = [f"{its.length:,} at {printable(its.place)}" for its in inspection.rows.longest]
    return told + _listed("longest", longest, width)


def _words(words: WordFigures, width: int) -> list[str]:
    counts = [how_many(words.running, "running word")]
    if words.distinct is not None:
        counts.append(f"{words.distinct:,} distinct")
    if words.counted_in == "rows":
        counts.append("counted in the rows as they were cut")
    told = _listed("words", counts, width)
    total = sum(words.letters.values())
    scripts = list(words.letters.items())
    letters = [f"{name} {per_cent(n / total)}" for name, n in scripts[:_SHOWN_SCRIPTS] if total]
    if rest := sum(n for _, n in scripts[_SHOWN_SCRIPTS:]):
        letters.append(f"others {per_cent(rest / total)}")
    told += _listed("letters", letters, width)
    frequent = [f"{in_place(shown(shortened(word)))} {n:,}" for word, n in words.most_frequent]
    told += _listed("often", frequent, width)
    if words.running and words.coverage:
        columns = [
            to_the_right(["N", *(f"{its.max_words:,}" for its in words.coverage)]),
            to_the_right(["kept", *(f"{its.kept_words:,}" for its in words.coverage)]),
            with_bars(
                "of the running words",
                [its.share for its in words.coverage],
                _bar_width(width, 30),
            ),
        ]
        told += section("", [""] * len(words.coverage), columns, width)
    return told


def _matrix(inspection: Inspection, width: int) -> list[str]:
    named = {"coverage": "of the kept words", "running_coverage": "of the running words"}
    shares = [
        f"{per_cent(share)} {what}"
        for fact, what in named.items()
        if isinstance(share := inspection.matrix.get(fact), int | float)
    ]
    return _listed("matrix", [f"vectors for {' and '.join(shares)}"] if shares else [], width)


def _lengths(inspection: Inspection, width: int) -> list[str]:
    cuts, n_rows = inspection.cuts, inspection.rows.lengths.rows
    if not cuts:
        return []
    now = None if inspection.rectangle is None else inspection.rectangle.max_len
    bars = _bar_width(width, 44, 2)
    lengths = [f"{'now ' if its.max_len == now else ''}{its.max_len:,}" for its in cuts]
    columns = [
        to_the_right(["", *lengths]),
        to_the_right(["rows cut", *(f"{its.cut_rows:,}" for its in cuts)]),
        with_bars("", [its.cut_rows / max(1, n_rows) for its in cuts], bars),
        with_bars("padding", [its.padding for its in cuts], bars),
        to_the_right([inspection.dtype, *(how_large(its.n_bytes) for its in cuts)]),
    ]
    return section("max_len", [""] * len(cuts), columns, width)


def _labels(parts: Sequence[PartFigures], width: int) -> list[str]:
    parts = parts[:_SHOWN_PARTS]
    labels, n_rows = parts[0].labels, max(1, parts[0].lengths.rows)
    assert labels is not None
    if labels.numbers:
        return _numbers(labels, width)
    by_rows = sorted(labels.rows_of_class.items(), key=lambda its: -its[1])
    classes = [name for name, _ in by_rows[:_SHOWN_CLASSES]]
    counted = [(printable(shortened(name)), _of_class(parts, name)) for name in classes]
    if labels.unlabelled_rows:
        counted.append(("(no label)", [labels.unlabelled_rows]))
    heads = [part_name(its.name) for its in parts] if len(parts) > 1 else ["rows"]
    columns = [["", *(name for name, _ in counted)]]
    for place, head in enumerate(heads):
        columns.append(to_the_right([head, *(f"{rows[place]:,}" for _, rows in counted)]))
    if len(parts) == 1:
        shares = [rows[0] / n_rows for _, rows in counted]
        columns.append(with_bars("", shares, _bar_width(width, 44)))
    told = section("labels", [""] * len(counted), columns, width)
    if more := len(by_rows) - len(classes):
        told.append(_indented(f"and {how_many(more, 'class', 'classes')} more"))
    return told


def _of_class(parts: Sequence[PartFigures], name: str) -> list[int]:
    """How many rows of each part have a class."""
    return [its.labels.rows_of_class.get(name, 0) if its.labels else 0 for its in parts]


def _numbers(labels: LabelFigures, width: int) -> list[str]:
    numbers = labels.numbers[:_SHOWN_CLASSES]
    columns = [
        to_the_right(["rows", *(f"{its.rows:,}" for its in numbers)]),
        to_the_right(["min", *(f"{its.minimum:,.6g}" for its in numbers)]),
        to_the_right(["mean", *(f"{its.mean:,.6g}" for its in numbers)]),
        to_the_right(["max", *(f"{its.maximum:,.6g}" for its in numbers)]),
    ]
    told = section("labels", [""] * len(numbers), columns, width)
    if more := len(labels.numbers) - len(numbers):
        told.append(_indented(f"and {how_many(more, 'number')} more a row"))
    return told


def _advice(inspection: Inspection, width: int) -> list[str]:
    margin = max((len(its.option) for its in inspection.advice), default=0)
    room = width - MARGIN - len(GAP)
    room_beside = room - margin - len(GAP)
    told: list[str] = []
    for option, reason in inspection.advice:
        if room_beside >= _SHORTEST_REASON:
            told += behind_label(option, fold(reason, room_beside), margin)
        else:
            told += [option, *(f"{GAP}{line}" for line in fold(reason, room - len(GAP)))]
    return behind_label("advice", told or ["nothing stands out"], MARGIN)


def _listed(label: str, things: Iterable[str], width: int) -> list[str]:
    """Things behind their label, as many to a line as find room; no line where there are none."""
    room = width - MARGIN - len(GAP)
    told: list[str] = []
    things = list(things)
    for thing in [*(f"{its}," for its in things[:-1]), *things[-1:]]:
        if told and n_cells(told[-1]) + 1 + n_cells(thing) <= room:
            told[-1] += f" {thing}"
        else:
            told.append(thing)
    return behind_label(label, (line for its in told for line in fold(its, room)), MARGIN)


def _indented(line: str) -> str:
    return " " * (MARGIN + len(GAP)) + line


def _bar_width(width: int, others: int, n_bars: int = 1) -> int:
    """How many cells each bar has beside so many others; 0 where that is too few."""
    cells = min(_LONGEST_BAR, (width - MARGIN - others) // n_bars)
    return cells if cells >= _SHORTEST_BAR else 0
