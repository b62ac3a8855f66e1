"""Values that `trailing_features` must get right, or stop at with the feature's name."""

from __future__ import annotations

from datetime import datetime, timedelta
from decimal import Decimal
from fractions import Fraction
from statistics import stdev
from typing import Any

import duckdb
import pytest

import macro
from engines import DuckDB

LARGEST = "9999999999999990000.000001"
Batch = tuple[datetime, datetime] | None
# The day after that of the facts of `result`.
NEXT_DAY = (datetime(2026, 1, 2), datetime(2026, 1, 3))


def windows(engine: DuckDB, features: list[dict[str, Any]], batch: Batch = None) -> str:
    """Return the SQL of features of the key `k` on an engine."""
    return macro.trailing_features(["k"], features, "day", batch, engine.dialect)


def result(engine: DuckDB, features: list[dict[str, Any]], facts: str, batch: Batch = None) -> Any:
    """Return the features at the first instant; `facts` selects columns of what is known then."""
    known = "timestamp '2026-01-01 12:00' as known_at, timestamp '2026-01-01' as event_at"
    engine.put_what(
        "deliveries",
        f"select {known}, null::timestamp as superseded_at, 1 as k, * from ({facts}) as facts",
    )
    sql = windows(engine, features, batch)
    rows = engine.rows(f"select * from ({sql}) as w order by available_at")
    return rows[0][2:]


def of(aggregate: str, column: str, **options: Any) -> dict[str, Any]:
    return {"name": "f", aggregate: f"deliveries.{column}", "over": "3d", **options}


@pytest.mark.parametrize(
    ("values", "type_", "decimals", "wanted"),
    [
        ([1500, 1600], "bigint", 6, 70.71067811865476),
        (["9999990.00", "9999990.01", "9999990.02"], "decimal(18, 2)", 2, 0.01),
        ([2**63 - 1, 2**63 - 2], "bigint", 6, 0.7071067811865476),
        ([2**63 - 1, -(2**63)], "bigint", 6, 1.3043817825332783e19),
        (
            ["999999999999.999999", "999999999999.999997"],
            "decimal(18, 6)",
            6,
            1.4142135623730951e-6,
        ),
        ([1_767_225_600_000, 1_767_225_600_001], "bigint", 6, 0.7071067811865476),
        # The largest that are added, and sums of squares far beyond DECIMAL(38).
        ([LARGEST, "-" + LARGEST], "decimal(25, 6)", 6, 1.4142135623730938e19),
        ([LARGEST, "-" + LARGEST] * 2, "decimal(25, 6)", 6, 1.1547005383792503e19),
        ([LARGEST] * 3, "decimal(25, 6)", 6, 0.0),
        ([5, 5, 5], "bigint", 6, 0.0),
        ([5], "bigint", 6, None),
    ],
)
@pytest.mark.parametrize("window", [{}, {"last": 9, "within": "3d", "id": "id"}])
def test_a_standard_deviation_loses_no_digit(
    engine: DuckDB,
    values: list[Any],
    type_: str,
    decimals: int,
    wanted: float | None,
    window: dict[str, Any],
) -> None:
    facts = " union all ".join(
        f"select {n} as id, cast({value} as {type_}) as x" for n, value in enumerate(values)
    )
    declared = of("stddev", "x", decimals=decimals) | window
    if window:
        del declared["over"]
    (found,) = result(engine, [declared], facts)
    assert found == (wanted if wanted is None else pytest.approx(wanted, rel=1e-12))


@pytest.mark.parametrize("batch", [None, NEXT_DAY])
@pytest.mark.parametrize("decimals", [0, 2, 6, 9, 12])
@pytest.mark.parametrize("type_", ["decimal(25, {})", "double"])
def test_short_and_long_values_add_up_exactly(
    engine: DuckDB, type_: str, decimals: int, batch: Batch
) -> None:
    units = [n + d for n in (10**9, 10**14, 3 * 10**15 + 4 * 10**11) for d in (-1, 0, 1)]
    units += [-u for u in units[1:]] + [5, -7]
    values = [Decimal(u).scaleb(-decimals) for u in units]
    type_ = type_.format(decimals)
    facts = " union all ".join(
        f"select {n} as id, cast('{v:f}' as {type_}) as x" for n, v in enumerate(values)
    )
    features = [of("stddev", "x", decimals=decimals), {**of("sum", "x"), "name": "g"}]
    features[1]["decimals"] = decimals
    features += [{**of("sum", "id"), "name": "h"}]
    spread, total, of_short_values = result(engine, features, facts, batch)
    assert spread == pytest.approx(stdev(map(Fraction, values)), rel=1e-12)
    assert total == float(sum(map(Fraction, values)))
    assert of_short_values == sum(range(len(values)))


