"""Are figures held to their limits, exactly, and is nothing written where one fails?"""

from __future__ import annotations

import json
import os
from collections import Counter
from fractions import Fraction
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

import embedprep
from embedprep.errors import OutputError, SettingsError
from embedprep.gates import Checked, GateError, Gates, Measured, check, hold, parse_share
from embedprep.measuring import hold_output, measured_output
from tests.in_process import all_files, call
from tests.test_same_bytes import files_in

ROWS = ["a"] * 15 + ["b", "", "", "a a a", "c"]
"""20 rows of 20 words. With -n 1 and --max-len 2, 2 words are unknown, 1 row is cut; 2 rows are
empty, and 15 are copies of earlier ones, a blank row among them.
"""

LIMITS = [
    ("--max-oov", "10%", "9.9999999%", "0.11"),
    ("--max-truncated", "5%", "0.0499", "1"),
    ("--max-empty", "0.1", "0", "11 %"),
    ("--max-duplicates", "75%", "74.9%", "76%"),
    ("--min-rows", "20", "21", "19"),
]
"""Each gate, its figure, a limit that it fails, and one that it keeps to."""


@pytest.fixture(autouse=True)
def _folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    Path("t.txt").write_text("\n".join(ROWS) + "\n", encoding="utf-8")


RUN = "run t.txt -n 1 --max-len 2 -o out"


@pytest.mark.parametrize("output", ["out", "rows.npy"])
@pytest.mark.parametrize(("gate", "figure", "failed", "kept"), LIMITS)
def test_run_and_encode_publish_where_a_gate_is_kept_and_nothing_where_it_fails(
    gate: str, figure: str, failed: str, kept: str, output: str
) -> None:
    call("run t.txt -n 1 --max-len 2 -o old -q")
    commands = [f"encode t.txt --vocab old/vocab.json -o {output}"]
    commands += [RUN] if output == "out" else []
    for command in commands:
        before = all_files(Path())
        ended = call(command, gate, failed)
        assert ended.exit_code == 3, ended
        assert "1 of 1 gate failed, so nothing was written" in ended.stderr
        assert ended.stdout == ""
        assert all_files(Path()) == before  # no output, no folder, no staging

        for limit in (figure, kept):
            ended = call(command, gate, limit)
            assert ended.exit_code == 0, ended
            assert "(all kept)\n" in ended.stdout
        whole = all_files(Path())
        assert whole != before
        assert call(command, gate, failed).exit_code == 3
        assert all_files(Path()) == whole  # the old output stands


@pytest.mark.parametrize(("gate", "figure", "failed", "kept"), LIMITS)
def test_verify_holds_gates_by_the_manifest(gate: str, figure: str, failed: str, kept: str) -> None:
    call(RUN, "--max-duplicates", "1", "-q")
    before = all_files(Path())
    assert call("verify out", gate, figure).exit_code == 0
    assert call("verify out", gate, kept).exit_code == 0
    ended = call("verify out", gate, failed)
    assert ended.exit_code == 3
    assert ended.stderr.startswith("embedprep: out: 1 of 1 gate failed\n")
    assert all_files(Path()) == before


def test_gates_of_the_coverage() -> None:
    Path("v.txt").write_text("a 1 2\n", encoding="utf-8")
    Path("v.json").write_text("", encoding="utf-8")
    vectors = ("-n", "2", "--vectors", "v.txt")
    call("vocab t.txt -n 2 -o v.json -q")
    for command in ("run t.txt -o out -n 2", "matrix --vocab v.json -o m.npy", "matrix -o out"):
        before = all_files(Path())
        more = vectors[2:]
        ended = call(command, *more, "--min-coverage", "50.1%")
        assert (ended.exit_code, ended.stdout) == (3, "")
        assert "  --min-coverage  50.00%  at least 50.1%  FAILED\n" in ended.stderr
        assert all_files(Path()) == before
        assert call(command, *more, "--min-coverage", "50%").exit_code == 0
        assert call(command, *more, "--min-coverage", "0.49").exit_code == 0
        assert all_files(Path()) != before
        call("matrix -o out -q")
    call("matrix -o out -q --vectors v.txt")
    assert call("verify out --min-coverage 50%").exit_code == 0
    assert call("verify out --min-coverage 51%").exit_code == 3

    for command in ("run t.txt -o out", "run t.txt --dim 3 -o out", "matrix -o out"):
        ended = call(command, "--min-coverage", "1%")
        assert ended.exit_code == 2
        assert "'--min-coverage': means nothing without a file of vectors" in ended.stderr
    ended = call("matrix --vocab v.json --start out/embedding_matrix.npy -o n.npy --min-coverage 0")
    assert ended.exit_code == 2
    assert call("encode t.txt --vocab v.json -o e --min-coverage 1%").exit_code == 2
    call("matrix -o out -q")
    ended = call("verify out --min-coverage 1%")
    assert ended.exit_code == 1
    assert ended.stderr == (
        "embedprep: out: its manifest does not tell which words a file of vectors has; make its "
        "matrix by --vectors, or leave out --min-coverage\n"
    )


