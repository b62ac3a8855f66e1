"""A unit test at the edge of a window, whose expected rows are what the query says of its facts."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

import duckdb

from milepost.beginning.view_writer import UnitTest, Value
from milepost.drafting.comparison import values_of_nothing
from milepost.drafting.draft import Draft
from milepost.drafting.models import EVENT_AT, KNOWN_AT, SUPERSEDED_AT
from milepost.drafting.query import JINJA, column_names, expression, walk
from milepost.drafting.reference import reference_sql
from milepost.drafting.runnable import NUMBERS, runnable
from milepost.drafting.spans import in_utc

# Two facts that are a microsecond apart, on both sides of a grid instant.
_AT_MIDNIGHT = datetime.fromisoformat("2026-01-02")
_JUST_BEFORE = _AT_MIDNIGHT - timedelta(microseconds=1)


def edge_test(draft: Draft) -> UnitTest | None:
    """Return a unit test, or None where no row is found that the facts take."""
    if not draft.facts.is_whole:
        return None
    for first, second in _pairs(draft):
        rows = [{**first, KNOWN_AT: _AT_MIDNIGHT}, {**second, KNOWN_AT: _JUST_BEFORE}]
        fixture = _fixture(draft, rows)
        with in_utc(duckdb.connect()) as database:
            try:
                facts = database.execute(
                    runnable(draft.facts, draft.layers, KNOWN_AT, f"({fixture})")
                ).fetchall()
                if len(facts) == len(rows):
                    expected = list(_expected(draft, database, fixture))
                    name = f"{draft.name}_counts_a_fact_from_the_{_edge(draft)}_after"
                    return UnitTest(name, {draft.facts.model.name: fixture}, expected)
            except duckdb.Error:
                continue
    return None


def _edge(draft: Draft) -> str:
    return "midnight" if draft.grid == "day" else "hour"


def _used(draft: Draft) -> list[str]:
    """Return the columns of the model that the facts use, in its order, and instants last."""
    named = set(draft.facts.model.renamed.values())
    # A layer with `*` does not name what the keys and features are of.
    values = [feature.measure.value for feature in draft.features.features]
    for node in (*(expression(key.sql) for key in draft.keys), *filter(None, values)):
        named |= column_names(node)
    for layer in draft.layers:
        for sql in (*layer.items, *layer.conditions):
            for part in walk(expression(sql)) if sql != "*" else ():
                named |= column_names(part) if "class" in part else set()
    known = draft.facts.model.columns
    instants = [EVENT_AT] if EVENT_AT in named else []
    plain = [name for name in known if name in named - {EVENT_AT, KNOWN_AT, SUPERSEDED_AT}]
    return [*plain, *instants, KNOWN_AT, SUPERSEDED_AT]


def _chosen_by(draft: Draft) -> set[str]:
    """Return the columns on which it depends whether a fact counts."""
    texts = [condition for layer in draft.layers for condition in layer.conditions]
    texts += [sql for sql in draft.features.computed if sql.startswith("case ")]
    return {name for text in texts for name in column_names(expression(text))}


def _pairs(draft: Draft) -> Iterator[tuple[dict[str, Any], dict[str, Any]]]:
    """Yield two rows of different keys, until the facts take both."""
    first, second = ({**_made_up(draft), **_keys(draft, number)} for number in range(2))
    yield first, second
    for real_values in _real_values(draft):
        yield {**first, **real_values}, {**second, **real_values}


def _made_up(draft: Draft) -> dict[str, Any]:
    """Return a row without any real value."""
    row: dict[str, Any] = {}
    for name in _used(draft):
        kind = draft.facts.model.columns[name]
        if name == EVENT_AT:
            row[name] = _AT_MIDNIGHT - timedelta(hours=2)
        elif name == SUPERSEDED_AT:
            row[name] = None
        elif kind == "BOOLEAN":
            row[name] = True
        elif kind.startswith("TIMESTAMP"):
            row[name] = _AT_MIDNIGHT - timedelta(hours=3)
        else:
            row[name] = 2 if kind.startswith(NUMBERS) else "a"
    return row


def _real_values(draft: Draft) -> Iterator[dict[str, Any]]:
    """Yield real values of the columns that a condition is on, of different keys first.

    Values such as a type or a status are taken from facts that count; names, keys and numbers that
    no condition is on are not, so that no real fact stands in a test.
    """
    chosen = [name for name in _used(draft) if name in _chosen_by(draft)]
    chosen = [name for name in chosen if name not in {EVENT_AT, KNOWN_AT, SUPERSEDED_AT}]
    if not chosen:
        return
    # Each row of the model is known at an instant of its own here, by which it is found again.
    numbered = (
        f"(select * replace (timestamp '2000-01-01' + to_seconds(milepost__row) as {KNOWN_AT}) "
        f"from (select *, row_number() over () as milepost__row "
        f"from {draft.facts.model.relation}))"
    )
    values = ", ".join(f"is_used.{name}" for name in chosen)
    keys = ", ".join(f"cast({name} as varchar)" for name in chosen if name in _key_columns(draft))
    sql = runnable(draft.facts, draft.layers, KNOWN_AT, numbered)
    rows = draft.models.database.execute(
        f"from (select distinct {values} from {numbered} as is_used where {KNOWN_AT} in ({sql})) "
        f"order by list_unique([{keys}]) desc, {', '.join(chosen)} limit 20"
    ).fetchall()
    for real in rows:
        if JINJA.search(str(real)):
            continue  # dbt would read it otherwise
        yield dict(zip(chosen, real, strict=True))


def _key_columns(draft: Draft) -> list[str]:
    """Return the columns of the model that the keys are, or are computed from."""
    names = {key.name for key in draft.keys}
    for layer in reversed(draft.layers):
        items = layer.named_items()
        names = {
            column
            for name in names
            for column in (column_names(items[name]) if name in items else {name})
        }
    return [name for name in draft.facts.model.columns if name in names]


def _keys(draft: Draft, row_number: int) -> dict[str, Any]:
    """Return the keys of a row, counted from 0: each has a value of its own."""
    names = _key_columns(draft)
    row: dict[str, Any] = {}
    for place, name in enumerate(names):
        kind, number = draft.facts.model.columns[name], row_number * len(names) + place
        if kind == "VARCHAR":
            letter = "ab"[row_number]
            row[name] = f"{letter}{place + 1}" if len(names) > 1 else letter
        elif kind.startswith(NUMBERS):
            row[name] = number + 1
        elif kind == "BOOLEAN":
            row[name] = number % 2 == 0
        elif kind.startswith("TIMESTAMP") and name != EVENT_AT:
            row[name] = _AT_MIDNIGHT - timedelta(hours=3 + number)
    return row


def _fixture(draft: Draft, rows: Sequence[Mapping[str, Any]]) -> str:
    comments = (
        f"-- known exactly at a {_edge(draft)}, so it counts from the next one",
        "-- a microsecond earlier: it counts from that one",
    )
    selects = []
    for comment, row in zip(comments, rows, strict=True):
        columns = [
            f"    cast({_literal(value)} as {draft.facts.model.columns[name].lower()}) as {name}"
            for name, value in row.items()
        ]
        selects.append(f"{comment}\nselect\n" + ",\n".join(columns))
    return "\nunion all\n".join(selects)


def _literal(value: Any) -> str:
    if value is None:
        return "null"
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, str | datetime):
        return "'" + str(value).replace("'", "''") + "'"
    return str(value)


def _expected(
    draft: Draft, database: duckdb.DuckDBPyConnection, fixture: str
) -> Iterator[dict[str, Value]]:
    """Yield what the query says of each key at each instant at which a fact enters or leaves."""
    step = timedelta(hours=1 if draft.grid == "hour" else 24)
    nothing = values_of_nothing(draft)
    keys = [key.name for key in draft.keys]
    facts = database.execute(
        runnable(draft.facts, draft.layers, f"{', '.join(keys)}, {KNOWN_AT}", f"({fixture})")
    ).fetchall()
    instants: dict[tuple[Any, ...], set[datetime]] = {}
    for *values_of_key, known_at in facts:
        enters = _AT_MIDNIGHT if known_at < _AT_MIDNIGHT else _AT_MIDNIGHT + step
        for feature in draft.features.features:
            back = timedelta(hours=feature.window.back_hours)
            turns = {enters + back, enters + back + timedelta(hours=feature.window.hours)}
            instants.setdefault(tuple(values_of_key), set()).update(turns)
    for key, turns_of_key in instants.items():
        for instant in sorted(turns_of_key):
            sql = reference_sql(draft, instant, as_meant=True, relation=f"({fixture})")
            cursor = database.execute(sql)
            names = [column[0] for column in cursor.description or []]
            rows = [dict(zip(names, values, strict=True)) for values in cursor.fetchall()]
            of_key = [row for row in rows if tuple(row[name] for name in keys) == key]
            values = {**nothing, **(of_key[0] if of_key else {})}
            yield {
                **dict(zip(keys, key, strict=True)),
                "available_at": str(instant),
                **{name: _value(values[name]) for name in draft.select_places},
            }


def _value(value: Any) -> Value:
    if value is None or isinstance(value, bool | int | str):
        return value
    return str(value) if isinstance(value, datetime) else float(value)
