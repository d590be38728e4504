"""How is a text made into rows by many workers, each of which has a part of it?

In reading order: `sections` is what is done to a section of the text where it lies, `files` what
workers do to files that all of them see, `text` brings the sections together.
"""

from embedprep.spread.text import SpreadText, count_spread

__all__ = ["SpreadText", "count_spread"]
