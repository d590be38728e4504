"""Is every command and every option documented, with examples that are right? And do the tests
that ask so miss what is taken out?
"""

from __future__ import annotations

import pytest

from embedprep.cli.commands import COMMANDS
from tests.command_lines import (
    ALL_SIDES,
    PAGES,
    Line,
    OptionName,
    calls,
    documented,
    fenced,
    problem,
    shell_lines,
    untold_commands,
    untold_options,
    used,
    without_example,
    without_help_or_example,
)

README = PAGES["README.md"]
SHOWN = documented()


def test_every_command_and_option_has_help_and_every_command_an_example_there() -> None:
    assert without_help_or_example() == set()


def test_the_readme_tells_of_every_command_and_option() -> None:
    assert untold_commands(README) == set()
    assert untold_options(README) == set()


def test_every_option_has_an_example() -> None:
    assert without_example(SHOWN) == set()


def test_every_example_is_right() -> None:
    assert {call: wrong for call in SHOWN if (wrong := problem(call))} == {}


def test_no_example_is_overlooked() -> None:
    """Command lines stand in blocks for a shell; what is shown to be wrong, or printed, does not
    count.
    """
    assert len(SHOWN) >= 100
    others = [
        line
        for text in PAGES.values()
        for language, block in fenced(text)
        if language not in {"console", "make", "sh"}
        for line in block.splitlines()
        if line.startswith("embedprep ") and not line.startswith("embedprep COMMAND")
    ]
    assert others == []


@pytest.mark.parametrize("option", sorted({side.name for side in ALL_SIDES}))
def test_an_option_that_is_told_of_no_more_is_missed(option: str) -> None:
    gone = README.replace(f"{option}`", "`").replace(f"{option} ", " ").replace(option, "--")
    # An option whose name begins with this one's goes with it.
    assert option in untold_options(gone)
    assert all(name.startswith(option) for name in untold_options(gone))


@pytest.mark.parametrize("name", list(COMMANDS))
def test_a_command_that_is_told_of_no_more_is_missed(name: str) -> None:
    assert name in untold_commands(README.replace(f"embedprep {name}", "embedprep -"))


@pytest.mark.parametrize("side", sorted(ALL_SIDES), ids=lambda side: side.name)
def test_an_option_whose_examples_are_taken_out_is_missed(side: OptionName) -> None:
    left = [call for call in SHOWN if side not in used(call)]
    assert len(left) < len(SHOWN)
    assert side in without_example(left)


def test_examples_that_are_taken_out_of_a_page_are_missed() -> None:
    page = PAGES["docs/examples.md"]
    gone = page.replace(" --exclude-positives", "")
    assert gone != page
    others = [line for name, text in PAGES.items() if name != "docs/examples.md" for line in
              shell_lines(text)]  # fmt: skip
    found = without_example(calls([*others, *shell_lines(gone)]))
    assert "--exclude-positives" in {side.name for side in found}
    found = without_example(calls([*others, *shell_lines(page)]))
    assert "--exclude-positives" not in {side.name for side in found}


@pytest.mark.parametrize(
    ("block", "expected"),
    [
        ("```sh\nembedprep run a.txt -o b  # why\n```\n", [("run", ("a.txt", "-o", "b"))]),
        ("```sh\nembedprep run a.txt \\\n  -o b\n```\n", [("run", ("a.txt", "-o", "b"))]),
        (
            "```console\n$ embedprep verify x | head && embedprep verify y > z\nno\n```\n",
            [("verify", ("x",)), ("verify", ("y",))],
        ),
        ("```console\n$ embedprep rnu\nno\n[exit status 2]\n```\n", []),
        ('```sh\neval "$(embedprep completion zsh)"\n```\n', [("completion", ("zsh",))]),
        ("```make\nx:\n\tembedprep count $< -o $@\n```\n", [("count", ("FILE", "-o", "$@"))]),
        ("```sh\nX=1 embedprep explain 'a | b; c'\n```\n", [("explain", ("a | b; c",))]),
        ("```text\nembedprep run [OPTIONS] INPUT...\n```\n", []),
        ("In a line: `embedprep run INPUT...`\n", []),
    ],
)
def test_calls_are_found(block: str, expected: list[tuple[str, tuple[str, ...]]]) -> None:
    assert list(calls(shell_lines(block))) == [Line(*call) for call in expected]


@pytest.mark.parametrize(
    ("call", "cause"),
    [
        ("run a.txt -o b", ""),
        ("run a.txt -o b --max-word 3", "--max-word"),
        ("run a.txt -o b --tokenizer words", "'words' is not one of"),
        ("run a.txt -o b -n 0", "0 is not in the range x>=1"),
        ("run a.txt -o b --max-len long", "'long'"),
        ("run a.txt", "needs --output"),
        ("run -o b", "needs inputs"),
        ("run --config a.toml", ""),
        ("verify a b", "what are ['b'] for?"),
        ("rnu a", "no such command"),
        ("--version", ""),
        ("--verison", "no such option"),
    ],
)
def test_what_is_wrong_with_a_call_is_found(call: str, cause: str) -> None:
    command, *arguments = call.split()
    found = problem(Line(command, tuple(arguments)))
    assert cause in found
    assert bool(cause) == bool(found)
