"""What should come out? Each fast step said again in plain Python, a few lines each.

A reader who wonders what an array operation means finds the plain version here.
"""

from __future__ import annotations

import csv
import hashlib
import io
import json
import logging
import math
import re
import tempfile
import unicodedata
import warnings
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from fractions import Fraction
from functools import cache
from pathlib import Path
from typing import Any, NamedTuple

import embedprep

KERAS_FILTERS = '!"#$%&()*+,-./:;<=>?@[\\]^_`{|}~\t\n'
PATTERN = r"\w+"


def specials(oov: str, bos: bool = False, eos: bool = False) -> list[str]:
    """The entries before the words."""
    unk = ["<unk>"] if oov == "unk" else []
    return ["<pad>", *unk, *(["<bos>"] if bos else []), *(["<eos>"] if eos else [])]


def marks(oov: str, bos: bool, eos: bool) -> tuple[list[int], list[int]]:
    """The indices before and behind the words of every row."""
    entries = specials(oov, bos, eos)
    return [entries.index("<bos>")] if bos else [], [entries.index("<eos>")] if eos else []


def is_white_space(character: str) -> bool:
    """Unicode's White_Space: `str.isspace` but for four old separators of files and records."""
    return character.isspace() and character not in "\x1c\x1d\x1e\x1f"


@cache
def word_break_table() -> dict[str, tuple[str, frozenset[str]]]:
    """The Word_Break and the marks of each character that has any."""
    table = {}
    path = Path(embedprep.__file__).parent / "tokenizer" / "word_break.txt"
    for line in path.read_text(encoding="utf-8").splitlines():
        if not line.startswith("#"):
            span, name, *marks = line.split()
            first, _, last = span.partition("..")
            for code_point in range(int(first, 16), int(last or first, 16) + 1):
                table[chr(code_point)] = (name, frozenset(marks))
    return table


@cache
def word_break(character: str) -> str:
    return word_break_table().get(character, ("Other", frozenset()))[0]


def properties(character: str) -> frozenset[str]:
    return word_break_table().get(character, ("Other", frozenset[str]()))[1]


def names(text: str) -> frozenset[str]:
    return frozenset(text.split())


ANY = frozenset(["", *(name for name, _ in word_break_table().values()), "Other"])
IGNORED = names("Extend Format ZWJ")
LINE_ENDS = names("CR LF Newline")
LETTER = names("ALetter Hebrew_Letter")
NUMBER = names("Numeric")
HEBREW = names("Hebrew_Letter")
JOINER = names("ExtendNumLet")
MIDDLE_OF_LETTERS = names("MidLetter MidNumLet Single_Quote")
MIDDLE_OF_NUMBERS = names("MidNum MidNumLet Single_Quote")

NO_BOUNDARY = [
    # two before, one before | one behind, two behind
    (ANY, names("CR"), names("LF"), ANY),  # WB3
    (ANY, LETTER, LETTER, ANY),  # WB5
    (ANY, LETTER, MIDDLE_OF_LETTERS, LETTER),  # WB6
    (LETTER, MIDDLE_OF_LETTERS, LETTER, ANY),  # WB7
    (ANY, HEBREW, names("Single_Quote"), ANY),  # WB7a
    (ANY, HEBREW, names("Double_Quote"), HEBREW),  # WB7b
    (HEBREW, names("Double_Quote"), HEBREW, ANY),  # WB7c
    (ANY, NUMBER, NUMBER, ANY),  # WB8
    (ANY, LETTER, NUMBER, ANY),  # WB9
    (ANY, NUMBER, LETTER, ANY),  # WB10
    (NUMBER, MIDDLE_OF_NUMBERS, NUMBER, ANY),  # WB11
    (ANY, NUMBER, MIDDLE_OF_NUMBERS, NUMBER),  # WB12
    (ANY, names("Katakana"), names("Katakana"), ANY),  # WB13
    (ANY, LETTER | NUMBER | names("Katakana") | JOINER, JOINER, ANY),  # WB13a
    (ANY, JOINER, LETTER | NUMBER | names("Katakana"), ANY),  # WB13b
]


