"""Does a shell complete what can be typed, and quickly?"""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
from collections.abc import Iterable
from pathlib import Path

import click
import pytest
from click.shell_completion import ShellComplete, get_completion_class
from click.testing import CliRunner

from embedprep.cli.commands import COMMANDS, COMPLETION, command_of
from embedprep.cli.completion import SHELLS
from embedprep.cli.config import Several
from embedprep.cli.main import cli


def completer(shell: str) -> ShellComplete:
    kind = get_completion_class(shell)
    assert kind is not None
    return kind(cli, {}, "embedprep", COMPLETION)


def offered(*words: str) -> list[str]:
    """What can stand in place of the last word; `<file>` for the names of files."""
    found = completer("bash").get_completions(list(words[:-1]), words[-1])
    return ["<file>" if item.type == "file" else str(item.value) for item in found]


def test_commands() -> None:
    assert offered("") == list(COMMANDS)
    assert offered("e") == ["encode", "explain", "export", "embed"]
    assert offered("xyz") == []
    assert offered("--v") == ["--version"]


def test_options() -> None:
    assert offered("run", "--max-l") == ["--max-len", "--max-line-bytes"]
    assert offered("run", "--keep") == ["--keep-case"]
    assert offered("count", "--m") == ["--max-line-bytes", "--memory"]
    # One that is there already and may stand once is not offered again.
    assert offered("run", "--max-len", "9", "--max-l") == ["--max-line-bytes"]


def test_choices() -> None:
    assert offered("run", "--padding", "") == ["pre", "post"]
    assert offered("run", "a.txt", "--tokenizer", "k") == ["keras"]
    assert offered("completion", "") == list(SHELLS)


@pytest.mark.parametrize(
    "words",
    [
        ("run", ""),
        ("run", "a.txt", "neg=n"),
        ("run", "-o", ""),
        ("run", "--holdout", "t=x"),
        ("run", "--vectors", "gl"),
        ("run", "--config", ""),
        ("vocab", "--update", ""),
        ("verify", "out"),
        ("decode", ""),
    ],
)
def test_files(words: tuple[str, ...]) -> None:
    assert offered(*words) == ["<file>"]


def test_words_are_no_files() -> None:
    assert offered("explain", "The") == []
    assert offered("run", "--pattern", "x") == []
    assert offered("run", "--max-len", "p") == []


NAMES_A_FILE = re.compile(r"\b(FILE|DIR|PATH|INPUT|OLD|NEW|\w+\.(npy|npz|json|toml))\b")


@pytest.mark.parametrize("name", list(COMMANDS))
def test_what_is_called_a_file_is_completed_as_one(name: str) -> None:
    command = command_of(name)
    ctx = click.Context(command, **command.context_settings)
    for parameter in command.params:
        is_file = bool(NAMES_A_FILE.search(parameter.metavar or ""))
        kinds = {item.type for item in parameter.shell_complete(ctx, "x")}
        assert ("file" in kinds) == is_file, parameter.opts


@pytest.mark.parametrize("name", list(COMMANDS))
def test_arguments_of_any_number_leave_room_for_those_of_a_file(name: str) -> None:
    several = [each for each in command_of(name).params if each.nargs == -1]
    assert all(isinstance(each, Several) for each in several)


@pytest.mark.parametrize(
    ("shell", "words", "cword", "answer"),
    [
        ("bash", "embedprep ru", "1", ["plain,run"]),
        ("bash", "embedprep run --max-le", "2", ["plain,--max-len"]),
        ("bash", "embedprep run --padding ", "3", ["plain,pre", "plain,post"]),
        # What stands around = are words of their own to bash.
        ("bash", "embedprep run --padding = po", "4", ["plain,post"]),
        ("bash", "embedprep run --padding =", "3", ["plain,pre", "plain,post"]),
        ("bash", "embedprep run neg = ne", "4", ["file,ne"]),
        ("bash", "embedprep run 'my te", "2", ["file,my te"]),
        ("bash", "embedprep nowhere --x", "2", [""]),
        # The command line is not finished: a file that is wrong, or missing, is no error.
        ("bash", "embedprep run --config nowhere.toml --quie", "4", ["plain,--quiet"]),
        ("zsh", "embedprep verif", "1", ["plain", "verify", COMMANDS["verify"][1]]),
        ("zsh", "embedprep run --padding po", "3", ["plain", "post", "_"]),
        ("fish", "embedprep verif", "verif", [f"plain,verify\t{COMMANDS['verify'][1]}"]),
        ("fish", "embedprep run sample", "sample", ["file,sample"]),
    ],
)
def test_what_a_shell_asks(shell: str, words: str, cword: str, answer: list[str]) -> None:
    env = {"COMP_WORDS": words, "COMP_CWORD": cword, COMPLETION: f"{shell}_complete"}
    ended = CliRunner(env=env).invoke(cli, prog_name="embedprep")
    assert (ended.exit_code, ended.output.splitlines()) == (0, answer)


