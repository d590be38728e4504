"""Is a report true, whole, small, harmless, and the same in every run?"""

from __future__ import annotations

import json
import re
import shlex
import subprocess
import sys
from collections import Counter
from html.parser import HTMLParser
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays as np_arrays
from numpy.typing import NDArray

import embedprep
from embedprep.errors import OutputError
from embedprep.figures.words import ranked_counts
from embedprep.reporting import report_page, write_report
from embedprep.reporting.charts import _runs, draw_padding
from embedprep.reporting.command import commands
from embedprep.reporting.gathering import PartFacts, gather
from embedprep.reporting.sampling import PaddingMap, padding_map
from embedprep.reporting.svg import drawing, svg_of
from embedprep.reporting.tables import LONGEST_NAME, seen
from tests.in_process import call

NBSP = "\N{NO-BREAK SPACE}"


class Page(HTMLParser):
    """What stands in a page: its tables by their captions, each a list of rows, the first that of
    the heads; the labels of its figures, its headings, its commands, and its tags.
    """

    def __init__(self, html: str) -> None:
        super().__init__()
        self.tables: dict[str, list[list[str]]] = {}
        self.figures: list[str] = []
        self.tables_below: list[int] = []
        self.headings: list[tuple[str, str]] = []
        self.commands: list[str] = []
        self.tags: Counter[str] = Counter()
        self.ids: list[str] = []
        self.links: list[str] = []
        self.text = ""
        self._rows: list[list[str]] = []
        self._said = ""
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        told = dict(attrs)
        self.tags[tag] += 1
        self.ids += [told["id"] or ""] if "id" in told else []
        self.links += [value or "" for name, value in attrs if name in {"href", "src"}]
        if tag == "svg":
            assert told["role"] == "img"
            self.figures.append(told["aria-label"] or "")
            self.tables_below.append(0)
        elif tag == "table":
            self._rows = []
            if self.tables_below:
                self.tables_below[-1] += 1
        elif tag == "tr":
            self._rows.append([])
        if tag in {"th", "td", "caption", "pre", "h1", "h2", "h3", "title"}:
            self._said = ""
        if tag == "th":
            assert told["scope"] in {"row", "col"}

    def handle_data(self, data: str) -> None:
        self._said += data
        self.text += data

    def handle_endtag(self, tag: str) -> None:
        if tag == "caption":
            self.tables[self._said] = self._rows
        elif tag in {"th", "td"}:
            self._rows[-1].append(self._said.replace(NBSP, " "))
        elif tag == "pre":
            self.commands.append(self._said)
        elif tag in {"h1", "h2", "h3", "title"}:
            self.headings.append((tag, self._said))


def made(folder: Path, *arguments: str, name: str = "out") -> Path:
    done = call(*arguments, "-q", "-o", folder / name)
    assert done.exit_code == 0, done.output
    return folder / name


def page_of(folder: Path, title: str | None = None) -> Page:
    return Page(report_page(folder, title=title).html.decode())


