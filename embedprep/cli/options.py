"""Which options do commands share? One name, one meaning, one place that makes settings of them."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any, TypeVar

import click
from click.core import ParameterSource

from embedprep.errors import SettingsError
from embedprep.rectangle import DTYPES, SIDES, parse_max_len
from embedprep.settings import (
    LABEL_TYPES,
    OVERFLOWS,
    AdoptionSettings,
    RowSettings,
    Selection,
    VocabularySettings,
    check_held_out,
    check_room,
    check_selection,
)
from embedprep.sources import (
    FORMATS,
    MAX_LINE_BYTES,
    Input,
    Reader,
    Reading,
    RecordSettings,
    parse_holdout,
    parse_input,
    with_parents_as_labels,
)
from embedprep.specials import OOV_CHOICES
from embedprep.tokenizer.settings import TOKENIZERS, TokenizerSettings

Command = TypeVar("Command", bound=Callable[..., Any])

_UNITS = {"": 1, "k": 10**3, "m": 10**6, "g": 10**9, "t": 10**12}
_BINARY_UNITS = {"ki": 1 << 10, "mi": 1 << 20, "gi": 1 << 30, "ti": 1 << 40}


def size(text: str | int) -> int:
    """The bytes that 4096, 512MB or 2GiB stand for."""
    if isinstance(text, int):
        return text
    found = re.fullmatch(r"([0-9]+(?:\.[0-9]+)?)\s*([kmgt]?i?)b?", text.strip().lower())
    unit = (_UNITS | _BINARY_UNITS).get(found[2]) if found else None
    if found is None or unit is None:
        raise click.BadParameter(f"{text!r} is no size like 4096, 512MB or 2GiB")
    return int(float(found[1]) * unit) if "." in found[1] else int(found[1]) * unit


def length(text: str) -> str:
    """A number, `max`, or a percentile such as p99, as it stands."""
    try:
        parse_max_len(text)
    except SettingsError as error:
        raise click.BadParameter(error.cause) from None
    return text


def together(*options: Callable[[Any], Any]) -> Callable[[Command], Command]:
    """Several options as one decorator, in the order of the help."""

    def decorate(command: Command) -> Command:
        for option in reversed(options):
            command = option(command)
        return command

    return decorate


inputs = click.argument("inputs", nargs=-1, required=True, metavar="INPUT...")
optional_inputs = click.argument("inputs", nargs=-1, metavar="[INPUT...]")

adoption_options = together(
    click.option(
        "--from",
        "source",
        metavar="FILE",
        help="Read no text, but take over the vocabulary in this file; needs --max-len.",
    ),
    click.option(
        "--unk-token",
        metavar="TOKEN",
        help="The entry of unknown words in that file.  "
        "[default: what the file says, or one like <unk>, [UNK], <OOV>]",
    ),
)

_OF_ROWS = (
    *("split", "seed", "shuffle", "drop_empty", "drop_duplicates"),
    *("overflow", "stride", "label_type"),
)

_OF_THE_TOKENIZER = {"tokenizer", "lowercase", "pattern"}
_OF_THE_WORDS = {"max_words", "oov", "bos", "eos", *_OF_THE_TOKENIZER}
_OF_THE_RECTANGLE = {"max_len", "padding", "truncating", "dtype"}
_WITH_SOURCE = {
    *_OF_THE_WORDS,
    *("inputs", "source", "unk_token", "output", "jobs", "quiet", "as_json"),
    *_OF_THE_RECTANGLE,
}
"""The options that mean something where no text is read."""

tokenizer_options = together(
    click.option(
        "--tokenizer",
        type=click.Choice(TOKENIZERS),
        help="What words are: those of Unicode for any language, those of Keras, what "
        "lies between white space, every character, the matches of --pattern, or Chinese words by "
        "jieba's dictionary.  "
        f"[default: {TokenizerSettings.name}, or pattern where --pattern is given]",
    ),
    click.option(
        "--pattern",
        metavar="REGEX",
        help="The regular expression, as in Python's re, whose matches in each line are words.",
    ),
    click.option(
        "--lowercase/--keep-case",
        default=None,
        help="Lowercase the text first, or don't.  "
        "[default: lowercase with unicode and keras, else keep]",
    ),
)

vocabulary_options = together(
    click.option(
        "-n",
        "--max-words",
        type=click.IntRange(min=1),
        default=50_000,
        show_default=True,
        help="Keep exactly this many of the most frequent words; special entries not counted.",
    ),
    click.option(
        "--min-count",
        type=click.IntRange(min=1),
        default=1,
        show_default=True,
        help="Keep only words that occur at least so often.",
    ),
    click.option(
        "--oov",
        type=click.Choice(OOV_CHOICES),
        default="unk",
        show_default=True,
        help="Unknown words become <unk> (index 1), or vanish, as by default in Keras.",
    ),
    click.option("--bos", is_flag=True, help="Begin every row with an entry of its own, <bos>."),
    click.option("--eos", is_flag=True, help="End every row with an entry of its own, <eos>."),
    tokenizer_options,
)


def row_options(default: str = "{}") -> Callable[[Command], Command]:
    """The options of the rows' shape; `default` is how a default of Keras, `{}`, is told."""
    return together(
        click.option(
            "--max-len",
            type=length,
            metavar="LENGTH",
            help="Indices in a row: a number, max (the longest row), or a percentile such as p99, "
            "the least length that keeps 99 % of the rows whole.  "
            f"[default: {default.format('max')}]",
        ),
        click.option(
            "--padding",
            type=click.Choice(SIDES),
            help=f"Where short rows are filled with 0.  [default: {default.format('pre')}]",
        ),
        click.option(
            "--truncating",
            type=click.Choice(SIDES),
            help=f"Where long rows are cut.  [default: {default.format('pre')}]",
        ),
        click.option(
            "--dtype",
            type=click.Choice(list(DTYPES)),
            help=f"The type of an index.  [default: {default.format('int32')}]",
        ),
    )


