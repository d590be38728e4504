"""How do the differences between two outputs stand on a screen, and in JSON?"""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any

from embedprep.cli.columns import fold, in_table, shown
from embedprep.wording import how_many, per_cent, printable, some_of

if TYPE_CHECKING:
    from embedprep.comparing import (
        ArrayChange,
        ComparedWord,
        Difference,
        PartDifference,
        RankedWord,
        WordDifference,
    )

_TOLD_ELSEWHERE = {"embedding.input_length", "kept_words", "max_len"}
"""Settings and statistics that `row.max_len` and the words tell already."""

_LENGTHS = ("mean", "median", "p90", "p95", "p99")
"""Figures of lengths that are no statistics of a manifest."""

Line = Sequence[str]


def facts(found: Difference) -> dict[str, Any]:
    """What differs as JSON: of the training rows in `rows`, of the other parts in `parts`."""
    parts = {part.name: _part_facts(part) for part in found.rows}
    top = parts.pop("", None)
    return {
        "old": str(found.old),
        "new": str(found.new),
        "differ": not found.is_none,
        "settings": _facts(found.settings),
        "words": {
            name: _facts(value) if isinstance(value, tuple) else value
            for name, value in found.words._asdict().items()
        },
        "rows": top,
        "parts": parts,
        "gained_parts": list(found.gained_parts),
        "lost_parts": list(found.lost_parts),
        "told": _facts(found.told),
    }


def _part_facts(part: PartDifference) -> dict[str, Any]:
    of_part = part._asdict()
    del of_part["name"]
    arrays = [
        {
            "name": array.name,
            "old": array.old._asdict() if array.old else None,
            "new": array.new._asdict() if array.new else None,
        }
        for array in part.arrays
    ]
    return {
        name: _facts(value) if isinstance(value, tuple) else value
        for name, value in of_part.items()
    } | {"arrays": arrays}


def _facts(some: Sequence[Any]) -> list[Any]:
    return [each._asdict() if hasattr(each, "_asdict") else each for each in some]


def notes(found: Difference) -> Iterator[str]:
    """What makes no difference by itself, a line each."""
    for change in found.told:
        if change.name == "inputs":
            old, new = _names(change.old), _names(change.new)
            yield f"inputs: {old}, then {new}" if old != new else "inputs: told otherwise"
        elif change.name == "inputs.sha256":
            yield "inputs: not the same bytes"
        else:
            yield f"{change.name}: {_told(change.old)}, then {_told(change.new)}"


def _names(inputs: object) -> str:
    """The names of inputs, as many as find room."""
    names = [str(each.get("name")) for each in inputs] if isinstance(inputs, list) else []
    return some_of(names, 3) or "none"


def lines(found: Difference, top: int, width: int) -> list[str]:
    """What differs as lines of at most `width` cells, as far as they can be so narrow."""
    old, new = printable(str(found.old)), printable(str(found.new))
    if found.is_none:
        return [f"{old} and {new} are the same"]
    sections = [
        _settings(found),
        *_words(found.words),
        *(section for part in found.rows for section in _rows(part, top)),
    ]
    told = [f"{old} and {new} differ"]
    for name, parts in (("gained", found.gained_parts), ("lost", found.lost_parts)):
        told += [f"  parts {name}: {', '.join(map(shown, parts))}"] if parts else []
    for header, body, remarks in sections:
        if body or remarks:
            told += ["", *in_table([header, *body], width)] if body else ["", header[0]]
            folded = [line for remark in remarks for line in fold(remark, width - 2)]
            told += [f"  {line}".rstrip() for line in folded]
    return told


Section = tuple[Line, list[Line], list[str]]
"""The heads of its columns, its lines, and what is said below them."""


def _settings(found: Difference) -> Section:
    lines = [
        (change.name, _told(change.old), _told(change.new))
        for change in found.settings
        if change.name not in _TOLD_ELSEWHERE
    ]
    return ("settings", "old", "new"), [tuple(map(shown, line)) for line in lines], []


def _words(words: WordDifference) -> Iterator[Section]:
    if words.is_none:
        return
    lines = [_number("kept words", words.n_old, words.n_new)] if words.n_old != words.n_new else []
    lines += [
        _share(_of_most_frequent(change.name), change.old, change.new) for change in words.coverage
    ]
    remarks = []
    for n, share, verb, side in (
        (words.n_lost, words.lost_share, "lost", "old"),
        (words.n_gained, words.gained_share, "gained", "new"),
    ):
        of_running = (
            f", {per_cent(share, 2)} of the {side} running words" if n and share is not None else ""
        )
        remarks += [f"{how_many(n, 'word')} {verb}{of_running}"] if n else []
    if words.n_moved:
        remarks.append(f"{how_many(words.n_moved, 'word')} moved to another index")
    if words.n_recounted:
        remarks.append(f"{how_many(words.n_recounted, 'word')} with another count")
    if words.drift is not None:
        remarks.append(f"drift of the counts: {words.drift:.4f} (total variation, 0 to 1)")
    for names, verb in ((words.lost_classes, "lost"), (words.gained_classes, "gained")):
        listed = ", ".join(map(shown, names[:5])) + (", ..." if len(names) > 5 else "")
        remarks += [f"{how_many(len(names), 'class', 'classes')} {verb}: {listed}"] if names else []
    yield ("words", "old", "new", "change"), lines, remarks
    has_counts = words.drift is not None or bool(words.coverage)
    yield _ranked(words.most_frequent, has_counts=has_counts)
    yield _listed("lost words", words.lost, has_counts=has_counts)
    yield _listed("gained words", words.gained, has_counts=has_counts)
    yield _listed("moved words", words.moved, has_counts=has_counts)


