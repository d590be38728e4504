"""Which files, shards, parts and numbers does a manifest tell of, and in the form that is written?

A manifest comes from outside like any other file: no name in it may lead out of its folder, and no
number may be taken for one without a look.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from embedprep.digests import n_pieces
from embedprep.wording import how_many, quoted

_SHA256 = re.compile(r"[0-9a-f]{64}")
_LARGEST = (1 << 63) - 1  # that NumPy counts with
_NUMBERS = re.compile(r"u?int(8|16|32|64)|float(16|32|64)")


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

    `shards` are the files of each array that has several, in the order of its rows, by the name
    that it would have in one file.
    """

    files: tuple[Listed, ...]
    shards: Mapping[str, tuple[Listed, ...]]
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

    shards, of_shards = _shards(manifest, files)
    faults += of_shards
    parts = manifest.get("parts", {})
    names = list(parts) if isinstance(parts, dict) else []
    if not isinstance(parts, dict):
        faults.append("tells of parts that have no names")
    faults += [
        f"tells of a part {quoted([name])}, which is no name of a folder in it"
        for name in names
        if not _is_plain(name)
    ]
    layer = _layer(manifest.get("embedding"))
    if layer is None and is_of_rows:
        faults.append("does not tell the arguments of the embedding layer")
    plain = tuple(filter(_is_plain, names))
    return Told(tuple(files.values()), shards, plain, layer, tuple(faults))


def output_names(manifest: Mapping[str, Any]) -> set[str]:
    """The names of the files that a manifest lists, whatever else it tells of them; those that lead
    out of the folder are left out.
    """
    outputs = manifest.get("outputs")
    names = map(_name_of, outputs if isinstance(outputs, list) else [])
    return {name for name in names if name is not None and is_inside(name)}


def shards_of(manifest: Mapping[str, Any]) -> dict[str, list[Any]]:
    """What a manifest tells of the files of each array that is in shards, by the name that it would
    have in one file, whether they make it up or not.
    """
    shards = manifest.get("shards")
    listed = shards.items() if isinstance(shards, dict) else ()
    return {name: files for name, files in listed if isinstance(files, list)}


def table_of(manifest: Any, *names: str) -> dict[str, Any]:
    """A table within the tables of a manifest, empty where there is none: it comes from outside."""
    found = manifest
    for name in names:
        found = found.get(name) if isinstance(found, dict) else None
    return found if isinstance(found, dict) else {}


def list_of(manifest: Any, name: str) -> list[dict[str, Any]]:
    """The tables in a list of a manifest."""
    found = manifest.get(name) if isinstance(manifest, dict) else None
    return [item for item in found if isinstance(item, dict)] if isinstance(found, list) else []


def whole_number(table: Mapping[str, Any], name: str) -> int | None:
    """A whole number in a table of a manifest, None where there is none that can be counted."""
    found = table.get(name)
    return found if type(found) is int and 0 <= found <= _LARGEST else None


def flat(told: Mapping[str, Any], prefix: str = "") -> dict[str, Any]:
    """Facts in facts by dotted names.

    >>> flat({"row": {"max_len": 9}, "seed": 0})
    {'row.max_len': 9, 'seed': 0}
    """
    found: dict[str, Any] = {}
    for name, value in told.items():
        if isinstance(value, dict):
            found |= flat(value, f"{prefix}{name}.")
        else:
            found[f"{prefix}{name}"] = value
    return found


def _name_of(output: object) -> str | None:
    """The name of a file in the list, None where it has none."""
    name = output.get("name") if isinstance(output, dict) else None
    return name if isinstance(name, str) else None


def _listed(output: object) -> Listed:
    """A file in the list. Raises _Fault for one that is told wrongly."""
    name = _name_of(output)
    if not isinstance(output, dict) or name is None:
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


def _shards(
    manifest: Mapping[str, Any], files: Mapping[str, Listed]
) -> tuple[dict[str, tuple[Listed, ...]], list[str]]:
    """The arrays in shards of which the right files are told, and the faults of all."""
    told = manifest.get("shards", {})
    if not isinstance(told, dict):
        return {}, ["tells of shards of no array"]
    arrays: dict[str, tuple[Listed, ...]] = {}
    faults: list[str] = []
    for name, names in told.items():
        listed = [_shard(files, n) for n in names] if isinstance(names, list) else []
        shards = tuple(shard for shard in listed if shard is not None)
        is_whole = len(shards) == len(listed) and _fit(shards)
        if is_whole and _is_plain(name) and name not in files:
            arrays[name] = shards
        else:
            faults.append(f"tells of shards of {quoted([name])} that do not make up an array")

    statistics = manifest.get("statistics")
    n_rows = statistics.get("rows") if isinstance(statistics, dict) else None
    for name, shards in arrays.items():
        n_of_shards = sum(shard.shape[0] for shard in shards if shard.shape)
        faults += filter(None, [misstated("rows", n_rows, name, n_of_shards)])
    return arrays, faults


def _shard(files: Mapping[str, Listed], name: object) -> Listed | None:
    """The file that is told to be a shard, None where there is none in the folder itself."""
    return files.get(name) if isinstance(name, str) and _is_plain(name) else None


def _fit(shards: Sequence[Listed]) -> bool:
    """Whether some files make up one array: each has as many rows as the first, the last one no
    more.
    """
    shapes = [shard.shape for shard in shards if shard.shape]
    if not shapes or len(set(shards)) < len(shards) or len(shapes) < len(shards):
        return False
    rows = [shape[0] for shape in shapes]
    dtypes = {shard.dtype for shard in shards}
    is_alike = len({shape[1:] for shape in shapes}) == len(dtypes) == 1
    is_even = set(rows[:-1]) <= {rows[0]} and rows[-1] <= rows[0]
    return is_alike and is_even and all(d is not None and _NUMBERS.fullmatch(d) for d in dtypes)


def misstated(name: str, told: object, file: str, counted: float) -> str | None:
    """The fault of a manifest that tells another number than a file has, None where it is the same.

    >>> misstated("rows", 7, "labels.npy", 1200)
    'says rows 7, and labels.npy has 1,200'
    """
    if is_same(told, counted):
        return None
    return f"says {name} {told!r}, and {file} has {counted:,}"


def is_same(told: object, right: object) -> bool:
    """Whether two values are the same JSON, in which 1, 1.0 and true differ."""
    return json.dumps(told, sort_keys=True) == json.dumps(right, sort_keys=True)


def _layer(embedding: object) -> Layer | None:
    """The arguments of the layer, each at least 1, None where they are not told; the mask is always
    that of index 0.
    """
    if not isinstance(embedding, dict) or embedding.get("mask_zero") is not True:
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


def _is_plain(name: str) -> bool:
    """Whether a name is that of a file or folder in the folder, and not deeper in it."""
    return "/" not in name and is_inside(name)