def with_what_goes_with_them(text: str) -> list[str]:
    """The characters of a text, each with those that go with it (WB4)."""
    units: list[str] = []
    for character in text:
        is_first = not units or word_break(units[-1][0]) in LINE_ENDS
        if word_break(character) in IGNORED and not is_first:
            units[-1] += character
        else:
            units.append(character)
    return units


@cache
def is_within_word(around: tuple[str, ...]) -> bool:
    """Whether one of the rules forbids a boundary between the second and the third."""
    return any(
        all(kind in names for kind, names in zip(around, rule, strict=True)) for rule in NO_BOUNDARY
    )


def word_segments(text: str) -> list[str]:
    """The segments between the default word boundaries of UAX #29."""
    units = with_what_goes_with_them(text)
    kinds = ["", "", *(word_break(unit[0]) for unit in units), ""]
    segments: list[str] = []
    n_flags = 0  # regional indicators on end before this unit
    for i, unit in enumerate(units):
        around = tuple(kinds[i : i + 4])
        is_joined = is_within_word(around)
        if i and around[1] == around[2] == "WSegSpace":  # WB3d
            is_joined = len(units[i - 1]) == 1
        if i and word_break(units[i - 1][-1]) == "ZWJ":  # WB3c
            is_joined |= "pictographic" in properties(unit[0])
        if around[2] == "Regional_Indicator":  # WB15, WB16
            is_joined |= n_flags % 2 == 1
        n_flags = n_flags + 1 if around[2] == "Regional_Indicator" else 0
        if is_joined:
            segments[-1] += unit
        else:
            segments.append(unit)
    return segments


@cache
def makes_word(character: str) -> bool:
    return bool(properties(character)) or word_break(character) in {
        "ALetter",
        "Hebrew_Letter",
        "Numeric",
        "Katakana",
        "Regional_Indicator",
    }


def unicode_words(line: str, lowercase: bool) -> list[str]:
    """The words of the `unicode` tokenizer."""
    segments = word_segments(unicodedata.normalize("NFC", line))
    words = [segment for segment in segments if any(map(makes_word, segment))]
    if lowercase:
        words = [unicodedata.normalize("NFC", word.lower()) for word in words]
    return words


def word2vec(**settings: Any) -> Any:
    """A model of gensim, which warns of nothing."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        from gensim.models.word2vec import Word2Vec
    return Word2Vec(**settings)


@cache
def jieba() -> Any:
    """The package, whose log and whose file in the folder for temporary files nobody wants."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        import jieba
    jieba.setLogLevel(logging.WARNING)
    with tempfile.TemporaryDirectory() as jieba.dt.tmp_dir:
        jieba.initialize()
    return jieba


def has_letter_or_number(word: str) -> bool:
    return any(unicodedata.category(character)[0] in "LN" for character in word)


def tokenize(line: str, name: str, lowercase: bool, pattern: str = PATTERN) -> list[str]:
    """The words of a line, which holds no LF."""
    if name == "unicode":
        return unicode_words(line, lowercase)
    if lowercase:
        line = line.lower()
    if name == "pattern":
        return [match.group() for match in re.finditer(pattern, line) if match.group()]
    if name == "jieba":
        return [word for word in jieba().lcut(line) if has_letter_or_number(word)]
    if name == "char":
        return [c for c in line if not is_white_space(c)]
    if name == "keras":
        spaced = "".join(" " if c in KERAS_FILTERS else c for c in line)
    else:
        spaced = "".join(" " if is_white_space(c) else c for c in line)
    return [word for word in spaced.split(" ") if word]


def rank(
    words: Iterable[str], max_words: int | None = None, min_count: int = 1
) -> list[tuple[str, int]]:
    """The most frequent words and their counts; words of equal counts by their code points."""
    kept = [(word, n) for word, n in Counter(words).items() if n >= min_count]
    return sorted(kept, key=lambda entry: (-entry[1], entry[0]))[:max_words]


def encode(
    words: Iterable[str], vocabulary: Iterable[str], oov: str, bos: bool = False, eos: bool = False
) -> list[int]:
    """The index of each word; unknown ones become 1, or vanish."""
    index = {word: i for i, word in enumerate(vocabulary, len(specials(oov, bos, eos)))}
    if oov == "drop":
        return [index[word] for word in words if word in index]
    return [index.get(word, 1) for word in words]


