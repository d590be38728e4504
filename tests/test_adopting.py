"""Does a vocabulary that is taken over keep every word at its index?"""

from __future__ import annotations

import json
import subprocess
import sys
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from embedprep import Vocabulary, load
from embedprep.adopting import Adopted, adopt
from embedprep.errors import OutputError, VocabularyError
from embedprep.rectangle import Rectangle
from embedprep.settings import AdoptionSettings, RowSettings, VocabularySettings
from embedprep.specials import OOV_CHOICES, Specials
from embedprep.tokenizer.settings import TokenizerSettings
from tests.test_foreign import hugging_face, keras

WHITESPACE = TokenizerSettings("whitespace")
BERT = "[PAD]\n[unused1]\n[UNK]\n[CLS]\n[SEP]\nthe\n##s\nCat\n"


def settings_of(
    *,
    max_len: str = "4",
    dtype: str = "int32",
    unk_token: str | None = None,
    lowercase: bool | None = None,
    **given: Any,
) -> AdoptionSettings:
    """Rows of four, and those settings of the words that are `given`."""
    words = VocabularySettings(**{"tokenizer": WHITESPACE} | given)
    names = {"tokenizer", *given}
    if lowercase is not None:
        words = replace(words, tokenizer=replace(words.tokenizer, lowercase=lowercase))
        names.add("lowercase")
    return AdoptionSettings(words, RowSettings(max_len, dtype=dtype), unk_token, frozenset(names))


def adopted(content: str, folder: Path, **settings: Any) -> Adopted:
    (folder / "file").write_bytes(content.encode())
    return adopt(folder / "file", settings_of(**settings), folder / "vocab.json")


def vocabulary_of(content: str, folder: Path, **settings: Any) -> Vocabulary:
    made = adopted(content, folder, **settings).vocabulary
    assert Vocabulary.load(folder / "vocab.json") == made
    return made


def test_a_list_that_begins_with_padding_keeps_the_numbers_of_its_lines(tmp_path: Path) -> None:
    made = vocabulary_of(BERT, tmp_path)
    assert made == Vocabulary(
        ("[unused1]", "[CLS]", "[SEP]", "the", "##s", "Cat"),
        (0,) * 6,
        WHITESPACE,
        Rectangle(4),
        Specials(unk=2),
    )
    assert made.entries == (
        *("<pad>", "[unused1]", "<unk>", "[CLS]"),
        *("[SEP]", "the", "##s", "Cat"),
    )
    assert made.encode(["the Cat ##s dog [PAD] [UNK]"]).tolist() == [[6, 2, 2, 2]]


@pytest.mark.parametrize(
    ("given", "entries", "row"),
    [
        ({}, ["<pad>", "<unk>", "the", "<s>", "cat"], [0, 2, 1, 4]),
        ({"oov": "unk"}, ["<pad>", "<unk>", "the", "<s>", "cat"], [0, 2, 1, 4]),
        ({"oov": "drop"}, ["<pad>", "the", "<s>", "cat"], [0, 0, 1, 3]),
        ({"bos": True}, ["<pad>", "<unk>", "<bos>", "the", "cat"], [2, 3, 1, 4]),
        ({"eos": True}, ["<pad>", "<unk>", "<eos>", "the", "<s>", "cat"], [3, 1, 5, 2]),
        ({"max_words": 2}, ["<pad>", "<unk>", "the", "<s>"], [0, 2, 1, 1]),
        ({"unk_token": "the"}, ["<pad>", "<unk>", "<s>", "<UNK>", "cat"], [0, 1, 1, 4]),
    ],
)
def test_another_list_is_numbered_as_a_ranking(
    given: dict[str, Any], entries: list[str], row: list[int], tmp_path: Path
) -> None:
    made = vocabulary_of("the\n<s>\n<UNK>\ncat\n", tmp_path, **given)
    assert list(made.entries) == entries
    assert made.encode(["the dog cat"]).tolist() == [row]


