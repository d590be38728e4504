"""Does a text of words that were made to collide take longer than another? Hardly.

Whoever knew a run's secret could make words that all fall into one slot of its tables, or that
share a key. Here he knows it, and the time per word may still not triple.
"""

from __future__ import annotations

import time
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from embedprep.arrays import Keys
from embedprep.counting import count
from embedprep.dictionary import Lookup, WordArray
from embedprep.engines import ThreadEngine
from embedprep.hashing import Secret
from embedprep.sources import Block, Reading
from embedprep.spool import Spool
from embedprep.tokenizer.settings import TokenizerSettings
from embedprep.work import Work
from tests.texts import blocks_of

KNOWN = Secret(np.uint64(0x9E3779B97F4A7C15), np.uint64(0xD6E8FEB86659FD93))
N_WORDS = 4000
MOST_TIMES_SLOWER = 3

_PRINTED = np.arange(ord("!"), ord("~") + 1, dtype=np.uint8)


def random_ascii(rng: np.random.Generator, n_words: int, n_bytes: int) -> NDArray[np.uint8]:
    return rng.choice(_PRINTED, (n_words, n_bytes))


def in_one_slot(rng: np.random.Generator) -> list[bytes]:
    """Words of 8 bytes in one slot of every table of up to 2^20 slots.

    The slot is the top of key · spread. The key is a sum of its two halves, and so is the product:
    for each lower half, look among the upper ones for what brings the sum into the slot.
    """
    half = np.uint64(32)
    lower = random_ascii(rng, 1 << 17, 4).view("<u4")[:, 0].astype(np.uint64)
    upper = np.unique(random_ascii(rng, 1 << 16, 4).view("<u4")[:, 0]).astype(np.uint64)
    added = (upper << half) * KNOWN.spread
    order = np.argsort(added)
    wanted = (np.uint64(0xABCDE) << np.uint64(44)) - lower * KNOWN.spread
    place = np.minimum(np.searchsorted(added[order], wanted), len(added) - 1)
    is_hit = added[order][place] - wanted < np.uint64(1 << 44)
    keys = np.unique(lower[is_hit] | (upper[order][place[is_hit]] << half))
    return [key.astype("<u8").tobytes() for key in keys[:N_WORDS]]


def with_one_key(rng: np.random.Generator) -> list[bytes]:
    """Words of 16 bytes whose keys are equal: random heads, and the tails that lead to that key.

    Every step of the hash can be undone by him who knows the secret; only eight bits of it are
    not in the key. A few tails in ten thousand happen to be ASCII.
    """
    words: list[bytes] = []
    while len(words) < N_WORDS:
        heads = random_ascii(rng, 1 << 20, 8)
        before_tail = _folded(heads.view("<u8")[:, 0] ^ np.uint64(16))
        lost = rng.integers(0, 256, len(heads), np.uint64)
        after_tail = (np.uint64(0xABCDEF << 8) + lost) * _inverse(KNOWN.spread)
        tails = (_unfolded(after_tail) ^ before_tail).astype("<u8")[:, None].view(np.uint8)
        is_ascii = ((tails >= _PRINTED[0]) & (tails <= _PRINTED[-1])).all(axis=1)
        words += [word.tobytes() for word in np.hstack([heads, tails])[is_ascii]]
    return words[:N_WORDS]


def _folded(hashes: Keys) -> Keys:
    """What the hash makes of its state and eight more bytes, once these are in it."""
    hashes = hashes * KNOWN.mix
    hashes = (hashes ^ (hashes >> np.uint64(32))) * KNOWN.spread
    return hashes ^ (hashes >> np.uint64(29))


def _unfolded(hashes: Keys) -> Keys:
    hashes = hashes ^ (hashes >> np.uint64(29)) ^ (hashes >> np.uint64(58))
    hashes = hashes * _inverse(KNOWN.spread)
    return (hashes ^ (hashes >> np.uint64(32))) * _inverse(KNOWN.mix)


