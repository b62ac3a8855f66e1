"""Names say what they hold: no variable or function is called by a pronoun or a participle."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

PROJECT = Path(__file__).parents[2]
# What each of these holds, only its neighbours tell.
PRONOUNS = {
    *("one", "ones", "other", "others", "own", "it", "some", "there", "here", "thing", "things"),
    *("what", "who", "whose", "which", "found", "asked", "told", "said", "kept", "stuff"),
}
FILES = sorted([*PROJECT.glob("milepost/**/*.py"), *PROJECT.glob("scripts/**/*.py")])


def bound_names(tree: ast.AST) -> Iterator[tuple[str, int]]:
    """Each name that a file gives to a value, an argument or a function, with its line."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store):
            yield node.id, node.lineno
        elif isinstance(node, ast.arg):
            yield node.arg, node.lineno
        elif isinstance(node, ast.FunctionDef | ast.ClassDef):
            yield node.name, node.lineno


@pytest.mark.parametrize("path", FILES, ids=lambda path: str(path.relative_to(PROJECT)))
def test_a_name_says_what_it_holds(path: Path) -> None:
    names = bound_names(ast.parse(path.read_text()))
    assert not [f"{path.name}:{line}: `{name}`" for name, line in names if name in PRONOUNS]
