"""What does a command append to a summary in Markdown?

It goes into a page with others, such as that of a job of GitHub Actions. Whatever names hold, they
are text there: no markup, no HTML, no end of a table's cell.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from embedprep.wording import how_many, part_name, per_cent, printable

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
        from embedprep.output import embedding_line

        blocks.append(f"```python\n{embedding_line(layer)}\n```")
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
            rows.append([shown, per_cent(matrix[name], 2)])
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
    return f"{n:,} ({per_cent(n / of, 2)})" if of else f"{n:,}"
