"""What does a command append to a summary in Markdown, and where may that be?

It goes into a page with others, such as that of a job of GitHub Actions. Whatever names hold, they
are text there: no markup, no HTML, no end of a table's cell.
"""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any

from embedprep.cli.summary import embedding_line
from embedprep.errors import OutputError
from embedprep.places import Place, place_of
from embedprep.wording import how_many, part_name, printable

if TYPE_CHECKING:
    from embedprep.gates import Checked, Measured

_MARKUP = "\\`*_{}[]<>()#!|~&$@:\"'"
"""What Markdown or HTML take for more than a character."""

_MOST_PROBLEMS = 20


def escaped(text: str) -> str:
    r"""The text as Markdown shows it as it is, in a table too.

    >>> escaped("a|b<script>\n")
    'a&#124;b&#60;script&#62;&#92;n'
    """
    return "".join(f"&#{ord(c)};" if c in _MARKUP else c for c in printable(text))


def check_writable(summary: Path, output: Place, others: Sequence[str | Place]) -> None:
    """Raise OutputError where a summary cannot be appended to, lies in the output, or is one of the
    `others`, files that are read or written too.
    """
    place, whole = Path(os.path.realpath(summary)), Path(os.path.realpath(str(output)))
    if isinstance(output, Path) and (place == whole or whole in place.parents):
        cause = "is, or would be, among the files of the output"
        raise OutputError(str(summary), cause, "name another --summary")
    for other in map(place_of, others):
        if _is_same(summary, other):
            raise OutputError(str(summary), f"is also {other}", "name another --summary")
    if summary.is_dir():
        raise OutputError(str(summary), "is a folder, not a file", "name a file in it")
    folder = place.parent
    if not summary.exists() and not folder.is_dir():
        raise OutputError(str(summary), "cannot be written: no such folder", "make it first")
    place, mode = (summary, os.W_OK) if summary.exists() else (folder, os.W_OK | os.X_OK)
    if not os.access(place, mode):
        cause = "cannot be written: permission denied"
        raise OutputError(str(summary), cause, "name another --summary")


def _is_same(summary: Path, other: Place) -> bool:
    """Whether both are one file, under whatever names, or would be."""
    if not isinstance(other, Path):
        return False
    with suppress(OSError):  # one does not exist
        return os.path.samefile(summary, other)
    return os.path.realpath(summary) == os.path.realpath(other)


def append(summary: Path, text: str) -> None:
    """Append to a summary in one write, that nothing of another job comes in between.

    Raises OutputError where it cannot be written.
    """
    rest = memoryview(text.encode())
    try:
        file = os.open(summary, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o666)
        try:
            while rest:  # a pipe may take a part only
                rest = rest[os.write(file, rest) :]
        finally:
            os.close(file)
    except OSError as error:
        cause = f"cannot be written ({error.strerror or error})"
        remedy = "the rest is done: see what was printed"
        raise OutputError(str(summary), cause, remedy) from error


def markdown(
    command: str,
    measured: Measured,
    checked: Sequence[Checked] = (),
    said: str = "",
    problems: Sequence[str] = (),
) -> str:
    """The figures of an output and its gates. `said` is what is to be said of gates that failed,
    `problems` are what is wrong with the output.

    It begins with the end of a line, for a file that another job has left without one.
    """
    blocks = [f"### embedprep {command}: {escaped(measured.output)}"]
    if problems:
        blocks.append(f"❌ {how_many(len(problems), 'problem')}")
        more = len(problems) - _MOST_PROBLEMS
        some = [f"- {escaped(problem)}" for problem in problems[:_MOST_PROBLEMS]]
        blocks.append("\n".join([*some, *([f"- and {more:,} more"] if more > 0 else [])]))
    elif checked:
        kept = f"{how_many(len({its.gate for its in checked}), 'gate')} kept"
        blocks.append(f"❌ {said}" if said else f"✅ {kept}")
    if checked:
        blocks.append(_gates(checked))
    if measured.statistics:
        blocks.append(_parts(measured))
    others = _others(measured)
    if others:
        blocks.append(_table(["figure", ""], others, "lr"))
    layer = measured.embedding
    if all(name in layer for name in ("input_dim", "output_dim", "input_length", "mask_zero")):
        blocks.append(f"```python\n{embedding_line(dict(layer))}\n```")
    return "\n" + "\n\n".join(blocks) + "\n"


def _gates(checked: Sequence[Checked]) -> str:
    rows = [
        [
            f"`{its.gate}`",
            "" if its.part is None else escaped(part_name(its.part)),
            its.shown_figure,
            its.shown_limit,
            "✅" if its.is_kept else "❌",
        ]
        for its in checked
    ]
    return _table(["gate", "part", "figure", "limit", ""], rows, "llrll")


def _parts(measured: Measured) -> str:
    header = ["part", "rows", "words", "out of vocabulary", "truncated", "empty"]
    rows = [
        [
            escaped(part_name(part)),
            _number(its, "rows"),
            _number(its, "words"),
            _share(its, "unknown_words", "words"),
            "split" if "documents" in its else _share(its, "truncated_rows", "rows"),
            _share(its, "empty_rows", "rows"),
        ]
        for part, its in measured.all_parts.items()
    ]
    return _table(header, rows, "lrrrrr")


def _others(measured: Measured) -> list[list[str]]:
    """Figures of the whole, by their names."""
    facts, matrix, layer = measured.statistics, measured.matrix, measured.embedding
    names = {"max_len": "max_len", "kept_words": "kept words", "duplicates": "duplicates left out"}
    rows = [[shown, _number(facts, name)] for name, shown in names.items() if name in facts]
    if not facts and {"input_dim", "output_dim"} <= layer.keys():
        shape = f"{_number(layer, 'input_dim')} x {_number(layer, 'output_dim')}"
        rows.append(["vectors", shape])
    for name, shown in (("coverage", "coverage"), ("running_coverage", "of the running words")):
        if isinstance(matrix.get(name), float):
            rows.append([shown, f"{matrix[name]:.2%}"])
    return rows


def _table(header: Sequence[str], rows: Sequence[Sequence[str]], sides: str) -> str:
    rule = ["---:" if side == "r" else "---" for side in sides]
    return "\n".join(f"| {' | '.join(cells)} |" for cells in (header, rule, *rows))


def _number(facts: Mapping[str, Any], name: str) -> str:
    number = facts.get(name)
    return f"{number:,}" if isinstance(number, int) else ""


def _share(facts: Mapping[str, Any], name: str, whole: str) -> str:
    n, of = facts.get(name), facts.get(whole)
    if not isinstance(n, int) or not isinstance(of, int):
        return ""
    return f"{n:,} ({n / of:.2%})" if of else f"{n:,}"
