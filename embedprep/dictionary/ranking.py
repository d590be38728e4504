"""Which words are kept, and in which order?"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from embedprep.arrays import Flags, Ints, Keys, windows
from embedprep.dictionary.keys import WordArray
from embedprep.dictionary.merging import Dictionary, joined
from embedprep.hashing import Secret


def rank(
    dictionary: Dictionary, max_words: int, min_count: int = 1, unranked: Sequence[str] = ()
) -> Ints:
    """The places of the `max_words` most frequent words that occur at least `min_count` times.

    They are of shape (kept words,), in the order of count descending, then code points ascending,
    and nothing else: not the order of arrival. Words that read like the `unranked`, of up to 8
    bytes each, are left out.
    """
    counts = dictionary.counts
    candidates = ((counts >= min_count) & are_ranked(dictionary.words, unranked)).nonzero()[0]
    if len(candidates) > max_words:
        least = -np.partition(-counts[candidates], max_words - 1)[max_words - 1]
        candidates = candidates[counts[candidates] >= least]
    return candidates[_order(dictionary.words.at(candidates), counts[candidates])][:max_words]


def are_ranked(words: WordArray, unranked: Sequence[str]) -> Flags:
    """Which words do not read like the `unranked`, of up to 8 bytes each; (words,)."""
    reserved = WordArray.of([word.encode() for word in unranked], Secret.draw())
    return ~np.isin(words.keys, reserved.keys)


def best_of(
    dictionaries: Sequence[Dictionary], max_words: int, min_count: int, unranked: Sequence[str]
) -> Dictionary:
    """The words that `rank` keeps of dictionaries of which no two share one, in their order."""
    words = joined(dictionaries)
    return words.at(rank(words, max_words, min_count, unranked))


def most_frequent(counts: Ints, n_words: int) -> Ints:
    """The places of the n highest counts, (at most n,), the highest first; ties fall anyhow."""
    places = np.arange(len(counts))
    if len(counts) > n_words:
        places = np.argpartition(-counts, n_words)[:n_words]
    return places[np.argsort(-counts[places])]


def _order(words: WordArray, counts: Ints) -> Ints:
    """The words sorted by count descending, then by their UTF-8, which sorts as code points do."""
    heads = _heads(words)
    # Two sorts by one key each are quicker than np.lexsort; equal heads are told apart below.
    order = np.argsort(heads)
    order = order[np.argsort(-counts[order], kind="stable")]
    is_tied = (counts[order[1:]] == counts[order[:-1]]) & (heads[order[1:]] == heads[order[:-1]])
    if not is_tied.any():
        return order

    # Few words of equal counts begin alike: these are compared whole.
    run = np.cumsum(np.concatenate([[True], ~is_tied]))
    place = (np.append(is_tied, False) | np.insert(is_tied, 0, False)).nonzero()[0]
    spelled = words.at(order[place]).to_bytes()
    tied = sorted(zip(run[place].tolist(), spelled, order[place].tolist(), strict=True))
    order[place] = [word for _, _, word in tied]
    return order


def _heads(words: WordArray) -> Keys:
    """The first eight bytes of each word as a number that sorts as they do, zeros where none."""
    excess = np.maximum(64 - (words.lengths << 3), 0).view(np.uint64)
    heads = windows(words.text)[words.starts]
    heads <<= excess
    heads >>= excess
    return heads.byteswap()
