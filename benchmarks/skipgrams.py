"""How fast are pairs for a skip-gram model beside Keras `skipgrams`?

    python benchmarks/skipgrams.py                  whole processes, taking turns
    python benchmarks/skipgrams.py --rows 20000     a trial

Rows of 32 words, N = 50000, windows of 4 and one random pair for each true one: both make the same
positive pairs. `embedprep skipgrams` makes those of all rows; Keras those of two smaller numbers of
them, and the difference, which holds no start-up, is scaled to all.
"""

from __future__ import annotations

import argparse
import sys
from importlib.util import find_spec
from pathlib import Path
from statistics import median

import contestants
import corpus
import measure
import numpy as np
import turns

ROWS = 100_000
FEW, MANY = 2_000, 10_000
"""The rows that Keras is given."""

PEER_PACKAGES = ("keras_preprocessing", "keras")
"""Either has Keras' skipgrams."""

PEER = str(contestants.PEERS / "keras_skipgrams.py")
OPTIONS = {
    "embedprep skipgrams": (),
    "with --negative 5 --negative-distribution unigram": (
        *("--negative", "5", "--negative-distribution", "unigram"),
    ),
    "with --exclude-positives": ("--exclude-positives",),
    "with --sampling word2vec --dynamic-window": ("--sampling", "word2vec", "--dynamic-window"),
}


def main() -> None:
    """Print a line for each contestant."""
    parser = argparse.ArgumentParser(description="Pairs for a skip-gram model, beside Keras.")
    parser.add_argument("--runs", type=int, default=3, help="runs of each (default 3)")
    parser.add_argument("--rows", type=int, default=ROWS, help=f"rows (default {ROWS:,})")
    args = parser.parse_args()
    if not any(map(find_spec, PEER_PACKAGES)):
        print(f"skipgrams: left out, as {' and '.join(PEER_PACKAGES)} are missing: make peers")
        return
    out = corpus.BUILD / "out"
    try:
        rows = encoded(args.rows)
        commands = {
            title: [*embedprep("skipgrams"), str(rows), "-o", str(out / "pairs"), "-q", *options]
            for title, options in OPTIONS.items()
        }
        input_dim = str(contestants.MAX_WORDS + 2)
        for n_rows in (FEW, MANY):
            peer = [sys.executable, PEER, str(rows), input_dim, str(out / "keras.npy")]
            commands[f"Keras, {n_rows:,} rows"] = [*peer, "--rows", str(n_rows)]
        load = turns.load()
        costs = turns.take_turns(commands, args.runs)
    except measure.CommandFailed as error:
        sys.exit(f"a command failed: {error}")

    keras, keras_cpu = (scaled(costs, of, args.rows) for of in ("wall", "cpu"))
    print(f"{args.rows:,} rows; Keras scaled from {FEW:,} and {MANY:,}; {load}")
    print("| | s | Keras takes | CPU s | peak MB |")
    print("| --- | ---: | ---: | ---: | ---: |")
    for title in OPTIONS:
        wall, cpu = (median(getattr(c, of) for c in costs[title]) for of in ("wall", "cpu"))
        peak = max(cost.peak for cost in costs[title]) / corpus.MB
        ratio = f"{keras / wall:.0f}× as long" if title == next(iter(OPTIONS)) else ""
        print(f"| {title} | {wall:.2f} | {ratio} | {cpu:.2f} | {peak:.0f} |")
    peak = max(cost.peak for cost in costs[f"Keras, {MANY:,} rows"]) / corpus.MB
    print(f"| Keras `skipgrams` | {keras:.1f} | | {keras_cpu:.1f} | {peak:.0f} for {MANY:,} rows |")


def scaled(costs: dict[str, list[measure.Cost]], of: str, n_rows: int) -> float:
    """What Keras takes for so many rows, its start-up left out."""
    few, many = (median(getattr(c, of) for c in costs[f"Keras, {n:,} rows"]) for n in (FEW, MANY))
    return (many - few) / (MANY - FEW) * n_rows


def embedprep(command: str) -> list[str]:
    """A command of embedprep."""
    return [sys.executable, "-m", "embedprep", command]


def encoded(n_rows: int) -> Path:
    """The first rows of the corpus, its vocabulary beside them."""
    folder = corpus.BUILD / "rows32"
    if not (folder / "manifest.json").exists():
        sizes = ["-n", str(contestants.MAX_WORDS), "--max-len", "32"]
        text = str(corpus.gutenberg())
        measure.run([*embedprep("run"), text, "-o", str(folder), "-q", *sizes], corpus.ROOT)
    first = folder / f"first-{n_rows}.npy"
    np.save(first, np.load(folder / "sequences.npy", mmap_mode="r")[:n_rows])
    return first


if __name__ == "__main__":
    main()
