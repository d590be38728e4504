"""Are Chinese words those of jieba, whatever thread asks for them, and without a trace of it?"""

from __future__ import annotations

import os
import subprocess
import sys
import unicodedata
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
from hypothesis import example, given

import embedprep
from embedprep.tokenizer import chinese
from embedprep.tokenizer.settings import TokenizerSettings
from tests import twins
from tests.texts import found, texts

LINES = ["我来到北京清华大学", "他穿T恤，唱卡拉OK。", "", "Hello, 2026年！ 3.14%"]
WORDS = [
    ["我", "来到", "北京", "清华大学"],
    ["他", "穿", "T恤", "唱", "卡拉", "OK"],
    [],
    ["Hello", "2026", "年", "3.14%"],
]


def words_of(lines: list[str], lowercase: bool | None = None) -> list[list[str]]:
    return found(lines, TokenizerSettings("jieba", lowercase))


def test_words_are_those_of_the_dictionary() -> None:
    assert words_of(LINES) == WORDS
    assert words_of(["T恤 HELLO"], lowercase=True) == [["t", "恤", "hello"]]


def test_words_that_no_dictionary_holds_are_guessed() -> None:
    """So says jieba's README of 杭研, with its hidden Markov model on."""
    assert words_of(["他来到了网易杭研大厦"]) == [["他", "来到", "了", "网易", "杭研", "大厦"]]


def test_what_holds_no_letter_or_number_is_no_word() -> None:
    assert words_of(["「，。」 …—_-+#&. \u3000", "①Ⅷ½々〇é\u0301"]) == [
        [],
        ["①", "Ⅷ", "½", "々", "〇", "é"],
    ]


def test_alphanumeric_is_letters_and_numbers() -> None:
    characters = [chr(c) for c in range(sys.maxunicode + 1)]
    differing = [c for c in characters if c.isalnum() != (unicodedata.category(c)[0] in "LN")]
    assert differing == []


@given(lines=texts)
@example(lines=["\r", "\x85\u2028\u3000", "A\u0301中\U00020000文\ud7ff"])
@example(lines=["一" * 50, "龘靐齉爩" * 9, "a.b%c-d+e#f&g_h"])
def test_pieces_make_up_the_line(lines: list[str]) -> None:
    assert ["".join(twins.jieba().lcut(line)) for line in lines] == lines


@pytest.mark.parametrize("lowercase", [False, True])
@pytest.mark.parametrize("language", ["zh", "ja", "de"])
def test_real_sentences(language: str, lowercase: bool, shared: Path) -> None:
    text = (shared / "corpora" / "sentences" / f"{language}.txt").read_bytes().decode()
    lines = text.replace("\r\n", "\n").split("\n")[:1500]
    expected = [twins.tokenize(line, "jieba", lowercase) for line in lines]
    assert sum(map(len, expected)) > 5000
    assert words_of(lines, lowercase) == expected


def test_threads_load_the_dictionary_once(monkeypatch: pytest.MonkeyPatch) -> None:
    loaded = []
    load = chinese._jieba

    def counted_load() -> Any:
        loaded.append(1)
        return load()

    monkeypatch.setattr(chinese, "_jieba", counted_load)
    chinese._segmenter.cache_clear()
    with ThreadPoolExecutor(8) as pool:
        assert list(pool.map(words_of, [LINES] * 24)) == [WORDS] * 24
    assert loaded == [1]


def test_words_that_a_program_adds_change_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    line = "石墨烯量子点"
    before = words_of([line])
    assert before != [[line]]
    program = twins.jieba().dt
    monkeypatch.setattr(program, "FREQ", program.FREQ.copy())
    monkeypatch.setattr(program, "total", program.total)
    program.add_word(line)
    assert program.lcut(line) == [line]
    assert words_of([line]) == before


def test_a_job_is_silent_and_leaves_no_file(tmp_path: Path) -> None:
    (tmp_path / "text.txt").write_bytes("\n".join(LINES).encode())
    (tmp_path / "temporary").mkdir()
    (tmp_path / "modules").mkdir()
    (tmp_path / "modules" / "pkg_resources.py").write_text(
        "import warnings\nwarnings.warn('pkg_resources is deprecated as an API', UserWarning)\n"
        "raise ImportError('as without setuptools')\n"
    )
    code = "import embedprep; print(embedprep.build('text.txt', 'out', tokenizer='jieba')[1].words)"
    done = subprocess.run(
        [sys.executable, "-W", "error", "-c", code],
        cwd=tmp_path,
        env=os.environ
        | {
            "TMPDIR": str(tmp_path / "temporary"),
            "PYTHONPATH": str(tmp_path / "modules"),
            "PYTHONPYCACHEPREFIX": str(tmp_path / "compiled"),  # compiling it warns, too
        },
        capture_output=True,
        check=True,
    )
    assert (done.stdout.decode().count("清华大学"), done.stderr) == (1, b"")
    assert list((tmp_path / "temporary").iterdir()) == []


def test_the_version_stands_in_the_manifest(tmp_path: Path) -> None:
    (tmp_path / "text.txt").write_bytes("\n".join(LINES).encode())
    embedprep.build([tmp_path / "text.txt"], tmp_path / "out", tokenizer="jieba")
    output = embedprep.load(tmp_path / "out")
    settings = output.manifest["settings"]
    assert settings["tokenizer"] == {"name": "jieba", "lowercase": False}
    assert settings["jieba"] == twins.jieba().__version__
    assert settings["unicode"] == unicodedata.unidata_version
    assert output.vocabulary.decode(output.sequences) == [" ".join(words) for words in WORDS]


def test_other_jobs_do_not_load_it() -> None:
    code = (
        "import sys, embedprep.pipeline, embedprep.cli.build\n"
        "print(*sorted({'jieba', 'pkg_resources'} & set(sys.modules)))"
    )
    said = subprocess.run([sys.executable, "-c", code], check=True, stdout=subprocess.PIPE)
    assert said.stdout.split() == []
