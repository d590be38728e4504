"""What can go wrong, said in the user's words.

Every error has a place (a file, a line, an option), a cause and a remedy. Library code raises
them; the command line turns each into one message and the exit status that its class names.
"""

from __future__ import annotations

from collections.abc import Iterable

NOT_AS_WANTED = 3
"""The exit status where all was done, and the result is not as it should be: a gate failed, or two
outputs differ.
"""


class EmbedprepError(Exception):
    """The base of all errors that embedprep raises on purpose.

    `place` is where to look, `cause` what is wrong there, `remedy` what to do about it.
    """

    exit_status = 1

    def __init__(self, place: str, cause: str, remedy: str = "") -> None:
        super().__init__(place, cause, remedy)
        self.place = place
        self.cause = cause
        self.remedy = remedy

    def __str__(self) -> str:
        said = f"{self.place}: {self.cause}" if self.place else self.cause
        return f"{said}; {self.remedy}" if self.remedy else said


class SettingsError(EmbedprepError, ValueError):
    """A setting that is wrong whatever the files hold, such as a length of 0."""

    exit_status = 2


def check_choice(option: str, chosen: str, known: Iterable[str]) -> None:
    """Raise SettingsError where an option is none of those that are known."""
    names = tuple(known)
    if chosen not in names:
        raise SettingsError(option, f"{chosen!r} is none of {', '.join(names)}")


def check_least(option: str, number: int, least: int) -> None:
    """Raise SettingsError where an option is less than it may be."""
    if number < least:
        raise SettingsError(option, f"{number} is less than {least}")


class InputError(EmbedprepError):
    """An input that is missing, unreadable or not what it is taken for."""


class LineError(InputError):
    """An input's line that is wrong, told by its number in a block, from 1.

    Counting the lines before it would cost more than finding the error; `at` is for the one who
    knows them.
    """

    def __init__(self, source: str, line: int, cause: str, remedy: str = "") -> None:
        super().__init__(f"{source}:+{line}", cause, remedy)
        self.source = source
        self.line = line

    def at(self, lines_before: int) -> InputError:
        """The error with the number of the line in its source."""
        return InputError(f"{self.source}:{lines_before + self.line}", self.cause, self.remedy)


class MissingExtra(EmbedprepError):
    """A package that is needed for one thing alone, and that is not installed."""


class EngineError(EmbedprepError):
    """Workers that cannot be reached, or that cannot do the work."""

    def __init__(self, cause: str, remedy: str = "") -> None:
        super().__init__("--engine dask", cause, remedy)


class OutputError(EmbedprepError):
    """An output that cannot be written, or that is not whole."""


class VocabularyError(EmbedprepError):
    """A vocabulary file that is broken, foreign or newer than this program."""
