"""Is what goes into a summary true, harmless, and in its place?"""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from embedprep.cli.markdown import escaped, markdown
from embedprep.errors import OutputError
from embedprep.gates import Measured
from tests.in_process import all_files, call
from tests.test_gates import ROWS, RUN


@pytest.fixture(autouse=True)
def _folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    Path("t.txt").write_text("\n".join(ROWS) + "\n", encoding="utf-8")


SUMMARY = """
### embedprep run&#58; out

❌ 1 of 2 gates failed, so nothing was written

| gate | part | figure | limit |  |
| --- | --- | ---: | --- | --- |
| `--max-oov` | training | 10.00% | at most 9% | ❌ |
| `--max-oov` | a.b | 0.00% | at most 9% | ✅ |
| `--min-rows` | training | 20 | at least 20 | ✅ |

| part | rows | words | out of vocabulary | truncated | empty |
| --- | ---: | ---: | ---: | ---: | ---: |
| training | 20 | 20 | 2 (10.00%) | 1 (5.00%) | 2 (10.00%) |
| a.b | 2 | 0 | 0 | 0 (0.00%) | 2 (100.00%) |

| figure |  |
| --- | ---: |
| max_len | 2 |
| kept words | 1 |

```python
Embedding(input_dim=3, output_dim=128, mask_zero=True)  # rows of 2
```
"""


def test_more_than_nothing_is_never_told_as_nothing() -> None:
    facts = {"rows": 20_000, "words": 10**7, "unknown_words": 1, "empty_rows": 19_999}
    [told] = [
        line
        for line in markdown("encode", Measured("out", facts)).splitlines()
        if line.startswith("| training ")
    ]
    assert told == "| training | 20,000 | 10,000,000 | 1 (<0.01%) |  | 19,999 (>99.99%) |"


def test_a_summary_is_appended_where_a_gate_failed_and_where_none_did() -> None:
    Path("dev.txt").write_text("\n\n", encoding="utf-8")
    Path("s.md").write_text("before", encoding="utf-8")
    options = ("--holdout", "a.b=dev.txt", "--max-oov", "9%", "--min-rows", "20")
    assert call(RUN, *options, "--summary", "s.md").exit_code == 3
    expected = SUMMARY.replace("&#58;", ":", 1)
    assert Path("s.md").read_text("utf-8") == f"before{expected}"
    call(RUN, *options, "--summary", "s.md", "--gate-warn")
    warned = expected.replace(", so nothing was written", "")
    assert Path("s.md").read_text("utf-8") == f"before{expected}{warned}"

    call(RUN, "--min-rows", "1", "--summary", "other.md", "-q")
    assert "\n✅ 1 gate kept\n" in Path("other.md").read_text("utf-8")
    call(RUN, "--if-changed", "--summary", "unchanged.md", "-q")
    assert "| training | 20 | 20 | 2 (10.00%) |" in Path("unchanged.md").read_text("utf-8")
    call("verify out --summary verified.md")
    assert "### embedprep verify: out\n\n| part | rows |" in Path("verified.md").read_text("utf-8")
    call("encode t.txt --vocab out/vocab.json -o x.npy --summary e.md --overflow split -q")
    assert "| training | 21 | 20 | 2 (10.00%) | split |" in Path("e.md").read_text("utf-8")
    call("matrix -o out --dim 3 --summary m.md -q")
    assert "### embedprep matrix: out\n\n| figure |  |\n| --- | ---: |\n| vectors | 3 x 3 |\n" in (
        Path("m.md").read_text("utf-8")
    )


