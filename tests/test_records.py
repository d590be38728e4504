"""Is a row of the output a record of the input, with its text and its labels?

Tables are read as Python's csv module reads them, and every text in pieces of several sizes.
"""

from __future__ import annotations

import csv
import io
import json
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any, NamedTuple

import pytest
from hypothesis import given
from hypothesis import strategies as st

import embedprep
from embedprep.errors import InputError, SettingsError
from embedprep.sources import Reader, Reading, Recognised, RecordSettings, Source, read_blocks
from tests import twins

BLOCK_BYTES = (1, 2, 3, 7, 64, 1 << 20)


class Records(NamedTuple):
    texts: list[str]
    labels: list[tuple[str, ...]] | None


def read(path: Path, settings: RecordSettings, block_bytes: int, **reading: Any) -> Records:
    """The records of a file."""
    texts: list[str] = []
    labels: list[tuple[str, ...]] | None = None
    how = Reading(block_bytes=block_bytes, records=settings, **reading)
    for block in read_blocks([str(path)], how, []):
        lines = block.data[:-8].decode().split("\n")
        assert lines.pop() == ""
        texts += lines
        if block.labels is not None:
            assert len(block.labels) == len(lines)
            labels = [*(labels or []), *block.labels]
    return Records(texts, labels)


def records(content: str | bytes, name: str = "t", **chosen: Any) -> Records:
    """The records of a text, which are the same for any size of blocks."""
    reading = {k: chosen.pop(k) for k in ("encoding", "errors", "max_line_bytes") if k in chosen}
    settings = RecordSettings(**chosen)
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, name)
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
        read_in = [read(path, settings, size, **reading) for size in BLOCK_BYTES]
    assert all(made == read_in[0] for made in read_in)
    return read_in[0]


def error_of(content: str | bytes, name: str = "t", **chosen: Any) -> str:
    """What is said of a text, the same for any size of blocks."""
    reading = {k: chosen.pop(k) for k in ("encoding", "errors", "max_line_bytes") if k in chosen}
    settings = RecordSettings(**chosen)
    said = set()
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, name)
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
        for size in BLOCK_BYTES:
            with pytest.raises(InputError) as raised:
                read(path, settings, size, **reading)
            said.add(str(raised.value).removeprefix(f"{folder}/"))
    [message] = said
    return message


def recognised(content: str, name: str, **chosen: Any) -> Recognised:
    """What a text is taken for."""
    finished: list[Source] = []
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, name)
        path.write_text(content, encoding="utf-8")
        list(read_blocks([str(path)], Reading(records=RecordSettings(**chosen)), finished))
    found = finished[0].recognised
    assert found is not None
    return found


UNEVEN = "do fields need quotes, or do quotes need --quoting?"
TOO_LONG = "is longer than 61 bytes; is a quote not closed? else raise --max-line-bytes"
NOT_UTF8 = "is not UTF-8; if the file is Latin-1, pass --encoding latin-1"
NO_RECORD = "t: holds no record; is the step that writes it finished?"

TICKETS = 'text,kind\r\n"Where is it, ""then""?",card\r\n"Two\r\nlines",\r\nplain 5" disk,disk\r\n'


def test_a_table_with_quotes() -> None:
    texts = ['Where is it, "then"?', "Two lines", 'plain 5" disk']
    labels = [("card",), (), ("disk",)]
    assert records(TICKETS, "t.csv", text_columns=("text",)) == Records(texts, None)
    chosen: dict[str, Any] = {"text_columns": ("text",), "label_columns": ("kind",)}
    assert records(TICKETS, "t.csv", **chosen) == Records(texts, labels)
    assert records(f"\ufeff{TICKETS}", "t.csv", **chosen) == Records(texts, labels)
    assert records(TICKETS.encode("utf-16"), "t.csv", encoding="utf-16", **chosen).labels == labels
    assert records(TICKETS.rstrip(), format="csv", **chosen).texts == texts


