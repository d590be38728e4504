"""How fast are vectors learned from rows, beside gensim alone on the same text?

    python benchmarks/training.py             whole processes, taking turns: some minutes
    python benchmarks/training.py --size 20   a trial with 20 MB of the text

One epoch of skip-gram with 5 negative samples, 100 dimensions, on both cores. gensim reads the
sentences of the same rows as text, in its quickest way (`corpus_file`), and counts words itself.
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

import contestants
import corpus
import measure
import turns

DIM = "100"
GENSIM = str(contestants.PEERS / "gensim_train.py")


def main() -> None:
    """Print a line for each contestant."""
    parser = argparse.ArgumentParser(description="Vectors learned from rows, beside gensim.")
    parser.add_argument("--runs", type=int, default=2, help="runs of each (default 2)")
    parser.add_argument("--size", type=float, metavar="MB", help="cut the corpus to so many MB")
    args = parser.parse_args()
    text = corpus.cut(corpus.gutenberg(), args.size) if args.size else corpus.gutenberg()
    out = str(corpus.BUILD / "out" / "matrix.npy")
    try:
        rows, sentences = encoded(text)
        commands = {
            "embedprep": [*EMBEDPREP, "train", str(rows), "-o", out, "--dim", DIM],
            "gensim": [sys.executable, GENSIM, str(sentences), out, DIM],
        }
        commands["embedprep"] += ["--epochs", "1", "-q"]
        print(f"{text.name}, one epoch; {turns.load()}")
        runs = dict.fromkeys(commands, args.runs)  # a warm-up would take as long as a run
        turns.report(turns.take_turns(commands, args.runs, runs))
    except measure.CommandFailed as error:
        sys.exit(f"a command failed: {error}")


EMBEDPREP = (sys.executable, "-m", "embedprep")


def encoded(text: Path) -> tuple[Path, Path]:
    """The rows of a text, and their sentences as text."""
    folder = corpus.BUILD / f"rows-{text.stem}"
    sentences = folder.with_suffix(".txt")
    if not sentences.exists() or not (folder / "manifest.json").exists():
        run = [*EMBEDPREP, "run", str(text), "-o", str(folder), "-q", *contestants.SIZES]
        measure.run(run, corpus.ROOT)
        measure.run([*EMBEDPREP, "decode", str(folder), "-o", str(sentences)], corpus.ROOT)
    return folder, sentences


if __name__ == "__main__":
    main()
