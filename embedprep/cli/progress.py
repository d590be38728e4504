"""How far is it? A bar on stderr by bytes read, on a terminal only."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager


@contextmanager
def progress(total_bytes: int | None, quiet: bool) -> Iterator[Callable[[int], object]]:
    """A callback to be told of bytes read, which shows them while the block runs."""
    if quiet or sys.stderr is None or not sys.stderr.isatty():
        yield lambda n_bytes: None
        return
    from tqdm import tqdm

    with tqdm(
        total=total_bytes, unit="B", unit_scale=True, desc="reading", leave=False, delay=0.3
    ) as bar:
        yield bar.update
