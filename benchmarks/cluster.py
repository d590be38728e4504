"""What does a cluster of processes cost beside threads? The main job on this machine, by both.

    python benchmarks/cluster.py                whole corpus, as many workers as there are cores
    python benchmarks/cluster.py --size 5       a quick trial with 5 MB of it

The cluster is started before, and both have done the job once: start-up is left out.
"""

from __future__ import annotations

import argparse
import os
import shutil
import statistics
import sys
import time
from importlib.util import find_spec
from pathlib import Path

import corpus
import report
from contestants import MAX_LEN

from embedprep.building import build
from embedprep.cli.memory import keep_freed_memory
from embedprep.engines.cluster import local_cluster


def main() -> None:
    """Measure in turns and print the medians."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawTextHelpFormatter
    )
    parser.add_argument("--runs", type=int, default=5)
    parser.add_argument("--size", type=float, metavar="MB", help="cut the corpus to so many MB")
    parser.add_argument("--workers", type=int, default=len(os.sched_getaffinity(0)))
    args = parser.parse_args()
    circumstances = report.circumstances()
    text = corpus.gutenberg()
    if args.size:
        text = corpus.cut(text, args.size)

    if find_spec("distributed") is None:
        sys.exit("dask is missing: pip install 'embedprep[dask]'")
    keep_freed_memory()  # as the command line does, and as Dask's workers do
    with local_cluster(args.workers) as address:
        ways: dict[str, dict[str, object]] = {
            "threads": {"jobs": args.workers},
            "cluster": {"engine": "dask", "scheduler": address},
        }
        times: dict[str, list[float]] = {name: [] for name in ways}
        for turn in range(args.runs + 1):
            for name, options in ways.items():
                took = seconds(text, options)
                if turn:
                    times[name].append(took)
    medians = {name: statistics.median(of_way) for name, of_way in times.items()}
    print(f"{text.name}, {args.workers} workers, medians of {args.runs} runs in turns\n")
    for name, median in medians.items():
        runs = ", ".join(f"{took:.2f}" for took in times[name])
        print(f"  {name}  {median:6.2f} s  ({runs})")
    print(
        f"\n  a cluster takes {medians['cluster'] / medians['threads']:.2f} x the time of threads\n"
    )
    print(circumstances)


def seconds(text: Path, options: dict[str, object]) -> float:
    """The time of one job, whose output is removed."""
    out = corpus.emptied(corpus.BUILD / "out" / "cluster")
    before = time.perf_counter()
    build(text, out / "o", max_len=MAX_LEN, **options)  # type: ignore[arg-type]
    took = time.perf_counter() - before
    shutil.rmtree(out)
    return took


if __name__ == "__main__":
    main()