size_option = click.option(
    "--max-bytes",
    type=size,
    metavar="SIZE",
    help="Refuse to write larger rows.  [default: 1GiB where max-len was not given and "
    "less than 10 % would be filled]",
)

reading_options = together(
    click.option("--encoding", default="utf-8", show_default=True, help="How the text is encoded."),
    click.option(
        "--errors",
        type=click.Choice(["strict", "replace", "ignore"]),
        default="strict",
        show_default=True,
        help="What to do about bytes that are not in this encoding.",
    ),
    click.option(
        "--max-line-bytes",
        type=size,
        metavar="SIZE",
        default=MAX_LINE_BYTES,
        show_default="64MiB",
        help="Refuse lines and records that are longer.",
    ),
    click.option(
        "--format",
        type=click.Choice(FORMATS),
        help="What a row is made of.  [default: by the name, .csv .tsv .jsonl .ndjson, else lines]",
    ),
    click.option(
        "--text-column",
        "text_columns",
        multiple=True,
        metavar="COLUMN",
        help="The column of the text, by its name or its number from 1; of several, the texts are "
        "joined by a space.  [default: the only one; text in jsonl]",
    ),
    click.option(
        "--label-column",
        "label_columns",
        multiple=True,
        metavar="COLUMN",
        help="A column of labels, likewise.",
    ),
    click.option(
        "--header/--no-header",
        default=None,
        help="Whether the first row of a table names its columns.  [default: if a column is asked "
        "for by its name]",
    ),
    click.option(
        "--quoting/--no-quoting",
        default=None,
        help="Whether quotes hold a field together.  [default: in csv, not in tsv]",
    ),
)

label_options = together(
    click.option(
        "--label-from",
        type=click.Choice(["parent"]),
        help="Take the name of the folder that an input lies in as the label of its rows.",
    ),
)

