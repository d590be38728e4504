"""Which matrix does an embedding layer begin with?

In reading order: `making` makes it of a vocabulary and a file of vectors, `files` stores it, by
itself or as a part of an output, `recipe` does both.
"""

from embedprep.matrix.files import check_fits, open_matrix, staged_matrix, write_matrix
from embedprep.matrix.making import Matrix, drawn_array, make_matrix, vector_files

__all__ = [
    "Matrix",
    "check_fits",
    "drawn_array",
    "make_matrix",
    "open_matrix",
    "staged_matrix",
    "vector_files",
    "write_matrix",
]
