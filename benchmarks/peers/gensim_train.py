"""gensim: learn the vectors of a text's words, one epoch, on all cores.

python gensim_train.py FILE OUT.npy DIM
"""

from __future__ import annotations

import os
import sys

import numpy as np
from gensim.models import Word2Vec

if __name__ == "__main__":
    file, out, dim = sys.argv[1:]
    model = Word2Vec(
        corpus_file=file,
        vector_size=int(dim),
        window=5,
        negative=5,
        sg=1,
        min_count=1,
        epochs=1,
        workers=len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else 2,
    )
    np.save(out, model.wv.vectors)