def test_a_failed_matrix_leaves_no_list_of_missing_words() -> None:
    Path("v.txt").write_text("a 1 2\n", encoding="utf-8")
    call("vocab t.txt -o v.json -q")
    ended = call(
        "matrix --vocab v.json --vectors v.txt -o m.npy --missing l --min-coverage 1 --json"
    )
    assert ended.exit_code == 3
    assert sorted(os.listdir()) == ["t.txt", "v.json", "v.txt"]
    told = json.loads(ended.stdout)
    assert (told["output"], told["shape"], told["statistics"]["words_found"]) == (
        "m.npy",
        [5, 2],
        1,
    )
    figure, limit = 1 / 3, 1.0
    [gate] = told["gates"]
    assert gate == {
        "gate": "min-coverage",
        "part": None,
        "figure": figure,
        "limit": limit,
        "kept": False,
    }


def test_all_gates_are_told_of_and_each_part_by_its_name() -> None:
    Path("dev.txt").write_text("a\nb\n", encoding="utf-8")
    options = ("--holdout", "北京=dev.txt", "--max-oov", "49%", "--min-rows", "1000", "-q")
    ended = call(RUN, *options)
    assert ended == (
        3,
        "",
        (
            "embedprep: out: 2 of 2 gates failed, so nothing was written\n"
            "  --max-oov   training  10.00%  at most 49%     kept\n"
            "  --max-oov   北京      50.00%  at most 49%     FAILED\n"
            "  --min-rows  training      20  at least 1,000  FAILED\n"
        ),
    )
    assert not Path("out").exists()

    ended = call(RUN, *options, "--json")
    told = json.loads(ended.stdout)
    assert ended.exit_code == 3
    assert (told["output"], told["statistics"]["rows"], told["parts"]["北京"]["rows"]) == (
        "out",
        20,
        2,
    )
    assert told["embedding"]["input_dim"] == 3
    kept = {"gate": "max-oov", "part": None, "figure": 0.1, "limit": 0.49, "kept": True}
    failed = kept | {"part": "北京", "figure": 0.5, "kept": False}
    rows = {"gate": "min-rows", "part": None, "figure": 20, "limit": 1000, "kept": False}
    assert told["gates"] == [kept, failed, rows]

    ended = call(RUN, *options, "--gate-warn")
    assert (ended.exit_code, ended.stdout, ended.stderr) == (0, "", "")  # as -q has it
    ended = call(RUN, *options[:-1], "--gate-warn")
    assert ended.exit_code == 0
    assert ended.stderr.startswith("embedprep: warning: out: 2 of 2 gates failed\n  --max-oov ")
    assert "  gates            2  (2 failed)\n" in ended.stdout
    assert call("verify out --max-oov 49%").exit_code == 3
    assert call("verify out --max-oov 49% --gate-warn").exit_code == 0
    assert json.loads(call("verify out --max-oov 50% --json").stdout)["gates"] == [
        kept | {"limit": 0.5},
        failed | {"limit": 0.5, "kept": True},
    ]


def test_a_figure_is_told_apart_from_its_limit() -> None:
    def shown(n: int, of: int, limit: str) -> str:
        return Checked("--max-oov", "", n, of, parse_share("", limit)).shown_figure

    assert shown(5, 100, "5%") == "5.00%"
    assert shown(50_001, 1_000_000, "5%") == "5.0001%"
    assert shown(49_999_999, 10**9, "5%") == "4.9999999%"
    assert shown(1, 3, "33.33%") == "33.333%"
    assert shown(0, 0, "0") == "0.00%"


