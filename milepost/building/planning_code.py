"""The source of the modules that plan a batch, which is part of the code of every table.

They decide which rows of a table are built, from which files, and how these are read. So each edit
of them builds every view again, except where it is to comments, docstrings or blank lines.
"""

from __future__ import annotations

import ast
import io
import tokenize
from functools import cache
from pathlib import Path

_MODULES = (
    *("raw_logs.py", "raw_rows.py", "batches.py", "reach.py", "slices.py", "plan.py"),
    *("../raw/layout.py", "../raw/reading.py", "../raw/conversion.py", "../raw/column_types.py"),
)


@cache
def planning_code() -> str:
    """Return the source of the planning modules without comments, docstrings and blank lines."""
    files = (Path(__file__).parent / name for name in _MODULES)
    return "".join(without_comments(file.read_text(encoding="utf-8")) for file in files)


def without_comments(source: str) -> str:
    """Return Python without comments, docstrings and blank lines.

    It is cut out of the text, and not printed from the syntax tree, which each version of Python
    prints in its own way: another Python would count as other code.
    """
    lines = source.split("\n")
    for token in tokenize.generate_tokens(io.StringIO(source).readline):
        if token.type == tokenize.COMMENT:
            row, column = token.start
            lines[row - 1] = lines[row - 1][:column]
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Expr) and _is_text(node.value):
            first, end = node.lineno - 1, node.end_lineno or node.lineno
            before, after = lines[first][: node.col_offset], lines[end - 1].encode()
            if not before.strip() and not after[node.end_col_offset :].strip():
                lines[first:end] = [""] * (end - first)
    return "".join(f"{line.rstrip()}\n" for line in lines if line.strip())


def _is_text(node: ast.expr) -> bool:
    return isinstance(node, ast.Constant) and isinstance(node.value, str)