@pytest.mark.parametrize(
    ("content", "specials"),
    [
        ('{"the": 1, "cat": 2}', Specials(None)),
        ('{"[UNK]": 1, "<UNK>": 2}', Specials(1)),
        ('{"<OOV>": 2, "the": 1}', Specials(2)),
        ('{"<oov>": 3, "the": 1, "a": 2}', Specials(3)),
        ('{"UNK": 1, "<unk>": 2}', Specials(2)),
        (keras(), Specials(1)),
        (keras(oov_token=None, word_index='{"UNK": 2, "the": 1}'), Specials(2)),
        (keras(oov_token="the", word_index='{"UNK": 2, "the": 1}'), Specials(1)),
        (hugging_face(), Specials(1)),
    ],
)
def test_the_entry_of_unknown_words_is_found(
    content: str, specials: Specials, tmp_path: Path
) -> None:
    assert vocabulary_of(content, tmp_path).specials == specials


def test_a_tokenizer_of_hugging_face_keeps_its_indices(tmp_path: Path) -> None:
    vocabulary = {"[PAD]": 0, "cat": 4, "the": 2, "[UNK]": 1}
    model = {"type": "WordLevel", "vocab": vocabulary, "unk_token": "[UNK]"}
    content = hugging_face(model=model, padding=None, added_tokens=[{"id": 3, "content": "[CLS]"}])
    made = vocabulary_of(content, tmp_path, bos=True)
    assert made.entries == ("<pad>", "<unk>", "the", "<bos>", "cat")
    assert made.encode(["the cat", "a the cat the", ""]).tolist() == [
        [0, 3, 2, 4],
        [3, 2, 4, 2],
        [0, 0, 0, 3],
    ]


def test_the_entry_of_unknown_words_may_be_named(tmp_path: Path) -> None:
    made = vocabulary_of(BERT, tmp_path, unk_token="Cat")
    assert made.specials == Specials(unk=7)
    assert made.entries[2] == "[UNK]"


def test_marks_are_found_where_they_are_asked_for(tmp_path: Path) -> None:
    made = vocabulary_of(BERT, tmp_path, bos=True, eos=True)
    assert made.specials == Specials(unk=2, bos=3, eos=4)
    assert made.words == ("[unused1]", "the", "##s", "Cat")
    assert made.encode(["the Cat ##s", "[CLS]"]).tolist() == [[3, 7, 6, 4], [0, 3, 2, 4]]


def test_indices_that_no_entry_has_are_held(tmp_path: Path) -> None:
    made = vocabulary_of('{"the": 2, "cat": 5, "[UNK]": 4}', tmp_path)
    assert made.entries == ("<pad>", "<unused 1>", "the", "<unused 3>", "<unk>", "cat")
    assert made.encode(["<unused 1> the cat"]).tolist() == [[4, 4, 2, 5]]
    # Unknown words that vanish have no index, and all others keep theirs.
    made = vocabulary_of('{"the": 2, "cat": 3, "[UNK]": 1}', tmp_path, oov="drop")
    assert made.entries == ("<pad>", "<unused 1>", "the", "cat")
    assert made.encode(["[UNK] the dog cat"]).tolist() == [[0, 0, 2, 3]]


indices = st.dictionaries(
    st.text("abc<>é你\0 ", min_size=1, max_size=4).filter(lambda word: word != "<unk>"),
    st.integers(1, 40),
    min_size=1,
    max_size=12,
).map(lambda found: {word: i for i, word in {i: word for word, i in found.items()}.items()})


@given(
    index_of=indices,
    unknown=st.sampled_from(["", "[UNK]", "<OOV>"]),
    oov=st.sampled_from([None, *OOV_CHOICES]),
    form=st.sampled_from(["object", "keras", "hugging face"]),
)
def test_every_word_keeps_its_index(
    index_of: dict[str, int],
    unknown: str,
    oov: str | None,
    form: str,
    tmp_path_factory: pytest.TempPathFactory,
) -> None:
    assume(unknown or oov != "unk")
    if unknown:
        index_of = {**index_of, unknown: max(index_of.values()) + 2}
    content = json.dumps(index_of)
    if form == "keras":
        content = keras(word_index=content, lower=False, oov_token=unknown or None)
    elif form == "hugging face":
        content = json.dumps({"model": {"vocab": index_of, "unk_token": unknown or None}})
    given = {"oov": oov} if oov else {}
    made = vocabulary_of(content, tmp_path_factory.mktemp("any"), **given)

    assert made.input_dim == max(index_of.values()) + 1
    words = {word: i for word, i in index_of.items() if word != unknown}
    assert {word: made.index[word] for word in words} == words
    is_kept = bool(unknown) and oov != "drop"
    assert made.specials == Specials(index_of[unknown] if is_kept else None)
    for word in words:
        [row] = made.encode([word]).tolist()
        expected = [words.get(part, made.specials.unknown_index) for part in word.split()]
        assert [i for i in row if i] == [i for i in expected if i]


