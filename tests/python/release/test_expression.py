"""Expressions of derived features: what they may hold, and what else people write."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from milepost.errors import LookupInputError
from milepost.release.expression import bind, check, portable
from milepost.release.expression_sql import duckdb_function, render
from milepost.release.expression_tree import Constant, ExpressionError, column_names, parse

TYPES = {
    "a": "BIGINT",
    "b": "DOUBLE",
    "s": "VARCHAR",
    "start": "TIMESTAMP",
    "ends": "TIMESTAMP",
    "view.a": "BIGINT",
}
ALLOWED = {
    "a": "BIGINT",
    "b * 2": "DOUBLE",
    "-b + 2.5e0": "DOUBLE",
    "a / nullif(view.a, 0)": "DOUBLE",
    "a / 7": "DOUBLE",
    "cast(a as double)": "DOUBLE",
    "coalesce(b, 0)": "DOUBLE",
    "greatest(least(b, 1), abs(b))": "DOUBLE",
    "case when a > 3 and b is not null then 'many' else lower(s) end": "VARCHAR",
    "a in (1, 2) or not a between 4 and 5": "BOOLEAN",
    "a <> 1 and true": "BOOLEAN",
    "least(start, ends)": "TIMESTAMP",
    "elapsed_days(start, ends)": "DOUBLE",
    "case a when 1 then b when 2 then null end": "DOUBLE",
    "case when s = 'a' then a end": "BIGINT",
    "case when s = 'elapsed_days(start, ends)' then 1e0 end": "DOUBLE",
    "local_hour(start, s) - local_weekday(ends, s)": "BIGINT",
    "great_circle_miles(a, b, view.a, b)": "DOUBLE",
    "elapsed_hours( start , ends ) / nullif(elapsed_minutes(start, ends), 0)": "DOUBLE",
}
REFUSED = {
    "": "it is no expression",
    "a +": "it is no expression",
    "a; drop table x": "`;` has no place in it",
    "a -- b": "`--` has no place",
    "a /* b */": "`/*` has no place",
    '"a"': '`"` has no place',
    "{{ a }}": "`{` has no place",
    "(select 1)": "it has a SUBQUERY",
    "a in (select 1)": "it has a SUBQUERY",
    "exists (from range(3))": "it has a SUBQUERY",
    "1) from range(3) as r where (a = 1": "it is more than one expression",
    "1) group by all having (true": "it is more than one expression",
    "a) order by (a": "it is more than one expression",
    "a) limit (1": "it is more than one expression",
    "a), (b": "it is more than one expression",
    "a) union (select b": "it is more than one expression",
    "a, b": "it calls `row`",
    "*": "it has a STAR",
    "columns(*)": "it has a STAR",
    "sum(a)": "it calls `sum`",
    "sum(a) over ()": "it has a WINDOW_AGGREGATE",
    "read_text('/etc/passwd')": "it calls `read_text`",
    "getenv('AWS_SECRET_ACCESS_KEY')": "it calls `getenv`",
    "nextval('s')": "it calls `nextval`",
    "now()": "it calls `now`",
    "current_timestamp": "it names `current_timestamp`",
    "random()": "it calls `random`",
    "main.abs(a)": "it calls `abs`",
    "abs(x := a)": "`x` is a name given in it",
    "s like 'x%'": "it calls `~~`",
    "s || s": "it calls `||`",
    "a is distinct from 1": "it has a COMPARE_DISTINCT_FROM",
    "s collate nocase": "it has a COLLATE",
    "cast(b as bigint)": "it casts to BIGINT",
    "try_cast(s as double)": "it casts to DOUBLE",
    "start + interval 1 day": "it calls `to_days`",
    "timestamp '2026-01-01'": "it casts to TIMESTAMP",
    "b * 2.5": "it has a DECIMAL constant; write `2.5` as `2.5e0`",
    "a / b": "it divides by what may be zero",
    "a / 0": "it divides by what may be zero",
    "a / nullif(b, 1)": "it divides by what may be zero",
    "ends - start": "it is INTERVAL, declared DOUBLE",
    "b": "it is DOUBLE, declared BIGINT",
    "s + 1": "No function matches",
    "c": "it names `c`, which is not among its inputs",
    "other.a": "it names `other.a`, which is not",
    "elapsed_days(least(start, ends), ends)": "`elapsed_days` is not of two column names",
    "elapsed_weeks(start, ends)": "it calls `elapsed_weeks`",
    "a / true": "it divides by what may be zero",
    "a / nullif(b, false)": "it divides by what may be zero",
    "local_hour(start, 'UTC')": "`local_hour` is not of two column names: `local_hour(instant, ",
    "local_hour(start)": "`local_hour` is not of two column names",
    "local_weekday(s, s)": "No function matches",
    "local_hour(start, a)": "No function matches",
    "great_circle_miles(a, b, a)": "not of four column names: `great_circle_miles(latitude_1, ",
    "great_circle_miles(s, b, a, b)": "No function matches",
    "abs(" * 400 + "a" + ")" * 400: "it is nested too deeply",
}


def names(sql: str) -> dict[str, str]:
    """The inputs that the expression names; of one that is not allowed, some that it may name."""
    try:
        return {name: TYPES[name] for name in column_names(parse(sql)) if name in TYPES}
    except (ExpressionError, RecursionError):
        return TYPES


@pytest.mark.parametrize("sql", ALLOWED)
def test_an_expression_is_allowed(sql: str) -> None:
    check(sql, names(sql), ALLOWED[sql])


@pytest.mark.parametrize("sql", REFUSED)
def test_an_expression_is_refused(sql: str) -> None:
    declared = "BIGINT" if sql == "b" else "DOUBLE"
    with pytest.raises(ExpressionError, match=re.escape(REFUSED[sql])):
        check(sql, names(sql), declared)


def test_an_integer_is_widened_to_a_double_and_nothing_is_narrowed() -> None:
    check("a", {"a": "BIGINT"}, "DOUBLE")
    with pytest.raises(ExpressionError, match="it is VARCHAR, declared BOOLEAN"):
        check("s", {"s": "VARCHAR"}, "BOOLEAN")


def test_every_input_is_used() -> None:
    with pytest.raises(ExpressionError, match="it does not use its input `b`"):
        check("a + 1", {"a": "BIGINT", "b": "DOUBLE"}, "BIGINT")


WRITTEN = {
    "a + view.a * ab - abs(a)": "(c0 + (c1 * c2)) - abs(c0)",
    "a - -5 = - a": "(c0 - (-5)) = (-c0)",
    "a::double / 1e2": "cast(c0 as double) / 100.0e0",
    "a in (1, -2) or a not in (ab)": "(c0 in (1, -2)) or (c0 not in (c2))",
    "a not between 1 and -ab": "not (c0 between 1 and (-c2))",
    "case a when 1 then 'it''s a' else E'b' end": "case when c0 = 1 then 'it''s a' else 'b' end",
    "coalesce(a, 1e400) is null and true": "(coalesce(c0, 1e999) is null) and true",
    "nullif(a, -9223372036854775808) is not null": "nullif(c0, -9223372036854775808) is not null",
    "elapsed_days(a, ab)": "cast(<elapsed_days of c0 and c2> as double)",
    "cast('yes' as boolean) <> (a > 3000000000)": "cast('yes' as boolean) <> (c0 > 3000000000)",
}


@pytest.mark.parametrize(("sql", "written"), WRITTEN.items())
def test_names_are_replaced_as_columns_and_not_in_text(sql: str, written: str) -> None:
    columns = {"a": "c0", "view.a": "c1", "ab": "c2"}
    bound = bind(
        sql, columns, "VARCHAR", lambda name, arguments: f"<{name} of {' and '.join(arguments)}>"
    )
    assert bound == f"cast({written} as string)"


@given(st.floats(allow_nan=False))
def test_a_double_is_written_as_the_same_double(number: float) -> None:
    constant = Constant(number, "DOUBLE")
    written = render(constant, {}, duckdb_function)
    assert repr(parse(written)) == repr(constant)


@given(st.integers(-(2**63), 2**63 - 1))
def test_an_integer_is_written_as_the_same_integer(number: int) -> None:
    parsed = parse(str(number))
    assert isinstance(parsed, Constant)
    assert parsed.value == number
    assert parse(render(parsed, {}, duckdb_function)) == parsed


def test_an_expression_that_a_macro_may_not_bind_is_an_error_that_says_why() -> None:
    with pytest.raises(LookupInputError, match="`a / b` of a derived feature: it divides by what"):
        portable("a / b", {"a": "x.a", "b": "x.b"}, "double", {})
    with pytest.raises(LookupInputError, match=r"it does not use its input `b`\nhint: what it may"):
        portable("a", {"a": "x.a", "b": "x.b"}, "double", {})