@pytest.fixture
def texts(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder to stand in, with two small texts."""
    monkeypatch.chdir(tmp_path)
    Path("good.txt").write_text("a b a c\na\n\na b d e\n", encoding="utf-8")
    Path("bad.txt").write_text("b f\na g b a b\n", encoding="utf-8")
    return tmp_path


def test_the_tables_hold_what_was_counted_by_hand(texts: Path) -> None:
    out = made(
        texts, "run", "yes=good.txt", "no=bad.txt", "--holdout", "old=no=bad.txt", "-n", "3",
        "--max-len", "3",
    )  # fmt: skip
    page = page_of(out, "Small")
    # Rows of 4, 1, 0, 4, 2 and 5 words: a 6, b 5, and c, d, e, f and g once each.
    assert page.tables["Lengths in indices, before rows are cut"] == [
        ["part", "rows", "empty", "mean", "median", "p90", "p95", "p99", "longest"],
        ["training", "6", "1", "2.67", "2", "5", "5", "5", "5"],
        ["old", "2", "0", "3.50", "2", "5", "5", "5", "5"],
    ]
    costs = page.tables["What a max_len costs: the training part"]
    assert costs[0] == ["max_len", "rows cut", "share", "indices lost", "padding", "size"]
    assert costs[2] == ["3 (chosen)", "3", "50.00 %", "4", "33.33 %", "72 bytes"]
    assert page.tables["What the most frequent words cover"] == [
        ["N", "running words", "least count"],
        ["3 (all kept)", "75.00 %", "1"],
    ]
    assert page.tables["Words out of vocabulary"] == [
        ["part", "words", "unknown", "share"],
        ["training", "16", "4", "25.00 %"],
        ["old", "7", "2", "28.57 %"],
    ]
    assert page.tables["The most frequent words"] == [
        ["word", "rank", "index", "count", "share"],
        ["a", "1", "2", "6", "37.50 %"],
        ["b", "2", "3", "5", "31.25 %"],
        ["c", "3", "4", "1", "6.25 %"],
    ]
    assert page.tables["Rows of each class"] == [
        ["class", "no.", "training", "share", "old", "share"],
        ["no", "0", "2", "33.33 %", "2", "100.00 %"],
        ["yes", "1", "4", "66.67 %", "0", "0.00 %"],
    ]
    # Cut at the start: b a c, a, none, b d e, b f, b a b.
    assert page.tables["What the cells of the rows hold"][1] == [
        "training", "18", "33.33 %", "50.00 %", "16.67 %", "0",
    ]  # fmt: skip
    assert page.headings[:2] == [("title", "Small – embedprep"), ("h1", "Small")]
    assert "Half of the 6 rows of the training part have up to 2 indices" in page.figures[0]


def test_every_figure_has_a_label_and_a_table_and_the_manifest_is_told(texts: Path) -> None:
    out = made(texts, "run", "yes=good.txt", "no=bad.txt", "--split", "80/20", "--dim", "4")
    page, manifest = page_of(out), embedprep.load(out).manifest
    assert [label.partition(".")[0].split(" ")[0] for label in page.figures] == [
        "Histogram", "Curve", "Counts", "Map", "Bars",
    ]  # fmt: skip
    assert all(number >= 1 for number in page.tables_below)
    assert [tag for tag, _ in page.headings] == ["title", "h1", *["h2"] * 7]
    assert len(set(page.ids)) == len(page.ids)
    assert {link for link in page.links if not link.startswith("#")} == {"data:,"}
    assert {link[1:] for link in page.links if link.startswith("#")} <= set(page.ids)
    assert not {"script", "img", "iframe", "object"} & page.tags.keys()

    files = {row[0]: row for row in page.tables["Files"][1:]}
    assert files.keys() == {output["name"] for output in manifest["outputs"]}
    for output in manifest["outputs"]:
        assert files[output["name"]][4] == f"{output['sha256'][0][:12]}…"
    [head, *inputs] = page.tables["Inputs"]
    assert head == ["name", "label", "bytes", "SHA-256"]
    assert [row[:3] for row in inputs] == [["good.txt", "yes", "19"], ["bad.txt", "no", "14"]]
    told = dict(page.tables["Settings"][1:])
    assert told["selection.split"] == '"80/20"'
    assert told["max_words"] == "50000"
    layer = manifest["embedding"]
    assert page.commands[-1] == (
        f"Embedding(input_dim={layer['input_dim']}, output_dim=4, mask_zero=True)  # rows of "
        f"{layer['input_length']}"
    )
    assert page.tables["The matrix"][1:3] == [
        ["rows", str(manifest["embedding"]["input_dim"])], ["dimensions", "4"],
    ]  # fmt: skip


@pytest.mark.parametrize(
    "command",
    [
        "run good.txt",
        "run yes=good.txt no=bad.txt -n 3 --min-count 2 --max-len p50 --padding post --dim 3",
        "run good.txt bad.txt --holdout old=bad.txt --split 6/4 --seed 3 --shuffle --dtype uint16",
        "run good.txt --tokenizer keras --keep-case --oov drop --truncating post --max-len 2",
        "run good.txt --pattern [a-c]|d --lowercase --bos --eos --rows-per-shard 2 --drop-empty",
        "run bad.txt --overflow split --stride 1 --max-len 2 --drop-duplicates --encoding cp1252",
        "run t.csv --text-column 2 --label-column 1 --no-quoting",
        "run t.csv --text-column words --label-column kind --label-type number",
        "run ./a=b.txt --format tsv --text-column 1 --errors replace",
        "run good.txt --vectors v.txt --oov-init zeros --case-fallback",
        "run good.txt bad.txt --max-duplicates 50%",
        "encode bad.txt --vocab vocab.json --drop-empty",
    ],
)  # fmt: skip
def test_the_command_that_is_told_makes_the_same_output(texts: Path, command: str) -> None:
    (texts / "t.csv").write_text("kind,words\n1,a b\n2,c d e\n", encoding="utf-8")
    (texts / "a=b.txt").write_text("x y\tz\nu\tv\n", encoding="utf-8")
    (texts / "v.txt").write_text("A 1 2\nb 3 4\n", encoding="utf-8")
    assert call("vocab", "good.txt", "-q", "-o", "vocab.json").exit_code == 0
    out = made(texts, *shlex.split(command))
    [told] = commands(embedprep.load(out).manifest, "out")
    program, *arguments = shlex.split(told.replace("\\\n", ""))
    assert program == "embedprep"
    assert arguments[-2:] == ["-o", "out"]
    again = made(texts, *arguments[:-2], name="again")
    for path in sorted(out.rglob("*.npy")):
        assert path.read_bytes() == (again / path.relative_to(out)).read_bytes(), told
    assert (out / "vocab.json").read_bytes() == (again / "vocab.json").read_bytes()


@pytest.mark.parametrize("pattern", ["[a-z]+\n?", "it's \\w\t", "\x1b", "a|b"])
def test_a_word_is_what_a_shell_makes_of_it(pattern: str) -> None:
    manifest = {"settings": {"max_words": 9, "tokenizer": {"name": "pattern", "pattern": pattern}}}
    [told] = commands(manifest, "out")
    script = f"embedprep() {{ printf '%s\\0' \"$@\"; }}; {told}"
    said = subprocess.run(["bash", "-c", script], check=True, stdout=subprocess.PIPE).stdout
    assert said.decode().split("\0")[3:5] == ["--pattern", pattern]


def test_what_others_wrote_harms_nobody(texts: Path) -> None:
    evil = "</title><script>alert(1)</script>"
    records = [{"text": f"a\u202eb </svg><script>c{n}", "label": evil} for n in range(3)]
    lines = "".join(json.dumps(record) + "\n" for record in records)
    (texts / "evil.jsonl").write_text(lines, encoding="utf-8")
    out = made(
        texts, "run", "evil.jsonl", "--text-column", "text", "--label-column", "label",
        "--tokenizer", "whitespace",
    )  # fmt: skip
    report = report_page(out, title=f'{evil}" onload="alert(1)\x07').html.decode()
    page = Page(report)
    assert page.tags["script"] == 0
    assert page.tables["Rows of each class"][1][0] == evil
    assert page.tables["The most frequent words"][1][0] == r"a\u202eb"
    assert page.headings[1] == ("h1", f'{evil}" onload="alert(1)\\u0007')
    assert "\u202e" not in report
    assert "default-src 'none'" in report


def test_a_page_is_the_same_in_every_run_whatever_style_the_user_has(texts: Path) -> None:
    import matplotlib as mpl

    out = made(texts, "run", "yes=good.txt", "no=bad.txt")
    first = report_page(out)
    with mpl.rc_context({"font.size": 30, "axes.facecolor": "red", "svg.fonttype": "none"}):
        again = report_page(out)
        assert mpl.rcParams["font.size"] == 30
    assert first == again
    assert first.figures == ["lengths", "coverage", "ranks", "padding", "labels"]
    assert texts.name not in first.html.decode()  # nor any other path of this machine


def test_a_page_stays_small(texts: Path) -> None:
    with (texts / "large.jsonl").open("w", encoding="utf-8") as lines:
        for n in range(1500):
            words = [f"word{'x' * (n % 300)}{n % 977}y{k}" if k % 2 else "of" for k in range(9)]
            label = f"class {n} {'long ' * 60}"
            lines.write(json.dumps({"text": " ".join(words), "k": label}) + "\n")
    held_out = [
        option
        for n in range(15)
        for option in ("--holdout", f"{'part' * 10}{n}=large{n}.jsonl")
    ]  # fmt: skip
    some = "".join((texts / "large.jsonl").read_text("utf-8").splitlines(keepends=True)[:9])
    for n in range(15):
        (texts / f"large{n}.jsonl").write_text(some, encoding="utf-8")
    out = made(
        texts, "run", "large.jsonl", "--text-column", "text", "--label-column", "k", "-n", "20000",
        "--rows-per-shard", "60", *held_out,
    )  # fmt: skip
    report = report_page(out)
    page = Page(report.html.decode())
    assert len(report.html) < 1_000_000
    assert len(page.tables["Rows of each class"]) == 22
    assert page.tables["Rows of each class"][-1][0] == "1,480 other classes"
    assert len(page.tables["The most frequent words"]) == 21
    assert max(len(cell) for table in page.tables.values() for row in table for cell in row) <= 160
    assert page.tables["Files"][1][0] == "sequences.npy, in 25 shards"


def test_odd_outputs_have_pages_too(texts: Path) -> None:
    (texts / "blank.txt").write_text("\n\n", encoding="utf-8")
    (texts / "one.txt").write_text("word\n", encoding="utf-8")
    (texts / "several.txt").write_text(
        "__label__p __label__q a b\n__label__q c\n", encoding="utf-8"
    )
    (texts / "list.txt").write_text("a\nb\nc\n", encoding="utf-8")
    assert (
        call("vocab", "--from", "list.txt", "--max-len", "4", "-q", "-o", "l.json").exit_code == 0
    )

    blank = page_of(made(texts, "run", "blank.txt", name="blank"))
    assert [label.split(" ")[0] for label in blank.figures] == ["Histogram", "Map"]
    one = page_of(made(texts, "run", "one.txt", name="one"))
    assert "There is one row, of 1 index, in the output. At 1, none is cut." in one.text
    made(texts, "run", "good.txt", "--holdout", "old=blank.txt", "--drop-empty", name="half")
    assert "There is no row in the part old." in page_of(texts / "half" / "old").text
    several = page_of(made(texts, "run", "several.txt", "--format", "fasttext", name="several"))
    assert several.tables["Rows of each class"][1:] == [
        ["p", "0", "1", "50.00 %"], ["q", "1", "2", "100.00 %"],
    ]  # fmt: skip
    taken = page_of(made(texts, "encode", "good.txt", "--vocab", "l.json", name="taken"))
    assert "counted in the rows as they are stored" in taken.text
    assert taken.tables["The most frequent words"][1:] == [
        ["a", "1", "2", "4", "44.44 %"],
        ["b", "2", "3", "2", "22.22 %"],
        ["c", "3", "4", "1", "11.11 %"],
    ]
    split = page_of(
        made(texts, "run", "good.txt", "--overflow", "split", "--max-len", "2", name="split")
    )
    assert "Longer ones were split into several" in split.text
    assert "What a max_len costs: the output" not in split.tables


def test_labels_that_are_numbers(texts: Path) -> None:
    (texts / "n.csv").write_text("t,y\na,1\nb,2.5\nc,-4\n", encoding="utf-8")
    options = ["--text-column", "t", "--label-column", "y", "--label-type", "number"]
    page = page_of(made(texts, "run", "n.csv", *options))
    assert page.tables["Labels as numbers"] == [
        ["part", "least", "mean", "greatest"], ["all rows", "-4", "-0.166667", "2.5"],
    ]  # fmt: skip
    assert page.figures[-1].startswith("Histogram of labels.")


def test_what_a_file_of_vectors_covers(texts: Path) -> None:
    (texts / "v.txt").write_text("a 1 2\nc 3 4\n", encoding="utf-8")
    out = made(texts, "run", "good.txt", "bad.txt", "--vectors", "v.txt", "-n", "4")
    page = page_of(out)
    # Of a 6, b 5, c 1 and d 1, the file has a and c.
    assert "50.00 % of the kept words have a vector" in page.text.replace(NBSP, " ")
    assert "53.85 % of the running words that are kept" in page.text.replace(NBSP, " ")
    missing = page.tables["The most frequent words without a vector"]
    assert missing == [["word", "count"], ["b", "5"], ["d", "1"]]


def test_a_part_by_itself(texts: Path) -> None:
    out = made(texts, "run", "good.txt", "--holdout", "old=bad.txt")
    page = page_of(out / "old")
    assert page.tables["Lengths in indices, before rows are cut"][1][:2] == ["old", "2"]
    assert "counted in the rows as they are stored" in page.text


def test_the_command(texts: Path) -> None:
    out = made(texts, "run", "good.txt")
    written = call("report", out, "-o", "page.html")
    assert re.fullmatch(r"page\.html: 4 figures, [0-9.]+ kB\n", written.output)
    html = (texts / "page.html").read_bytes()
    assert call("report", out, "-q", "-o", "-").stdout.encode() == html
    told = json.loads(call("report", out, "--json", "-o", "page.html").output)
    assert told == {
        "output": "page.html",
        "bytes": len(html),
        "figures": ["lengths", "coverage", "ranks", "padding"],
    }


def test_what_is_refused(texts: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    out = made(texts, "run", "good.txt")
    before = (out / "vocab.json").read_bytes()
    for name in ("vocab.json", "manifest.json", "sequences.npy"):
        with pytest.raises(OutputError, match="is part of a whole output"):
            write_report(out, out / name)
    assert (out / "vocab.json").read_bytes() == before
    assert call("skipgrams", out, "-q", "-o", "pairs").exit_code == 0
    with pytest.raises(OutputError, match="holds pairs for a skip-gram model, not rows"):
        report_page(texts / "pairs")
    with pytest.raises(OutputError, match="no such folder"):
        report_page(texts / "nowhere")
    with pytest.raises(OutputError, match="is a folder, not a file"):
        write_report(out, texts)
    np.save(out / "lengths.npy", np.zeros(3, np.int32))
    with pytest.raises(OutputError, match=r"is int32, 3, and sequences\.npy has 4 rows"):
        report_page(out)
    (out / "manifest.json").unlink()
    with pytest.raises(OutputError, match="unfinished"):
        write_report(out, texts / "page.html")
    assert not (texts / "page.html").exists()
    for package in ("jinja2", "matplotlib"):
        monkeypatch.setitem(sys.modules, package, None)
        done = call("report", made(texts, "run", "bad.txt"), "-o", "-")
        cause = f"the package {package} is not installed"
        assert done == (1, "", f"embedprep: report: {cause}; pip install 'embedprep[report]'\n")
        monkeypatch.undo()
        monkeypatch.chdir(texts)


def facts_of(out: Path) -> PartFacts:
    return gather(out, embedprep.load(out))[0]


def test_a_padding_map_shows_what_stands_in_the_rows(texts: Path) -> None:
    out = made(
        texts, "run", "good.txt", "--bos", "--max-len", "4", "-n", "2", "--padding", "post"
    )  # fmt: skip
    sample = padding_map(facts_of(out))
    # a b a c, cut at the start to b a c behind the mark; a; none; b d e. Only a and b are known.
    assert sample.cells.tolist() == [[3, 1, 1, 2], [3, 1, 0, 0], [3, 0, 0, 0], [3, 1, 2, 2]]
    assert sample.is_cut.tolist() == [True, False, False, True]
    facts = facts_of(out)
    counts = ranked_counts(facts.output, facts.rows)
    assert counts.counts.tolist() == [4, 2]
    assert (counts.n_running, counts.n_distinct, counts.are_of_rows) == (9, 5, False)


@settings(max_examples=20)
@given(np_arrays(np.bool_, st.tuples(st.integers(1, 6), st.integers(1, 9))))
def test_the_rectangles_of_a_map_cover_its_cells_and_no_other(cells: NDArray[np.bool_]) -> None:
    path = _runs(cells, 1.0)
    covered = np.zeros_like(cells)
    for corners in [] if path is None else np.asarray(path.vertices).reshape(-1, 5, 2):
        left, right = int(corners[:, 0].min()), int(corners[:, 0].max())
        covered[int(corners[:, 1].min()), left:right] = True
    assert (covered == cells).all()


def test_the_largest_map_is_small() -> None:
    cells = (np.indices((48, 96)).sum(axis=0) % 2 + 1).astype(np.uint8)
    numbers = np.arange(48)
    sample = PaddingMap(cells, numbers, np.ones(48, np.bool_))
    with drawing():
        svg = svg_of(draw_padding(sample, 96, "post"), "padding", 'a "label" & <more>')
    assert len(svg) < 700_000
    assert 'aria-label="a &quot;label&quot; &amp; &lt;more&gt;"' in svg


@given(st.text())
def test_names_are_short_and_printable(text: str) -> None:
    shown = seen(text)
    assert all(c.isprintable() or c in "\u200c\u200d" for c in shown)
    if len(text) <= LONGEST_NAME and all(c.isprintable() for c in text):
        assert shown == text


def test_from_python(texts: Path) -> None:
    out = made(texts, "run", "good.txt")
    page = texts / "page.html"
    report = embedprep.report(out.absolute().as_uri(), str(page))
    assert page.read_bytes() == report.html == report_page(out).html
    with pytest.raises(OutputError, match="is an address, and arrays are mapped from a disk"):
        embedprep.report("memory://out", page)
