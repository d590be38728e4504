"""What does a command say when it is done? One screen for people, one object for scripts."""

from __future__ import annotations

import json
from contextlib import suppress
from typing import TYPE_CHECKING, Any

import click

from embedprep.cli import stdout
from embedprep.cli.columns import GAP, in_place, to_the_left, to_the_right
from embedprep.cli.gates import gate_facts, gate_line
from embedprep.wording import how_many, per_cent, printable, quoted, shortened

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from embedprep.counts.recipe import CountedWords
    from embedprep.gates import Checked, Measured
    from embedprep.matrix.making import Matrix
    from embedprep.sources import Source
    from embedprep.vocabulary import Vocabulary
    from embedprep.writing import Built


_NAME_CELLS = len("distinct words")
_SHOWN_CLASSES = 5
_SHOWN_MISSING = 5


def print_built(
    built: Built, sources: Iterable[Source], as_json: bool, checked: Sequence[Checked] = ()
) -> None:
    """The facts about rows that were written, and about the inputs that are no plain lines."""
    facts = built.statistics
    if as_json:
        found = built_facts(built.measured)
        found |= {"rows_per_shard": built.rows_per_shard} if built.rows_per_shard else {}
        found |= {"matrix": built.matrix.statistics} if built.matrix else {}  # drawn, it has none
        print_json(found | gate_facts(checked))
        return
    from embedprep.output import embedding_line

    rectangle = built.vocabulary.rectangle
    head = (
        f"{printable(str(built.path))}: {how_many(facts['rows'], 'row')} of "
        f"{how_many(rectangle.max_len, 'index', 'indices')}, {rectangle.dtype}"
    )
    lines = [*_lines_of_rows(built), *_labels(built), *_lines_of_parts(built)]
    lines += _coverage(built.matrix.statistics) if built.matrix else []
    lines += gate_line(checked)
    facts_shown = f"{table(lines)}{_inputs(sources)}"
    stdout.write(f"{head}\n{facts_shown}\n{embedding_line(built.embedding)}\n")


def built_facts(measured: Measured) -> dict[str, Any]:
    """Rows as JSON, those that gates kept from being written too."""
    found: dict[str, Any] = {"output": measured.output, "statistics": measured.statistics}
    found |= {"parts": measured.parts} if measured.parts else {}
    found |= {"matrix": measured.matrix} if measured.matrix else {}
    return found | {"embedding": measured.embedding}


