"""Which sentences are rows of indices?"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
from numpy.typing import NDArray

from embedprep.errors import OutputError, VocabularyError
from embedprep.vocabulary import Vocabulary, decode_rows

_BLOCK_BYTES = 4 << 20


def decode_array(array: NDArray[Any], vocabulary: Vocabulary, place: str) -> Iterator[bytes]:
    """The sentences of rows, (rows, length), as UTF-8 lines, some of them at a time.

    Raises OutputError where the array holds no rows of indices, VocabularyError where an index is
    not in the vocabulary.
    """
    if array.ndim != 2 or not np.issubdtype(array.dtype, np.integer):
        raise OutputError(
            place,
            f"holds {array.dtype} of shape {array.shape}, not rows of indices",
            "decode the sequences.npy of an output",
        )
    rows_at_once = max(1, _BLOCK_BYTES // max(1, array.shape[1] * array.itemsize))
    for row in range(0, len(array), rows_at_once):
        try:
            yield decode_rows(vocabulary, np.asarray(array[row : row + rows_at_once]), row)
        except VocabularyError as error:
            raise VocabularyError(f"{place}: {error.place}", error.cause, error.remedy) from None
