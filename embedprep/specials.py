"""Which indices are no words?

Index 0 is `<pad>`. In a vocabulary of one's own, `<unk>` is next, unless unknown words are
dropped; then `<bos>` and `<eos>`, the marks that rows begin and end with, where they are asked
for; then the words. Where the indices of another tool are kept, all but `<pad>` stand anywhere.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import count

from embedprep.errors import check_choice

PAD, UNK, BOS, EOS = "<pad>", "<unk>", "<bos>", "<eos>"
PAD_INDEX = 0
OOV_CHOICES = ("unk", "drop")


@dataclass(frozen=True)
class Specials:
    """The index of each special entry but `<pad>`, None for one that there is not.

    Raises ValueError for an index that is below 1 or stands twice.
    """

    unk: int | None = 1
    bos: int | None = None
    eos: int | None = None

    def __post_init__(self) -> None:
        indices = list(self.by_name.values())
        if not all(type(i) is int and i >= PAD_INDEX for i in indices):
            raise ValueError(f"special entries are {self.by_name!r}")
        if len(set(indices)) < len(indices):
            raise ValueError(f"special entries are {self.by_name!r}, two at one index")

    @property
    def by_name(self) -> dict[str, int]:
        """The index of every special entry that there is, `<pad>` included."""
        named = {PAD: PAD_INDEX, UNK: self.unk, BOS: self.bos, EOS: self.eos}
        return {name: index for name, index in named.items() if index is not None}

    @property
    def unknown_index(self) -> int:
        """The index of unknown words; that of the padding where they are dropped."""
        return PAD_INDEX if self.unk is None else self.unk

    @property
    def n_marks(self) -> int:
        """How many indices of a row are marks."""
        return (self.bos is not None) + (self.eos is not None)


def unused(index: int) -> str:
    """What holds an index that no entry has: a word that no tokenizer makes, as a space is in it.

    >>> unused(7)
    '<unused 7>'
    """
    return f"<unused {index}>"


def specials_of(oov: str, bos: bool = False, eos: bool = False) -> Specials:
    """The special entries of a vocabulary of one's own, before its words.

    >>> specials_of("unk").by_name, specials_of("drop", eos=True).by_name
    ({'<pad>': 0, '<unk>': 1}, {'<pad>': 0, '<eos>': 1})
    """
    check_choice("--oov", oov, OOV_CHOICES)
    index = count(PAD_INDEX + 1)
    return Specials(
        next(index) if oov == "unk" else None,
        next(index) if bos else None,
        next(index) if eos else None,
    )
