"""gensim: read all vectors of a text file that has no header.

python gensim_vectors.py FILE
"""

from __future__ import annotations

import sys

from gensim.models import KeyedVectors

if __name__ == "__main__":
    vectors = KeyedVectors.load_word2vec_format(sys.argv[1], no_header=True)
    print(vectors.vectors.shape)