@pytest.mark.parametrize("encoding", ["utf-16", "utf-16-le", "shift_jis", "utf-8-sig"])
def test_tables_in_other_encodings(encoding: str) -> None:
    table = "text,kind\n日本,a\n".encode(encoding)
    chosen: dict[str, Any] = {"text_columns": ("text",), "encoding": encoding}
    assert records(table, "t.csv", **chosen).texts == ["日本"]


def test_the_place_of_an_undecodable_byte_is_that_of_its_line() -> None:
    table = 'a,b\n"x\n\ny",z\n'.encode("utf-16-le")
    said = error_of(table + b"\0\xdc", "t.csv", text_columns=("1",), encoding="utf-16-le")
    assert said.startswith("t.csv:5: byte 0x00 at offset 26 is not utf-16-le; ")
    said = error_of("a,b\n".encode("utf-16"), "t.csv")
    assert said == (
        "t.csv:1: byte 0xff at offset 0 is not UTF-8; "
        "the file begins as UTF-16 does: pass --encoding utf-16"
    )
    table = b'a,b\r\n"x\r\n\xe9",z\r\n'
    chosen: dict[str, Any] = {"text_columns": ("1",)}
    assert error_of(table, "t.csv", **chosen) == f"t.csv:3: byte 0xe9 at offset 9 {NOT_UTF8}"
    assert records(table, "t.csv", errors="replace", **chosen).texts == ["a", "x \ufffd"]


def test_labels_count_for_a_block_and_equal_ones_are_one_string(tmp_path: Path) -> None:
    line = json.dumps({"text": "a", "tag": ["the one", "the other"] * 20})
    (tmp_path / "t.jsonl").write_text(f"{line}\n" * 5000, encoding="ascii")
    reading = Reading(records=RecordSettings(label_columns=("tag",)))
    blocks = list(read_blocks([str(tmp_path / "t.jsonl")], reading, []))
    rows = [block.labels for block in blocks if block.labels is not None]
    assert sum(map(len, rows)) == 5000
    n_bytes = sum(sys.getsizeof(of_row) for of_row in rows[0])
    assert 400_000 < n_bytes < 2 * reading.block_bytes
    assert {len({id(label) for of_row in labels for label in of_row}) for labels in rows} == {2}


def test_several_columns_are_joined_by_a_space_and_labels_stand_side_by_side() -> None:
    table = "id,title,body,a,b\n1,Hello,you there,x,y\n2,,Bye,,z\n"
    made = records(
        table, "t.csv", text_columns=("title", "body"), label_columns=("b", "a"), header=True
    )
    assert made == Records(["Hello you there", " Bye"], [("y", "x"), ("z",)])


def test_columns_by_number() -> None:
    table = "text,1\na,b\n"
    assert records(table, "t.csv", text_columns=("1",)).texts == ["text", "a"]
    assert records(table, "t.csv", text_columns=("1",), header=True).texts == ["b"]
    assert records(table, "t.csv", text_columns=("2",), header=True).texts == ["b"]
    assert records(table, "t.csv", text_columns=("2",), header=False).texts == ["1", "b"]
    assert records(table, "t.csv", text_columns=("text",), label_columns=("2",)) == Records(
        ["a"], [("b",)]
    )


def test_the_only_column_that_is_no_label_is_the_text() -> None:
    assert records("a\n\nb\n\n", "t.csv").texts == ["a", "", "b", ""]
    assert records("a\n\nb\n\n", "t.tsv").texts == ["a", "", "b", ""]
    assert records('"a"\r\n""\r\n', "t.csv").texts == ["a", ""]
    assert records("x,a\ny,b\n", "t.csv", label_columns=("1",)) == Records(
        ["a", "b"], [("x",), ("y",)]
    )


def test_blank_lines_at_the_very_end_are_no_rows() -> None:
    for end in ("", "\n", "\n\n", "\r\n\r\n\r\n"):
        assert records(f"a,b\nc,d{end}", "t.csv", text_columns=("1",)).texts == ["a", "c"]
        assert records(f"a\tb\nc\td{end}", "t.tsv", text_columns=("1",)).texts == ["a", "c"]
        assert records(f'{{"text": "a"}}\n{{"text": "c"}}{end}', "t.jsonl").texts == ["a", "c"]