def pad(
    row: Sequence[int], max_len: int, padding: str = "pre", truncating: str = "pre", value: int = 0
) -> list[int]:
    """A row of exactly `max_len`."""
    kept = list(row[-max_len:] if truncating == "pre" else row[:max_len])
    filling = [value] * (max_len - len(kept))
    return filling + kept if padding == "pre" else kept + filling


def frame(
    words: Sequence[int],
    around: tuple[Sequence[int], Sequence[int]],
    max_len: int,
    padding: str = "pre",
    truncating: str = "pre",
) -> list[int]:
    """A row of exactly `max_len`, whose words are cut and stand between the marks."""
    first, last = around
    room = max_len - len(first) - len(last)
    kept = words[-room:] if truncating == "pre" else words[:room]
    return pad([*first, *kept, *last], max_len, padding)


def one_line(field: str) -> str:
    """A field on one line."""
    return field.replace("\r\n", " ").replace("\n", " ")


def csv_rows(text: str) -> list[list[str]]:
    """The rows of a table with quotes, as Python's csv module reads them."""
    return list(csv.reader(io.StringIO(text, newline=""), strict=True))


def tsv_rows(text: str) -> list[list[str]]:
    """The rows of a table without quotes."""
    return [line.split("\t") for line in text.replace("\r\n", "\n").removesuffix("\n").split("\n")]


def fasttext_record(line: str) -> tuple[str, tuple[str, ...]]:
    """The words of a line, joined by one space each, and its labels."""
    for space in "\t\v\f\r\0":
        line = line.replace(space, " ")
    tokens = [token for token in line.split(" ") if token]
    labels = [token.removeprefix("__label__") for token in tokens if token.startswith("__label__")]
    words = [token for token in tokens if not token.startswith("__label__")]
    return " ".join(words), tuple(label for label in labels if label)


def json_labels(value: object) -> tuple[str, ...]:
    """A label, or a list of them, as it is written in JSON, a string without its quotes."""
    values = value if isinstance(value, list) else [value]
    written = [v if isinstance(v, str) else json.dumps(v) for v in values]
    return tuple(one_line(label) for label in written if label)


class Run(NamedTuple):
    rows: list[list[int]]
    lengths: list[int]
    vocabulary: list[tuple[str, int]]


def run(
    lines: Sequence[str],
    *,
    tokenizer: str = "unicode",
    lowercase: bool | None = None,
    max_words: int = 50_000,
    min_count: int = 1,
    oov: str = "unk",
    bos: bool = False,
    eos: bool = False,
    max_len: int | None = None,
    padding: str = "pre",
    truncating: str = "pre",
) -> Run:
    """The main job on lines without their ends."""
    if lowercase is None:
        lowercase = tokenizer in ("unicode", "keras")
    sentences = [tokenize(line, tokenizer, lowercase) for line in lines]
    entries = specials(oov, bos, eos)
    words = [w for sentence in sentences for w in sentence if w not in {"<unk>", *entries}]
    vocabulary = rank(words, max_words, min_count)
    kept = [word for word, _ in vocabulary]
    rows = [encode(sentence, kept, oov, bos, eos) for sentence in sentences]
    lengths = [len(row) + bos + eos for row in rows]
    longest = max_len or max(1 + bos + eos, *lengths)
    around = marks(oov, bos, eos)
    framed = [frame(row, around, longest, padding, truncating) for row in rows]
    return Run(framed, lengths, vocabulary)


class Record(NamedTuple):
    """A row of the input; `part` is that of its input, and empty for training."""

    text: str
    labels: tuple[str, ...] = ()
    part: str = ""


class Part(NamedTuple):
    """What is written of a part; `documents` are the numbers of the input's rows from 0."""

    rows: list[list[int]]
    lengths: list[int]
    labels: list[Any] | None
    documents: list[int]


class Selected(NamedTuple):
    parts: dict[str, Part]
    vocabulary: list[tuple[str, int]]
    classes: list[str]
    n_duplicates: int
    n_shared_texts: int


class Refused(Exception):
    """There is no such output: no row to learn from, no room for a word, labels that are wrong."""


class _Row(NamedTuple):
    number: int
    record: Record
    indices: list[int]