@pytest.mark.parametrize(
    ("content", "given", "cause"),
    [
        ("the\n[PAD]\n", {}, "the padding '[PAD]' is not the first entry"),
        ('{"<s>": 0, "<pad>": 1}', {}, "the padding '<pad>' is not the first entry"),
        ('{"the": 1, "<PAD>": 2}', {}, "the padding '<PAD>' is not the first entry"),
        ('{"the": 0}', {}, "index 0 is that of 'the', which is no padding"),
        ('{"the": 1}', {"oov": "unk"}, "has no entry for unknown words by a name that is known"),
        (BERT, {"unk_token": "unk"}, "has no entry 'unk'"),
        (BERT, {"unk_token": "[PAD]"}, "special entries are {'<pad>': 0, '<unk>': 0}, two at"),
        ("[PAD]\nthe\n", {"bos": True}, "has none of the entries <bos>, <BOS>, [BOS], <s>, [CLS]"),
        ("[PAD]\nthe\n", {"eos": True}, "has none of the entries <eos>, <EOS>, [EOS], </s>, [SEP]"),
        ("[PAD]\n<pad>\n", {}, "has a word '<pad>', as another entry is called here"),
        ("[PAD]\n<unk>\n?\n", {"unk_token": "?"}, "has a word '<unk>', as another entry is"),
        ("?\n<unk>\n", {"unk_token": "?"}, "has a word '<unk>', as another entry is called"),
        ('{"a": 2, "<unused 1>": 3}', {}, "has a word '<unused 1>', as another entry is called"),
        (
            BERT,
            {"max_words": 2, "unk_token": "[SEP]"},
            "has <unk> at index 4, beyond its 2 words",
        ),
        (
            BERT,
            {"max_words": 1, "eos": True},
            "has <eos> at index 4, beyond its 1 word",
        ),
        (
            keras(filters="\t\n"),
            {"tokenizer": TokenizerSettings("keras")},
            r"finds words by filters='\t\n'",
        ),
        (keras(split=","), {"tokenizer": TokenizerSettings("keras")}, "finds words by filters="),
        (
            keras(char_level=True),
            {"tokenizer": TokenizerSettings("keras")},
            "finds words by filters=",
        ),
        (keras(), {"lowercase": False}, "was made with lower=True"),
    ],
)
def test_what_cannot_be_taken_over(
    content: str, given: dict[str, Any], cause: str, tmp_path: Path
) -> None:
    with pytest.raises(VocabularyError) as caught:
        adopted(content, tmp_path, **given)
    assert caught.value.place == str(tmp_path / "file")
    assert caught.value.cause.startswith(cause)
    assert caught.value.remedy
    assert not (tmp_path / "vocab.json").exists()


def test_no_more_words_than_reach_the_special_entries_are_asked_for(tmp_path: Path) -> None:
    made = vocabulary_of(BERT, tmp_path, max_words=3, eos=True)
    assert made.entries == ("<pad>", "[unused1]", "<unk>", "[CLS]", "<eos>", "the")
    made = vocabulary_of(BERT, tmp_path, max_words=2, eos=True)
    assert made.entries == ("<pad>", "[unused1]", "<unk>", "[CLS]", "<eos>")


@pytest.mark.parametrize("lower", [True, False])
@pytest.mark.parametrize("name", ["keras", "whitespace"])
def test_the_case_rule_of_a_keras_tokenizer_holds(name: str, lower: bool, tmp_path: Path) -> None:
    made = vocabulary_of(keras(lower=lower), tmp_path, tokenizer=TokenizerSettings(name))
    assert made.tokenizer == TokenizerSettings(name, lower)


