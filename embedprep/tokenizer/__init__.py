"""Which bytes are words?

A tokenizer is a function from a `Text` to byte spans in a normalised copy of it. `settings` names
the tokenizers and their choices, `words` runs the one that the settings name, and there is a
file for each family of rules.
"""
