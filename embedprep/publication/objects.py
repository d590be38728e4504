"""How does a folder at an address become visible, whole or not at all?

It is made in a temporary folder and put there object by object. A claim says first what is about to
be there, then the manifests go, the objects come, what is obsolete goes, the manifests come, that
of the whole last, and the claim goes. A run that dies leaves no manifest, or all as it was, and its
claim tells the next one what to clear.

There are no locks at an address. Of two runs at once the later one takes over the claim, and the
other one stops when it finds that out; what both have put by then, only digests can tell.
"""

from __future__ import annotations

import json
import secrets
from collections import deque
from collections.abc import Iterable, Iterator
from concurrent.futures import Future, wait
from contextlib import contextmanager, suppress

from embedprep.background import in_background
from embedprep.errors import OutputError
from embedprep.manifest import FORMAT, MANIFEST, VERSION
from embedprep.npy import disk_error
from embedprep.places import Url
from embedprep.places.requests import takes_several
from embedprep.publication.guards import refuse_other_kind
from embedprep.publication.leftovers import CLAIM, read_claim
from embedprep.publication.staging import (
    StagedFolder,
    is_manifest,
    listed_before,
    refuse_own_outputs,
)
from embedprep.publication.temporary import folder_for_address

_PUTS_AT_ONCE = 4


@contextmanager
def staged_for_address(target: Url, kind: str) -> Iterator[StagedFolder]:
    """A staging folder that is published at an address; see `staged_folder`.

    Signals are not held back, as to put large objects takes minutes.
    """
    try:
        target.check_writable()
        refuse_other_kind(target, kind)
        listed = listed_before(target)
        with folder_for_address() as folder:
            staged = StagedFolder(target, folder, listed)
            yield staged
            refuse_own_outputs(staged)
            _publish(staged, target, kind)
    except OSError as error:
        raise disk_error(str(target), error) from error


def _publish(staged: StagedFolder, target: Url, kind: str) -> None:
    names = set(staged.names)
    parts = sorted(name for name in names if is_manifest(name) and name != MANIFEST)
    obsolete = sorted(staged.obsolete - names)

    run = _claim(staged, target, kind)
    for name in [MANIFEST, *parts, *filter(is_manifest, obsolete)]:
        (target / name).unlink()
    _put_all(staged, target, [name for name in staged.names if not is_manifest(name)])
    for name in obsolete:
        (target / name).unlink()
    _put_all(staged, target, parts)
    if [its.get("run") for its in read_claim(target)] != [run]:
        cause = "another run has written into this folder meanwhile"
        raise OutputError(str(target), cause, "run again, one after the other")
    _put_all(staged, target, [MANIFEST])
    with suppress(OSError):  # it does no harm
        (target / CLAIM).unlink()


def _claim(staged: StagedFolder, target: Url, kind: str) -> str:
    """Say that this run is about to write, and which names are its own or were listed before."""
    run = secrets.token_hex(8)
    names = sorted({*staged.names, *staged.listed} - {MANIFEST})
    outputs = [{"name": name} for name in names]
    claim = {"format": FORMAT, "version": VERSION, "kind": kind, "run": run, "outputs": outputs}
    (staged.path / CLAIM).write_text(json.dumps(claim), encoding="utf-8")
    (target / CLAIM).put(staged.path / CLAIM)
    return run


def _put_all(staged: StagedFolder, target: Url, names: Iterable[str]) -> None:
    """Put files, several at a time. Also after Ctrl-C those under way come to their end."""
    most = _PUTS_AT_ONCE if takes_several(target.text) else 1
    under_way: deque[Future[None]] = deque()
    try:
        for name in names:
            if len(under_way) == most:
                under_way.popleft().result()
            under_way.append(in_background((target / name).put, staged.path / name))
        while under_way:
            under_way.popleft().result()
    except BaseException:
        wait(under_way)  # what comes later would come over the next run
        raise