def test_quotes_mean_nothing_in_tsv_unless_it_is_said() -> None:
    table = 'a\t"x\nb\ty"\n'
    assert records(table, "t.tsv", text_columns=("2",)).texts == ['"x', 'y"']
    quoted = 'a\t"x\n1"\nb\t"y\t2"\n'
    assert records(quoted, "t.tsv", text_columns=("2",), quoting=True).texts == ["x 1", "y\t2"]
    assert records('"a,b\n', "t.csv", text_columns=("1",), quoting=False).texts == ['"a']


def test_a_field_of_any_size_leaves_the_limit_of_the_csv_module_alone() -> None:
    limit = csv.field_size_limit()
    huge = "word " * 60_000
    assert len(huge) > limit
    assert records(f'a,"{huge}\n{huge}"\n', "t.csv", text_columns=("2",)).texts == [
        f"{huge} {huge}"
    ]
    assert csv.field_size_limit() == limit


def test_lines_of_json() -> None:
    text = (
        '{"text": "a\\n\\"b\\"", "stars": 5, "tags": ["x", true, 1.5, NaN]}\n'
        '{"tags": [], "stars": false, "text": "first", "text": "\\u00e9\\ud83d\\ude00"}\r\n'
        '  {"text": "", "stars": "", "tags": "y"}  \n'
    )
    texts = ['a "b"', "é😀", ""]
    assert records(text, "t.ndjson") == Records(texts, None)
    made = records(text, "t.jsonl", label_columns=("stars", "tags"))
    assert made == Records(texts, [("5", "x", "true", "1.5", "NaN"), ("false",), ("y",)])
    assert records('{"1": "a", "b": "c"}', "t.jsonl", text_columns=("1", "b")).texts == ["a c"]


@pytest.mark.parametrize(("errors", "text"), [("replace", "a\ufffdb"), ("ignore", "ab")])
def test_half_a_surrogate_pair_in_json_is_an_undecodable_byte(errors: str, text: str) -> None:
    assert records('{"text": "a\\ud83db"}', "t.jsonl", errors=errors).texts == [text]


def test_lines_of_fasttext() -> None:
    text = (
        "__label__a __label__b-c some text\n"
        "more__label__x of\t__label__d\tit __label__é\r\n"
        "\n"
        "no label __label__\n"
    )
    assert records(text, format="fasttext") == Records(
        ["some text", "more__label__x of\tit ", "", "no label "],
        [("a", "b-c"), ("d", "é"), (), ()],
    )


def test_plain_lines_among_tables_have_no_labels(tmp_path: Path) -> None:
    (tmp_path / "a.txt").write_bytes(b"x\ny\n")
    (tmp_path / "b.csv").write_bytes(b"t,l\nz,1\n")
    names = [str(tmp_path / "a.txt"), str(tmp_path / "b.csv")]
    settings = RecordSettings(text_columns=("t",), label_columns=("l",))
    blocks = list(read_blocks(names, Reading(records=settings), []))
    assert [block.labels for block in blocks] == [[(), ()], [("1",)]]
    assert [b.labels for b in read_blocks(names[:1], Reading(), [])] == [None]


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("a.csv", "csv"),
        ("a.CSV.GZ", "csv"),
        ("d.tsv/a.tsv.zst", "tsv"),
        ("a.jsonl.xz", "jsonl"),
        ("a.ndjson.bz2", "jsonl"),
        ("a.csv.txt", "lines"),
        ("csv", "lines"),
        ("-", "lines"),
        ("a.gz", "lines"),
        ("a.ft", "lines"),
    ],
)
def test_the_format_is_guessed_from_the_name(name: str, expected: str) -> None:
    assert RecordSettings().format_of(name) == expected
    assert RecordSettings("tsv").format_of(name) == "tsv"


def test_what_an_input_was_taken_for() -> None:
    assert recognised(TICKETS, "t.csv", text_columns=("text",), label_columns=("2",)) == Recognised(
        "csv", True, True, ("text",), ("kind",)
    )
    assert recognised("a,b\n", "t.csv", text_columns=("2",)) == Recognised(
        "csv", False, True, (2,), (), ("a", "b")
    )
    assert recognised("a\n", "t.tsv", header=False) == Recognised("tsv", False, False, (1,), ())
    assert recognised('{"text": ""}', "t.jsonl") == Recognised(
        "jsonl", text_columns=("text",), label_columns=()
    )
    assert recognised("a", "t", format="fasttext") == Recognised("fasttext")


