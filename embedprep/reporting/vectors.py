"""What does the embedding matrix of an output cover?"""

from __future__ import annotations

from embedprep.listing import table_of, whole_number
from embedprep.reporting import charts
from embedprep.reporting.gathering import PartFacts
from embedprep.reporting.svg import svg_of
from embedprep.reporting.tables import Section, Table, left_out, named_columns, number, seen, share
from embedprep.wording import how_large, how_many

_MOST_FACTS = 20


def matrix_section(part: PartFacts) -> Section:
    """Which of the words have a vector, as the manifest tells it."""
    matrix = part.output.embedding_matrix
    assert matrix is not None
    told = table_of(part.output.manifest, "matrix")
    facts = table_of(told, "statistics")
    shape = f"{matrix.shape[0]:,} vectors of {how_many(matrix.shape[1], 'number')}"
    tables = [_about_matrix(matrix.shape, matrix.nbytes, facts)]
    found, missing = whole_number(facts, "words_found"), whole_number(facts, "missing_words")
    ours, new = whole_number(facts, "kept_vectors"), whole_number(facts, "new_vectors")
    trained, untouched = whole_number(facts, "trained"), whole_number(facts, "untouched")
    bars: list[tuple[str, list[float]]] = []
    legend: list[tuple[str, str]] = []
    if found is not None and missing is not None and found + missing:
        composed = whole_number(facts, "words_from_ngrams") or 0
        n_words = found + missing
        bars.append(
            ("words", [(found - composed) / n_words, composed / n_words, missing / n_words])
        )
        text = f"{shape}; {share(found, n_words)} of the kept words have a vector"
        running = facts.get("running_coverage")
        if isinstance(running, float) and 0 <= running <= 1:
            bars.append(("running words", [running, 0.0, 1 - running]))
            text += f", and they make up {share(running)} of the running words that are kept"
        text += "."
        legend = [("s1", "has a vector"), ("empty", "missing: drawn at random")]
        legend[1:1] = [("s2", "made of n-grams")] if composed else []
        tables += _missing_words(facts, missing)
    elif ours is not None and new is not None and ours + new:
        text = f"{shape}; {share(ours, ours + new)} are those of an older matrix."
        bars.append(("vectors", [ours / (ours + new), 0.0, new / (ours + new)]))
        legend = [("s1", "from the older matrix"), ("empty", "new: drawn at random")]
    elif trained is not None and untouched is not None and trained + untouched:
        whole = trained + untouched
        text = f"{shape}, learned from rows; {share(trained, whole)} of the entries occur in them."
        bars.append(("entries", [trained / whole, 0.0, untouched / whole]))
        legend = [("s1", "learned"), ("empty", "never seen")]
    else:
        told_init = told.get("init")
        how = f", {told_init}" if isinstance(told_init, str) else ""
        text = f"{shape}, drawn at random{seen(how)}: no file of vectors covers any word."
        return Section("embedding", "Embedding matrix", text, "", [], tables)
    svg = svg_of(charts.draw_shares(bars), "embedding", f"Bars of what has a vector. {text}")
    return Section("embedding", "Embedding matrix", text, svg, legend, tables)


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