@pytest.mark.parametrize("kept", [None, (None, datetime(2026, 2, 1))])
def test_long_values_come_and_go_as_short_ones_do(engine: DuckDB, kept: Any) -> None:
    """With 2 decimals 10^15 has more digits than tiles add, 10^10 more than are squared fast."""
    versions = [
        ("a", "01 10:00", "03 10:00", 10**15 + 1),
        ("a", "02 10:00", None, 10**10),
        ("a", "02 11:00", "02 12:00", -(10**15)),
        ("a", "02 13:00", None, -(10**15) - 3),
        ("a", "06 10:00", None, 4),
        ("b", "01 10:00", None, 10**15),
    ]
    selects = [
        f"select '{key}' as k, {x} as x, timestamp '2026-01-{known}' as known_at, "
        + (f"timestamp '2026-01-{until}'" if until else "null::timestamp")
        + " as superseded_at"
        for key, known, until, x in versions
    ]
    engine.put_what("loads", " union all ".join(selects))
    declared = [
        {"name": "f", "sum": "loads.x", "over": "3d", "decimals": 2},
        {"name": "g", "sum": "loads.x", "over": "2d", "set_back": "1d", "decimals": 2},
        {"name": "h", "stddev": "loads.x", "over": "3d", "decimals": 2},
    ]

    def values(key: str, day: int, first: int, end: int) -> list[int]:
        """Return what is known, and not superseded, at the beginning of a day."""
        return [
            x
            for of_key, known, until, x in versions
            if (of_key, True) == (key, first <= int(known[:2]) < end)
            and (until is None or int(until[:2]) >= day)
        ]

    sql = windows(engine, declared, kept)
    columns = "k, day(available_at), f_3d, g_2d_before_1d, h_3d"
    rows = engine.rows(f"select {columns} from ({sql}) as w order by 1, 2")
    changes = {"a": (2, 3, 4, 6, 7, 8, 10), "b": (2, 3, 5)}
    assert [row[:2] for row in rows] == [(key, day) for key in changes for day in changes[key]]
    for key, day, total, set_back, spread in rows:
        now, before = values(key, day, day - 3, day), values(key, day, day - 3, day - 1)
        assert total == (float(sum(now)) if now else None)
        assert set_back == (float(sum(before)) if before else None)
        assert spread == (pytest.approx(stdev(map(Fraction, now)), rel=1e-12) if now[1:] else None)


def test_a_long_value_that_stands_leaves_a_window_alone(engine: DuckDB) -> None:
    facts = "select 1 as k, 7 as zone, 1e15 as x, timestamp '2026-01-01 12:00' as known_at"
    engine.put_what("loads", f"{facts}, null::timestamp as superseded_at")
    total = {"name": "f", "sum": "loads.x", "over": "3d", "decimals": 2}
    sql = windows(engine, [{"name": "z", "standing": "loads.zone"}, total])
    rows = engine.rows(f"select z, f_3d from ({sql}) as w order by available_at")
    assert rows == [(7, 1e15), (7, None)]


@pytest.mark.parametrize("column", ["position", "values", "precision"])
def test_a_column_may_have_a_word_of_sql_as_its_name(engine: DuckDB, column: str) -> None:
    declared = [of("stddev", column, decimals=2), {**of("sum", column, decimals=2), "name": "g"}]
    facts = f"select 1e15 as {column} union all select 5"
    assert result(engine, declared, facts)[1] == 1e15 + 5


