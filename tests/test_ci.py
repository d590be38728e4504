"""Do the files of `examples/ci`, and the page about them, do what they say?"""

from __future__ import annotations

import re
import shlex
import shutil
import subprocess
from pathlib import Path

import pytest
import yaml

import embedprep
from tests.sessions import blocks, replay, steps

ROOT = Path(__file__).resolve().parents[1]
PAGE = (ROOT / "docs" / "ci.md").read_text(encoding="utf-8")
JOB = yaml.safe_load((ROOT / "examples" / "ci" / "embedprep.yml").read_text(encoding="utf-8"))


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """What the files expect around them."""
    for name in ("examples", "sample_data"):
        shutil.copytree(ROOT / name, tmp_path / name)
    (tmp_path / "data").mkdir()
    shutil.copy(ROOT / "sample_data" / "tickets.csv", tmp_path / "data")
    return tmp_path


@pytest.fixture
def env(shell: dict[str, str]) -> dict[str, str]:
    """What the make around the tests was told is not meant for the one here."""
    return {name: value for name, value in shell.items() if "MAKE" not in name}


def run(command: list[str], folder: Path, env: dict[str, str]) -> tuple[int, str]:
    """The exit status, and all that is said."""
    done = subprocess.run(
        command,
        cwd=folder,
        env=env,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        encoding="utf-8",
        check=False,
    )
    return done.returncode, done.stdout


def files_of(folder: Path) -> dict[str, bytes]:
    paths = (path for path in folder.rglob("*") if path.is_file())
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in paths}


def keep_rows(table: Path, n_rows: int) -> None:
    lines = table.read_text(encoding="utf-8").splitlines(keepends=True)
    table.write_text("".join(lines[: n_rows + 1]), encoding="utf-8")


def test_the_sessions_of_the_page_run_as_shown(folder: Path, env: dict[str, str]) -> None:
    shown = steps(PAGE, "console")
    assert len(shown) >= 8
    shutil.rmtree(folder / "data")
    replay(shown, folder, env)


INSTALLATION, REPORT = "pip install ", "embedprep report "


def do_job(folder: Path, env: dict[str, str], *left_out: str) -> tuple[int, str]:
    """Do what GitHub does with the commands of the job, all but some; the status of the last step
    that was done, and the summary.
    """
    [job] = JOB["jobs"].values()
    summary = folder / "summary.md"
    summary.write_text("", encoding="utf-8")
    env = {**env, **job["env"], "GITHUB_STEP_SUMMARY": str(summary)}
    # What `shell: bash` stands for there.
    assert JOB["defaults"] == {"run": {"shell": "bash"}}
    bash = ["bash", "--noprofile", "--norc", "-eo", "pipefail", "-c"]
    commands = [step["run"] for step in job["steps"] if "run" in step]
    status = 0
    for command in commands:
        if status == 0 and not command.startswith(left_out):
            status, _ = run([*bash, command], folder, env)
    return status, summary.read_text(encoding="utf-8")


def test_the_job_makes_what_is_due_and_tells_of_changes(folder: Path, env: dict[str, str]) -> None:
    status, summary = do_job(folder, env, INSTALLATION)
    assert status == 0
    assert "Embedding(input_dim=647" in summary
    made = files_of(folder / "build")
    output = embedprep.load(folder / "build" / "data")
    assert output.sequences.shape == (317, 29)
    assert list(output.parts) == ["validation", "test"]

    [job] = JOB["jobs"].values()
    paths = {
        step["uses"].partition("@")[0]: step["with"]["path"].split()
        for step in job["steps"]
        if "path" in step.get("with", {})
    }
    assert paths == {
        "actions/cache": ["build/data"],
        "actions/upload-artifact": ["build/data", "build/report.html"],
    }
    assert all((folder / path).exists() for some in paths.values() for path in some)

    status, summary = do_job(folder, env, INSTALLATION, REPORT)
    assert status == 0
    assert "previous.json and build/data/vocab.json are the same" in summary
    assert files_of(folder / "build") == made

    # Its last part is what is left out, so the words change.
    keep_rows(folder / "data" / "tickets.csv", 380)
    status, summary = do_job(folder, env, INSTALLATION, REPORT)
    assert status == 0
    assert "previous.json and build/data/vocab.json differ" in summary
    made_of_less = files_of(folder / "build")
    assert made_of_less != made

    keep_rows(folder / "data" / "tickets.csv", 200)
    status, summary = do_job(folder, env, INSTALLATION, REPORT)
    assert status == 3
    assert "❌ 1 of 4 gates failed" in summary
    assert files_of(folder / "build") == made_of_less


def test_the_snippet_for_gitlab_does_what_the_job_does() -> None:
    [snippet] = blocks(PAGE, "yaml")
    [gitlab] = yaml.safe_load(snippet).values()
    [github] = JOB["jobs"].values()
    table = github["env"]["TABLE"]
    summary = '--summary "$GITHUB_STEP_SUMMARY"'
    commands = [
        shlex.split(step["run"].replace("\\\n", "").replace("$TABLE", table).replace(summary, ""))
        for step in github["steps"]
        if step.get("run", "").startswith(("pip ", "embedprep "))
    ]
    assert [shlex.split(command) for command in gitlab["script"]] == commands
    assert gitlab["cache"]["paths"] == ["build/data"]
    assert gitlab["artifacts"]["paths"] == ["build/data", "build/report.html"]


def test_make_makes_what_is_due_and_stops_at_a_gate(folder: Path, env: dict[str, str]) -> None:
    [command] = [step.command.split() for step in steps(PAGE, "sh")]

    def make(*arguments: str) -> tuple[int, str, list[str]]:
        status, said = run([*command, *arguments], folder, env)
        return status, said, re.findall(r"^embedprep (\w+)", said, re.MULTILINE)

    status, said, commands = make()
    assert status == 0, said
    assert commands == ["run", "verify", "report"]
    made = files_of(folder / "build" / "ci")
    assert {"data/manifest.json", "data.verified", "report.html"} <= made.keys()

    status, said, commands = make()
    assert (status, commands) == (0, [])
    assert "Nothing to be done" in said

    # A table that only looks newer is read, and nothing is made of that.
    table = folder / "sample_data" / "tickets.csv"
    table.touch()
    status, _, commands = make()
    assert (status, commands) == (0, ["run"])
    assert files_of(folder / "build" / "ci") == made

    keep_rows(table, 380)
    status, said, commands = make("GATES=--max-oov 1%")
    assert (status, commands) == (2, ["run"])  # the status is make's own
    assert "Error 3" in said
    assert "1 of 1 gate failed, so nothing was written" in said
    assert files_of(folder / "build" / "ci") == made