def _of_most_frequent(size: str) -> str:
    return "share of all kept" if size == "all" else f"share of the first {int(size):,}"


def _ranked(words: Sequence[RankedWord], *, has_counts: bool) -> Section:
    header = ("most frequent", "old rank", "new rank", "old count", "new count")
    lines = [
        (shown(its.word), *map(_told, (its.old_rank, its.new_rank, its.old_count, its.new_count)))
        for its in words
    ]
    n_columns = 5 if has_counts else 3
    return header[:n_columns], [line[:n_columns] for line in lines], []


def _listed(head: str, words: Sequence[ComparedWord], *, has_counts: bool) -> Section:
    header = (head, "old index", "new index", "old count", "new count")
    lines = [
        (
            shown(its.word),
            *map(_told, (its.old_index, its.new_index, its.old_count, its.new_count)),
        )
        for its in words
    ]
    is_shown = [any(line[column] != "-" for line in lines) for column in range(5)]
    if not has_counts:
        is_shown[3:] = [False, False]
    return _picked(header, is_shown), [_picked(line, is_shown) for line in lines], []


def _picked(line: Line, is_shown: Sequence[bool]) -> Line:
    return [cell for cell, is_cell_shown in zip(line, is_shown, strict=True) if is_cell_shown]


def _rows(part: PartDifference, top: int) -> Iterator[Section]:
    lines = []
    for change in part.statistics:
        if change.name in _TOLD_ELSEWHERE:
            continue
        is_share = change.name == "out_of_vocabulary"
        line = _share if is_share else _number
        lines.append(line(change.name.replace("_", " "), change.old, change.new))
    lines += [
        _number(f"{change.name} length", change.old, change.new)
        for change in part.lengths
        if change.name in _LENGTHS
    ]
    drifts = []
    if part.length_drift:
        drifts.append(f"drift of the lengths: {part.length_drift:.4f} (Kolmogorov-Smirnov, 0 to 1)")
    if part.word_drift:
        drifts.append(f"drift of the words: {part.word_drift:.4f} (total variation, 0 to 1)")
    arrays = [f"{array.name}: {_array(array)}" for array in part.arrays]
    head = f"rows of {shown(part.name)}" if part.name else "rows"
    yield (head, "old", "new", "change"), lines, [*drifts, *arrays]
    if part.classes:
        largest = sorted(part.classes, key=lambda its: -abs((its.new or 0) - (its.old or 0)))[:top]
        shares = [_share(shown(its.name), its.old, its.new) for its in largest]
        yield (f"classes of {head}", "old", "new", "change"), shares, []


def _array(change: ArrayChange) -> str:
    """What an array was and is."""
    old, new = (
        f"{' x '.join(f'{n:,}' for n in array.shape)} {printable(array.dtype)}" if array else "none"
        for array in (change.old, change.new)
    )
    return f"other numbers, {new}" if old == new else f"{old}, then {new}"


def _number(name: str, old: Any, new: Any) -> Line:
    """A number on both sides, and by how much it grew, as far as one can see."""
    change = ""
    if _is_number(old) and _is_number(new):
        are_whole = type(old) is type(new) is int
        change = f"{new - old:+,}" if are_whole else f"{round(new, 2) - round(old, 2):+,.2f}"
    return shown(name), _told(old), _told(new), change


def _share(name: str, old: Any, new: Any) -> Line:
    """A share on both sides, and by how many points of a hundred it grew."""
    told = [per_cent(share, 2) if _is_number(share) else _told(share) for share in (old, new)]
    change = ""
    if _is_number(old) and _is_number(new):
        change = f"{round(100 * new, 2) - round(100 * old, 2):+.2f} points"
    return name, *told, change


def _is_number(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def _told(value: Any) -> str:
    """A value of JSON; a setting that is not there is a dash."""
    if value is None:
        return "-"
    if isinstance(value, str):
        return printable(value)
    if type(value) is int:
        return f"{value:,}"
    return (
        f"{value:,.2f}"
        if isinstance(value, float)
        else printable(json.dumps(value, ensure_ascii=False))
    )