def _lines_of_rows(built: Built) -> Iterator[tuple[str, int, str]]:
    """What is to be known about the training rows and their words."""
    facts, rectangle = built.statistics, built.vocabulary.rectangle
    yield "rows", facts["rows"], f"{facts['empty_rows']:,} empty"
    if "duplicates" in facts:
        yield "duplicates", facts["duplicates"], "left out"
    elif "duplicate_rows" in facts:
        yield "duplicate rows", facts["duplicate_rows"], "kept"
    if "documents" in facts:
        yield "documents", facts["documents"], f"{facts['split_documents']:,} of them split"

    yield "words", facts["words"], ""
    if "distinct_words" in facts:
        yield "distinct words", facts["distinct_words"], ""
    yield "kept words", facts["kept_words"], _least_frequent(built.vocabulary.counts)
    unknown = f"{per_cent(facts['out_of_vocabulary'], 2)} of the words are out of vocabulary"
    yield "unknown words", facts["unknown_words"], unknown

    longest = f"{rectangle.padding}-padded; the longest row has {facts['longest_row']:,}"
    yield "max_len", rectangle.max_len, longest
    if "truncated_rows" in facts:
        share = facts["truncated_rows"] / facts["rows"] if facts["rows"] else 0
        cut = f"{per_cent(share, 2)}, {rectangle.truncating}-truncated" if share else ""
        yield "truncated rows", facts["truncated_rows"], cut
    if built.rows_per_shard is not None:
        n_shards = max(1, -(-facts["rows"] // built.rows_per_shard))
        yield "shards", n_shards, f"of up to {how_many(built.rows_per_shard, 'row')}"


def _labels(built: Built) -> list[tuple[str, int, str]]:
    """How many classes there are, and the first of them."""
    labels = built.labels
    if labels is None or labels.type == "number":
        return []
    some = [printable(shortened(name)) for name in labels.classes[:_SHOWN_CLASSES]]
    some += ["..."] if len(labels.classes) > len(some) else []
    return [("classes", len(labels.classes), ", ".join(some))]


def _lines_of_parts(built: Built) -> Iterator[tuple[str, int, str]]:
    """The other parts, and what they share with each other and with the training rows."""
    for name, part in built.parts.items():
        yield f"{name} rows", part["rows"], _part(part)
    if "texts_in_several_parts" in built.statistics:
        leaks = "texts that occur in more than one part"
        yield "shared texts", built.statistics["texts_in_several_parts"], leaks


def _part(facts: dict[str, Any]) -> str:
    """What is to be known about a part that nothing was learned from."""
    cut = facts.get("truncated_rows", facts.get("split_documents", 0))
    how = "truncated" if "truncated_rows" in facts else "split"
    unknown = f"{per_cent(facts['out_of_vocabulary'], 2)} of the words out of vocabulary"
    return f"{facts['empty_rows']:,} empty, {cut:,} {how}; {unknown}"


def print_unchanged(path: str, as_json: bool, checked: Sequence[Checked] = ()) -> None:
    """That an output need not be made again."""
    if as_json:
        print_json({"output": path, "changed": False} | gate_facts(checked))
    else:
        stdout.write(f"{printable(path)}: unchanged\n")


def print_vocabulary(
    vocabulary: Vocabulary,
    path: str,
    sources: Iterable[Source],
    as_json: bool,
    n_new: int | None = None,
) -> None:
    """The facts about a vocabulary that was written, `n_new` of its words to an older one, and
    about inputs that are no plain lines.
    """
    counts = vocabulary.counts
    facts = {
        "output": path,
        "kept_words": len(counts),
        **({} if n_new is None else {"new_words": n_new}),
        "least_count": min(counts, default=0),
        "input_dim": vocabulary.input_dim,
        "max_len": vocabulary.rectangle.max_len,
    }
    if as_json:
        print_json(facts)
        return
    lines = [
        ("kept words", len(counts), _least_frequent(counts)),
        *([] if n_new is None else [("new words", n_new, "behind the old ones")]),
        ("input_dim", vocabulary.input_dim, ""),
        ("max_len", vocabulary.rectangle.max_len, ""),
    ]
    head = f"{printable(path)}: {how_many(len(counts), 'word')}"
    stdout.write(f"{head}\n{table(lines)}{_inputs(sources)}")


def print_counts(counted: CountedWords, path: str, as_json: bool) -> None:
    """The facts about words that were counted, and about inputs that are no plain lines."""
    tally = counted.tally
    if as_json:
        facts = {"rows": tally.n_rows, "words": tally.n_words, "distinct_words": tally.n_distinct}
        print_json({"output": path} | facts)
        return
    lines = [
        ("rows", tally.n_rows, ""),
        ("words", tally.n_words, ""),
        ("distinct words", tally.n_distinct, ""),
    ]
    head = f"{printable(path)}: the counts of {how_many(tally.n_distinct, 'word')}"
    stdout.write(f"{head}\n{table(lines)}{_inputs(counted.sources)}")


def print_matrix(matrix: Matrix, path: str, as_json: bool, checked: Sequence[Checked] = ()) -> None:
    """The facts about an embedding matrix that was written."""
    shape, facts = matrix.values.shape, matrix.statistics
    if as_json:
        print_json(array_facts(path, shape, "float32", facts) | gate_facts(checked))
        return
    head = array_line(path, shape, "float32", "vector")
    lines = _coverage(facts) if matrix.start is None else _kept(facts)
    lines += gate_line(checked)
    stdout.write(f"{head}\n{table(lines)}")


def _kept(facts: dict[str, Any]) -> list[tuple[str, int, str]]:
    """What a matrix has of an older one."""
    gone = facts["vectors_left_out"]
    left_out = f"{how_many(gone, 'other')} left out, as the words are gone" if gone else ""
    return [
        ("kept vectors", facts["kept_vectors"], left_out),
        ("new vectors", facts["new_vectors"], ""),
    ]


def array_line(path: str, shape: tuple[int, ...], dtype: str, noun: str = "row") -> str:
    """The first line about an array that was written.

    >>> array_line("x.npy", (320, 12, 128), "float32")
    'x.npy: 320 rows of 12 x 128, float32'
    """
    n_rows, *inner = shape
    size = " x ".join(f"{n:,}" for n in inner)
    return f"{printable(path)}: {how_many(n_rows, noun)} of {size}, {dtype}"


def array_facts(
    path: str, shape: tuple[int, ...], dtype: str, statistics: dict[str, Any]
) -> dict[str, Any]:
    """An array that was written for scripts, with the facts about it where there are any."""
    facts = {"statistics": statistics} if statistics else {}
    return {"output": path, "shape": list(shape), "dtype": dtype} | facts


def _coverage(facts: dict[str, Any]) -> list[tuple[str, int, str]]:
    """What a file of vectors covers of the words; nothing where there was none."""
    if not facts:
        return []
    share = f"{per_cent(facts['coverage'], 2)} of the kept words have a vector"
    if facts["words_from_ngrams"]:
        share += f", {facts['words_from_ngrams']:,} of them made of n-grams"
    lines = [("found words", facts["words_found"], share)]
    if "running_words_found" in facts:
        share = f"{per_cent(facts['running_coverage'], 2)} of the running words"
        lines.append(("as running words", facts["running_words_found"], share))
    some = [word for word, _ in facts["most_frequent_missing"]][:_SHOWN_MISSING]
    lines.append(("missing words", facts["missing_words"], quoted(some).replace(" | ", ", ")))
    return lines


def _least_frequent(counts: tuple[int, ...]) -> str:
    """The lowest count, where counts are known: those of a vocabulary taken over are 0."""
    return f"least frequent: {min(counts):,}" if any(counts) else ""


def table(lines: list[tuple[str, int, str]]) -> str:
    """Figures by their names, a remark behind each, one a line.

    >>> print(table([("rows", 1200, ""), ("北京 rows", 3, "1 empty")]), end="")
      rows            1,200
      北京 rows           3  (1 empty)
    """
    names = to_the_left([in_place(name) for name, _, _ in lines], _NAME_CELLS)
    numbers = to_the_right([f"{number:,}" for _, number, _ in lines])
    remarks = [f"({remark})" if remark else "" for _, _, remark in lines]
    rows = zip(names, numbers, remarks, strict=True)
    return "".join(f"{GAP.join(['', *cells]).rstrip()}\n" for cells in rows)


def _inputs(sources: Iterable[Source]) -> str:
    """What each input of records was taken for."""
    said = ""
    for source in sources:
        found = source.recognised
        if found is None:
            continue
        facts = [found.format]
        if found.text_columns:
            facts.append(f"text from {_columns(found.text_columns)}")
        if found.label_columns:
            facts.append(f"labels from {_columns(found.label_columns)}")
        said += f"  {'input':<{_NAME_CELLS}}  {printable(source.name)}: {', '.join(facts)}\n"
        if found.first_row is not None:
            said += f"  {'first row':<{_NAME_CELLS}}  taken as data: {quoted(found.first_row)}\n"
    return said


def _columns(columns: Iterable[str | int]) -> str:
    return " and ".join(
        quoted([column]) if isinstance(column, str) else f"column {column}" for column in columns
    )


def print_json(facts: dict[str, Any]) -> None:
    """Print a result for scripts: one object, one line."""
    line = f"{json.dumps(facts, ensure_ascii=False)}\n"
    # Half a surrogate pair, from a path that is no UTF-8, becomes its own JSON escape.
    stdout.write(line.encode("utf-8", "backslashreplace"))


def warn(warnings: Iterable[str], quiet: bool) -> None:
    """Tell of what is done and plainly wrong."""
    for warning in () if quiet else warnings:
        announce(f"warning: {warning}")


def announce(said: str, below: str = "") -> None:
    """Tell something on stderr, with the lines that go below it. That nobody can be told neither
    hinders nor undoes the work.
    """
    with suppress(OSError):
        click.echo(f"embedprep: {printable(said)}\n{below}", nl=False, err=True)
