"""How far is it? A bar on stderr, by bytes read if by nothing else, on a terminal only."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager


@contextmanager
def progress(
    total: int | None, quiet: bool, *, doing: str = "reading", unit: str = "B"
) -> Iterator[Callable[[int], object]]:
    """A callback to be told of what was done, in units, which shows it while the block runs."""
    if quiet or sys.stderr is None or not sys.stderr.isatty():
        yield lambda n: None
        return
    from tqdm import tqdm

    with tqdm(total=total, unit=unit, unit_scale=True, desc=doing, leave=False, delay=0.3) as bar:
        yield bar.update
