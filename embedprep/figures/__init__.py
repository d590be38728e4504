"""Which numbers tell what a text, or its rows, are like?

`lengths` and `coverage` are about counts, wherever these come from; `rows` counts what is stored,
`words` what the vocabulary tells too.
"""
