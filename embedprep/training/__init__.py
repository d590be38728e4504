"""How are vectors learned from rows? By skip-gram with negative sampling, which gensim computes.

T. Mikolov et al.: Distributed Representations of Words and Phrases and their Compositionality
(NIPS 2013). `sentences` turn rows into what gensim reads, `learning` has it learn from them, and
`recipe` makes a matrix of that.
"""

from embedprep.training.recipe import Trained, train

__all__ = ["Trained", "train"]