@pytest.mark.parametrize("x", ["9999999.996", "-999999999999.996", "999999999999999.996"])
def test_a_value_that_is_rounded_up_to_more_digits_is_added(engine: DuckDB, x: str) -> None:
    facts = f"select cast({x} as decimal(25, 8)) as x union all select 0"
    spread, total = result(
        engine, [of("stddev", "x", decimals=2), {**of("sum", "x", decimals=2), "name": "g"}], facts
    )
    assert total == float(Decimal(x).quantize(Decimal("0.01")))
    assert spread == pytest.approx(abs(total) / 2**0.5, rel=1e-12)


def test_a_fact_known_in_nanoseconds_is_counted_by_the_hour() -> None:
    known = "timestamp_ns '2026-01-01 12:30' as known_at"
    count = {"name": "f", "count": "loads", "over": "3d"}
    sql = macro.trailing_features(["k"], [count], "hour")
    with duckdb.connect() as con:
        con.execute(
            f"create table loads as select 1 as k, {known}, null::timestamp as superseded_at"
        )
        rows = con.execute(f"select f_3d from ({sql}) order by available_at").fetchall()
    assert rows == [(1,), (0,)]


def test_a_fact_before_the_first_step_disturbs_no_other_key() -> None:
    """The hour of 243015 BC in which an INTEGER of hours begins has no step of its own."""
    sql = macro.trailing_features(
        ["k"], [{"name": "f", "count": "deliveries", "over": "1h"}], "hour", None
    )
    with duckdb.connect() as con:
        con.execute(
            "create table deliveries as select k, known_at, null::timestamp as superseded_at "
            "from (values (0, make_timestamp(-2147483648 * 3600000000 - 1800000000))) "
            "as first (k, known_at) "
            "union all select range, timestamp '2026-01-01 12:30', null from range(9)"
        )
        rows = con.execute(f"select * from ({sql}) as w order by all").fetchall()
    entered, left = datetime(2026, 1, 1, 13), datetime(2026, 1, 1, 14)
    assert rows == [row for k in range(9) for row in ((k, entered, 1), (k, left, 0))]


def test_digits_and_names_of_columns_are_apart(engine: DuckDB) -> None:
    features = [
        of("mean", "price", decimals=2),
        {**of("mean", "price_2"), "name": "g"},
    ]
    facts = "from (values (1.234567, 10), (2.5, 20)) as t (price, price_2)"
    assert result(engine, features, facts) == (pytest.approx(1.865), 15.0)


def test_a_column_named_as_one_of_ours_is_measured(engine: DuckDB) -> None:
    features = [
        {"name": "f", "mean": "deliveries.recency", "last": 2, "within": "3d", "id": "recency"}
    ]
    assert result(engine, features, "from (values (70), (30), (1)) as t (recency)") == (50.0,)


@pytest.mark.parametrize(
    ("last", "wanted"),
    [
        # At the last instant both facts that are superseded are gone, and older ones count again.
        (2, [1, 11, 110, 1100, 11000, 110000, 101000]),
        (3, [1, 11, 111, 1110, 11100, 111000, 101010]),
        (4, [1, 11, 111, 1111, 11110, 111100, 101011]),
    ],
)
def test_a_superseded_fact_is_one_of_the_last_until_then(
    engine: DuckDB, last: int, wanted: list[int]
) -> None:
    engine.put_what(
        "deliveries",
        """
        select
            1 as k,
            id,
            x,
            cast(concat('2026-01-0', id, ' 12:00:00') as timestamp) as known_at,
            cast(concat('2026-01-0', id) as timestamp) as event_at,
            case when id in (3, 5) then timestamp '2026-01-07 00:00:00' end as superseded_at
        from (
            values (1, 1), (2, 10), (3, 100), (4, 1000), (5, 10000), (6, 100000)
        ) as t (id, x)
        """,
    )
    of_last = {"last": last, "within": "28d", "id": "id", "sum": "deliveries.x"}
    sql = windows(engine, [{"name": "f", **of_last}])
    rows = engine.rows(f"select * from ({sql}) as w order by available_at")
    assert [row[2] for row in rows][: len(wanted)] == wanted


