"""How does a command end, run as the shell runs it, but in this process? It saves the start."""

from __future__ import annotations

import io
import os
from contextlib import redirect_stderr, redirect_stdout
from pathlib import Path
from typing import NamedTuple

from embedprep.cli.main import _tell, cli


class Ended(NamedTuple):
    """What a command has left."""

    exit_code: int
    stdout: str
    stderr: str

    @property
    def output(self) -> str:
        """All that it has said, its result first."""
        return self.stdout + self.stderr


def call(command: str, *more: object, width: int | None = None) -> Ended:
    """Run a command as the shell does, in this process, its help as wide as is said: words that
    hold blanks, and paths, are `more`.
    """
    words = [*command.split(), *map(str, more)]
    said = [io.TextIOWrapper(io.BytesIO(), "utf-8", newline="") for _ in range(2)]
    with redirect_stdout(said[0]), redirect_stderr(said[1]):
        try:
            status = cli.main(words, "embedprep", standalone_mode=False, terminal_width=width) or 0
        except Exception as error:  # noqa: BLE001 - what is no error of the user's is raised again
            status = _tell(error)
    texts = []
    for stream in said:
        stream.flush()
        stream.seek(0)
        texts.append(stream.read())
    return Ended(status, *texts)


def all_files(folder: Path) -> dict[str, bytes]:
    """Every file below a folder, hidden ones too, by its path there."""
    paths = [Path(at) / name for at, _, names in os.walk(folder) for name in names]
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in paths}
