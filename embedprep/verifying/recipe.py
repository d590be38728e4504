"""Which steps prove an output?"""

from __future__ import annotations

import os
import stat
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from pathlib import Path
from typing import NamedTuple

from embedprep.digests import digest_of, span_of_piece
from embedprep.engines import Engine, ThreadEngine, in_turn
from embedprep.errors import OutputError
from embedprep.exporting.word_vectors import METADATA, VECTORS
from embedprep.listing import Listed, Told, is_same, told_by
from embedprep.manifest import (
    MANIFEST,
    PAIRS,
    PROJECTOR,
    ROWS,
    read_manifest,
    told_kind,
)
from embedprep.output import (
    ARRAYS,
    DOCUMENTS,
    EMBEDDING_MATRIX,
    LABELS,
    LENGTHS,
    SEQUENCES,
    VOCABULARY,
    folder_on_disk,
)
from embedprep.places import Place
from embedprep.publication.leftovers import STAGING
from embedprep.sharding import shards_in
from embedprep.skipgrams.writing import COUPLES
from embedprep.verifying.contents import Contents, Problem, check_header
from embedprep.verifying.derived import check_pairs, check_projector
from embedprep.verifying.rows import check_rows
from embedprep.wording import how_many, quoted

_CHECKS: dict[str, Callable[[Contents, Engine], Iterator[Problem]]] = {
    ROWS: check_rows,
    PAIRS: check_pairs,
    PROJECTOR: check_projector,
}

_FILES: dict[str, tuple[tuple[str, ...], tuple[str, ...]]] = {
    ROWS: ((SEQUENCES, LENGTHS, VOCABULARY), (LABELS, DOCUMENTS, EMBEDDING_MATRIX)),
    PAIRS: ((COUPLES, LABELS), ()),
    PROJECTOR: ((VECTORS, METADATA), ()),
}
"""The files that every output of a kind has, and those that it may have."""

_COUNTED = {PAIRS: "pairs", PROJECTOR: "entries"}
"""What stands for rows in an output that has none."""

_OURS = {name for names in _FILES.values() for some in names for name in some}


class Verified(NamedTuple):
    """What was found in an output: how many files it lists, of how many bytes and rows, those of
    its parts among them, and all that is wrong. `counted` says what stands for rows: pairs, or the
    entries of a projector.

    `unlisted` are the names of files that look like those of an output and are not listed.
    """

    path: Path
    n_files: int
    n_bytes: int
    n_rows: int
    counted: str
    problems: tuple[Problem, ...]
    unlisted: tuple[str, ...]


def listed_bytes(folder: str | Place) -> int:
    """The bytes of which `verify` tells, where every file of an output is as it was written."""
    manifest = read_manifest(folder_on_disk(folder))
    files = told_by(manifest, is_of_rows=False).files
    return sum(file.n_bytes for file in files)


def verify(
    folder: str | Place,
    *,
    jobs: int | None = None,
    advance: Callable[[int], object] = lambda n_bytes: None,
) -> Verified:
    """Hold every file of an output against its manifest, and its arrays against each other.

    `advance` is told of the bytes that were hashed. Raises OutputError where the folder has no
    manifest, and so is unfinished, or one that embedprep did not write, or is an address.
    """
    folder = folder_on_disk(folder)
    manifest = read_manifest(folder)
    kind = manifest.get("kind")
    told = told_by(manifest, is_of_rows=kind == ROWS)
    problems = [Problem(MANIFEST, fault) for fault in told.faults]
    names = {file.name for file in told.files}
    problems += [Problem(MANIFEST, cause) for cause in _wrong_names(kind, told)]

    with ThreadEngine(jobs) as engine:
        of_files = _check_files(folder, told.files, engine, advance)
        damaged = {problem.file for problem in of_files}
        seen = Contents(folder, manifest, told, frozenset(names - damaged))
        problems += of_files
        if isinstance(kind, str) and kind in _CHECKS:
            problems += _CHECKS[kind](seen, engine)
        else:
            problems.append(Problem(MANIFEST, f"tells of {told_kind(manifest)}"))
        for part in told.parts:
            problems += _check_part(seen, part, engine)
    counted = _COUNTED.get(str(kind), "rows")
    return Verified(
        folder,
        len(told.files),
        sum(file.n_bytes for file in told.files),
        _count_rows(seen, counted),
        counted,
        tuple(dict.fromkeys(problems)),
        tuple(_unlisted(seen)),
    )


def _wrong_names(kind: object, told: Told) -> Iterator[str]:
    """Which files a manifest does not list and must, and which it lists and no such output has."""
    if not isinstance(kind, str) or kind not in _FILES:
        return
    needed, others = _FILES[kind]
    names = {file.name for file in told.files}
    yield from (f"lists no {n}" for n in needed if n not in names and n not in told.shards)
    manifests = [f"{part}/{MANIFEST}" for part in told.parts]
    yield from (f"lists no {name}" for name in manifests if name not in names)
    in_shards = {file.name for n in (*needed, *others) for file in told.shards.get(n, ())}
    for name in sorted(names - {*needed, *others} - in_shards):
        if name.partition("/")[0] not in told.parts:
            yield f"lists {quoted([name])}, which is no file of such an output"