label_type_option = click.option(
    "--label-type",
    type=click.Choice(LABEL_TYPES),
    default="class",
    show_default=True,
    help="Labels are names of classes, or numbers that are kept as they are.",
)

part_options = together(
    click.option(
        "--holdout",
        "holdouts",
        multiple=True,
        metavar="NAME=PATH",
        help="Encode this input too, with the words and the shape of the others, into DIR/NAME.",
    ),
    click.option(
        "--split",
        metavar="SHARES",
        help="Divide the rows, as 80/10/10: into DIR, DIR/validation and DIR/test, by a hash of "
        "their text, so that equal texts stay together.",
    ),
    click.option("--shuffle", is_flag=True, help="Shuffle the training rows and their labels."),
    click.option(
        "--seed",
        type=click.IntRange(min=0),
        default=0,
        show_default=True,
        help="Another draw for --split and --shuffle.",
    ),
)

selection_options = together(
    click.option("--drop-empty", is_flag=True, help="Leave out rows without a word."),
    click.option(
        "--drop-duplicates",
        is_flag=True,
        help="Leave out rows whose text and labels an earlier row of the part has.",
    ),
    click.option(
        "--overflow",
        type=click.Choice(OVERFLOWS),
        default="truncate",
        show_default=True,
        help="Cut long rows, or split them into several; document.npy then tells of which line.",
    ),
    click.option(
        "--stride",
        type=click.IntRange(min=0),
        default=0,
        show_default=True,
        help="Words that a row split off repeats of the one before.",
    ),
)

running_options = together(
    click.option(
        "--jobs",
        type=click.IntRange(min=1),
        help="Blocks worked on at a time.  [default: the number of cores]",
    ),
    click.option("-q", "--quiet", is_flag=True, help="No progress, warnings or summary."),
    click.option("--json", "as_json", is_flag=True, help="Print the result as one JSON object."),
)

sync_option = click.option(
    "--sync", is_flag=True, help="Flush the output to the disk itself, against loss of power."
)


@contextmanager
def usage_errors() -> Iterator[None]:
    """Tell of a wrong setting as click tells of a wrong option."""
    try:
        yield
    except SettingsError as error:
        raise click.BadParameter(
            error.cause, click.get_current_context(), param_hint=f"'{error.place}'"
        ) from None


def _given() -> set[str]:
    """The names of the options that were chosen, rather than left at their defaults."""
    context = click.get_current_context()
    default = ParameterSource.DEFAULT
    return {name for name in context.params if context.get_parameter_source(name) is not default}


def check_source(inputs: tuple[str, ...], source: str | None, unk_token: str | None) -> None:
    """Tell of words from nowhere or from two places, and of options that mean nothing there."""
    if source is None and not inputs:
        raise click.UsageError("Missing argument 'INPUT...', or --from FILE.")
    if source is not None and inputs:
        raise click.UsageError("Words come from INPUT... or from --from FILE, not from both.")
    if source is None and unk_token is not None:
        raise click.UsageError("--unk-token names an entry of --from FILE.")
    idle = _given() - _WITH_SOURCE if source is not None else ()
    for parameter in click.get_current_context().command.params:
        if parameter.name in idle:
            raise click.UsageError(f"{parameter.opts[-1]} is about text, and --from reads none.")


def check_explained(text: str, vocab: str | None, max_len: str | None) -> None:
    """Tell of a sentence that is no text, and of options that a vocabulary settles or needs."""
    try:
        text.encode("utf-8")
    except UnicodeEncodeError:
        raise click.BadParameter("holds bytes that are not UTF-8", param_hint="'TEXT'") from None
    if not isinstance(parse_max_len(max_len or "1"), int):
        cause = "must be a number: a sentence does not tell the length of rows"
        raise click.BadParameter(cause, param_hint="'--max-len'")
    idle = _OF_THE_TOKENIZER if vocab is not None else _OF_THE_RECTANGLE
    for parameter in click.get_current_context().command.params:
        if parameter.name in idle & _given():
            option = parameter.opts[-1]
            raise click.UsageError(
                f"{option} shapes a row, and only a --vocab makes one."
                if vocab is None
                else f"{option} is settled in the vocabulary, and cannot go with --vocab."
            )


