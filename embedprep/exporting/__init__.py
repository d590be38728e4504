"""In which files do other tools read a vocabulary and its vectors?

`recipe` finds what is exported and writes it. There is a file for each family of formats:
`word_lists`, `tokenizers_json` and `word_vectors`, whose numbers `decimals` spells.
"""

WITH_VECTORS = ("word2vec", "glove", "projector")
FORMATS = (*WITH_VECTORS, "txt", "tsv", "tokenizers")
FOLDERS = ("projector",)
"""The formats that are several files, in a folder."""
