"""`trailing_features` on declarations that hypothesis makes up: names, types, digits and windows.

Each is compared with a plain reading of docs/guides/features-in-time.md in Python, fact by fact, on
facts that are late, corrected, doubled, on a boundary, of no key, superseded at infinity.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from decimal import Decimal
from fractions import Fraction
from typing import Any

import duckdb
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import macro

FIRST = datetime(2026, 1, 1)
HOUR = timedelta(hours=1)
# Infinity, and infinity before.
ENDLESS, NEVER = FIRST.replace(year=9999), FIRST.replace(year=1)
# Names that the generated SQL could mean otherwise, and some that run into each other.
RELATIONS = [
    "loads",
    "loads_open",
    "loads_3d",
    "loads__3d",
    "instants",
    "totals",
    "facts_1",
    "sum2",
]
KEYS = ["carrier_id", "recency", "grid", "enters_at", "instants", "loads", "x__y", "step"]
COLUMNS = ["price", "price_2", "recency_2", "price_before", "value", "facts", "count", "sum6_price"]
NUMBERS = {
    "bigint": st.integers(-9, 9)
    | st.sampled_from([2**63 - 1, -(2**63), 10**12 + 1, 1_767_225_600_000]),
    "decimal(18, 6)": st.sampled_from(
        [
            Decimal(text)
            for text in ("0.25", "-3.5", "1500", "1600", "999999999999.25", "-999999999999.5")
        ]
    ),
    "double": st.sampled_from([0.25, -1.5, 7.0, 9999990.25, 9999990.5, 1e12, 2.0**60]),
}
TYPES: dict[str, st.SearchStrategy[Any]] = {
    **NUMBERS,
    "integer": st.integers(-9, 9),
    "boolean": st.booleans(),
    "varchar": st.sampled_from(["x", "y", "inf"]),
}


@dataclass(frozen=True)
class Feature:
    """A declared feature, its column in the result, and what it means."""

    declared: dict[str, Any]
    column: str
    aggregate: str
    relation: str
    value: str | None
    kind: str
    length: timedelta
    back: timedelta
    last: int | None
    # The least values that counts of the same window must have, by their places in the case.
    at_least: tuple[tuple[int, int], ...] = ()


@dataclass(frozen=True)
class Case:
    keys: list[str]
    grid: str
    types: dict[str, str]
    features: list[Feature]
    facts: dict[str, list[dict[str, Any]]]

    @property
    def step(self) -> timedelta:
        return 24 * HOUR if self.grid == "day" else HOUR


@st.composite
def cases(draw: st.DrawFn) -> Case:
    grid = draw(st.sampled_from(["day", "day", "hour"]))
    keys = draw(st.lists(st.sampled_from(KEYS), max_size=2, unique=True))
    names = draw(st.lists(st.sampled_from(COLUMNS), min_size=2, max_size=4, unique=True))
    types = {name: draw(st.sampled_from([*TYPES])) for name in names}
    relations = draw(st.lists(st.sampled_from(RELATIONS), min_size=1, max_size=3, unique=True))
    features = [
        draw(feature(f"f{n}", grid, types, relations)) for n in range(draw(st.integers(1, 6)))
    ]
    features = draw(enough(features, relations))
    facts = {name: draw(rows(keys, types)) for name in relations}
    return Case(keys, grid, types, features, facts)


@st.composite
def feature(
    draw: st.DrawFn, name: str, grid: str, types: dict[str, str], relations: list[str]
) -> Feature:
    relation = draw(st.sampled_from(relations))
    value = draw(st.sampled_from([*types]))
    aggregates = {"boolean": ["rate"], "varchar": [], "integer": ["total"]}.get(
        types[value], ["sum", "mean", "stddev", "stddev", "min", "max", "p1", "p50", "p90"]
    )
    aggregate = draw(st.sampled_from(["count", "distinct", "newest", "newest_at", *aggregates]))
    if aggregate == "newest_at" or (aggregate == "count" and draw(st.booleans())):
        of, value_of = relation, None
    else:
        of, value_of = f"{relation}.{value}", value
    unit = "d" if grid == "day" else draw(st.sampled_from("dh"))
    size = draw(st.integers(1, 4))
    length = size * HOUR * (24 if unit == "d" else 1)
    window = f"{size}{unit}"
    declared: dict[str, Any] = {"name": name, aggregate: of}
    if aggregate in {"sum", "mean", "stddev"}:
        declared["decimals"] = draw(st.sampled_from([6, 2, 3]))
    kind, back, last, column = "over", timedelta(0), None, name
    if aggregate in {"newest", "newest_at"}:
        kind = "newest"
        declared |= {"newest_within": window, "id": "fact_id"}
    else:
        kinds = ["over", "over", "last"]
        if aggregate in {"count", "total", "sum", "mean", "stddev", "rate"}:
            kinds.append("open")
        kind = draw(st.sampled_from(kinds))
    if kind == "over":
        declared["over"], column = window, f"{name}_{window}"
        if draw(st.booleans()):
            declared["set_back"], back, column = window, length, f"{column}_before_{window}"
    elif kind == "last":
        last = draw(st.integers(1, 3))
        declared |= {"last": last, "within": window, "id": "fact_id"}
        column = f"{name}_last_{last}"
    elif kind == "open":
        declared["open_within"] = window
    return Feature(declared, column, aggregate, relation, value_of, kind, length, back, last)


@st.composite
def enough(draw: st.DrawFn, features: list[Feature], relations: list[str]) -> list[Feature]:
    """Return the features, some with an `at_least` of counts in their windows, which come last."""
    counts: list[Feature] = []
    gated: list[Feature] = []
    for number, feature in enumerate(features):
        if feature.kind == "newest" or draw(st.booleans()):
            gated.append(feature)
            continue
        relation, minimum = draw(st.sampled_from(relations)), draw(st.integers(1, 3))
        name = f"count_{number}"
        kept = {
            key: feature.declared[key]
            for key in ("over", "set_back", "last", "within", "open_within", "id")
            if key in feature.declared
        }
        column = feature.column.replace(feature.declared["name"], name, 1)
        counts.append(
            replace(
                feature,
                declared={"name": name, "count": relation, **kept},
                column=column,
                aggregate="count",
                relation=relation,
                value=None,
            )
        )
        declared = {**feature.declared, "at_least": {name: minimum}}
        place = len(features) + len(counts) - 1
        gated.append(replace(feature, declared=declared, at_least=((place, minimum),)))
    return gated + counts


INSTANTS = st.builds(
    lambda hours, micros: FIRST + timedelta(hours=hours, microseconds=micros),
    st.sampled_from([0, 1, 12, 24, 25, 47, 48, 60, 72]),
    st.sampled_from([-1, 0, 0, 1]),
)
INFINITE = st.sampled_from([ENDLESS, NEVER])


@st.composite
def rows(draw: st.DrawFn, keys: list[str], types: dict[str, str]) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = []
    for number in range(draw(st.integers(0, 7))):
        known_at = draw(INSTANTS | INSTANTS | INSTANTS | INFINITE)
        fact = {
            "fact_id": number,
            **{key: draw(st.sampled_from(["a", "a", "b", None])) for key in keys},
            **{name: draw(st.none() | TYPES[kind]) for name, kind in types.items()},
            "event_at": draw(st.sampled_from([FIRST, FIRST + HOUR])),
            "known_at": known_at,
            "superseded_at": draw(st.none() | st.none() | INSTANTS | INFINITE),
            "opens_at": draw(st.none() | INSTANTS | INSTANTS | INFINITE),
            "closes_at": draw(st.none() | INSTANTS | INSTANTS | INFINITE),
        }
        found.append(fact)
        if draw(st.integers(0, 5)) == 0:
            found.append({**fact, "fact_id": number + 100})
    return found


def holds(case: Case, feature: Feature, fact: dict[str, Any], g: datetime) -> bool:
    """Whether the fact is in the feature's window at g."""
    known, superseded = fact["known_at"], fact["superseded_at"]
    end = g - feature.back
    if any(fact[key] is None for key in case.keys) or not end - feature.length <= known < end:
        return False
    if superseded is not None and superseded < g:
        return False
    if feature.kind == "open":
        opens, closes = fact["opens_at"], fact["closes_at"]
        return (opens is None or opens < g) and (closes is None or closes >= g)
    return True