def test_a_key_with_many_steps_adds_up_as_one_with_few(engine: DuckDB) -> None:
    """On DuckDB a key of more than 1,024 rows is added up in blocks."""
    days = 1500
    engine.put_what(
        "deliveries",
        f"""
        select
            k,
            n as id,
            case when n not between 100 and 180 then n * n end as x,
            timestamp '2026-01-01 12:00' + to_days(n) as known_at,
            known_at as event_at,
            case when k = 2 then known_at + interval '2' day end as superseded_at
        from (values (1), (2), (3)) as keys (k)
        cross join (select cast(n as integer) as n from range({days}) as numbers (n)) as days
        where k < 3 or n < 5
        """,
    )
    last = {"last": 2, "within": "3d", "id": "id"}
    sql = windows(
        engine,
        [
            of("sum", "x"),
            {"name": "n", "count": "deliveries", "over": "3d"},
            {"name": "two", "sum": "deliveries.x", **last},
        ],
    )
    wanted = {}
    for key, stays, most in [(1, 3, days), (2, 2, days), (3, 3, 5)]:
        for step in range(1, most + stays + 1):
            known = [n for n in range(step - stays, step) if 0 <= n < most]
            values = [n * n for n in known if not 100 <= n <= 180]
            of_last = [n * n for n in known[-2:] if not 100 <= n <= 180]
            wanted[key, step] = (
                sum(values) if values else None,
                len(known),
                sum(of_last) if of_last else None,
            )
    rows = engine.rows(f"select * from ({sql}) as w")
    first = datetime(2026, 1, 1)
    assert {(row[0], (row[1] - first).days): row[2:] for row in rows} == wanted


@pytest.mark.parametrize("days", [1, 2])
def test_short_batches_are_the_steps_of_a_build_in_full(engine: DuckDB, days: int) -> None:
    engine.put_what(
        "deliveries",
        """
        select
            k,
            x,
            timestamp '2026-01-01' + to_hours(hour) as known_at,
            known_at as event_at,
            known_at + to_hours(corrected) as superseded_at
        from (
            values
                (1, 12, null, 5.25), (1, 13, 30, 5.25), (1, 14, 1, 2), (1, 60, 60, 1e12),
                (1, 90, null, null), (2, 40, 2, 3), (3, 40, 20, 1), (3, 64, null, 4),
                (4, 12, null, 1e12), (4, 160, null, 7), (5, 12, 50, 3)
        ) as t (k, hour, corrected, x)
        """,
    )
    features = [
        of("stddev", "x", over=["1d", "3d"], decimals=2),
        of("sum", "x", over="1d", set_back="4d") | {"name": "before"},
        of("distinct", "x") | {"name": "values"},
        {"name": "open", "count": "deliveries", "over": "5d"},
    ]

    def rows(batch: Batch) -> list[tuple[Any, ...]]:
        return sorted(
            engine.rows(f"select * from ({windows(engine, features, batch)}) as w"), key=repr
        )

    starts = [datetime(2026, 1, 1) + timedelta(days=n) for n in range(0, 15, days)]
    in_full = rows(None)
    assert len(in_full) == 28
    for start in starts:
        end = start + timedelta(days=days)
        assert rows((start, end)) == [row for row in in_full if start <= row[1] < end]


@pytest.mark.parametrize("aggregate", ["sum", "mean", "stddev", "min", "max", "p50", "newest"])
@pytest.mark.parametrize("value", ["nan", "inf", "-inf"])
def test_a_number_that_is_none_is_an_error_of_the_feature(
    engine: DuckDB, aggregate: str, value: str
) -> None:
    feature = of(aggregate, "x")
    if aggregate == "newest":
        del feature["over"]
        feature |= {"newest_within": "3d", "id": "id"}
    with pytest.raises(engine.Error) as refused:
        result(engine, [feature], f"select 1 as id, cast('{value}' as double) as x")
    name = "f" if aggregate == "newest" else "f_3d"
    assert f"feature `{name}` cannot" in str(refused.value)
    assert "`deliveries.x`" in str(refused.value)
    assert "hint: set its row aside in the base model" in str(refused.value)


def test_what_no_decimal_holds_is_an_error_of_the_feature(engine: DuckDB) -> None:
    assert result(engine, [of("sum", "x")], "select 1767225600000 as x") == (1767225600000.0,)
    with pytest.raises(engine.Error, match=r"feature `f_3d` cannot add `deliveries\.x`"):
        result(engine, [of("sum", "x")], "select 1e19 as x")
    assert result(engine, [of("sum", "x", decimals=0)], "select 1e19 as x") == (1e19,)


