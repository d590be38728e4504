"""Which files are broken, and which commands read them?"""

from __future__ import annotations

import bz2
import gzip
import io
import json
import lzma
import struct
import zipfile
from collections.abc import Sequence
from contextlib import chdir
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from embedprep.cli.main import cli
from tests.subword_models import Model

WORDS = ["the", "cat", "sat", "größe", "猫", "naïve", "x"]
TEXT = "The cat sat.\n\nthe größe of 猫 \U0001f408‍⬛\r\n naïve x x 3.14 don't\nשלום عليكم ไทย\n"
ROWS = ['1,"the cat, ""sat""\nhere",a', "2,größe 猫,b", "3,,a", '4,"the, end",b', "5,x,a"]
TABLE = "".join(f"{row}\r\n" for row in ["id,text,label", *ROWS])
RECORDS = [
    {"text": "the cat", "label": "a", "n": 1.5},
    {"text": "größe \u2028 猫", "label": ["a", "b"], "n": None},
    {"label": "b", "text": "", "other": {"deep": [1, [2, {"x": None}]]}},
]


class Kind(NamedTuple):
    """A kind of file: its name, and for each command that reads it the file's name before it."""

    name: str
    commands: Sequence[str]


_RUN = "{0} run {0} -q --jobs 1 -o new"
_MATRIX = "{0} matrix --vocab v.json --vectors {0} -q -o made.npy"
_TEXT = [
    *("", "--tokenizer keras", "--tokenizer whitespace", "--tokenizer char", r"--pattern \w+"),
    *("--encoding utf-16", "--errors replace", "--errors ignore --max-len p50", "--bos --eos"),
    *("--split 50/50 --drop-duplicates", "--overflow split --max-len 2", "--format fasttext"),
    *("--oov drop -n 2 --dtype uint8", "--encoding shift-jis", "--shuffle --drop-empty --dim 3"),
]
_TABLE = [
    *("--text-column text --label-column label", "--text-column 2", "--format tsv"),
    *(
        "--text-column text --no-quoting",
        "--text-column text --label-column id --label-type number",
    ),
    *("--text-column 2 --no-header", "", "--text-column text --errors replace --drop-empty"),
]
_JSON = [
    *("--text-column text", "--text-column text --label-column label --errors ignore"),
    *("--text-column text --label-column n --label-type number", "--errors replace"),
]
_VOCAB = [
    *(
        "encode few.txt -q --jobs 1 --vocab {0} -o made.npy",
        "matrix -q --vocab {0} --dim 2 -o made.npy",
    ),
    *(
        "decode rows.npy --vocab {0} -o made.txt",
        "explain cat --vocab {0}",
        "export {0} -q --to tsv -o -",
    ),
    *("export {0} -q --to tokenizers -o made.json", "vocab -q --from {0} --max-len 5 -o made.json"),
    *("encode few.txt -q --jobs 1 --vocab {0} -o new", "skipgrams rows.npy -q --vocab {0} -o new"),
    *(
        "bow rows.npy -q --mode tfidf --vocab {0} -o made.npy",
        "onehot rows.npy -q --vocab {0} -o made.npy",
    ),
]
_MANIFEST = [
    *(
        "load",
        "decode out -o made.txt",
        "embed out -q --matrix m.npy -o made.npy",
        "bow out -q -o made.npy",
    ),
    *("encode few.txt -q --jobs 1 --vocab v.json -o out", "run few.txt -q --jobs 1 -o out"),
    *("matrix -q --dim 2 -o out", "skipgrams out -q -o new", "export out -q --to txt -o -"),
    *(
        "encode few.txt -q --jobs 1 --vocab v.json -o out/new.npy",
        "vocab few.txt -q -o out/vocab.json",
    ),
    *("skipgrams rows.npy -q --vocab v.json -o out", "nearest out cat"),
]
_NPY = [
    *("decode {0} --vocab v.json -o made.txt", "embed {0} -q --matrix m.npy -o made.npy"),
    *(
        "onehot {0} -q --vocab v.json -o made.npy",
        "bow {0} -q --vocab v.json --mode freq -o made.npy",
    ),
    *("skipgrams {0} -q --vocab v.json -o new", "embed rows.npy -q --matrix {0} -o made.npy"),
    *("embed rows.npy -q --reduce max --matrix {0} -o made.npy", "nearest {0} cat --vocab v.json"),
    *(
        "export v.json --matrix {0} -q --to word2vec -o made.txt",
        "embed {0} -q --matrix m.npy --reduce mean -o made.npy",
    ),
]
_VECTORS = ["", " --skip-bad-vectors", " --case-fallback --oov-init mean"]

