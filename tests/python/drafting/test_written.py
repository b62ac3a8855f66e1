"""Expressions are written as this project writes SQL, and stay the same expressions."""

from __future__ import annotations

import pytest

from milepost.drafting.query import comparable, expression
from milepost.drafting.written import written

WRITTEN = [
    (
        "CASE WHEN A=1 AND b::INT>2 THEN 'X' END",
        "case when a = 1 and cast(b as integer) > 2 then 'X' end",
    ),
    ("case x when 1 then 2 else 3 end", "case when x = 1 then 2 else 3 end"),
    ("a is not null and (b or not c)", "a is not null and (b or not c)"),
    ("a-(b-c)", "a - (b - c)"),
    ("1.50 * (a+b)/c", "(1.50 * (a + b)) / c"),
    ("x in ('a','B') or y not in (1,2)", "x in ('a', 'B') or y not in (1, 2)"),
    ("x between 1 and 2", "x between 1 and 2"),
    ("Product LIKE 'Tea%'", "product like 'Tea%'"),
    ("COALESCE(a > 1, FALSE)", "coalesce(a > 1, false)"),
    ("now() - INTERVAL 28 DAYS", "now() - interval 28 day"),
    ("x::decimal(18,2)", "cast(x as decimal(18, 2))"),
    ("'it''s'", "'it''s'"),
    # What is not known here DuckDB writes, in lower case but for texts and quoted names.
    ("LIST_CONTAINS(['A'], \"Odd Name\")", "list_contains(main.list_value('A'), \"Odd Name\")"),
]


@pytest.mark.parametrize(("sql", "text"), WRITTEN)
def test_an_expression_is_written_in_our_style(sql: str, text: str) -> None:
    assert written(expression(sql)) == text


@pytest.mark.parametrize("sql", [sql for sql, _ in WRITTEN])
def test_it_stays_the_same_expression(sql: str) -> None:
    node = expression(sql)
    assert comparable(expression(written(node))) == comparable(node)
