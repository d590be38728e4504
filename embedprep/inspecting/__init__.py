"""What is a text like, or an output, and what follows for the settings?

`inspection` is what is found out, `scripts`, `words` and `text` find it in a text, `output` in an
output; `tokenization` and `advice` say what follows.
"""
