"""How are counted words stored? As an .npz of six arrays, none of them compressed.

`settings: (bytes,)` is UTF-8 JSON: which rules made words of the text, and whose versions were
behind them. `text: (bytes,)` are the distinct words end to end, `lengths` and `counts: (words,)`
the bytes of each and how often it occurs, in the order that `order` tells. `rows: (lengths,)` are
so many lines as have each number of words, `row_lengths`, ascending.
"""

from __future__ import annotations

import errno
import json
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, BinaryIO, NamedTuple

import numpy as np
from numpy.typing import NDArray

from embedprep.counts.kinds import FORMAT, SETTINGS, VERSION, Counts
from embedprep.counts.order import (
    COUNTS,
    LENGTHS,
    TEXT,
    OrderedWords,
    Position,
    are_ascending,
    position_of,
)
from embedprep.dictionary import Dictionary, WordArray
from embedprep.errors import EmbedprepError, InputError
from embedprep.npz import npz_bytes, stored_arrays, write_npz
from embedprep.places import Place
from embedprep.sources.opening import refuse_address
from embedprep.space import check_space
from embedprep.spool import Record, Spool
from embedprep.tokenizer.settings import TokenizerSettings
from embedprep.wording import how_large, how_many

_DTYPES = {
    SETTINGS: "|u1",
    "text": "|u1",
    "lengths": "<u4",
    "counts": "<i8",
    "row_lengths": "<i8",
    "rows": "<i8",
}

_MOST = 1 << 48
"""No text holds a word, or lines, so often: the counts of a thousand files add up in 64 bits."""

_MOST_SETTINGS = 1 << 20
_VALUES_AT_ONCE = 1 << 17

_REMEDY = "make it again by `embedprep count`"


@dataclass(frozen=True)
class CountSettings:
    """Which rules made words of a text, and the versions of others' work behind them."""

    tokenizer: TokenizerSettings
    versions: dict[str, str]

    @property
    def told(self) -> dict[str, Any]:
        """All of them by their names."""
        saved = self.tokenizer.saved
        return {"tokenizer": saved.pop("name"), **saved, **self.versions}


class Tally(NamedTuple):
    """What was counted: lines, words, repeats included, and distinct words."""

    n_rows: int
    n_words: int
    n_distinct: int


def write_counts(
    path: Path,
    target: Place,
    settings: CountSettings,
    rows_of_length: Counter[int],
    *,
    records: Sequence[Record],
    spool: Spool,
) -> Tally:
    """Write words that wait in a spool, all records together in their order, to a file that will be
    `target`. Raises OutputError where there is no room for it.
    """
    n_words = sum(spool.length(record, COUNTS) for record in records)
    n_bytes = sum(spool.length(record, TEXT) for record in records)
    saved = {
        "format": FORMAT,
        "version": VERSION,
        "tokenizer": settings.tokenizer.saved,
        "versions": settings.versions,
    }
    settings_text = np.frombuffer(json.dumps(saved, ensure_ascii=False).encode(), np.uint8)
    row_lengths = np.array(sorted(rows_of_length), np.int64)
    rows = np.array([rows_of_length[length] for length in row_lengths.tolist()], np.int64)
    sizes = (len(settings_text), n_bytes, n_words, n_words, len(rows), len(rows))
    members = {
        name: ((size,), np.dtype(dtype))
        for (name, dtype), size in zip(_DTYPES.items(), sizes, strict=True)
    }
    n_bytes_of_file = npz_bytes(members)
    cause = f"would take {how_large(n_bytes_of_file)} for {how_many(n_words, 'word')}"
    remedy = "free some, or write to another disk"
    check_space(target, n_bytes_of_file, cause, max_bytes=None, remedy=lambda _: remedy)

    def pieces(array: int) -> Iterator[NDArray[Any]]:
        for record in records:
            n_values = spool.length(record, array)
            for first in range(0, n_values, _VALUES_AT_ONCE):
                last = min(first + _VALUES_AT_ONCE, n_values)
                yield spool.read_slice(record, first, last, array)

    write_npz(
        path,
        members,
        {
            SETTINGS: [settings_text],
            "text": pieces(TEXT),
            "lengths": pieces(LENGTHS),
            "counts": pieces(COUNTS),
            "row_lengths": [row_lengths],
            "rows": [rows],
        },
    )
    return Tally(rows_of_length.total(), _n_running(rows_of_length), n_words)


def _n_running(rows_of_length: Counter[int]) -> int:
    return sum(length * n_rows for length, n_rows in rows_of_length.items())


