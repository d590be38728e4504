"""Is the help good to read, and is a typing error answered with what was meant?"""

from __future__ import annotations

import re

import click
import pytest

from embedprep import __version__
from embedprep.cli.commands import COMMANDS, SECTIONS, command_of
from embedprep.cli.spelling import Choice, guess
from tests.in_process import call


def said(*words: str, width: int = 80) -> tuple[int, str]:
    ended = call("", *words, width=width)
    return ended.exit_code, ended.output


def test_commands_stand_in_the_order_of_use() -> None:
    status, listed = said("--help")
    assert status == 0
    titles = re.findall(r"^(\S.*):$", listed, re.MULTILINE)
    assert titles == ["Options", *SECTIONS]
    names = re.findall(r"^  ([a-z]+) {2,}\S", listed.partition("Text to rows:")[2], re.MULTILINE)
    assert names == list(COMMANDS)
    assert names[:5] == ["run", "vocab", "encode", "decode", "count"]
    assert max(map(len, listed.splitlines())) <= 80


def test_every_command_stands_once() -> None:
    assert sum(map(len, SECTIONS.values())) == len(COMMANDS)


@pytest.mark.parametrize("width", [80, 100])
@pytest.mark.parametrize("name", list(COMMANDS))
def test_help_fits_the_terminal(name: str, width: int) -> None:
    status, shown = said(name, "-h", width=width)
    assert status == 0
    # What takes one of many is as wide as these are, and stands on a line of its own.
    long = [line for line in shown.splitlines() if len(line) > width]
    assert [line for line in long if not re.fullmatch(r"  (-\w, )?--[\w-]+ \[\S+\]", line)] == []
    assert f"\n  embedprep {name} " in shown or f'\n  eval "$(embedprep {name} ' in shown
    assert "INTEGER" not in shown
    assert "--config FILE.toml" in shown


@pytest.mark.parametrize("name", list(COMMANDS))
def test_help_before_and_behind_a_command_is_the_same(name: str) -> None:
    assert said("help", name) == said(name, "--help") == said(name, "-h")


@pytest.mark.parametrize("name", list(COMMANDS))
def test_an_example_fits_into_80_columns(name: str) -> None:
    plain = (command_of(name).help or "").splitlines()
    assert [line for line in plain if "embedprep " in line and len(line.strip()) > 78] == []


def test_nothing_asked_for_is_a_wrong_command_line() -> None:
    assert said() == (2, said("--help")[1])
    assert said("help") == said("--help")
    assert said("-h") == said("--help")


def test_the_version() -> None:
    assert said("--version") == (0, f"embedprep, version {__version__}\n")


WRONG = [
    ("rnu", "No such command 'rnu'. Did you mean run?"),
    ("Encode x", "No such command 'Encode'. Did you mean encode?"),
    ("skipgram x", "No such command 'skipgram'. Did you mean skipgrams?"),
    ("help verfy", "No such command 'verfy'. Did you mean verify?"),
    ("qqq", "No such command 'qqq'."),
    ("字", "No such command '字'."),
    ("--verison", "No such option '--verison'. Did you mean --version?"),
    ("run --max-word 3", "No such option '--max-word'. Did you mean --max-words?"),
    ("run --max-word=3", "No such option '--max-word'. Did you mean --max-words?"),
    ("run --keepcase", "No such option '--keepcase'. Did you mean --keep-case?"),
    ("run --hlep", "No such option '--hlep'. Did you mean --help?"),
    ("run --confg x", "No such option '--confg'. Did you mean --config?"),
    ("verify out --vocab x", "No such option '--vocab'."),
    ("run -x", "No such option '-x'."),
    ("run a -o b --tokenizer unicod", "'char', 'pattern', 'jieba'. Did you mean unicode?"),
    ("run a -o b --padding Post", "'Post' is not one of 'pre', 'post'. Did you mean post?"),
    ("run a -o b --padding left", "'left' is not one of 'pre', 'post'."),
    ("completion bsh", "'bsh' is not one of 'bash', 'zsh', 'fish'. Did you mean bash?"),
]


@pytest.mark.parametrize(("words", "answer"), WRONG)
def test_a_typing_error_is_answered(words: str, answer: str) -> None:
    status, shown = said(*words.split())
    assert status == 2
    assert shown.endswith(f"{answer}\n")


@pytest.mark.parametrize("name", list(COMMANDS))
def test_each_option_is_found_again_with_a_letter_missing(name: str) -> None:
    options = [option for each in command_of(name).params for option in each.opts]
    known = [option for option in options if len(option) > 5 and option.startswith("--")]
    for option in known:
        assert guess(option[:-1], known) == f" Did you mean {option}?"


def test_all_choices_are_those_that_answer() -> None:
    kinds = {
        type(parameter.type)
        for name in COMMANDS
        for parameter in command_of(name).params
        if isinstance(parameter.type, click.Choice)
    }
    assert kinds == {Choice}
