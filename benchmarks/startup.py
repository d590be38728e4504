"""How long until embedprep answers? Its `--help` beside `import click` alone, taking turns."""

from __future__ import annotations

import argparse
import sys
from statistics import median

import contestants
import corpus
import measure

COMMANDS = {
    "python -m embedprep --help": [sys.executable, "-m", "embedprep", "--help"],
    'python -c "import click"': [sys.executable, "-c", "import click"],
}


def main() -> None:
    """Print both medians and their ratio."""
    parser = argparse.ArgumentParser(description="Start-up time of embedprep beside that of click.")
    parser.add_argument("--runs", type=int, default=20, help="runs of each (default 20)")
    runs = parser.parse_args().runs
    try:
        found = contestants.version(contestants.EMBEDPREP)
        walls = take_turns(runs)
    except contestants.Missing as error:
        sys.exit(f"embedprep is missing: {error}")
    except measure.CommandFailed as error:
        sys.exit(f"a command failed: {error}")

    print(f"{found}, {runs} runs of each, taking turns")
    for title, seconds in walls.items():
        print(
            f"{title:28} median {1000 * median(seconds):4.0f} ms, "
            f"{1000 * min(seconds):.0f}–{1000 * max(seconds):.0f} ms"
        )
    ours, click = (median(seconds) for seconds in walls.values())
    print(f"ratio {ours / click:.2f}")


def take_turns(runs: int) -> dict[str, list[float]]:
    """Seconds of each run; the first turn only warms file cache and compiled modules."""
    walls: dict[str, list[float]] = {title: [] for title in COMMANDS}
    for turn in range(runs + 1):
        for title, command in COMMANDS.items():
            wall = measure.run(command, corpus.ROOT).wall
            if turn > 0:
                walls[title].append(wall)
    return walls


if __name__ == "__main__":
    main()
