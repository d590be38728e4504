"""Does `diff` find what has changed, all of it and nothing else?"""

from __future__ import annotations

import gzip
import json
import shutil
from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import replace
from fractions import Fraction
from pathlib import Path
from textwrap import dedent
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import embedprep
from embedprep.cli import stdout
from embedprep.cli.columns import n_cells
from embedprep.comparing import Change, Difference, RankedWord
from embedprep.comparing.recipe import diff
from embedprep.comparing.rows import kolmogorov_smirnov
from embedprep.comparing.words import Side, compare_words, pair, total_variation
from embedprep.encoded import open_rows
from embedprep.errors import OutputError, SettingsError, VocabularyError
from embedprep.exporting.recipe import open_export, write_export
from embedprep.labels import LabelFacts
from embedprep.rectangle import Rectangle
from embedprep.skipgrams.settings import SkipgramSettings
from embedprep.skipgrams.writing import write_skipgrams
from embedprep.specials import specials_of
from embedprep.tokenizer.settings import TokenizerSettings
from embedprep.vocabulary import Vocabulary
from tests.in_process import Ended, call
from tests.test_errors import by_shell, run
from tests.test_verifying import put, relist, rewrite_manifest

OLD = "the cat sat on the mat\n\na cat\nthe dog and the cat\n"
NEW = "the cat sat on a mat\na bird\nthe bird and the cat\n"


def build(folder: Path, text: str, name: str, **chosen: Any) -> Path:
    """An output of a text, in a folder of this name."""
    source = folder / f"{name}.txt"
    source.write_text(text, encoding="utf-8")
    embedprep.build([source], folder / name, **chosen)
    return folder / name


def vocabulary_of(words: Mapping[str, int], oov: str = "unk", **chosen: Any) -> Vocabulary:
    kept = (tuple(words), tuple(words.values()))
    rectangle = Rectangle(**{"max_len": 6, **chosen})
    return Vocabulary(*kept, TokenizerSettings("unicode"), rectangle, specials_of(oov))


def said(*arguments: object) -> Ended:
    """How `embedprep diff` ends in this process."""
    return call("diff", *arguments)


def names(changes: tuple[Change, ...]) -> list[str]:
    return [change.name for change in changes]


# Golden: by hand


def test_what_has_changed_is_told(tmp_path: Path) -> None:
    # old: the 4, cat 3, then a, and, dog, mat, on, sat once each
    # new: the 3, a 2, bird 2, cat 2, then and, mat, on, sat once each; 13 words on both sides
    old, new = build(tmp_path, OLD, "old"), build(tmp_path, NEW, "new", padding="post")
    found = embedprep.diff(old, new)

    assert not found.is_none
    assert found.settings == (Change("row.padding", "pre", "post"),)
    words = found.words
    assert (words.n_old, words.n_new, words.n_gained, words.n_lost) == (8, 8, 1, 1)
    assert [(its.word, its.new_index, its.new_count) for its in words.gained] == [("bird", 4, 2)]
    assert [(its.word, its.old_index, its.old_count) for its in words.lost] == [("dog", 6, 1)]
    assert words.gained_share == 2 / 13
    assert words.lost_share == 1 / 13
    # 0 <pad>, 1 <unk>; old: the 2, cat 3, a 4, and 5, dog 6, mat 7, on 8, sat 9
    #                   new: the 2, a 3, bird 4, cat 5, and 6, mat 7, on 8, sat 9
    assert [its[:3] for its in words.moved] == [("cat", 3, 5), ("a", 4, 3), ("and", 5, 6)]
    assert words.n_moved == 3
    assert words.n_recounted == 3  # the, cat, a
    assert words.most_frequent == (
        RankedWord("cat", 2, 4, 3, 2),
        RankedWord("a", 3, 2, 1, 2),
        RankedWord("bird", None, 3, None, 2),
        RankedWord("and", 4, 5, 1, 1),
        RankedWord("dog", 5, None, 1, None),
    )
    assert words.drift == pytest.approx((1 + 1 + 1 + 1 + 2) / 13 / 2)
    assert words.coverage == ()

    # rows of 6, 0, 2 and 5 words, and of 6, 2 and 5
    [rows] = found.rows
    assert (rows.name, rows.classes) == ("", ())
    assert rows.statistics == (Change("rows", 4, 3), Change("empty_rows", 1, 0))
    assert rows.lengths == (
        Change("rows", 4, 3),
        Change("empty", 1, 0),
        Change("mean", 3.25, 13 / 3),
        Change("median", 2, 5),
    )
    assert rows.length_drift == 0.25
    assert rows.word_drift == words.drift
    assert [array.name for array in rows.arrays] == ["sequences.npy", "lengths.npy"]