def test_characters_of_a_keras_tokenizer_need_their_tokenizer(tmp_path: Path) -> None:
    content = keras(char_level=True, oov_token=None, word_index='{"a": 2, " ": 1}')
    made = adopted(content, tmp_path, tokenizer=TokenizerSettings("char"))
    assert made.vocabulary.encode(["A a"]).tolist() == [[0, 0, 2, 2]]
    assert made.never_made == [" "]


@pytest.mark.parametrize(
    ("tokenizer", "never_made"),
    [
        (TokenizerSettings("keras"), ["##s", "Cat", "a b", "İ"]),
        (TokenizerSettings("keras", lowercase=False), ["##s", "a b"]),
        (TokenizerSettings("whitespace"), ["a b", "\u2003"]),
        (TokenizerSettings("char"), ["the", "##s", "Cat", "a b", "i\u0307", "\u2003"]),
    ],
)
def test_words_that_the_tokenizer_never_makes_are_told(
    tokenizer: TokenizerSettings, never_made: list[str], tmp_path: Path
) -> None:
    words = ["the", "##s", "Cat", "a b", "İ", "i\u0307", "\u2003", "s"]
    content = json.dumps({word: i for i, word in enumerate(words, 2)})
    assert adopted(content, tmp_path, tokenizer=tokenizer).never_made == never_made


def test_an_own_vocabulary_gets_another_shape(tmp_path: Path) -> None:
    own = Vocabulary(
        ("b", "a"), (2, 1), TokenizerSettings("char"), Rectangle(9, "post"), Specials(2, eos=1)
    )
    own.save(tmp_path / "own.json")
    given = frozenset({"max_words"})
    rows = RowSettings("3", dtype="int8")
    chosen = AdoptionSettings(VocabularySettings(max_words=1), rows, None, given)
    made = adopt(tmp_path / "own.json", chosen)
    expected = Vocabulary(
        ("b",), (2,), own.tokenizer, Rectangle(3, "post", "pre", "int8"), own.specials
    )
    assert made == Adopted(expected, [])

    chosen = AdoptionSettings(VocabularySettings(), rows, None, frozenset({"tokenizer"}))
    with pytest.raises(VocabularyError, match="is a vocabulary of embedprep, whose tokenizer"):
        adopt(tmp_path / "own.json", chosen)
    chosen = AdoptionSettings(VocabularySettings(), RowSettings("1"))
    with pytest.raises(OutputError, match="--max-len 1: has no room for a word"):
        adopt(tmp_path / "own.json", chosen)


def test_a_dtype_that_is_too_small(tmp_path: Path) -> None:
    content = json.dumps({"the": 128})
    assert vocabulary_of(content, tmp_path, dtype="uint8").input_dim == 129
    with pytest.raises(OutputError, match="--dtype int8: holds indices up to 127, and the"):
        adopted(content, tmp_path, dtype="int8")


# The command.


def vocab(folder: Path, command: str) -> subprocess.CompletedProcess[str]:
    whole = [sys.executable, "-m", "embedprep", "vocab", *command.split()]
    return subprocess.run(whole, cwd=folder, check=False, capture_output=True, encoding="utf-8")