@pytest.mark.parametrize(
    ("given", "share"),
    [
        ("5%", Fraction(1, 20)),
        ("0.5 %", Fraction(1, 200)),
        ("0.05", Fraction(1, 20)),
        ("100%", 1),
        ("1", 1),
        ("0", 0),
        (0.05, Fraction(1, 20)),
        (1e-9, Fraction(1, 10**9)),
        (Fraction(1, 3), Fraction(1, 3)),
        (1, 1),
    ],
)
def test_shares(given: Any, share: Fraction) -> None:
    assert parse_share("--max-oov", given) == share
    assert Gates(max_oov=given).limits == {"--max-oov": share}


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ("5", "'5' is no share in 0..1; write 5% or 0.05"),
        ("1.5", "'1.5' is no share in 0..1; write 1.5% or 0.015"),
        ("500", "'500' is no share in 0..1"),
        ("100.1%", "'100.1%' is more than 100%"),
        ("-1%", "'-1%' is no share like 5% or 0.05"),
        ("٥%", "'٥%' is no share like 5% or 0.05"),
        ("", "'' is no share like 5% or 0.05"),
        ("nan", "'nan' is no share like 5% or 0.05"),
        (float("nan"), "nan is no share like 5% or 0.05"),
        (-0.1, "'-0.1' is no share in 0..1"),
    ],
)
def test_what_is_no_share(given: Any, message: str) -> None:
    with pytest.raises(SettingsError) as caught:
        Gates(min_coverage=given)
    assert str(caught.value) == f"--min-coverage: {message}"
    if isinstance(given, str):
        ended = call(RUN, f"--max-oov={given}")
        assert ended.exit_code == 2
        assert f"'--max-oov': {message}\n" in ended.stderr


def test_wrong_command_lines() -> None:
    assert "--gate-warn means nothing without a gate" in call(RUN, "--gate-warn").stderr
    assert call(RUN, "--min-rows", "-1").exit_code == 2
    assert call(RUN, "--min-rows", "5%").exit_code == 2
    with pytest.raises(SettingsError, match=r"--min-coverage: means nothing"):
        embedprep.build("t.txt", "out", gates=Gates(min_coverage="5%"))
    with pytest.raises(SettingsError, match="--min-rows: -1 is less than 0"):
        Gates(min_rows=-1)
    assert sorted(os.listdir()) == ["t.txt"]


def test_gates_from_python() -> None:
    options: dict[str, Any] = {"max_words": 1, "max_len": 2}
    built = embedprep.build("t.txt", "out", gates=Gates(max_oov="10%"), **options)
    assert built.statistics["unknown_words"] == 2
    whole = all_files(Path("out"))
    with pytest.raises(GateError) as caught:
        embedprep.build("t.txt", "out", gates=Gates(max_oov="9%", min_rows=20), **options)
    assert str(caught.value) == (
        "out: 1 of 2 gates failed, so nothing was written: --max-oov 10.00%, at most 9%"
    )
    assert caught.value.exit_status == 3
    assert [its.is_kept for its in caught.value.checked] == [False, True]
    assert all_files(Path("out")) == whole
    embedprep.build("t.txt", "out", gates=Gates(max_oov=0, only_warn=True), **options)
    assert files_in(Path("out")) == {Path(name).name: data for name, data in whole.items()}


def test_gates_change_no_byte_but_that_copies_are_told_of() -> None:
    call(RUN, "-q")
    plain = files_in(Path("out"))
    gates = ["--max-oov", "1", "--max-truncated", "1", "--max-empty", "1", "--min-rows", "0"]
    call(RUN, *gates, "-q")
    assert files_in(Path("out")) == plain
    call(RUN, *gates, "--max-duplicates", "1", "--drop-duplicates", "-q")
    dropped = files_in(Path("out"))
    call(RUN, "--drop-duplicates", "-q")
    assert files_in(Path("out")) == dropped

    call(RUN, *gates, "--max-duplicates", "1", "-q")
    told = files_in(Path("out"))
    assert [name for name in told if told[name] != plain[name]] == ["manifest.json"]
    manifest, before = (json.loads(files["manifest.json"]) for files in (told, plain))
    assert manifest["statistics"].pop("duplicate_rows") == 15
    assert manifest.pop("request") != before.pop("request")
    assert manifest == before
    assert call("verify out").exit_code == 0


