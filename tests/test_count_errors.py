"""Is each file of counts that is damaged, or does not fit, refused with place, cause and remedy?"""

from __future__ import annotations

import io
import json
import struct
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from embedprep.counts.kinds import Counts
from embedprep.counts.recipe import count_words, vocab_of_counts
from embedprep.errors import InputError, OutputError
from embedprep.settings import Resources, RowSettings, VocabularySettings
from embedprep.sources import Reader, Reading
from embedprep.tokenizer.settings import TokenizerSettings
from tests.in_process import call
from tests.test_errors import assert_fails, run

HERE = Resources(1)
REMEDY = "make it again by `embedprep count`"
NO_ARRAY = "is no array of one dimension and of"
NO_ZIP = "it is no whole zip archive: File is not a zip file"


DROPPED = (
    "Invalid value for '--max-len': must be a number with --oov drop: how long a line is depends "
    "on which of its words are kept, and counts do not tell which words it has; name one, as in "
    "--max-len 128"
)


@pytest.fixture
def counts(tmp_path: Path) -> Path:
    """The counts of two lines; the words stand as `mat the sat cat`."""
    text = tmp_path / "t.txt"
    text.write_bytes(b"the cat sat\nthe mat\n")
    output = tmp_path / "c.npz"
    reader = Reader([str(text)], Reading())
    count_words(reader, TokenizerSettings("whitespace"), output, resources=HERE)
    return output


def arrays_of(path: Path) -> dict[str, Any]:
    with np.load(path) as arrays:
        return dict(arrays)


def bytes_of(text: str | bytes) -> Any:
    return np.frombuffer(text if isinstance(text, bytes) else text.encode(), np.uint8)


def refused(path: Path) -> str:
    """What is said of a file of counts in place of a vocabulary."""
    with pytest.raises(InputError) as caught:
        vocab_of_counts(Counts([str(path)]), VocabularySettings(), RowSettings(), resources=HERE)
    return str(caught.value)


@pytest.mark.parametrize(
    ("name", "values", "cause"),
    [
        ("lengths", np.array([3, 3, 3, 4], "<u4"), "its text.npy ends early"),
        ("lengths", np.array([2**32 - 1] * 4, "<u4"), "its text.npy ends early"),
        ("text", bytes_of("matthesatcats"), "its words are longer than their lengths"),
        ("lengths", np.array([3, 6, 0, 3], "<u4"), "it holds what is no word of a line"),
        ("lengths", np.array([3, 3, 3], "<u4"), "it has not as many counts as words"),
        ("lengths", np.array([3] * 4), f"its lengths.npy {NO_ARRAY} uint32"),
        ("counts", np.array([1, 2, -1, 3]), "it holds a count that is no number of words"),
        ("counts", np.array([1, 2, 0, 2]), "it holds a count that is no number of words"),
        ("counts", np.array([1, 2, 2**62, 1]), "it holds a count that is no number of words"),
        ("counts", np.array([1, 2, 1, 2]), "its lines have not as many words as were counted"),
        ("counts", np.array([[1, 2], [1, 1]]), f"its counts.npy {NO_ARRAY} int64"),
        ("counts", np.array([1, 2, 1, "x"], object), f"its counts.npy {NO_ARRAY} int64"),
        ("text", bytes_of("matthesat\nat"), "it holds what is no word of a line"),
        ("text", bytes_of(b"mat\xe9hesatcat"), "it holds a word that is not UTF-8"),
        ("text", bytes_of("maéhesatcat"), "it holds a word that is not UTF-8"),
        ("text", bytes_of("mattheca" + "tsat"), "its words do not stand in their order"),
        ("text", bytes_of("matthethecat"), "its words do not stand in their order"),
        ("rows", np.array([1, 0]), "its lengths of lines are none"),
        ("rows", np.array([2]), "it does not tell the lengths of lines"),
        ("rows", np.array([1, 2]), "its lines have not as many words as were counted"),
        ("row_lengths", np.array([3, 2]), "its lengths of lines are none"),
        ("row_lengths", np.array([-1, 2]), "its lengths of lines are none"),
        ("settings", bytes_of("{}"), "its format is not 'embedprep-counts'"),
        ("settings", bytes_of("[" * 10_000), "its settings are no JSON"),
        (
            "settings",
            bytes_of('{"format": "embedprep-counts", "version": 1, "tokenizer": {}}'),
            "its settings are broken ('versions')",
        ),
        ("settings", np.zeros(2**20 + 1, np.uint8), "its settings are too long"),
    ],
)
def test_what_a_file_cannot_hold_is_refused(
    name: str, values: Any, cause: str, counts: Path
) -> None:
    np.savez(counts, **arrays_of(counts) | {name: values})
    assert refused(counts) == f"{counts}: is no whole file of counts: {cause}; {REMEDY}"


def test_a_copy_by_numpy_is_read(counts: Path) -> None:
    np.savez(counts, **arrays_of(counts))
    made = vocab_of_counts(Counts([str(counts)]), VocabularySettings(), RowSettings())
    assert made.words == ("the", "cat", "mat", "sat")


