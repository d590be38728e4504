"""What does a run leave that Ctrl-C or SIGTERM ends?"""

from __future__ import annotations

import os
import signal
import statistics
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from tests.faults import places
from tests.faults.figures import Tally, some, times
from tests.faults.worlds import Ended, contents, end, leftovers, make_job, run, start

ENDS = {
    signal.SIGINT: Ended(130, "embedprep: interrupted"),
    signal.SIGTERM: Ended(143, "embedprep: terminated"),
}


@contextmanager
def heard() -> Iterator[None]:
    """Programs that are started hear all signals, also below a nohup."""
    before = {number: signal.signal(number, lambda *_: None) for number in ENDS}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def struck(number: int, moment: float, *arguments: str, **options: Any) -> Ended:
    """How a run ends that gets a signal after so many seconds."""
    with heard():
        process = start(*options.pop("place"), *arguments, **options)
    with process:
        time.sleep(moment)
        process.send_signal(number)
        return stripped(end(process))


def stripped(ended: Ended) -> Ended:
    """Without the line end behind the ^C that a terminal shows."""
    return ended._replace(said=ended.said.strip())


def outcome_of(ended: Ended, number: int) -> str:
    """An AssertionError where a run ended in another way than a signal ends it."""
    if ended == (0, ""):
        return "done before"
    if ended == ENDS[signal.Signals(number)]:
        return f"ended with {ended.status}"
    # Before signals are heard, and after all is done, the interpreter ends in its own ways; of
    # Ctrl-C while it makes its streams it makes a fatal error.
    assert "embedprep/cli" not in ended.said, ended
    said_by_python = ["KeyboardInterrupt", "Fatal Python error: init_"]
    assert ended.status == -number or any(its in ended.said for its in said_by_python), ended
    return "ended by Python, before it ran the program or after"


@pytest.mark.parametrize("number", ENDS, ids=lambda number: signal.Signals(number).name)
@pytest.mark.parametrize("name", ["run", "skipgrams", "vocab"])
def test_a_signal_at_random_moments(
    name: str, number: int, folder: Path, tally: Callable[[str, str], Tally]
) -> None:
    figures = tally("ended", f"{signal.Signals(number).name} at random moments of {name}")
    job = make_job(name, folder, is_new=False)
    others = job.others()
    durations = []
    for _ in range(3):
        begun = time.monotonic()
        assert run(folder, *job.arguments) == (0, "")
        durations.append(time.monotonic() - begun)
    longest = 1.1 * statistics.median(durations)
    n_runs = times(50 if name == "run" else 20, 2)
    for moment in np.random.default_rng(number).uniform(0, longest, n_runs):
        job.set_back()
        outcome = outcome_of(struck(number, moment, *job.arguments, place=[folder]), number)
        state = job.state()
        assert state in {"old output untouched", "new output whole"}
        assert outcome != "done before" or state == "new output whole"
        assert leftovers(folder) == []
        assert job.others() == others
        figures.add(f"{outcome}, {state}")


@pytest.mark.parametrize("number", ENDS, ids=lambda number: signal.Signals(number).name)
def test_a_signal_while_python_starts(
    number: int, folder: Path, tally: Callable[[str, str], Tally]
) -> None:
    figures = tally("ended", f"{signal.Signals(number).name} within the first 0.12 s")
    for moment in np.random.default_rng(number).uniform(0, 0.12, times(100, 4)):
        ended = struck(number, moment, "run", "new.txt", "-q", "-o", "out", place=[folder])
        figures.add(outcome_of(ended, number))
        assert leftovers(folder) == []


