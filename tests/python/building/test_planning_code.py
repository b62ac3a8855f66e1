"""Which edits of the planning modules build every view again: all but words and blank lines."""

from __future__ import annotations

import pytest

from milepost.building.planning_code import planning_code, without_comments

SOURCE = '''"""A module."""

LIMIT = 3  # a reason
"""What it limits."""


def double(number: int) -> str:
    """Return twice the number.

    It has ä.
    """
    # Another reason.
    return f"{number * 2} # é"
'''
CODE = """LIMIT = 3
def double(number: int) -> str:
    return f"{number * 2} # é"
"""


def test_comments_docstrings_and_blank_lines_are_no_code() -> None:
    assert without_comments(SOURCE) == CODE
    assert without_comments(CODE) == CODE


@pytest.mark.parametrize(
    ("before", "after"),
    [("3", "4"), ("2}", "3}"), ("# é", "# e"), ("LIMIT", "MOST"), ("number", "count")],
)
def test_all_else_is_code(before: str, after: str) -> None:
    assert without_comments(SOURCE.replace(before, after)) != CODE


def test_a_text_beside_code_stays() -> None:
    for source in ("a = 1; 'text'\n", "def f(): 'text'\n", "def f(): ...\n", "'a'; b = 1\n"):
        assert without_comments(source) == source


def test_the_planning_modules_have_code_and_no_words() -> None:
    code = planning_code()
    assert {"class RawLogs:", "class Batches:", "class Slices:", "class Planner:"} <= {
        line.strip() for line in code.splitlines()
    }
    assert '"""' not in code
