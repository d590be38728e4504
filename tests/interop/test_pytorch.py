"""Does PyTorch make of the rows and the matrix what embedprep makes of them?"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from embedprep.embedding import embed
from embedprep.tensors import Target
from tests.interop.conftest import Made


def test_an_embedding_layer_gives_the_tensor_of_embed(made: Made, torch: Any) -> None:
    layer = torch.nn.Embedding.from_pretrained(torch.from_numpy(made.matrix), padding_idx=0)
    np.testing.assert_array_equal(
        layer(torch.from_numpy(made.rows)).numpy(), made.embedded, strict=True
    )


def test_one_hot_vectors_are_those_of_onehot(made: Made, torch: Any) -> None:
    # one_hot takes int64 alone.
    found = torch.nn.functional.one_hot(torch.from_numpy(made.rows).long(), num_classes=1000)
    np.testing.assert_array_equal(found.numpy(), made.one_hot)


def test_one_hot_vectors_times_the_matrix_are_the_tensor_of_embed(made: Made, torch: Any) -> None:
    found = torch.from_numpy(made.one_hot).float() @ torch.from_numpy(made.matrix)
    np.testing.assert_array_equal(found.numpy(), made.embedded, strict=True)


@pytest.mark.parametrize("mode", ["mean", "sum", "max"])
def test_an_embedding_bag_gives_the_vectors_of_embed_reduce(
    mode: str, made: Made, torch: Any, tmp_path: Path
) -> None:
    embed(made.folder, Target(tmp_path / "reduced.npy"), reduce=mode)
    bag = torch.nn.EmbeddingBag.from_pretrained(
        torch.from_numpy(made.matrix), mode=mode, padding_idx=0
    )
    found = bag(torch.from_numpy(made.rows)).numpy()
    # Sums of up to 10 numbers within 0.05, added up in another order.
    np.testing.assert_allclose(np.load(tmp_path / "reduced.npy"), found, atol=1e-7, rtol=0)


def test_padding_stays_zeros_while_the_layer_learns(made: Made, torch: Any) -> None:
    layer = torch.nn.Embedding.from_pretrained(
        torch.tensor(made.matrix), padding_idx=0, freeze=False
    )
    optimizer = torch.optim.SGD(layer.parameters(), lr=1.0)
    layer(torch.from_numpy(made.rows)).sum().backward()
    optimizer.step()
    learned = layer.weight.detach().numpy()
    assert not learned[0].any()
    # Each occurrence of a word has a gradient of 1 in each dimension.
    n_occurrences = np.bincount(made.rows[made.rows != 0], minlength=1000)
    np.testing.assert_allclose(
        learned, made.matrix - n_occurrences[:, np.newaxis], atol=1e-4, rtol=0
    )


def test_lengths_pack_the_rows(made: Made, torch: Any) -> None:
    """`lengths.npy`, cut to the length of a row, is what PyTorch's recurrent layers ask for."""
    lengths = np.minimum(np.load(made.folder / "lengths.npy"), 10)
    is_padding = made.rows == 0
    np.testing.assert_array_equal(10 - is_padding.sum(axis=1), lengths)
    if is_padding[:, 0].any():
        return  # packing takes what is padded at the end
    packed = torch.nn.utils.rnn.pack_padded_sequence(
        torch.from_numpy(made.rows), lengths, batch_first=True, enforce_sorted=False
    )
    assert len(packed.data) == lengths.sum()
    assert bool((packed.data != 0).all())
