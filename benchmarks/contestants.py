"""Who takes part, and how is each of them called for the same job?"""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import NamedTuple

import corpus

MAX_WORDS = 50_000
MAX_LEN = 128

PEERS = Path(__file__).resolve().parent / "peers"
RUN = (sys.executable, "-m", "embedprep", "run", "{text}", "-o", "{out}/dataset", "-q")
SIZES = ("-n", str(MAX_WORDS), "--max-len", str(MAX_LEN))


class Contestant(NamedTuple):
    """A tool and its commands, in which {text} is the corpus and {out} an empty folder."""

    name: str
    title: str
    version: tuple[str, ...]
    command: tuple[str, ...]
    rows: str | None = None
    quick: bool = False
    environ: Mapping[str, str] = {}

    def call(self, text: Path, out: Path) -> list[str]:
        """The command for this text and this folder."""
        places = {"text": text, "out": out}
        return [part.format_map(places) for part in self.command]


def peer(name: str, title: str) -> Contestant:
    """A peer from the folder `peers`: a script that takes FILE OUT.npy."""
    script = (sys.executable, str(PEERS / f"{name.replace('-', '_')}.py"))
    return Contestant(
        name=name,
        title=title,
        version=(*script, "--version"),
        command=(*script, "{text}", "{out}/rows.npy", *SIZES),
        rows="rows.npy",
    )


EMBEDPREP = Contestant(
    name="embedprep",
    title="embedprep run",
    version=(sys.executable, "-m", "embedprep", "--version"),
    command=(*RUN, *SIZES, "--tokenizer", "keras"),
    rows="dataset/sequences.npy",
    quick=True,
)

EMBEDPREP_UNICODE = EMBEDPREP._replace(
    name="embedprep-unicode",
    title="embedprep run, Unicode's words",
    command=(*RUN, *SIZES),
)

WC = Contestant(
    name="wc",
    title="wc -w (counts words, no more)",
    # The wc of macOS and the BSDs knows no --version.
    version=("sh", "-c", "wc --version 2>/dev/null || command -v wc"),
    command=("wc", "-w", "{text}"),
    quick=True,
    environ={"LC_ALL": "C.UTF-8"},
)

CONTESTANTS = (
    EMBEDPREP,
    EMBEDPREP_UNICODE,
    WC,
    peer("keras-tokenizer", "Keras Tokenizer + pad_sequences"),
    peer("keras-text-vectorization", "Keras TextVectorization on tf.data"),
    peer("hf-wordlevel", "Hugging Face tokenizers WordLevel"),
)


class Missing(Exception):
    """A contestant is not installed; the message is what it said."""


def version(contestant: Contestant) -> str:
    """The version that a contestant gives; raises Missing if it cannot."""
    try:
        answer = subprocess.run(
            contestant.version, cwd=corpus.ROOT, capture_output=True, text=True, check=False
        )
    except OSError as error:
        raise Missing(str(error)) from None
    if answer.returncode != 0:
        said = answer.stderr.strip().splitlines() or ["it gave no version"]
        raise Missing(said[-1].removeprefix(f"{sys.executable}: "))
    return answer.stdout.strip().splitlines()[0]
