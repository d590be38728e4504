"""Which text is measured? 105 MB of English, one paragraph a line.

It is unpacked, cut and copied under build/bench.
"""

from __future__ import annotations

import gzip
import os
import shutil
import sys
from collections.abc import Iterable
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
BUILD = ROOT / "build" / "bench"
NAME = "gutenberg_en_100mb.txt"
MB = 1_000_000


def gutenberg() -> Path:
    """The corpus, unpacked at the first call."""
    text = BUILD / NAME
    if text.exists():
        return text
    shared = Path(os.environ.get("EMBEDPREP_SHARED", ROOT.parent / "shared"))
    packed = shared / "corpora" / f"{NAME}.gz"
    if not packed.exists():
        sys.exit(
            f"{packed} is not there; set EMBEDPREP_SHARED to the folder above corpora,"
            f" or put an English text of 100 MB at {text}"
        )
    with gzip.open(packed) as source:
        return written(text, iter(lambda: source.read(MB), b""))


def cut(text: Path, size: float) -> Path:
    """The whole lines among the first `size` MB of the text."""
    with text.open("rb") as source:
        start = source.read(int(size * MB))
    return written(BUILD / f"{text.stem}-{size:g}mb.txt", [start[: start.rfind(b"\n") + 1]])


def copied(text: Path, copies: int) -> Path:
    """The text so many times over, in one file: more lines, no new words."""

    def pieces() -> Iterable[bytes]:
        for _ in range(copies):
            with text.open("rb") as source:
                yield from iter(lambda: source.read(MB), b"")

    return written(BUILD / f"{text.stem}-x{copies}.txt", pieces())


def with_rare_words(text: Path, copies: int) -> Path:
    """The text so many times over, where two lines of three end with a word that no other has."""

    def pieces() -> Iterable[bytes]:
        n_lines = 0
        for _ in range(copies):
            with text.open("rb") as source:
                while lines := source.readlines(MB):
                    for i, line in enumerate(lines):
                        n_lines += 1
                        if n_lines % 3:
                            lines[i] = line.rstrip(b"\n") + b" " + _spelled(n_lines) + b"\n"
                    yield b"".join(lines)

    return written(BUILD / f"{text.stem}-x{copies}-rare.txt", pieces())


def _spelled(number: int) -> bytes:
    """A number as a word that can be spoken, of syllables such as `ka`; never twice the same."""
    word = b""
    number = number * 2654435761 % (1 << 40)  # odd, so that it is one to one; mixes the syllables
    while number:
        number, syllable = divmod(number, 100)
        consonant, vowel = divmod(syllable, 5)
        word += b"bcdfghjklmnpqrstvwxz"[consonant : consonant + 1] + b"aeiou"[vowel : vowel + 1]
    return word


def written(path: Path, pieces: Iterable[bytes]) -> Path:
    """Write the file and rename it at the end, so that a corpus that is there is whole."""
    path.parent.mkdir(parents=True, exist_ok=True)
    unfinished = path.with_suffix(".part")
    with unfinished.open("wb") as out:
        out.writelines(pieces)
    unfinished.replace(path)
    return path


def emptied(folder: Path) -> Path:
    """The folder, new and empty: nobody should pay for replacing the files of the run before."""
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    return folder


def count_lines(text: Path) -> int:
    """Lines of the text; a last one without LF counts."""
    with text.open("rb") as source:
        return sum(1 for _ in source)
