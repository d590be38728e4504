"""Which indices are no words?

Index 0 is `<pad>`. 1 is `<unk>` and words start at 2, or, where unknown words are dropped, there
is no `<unk>` and words start at 1.
"""

from __future__ import annotations

from embedprep.errors import SettingsError

PAD, UNK = "<pad>", "<unk>"
PAD_INDEX = 0
OOV_CHOICES = ("unk", "drop")


def specials_of(oov: str) -> dict[str, int]:
    """The special entries and their indices: what becomes of unknown words decides them.

    >>> specials_of("unk"), specials_of("drop")
    ({'<pad>': 0, '<unk>': 1}, {'<pad>': 0})
    """
    if oov not in OOV_CHOICES:
        raise SettingsError("--oov", f"{oov!r} is none of {', '.join(OOV_CHOICES)}")
    return {PAD: PAD_INDEX, UNK: 1} if oov == "unk" else {PAD: PAD_INDEX}


def unknown_index(specials: dict[str, int]) -> int:
    """The index of unknown words; that of the padding where they are dropped."""
    return specials.get(UNK, PAD_INDEX)
