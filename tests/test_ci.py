"""Do the files of `examples/ci`, and the page about them, do what they say?"""

from __future__ import annotations

import re
import shutil
import subprocess
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import pytest
import yaml

import embedprep
from tests.sessions import blocks, replay, steps

ROOT = Path(__file__).resolve().parents[1]
PAGE = (ROOT / "docs" / "ci.md").read_text(encoding="utf-8")
JOB = yaml.safe_load((ROOT / "examples" / "ci" / "embedprep.yml").read_text(encoding="utf-8"))

pytestmark = pytest.mark.skipif(
    find_spec("matplotlib") is None, reason="the report needs matplotlib"
)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """What the files expect around them."""
    for name in ("examples", "sample_data"):
        shutil.copytree(ROOT / name, tmp_path / name)
    (tmp_path / "data").mkdir()
    shutil.copy(ROOT / "sample_data" / "tickets.csv", tmp_path / "data")
    return tmp_path


def run(command: list[str], folder: Path, env: dict[str, str]) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        command,
        cwd=folder,
        # What the make around the tests was told is not meant for the one here.
        env={name: value for name, value in env.items() if "MAKE" not in name},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        encoding="utf-8",
        check=False,
    )


def bytes_of(folder: Path) -> dict[str, bytes]:
    paths = (path for path in folder.rglob("*") if path.is_file())
    return {str(path.relative_to(folder)): path.read_bytes() for path in paths}



def test_the_sessions_of_the_page_run_as_shown(folder: Path, shell: dict[str, str]) -> None:
    shown = steps(PAGE, "console")
    assert len(shown) >= 8
    shutil.rmtree(folder / "data")
    replay(shown, folder, {name: value for name, value in shell.items() if "MAKE" not in name})


# The job for GitHub Actions.


def do_job(job: dict[str, Any], folder: Path, env: dict[str, str]) -> tuple[int, str]:
    """Do what a runner does with the commands of a job, all but the installation; the status of the
    first step that failed, and the summary.
    """
    summary = folder / "summary.md"
    summary.unlink(missing_ok=True)
    shell = {**env, **job["env"], "GITHUB_STEP_SUMMARY": str(summary)}
    # "bash" there: docs.github.com, workflow syntax, `jobs.<job_id>.steps[*].shell`.
    assert JOB["defaults"] == {"run": {"shell": "bash"}}
    bash = ["bash", "--noprofile", "--norc", "-e", "-o", "pipefail", "-c"]
    status = 0
    for step in job["steps"]:
        if "run" in step and not step["run"].startswith("pip install "):
            status = run([*bash, step["run"]], folder, shell).returncode
            if status:
                break
    return status, summary.read_text(encoding="utf-8") if summary.exists() else ""


def test_the_job_makes_an_output_once_and_tells_of_changes(
    folder: Path, shell: dict[str, str]
) -> None:
    [job] = JOB["jobs"].values()
    status, summary = do_job(job, folder, shell)
    assert status == 0
    assert "Embedding(input_dim=647" in summary
    made = bytes_of(folder / "build")
    output = embedprep.load(folder / "build" / "data")
    assert output.sequences.shape == (317, 29)
    assert list(output.parts) == ["validation", "test"]

    status, summary = do_job(job, folder, shell)
    assert status == 0
    assert "previous.json and build/data/vocab.json are the same" in summary
    assert bytes_of(folder / "build") == made

    with (folder / "data" / "tickets.csv").open("a", encoding="utf-8") as table:
        table.write("1397,My umbrella leaks.,product\n")
    status, summary = do_job(job, folder, shell)
    assert status == 0
    assert "previous.json and build/data/vocab.json differ" in summary
    assert bytes_of(folder / "build") != made


def test_a_job_whose_gate_fails_keeps_the_last_output(folder: Path, shell: dict[str, str]) -> None:
    [job] = JOB["jobs"].values()
    assert do_job(job, folder, shell)[0] == 0
    made = bytes_of(folder / "build")
    table = folder / "data" / "tickets.csv"
    head = table.read_text(encoding="utf-8").splitlines(keepends=True)[:200]
    table.write_text("".join(head), encoding="utf-8")
    status, summary = do_job(job, folder, shell)
    assert status == 3
    assert "--min-rows" in summary
    assert bytes_of(folder / "build") == made


def test_what_the_job_uploads_and_caches_is_what_it_makes(
    folder: Path, shell: dict[str, str]
) -> None:
    [job] = JOB["jobs"].values()
    assert do_job(job, folder, shell)[0] == 0
    told = {
        step["uses"].partition("@")[0]: step["with"]["path"].split()
        for step in job["steps"]
        if "path" in step.get("with", {})
    }
    assert told == {
        "actions/cache": ["build/data"],
        "actions/upload-artifact": ["build/data", "build/report.html"],
    }
    assert all((folder / path).exists() for paths in told.values() for path in paths)


def test_the_snippet_for_gitlab_makes_its_artefacts(folder: Path, shell: dict[str, str]) -> None:
    [snippet] = blocks(PAGE, "yaml")
    [job] = yaml.safe_load(snippet).values()
    install, *commands = job["script"]
    assert install.startswith("pip install ")
    for command in commands:
        done = run(["bash", "-e", "-o", "pipefail", "-c", command], folder, shell)
        assert done.returncode == 0, done.stdout
    assert all((folder / path).exists() for path in job["artifacts"]["paths"])
    assert set(job["cache"]["paths"]) <= set(job["artifacts"]["paths"])


# The Makefile.


def make(
    folder: Path, shell: dict[str, str], *arguments: str
) -> subprocess.CompletedProcess[str]:
    return run(["make", "-C", "examples/ci", *arguments], folder, shell)


def test_a_second_make_does_nothing(folder: Path, shell: dict[str, str]) -> None:
    first = make(folder, shell)
    assert first.returncode == 0, first.stdout
    assert re.findall(r"^embedprep (\w+)", first.stdout, re.MULTILINE) == ["run", "verify", "report"]
    made = bytes_of(folder / "build" / "ci")
    assert {"data/manifest.json", "data.verified", "report.html"} <= made.keys()
    second = make(folder, shell)
    assert second.returncode == 0
    assert "Nothing to be done" in second.stdout

    # A table that only looks newer: it is read, and nothing is made of that.
    (folder / "sample_data" / "tickets.csv").touch()
    third = make(folder, shell)
    assert re.findall(r"^embedprep (\w+)", third.stdout, re.MULTILINE) == ["run"]
    assert bytes_of(folder / "build" / "ci") == made


def test_a_gate_that_fails_stops_make_and_the_old_output_stands(
    folder: Path, shell: dict[str, str]
) -> None:
    assert make(folder, shell).returncode == 0
    made = bytes_of(folder / "build" / "ci")
    table = folder / "sample_data" / "tickets.csv"
    table.write_text(table.read_text(encoding="utf-8") + "1397,Umbrella!,product\n", "utf-8")
    failed = make(folder, shell, "GATES=--max-oov 1%")
    assert failed.returncode == 2  # make's own
    assert "Error 3" in failed.stdout
    assert "--max-oov" in failed.stdout
    assert "embedprep verify" not in failed.stdout
    assert bytes_of(folder / "build" / "ci") == made

    assert make(folder, shell).returncode == 0
    assert bytes_of(folder / "build" / "ci") != made
