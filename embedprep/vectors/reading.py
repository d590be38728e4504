"""Which vectors does a file hold for some words? Read once, front to back, in blocks."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Sequence
from contextlib import closing
from itertools import chain
from typing import NamedTuple

from embedprep.dictionary import Lookup
from embedprep.digests import Digest
from embedprep.engines import Engine, in_turn
from embedprep.errors import InputError, LineError
from embedprep.settings import VectorSource
from embedprep.sources import MAX_LINE_BYTES
from embedprep.sources.ahead import Ahead
from embedprep.sources.archives import opened_inside
from embedprep.sources.compression import decompressed
from embedprep.sources.lines import whole_lines
from embedprep.sources.opening import read_chunks
from embedprep.vectors.binary import find_in_vectors, whole_vectors
from embedprep.vectors.blocks import VectorBlock
from embedprep.vectors.composing import compose, seekable
from embedprep.vectors.fasttext import open_model
from embedprep.vectors.formats import FASTTEXT, HEAD_BYTES, TEXT, VectorFormat, recognise
from embedprep.vectors.text import find_in_lines
from embedprep.vectors.wanted import FoundVectors, Wanted
from embedprep.wording import how_many, quoted

BLOCK_BYTES = 4 << 20
"""A block has a hundred small operations, for each of which threads wait for each other: in larger
blocks they are fewer. Larger ones yet would take more memory than they save time."""
_N_AHEAD = 1


class VectorsRead(NamedTuple):
    """What a file gave: the vectors of the words that were asked for, how many it holds, how many
    of them were left out because they cannot be read, how many were made of n-grams, and what is to
    be warned of.
    """

    found: FoundVectors
    n_vectors: int
    n_bad: int = 0
    n_composed: int = 0
    warnings: tuple[str, ...] = ()


def read_vectors(
    source: VectorSource,
    words: Sequence[str],
    first_row: int,
    *,
    no_words: Collection[str] = (),
    dim: int | None = None,
    engine: Engine,
    digest: Digest | None = None,
    advance: Callable[[int], object] = lambda n_bytes: None,
) -> VectorsRead:
    """The vectors of some words, which have the rows from `first_row` on of a matrix.

    `no_words` are those that are names of special entries. `dim` is how many numbers a vector must
    have, where that is known. `digest` takes in all of the file, decompressed; `advance` is told of
    bytes read.

    Raises InputError where the file is missing or broken, is of no known format, has vectors of
    another size, or one that cannot be read, unless those are to be left out.
    """
    ahead = Ahead(content_of(source.name, digest, advance), _N_AHEAD)
    with closing(ahead):
        chunks = iter(ahead)
        head = b""
        while len(head) < HEAD_BYTES and (chunk := next(chunks, b"")):
            head += chunk
        form = recognise(head[:HEAD_BYTES], source.name)
        if form.kind == FASTTEXT:
            with seekable(source.name, head, chunks) as stream:
                model = open_model(stream, source.name)
                found = _empty(source, words, first_row, model.dim, dim)
                n_composed = compose(found, model, no_words)
            for _ in chunks if digest is not None else ():  # the rest of it is to be hashed too
                pass
            return VectorsRead(found, model.n_words, n_composed=n_composed)

        found = _empty(source, words, first_row, form.dim, dim)
        tally = _Tally(source, form, found)
        content = chain([head[form.header_bytes :]], chunks)
        for block in _found_in_blocks(content, source.name, form, found.wanted.lookup, engine):
            tally.add(block)
    return tally.finish()


def _empty(
    source: VectorSource, words: Sequence[str], first_row: int, dim: int, asked: int | None
) -> FoundVectors:
    """The words that are looked for, without a vector yet."""
    if asked not in (None, dim):
        cause = f"holds vectors of {dim:,} numbers, not the {asked:,} of --dim"
        raise InputError(source.name, cause, "leave --dim out, or name another file")
    wanted = Wanted.of(words, first_row, source.case_fallback)
    return FoundVectors(wanted, first_row + len(words), dim)


def content_of(
    name: str, digest: Digest | None, advance: Callable[[int], object]
) -> Iterator[bytes]:
    """What a file of vectors holds, decompressed, and digested where it is asked for."""
    with opened_inside(name) as stream:
        read = read_chunks(name, stream, BLOCK_BYTES, advance)
        for chunk in decompressed(name, read, BLOCK_BYTES):
            if digest is not None:
                digest.update(chunk)
            yield chunk


def _found_in_blocks(
    content: Iterator[bytes], name: str, form: VectorFormat, lookup: Lookup, engine: Engine
) -> Iterator[VectorBlock]:
    if form.kind == TEXT:
        lines = _line_blocks(name, content)
        return in_turn(engine, find_in_lines, ((parts, form.dim, lookup) for parts in lines))
    vectors = whole_vectors(content, form.dim, form.n_vectors or 0, name)
    return in_turn(engine, find_in_vectors, ((some, form.dim, lookup) for some in vectors))


def _line_blocks(name: str, content: Iterator[bytes]) -> Iterator[list[bytes | memoryview]]:
    try:
        for _, parts in whole_lines(name, content, MAX_LINE_BYTES):
            yield parts
    except LineError as error:
        raise InputError(name, error.cause, "is it a vector file?") from None


class _Tally:
    """What the blocks of a file tell, in its order."""

    def __init__(self, source: VectorSource, form: VectorFormat, found: FoundVectors) -> None:
        self.source, self.form, self.found = source, form, found
        self._n_vectors = 0
        self._n_lines = 1 if form.n_vectors is not None and form.kind == TEXT else 0
        self._n_bad = self._n_odd = 0
        self._first_bad: InputError | None = None
        self._first_odd = ""

    def add(self, block: VectorBlock) -> None:
        for bad in block.bad:
            error = InputError(self._place(bad.number), bad.cause, bad.remedy)
            if not self.source.skip_bad:
                raise error
            self._first_bad = self._first_bad or error
        self._n_bad += len(block.bad)

        spellings, vectors, is_finite = block.spellings, block.vectors, block.is_finite
        for i in (~is_finite).nonzero()[0].tolist():
            word = self.found.wanted.spelled[spellings[i]]
            place = self._place(int(block.numbers[i]))
            self._first_odd = self._first_odd or f"{place}: the vector of {quoted([word])}"
            self._n_odd += 1
        if self.source.skip_bad:
            spellings, vectors = spellings[is_finite], vectors[is_finite]
        self.found.add(spellings, vectors)
        self._n_vectors += block.n_vectors
        self._n_lines += block.n_lines

    def _place(self, number: int) -> str:
        """Where a vector of the next block stands."""
        number += self._n_lines + 1
        name = self.source.name
        return f"{name}:{number}" if self.form.kind == TEXT else f"{name}: vector {number:,}"

    def finish(self) -> VectorsRead:
        """Check the number of vectors, and say what is to be warned of."""
        name, announced = self.source.name, self.form.n_vectors
        there = self._n_vectors + self._n_bad
        warnings = []
        if announced is not None and announced != there:
            cause = f"its header announces {how_many(announced, 'vector')}, but it holds {there:,}"
            if not self.source.skip_bad:
                remedy = "copy the file again, or take what is there by --skip-bad-vectors"
                raise InputError(name, cause, remedy)
            warnings.append(f"{name}: {cause}")
        if self._first_bad is not None:
            left_out = f"{how_many(self._n_bad, 'vector')} left out that cannot be read"
            first = f"{self._first_bad.place}: {self._first_bad.cause}"
            warnings.append(f"{name}: {left_out}, first {first}")
        if self._first_odd:
            more = f", one of {self._n_odd:,} that do" if self._n_odd > 1 else ""
            end = "leave such vectors out by --skip-bad-vectors"
            end = "left out" if self.source.skip_bad else end
            warnings.append(f"{self._first_odd} holds NaN or infinity{more}; {end}")
        n_odd = self._n_odd if self.source.skip_bad else 0
        return VectorsRead(self.found, there, self._n_bad + n_odd, warnings=tuple(warnings))
