"""Which bytes are words?

A tokenizer is a function from a `Text` to `Words`: byte spans in a normalised copy of it, and how
many stand on each line. `settings` names the tokenizers and their choices, `words` is what they
give, `rules` runs the one that the settings name, and there is a file for each family of rules.
"""
