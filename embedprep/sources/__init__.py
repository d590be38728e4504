"""Where do blocks of whole lines come from?

A source is read once, front to back, in blocks of about `block_bytes`, whatever it is: a file, a
pipe, an object at an address, compressed, a text in another encoding, a table. `inputs` and
`matching` say which there are and `settings` how they are read; the other files follow the bytes:
`opening`, `compression`, `encodings`, `lines`; then, where it holds records, `quotes`, `tables`,
`columns`, `json_lines`, `fasttext` and `records`; `reader` runs it all in a thread of its own,
`sections` cuts it for several workers.
"""

from embedprep.sources.encodings import not_utf8
from embedprep.sources.inputs import (
    STDIN,
    TRAINING,
    Input,
    checked_part,
    label_inputs,
    parse_holdout,
    parse_input,
)
from embedprep.sources.lines import PADDING, Block, line_too_long
from embedprep.sources.matching import matched_inputs
from embedprep.sources.opening import opened, total_bytes
from embedprep.sources.reader import NamedInputs, Reader, Source, read_blocks
from embedprep.sources.records import Recognised
from embedprep.sources.sections import (
    Section,
    changed_meanwhile,
    check_state,
    cut_inputs,
    read_section,
)
from embedprep.sources.settings import BLOCK_BYTES, FORMATS, MAX_LINE_BYTES, Reading, RecordSettings

__all__ = [
    "BLOCK_BYTES",
    "FORMATS",
    "MAX_LINE_BYTES",
    "PADDING",
    "STDIN",
    "TRAINING",
    "Block",
    "Input",
    "NamedInputs",
    "Reader",
    "Reading",
    "Recognised",
    "RecordSettings",
    "Section",
    "Source",
    "changed_meanwhile",
    "check_state",
    "checked_part",
    "cut_inputs",
    "label_inputs",
    "line_too_long",
    "matched_inputs",
    "not_utf8",
    "opened",
    "parse_holdout",
    "parse_input",
    "read_blocks",
    "read_section",
    "total_bytes",
]