def refuse_stdout(output: str) -> None:
    """Tell that arrays need a place: `-` is standard output in the commands that write text."""
    if output in ("-", ""):
        cause = "rows cannot go to standard output" if output else "the name is empty"
        raise click.BadParameter(cause, param_hint="'-o' / '--output'")


def vocabulary_settings(
    rows: RowSettings,
    *,
    max_words: int,
    min_count: int,
    oov: str,
    bos: bool,
    eos: bool,
    tokenizer: str | None,
    lowercase: bool | None,
    pattern: str | None,
) -> VocabularySettings:
    """The settings of the vocabulary, whose marks must leave room in rows of a given length."""
    chosen = tokenizer_settings(tokenizer, lowercase, pattern)
    with usage_errors():
        words = VocabularySettings(max_words, min_count, oov, chosen, bos, eos)
        check_room(words, rows)
        return words


def tokenizer_settings(
    tokenizer: str | None, lowercase: bool | None, pattern: str | None
) -> TokenizerSettings:
    """The settings of the tokenizer."""
    with usage_errors():
        return TokenizerSettings.chosen(tokenizer, lowercase, pattern)


def name_of(tokenizer: TokenizerSettings) -> str:
    """A tokenizer by its name and the option of its case rule."""
    return f"{tokenizer.name} --{'lowercase' if tokenizer.lowercase else 'keep-case'}"


def row_settings(options: dict[str, Any]) -> RowSettings:
    """The settings of the rows, taken out of a command's options."""
    names = ("max_len", "padding", "truncating", "dtype", "max_bytes")
    with usage_errors():
        return RowSettings(**{name: options.pop(name, None) for name in names})


def selection(options: dict[str, Any]) -> Selection:
    """The settings of which rows are written, taken out of a command's options."""
    with usage_errors():
        return Selection(**{name: options.pop(name) for name in _OF_ROWS if name in options})


def check_overflow(selection: Selection, rows: RowSettings, words: VocabularySettings) -> None:
    """Tell of rows that are to be split and cannot be."""
    with usage_errors():
        check_selection(selection, rows, words.specials.n_marks)


def parse_inputs(inputs: Iterable[str], label_from: str | None = None) -> Sequence[Input]:
    """The inputs that a command names."""
    with usage_errors():
        named = [parse_input(text) for text in inputs]
        return named if label_from is None else with_parents_as_labels(named)


def parse_holdouts(
    holdouts: Iterable[str], label_from: str | None, selection: Selection
) -> Sequence[Input]:
    """The inputs of the held-out parts, none of which may be a part of the split."""
    with usage_errors():
        named = [parse_holdout(text) for text in holdouts]
        check_held_out(selection, [item.part for item in named])
        return named if label_from is None else with_parents_as_labels(named)


def open_reader(
    inputs: Sequence[Input], reading: Reading, advance: Callable[[int], object]
) -> Reader:
    """The reader of the inputs, which begins to read."""
    with usage_errors():
        return Reader(inputs, reading, advance)


def adoption_settings(
    words: VocabularySettings, rows: RowSettings, unk_token: str | None
) -> AdoptionSettings:
    """The settings of taking over a vocabulary."""
    with usage_errors():
        return AdoptionSettings(words, rows, unk_token, frozenset(_given() & _OF_THE_WORDS))


def reading(options: dict[str, Any]) -> Reading:
    """The settings of reading, taken out of a command's options."""
    names = ("encoding", "errors", "max_line_bytes")
    of_records = ("format", "text_columns", "label_columns", "header", "quoting")
    with usage_errors():
        records = RecordSettings(**{name: options.pop(name) for name in of_records})
        return Reading(**{name: options.pop(name) for name in names}, records=records)
