"""Where do the vectors of words come from?

From the models that other tools have trained: `fasttext` reads the binary models of fastText,
`ngrams` finds the character n-grams of words, and `subwords` makes a vector of them even for a
word that such a model has never seen.
"""

from embedprep.vectors.fasttext import SubwordModel, open_model
from embedprep.vectors.subwords import vectors_of

__all__ = ["SubwordModel", "open_model", "vectors_of"]
