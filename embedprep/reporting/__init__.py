"""Which page shows what an output is like?

`gathering` counts, `sections` choose figures and tables, `charts` and `svg` draw, `page` lays out.
"""

from embedprep.reporting.recipe import report_page, write_report

__all__ = ["report_page", "write_report"]
