"""Where can a file system be mounted without being root? In a namespace of Linux.

Nobody outside sees the mounts, and they end with the room, whatever happens to the tests.
"""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from typing import NamedTuple

import pytest


class Room(NamedTuple):
    """A running namespace: `prefix` starts a program in it, in the folder of the room."""

    prefix: list[str]
    process: int

    def path(self, path: Path) -> Path:
        """A file or folder as it is seen within, from without."""
        return Path(f"/proc/{self.process}/root{path.resolve()}")


@cache
def can_make_rooms() -> bool:
    """Whether this machine allows namespaces of mounts to this user."""
    if sys.platform != "linux":
        return False
    try:
        done = subprocess.run(
            ["unshare", "-rm", "sh", "-c", "mount -t tmpfs none /tmp && nsenter --version"],
            capture_output=True,
            check=False,
        )
    except FileNotFoundError:
        return False
    return done.returncode == 0


@contextmanager
def room(folder: Path, script: str) -> Iterator[Room]:
    """A namespace of mounts in which a shell script, run in `folder`, has made what it wants."""
    if not can_make_rooms():
        pytest.skip("a file system is mounted: needs Linux and leave to make namespaces (unshare)")
    holder = subprocess.Popen(
        ["unshare", "-rm", "sh", "-ec", f"{script}\necho ready\nexec cat"],
        cwd=folder,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
    )
    try:
        assert holder.stdout is not None
        assert holder.stdout.readline() == b"ready\n"
        enter = ["nsenter", "-t", str(holder.pid), "-U", "-m", "--preserve-credentials"]
        # nsenter's own --wd is the folder of that name without.
        yield Room([*enter, "sh", "-c", 'cd "$0" && exec "$@"', str(folder)], holder.pid)
    finally:
        holder.communicate()


@cache
def without_privileges() -> tuple[str, ...]:
    """The prefix of a program that permissions hold for, in files of this user's too."""
    if os.geteuid() != 0:
        return ()
    prefix = ("unshare", "-U", "--map-user=1000", "--map-group=1000")
    try:
        done = subprocess.run([*prefix, "true"], capture_output=True, check=False)
    except FileNotFoundError:
        done = None
    if done is None or done.returncode:
        pytest.skip("permissions do not hold for root: needs another user, or unshare")
    return prefix