def test_distances_are_those_of_a_hand() -> None:
    old, new = Side(vocabulary_of({"a": 6, "b": 3})), Side(vocabulary_of({"b": 2, "c": 2}))
    pairing = pair(old, new)
    # a: 6/10, b: |3/10 - 2/5|, c: 2/5, unknown: |1/10 - 1/5|
    assert total_variation((old.counts, 1), (new.counts, 1), pairing) == pytest.approx(0.6)
    assert compare_words(old, new, pairing, 9).drift == pytest.approx((6 + 1.5 + 4.5) / 9 / 2)
    # no longer than 1, 2, 5: 1/4, 3/4, 1 against 0, 1/2, 1/2
    assert kolmogorov_smirnov(Counter({1: 1, 2: 2, 5: 1}), Counter({2: 1, 9: 1})) == 0.5
    assert kolmogorov_smirnov(Counter({1: 1}), Counter()) is None


# Twins


def twin_of_words(old: Mapping[str, int], new: Mapping[str, int]) -> dict[str, Any]:
    """Two vocabularies with `<pad>` and `<unk>`, compared word by word."""
    index_of_old = {word: index for index, word in enumerate(old, 2)}
    index_of_new = {word: index for index, word in enumerate(new, 2)}
    n_old, n_new = sum(old.values()), sum(new.values())
    gained = [word for word in new if word not in old]
    lost = [word for word in old if word not in new]
    common = [word for word in old if word in new]
    is_known = bool(n_old and n_new)
    apart = sum(
        abs(Fraction(old.get(w, 0), n_old) - Fraction(new.get(w, 0), n_new))
        for w in ({*old, *new} if is_known else ())
    )
    return {
        "gained": sorted(gained, key=lambda w: (-new[w], index_of_new[w])),
        "lost": sorted(lost, key=lambda w: (-old[w], index_of_old[w])),
        "moved": {w for w in common if index_of_old[w] != index_of_new[w]},
        "recounted": sum(old[w] != new[w] for w in common),
        "gained_share": sum(new[w] for w in gained) / n_new if n_new else None,
        "lost_share": sum(old[w] for w in lost) / n_old if n_old else None,
        "drift": float(apart / 2) if is_known else None,
    }


counted = st.dictionaries(st.sampled_from("abcdefgh中"), st.integers(0, 9), max_size=9)


@given(counted, counted)
def test_words_are_those_of_the_twin(old: dict[str, int], new: dict[str, int]) -> None:
    """Whatever the order of the counts, as in a vocabulary that grew."""
    sides = Side(vocabulary_of(old)), Side(vocabulary_of(new))
    found = compare_words(*sides, pair(*sides), 100)
    twin = twin_of_words(old, new)
    assert [its.word for its in found.gained] == twin["gained"]
    assert [its.word for its in found.lost] == twin["lost"]
    assert {its.word for its in found.moved} == twin["moved"]
    assert found.n_moved == len(twin["moved"])
    assert found.n_recounted == twin["recounted"]
    assert found.gained_share == twin["gained_share"]
    assert found.lost_share == twin["lost_share"]
    assert found.drift == (None if twin["drift"] is None else pytest.approx(twin["drift"]))
    assert found.is_none == (list(old.items()) == list(new.items()))
    moves = [abs((its.new_index or 0) - (its.old_index or 0)) for its in found.moved]
    assert moves == sorted(moves, reverse=True)
    some = compare_words(*sides, pair(*sides), 1)
    assert (some.gained, some.lost, some.moved) == (
        found.gained[:1],
        found.lost[:1],
        found.moved[:1],
    )


