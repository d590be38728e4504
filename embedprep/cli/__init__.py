"""The command line: thin commands around the library.

`main` is where errors become messages and exit statuses, and lists the commands with their files;
`options` are what commands share, `text_options` what those share that read text, `sections` how
their help shows them, `choices` the settings that they make, `progress` the bar and `summary` what
commands print.
"""

from embedprep.cli.main import main

__all__ = ["main"]
