"""Is an output at s3:// the one on a disk, and whole whatever ends the run?"""

from __future__ import annotations

import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from tests.stores import stored
from tests.test_remote import comparable
from tests.test_same_bytes import files_in

CLI = [sys.executable, "-m", "embedprep"]
TEXT = b"".join(b"row %d of the text, and word%d\n" % (n, n % 997) for n in range(200_000))
NAMES = ("part-0.txt", "part-1.txt")
SHARDS = ("--rows-per-shard", "20000", "--max-len", "6")


class Ended(NamedTuple):
    status: int
    out: str
    err: str


def run(*arguments: str, folder: Path) -> Ended:
    done = subprocess.run([*CLI, *arguments], cwd=folder, capture_output=True, check=False)
    return Ended(done.returncode, done.stdout.decode(), done.stderr.decode())


@pytest.fixture
def texts(s3: Any, tmp_path: Path) -> Path:
    for name, text in zip(NAMES, (TEXT, TEXT[:1000]), strict=True):
        s3.put_object(Bucket="bucket", Key=f"in/{name}", Body=text)
        (tmp_path / name).write_bytes(text)
    return tmp_path


def test_objects_give_the_bytes_of_files(s3: Any, texts: Path) -> None:
    parts = ("--split", "80/20", "-q")
    assert run("run", *NAMES, *SHARDS, *parts, "-o", "out", folder=texts).status == 0
    inputs = "s3://bucket/in/part-*.txt"
    ended = run("run", inputs, *SHARDS, *parts, "-o", "s3://bucket/out", folder=texts)
    assert ended == Ended(0, "", "")
    assert comparable(stored(s3)) == comparable(files_in(texts / "out"))

    words = ("--vocab", "s3://bucket/out/vocab.json", "-q")
    ended = run(
        "encode", "s3://bucket/in/part-1.txt", *words, "-o", "s3://bucket/x.npy", folder=texts
    )
    assert ended == Ended(0, "", "")
    words = ("--vocab", "out/vocab.json", "-q")
    ended = run("encode", "part-1.txt", *words, "-o", "x.npy", folder=texts)
    assert ended == Ended(0, "", "")
    assert stored(s3, "x.npy") == {"": (texts / "x.npy").read_bytes()}


def test_a_run_that_is_killed_leaves_no_manifest_and_the_next_one_mends_it(
    s3: Any, texts: Path
) -> None:
    assert run("run", "part-1.txt", "-q", "-o", "s3://bucket/out", folder=texts).status == 0
    old = stored(s3)
    command = ["run", "part-0.txt", *SHARDS, "-q", "-o", "s3://bucket/out"]
    with subprocess.Popen([*CLI, *command], cwd=texts) as process:
        while not any(name.startswith("sequences-") for name in _names(s3)):
            assert process.poll() is None
            time.sleep(0.005)
        process.send_signal(signal.SIGKILL)
    assert process.returncode == -signal.SIGKILL
    left = stored(s3)
    assert "manifest.json" not in left
    assert ".embedprep-claim.json" in left
    assert old.keys() - left.keys() <= {"manifest.json"}

    assert run("run", "part-1.txt", "-q", "-o", "s3://bucket/out", folder=texts).status == 0
    assert stored(s3) == old


def _names(s3: Any) -> list[str]:
    listed = s3.list_objects_v2(Bucket="bucket", Prefix="out/").get("Contents", [])
    return [each["Key"].removeprefix("out/") for each in listed]


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        ("run s3://bucket/none -o out", "s3://bucket/none: no such object; check the address"),
        ("run s3://nobody/none -o out", "s3://nobody/none: no such bucket; check the address"),
        (
            "run part-1.txt -o s3://nobody/out",
            (
                "s3://nobody/out: cannot be written (no such bucket); "
                "check the address, and the rights of the credentials"
            ),
        ),
        (
            "run s3://bucket/in/x-* -o out",
            "s3://bucket/in/x-*: no object has such a name; check the address",
        ),
    ],
)
def test_what_is_not_there_is_told_of(arguments: str, said: str, texts: Path) -> None:
    assert run(*arguments.split(), folder=texts) == Ended(1, "", f"embedprep: {said}\n")
    assert not (texts / "out").exists()


def test_a_server_that_is_not_there_is_told_of(
    texts: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AWS_ENDPOINT_URL", "http://127.0.0.1:9")
    ended = run("run", "s3://bucket/in/part-1.txt", "-o", "out", folder=texts)
    assert ended == Ended(
        1,
        "",
        "embedprep: s3://bucket/in/part-1.txt: cannot be read (the server cannot be reached); "
        "check the address and the network\n",
    )


def test_without_credentials_they_are_asked_for(
    texts: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.delenv(name)
    ended = run("run", "part-1.txt", "-o", "s3://bucket/new", folder=texts)
    assert ended == Ended(
        1,
        "",
        "embedprep: s3://bucket/new/manifest.json: cannot be read (no credentials are found); "
        "name them as its package asks for\n",
    )
