"""Which limits must the figures of an output keep to, and which of them fail?

A pipeline had better stop than train for hours on `<unk>`. Shares are held exactly, as fractions:
5 of 100 words keep to 5 %.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, NamedTuple, TypeAlias

from embedprep.errors import NOT_AS_WANTED, EmbedprepError, OutputError, SettingsError, check_least
from embedprep.wording import how_many, printable

if TYPE_CHECKING:
    from fractions import Fraction  # slow to import, and rarely needed

Share: TypeAlias = "str | float | Fraction"
"""A share as a user gives it: `5%`, `0.05`, or the number."""

_MOST_DIGITS = 12
"""Decimals of a percentage that is told apart from its limit."""


def parse_share(option: str, given: Share) -> Fraction:
    """The share that 5% or 0.05 stand for. Raises SettingsError where it is none in 0..1.

    >>> parse_share("--max-oov", "0.5%"), parse_share("--max-oov", 0.05)
    (Fraction(1, 200), Fraction(1, 20))
    """
    from fractions import Fraction

    none = SettingsError(option, f"{given!r} is no share like 5% or 0.05")
    if isinstance(given, str):
        found = re.fullmatch(r"([0-9]{1,18}(?:\.[0-9]{1,18})?) ?(%?)", given)
        if found is None:
            raise none
        share = Fraction(found[1]) / (100 if found[2] else 1)
        if found[2] and share > 1:
            raise SettingsError(option, f"{given!r} is more than 100%")
    elif isinstance(given, Fraction):
        share = given
    elif type(given) is bool:
        raise none
    else:
        try:
            share = Fraction(repr(float(given)))  # the decimal that was meant, not its float
        except (ValueError, TypeError):
            raise none from None
    if not 0 <= share <= 1:
        is_percentage = 0 <= share <= 100
        remedy = f"write {given}% or {float(share / 100):.15g}" if is_percentage else ""
        raise SettingsError(option, f"{str(given)!r} is no share in 0..1", remedy)
    return share


@dataclass(frozen=True)
class Gates:
    """The limits that the figures of an output must keep to; None is no limit. Where they
    `only_warn`, an output is written all the same.

    Shares are held in every part by itself, `min_rows` in the training rows alone. Raises
    SettingsError for a share that is none.
    """

    max_oov: Share | None = None
    max_truncated: Share | None = None
    max_empty: Share | None = None
    max_duplicates: Share | None = None
    min_rows: int | None = None
    min_coverage: Share | None = None
    only_warn: bool = False

    def __post_init__(self) -> None:
        for option, gate in _GATES.items():
            given = getattr(self, gate.field)
            if given is not None and option == MIN_ROWS:
                if type(given) is not int:
                    raise SettingsError(option, f"{given!r} is no number of rows")
                check_least(option, given, 0)
            elif given is not None:
                object.__setattr__(self, gate.field, parse_share(option, given))

    @property
    def limits(self) -> dict[str, Fraction | int]:
        """The limits that there are, by their options."""
        limits = {option: getattr(self, gate.field) for option, gate in _GATES.items()}
        return {option: limit for option, limit in limits.items() if limit is not None}

    def check_vectors(self, *, are_given: bool) -> None:
        """Raise SettingsError where vectors are to cover words and no file of them is given."""
        if self.min_coverage is not None and not are_given:
            cause = "means nothing without a file of vectors"
            raise SettingsError(MIN_COVERAGE, cause, "add --vectors FILE")


class Measured(NamedTuple):
    """What an output is like, as its manifest tells it: the statistics of its training rows, of its
    other parts and of its matrix, and the arguments of the embedding layer.

    `duplicates` are how many rows are copies, of how many, by the names of parts: the key is None
    where they are told of all parts together.
    """

    output: str
    statistics: Mapping[str, Any]
    parts: Mapping[str, Mapping[str, Any]] = {}
    matrix: Mapping[str, Any] = {}
    duplicates: Mapping[str | None, tuple[int, int]] = {}
    embedding: Mapping[str, Any] = {}

    @property
    def all_parts(self) -> dict[str, Mapping[str, Any]]:
        """The statistics of each part by its name, that of the training rows being empty."""
        return {"": self.statistics, **self.parts}

    def number(self, part: str, name: str) -> int:
        """One of the numbers of a part. Raises OutputError where a manifest does not tell it."""
        statistics: object = self.all_parts[part]
        number = statistics.get(name) if isinstance(statistics, Mapping) else None
        if not isinstance(number, int) or type(number) is bool or number < 0:
            place = f"{self.output}/{part}" if part else self.output
            cause = f"its manifest does not tell the number of {name}"
            raise OutputError(place, cause, "make the output again")
        return number

    def count_texts(self, part: str) -> int:
        """The rows of a part before long ones were split."""
        return self.number(part, "documents" if "documents" in self.all_parts[part] else "rows")

    def with_told_duplicates(self) -> Measured:
        """The same with the duplicates that its statistics tell of, if they do."""
        if "duplicates" in self.statistics:  # which were left out
            n_left_out = self.number("", "duplicates")
            n_rows = n_left_out + sum(map(self.count_texts, self.all_parts))
            return self._replace(duplicates={None: (n_left_out, n_rows)})
        if "duplicate_rows" not in self.statistics:
            return self
        told: dict[str | None, tuple[int, int]] = {
            part: (self.number(part, "duplicate_rows"), self.count_texts(part))
            for part in self.all_parts
        }
        return self._replace(duplicates=told)


class Checked(NamedTuple):
    """A figure beside its limit: `n` of so many, of 1 where it is a number.

    `part` is the name of a part, empty for the training rows, and None for a figure of the whole.
    """

    gate: str
    part: str | None
    n: int
    of: int
    limit: Fraction | int

    @property
    def is_kept(self) -> bool:
        is_most = _GATES[self.gate].is_most
        return self.figure <= self.limit if is_most else self.figure >= self.limit

    @property
    def figure(self) -> Fraction | int:
        """The share, or the number; a share of nothing is 0."""
        return self.n if isinstance(self.limit, int) else _share(self.n, self.of)

    @property
    def shown_figure(self) -> str:
        """The figure with two decimals, or as many more as tell it apart from its limit."""
        if isinstance(self.limit, int):
            return f"{self.n:,}"
        percentage, limit = _share(100 * self.n, self.of), 100 * self.limit
        for digits in range(2, _MOST_DIGITS):
            rounded = round(percentage, digits)
            if (rounded < limit, rounded > limit) == (percentage < limit, percentage > limit):
                break
        return f"{float(rounded):.{digits}f}%"

    @property
    def shown_limit(self) -> str:
        """The limit, in words."""
        limit = f"{self.limit:,}" if isinstance(self.limit, int) else _percent(self.limit)
        return f"at {'most' if _GATES[self.gate].is_most else 'least'} {limit}"


def _share(n: int, of: int) -> Fraction:
    from fractions import Fraction

    return Fraction(n, of) if of else Fraction(0)


def _percent(share: Fraction) -> str:
    return f"{float(100 * share):.15g}%"


class GateError(EmbedprepError):
    """Figures that do not keep to the limits. `measured` is what they are of, `checked` are all
    that were held; `warnings` tell what may be the reason.
    """

    exit_status = NOT_AS_WANTED

    def __init__(
        self,
        measured: Measured,
        checked: Sequence[Checked],
        outcome: str = "",
        warnings: Sequence[str] = (),
    ) -> None:
        self.headline = count_failed(checked) + outcome
        failed = ", ".join(
            f"{its.gate} {f'in {printable(its.part)} ' if its.part else ''}{its.shown_figure}, "
            f"{its.shown_limit}"
            for its in checked
            if not its.is_kept
        )
        super().__init__(measured.output, f"{self.headline}: {failed}")
        self.measured = measured
        self.checked = tuple(checked)
        self.warnings = tuple(warnings)


def count_failed(checked: Sequence[Checked]) -> str:
    """How many gates failed, each counted once."""
    failed = {its.gate for its in checked if not its.is_kept}
    return f"{len(failed)} of {how_many(len({its.gate for its in checked}), 'gate')} failed"


def check(gates: Gates, measured: Measured) -> list[Checked]:
    """Every figure that a gate is about, part by part, beside its limit.

    Raises OutputError where a figure is not told.
    """
    return [
        Checked(option, part, n, of, limit)
        for option, limit in gates.limits.items()
        for part, n, of in _GATES[option].figures(measured)
    ]


def hold(
    gates: Gates, measured: Measured, outcome: str = "", warnings: Sequence[str] = ()
) -> list[Checked]:
    """Every figure beside its limit, as `check` gives it. Raises GateError, which tells the
    `outcome` too, where one does not keep to its limit, unless the gates only warn.
    """
    checked = check(gates, measured)
    if not gates.only_warn and not all(its.is_kept for its in checked):
        raise GateError(measured, checked, outcome, warnings)
    return checked


_Figures: TypeAlias = Iterator[tuple[str | None, int, int]]
"""The figures that a gate is about: the part, so many, of how many."""


def _unknown(measured: Measured) -> _Figures:
    for part in measured.all_parts:
        yield part, measured.number(part, "unknown_words"), measured.number(part, "words")


def _truncated(measured: Measured) -> _Figures:
    for part, statistics in measured.all_parts.items():
        is_split = "documents" in statistics
        n_cut = 0 if is_split else measured.number(part, "truncated_rows")
        yield part, n_cut, measured.number(part, "rows")


def _empty(measured: Measured) -> _Figures:
    for part in measured.all_parts:
        yield part, measured.number(part, "empty_rows"), measured.number(part, "rows")


def _duplicates(measured: Measured) -> _Figures:
    for part, (n, of) in measured.duplicates.items():
        yield part, n, of


def _rows(measured: Measured) -> _Figures:
    yield "", measured.number("", "rows"), 1


def _coverage(measured: Measured) -> _Figures:
    found = [measured.matrix.get(name) for name in ("words_found", "missing_words")]
    counts = [n for n in found if isinstance(n, int) and type(n) is not bool and n >= 0]
    if len(counts) < len(found):
        cause = "its manifest does not tell which words a file of vectors has"
        remedy = f"make its matrix by --vectors, or leave out {MIN_COVERAGE}"
        raise OutputError(measured.output, cause, remedy)
    yield None, counts[0], sum(counts)


class _Gate(NamedTuple):
    field: str
    is_most: bool
    figures: Callable[[Measured], _Figures]


MAX_DUPLICATES, MIN_ROWS, MIN_COVERAGE = "--max-duplicates", "--min-rows", "--min-coverage"

_GATES = {
    "--max-oov": _Gate("max_oov", True, _unknown),
    "--max-truncated": _Gate("max_truncated", True, _truncated),
    "--max-empty": _Gate("max_empty", True, _empty),
    MAX_DUPLICATES: _Gate("max_duplicates", True, _duplicates),
    MIN_ROWS: _Gate("min_rows", False, _rows),
    MIN_COVERAGE: _Gate("min_coverage", False, _coverage),
}
"""Each gate by its option, in the order in which they are told of."""

NO_GATES = Gates()