def select(
    records: Sequence[Record],
    *,
    shares: Mapping[str, int] | None = None,
    seed: int = 0,
    permutation: Callable[[int], Sequence[int]] | None = None,
    drop_empty: bool = False,
    drop_duplicates: bool = False,
    stride: int | None = None,
    label_type: str = "class",
    max_len: int | str = "max",
    tokenizer: str = "whitespace",
    max_words: int = 50_000,
    min_count: int = 1,
    oov: str = "unk",
    bos: bool = False,
    eos: bool = False,
    padding: str = "pre",
    truncating: str = "pre",
) -> Selected:
    """The main job on records, in all its parts; `stride` is None where long rows are cut."""
    shares = shares or {"": 1}
    parts: dict[str, list[_Row]] = {name: [] for name in shares}
    seen: set[Any] = set()
    n_before: Counter[str] = Counter()
    sentences = {}
    for record in records:
        name = record.part or part_of(record.text, shares, seed)
        number = n_before[record.part]
        n_before[record.part] += 1
        row_key = (name, record.text, label_key(record.labels, label_type))
        parts.setdefault(name, [])
        if not (drop_duplicates and row_key in seen):
            parts[name].append(_Row(number, record, []))
        seen.add(row_key)
        sentences[record.text] = tokenize(record.text, tokenizer, tokenizer in ("unicode", "keras"))

    reserved = {"<unk>", *specials(oov, bos, eos)}
    words = [w for row in parts[""] for w in sentences[row.record.text] if w not in reserved]
    vocabulary = rank(words, max_words, min_count)
    kept = [word for word, _ in vocabulary]
    for name, rows in parts.items():
        encoded = [encode(sentences[row.record.text], kept, oov, bos, eos) for row in rows]
        final = [row._replace(indices=its) for row, its in zip(rows, encoded, strict=True)]
        parts[name] = [row for row in final if row.indices or not drop_empty]
    if not parts[""]:
        raise Refused

    around = marks(oov, bos, eos)
    length = chosen_length(max_len, [len(row.indices) + bos + eos for row in parts[""]])
    length = max(length, bos + eos + 1)
    room = length - bos - eos
    if stride is not None and stride >= room:
        raise Refused
    classes, labels = label_values({n: rows_labels(r) for n, r in parts.items()}, label_type)

    written = {}
    for name, rows in parts.items():
        pieces = [
            (row, window, label)
            for row, label in zip(rows, labels[name], strict=True)
            for window in windows(row.indices, room, stride)
        ]
        if permutation is not None and not name:
            places = permutation(len(pieces))
            pieces = [pieces[list(places).index(place)] for place in range(len(pieces))]
        written[name] = Part(
            [frame(window, around, length, padding, truncating) for _, window, _ in pieces],
            [len(window) + bos + eos for _, window, _ in pieces],
            [label for _, _, label in pieces] if any(map(has_labels, parts.values())) else None,
            [row.number for row, _, _ in pieces],
        )
    shared = {
        name: {row.record.text for row in rows if row.indices} for name, rows in parts.items()
    }
    n_parts = Counter(text for texts in shared.values() for text in texts)
    return Selected(
        written,
        vocabulary,
        classes,
        len(records) - len(seen),
        sum(n > 1 for n in n_parts.values()),
    )


def rows_labels(rows: Iterable[_Row]) -> list[tuple[str, ...]]:
    return [row.record.labels for row in rows]


def has_labels(rows: Iterable[_Row]) -> bool:
    return any(rows_labels(rows))


def label_key(labels: Sequence[str], label_type: str) -> object:
    """What is equal for equal labels: classes in any order, numbers in theirs."""
    return tuple(map(float, labels)) if label_type == "number" else frozenset(labels)


def label_values(
    parts: Mapping[str, list[tuple[str, ...]]], label_type: str
) -> tuple[list[str], dict[str, list[Any]]]:
    """The classes of the training part, and the label of each row of each part in numbers."""
    if not any(any(labels) for labels in parts.values()):
        return [], {name: [None for _ in labels] for name, labels in parts.items()}
    if label_type == "number":
        numbers = {name: [[*map(float, of_row)] for of_row in rows] for name, rows in parts.items()}
        n_columns = max(1, *map(len, numbers[""]))
        if any(len(of_row) != n_columns for rows in numbers.values() for of_row in rows):
            raise Refused
        if n_columns > 1:
            return [], {name: list(rows) for name, rows in numbers.items()}
        return [], {name: [number for [number] in rows] for name, rows in numbers.items()}

    classes = sorted({label for of_row in parts[""] for label in of_row})
    if any(label not in classes for rows in parts.values() for of_row in rows for label in of_row):
        raise Refused
    if any(len(set(of_row)) > 1 for of_row in parts[""]):
        return classes, {
            name: [[int(label in of_row) for label in classes] for of_row in rows]
            for name, rows in parts.items()
        }
    if any(len(set(of_row)) != 1 for rows in parts.values() for of_row in rows):
        raise Refused
    return classes, {
        name: [classes.index(of_row[0]) for of_row in rows] for name, rows in parts.items()
    }


