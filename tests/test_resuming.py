"""Does a run that goes on after another was interrupted give the bytes of one that was not?"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

import embedprep
from embedprep import counting
from embedprep.sources import Block, Reader
from tests.test_same_bytes import files_in

LINES = ["a b c", "", "b c", "c", "a a a d e f g h", "x", "é 中文 b", "c c"]
KEPT = ".embedprep-kept"


class Interrupted(Exception):
    """The moment has come."""


@pytest.fixture(autouse=True)
def _small_steps(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(counting, "BLOCKS_OF_A_CHECKPOINT", 2)
    monkeypatch.setattr("embedprep.settings.BLOCK_BYTES", 16)


def interrupt_after(n_blocks: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """Let the text break off behind so many blocks."""

    def read(self: Reader) -> Iterator[Block]:
        for number, block in enumerate(whole(self)):
            if number == n_blocks:
                raise Interrupted
            yield block

    whole = Reader.__iter__
    monkeypatch.setattr(Reader, "__iter__", read)


def count_encoded(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """The sizes of the blocks that are encoded from now on."""
    sizes: list[int] = []

    def encode(block: Block, *others: Any) -> Any:
        sizes.append(len(block.data))
        return original(block, *others)

    original = counting._encode_block
    monkeypatch.setattr(counting, "_encode_block", encode)
    return sizes


WAYS: list[dict[str, Any]] = [
    {},
    {"tokenizer": "keras", "oov": "drop", "drop_duplicates": True},
    {"tokenizer": "whitespace", "max_len": 3, "overflow": "split", "shuffle": True},
    {"split": "50/25/25", "drop_empty": True, "rows_per_shard": 3, "memory": 200_000_000},
]


@pytest.mark.parametrize("options", WAYS, ids=str)
@given(
    lines=st.lists(st.sampled_from(LINES), min_size=20, max_size=40),
    moments=st.lists(st.integers(0, 20), min_size=1, max_size=3),
)
def test_any_interruptions_cost_no_byte(
    lines: list[str],
    moments: list[int],
    options: dict[str, Any],
    tmp_path_factory: pytest.TempPathFactory,
) -> None:
    folder = tmp_path_factory.mktemp("any")
    (folder / "t").write_text("\n".join(["a b", *lines]), encoding="utf-8")
    inputs = [f"x={folder}/t", f"y={folder}/t"]
    options = options | {"holdout": {"dev": [f"y={folder}/t"]}}
    for name in ("whole", "out"):
        embedprep.build(inputs, folder / name, max_words=2)
    embedprep.build(inputs, folder / "whole", **options)
    old = files_in(folder / "out")
    for moment in moments:
        with pytest.MonkeyPatch.context() as patched:
            interrupt_after(moment, patched)
            with pytest.raises(Interrupted):
                embedprep.build(inputs, folder / "out", resume=True, **options)
        found = files_in(folder / "out")
        assert {name: found[name] for name in old} == old
    embedprep.build(inputs, folder / "out", resume=True, **options)
    assert files_in(folder / "out") == files_in(folder / "whole")
