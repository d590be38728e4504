"""Does a job give the same bytes however it is done?"""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

import pytest

import embedprep
from embedprep import pipeline
from embedprep.budget import Budget
from embedprep.settings import Resources, RowSettings, Selection, VocabularySettings
from embedprep.sources import Input, Reader, Reading
from embedprep.spool import MEMORY_BYTES
from tests import twins
from tests.texts import settings_of

KIB, MIB = 1 << 10, 1 << 20
N_KEPT = 1500
FILES = {"sequences.npy", "lengths.npy", "vocab.json", "manifest.json"}


class Job(NamedTuple):
    """What decides the result."""

    tokenizer: str
    oov: str
    marks: str = ""
    selection: str = "all"

    @property
    def bos(self) -> bool:
        return "bos" in self.marks

    @property
    def eos(self) -> bool:
        return "eos" in self.marks

    @property
    def settings(self) -> VocabularySettings:
        tokenizer = settings_of(self.tokenizer)
        return VocabularySettings(
            max_words=N_KEPT, oov=self.oov, tokenizer=tokenizer, bos=self.bos, eos=self.eos
        )


SELECTIONS = {
    "all": Selection(),
    "parts": Selection(
        split="80/10/10", seed=3, shuffle=True, drop_empty=True, drop_duplicates=True
    ),
    "windows": Selection(shuffle=True, overflow="split", stride=2),
}
PART_FILES = {"sequences.npy", "lengths.npy", "labels.npy", "vocab.json", "manifest.json"}
FILES_OF = {
    "all": FILES,
    "parts": {
        f"{part}{name}" for part in ("", "validation/", "test/", "dev/") for name in PART_FILES
    },
    "windows": {*FILES, "document.npy"},
}


class Way(NamedTuple):
    """What decides nothing."""

    jobs: int
    block_bytes: int
    spool_is_on_disk: bool = False
    dictionary_bytes: int | None = None


PLAIN = Way(1, MIB)
JOBS = [
    *[Job(name, oov) for name in ("unicode", "keras") for oov in ("unk", "drop")],
    Job("whitespace", "unk"),
    Job("char", "drop"),
    Job("pattern", "unk"),
    Job("jieba", "drop"),
    Job("keras", "unk", "bos+eos"),
    Job("whitespace", "drop", "eos"),
]
WAYS = [
    PLAIN,
    Way(2, MIB),
    Way(2, 64),
    Way(2, KIB),
    Way(2, 64 * KIB, spool_is_on_disk=True),
    Way(1, KIB, spool_is_on_disk=True),
    Way(2, 16 * MIB),
    Way(1, KIB, dictionary_bytes=1),
    Way(2, 4 * KIB, spool_is_on_disk=True, dictionary_bytes=50_000),
]
SELECTING = [
    Job("unicode", "unk", selection="parts"),
    Job("keras", "drop", "bos", "parts"),
    Job("whitespace", "unk", "bos+eos", "windows"),
]
every_job = pytest.mark.parametrize("job", JOBS, ids="-".join)
every_job_and_selection = pytest.mark.parametrize("job", [*JOBS, *SELECTING], ids="-".join)


