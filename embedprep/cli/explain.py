"""The command that shows what becomes of a sentence: `explain`."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from embedprep.cli import choices, options, stdout, text_options
from embedprep.cli.columns import GAP, behind_label, fold, in_bands, shown
from embedprep.cli.command import Command
from embedprep.specials import BOS, EOS, PAD, PAD_INDEX
from embedprep.wording import how_many

if TYPE_CHECKING:
    from embedprep.explaining import EncodedSentence, Explanation
    from embedprep.tokenizer.settings import TokenizerSettings

_LABEL_CELLS = len("normalised")


@click.command(cls=Command)
@click.argument("text", type=options.words, metavar="TEXT")
@click.option(
    "--vocab",
    type=options.local,
    metavar="FILE",
    help="The vocab.json to encode with, by its tokenizer.  [default: the words alone are shown]",
)
@text_options.tokenizer_options
@text_options.row_options("as in the vocabulary")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object for each sentence.")
def explain(*, text: str, vocab: str | None, as_json: bool, **chosen: Any) -> None:
    """Show what becomes of a sentence: its words, their indices, its row, and what is lost.

    Each line of TEXT is a sentence; - is standard input. What cannot be seen is shown by escapes.

    \b
    embedprep explain "The café's WiFi was awful!" --vocab out/vocab.json
    embedprep explain "我在北京大学读书。" --tokenizer jieba
    head -n 3 reviews.txt | embedprep explain - --vocab out/vocab.json --max-len 8
    """
    choices.check_explained(text, vocab, chosen["max_len"])
    rows = choices.row_settings(chosen)
    tokenizer = choices.tokenizer_settings(**chosen)
    from embedprep import explaining

    rules = tokenizer if vocab is None else explaining.load_reshaped(Path(vocab), rows)
    lines = text.replace("\r\n", "\n").removesuffix("\n").split("\n")
    sentences = explaining.read_sentences("-") if text == "-" else lines
    width = stdout.width()
    for number, sentence in enumerate(sentences):
        explanation = explaining.explain(sentence, rules)
        if as_json:
            stdout.write(f"{json.dumps(_facts(explanation), ensure_ascii=False)}\n")
        else:
            separated = [""] if number else []
            stdout.write("\n".join([*separated, *_steps(explanation, width), ""]))


def _facts(explanation: Explanation) -> dict[str, Any]:
    """An explanation as JSON; the row with the names that `vocab.json` has for its shape."""
    encoded = explanation.encoded
    facts: dict[str, Any] = {
        "text": explanation.text,
        "tokenizer": explanation.tokenizer.saved,
        "normalised": explanation.normalised,
    }
    if encoded is None:
        return facts | {"words": [{"word": word} for word in explanation.words]}
    entries = encoded.vocabulary.entries
    return facts | {
        "words": [
            {"word": word, "index": fate.index, "known": fate.is_known, "cut": fate.is_cut}
            for word, fate in zip(explanation.words, encoded.fates, strict=True)
        ],
        "row": asdict(encoded.vocabulary.rectangle)
        | {"indices": encoded.row, "entries": [entries[index] for index in encoded.row]},
    }


def _steps(explanation: Explanation, width: int) -> list[str]:
    """An explanation as lines of at most `width` cells."""
    words, encoded = explanation.words, explanation.encoded
    labels = ["words"] if encoded is None else ["words", "entries", "indices", "row"]
    columns = [[shown(word)] for word in words] if encoded is None else _columns(words, encoded)
    return [
        *_folded("text", shown(explanation.text), width),
        *_folded("tokenizer", _told(explanation.tokenizer), width),
        *_folded("normalised", shown(explanation.normalised), width),
        *in_bands([label.ljust(_LABEL_CELLS) for label in labels], columns, width),
        *_folded("in short", _in_short(len(words), encoded), width),
    ]


def _folded(label: str, text: str, width: int) -> list[str]:
    """A text behind its label, gone on below itself."""
    return behind_label(label, fold(text, width - _LABEL_CELLS - len(GAP)), _LABEL_CELLS)


_NORMALISED = {
    ("unicode", True): "NFC, then each word lowercased by itself",
    ("unicode", False): "NFC",
    ("keras", True): "lowercased, punctuation made spaces",
    ("keras", False): "punctuation made spaces",
}


def _told(tokenizer: TokenizerSettings) -> str:
    """The tokenizer, and what it makes of a text before it looks for words."""
    default = "lowercased" if tokenizer.lowercase else "nothing changed"
    normalised = _NORMALISED.get((tokenizer.name, bool(tokenizer.lowercase)), default)
    pattern = "" if tokenizer.pattern is None else f" by {shown(tokenizer.pattern)}"
    return f"{choices.name_of(tokenizer)}{pattern}: {normalised}"


def _columns(words: Sequence[str], encoded: EncodedSentence) -> list[Sequence[str]]:
    """Each word, its entry, its index and its place in the row, among padding and marks."""
    entries, specials = encoded.vocabulary.entries, encoded.vocabulary.specials
    columns: list[Sequence[str]] = []
    for word, fate in zip(words, encoded.fates, strict=True):
        if fate.index is None:
            columns.append((shown(word), "(dropped)", "", ""))
        else:
            index = str(fate.index)
            place = "(cut)" if fate.is_cut else index
            columns.append((shown(word), shown(entries[fate.index]), index, place))
    if specials.bos is not None:
        columns.insert(0, ("", BOS, "", str(specials.bos)))
    if specials.eos is not None:
        columns.append(("", EOS, "", str(specials.eos)))
    if n_padding := encoded.row.count(PAD_INDEX):
        times = f"{n_padding} x " if n_padding > 1 else ""
        is_before = encoded.vocabulary.rectangle.padding == "pre"
        columns.insert(0 if is_before else len(columns), ("", PAD, "", f"{times}{PAD_INDEX}"))
    return columns


def _in_short(n_words: int, encoded: EncodedSentence | None) -> str:
    """What was found, what was lost, and what the row is."""
    found = [how_many(n_words, "word") if n_words else "no words"]
    if encoded is None:
        return f"{found[0]}; --vocab FILE tells their indices"
    rectangle, specials = encoded.vocabulary.rectangle, encoded.vocabulary.specials
    sides = {"pre": "start", "post": "end"}
    if n_unknown := sum(not fate.is_known for fate in encoded.fates):
        found.append(f"{n_unknown} unknown{' and dropped' if specials.unk is None else ''}")
    if n_cut := sum(fate.is_cut for fate in encoded.fates):
        found.append(f"{n_cut} cut at the {sides[rectangle.truncating]}")
    row = f"a row of {rectangle.max_len}"
    if n_padding := encoded.row.count(PAD_INDEX):
        row += f", {n_padding} of it padding at the {sides[rectangle.padding]}"
    return f"{', '.join(found)}; {row}"
