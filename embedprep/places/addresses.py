"""What can be done at an address?

A `Url` has those operations of a `Path` that outputs need, and raises what a `Path` raises, so that
most code need not know which of both it has.
"""

from __future__ import annotations

import posixpath
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from embedprep.places.names import hidden, is_url, path_text, shown

_OTHER_NAMES = {"s3a": "s3", "gcs": "gs", "az": "abfs", "abfss": "abfs"}


@dataclass(frozen=True)
class Url:
    """A place at an address that fsspec knows. As text it is as others may read it."""

    text: str

    def __post_init__(self) -> None:
        scheme, separator, path = self.text.partition("://")
        object.__setattr__(self, "text", scheme.lower() + separator + path.rstrip("/"))

    @property
    def identity(self) -> str:
        """What is the same text for the same place, also where its scheme has several names."""
        scheme, separator, path = self.text.partition("://")
        return _OTHER_NAMES.get(scheme, scheme) + separator + path

    def __str__(self) -> str:
        return shown(self.text)

    def __truediv__(self, name: str) -> Url:
        return Url(f"{self.text}/{name}") if name else self

    @property
    def _parts(self) -> tuple[str, str]:
        """The address up to the last part of its path, and that part."""
        scheme, _, path = self.text.partition("://")
        folder, _, name = path.rpartition("/")
        return f"{scheme}://{folder}", name

    @property
    def name(self) -> str:
        return hidden(self._parts[1])

    @property
    def parent(self) -> Url:
        """The folder around it; that of a bucket, or of a host, is itself."""
        above, _ = self._parts
        return self if above.endswith("://") else Url(above)

    @property
    def suffix(self) -> str:
        return posixpath.splitext(self.name)[1]

    def read_bytes(self) -> bytes:
        """All that an object holds. Raises OSError where there is none."""
        from embedprep.places.requests import PATIENCE_FOR_BYTES, ask, filesystem_of

        files, path = filesystem_of(self.text)
        content: bytes = ask(files.cat_file, path, patience=PATIENCE_FOR_BYTES)
        return content

    def exists(self) -> bool:
        """Whether an object is there; raises OSError where that cannot be known."""
        from embedprep.places.requests import facts_of

        try:
            return bool(facts_of(self.text, is_fresh=True)["type"] == "file")
        except FileNotFoundError:
            return False

    def n_bytes(self) -> int | None:
        """The bytes of an object, None where its server does not tell. Raises OSError where there
        is none.
        """
        from embedprep.places.requests import facts_of

        size: int | None = facts_of(self.text, is_fresh=True)["size"]
        return size

    def names(self) -> list[str]:
        """The names of the objects that lie in it as in a folder."""
        from embedprep.places.requests import ask, filesystem_of

        files, path = filesystem_of(self.text)
        files.invalidate_cache()
        try:
            found: Sequence[str] = ask(files.ls, path, detail=False)
        except FileNotFoundError:
            return []
        return [posixpath.basename(its.rstrip("/")) for its in found]

    def unlink(self) -> None:
        """Remove an object, if it is there."""
        from embedprep.places.requests import remove

        remove(self.text)

    def check_writable(self) -> None:
        """Raise OSError where nothing can be written there, as far as the address tells."""
        from embedprep.places.requests import check_writable

        check_writable(self.text)

    def put(self, content: Path) -> None:
        """Have the content of a file there, whole or not at all."""
        from embedprep.places.requests import put

        put(self.text, content)

    def matching(self) -> list[str]:
        """The addresses that its `*` stands for, sorted."""
        from embedprep.places.requests import matching

        return matching(self.text)


Place = Path | Url


def place_of(text: str | Path | Url) -> Place:
    """Where a text says: at an address, or on a disk."""
    if not isinstance(text, str):
        return text
    return Url(text) if is_url(text) else Path(path_text(text))