def _inverse(odd: np.uint64) -> np.uint64:
    return np.uint64(pow(int(odd), -1, 1 << 64))


def made_blindly(n_pairs: int) -> list[bytes]:
    """2^n_pairs long words for a hash that multiplies once per eight bytes, whatever the secret.

    The highest bit that ASCII can differ in is bit 62 of eight bytes. Multiplied by any odd number
    the difference stays there, or spreads to bit 63 at most; folded it stands at bit 33 too. The
    next eight bytes, with just these bits changed, take it away every other time.
    """
    plain = np.frombuffer(b"headhead" + b"aaaaaaa0bbbbbbb0" * n_pairs + b"tailtail", np.uint8)
    words = np.tile(plain, (1 << n_pairs, 1))
    chosen = np.arange(1 << n_pairs)
    for pair in range(n_pairs):
        is_changed = chosen >> pair & 1
        at = 8 + 16 * pair
        for place, bit in ((at + 7, 6), (at + 8 + 7, 6), (at + 8 + 4, 1)):
            words[:, place] ^= (is_changed << bit).astype(np.uint8)
    return [word.tobytes() for word in words]


def text_of(words: Sequence[bytes], running: NDArray[np.int64]) -> bytes:
    """Words in the order of `running`, twenty a line."""
    return b"\n".join(
        b" ".join([words[i] for i in line]) for line in running.reshape(-1, 20).tolist()
    )


def seconds_to_count(blocks: list[Block], secret: Secret, folder: Path) -> float:
    settings = TokenizerSettings("whitespace")
    with ThreadEngine(1) as engine, Spool(folder) as spool:
        before = time.process_time()  # what others take of the machine does not count
        counted = count(blocks, Reading(), settings, Work(engine, secret, spool))
        took = time.process_time() - before
    lengths = counted.training.rows_of_length
    assert counted.n_running == sum(n * rows for n, rows in lengths.items())
    return took


def times_slower(words: list[bytes], n_running: int, secret: Secret, folder: Path) -> float:
    """Than random words of the same lengths that stand at the same places; best of several."""
    rng = np.random.default_rng(7)
    others = [random_ascii(rng, 1, len(word)).tobytes() for word in words]
    assert len(set(words)) == len(set(others)) == len(words)
    running = rng.integers(0, len(words), n_running)
    texts = [blocks_of(text_of(some, running), Reading()) for some in (words, others)]
    runs = [[seconds_to_count(blocks, secret, folder) for blocks in texts] for _ in range(6)]
    crafted, random = np.array(runs).min(axis=0)
    return float(crafted / random)


def test_words_of_one_slot_take_little_longer(tmp_path: Path) -> None:
    words = in_one_slot(np.random.default_rng(1))
    array = WordArray.of(words, KNOWN)
    assert len(words) == N_WORDS
    assert len(set(Lookup(array, KNOWN).slots_of(array.keys).tolist())) == 1
    assert times_slower(words, 600_000, KNOWN, tmp_path) <= MOST_TIMES_SLOWER


def test_words_of_one_key_take_little_longer(tmp_path: Path) -> None:
    words = with_one_key(np.random.default_rng(2))
    assert len(set(WordArray.of(words, KNOWN).keys.tolist())) == 1
    assert times_slower(words, 300_000, KNOWN, tmp_path) <= MOST_TIMES_SLOWER


def test_words_made_without_the_secret_take_little_longer(tmp_path: Path) -> None:
    assert times_slower(made_blindly(11), 40_000, Secret.draw(), tmp_path) <= MOST_TIMES_SLOWER


def test_nobody_makes_words_of_one_key_without_the_secret() -> None:
    words = made_blindly(10)
    keys = [WordArray.of(words, Secret.draw()).keys.tolist() for _ in range(8)]
    assert [len(set(some)) for some in keys] == [len(words)] * 8
