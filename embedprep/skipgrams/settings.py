"""Which pairs are asked for?

The names and defaults are those of Keras `skipgrams` where it has them. Nothing here needs NumPy.
"""

from __future__ import annotations

from dataclasses import dataclass

from embedprep.errors import SettingsError, check_choice, check_least

SAMPLINGS = ("none", "keras", "word2vec")
NEGATIVE_DISTRIBUTIONS = ("uniform", "unigram")
MOST_NEGATIVES = 1000.0


@dataclass(frozen=True)
class SkipgramSettings:
    """How far a window reaches, which words are kept, and how many negatives there are of which
    kind.

    `window` is in positions to either side, `negative` in pairs for each positive one.
    """

    window: int = 4
    negative: float = 1.0
    sampling: str = "none"
    negative_distribution: str = "uniform"
    exclude_positives: bool = False
    dynamic_window: bool = False
    seed: int = 0

    def __post_init__(self) -> None:
        if self.window < 1:
            raise SettingsError("--window", f"{self.window} is no distance of at least 1")
        if not 0 <= self.negative <= MOST_NEGATIVES:
            raise SettingsError("--negative", f"{self.negative} is not in 0..{MOST_NEGATIVES:g}")
        check_choice("--sampling", self.sampling, SAMPLINGS)
        check_choice("--negative-distribution", self.negative_distribution, NEGATIVE_DISTRIBUTIONS)
        check_least("--seed", self.seed, 0)

    @property
    def needs_counts(self) -> bool:
        """Whether it matters how often each index occurs."""
        return self.sampling == "word2vec" or self.draws_by_count

    @property
    def draws_by_count(self) -> bool:
        """Whether frequent words are drawn more often as negatives."""
        return self.negative > 0 and self.negative_distribution == "unigram"