@pytest.fixture(scope="module")
def text(shared: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Sentences of five languages in turn, with CRLF, blank lines, and no end after the last."""
    names = [
        "rt-polarity/rt-polarity.pos",
        *(f"sentences/{n}.txt" for n in ("zh", "tr", "ar", "hi")),
    ]
    corpora = [(shared / "corpora" / name).read_bytes().split(b"\n")[:160] for name in names]
    lines = [line for together in zip(*corpora, strict=True) for line in together]
    lines[::7] = [line + b"\r" for line in lines[::7]]
    lines[::11] = [b""] * len(lines[::11])
    lines[-1] = "no end 你好".encode()
    path = tmp_path_factory.mktemp("text") / "text.txt"
    path.write_bytes(b"\n".join(lines))
    return path


def files_in(folder: Path) -> dict[str, bytes]:
    return {
        path.relative_to(folder).as_posix(): path.read_bytes()
        for path in folder.rglob("*")
        if path.is_file()
    }


def run(text: Path, folder: Path, job: Job, way: Way) -> dict[str, bytes]:
    with pytest.MonkeyPatch.context() as patched:
        spool_bytes = 0 if way.spool_is_on_disk else MEMORY_BYTES
        budget = Budget(way.jobs, way.dictionary_bytes, spool_bytes)
        patched.setattr(pipeline, "budget_of", lambda *_, **__: budget)
        inputs = [Input(str(text))]
        if job.selection == "parts":
            halves = [Input(str(text), label="x"), Input(str(text), label="y")]
            inputs = [*halves, Input(str(text), "dev", "y")]
        reader = Reader(inputs, Reading(block_bytes=way.block_bytes))
        rows = RowSettings("7" if job.selection == "windows" else None)
        selection = SELECTIONS[job.selection]
        pipeline.run(reader, folder, job.settings, rows, selection)
    return files_in(folder)


@pytest.fixture(scope="module")
def plain(text: Path, tmp_path_factory: pytest.TempPathFactory) -> Callable[[Job], Path]:
    """The output of a job done in one block by one thread."""
    made: dict[Job, Path] = {}

    def folder_of(job: Job) -> Path:
        if job not in made:
            made[job] = tmp_path_factory.mktemp("plain") / "out"
            run(text, made[job], job, PLAIN)
        return made[job]

    return folder_of


@every_job_and_selection
@pytest.mark.parametrize("way", WAYS, ids=repr)
def test_no_way_of_running_shows_in_the_output(
    way: Way, job: Job, text: Path, plain: Callable[[Job], Path], tmp_path: Path
) -> None:
    made = run(text, tmp_path / "out", job, way)
    assert made.keys() == FILES_OF[job.selection]
    assert made == files_in(plain(job))


@every_job
def test_the_output_is_that_of_the_twin(job: Job, text: Path, plain: Callable[[Job], Path]) -> None:
    lines = text.read_bytes().decode().replace("\r\n", "\n").split("\n")
    expected = twins.run(
        lines,
        tokenizer=job.tokenizer,
        oov=job.oov,
        bos=job.bos,
        eos=job.eos,
        max_words=N_KEPT,
    )
    output = embedprep.load(plain(job))
    vocabulary = output.vocabulary
    assert list(zip(vocabulary.words, vocabulary.counts, strict=True)) == expected.vocabulary
    assert output.lengths.tolist() == expected.lengths
    assert output.sequences.tolist() == expected.rows


@every_job
def test_a_pipe_gives_the_same_but_for_its_name(
    job: Job, text: Path, plain: Callable[[Job], Path], tmp_path: Path
) -> None:
    command = [sys.executable, "-m", "embedprep", "run", "-", "-q", "-o", str(tmp_path / "out")]
    options = ["-n", str(N_KEPT), "--tokenizer", job.tokenizer, "--oov", job.oov]
    options += [f"--{mark}" for mark in ("bos", "eos") if mark in job.marks]
    if job.tokenizer == "pattern":
        options += ["--pattern", twins.PATTERN]
    with subprocess.Popen(["cat", text], stdout=subprocess.PIPE) as cat:
        subprocess.run([*command, *options], stdin=cat.stdout, check=True)

    made, expected = files_in(tmp_path / "out"), files_in(plain(job))
    manifest = json.loads(made.pop("manifest.json"))
    wanted = json.loads(expected.pop("manifest.json"))
    assert made == expected
    assert manifest["inputs"][0].pop("name") == "-"
    assert wanted["inputs"][0].pop("name") == "text.txt"
    assert manifest == wanted


@every_job
@pytest.mark.parametrize("block_bytes", [KIB, MIB])
def test_encoding_the_training_text_gives_its_rows_again(
    block_bytes: int, job: Job, text: Path, plain: Callable[[Job], Path], tmp_path: Path
) -> None:
    expected = files_in(plain(job))
    for target in ("again.npy", "again"):
        pipeline.encode(
            Reader([str(text)], Reading(block_bytes=block_bytes)),
            plain(job) / "vocab.json",
            tmp_path / target,
            RowSettings(),
            resources=Resources(2),
        )
    assert (tmp_path / "again.npy").read_bytes() == expected["sequences.npy"]
    made = files_in(tmp_path / "again")
    assert made.keys() == FILES
    for name in FILES - {"manifest.json"}:
        assert made[name] == expected[name]


@every_job
def test_decoding_gives_the_words_back(job: Job, text: Path, plain: Callable[[Job], Path]) -> None:
    command = [sys.executable, "-m", "embedprep", "decode", str(plain(job) / "sequences.npy")]
    decoded = subprocess.run(command, check=True, stdout=subprocess.PIPE).stdout.decode()

    known = set(embedprep.load(plain(job)).vocabulary.words)
    lines = text.read_bytes().decode().replace("\r\n", "\n").split("\n")
    rows = [
        twins.tokenize(line, job.tokenizer, job.tokenizer in ("unicode", "keras")) for line in lines
    ]
    unknown = ["<unk>"] if job.oov == "unk" else []
    expected = [
        " ".join(entry for word in row for entry in ([word] if word in known else unknown))
        for row in rows
    ]
    assert decoded.removesuffix("\n").split("\n") == expected