@given(counted, counted, st.integers(1, 3))
def test_ranks_are_those_of_the_twin(old: dict[str, int], new: dict[str, int], top: int) -> None:
    sides = Side(vocabulary_of(old)), Side(vocabulary_of(new))
    ranked = [sorted(words, key=lambda word: -words[word]) for words in (old, new)]
    ranks = [{word: rank for rank, word in enumerate(words, 1)} for words in ranked]
    wanted = {word for words in ranked for word in words[:top]}
    found = compare_words(*sides, pair(*sides), top).most_frequent
    assert {its[:3] for its in found} == {
        (word, ranks[0].get(word), ranks[1].get(word))
        for word in wanted
        if ranks[0].get(word) != ranks[1].get(word)
    }


lengths = st.lists(st.integers(0, 9), max_size=9)


@given(lengths, lengths)
def test_drift_of_lengths_is_that_of_the_twin(old: list[int], new: list[int]) -> None:
    found = kolmogorov_smirnov(Counter(old), Counter(new))
    if not old or not new:
        assert found is None
        return
    below = [
        abs(sum(n <= most for n in old) / len(old) - sum(n <= most for n in new) / len(new))
        for most in range(10)
    ]
    assert found == pytest.approx(max(below))


@settings(max_examples=15)
@given(st.lists(st.sampled_from(["a", "b c", "", "c c 中", "d"]), min_size=1, max_size=6))
def test_words_in_rows_drift_as_in_the_text(tmp_path_factory: Any, lines: list[str]) -> None:
    folder = tmp_path_factory.mktemp("drift")
    before, after = ["a b c", "c"], lines
    old = build(folder, "a b c\nc\n", "old", max_len=9)
    vocabulary = Vocabulary.load(old / "vocab.json")
    new = build(folder, "".join(f"{line}\n" for line in lines), "new", max_len=9)
    [rows] = diff(old, new).rows
    texts = [[word for line in some for word in line.split()] for some in (before, after)]
    if not texts[1]:
        assert rows.word_drift is None
        return
    counts = [Counter(text) for text in texts]
    apart = sum(abs(counts[0][w] / 4 - counts[1][w] / len(texts[1])) for w in "abcd中")
    assert rows.word_drift == pytest.approx(apart / 2)
    assert vocabulary.input_dim == 5


# The same, and what makes no difference


@pytest.mark.parametrize("way", ["same", "path", "pipe", "gzip", "two"])
def test_the_same_text_is_no_difference(tmp_path: Path, way: str) -> None:
    old, again = build(tmp_path, OLD, "old"), tmp_path / "again"
    source = tmp_path / "other.txt"
    source.write_text(OLD, encoding="utf-8")
    if way == "gzip":
        source = tmp_path / "other.txt.gz"
        source.write_bytes(gzip.compress(OLD.encode()))
    if way == "two":  # one text in two files holds the same rows
        halves = [tmp_path / "1.txt", tmp_path / "2.txt"]
        for half, text in zip(halves, (OLD[:23], OLD[23:]), strict=True):
            half.write_text(text, encoding="utf-8")
        embedprep.build(halves, again)
    elif way == "pipe":
        assert run(tmp_path, "run - -o again -q", by_shell("< other.txt")).status == 0
    else:
        embedprep.build([tmp_path / "old.txt" if way == "same" else source], again)
    found = diff(old, again)
    assert found.is_none
    assert (found.settings, found.words.moved, found.lost_parts) == ((), (), ())
    told = {"same": [], "two": ["inputs", "inputs.sha256"]}.get(way, ["inputs"])
    assert names(found.told) == told
    done = said(old, again)
    assert done[:2] == (0, f"{old} and {again} are the same\n")
    assert done.stderr.count("embedprep: note: inputs: ") == len(told)
    assert said(old, again, "-q") == (0, "", "")


