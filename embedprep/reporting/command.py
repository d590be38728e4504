"""Which command line makes such an output? It is told from the settings in the manifest.

Inputs stand there by their names. A manifest has the length that was chosen, not how, and not
whether a matrix was made with the rows or later: the same files come of both.
"""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterator, Sequence
from typing import Any

from embedprep.listing import list_of, table_of
from embedprep.manifest import was_run
from embedprep.rectangle import Rectangle
from embedprep.reporting.tables import seen
from embedprep.settings import MatrixSettings, Selection, VocabularySettings
from embedprep.sources import Reading, RecordSettings
from embedprep.tokenizer.settings import LOWERCASE_BY_DEFAULT, TokenizerSettings

MOST_INPUTS = 12
_LONGEST_WORD = 240
_LINE = 76


def commands(manifest: dict[str, Any], name: str) -> list[str]:
    """The commands that make an output called `name`, each as a line of a shell, or several."""
    settings = table_of(manifest, "settings")
    inputs = list_of(manifest, "inputs")
    own = not isinstance(manifest.get("part"), str)
    if was_run(manifest):
        words = ["run", *_inputs(inputs), *_words(settings), *_rows(settings)]
        words += _reading(settings, inputs)
        words += _selection(settings, is_run=True)
        words += _matrix(manifest) if own else []
    else:
        words = ["encode", *_inputs(inputs), "--vocab", "vocab.json"]
        words += _reading(settings, inputs)
        words += _selection(settings, is_run=False)
    shards = settings.get("rows_per_shard")
    words += [] if shards is None else ["--rows-per-shard", str(shards)]
    if "duplicate_rows" in table_of(manifest, "statistics"):
        words += ["--max-duplicates", "100%"]  # a gate that is always kept: copies are counted
    target = _path(name)
    made = [_wrapped([*words, "-o", target])]
    matrix = table_of(manifest, "matrix") if own else {}
    if "start" in matrix:
        start = _path(str(table_of(matrix, "start").get("name")))
        made.append(_wrapped(["matrix", "--start", start, "-o", target]))
    elif "trained" in matrix:
        made.append(
            _wrapped(["train", target, *_training(table_of(matrix, "trained")), "-o", target])
        )
    elif matrix and not was_run(manifest):
        made.append(_wrapped(["matrix", *_matrix(manifest), "-o", target]))
    return made


def _path(name: str) -> str:
    """A path that is taken for no option."""
    return f"./{name}" if name.startswith("-") and name != "-" else name


def _inputs(inputs: list[dict[str, Any]]) -> Iterator[str]:
    ordered = [item for item in inputs if "part" not in item]
    held_out = [item for item in inputs if "part" in item]
    for item in ordered[:MOST_INPUTS]:
        yield _labelled(item)
    if len(ordered) > MOST_INPUTS:
        yield "…"
    for item in held_out[:MOST_INPUTS]:
        yield from ("--holdout", f"{item['part']!s}={_labelled(item)}")


def _labelled(item: dict[str, Any]) -> str:
    name, label = str(item.get("name")), item.get("label")
    if label is not None:
        return f"{label!s}={name}"
    return f"./{name}" if "=" in name.partition("/")[0] else _path(name)


def _unless(option: str, value: object, default: object) -> list[str]:
    """An option where it is told and not the default; a flag where the value is true."""
    if value is None or value == default:
        return []
    return [option] if value is True else [option, str(value)]


def _words(settings: dict[str, Any]) -> Iterator[str]:
    yield from _unless("-n", settings.get("max_words"), VocabularySettings.max_words)
    yield from _unless("--min-count", settings.get("min_count"), VocabularySettings.min_count)
    tokenizer = table_of(settings, "tokenizer")
    name, lowercase = str(tokenizer.get("name")), tokenizer.get("lowercase")
    if "pattern" in tokenizer:
        yield from ("--pattern", str(tokenizer["pattern"]))
    else:
        yield from _unless("--tokenizer", name, TokenizerSettings.name)
    if lowercase is not None and lowercase != LOWERCASE_BY_DEFAULT.get(name):
        yield "--lowercase" if lowercase else "--keep-case"
    yield from _unless("--oov", settings.get("oov"), VocabularySettings.oov)
    yield from _unless("--bos", settings.get("bos"), False)
    yield from _unless("--eos", settings.get("eos"), False)


