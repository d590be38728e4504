"""How is a valid file broken? By what disks, editors, other tools and malice do to one."""

from __future__ import annotations

import re
import struct
from collections.abc import Sequence

import numpy as np

LARGEST = 256 << 10
"""No broken file is larger, in bytes."""

NUMBERS = [
    *(b"0", b"-1", b"1", b"2", b"255", b"256", b"65536", b"2147483647", b"2147483648"),
    *(b"4294967295", b"4294967296", b"9223372036854775807", b"9223372036854775808"),
    *(b"18446744073709551616", b"9" * 40, b"9" * 5000, b"1e308", b"1e309", b"-1e999", b"1e-999"),
    *(b"nan", b"inf", b"-inf", b"NaN", b"Infinity", b"0x10", b"1_000", b"0.1.2", b"1e", b"007"),
]
"""What stands for a number in a text that is broken."""

INTEGERS = [0, 1, -1, 2, 127, 255, 2**15, 2**16, 2**31 - 1, -(2**31), 2**31, 2**32 - 1, 2**40]
INTEGERS += [2**62, 2**63 - 1, -(2**63)]
"""What stands for a number of 4 or 8 bytes in a binary file that is broken."""

BYTES = [*b"\0\1\t\n\r\x0b\x1a \"',;:=[]{}\\/.<>|\x7f\x80\xbf\xc0\xc3\xed\xf4\xff"]

TOKENS = [
    *(b"\xef\xbb\xbf", b"\xff\xfe", b"\xed\xa0\x80", b"\xf4\x90\x80\x80", b"\xc0\x80", b"\xe2\x80"),
    *(b"\r\n", b"\n\n\n", b'""', b'"', b"\\u0000", b"\\ud800", b"\0" * 9, b"<unk>", b"<pad>"),
    *("\u2028".encode(), "\u0301".encode() * 30, "\U000e0001".encode(), b"../../x", b"/etc/x"),
    *(b"null", b"true", b"[]", b"{}", b'{"":{}}', b"\x1f\x8b\x08", b"BZh9", b"PK\3\4", b"\x28\xb5"),
]
"""What is put in anywhere."""


def flip(data: bytes, random: np.random.Generator) -> bytes:
    """Some bits are the other way round."""
    changed = bytearray(data)
    for at in random.integers(0, max(1, len(data)), random.integers(1, 4)):
        changed[at : at + 1] = bytes(byte ^ 1 << random.integers(8) for byte in data[at : at + 1])
    return bytes(changed)


def set_byte(data: bytes, random: np.random.Generator) -> bytes:
    at = random.integers(0, len(data) + 1)
    return data[:at] + bytes([BYTES[random.integers(len(BYTES))]]) + data[at + 1 :]


def cut(data: bytes, random: np.random.Generator) -> bytes:
    return data[: random.integers(0, len(data) + 1)]


def remove(data: bytes, random: np.random.Generator) -> bytes:
    first, last = _slice(data, random)
    return data[:first] + data[last:]


def repeat(data: bytes, random: np.random.Generator) -> bytes:
    first, last = _slice(data, random)
    times = int(random.choice([1, 2, 30, 3000]))
    at_most = LARGEST // max(1, last - first) + 1
    return data[:first] + data[first:last] * min(times, at_most) + data[first:]


def move(data: bytes, random: np.random.Generator) -> bytes:
    first, last = _slice(data, random)
    rest = data[:first] + data[last:]
    at = random.integers(0, len(rest) + 1)
    return rest[:at] + data[first:last] + rest[at:]


def insert(data: bytes, random: np.random.Generator) -> bytes:
    at = random.integers(0, len(data) + 1)
    return data[:at] + TOKENS[random.integers(len(TOKENS))] + data[at:]


def renumber(data: bytes, random: np.random.Generator) -> bytes:
    """Another number in the place of one that is written in digits."""
    found = list(re.finditer(rb"-?[0-9][0-9.e]*", data))
    if not found:
        return insert(data, random)
    # The first numbers are those of headers.
    n_near = len(found) if random.random() < 0.5 else min(4, len(found))
    number = found[random.integers(n_near)]
    return data[: number.start()] + NUMBERS[random.integers(len(NUMBERS))] + data[number.end() :]


def overwrite(data: bytes, random: np.random.Generator) -> bytes:
    """Another number in the place of one of 4 or 8 bytes; half of them near the beginning."""
    width = int(random.choice([4, 8]))
    number = INTEGERS[random.integers(len(INTEGERS))] & (2 ** (8 * width) - 1)
    end = len(data) if random.random() < 0.5 else min(len(data), 120)
    at = int(random.integers(0, max(1, end - width))) // 4 * 4
    return data[:at] + struct.pack("<Q", number)[:width] + data[at + width :]


def nest(data: bytes, random: np.random.Generator) -> bytes:
    """Brackets in brackets, deeper than anybody needs."""
    at = random.integers(0, len(data) + 1)
    opened, closed = [(b"[", b"]"), (b'{"a":', b"}"), (b"(", b")"), (b'"', b'"')][
        random.integers(4)
    ]
    depth = int(random.choice([20, 1100, 20_000]))
    return data[:at] + opened * depth + closed * (depth if random.random() < 0.5 else 0) + data[at:]


OF_TEXT = {
    flip: 3,
    set_byte: 3,
    cut: 1,
    remove: 3,
    repeat: 3,
    move: 2,
    insert: 3,
    renumber: 5,
    nest: 1,
}
OF_BINARY = {
    flip: 4,
    set_byte: 2,
    cut: 2,
    remove: 1,
    repeat: 1,
    insert: 1,
    renumber: 2,
    overwrite: 6,
}
"""The ways to break a file, and how often each is taken."""


def broken(valid: Sequence[bytes], random: np.random.Generator) -> bytes:
    """One of the valid files after some mutations, or the beginning of one before another's end."""
    data = valid[int(random.integers(len(valid)))]
    if random.random() < 0.05:
        data = cut(data, random) + valid[int(random.integers(len(valid)))][random.integers(99) :]
    for _ in range(int(random.choice([1, 2, 5], p=[0.6, 0.3, 0.1]))):
        ways = OF_BINARY if b"\0" in data else OF_TEXT
        weights = np.array(list(ways.values()))
        way = list(ways)[int(random.choice(len(ways), p=weights / weights.sum()))]
        data = way(data, random)[:LARGEST]
    return data


def _slice(data: bytes, random: np.random.Generator) -> tuple[int, int]:
    """A slice, more often a short one than a long one."""
    first = int(random.integers(0, len(data) + 1))
    return first, first + int(random.exponential(max(1, len(data) / 8)))