def test_versions_are_told_and_are_no_difference(tmp_path: Path) -> None:
    old = build(tmp_path, OLD, "old")
    new = shutil.copytree(old, tmp_path / "new")

    def change(manifest: dict[str, Any]) -> None:
        manifest["embedprep"] = "9.9"
        manifest["settings"]["unicode"] = "99.0.0"

    rewrite_manifest(new, change)
    found = diff(old, new)
    assert found.is_none
    assert found.told == (
        Change("embedprep", embedprep.__version__, "9.9"),
        Change("unicode", found.told[1].old, "99.0.0"),
    )
    done = said(old, new)
    assert f"embedprep: note: embedprep: {embedprep.__version__}, then 9.9\n" in done.stderr
    build(tmp_path, "the cat\n", "cat")
    done = said(old, tmp_path / "cat")
    assert "embedprep: note: inputs: old.txt, then cat.txt\n" in done.stderr
    assert "embedprep: note: inputs: not the same bytes\n" in done.stderr


def test_settings_alone_are_a_difference(tmp_path: Path) -> None:
    old = build(tmp_path, OLD, "old")
    new = build(tmp_path, OLD, "new", max_words=49_999)
    found = diff(old, new)
    assert found.settings == (Change("max_words", 50_000, 49_999),)
    assert found.words.is_none
    assert [part.is_none for part in found.rows] == [True]
    assert said(old, new)[:2] == (
        3,
        f"{old} and {new} differ\n\nsettings        old     new\n  max_words  50,000  49,999\n",
    )


def test_shards_hold_the_same_rows_in_another_layout(tmp_path: Path) -> None:
    old = build(tmp_path, OLD, "old")
    new = build(tmp_path, OLD, "new", rows_per_shard=3)
    found = diff(old, new)
    assert found.settings == (Change("rows_per_shard", None, 3),)
    assert [part.is_none for part in found.rows] == [True]
    other = build(tmp_path, OLD, "other", rows_per_shard=2)
    assert diff(new, other).settings == (Change("rows_per_shard", 3, 2),)
    turned = np.load(other / "sequences-00001.npy")[::-1]
    np.save(other / "sequences-00001.npy", np.ascontiguousarray(turned))
    np.save(other / "lengths-00001.npy", np.load(other / "lengths-00001.npy")[::-1])
    for name in ("sequences-00001.npy", "lengths-00001.npy"):
        relist(other, name)
    [rows] = diff(new, other).rows
    assert "sequences.npy" in [array.name for array in rows.arrays]


def test_copies_that_one_side_counted_are_no_difference(tmp_path: Path) -> None:
    old = build(tmp_path, OLD, "old", gates=embedprep.Gates(max_duplicates=1.0))
    new = build(tmp_path, OLD, "new")
    assert diff(old, new).is_none


def test_other_rows_of_the_same_words_are_a_difference(tmp_path: Path) -> None:
    """A manifest tells the digests; nothing is hashed again."""
    old = build(tmp_path, "a b\nb a\n", "old")
    new = build(tmp_path, "b a\na b\n", "new")
    found = diff(old, new)
    [rows] = found.rows
    assert found.words.is_none
    assert [array.name for array in rows.arrays] == ["sequences.npy"]
    assert (rows.statistics, rows.lengths, rows.length_drift, rows.word_drift) == ((), (), 0, 0)
    assert said(old, new)[
        1
    ] == f"{old} and {new} differ\n\nrows\n  sequences.npy: other numbers, " + ("2 x 2 int32\n")


# Parts, labels, matrices


def labelled(folder: Path, name: str, labels: str, held_out: Mapping[str, str]) -> Path:
    """An output of one-word rows with a label each, and held-out parts of such rows."""

    def table(name: str, labels: str) -> Path:
        path = folder / f"{name}.csv"
        path.write_text("text,label\n" + "".join(f"w,{label}\n" for label in labels))
        return path

    embedprep.build(
        [table(name, labels)],
        folder / name,
        holdout={part: str(table(f"{name}-{part}", its)) for part, its in held_out.items()},
        text_column=["text"],
        label_column=["label"],
    )
    return folder / name


