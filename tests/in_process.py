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


def call(command: str, *more: str) -> Ended:
    """Run a command as the shell does, in this process."""
    said = [io.TextIOWrapper(io.BytesIO(), "utf-8", newline="") for _ in range(2)]
    with redirect_stdout(said[0]), redirect_stderr(said[1]):
        try:
            status = cli.main([*command.split(), *more], "embedprep", standalone_mode=False) or 0
        except Exception as error:  # noqa: BLE001 - what is no error of the user's is raised again
            status = _tell(error)
    texts = []
    for stream in said:
        stream.flush()
        stream.seek(0)
        texts.append(stream.read())
    return Ended(status, *texts)


def all_files(folder: Path) -> dict[str, bytes]:
    """Every file below a folder, hidden ones too."""
    paths = [Path(at) / name for at, _, names in os.walk(folder) for name in names]
    return {str(path): path.read_bytes() for path in paths}