def test_signals_are_heard_before_anything_heavy_is_imported(
    folder: Path, tally: Callable[[str, str], Tally]
) -> None:
    figures = tally("ended", "SIGINT while a module is imported")
    modules = ["click", "click.core", "inspect", "embedprep.cli", "embedprep.cli.main", "numpy"]
    for module in modules:
        hooks = folder / "hooks"
        hooks.mkdir(exist_ok=True)
        (hooks / "sitecustomize.py").write_text(
            "import os, signal, sys\n"
            "def count(event, arguments):\n"
            f"    if event == 'import' and arguments[0] == {module!r}:\n"
            "        os.kill(os.getpid(), signal.SIGINT)\n"
            "sys.addaudithook(count)\n",
            encoding="utf-8",
        )
        with heard():
            env = os.environ | {"PYTHONPATH": str(hooks), "PYTHONDONTWRITEBYTECODE": "1"}
            ended = stripped(run(folder, "run", "new.txt", "-q", "-o", "out", env=env))
        assert ended == ENDS[signal.SIGINT], module
        figures.add("ended with 130")
        assert contents(folder / "out") == {}


@pytest.mark.parametrize("is_swallowed", [False, True])
def test_a_signal_that_a_module_in_c_prints(
    folder: Path, tally: Callable[[str, str], Tally], *, is_swallowed: bool
) -> None:
    # What `import_array` of NumPy does with any exception: PyErr_Print, then another error.
    figures = tally("ended", "SIGTERM while a module in C is imported, which prints exceptions")
    raised = "pass" if is_swallowed else "raise ImportError('numpy.core.multiarray') from None"
    hooks = folder / "hooks"
    hooks.mkdir()
    (hooks / "sitecustomize.py").write_text(
        "import os, signal, sys\n"
        "def strike(event, arguments):\n"
        "    if event == 'import' and arguments[0] == 'numpy':\n"
        "        try:\n"
        "            os.kill(os.getpid(), signal.SIGTERM)\n"
        "            sum(range(100))\n"
        "        except BaseException as error:\n"
        "            sys.excepthook(type(error), error, error.__traceback__)\n"
        f"            {raised}\n"
        "sys.addaudithook(strike)\n",
        encoding="utf-8",
    )
    with heard():
        env = os.environ | {"PYTHONPATH": str(hooks), "PYTHONDONTWRITEBYTECODE": "1"}
        ended = stripped(run(folder, "run", "new.txt", "-q", "-o", "out", env=env))
    assert ended == ENDS[signal.SIGTERM]
    figures.add("ended with 143")
    assert contents(folder / "out") == {}


@pytest.mark.parametrize("number", ENDS, ids=lambda number: signal.Signals(number).name)
@pytest.mark.parametrize("name", ["run", "encode"])
def test_a_signal_at_every_call_of_the_system(
    name: str, number: int, folder: Path, tally: Callable[[str, str], Tally], tmp_path: Path
) -> None:
    if not places.can_trace():
        pytest.skip("a signal comes at exact calls of the system: needs strace")
    sent = signal.Signals(number).name
    figures = tally("ended", f"{sent} at every call that changes a file: {name}")
    job = make_job(name, folder, is_new=False)
    job.set_back()
    found = places.traced_places(job.command, folder, tmp_path / "log")
    for call, at in some(found, 2):
        job.set_back()
        with heard():
            prefix = places.traced(call, at, f"signal={sent}")
            ended = stripped(run(folder, *job.arguments, prefix=prefix))
        state = job.state()
        assert ended in (ENDS[signal.Signals(number)], (0, ""))
        assert state in {"old output untouched", "new output whole"}
        assert leftovers(folder) == []
        figures.add(f"{outcome_of(ended, number)}, {state}")


def test_a_run_in_the_background_goes_on(folder: Path, tally: Callable[[str, str], Tally]) -> None:
    figures = tally("ended", "SIGINT to a run in the background of a shell, which ignores it")
    command = (
        f'"{sys.executable}" -m embedprep run new.txt -q -o out & sleep 0.05; kill -INT $!; wait $!'
    )
    for _ in range(times(10, 1)):
        done = subprocess.run(["sh", "-c", command], cwd=folder, capture_output=True, check=False)
        assert (done.returncode, done.stderr) == (0, b"")
        figures.add("new output whole")
