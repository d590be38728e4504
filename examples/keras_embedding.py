"""An embedding layer of Keras that begins with the matrix of `embedprep`.

Its sizes are those that the output names: 998 words, padding and unknown words make an `input_dim`
of 1000. 32 rows of 10 indices go in, (32, 10, 64) comes out, and equals what `embedprep embed`
writes.

    embedprep run sample_data/reviews.txt -n 998 --max-len 10 --dim 64 -o build/words
    embedprep embed build/words -o build/vectors.npy
    KERAS_BACKEND=torch python examples/keras_embedding.py build/words build/vectors.npy
"""

import sys

import keras
import numpy as np

import embedprep


def main() -> None:
    """Look up the first 32 rows, print the shapes, and compare."""
    if len(sys.argv) != 3:
        sys.exit("usage: python examples/keras_embedding.py FOLDER VECTORS.npy")
    output = embedprep.load(sys.argv[1])
    numbers = output.manifest["embedding"]
    layer = keras.layers.Embedding(
        input_dim=numbers["input_dim"],
        output_dim=numbers["output_dim"],
        mask_zero=numbers["mask_zero"],
        weights=[output.embedding_matrix],
    )
    model = keras.Sequential([layer])

    rows = output.sequences[:32]
    vectors = model.predict(rows, verbose=0)
    print(f"Keras: {rows.shape} indices in, {vectors.shape} numbers out")

    expected = np.load(sys.argv[2], mmap_mode="r")[:32]
    if not np.array_equal(vectors, expected):
        sys.exit("these are not the vectors of `embedprep embed`")
    print("Keras: equal to the vectors of `embedprep embed`")


if __name__ == "__main__":
    main()
