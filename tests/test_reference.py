"""Is the page about all commands and options what the commands say?"""

from __future__ import annotations

import re

import pytest

from embedprep.cli.commands import COMMANDS, command_of
from embedprep.cli.config import keys_of
from scripts.make_reference import TARGET, page

REMEDY = "make it anew: python scripts/make_reference.py"


def test_the_page_is_that_of_the_commands() -> None:
    assert TARGET.read_text(encoding="utf-8") == page(), REMEDY


@pytest.mark.parametrize("name", list(COMMANDS))
def test_the_page_tells_of_all_that_a_command_has(name: str) -> None:
    section = re.split(r"^##+ ", page().partition(f"\n### `{name}`\n")[2], flags=re.MULTILINE)[0]
    for parameter in command_of(name).params:
        for option in (*parameter.opts, *parameter.secondary_opts):
            if option.startswith("-"):
                assert f"`{option}" in section
    assert f"embedprep {name} [OPTIONS]" in section
    arguments = [key for key, of in keys_of(command_of(name)).items() if of.parameter.nargs == -1]
    assert all(f"`{key}`" in section for key in arguments)


def test_a_row_of_a_table() -> None:
    told = page()
    assert (
        "| `-n`, `--max-words N` | Keep exactly this many of the most frequent words; special "
        "entries not counted. At least 1. | 50000 |\n" in told
    )
    assert "| `--padding pre\\|post` | Where short rows are filled with 0. | pre |\n" in told
    assert "| `-o`, `--output DIR` | The folder to write. | required |\n" in told
    assert "| `--lowercase`, `--keep-case` |" in told
    assert "become \\<unk> (index 1)" in told
    assert "\n\\- is the words on standard input, one a line." in told
    assert "Sentinel" not in told