class CountsFile:
    """The counted words in a file, which come in their order; all that is read is checked.

    Raises InputError where the file is damaged, or is none of counts.
    """

    def __init__(
        self, name: str, file: BinaryIO, advance: Callable[[int], object] = lambda n_bytes: None
    ) -> None:
        self.name = name
        self._advance = advance
        with self._told():
            arrays = stored_arrays(file, {SETTINGS: _DTYPES[SETTINGS]})
            if arrays[SETTINGS].n_left > _MOST_SETTINGS:
                raise ValueError("its settings are too long")
            self.settings = _parse_settings(arrays[SETTINGS].read(arrays[SETTINGS].n_left), name)
            arrays = stored_arrays(file, _DTYPES)
            if arrays["lengths"].n_left != arrays["counts"].n_left:
                raise ValueError("it has not as many counts as words")
            self.rows_of_length = _parse_rows(
                *(arrays[name].read(arrays[name].n_left) for name in ("row_lengths", "rows"))
            )
            self._text = arrays["text"]
            self._words = OrderedWords(arrays["lengths"], arrays["counts"], self._text)
            self._n_running = _n_running(self.rows_of_length)
            self._last: Position | None = None
            self._check_end()

    @property
    def n_left(self) -> int:
        return self._words.n_left

    def read(self, n_bytes: int) -> Dictionary:
        """The next words, one at least, of about so many bytes."""
        with self._told():
            some = self._words.read(n_bytes)
            self._check(some)
            self._check_end()
        self._advance(int(some.words.lengths.sum()) + 12 * some.words.n_words)
        return some

    def _check(self, some: Dictionary) -> None:
        words, counts = some
        if counts.min() < 1 or counts.max() > _MOST:
            raise ValueError("it holds a count that is no number of words")
        _check_words(words)
        first = position_of(words, 0)
        if not are_ascending(words) or (self._last is not None and first <= self._last):
            raise ValueError("its words do not stand in their order")
        self._last = position_of(words, -1)
        # By halves: the sum of all may be more than 64 bits hold.
        low, high = counts & 0xFFFFFF, counts >> 24
        self._n_running -= int(low.sum()) + (int(high.sum()) << 24)

    def _check_end(self) -> None:
        if self.n_left:
            return
        if self._text.n_left:
            raise ValueError("its words are longer than their lengths")
        if self._n_running:
            raise ValueError("its lines have not as many words as were counted")

    @contextmanager
    def _told(self) -> Iterator[None]:
        """Tell of what is wrong in the file by its name."""
        try:
            yield
        except EmbedprepError:
            raise
        except ValueError as error:
            raise InputError(self.name, f"is no whole file of counts: {error}", _REMEDY) from None
        except OSError as error:
            reason = error.strerror or str(error)
            raise InputError(self.name, f"cannot be read ({reason})", _REMEDY) from error


def open_counts(counts: Counts, stack: ExitStack) -> list[CountsFile]:
    """At least one file of counts, all by the same settings, open until the stack closes.

    Raises InputError where one cannot be read, or was counted by other rules than the first.
    """
    names, advance = counts
    files = [CountsFile(name, stack.enter_context(_opened(name)), advance) for name in names]
    first = files[0]
    for other in files[1:]:
        refuse_other_settings(other, first.settings, first.name)
    return files


def refuse_other_settings(counts: CountsFile, settings: CountSettings, place: str) -> None:
    """Raise InputError where counts were made by other settings than those of another file."""
    own, others = counts.settings.told, settings.told
    for name in others | own:
        if own.get(name) != others.get(name):
            cause = (
                f"was counted with {name} {json.dumps(own.get(name))}, "
                f"and {place} has {json.dumps(others.get(name))}"
            )
            raise InputError(counts.name, cause, "count it again by the same rules")


def _opened(name: str) -> BinaryIO:
    refuse_address(name, "counts")
    try:
        return open(name, "rb")
    except FileNotFoundError:
        raise InputError(name, "no such file", "check the path") from None
    except IsADirectoryError:
        raise InputError(name, "is a folder, not a file of counts", "name the file") from None
    except OSError as error:
        remedy = "check the path and its permissions"
        if error.errno in (errno.EMFILE, errno.ENFILE):
            remedy = "merge some of them first by `embedprep count`"
        raise InputError(name, f"cannot be read ({error.strerror})", remedy) from error


def _parse_settings(text: NDArray[Any], place: str) -> CountSettings:
    """The settings as a file tells them. Raises ValueError where they are none."""
    try:
        saved = json.loads(text.tobytes().decode("utf-8"))
    except RecursionError:
        raise ValueError("its settings are no JSON") from None
    if not isinstance(saved, dict) or saved.get("format") != FORMAT:
        raise ValueError(f"its format is not {FORMAT!r}")
    if type(saved.get("version")) is not int or saved["version"] != VERSION:
        raise InputError(
            place,
            f"has version {saved.get('version')!r}, this embedprep reads version {VERSION}",
            "install the embedprep that made it, or a newer one",
        )
    try:
        versions = saved["versions"]
        if not all(isinstance(version, str) for version in versions.values()):
            raise ValueError("a version is no text")
        return CountSettings(TokenizerSettings(**saved["tokenizer"]), versions)
    except (KeyError, TypeError, AttributeError, EmbedprepError) as error:
        raise ValueError(f"its settings are broken ({error})") from None


def _parse_rows(row_lengths: NDArray[Any], rows: NDArray[Any]) -> Counter[int]:
    """How many lines have each number of words. Raises ValueError where the arrays are wrong."""
    if len(row_lengths) != len(rows) or not len(rows):
        raise ValueError("it does not tell the lengths of lines")
    is_right = row_lengths[0] >= 0 and (row_lengths[1:] > row_lengths[:-1]).all()
    if not is_right or rows.min() < 1 or rows.max() > _MOST:
        raise ValueError("its lengths of lines are none")
    return Counter(dict(zip(row_lengths.tolist(), rows.tolist(), strict=True)))


def _check_words(words: WordArray) -> None:
    """Raise ValueError where words that stand end to end are none."""
    text = words.text[: int(words.lengths.sum())]
    if words.lengths.min() < 1 or (text == ord("\n")).any():
        raise ValueError("it holds what is no word of a line")
    first = text[words.starts]
    if ((first & 0xC0) == 0x80).any():
        raise ValueError("it holds a word that is not UTF-8")
    try:
        text.tobytes().decode("utf-8")
    except UnicodeDecodeError:
        raise ValueError("it holds a word that is not UTF-8") from None