KINDS = {
    kind.name: kind
    for kind in [
        Kind("text", [f"{_RUN.format('a.txt')} {options}" for options in _TEXT]),
        Kind("CSV", [f"{_RUN.format('a.csv')} {options}" for options in _TABLE]),
        Kind("JSONL", [f"{_RUN.format('a.jsonl')} {options}" for options in _JSON]),
        Kind("vocab.json", [f"w.json {command.format('w.json')}" for command in _VOCAB]),
        Kind("manifest.json", [f"out/manifest.json {command}" for command in _MANIFEST]),
        Kind("GloVe", [_MATRIX.format("w.txt") + options for options in _VECTORS]),
        Kind("word2vec", [_MATRIX.format("w.bin") + options for options in _VECTORS]),
        Kind("fastText", [_MATRIX.format("w.bin") + options for options in _VECTORS]),
        Kind("npy", [f"x.npy {command.format('x.npy')}" for command in _NPY]),
    ]
}


def make_samples(folder: Path) -> dict[str, list[bytes]]:
    """The valid files of each kind; what commands need besides is made in the folder."""
    (folder / "few.txt").write_bytes(TEXT.encode())
    with chdir(folder):
        _run("run few.txt --split 50/50 --rows-per-shard 2 -q -o out")
        _run("run few.txt -q -o whole")
        _run("vocab few.txt -q -o v.json")
        _run("matrix --vocab v.json --dim 3 -q -o m.npy")
        _run("encode few.txt --vocab v.json -q -o rows.npy")
    text = TEXT.encode()
    table = TABLE.encode()
    records = "".join(json.dumps(r, ensure_ascii=False) + "\n" for r in RECORDS).encode()
    vectors = {word: [i + 0.25, -1e-3 * i, 3e4] for i, word in enumerate(WORDS)}
    glove = "".join(f"{w} {' '.join(map(str, v))}\n" for w, v in vectors.items()).encode()
    packed = b"".join(
        w.encode() + b" " + struct.pack("<3f", *v) + b"\n" for w, v in vectors.items()
    )
    model = Model(words=(b"</s>", *(word.encode() for word in WORDS)))
    return {
        "text": [text] * 4 + _compressed(text) + [TEXT.encode("utf-16")],
        "CSV": [table] * 4 + [table.replace(b",", b"\t"), gzip.compress(table, mtime=0)],
        "JSONL": [records],
        "vocab.json": [
            (folder / "v.json").read_bytes(),
            (folder / "out" / "vocab.json").read_bytes(),
        ],
        "manifest.json": [
            (folder / "out" / "manifest.json").read_bytes(),
            (folder / "whole" / "manifest.json").read_bytes(),
        ],
        "GloVe": [glove, b"7 3\n" + glove, gzip.compress(glove, mtime=0), _zipped(glove)],
        "word2vec": [b"7 3\n" + packed, b"7 3\n" + packed.replace(b"\n", b"")],
        "fastText": [
            model.to_bytes(),
            model._replace(labels=(b"__label__a",), bucket=0).to_bytes(),
        ],
        "npy": [*_arrays(folder)],
    }


def _run(command: str) -> None:
    cli.main(command.split(), prog_name="embedprep", standalone_mode=False)


def _compressed(data: bytes) -> list[bytes]:
    return [gzip.compress(data, mtime=0), bz2.compress(data), lzma.compress(data)]


def _zipped(data: bytes) -> bytes:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr(zipfile.ZipInfo("vectors.txt"), data)
    return file.getvalue()


def _arrays(folder: Path) -> list[bytes]:
    rows: Any = np.load(folder / "rows.npy")
    matrix: Any = np.load(folder / "m.npy")
    files = []
    for array in (rows, rows.astype(">i8"), np.asfortranarray(rows), matrix, matrix.astype("f2")):
        file = io.BytesIO()
        np.save(file, array)
        files.append(file.getvalue())
    return files
