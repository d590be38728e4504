"""Which files, parts and numbers does a manifest tell of, and is it of the form that was written?

A manifest comes from outside like any other file: no name in it may lead out of its folder, and no
number may be taken for one without a look.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any, NamedTuple

from embedprep.digests import n_pieces
from embedprep.wording import how_many, quoted

_SHA256 = re.compile(r"[0-9a-f]{64}")


class Listed(NamedTuple):
    """A file of an output: its size in bytes, the SHA-256 of each piece, and the array in it."""

    name: str
    n_bytes: int
    pieces: tuple[str, ...]
    shape: tuple[int, ...] | None = None
    dtype: str | None = None


class Layer(NamedTuple):
    """The embedding layer that takes the rows of an output."""

    input_dim: int
    output_dim: int
    input_length: int


class Told(NamedTuple):
    """What a manifest tells that is of the right form, and the faults of all else: each goes on
    from the name of the manifest.
    """

    files: tuple[Listed, ...]
    parts: tuple[str, ...]
    layer: Layer | None
    faults: tuple[str, ...]


class _Fault(Exception):
    """A fault in the list of files."""


def told_by(manifest: Mapping[str, Any], *, is_of_rows: bool) -> Told:
    """What a manifest tells; that of rows must tell of their layer."""
    faults: list[str] = []
    files: dict[str, Listed] = {}
    outputs = manifest.get("outputs")
    if not isinstance(outputs, list):
        faults.append("lists no files")
        outputs = []
    for output in outputs:
        try:
            listed = _listed(output)
        except _Fault as fault:
            faults.append(str(fault))
            continue
        if listed.name in files:
            faults.append(f"lists {quoted([listed.name])} twice")
        files.setdefault(listed.name, listed)

    parts = manifest.get("parts", {})
    names = list(parts) if isinstance(parts, dict) else []
    if not isinstance(parts, dict):
        faults.append("tells of parts that have no names")
    faults += [
        f"tells of a part {quoted([name])}, which is no name of a folder in it"
        for name in names
        if not _is_folder(name)
    ]
    layer = _layer(manifest.get("embedding"))
    if layer is None and is_of_rows:
        faults.append("does not tell the arguments of the embedding layer")
    return Told(tuple(files.values()), tuple(filter(_is_folder, names)), layer, tuple(faults))


def _listed(output: object) -> Listed:
    """A file in the list. Raises _Fault for one that is told wrongly."""
    name = output.get("name") if isinstance(output, dict) else None
    if not isinstance(output, dict) or not isinstance(name, str):
        raise _Fault("lists a file without a name")
    if not is_inside(name):
        raise _Fault(f"lists {quoted([name])}, which is no name of a file in its folder")
    n_bytes, pieces = _count(output.get("bytes")), output.get("sha256")
    if n_bytes is None:
        raise _Fault(f"does not tell the size of {name}")
    if not isinstance(pieces, list) or not all(map(_is_sha256, pieces)):
        raise _Fault(f"does not tell the SHA-256 of {name}")
    if len(pieces) != n_pieces(n_bytes):
        made = how_many(n_pieces(n_bytes), "piece")
        cause = f"tells the SHA-256 of {len(pieces):,} pieces of {name}, whose size makes {made}"
        raise _Fault(cause)
    shape, dtype = output.get("shape"), output.get("dtype")
    if shape is None and dtype is None and not name.endswith(".npy"):
        return Listed(name, n_bytes, tuple(pieces))
    sides = [_count(side) for side in shape] if isinstance(shape, list) else [None]
    if None in sides or not isinstance(dtype, str):
        raise _Fault(f"does not tell which array {name} is")
    return Listed(name, n_bytes, tuple(pieces), tuple(s for s in sides if s is not None), dtype)


def _layer(embedding: object) -> Layer | None:
    """The arguments of the layer, each at least 1, None where they are not told."""
    if not isinstance(embedding, dict):
        return None
    numbers = [_count(embedding.get(field)) for field in Layer._fields]
    return Layer(*(n for n in numbers if n)) if all(numbers) else None


def _count(number: object) -> int | None:
    """A whole number from 0 on, None for all else."""
    return number if isinstance(number, int) and type(number) is int and number >= 0 else None


def _is_sha256(text: object) -> bool:
    return isinstance(text, str) and _SHA256.fullmatch(text) is not None


def is_inside(name: str) -> bool:
    """Whether a name from a file is that of a plain file in the folder or in one of its folders.

    >>> is_inside("test/labels.npy"), is_inside("../labels.npy"), is_inside("C:labels.npy")
    (True, False, False)
    """
    parts = name.split("/")
    return len(parts) <= 2 and all(
        part not in ("", ".", "..") and not set(part) & set("\\:\0") for part in parts
    )


def _is_folder(name: str) -> bool:
    """Whether a name is that of a folder in the folder."""
    return "/" not in name and is_inside(name)
