"""How fast is a matrix made of a file of word vectors, beside gensim, and beside `wc -w`?

    python benchmarks/vectors.py             whole processes, taking turns
    python benchmarks/vectors.py --runs 9

The file is like GloVe's: 400,000 words of 100 numbers each, 347 MB, among them the 50,000 most
frequent words of the corpus, whose vectors `embedprep matrix` takes. gensim's
`KeyedVectors.load_word2vec_format` takes all of them, and writes nothing; `wc -w` only counts.
"""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Iterable
from pathlib import Path
from statistics import median

import contestants
import corpus
import measure
import numpy as np

from embedprep.vocabulary import Vocabulary

N_VECTORS, DIM = 400_000, 100
_ROWS_AT_ONCE = 10_000
GENSIM = str(contestants.PEERS / "gensim_vectors.py")


def main() -> None:
    """Print a line for each contestant."""
    parser = argparse.ArgumentParser(description="A matrix of word vectors, beside gensim and wc.")
    parser.add_argument("--runs", type=int, default=5, help="runs of each (default 5)")
    parser.add_argument("--slow-runs", type=int, default=2, help="runs of gensim (default 2)")
    args = parser.parse_args()
    try:
        words, vectors = vocabulary(contestants.MAX_WORDS), glove_like()
        matrix = str(corpus.BUILD / "out" / "matrix.npy")
        commands = {
            "embedprep": [*embedprep("matrix", "--vocab", str(words)), "--vectors", str(vectors)],
            "wc": ["wc", "-w", str(vectors)],
            "gensim": [sys.executable, GENSIM, str(vectors)],
        }
        commands["embedprep"] += ["-o", matrix, "-q"]
        load = os.getloadavg()[0]
        costs: dict[str, list[measure.Cost]] = {name: [] for name in commands}
        for turn in range(-1, args.runs):  # the first is a warm-up
            for name, command in commands.items():
                if name != "gensim" or 0 <= turn < args.slow_runs:
                    corpus.emptied(corpus.BUILD / "out")
                    cost = measure.run(command, corpus.ROOT, {"LC_ALL": "C.UTF-8"})
                    costs[name] += [cost] if turn >= 0 else []
    except measure.CommandFailed as error:
        sys.exit(f"a command failed: {error}")

    wall = {name: median(cost.wall for cost in of) for name, of in costs.items()}
    print(f"{vectors.name}: {vectors.stat().st_size / corpus.MB:.0f} MB; load before {load:.1f}")
    print("| | s | embedprep is | CPU s | peak MB |")
    print("| --- | ---: | ---: | ---: | ---: |")
    for name, of in costs.items():
        ratio = wall[name] / wall["embedprep"]
        word = f"{ratio:.1f}× faster" if ratio >= 1 else f"{1 / ratio:.2f}× slower"
        cpu, peak = median(cost.cpu for cost in of), max(cost.peak for cost in of) / corpus.MB
        beside = "" if name == "embedprep" else word
        print(f"| {name} | {wall[name]:.2f} | {beside} | {cpu:.2f} | {peak:.0f} |")


def embedprep(*arguments: str) -> list[str]:
    """A command of embedprep."""
    return [sys.executable, "-m", "embedprep", *arguments]


def vocabulary(max_words: int) -> Path:
    """The most frequent words of the corpus."""
    path = corpus.BUILD / f"vocab-{max_words}.json"
    if not path.exists():
        sizes = ["-n", str(max_words), "--max-len", "1", "-q", "-o", str(path)]
        measure.run(embedprep("vocab", str(corpus.gutenberg()), *sizes), corpus.ROOT)
    return path


def glove_like() -> Path:
    """The file of vectors: the words of the corpus and made-up ones, in random order."""
    path = corpus.BUILD / f"glove-like-{N_VECTORS}x{DIM}.txt"
    return path if path.exists() else corpus.written(path, lines_of_vectors())


def lines_of_vectors() -> Iterable[bytes]:
    """The lines of the file, some thousand at a time."""
    words = list(Vocabulary.load(vocabulary(N_VECTORS)).words)
    words += [f"made-up-{number}" for number in range(N_VECTORS - len(words))]
    random = np.random.Generator(np.random.PCG64(0))
    order = random.permutation(N_VECTORS).tolist()
    numbers = " ".join(["%.5g"] * DIM)
    for first in range(0, N_VECTORS, _ROWS_AT_ONCE):
        some = order[first : first + _ROWS_AT_ONCE]
        rows = random.normal(0, 0.4, (len(some), DIM)).tolist()
        pairs = zip(some, rows, strict=True)
        yield "".join(f"{words[i]} {numbers % tuple(row)}\n" for i, row in pairs).encode()


if __name__ == "__main__":
    main()