def test_an_unchanged_output_must_keep_to_gates_too() -> None:
    assert call(RUN, "--max-oov", "10%").exit_code == 0
    assert call(RUN, "--max-oov", "10%", "--if-changed").stdout == "out: unchanged\n"
    whole = all_files(Path())
    ended = call(RUN, "--max-oov", "9%", "--if-changed", "--json")
    assert ended.exit_code == 3
    said = "embedprep: out: 1 of 1 gate failed, of an output that is unchanged\n"
    assert ended.stderr.startswith(said)
    assert json.loads(ended.stdout)["gates"][0]["figure"] == 0.1
    assert all_files(Path()) == whole
    ended = call(RUN, "--min-rows", "20", "--if-changed", "--json")
    assert json.loads(ended.stdout)["changed"] is False
    assert json.loads(ended.stdout)["gates"][0]["kept"] is True

    # How many rows are copies is not known yet, and then it is.
    ended = call(RUN, "--max-duplicates", "75%", "--if-changed")
    assert "  duplicate rows  15  (kept)\n" in ended.stdout
    assert call(RUN, "--max-duplicates", "75%", "--if-changed").stdout == "out: unchanged\n"
    assert call(RUN, "--max-duplicates", "74%", "--if-changed").exit_code == 3


def test_copies_are_counted_part_by_part_and_before_rows_are_split() -> None:
    Path("dev.txt").write_text("a\nb\nb\n", encoding="utf-8")

    def figures(*options: str) -> list[tuple[str | None, float]]:
        command = "run t.txt -n 1 -o out --max-duplicates 100% --json"
        gates = json.loads(call(command, *options).stdout)["gates"]
        return [(its["part"], its["figure"]) for its in gates]

    assert figures("--holdout", "dev=dev.txt") == [(None, 0.75), ("dev", 1 / 3)]
    assert figures("--overflow", "split", "--max-len", "1") == [(None, 0.75)]
    assert figures("--drop-duplicates") == [(None, 0.75)]
    assert figures("--drop-empty") == [(None, 14 / 18)]
    assert figures("--memory", "300MB", "--resume") == [(None, 0.75)]
    labelled = ["a"] * 3 + ["b"]
    Path("t.csv").write_text(
        "".join(f"{n % 2},{a}\n" for n, a in enumerate(labelled)), encoding="utf-8"
    )
    columns = "--text-column 2 --label-column 1 -o x.npy --json --max-duplicates 1"
    command = f"encode t.csv --vocab out/vocab.json {columns}"
    call("run t.csv --text-column 2 --label-column 1 -o out -q")
    assert json.loads(call(command).stdout)["gates"][0]["figure"] == 0.5
    dropped = call(command, "--drop-duplicates")  # only where the label is the same too
    assert json.loads(dropped.stdout)["gates"][0]["figure"] == 0.25


def test_verify_counts_rows_that_are_alike_where_no_copies_are_told_of() -> None:
    call(RUN, "-q")
    assert call("verify out --max-duplicates 80%").exit_code == 0  # `b` and `c` are both <unk>
    ended = call("verify out --max-duplicates 75%")
    assert ended.exit_code == 3
    assert "  --max-duplicates  80.00%  at most 75%  FAILED\n" in ended.stderr
    call(RUN, "--drop-duplicates", "-q")
    assert call("verify out --max-duplicates 75%").exit_code == 0
    assert call("verify out --max-duplicates 74.9%").exit_code == 3


def test_verify_tells_of_what_is_broken_first_and_of_what_has_no_figures() -> None:
    call(RUN, "-q")
    call("skipgrams out -o pairs -q")
    ended = call("verify pairs --min-rows 1")
    assert ended.exit_code == 1
    assert "pairs: holds pairs for a skip-gram model, not rows" in ended.stderr
    Path("out/lengths.npy").write_bytes(b"")
    ended = call("verify out --max-oov 0 --summary s.md")
    assert ended.exit_code == 1
    assert "gate" not in ended.stderr
    assert "❌ 2 problems\n\n- lengths.npy&#58; has 0 bytes" in Path("s.md").read_text("utf-8")


@pytest.mark.parametrize("broken", [None, "2", True, -1, 2.0])
def test_a_figure_that_a_manifest_does_not_tell_is_an_error(broken: object) -> None:
    measured = Measured("out", {"words": 3, "unknown_words": 1}, {"dev": {"words": broken}})
    with pytest.raises(OutputError) as caught:
        check(Gates(max_oov="5%"), measured)
    cause = "its manifest does not tell the number of unknown_words"
    assert str(caught.value) == f"out/dev: {cause}; make the output again"
    matrix = {"words_found": 1, "missing_words": broken}
    with pytest.raises(OutputError, match="does not tell which words a file of vectors has"):
        check(Gates(min_coverage="5%"), Measured("out", {}, matrix=matrix))


