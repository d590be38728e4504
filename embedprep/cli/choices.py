"""Which settings do the options of a command make? It is done here and nowhere else."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import fields, replace
from pathlib import Path
from typing import Any

import click
from click.core import ParameterSource

from embedprep.cli.config import shared_names
from embedprep.cli.outcome import Outcome
from embedprep.counts.kinds import Counts, are_counts
from embedprep.errors import InputError, OutputError, SettingsError
from embedprep.gates import Gates
from embedprep.places import shown
from embedprep.rectangle import parse_max_len
from embedprep.settings import (
    ALL_THERE_IS,
    AdoptionSettings,
    MatrixSettings,
    Resources,
    RowSettings,
    Selection,
    UpdateSettings,
    VectorSource,
    VocabularySettings,
    check_held_out,
    check_room,
    check_selection,
)
from embedprep.sources import (
    STDIN,
    Input,
    NamedInputs,
    Reader,
    Reading,
    RecordSettings,
    label_inputs,
    matched_inputs,
    parse_holdout,
    parse_input,
)
from embedprep.tokenizer.settings import TokenizerSettings

_OF_THE_TOKENIZER = {"tokenizer", "lowercase", "pattern"}
_OF_ROWS = (
    *("split", "seed", "shuffle", "drop_empty", "drop_duplicates"),
    *("overflow", "stride", "label_type"),
)

_OF_THE_WORDS = {"max_words", "oov", "bos", "eos", *_OF_THE_TOKENIZER}
_OF_THE_RECTANGLE = {"max_len", "padding", "truncating", "dtype"}
_WITH_SOURCE = {
    *_OF_THE_WORDS,
    *("inputs", "source", "unk_token", "output", "jobs", "memory", "quiet", "as_json"),
    *_OF_THE_RECTANGLE,
}
"""The options that mean something where no text is read."""

_OF_THE_ENGINE = {"engine", "scheduler"}
_WITH_COUNTS = (_WITH_SOURCE - _OF_THE_TOKENIZER) | {"min_count", "update", "map_output"}
"""Those that mean something where words are counted already."""

_OF_AN_OUTPUT = {"inputs", "top", "quiet", "as_json"}
"""Those of `inspect` that mean something where an output is looked at."""

_SETTLED = (_OF_THE_WORDS - {"max_words"}) | _OF_THE_RECTANGLE
"""Those that a vocabulary settles for the ones that come of it."""


@contextmanager
def usage_errors() -> Iterator[None]:
    """Tell of a wrong setting as click tells of a wrong option."""
    try:
        yield
    except SettingsError as error:
        said = f"{error.cause}; {error.remedy}" if error.remedy else error.cause
        raise click.BadParameter(
            said, click.get_current_context(), param_hint=f"'{error.place}'"
        ) from None


def _given() -> set[str]:
    """The names of the options that were chosen, rather than left at their defaults."""
    context = click.get_current_context()
    default = ParameterSource.DEFAULT
    return {name for name in context.params if context.get_parameter_source(name) is not default}


def _first_given(names: set[str]) -> str | None:
    """The first option of the command among `names` that was chosen for it."""
    given = names & _given() - shared_names(click.get_current_context())
    parameters = click.get_current_context().command.params
    return next((option.opts[-1] for option in parameters if option.name in given), None)


def check_source(
    inputs: tuple[str, ...],
    *,
    source: Path | None,
    unk_token: str | None,
    update: str | None,
    map_output: str | None,
) -> None:
    """Tell of words from nowhere or from two places, and of options that mean nothing there."""
    if source is None and not inputs:
        raise click.UsageError("Missing argument 'INPUT...', or --from FILE.")
    if source is not None and inputs:
        raise click.UsageError("Words come from INPUT... or from --from FILE, not from both.")
    if source is None and unk_token is not None:
        raise click.UsageError("--unk-token names an entry of --from FILE.")
    if source is not None and (option := _first_given(_given() - _WITH_SOURCE)):
        raise click.UsageError(f"{option} is about text, and --from reads none.")
    if update is None and map_output is not None:
        raise click.UsageError("--map tells where the indices of --update FILE went.")
    if update is not None and (option := _first_given(_SETTLED)):
        raise click.UsageError(f"{option} is settled in the vocabulary that --update names.")
    if update is not None and (option := _first_given(_OF_THE_ENGINE)):
        raise click.UsageError(f"{option} is not for --update, which counts in this process.")


def refuse_labels(inputs: Iterable[Input], reason: str) -> None:
    """Tell of labels that nothing would be made of."""
    labelled = next((f"{item.label}=" for item in inputs if item.label is not None), None)
    if option := labelled or _first_given({"label_columns"}):
        raise click.UsageError(f"{option} names a label. {reason}")


def refuse_text_options() -> None:
    """Tell of an option about text where an output is looked at."""
    if option := _first_given(_given() - _OF_AN_OUTPUT):
        raise click.UsageError(f"{option} is about text, and a folder is an output.")


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
    if option := _first_given(idle):
        raise click.UsageError(
            f"{option} shapes a row, and only a --vocab makes one."
            if vocab is None
            else f"{option} is settled in the vocabulary, and cannot go with --vocab."
        )


def refuse_stdout(output: str, what: str, option: str = "'-o' / '--output'") -> None:
    """Tell that arrays need a place: `-` is standard output in the commands that write text."""
    if output in ("-", ""):
        cause = f"{what} cannot go to standard output" if output else "the name is empty"
        raise click.BadParameter(cause, param_hint=option)


def refuse_new_folder(output: str) -> None:
    """Tell that a matrix is part of an output that is there; a path has no slash at its end, so
    that `new/` would become a file.
    """
    if output.endswith("/") and not os.path.isdir(output):
        raise OutputError(output, "no such folder", "name an output that is there, or M.npy")


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
    names = ("max_len", "padding", "truncating", "dtype", "max_bytes", "rows_per_shard")
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


def check_shards(rows: RowSettings, output: str) -> None:
    """Tell of shards that are asked for where one file is to be written."""
    if rows.rows_per_shard is not None and output.endswith(".npy"):
        raise click.UsageError("--rows-per-shard writes several files, so -o must be a folder.")


def parse_inputs(inputs: Iterable[str], label_from: str | None = None) -> Sequence[Input]:
    """The inputs that a command names."""
    with usage_errors():
        named = matched_inputs([parse_input(text) for text in inputs])
        return label_inputs(named, label_from)


def parse_holdouts(
    holdouts: Iterable[str], label_from: str | None, selection: Selection
) -> Sequence[Input]:
    """The inputs of the held-out parts, none of which may be a part of the split."""
    with usage_errors():
        named = [parse_holdout(text) for text in holdouts]
        check_held_out(selection, [item.part for item in named])
        return label_inputs(matched_inputs(named), label_from)


def named_inputs(inputs: Sequence[Input], reading: Reading) -> NamedInputs:
    """The inputs, which nobody reads yet."""
    with usage_errors():
        return NamedInputs(inputs, reading)


def refuse_stdin(names: Iterable[str], option: str) -> None:
    """Tell that an option is about inputs that can be read twice."""
    if STDIN in names:
        cause = "standard input can be read once"
        raise click.BadParameter(cause, param_hint=f"'{option}'")


def open_reader(
    inputs: Sequence[Input],
    reading: Reading,
    advance: Callable[[int], object],
    resources: Resources = ALL_THERE_IS,
) -> NamedInputs:
    """The reader of the inputs, which begins to read unless others are to."""
    with usage_errors():
        return (NamedInputs if resources.is_spread else Reader)(inputs, reading, advance)


def refuse_counts(inputs: Iterable[Input]) -> None:
    """Raise InputError where an input holds counts, which tell nothing of rows."""
    for item in inputs:
        if are_counts([item.place]):
            cause = "is a file of counts, and has no rows"
            remedy = "give the text itself; vocab makes a vocabulary of counts"
            raise InputError(shown(item.place), cause, remedy)


def open_words(
    inputs: Sequence[Input],
    reading: Reading,
    advance: Callable[[int], object],
    resources: Resources = ALL_THERE_IS,
) -> NamedInputs | Counts:
    """The inputs: counts, where they are, else a text, whose reader begins to read."""
    names = [item.place for item in inputs]
    if not are_counts(names):
        return open_reader(inputs, reading, advance, resources)
    refuse_labels(inputs, "Counts have no labels.")
    if option := _first_given(_given() - _WITH_COUNTS):
        raise click.UsageError(f"{option} is about text, and counts hold none.")
    return Counts(names, advance)


def adoption_settings(
    words: VocabularySettings, rows: RowSettings, unk_token: str | None
) -> AdoptionSettings:
    """The settings of taking over a vocabulary."""
    with usage_errors():
        return AdoptionSettings(words, rows, unk_token, frozenset(_given() & _OF_THE_WORDS))


def update_settings(words: VocabularySettings) -> UpdateSettings:
    """The settings of a vocabulary that grows."""
    max_words = words.max_words if "max_words" in _given() else None
    return UpdateSettings(max_words, words.min_count)


_OF_THE_MATRIX = ("dim", "init", "vectors", "oov_init", "case_fallback", "skip_bad_vectors")


def matrix_settings(options: dict[str, Any], seed: int) -> MatrixSettings | None:
    """The settings of the embedding matrix, taken out of a command's options; None where none of
    them was chosen.
    """
    chosen = {name: options.pop(name) for name in _OF_THE_MATRIX}
    name = chosen["vectors"]
    idle = {"oov_init", "case_fallback", "skip_bad_vectors"} if name is None else {"init"}
    if option := _first_given(idle):
        reason = "without --vectors" if name is None else "with --vectors: see --oov-init"
        raise click.UsageError(f"{option} means nothing {reason}.")
    if not _given() & chosen.keys():
        return None
    with usage_errors():
        source = None
        if name is not None:
            source = VectorSource(name, chosen["skip_bad_vectors"], chosen["case_fallback"])
        return MatrixSettings(chosen["dim"], chosen["init"], chosen["oov_init"], seed, source)


def fitting_gates(chosen: Gates, matrix: MatrixSettings | None) -> Gates:
    """The gates, told where one is for a coverage that nothing could have."""
    are_given = bool(vector_files(matrix))
    if not are_given and "min_coverage" in shared_names(click.get_current_context()):
        return replace(chosen, min_coverage=None)
    with usage_errors():
        chosen.check_vectors(are_given=are_given)
    return chosen


def outcome(
    command: str, chosen: Gates, summary: str | None, *, quiet: bool, as_json: bool
) -> Outcome:
    """How a command tells of the figures of its output."""
    if summary is not None:
        refuse_stdout(summary, "a summary", "'--summary'")
    file = None if summary is None else Path(summary)
    return Outcome(command, chosen, file, quiet, as_json)


_OF_GATES = tuple(field.name for field in fields(Gates))


def gates(options: dict[str, Any]) -> Gates:
    """The limits that the figures of an output must keep to, taken out of a command's options."""
    with usage_errors():
        chosen = Gates(**{name: options.pop(name) for name in _OF_GATES if name in options})
    if chosen.only_warn and not chosen.limits:
        raise click.UsageError("--gate-warn means nothing without a gate, such as --max-oov.")
    return chosen


