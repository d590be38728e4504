"""The pairs of Keras `skipgrams`, called for one row after the other.

    python keras_skipgrams.py ROWS.npy INPUT_DIM OUT.npy --rows 1000

What it returns for all rows becomes one array, row after row: each is shuffled by itself.
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

import job
import numpy as np

try:
    from keras_preprocessing.sequence import skipgrams
except ImportError:
    try:
        from keras.src.legacy.preprocessing.sequence import skipgrams
    except ImportError as error:
        sys.exit(job.missing(error))


def main() -> None:
    """Make the pairs of some rows and save them with their labels."""
    parser = argparse.ArgumentParser(description="Pairs by Keras skipgrams.")
    parser.add_argument("rows_file", type=Path, help="rows of indices, as .npy")
    parser.add_argument("input_dim", type=int, help="the largest index + 1")
    parser.add_argument("out", type=Path, help="where the pairs go, as .npy")
    parser.add_argument("--rows", type=int, help="so many of the rows (default all)")
    args = parser.parse_args()

    couples: list[list[int]] = []
    labels: list[int] = []
    for row in np.load(args.rows_file, mmap_mode="r")[: args.rows].tolist():
        # Without a seed Keras asks for randint(0, 10e6), which Python 3.12 refuses.
        of_row, labels_of_row = skipgrams(row, args.input_dim, seed=0)
        couples += of_row
        labels += labels_of_row
    np.save(args.out, np.array(couples, np.int32))
    np.save(args.out.with_suffix(".labels.npy"), np.array(labels, np.uint8))


if __name__ == "__main__":
    main()
