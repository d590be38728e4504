"""Does a file give the same options as a command line, and is what is wrong in it told of there?"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import click
import pytest
from click.core import ParameterSource
from hypothesis import given, settings
from hypothesis import strategies as st

from embedprep.cli.commands import COMMANDS, command_of
from embedprep.cli.config import keys_of
from tests.in_process import all_files, call

TEXT = "The café was good\nThe soup was late\n\nthe the soup\n"


@pytest.fixture(autouse=True)
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder with a text, in which the commands are called."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "a.txt").write_text(TEXT, encoding="utf-8")
    return tmp_path


def save(toml: str) -> None:
    Path("prep.toml").write_text(toml, encoding="utf-8")


def said(*words: str) -> str:
    """What a command says that is done."""
    ended = call("", *words)
    assert ended.exit_code == 0, ended.output
    return ended.output


def refused(toml: str, *words: str) -> str:
    """The last line of what is said of a wrong command line."""
    save(toml)
    ended = call("", *words, "--config", "prep.toml")
    assert ended.exit_code == 2, ended.output
    return ended.output.splitlines()[-1].removeprefix("Error: ")


def taken(name: str, toml: str, *words: str) -> tuple[dict[str, Any], set[str]]:
    """What a command would be called with, and which of it comes from the file."""
    save(toml)
    command = command_of(name)
    with command.make_context(name, ["--config", "prep.toml", *words]) as ctx:
        source = ParameterSource.DEFAULT_MAP
        return ctx.params, {key for key in ctx.params if ctx.get_parameter_source(key) is source}


@pytest.mark.parametrize(
    ("toml", "words"),
    [
        ("max-words = 2", "-n 2"),
        ('max-len = 3\npadding = "post"', "--max-len 3 --padding post"),
        ('max-len = "p50"', "--max-len p50"),
        ("keep-case = true", "--keep-case"),
        ("lowercase = false", "--keep-case"),
        ("keep-case = false", "--lowercase"),
        ("bos = true\neos = false", "--bos"),
        ("drop-empty = true\nshuffle = true\nseed = 7", "--drop-empty --shuffle --seed 7"),
        ('dim = 3\ninit = "normal"', "--dim 3 --init normal"),
        ('split = "50/50"\nmax-bytes = 1_000_000', "--split 50/50 --max-bytes 1MB"),
        ('holdout = ["x=a.txt", "y=a.txt"]', "--holdout x=a.txt --holdout y=a.txt"),
        ('holdout = "x=a.txt"\njobs = 2', "--holdout x=a.txt --jobs 2"),
        ('[run]\npattern = "\\\\w+"\n[encode]\nvocab = "no such"', "--pattern \\w+"),
    ],
)
def test_the_same_settings_give_the_same_bytes(toml: str, words: str) -> None:
    save(toml)
    by_file = said("run", "a.txt", "-o", "new", "--config", "prep.toml", "--json")
    in_file = all_files(Path("new"))
    typed = said("run", "a.txt", "-o", "typed", *words.split(), "--json")
    assert in_file == all_files(Path("typed"))
    assert json.loads(by_file) | {"output": ""} == json.loads(typed) | {"output": ""}
    unchanged = said("run", "a.txt", "-o", "typed", "--config", "prep.toml", "--if-changed")
    assert unchanged == "typed: unchanged\n"


def test_all_of_a_command_may_come_from_the_file() -> None:
    save(
        'quiet = true\n[run]\ninputs = ["a.txt"]\noutput = "out"\n'
        '[encode]\ninputs = "a.txt"\nvocab = "out/vocab.json"\noutput = "b.npy"\n'
        '[decode]\nrows = "b.npy"\nvocab = "out/vocab.json"\n[verify]\noutput = "out"\n'
    )
    assert said("run", "--config", "prep.toml") == ""
    assert said("encode", "--config", "prep.toml") == ""
    assert said("verify", "--config", "prep.toml") == ""
    assert said("decode", "--config", "prep.toml") == TEXT.lower()
    assert sorted(all_files(Path("out"))) == [
        "lengths.npy",
        "manifest.json",
        "sequences.npy",
        "vocab.json",
    ]


def test_the_table_wins_and_the_command_line_wins_over_both() -> None:
    toml = "max-words = 1\nmin-count = 2\nquiet = true\n[run]\nmax-words = 2\nquiet = false\n"
    chosen, of_file = taken("run", toml, "a.txt", "-o", "out")
    assert (chosen["max_words"], chosen["min_count"], chosen["quiet"]) == (2, 2, False)
    assert of_file == {"max_words", "min_count"}
    chosen, of_file = taken("run", toml, "a.txt", "-o", "out", "-n", "3")
    assert (chosen["max_words"], of_file) == (3, {"min_count"})
    chosen, of_file = taken("vocab", toml, "a.txt", "-o", "out")
    assert (chosen["max_words"], chosen["quiet"]) == (1, True)
    assert of_file == {"max_words", "min_count", "quiet"}


def test_one_side_of_a_flag_overrules_the_other() -> None:
    toml = "lowercase = true\n[run]\nkeep-case = true\n"
    assert taken("run", toml, "a", "-o", "b")[0]["lowercase"] is False
    assert taken("run", toml, "a", "-o", "b", "--lowercase")[0]["lowercase"] is True
    assert taken("vocab", toml, "a", "-o", "b")[0]["lowercase"] is True


def test_a_list_replaces_a_list() -> None:
    toml = 'inputs = ["a", "b"]\ntext-column = ["x", 2]\n[run]\ntext-column = []\n'
    chosen, of_file = taken("run", toml, "-o", "out")
    assert (chosen["inputs"], chosen["text_columns"]) == (("a", "b"), ())
    assert of_file == {"inputs"}
    assert taken("run", toml, "c", "-o", "out")[0]["inputs"] == ("c",)
    assert taken("vocab", toml, "-o", "out")[0]["text_columns"] == ("x", "2")


def test_numbers_are_what_would_be_typed() -> None:
    toml = "negative = 1.5\nwindow = 0x10\nmax-bytes = 2_000\n"
    chosen, _ = taken("skipgrams", toml, "rows.npy", "-o", "out")
    assert (chosen["negative"], chosen["window"], chosen["max_bytes"]) == (1.5, 16, 2000)


def test_an_option_that_is_off_is_one_that_was_not_chosen() -> None:
    """It would be refused here if it were given."""
    said("run", "a.txt", "-o", "out", "-q")
    save('bos = false\n[vocab]\nlabel-column = []\ninputs = ["a.txt"]')
    said("vocab", "--update", "out/vocab.json", "-o", "b.json", "--config", "prep.toml")


@settings(max_examples=25)
@given(
    words=st.integers(1, 10**9),
    length=st.sampled_from(["max", "p99", 3]),
    kept=st.sampled_from([None, True, False]),
    columns=st.lists(st.text("ab'\"\\é字👍\t", min_size=1), max_size=3),
    is_table=st.booleans(),
)
def test_a_file_is_a_command_line(
    words: int, length: str | int, kept: bool | None, columns: list[str], is_table: bool
) -> None:
    written = {"max-words": words, "max-len": length, "text-column": columns}
    written |= {} if kept is None else {"keep-case": kept}
    # What JSON writes of these is TOML too.
    lines = [f"{key} = {json.dumps(value, ensure_ascii=False)}" for key, value in written.items()]
    chosen, _ = taken("run", "\n".join(["[run]" if is_table else "", *lines]), "a", "-o", "b")
    typed = ["a", "-o", "b", f"--max-words={words}", f"--max-len={length}"]
    typed += [] if kept is None else ["--keep-case" if kept else "--lowercase"]
    typed += [f"--text-column={column}" for column in columns]
    with command_of("run").make_context("run", typed) as ctx:
        assert chosen == ctx.params


@pytest.mark.parametrize(
    ("toml", "cause"),
    [
        ("max-word = 3", "max-word: no command has such an option. Did you mean max-words?"),
        ("modee = 3", "modee: no command has such an option. Did you mean mode?"),
        ("xyzzy = 3", "xyzzy: no command has such an option."),
        ('"a\\u001bb" = 3', "a\\u001bb: no command has such an option."),
        ("config = 'x'", "config: no command has such an option."),
        ("n = 3", "n: no command has such an option."),
        ("[rnu]\n", "[rnu]: there is no such command. Did you mean run?"),
        ("[max-len]\nx = 1", "[max-len]: there is no such command."),
        ("[[run]]\nseed = 3", "run: no command has such an option."),
        ("[run]\nmode = 'x'", "[run] mode: run has no such option."),
        ("[bow]\nmodee = 'x'", "[bow] modee: bow has no such option. Did you mean mode?"),
        ("[bow]\nsparse = 1", "[bow] sparse: is on or off: write true or false"),
        ("bos = 'yes'", "bos: is on or off: write true or false"),
        ("max-len = true", "max-len: needs a text or a number, not true or false"),
        ("max-len = [3]", "max-len: needs a text or a number, not a list"),
        ("max-len = 1979-05-27", "max-len: needs a text or a number, not a date"),
        ("[run.max-len]\nx = 1", "[run] max-len: needs a text or a number, not a table"),
        ("text-column = [[1]]", "text-column: needs a text or a number, not a list"),
        ("keep-case = true\nlowercase = false", "lowercase: is the same option as keep-case"),
        ("max-words = 'x'", "max-words: 'x' is not a valid integer range."),
        ("max-words = 0", "max-words: 0 is not in the range x>=1."),
        ("max-words = 2e4", "max-words: '2e4' is not a valid integer range."),
        ("max-bytes = 'big'", "max-bytes: 'big' is no size like 4096, 512MB or 2GiB"),
        ("[run]\npadding = 'left'", "[run] padding: 'left' is not one of 'pre', 'post'."),
        ("padding = 'Post'", "padding: 'Post' is not one of 'pre', 'post'. Did you mean post?"),
        ("split = 'x'", "split: 'x' is no TRAINING/VALIDATION/TEST like 80/10/10"),
        ("scheduler = 'x'", "scheduler: means something with --engine dask alone"),
        (
            "sparse = true\ndim = 3\nkeep-case = true\npattern = ''",
            "pattern: is empty, and finds no word",
        ),
        ("[run]\noov-init = 'mean'", "--oov-init means nothing without --vectors."),
    ],
)
def test_what_is_wrong_in_the_file_is_told_of_there(toml: str, cause: str) -> None:
    assert refused(toml, "run", "a.txt", "-o", "new") == f"prep.toml: {cause}"
    assert not Path("new").exists()


def test_what_is_wrong_on_the_command_line_is_not_told_of_the_file() -> None:
    toml = "max-words = 3\noov-init = 'mean'"
    said = refused(toml, "run", "a.txt", "-o", "new", "-n", "0")
    assert said == "Invalid value for '-n' / '--max-words': 0 is not in the range x>=1."
    assert refused(toml, "run", "a.txt") == "Missing option '-o' / '--output'."
    assert refused("inputs = []", "run", "-o", "new") == "Missing argument 'INPUT...'."
    said = refused(toml, "run", "a.txt", "-o", "new", "--split", "x", "--vectors", "x")
    assert said.startswith("Invalid value for '--split': ")


@pytest.mark.parametrize(
    ("data", "place"),
    [
        (b"x", "1: is no TOML: "),
        (b"seed = 1\n\nseed = 2\n", "3: is no TOML: "),
        (b"seed = 1\nmax-len = \n", "2: is no TOML: "),
        (b'seed = 1\nmax-len = "', "2: is no TOML: "),
        (b'seed = 1\nx = "\xe9"\n', "2: is not UTF-8; save it as UTF-8"),
        (b"x = " + b"9" * 5000, "1: is no TOML: "),
    ],
)
def test_a_broken_file_is_told_of_by_its_line(data: bytes, place: str) -> None:
    Path("prep.toml").write_bytes(data)
    ended = call("run a.txt -o new --config prep.toml")
    assert (ended.exit_code, ended.stdout) == (1, "")
    assert ended.stderr.startswith(f"embedprep: prep.toml:{place}")


def test_brackets_without_end() -> None:
    save("x = " + "[" * 100_000)
    ended = call("run a.txt -o new --config prep.toml")
    assert ended.exit_code == 1
    assert "too many brackets" in ended.stderr


def test_an_empty_file_and_one_with_a_byte_order_mark() -> None:
    save("")
    assert said("run", "a.txt", "-o", "one", "-q", "--config", "prep.toml") == ""
    save("\ufeffquiet = true  # 字\n")
    assert said("run", "a.txt", "-o", "two", "--config", "prep.toml") == ""


def test_a_file_that_is_not_there() -> None:
    ended = call("run a.txt -o new --config nowhere.toml")
    assert ended == (1, "", "embedprep: nowhere.toml: No such file or directory\n")
    ended = call("run a.txt -o new --config .")
    assert ended == (1, "", "embedprep: .: Is a directory\n")


@pytest.mark.parametrize("file", ["-", "s3://bucket/prep.toml"])
def test_a_file_lies_on_a_disk(file: str) -> None:
    ended = call(f"run a.txt -o new --config {file}")
    assert ended.exit_code == 2
    assert ended.output.endswith(f"Invalid value for '--config': {file} is no file on a disk\n")


@pytest.mark.parametrize("name", list(COMMANDS))
def test_every_long_option_and_argument_has_one_key(name: str) -> None:
    command = command_of(name)
    keys = keys_of(command)
    options = [o for o in command.params if isinstance(o, click.Option) and o.name != "config"]
    long = [n for o in options for n in (*o.opts, *o.secondary_opts) if n.startswith("--")]
    arguments = [str(a.name) for a in command.params if isinstance(a, click.Argument)]
    assert sorted(keys) == sorted([*(n[2:] for n in long), *arguments])
    assert command.params[-1].opts == ["--config"]


def test_options_that_do_not_go_together_are_told_of_the_file() -> None:
    said("run", "a.txt", "-o", "out", "-q")
    command = ("vocab", "a.txt", "--update", "out/vocab.json", "-o", "b.json")
    cause = "is settled in the vocabulary that --update names."
    assert refused("[vocab]\nkeep-case = true", *command) == f"prep.toml: --lowercase {cause}"
    assert refused("seed = 1", *command, "--bos") == f"--bos {cause}"


@pytest.mark.parametrize(
    ("command", "written"),
    [
        ("run a.txt -o out --summary prep.toml", "prep.toml"),
        ("vocab a.txt -o prep.toml", "./prep.toml"),
        ("vocab a.txt -o linked.toml", "prep.toml"),
        ("vocab a.txt -o same.toml", "prep.toml"),
    ],
)
def test_the_file_is_not_overwritten(command: str, written: str) -> None:
    save("max-words = 3")
    Path("linked.toml").symlink_to("prep.toml")
    Path("same.toml").hardlink_to("prep.toml")
    ended = call(command, "--config", written)
    assert ended.exit_code == 1
    assert "is the --config, and would be overwritten" in ended.stderr
    assert Path("prep.toml").read_text(encoding="utf-8") == "max-words = 3"


def test_a_small_number_is_what_was_written() -> None:
    _, given = taken("run", "max-oov = 0.00001\noutput = 'out'\ninputs = 'a.txt'")
    assert "max_oov" in given


@pytest.mark.parametrize(
    ("toml", "command"),
    [
        ("keep-case = true", "inspect out"),
        ("keep-case = true", "vocab a.npz -o v.json"),
        ("oov = 'drop'", "vocab --update out/vocab.json a.txt -o v.json"),
        ("max-len = 9", "explain tea"),
        ("min-coverage = '80%'", "run a.txt -o out"),
        ("min-coverage = '80%'", "matrix -o out"),
        ("init = 'normal'", "run a.txt --vectors vectors.txt -o out"),
    ],
)
def test_what_is_for_all_commands_is_passed_over_where_it_means_nothing(
    toml: str, command: str
) -> None:
    Path("vectors.txt").write_text("the 0.5 1\n", encoding="utf-8")
    call("count a.txt -o a.npz")
    call("run a.txt -o out")
    name = command.split(maxsplit=1)[0]
    save(f"[{name}]\n{toml}")
    assert call(f"{command} --config prep.toml").exit_code == 2
    save(toml)
    assert call(f"{command} --config prep.toml").exit_code == 0
