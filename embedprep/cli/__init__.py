"""The command line: thin commands around the library.

`main` is where errors become messages and exit statuses; `build`, `decode`, `explain`, `train` and
`nearest` hold the commands, `options` what they share, `choices` the settings that these make,
`progress` the bar and `summary` what they print.
"""

from embedprep.cli.main import main

__all__ = ["main"]