def test_the_run_after_a_failed_gate_goes_on_with_what_is_finished() -> None:
    options = ("--rows-per-shard", "3", "--resume", "-q")
    assert call(RUN, "--max-oov", "1%", *options).exit_code == 3
    assert not Path("out/manifest.json").exists()
    assert call(RUN, *options).exit_code == 0
    resumed = files_in(Path("out"))
    call(RUN, "--rows-per-shard", "3", "-q")
    assert files_in(Path("out")) == resumed


texts = st.lists(st.sampled_from(["", " ", "a", "a b", "b a c", "c c c c", "é 北京"]), min_size=1)


@given(training=texts, dev=texts, drop_empty=st.booleans(), n=st.integers(1, 3))
def test_figures_are_those_of_plain_python(
    training: list[str],
    dev: list[str],
    drop_empty: bool,
    n: int,
    tmp_path_factory: pytest.TempPathFactory,
) -> None:
    if drop_empty and not any(row.split() for row in training):
        return
    max_len = 4 - n
    folder = tmp_path_factory.mktemp("any")
    parts = {"": training, "dev": dev}
    for name, rows in parts.items():
        (folder / f"{name}.txt").write_text("".join(f"{r}\n" for r in rows), encoding="utf-8")
    counts = Counter(word for row in training for word in row.split())
    kept = sorted(counts, key=lambda word: (-counts[word], word))[:n]
    every = Gates("0", "0", "0", "0", 0, only_warn=True)
    out = folder / "out"
    built = embedprep.build(
        str(folder / ".txt"),
        out,
        holdout={"dev": str(folder / "dev.txt")},
        tokenizer="whitespace",
        max_words=n,
        max_len=max_len,
        drop_empty=drop_empty,
        gates=every,
    )
    expected = []
    for name, rows in parts.items():
        left = [row for row in rows if row.split() or not drop_empty]
        words = [word for row in left for word in row.split()]
        expected += [
            ("--max-oov", name, sum(word not in kept for word in words), len(words)),
            ("--max-truncated", name, sum(len(r.split()) > max_len for r in left), len(left)),
            ("--max-empty", name, sum(not row.split() for row in left), len(left)),
            ("--max-duplicates", name, len(left) - len(set(left)), len(left)),
        ]
        expected += [("--min-rows", name, len(left), 1)] if not name else []
    checked = check(every, built.measured)
    assert sorted(its[:4] for its in checked) == sorted(expected)
    assert check(every, measured_output(out, every)) == checked
    for its in checked:
        right = Fraction(its.n, its.of or 1)
        assert its.figure == right
        assert its.is_kept == (its.gate == "--min-rows" or right == 0)


def test_what_is_warned_of_is_told_where_a_gate_fails_too() -> None:
    Path("zh.txt").write_text("我很喜欢这部电影。\n" * 5, encoding="utf-8")
    ended = call("run zh.txt --tokenizer keras -o out --min-rows 6")
    assert ended.exit_code == 3
    assert ended.stderr.startswith("embedprep: warning: zh.txt: 100% of its letters are Han")


def test_hold_gives_what_was_checked() -> None:
    measured = Measured("out", {"rows": 7})
    [held] = hold(Gates(min_rows=7), measured)
    assert held == Checked("--min-rows", "", 7, 1, 7)
    assert held.is_kept
    assert check(Gates(), measured) == []


def test_an_output_is_measured_where_it_is_held_or_asked_for() -> None:
    call(RUN, "-q")
    out = Path("out")
    assert hold_output(out, Gates()) == Measured("out", {})
    assert hold_output(out, Gates(), always=True) == measured_output(out, Gates())
    assert hold_output(out, Gates(min_rows=20)).statistics["rows"] == 20
    with pytest.raises(GateError, match=r"^out: 1 of 1 gate failed, as told: --min-rows 20, at l"):
        hold_output(out, Gates(min_rows=21), ", as told")
    assert hold_output(out, Gates(min_rows=21, only_warn=True)).statistics["rows"] == 20


@pytest.mark.parametrize(
    "limits", [{"max_oov": True}, {"max_oov": [1]}, {"min_rows": 5.5}, {"min_rows": "5"}]
)
def test_a_limit_of_another_kind(limits: dict[str, Any]) -> None:
    with pytest.raises(SettingsError, match=r"is no (share like 5% or 0\.05|number of rows)"):
        Gates(**limits)
