"""The command line: thin commands around the library.

`main` is where errors become messages and exit statuses, and lists the commands with their files;
`options` are what commands share, `choices` the settings that these make,
`progress` the bar and `summary` what they print.
"""

from embedprep.cli.main import main

__all__ = ["main"]
