"""Which words were counted, once and for all? What `count` writes and `vocab` reads.

In reading order: `kinds` tells counts from text, `order` puts words into the order of such a file,
`files` writes and reads it, `recipe` counts a text, merges counts and ranks them.
"""
