"""Expressions of derived features at random, and their values as DuckDB has them."""

from __future__ import annotations

import json
import math
from collections.abc import Callable, Mapping
from functools import cache
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import duckdb
import pyarrow as pa
from hypothesis import strategies as st
from jinja2 import Environment

from milepost.release.expression import portable
from milepost.release.expression_tree import ELAPSED, UNIT_SECONDS
from milepost.release.files import ARROW_TYPES
from milepost.release.time_zones import TIME_ZONES

Text = st.SearchStrategy[str]

MACROS = Path(__file__).parents[2] / "macros"
TYPES = {
    "a": "BIGINT",
    "b": "DOUBLE",
    "f": "BOOLEAN",
    "s": "VARCHAR",
    "t": "TIMESTAMP",
    "v.aa": "BIGINT",
    "v.bb": "DOUBLE",
    "v.ff": "BOOLEAN",
    "v.ss": "VARCHAR",
    "v.tt": "TIMESTAMP",
}
YEAR_1, YEAR_9999 = -62_135_596_800_000_000, 253_402_300_799_999_999
AWKWARD: dict[str, list[Any]] = {
    "BIGINT": [None, 0, 1, -1, 2**31, 2**53 + 1, -(2**53) - 1, 2**63 - 1, -(2**63)],
    "DOUBLE": [None, 0.0, -0.0, 2.5, math.nan, math.inf, -math.inf, 2.0**53, 1e308, 5e-324],
    "BOOLEAN": [None, False, True],
    "VARCHAR": [
        *(None, "", "a", "A b", "ß", "é", "it's", "a\0b", "\U0001f600", "\ufffd"),
        *("America/Chicago", "EST", "UTC"),
    ],
    "TIMESTAMP": [None, 0, -1, 59_999_999, 1_700_000_000_123_456, YEAR_1, YEAR_9999],
}
MORE_VALUES: dict[str, st.SearchStrategy[Any]] = {
    "BIGINT": st.integers(-(2**63), 2**63 - 1),
    "DOUBLE": st.floats(),
    "BOOLEAN": st.booleans(),
    "VARCHAR": st.text(max_size=4),
    "TIMESTAMP": st.integers(YEAR_1, YEAR_9999) | st.sampled_from([2**63 - 2, 2 - 2**63]),
}
NUMBERS = (
    *("0", "1", "-1", "2147483647", "-2147483648", "3000000000", "9007199254740993"),
    *("9223372036854775807", "-9223372036854775808", "2.5e0", "-0e0", "0.1e0", "1e308", "1e400"),
    *("1e-320", "9007199254740992e0"),
)
LEAVES = {
    "DOUBLE": st.sampled_from(["a", "b", "v.aa", "v.bb"]) | st.sampled_from(NUMBERS),
    "VARCHAR": st.sampled_from(["s", "v.ss", "''", "'a'", "'B é'", "'it''s'", "'s'"]),
    "TIMESTAMP": st.sampled_from(["t", "v.tt"]),
    "BOOLEAN": st.sampled_from(["f", "v.ff", "true", "false"]),
}


def rows_of_values() -> st.SearchStrategy[list[dict[str, Any]]]:
    """Rows of all columns, each a value or null; an instant is its microseconds since 1970."""
    row = {name: st.sampled_from(AWKWARD[kind]) | MORE_VALUES[kind] for name, kind in TYPES.items()}
    return st.lists(st.fixed_dictionaries(row), min_size=1, max_size=3)


def joined(template: str, *parts: Text) -> Text:
    return st.tuples(*parts).map(lambda texts: template.format(*texts))


def mixed(values: Text, conditions: Text) -> Text:
    """What takes values of any type and gives one of them."""
    several = st.lists(values, min_size=1, max_size=3).map(", ".join)
    return st.one_of(
        joined("case when {} then {} else {} end", conditions, values, values),
        joined("case when {} then {} when {} then {} end", *(conditions, values) * 2),
        joined("coalesce({}, {})", values, values),
        joined("nullif({}, {})", values, values),
        joined("greatest({})", several),
        joined("least({})", several),
    )


