"""Is each mistake about labels, parts and the selection of rows told as such, and nothing left?"""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from tests.in_process import call
from tests.test_errors import assert_fails, run, snapshot

FEWER = "give every record as many, or leave it out"
NEVER = "the training rows never have the class"
ADD = "add such rows to the training text, or leave these out"
NO_NUMBER = "is no number that float32 holds; mend it, or leave out --label-type number"
NO_ROW = "is left without a row; give more text, or drop less of it"
COLUMNS = "--text-column 1 --label-column 2"


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Texts with and without labels, and outputs of some."""
    folder = tmp_path_factory.mktemp("made")
    contents = {
        "a.txt": "the cat\nsat\n",
        "b.txt": "sat\n",
        "blank.txt": "\n \n",
        "ab.csv": "x,a\ny,b\n",
        "abc.csv": "x,c\ny,b\nz,d\n",
        "some.csv": "x,a\ny,\n",
        "two.csv": "x,1,2\ny,3,\n",
        "one.csv": "x,1\n",
        "nan.csv": "x,1\ny,nan\n",
        "odd.csv": "x,1.5e3\ny,1_0\n",
        "broken.csv": 'x,1\ny,q\n"z"z,2\n',
        "broken.jsonl": '{"text": "x", "n": 1}\n{"text": "y", "n": "q"}\n{"text": "z"}\nw\n',
        "wide.csv": "x,１\n",
        "e=q.txt": "x\n",
        "big.csv": "x,1\ny,4e38\nz,q\n",
        "tags.jsonl": '{"text": "x", "tags": ["p", "q"]}\n',
    }
    for name, content in contents.items():
        (folder / name).write_text(content, encoding="utf-8")
    labelled = f"ab.csv {COLUMNS} -q -o labelled"
    for command in ("a.txt -q -o out", labelled, "1=a.txt --label-type number -q -o numbers"):
        assert run(folder, f"run {command}").status == 0
    return folder


@pytest.fixture
def folder(made: Path, tmp_path: Path) -> Path:
    shutil.copytree(made, tmp_path, dirs_exist_ok=True)
    return tmp_path


@pytest.mark.parametrize(
    ("command", "said"),
    [
        (f"run some.csv {COLUMNS}", f"some.csv: record 2: has no label, where 1 must be; {FEWER}"),
        ("run x=a.txt b.txt", f"b.txt: record 1: has no label, where 1 must be; {FEWER}"),
        (
            "run x=a.txt --holdout dev=a.txt",
            f"a.txt: record 1: has no label, where 1 must be; {FEWER}",
        ),
        (
            f"run two.csv {COLUMNS} --label-column 3 --label-type number",
            "two.csv: record 2: has 1 label, where 2 must be; " + FEWER,
        ),
        (
            f"run ab.csv {COLUMNS} --holdout dev=abc.csv",
            f'abc.csv: record 1: {NEVER} "c", one of 2 such classes here: "c" | "d"; {ADD}',
        ),
        (
            "run x=a.txt --holdout dev=y=a.txt --holdout dev=z=b.txt",
            f'a.txt: record 1: {NEVER} "y", one of 2 such classes here: "y" | "z"; {ADD}',
        ),
        ("run x=a.txt --holdout dev=y=a.txt", f'a.txt: record 1: {NEVER} "y"; {ADD}'),
        (
            f"run ab.csv {COLUMNS} --split 1/1 --seed 2",
            f'ab.csv: record 1: {NEVER} "a"; {ADD}',
        ),
        (
            f"encode abc.csv {COLUMNS} --vocab labelled/vocab.json",
            f'abc.csv: record 1: {NEVER} "c", one of 2 such classes here: "c" | "d"; {ADD}',
        ),
        (
            f"encode some.csv {COLUMNS} --vocab labelled/vocab.json",
            f"some.csv: record 2: has no label, where 1 must be; {FEWER}",
        ),
        (
            "encode tags.jsonl --label-column tags --vocab labelled/vocab.json",
            f"tags.jsonl: record 1: has 2 labels, where 1 must be; {FEWER}",
        ),
        (
            f"encode ab.csv {COLUMNS} --vocab numbers/vocab.json",
            f'ab.csv: record 1: the label "a" {NO_NUMBER}',
        ),
        (
            "encode x=a.txt --vocab out/vocab.json",
            (
                "the labels: have no numbers: the vocabulary was made of text without labels; "
                "leave them out, or make the vocabulary of labelled text"
            ),
        ),
        (
            f"run ab.csv {COLUMNS} --label-type number",
            f'ab.csv: record 1: the label "a" {NO_NUMBER}',
        ),
        (
            f"run nan.csv {COLUMNS} --label-type number",
            f'nan.csv: record 2: the label "nan" {NO_NUMBER}',
        ),
        (
            f"run one.csv nan.csv {COLUMNS} --label-type number",
            f'nan.csv: record 2: the label "nan" {NO_NUMBER}',
        ),
        (
            f"run odd.csv {COLUMNS} --label-type number",
            f'odd.csv: record 2: the label "1_0" {NO_NUMBER}',
        ),
        (
            f"run broken.csv {COLUMNS} --label-type number",
            f'broken.csv: record 2: the label "q" {NO_NUMBER}',
        ),
        (
            "run broken.jsonl --label-column n --label-type number",
            f'broken.jsonl: record 2: the label "q" {NO_NUMBER}',
        ),
        (
            f"run wide.csv {COLUMNS} --label-type number",
            f'wide.csv: record 1: the label "１" {NO_NUMBER}',
        ),
        (
            "run a.txt --label-type number",
            "--label-type number: no row has a label; name their --label-column, or leave it out",
        ),
        (
            f"encode two.csv {COLUMNS} --label-column 3 --vocab numbers/vocab.json",
            f"two.csv: record 1: has 2 labels, where 1 must be; {FEWER}",
        ),
        ("run e=q.txt", "q.txt: no such file; the file e=q.txt is read as ./e=q.txt"),
        (
            f"run big.csv {COLUMNS} --label-type number",
            f'big.csv: record 2: the label "4e38" {NO_NUMBER}',
        ),
        ("run blank.txt --drop-empty", f"the text: {NO_ROW}"),
        ("encode blank.txt --drop-empty --vocab out/vocab.json", f"the text: {NO_ROW}"),
        ("run b.txt --split 0.000001/1", f"the training part: {NO_ROW}"),
        (
            "run blank.txt --holdout dev=a.txt --drop-empty --drop-duplicates",
            f"the training part: {NO_ROW}",
        ),
        ("run a.txt --holdout dev=nope.txt", "nope.txt: no such file; check the path"),
        (
            "run a.txt --overflow split --max-len p50 --stride 1",
            (
                "--stride 1: leaves no new word in rows of 1; "
                "choose a smaller one, or a larger --max-len"
            ),
        ),
        (
            "encode a.txt --overflow split --stride 2 --vocab out/vocab.json",
            (
                "--stride 2: leaves no new word in rows of 2; "
                "choose a smaller one, or a larger --max-len"
            ),
        ),
        (
            "run out/dev/labels.npy --holdout dev=a.txt",
            "out/dev/labels.npy: is also an input and would be overwritten; name another -o",
        ),
    ],
)
def test_what_the_files_show(command: str, said: str, folder: Path) -> None:
    (folder / "out" / "dev").mkdir()
    (folder / "out" / "dev" / "labels.npy").write_bytes(b"mine\n")
    place = "out" if "out/dev" in command else "new/deep"
    assert_fails(folder, f"{command} -o {place}", said)


@pytest.mark.parametrize(
    ("command", "place", "said"),
    [
        (
            "run =nope",
            "INPUT",
            "'=nope' is no LABEL=PATH; a file of that name is read as ./NAME",
        ),
        ("run x=", "INPUT", "'x=' is no LABEL=PATH"),
        ("vocab x=", "INPUT", "'x=' is no LABEL=PATH"),
        ("encode x= --vocab v.json", "INPUT", "'x=' is no LABEL=PATH"),
        ("run nope --holdout nope", "--holdout", "'nope' is no NAME=PATH"),
        ("run nope --holdout =nope", "--holdout", "'=nope' is no NAME=PATH"),
        ("run nope --holdout dev=", "--holdout", "'dev=' is no NAME=PATH"),
        ("run nope --holdout dev=x=", "INPUT", "'x=' is no LABEL=PATH"),
        ("run nope --holdout ..=nope", "--holdout", "'..' is no name for a folder in the output"),
        ("run nope --holdout .=nope", "--holdout", "'.' is no name for a folder in the output"),
        ("run nope --holdout a/b=nope", "--holdout", "'a/b' is no name for a folder in the output"),
        (
            "run nope --holdout LABELS.NPY=nope",
            "--holdout",
            "'LABELS.NPY' is no name for a folder in the output; use letters, digits, _ and -",
        ),
        (
            "run nope --holdout labels.npy=nope",
            "--holdout",
            "'labels.npy' is no name for a folder in the output",
        ),
        (
            "run nope --holdout manifest.json=nope",
            "--holdout",
            "'manifest.json' is no name for a folder in the output",
        ),
        (
            "run nope --split 8/1/1 --holdout validation=nope",
            "--holdout",
            "'validation' is also a part of --split",
        ),
        (
            "run nope --split 8/0/1 --holdout test=nope",
            "--holdout",
            "'test' is also a part of --split",
        ),
        (
            "run nope --holdout training=nope",
            "--holdout",
            "'training' is what the training rows are called; choose another name",
        ),
        ("run - --label-from parent", "--label-from parent", "standard input lies in no folder"),
        (
            "run /nope --label-from parent",
            "--label-from parent",
            "/nope lies in no folder with a name",
        ),
        (
            "run x=nope --label-from parent",
            "--label-from parent",
            "nope has the label 'x'",
        ),
        (
            "run d/nope --holdout dev=x=nope --label-from parent",
            "--label-from parent",
            "nope has the label 'x'",
        ),
        (
            f"run x=nope.csv {COLUMNS}",
            "--label-column",
            "nope.csv has the label 'x'",
        ),
        (
            "run x=nope --format fasttext",
            "--format",
            "fasttext has its own labels, and nope has one too",
        ),
        (
            "run d/nope.csv --label-from parent --label-column 2",
            "--label-column",
            "d/nope.csv has the label 'd'",
        ),
        *(
            (
                f"run nope --split {text}",
                "--split",
                f"'{text}' is no TRAINING/VALIDATION/TEST like 80/10/10",
            )
            for text in ("x", "/", "80/", "80,20", "0/1", "1/1/1/1", "-8/2", "8/1e1", "nan")
        ),
        ("run nope --overflow split", "--overflow", "split needs a --max-len, a number or a perc"),
        (
            "run nope --overflow split --max-len max",
            "--overflow",
            "split needs a --max-len, a number or a percentile",
        ),
        (
            "run nope --overflow split --max-len 3 --stride 3",
            "--stride",
            "3 leaves no new word in rows of 3",
        ),
        (
            "run nope --overflow split --max-len 4 --bos --eos --stride 2",
            "--stride",
            "2 leaves no new word in rows of 2",
        ),
        ("run nope --stride 1", "--stride", "means something with --overflow split alone"),
        ("run nope --stride -1", "--stride", "-1 is not in the range x>=0."),
        ("run nope --seed -1", "--seed", "-1 is not in the range x>=0."),
        ("run nope --label-type float", "--label-type", "'float' is not one of 'class', 'number'."),
        ("run nope --overflow cut", "--overflow", "'cut' is not one of 'truncate', 'split'."),
    ],
)
def test_what_the_command_line_shows(
    command: str, place: str, said: str, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(folder)
    before = snapshot(folder)
    ended = call(f"{command} -o out")
    assert ended.exit_code == 2
    usage, hint, blank, error = ended.output.splitlines()
    assert usage.startswith("Usage: embedprep ")
    assert (hint.partition(" ")[0], blank) == ("Try", "")
    assert error.startswith(f"Error: Invalid value for '{place}': {said}")
    assert snapshot(folder) == before


@pytest.mark.parametrize("option", ["--label-type", "--holdout", "--split", "--shuffle", "--seed"])
def test_what_a_saved_vocabulary_has_decided_is_no_option(option: str) -> None:
    ended = call(f"encode a.txt --vocab v.json -o x.npy {option} 1")
    assert ended.exit_code == 2
    assert f"No such option {option}" in ended.output.replace("'", "").replace(":", "")
