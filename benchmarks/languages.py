"""How fast are Unicode's words beside plain Python, in languages other than English?

    python benchmarks/languages.py             whole processes, taking turns
    python benchmarks/languages.py --only hi   one of them

Sentences of each language, repeated to 100 MB, through `embedprep run` and through the loop that
many write: `re.findall`, `Counter` and `dict.get`, which neither pads nor writes. Rows of 32 words
hold nearly all sentences. English, a paragraph a row, is compared with `--tokenizer keras`.
"""

from __future__ import annotations

import argparse
import os
import sys
from pathlib import Path
from statistics import median

import contestants
import corpus
import measure
import turns

LANGUAGES = {
    "hi": "Hindi",
    "ar": "Arabic",
    "fa": "Persian",
    "ko": "Korean",
    "zh": "Chinese",
    "ja": "Japanese",
}
BY_CHARACTER = ("zh", "ja")
SIZE = 100 * corpus.MB
SENTENCE = ("-n", str(contestants.MAX_WORDS), "--max-len", "32")
FINDALL = str(contestants.PEERS / "findall.py")


def main() -> None:
    """Print a line for each language."""
    parser = argparse.ArgumentParser(description="Unicode's words beside plain Python.")
    parser.add_argument("--runs", type=int, default=3, help="runs of each (default 3)")
    parser.add_argument("--only", nargs="+", choices=["en", *LANGUAGES], help="languages")
    args = parser.parse_args()
    chosen = args.only or ["en", *LANGUAGES]
    print("| text | embedprep s | beside | s | embedprep is | peak MB |")
    print("| --- | ---: | --- | ---: | ---: | ---: |")
    missing = []
    try:
        for language in chosen:
            if language == "en" or sentences(language).exists():
                print(line(language, args.runs), flush=True)
            else:
                missing.append(language)
    except measure.CommandFailed as error:
        sys.exit(f"a command failed: {error}")
    if missing:
        print(f"Not there: {sentences('*')} for {', '.join(missing)}; set EMBEDPREP_SHARED.")


def line(language: str, runs: int) -> str:
    """The medians of a language, its commands taking turns after a warm-up of each."""
    if language == "en":
        text, title, sizes = corpus.gutenberg(), "English", contestants.SIZES
        other, beside = embedprep(text, *sizes, "--tokenizer", "keras"), "`--tokenizer keras`"
    else:
        text, title, sizes = repeated(language), LANGUAGES[language], SENTENCE
        options = ["--by-character"] if language in BY_CHARACTER else []
        other, beside = [sys.executable, FINDALL, str(text), *options], "`re.findall` and a dict"
    commands = {"ours": embedprep(text, *sizes), "other": other}
    costs = turns.take_turns(commands, runs)
    ours, others = (median(cost.wall for cost in costs[name]) for name in commands)
    ratio = f"{others / ours:.1f}× faster" if others > ours else f"{ours / others:.2f}× slower"
    peak = max(cost.peak for cost in costs["ours"]) / corpus.MB
    return f"| {title} | {ours:.2f} | {beside} | {others:.2f} | {ratio} | {peak:.0f} |"


def embedprep(text: Path, *options: str) -> list[str]:
    """The main job on a text."""
    out = corpus.BUILD / "out" / "dataset"
    return [sys.executable, "-m", "embedprep", "run", str(text), "-o", str(out), "-q", *options]


def sentences(language: str) -> Path:
    """The file of sentences of a language, if it is there."""
    shared = Path(os.environ.get("EMBEDPREP_SHARED", corpus.ROOT.parent / "shared"))
    return shared / "corpora" / "sentences" / f"{language}.txt"


def repeated(language: str) -> Path:
    """The sentences of a language, which are there, so many times over that they make 100 MB."""
    path = corpus.BUILD / f"{language}_100mb.txt"
    if path.exists():
        return path
    once = sentences(language).read_bytes().rstrip(b"\n") + b"\n"
    return corpus.written(path, [once] * -(-SIZE // len(once)))


if __name__ == "__main__":
    main()
