"""How fast is a matrix made of a file of word vectors, beside gensim, and beside `wc -w`?

    python benchmarks/vectors.py             whole processes, taking turns
    python benchmarks/vectors.py --runs 9

The file is like GloVe's: 400,000 words of 100 numbers each, 347 MB, among them the 50,000 most
frequent words of the corpus, whose vectors `embedprep matrix` takes. gensim's
`KeyedVectors.load_word2vec_format` takes all of them, and writes nothing; `wc -w` only counts.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterable
from pathlib import Path

import contestants
import corpus
import measure
import numpy as np
import turns

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
            "wc -w": ["wc", "-w", str(vectors)],
            "gensim": [sys.executable, GENSIM, str(vectors)],
        }
        commands["embedprep"] += ["-o", matrix, "-q"]
        print(f"{vectors.name}: {vectors.stat().st_size / corpus.MB:.0f} MB; {turns.load()}")
        turns.report(turns.take_turns(commands, args.runs, {"gensim": args.slow_runs}))
    except measure.CommandFailed as error:
        sys.exit(f"a command failed: {error}")


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