@pytest.mark.parametrize(
    ("table", "said", "chosen"),
    [
        (
            "a,b\nc\n",
            f"t:2: row 2 has 1 field, the first row has 2; {UNEVEN}",
            {},
        ),
        (
            'a,b\n"x\ny",z\n1,2,3\n\xff',
            f"t:4: row 3 has 3 fields, the first row has 2; {UNEVEN}",
            {},
        ),
        (
            "a,b\n\n\nc,d\n",
            f"t:2: row 2 has 0 fields, the first row has 2; {UNEVEN}",
            {},
        ),
        (
            "\na,b\n",
            f"t:2: row 2 has 2 fields, the first row has 1; {UNEVEN}",
            {},
        ),
        (
            'a,b\n"x\ny",z\n"open,d\ne,f\n',
            "t:4: row 3 has a quote that is not closed; close it, or pass --no-quoting",
            {},
        ),
        (
            'a,b\n"x\ny"z,d\ne,f\n',
            (
                "t:3: row 2 has text behind a closing quote; "
                "double the quotes inside a field, or pass --no-quoting"
            ),
            {},
        ),
        (
            "a,b\n" + "c,d\n" * 99 + '"e"f,g\n',
            (
                "t:101: row 101 has text behind a closing quote; "
                "double the quotes inside a field, or pass --no-quoting"
            ),
            {"text_columns": ("a",)},
        ),
        (
            "a,b\nc,d\n" + "é" * 30 + ",x\n",
            f"t:3: row 3 {TOO_LONG}",
            {"max_line_bytes": 61},
        ),
        (
            'a,b\nc,"d\n' + "x\n" * 40,
            f"t:2: row 2 {TOO_LONG}",
            {"max_line_bytes": 61},
        ),
        (
            b"a,b\nc,\xe9\n",
            f"t:2: byte 0xe9 at offset 6 {NOT_UTF8}",
            {},
        ),
        (
            "a,b,c\n",
            't: has 3 columns, in the first row "a" | "b" | "c"; choose the text by --text-column',
            {"text_columns": ()},
        ),
        (
            "a,b,c\n",
            't: has 3 columns, in the first row "a" | "b" | "c"; choose the text by --text-column',
            {"text_columns": (), "header": True},
        ),
        (
            "a,b\n",
            't: has no column "text" among "a" | "b"; check its name, or give its number',
            {"text_columns": ("text",)},
        ),
        (
            "a,a\n",
            't: has more than one column "a" among "a" | "a"; give its number, and --header',
            {"text_columns": ("a",)},
        ),
        (
            "a,b\n",
            (
                "t: has 2 columns, from 1, and no column 3; "
                "check the options --text-column and --label-column"
            ),
            {"label_columns": ("3",)},
        ),
        ("a,b\n", NO_RECORD, {"header": True}),
        ("", NO_RECORD, {}),
        ("\ufeff", NO_RECORD, {}),
    ],
)
def test_a_broken_table(table: str | bytes, said: str, chosen: dict[str, Any]) -> None:
    content = table if isinstance(table, bytes) else table.encode()
    made = error_of(content, **{"format": "csv", "text_columns": ("1",), **chosen})
    assert made == said


def test_of_two_errors_the_first_is_told() -> None:
    said = error_of("a,b\nc\n", "t.csv", text_columns=("x",))
    assert said.startswith('t.csv: has no column "x" among ')
    said = error_of('a,b\nc\n"d\n', "t.csv", text_columns=("a",))
    assert said.startswith("t.csv:2: row 2 has 1 field")
    said = error_of(b"a,b\nc\n\xff\n", "t.csv", text_columns=("a",))
    assert said.startswith("t.csv:2: row 2 has 1 field")
    said = error_of(b'{"text": 1}\n\xff\n', "t.jsonl")
    assert said.startswith('t.jsonl:1: "text" is a number')


