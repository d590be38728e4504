"""How does a process of arrays keep the memory that it has touched?

glibc hands large blocks back to the system as soon as they are freed, and every page of the next
array is then faulted in anew: a fifth of the whole time of a job. The limits are the process's
own business, so the command line moves them and the library does not.
"""

from __future__ import annotations

import ctypes
import sys
from contextlib import suppress

_TRIM_THRESHOLD, _MMAP_THRESHOLD, _ARENA_MAX = -1, -3, -8  # malloc.h
_LARGEST_MMAP_THRESHOLD = 32 << 20


def keep_freed_memory() -> None:
    """Let malloc keep what is freed for the next array, in one heap; glibc's alone is told."""
    if sys.platform != "linux":
        return
    with suppress(OSError, AttributeError):
        mallopt = ctypes.CDLL(None).mallopt
        mallopt(_ARENA_MAX, 1)
        mallopt(_MMAP_THRESHOLD, _LARGEST_MMAP_THRESHOLD)
        mallopt(_TRIM_THRESHOLD, 1 << 30)