def value_of(case: Case, feature: Feature, g: datetime, facts: list[dict[str, Any]]) -> Any:
    held = [fact for fact in facts if holds(case, feature, fact, g)]
    if feature.kind == "newest" and feature.value:
        held = [fact for fact in held if fact[feature.value] is not None]
    held.sort(key=lambda fact: (fact["known_at"], fact["event_at"], fact["fact_id"]))
    if feature.kind in {"last", "newest"}:
        held = held[-(feature.last or 1) :]
    if feature.aggregate == "newest_at":
        return held[-1]["event_at"] if held else None
    if feature.value is None:
        return len(held)
    values = [fact[feature.value] for fact in held if fact[feature.value] is not None]
    if feature.aggregate in {"count", "distinct"}:
        return len(values if feature.aggregate == "count" else set(values))
    if feature.aggregate == "total":
        return sum(values)
    if not values:
        return None
    if feature.aggregate.startswith("p"):
        return quantile(values, int(feature.aggregate[1:]) / 100)
    return AGGREGATES[feature.aggregate](values)


def quantile(values: list[Any], share: float) -> float:
    ordered = sorted(map(float, values))
    place = (len(ordered) - 1) * share
    low = math.floor(place)
    high = min(low + 1, len(ordered) - 1)
    return ordered[low] + (ordered[high] - ordered[low]) * (place - low)


