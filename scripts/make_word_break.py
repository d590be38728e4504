#!/usr/bin/env python3
"""Compute `embedprep/tokenizer/word_break.txt` from Unicode's own property files.

    python scripts/make_word_break.py FOLDER

FOLDER is the Unicode Character Database of one version, as Unicode publishes it
(https://www.unicode.org/Public/15.0.0/ucd/) and Debian packs it (`unicode-data`). Read are
`auxiliary/WordBreakProperty.txt`, `emoji/emoji-data.txt` and
`extracted/DerivedGeneralCategory.txt`.
"""

from __future__ import annotations

import re
import sys
from collections.abc import Iterator
from itertools import groupby
from pathlib import Path

TARGET = Path(__file__).resolve().parent.parent / "embedprep" / "tokenizer" / "word_break.txt"
N_CODE_POINTS = 0x110000

HEAD = """\
# Word_Break (UAX #29) of every code point, and which of them make a segment a word
# Unicode version: {version}
#
# Computed by scripts/make_word_break.py from WordBreakProperty.txt, emoji-data.txt and
# DerivedGeneralCategory.txt of the Unicode Character Database.
#
{licence}#
# first..last  Word_Break  [letter]  [pictographic]
#     letter: General_Category is L* or N*; pictographic: Extended_Pictographic.
#     A code point that is not listed is Other, and neither.
"""

LICENCE = """\
UNICODE LICENSE V3

COPYRIGHT AND PERMISSION NOTICE

Copyright (c) 1991-2022 Unicode, Inc.

NOTICE TO USER: Carefully read the following legal agreement. BY DOWNLOADING, INSTALLING,
COPYING OR OTHERWISE USING DATA FILES, AND/OR SOFTWARE, YOU UNEQUIVOCALLY ACCEPT, AND AGREE TO
BE BOUND BY, ALL OF THE TERMS AND CONDITIONS OF THIS AGREEMENT. IF YOU DO NOT AGREE, DO NOT
DOWNLOAD, INSTALL, COPY, DISTRIBUTE OR USE THE DATA FILES OR SOFTWARE.

Permission is hereby granted, free of charge, to any person obtaining a copy of data files and
any associated documentation (the "Data Files") or software and any associated documentation
(the "Software") to deal in the Data Files or Software without restriction, including without
limitation the rights to use, copy, modify, merge, publish, distribute, and/or sell copies of
the Data Files or Software, and to permit persons to whom the Data Files or Software are
furnished to do so, provided that either (a) this copyright and permission notice appear with
all copies of the Data Files or Software, or (b) this copyright and permission notice appear in
associated Documentation.

THE DATA FILES AND SOFTWARE ARE PROVIDED "AS IS", WITHOUT WARRANTY OF ANY KIND, EXPRESS OR
IMPLIED, INCLUDING BUT NOT LIMITED TO THE WARRANTIES OF MERCHANTABILITY, FITNESS FOR A
PARTICULAR PURPOSE AND NONINFRINGEMENT OF THIRD PARTY RIGHTS.

IN NO EVENT SHALL THE COPYRIGHT HOLDER OR HOLDERS INCLUDED IN THIS NOTICE BE LIABLE FOR ANY
CLAIM, OR ANY SPECIAL INDIRECT OR CONSEQUENTIAL DAMAGES, OR ANY DAMAGES WHATSOEVER RESULTING
FROM LOSS OF USE, DATA OR PROFITS, WHETHER IN AN ACTION OF CONTRACT, NEGLIGENCE OR OTHER
TORTIOUS ACTION, ARISING OUT OF OR IN CONNECTION WITH THE USE OR PERFORMANCE OF THE DATA FILES
OR SOFTWARE.

Except as contained in this notice, the name of a copyright holder shall not be used in
advertising or otherwise to promote the sale, use or other dealings in these Data Files or
Software without prior written authorization of the copyright holder.
"""


def properties(path: Path) -> Iterator[tuple[range, str]]:
    """The ranges of code points that a property file lists, and the value of each."""
    for line in path.read_text(encoding="utf-8").splitlines():
        entry = line.partition("#")[0]
        if entry.strip():
            code_points, value = (field.strip() for field in entry.split(";")[:2])
            first, _, last = code_points.partition("..")
            yield range(int(first, 16), int(last or first, 16) + 1), value


def version_of(path: Path) -> str:
    """The version in the name that the first line of a property file tells."""
    found = re.search(r"-(\d+\.\d+\.\d+)\.txt", path.read_text(encoding="utf-8").partition("\n")[0])
    if found is None:
        sys.exit(f"{path}: the first line names no version")
    return found[1]


def table_of(folder: Path) -> list[str]:
    """The columns of every code point, (0x110000,)."""
    word_break = ["Other"] * N_CODE_POINTS
    marks = [""] * N_CODE_POINTS
    for code_points, value in properties(folder / "auxiliary" / "WordBreakProperty.txt"):
        for code_point in code_points:
            word_break[code_point] = value
    for code_points, value in properties(folder / "extracted" / "DerivedGeneralCategory.txt"):
        if value[0] in "LN":
            for code_point in code_points:
                marks[code_point] = " letter"
    for code_points, value in properties(folder / "emoji" / "emoji-data.txt"):
        if value == "Extended_Pictographic":
            for code_point in code_points:
                marks[code_point] += " pictographic"
    return [f"{value}{mark}" for value, mark in zip(word_break, marks, strict=True)]


def main() -> None:
    """Write the table of the version in the folder that is named."""
    if len(sys.argv) != 2:
        sys.exit(__doc__)
    folder = Path(sys.argv[1])
    licence = "".join(f"# {line}".rstrip() + "\n" for line in LICENCE.splitlines())
    lines = [
        HEAD.format(
            version=version_of(folder / "auxiliary" / "WordBreakProperty.txt"), licence=licence
        )
    ]
    table = table_of(folder)
    for columns, run in groupby(range(N_CODE_POINTS), key=table.__getitem__):
        if columns != "Other":
            members = list(run)
            last = f"..{members[-1]:04X}" if len(members) > 1 else ""
            lines.append(f"{members[0]:04X}{last} {columns}\n")
    TARGET.write_text("".join(lines), encoding="utf-8")
    print(f"{TARGET}: {len(lines) - 1} ranges")


if __name__ == "__main__":
    main()
