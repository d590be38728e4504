"""What do the tests with servers share? A server of S3."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from tests.stores import s3, s3_server

__all__ = ["s3", "s3_server"]


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Skip the tests of this folder, but for `make servers`, which sets the variable."""
    if os.environ.get("EMBEDPREP_SERVERS"):
        return
    for item in items:
        if item.path.is_relative_to(Path(__file__).parent):
            item.add_marker(pytest.mark.skip(reason="needs s3fs and moto: make servers"))
