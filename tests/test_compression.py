"""Is a compressed input the text that it holds, or an error?"""

from __future__ import annotations

import bz2
import gzip
import json
import lzma
import random
import struct
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

import embedprep
from embedprep import pipeline
from embedprep.errors import InputError
from embedprep.settings import RowSettings, VocabularySettings
from embedprep.sources import Reader, Reading, compression, read_blocks

if sys.version_info >= (3, 14):
    from compression import zstd
else:
    from backports import zstd

COMPRESS: dict[str, Callable[[bytes], bytes]] = {
    "gzip": gzip.compress,
    "bzip2": bz2.compress,
    "xz": lzma.compress,
    "zstd": zstd.compress,
}
every_kind = pytest.mark.parametrize("kind", COMPRESS)

TEXT = "".join(
    f"row {n}: {' '.join(str(n * k % 97) for k in range(n % 13))} é\n" for n in range(3000)
).encode()

BLOCK_BYTES = [1 << 10, 1 << 16, 1 << 20]


def read(path: Path, block_bytes: int = 1 << 20) -> bytes:
    """The lines of an input."""
    blocks = read_blocks([str(path)], Reading(block_bytes=block_bytes), [])
    return b"".join(block.data[:-8] for block in blocks)


def error_of(path: Path, content: bytes) -> str:
    """What is said of an input, its folder left out."""
    path.write_bytes(content)
    with pytest.raises(InputError) as raised:
        read(path)
    return str(raised.value).removeprefix(f"{path.parent}/")


@every_kind
@pytest.mark.parametrize("by_pipe", [False, True])
def test_the_same_bytes_come_of_a_compressed_text(kind: str, by_pipe: bool, tmp_path: Path) -> None:
    (tmp_path / "plain").write_bytes(TEXT)
    (tmp_path / "packed").write_bytes(COMPRESS[kind](TEXT))
    outputs = []
    for name in ("plain", "packed"):
        given = "-" if by_pipe and name == "packed" else name
        command = [sys.executable, "-m", "embedprep", "run", given, "-q", "-o", f"{name}.out"]
        with (tmp_path / name).open("rb") as stream:
            subprocess.run(command, cwd=tmp_path, stdin=stream, check=True)
        files = {p.name: p.read_bytes() for p in (tmp_path / f"{name}.out").iterdir()}
        manifest = json.loads(files.pop("manifest.json"))
        assert manifest["inputs"][0].pop("name") == given
        assert manifest["inputs"][0]["bytes"] == len(TEXT)
        outputs.append((files, manifest))
    assert outputs[0] == outputs[1]


@every_kind
def test_advance_is_told_of_the_bytes_on_disk(kind: str, tmp_path: Path) -> None:
    (tmp_path / "packed").write_bytes(COMPRESS[kind](TEXT))
    told: list[int] = []
    list(read_blocks([str(tmp_path / "packed")], Reading(), [], told.append))
    assert sum(told) == (tmp_path / "packed").stat().st_size


SKIPPED_FRAME = struct.pack("<II", 0x184D2A53, 5) + b"hello"


@pytest.mark.parametrize("block_bytes", BLOCK_BYTES)
@every_kind
def test_several_streams_are_one_text(kind: str, block_bytes: int, tmp_path: Path) -> None:
    half = len(TEXT) // 2 + 7
    compress = COMPRESS[kind]
    parts = [compress(TEXT[:half]), compress(b""), compress(TEXT[half:])]
    between = {"zstd": SKIPPED_FRAME, "gzip": b"\0" * 512, "xz": b"\0" * 4}.get(kind, b"")
    (tmp_path / "t").write_bytes(between.join(parts) + between)
    assert read(tmp_path / "t", block_bytes) == TEXT


def test_many_small_streams_are_one_text(tmp_path: Path) -> None:
    lines = TEXT.splitlines(keepends=True)
    (tmp_path / "t").write_bytes(b"".join(map(gzip.compress, lines)))
    assert read(tmp_path / "t") == TEXT


def test_a_zstd_input_may_begin_with_a_frame_to_be_skipped(tmp_path: Path) -> None:
    (tmp_path / "t").write_bytes(SKIPPED_FRAME + zstd.compress(TEXT))
    assert read(tmp_path / "t") == TEXT


@every_kind
def test_a_small_input_that_holds_a_huge_text_comes_in_blocks(kind: str, tmp_path: Path) -> None:
    (tmp_path / "t").write_bytes(COMPRESS[kind](b"a" * 63 + b"\n" + (b"b" * 63 + b"\n") * 60_000))
    sizes = [len(b.data) for b in read_blocks([str(tmp_path / "t")], Reading(), [])]
    assert max(sizes) <= (1 << 20) + 64 + 8
    assert sum(sizes) - 8 * len(sizes) == 64 * 60_001


