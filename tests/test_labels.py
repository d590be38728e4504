"""Do labels become the numbers that they stand for, in every part, and are they saved?"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import embedprep
from embedprep import arrays
from embedprep.errors import InputError, SettingsError, VocabularyError
from embedprep.labels import LabelFacts, parse_labels
from embedprep.output import Output
from embedprep.sources import Input, label_inputs, parse_holdout, parse_input

TICKETS = "text,kind\ngood cat,pos\nbad,neg\na cat,Pos\ngood,pos\n"


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "t.csv").write_text(TICKETS, encoding="utf-8")
    (tmp_path / "neg").mkdir()
    (tmp_path / "neg" / "a.txt").write_text("bad\nbad cat\n", encoding="utf-8")
    (tmp_path / "pos.txt").write_text("good\n", encoding="utf-8")
    return tmp_path


def made(*inputs: str, **chosen: Any) -> Output:
    embedprep.build(inputs, "out", tokenizer="whitespace", **chosen)
    return embedprep.load("out")


def labels_in(output: Output) -> tuple[str, list[Any]]:
    assert output.labels is not None
    return output.labels.dtype.name, output.labels.tolist()


@pytest.mark.usefixtures("folder")
def test_classes_are_numbered_in_the_order_of_code_points() -> None:
    output = made("t.csv", text_column="text", label_column="kind")
    assert labels_in(output) == ("int32", [2, 1, 0, 2])
    assert output.classes == ("Pos", "neg", "pos")
    facts = {"type": "class", "classes": ["Pos", "neg", "pos"]}
    assert output.manifest["labels"] == facts
    head = Path("out/vocab.json").read_text(encoding="utf-8").partition('"words"')[0]
    assert json.loads(f'{head}"words": []}}')["labels"] == facts
    [listed] = [each for each in output.manifest["outputs"] if each["name"] == "labels.npy"]
    assert (listed["shape"], listed["dtype"]) == ([4], "int32")


@pytest.mark.usefixtures("folder")
def test_a_file_may_be_a_class() -> None:
    output = made("pos=pos.txt", "neg=neg/a.txt", "pos=./neg/a.txt")
    assert labels_in(output) == ("int32", [1, 0, 0, 1, 1])
    inputs = [(each["name"], each["label"]) for each in output.manifest["inputs"]]
    assert inputs == [("pos.txt", "pos"), ("neg/a.txt", "neg"), ("./neg/a.txt", "pos")]


def test_a_folder_may_be_a_class(folder: Path) -> None:
    assert made("neg/a.txt", label_from="parent").classes == ("neg",)
    output = made("neg/a.txt", "pos.txt", "neg/../pos.txt", label_from="parent")
    assert labels_in(output) == ("int32", [0, 0, 1, 1])
    assert output.classes == ("neg", folder.name)


@pytest.mark.usefixtures("folder")
def test_several_labels_make_a_matrix() -> None:
    rows = [["b", "a"], [], ["c", "c"], ["a"]]
    objects = [json.dumps({"text": "x", "tags": tags}) + "\n" for tags in rows]
    Path("t.jsonl").write_text("".join(objects), encoding="utf-8")
    output = made("t.jsonl", label_column="tags")
    assert labels_in(output) == ("uint8", [[1, 1, 0], [0, 0, 0], [0, 0, 1], [1, 0, 0]])
    assert output.manifest["labels"] == {"type": "classes", "classes": ["a", "b", "c"]}

    Path("t.jsonl").write_text(objects[3] + objects[2], encoding="utf-8")
    assert labels_in(made("t.jsonl", label_column="tags")) == ("int32", [0, 1])


@pytest.mark.usefixtures("folder")
def test_numbers_are_kept_as_they_are() -> None:
    Path("n.csv").write_text("x,1,-2.5e3\ny,0.1,inf\n", encoding="utf-8")
    output = made("n.csv", text_column=1, label_column=2, label_type="number")
    assert labels_in(output) == ("float32", [1.0, float(np.float32(0.1))])
    assert output.manifest["labels"] == {"type": "number", "classes": [], "per_row": 1}
    assert output.classes == ()

    Path("n.csv").write_text("x,1,-2.5e3\ny,-0, 7 \n", encoding="utf-8")
    output = made("n.csv", text_column=1, label_column=[2, 3], label_type="number")
    assert labels_in(output) == ("float32", [[1.0, -2500.0], [0.0, 7.0]])


@pytest.mark.usefixtures("folder")
def test_held_out_parts_are_no_folders_of_one_name() -> None:
    with pytest.raises(SettingsError, match="'Test' is also a part of --split"):
        made("pos.txt", holdout={"Test": "pos.txt"}, split="1/0/1")
    with pytest.raises(SettingsError, match="'Training' is what the training rows are called"):
        made("pos.txt", holdout={"Training": "pos.txt"})
    with pytest.raises(SettingsError, match="'Dev' and 'dev' differ in case alone"):
        made("pos.txt", holdout={"dev": "pos.txt", "Dev": "pos.txt"})


@pytest.mark.usefixtures("folder")
def test_a_held_out_part_has_an_input() -> None:
    with pytest.raises(SettingsError, match="--holdout: 'dev' names no input"):
        made("pos.txt", holdout={"dev": []})


@pytest.mark.usefixtures("folder")
def test_text_without_labels_has_none() -> None:
    output = made("pos.txt", "neg/a.txt")
    assert output.labels is None
    assert output.classes == ()
    assert "labels" not in output.manifest
    assert not Path("out/labels.npy").exists()
    assert b'"labels"' not in Path("out/vocab.json").read_bytes()


@pytest.mark.usefixtures("folder")
@pytest.mark.parametrize("label_type", ["class", "number"])
def test_more_text_gets_the_numbers_of_the_saved_labels(label_type: str) -> None:
    from embedprep.cli.main import cli

    Path("n.csv").write_text("x,2\ny,30\nz,1\n", encoding="utf-8")
    Path("m.csv").write_text("z,30\nx,2\n", encoding="utf-8")
    chosen: dict[str, Any] = {"text_column": 1, "label_column": 2, "label_type": label_type}
    output = made("n.csv", **chosen)
    command = ["encode", "m.csv", "--vocab", "out/vocab.json", "-q", "--text-column", "1"]
    cli.main([*command, "--label-column", "2", "-o", "x"], standalone_mode=False)
    encoded = embedprep.load("x")
    if label_type == "class":
        assert output.classes == encoded.classes == ("1", "2", "30")
        assert labels_in(encoded) == ("int32", [2, 1])
    else:
        assert labels_in(encoded) == ("float32", [30.0, 2.0])
    assert encoded.manifest["labels"] == output.manifest["labels"]
    assert encoded.manifest["settings"]["selection"]["label_type"] == label_type
    assert Path("x/vocab.json").read_bytes() == Path("out/vocab.json").read_bytes()

    cli.main([*command, "-o", "y"], standalone_mode=False)
    assert embedprep.load("y").labels is None


@pytest.mark.usefixtures("folder")
def test_a_class_of_rows_that_are_left_out_is_none() -> None:
    Path("t.csv").write_text("a,x\n,y\nb,x\n,\n", encoding="utf-8")
    chosen: dict[str, Any] = {"text_column": 1, "label_column": 2, "drop_empty": True}
    output = made("t.csv", **chosen)
    assert labels_in(output) == ("int32", [0, 0])
    assert output.classes == ("x",)

    Path("u.csv").write_text(",z\n,\nb,x\n", encoding="utf-8")
    output = made("t.csv", holdout={"test": "u.csv"}, **chosen)
    assert labels_in(output.parts["test"]) == ("int32", [0])

    Path("u.csv").write_text(",\nb,x\na,\n", encoding="utf-8")
    with pytest.raises(InputError, match=r"u\.csv: record 3: has no label, where 1 must be"):
        made("t.csv", holdout={"test": "u.csv"}, **chosen)

    Path("u.csv").write_text("q,\nq,z\nb,\na,x\n", encoding="utf-8")  # q is unknown
    with pytest.raises(InputError, match=r"u\.csv: record 3: has no label, where 1 must be"):
        made("t.csv", holdout={"test": "u.csv"}, oov="drop", **chosen)


@pytest.mark.usefixtures("folder")
def test_a_class_that_training_never_saw_is_of_the_file_whose_rows_have_it() -> None:
    Path("t.csv").write_text("a,x\n,y\n", encoding="utf-8")
    Path("u.csv").write_text("a,y\n", encoding="utf-8")
    chosen: dict[str, Any] = {"text_column": 1, "label_column": 2, "drop_empty": True}
    with pytest.raises(InputError, match=r"^u\.csv: record 1: the training rows never have"):
        made("t.csv", holdout={"test": "u.csv"}, **chosen)


@pytest.mark.usefixtures("folder")
def test_a_matrix_of_labels_is_written_some_rows_at_a_time(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(arrays, "CHUNK_BYTES", 300)
    tags = [[f"c{n % 7}", f"c{n % 5}"] for n in range(100)]
    lines = [json.dumps({"t": "a", "l": of_row}) for of_row in tags]
    Path("t.jsonl").write_text("\n".join(lines), encoding="utf-8")
    output = made("t.jsonl", text_column="t", label_column="l")
    assert output.labels is not None
    expected = [[int(name in of_row) for name in output.classes] for of_row in tags]
    assert output.labels.tolist() == expected


@pytest.mark.usefixtures("folder")
def test_the_record_of_an_error_is_one_of_its_part() -> None:
    lines = [f"row {n},{'x' if n < 30 else ''}\n" for n in range(33)]
    Path("t.csv").write_text("".join(lines), encoding="utf-8")
    for split in (None, "1/1/1", "1/30"):
        with pytest.raises(
            InputError, match=r"^t\.csv: record 3[123]: has no label, where 1 must be"
        ):
            made("t.csv", text_column=1, label_column=2, split=split)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("a.txt", Input("a.txt")),
        ("neg=a.txt", Input("a.txt", "", "neg")),
        ("two words=a=b.txt", Input("a=b.txt", "", "two words")),
        ("./a=b.txt", Input("./a=b.txt")),
        ("d/a=b.txt", Input("d/a=b.txt")),
        ("x=d/a=b.txt", Input("d/a=b.txt", "", "x")),
        ("pos=-", Input("-", "", "pos")),
        ("s3://b/k?a=b", Input("s3://b/k", path="s3://b/k?a=b")),
        ("s3://b/a=b.txt", Input("s3://b/a=b.txt")),
        ("C:\\a=b.txt", Input("C:\\a=b.txt")),
        ("é=a.txt", Input("a.txt", "", "é")),
    ],
)
def test_what_an_input_is(text: str, expected: Input) -> None:
    assert parse_input(text) == expected
    assert parse_holdout(f"dev={text}") == expected._replace(part="dev")


@pytest.mark.parametrize("text", ["=", "a=", "=a.txt", "\udcff=a.txt"])
def test_what_is_no_input(text: str) -> None:
    with pytest.raises(SettingsError):
        parse_input(text)
    with pytest.raises(SettingsError):
        parse_holdout(f"dev={text}")


@pytest.mark.parametrize("name", ["dev", "dev.1", "x.y", "_", "-a", "é", "a.npyx"])
def test_names_of_parts(name: str) -> None:
    assert parse_holdout(f"{name}=a.txt") == Input("a.txt", name)


@pytest.mark.parametrize(
    "name", ["", ".", "..", ".a", "a/b", "a\\b", "labels.npy", "manifest.json", "a b", "a:b", "a\n"]
)
def test_what_is_no_name_of_a_part(name: str) -> None:
    with pytest.raises(SettingsError):
        parse_holdout(f"{name}=a.txt")


def test_what_has_no_parent_to_be_named_after() -> None:
    for item in (Input("-"), Input("/a.txt"), Input("a.txt", "", "x"), Input("\udcff/a.txt")):
        with pytest.raises(SettingsError):
            label_inputs([item], "parent")


@pytest.mark.parametrize(
    "saved",
    [
        None,
        {},
        {"type": "class"},
        {"type": "other", "classes": []},
        {"type": "class", "classes": ["b", "a"]},
        {"type": "class", "classes": ["a", "a"]},
        {"type": "class", "classes": [1]},
        {"type": "class", "classes": "ab"},
        {"type": "number", "classes": [], "per_row": 0},
        {"type": "number", "classes": [], "per_row": "1"},
        {"type": "class", "classes": [], "per_row": 1},
    ],
)
def test_broken_facts_about_labels(saved: Any, folder: Path) -> None:
    with pytest.raises(ValueError, match="labels are"):
        parse_labels(saved)
    made("pos=pos.txt")
    path = folder / "out" / "vocab.json"
    text = path.read_text(encoding="utf-8")
    whole = '"labels": {"type": "class", "classes": ["pos"]}'
    assert whole in text
    path.write_text(text.replace(whole, f'"labels": {json.dumps(saved)}'), encoding="utf-8")
    with pytest.raises(VocabularyError, match="is broken"):
        embedprep.Vocabulary.load(path)


def test_facts_about_labels_come_back() -> None:
    for facts in (
        LabelFacts("class", ("a", "b")),
        LabelFacts("classes", ("é",)),
        LabelFacts("number"),
        LabelFacts("number", per_row=3),
    ):
        assert parse_labels(json.loads(json.dumps(facts.saved))) == facts
