"""Print the first rows of a folder that `embedprep run` has written.

python examples/show_rows.py build/demo
"""

import sys

import embedprep


def main() -> None:
    """Print the shape, the type and the first three rows of the sequences."""
    if len(sys.argv) != 2:
        sys.exit("usage: python examples/show_rows.py FOLDER")
    sequences = embedprep.load(sys.argv[1]).sequences
    print(f"sequences.npy: shape {sequences.shape}, dtype {sequences.dtype}, first rows:")
    print(sequences[:3])


if __name__ == "__main__":
    main()
