"""Which random vector does a word begin with?

It depends on the seed and on the word alone, so it is the same in every vocabulary that has the
word, at whatever index. The numbers come from counters: the hash of the word, on by the constant
of SplitMix64 for each dimension, mixed.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from embedprep.arrays import Keys, row_chunks
from embedprep.hashing import Secret, mixed, text_hashes
from embedprep.sources import PADDING

KERAS_SCALE = 0.05
"""The limit of Keras' `RandomUniform` and the deviation of its `RandomNormal`."""

_GOLDEN = np.uint64(0x9E3779B97F4A7C15)


class Initializer(NamedTuple):
    """How vectors begin: `uniform` within ± scale, `normal` with that deviation, or `zeros`."""

    name: str = "uniform"
    seed: int = 0
    scale: float = KERAS_SCALE


def initial_rows(words: Sequence[str], dim: int, initializer: Initializer) -> NDArray[np.float32]:
    """The first vector of each word, (words, dim) float32."""
    rows = np.zeros((len(words), dim), np.float32)
    if initializer.name == "zeros":
        return rows
    drawn = standard_normal if initializer.name == "normal" else standard_uniform
    keys = word_seeds(words, initializer.seed)
    for chunk in row_chunks(len(words), dim * 8):
        rows[chunk] = drawn(keys[chunk], dim) * initializer.scale
    return rows


def word_seeds(words: Sequence[str], seed: int) -> Keys:
    """The number from which the vector of each word is drawn, (words,); no word has a line end."""
    lines = "".join(f"{word}\n" for word in words).encode()
    return text_hashes(lines + PADDING, [Secret.of_seed("vectors", seed)])[:, 0]


def standard_uniform(seeds: Keys, dim: int) -> NDArray[np.float64]:
    """Numbers in -1..1, evenly spread, `dim` for each seed; (seeds, dim)."""
    return _fractions(seeds, dim) * 2 - 1


def standard_normal(seeds: Keys, dim: int) -> NDArray[np.float64]:
    """Numbers of mean 0 and deviation 1, normally spread, `dim` for each seed; (seeds, dim)."""
    return normal_quantiles(_fractions(seeds, dim))


def _fractions(seeds: Keys, dim: int) -> NDArray[np.float64]:
    """Numbers within 0..1, neither of them included; (seeds, dim)."""
    counters = np.arange(1, dim + 1, dtype=np.uint64) * _GOLDEN
    bits = mixed(seeds[:, None] + counters) >> np.uint64(12)
    return (bits.astype(np.float64) + 0.5) * 2.0**-52


def normal_quantiles(fractions: NDArray[np.float64]) -> NDArray[np.float64]:
    """Below which number the normal distribution has each fraction of its mass; same shape.

    M. Wichura: Algorithm AS 241, PPND16 (Applied Statistics 37, 1988): right to 1e-16.

    >>> [round(float(q), 12) for q in normal_quantiles(np.array([0.5, 0.975, 1e-9]))]
    [0.0, 1.95996398454, -5.997807015008]
    """
    centred = fractions - 0.5
    quantiles = centred * _ratio(_CENTRE, 0.180625 - centred * centred)
    tails = (np.abs(centred) > 0.425).nonzero()
    of_tail = centred[tails]
    depth = np.sqrt(-np.log(np.where(of_tail < 0, fractions[tails], 1 - fractions[tails])))
    near, far = _ratio(_NEAR_TAIL, depth - 1.6), _ratio(_FAR_TAIL, depth - 5)
    quantiles[tails] = np.copysign(np.where(depth <= 5, near, far), of_tail)
    return quantiles


def _ratio(
    coefficients: tuple[tuple[float, ...], tuple[float, ...]], x: NDArray[np.float64]
) -> NDArray[np.float64]:
    """The ratio of two polynomials, their coefficients from the constant on."""
    above, below = (np.polynomial.polynomial.polyval(x, c) for c in coefficients)
    ratio: NDArray[np.float64] = above / below
    return ratio


_CENTRE = (
    (
        *(3.3871328727963666080, 133.14166789178437745, 1971.5909503065514427),
        *(13731.693765509461125, 45921.953931549871457, 67265.770927008700853),
        *(33430.575583588128105, 2509.0809287301226727),
    ),
    (
        *(1.0, 42.313330701600911252, 687.18700749205790830),
        *(5394.1960214247511077, 21213.794301586595867, 39307.895800092710610),
        *(28729.085735721942674, 5226.4952788528545610),
    ),
)
_NEAR_TAIL = (
    (
        *(1.42343711074968357734, 4.63033784615654529590, 5.76949722146069140550),
        *(3.64784832476320460504, 1.27045825245236838258, 0.241780725177450611770),
        *(0.0227238449892691845833, 7.74545014278341407640e-4),
    ),
    (
        *(1.0, 2.05319162663775882187, 1.67638483018380384940),
        *(0.689767334985100004550, 0.148103976427480074590, 0.0151986665636164571966),
        *(5.47593808499534494600e-4, 1.05075007164441684324e-9),
    ),
)
_FAR_TAIL = (
    (
        *(6.65790464350110377720, 5.46378491116411436990, 1.78482653991729133580),
        *(0.296560571828504891230, 0.0265321895265761230930, 1.24266094738807843860e-3),
        *(2.71155556874348757815e-5, 2.01033439929228813265e-7),
    ),
    (
        *(1.0, 0.599832206555887937690, 0.136929880922735805310),
        *(0.0148753612908506148525, 7.86869131145613259100e-4, 1.84631831751005468180e-5),
        *(1.42151175831644588870e-7, 2.04426310338993978564e-15),
    ),
)
