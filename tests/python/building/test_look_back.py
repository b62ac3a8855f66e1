"""How far each column of a view looks back: as it was made, and as its values show.

The values are those of a log with all facts, and of one that begins later: when a column's
look-back has passed since then, a lookup in both must give the same.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from itertools import count
from typing import Any

import duckdb
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import macro
from milepost.building import look_back
from milepost.building.look_back_expressions import LookBack
from milepost.errors import PublishError

DAYS, FIRST = 14, 5
# Two CTEs of declared windows, each with what its columns look back to, in days.
DECLARED = {"near": {"n_1d": 1, "n_2d": 2}, "far": {"n_3d": 3, "n_1d_before_4d": 5}}


def windows(columns: dict[str, int]) -> str:
    """A row where a fact enters or leaves one of the windows, as `trailing_features` gives them."""
    lengths = {
        name: (1, 4) if name.endswith("_4d") else (days, 0) for name, days in columns.items()
    }
    changes = " or ".join(
        f"day in (g - 1, g - 1 - {back}, g - 1 - {back + length})"
        for length, back in lengths.values()
    )
    values = ", ".join(
        f"count(case when day >= g - {back + length} and day < g - {back} then 1 end) as {name}"
        for name, (length, back) in lengths.items()
    )
    marker = ", ".join(f"{24 * days} as {name}" for name, days in columns.items())
    return f"""
        with

        {look_back.MARKER} as (select {marker}),

        instants as (
            select distinct k, g
            from facts cross join range({DAYS + 10}) as grid (g)
            where {changes}
        )

        select instants.k, instants.g as available_at, {values}
        from instants left join facts using (k) group by all
    """


@dataclass(frozen=True)
class Select:
    """A select of `k`, `available_at` and columns, and the days that each of these looks back."""

    sql: str
    columns: dict[str, int]


_numbers = count(1)
_con = duckdb.connect()


@st.composite
def expressions(draw: st.DrawFn, columns: dict[str, int]) -> tuple[str, int]:
    """An expression over some of the columns, and the days of the farthest of them."""
    chosen = draw(st.lists(st.sampled_from(sorted(columns)), min_size=1, max_size=3))
    first, second, third = (chosen * 3)[:3]
    shape = draw(
        st.sampled_from(
            [
                "{0}",
                "{0} + {1}",
                "cast(10 * {0} / nullif({1}, 0) as bigint)",
                "case when {0} > 1 then {1} else {2} end",
                "cast(coalesce({0}, {1}) between 1 and {2} as bigint)",
                "cast({0} in ({1}, 2) as bigint)",
                "cast({0} is null or not {1} > 2 as bigint)",
                "greatest(least({0}, 3), {1})",
                "case {0} when 1 then 7 end",
                "[{0}, {1}][1]",
            ]
        )
    )
    used = {"{0}": first, "{1}": second, "{2}": third}
    days = max(columns[name] for place, name in used.items() if place in shape)
    return shape.format(first, second, third), days


@st.composite
def selects(draw: st.DrawFn, depth: int = 3) -> Select:
    """Columns passed through, computed and renamed; stars, subqueries, joins and unions."""
    if not depth or draw(st.integers(0, 3)) == 0:
        name = draw(st.sampled_from(sorted(DECLARED)))
        columns = DECLARED[name]
        return Select(f"select * from {name}", columns)
    inner = draw(selects(depth - 1))
    name = f"s{next(_numbers)}"
    kind = draw(st.sampled_from(["computed", "star", "where", "union"]))
    if kind in {"computed", "star"}:
        made = {
            f"c{next(_numbers)}": draw(expressions(inner.columns))
            for _ in range(draw(st.integers(1, 3)))
        }
        listed = ", ".join(f"{sql} as {column}" for column, (sql, _) in made.items())
        days = {column: days for column, (_, days) in made.items()}
        if kind == "computed":
            return Select(f"select k, available_at, {listed} from ({inner.sql}) as {name}", days)
        left_out = draw(st.sampled_from(sorted(inner.columns)))
        kept = {column: days for column, days in inner.columns.items() if column != left_out}
        return Select(
            f"with {name} as ({inner.sql}) "
            f"select {name}.* exclude ({left_out}), {listed} from {name}",
            kept | days,
        )
    if kind == "where":
        return Select(f"select * from ({inner.sql}) where k <> 'b'", inner.columns)
    other = draw(selects(depth - 1))
    pairs = list(zip(inner.columns, other.columns, strict=False))
    mine, others = (", ".join(pair[side] for pair in pairs) for side in (0, 1))
    return Select(
        f"select k, available_at, {mine} from ({inner.sql}) as {name} "
        f"union all select k || '{name}', available_at, {others} from ({other.sql}) as {name}",
        {a: max(inner.columns[a], other.columns[b]) for a, b in pairs},
    )


CTES = ", ".join(f"{name} as ({windows(columns)})" for name, columns in DECLARED.items())


def compiled(select: Select) -> str:
    return f"with {CTES}, final as ({select.sql}) select * from final"


def looked_up(
    sql: str, facts: list[tuple[str, int]], columns: dict[str, int]
) -> dict[tuple[str, int], tuple[Any, ...]]:
    """By key and day, each column as of the newest row."""
    rows = ", ".join(f"('{k}', {day})" for k, day in facts)
    listed = ", ".join(f"view.{name}" for name in columns)
    _con.execute(f"create or replace table facts as from (values {rows}) as rows (k, day)")
    found = _con.execute(
        f"with view as ({sql}) select keys.k, t, {listed} "
        f"from (select distinct k from view) as keys "
        f"cross join range({DAYS + 10}) as instants (t) "
        f"asof left join view on view.k = keys.k and view.available_at <= t"
    ).fetchall()
    return {(k, t): tuple(values) for k, t, *values in found}


FACTS = st.lists(st.tuples(st.sampled_from("ab"), st.integers(0, DAYS)), min_size=3, max_size=12)


@settings(max_examples=60)
@given(select=selects(), facts=FACTS)
def test_a_column_is_complete_once_what_it_is_made_from_is_and_not_before(
    select: Select, facts: list[tuple[str, int]]
) -> None:
    sql = compiled(select)
    found = look_back.look_backs(sql, ["k", *select.columns])
    expected = {"k": 0} | {name: 24 * days for name, days in select.columns.items()}
    assert found == {name: LookBack(hours) for name, hours in expected.items()}
    # Each key has a fact on the first day, so that both logs have it.
    facts = [*facts, ("a", FIRST), ("b", FIRST)]
    whole = looked_up(sql, facts, select.columns)
    later = looked_up(sql, [fact for fact in facts if fact[1] >= FIRST], select.columns)
    for place, (name, days) in enumerate(select.columns.items()):
        for (k, t), values in whole.items():
            if t >= FIRST + days:
                assert values[place] == later[k, t][place], (name, k, t, sql)


UNKNOWN = {
    "select a, lag(n_1d) over (partition by k order by available_at) as x from near": "window",
    "select sum(n_1d) as x from near": "sum()",
    "select k, max(n_1d) as x from near group by k": "max()",
    "select n_1d as x from near group by all": "group by",
    "select n_1d as x from near limit 3": "limit",
    "select n_1d as x from near where n_2d > 0": "where",
    "select n_1d as x from near where available_at > timestamp '2026-01-01'": "where",
    "select date_part('dow', available_at) as x from near": "available_at",
    "select n_1d as x from near where exists (select 1)": "where",
    "select n_1d as x from near qualify row_number() over () = 1": "qualify",
    "select distinct on (k) n_1d as x from near": "limit",
    "select n_1d as x from near using sample 3": "sample",
    "select near.n_1d as x from near inner join far using (k)": "join",
    "select near.n_1d as x from near, far": "join",
    "select seeds.code as x from near left join seeds on near.k = seeds.k": "join",
    "select near.n_1d + t.y as x from near left join t on near.k = t.k": "join",
    "select far.n_3d as x from near asof left join far "
    "on near.available_at >= far.available_at": "join",
    "select unnest([n_1d]) as x from near": "unnest()",
    "select n_1d + (select max(n_2d) from near) as x from near": "subquery",
    "select x from main.near": "near",
    "select readings.v as x from readings": "readings",
    "select n_1d as x from near union all by name select n_2d as y from near": "union_by_name",
    "select n_1d as x from near except select n_2d from near": "except",
    "select list_transform([n_1d], n -> n + 1) as x from near": "lambda",
    "with recursive r as (select n_1d as x from near union all select x from r) select x from r": (
        "recursive_cte_node"
    ),
    "pivot near on k using sum(n_1d)": "SQL that DuckDB cannot take apart",
    "select nothing as x from near": "nothing",
    "select n_1d as y from near": "no column of this name",
    "not sql": "SQL that DuckDB cannot take apart",
}


@pytest.mark.parametrize("sql", UNKNOWN)
def test_what_cannot_be_known_is_not_guessed(sql: str) -> None:
    own = sql.removeprefix("with recursive ")
    whole = f"with {CTES} {sql}" if own == sql else f"with recursive {CTES}, {own}"
    (found,) = look_back.look_backs(whole, ["x"]).values()
    assert UNKNOWN[sql] in found.unknown


@pytest.mark.parametrize("engine", ["duckdb", "sail", "spark"])
def test_the_windows_of_each_engine_are_read(engine: str) -> None:
    x, steps = "loads.x", {"over": ["24h", "72h"]}
    features = [
        {"name": "a", "stddev": x, "set_back": "24h", **steps},
        {"name": "b", "mean": x, "last": 5, "within": "48h", "id": "i"},
        {"name": "c", "newest": x, "newest_within": "90h", "id": "i"},
    ]
    sql = macro.trailing_features(["k"], features, "hour", engine=engine)
    looks = look_back.look_backs(
        f"with windows as (\n\n{sql}\n\n)\n\nselect * from windows",
        ["a_72h_before_24h", "b_last_5", "c"],
    )
    assert {name: look.hours for name, look in looks.items()} == {
        "a_72h_before_24h": 96,
        "b_last_5": 48,
        "c": 90,
    }
    assert not any(look.unknown for look in looks.values())


def test_a_left_join_leaves_what_is_on_its_left_known() -> None:
    sql = f"with {CTES} select near.*, codes.name from near left join codes on near.k = codes.k"
    found = look_back.look_backs(sql, ["n_1d", "n_2d", "name"])
    assert (found["n_1d"].hours, found["n_2d"].hours) == (24, 48)
    assert [name for name, look in found.items() if look.unknown] == ["name"]


def test_what_cannot_be_found_is_as_stated_and_never_less_than_what_is_known() -> None:
    columns = "k, available_at, n_2d, n_2d + codes.y as x"
    sql = f"with {CTES} select {columns} from near left join codes on 1"
    hours = partial(look_back.hours, sql, "beds", ["k"])
    assert hours({"n_2d": None, "x": 1}) == {"n_2d": 48, "x": 48}
    assert hours({"n_2d": 1, "x": 3}) == {"n_2d": 48, "x": 72}
    with pytest.raises(PublishError) as refused:
        hours({"n_2d": None, "x": None})
    assert str(refused.value) == (
        "how far `x` of `beds` look back cannot be found: they are made from `join`\n"
        "hint: state it in the YAML, for the column or for the view: "
        "`config: {meta: {longest_window_days: 28}}`"
    )


def test_a_key_that_looks_back_makes_every_feature_look_back() -> None:
    sql = f"with {CTES} select k || n_2d as k, available_at, n_1d from near"
    assert look_back.hours(sql, "beds", ["k"], {"n_1d": None}) == {"n_1d": 48}