@pytest.mark.parametrize("shell", SHELLS)
def test_the_script_of_a_shell(shell: str) -> None:
    ended = CliRunner().invoke(cli, ["completion", shell])
    assert ended.exit_code == 0
    assert f"{COMPLETION}={shell}_complete" in ended.output
    assert "complete" in ended.output
    assert "%(" not in ended.output


def test_nothing_heavy_is_imported_for_a_completion(shell: dict[str, str]) -> None:
    code = (
        "import os, sys; from embedprep.cli import main\n"
        "leave = os._exit\n"
        "def tell(status):\n"
        "    print(*sorted({'numpy', 'tqdm', 'difflib', 'tomllib'} & set(sys.modules)), status)\n"
        "    sys.stdout.flush(); leave(status)\n"
        "os._exit = tell; main()"
    )
    asked = {"COMP_WORDS": "embedprep run --max-le", "COMP_CWORD": "2"}
    env = shell | asked | {COMPLETION: "bash_complete"}
    command = [sys.executable, "-c", code]
    done = subprocess.run(command, env=env, stdout=subprocess.PIPE, text=True, check=True)
    assert done.stdout.splitlines() == ["plain,--max-len", "0"]


def lines_of(command: Iterable[str], env: dict[str, str], folder: Path) -> list[str]:
    done = subprocess.run(
        list(command), env=env, cwd=folder, stdout=subprocess.PIPE, encoding="utf-8", check=False
    )
    return done.stdout.splitlines()


def installed(program: str) -> str:
    path = shutil.which(program)
    if path is None:
        pytest.skip(f"needs {program}")
    return path


def test_bash_itself(shell: dict[str, str], tmp_path: Path) -> None:
    bash = installed("bash")
    script = """
        eval "$(embedprep completion bash)"
        complete -p embedprep
        COMP_WORDS=(embedprep run --max-l) COMP_CWORD=2
        _embedprep_completion embedprep
        printf '%s\\n' "${COMPREPLY[@]}"
    """
    assert lines_of([bash, "--norc", "-c", script], shell, tmp_path) == [
        "complete -o nosort -F _embedprep_completion embedprep",
        "--max-len",
        "--max-line-bytes",
    ]


def test_zsh_itself(shell: dict[str, str], tmp_path: Path) -> None:
    zsh = installed("zsh")
    script = """
        compdef() { print compdef $@ }
        eval "$(embedprep completion zsh)"
        _describe() { print -l -- ${(P)3} }
        compadd() { print -l -- ${(P)@[-1]} }
        _path_files() { print files }
        words=(embedprep verif) CURRENT=2
        _embedprep_completion
        words=(embedprep run --padding p) CURRENT=4
        _embedprep_completion
        words=(embedprep run x) CURRENT=3
        _embedprep_completion
    """
    assert lines_of([zsh, "-f", "-c", script], shell, tmp_path) == [
        "compdef _embedprep_completion embedprep",
        f"verify:{COMMANDS['verify'][1]}",
        "pre",
        "post",
        "files",
    ]


def test_fish_itself(shell: dict[str, str], tmp_path: Path) -> None:
    fish = installed("fish")
    (tmp_path / "reviews.txt").touch()
    script = """
        embedprep completion fish | source
        complete --do-complete "embedprep verif"
        complete --do-complete "embedprep run --padding po"
        complete --do-complete "embedprep run rev"
    """
    env = shell | {"HOME": str(tmp_path)}
    said = lines_of([fish, "-c", script], env, tmp_path)
    assert said == [f"verify\t{COMMANDS['verify'][1]}", "post", "reviews.txt"]
