"""Does time grow with the text alone, and do two workers halve it? Does a bound on memory hold?

    python benchmarks/scaling.py                1 GB of English, and 1 GB with 2.5 million words
    python benchmarks/scaling.py --copies 2     a quick trial with two copies of the corpus

Whole processes, taking turns; what the same command takes for one line is left out of each time.
"""

from __future__ import annotations

import argparse
import shutil
import sys
from pathlib import Path
from statistics import median
from typing import NamedTuple

import corpus
import measure
import report
from contestants import MAX_LEN

BOUND = 256
"""MB for `--memory`."""

BESIDE = 60
"""MB for the interpreter and its libraries, which the bound does not count."""


class Way(NamedTuple):
    """A text, and the options that it is run with."""

    text: Path
    options: tuple[str, ...] = ()


class Took(NamedTuple):
    """Median seconds, without the start, and the largest peak in MB; the bytes that were made."""

    seconds: float
    peak: float
    digests: bytes


def main() -> None:
    """Measure and print both tables."""
    parser = argparse.ArgumentParser(description="Growth with the text, with workers, and memory.")
    parser.add_argument("--runs", type=int, default=3)
    parser.add_argument("--copies", type=int, default=9, help="of the corpus (default 9: 1 GB)")
    args = parser.parse_args()
    circumstances = report.circumstances()

    small = corpus.gutenberg()
    large = corpus.copied(small, args.copies)
    few_rare, rare = (corpus.with_rare_words(small, copies) for copies in (1, args.copies))
    ways = {
        "100 MB, 1 job": Way(small, ("--jobs", "1")),
        "100 MB, 2 jobs": Way(small, ("--jobs", "2")),
        "large, 1 job": Way(large, ("--jobs", "1")),
        "large, 2 jobs": Way(large, ("--jobs", "2")),
        "100 MB with rare words": Way(few_rare),
        "rare words": Way(rare),
        f"rare words, --memory {BOUND}MB": Way(rare, ("--memory", f"{BOUND}MB")),
    }
    took = measured(ways, args.runs)
    print(table(ways, took))
    print(verdicts(took, ways))
    print(circumstances)


def measured(ways: dict[str, Way], runs: int) -> dict[str, Took]:
    """What each way takes; the first turn only warms the file cache."""
    line = corpus.written(corpus.BUILD / "one-line.txt", [b"one line\n"])
    walls: dict[str, list[float]] = {name: [] for name in ways}
    starts: list[float] = []
    peaks = dict.fromkeys(ways, 0.0)
    digests = dict.fromkeys(ways, b"")
    for turn in range(runs + 1):
        starts.append(run(Way(line))[0].wall)
        for name, way in ways.items():
            cost, digests[name] = run(way)
            if turn:
                walls[name].append(cost.wall)
                peaks[name] = max(peaks[name], cost.peak / corpus.MB)
            print(f"{name}: {cost.wall:.2f} s", file=sys.stderr)
    start = median(starts)
    return {
        name: Took(median(of_way) - start, peaks[name], digests[name])
        for name, of_way in walls.items()
    }


def run(way: Way) -> tuple[measure.Cost, bytes]:
    """The cost of a run, and its manifest, which has the digests of all files."""
    out = corpus.emptied(corpus.BUILD / "out" / "scaling")
    command = [sys.executable, "-m", "embedprep", "run", str(way.text), "-o", str(out / "o")]
    cost = measure.run([*command, "--max-len", str(MAX_LEN), "-q", *way.options], corpus.ROOT)
    manifest = (out / "o" / "manifest.json").read_bytes()
    shutil.rmtree(out)
    return cost, manifest


def table(ways: dict[str, Way], took: dict[str, Took]) -> str:
    """All figures."""
    lines = ["| run                         |    MB | seconds | MB a second | peak MB |"]
    lines.append("| --------------------------- | ----: | ------: | ----------: | ------: |")
    for name, way in ways.items():
        size = way.text.stat().st_size / corpus.MB
        seconds, peak, _ = took[name]
        lines.append(
            f"| {name:27} | {size:5.0f} | {seconds:7.2f} | {size / seconds:11.0f} | {peak:7.0f} |"
        )
    return "\n".join(lines)


def verdicts(took: dict[str, Took], ways: dict[str, Way]) -> str:
    """What the figures say of each promise."""

    def per_mb(name: str, other: str) -> float:
        growth = ways[name].text.stat().st_size / ways[other].text.stat().st_size
        return took[name].seconds / growth / took[other].seconds

    rare, bounded = took["rare words"], took[f"rare words, --memory {BOUND}MB"]
    speedup = took["large, 1 job"].seconds / took["large, 2 jobs"].seconds
    same = "the same bytes" if rare.digests == bounded.digests else "OTHER BYTES"
    memory = f"--memory {BOUND}MB: {bounded.peak:.0f} MB, of {BOUND + BESIDE} promised"
    said = [
        f"two jobs beside one: {speedup:.2f} x as fast",
        "time per MB of the large text beside that of 100 MB, two jobs:",
        f"  {per_mb('large, 2 jobs', '100 MB, 2 jobs'):.2f} x where the copies have no new words",
        f"  {per_mb('rare words', '100 MB with rare words'):.2f} x where each has as many more",
        f"{memory}, in {bounded.seconds / rare.seconds:.2f} x the time and {same}",
    ]
    return "\n".join(["", *said, ""])


if __name__ == "__main__":
    main()
