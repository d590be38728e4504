"""Which distinct words are there, how often, and at which index?

In reading order: `keys` makes a number of a word, `grouping` finds equal words, `lookup` finds
known words, `encoding` turns a block of text into indices into a dictionary and unites
dictionaries.
"""

from embedprep.dictionary.encoding import (
    Dictionary,
    EncodedBlock,
    EncodedText,
    United,
    empty_dictionary,
    encode_known_words,
    encode_words,
    most_frequent,
    unite,
)
from embedprep.dictionary.keys import Secret, WordArray
from embedprep.dictionary.lookup import Lookup

__all__ = [
    "Dictionary",
    "EncodedBlock",
    "EncodedText",
    "Lookup",
    "Secret",
    "United",
    "WordArray",
    "empty_dictionary",
    "encode_known_words",
    "encode_words",
    "most_frequent",
    "unite",
]