def test_parts_and_classes_are_compared(tmp_path: Path) -> None:
    old = labelled(tmp_path, "old", "aabc", {"test": "ab", "gone": "a"})
    new = labelled(tmp_path, "new", "abbbdddd", {"test": "bb", "come": "a"})
    found = diff(old, new)
    assert (found.gained_parts, found.lost_parts) == (("come",), ("gone",))
    assert (found.words.gained_classes, found.words.lost_classes) == (("d",), ("c",))
    top, test = found.rows
    assert (top.name, test.name) == ("", "test")
    assert top.classes == (
        Change("a", 0.5, 0.125),
        Change("b", 0.25, 0.375),
        Change("c", 0.25, None),
        Change("d", None, 0.5),
    )
    assert Change("rows", 4, 8) in top.statistics
    assert test.statistics == ()
    assert test.classes[:2] == (Change("a", 0.5, 0.0), Change("b", 0.5, 1.0))
    status, told, _ = said(old, new)
    assert status == 3
    assert "  parts gained: come\n  parts lost: gone\n" in told
    assert "\nclasses of rows of test     old      new         change\n" in told
    assert "\n  a                      50.00%    0.00%  -50.00 points\n" in told
    facts = json.loads(said(old, new, "--json")[1])
    assert facts["rows"]["classes"][3] == {"name": "d", "old": None, "new": 0.5}
    assert list(facts["parts"]) == ["test"]
    assert facts["gained_parts"] == ["come"]


def test_a_part_can_be_compared_by_itself(tmp_path: Path) -> None:
    old = labelled(tmp_path, "old", "ab", {"test": "ab", "other": "ab"})
    assert diff(old / "test", old / "other").is_none
    assert not diff(old, old / "test").rows[0].arrays


def test_rows_of_numbers_and_of_several_classes(tmp_path: Path) -> None:
    old = labelled(tmp_path, "old", "aab", {})
    for name, content in (("one", "x,1.5\n"), ("two", "x,2.5\n")):
        (tmp_path / f"{name}.csv").write_text(f"text,label\n{content}")
        embedprep.build(
            [tmp_path / f"{name}.csv"],
            tmp_path / name,
            text_column=["text"],
            label_column=["label"],
            label_type="number",
        )
    [rows] = diff(tmp_path / "one", tmp_path / "two").rows
    assert [array.name for array in rows.arrays] == ["labels.npy"]
    assert rows.classes == ()
    found = diff(old, tmp_path / "one")
    assert Change("labels.type", "class", "number") in found.settings
    assert found.words.lost_classes == ("a", "b")


def test_a_matrix_and_its_facts(tmp_path: Path) -> None:
    old = build(tmp_path, OLD, "old", dim=3)
    new = build(tmp_path, OLD, "new", dim=3, seed=1)
    found = diff(old, new)
    assert found.settings == (Change("selection.seed", 0, 1), Change("matrix.seed", 0, 1))
    assert [array.name for array in found.rows[0].arrays] == ["embedding_matrix.npy"]
    bare = build(tmp_path, OLD, "bare")
    found = diff(old, bare)
    assert Change("embedding.output_dim", 3, 128) in found.settings
    assert found.rows[0].arrays[0].new is None


# Vocabularies


def test_vocabularies_and_an_output_beside_one(tmp_path: Path) -> None:
    old = build(tmp_path, OLD, "old")
    saved = tmp_path / "vocab.json"
    shutil.copy(old / "vocab.json", saved)
    assert diff(old, saved).is_none
    assert diff(saved, old).rows == ()
    Vocabulary.load(saved).save(tmp_path / "copy.json")
    assert said(saved, tmp_path / "copy.json")[0] == 0

    vocabulary = Vocabulary.load(saved)
    changed = replace(
        vocabulary,
        tokenizer=TokenizerSettings("keras"),
        rectangle=replace(vocabulary.rectangle, max_len=9),
        specials=specials_of("drop"),
        labels=LabelFacts("class", ("x",)),
    )
    changed.save(saved)
    found = diff(old, saved)
    assert names(found.settings) == [
        "tokenizer.name",
        "specials.<unk>",
        "row.max_len",
        "labels.type",
    ]
    assert found.words.gained_classes == ("x",)
    assert found.words.n_moved == len(vocabulary.words)  # all by one
    assert found.words.most_frequent == ()  # in the same order


