"""Does Keras 3 make of the rows and the matrix what embedprep makes of them?

Its `Tokenizer`, `skipgrams` and `make_sampling_table` have lived on in `keras.src.legacy` since
they left its public names; where a later Keras has dropped them, keras-preprocessing stands in.
"""

from __future__ import annotations

import subprocess
import sys
from importlib import import_module
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import embedprep
from tests.interop.conftest import ROOT, Made


def test_an_embedding_layer_gives_the_tensor_of_embed(made: Made, keras: Any) -> None:
    numbers = embedprep.load(made.folder).manifest["embedding"]
    assert numbers == {"input_dim": 1000, "output_dim": 64, "input_length": 10, "mask_zero": True}
    del numbers["input_length"]  # which Keras 3 asks nobody for
    layer = keras.layers.Embedding(**numbers, weights=[made.matrix])
    found = keras.ops.convert_to_numpy(layer(made.rows))
    np.testing.assert_array_equal(found, made.embedded, strict=True)


def test_the_classic_model_gives_32_rows_of_10_vectors_of_64(made: Made, keras: Any) -> None:
    model = keras.Sequential([keras.layers.Embedding(1000, 64, weights=[made.matrix])])
    found = model.predict(made.rows[:32], verbose=0)
    assert found.shape == (32, 10, 64)
    np.testing.assert_array_equal(found, made.embedded[:32], strict=True)


def test_the_mask_is_where_an_index_is_not_0(made: Made, keras: Any) -> None:
    layer = keras.layers.Embedding(1000, 64, weights=[made.matrix], mask_zero=True)
    mask = keras.ops.convert_to_numpy(layer.compute_mask(made.rows))
    np.testing.assert_array_equal(mask, made.rows != 0, strict=True)


def test_one_hot_vectors_are_those_of_to_categorical(made: Made, keras: Any) -> None:
    found = keras.utils.to_categorical(made.rows, num_classes=1000)
    np.testing.assert_array_equal(found, made.one_hot)


def test_one_hot_vectors_times_the_matrix_are_the_tensor_of_embed(made: Made, keras: Any) -> None:
    found = keras.ops.matmul(made.one_hot.astype(np.float32), made.matrix)
    np.testing.assert_array_equal(keras.ops.convert_to_numpy(found), made.embedded, strict=True)


def test_an_average_that_heeds_the_mask_is_that_of_embed_reduce(
    made: Made, keras: Any, tmp_path: Path
) -> None:
    command = [sys.executable, "-m", "embedprep", "embed", str(made.folder), "--reduce", "mean"]
    subprocess.run([*command, "-q", "-o", str(tmp_path / "mean.npy")], check=True)
    model = keras.Sequential(
        [
            keras.layers.Embedding(1000, 64, weights=[made.matrix], mask_zero=True),
            keras.layers.GlobalAveragePooling1D(),
        ]
    )
    found = model.predict(made.rows, verbose=0)
    np.testing.assert_allclose(np.load(tmp_path / "mean.npy"), found, atol=1e-7, rtol=0)


@settings(max_examples=200)
@given(
    rows=st.lists(st.lists(st.integers(1, 99), max_size=8), min_size=1, max_size=6),
    maxlen=st.none() | st.integers(1, 10),
    padding=st.sampled_from(["pre", "post"]),
    truncating=st.sampled_from(["pre", "post"]),
)
def test_any_rows_are_padded_as_by_keras(
    rows: list[list[int]], maxlen: int | None, padding: str, truncating: str, keras: Any
) -> None:
    rows = [[1], *rows]  # of rows that are all empty Keras makes rows of no length
    chosen: dict[str, Any] = {"maxlen": maxlen, "padding": padding, "truncating": truncating}
    np.testing.assert_array_equal(
        embedprep.pad_sequences(rows, **chosen),
        keras.utils.pad_sequences(rows, **chosen),
        strict=True,
    )


# What Keras has put aside.


def legacy(name: str) -> Any:
    """Keras' own module of `text` or `sequence`, as long as it has one."""
    try:
        return import_module(f"keras.src.legacy.preprocessing.{name}")
    except ModuleNotFoundError:
        return import_module(f"keras_preprocessing.{name}")


@pytest.fixture(scope="module")
def lines() -> list[str]:
    text = (ROOT / "sample_data" / "reviews.txt").read_text(encoding="utf-8")
    return text.removesuffix("\n").split("\n")


@pytest.fixture(scope="module")
def tokenizer(lines: list[str]) -> Any:
    found = legacy("text").Tokenizer(oov_token="<unk>")
    found.fit_on_texts(lines)
    return found


@pytest.fixture(scope="module")
def encoded(tokenizer: Any, lines: list[str], tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The same lines by the vocabulary of that `Tokenizer`, word for word at its index."""
    folder = tmp_path_factory.mktemp("legacy")
    (folder / "keras.json").write_text(tokenizer.to_json(), encoding="utf-8")
    (folder / "lines.txt").write_text("\n".join(lines), encoding="utf-8")
    for words in (
        "vocab --from keras.json --max-len 30 -o vocab.json",
        "encode lines.txt --vocab vocab.json -o out",
    ):
        command = [sys.executable, "-m", "embedprep", *words.split(), "-q"]
        subprocess.run(command, cwd=folder, check=True)
    return folder / "out"


def test_the_rows_are_those_of_the_tokenizer(
    encoded: Path, tokenizer: Any, lines: list[str], keras: Any
) -> None:
    expected = keras.utils.pad_sequences(tokenizer.texts_to_sequences(lines), maxlen=30)
    np.testing.assert_array_equal(embedprep.load(encoded).sequences, expected, strict=True)


@pytest.mark.parametrize("mode", ["binary", "count", "freq", "tfidf"])
def test_bags_are_those_of_texts_to_matrix(
    mode: str, encoded: Path, tokenizer: Any, lines: list[str], tmp_path: Path
) -> None:
    command = [sys.executable, "-m", "embedprep", "bow", str(encoded), "--mode", mode]
    subprocess.run(
        [*command, "--dtype", "float64", "-q", "-o", str(tmp_path / "bags.npy")], check=True
    )
    expected = tokenizer.texts_to_matrix(lines, mode)
    np.testing.assert_allclose(np.load(tmp_path / "bags.npy"), expected, rtol=1e-15)


def test_positive_pairs_are_those_of_skipgrams(encoded: Path, tmp_path: Path) -> None:
    command = [sys.executable, "-m", "embedprep", "skipgrams", str(encoded), "-o", "pairs", "-q"]
    subprocess.run([*command, "--window", "3"], cwd=tmp_path, check=True)
    couples, labels = (
        np.load(tmp_path / "pairs" / f"{name}.npy") for name in ("couples", "labels")
    )

    skipgrams = legacy("sequence").skipgrams
    output = embedprep.load(encoded)
    input_dim = output.manifest["embedding"]["input_dim"]
    expected = [
        pair
        for row in output.sequences.tolist()
        for pair in skipgrams(row, input_dim, window_size=3, negative_samples=0, shuffle=False)[0]
    ]
    assert sorted(couples[labels == 1].tolist()) == sorted(expected)
    assert np.count_nonzero(labels == 0) == len(expected)


@pytest.mark.parametrize("size", [2, 1000, 50_000])
def test_the_sampling_table_is_that_of_keras(size: int) -> None:
    np.testing.assert_array_equal(
        embedprep.sampling_table(size, first_word=1),
        legacy("sequence").make_sampling_table(size),
        strict=True,
    )
