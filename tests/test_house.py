"""Is the house in order: who imports whom, what starts quickly, are the examples true?"""

from __future__ import annotations

import ast
import doctest
import subprocess
import sys
from collections.abc import Iterator
from graphlib import TopologicalSorter
from importlib import import_module
from pathlib import Path

import pytest

import embedprep
from embedprep.cli.main import _COMMANDS

ROOT = Path(embedprep.__file__).parent

FLOORS = [
    {"errors", "endings", "wording", "arrays", "background", "digests"},
    {"places", "gates"},
    {"specials", "rectangle", "sources", "npy", "hashing", "listing", "packing", "ledger"},
    {"text", "draws", "manifest", "sequences", "spool", "labels", "npz", "sharding"},
    {"tokenizer", "publication", "checkpoints", "stored", "shuffling", "shards", "csr"},
    {"dictionary", "settings", "space", "engines"},
    {"vocabulary", "unfolding", "parts", "initializers", "vectors", "budget"},
    {"work", "output", "foreign"},
    {"intake", "encoded", "matrix", "portions"},
    {
        "counting",
        "decoding",
        "exporting",
        "skipgrams",
        "tensors",
        "training",
        "nearest",
        "numbering",
        "handover",
    },
    {"rows", "doubts", "embedding", "bags", "verifying"},
    {"local", "plan"},
    {"spread"},
    {"writing", "adopting", "explaining", "counts", "unchanged", "figures"},
    {"pipeline", "updating", "comparing", "measuring", "inspecting", "reporting"},
    {"building"},
    {"cli"},
    {"__main__"},
]
"""The files and folders of the package, lowest first: each imports from lower floors alone."""

FLOOR_OF = {name: number for number, floor in enumerate(FLOORS) for name in floor}


def module_name(path: Path) -> str:
    parts = path.relative_to(ROOT.parent).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


MODULES = {module_name(path): path for path in sorted(ROOT.rglob("*.py"))}


def imported(module: str) -> Iterator[str]:
    """The modules that a module imports anywhere in it, in full."""
    for node in ast.walk(ast.parse(MODULES[module].read_bytes())):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{module} imports relatively"
            assert node.module is not None
            for alias in node.names:
                inner = f"{node.module}.{alias.name}"
                yield inner if inner in MODULES else node.module


def top(module: str) -> str:
    """The file or folder of the package in which a module lies."""
    return module.split(".")[1]


def test_every_file_and_folder_has_its_floor() -> None:
    assert sorted(FLOOR_OF) == sorted({top(module) for module in MODULES if "." in module})
    assert len(FLOOR_OF) == sum(map(len, FLOORS))


# What `embedprep/__init__.py` gives is imported when it is asked for; it has no floor.
@pytest.mark.parametrize("module", [module for module in MODULES if "." in module])
def test_a_file_imports_from_lower_floors_alone(module: str) -> None:
    others = {name for name in imported(module) if name in MODULES and "." in name}
    wrong = {
        name
        for name in others
        if top(name) != top(module) and FLOOR_OF[top(name)] >= FLOOR_OF[top(module)]
    }
    assert wrong == set()


def test_no_modules_import_each_other_in_a_circle() -> None:
    inner = {module for module in MODULES if "." in module}
    order = list(TopologicalSorter({m: inner & set(imported(m)) for m in inner}).static_order())
    assert order.index("embedprep.errors") < order.index("embedprep.cli.main")
    assert set(order) == inner


def test_only_the_command_line_imports_click_and_tqdm() -> None:
    users = {
        top(module)
        for module in MODULES
        if {name.partition(".")[0] for name in imported(module)} & {"click", "tqdm"}
    }
    assert users == {"cli"}


@pytest.mark.parametrize("module", ["embedprep", "embedprep.cli.main"])
def test_the_command_line_starts_without_numpy(module: str) -> None:
    code = f"import sys, {module}; print(*sorted({{'numpy', 'tqdm'}} & set(sys.modules)))"
    said = subprocess.run([sys.executable, "-c", code], check=True, stdout=subprocess.PIPE)
    assert said.stdout.split() == []


def test_help_names_the_commands_and_shows_an_example_of_each() -> None:
    def help_of(*command: str) -> str:
        whole = [sys.executable, "-m", "embedprep", *command, "--help"]
        return subprocess.run(whole, check=True, stdout=subprocess.PIPE).stdout.decode()

    listed = help_of()
    for command in _COMMANDS:
        assert f"\n  {command} " in listed
        assert f"\n  embedprep {command} " in help_of(command)


def test_the_examples_in_docstrings_are_true() -> None:
    results = {
        name: doctest.testmod(import_module(name)) for name in MODULES if "__main__" not in name
    }
    assert {name for name, result in results.items() if result.failed} == set()
    assert sum(result.attempted for result in results.values()) >= 10


def test_the_public_names_are_those_of_their_homes() -> None:
    for name in embedprep.__all__:
        assert getattr(embedprep, name).__name__ == name
    with pytest.raises(AttributeError, match="no attribute 'tokenize'"):
        embedprep.tokenize  # noqa: B018
