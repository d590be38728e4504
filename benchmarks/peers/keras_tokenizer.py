"""The job with the Keras `Tokenizer` and `pad_sequences`.

The class left Keras with version 3. keras-preprocessing still has it and starts without TensorFlow,
which spares the peer some seconds; the copy among Keras' legacy modules is the fallback.
"""

from __future__ import annotations

import sys
from importlib.metadata import version

import job
import numpy as np

# `pad_sequences` of keras-preprocessing 1.1.2 asks for this name, which NumPy 2 dropped.
vars(np).setdefault("unicode_", np.str_)

try:
    from keras_preprocessing.sequence import pad_sequences
    from keras_preprocessing.text import Tokenizer

    VERSION = f"keras-preprocessing {version('keras-preprocessing')}"
except ImportError:
    try:
        from keras.src.legacy.preprocessing.text import Tokenizer
        from keras.utils import pad_sequences

        VERSION = f"keras {version('keras')} (legacy)"
    except ImportError as error:
        sys.exit(job.missing(error))


def main() -> None:
    """Fit on the lines, then encode and pad them: the two passes that this API asks for."""
    args = job.command_line("Encode lines with the Keras Tokenizer.", VERSION)

    tokenizer = Tokenizer(num_words=args.max_words + job.SPECIALS, oov_token="<unk>")
    tokenizer.fit_on_texts(job.lines(args.file))

    sequences = tokenizer.texts_to_sequences(job.lines(args.file))
    np.save(args.out, pad_sequences(sequences, maxlen=args.max_len))


if __name__ == "__main__":
    main()
