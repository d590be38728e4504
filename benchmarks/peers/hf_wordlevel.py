"""The job with Hugging Face tokenizers: a WordLevel model with the Keras rule for words.

It works in Rust and encodes on all cores.
"""

from __future__ import annotations

import re
import sys
from importlib.metadata import version
from pathlib import Path

import job
import numpy as np

try:
    from tokenizers import Regex, Tokenizer
    from tokenizers.models import WordLevel
    from tokenizers.normalizers import Lowercase
    from tokenizers.pre_tokenizers import Split
    from tokenizers.trainers import WordLevelTrainer
except ImportError as error:
    sys.exit(job.missing(error))

SEPARATOR = Regex(f"[{re.escape(job.KERAS_FILTERS)} ]")


def trained(file: Path, max_words: int) -> Tokenizer:
    """A tokenizer with the file's vocabulary; that Rust reads it is as fast as an iterator."""
    tokenizer = Tokenizer(WordLevel(unk_token="<unk>"))
    tokenizer.normalizer = Lowercase()
    tokenizer.pre_tokenizer = Split(SEPARATOR, behavior="removed")
    trainer = WordLevelTrainer(
        vocab_size=max_words + job.SPECIALS,
        special_tokens=["<pad>", "<unk>"],
        show_progress=False,
    )
    tokenizer.train([str(file)], trainer)
    return tokenizer


def main() -> None:
    """Train on the file, then encode its lines in batches, padded and truncated as Keras does."""
    args = job.command_line(
        "Encode lines with a WordLevel tokenizer.", f"tokenizers {version('tokenizers')}"
    )
    tokenizer = trained(args.file, args.max_words)
    tokenizer.enable_truncation(args.max_len, direction="left")
    tokenizer.enable_padding(length=args.max_len, direction="left", pad_id=0, pad_token="<pad>")
    # The fast variant leaves out character offsets, which nobody needs; older releases lack it.
    encode = getattr(tokenizer, "encode_batch_fast", tokenizer.encode_batch)

    rows = job.empty_rows(args.file, args.max_len)
    first = 0
    for batch in job.batches(args.file):
        rows[first : first + len(batch)] = [encoding.ids for encoding in encode(batch)]
        first += len(batch)
    np.save(args.out, rows)


if __name__ == "__main__":
    main()
