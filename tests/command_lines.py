"""Which command lines does the documentation show, and are they right?

What looks for gaps takes the documentation as an argument, so that tests can take something out of
it and see that it is missed.
"""

from __future__ import annotations

import inspect
import re
import shlex
from collections.abc import Iterable, Iterator, Mapping
from functools import cache
from pathlib import Path
from typing import NamedTuple

import click

from embedprep.cli.commands import COMMANDS, command_of

ROOT = Path(__file__).resolve().parent.parent

PAGES = {
    path.relative_to(ROOT).as_posix(): path.read_text(encoding="utf-8")
    for path in [ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md"))]
    if path.name != "reference.md"  # made of the commands: it cannot tell of a gap
}

SHELL_BLOCKS = ("console", "make", "sh")


class Line(NamedTuple):
    """A call of embedprep: its command, and what follows."""

    command: str
    arguments: tuple[str, ...]


class OptionName(NamedTuple):
    """An option of a command by one of its sides. Two commands share it where they say the same
    of it: `--start` of matrix is another one than that of train.
    """

    name: str
    help: str


def fenced(text: str) -> Iterator[tuple[str, str]]:
    """The blocks of code in a page, each with its language."""
    yield from re.findall(r"^```(\w*)\n(.*?)^```$", text, re.MULTILINE | re.DOTALL)


def shell_lines(text: str) -> Iterator[str]:
    """What is typed in the blocks of a page: in sessions the lines after `$ `, in others all.

    A session may show what a wrong command line is answered with: such a line is left out.
    """
    for language, block in fenced(text):
        if language in SHELL_BLOCKS:
            whole = block.replace("\\\n", " ")
            steps = re.split(r"^\$ ", whole, flags=re.MULTILINE)[1:]
            right = [step.split("\n")[0] for step in steps if "[exit status 2]" not in step]
            yield from right if language == "console" else whole.splitlines()


def help_lines(command: click.Command) -> Iterator[str]:
    """The examples in the help of a command."""
    for paragraph in inspect.cleandoc(command.help or "").split("\n\n"):
        if paragraph.startswith("\b"):
            yield from paragraph.removeprefix("\b\n").replace("\\\n", " ").splitlines()


def calls(lines: Iterable[str]) -> Iterator[Line]:
    """The calls of embedprep in lines for a shell."""
    for line in lines:
        if "embedprep " not in line:
            continue
        # $(...) is looked into, $< and $^ of make are words.
        whole = re.sub(r'"?\$\((embedprep [^)]*)\)"?', r"; \1 ;", line)
        words = shlex.shlex(whole.replace("$<", "FILE"), posix=True, punctuation_chars="|&;>")
        words.whitespace_split = True
        call: list[str] | None = None
        for word in [*words, ";"]:
            if set(word) <= set("|&;>"):
                if call:
                    yield Line(call[0], tuple(call[1:]))
                call = None
            elif word == "embedprep" and call is None:
                call = []
            elif call is not None:
                call.append(word)


def documented() -> list[Line]:
    """All calls that the pages and the help texts show."""
    pages = [line for text in PAGES.values() for line in shell_lines(text)]
    helps = [line for name in COMMANDS for line in help_lines(command_of(name))]
    return list(calls([*pages, *helps]))


def problem(call: Line) -> str:
    """What click would refuse in a call; nothing is run, and no file looked at."""
    if call.command.startswith("-"):
        return "" if call.command in {"--version", "--help"} else "no such option"
    if call.command not in COMMANDS:
        return "no such command"
    command = command_of(call.command)
    ctx = click.Context(command, info_name=call.command, **command.context_settings)
    try:
        given, rest, _ = command.make_parser(ctx).parse_args(list(call.arguments))
        for parameter in command.params:
            value = given.get(str(parameter.name))
            is_missing = value is None or parameter.value_is_missing(value)
            if is_missing and parameter.required and "config" not in given:
                return f"needs {parameter.opts[-1]}"
            if not is_missing and not (isinstance(parameter, click.Option) and parameter.is_flag):
                parameter.type_cast_value(ctx, value)
    except click.UsageError as error:
        return error.format_message()
    return f"what are {rest} for?" if rest else ""


@cache
def sides(command: click.Command) -> Mapping[str, OptionName]:
    """The options of a command by each name that can be typed; a flag and its opposite are two."""
    found: dict[str, OptionName] = {}
    for option in command.params:
        if isinstance(option, click.Option):
            for names in (option.opts, option.secondary_opts):
                side = OptionName(names[-1], option.help or "") if names else None
                found |= {name: side for name in names if side}
    return found


ALL_SIDES = {side for name in COMMANDS for side in sides(command_of(name)).values()}


@cache
def used(call: Line) -> frozenset[OptionName]:
    """The options that a call names."""
    if call.command not in COMMANDS:
        return frozenset()
    known = sides(command_of(call.command))
    names = {word.partition("=")[0] for word in call.arguments}
    return frozenset(known[name] for name in names & set(known))


def without_example(shown: Iterable[Line]) -> set[OptionName]:
    """The options that no call shows."""
    return ALL_SIDES - {side for call in shown for side in used(call)}


def untold_options(page: str) -> set[str]:
    """The options that a page does not name."""
    told = set(re.findall(r"(?<![\w-])--[a-z][a-z-]*[a-z]", page))
    return {side.name for side in ALL_SIDES} - told


def untold_commands(page: str) -> set[str]:
    """The commands that a page does not name."""
    return set(COMMANDS) - set(re.findall(r"embedprep ([a-z]+)", page))


def without_help_or_example() -> set[str]:
    """The commands whose help shows no call of theirs, and the options without a help."""
    found = set()
    for name in COMMANDS:
        command = command_of(name)
        if name not in {call.command for call in calls(help_lines(command))}:
            found.add(name)
        found |= {f"{name} {side.name}" for side in sides(command).values() if not side.help}
    return found