@pytest.mark.parametrize(
    ("table", "said"),
    [
        (
            "a\tb\nc\td\te\n",
            f"t:2: row 2 has 3 fields, the first row has 2; {UNEVEN}",
        ),
        (
            "a\tb\n \nc\td\n",
            f"t:2: row 2 has 1 field, the first row has 2; {UNEVEN}",
        ),
        (
            "a\tb\n" + "x" * 60 + "\tb\n",
            (
                "t:2: the line is longer than 61 bytes; "
                "does the text use another line end than LF? else raise --max-line-bytes"
            ),
        ),
    ],
)
def test_a_broken_table_without_quotes(table: str, said: str) -> None:
    assert error_of(table, format="tsv", text_columns=("1",), max_line_bytes=61) == said


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("{", "is no JSON (Expecting property name enclosed in double quotes, at character 2)"),
        ("nope", "is no JSON (Expecting value, at character 1); write one object a line"),
        ('{"text": "a"} x', "is no JSON (Extra data, at character 15); write one object a line"),
        ('["text"]', "is a list, not an object; write one object a line"),
        ("null", "is null, not an object; write one object a line"),
        ('{"body": "a", "n": 1}', 'has no "text" among "body" | "n"; check --text-column'),
        ('{"text": null}', '"text" is null, not a string; check --text-column'),
        ('{"text": 1.5}', '"text" is a number, not a string; check --text-column'),
        ('{"text": true}', '"text" is a boolean, not a string; check --text-column'),
        ('{"text": ["a"]}', '"text" is a list, not a string; check --text-column'),
        ('{"text": "a"}', 'has no "tag" among "text"; check --label-column'),
        ('{"text": "a", "tag": null}', '"tag" is null, no label; check --label-column'),
        ('{"text": "a", "tag": {}}', '"tag" is an object, no label; check --label-column'),
        ('{"text": "a", "tag": [["b"]]}', '"tag" is a list, no label; check --label-column'),
        ('{"text": "\\ud83d", "tag": 1}', "holds half a surrogate pair; mend it, or pass"),
        ('{"n": ' + "1" * 5000 + "}", "holds a number too long or lists too deep to be read"),
        ("[" * 100_000, "holds a number too long or lists too deep to be read"),
        ("", "is blank; take the line out"),
        (" ", "is blank; take the line out"),
    ],
)
def test_a_broken_line_of_json(line: str, said: str) -> None:
    good = '{"text": "a", "tag": "b"}\n'
    made = error_of(f"{good}{line}\n{good}", "t.jsonl", label_columns=("tag",))
    assert made.startswith(f"t.jsonl:2: {said}")


@pytest.mark.parametrize(
    ("chosen", "said"),
    [
        ({"format": "xml"}, "--format: 'xml' is none of lines, csv, tsv, jsonl, fasttext"),
        ({"text_columns": ("a", "a")}, "--text-column: 'a' is named twice"),
        ({"label_columns": ("2", "2")}, "--label-column: '2' is named twice"),
        (
            {"text_columns": ("a",), "header": False},
            "--text-column: 'a' is a name, and --no-header leaves none",
        ),
        (
            {"format": "lines", "text_columns": ("1",)},
            "--text-column: has no meaning for the format lines",
        ),
        (
            {"format": "fasttext", "label_columns": ("1",)},
            "--label-column: has no meaning for the format fasttext",
        ),
        (
            {"format": "jsonl", "header": True},
            "--header/--no-header: has no meaning for the format jsonl",
        ),
        (
            {"format": "lines", "quoting": False},
            "--quoting/--no-quoting: has no meaning for the format lines",
        ),
    ],
)
def test_settings_that_are_wrong_whatever_the_files_hold(chosen: dict[str, Any], said: str) -> None:
    with pytest.raises(SettingsError) as raised:
        RecordSettings(**chosen)
    assert str(raised.value) == said


def test_options_that_mean_nothing_for_any_of_the_inputs() -> None:
    reading = Reading(records=RecordSettings(text_columns=("a",)))
    with pytest.raises(InputError) as raised:
        Reader(["a.txt", "b"], reading)
    assert str(raised.value) == (
        "--text-column: has no meaning for a.txt, b, read as lines; "
        "name the format by --format, or leave the option out"
    )