@pytest.mark.parametrize("aggregate", ["rate", "mean", "sum", "stddev", "p50", "max"])
@pytest.mark.parametrize("window", [{"over": "3d"}, {"last": 9, "within": "3d", "id": "id"}])
def test_a_value_of_nothing_is_null_and_divides_by_no_zero(
    engine: DuckDB, aggregate: str, window: dict[str, Any]
) -> None:
    kind = "boolean" if aggregate == "rate" else "double"
    declared = {"name": "f", aggregate: "deliveries.x", **window}
    assert result(engine, [declared], f"select 1 as id, null::{kind} as x") == (None,)


@pytest.mark.parametrize("batch", [None, NEXT_DAY])
def test_a_percentile_alone_or_beside_another_lies_between_two_values(
    engine: DuckDB, batch: Batch
) -> None:
    facts = "from (values (1, 10), (2, 20), (3, 30), (4, 50)) as t (id, x)"
    lower, upper = of("p25", "x"), of("p90", "x") | {"name": "g"}
    assert result(engine, [lower], facts, batch) == (17.5,)
    assert result(engine, [upper], facts, batch) == (44.0,)
    assert result(engine, [lower, upper], facts, batch) == (17.5, 44.0)


def test_a_total_adds_large_numbers_among_small_ones(engine: DuckDB) -> None:
    large = 2 * 10**18
    facts = f"""
        select
            i as id,
            case when i % 6 = 0 then {large} when i % 3 = 0 then -{large} else 1 end as x
        from range(200000) as n (i)
    """
    assert result(engine, [of("total", "x")], facts) == (large + 133_333,)


def test_the_newest_facts_are_the_same_for_each_aggregate(engine: DuckDB) -> None:
    facts = "from (values (null, 10.0), (1, 20.0)) as t (id, x)"
    for aggregate in ("mean", "p50"):
        newest = of(aggregate, "x", last=1, within="3d", id="id")
        del newest["over"]
        assert result(engine, [newest], facts) == (20.0,)


@pytest.mark.parametrize("batch", [None, NEXT_DAY])
@pytest.mark.parametrize("window", [{}, {"last": 9, "within": "3d", "id": "id"}])
def test_a_total_is_of_whole_numbers(engine: DuckDB, window: dict[str, Any], batch: Batch) -> None:
    declared = of("total", "x") | window
    if window:
        del declared["over"]
    assert result(
        engine, [declared], "from (values (1, 2.0), (2, 40), (3, null)) as t (id, x)", batch
    ) == (42,)
    assert result(engine, [declared], "select 1 as id, null::integer as x", batch) == (0,)
    with pytest.raises(engine.Error, match=r"(?s)cannot add `deliveries\.x`.*no whole number"):
        result(engine, [declared], "select 1 as id, 2.5 as x", batch)
    with pytest.raises(engine.Error, match="a value is NaN, infinite"):
        result(engine, [declared], "select 1 as id, 'nan'::double as x", batch)
    # What no BIGINT holds is an error, never a number that wrapped or a null.
    with pytest.raises(engine.Error):
        result(engine, [declared], f"from (values (1, {2**63 - 1}), (2, 1)) as t (id, x)", batch)


@pytest.mark.parametrize("batch", [None, NEXT_DAY])
@pytest.mark.parametrize("window", [{}, {"last": 9, "within": "3d", "id": "id"}])
@pytest.mark.parametrize(
    ("aggregates", "x", "kind"),
    [
        (["rate"], "0.5", "booleans"),
        (["rate"], "cast('nan' as double)", "booleans"),
        (["rate"], "'true'", "booleans"),
        (["mean", "rate"], "1", "booleans"),
        (["rate", "mean"], "true", "numbers"),
        *(
            ([aggregate], x, "numbers")
            for aggregate in ("sum", "mean", "stddev", "total", "p50")
            for x in ("'5'", "true", "date '2026-01-01'")
        ),
    ],
)
def test_values_of_another_kind_are_an_error_of_the_feature(
    aggregates: list[str], x: str, kind: str, window: dict[str, Any], batch: Batch
) -> None:
    declared = [{**of(aggregate, "x"), "name": aggregate, **window} for aggregate in aggregates]
    for feature in declared if window else []:
        del feature["over"]
    taken = rf"feature `\w+` cannot take `deliveries\.x`: it has no {kind}\nhint: cast the column"
    with pytest.raises(duckdb.Error, match=taken):
        result(DuckDB(), declared, f"select 1 as id, {x} as x", batch)
    nothing = result(DuckDB(), declared, "select 1 as id, null as x", batch)
    assert set(nothing) <= {None, 0}


