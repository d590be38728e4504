"""Which distinct words are there, how often, and at which index?

In reading order: `keys` makes a number of a word, `grouping` finds equal words, `lookup` finds
known words, `encoding` turns a block of text into indices into its own dictionary and merges
dictionaries.
"""

from embedprep.dictionary.encoding import (
    Dictionary,
    EncodedBlock,
    empty_dictionary,
    encode_words,
    merge,
    merge_into,
    most_frequent,
)
from embedprep.dictionary.keys import Secret, WordArray
from embedprep.dictionary.lookup import Lookup

__all__ = [
    "Dictionary",
    "EncodedBlock",
    "Lookup",
    "Secret",
    "WordArray",
    "empty_dictionary",
    "encode_words",
    "merge",
    "merge_into",
    "most_frequent",
]