@pytest.mark.parametrize(
    "name",
    ["<script>alert(1)<script>", "a|b", "`x`", "a\n# b\n| c |", "![x](y)", "\\|", "\x1b[2J"],
)
def test_names_are_text_in_a_summary(name: str) -> None:
    call("run t.txt -q --summary s.md -o", name)
    summary = Path("s.md").read_text("utf-8")
    head, *rest = summary.splitlines()[1:]
    shown = head.removeprefix("### embedprep run: ")
    assert shown == escaped(name)
    assert not set(shown) & set("\\`|<>![]()\x1b")
    assert not [line for line in rest if line.startswith("#")]
    assert {line.count("|") for line in rest if line.startswith("|")} == {7, 3}


@pytest.mark.parametrize(
    ("summary", "message"),
    [
        ("out/manifest.json", "is, or would be, among the files of the output"),
        ("out/new.md", "is, or would be, among the files of the output"),
        ("t.txt", "is also t.txt; name another --summary"),
        ("linked.txt", "is also t.txt; name another --summary"),
        ("dev.txt", "is also dev.txt; name another --summary"),
        ("none/s.md", "cannot be written: no such folder"),
        (".", "is a folder, not a file"),
    ],
)
def test_where_no_summary_can_be(summary: str, message: str) -> None:
    Path("dev.txt").write_text("a\n", encoding="utf-8")
    os.link("t.txt", "linked.txt")
    before = all_files(Path())
    ended = call(f"{RUN} --holdout dev=dev.txt", "--summary", summary)
    assert ended.exit_code == 1
    assert ended.stderr.startswith(f"embedprep: {summary}: {message}")
    assert all_files(Path()) == before


def test_a_summary_is_no_array_nor_list_that_is_written_and_not_standard_output() -> None:
    call(RUN, "-q")
    before = all_files(Path())
    encode = "encode t.txt --vocab out/vocab.json -o x.npy --summary"
    assert "among the files of the output" in call(encode, "x.npy").stderr
    assert "is also out/vocab.json" in call(encode, "out/vocab.json").stderr
    matrix = "matrix --vocab out/vocab.json -o m.npy --vectors t.txt --missing l --summary"
    assert "is also l;" in call(matrix, "l").stderr
    assert "is also t.txt;" in call(matrix, "t.txt").stderr
    for name, message in (("-", "cannot go to standard output"), ("", "the name is empty")):
        ended = call(encode, name)
        assert (ended.exit_code, message in ended.stderr) == (2, True)
    assert call(encode, "s3://a/b").exit_code == 2
    assert all_files(Path()) == before


def test_a_summary_that_cannot_be_written_in_the_end_does_not_lose_the_output(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def full(*_: object) -> int:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("embedprep.cli.summary_file.os.write", full)
    ended = call(RUN, "--summary", "s.md")
    assert ended.exit_code == 1
    assert ended.stdout.startswith("out: 20 rows of 2 indices, int32\n")
    assert "embedprep: s.md: cannot be written (No space left on device)" in ended.stderr
    assert call("verify out").exit_code == 0


def test_a_summary_is_written_though_nobody_reads_the_result(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def gone(_: object) -> None:
        raise OutputError("standard output", "is closed")

    monkeypatch.setattr("embedprep.cli.stdout.write", gone)
    assert call(RUN, "--summary", "s.md").exit_code == 1
    assert call(RUN, "--min-rows", "21", "--summary", "s.md", "--json").exit_code == 1
    assert Path("s.md").read_text("utf-8").count("### embedprep run: out") == 2


def test_a_summary_is_not_what_is_read_as_standard_input(tmp_path: Path) -> None:
    text = tmp_path / "t.txt"
    text.write_text("a b\n", encoding="utf-8")
    command = [
        sys.executable,
        "-m",
        "embedprep",
        "run",
        "-",
        "-q",
        "-o",
        "out",
        "--summary",
        "t.txt",
    ]
    with text.open("rb") as stream:
        ended = subprocess.run(
            command, cwd=tmp_path, stdin=stream, capture_output=True, check=False
        )
    assert (ended.returncode, b"is also standard input" in ended.stderr) == (1, True)
    assert text.read_text(encoding="utf-8") == "a b\n"