@pytest.mark.parametrize(("aggregate", "x"), [("rate", "0.5"), ("sum", "'5'"), ("mean", "true")])
def test_values_of_another_kind_stop_each_engine(engine: DuckDB, aggregate: str, x: str) -> None:
    with pytest.raises(engine.Error):
        result(engine, [of(aggregate, "x")], f"select {x} as x")


@pytest.mark.parametrize("window", [{"over": "3d"}, {"last": 9, "within": "3d", "id": "id"}])
def test_a_feature_of_too_few_facts_is_null(engine: DuckDB, window: dict[str, Any]) -> None:
    features = [
        {"name": "f", "p50": "deliveries.x", "at_least": {"n": 3, "values": 2}, **window},
        {"name": "n", "count": "deliveries", **window},
        {"name": "values", "distinct": "deliveries.x", **window},
    ]
    facts = "from (values (1, 10), (2, {}), (3, 10)) as t (id, x)"
    assert result(engine, features, facts.format(20)) == (10.0, 3, 2)
    assert result(engine, features, facts.format(10)) == (None, 3, 1)
    assert result(engine, features, facts.format(20) + " limit 2") == (None, 2, 2)


@pytest.mark.parametrize("aggregate", ["min", "max", "newest_at"])
def test_an_infinite_instant_is_no_value_of_a_feature(aggregate: str) -> None:
    feature = of(aggregate, "x")
    facts = "select cast('infinity' as timestamp) as x"
    if aggregate == "newest_at":
        feature = {"name": "f", "newest_at": "deliveries", "newest_within": "3d"}
        facts = "select 1 as x"
    with duckdb.connect() as con:
        con.execute(
            f"create table deliveries as select 1 as k, timestamp '2026-01-01' as known_at, "
            f"cast('infinity' as timestamp) as event_at, null::timestamp as superseded_at, * "
            f"from ({facts}) as facts"
        )
        with pytest.raises(duckdb.Error, match="is NaN or infinite"):
            con.execute(windows(DuckDB(), [feature]))


def test_what_happens_exactly_at_an_instant_has_not_happened_by_then(engine: DuckDB) -> None:
    """A fact is open after `opens_at` up to `closes_at`, as `g - W <= known_at < g` says."""
    feature = {"name": "f", "count": "loads", "open_within": "9d"}
    engine.put_what(
        "loads",
        """
        select
            1 as k,
            timestamp '2026-01-01 12:00' as known_at,
            null::timestamp as superseded_at,
            timestamp '2026-01-03' as opens_at,
            timestamp '2026-01-05' as closes_at
        """,
    )
    sql = windows(engine, [feature])
    rows = engine.rows(f"select available_at, f from ({sql}) as w order by available_at")
    assert rows == [(datetime(2026, 1, 4), 1), (datetime(2026, 1, 6), 0)]


@pytest.mark.parametrize(
    ("superseded_at", "wanted"),
    [("infinity", [(1,), (0,)]), ("-infinity", []), (None, [(1,), (0,)])],
)
def test_a_fact_superseded_at_infinity_stands(
    superseded_at: str | None, wanted: list[tuple[int]]
) -> None:
    with duckdb.connect() as con:
        con.execute(
            "create table loads as select 1 as k, timestamp '2026-01-01' as known_at, "
            "cast($superseded_at as timestamp) as superseded_at",
            {"superseded_at": superseded_at},
        )
        sql = windows(DuckDB(), [{"name": "f", "count": "loads", "over": "3d"}])
        assert con.execute(f"select f_3d from ({sql}) order by available_at").fetchall() == wanted


