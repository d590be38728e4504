"""A text classifier in PyTorch: is an opinion positive or negative?

Its embedding layer begins with vectors that `embedprep train` has learned from the same sentences,
and learns on. It is judged by sentences that it has never seen, encoded with the words and the
shape of the training rows.

    embedprep run sample_data/opinions.csv --text-column text --label-column label \
        --holdout heldout=sample_data/opinions_heldout.csv -o build/opinions
    embedprep train build/opinions --dim 32 --jobs 1 -o build/matrix.npy
    python examples/pytorch_classifier.py build/opinions build/matrix.npy build/classifier.pt
"""

import sys

import numpy as np
import torch

import embedprep


class Classifier(torch.nn.Module):
    """The average of the vectors of a row, then one linear layer."""

    def __init__(self, matrix: torch.Tensor) -> None:
        super().__init__()
        self.embedding = torch.nn.Embedding.from_pretrained(matrix, padding_idx=0, freeze=False)
        self.output = torch.nn.Linear(matrix.shape[1], 1)

    def forward(self, rows: torch.Tensor) -> torch.Tensor:
        """Rows of indices, (rows, max_len), as logits, (rows,)."""
        # The vector of padding is zeros and stays so: it adds nothing to the sum.
        n_words = (rows != 0).sum(dim=1, keepdim=True).clamp(min=1)
        averages = self.embedding(rows).sum(dim=1) / n_words
        return self.output(averages).squeeze(1)


def tensors(output: embedprep.Output) -> tuple[torch.Tensor, torch.Tensor]:
    """The rows and the labels, 0. or 1., copied from the disk."""
    rows = torch.from_numpy(np.array(output.sequences))
    return rows, torch.from_numpy(np.array(output.labels, dtype=np.float32))


def main() -> None:
    """Train on the rows at the top of the folder, print the accuracy on the held-out ones, save."""
    if len(sys.argv) != 4:
        sys.exit("usage: python examples/pytorch_classifier.py FOLDER MATRIX.npy MODEL.pt")
    output = embedprep.load(sys.argv[1])
    rows, labels = tensors(output)

    torch.manual_seed(0)
    model = Classifier(torch.from_numpy(np.load(sys.argv[2])))
    optimizer = torch.optim.Adam(model.parameters(), lr=0.01)
    for _ in range(10):
        for batch in torch.randperm(len(rows)).split(32):
            loss = torch.nn.functional.binary_cross_entropy_with_logits(
                model(rows[batch]), labels[batch]
            )
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()

    rows, labels = tensors(output.parts["heldout"])
    with torch.no_grad():
        accuracy = ((model(rows) > 0) == (labels == 1)).float().mean().item()
    print(f"PyTorch: {accuracy:.1%} of {len(rows)} held-out sentences are right")
    torch.save(model.state_dict(), sys.argv[3])


if __name__ == "__main__":
    main()
