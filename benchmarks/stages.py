"""Where does embedprep's time go? The processor time of each stage, in all and per word.

The stages run in this process, one block at a time, each function wrapped by a clock of its own
thread. `make bench` prints the table below that of the peers.
"""

from __future__ import annotations

import argparse
import importlib
import os
import shutil
import subprocess
import sys
import tempfile
import threading
import time
from collections import defaultdict
from collections.abc import Callable
from pathlib import Path
from typing import Any

import corpus
import measure

os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")

STAGES = [
    ("read", "embedprep.sources.ahead", "Ahead._read"),
    ("hash", "embedprep.digests", "Digest.update"),
    ("check the text, find its lines", "embedprep.tokenizer.rules", "read_text"),
    ("find words or stretches", "embedprep.counting", "_count_lines"),
    ("find the words of stretches", "embedprep.counting", "unfold"),
    ("keys of words", "embedprep.dictionary.encoding", "keys_and_long"),
    ("look up known words", "embedprep.dictionary.lookup", "Lookup.probe"),
    ("group words, of blocks and dictionaries", "embedprep.dictionary.encoding", "group_words"),
    ("group words, of blocks and dictionaries", "embedprep.dictionary.merging", "group_words"),
    ("count, keep own words", "embedprep.counting", "count_words"),
    ("merge dictionaries", "embedprep.counting", "merge"),
    ("draw tables of known words", "embedprep.counting", "_draw_table"),
    ("rank", "embedprep.pipeline", "_rank"),
    ("plan the rows", "embedprep.pipeline", "plan"),
    ("make vocab.json", "embedprep.pipeline", "_make_vocabulary"),
    ("renumber", "embedprep.rows", "renumber"),
    ("pad", "embedprep.rows", "pad_between_marks"),
    ("write", "embedprep.npy", "write_at"),
]
"""What a stage is called, and the function that does it; the calls within it are subtracted."""


class Clocks:
    """The processor time of each stage, without that of the stages called by it."""

    def __init__(self) -> None:
        self.seconds: dict[str, float] = defaultdict(float)
        self._inner = threading.local()
        self._lock = threading.Lock()

    def wrap(self, stage: str, function: Callable[..., Any]) -> Callable[..., Any]:
        def timed(*arguments: Any, **named: Any) -> Any:
            outer = getattr(self._inner, "seconds", 0.0)
            self._inner.seconds = 0.0
            start = time.thread_time()
            try:
                return function(*arguments, **named)
            finally:
                taken = time.thread_time() - start
                with self._lock:
                    self.seconds[stage] += taken - self._inner.seconds
                self._inner.seconds = outer + taken

        return timed

    def install(self) -> None:
        for stage, module, path in STAGES:
            *owners, name = path.split(".")
            owner: Any = importlib.import_module(module)
            for part in owners:
                owner = getattr(owner, part)
            setattr(owner, name, self.wrap(stage, getattr(owner, name)))


def start_up() -> float:
    """The processor time of a process that imports all and does nothing, in seconds."""
    before = os.times()
    command = [sys.executable, "-c", "import embedprep.cli.build, embedprep.pipeline"]
    one_thread = {"OPENBLAS_NUM_THREADS": "1"}  # as the command line sets it
    subprocess.run(command, check=True, env=measure.ENVIRONMENT | one_thread)
    after = os.times()
    return after[2] + after[3] - before[2] - before[3]


def main() -> None:
    """Run the main job once and print the table."""
    parser = argparse.ArgumentParser(description="Where embedprep's time goes, stage by stage.")
    parser.add_argument("file", nargs="?", type=Path, help="the text (default: the corpus)")
    parser.add_argument("--tokenizer", default="unicode", help="default: unicode")
    args = parser.parse_args()
    text = args.file or corpus.gutenberg()

    seconds = {"start up: Python, click, NumPy": start_up()}
    clocks = Clocks()
    clocks.install()
    from embedprep import pipeline
    from embedprep.cli.memory import keep_freed_memory
    from embedprep.settings import Resources, RowSettings, VocabularySettings
    from embedprep.sources import Reader, Reading
    from embedprep.tokenizer.settings import TokenizerSettings

    keep_freed_memory()
    folder = Path(tempfile.mkdtemp(dir=text.parent))
    before = time.process_time()
    try:
        reader = Reader([str(text)], Reading())
        settings = VocabularySettings(tokenizer=TokenizerSettings(args.tokenizer))
        built = pipeline.run(
            reader, folder / "out", settings, RowSettings(max_len="128"), resources=Resources(1)
        )
    finally:
        shutil.rmtree(folder)
    total = time.process_time() - before
    seconds |= clocks.seconds
    seconds["all else"] = total - sum(clocks.seconds.values())

    n_words = built.statistics["words"]
    print(f"\n{text.name}: {n_words:,} words, {args.tokenizer}, one thread at work\n")
    print("| stage | CPU s | ns a word |\n| --- | ---: | ---: |")
    for stage, spent in [*seconds.items(), ("sum", sum(seconds.values()))]:
        print(f"| {stage} | {spent:.3f} | {spent / n_words * 1e9:.1f} |")


if __name__ == "__main__":
    main()