def _check_files(
    folder: Path, files: Sequence[Listed], engine: Engine, advance: Callable[[int], object]
) -> list[Problem]:
    """What is wrong with files as they are, whatever they hold."""
    problems: dict[str, list[Problem]] = {file.name: [] for file in files}
    pieces: list[tuple[Listed, int]] = []
    there: list[Listed] = []
    for file in files:
        size, fault = _size(folder / file.name)
        if fault:
            problems[file.name].append(Problem(file.name, fault))
            continue
        there.append(file)
        if size != file.n_bytes:
            cause = f"has {how_many(size, 'byte')}, and the manifest says {file.n_bytes:,}"
            problems[file.name].append(Problem(file.name, cause))
        # What a file that is cut off has of a piece proves nothing.
        pieces += [
            (file, number)
            for number in range(len(file.pieces))
            if span_of_piece(number, file.n_bytes).stop <= size
        ]

    def check(file: Listed, number: int) -> str | None:
        span = span_of_piece(number, file.n_bytes)
        try:
            digest = digest_of(folder / file.name, span).pieces[0]
        except OSError as error:
            return f"cannot be read ({error.strerror or error})"
        if digest == file.pieces[number]:
            return None
        last = max(span.start, span.stop - 1)
        return f"bytes {span.start:,} to {last:,} are not those that were written"

    for (file, number), wrong in zip(pieces, in_turn(engine, check, pieces), strict=True):
        advance(len(span_of_piece(number, file.n_bytes)))
        if wrong:
            problems[file.name].append(Problem(file.name, wrong))
    for file in there:
        if file.shape is not None:
            problems[file.name] += filter(None, [check_header(folder, file)])
    return [problem for of_file in problems.values() for problem in of_file]


def _size(path: Path) -> tuple[int, str]:
    """The bytes of a file, and why there is none to be read, empty where there is one."""
    try:
        facts = path.stat()
    except FileNotFoundError:
        return 0, "is missing"
    except OSError as error:
        return 0, f"cannot be read ({error.strerror or error})"
    return facts.st_size, "" if stat.S_ISREG(facts.st_mode) else "is no file"


def _check_part(whole: Contents, name: str, engine: Engine) -> Iterator[Problem]:
    """What is wrong in a part, the files of which the whole output lists too."""
    place = f"{name}/{MANIFEST}"
    if place not in whole.whole:
        return
    folder = whole.folder / name
    try:
        manifest = read_manifest(folder)
    except OutputError as error:
        yield Problem(place, error.cause)
        return
    if manifest.get("kind") != ROWS:
        yield Problem(place, f"tells of {told_kind(manifest)}, not of rows")
        return
    told = told_by(manifest, is_of_rows=True)
    names = {file.name for file in told.files}
    part = Contents(
        folder, manifest, told, frozenset(n for n in names if f"{name}/{n}" in whole.whole)
    )
    yield from (Problem(place, fault) for fault in (*told.faults, *_wrong_names(ROWS, told)))
    yield from (Problem(place, cause) for cause in _differences(whole, part, name))
    for problem in check_rows(part, engine):
        yield Problem(f"{name}/{problem.file}", problem.cause)


def _differences(whole: Contents, part: Contents, name: str) -> Iterator[str]:
    """What the manifest of a part tells otherwise than that of the whole output."""
    if part.manifest.get("part") != name:
        yield f"is not that of a part {quoted([name])}"
    prefix = f"{name}/"
    there = {f.name.removeprefix(prefix): f for f in whole.told.files if f.name.startswith(prefix)}
    here = {file.name: file for file in part.told.files}
    for file in sorted({*there, *here} - {MANIFEST}):
        if file not in there or file not in here or there[file][1:] != here[file][1:]:
            yield f"tells of {file} otherwise than the manifest of the whole output"
    of_whole = {file.name: file for file in whole.told.files}.get(VOCABULARY)
    if of_whole and VOCABULARY in here and of_whole.pieces != here[VOCABULARY].pieces:
        yield f"tells of another {VOCABULARY} than that of the whole output"
    if part.told.layer != whole.told.layer:
        yield "tells of another embedding layer than the manifest of the whole output"
    if not is_same(part.fact("statistics"), whole.fact("parts", name)):
        yield "has other statistics than the manifest of the whole output"


def _count_rows(seen: Contents, counted: str) -> int:
    """The rows, pairs or entries of an output and its parts, as its manifest tells."""
    of_parts = [seen.fact("parts", part, counted) for part in seen.told.parts]
    return sum(n for n in (seen.statistic(counted), *of_parts) if isinstance(n, int))


def _unlisted(seen: Contents) -> Iterator[str]:
    """Files that look like those of an output, and folders that look like a part, not listed."""
    listed = {file.name for file in seen.told.files} | {MANIFEST}
    for folder in ("", *(f"{part}/" for part in seen.told.parts)):
        ours = _OURS.union(shards_in(seen.folder / folder, ARRAYS))
        for name in _names_in(seen.folder / folder):
            if f"{folder}{name}" not in listed and (name in ours or name.startswith(STAGING)):
                yield f"{folder}{name}"
    for name in _names_in(seen.folder):
        if name not in seen.told.parts and (seen.folder / name / MANIFEST).is_file():
            with suppress(OutputError):
                if read_manifest(seen.folder / name).get("part") == name:
                    yield f"{name}/"


def _names_in(folder: Path) -> list[str]:
    try:
        return sorted(os.listdir(folder))
    except OSError:  # a part that is missing, which is told
        return []
