"""What was made, from what, with what?

`manifest.json` is the last file of an output to appear and the first to go: a folder with one is
whole. It holds nothing that differs between two runs of the same work: no time, host, user,
absolute path, number of jobs or size of blocks. What is read of it is `listing`'s part.
"""

from __future__ import annotations

import json
import ntpath
import os
import posixpath
from collections.abc import Iterable, Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any

from embedprep import __version__
from embedprep.errors import OutputError
from embedprep.listing import Told, is_same, output_names, shards_of, table_of, told_by
from embedprep.npy import WrittenFile
from embedprep.places import Place
from embedprep.sources import Source

MANIFEST = "manifest.json"
FORMAT = "embedprep-output"
VERSION = 1

ROWS, PAIRS, PROJECTOR = "rows", "pairs", "projector"
"""The kinds of outputs."""

_KINDS = {
    ROWS: "the rows of a text",
    PAIRS: "pairs for a skip-gram model",
    PROJECTOR: "the files of a projector",
}


def format_manifest(
    kind: str,
    settings: Mapping[str, Any],
    inputs: Iterable[Source],
    outputs: Iterable[WrittenFile],
    statistics: Mapping[str, Any],
    *,
    embedding: Mapping[str, Any] | None = None,
    labels: Mapping[str, Any] | None = None,
    matrix: Mapping[str, Any] | None = None,
    part: str | None = None,
    parts: Mapping[str, Any] | None = None,
    request: str | None = None,
    shards: Mapping[str, Sequence[str]] | None = None,
) -> bytes:
    """The bytes of `manifest.json` of an output; `kind` is what it holds, `part` its name where it
    is a part of another one, and `parts` are the statistics of the other parts.

    `request` tells all settings in one value; `embedding` are the arguments of the layer that takes
    the rows, where the output has rows, and `matrix` the facts about its matrix. `shards` are the
    files of each array that has several, in the order of its rows, by the name that it would have
    in one file.
    """
    manifest: dict[str, Any] = {
        "format": FORMAT,
        "version": VERSION,
        "embedprep": __version__,
        "kind": kind,
        **({"request": request} if request else {}),
        **({"part": part} if part else {}),
        "settings": settings,
        "inputs": [describe_input(source) for source in inputs],
        "outputs": [_describe_output(output) for output in outputs],
        "statistics": statistics,
    }
    manifest |= {"embedding": embedding} if embedding is not None else {}
    manifest |= {"labels": labels} if labels is not None else {}
    manifest |= {"matrix": matrix} if matrix is not None else {}
    manifest |= {"parts": parts} if parts else {}
    manifest |= {"shards": shards} if shards else {}
    return _dump(manifest)


def manifest_with_matrix(
    manifest: Mapping[str, Any],
    outputs: Iterable[WrittenFile],
    output_dim: int,
    matrix: Mapping[str, Any] | None = None,
) -> bytes:
    """The bytes of a manifest once its output has a matrix, or the output that it is part of.

    `outputs` are new, or take the place of files of the same names.
    """
    written = {output.name: _describe_output(output) for output in outputs}
    kept = [output for output in manifest["outputs"] if output["name"] not in written]
    changed = dict(manifest) | {
        "outputs": [*kept, *written.values()],
        "embedding": manifest.get("embedding", {}) | {"output_dim": output_dim},
    }
    return _dump(changed | ({"matrix": matrix} if matrix is not None else {}))


def _dump(manifest: Mapping[str, Any]) -> bytes:
    return (json.dumps(manifest, indent=2, ensure_ascii=False) + "\n").encode(
        "utf-8", "backslashreplace"
    )


def describe_input(source: Source) -> dict[str, Any]:
    """What a manifest tells of an input."""
    is_absolute = posixpath.isabs(source.name) or ntpath.isabs(source.name)
    name = ntpath.basename(source.name) if is_absolute else source.name
    name = os.fsencode(name).decode("utf-8", "surrogateescape")  # the same in every locale
    described: dict[str, Any] = {"name": name}
    described |= {"part": source.part} if source.part else {}
    described |= {"label": source.label} if source.label is not None else {}
    if source.recognised is not None:
        facts = source.recognised._replace(first_row=None)._asdict()
        described |= {fact: value for fact, value in facts.items() if value is not None}
    return described | {"bytes": source.digest.n_bytes, "sha256": source.digest.pieces}


