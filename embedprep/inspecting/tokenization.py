"""Which tokenizer suits a text better than the one that it was inspected with?"""

from __future__ import annotations

import re
from collections.abc import Mapping

import numpy as np

from embedprep.doubts import (
    CLUSTERED,
    HAN_AND_KANA,
    LONG_IN_CLUSTERED,
    LONG_IN_HAN,
    Ranges,
    are_of,
    mean_run,
)
from embedprep.inspecting.inspection import Advice
from embedprep.wording import per_cent

_MOST = 0.5

_STOPS = re.compile(r"[.,]")
_STOPS_BY_THEMSELVES = re.compile(r"(?<!\S)[.,](?!\S)")
_FEWEST_STOPS = 20
_NEARLY_ALL = 0.8
"""Of the full stops and commas of a text that is tokenised; others are in 3.14 and e.g."""


def advise_tokenizer(letters: Mapping[str, int], beginning: str, tokenizer: str) -> Advice | None:
    """A tokenizer for words of these letters, of which there are so many of each script, and for a
    text with that beginning; None where the one at hand will do.
    """
    n_letters = sum(letters.values())
    n_kana = letters.get("Hiragana", 0) + letters.get("Katakana", 0)
    n_han = letters.get("Han", 0) + n_kana
    if n_letters and n_han > _MOST * n_letters:
        is_japanese = n_kana > n_han / 10
        return _for_han(n_han / n_letters, beginning, tokenizer, is_japanese=is_japanese)
    for script, ranges in CLUSTERED.items():
        n_of_script = letters.get("Myanmar" if script == "Burmese" else script, 0)
        if n_letters and n_of_script > _MOST * n_letters:
            of_script = {script: ranges}
            return _for_clustered(script, n_of_script / n_letters, beginning, tokenizer, of_script)
    return _for_tokenised(beginning, tokenizer)


def _for_han(share: float, beginning: str, tokenizer: str, *, is_japanese: bool) -> Advice | None:
    script = "Han and kana" if is_japanese else "Han"
    told = f"{per_cent(share)} of the letters are {script}"
    if _mean_run(beginning, HAN_AND_KANA) <= LONG_IN_HAN:
        if tokenizer in ("unicode", "char"):
            reason = f"{told}, in words between spaces, which {tokenizer} takes apart"
            return Advice("--tokenizer whitespace", reason)
        return None
    if tokenizer in ("keras", "whitespace"):
        if is_japanese:
            return Advice("--tokenizer unicode", f"{told}, with few spaces between words")
        reason = f"{told}, with few spaces between words; or unicode, a character a word"
        return Advice("--tokenizer jieba", reason)
    if tokenizer == "unicode" and not is_japanese:
        reason = f"{told}, which unicode takes one by one; jieba finds words by a dictionary"
        return Advice("--tokenizer jieba", reason)
    return None


def _for_clustered(
    script: str, share: float, beginning: str, tokenizer: str, ranges: Mapping[str, Ranges]
) -> Advice | None:
    is_cut = _mean_run(beginning, ranges) <= LONG_IN_CLUSTERED
    # Of text that no tool has cut, doubts warn whatever finds words between spaces.
    if tokenizer not in ("unicode", "keras") or (is_cut and tokenizer != "unicode"):
        return None
    told = f"{per_cent(share)} of the letters are {script}"
    if is_cut:
        reason = f"{told}, in words between spaces, which unicode takes apart"
    else:
        reason = f"{told}, whose words a dictionary alone tells; cut it by a tool for it first"
    return Advice("--tokenizer whitespace", reason)


def _mean_run(text: str, scripts: Mapping[str, Ranges]) -> float:
    """The mean length of the stretches of these scripts; 0 where the text has none."""
    code_points = np.frombuffer(text.encode("utf-32-le"), "<u4")
    return mean_run(code_points, scripts) if are_of(code_points, scripts).any() else 0.0


def _for_tokenised(beginning: str, tokenizer: str) -> Advice | None:
    n_stops = len(_STOPS.findall(beginning))
    n_alone = len(_STOPS_BY_THEMSELVES.findall(beginning))
    if tokenizer == "whitespace" or n_stops < _FEWEST_STOPS or n_alone < _NEARLY_ALL * n_stops:
        return None
    reason = (
        f"of the first {n_stops:,} full stops and commas, {per_cent(n_alone / n_stops)} stand "
        "between spaces: another tool has cut the text, and this keeps its words"
    )
    return Advice("--tokenizer whitespace", reason)
