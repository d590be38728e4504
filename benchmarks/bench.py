"""How fast is embedprep beside its peers? The same job with each, as whole processes, taking turns.

    python benchmarks/bench.py                  all contestants, the whole corpus
    python benchmarks/bench.py --size 5         a quick trial with 5 MB of it
    python benchmarks/bench.py --only embedprep wc --copies 10

The job: read English text, one paragraph a line; find its 50,000 most frequent words; turn each
line into a row of 128 word indices; write them as .npy. README.md says how to read the result.
"""

from __future__ import annotations

import argparse
import shutil
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

import contestants
import corpus
import measure
import numpy as np
import report
from contestants import CONTESTANTS, MAX_LEN, MAX_WORDS, Contestant
from report import Result, Rows

CHECK_CELLS = 1 << 20
"""Cells that are looked at together when an output is checked: bench.py itself stays small."""


class Plan(NamedTuple):
    """How often each contestant runs."""

    runs: int
    slow_runs: int

    def runs_of(self, contestant: Contestant) -> int:
        """Runs of this contestant."""
        return self.runs if contestant.quick else min(self.runs, self.slow_runs)


def main() -> int:
    """Measure, print the report, and return 1 if a contestant that is here failed."""
    args = command_line()
    circumstances = report.circumstances()
    text = args.text.resolve() if args.text else corpus.gutenberg()
    if args.size:
        text = corpus.cut(text, args.size)
    chosen = [c for c in CONTESTANTS if not args.only or c.name in args.only]
    plan = Plan(args.runs, args.slow_runs)

    results = compete(chosen, text, plan)
    parts = [headline(text), report.times(results)]
    parts += [f"{result.title} {result.trouble}" for result in results if result.trouble]
    if any(result.rows for result in results):
        parts.append(report.outputs(results))
    if args.copies > 1:
        quick = [c for c in chosen if c.quick]
        large = compete(quick, corpus.copied(text, args.copies), plan)
        small = [result for result in results if result.name in {c.name for c in quick}]
        parts.append(report.growth(small, large, text.stat().st_size / corpus.MB, args.copies))
        results += large
    parts.append(circumstances)

    page = "\n\n".join(parts)
    print(page)
    if args.markdown:
        args.markdown.write_text(page + "\n", encoding="utf-8")
    return int(any(result.trouble.startswith("failed") for result in results))


def command_line() -> argparse.Namespace:
    """The options."""
    parser = argparse.ArgumentParser(
        description="The same job with embedprep and its peers, as whole processes, taking turns."
    )
    names = [contestant.name for contestant in CONTESTANTS]
    parser.add_argument("--runs", type=int, default=5, help="runs of the quick ones (default 5)")
    parser.add_argument("--slow-runs", type=int, default=2, help="of the slow ones (default 2)")
    parser.add_argument("--size", type=float, metavar="MB", help="cut the corpus to so many MB")
    parser.add_argument("--only", nargs="+", choices=names, metavar="NAME", help=", ".join(names))
    parser.add_argument(
        "--copies", type=int, default=0, metavar="N", help="measure the quick ones on N copies too"
    )
    parser.add_argument("--text", type=Path, metavar="FILE", help="another text than the corpus")
    parser.add_argument("--markdown", type=Path, metavar="FILE", help="write the report there too")
    return parser.parse_args()


def compete(chosen: Sequence[Contestant], text: Path, plan: Plan) -> list[Result]:
    """The results of all, who take turns: A B C A B C.

    So a slow minute of the machine hits everybody, and ratios hold where seconds waver.
    """
    results = [entered(contestant) for contestant in chosen]
    for turn in range(-1, plan.runs):
        for i, contestant in enumerate(chosen):
            warm_up = turn < 0
            due = contestant.quick if warm_up else turn < plan.runs_of(contestant)
            if due and not results[i].trouble:
                results[i] = run_once(contestant, results[i], text, warm_up)
    shutil.rmtree(corpus.BUILD / "out", ignore_errors=True)
    return results


def entered(contestant: Contestant) -> Result:
    """A result without runs, and with the reason if there will be none."""
    try:
        found, trouble = contestants.version(contestant), ""
    except contestants.Missing as error:
        found, trouble = "–", f"missing: {error}"
    return Result(contestant.name, contestant.title, found, trouble=trouble)


def run_once(contestant: Contestant, result: Result, text: Path, warm_up: bool) -> Result:
    """The result with one more run, whose output is checked the first time."""
    out = corpus.emptied(corpus.BUILD / "out" / contestant.name)
    try:
        cost = measure.run(contestant.call(text, out), corpus.ROOT, contestant.environ)
    except measure.CommandFailed as error:
        return result._replace(costs=(), trouble=f"failed: {error}")
    note = "warm-up" if warm_up else f"run {len(result.costs) + 1}"
    print(f"{contestant.name}, {note}: {cost.wall:.2f} s", file=sys.stderr)

    if contestant.rows and not result.rows:
        result = result._replace(rows=checked(out / contestant.rows))
    shutil.rmtree(out)
    return result if warm_up else result._replace(costs=(*result.costs, cost))


def checked(path: Path) -> Rows:
    """Shape and content of the rows, read piece by piece."""
    rows = np.load(path, mmap_mode="r")
    filled = unknown = 0
    for first in range(0, rows.size, CHECK_CELLS):
        place = rows.offset + first * rows.itemsize
        cells = np.fromfile(path, rows.dtype, CHECK_CELLS, offset=place)
        filled += int(np.count_nonzero(cells))
        unknown += int(np.count_nonzero(cells == 1))
    return Rows(rows.shape, str(rows.dtype), filled, unknown)


def headline(text: Path) -> str:
    """What was measured on which text."""
    return (
        f"{text.name}: {text.stat().st_size / corpus.MB:.1f} MB, "
        f"{corpus.count_lines(text):,} lines, {MAX_WORDS:,} words kept, rows of {MAX_LEN}. "
        "Whole processes, taking turns."
    )


if __name__ == "__main__":
    sys.exit(main())
