#!/usr/bin/env python3
"""Write `docs/reference.md`, the reference of all commands, from the commands themselves.

    python scripts/make_reference.py

The page is made of what the commands are declared with, not of what click prints, so that every
version of click gives the same one. A test holds it against the commands.
"""

from __future__ import annotations

import inspect
import re
import textwrap
from collections.abc import Iterator
from pathlib import Path

import click

from embedprep.cli.command import Command
from embedprep.cli.commands import COMMANDS, SECTIONS, command_of
from embedprep.cli.config import keys_of

TARGET = Path(__file__).resolve().parent.parent / "docs" / "reference.md"

HEAD = """\
# All commands and options

This page is made from the commands (`python scripts/make_reference.py`), and says what
`embedprep COMMAND --help` says. What they are for, in the order of use and with their results,
stands in the [README](../README.md).

Every command has `-h/--help`; `-` is standard input or output. The options of a command can also
come from a file, by [`--config FILE.toml`](../README.md#options-in-a-file---config): its keys are
the long names of options without their dashes, and the names of arguments that stand here.
"""

MARKED = re.compile(r"([\\<*|])")
LISTED = re.compile(r"^(?=[-+#] )", re.MULTILINE)
"""Where Markdown would take a line for the item of a list."""

DEFAULT = re.compile(r"\s*\[default: (.*?)\]\s*$", re.DOTALL)


def escaped(text: str) -> str:
    """Text as it stands in Markdown, in a cell of a table too."""
    return MARKED.sub(r"\\\1", " ".join(text.split()))


def code(text: str) -> str:
    """A name as it stands in a cell of a table."""
    return f"`{text}`".replace("|", "\\|")


def metavar(option: click.Option) -> str:
    """What stands for the value of an option."""
    if option.is_flag:
        return ""
    if isinstance(option.type, click.Choice):
        return f" {'|'.join(option.type.choices)}"
    return f" {option.metavar or option.type.name.upper()}"


def names(option: click.Option) -> str:
    """All names of an option, and what stands for its value."""
    *first, last = option.opts
    both = [*first, f"{last}{metavar(option)}", *option.secondary_opts]
    return ", ".join(map(code, both))


def bounds(option: click.Option) -> str:
    """Which numbers an option takes."""
    kind = option.type
    if not isinstance(kind, click.IntRange | click.FloatRange):
        return ""
    if kind.max is None:
        return f" At least {kind.min}."
    return f" From {kind.min} to {kind.max}."


def row(option: click.Option) -> str:
    """The row of an option in its table."""
    text = option.help or ""
    found = DEFAULT.search(text)
    default = escaped(found[1]) if found else ""
    if option.required:
        default = "required"
    elif option.show_default:
        default = escaped(str(option.default))
    repeated = " May be repeated." if option.multiple else ""
    text = escaped(DEFAULT.sub("", text))
    return f"| {names(option)} | {text}{bounds(option)}{repeated} | {default} |"


def usage(command: click.Command) -> str:
    """The first line of a command's help."""
    shown = [
        f"{{{'|'.join(each.type.choices)}}}"
        if isinstance(each.type, click.Choice)
        else each.metavar
        for each in command.params
        if isinstance(each, click.Argument)
    ]
    return " ".join(["embedprep", str(command.name), "[OPTIONS]", *map(str, shown)])


def explanation(command: click.Command) -> Iterator[str]:
    """What a command says about itself: paragraphs, and its examples."""
    for paragraph in inspect.cleandoc(command.help or "").split("\n\n"):
        examples = paragraph.removeprefix("\b\n")
        is_prose = examples == paragraph
        prose = textwrap.fill(escaped(paragraph), 100, break_long_words=False)
        prose = LISTED.sub(r"\\", prose)
        yield f"{prose}\n" if is_prose else f"```sh\n{examples.strip()}\n```\n"


def section(name: str) -> Iterator[str]:
    """What is said of one command."""
    command = command_of(name)
    assert isinstance(command, Command)
    yield f"### `{name}`\n"
    yield f"```text\n{usage(command)}\n```\n"
    keys = keys_of(command).items()
    arguments = [key for key, (of, _) in keys if isinstance(of, click.Argument)]
    if arguments:
        yield f"Arguments by name: {', '.join(map(code, arguments))}.\n"
    yield from explanation(command)
    for title, options in command.sections(
        click.Context(command, **command.context_settings)
    ).items():
        rows = [row(each) for each in options if each in command.params]  # --help is click's own
        yield "\n".join([f"| {title} | | default |", "| --- | --- | --- |", *rows, ""])


def page() -> str:
    """The whole page."""
    parts = [HEAD]
    parts.append("".join(f"- {title}: {links(title)}\n" for title in SECTIONS))
    for title, commands in SECTIONS.items():
        parts.append(f"## {title}\n")
        for name in commands:
            parts.extend(section(name))
    return "\n".join(parts)


def links(title: str) -> str:
    """The commands of a section, each a link to what is said of it."""
    return ", ".join(f"[`{name}`](#{name})" for name in SECTIONS[title])


def main() -> None:
    """Write the page."""
    TARGET.write_text(page(), encoding="utf-8")
    print(f"{TARGET.relative_to(TARGET.parent.parent)}: {len(COMMANDS)} commands")


if __name__ == "__main__":
    main()
