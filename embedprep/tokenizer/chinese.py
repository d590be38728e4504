"""Which words of a dictionary make up Chinese text, which has no spaces?"""

from __future__ import annotations

import warnings
from functools import cache
from threading import Lock
from typing import Any

from embedprep.errors import MissingExtra
from embedprep.text import Text
from embedprep.tokenizer.pieces import lines_of, words_among
from embedprep.tokenizer.settings import TokenizerSettings
from embedprep.tokenizer.words import Words

_loading = Lock()
"""Held while jieba is imported and its dictionary read: several threads may ask for it first."""


def jieba(text: Text, settings: TokenizerSettings) -> Words:
    """The words of `jieba.lcut`, in its default mode, that hold a letter or a number.

    The others are white space and punctuation. Case is kept by default, since jieba's dictionary
    holds words such as `T恤`, which it does not find in lower case.
    """
    with _loading:
        segmenter = _segmenter()
    pieces: list[str] = []
    for line in lines_of(text, settings.lowercase):
        pieces += segmenter.lcut(line)
        pieces.append("\n")
    # `str.isalnum` asks for the general categories L and N (a test asks of every code point).
    others = [i for i, piece in enumerate(pieces) if not any(map(str.isalnum, piece))]
    return words_among(pieces, others)


def jieba_version() -> str:
    """The version of jieba, whose dictionary decides which words there are."""
    with _loading:
        version: str = _jieba().__version__
    return version


@cache
def _segmenter() -> Any:
    """A segmenter of our own, with jieba's own dictionary.

    Neither words that a program has added to `jieba.dt` nor the cache file that jieba keeps in the
    folder for temporary files, where anyone may have put it, can so change a result. To read the
    dictionary takes no longer than to read the cache.
    """
    segmenter = _jieba().Tokenizer()
    segmenter.FREQ, segmenter.total = segmenter.gen_pfdict(segmenter.get_dict_file())
    segmenter.initialized = True
    return segmenter


def _jieba() -> Any:
    # It is older than the Pythons that warn of its backslashes and of pkg_resources.
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            import jieba
        except ImportError:
            raise MissingExtra(
                "--tokenizer jieba",
                "the package jieba is not installed",
                "pip install 'embedprep[chinese]'",
            ) from None
    return jieba