@cache
def expressions(depth: int) -> dict[str, Text]:
    """By type, expressions so deep that use all that one may hold."""
    if not depth:
        return LEAVES
    shallow = {kind: LEAVES[kind] | expressions(depth - 1)[kind] for kind in LEAVES}
    number, text, condition = (shallow[kind] for kind in ("DOUBLE", "VARCHAR", "BOOLEAN"))
    instant, null = LEAVES["TIMESTAMP"], st.just("null")
    zone, degrees = st.sampled_from(["s", "v.ss"]), st.sampled_from(["a", "b", "v.aa", "v.bb"])
    return {
        "DOUBLE": st.one_of(
            joined("({} {} {})", number, st.sampled_from("+-*"), number),
            joined("{} / nullif({}, {})", number, number, st.sampled_from(["0", "0e0"])),
            joined("{} / {}", number, st.sampled_from(["7", "-3e0", "1e-320"])),
            joined("{}({})", st.sampled_from(["-", "+", "abs"]), number),
            joined("cast({} as double)", number | condition),
            joined("{}({}, {})", st.sampled_from(list(ELAPSED)), instant, instant),
            joined("local_{}({}, {})", st.sampled_from(["hour", "weekday"]), instant, zone),
            joined("great_circle_miles({}, {}, {}, {})", *[degrees] * 4),
            mixed(number | null, condition),
        ),
        "VARCHAR": st.one_of(
            joined("{}({})", st.sampled_from(["lower", "upper"]), text),
            mixed(text | null, condition),
        ),
        "TIMESTAMP": mixed(shallow["TIMESTAMP"] | null, condition),
        "BOOLEAN": st.one_of(
            joined("({} {} {})", condition | null, st.sampled_from(["and", "or"]), condition),
            joined("not ({})", condition),
            *(compared(values | null) for values in shallow.values()),
            mixed(condition | null, condition),
        ),
    }


def compared(values: Text) -> Text:
    members = st.lists(values, min_size=1, max_size=8).map(", ".join)
    sign = st.sampled_from(["=", "<>", "<", "<=", ">", ">="])
    maybe_not = st.sampled_from(["", "not "])
    return st.one_of(
        joined("({} {} {})", values, sign, values),
        joined("(({}) {}between ({}) and ({}))", values, maybe_not, values, values),
        joined("(({}) {}in ({}))", values, maybe_not, members),
        joined("(({}) is {}null)", values, maybe_not),
    )


def columns_of(rows: list[dict[str, Any]]) -> dict[str, pa.Array]:
    return {name: column([row[name] for row in rows], kind) for name, kind in TYPES.items()}


def column(values: list[Any], kind: str) -> pa.Array:
    if kind == "TIMESTAMP":
        return pa.array(values, pa.int64()).view(ARROW_TYPES[kind])
    return pa.array(values, ARROW_TYPES[kind])


