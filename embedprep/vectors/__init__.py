"""Where do pretrained vectors come from?

In reading order: `formats` tells what a file is; `text`, with `decimals`, and `binary` find vectors
in `blocks` of it; `fasttext` opens a binary model of fastText, `ngrams` finds the character n-grams
of words, `subwords` makes vectors of them; `wanted` holds the words that are looked for and what
was found; `reading` runs it all.
"""

from embedprep.vectors.blocks import finite_rows
from embedprep.vectors.reading import VectorsRead, read_vectors

__all__ = ["VectorsRead", "finite_rows", "read_vectors"]
