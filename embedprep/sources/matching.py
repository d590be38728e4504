"""Which objects does an address with a `*` stand for? For files the shell tells."""

from __future__ import annotations

from collections.abc import Sequence

from embedprep.errors import InputError
from embedprep.places import Url, is_url
from embedprep.sources.inputs import Input, named_input
from embedprep.sources.opening import unreadable


def matched_inputs(inputs: Sequence[Input]) -> list[Input]:
    """The inputs, each address with a `*` replaced by those that it stands for, sorted.

    Raises InputError where there is none.
    """
    matched = []
    for item in inputs:
        if not (is_url(item.place) and "*" in item.name):
            matched.append(item)
            continue
        try:
            found = Url(item.place).matching()
        except OSError as error:
            raise unreadable(item.name, error) from error
        if not found:
            raise InputError(item.name, "no object has such a name", "check the address")
        matched += [named_input(text, item.part, item.label) for text in found]
    return matched
