"""What does a look cost? `inspect` beside `vocab` alone, `report` beside the `run` that it shows.

    python benchmarks/looking.py                whole corpus
    python benchmarks/looking.py --size 5       a trial with 5 MB of it

Without matplotlib and jinja2 (`pip install 'embedprep[report]'`) the report is left out.
"""

from __future__ import annotations

import argparse
import sys
from importlib.util import find_spec

import corpus
import measure
import turns
from contestants import MAX_LEN

EMBEDPREP = [sys.executable, "-m", "embedprep"]


def main() -> None:
    """Measure in turns and print the medians."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawTextHelpFormatter
    )
    parser.add_argument("--runs", type=int, default=7)
    parser.add_argument("--size", type=float, metavar="MB", help="cut the corpus to so many MB")
    args = parser.parse_args()
    text = corpus.gutenberg()
    if args.size:
        text = corpus.cut(text, args.size)
    output = corpus.BUILD / "looked-at"
    run = [*EMBEDPREP, "run", str(text), "--max-len", str(MAX_LEN), "-q", "-o", str(output)]
    try:
        measure.run(run, corpus.ROOT, {})
    except measure.CommandFailed as error:
        sys.exit(f"a command failed: {error}")
    commands = {
        "`inspect`": [*EMBEDPREP, "inspect", str(text)],
        "`vocab`": [*EMBEDPREP, "vocab", str(text), "-o", "-"],
        "`run`": run,
        "`inspect` of the output": [*EMBEDPREP, "inspect", str(output)],
    }
    if find_spec("matplotlib") and find_spec("jinja2"):
        page = str(corpus.BUILD / "looked-at.html")
        commands["`report`"] = [*EMBEDPREP, "report", str(output), "-q", "-o", page]

    print(f"{text.name}, medians of {args.runs} runs in turns; {turns.load()}\n")
    turns.report(turns.take_turns(commands, args.runs))


if __name__ == "__main__":
    main()
