"""Which inputs are read, for which part of the output, and with which label?"""

from __future__ import annotations

import os
import re
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

from embedprep.errors import SettingsError
from embedprep.places import Url, is_url, path_text

TRAINING = ""
"""The name of the part that lies at the top of an output; all others lie in folders."""

STDIN = "-"

_LABELLED = re.compile(r"([^=/\\]*)=(.*)", re.DOTALL)


class Input(NamedTuple):
    """A file, an object at an address, or standard input as `-`; the part that its rows go to; the
    label of all of them; and the path or the address of it where its name is none, as on another
    machine or where it holds a password.
    """

    name: str
    part: str = TRAINING
    label: str | None = None
    path: str | None = None

    @property
    def place(self) -> str:
        """Where it is found."""
        return self.path or self.name


def named_input(text: str, part: str = TRAINING, label: str | None = None) -> Input:
    """The input at a path or at an address, which is named without user, password and query."""
    if is_url(text):
        name = str(Url(text))
        return Input(name, part, label, None if name == text else text)
    return Input(path_text(text), part, label)


def parse_input(text: str, part: str = TRAINING) -> Input:
    """`PATH`, or `LABEL=PATH`; a path may be an address. A `=` behind a slash belongs to the path.

    Raises SettingsError where there is a `=` and nothing before or behind it, or a label that is
    not UTF-8.

    >>> parse_input("neg=data/neg.txt").label, parse_input("./a=b.txt").name
    ('neg', './a=b.txt')
    """
    found = _LABELLED.fullmatch(text)
    if found is None:
        return named_input(text, part)
    label, name = found[1], found[2]
    if not label or not name:
        raise SettingsError(
            "INPUT", f"{text!r} is no LABEL=PATH", "a file of that name is read as ./NAME"
        )
    return named_input(name, part, _checked_label(label, "INPUT"))


def parse_holdout(text: str) -> Input:
    """`NAME=PATH` or `NAME=LABEL=PATH`: an input of the part NAME.

    Raises SettingsError where it is neither, or where the name is none for a folder.
    """
    part, _, rest = text.partition("=")
    if not part or not rest:
        raise SettingsError("--holdout", f"{text!r} is no NAME=PATH")
    return parse_input(rest, checked_part(part))


def checked_part(name: str) -> str:
    """The name of a held-out part. Raises SettingsError where it is none for a folder."""
    if not re.fullmatch(r"[\w-][\w.-]*", name) or name.lower().endswith((".npy", ".json")):
        cause = f"{name!r} is no name for a folder in the output"
        raise SettingsError("--holdout", cause, "use letters, digits, _ and -")
    return name


def label_inputs(inputs: Sequence[Input], label_from: str | None) -> Sequence[Input]:
    """The inputs with the labels that `label_from` gives them: None for those that they have,
    "parent" for the names of the folders that they lie in.

    Raises SettingsError for another `label_from`, and for an input that lies in no folder with a
    name, or has a label.
    """
    if label_from is None:
        return inputs
    if label_from != "parent":
        raise SettingsError("--label-from", f"{label_from!r} is not parent")
    labelled = []
    for item in inputs:
        if item.name == STDIN:
            raise SettingsError("--label-from parent", "standard input lies in no folder")
        if item.label is not None:
            raise SettingsError("--label-from parent", f"{item.name} has the label {item.label!r}")
        is_remote = is_url(item.place)
        folder = Url(item.name).parent.name if is_remote else _folder_of(item.name)
        if not folder:
            raise SettingsError("--label-from parent", f"{item.name} lies in no folder with a name")
        labelled.append(item._replace(label=_checked_label(folder, "--label-from parent")))
    return labelled


def _folder_of(name: str) -> str:
    return Path(os.path.abspath(name)).parent.name


def _checked_label(label: str, place: str) -> str:
    """The label. Raises SettingsError where it is no text, as a path need not be."""
    try:
        label.encode()
    except UnicodeEncodeError:
        raise SettingsError(place, f"the label {label!r} is not UTF-8") from None
    return label
