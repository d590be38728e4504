"""Which bytes are words?

A rule is a function from whole lines of UTF-8 and the settings to `Words`: byte spans in a
normalised copy of the lines, and how many stand on each. `settings` names the tokenizers and their
choices, `words` is what they give, `rules` runs the one that the settings name, and there is a file
for each family of rules.
"""
