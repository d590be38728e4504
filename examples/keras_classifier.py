"""A text classifier in Keras: is an opinion positive or negative?

Its embedding layer begins with vectors that `embedprep train` has learned from the same sentences,
and learns on. It is judged by sentences that it has never seen, encoded with the words and the
shape of the training rows.

    embedprep run sample_data/opinions.csv --text-column text --label-column label \
        --holdout heldout=sample_data/opinions_heldout.csv -o build/opinions
    embedprep train build/opinions --dim 32 --jobs 1 -o build/matrix.npy
    KERAS_BACKEND=torch python examples/keras_classifier.py \
        build/opinions build/matrix.npy build/classifier.keras
"""

import sys

import keras
import numpy as np

import embedprep


def main() -> None:
    """Train on the rows at the top of the folder, print the accuracy on the held-out ones, save."""
    if len(sys.argv) != 4:
        sys.exit("usage: python examples/keras_classifier.py FOLDER MATRIX.npy MODEL.keras")
    training = embedprep.load(sys.argv[1])
    heldout = training.parts["heldout"]
    matrix = np.load(sys.argv[2])

    keras.utils.set_random_seed(0)
    input_dim, output_dim = matrix.shape
    model = keras.Sequential(
        [
            keras.layers.Embedding(input_dim, output_dim, weights=[matrix], mask_zero=True),
            keras.layers.GlobalAveragePooling1D(),  # the mask keeps padding out of the average
            keras.layers.Dense(1, activation="sigmoid"),
        ]
    )
    model.compile(
        optimizer=keras.optimizers.Adam(0.01), loss="binary_crossentropy", metrics=["accuracy"]
    )
    model.fit(training.sequences, training.labels, epochs=10, batch_size=32, verbose=0)

    _, accuracy = model.evaluate(heldout.sequences, heldout.labels, verbose=0)
    print(f"Keras: {accuracy:.1%} of {len(heldout.sequences)} held-out sentences are right")
    model.save(sys.argv[3])


if __name__ == "__main__":
    main()