def chosen_length(asked: int | str, lengths: Sequence[int]) -> int:
    """The length of rows: a number, the longest's, or the least that keeps pQ % of them whole."""
    if isinstance(asked, int):
        return asked
    share = Fraction(100 if asked == "max" else int(asked[1:]), 100)
    enough = [n for n in lengths if sum(m <= n for m in lengths) >= share * len(lengths)]
    return min(enough) if share else 0


def windows(row: list[int], room: int, stride: int | None) -> list[list[int]]:
    """A row, or where there is a stride the pieces of up to `room` that it is split into."""
    if stride is None or len(row) <= room:
        return [row]
    return [row[:room], *windows(row[room - stride :], room, stride)]


def part_of(text: str, shares: Mapping[str, int], seed: int) -> str:
    """The part of a split that a text is in: where its hash falls on a line of 2^64."""
    digest = hashlib.blake2b(f"split {seed}".encode(), digest_size=16).digest()
    spread, mix = (int.from_bytes(half, "little") | 1 for half in (digest[:8], digest[8:]))
    place = text_hash(text.encode(), spread, mix)
    end = 0
    for name, share in shares.items():
        end += share
        if place < end * 2**64 // sum(shares.values()):
            return name
    raise AssertionError


def text_hash(text: bytes, spread: int, mix: int) -> int:
    """The hash of a text, of its pieces of 8 bytes, by two secrets."""
    total = 0
    for number, start in enumerate(range(0, len(text) + 1, 8)):
        piece = int.from_bytes(text[start : start + 8], "little")
        total += mixed((piece ^ mix) + number * spread)
    return mixed(total + len(text) * spread)


def mixed(number: int) -> int:
    """The finalizer of SplitMix64."""
    number %= 2**64
    number = (number ^ number >> 30) * 0xBF58476D1CE4E5B9 % 2**64
    number = (number ^ number >> 27) * 0x94D049BB133111EB % 2**64
    return number ^ number >> 31


def word_ngrams(word: str, minn: int, maxn: int) -> list[str]:
    """The character n-grams of a word of fastText, in its order."""
    if word == "</s>":
        return []
    wrapped = f"<{word}>"
    ends = range(1, len(wrapped) + 1)
    ngrams = [(i, j) for i in range(len(wrapped)) for j in ends if max(minn, 1) <= j - i <= maxn]
    return [wrapped[i:j] for i, j in ngrams if j - i > 1 or 0 < i < len(wrapped) - 1]


def fnv_hash(ngram: str) -> int:
    """FNV-1a of 32 bits, of bytes that are taken as signed numbers."""
    number = 2166136261
    for byte in ngram.encode():
        number ^= (byte if byte < 128 else byte - 256) % 2**32
        number = number * 16777619 % 2**32
    return number


def word_vector(
    word: str, words: Sequence[bytes], ngrams: Iterable[str], rows: Any
) -> tuple[Any, bool, bool]:
    """The vector of a word by the matrix of fastText, whether it is known, and has a vector."""
    n_buckets = len(rows) - len(words)
    places = [words.index(word.encode())] if word.encode() in words else []
    is_known = bool(places)
    if n_buckets:
        places += [len(words) + fnv_hash(ngram) % n_buckets for ngram in ngrams]
    vector = rows[0] - rows[0]
    for place in places:
        vector = vector + rows[place]
    if places:
        vector = vector * rows.dtype.type(1 / len(places))
    return vector, is_known, bool(places)


def positive_pairs(row: Sequence[int], window: int) -> list[tuple[int, int]]:
    """The pairs of words that stand near each other in a row, as Keras `skipgrams` lists them."""
    return [
        (target, context)
        for i, target in enumerate(row)
        for j, context in enumerate(row)
        if i != j and abs(i - j) <= window and target and context
    ]