def test_a_newer_version_is_told_of(counts: Path) -> None:
    settings = json.loads(arrays_of(counts)["settings"].tobytes()) | {"version": 2}
    np.savez(counts, **arrays_of(counts) | {"settings": bytes_of(json.dumps(settings))})
    assert refused(counts) == (
        f"{counts}: has version 2, this embedprep reads version 1; "
        "install the embedprep that made it, or a newer one"
    )


def cut(data: bytes) -> bytes:
    return data[: len(data) // 2]


def flipped(data: bytes) -> bytes:
    """The bytes with another count in them, whose checksum stays."""
    at = data.index(b"counts.npy") + len(b"counts.npy") + 128
    return data[:at] + b"\5" + data[at + 1 :]


def vast(data: bytes) -> bytes:
    """The bytes with an array that says that it is vast."""
    return data.replace(b"'shape': (4,), }" + b" " * 12, b"'shape': (4000000000000,), }", 1)


def moved(data: bytes) -> bytes:
    """The bytes with a directory that names another place for the second array."""
    at = data.rindex(b"text.npy") - 4
    return data[:at] + struct.pack("<I", 5) + data[at + 4 :]


def squeezed(data: bytes) -> bytes:
    with np.load(io.BytesIO(data)) as arrays:
        output = io.BytesIO()
        np.savez_compressed(output, **arrays)
    return output.getvalue()


def without(data: bytes) -> bytes:
    with np.load(io.BytesIO(data)) as arrays:
        output = io.BytesIO()
        np.savez(output, **{name: arrays[name] for name in arrays.files if name != "rows"})
    return output.getvalue()


@pytest.mark.parametrize(
    ("damaged", "cause"),
    [
        (cut, NO_ZIP),
        (lambda _: b"the cat\n", NO_ZIP),
        (lambda _: b"", NO_ZIP),
        (flipped, "its counts.npy is damaged: the checksum is another"),
        (vast, "its lengths.npy has another size than it says"),
        (moved, "its text.npy does not lie where the archive says"),
        (squeezed, "its settings.npy is compressed or encrypted"),
        (without, "it has no rows.npy"),
    ],
)
def test_a_damaged_file_is_refused(
    damaged: Callable[[bytes], bytes], cause: str, counts: Path
) -> None:
    counts.write_bytes(damaged(counts.read_bytes()))
    assert refused(counts) == f"{counts}: is no whole file of counts: {cause}; {REMEDY}"


def test_any_byte_that_is_changed_is_told_of_or_changes_nothing(counts: Path) -> None:
    whole = counts.read_bytes()
    expected = vocab_of_counts(Counts([str(counts)]), VocabularySettings(), RowSettings())
    for place in range(0, len(whole), 7):
        changed = bytearray(whole)
        changed[place] ^= 0x15
        counts.write_bytes(changed)
        try:
            made = vocab_of_counts(
                Counts([str(counts)]), VocabularySettings(), RowSettings(), resources=HERE
            )
        except InputError:
            continue
        assert made == expected, place


@pytest.mark.parametrize("name", ["missing.npz", "folder.npz"])
def test_a_file_that_is_not_there_is_told_of(name: str, tmp_path: Path) -> None:
    (tmp_path / "folder.npz").mkdir()
    said = {
        "missing.npz": "no such file; check the path",
        "folder.npz": "is a folder, not a file of counts; name the file",
    }
    assert refused(tmp_path / name) == f"{tmp_path / name}: {said[name]}"


@pytest.mark.parametrize(
    ("other", "cause"),
    [
        (TokenizerSettings("char"), 'tokenizer "char", and {} has "whitespace"'),
        (TokenizerSettings("whitespace", True), "lowercase true, and {} has false"),
        (TokenizerSettings("pattern", pattern="a"), 'tokenizer "pattern", and {} has "whitespace"'),
    ],
)
def test_counts_by_other_rules_are_refused(
    other: TokenizerSettings, cause: str, counts: Path
) -> None:
    second = counts.with_name("d.npz")
    reader = Reader([str(counts.with_name("t.txt"))], Reading())
    count_words(reader, other, second, resources=HERE)
    with pytest.raises(InputError) as caught:
        count_words(Counts([str(counts), str(second)]), other, counts.with_name("e.npz"))
    assert str(caught.value) == (
        f"{second}: was counted with {cause.format(counts)}; count it again by the same rules"
    )
    assert not counts.with_name("e.npz").exists()


def test_counts_by_another_unicode_are_refused(tmp_path: Path) -> None:
    (tmp_path / "t.txt").write_bytes(b"a\n")
    for name, version in (("a.npz", "1.0"), ("b.npz", "2.0")):
        reader = Reader([str(tmp_path / "t.txt")], Reading())
        count_words(reader, TokenizerSettings("keras"), tmp_path / name, resources=HERE)
        arrays = arrays_of(tmp_path / name)
        settings = json.loads(arrays["settings"].tobytes()) | {"versions": {"unicode": version}}
        np.savez(tmp_path / name, **arrays | {"settings": bytes_of(json.dumps(settings))})
    with pytest.raises(InputError, match=r'b.npz: was counted with unicode "2.0", and .*"1.0"; '):
        vocab_of_counts(
            Counts([str(tmp_path / "a.npz"), str(tmp_path / "b.npz")]),
            VocabularySettings(),
            RowSettings(),
        )


def test_an_input_is_not_overwritten(counts: Path) -> None:
    before = counts.read_bytes()
    with pytest.raises(OutputError) as caught:
        count_words(Counts([str(counts)]), TokenizerSettings(), counts)
    assert str(caught.value) == (
        f"{counts}: is also an input and would be overwritten; name another -o"
    )
    assert counts.read_bytes() == before


def test_failures_of_the_commands_leave_nothing_behind(counts: Path) -> None:
    folder = counts.parent
    assert run(folder, "vocab c.npz -q -o old.json").status == 0
    whole = counts.read_bytes()
    counts.write_bytes(whole[:-30])
    said = (
        f"is no whole file of counts: it is no whole zip archive: File is not a zip file; {REMEDY}"
    )
    assert_fails(folder, "vocab c.npz -o new.json", f"c.npz: {said}")
    assert_fails(folder, "count c.npz -o new.npz", f"c.npz: {said}")
    assert_fails(folder, "vocab --update old.json c.npz -o new.json --map m.npy", f"c.npz: {said}")
    said = (
        "t.txt: is no file of counts, and c.npz is one; count the texts first by `embedprep count`"
    )
    assert_fails(folder, "count c.npz t.txt -o new.npz", said)


@pytest.mark.parametrize(
    ("command", "said"),
    [
        ("vocab c.npz --tokenizer keras -o v", "--tokenizer is about text, and counts hold none."),
        ("vocab c.npz --keep-case -o v", "--lowercase is about text, and counts hold none."),
        ("count c.npz --encoding latin-1 -o v", "--encoding is about text, and counts hold none."),
        ("count c.npz --pattern a -o v", "--pattern is about text, and counts hold none."),
        (
            "vocab c.npz --engine dask -o v",
            "--engine is about text, and counts hold none.",
        ),
        (
            "vocab t.txt --update v.json --engine dask -o v",
            "--engine is not for --update, which counts in this process.",
        ),
        ("vocab x=c.npz -o v", "x= names a label. Counts have no labels."),
        ("count x=t.txt -o v", "x= names a label. Counts have no labels."),
        (
            "vocab c.npz --label-column a -o v",
            "--label-column names a label. Counts have no labels.",
        ),
        (
            "vocab c.npz --oov drop --max-len p99 -o v",
            DROPPED,
        ),
        (
            "count t.txt -o -",
            "Invalid value for '-o' / '--output': counts cannot go to standard output",
        ),
        ("vocab t.txt --map m.npy -o v", "--map tells where the indices of --update FILE went."),
        (
            "vocab t.txt --update v.json --bos -o v",
            "--bos is settled in the vocabulary that --update names.",
        ),
        (
            "vocab t.txt --update v.json --dtype int64 -o v",
            "--dtype is settled in the vocabulary that --update names.",
        ),
        ("vocab --update v.json -o v", "Missing argument 'INPUT...', or --from FILE."),
        (
            "vocab --update v.json --from v.json -o v",
            "--update is about text, and --from reads none.",
        ),
        (
            "vocab a=t.txt --update v.json -o v",
            "a= names a label. Its classes are those of the --update.",
        ),
        (
            "matrix --vocab v.json --start-vocab v.json -o m.npy",
            "--start-vocab tells of the words in --start OLD.npy.",
        ),
        (
            "matrix --vocab v.json --start m.npy --vectors v.txt -o m.npy",
            "Invalid value for '--start': goes with new vectors that are drawn, not with --vectors",
        ),
    ],
)
def test_a_wrong_command_line(
    command: str, said: str, counts: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(counts.parent)
    vocab_of_counts(Counts(["c.npz"]), VocabularySettings(), RowSettings(), Path("v.json"))
    there = sorted(Path.cwd().iterdir())
    ended = call(command)
    assert (ended.exit_code, ended.output.splitlines()[-1]) == (2, f"Error: {said}")
    assert sorted(Path.cwd().iterdir()) == there


@pytest.mark.parametrize("command", ["run {} -o out", "encode {} --vocab v.json -o out"])
@pytest.mark.parametrize("name", ["c.npz", "c.txt"])
def test_counts_have_no_rows(command: str, name: str, counts: Path, tmp_path: Path) -> None:
    counts.rename(tmp_path / name)
    ended = call(command.format(tmp_path / name))
    cause = "is a file of counts, and has no rows"
    remedy = "give the text itself; vocab makes a vocabulary of counts"
    assert ended == (1, "", f"embedprep: {tmp_path / name}: {cause}; {remedy}\n")
