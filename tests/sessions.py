"""How are the sessions that a page shows replayed?

Blocks of three kinds are for the shell. `console` holds commands behind `$ `, and below each
what it prints, its errors and its exit status too. `sh` holds commands of which it is not told what
they print. A command is a line, or several that end with a backslash. A script in `python` whose
first line is `# NAME.py` is to be saved under that name.
"""

from __future__ import annotations

import re
import shlex
import subprocess
from pathlib import Path
from typing import NamedTuple

# Stands behind each output and each exit status; no page holds it.
_SEPARATOR = "\x1e"


class Step(NamedTuple):
    """A command, and what is shown below it, which `sh` does not tell."""

    command: str
    shown: str | None


def blocks(page: str, language: str) -> list[str]:
    """The fenced blocks of one language."""
    return [text for found, text in _fenced(page) if found == language]


def steps(page: str, *languages: str) -> list[Step]:
    """What is to be done for the blocks of some languages, in the order of the page."""
    return [
        step
        for language, text in _fenced(page)
        if language in languages
        for step in _STEPS_OF[language](text)
    ]


def replay(steps: list[Step], folder: Path, env: dict[str, str]) -> list[str]:
    """Do the steps as one session of bash, and hold what is printed against what is shown; all that
    was printed.
    """
    script = "".join(f"{step.command}\nprintf '{_SEPARATOR}%s{_SEPARATOR}' $?\n" for step in steps)
    done = subprocess.run(
        ["bash", "-c", script],
        cwd=folder,
        env=env,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        encoding="utf-8",
        check=False,
    )
    said = done.stdout.split(_SEPARATOR)
    outputs, statuses = said[:-1:2], said[1::2]
    for step, output, status in zip(steps, outputs, statuses, strict=False):
        if step.shown is None:
            assert status == "0", f"{step.command}\n{output}"
        else:
            ending = "" if status == "0" else f"[exit status {status}]\n"
            assert output + ending == step.shown, step.command
    assert len(outputs) == len(steps), said[-1]
    return outputs


def _fenced(page: str) -> list[tuple[str, str]]:
    return re.findall(r"^```(\w+)\n(.*?)^```$", page, re.MULTILINE | re.DOTALL)


def _of_console(text: str) -> list[Step]:
    found = []
    for step in re.split(r"^\$ ", text, flags=re.MULTILINE)[1:]:
        command, _, shown = step.partition("\n")
        while command.endswith("\\"):
            more, _, shown = shown.partition("\n")
            command = command[:-1] + more
        found.append(Step(command, shown))
    return found


def _of_sh(text: str) -> list[Step]:
    lines = text.replace("\\\n", "").splitlines()
    return [Step(line, None) for line in lines if line and not line.startswith("#")]


def _of_python(text: str) -> list[Step]:
    name = re.match(r"# (\w+\.py)\n", text)
    return [Step(f"printf %s {shlex.quote(text)} > {name[1]}", "")] if name else []


_STEPS_OF = {"console": _of_console, "sh": _of_sh, "python": _of_python}
