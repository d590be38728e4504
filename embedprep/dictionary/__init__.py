"""Which distinct words are there, how often, and at which index?

In reading order: `keys` makes a number of a word, `grouping` finds equal words, `lookup` finds
known words, `merging` makes one dictionary of several, `runs` does so beyond memory, `encoding`
turns a text into indices into one, `ranking` orders its words.
"""

from embedprep.dictionary.encoding import CountedBlock, EncodedBlock, count_words
from embedprep.dictionary.keys import WordArray, word_keys
from embedprep.dictionary.lookup import Lookup
from embedprep.dictionary.merging import Dictionary, Merged, empty_dictionary, joined, merge
from embedprep.dictionary.ranking import are_ranked, best_of, most_frequent, rank
from embedprep.dictionary.runs import Run, merged, read_run, read_words, write_run

__all__ = [
    "CountedBlock",
    "Dictionary",
    "EncodedBlock",
    "Lookup",
    "Merged",
    "Run",
    "WordArray",
    "are_ranked",
    "best_of",
    "count_words",
    "empty_dictionary",
    "joined",
    "merge",
    "merged",
    "most_frequent",
    "rank",
    "read_run",
    "read_words",
    "word_keys",
    "write_run",
]