def vector_files(matrix: MatrixSettings | None) -> list[str]:
    """The file that vectors are read from, if one is."""
    return [matrix.vectors.name] if matrix is not None and matrix.vectors is not None else []


def check_stdin(inputs: Iterable[Input], matrix: MatrixSettings | None) -> None:
    """Tell of a standard input that would be read as text and as vectors."""
    names = [*(item.name for item in inputs), *vector_files(matrix)]
    if vector_files(matrix) == [STDIN] and names.count(STDIN) > 1:
        raise click.UsageError("Standard input is either the text or the --vectors.")


def resources(options: dict[str, Any]) -> Resources:
    """What the job may take, taken out of a command's options."""
    with usage_errors():
        names = ("jobs", "memory", "resume", *_OF_THE_ENGINE)
        return Resources(**{name: options.pop(name) for name in names if name in options})


def reading(options: dict[str, Any], resources: Resources = ALL_THERE_IS) -> Reading:
    """The settings of reading, taken out of a command's options."""
    names = ("encoding", "errors", "max_line_bytes")
    of_records = ("format", "text_columns", "label_columns", "header", "quoting")
    with usage_errors():
        records = RecordSettings(
            **{name: options.pop(name) for name in of_records if name in options}
        )
        chosen = {name: options.pop(name) for name in names}
        return resources.reading(**chosen, records=records)
