"""How does what was written outlive a loss of power?"""

from __future__ import annotations

import os
from pathlib import Path


def flush(path: Path) -> None:
    """Have the system write a file, or the names in a folder, to the disk itself."""
    if os.name == "nt" and path.is_dir():
        return
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
