"""How does an output become visible, whole or not at all?

`files`, `folders` and, at addresses, `objects` do it, `staging` is what they have of an output
meanwhile, `temporary` where one for an address is made; `guards` tell what an output must not
replace, `locks` and `leftovers` who else is writing and what dead runs left, `signals` and
`flushing` keep it whole through Ctrl-C and a loss of power.
"""

from embedprep.publication.files import staged_file
from embedprep.publication.folders import staged_folder
from embedprep.publication.guards import refuse_to_overwrite, refuse_to_replace
from embedprep.publication.signals import held_signals
from embedprep.publication.staging import StagedFolder

__all__ = [
    "StagedFolder",
    "held_signals",
    "refuse_to_overwrite",
    "refuse_to_replace",
    "staged_file",
    "staged_folder",
]
