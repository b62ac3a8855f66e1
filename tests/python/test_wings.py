"""The wings of the package: which may import which, how large a module is, what is private."""

from __future__ import annotations

import ast
import importlib
import re
import subprocess
import sys
from collections.abc import Iterator
from graphlib import TopologicalSorter
from pathlib import Path

import pytest

PROJECT = Path(__file__).parents[2]
PACKAGE = PROJECT / "milepost"

# What each wing may import besides itself, `errors` and `display`.
MAY_IMPORT: dict[str, set[str]] = {
    "storage": set(),
    "raw": {"storage"},
    "release": {"storage"},
    "language": {"release"},
    "beginning": {"raw", "release", "storage"},
    "building": {"language", "raw", "release", "storage"},
    "publishing": {"building", "release", "standards", "storage", "stress"},
    "standards": {"building", "raw", "release", "storage", "stress"},
    "review": {"building", "catalogue", "publishing", "release", "standards", "storage", "stress"},
    "stress": {"building", "raw", "release", "storage"},
    "drafting": {"beginning", "building", "raw", "release", "standards", "storage"},
    "catalogue": {"release", "storage"},
    "reading": {"catalogue", "release", "storage"},
    "tables": {"release", "storage"},
    "cli": {
        "beginning",
        "building",
        "catalogue",
        "drafting",
        "language",
        "publishing",
        "raw",
        "reading",
        "release",
        "review",
        "standards",
        "storage",
        "stress",
        "tables",
    },
}
# Modules at the top that users import, and what each may import.
FACES: dict[str, set[str]] = {
    "__init__": {"notebook", "reading"},
    "display": set(),
    "errors": set(),
    "dbt_answers": {"building", "raw", "release", "storage"},
    "dbt_plugin": {"storage"},
    "landing": {"raw"},
    "notebook": {"cli"},
    "s3": {"storage"},
}
FOR_ALL = {"errors", "display"}
LARGEST_MODULE = 250


def modules() -> list[Path]:
    return sorted(path for path in PACKAGE.rglob("*.py"))


def wing_of(path: Path) -> str:
    """The first part of a module's path below the package: its wing, or a face."""
    return path.relative_to(PACKAGE).parts[0].removesuffix(".py")


def imported_modules(path: Path) -> Iterator[str]:
    """Each module of the package that a file imports, as `wing.module`, or `wing` for a package."""
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            names = [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom) and node.module:
            assert node.level == 0, f"{path}: a relative import"
            names = [node.module, *(f"{node.module}.{alias.name}" for alias in node.names)]
        else:
            continue
        for name in names:
            if name.startswith("milepost."):
                parts = name.removeprefix("milepost.").split(".")
                if (PACKAGE.joinpath(*parts).with_suffix(".py")).exists() or len(parts) == 1:
                    yield ".".join(parts)


def test_every_wing_has_its_rule() -> None:
    assert {wing_of(path) for path in modules()} == {*MAY_IMPORT, *FACES}


@pytest.mark.parametrize("path", modules(), ids=lambda path: str(path.relative_to(PACKAGE)))
def test_imports_go_in_one_direction(path: Path) -> None:
    wing = wing_of(path)
    allowed = {wing, *FOR_ALL, *MAY_IMPORT.get(wing, set()), *FACES.get(wing, set())}
    imported = {name.split(".")[0] for name in imported_modules(path)}
    assert imported - {"__version__"} <= allowed


@pytest.mark.parametrize("path", modules(), ids=lambda path: str(path.relative_to(PACKAGE)))
def test_a_module_is_read_in_one_go(path: Path) -> None:
    assert len(path.read_text().splitlines()) <= LARGEST_MODULE


def test_no_module_imports_itself_by_way_of_others() -> None:
    graph = {
        ".".join(path.relative_to(PACKAGE).with_suffix("").parts): set(imported_modules(path))
        for path in modules()
    }
    TopologicalSorter(graph).prepare()  # a CycleError names the modules


@pytest.mark.parametrize("wing", sorted({*MAY_IMPORT} - {"cli"}))
def test_a_wing_says_what_others_import(wing: str) -> None:
    """All else is private to it; nobody imports the command line."""
    imported = {
        name.partition(".")[2]
        for folder in (PACKAGE, PROJECT / "scripts", PROJECT / "bench")
        for path in folder.rglob("*.py")
        if not path.is_relative_to(PACKAGE / wing)
        for name in imported_modules(path)
        if name.startswith(f"{wing}.")
    }
    assert set(importlib.import_module(f"milepost.{wing}").__all__) == imported


def test_only_the_command_line_prints() -> None:
    """A library says what it does in its log."""
    for path in modules():
        if wing_of(path) != "cli":
            names = {
                node.id
                for node in ast.walk(ast.parse(path.read_text()))
                if isinstance(node, ast.Name)
            }
            assert "print" not in names, path


def test_the_page_on_architecture_says_what_each_wing_may_import() -> None:
    page = (PROJECT / "docs/concepts/architecture.md").read_text()
    lines = re.findall(r"^    (\w+) +may import +(.*)$", page, re.MULTILINE)
    assert dict(lines) == {
        wing: ", ".join(sorted(imported)) or "nothing" for wing, imported in MAY_IMPORT.items()
    }


def test_the_page_on_architecture_lists_every_module(tmp_path: Path) -> None:
    page = PROJECT / "docs/concepts/architecture.md"
    copy = tmp_path / page.name
    copy.write_text(page.read_text())
    script = PROJECT / "scripts/module_list.py"
    subprocess.run([sys.executable, str(script), "--page", str(copy)], check=True)
    assert copy.read_text() == page.read_text(), "run `python scripts/module_list.py`"