def embedded_row(row: Sequence[int], matrix: Sequence[Sequence[float]], reduce: str) -> list[float]:
    """The mean, the sum or the maximum of the vectors of a row, padding left out."""
    vectors = [matrix[index] for index in row if index != 0]
    reduced = []
    for j in range(len(matrix[0])):
        numbers = [vector[j] for vector in vectors]
        total = 0.0
        for number in numbers:
            total += number
        if reduce == "mean":
            total /= max(1, len(numbers))
        reduced.append(max(numbers, default=0.0) if reduce == "max" else total)
    return reduced


def bag(
    row: Sequence[int],
    documents: Sequence[Sequence[int]],
    input_dim: int,
    mode: str,
    unk: int | None,
) -> list[float]:
    """A row of a matrix of the Keras `Tokenizer`; column 0 stays 0."""
    words = [index for index in row if index != 0]
    values = [0.0] * input_dim
    for index, count in Counter(words).items():
        df = 0 if index == unk else sum(index in document for document in documents)
        tfidf = (1 + math.log(count)) * math.log(1 + len(documents) / (1 + df))
        share = count / len(words)
        values[index] = {"binary": 1, "count": count, "freq": share, "tfidf": tfidf}[mode]
    return values


class LineOfNumbers(NamedTuple):
    """A word and what its numbers are, None where they cannot be read."""

    word: bytes
    numbers: list[float] | None


def is_decimal(text: bytes) -> bool:
    """Whether it is a number with a digit behind its point, or an exponent."""
    try:
        float(text)
    except ValueError:
        return False
    has_part = re.search(rb"\.[0-9]|[0-9]\.?e", text, re.IGNORECASE) is not None
    return has_part and set(text) <= set(b"+-.0123456789eE")


def vector_line(line: bytes, dim: int) -> LineOfNumbers | None:
    """A line of a vector file without its end; None where it has no word and `dim` numbers.

    A separator at its end belongs to that. The word ends at the first separator where that leaves
    `dim` fields, else it is what the fields leave on the left; it may be white space itself, but
    not end with a number like 0.5 or 1e5.
    """
    try:
        line.decode("utf-8")
    except UnicodeDecodeError:
        return None
    line = re.sub(rb"[\x00- ]\Z", b"", line)
    word, *fields = re.split(rb"[\x00- ]", line)
    if len(fields) != dim:
        parts = line.rsplit(None, dim)
        if len(parts) == dim and line[:1].isspace():
            parts = [line[: len(line) - len(line.lstrip()) - 1], *parts]
        if len(parts) <= dim:
            return None
        word, *fields = parts
        *_, last = [b"", *word.split()[1:]]
        if is_decimal(last):
            return None  # a number too many
    try:
        return LineOfNumbers(word, [float(field) for field in fields])
    except ValueError:
        return LineOfNumbers(word, None)


def binary_vectors(data: bytes, dim: int, n_vectors: int) -> list[tuple[bytes, bytes]]:
    """The words and the vectors, as they are stored, of a word2vec binary file without its header.

    One that is cut off is left out, with all behind it.
    """
    vectors: list[tuple[bytes, bytes]] = []
    while len(vectors) < n_vectors:
        word, space, rest = data.removeprefix(b"\n").partition(b" ")
        if not space or len(rest) < 4 * dim:
            break
        vectors.append((word, rest[: 4 * dim]))
        data = rest[4 * dim :]
    return vectors


def found_vectors(
    words: Sequence[str], spelled: Sequence[str], case_fallback: bool
) -> list[int | None]:
    """The place of each word's vector among those of a file, None where it has none."""
    found = []
    for word in words:
        spellings = [word, word.lower(), word.title(), word.upper()]
        some = spellings if case_fallback else spellings[:1]
        found.append(next((spelled.index(s) for s in some if s in spelled), None))
    return found


def percentile(lengths: Sequence[int], percent: int) -> int:
    """The least length that keeps so many per cent of the rows whole, 0 without a row."""
    return next(
        n
        for n in sorted({0, *lengths})
        if sum(length <= n for length in lengths) * 100 >= percent * len(lengths)
    )
