"""Do odd clocks, languages, environments and names change what is made?"""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

import embedprep
from tests.faults.figures import Tally, some
from tests.faults.worlds import (
    JOBS,
    Job,
    assert_as_told,
    call,
    contents,
    leftovers,
    make_job,
    run,
)

DAYS = {
    "1970": 0.0,
    "before 1970": -3e9,
    "2200": 7.26e9,
}

CLOCK = """
import time
def at(seconds): return lambda: seconds
time.time, time.time_ns = at({now}), at(int({now} * 10**9))
of_now = {{name: getattr(time, name) for name in ("localtime", "gmtime")}}
for name in of_now:
    setattr(time, name, lambda s=None, f=of_now[name]: f({now} if s is None else s))
"""
"""What Python is told of the time where no libfaketime is there to tell every program."""


@pytest.fixture
def job(request: pytest.FixtureRequest, folder: Path) -> Job:
    return make_job(request.param, folder, is_new=False)


def at_time(now: float, folder: Path) -> tuple[list[str], dict[str, str]]:
    """The prefix and the environment of a program to which it is another time."""
    if shutil.which("faketime"):
        return ["faketime", "-f", f"@{now:.0f}"], dict(os.environ)
    folder.mkdir(exist_ok=True)
    (folder / "sitecustomize.py").write_text(CLOCK.format(now=now), encoding="utf-8")
    return [], os.environ | {"PYTHONPATH": str(folder), "PYTHONDONTWRITEBYTECODE": "1"}


@pytest.mark.parametrize("day", DAYS)
@pytest.mark.parametrize("job", some(list(JOBS), 2), indirect=True)
def test_a_clock_that_is_wrong(
    job: Job, day: str, tally: Callable[[str, str], Tally], tmp_path: Path
) -> None:
    figures = tally("surroundings", f"a clock in {day}, and files of that day")
    job.set_back()
    seconds = max(DAYS[day], 0)  # some file systems know no earlier time
    for path in job.folder.rglob("*"):
        os.utime(path, (seconds, seconds))
    prefix, env = at_time(DAYS[day], tmp_path / "clock")
    assert run(job.folder, *job.arguments, prefix=prefix, env=env) == (0, "")
    assert contents(job.target) == job.new
    figures.add("the same bytes")


def test_an_archive_at_a_time_that_zip_cannot_tell(
    folder: Path, tally: Callable[[str, str], Tally], tmp_path: Path
) -> None:
    figures = tally("surroundings", "a clock in 1970: bow --sparse, a zip archive")
    command = ["bow", "rows", "--sparse", "-q", "-o"]
    assert call(folder, *command, "now.npz") is None
    prefix, env = at_time(0, tmp_path / "clock")
    assert run(folder, *command, "then.npz", prefix=prefix, env=env) == (0, "")
    assert (folder / "then.npz").read_bytes() == (folder / "now.npz").read_bytes()
    figures.add("the same bytes")


LANGUAGES = {
    "LC_ALL=C": {"LC_ALL": "C", "PYTHONUTF8": "0", "PYTHONCOERCECLOCALE": "0"},
    "LC_ALL=POSIX": {"LC_ALL": "POSIX", "PYTHONUTF8": "0", "PYTHONCOERCECLOCALE": "0"},
    "an empty environment": {},
    "PYTHONIOENCODING=ascii": {"PYTHONIOENCODING": "ascii:strict", "LC_ALL": "C"},
}
COMMANDS = [
    "run größe.txt -o sätze",
    "vocab größe.txt -o -",
    "encode größe.txt --vocab sätze/vocab.json -o zeilen.npy",
    "decode sätze",
    "explain größe-猫 --vocab sätze/vocab.json",
    "matrix --vocab sätze/vocab.json --dim 4 -q -o m.npy",
    "nearest m.npy größe --vocab sätze/vocab.json",
    "export sätze --to txt -o -",
    "run größe.txt -o größe.txt",
    "run schön.txt -o sätze",
]


@pytest.mark.parametrize("language", some(list(LANGUAGES), 2))
def test_words_and_names_that_are_not_ascii(
    language: str, tmp_path: Path, tally: Callable[[str, str], Tally]
) -> None:
    figures = tally("surroundings", f"words and names that are not ASCII, {language}")
    text = "größe 猫 שלום\nschöne größe\n".encode()
    for name in ("now", "then"):
        (tmp_path / name).mkdir()
        (tmp_path / name / "größe.txt").write_bytes(text)
    for command in COMMANDS:
        ends = []
        for name, env in (("now", {"LC_ALL": "C.UTF-8"}), ("then", LANGUAGES[language])):
            with (tmp_path / "printed").open("wb") as printed:
                ended = run(tmp_path / name, *command.split(), env=env, stdout=printed)
            assert "Traceback" not in ended.said
            shown = (tmp_path / "printed").read_text(encoding="utf-8")
            # In a locale without such letters, a path is shown by escapes.
            ends.append((ended.status, shown.replace(r"\udcc3\udca4", "ä")))
        assert ends[0] == ends[1]
        figures.add("the same error" if ends[0][0] else "the same bytes")
    assert contents(tmp_path / "now") == contents(tmp_path / "then")
    assert embedprep.load(tmp_path / "then" / "sätze").vocabulary.words[0] == "größe"


PLACES = {
    "a path of 3,000 bytes": "/".join(["x" * 200] * 14),
    "a name that is not UTF-8": os.fsdecode(b"gr\xf6\xdfe"),
    "a name with a line end, a tab and a bell": "a\nb\tc\ad",
    "a name like an option": "-o",
    "spaces": "  a  ",
    "a name of 250 bytes": "y" * 250,
}


@pytest.mark.parametrize("place", PLACES)
def test_odd_names(place: str, folder: Path, tally: Callable[[str, str], Tally]) -> None:
    figures = tally("surroundings", f"inputs and outputs with odd names: {place}")
    inner = folder / PLACES[place]
    try:
        inner.mkdir(parents=True)
        shutil.copy(folder / "new.txt", inner)
    except OSError as error:
        pytest.skip(f"{place}: this file system does not take it ({error.strerror})")
    where = f"./{PLACES[place]}"
    for name, (told, target) in some(list(JOBS.items()), 2):
        text, seed, reduce = f"{where}/new.txt", "1", "mean"
        words = [
            word.format(text=text, seed=seed, reduce=reduce, target=f"{where}/{target}")
            for word in told.split()
        ]
        assert run(folder, *words, "-q") == (0, ""), name
        assert_as_told(inner / target)
        figures.add("output whole")
    assert embedprep.load(inner / "out").sequences.shape[0] == 900
    status, said = run(folder, "run", f"{where}/absent.txt", "-o", f"{where}/new")
    assert (status, said.count("\n")) == (1, 1)
    figures.add("error in one line")
    assert leftovers(folder) == []
