"""What has changed between two outputs, or two vocabularies?

In reading order: `settings` holds what made them against each other, `words` their vocabularies,
`rows` what each part of them holds, and `recipe` puts it together. What is told is what differs.
"""

from embedprep.comparing.recipe import Difference, diff
from embedprep.comparing.rows import ArrayChange, PartDifference
from embedprep.comparing.settings import Change
from embedprep.comparing.words import ComparedWord, RankedWord, WordDifference

__all__ = [
    "ArrayChange",
    "Change",
    "ComparedWord",
    "Difference",
    "PartDifference",
    "RankedWord",
    "WordDifference",
    "diff",
]