def test_words_without_counts_have_no_shares(tmp_path: Path) -> None:
    for name, counts in (("old", {"a": 0, "b": 0}), ("new", {"b": 0, "c": 0})):
        vocabulary_of(counts).save(tmp_path / f"{name}.json")
    old, new = tmp_path / "old.json", tmp_path / "new.json"
    words = diff(old, new).words
    assert (words.drift, words.gained_share, words.lost_share) == (None, None, None)
    assert words.coverage == ()
    shown = said(old, new)[1].partition("\n\n")[2]
    assert shown == dedent("""\
        words
          1 word lost
          1 word gained
          1 word moved to another index

        most frequent  old rank  new rank
          a                   1         -
          b                   2         1
          c                   -         2

        lost words  old index
          a                 2

        gained words  new index
          c                   3

        moved words  old index  new index
          b                  3          2
        """)


def test_coverage_is_that_of_so_many_words() -> None:
    counts = {f"w{n}": 2 for n in range(1500)}
    sides = Side(vocabulary_of(counts), 1000), Side(vocabulary_of(counts | {"w0": 1001}), 1)
    found = compare_words(*sides, pair(*sides), 1).coverage
    assert found == (Change("1000", 0.5, 2999 / 4000), Change("all", 0.75, 3999 / 4000))
    first = dict(list(counts.items())[:1000])
    sides = Side(vocabulary_of(first), 0), Side(vocabulary_of(first), 2000)
    assert compare_words(*sides, pair(*sides), 1).coverage == (Change("1000", 1.0, 0.5),)


def test_a_mark_is_no_word() -> None:
    """What reads `<bos>` is a word where there are no such marks."""
    old = vocabulary_of({"<bos>": 2, "a": 1})
    new = replace(vocabulary_of({"a": 1}), specials=specials_of("unk", bos=True))
    sides = Side(old), Side(new)
    found = compare_words(*sides, pair(*sides), 9)
    assert [its.word for its in found.lost] == ["<bos>"]
    assert found.n_moved == 0


def test_a_folder_of_encoded_rows(tmp_path: Path) -> None:
    """The same vocabulary, other text: the words in the rows drift, those counted do not."""
    old = build(tmp_path, "a b\na b\n", "old")
    for name, text in (("one", "a a\n"), ("two", "a b c b\n")):
        (tmp_path / f"{name}.txt").write_text(text)
        texts = (f"{tmp_path / name}.txt", "--vocab", old / "vocab.json", "-o", tmp_path / name)
        assert call("encode -q --max-len 4", *texts).exit_code == 0
    found = diff(tmp_path / "one", tmp_path / "two")
    assert found.words.is_none
    [rows] = found.rows
    assert Change("out_of_vocabulary", 0.0, 0.25) in rows.statistics
    assert rows.word_drift == 0.75  # a: 1 and 1/4, b: 0 and 1/2, unknown: 0 and 1/4
    assert rows.length_drift == 1.0


def test_no_rows_and_no_words(tmp_path: Path) -> None:
    old = build(tmp_path, "\n \n", "old", split="90/5/5")
    new = build(tmp_path, OLD, "new", split="90/5/5")
    assert diff(old, old).is_none
    found = diff(old, new)
    of_parts = [(part.name, part.length_drift, part.word_drift) for part in found.rows]
    assert of_parts == [("", 0.75, None), ("validation", None, None), ("test", None, None)]
    assert (found.words.n_old, found.words.drift) == (0, None)
    status, told, notes = said(old, new)
    assert status == 3
    assert notes.splitlines() == [
        "embedprep: note: inputs: old.txt, then new.txt",
        "embedprep: note: inputs: not the same bytes",
    ]
    assert "drift of the words" not in told
    assert "  drift of the lengths: 0.7500 (Kolmogorov-Smirnov, 0 to 1)\n" in told


# What cannot be compared


