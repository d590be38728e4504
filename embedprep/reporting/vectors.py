"""What does the embedding matrix of an output cover?"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from embedprep.listing import table_of, whole_number
from embedprep.reporting import charts
from embedprep.reporting.gathering import PartFacts
from embedprep.reporting.svg import svg_of
from embedprep.reporting.tables import Section, Table, left_out, named_columns, number, seen, share
from embedprep.wording import how_large, how_many

_MOST_FACTS = 20


class _Covered(NamedTuple):
    """What a matrix covers: what is said of it behind its shape, bars of shares with their legend,
    none where nothing is covered, and further tables.
    """

    text: str
    bars: Sequence[tuple[str, list[float]]] = ()
    legend: Sequence[tuple[str, str]] = ()
    tables: Sequence[Table] = ()


def matrix_section(part: PartFacts) -> Section:
    """Which of the words have a vector, as the manifest tells it."""
    matrix = part.output.embedding_matrix
    assert matrix is not None
    told = table_of(part.output.manifest, "matrix")
    facts = table_of(told, "statistics")
    covered = _of_vectors(facts) or _of_older(facts) or _of_training(facts) or _drawn(told)
    shape = f"{matrix.shape[0]:,} vectors of {how_many(matrix.shape[1], 'number')}"
    text = f"{shape}{covered.text}."
    svg = ""
    if covered.bars:
        drawn = charts.draw_shares(covered.bars)
        svg = svg_of(drawn, "embedding", f"Bars of what has a vector. {text}")
    tables = [_about_matrix(matrix.shape, matrix.nbytes, facts), *covered.tables]
    return Section("embedding", "Embedding matrix", text, svg, list(covered.legend), tables)


def _of_vectors(facts: dict[str, object]) -> _Covered | None:
    """A matrix whose words were looked for in a file."""
    found, missing = whole_number(facts, "words_found"), whole_number(facts, "missing_words")
    if found is None or missing is None or not found + missing:
        return None
    composed, n_words = whole_number(facts, "words_from_ngrams") or 0, found + missing
    shares = [(found - composed) / n_words, composed / n_words, missing / n_words]
    bars = [("words", shares)]
    text = f"; {share(found, n_words)} of the kept words have a vector"
    running = facts.get("running_coverage")
    if isinstance(running, float) and 0 <= running <= 1:
        bars.append(("running words", [running, 0.0, 1 - running]))
        text += f", and they make up {share(running)} of the running words that are kept"
    made_of = [("s2", "made of n-grams")] if composed else []
    legend = [("s1", "has a vector"), *made_of, ("empty", "missing: drawn at random")]
    return _Covered(text, bars, legend, _missing_words(facts, missing))


def _of_older(facts: dict[str, object]) -> _Covered | None:
    """A matrix that keeps the vectors of an older one."""
    text = "; {share} are those of an older matrix"
    legend = [("s1", "from the older matrix"), ("empty", "new: drawn at random")]
    return _in_two(facts, ("kept_vectors", "new_vectors"), text, "vectors", legend)


def _of_training(facts: dict[str, object]) -> _Covered | None:
    """A matrix that was learned from rows."""
    text = ", learned from rows; {share} of the entries occur in them"
    legend = [("s1", "learned"), ("empty", "never seen")]
    return _in_two(facts, ("trained", "untouched"), text, "entries", legend)


def _in_two(
    facts: dict[str, object],
    names: tuple[str, str],
    text: str,
    bar: str,
    legend: Sequence[tuple[str, str]],
) -> _Covered | None:
    """A matrix of which two numbers tell, by their names; the share of the first is in the text."""
    n, n_others = (whole_number(facts, name) for name in names)
    if n is None or n_others is None or not n + n_others:
        return None
    whole = n + n_others
    shares = [n / whole, 0.0, n_others / whole]
    return _Covered(text.format(share=share(n, whole)), [(bar, shares)], legend)


def _drawn(told: dict[str, object]) -> _Covered:
    """A matrix of which no file told anything."""
    init = told.get("init")
    how = seen(f", {init}") if isinstance(init, str) else ""
    return _Covered(f", drawn at random{how}: no file of vectors covers any word")


def _about_matrix(shape: tuple[int, ...], n_bytes: int, facts: dict[str, object]) -> Table:
    rows = [("rows", number(shape[0])), ("dimensions", number(shape[1]))]
    rows.append(("size", how_large(n_bytes)))
    rows += [
        (seen(name.replace("_", " ")), number(value))
        for name, value in list(facts.items())[:_MOST_FACTS]
        if isinstance(value, int)
    ]
    return Table("The matrix", named_columns("fact", "value"), rows)


def _missing_words(facts: dict[str, object], n_missing: int) -> list[Table]:
    """The most frequent words without a vector."""
    told = facts.get("most_frequent_missing")
    rows = [
        (seen(pair[0]), number(pair[1]))
        for pair in (told if isinstance(told, list) else [])[:_MOST_FACTS]
        if isinstance(pair, list) and len(pair) == 2 and isinstance(pair[0], str)
    ]
    note = left_out(n_missing, len(rows), "words")
    caption = "The most frequent words without a vector"
    return [Table(caption, named_columns("word", "count"), rows, note)] if rows else []