def _rows(settings: dict[str, Any]) -> Iterator[str]:
    row = table_of(settings, "row")
    yield from _unless("--max-len", row.get("max_len"), None)
    yield from _unless("--padding", row.get("padding"), Rectangle.padding)
    yield from _unless("--truncating", row.get("truncating"), Rectangle.truncating)
    yield from _unless("--dtype", row.get("dtype"), Rectangle.dtype)


def _reading(settings: dict[str, Any], inputs: list[dict[str, Any]]) -> Iterator[str]:
    yield from _unless("--encoding", settings.get("encoding"), Reading.encoding)
    yield from _unless("--errors", settings.get("errors"), Reading.errors)
    records = next((item for item in inputs if "format" in item), None)
    if records is None:
        return
    record_format = str(records["format"])
    guessed = RecordSettings().format_of(str(records.get("name")))
    yield from _unless("--format", record_format, guessed)
    columns = []
    for option in ("text_columns", "label_columns"):
        told = records.get(option)
        for column in told if isinstance(told, list) else []:
            columns.append(column)
            yield from (f"--{option[:-1].replace('_', '-')}", str(column))
    if records.get("header") is True and not any(isinstance(column, str) for column in columns):
        yield "--header"
    if records.get("quoting") is not None and records["quoting"] != (record_format == "csv"):
        yield "--quoting" if records["quoting"] else "--no-quoting"


def _selection(settings: dict[str, Any], *, is_run: bool) -> Iterator[str]:
    selection = table_of(settings, "selection")
    names = ["drop_empty", "drop_duplicates", "overflow", "stride"]
    names = ["split", "shuffle", "seed", "label_type", *names] if is_run else names
    for name in names:
        default = getattr(Selection(), name)
        yield from _unless(f"--{name.replace('_', '-')}", selection.get(name), default)


def _matrix(manifest: dict[str, Any]) -> Iterator[str]:
    matrix = table_of(manifest, "matrix")
    if not matrix or "start" in matrix or "trained" in matrix:
        return
    if "vectors" in matrix:
        yield from ("--vectors", str(table_of(matrix, "vectors").get("name")))
        yield from _unless("--oov-init", matrix.get("oov_init"), MatrixSettings.oov_init)
        yield from _unless("--case-fallback", matrix.get("case_fallback"), False)
        yield from _unless("--skip-bad-vectors", matrix.get("skip_bad_vectors"), False)
        return
    yield from ("--dim", str(table_of(manifest, "embedding").get("output_dim")))
    yield from _unless("--init", matrix.get("init"), MatrixSettings.init)


def _training(trained: dict[str, Any]) -> Iterator[str]:
    for option in ("dim", "window", "negative", "epochs", "seed"):
        yield from _unless(f"--{option}", trained.get(option), None)


def _quoted(word: str) -> str:
    """A word as a shell reads it; characters that cannot be seen are escapes in `$'...'`."""
    if word.isprintable():
        return shlex.quote(seen(word, _LONGEST_WORD))
    escaped = word.replace("\\", "\\\\").replace("'", "\\'")
    return f"$'{seen(escaped, _LONGEST_WORD)}'"


def _wrapped(words: Sequence[str]) -> str:
    """The words as a shell reads them, in lines that fit a page; an option stands beside its
    value.
    """
    lines = ["embedprep"]
    pieces: list[str] = []
    for word in words:
        quoted = "…" if word == "…" else _quoted(word)
        if pieces and re.fullmatch("--?[a-z-]+", pieces[-1]) and not word.startswith("-"):
            pieces[-1] += f" {quoted}"
        else:
            pieces.append(quoted)
    for piece in pieces:
        if len(lines[-1]) + 1 + len(piece) > _LINE:
            lines.append(f"    {piece}")
        else:
            lines[-1] += f" {piece}"
    return " \\\n".join(lines)