def test_what_is_no_output_is_refused(tmp_path: Path) -> None:
    old = build(tmp_path, OLD, "old", dim=2)
    write_skipgrams(open_rows(old), old / "vocab.json", tmp_path / "pairs", SkipgramSettings(2))
    write_export(open_export(old, "projector"), tmp_path / "projector")
    (tmp_path / "empty").mkdir()
    (tmp_path / "empty.json").touch()
    causes = {
        "pairs": "holds pairs for a skip-gram model, not rows",
        "projector": "holds the files of a projector, not rows",
        "empty": "has no manifest.json, so it is unfinished",
        "none": "no such file or folder",
        "empty.json": "is no JSON",
        "old/sequences.npy": "is no vocabulary",
        "old/manifest.json": "is no vocabulary",
    }
    for name, cause in causes.items():
        for pair_of in ((old, tmp_path / name), (tmp_path / name, old)):
            with pytest.raises((OutputError, VocabularyError)) as caught:
                diff(*pair_of)
            assert cause in str(caught.value)
            assert str(tmp_path / name) in str(caught.value)
            assert caught.value.exit_status == 1
    with pytest.raises(OutputError, match="is an address"):
        diff("s3://bucket/out", old)
    with pytest.raises(SettingsError, match="--top: 0 is less than 1"):
        diff(old, old, top=0)
    assert said(old)[0] == said(old, old, "--top", 0)[0] == 2


def _broken(**facts: Any) -> Callable[[dict[str, Any]], None]:
    def change(manifest: dict[str, Any]) -> None:
        manifest.update(facts)

    return change


@pytest.mark.parametrize(
    ("change", "cause"),
    [
        (_broken(settings=[1]), "tells settings, statistics or a matrix that have no names"),
        (_broken(statistics=None), "tells settings, statistics or a matrix that have no names"),
        (_broken(matrix="x"), "tells settings, statistics or a matrix that have no names"),
        (_broken(inputs=[None]), "tells of inputs without names"),
        (_broken(inputs={}), "tells of inputs without names"),
        (_broken(settings={"x": json.loads("[" * 400 + "]" * 400)}), "is nested too deeply"),
        (_broken(outputs={}), "lists no files"),
        (_broken(parts={"../x": {}}), "is no name of a folder"),
    ],
)
def test_a_broken_manifest_is_told(
    tmp_path: Path, change: Callable[[dict[str, Any]], object], cause: str
) -> None:
    old = build(tmp_path, OLD, "old")
    new = shutil.copytree(old, tmp_path / "new")
    rewrite_manifest(new, change)
    with pytest.raises(OutputError, match="is broken: it ") as caught:
        diff(old, new)
    assert cause in str(caught.value)


def test_odd_values_of_a_manifest_are_shown(tmp_path: Path) -> None:
    old = build(tmp_path, OLD, "old")
    new = shutil.copytree(old, tmp_path / "new")

    def change(manifest: dict[str, Any]) -> None:
        manifest["settings"] |= {"x\x1b[2J": ["中", {"a": None}], "max_words": 5e4, "oov": True}
        manifest["statistics"] |= {"rows": "many", "words": None, "out_of_vocabulary": None}

    rewrite_manifest(new, change)
    status, told, error = said(old, new)
    assert (status, error) == (3, "")
    assert "\x1b" not in told
    assert r"""  x\x1b[2J        -  ["中", {"a": null}]""" in told
    assert "  rows                   4  many" in told

    rewrite_manifest(new, lambda manifest: manifest.update(x=float("nan")))  # which is no JSON
    status, told, error = said(old, new)
    assert (status, told) == (1, "")
    assert "manifest.json: was not written by embedprep" in error


@pytest.mark.parametrize(
    ("name", "change"),
    [
        ("lengths.npy", lambda array: array[:-1]),
        ("labels.npy", put(0, 7)),
        ("labels.npy", put(0, -1)),
        ("labels.npy", lambda array: array[:-1]),
        ("labels.npy", lambda array: array.astype(np.float32)),
        ("sequences.npy", put((0, 0), 99)),
        ("sequences.npy", lambda array: array[:, :0]),
        ("sequences.npy", lambda array: array.astype(np.float64)),
    ],
)
def test_broken_arrays_are_told(tmp_path: Path, name: str, change: Callable[[Any], Any]) -> None:
    old = labelled(tmp_path, "old", "aab", {})
    new = shutil.copytree(old, tmp_path / "new")
    array = np.load(new / name)
    changed = change(array)
    np.save(new / name, array if changed is None else changed)
    relist(new, name)
    with pytest.raises((OutputError, VocabularyError)) as caught:
        diff(old, new)
    assert str(new / name) in str(caught.value)