def test_the_command(tmp_path: Path) -> None:
    (tmp_path / "bert.txt").write_text(BERT, encoding="utf-8")
    (tmp_path / "text.txt").write_text("the dog ##s\n\nCat\n", encoding="utf-8")
    done = vocab(tmp_path, "--from bert.txt --max-len 5 --bos --eos -o vocab.json")
    assert (done.returncode, done.stdout) == (
        0,
        "vocab.json: 4 words\n  kept words      4\n  input_dim       8\n  max_len         5\n",
    )
    assert done.stderr == (
        "embedprep: warning: bert.txt: --tokenizer unicode --lowercase never makes 3 of 4 words, "
        'such as "[unused1]"; choose the tokenizer that they are from\n'
    )
    options = "--from bert.txt --max-len 5 --bos --eos --tokenizer whitespace"
    assert vocab(tmp_path, f"{options} -q -o vocab.json").stderr == ""
    saved = (tmp_path / "vocab.json").read_text(encoding="utf-8")
    assert vocab(tmp_path, f"{options} -o -").stdout == saved
    facts = json.loads(vocab(tmp_path, f"{options} --json -o vocab.json").stdout)
    assert facts == {
        "output": "vocab.json",
        "kept_words": 4,
        "least_count": 0,
        "input_dim": 8,
        "max_len": 5,
    }

    whole = [sys.executable, "-m", "embedprep", "vocab", *options.split(), "-o", "-"]
    whole[whole.index("bert.txt")] = "-"
    piped = subprocess.run(
        whole, cwd=tmp_path, input=BERT.encode(), capture_output=True, check=True
    )
    assert piped.stdout.decode() == saved

    command = [sys.executable, "-m", "embedprep", "encode", "text.txt", "--vocab", "vocab.json"]
    subprocess.run([*command, "-q", "-o", "out"], cwd=tmp_path, check=True)
    output = load(tmp_path / "out")
    assert output.sequences.tolist() == [[3, 5, 2, 6, 4], [0, 0, 0, 3, 4], [0, 0, 3, 7, 4]]
    assert output.lengths.tolist() == [5, 2, 3]
    assert output.vocabulary.decode(output.sequences) == ["the <unk> ##s", "", "Cat"]


@pytest.mark.parametrize(
    ("command", "said"),
    [
        ("-o x", "Missing argument 'INPUT...', or --from FILE."),
        ("a.txt --from b -o x --max-len 4", "from --from FILE, not from both"),
        ("a.txt --unk-token a -o x", "--unk-token names an entry of --from FILE"),
        ("--from b -o x", "'--max-len': must be a number"),
        ("--from b -o x --max-len max", "'--max-len': must be a number"),
        ("--from b -o x --max-len p99", "'--max-len': must be a number"),
        ("--from b -o x --max-len 2 --bos --eos", "'--max-len': 2 has no room for a word"),
        ("--from b -o x --max-len 4 --oov drop --unk-token a", "'--unk-token': names what"),
        ("--from b -o x --max-len 4 --min-count 1", "--min-count is about text"),
        ("--from b -o x --max-len 4 --encoding utf-8", "--encoding is about text"),
        ("--from b -o x --max-len 4 --errors strict", "--errors is about text"),
    ],
)
def test_a_wrong_command_line(command: str, said: str, tmp_path: Path) -> None:
    done = vocab(tmp_path, command)
    assert (done.returncode, done.stdout) == (2, "")
    [error] = [line for line in done.stderr.splitlines() if line.startswith("Error: ")]
    assert said in error
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("command", "said"),
    [
        ("--from no.txt", "no.txt: cannot be read (No such file or directory); check the path"),
        (
            "--from gpt.json",
            (
                "gpt.json: index 0 is that of '!', which is no padding; "
                "rows are padded with 0: index 0 must be free, or a padding entry's"
            ),
        ),
        (
            "--from twice.txt",
            (
                "twice.txt:2: 'a' stands in line 1 too; "
                "mend the file, or write it anew with the tool that it is from"
            ),
        ),
    ],
)
def test_an_error_of_the_file(command: str, said: str, tmp_path: Path) -> None:
    (tmp_path / "gpt.json").write_text('{"!": 0}', encoding="utf-8")
    (tmp_path / "twice.txt").write_text("a\na\n", encoding="utf-8")
    done = vocab(tmp_path, f"{command} --max-len 4 -o x")
    assert (done.returncode, done.stdout, done.stderr) == (1, "", f"embedprep: {said}\n")
    assert not (tmp_path / "x").exists()


def test_the_file_is_not_overwritten(tmp_path: Path) -> None:
    (tmp_path / "words.txt").write_text("a\n", encoding="utf-8")
    done = vocab(tmp_path, "--from words.txt --max-len 4 -o words.txt")
    assert done.returncode == 1
    assert "is also an input and would be overwritten" in done.stderr