@every_kind
@pytest.mark.parametrize("block_bytes", BLOCK_BYTES)
def test_a_stream_that_is_cut_off_is_an_error(kind: str, block_bytes: int, tmp_path: Path) -> None:
    packed = COMPRESS[kind](TEXT)
    cuts = random.Random(7).sample(range(6, len(packed)), 100)  # 6: the magic number of xz
    path = tmp_path / "t"
    said = f"{path}: is cut off: its {kind} data have no end; is the step that writes it finished?"
    for cut in cuts if block_bytes == 1 << 16 else cuts[:10]:
        path.write_bytes(packed[:cut])
        with pytest.raises(InputError) as raised:
            read(path, block_bytes)
        assert str(raised.value) == said


@every_kind
def test_a_stream_that_is_cut_off_anywhere_leaves_nothing(kind: str, tmp_path: Path) -> None:
    packed = COMPRESS[kind](TEXT)
    cuts = random.Random(8).sample(range(4, len(packed)), 100)
    for cut in [*range(4, 10), *cuts]:
        (tmp_path / "t").write_bytes(packed[:cut])
        with pytest.raises(InputError):
            embedprep.build([tmp_path / "t"], tmp_path / "out", jobs=1)
        assert [path.name for path in tmp_path.iterdir()] == ["t"]


@every_kind
def test_a_run_on_a_cut_off_stream_leaves_nothing(kind: str, tmp_path: Path) -> None:
    packed = COMPRESS[kind](TEXT)
    path = tmp_path / "t"
    for cut in (11, len(packed) // 2, len(packed) - 1):
        path.write_bytes(packed[:cut])
        reader = Reader([str(path)], Reading())
        with pytest.raises(InputError, match="is cut off"):
            pipeline.run(reader, tmp_path / "new" / "out", VocabularySettings(), RowSettings())
        assert list(tmp_path.iterdir()) == [path]


@every_kind
def test_a_broken_stream_is_an_error(kind: str, tmp_path: Path) -> None:
    packed = bytearray(COMPRESS[kind](TEXT))
    packed[len(packed) // 2 : len(packed) // 2 + 64] = bytes(64)
    said = error_of(tmp_path / "t", bytes(packed))
    assert said.startswith(f"t: holds broken {kind} data (")
    assert said.endswith("); make or copy it again")


@every_kind
@pytest.mark.parametrize("behind", [b"x", b"more text, and more\n", b"\0x"])
def test_other_bytes_behind_a_stream_are_an_error(kind: str, behind: bytes, tmp_path: Path) -> None:
    said = f"t: holds other bytes behind its {kind} data; cut them off, or make it again"
    assert error_of(tmp_path / "t", COMPRESS[kind](TEXT) + behind) == said


@every_kind
def test_a_stream_of_another_kind_behind_one_is_an_error(kind: str, tmp_path: Path) -> None:
    said = f"t: holds other bytes behind its {kind} data; cut them off, or make it again"
    for compress in {*COMPRESS.values()} - {COMPRESS[kind]}:
        assert error_of(tmp_path / "t", COMPRESS[kind](TEXT) + compress(TEXT)) == said


def test_zeros_behind_a_bzip2_stream_are_no_padding(tmp_path: Path) -> None:
    said = error_of(tmp_path / "t", bz2.compress(TEXT) + b"\0" * 4)
    assert said.startswith("t: holds other bytes behind its bzip2 data; ")


@every_kind
def test_a_stream_of_nothing_holds_no_line(kind: str, tmp_path: Path) -> None:
    said = "t: holds no line; is the step that writes it finished?"
    assert error_of(tmp_path / "t", COMPRESS[kind](b"")) == said


@pytest.mark.parametrize(
    "text",
    [
        b"BZh9 is how bzip2 begins\n",
        b"BZh91AY&S\n",
        b"BZh01AY&SY\n",
        b"\x1f\n",
        b"P*M\n",
        b"(\n",
        b"B",
    ],
)
def test_a_text_that_begins_like_a_magic_number_is_a_text(text: bytes, tmp_path: Path) -> None:
    (tmp_path / "t.gz").write_bytes(text)
    assert read(tmp_path / "t.gz") == text.removesuffix(b"\n") + b"\n"


def test_an_xz_stream_that_asks_for_too_much_memory_is_an_error(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(compression, "XZ_MEMORY", 1 << 20)
    said = (
        "t: asks for more than 1 MiB of memory to be read; "
        "decompress it by xz, or compress it anew with a smaller dictionary"
    )
    assert error_of(tmp_path / "t", lzma.compress(TEXT)) == said


def test_zstd_without_its_package_is_an_error_with_the_way_to_install_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    if sys.version_info >= (3, 14):
        pytest.skip("this Python reads zstd by itself")
    monkeypatch.setitem(sys.modules, "backports.zstd", None)
    monkeypatch.delattr("backports.zstd")
    said = "t: is compressed by zstd, which needs a package more; pip install 'embedprep[zstd]'"
    assert error_of(tmp_path / "t", zstd.compress(TEXT)) == said


def test_a_python_without_bzip2_says_so(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "bz2", None)
    said = "t: is compressed by bzip2, and this Python was built without it; decompress it first"
    assert error_of(tmp_path / "t", bz2.compress(TEXT)) == said