def test_a_part_with_other_words_is_broken(tmp_path: Path) -> None:
    old = labelled(tmp_path, "old", "aab", {"test": "a"})
    new = shutil.copytree(old, tmp_path / "new")
    vocabulary_of({"x": 1}).save(tmp_path / "other.json")
    shutil.move(tmp_path / "other.json", new / "test" / "vocab.json")
    with pytest.raises(VocabularyError, match="holds other words than the output"):
        diff(old, new)
    (new / "test" / "lengths.npy").unlink()
    with pytest.raises(OutputError, match=r"lengths\.npy"):
        diff(old, new)


# On a screen


WIDE = {"北京大学" * 4: 9, "👩‍🚀": 8, "a\x1b[2Jb": 7, "שלום": 6, "ก็": 5}


@pytest.mark.parametrize("width", [30, 50, 80])
def test_lines_keep_to_the_terminal(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, width: int
) -> None:
    vocabulary_of(WIDE).save(tmp_path / "old.json")
    pattern = TokenizerSettings("pattern", None, r"\w+|[^\w\s]" * 9)
    new = vocabulary_of({"x" * 1000: 3, **dict(list(WIDE.items())[2:])}, max_len=1_000_000)
    replace(new, tokenizer=pattern).save(tmp_path / "new.json")
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(stdout, "width", lambda: width)
    status, told, error = said("old.json", "new.json")
    assert (status, error) == (3, "")
    columns = 5 * 8 + 4 * 2  # of eight cells at least
    lines = told.replace("\N{LEFT-TO-RIGHT MARK}", "").splitlines()
    assert max(map(n_cells, lines)) <= max(width, columns)
    assert "\x1b" not in told
    assert r"a\x1b" in told


def test_names_of_files_are_harmless(tmp_path: Path) -> None:
    old = build(tmp_path, OLD, "old")
    name = tmp_path / "a\x1b[2Jb"
    shutil.copytree(old, name)
    assert said(old, name)[1] == f"{old} and {tmp_path}/a\\u001b[2Jb are the same\n"
    facts = json.loads(said(old, name, "--json")[1])
    assert (facts["new"], facts["differ"]) == (str(name), False)


def test_everything_stands_in_the_json(tmp_path: Path) -> None:
    old, new = build(tmp_path, OLD, "old"), build(tmp_path, NEW, "new")
    status, told, _ = said(old, new, "--json", "-q", "--top", 1)
    assert status == 3
    facts = json.loads(told)
    assert list(facts) == [
        *("old", "new", "differ", "settings", "words", "rows"),
        *("parts", "gained_parts", "lost_parts", "told"),
    ]
    assert facts["words"]["n_moved"] == 3
    assert facts["words"]["moved"] == [
        {"word": "cat", "old_index": 3, "new_index": 5, "old_count": 3, "new_count": 2}
    ]
    assert facts["rows"]["arrays"][0] == {
        "name": "sequences.npy",
        "old": {"shape": [4, 6], "dtype": "int32"},
        "new": {"shape": [3, 6], "dtype": "int32"},
    }
    assert {"name": "mean", "old": 3.25, "new": 13 / 3} in facts["rows"]["lengths"]


def test_progress_is_told_of_the_rows_that_are_read(tmp_path: Path) -> None:
    old, new = build(tmp_path, OLD, "old"), build(tmp_path, NEW, "new")
    told: list[int] = []
    found = diff(old, new, advance=told.append)
    assert isinstance(found, Difference)
    assert sum(told) == 4 + 3
    del told[:]
    diff(old, old, advance=told.append)
    assert told == []