@pytest.mark.parametrize("other", ["loads_open", "loads_3d", "loads_3d_before_3d", "open_loads"])
def test_facts_whose_names_run_into_each_other_are_apart(engine: DuckDB, other: str) -> None:
    features = [
        {"name": "a", "count": "loads", "over": "3d"},
        {"name": "a", "count": "loads", "over": "3d", "set_back": "3d"},
        {"name": "b", "count": "loads", "open_within": "3d"},
        {"name": "c", "count": other, "over": "3d"},
        {"name": "d", "count": other, "open_within": "3d"},
    ]
    for name, count in (("loads", 1), (other, 2)):
        engine.put_what(
            name,
            "select 1 as k, timestamp '2026-01-01' as known_at, null::timestamp as superseded_at, "
            f"null::timestamp as opens_at, null::timestamp as closes_at from range({count})",
        )
    for batch in (None, (datetime(2026, 1, 2), datetime(2026, 1, 3))):
        sql = windows(engine, features, batch)
        rows = engine.rows(f"select * from ({sql}) as w order by available_at")
        assert rows[0][2:] == (1, 0, 1, 2, 2)


STANDING = [
    {"name": "zone", "standing": "places.zone"},
    {"name": "visit_count", "count": "visits", "over": "1d"},
]


@pytest.mark.parametrize("batch", [None, (datetime(2026, 3, 2), datetime(2026, 3, 7))])
def test_what_stands_at_an_instant_was_known_at_any_time_before(
    engine: DuckDB, batch: Batch
) -> None:
    """Null is a value, and what ends without a successor leaves null behind."""
    engine.put_what(
        "places",
        """
        from (values
            (1, timestamp '2020-01-01 12:00', timestamp '2026-03-03 12:00', 'a'),
            (1, timestamp '2026-03-03 12:00', timestamp '2026-03-05 00:00', null),
            (1, timestamp '2026-03-05 00:00', timestamp '2026-03-05 12:00', 'c'),
            (2, timestamp '2020-01-01 12:00', null, 'b')
        ) as versions (k, known_at, superseded_at, zone)
        """,
    )
    engine.put_what(
        "visits",
        "select k, timestamp '2026-03-01 12:00' as known_at, null::timestamp as superseded_at "
        "from (values (1), (2)) as keys (k)",
    )
    sql = windows(engine, STANDING, batch)
    rows = engine.rows(f"select available_at, zone, visit_count_1d from ({sql}) as w order by k, 1")
    all_rows = [
        (datetime(2020, 1, 2), "a", 0),
        (datetime(2026, 3, 2), "a", 1),
        (datetime(2026, 3, 3), "a", 0),
        (datetime(2026, 3, 4), None, 0),
        (datetime(2026, 3, 6), None, 0),
        (datetime(2020, 1, 2), "b", 0),
        (datetime(2026, 3, 2), "b", 1),
        (datetime(2026, 3, 3), "b", 0),
    ]
    assert rows == [row for row in all_rows if not batch or row[0] >= batch[0]]


def test_two_facts_that_stand_at_once_are_an_error(engine: DuckDB) -> None:
    for name in ("places", "visits"):
        engine.put_what(
            name,
            "select 1 as k, timestamp '2026-01-01' as known_at, null::timestamp as superseded_at, "
            "zone from (values ('a'), ('b')) as zones (zone)",
        )
    with pytest.raises(engine.Error, match="two facts of a key stand at an instant"):
        engine.rows(windows(engine, STANDING))


def test_a_view_of_standing_facts_alone_has_rows_where_they_change(engine: DuckDB) -> None:
    engine.put_what(
        "loads",
        """
        from (values
            ('a', 1, timestamp '2026-01-01 10:00', timestamp '2026-01-03 10:00'),
            ('a', 2, timestamp '2026-01-03 10:00', null),
            ('b', 5, timestamp '2026-01-01 10:00', null)
        ) as loads (k, x, known_at, superseded_at)
        """,
    )
    sql = windows(engine, [{"name": "v", "standing": "loads.x"}])
    rows = engine.rows(f"select k, day(available_at), v from ({sql}) as w order by 1, 2")
    assert rows == [("a", 2, 1), ("a", 4, 2), ("b", 2, 5)]