def deviation(values: list[Any]) -> float | None:
    if len(values) < 2:
        return None
    exact = [Fraction(value) for value in values]
    mean = sum(exact) / len(exact)
    variance = sum((value - mean) ** 2 for value in exact) / (len(exact) - 1)
    # Whole numbers first: the square root of a fraction that a double cannot hold.
    return math.isqrt(int(variance * 10**40)) / 1e20


AGGREGATES: dict[str, Callable[[list[Any]], Any]] = {
    "sum": lambda values: float(sum(map(Fraction, values))),
    "mean": lambda values: float(sum(map(Fraction, values)) / len(values)),
    "stddev": deviation,
    "min": min,
    "max": max,
    "rate": lambda values: sum(values) / len(values),
    "newest": lambda values: values[-1],
}


def expected(case: Case, steps: list[datetime]) -> dict[tuple[Any, ...], list[Any]]:
    """The features of each key and instant at which a window of one of them changed."""
    found = {}
    all_facts = [fact for facts in case.facts.values() for fact in facts]
    for key in {tuple(fact[name] for name in case.keys) for fact in all_facts}:
        of_key = {
            name: [fact for fact in facts if tuple(fact[k] for k in case.keys) == key]
            for name, facts in case.facts.items()
        }
        for g in steps:
            if any(
                holds(case, one, fact, g) != holds(case, one, fact, g - case.step)
                for one in case.features
                for fact in of_key[one.relation]
            ):
                values = [value_of(case, one, g, of_key[one.relation]) for one in case.features]
                found[(*key, g)] = [
                    None if any(values[place] < least for place, least in one.at_least) else value
                    for one, value in zip(case.features, values, strict=True)
                ]
    return found


def literal(value: Any) -> str:
    if isinstance(value, datetime):
        return {ENDLESS: "'infinity'", NEVER: "'-infinity'"}.get(value, f"'{value}'")
    if isinstance(value, str):
        return f"'{value}'"
    return "null" if value is None else str(value).lower()


def loaded(con: duckdb.DuckDBPyConnection, case: Case) -> None:
    instants = dict.fromkeys(
        ["event_at", "known_at", "superseded_at", "opens_at", "closes_at"], "timestamp"
    )
    types = {"fact_id": "bigint", **dict.fromkeys(case.keys, "varchar"), **case.types, **instants}
    for name, facts in case.facts.items():
        con.execute(f"create table {name} ({', '.join(f'{c} {t}' for c, t in types.items())})")
        for fact in facts:
            con.execute(f"insert into {name} values ({', '.join(literal(fact[c]) for c in types)})")


def is_same(found: Any, wanted: Any) -> bool:
    if isinstance(found, float) and wanted is not None:
        return math.isclose(found, wanted, rel_tol=1e-9, abs_tol=1e-12)
    return bool(found == wanted)


@given(case=cases())
@settings(suppress_health_check=[*HealthCheck])
def test_any_declaration_means_what_the_guide_says(case: Case) -> None:
    declared = [one.declared for one in case.features]
    end = FIRST + timedelta(days=5)
    steps = [FIRST + n * case.step for n in range(-24, int((end - FIRST) / case.step))]
    wanted = expected(case, steps)
    batch = (FIRST + timedelta(days=2), end)
    with duckdb.connect() as con:
        con.execute("set threads = 1")
        loaded(con, case)
        for start in (None, batch[0]):
            sql = macro.trailing_features(case.keys, declared, case.grid, (start, end))
            features = [feature.column for feature in case.features]
            columns = ", ".join([*case.keys, "available_at", *features])
            rows = con.execute(f"select {columns} from ({sql})").fetchall()
            width = len(case.keys) + 1
            found = {row[:width]: row[width:] for row in rows}
            assert len(found) == len(rows)
            of_batch = {
                key: values for key, values in wanted.items() if start is None or key[-1] >= start
            }
            assert sorted(found) == sorted(of_batch)
            for key, values in of_batch.items():
                same = [is_same(*pair) for pair in zip(found[key], values, strict=True)]
                assert all(same), (start, key, found[key], values)