# Whatever a writer writes comes back.

fields = st.text(
    st.one_of(st.sampled_from('ab",\t\r\n \0é😀\u2028\x85\ufeff'), st.characters(codec="utf-8")),
    max_size=8,
)


def tables(field: st.SearchStrategy[str]) -> st.SearchStrategy[list[list[str]]]:
    """Tables of one to three columns."""
    return st.integers(1, 3).flatmap(
        lambda n: st.lists(st.lists(field, min_size=n, max_size=n), min_size=1, max_size=8)
    )


@given(tables(fields), st.sampled_from(["\n", "\r\n", "\r"]), st.booleans())
def test_a_table_comes_back(rows: list[list[str]], line_end: str, quotes_all: bool) -> None:
    written = io.StringIO(newline="")
    # csv quotes a CR or an LF only where it is part of the line end.
    quotes_all = quotes_all or any(set("\r\n") & set(field) for row in rows for field in row)
    writer = csv.writer(
        written,
        lineterminator=line_end,
        quoting=csv.QUOTE_ALL if quotes_all else csv.QUOTE_MINIMAL,
    )
    writer.writerows(rows)
    text = written.getvalue()
    columns = ("1",) if len(rows[0]) == 1 else ("1", "2")
    last = str(len(rows[0]))
    made = records(f"\ufeff{text}", "t.csv", text_columns=columns, label_columns=(last,))
    assert rows == [row or [""] for row in twins.csv_rows(text)]
    assert made.texts == [twins.one_line(" ".join(row[: len(columns)])) for row in rows]
    assert made.labels == [tuple(filter(None, [twins.one_line(row[-1])])) for row in rows]


@given(tables(fields.map(lambda f: f.replace("\t", "").replace("\n", "").replace("\r", ""))))
def test_a_table_without_quotes_comes_back(rows: list[list[str]]) -> None:
    text = "".join("\t".join(row) + "\r\n" for row in rows)
    made = records(
        f"\ufeff{text}", "t.tsv", text_columns=("1",), label_columns=(str(len(rows[0])),)
    )
    assert rows == twins.tsv_rows(text)
    assert made.texts == [row[0] for row in rows]
    assert made.labels == [tuple(filter(None, row[-1:])) for row in rows]


labels = st.one_of(fields, st.booleans(), st.integers(), st.floats(), st.lists(fields, max_size=3))


@given(st.lists(st.tuples(fields, labels), min_size=1, max_size=8), st.booleans())
def test_lines_of_json_come_back(pairs: Sequence[tuple[str, Any]], ensure_ascii: bool) -> None:
    text = "".join(
        json.dumps({"text": text, "label": label}, ensure_ascii=ensure_ascii) + "\n"
        for text, label in pairs
    )
    made = records(text, "t.jsonl", label_columns=("label",))
    assert made.texts == [twins.one_line(text) for text, _ in pairs]
    assert made.labels == [twins.json_labels(label) for _, label in pairs]


tokens = st.one_of(
    st.sampled_from(["__label__a", "__label__", "x__label__b", "__label__é,1", "word", "__label_"]),
    fields.map(lambda field: field.replace("\n", " ")),
)


@given(st.lists(st.lists(tokens, max_size=5), min_size=1, max_size=6))
def test_lines_of_fasttext_are_those_of_the_twin(lines: Sequence[Sequence[str]]) -> None:
    spoken = [" ".join(tokens).rstrip("\r") for tokens in lines]
    made = records("\ufeff" + "".join(f"{line}\n" for line in spoken), format="fasttext")
    expected = [twins.fasttext_record(line) for line in spoken]
    assert [twins.fasttext_record(text)[0] for text in made.texts] == [text for text, _ in expected]
    assert made.labels == [found for _, found in expected]
    assert not any(twins.fasttext_record(text)[1] for text in made.texts)


# Real tables, and the command line.


