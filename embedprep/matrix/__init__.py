"""Which matrix does an embedding layer begin with?

In reading order: `making` makes it of a vocabulary and a file of vectors, `files` stores it, by
itself or as a part of an output, `starting` takes vectors over from an older one, `recipe` does
it all.
"""
