"""The job with the Keras `TextVectorization` layer on TensorFlow, fed by tf.data.

The layer has its own rule for words (punctuation is deleted, not replaced by a space) and pads and
truncates at the end only, so its rows differ from the others'; the amount of work is the same.
"""

from __future__ import annotations

import os
import sys
from importlib.metadata import version

import job
import numpy as np

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
os.environ.setdefault("KERAS_BACKEND", "tensorflow")

try:
    import tensorflow as tf
    from keras.layers import TextVectorization
except ImportError as error:
    sys.exit(job.missing(error))


def main() -> None:
    """Adapt the layer to the text, then map it over the same batches, on all cores."""
    versions = f"keras {version('keras')}, tensorflow {tf.__version__}"
    args = job.command_line("Encode lines with Keras TextVectorization.", versions)

    layer = TextVectorization(
        max_tokens=args.max_words + job.SPECIALS, output_sequence_length=args.max_len
    )
    text = tf.data.TextLineDataset(str(args.file)).batch(job.BATCH_LINES)
    layer.adapt(text.prefetch(tf.data.AUTOTUNE))

    rows = job.empty_rows(args.file, args.max_len)
    first = 0
    for ids in text.map(layer, num_parallel_calls=tf.data.AUTOTUNE).prefetch(tf.data.AUTOTUNE):
        rows[first : first + len(ids)] = ids.numpy()
        first += len(ids)
    np.save(args.out, rows)


if __name__ == "__main__":
    main()
