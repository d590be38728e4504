"""An embedding layer of PyTorch that begins with the matrix of `embedprep`.

998 words, padding and unknown words make a matrix of 1000 rows. 32 rows of 10 indices go in,
(32, 10, 64) comes out, and equals what `embedprep embed` writes.

    embedprep run sample_data/reviews.txt -n 998 --max-len 10 --dim 64 -o build/words
    embedprep embed build/words -o build/vectors.npy
    python examples/pytorch_embedding.py build/words build/vectors.npy
"""

import sys

import numpy as np
import torch

import embedprep


def main() -> None:
    """Look up the first 32 rows, print the shapes, and compare."""
    if len(sys.argv) != 3:
        sys.exit("usage: python examples/pytorch_embedding.py FOLDER VECTORS.npy")
    output = embedprep.load(sys.argv[1])
    # np.array copies what is mapped from disk, read-only: PyTorch writes to its tensors.
    matrix = torch.from_numpy(np.array(output.embedding_matrix))
    layer = torch.nn.Embedding.from_pretrained(matrix, padding_idx=0, freeze=False)

    rows = torch.from_numpy(np.array(output.sequences[:32]))
    with torch.no_grad():
        vectors = layer(rows)
    print(f"PyTorch: {tuple(rows.shape)} indices in, {tuple(vectors.shape)} numbers out")

    expected = np.load(sys.argv[2], mmap_mode="r")[:32]
    if not np.array_equal(vectors.numpy(), expected):
        sys.exit("these are not the vectors of `embedprep embed`")
    print("PyTorch: equal to the vectors of `embedprep embed`")


if __name__ == "__main__":
    main()
