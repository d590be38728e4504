"""Which pairs of words does a skip-gram model learn from?

`settings` says which are asked for, `sampling` how often a word is kept and drawn, `neighbours`
which words stand near each other, `negatives` which are put together by chance, and `writing` makes
a folder of both.
"""
