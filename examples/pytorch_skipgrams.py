"""Word vectors learned in PyTorch from the pairs of `embedprep skipgrams`.

Words that stand near each other are to have similar vectors, random pairs are not. The vectors
begin with the matrix of `embedprep`, and are written as such a matrix again.

    embedprep run sample_data/opinions.csv --text-column text --label-column label --dim 32 \
        -o build/opinions
    embedprep skipgrams build/opinions --negative 4 --negative-distribution unigram -o build/pairs
    python examples/pytorch_skipgrams.py build/opinions build/pairs build/learned.npy
    embedprep nearest build/learned.npy --vocab build/opinions/vocab.json friendly
"""

import sys
from pathlib import Path

import numpy as np
import torch

import embedprep


def main() -> None:
    """Read the pairs five times, print the loss of each time, and save the vectors of targets."""
    if len(sys.argv) != 4:
        sys.exit("usage: python examples/pytorch_skipgrams.py FOLDER PAIRS MATRIX.npy")
    start = torch.from_numpy(np.array(embedprep.load(sys.argv[1]).embedding_matrix))
    pairs = Path(sys.argv[2])
    couples = torch.from_numpy(np.load(pairs / "couples.npy"))
    labels = torch.from_numpy(np.load(pairs / "labels.npy").astype(np.float32))

    torch.manual_seed(0)
    of_targets = torch.nn.Embedding.from_pretrained(start, padding_idx=0, freeze=False)
    of_contexts = torch.nn.Embedding(*start.shape, padding_idx=0)
    torch.nn.init.zeros_(of_contexts.weight)
    optimizer = torch.optim.Adam([*of_targets.parameters(), *of_contexts.parameters()], lr=0.01)
    for epoch in range(1, 6):
        total = 0.0
        # The pairs are in random order already: batches are taken as they lie.
        for couple, label in zip(couples.split(512), labels.split(512), strict=True):
            likeness = (of_targets(couple[:, 0]) * of_contexts(couple[:, 1])).sum(dim=1)
            loss = torch.nn.functional.binary_cross_entropy_with_logits(likeness, label)
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
            total += loss.item() * len(label)
        print(f"PyTorch: epoch {epoch}, loss {total / len(labels):.3f}")

    np.save(sys.argv[3], of_targets.weight.detach().numpy())


if __name__ == "__main__":
    main()
