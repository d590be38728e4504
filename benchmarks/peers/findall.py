"""Plain Python: `re.findall` on the lowercased text, `Counter`, and one `dict.get` a word.

    python findall.py FILE [--by-character]

With --by-character each Han character and kana is a word, as in text without spaces. Rows are
neither padded nor written.
"""

from __future__ import annotations

import argparse
import re
from collections import Counter
from pathlib import Path

MAX_WORDS = 50_000
HAN_AND_KANA = "\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff"


def main() -> None:
    """Count the words of a file and look each up."""
    parser = argparse.ArgumentParser(description="Words by re.findall, Counter and dict.get.")
    parser.add_argument("file", type=Path)
    parser.add_argument("--by-character", action="store_true", help="each Han and kana by itself")
    args = parser.parse_args()
    by_character = rf"[{HAN_AND_KANA}]|[^\W{HAN_AND_KANA}]+"
    pattern = by_character if args.by_character else r"\w+"

    words = re.findall(pattern, args.file.read_text(encoding="utf-8").lower())
    ranked = Counter(words).most_common(MAX_WORDS)
    index = {word: i for i, (word, _) in enumerate(ranked, 2)}
    indices = [index.get(word, 1) for word in words]
    print(f"{len(indices):,} words")


if __name__ == "__main__":
    main()