@pytest.mark.parametrize(("name", "n_records"), [("train", 10_003), ("test", 3_080)])
def test_a_real_table_is_what_the_csv_module_reads(name: str, n_records: int, shared: Path) -> None:
    path = shared / "corpora" / "banking77" / f"{name}.csv"
    with path.open(encoding="utf-8", newline="") as stream:
        rows = list(csv.DictReader(stream))
    settings = RecordSettings(text_columns=("text",), label_columns=("category",))
    for block_bytes in (1000, 1 << 16, 1 << 20):
        made = read(path, settings, block_bytes)
        assert len(made.texts) == n_records
        assert made.texts == [twins.one_line(row["text"]) for row in rows]
        assert made.labels == [(row["category"],) for row in rows]


def test_the_library_takes_columns_by_name_and_by_number(tmp_path: Path) -> None:
    (tmp_path / "t").write_text("text\tkind\nb a\tx\na\ty\n", encoding="utf-8")
    rows = [[3, 2], [0, 2]]
    for column in ("text", 1, ["text"], [1]):
        embedprep.build(
            tmp_path / "t", tmp_path / "o", format="tsv", text_column=column, header=True
        )
        output = embedprep.load(tmp_path / "o")
        assert output.sequences.tolist() == rows
        [described] = output.manifest["inputs"]
        del described["bytes"], described["sha256"]
        assert described == {
            "name": "t",
            "format": "tsv",
            "header": True,
            "quoting": False,
            "text_columns": ["text"],
            "label_columns": [],
        }


def test_a_table_from_a_pipe_gives_the_same_but_for_its_name(tmp_path: Path) -> None:
    tickets = TICKETS.replace('",\r', '",lines\r')
    (tmp_path / "t.csv").write_text(tickets, encoding="utf-8")
    options = ["--text-column", "text", "--label-column", "kind", "-q"]
    made = []
    for name, chosen in (("t.csv", []), ("-", ["--format", "csv"])):
        command = [sys.executable, "-m", "embedprep", "run", name, *options, *chosen, "-o", "out"]
        subprocess.run(command, cwd=tmp_path, input=tickets.encode(), check=True)
        files = {path.name: path.read_bytes() for path in (tmp_path / "out").iterdir()}
        manifest = json.loads(files.pop("manifest.json"))
        assert manifest["inputs"][0].pop("name") == name
        made.append((files, manifest))
    assert made[0] == made[1]


def test_the_summary_says_what_the_inputs_were_taken_for(tmp_path: Path) -> None:
    (tmp_path / "t.csv").write_text("a b,x\nc,y\n", encoding="utf-8")
    (tmp_path / "l.txt").write_text("plain\n", encoding="utf-8")
    (tmp_path / "j.jsonl").write_text('{"1": "d", "2": ["x", "y"]}\n', encoding="utf-8")
    command = [sys.executable, "-m", "embedprep", "run", "t.csv", "l.txt", "j.jsonl", "-o", "out"]
    command += ["--text-column", "1", "--label-column", "2"]
    done = subprocess.run(command, cwd=tmp_path, check=True, stdout=subprocess.PIPE)
    assert done.stdout.decode().splitlines()[-5:-2] == [
        "  input           t.csv: csv, text from column 1, labels from column 2",
        '  first row       taken as data: "a b" | "x"',
        '  input           j.jsonl: jsonl, text from "1", labels from "2"',
    ]


def test_a_terminal_is_told_what_it_shall_not_do(tmp_path: Path) -> None:
    path = tmp_path / "t.csv"
    rows = "\x1b[2J\x9b1m,a\u202e\nx,\x1b[31mred\ny," + "b" * 40 + "\n"
    path.write_text(rows, encoding="utf-8")
    command = [sys.executable, "-m", "embedprep", "run", str(path), "-o", str(tmp_path / "out")]
    ended = subprocess.run(
        [*command, "--text-column", "1", "--label-column", "2"], capture_output=True, check=True
    )
    said = ended.stdout.decode("utf-8")
    assert not [c for c in said if not c.isprintable() and c != "\n"]
    assert r'"\u001b[2J\u009b1m" | "a\u202e"' in said
    assert rf"(\u001b[31mred, a\u202e, {'b' * 29}…)" in said