def _describe_output(output: WrittenFile) -> dict[str, Any]:
    described: dict[str, Any] = {
        "name": output.name,
        "bytes": output.digest.n_bytes,
        "sha256": output.digest.pieces,
    }
    if output.shape is not None:
        described |= {"shape": list(output.shape), "dtype": output.dtype}
    return described


def read_manifest(folder: Place) -> dict[str, Any]:
    """The manifest of a finished output. Raises OutputError where the folder has none."""
    path = folder / MANIFEST
    try:
        manifest = json.loads(path.read_bytes(), parse_constant=_refuse_constant)
    except (FileNotFoundError, NotADirectoryError):
        if isinstance(folder, Path) and not folder.is_dir():
            if folder.exists():
                remedy = "name the folder of an output"
                raise OutputError(str(folder), "is a file, not a folder", remedy) from None
            raise OutputError(str(folder), "no such folder", "check the path") from None
        raise OutputError(
            str(folder),
            f"has no {MANIFEST}, so it is unfinished",
            "run the command that makes it again",
        ) from None
    except OSError as error:
        remedy = getattr(error, "remedy", "")
        raise OutputError(str(path), f"cannot be read ({error.strerror})", remedy) from error
    except (ValueError, RecursionError):
        manifest = None
    if not isinstance(manifest, dict) or manifest.get("format") != FORMAT:
        raise OutputError(
            str(path),
            "was not written by embedprep",
            "choose another folder, or move the file away",
        )
    if not is_same(manifest.get("version"), VERSION):
        raise OutputError(
            str(path),
            f"has version {manifest.get('version')!r}, this embedprep reads version {VERSION}",
            "use the embedprep that made it, or a newer one",
        )
    return manifest


def _refuse_constant(name: str) -> None:
    """NaN and Infinity are no JSON, nor are they written."""
    raise ValueError(name)


def read_manifest_of_rows(folder: Place) -> dict[str, Any]:
    """The manifest of a finished output of rows.

    Raises OutputError where the folder is none, or where its manifest is not of the form that was
    written: what it tells of files, of parts and of the layer can then be relied on.
    """
    manifest = read_manifest(folder)
    if manifest.get("kind") != ROWS:
        remedy = "name the output of rows that it was made from"
        raise OutputError(str(folder), f"holds {told_kind(manifest)}, not rows", remedy)
    told_of_rows(folder, manifest)
    return manifest


def told_of_rows(folder: Place, manifest: Mapping[str, Any]) -> Told:
    """What the manifest of an output of rows tells. Raises OutputError where one is broken."""
    told = told_by(manifest, is_of_rows=True)
    if told.faults:
        remedy = "run the command that makes the output again"
        raise OutputError(str(folder / MANIFEST), f"is broken: it {told.faults[0]}", remedy)
    return told


def has_rows(folder: Path) -> bool:
    """Whether a folder is a finished output of rows."""
    try:
        read_manifest_of_rows(folder)
    except OutputError:
        return False
    return True


def manifest_of(path: Path) -> dict[str, Any] | None:
    """The manifest of the output that lists a file, or an array in shards by the name that it would
    have in one file; None where there is none.
    """
    place = Path(os.path.realpath(path))
    with suppress(OutputError):
        manifest = read_manifest(place.parent)
        if place.name in output_names(manifest) | shards_of(manifest).keys():
            return manifest
    return None


def told_kind(manifest: Mapping[str, Any]) -> str:
    """What an output holds, in words."""
    kind = manifest.get("kind")
    return next((told for known, told in _KINDS.items() if known == kind), "files of another kind")


def was_run(manifest: Mapping[str, Any]) -> bool:
    """Whether the vocabulary was made of these rows, by `run`; else it was there before."""
    return "max_words" in table_of(manifest, "settings")
