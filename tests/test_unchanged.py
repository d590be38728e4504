"""Is an output made again when, and only when, something differs?"""

from __future__ import annotations

import gzip
import json
from pathlib import Path

import pytest

from tests.in_process import Ended, call
from tests.test_same_bytes import files_in

VECTORS = "a 1 2\nb 3 4\n"


@pytest.fixture(autouse=True)
def _inputs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    Path("t.txt").write_text("a b c\nb c\n", encoding="utf-8")
    Path("u.txt").write_text("c c\n", encoding="utf-8")
    Path("v.txt").write_text(VECTORS, encoding="utf-8")


def done(command: str) -> Ended:
    result = call(command)
    assert result.exit_code == 0, result.output
    return result


def is_made_again(command: str) -> bool:
    """Whether a command does its work, though `--if-changed` may spare it."""
    before = Path("out/manifest.json").stat().st_mtime_ns
    result = done(f"{command} --if-changed")
    was_made = Path("out/manifest.json").stat().st_mtime_ns != before
    assert (result.output == "out: unchanged\n") is not was_made
    return was_made


RUN = "run x=t.txt --holdout dev=x=u.txt -n 2 --max-len p99 --vectors v.txt -o out"


@pytest.mark.parametrize("suffix", ["", " --jobs 1", " --memory 200MB", " --max-bytes 1MB"])
def test_nothing_is_done_twice(suffix: str) -> None:
    done(RUN)
    files = files_in(Path("out"))
    assert not is_made_again(RUN + suffix)
    assert files_in(Path("out")) == files


@pytest.mark.parametrize(
    "other",
    [
        RUN.replace("-n 2", "-n 3"),
        RUN.replace("p99", "p98"),
        RUN.replace("x=t.txt", "y=t.txt").replace("x=u.txt", "y=u.txt"),
        RUN.replace("dev=", "test="),
        RUN.replace("x=t.txt", "x=./t.txt"),
        RUN.replace(" --vectors v.txt", " --dim 2"),
        RUN + " --oov drop",
        RUN + " --rows-per-shard 1",
        RUN + " --tokenizer keras",
        RUN + " --case-fallback",
        RUN + " --seed 1",
        RUN + " x=u.txt",
    ],
)
def test_other_settings_are_another_output(other: str) -> None:
    done(RUN)
    assert is_made_again(other)
    assert not is_made_again(other)


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("t.txt", b"a b c\nb d\n"),  # of the same size
        ("t.txt", b"a b c\nb c\nmore\n"),
        ("u.txt", b"c d\n"),
        ("v.txt", b"a 1 2\nb 3 5\n"),
        ("out/sequences.npy", b"short"),
        ("out/dev/vocab.json", b"{}"),
    ],
)
def test_other_content_is_told(name: str, content: bytes) -> None:
    done(RUN)
    expected = files_in(Path("out"))
    Path(name).write_bytes(content)
    assert is_made_again(RUN)
    if name.startswith("out/"):
        assert files_in(Path("out")) == expected


def test_an_output_that_is_not_whole_is_made() -> None:
    done(RUN)
    Path("out/lengths.npy").unlink()
    assert is_made_again(RUN)
    Path("out/manifest.json").unlink()
    assert "unchanged" not in done(f"{RUN} --if-changed").output


def test_what_another_version_made_is_made_again() -> None:
    done(RUN)
    manifest = json.loads(Path("out/manifest.json").read_bytes())
    Path("out/manifest.json").write_bytes(json.dumps(manifest | {"request": "0" * 64}).encode())
    assert is_made_again(RUN)


def test_a_compressed_input_is_told_by_what_it_holds() -> None:
    Path("t.gz").write_bytes(gzip.compress(b"a b c\n" * 100, 1))
    command = "run t.gz -o out"
    done(command)
    Path("t.gz").write_bytes(gzip.compress(b"a b c\n" * 100, 9))
    assert not is_made_again(command)
    Path("t.gz").write_bytes(gzip.compress(b"a b d\n" * 100, 9))
    assert is_made_again(command)


def test_many_small_streams_may_take_more_than_they_hold() -> None:
    Path("t.gz").write_bytes(gzip.compress(b"a\n") * 4000)
    assert Path("t.gz").stat().st_size > 2 * 4000 + (1 << 16)
    done("run t.gz -o out")
    assert not is_made_again("run t.gz -o out")


@pytest.mark.parametrize(
    "broken",
    [
        {"inputs": None},
        {"inputs": [3, 4]},
        {"inputs": {}},
        {"matrix": 3},
        {"matrix": {"vectors": []}},
    ],
)
def test_a_broken_manifest_is_another_output(broken: dict[str, object]) -> None:
    done(RUN)
    manifest = json.loads(Path("out/manifest.json").read_bytes())
    Path("out/manifest.json").write_text(json.dumps(manifest | broken), encoding="utf-8")
    assert is_made_again(RUN)
    assert not is_made_again(RUN)


def test_a_matrix_that_took_the_place_of_the_one_asked_for_is_told() -> None:
    done("run t.txt --dim 3 -o out")
    done("matrix -o out --dim 2")
    assert is_made_again("run t.txt --dim 3 -o out")
    done("run t.txt -o out")
    done("matrix -o out --dim 2")  # one that nobody asked run for stays
    assert not is_made_again("run t.txt -o out")


def test_a_missing_input_is_an_error_as_ever() -> None:
    done(RUN)
    Path("t.txt").unlink()
    result = call(f"{RUN} --if-changed")
    assert result.exit_code == 1
    assert "no such file" in result.stderr


def test_encoding_is_told_by_the_vocabulary_too() -> None:
    done("vocab t.txt -o v.json")
    command = "encode u.txt --vocab v.json -o out"
    done(command)
    assert not is_made_again(command)
    assert json.loads(done(f"{command} --if-changed --json").output) == {
        "output": "out",
        "changed": False,
    }
    done("vocab t.txt u.txt -o v.json")
    assert is_made_again(command)
    assert is_made_again(f"{command} --padding post")


def test_standard_input_cannot_be_looked_at() -> None:
    for command in ("run - -o out --if-changed", "run t.txt --vectors - -o out --if-changed"):
        result = call(command)
        assert result.exit_code == 2
        assert "standard input can be read once" in result.output


def test_a_file_of_rows_has_no_manifest_to_look_at() -> None:
    command = "encode u.txt --vocab v.json -o x.npy --if-changed"
    done("vocab t.txt -o v.json")
    result = call(command)
    assert result.exit_code == 2
    assert "asks the manifest of a folder" in result.output
