"""Do the workers that read sections of a file read each of its lines once?"""

from __future__ import annotations

import gzip
import os
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from embedprep.errors import InputError
from embedprep.sources import (
    PADDING,
    Input,
    Reading,
    Section,
    Source,
    cut_inputs,
    read_blocks,
    read_section,
)

lines = st.text(st.sampled_from("a\r\n\n é\ufeff"), max_size=60)


def text_of(sections: list[Section], reading: Reading) -> bytes:
    finished: list[Source] = []
    blocks = [block for section in sections for block in read_section(section, reading, finished)]
    return b"".join(block.data.removesuffix(PADDING) for block in blocks)


@given(text=lines, section_bytes=st.integers(1, 40), block_bytes=st.integers(1, 30))
def test_every_line_is_in_one_section(
    text: str, section_bytes: int, block_bytes: int, tmp_path_factory: pytest.TempPathFactory
) -> None:
    path = tmp_path_factory.getbasetemp() / "lines.txt"
    path.write_bytes(text.encode())
    reading = Reading(block_bytes=block_bytes)
    sections = cut_inputs([Input(str(path))], reading, section_bytes)
    try:
        blocks = list(read_blocks([str(path)], reading, []))
    except InputError:
        assert not text.removeprefix("\ufeff")
        return
    assert text_of(sections, reading) == b"".join(b.data.removesuffix(PADDING) for b in blocks)
    if len(sections) > 1:
        assert [s.first for s in sections[1:]] == [s.end for s in sections[:-1]]


def test_blocks_tell_their_place_in_the_file(tmp_path: Path) -> None:
    (tmp_path / "t").write_bytes(b"one\ntwo\nthree\nfour\n")
    sections = cut_inputs([Input(str(tmp_path / "t"), "dev", "x")], Reading(), 7)
    blocks = [list(read_section(section, Reading(), [])) for section in sections]
    assert [(section.first, section.end) for section in sections] == [(0, 6), (6, 12), (12, 19)]
    [[first], [second], [third]] = blocks
    assert [first.first_byte, second.first_byte, third.first_byte] == [0, 8, 14]
    assert second.data == b"three\n" + PADDING
    assert (second.part, second.labels) == ("dev", [("x",)])


@pytest.mark.parametrize("name", ["t.csv", "t.jsonl", "t.gz"])
def test_what_cannot_be_cut_is_whole(name: str, tmp_path: Path) -> None:
    (tmp_path / name).write_bytes(b"\x1f\x8b\x08" + b"x\n" * 100)
    [section] = cut_inputs([Input(str(tmp_path / name))], Reading(), 10)
    assert section.end is None


def test_a_file_that_changes_is_told(tmp_path: Path) -> None:
    path = tmp_path / "t"
    path.write_bytes(b"one\ntwo\nthree\nfour\n")
    sections = cut_inputs([Input(str(path))], Reading(), 7)
    os.utime(path, ns=(1, 1))
    with pytest.raises(InputError, match="changed while it was read"):
        list(read_section(sections[1], Reading(), []))


WHOLE = {"t": b"a\nb\n", "t.csv": b"a\nb\n", "t.gz": gzip.compress(b"a\nb\n")}


@pytest.mark.parametrize("name", list(WHOLE))
@pytest.mark.parametrize("is_under_way", [False, True])
def test_a_whole_file_that_changes_is_told(name: str, is_under_way: bool, tmp_path: Path) -> None:
    path = tmp_path / name
    path.write_bytes(WHOLE[name])
    [section] = cut_inputs([Input(str(path))], Reading(), 1000)
    assert text_of([section], Reading()) == b"a\nb\n"
    blocks = read_section(section, Reading(), [])
    if is_under_way:
        next(blocks)
    os.utime(path, ns=(1, 1))
    with pytest.raises(InputError, match=f"{name}: changed while it was read"):
        list(blocks)
