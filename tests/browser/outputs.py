"""Which outputs are looked at? Some of usual kinds, and some that strain a page."""

from __future__ import annotations

import json
from pathlib import Path

from tests.in_process import call

SAMPLES = Path(__file__).resolve().parents[2] / "sample_data"

SCRIPTS = {
    "中文": "今天 我们 一起 去 图书馆 看 书",
    "日本語": "今日 は とても いい 天気 です ね",
    "한국어": "오늘은 날씨가 정말 좋아서 산책을 했다",
    "العربية": "ذهبت إلى السوق واشتريت الخبز والحليب",
    "हिन्दी": "आज मौसम बहुत अच्छा है",
}
"""Classes, and a sentence of each."""


def make_outputs(folder: Path) -> dict[str, Path]:
    """The outputs by their names."""
    runs = {
        "reviews": f"run good={SAMPLES}/reviews.txt --holdout old=good={SAMPLES}/heldout.txt "
        "--split 80/10/10 -n 600 --max-len p90 --dim 16",
        "chinese": f"run {SAMPLES}/reviews_zh.txt -n 200 --max-len p95 --padding post --bos --eos",
        "scripts": _scripts(folder),
        "strained": _strained(folder),
        "numbers": _numbers(folder),
        "blank": _blank(folder),
    }
    for name, command in runs.items():
        done = call(command, "-q", "-o", folder / name)
        assert done.exit_code == 0, done.output
    return {name: folder / name for name in runs}


def _scripts(folder: Path) -> str:
    """Several scripts at once, with classes that are named in them."""
    for name, sentence in SCRIPTS.items():
        words = sentence.split(" ")
        lines = [" ".join(words[: 1 + n % len(words)] * (1 + n % 3)) for n in range(90)]
        (folder / f"{name}.txt").write_text("\n".join(lines) + "\n", encoding="utf-8")
    named = " ".join(f"{name}={folder}/{name}.txt" for name in SCRIPTS)
    return f"run {named} --split 60/20/20 --shuffle"


def _strained(folder: Path) -> str:
    """Thousands of classes with long names, and long words of any kind."""
    path = folder / "strained.jsonl"
    with path.open("w", encoding="utf-8") as lines:
        for n in range(6000):
            words = [f"{'w' * (n % 90)}{(n * k) % 700}" for k in range(n % 40)]
            label = f"<script>alert({n % 2500})</script> \u202e" + "long name " * (n % 30)
            record = {"text": " ".join([*words, "\u0007".join("bell")]), "label": label}
            lines.write(json.dumps(record) + "\n")
    return (
        f"run {path} --text-column text --label-column label --tokenizer whitespace "
        "--max-len 12 -n 900 --rows-per-shard 100"
    )


def _numbers(folder: Path) -> str:
    path = folder / "numbers.csv"
    rows = [f"row number {n},{n * n / 7:.3f},{-n}" for n in range(200)]
    path.write_text("\n".join(["text,y,z", *rows]) + "\n", encoding="utf-8")
    columns = "--text-column text --label-column y --label-column z --label-type number"
    return f"run {path} {columns} --split 80/20"


def _blank(folder: Path) -> str:
    (folder / "blank.txt").write_text("\n\n\n", encoding="utf-8")
    return f"run {folder}/blank.txt"