class Oracle:
    """DuckDB itself, which reads an expression's text as it stands, names and all."""

    def __init__(self) -> None:
        self.con = duckdb.connect()
        for name, unit in ELAPSED.items():
            microseconds = f"floor(date_diff('microsecond', x, y) / {UNIT_SECONDS[unit]})"
            decimal = f"cast({microseconds} * 0.000001 as decimal(18, 6))"
            self.con.execute(f"create macro {name}(x, y) as cast({decimal} as double)")
        zones = ", ".join(f"'{name}'" for name in TIME_ZONES)
        # What Spark has under these names, for the SQL of the default macros.
        self.con.execute("create type timestamp_ltz as timestamp")
        self.con.execute("create macro unix_micros(x) as epoch_us(x)")
        self.con.execute("create macro datediff(x, y) as date_diff('day', y::timestamp, x)")
        self.con.execute("""create macro from_utc_timestamp(x, y) as
            (x::timestamp at time zone 'UTC') at time zone y""")
        for name, part in {"local_hour": "hour", "local_weekday": "isodow"}.items():
            self.con.execute(f"""create macro {name}(x, y) as
                case when y in ({zones}) then extract({part} from from_utc_timestamp(x, y)) end""")
        self.con.execute("""create macro great_circle_miles(a, b, c, d) as
            case when greatest(abs(a), abs(c)) <= 90 and greatest(abs(b), abs(d)) <= 180
                and a is not null and b is not null and c is not null and d is not null
            then 7917.6 * asin(sqrt(least(1, power(sin(radians(c - a) / 2), 2)
                + cos(radians(a)) * cos(radians(c)) * power(sin(radians(d - b) / 2), 2)))) end""")

    def put(self, columns: Mapping[str, pa.Array]) -> None:
        own = {name: values for name, values in columns.items() if "." not in name}
        others = {name[2:]: values for name, values in columns.items() if "." in name}
        rows = pa.array(range(len(columns["a"])))
        self.con.register("own", pa.table({"row_number": rows, **own}))
        self.con.register("v", pa.table({"other_number": rows, **others}))

    def type_of(self, sql: str) -> str:
        row = self.con.execute(f"describe select ({sql}) from own, v").fetchone()
        assert row is not None
        return str(row[1])

    def values(self, sql: str, kind: str) -> list[Any] | None:
        """The values of the text as the type, null where not finite; None where DuckDB refuses."""
        query = f"""
            select cast(({sql}) as {kind}) from own join v on row_number = other_number
            order by row_number
        """
        try:
            (found,) = self.con.execute(query).to_arrow_table().columns
        except (duckdb.OutOfRangeException, duckdb.ConversionException):
            return None
        return [finite(value) for value in plain(found)]


def finite(value: Any) -> Any:
    return None if isinstance(value, float) and not math.isfinite(value) else value


def plain(values: Any) -> list[Any]:
    """The values of a column; an instant is its microseconds since 1970."""
    is_instant = pa.types.is_timestamp(values.type)
    found: list[Any] = (values.cast(pa.int64()) if is_instant else values).to_pylist()
    return found


@cache
def macro(engine: str) -> Callable[[str, dict[str, str], str], str]:
    """`bind_expression`, and `finite_or_null` around a double, as dbt runs them for an engine."""
    environment = Environment(extensions=["jinja2.ext.do"])  # noqa: S701 - it writes SQL
    returned: list[Any] = []
    milepost: dict[str, Any] = {"ask": answer}

    def dispatch(name: str, _package: str) -> Any:
        return macros.get(f"{engine}__{name}") or macros[f"default__{name}"]

    environment.globals |= {
        "milepost": milepost,
        "return": returned.append,
        "tojson": json.dumps,
        "adapter": SimpleNamespace(dispatch=dispatch),
        "dbt": SimpleNamespace(datediff=date_diff),
    }
    macros: dict[str, Any] = {}
    for name in (
        "facts/time_between",
        "facts/elapsed",
        "facts/local_time",
        "facts/local_hour",
        "facts/local_weekday",
        "facts/great_circle_miles",
        "facts/is_finite",
        "lookup/finite_or_null",
        "lookup/bind_expression",
    ):
        module = environment.from_string((MACROS / f"{name}.sql").read_text()).module
        macros |= {key: value for key, value in vars(module).items() if not key.startswith("_")}
    milepost |= macros

    def column(sql: str, names: dict[str, str], kind: str) -> str:
        macros["bind_expression"](sql, names, kind)
        bound = returned.pop()
        return str(macros["finite_or_null"](bound)) if kind == "double" else str(bound)

    return column


def answer(_question: str, details: dict[str, Any]) -> str:
    return portable(**details)


def date_diff(start: str, end: str, unit: str) -> str:
    """What dbt-duckdb writes for `dbt.datediff`."""
    return f"date_diff('{unit}', {start}::timestamp, {end}::timestamp )"
