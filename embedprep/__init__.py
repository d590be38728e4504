"""Text in, padded index tensors for an embedding layer out.

`build` does the main job from files to a folder, `load` opens such a folder, `verify` proves it,
`diff` tells what has changed between two, `inspect` what a text or such a folder is like, and which
settings suit it, and `report` writes a page about one. `Gates` are limits that `build` holds the
figures of an output to, and `GateError` tells of them. `Vocabulary` encodes and decodes sentences,
`embedding_matrix` makes the matrix of a vocabulary, `pad_sequences` pads what is encoded already,
`sampling_table` tells how often skip-grams keep a word of each rank. All are imported when they are
first asked for, so that the command line starts quickly.
"""

from __future__ import annotations

from importlib import import_module

__version__ = "0.1.0"

TYPE_CHECKING = False  # typing takes as long to import as all until signals are heard
if TYPE_CHECKING:
    from typing import Any

    from embedprep.building import build as build
    from embedprep.building import embedding_matrix as embedding_matrix
    from embedprep.building import inspect as inspect
    from embedprep.building import report as report
    from embedprep.comparing import diff as diff
    from embedprep.errors import EmbedprepError as EmbedprepError
    from embedprep.gates import GateError as GateError
    from embedprep.gates import Gates as Gates
    from embedprep.output import Output as Output
    from embedprep.output import load as load
    from embedprep.sequences import pad_sequences as pad_sequences
    from embedprep.skipgrams.sampling import sampling_table as sampling_table
    from embedprep.verifying import verify as verify
    from embedprep.vocabulary import Vocabulary as Vocabulary

_HOMES = {
    "EmbedprepError": "errors",
    "GateError": "gates",
    "Gates": "gates",
    "Output": "output",
    "Vocabulary": "vocabulary",
    "build": "building",
    "diff": "comparing",
    "embedding_matrix": "building",
    "inspect": "building",
    "load": "output",
    "pad_sequences": "sequences",
    "report": "building",
    "sampling_table": "skipgrams.sampling",
    "verify": "verifying",
}

__all__ = [
    "EmbedprepError",
    "GateError",
    "Gates",
    "Output",
    "Vocabulary",
    "build",
    "diff",
    "embedding_matrix",
    "inspect",
    "load",
    "pad_sequences",
    "report",
    "sampling_table",
    "verify",
]


def __dir__() -> list[str]:
    return sorted([*globals(), *_HOMES])


def __getattr__(name: str) -> Any:
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f"{__name__}.{_HOMES[name]}"), name)
