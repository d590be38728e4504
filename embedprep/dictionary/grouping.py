"""Which words are equal?"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from embedprep.arrays import Ints
from embedprep.dictionary.keys import LONG, WordArray, equal_words, word_keys
from embedprep.hashing import Secret


class Groups(NamedTuple):
    """Words grouped by equality: `first: (groups,)` is a word of each, `group: (words,)` whose."""

    first: Ints
    group: Ints


def group_words(words: WordArray, attempt: int = 0) -> Groups:
    """Groups of equal words, exactly.

    Words are sorted by key and every long one is compared with the first of its run. Where words
    share a key and are not equal, which chance does not bring about, they get keys from a fresh
    secret that nobody can have known; after two of these they are compared one by one.
    """
    order = np.argsort(words.keys)
    in_order = words.keys[order]
    is_first = np.ones(len(order), np.bool_)
    np.not_equal(in_order[1:], in_order[:-1], out=is_first[1:])

    group = np.empty(len(order), np.int64)
    group[order] = np.cumsum(is_first) - 1
    first = order[is_first]

    is_compared = words.keys >= LONG
    is_compared[first] = False
    long = is_compared.nonzero()[0]
    is_same = equal_words(words, long, words, first[group[long]])
    if is_same.all():
        return Groups(first, group)
    return _separate(words, Groups(first, group), long[~is_same], attempt)


def _separate(words: WordArray, groups: Groups, odd: Ints, attempt: int) -> Groups:
    """The groups, the `odd` words taken out of theirs and put into new ones."""
    taken = words.at(odd)
    if attempt < 2:
        fresh = word_keys(taken.text, taken.starts, taken.lengths, Secret.draw())
        apart = group_words(taken._replace(keys=fresh), attempt + 1)
    else:
        apart = _group_by_bytes(taken)
    group = groups.group.copy()
    group[odd] = len(groups.first) + apart.group
    return Groups(np.concatenate([groups.first, odd[apart.first]]), group)


def _group_by_bytes(words: WordArray) -> Groups:
    seen: dict[bytes, int] = {}
    group = [seen.setdefault(word, len(seen)) for word in words.to_bytes()]
    in_order = np.array(group, np.int64)
    _, first = np.unique(in_order, return_index=True)
    return Groups(first, in_order)
