"""Is a whole run, and the encoding of more text by its vocabulary, what the twin says?"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from embedprep import load, pipeline
from embedprep.settings import Resources, RowSettings, VocabularySettings
from embedprep.sources import Reader, Reading
from embedprep.tokenizer.settings import TOKENIZERS, TokenizerSettings
from tests import twins
from tests.texts import settings_of, texts

sides = st.sampled_from(["pre", "post"])
settings = st.fixed_dictionaries(
    {
        "tokenizer": st.sampled_from(TOKENIZERS),
        "lowercase": st.booleans(),
        "max_words": st.integers(1, 20),
        "min_count": st.integers(1, 3),
        "oov": st.sampled_from(["unk", "drop"]),
        "bos": st.booleans(),
        "eos": st.booleans(),
    }
)
shapes = st.fixed_dictionaries(
    {"max_len": st.none() | st.integers(1, 8), "padding": sides, "truncating": sides}
)


def reader_of(lines: list[str], path: Path, block_bytes: int) -> Reader:
    """A text file of the lines; the byte order mark that is skipped keeps one of the text's."""
    path.write_bytes("".join(["\ufeff", *(f"{line}\n" for line in lines)]).encode())
    return Reader([str(path)], Reading(block_bytes=block_bytes))


def rows_of(shape: dict[str, Any]) -> RowSettings:
    max_len = shape["max_len"] and str(shape["max_len"])
    return RowSettings(max_len, shape["padding"], shape["truncating"])


@given(
    lines=texts,
    others=texts,
    chosen=settings,
    shape=shapes,
    block_bytes=st.sampled_from([1, 16, 1 << 20]),
)
def test_any_text_with_any_settings(
    *,
    lines: list[str],
    others: list[str],
    chosen: dict[str, Any],
    shape: dict[str, Any],
    block_bytes: int,
    tmp_path_factory: pytest.TempPathFactory,
) -> None:
    folder = tmp_path_factory.mktemp("any")
    tokenizer = settings_of(*chosen_words(chosen))
    names = ("max_words", "min_count", "oov", "bos", "eos")
    kept = VocabularySettings(**{name: chosen[name] for name in names}, tokenizer=tokenizer)
    n_marks = chosen["bos"] + chosen["eos"]
    if shape["max_len"]:
        shape = shape | {"max_len": n_marks + shape["max_len"]}
    reader = reader_of(lines, folder / "text.txt", block_bytes)
    built = pipeline.run(reader, folder / "out", kept, rows_of(shape), resources=Resources(1))
    expected = twins.run(lines, **chosen, **shape)
    output = load(folder / "out")
    words, counts = output.vocabulary.words, output.vocabulary.counts
    assert list(zip(words, counts, strict=True)) == expected.vocabulary
    assert output.sequences.tolist() == expected.rows
    assert output.lengths.tolist() == expected.lengths

    tokens = [word for line in lines for word in twins.tokenize(line, *chosen_words(chosen))]
    known = set(words)
    assert built.statistics["words"] == len(tokens)
    assert built.statistics["distinct_words"] == len(set(tokens))
    assert built.statistics["unknown_words"] == sum(word not in known for word in tokens)
    assert built.statistics["empty_rows"] == expected.lengths.count(n_marks)
    assert built.statistics["longest_row"] == max(expected.lengths)
    max_len = output.vocabulary.rectangle.max_len
    assert built.statistics["truncated_rows"] == sum(n > max_len for n in expected.lengths)

    reader = reader_of(others, folder / "others.txt", block_bytes)
    pipeline.encode(
        reader, folder / "out" / "vocab.json", folder / "x", RowSettings(), resources=Resources(1)
    )
    encoded = load(folder / "x")
    sentences = [twins.tokenize(line, *chosen_words(chosen)) for line in others]
    specials = (chosen["oov"], chosen["bos"], chosen["eos"])
    marks = twins.marks(*specials)
    rows = [twins.encode(sentence, words, *specials) for sentence in sentences]
    assert encoded.lengths.tolist() == [len(row) + n_marks for row in rows]
    assert encoded.sequences.tolist() == [
        twins.frame(row, marks, max_len, shape["padding"], shape["truncating"]) for row in rows
    ]
    assert encoded.vocabulary == output.vocabulary
    assert output.vocabulary.encode(others).tolist() == encoded.sequences.tolist()


def chosen_words(chosen: dict[str, Any]) -> tuple[str, bool]:
    return chosen["tokenizer"], chosen["lowercase"]


def test_encoding_may_choose_another_shape(tmp_path: Path) -> None:
    kept = VocabularySettings(tokenizer=TokenizerSettings("whitespace"))
    reader = reader_of(["a b c d", "b c d", "c d", "d"], tmp_path / "text.txt", 1 << 20)
    pipeline.run(
        reader, tmp_path / "out", kept, RowSettings("3", "post", "post"), resources=Resources(1)
    )

    def encoded(rows: RowSettings) -> list[list[int]]:
        reader = reader_of(["d c b a", "x"], tmp_path / "others.txt", 1 << 20)
        pipeline.encode(
            reader, tmp_path / "out" / "vocab.json", tmp_path / "x", rows, resources=Resources(1)
        )
        sequences: list[list[int]] = load(tmp_path / "x").sequences.tolist()
        return sequences

    assert encoded(RowSettings()) == [[2, 3, 4], [1, 0, 0]]
    assert encoded(RowSettings(padding="pre")) == [[2, 3, 4], [0, 0, 1]]
    assert encoded(RowSettings(truncating="pre")) == [[3, 4, 5], [1, 0, 0]]
    assert encoded(RowSettings("max")) == [[2, 3, 4, 5], [1, 0, 0, 0]]
    assert encoded(RowSettings("p50")) == [[2], [1]]


def test_vocab_gives_the_vocabulary_of_run(tmp_path: Path) -> None:
    kept = VocabularySettings(max_words=3, oov="drop")
    lines = ["a b c d", "b c d e f", "c d", "d"]
    shape = RowSettings("p75", dtype="int16")
    reader = reader_of(lines, tmp_path / "text.txt", 1 << 20)
    built = pipeline.run(reader, tmp_path / "out", kept, shape, resources=Resources(1))
    reader = reader_of(lines, tmp_path / "text.txt", 1 << 20)
    made, _ = pipeline.vocab(reader, kept, shape, tmp_path / "vocab.json", resources=Resources(1))
    assert made == built.vocabulary
    assert made.words == ("d", "c", "b")
    assert made.rectangle.max_len == 3
    saved = tmp_path / "out" / "vocab.json"
    assert (tmp_path / "vocab.json").read_bytes() == saved.read_bytes()
