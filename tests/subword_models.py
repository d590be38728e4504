"""Which small models of fastText do tests read? Written by `struct` alone, word by word."""

from __future__ import annotations

import io
import struct
from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

MAGIC = 793712314


class Model(NamedTuple):
    """What a file is to hold; `overrides` are fields of the header that belie it."""

    words: Sequence[bytes] = (b"</s>", b"the", b"cat")
    labels: Sequence[bytes] = ()
    dim: int = 3
    bucket: int = 7
    minn: int = 3
    maxn: int = 6
    version: int = 12
    model: int = 2
    quantized: int = 0
    seed: int = 0

    @property
    def matrix(self) -> NDArray[np.float32]:
        """The input matrix, (words + bucket, dim)."""
        shape = (len(self.words) + self.bucket, self.dim)
        return np.random.default_rng(self.seed).standard_normal(shape, np.float32)

    def to_bytes(self, **overrides: Any) -> bytes:
        """The file."""
        n_words, n_labels = len(self.words), len(self.labels)
        header = {
            "magic": MAGIC,
            "version": self.version,
            "dim": self.dim,
            "ws": 5,
            "epoch": 5,
            "min_count": 1,
            "neg": 5,
            "word_ngrams": 2,
            "loss": 2,
            "model": self.model,
            "bucket": self.bucket,
            "minn": self.minn,
            "maxn": self.maxn,
            "lr_update_rate": 100,
            "t": 1e-4,
            "n_entries": n_words + n_labels,
            "n_words": n_words,
            "n_labels": n_labels,
            "n_tokens": 10**9,
            "n_pruned": -1,
        }
        matrix = {"quantized": self.quantized, "rows": n_words + self.bucket, "columns": self.dim}
        for field, value in overrides.items():
            (header if field in header else matrix)[field] = value

        file = io.BytesIO()
        file.write(struct.pack("<14id3i2q", *header.values()))
        for entries, kind in ((self.words, 0), (self.labels, 1)):
            for i, entry in enumerate(entries):
                file.write(entry + b"\0" + struct.pack("<qb", 10**9 >> i, kind))
        file.write(struct.pack("<b2q", *matrix.values()))
        file.write(self.matrix.astype("<f4").tobytes())
        output = np.ones((n_labels or n_words, self.dim), "<f4")
        file.write(struct.pack("<b2q", 0, *output.shape) + output.tobytes())
        return file.getvalue()
