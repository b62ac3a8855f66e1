"""Versions of facts and snapshots, on rows that a reader can check by eye.

A version is written as (id, content, from day, to day). Day 1 is the first of January 2026.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import duckdb
import pytest
from dbt_common.exceptions import CompilationError

from macro import Macros

FIRST = datetime(2026, 1, 1)
MACROS = Macros("facts", "names", "windows", ref=lambda name: name, var=lambda _: 60, execute=False)
Versions = list[tuple[Any, ...]]


def day(number: float) -> datetime:
    return FIRST + timedelta(days=number - 1)


def con_with(rows: list[dict[str, Any]], **tables: str) -> duckdb.DuckDBPyConnection:
    """A database with a base model of these rows; a row lacks what is as usual."""
    con = duckdb.connect()
    con.execute(
        "create table landed (fact_id varchar, line bigint, content varchar, place varchar, "
        "code varchar, event_at timestamp, known_at timestamp, landing_starts_at timestamp, "
        "lsn bigint, is_deleted boolean, fault varchar)"
    )
    names = [name for name, *_ in con.execute("describe landed").fetchall()]
    for row in rows:
        known_at = day(row["day"])
        values = {
            "event_at": FIRST,
            "known_at": known_at,
            "landing_starts_at": datetime.combine(known_at.date(), datetime.min.time()),
            **{name: value for name, value in row.items() if name != "day"},
        }
        con.execute(
            f"insert into landed values ({', '.join('?' * len(names))})",
            [values.get(name) for name in names],
        )
    for name, sql in tables.items():
        con.execute(f"create table {name} as {sql}")
    return con


def versions(
    rows: list[dict[str, Any]],
    macro: str = "staged_facts",
    tables: dict[str, str] | None = None,
    **arguments: Any,
) -> Versions:
    """What a macro makes of the rows: (id, content, from day, to day)."""
    arguments = {"id": "fact_id", "content": ["content"], **arguments}
    sql = getattr(MACROS, macro)("landed", **arguments)
    columns = ", ".join([*MACROS.columns_of(arguments["id"]), *arguments["content"]])
    with con_with(rows, **(tables or {})) as con:
        found = con.execute(
            f"select {columns}, known_at, superseded_at from ({sql}) order by all"
        ).fetchall()
    return [(*row[:-2], number(row[-2]), row[-1] and number(row[-1])) for row in found]


def number(instant: datetime) -> float:
    days = (instant - FIRST) / timedelta(days=1) + 1
    return int(days) if days == int(days) else days


def row(day: float, content: str | None = "x", **more: Any) -> dict[str, Any]:
    return {"fact_id": "a", "content": content, "day": day, **more}


def delete(day: float, **more: Any) -> dict[str, Any]:
    return row(day, None, is_deleted=True, **more)


@pytest.mark.parametrize(
    ("rows", "expected"),
    [
        ([row(1), delete(3)], [("a", "x", 1, 3)]),
        # within the days of a redelivery, and the same content: a new version all the same
        ([row(1), delete(3), row(4)], [("a", "x", 1, 3), ("a", "x", 4, None)]),
        ([row(1), delete(3), delete(4), row(5), delete(6)], [("a", "x", 1, 3), ("a", "x", 5, 6)]),
        # never seen, or not yet
        ([delete(3)], []),
        ([delete(1), row(2)], [("a", "x", 2, None)]),
        # a rewritten file removes a row and inserts another at one instant
        ([row(1), delete(3), row(3, "y")], [("a", "x", 1, 3), ("a", "y", 3, None)]),
        ([row(1), row(3), delete(3)], [("a", "x", 1, None)]),
        # what a delete says is no content: two of them contradict nothing
        ([row(1), delete(3, place="here"), delete(3)], [("a", "x", 1, 3)]),
        # a repeat of what stands is no version
        ([row(1), delete(2), row(3), row(4)], [("a", "x", 1, 2), ("a", "x", 3, None)]),
        # two contents contradict each other, whatever is deleted at the same instant
        ([row(1), row(3, "y"), row(3, "z"), delete(3)], [("a", "x", 1, 3)]),
    ],
)
def test_a_delete_ends_a_version_and_has_no_successor(
    rows: list[dict[str, Any]], expected: Versions
) -> None:
    assert versions(rows, deleted="is_deleted") == expected


def test_a_deleted_row_refers_to_nothing() -> None:
    places = {"places": "select 'here' as place, timestamp '2026-01-01' as known_at"}
    for target in ("nowhere", None):
        rows = [row(1, place="here"), delete(3, place=target)]
        found = versions(
            rows, tables=places, deleted="is_deleted", references={"place": ["places", "place"]}
        )
        assert found == [("a", "x", 1, 3)]


@pytest.mark.parametrize(
    ("rows", "expected"),
    [
        # the last of one instant counts, a delete too
        ([row(1, "x", lsn=1), row(1, "y", lsn=2)], [("a", "y", 1, None)]),
        ([row(1, "x", lsn=1), row(2, "y", lsn=2), delete(2, lsn=3)], [("a", "x", 1, 2)]),
        (
            [row(1, "x", lsn=1), delete(2, lsn=2), row(2, "y", lsn=3)],
            [("a", "x", 1, 2), ("a", "y", 2, None)],
        ),
        # of equal ones, other content is a contradiction; without one they are equal too
        ([row(1, "x", lsn=1), row(2, "y", lsn=2), row(2, "z", lsn=2)], [("a", "x", 1, None)]),
        ([row(1, "x"), row(2, "y"), row(2, "z")], [("a", "x", 1, None)]),
        # back to what it was, as another change: no repeated delivery
        (
            [row(1, "x", lsn=1), row(2, "y", lsn=2), row(3, "x", lsn=3)],
            [("a", "x", 1, 2), ("a", "x", 3, None), ("a", "y", 2, 3)],
        ),
        # the same change, delivered again
        ([row(1, "x", lsn=1), row(3, "x", lsn=1)], [("a", "x", 1, None)]),
    ],
)
def test_a_sequence_orders_the_rows_of_one_instant(
    rows: list[dict[str, Any]], expected: Versions
) -> None:
    assert versions(rows, deleted="is_deleted", sequence="lsn") == expected


def test_an_id_may_be_composite_and_referred_to() -> None:
    rows = [row(1, "x", line=1), row(1, "y", line=2), row(2, "z", line=2), row(2, "w", line=2)]
    assert versions(rows, id=["fact_id", "line"]) == [
        ("a", 1, "x", 1, None),
        ("a", 2, "y", 1, None),
    ]
    # A part of the id may be null: it is the same id again.
    rows = [row(1, "x", line=None), row(2, "y", line=None), row(3, "y", line=None), row(1, line=1)]
    assert versions(rows, id=["fact_id", "line"]) == [
        ("a", 1, "x", 1, None),
        ("a", None, "x", 1, 2),
        ("a", None, "y", 2, None),
    ]
    lines = {
        "lines": "select 'a' as order_id, 1 as line_number, timestamp '2026-01-03' as known_at"
    }
    references = {"fact_id, line": ["lines", ["order_id", "line_number"]]}
    rows = [row(1, line=1), {**row(1, "y", line=2), "fact_id": "b"}]
    found = versions(
        rows, tables=lines, id="content", content=["fact_id", "line"], references=references
    )
    assert found == [("x", "a", 1, 3, None)]


def test_a_reference_may_have_days_of_its_own() -> None:
    places = {"places": "select 'here' as place, timestamp '2025-01-01' as known_at"}
    for days, expected in (([365], [("a", "x", 1, None)]), ([364], []), ([], [])):
        references = {"place": ["places", "place", *days]}
        assert versions([row(1, place="here")], tables=places, references=references) == expected


def test_an_attribute_that_is_missing_becomes_what_its_list_says() -> None:
    codes = {"codes": "select 'van' as code"}
    rows = [
        {**row(1, code=code), "fact_id": name}
        for name, code in (("a", "van"), ("b", "boat"), ("c", None))
    ]
    for third, expected in (
        (
            ["unknown"],
            [("a", "van", 1, None), ("b", "unknown", 1, None), ("c", "unknown", 1, None)],
        ),
        ([], [("a", "van", 1, None), ("c", None, 1, None)]),
    ):
        found = versions(
            rows, tables=codes, content=["code"], code_lists={"code": ["codes", "code", *third]}
        )
        assert found == expected


@pytest.mark.parametrize(
    ("rows", "unchanged", "gone"),
    [
        ([row(1), row(2), row(3)], [("a", "x", 1, None)], [("a", "x", 1, None)]),
        (
            [row(1), row(2, "y"), row(3), row(4)],
            [("a", "x", 1, 2), ("a", "x", 3, None), ("a", "y", 2, 3)],
            [("a", "x", 1, 2), ("a", "x", 3, None), ("a", "y", 2, 3)],
        ),
        # null is content
        (
            [row(1, None), row(2, None), row(3)],
            [("a", "x", 3, None), ("a", None, 1, 3)],
            [("a", "x", 3, None), ("a", None, 1, 3)],
        ),
        (
            [row(1), {**row(2), "fact_id": "b"}],
            [("a", "x", 1, None), ("b", "x", 2, None)],
            [("a", "x", 1, 2), ("b", "x", 2, None)],
        ),
        # b alone in the second snapshot, and a again in the third
        (
            [row(1), {**row(2), "fact_id": "b"}, row(3), {**row(3), "fact_id": "b"}],
            [("a", "x", 1, None), ("b", "x", 2, None)],
            [("a", "x", 1, 2), ("a", "x", 3, None), ("b", "x", 2, None)],
        ),
        # what is set aside is there, and makes no snapshot
        (
            [
                row(1),
                row(2, "y", fault="not_finite"),
                {**row(2), "fact_id": "b"},
                {**row(2.5), "fact_id": "b", "fault": "known_before_event"},
            ],
            [("a", "x", 1, None), ("b", "x", 2, None)],
            [("a", "x", 1, None), ("b", "x", 2, None)],
        ),
        # two contents at one instant
        ([row(1), row(2, "y"), row(2, "z")], [("a", "x", 1, None)], [("a", "x", 1, None)]),
    ],
)
def test_a_snapshot_that_says_the_same_makes_no_version(
    rows: list[dict[str, Any]], unchanged: Versions, gone: Versions
) -> None:
    for n, landed in enumerate(rows):
        # Each snapshot is of an instant of its own.
        landed.setdefault("event_at", FIRST - timedelta(hours=n))
    assert versions(rows, "staged_snapshots", absent="unchanged") == unchanged
    assert versions(rows, "staged_snapshots", absent="gone") == gone


def test_the_event_of_a_version_is_that_of_the_first_snapshot_that_says_it() -> None:
    rows = [row(3, event_at=day(3)), row(2, event_at=day(2)), row(2, event_at=day(1.5))]
    sql = MACROS.staged_snapshots("landed", id="fact_id", content=["content"], absent="unchanged")
    with con_with(rows) as con:
        assert con.execute(f"select event_at, known_at from ({sql})").fetchall() == [
            (day(1.5), day(2))
        ]


def test_a_snapshot_that_deletes_by_itself_has_no_absent_keys() -> None:
    rows = [row(1), delete(2), row(3), row(4)]
    found = versions(rows, "staged_snapshots", absent="unchanged", deleted="is_deleted")
    assert found == [("a", "x", 1, 2), ("a", "x", 3, None)]
    wrongs: list[dict[str, Any]] = [
        {"absent": "gone", "deleted": "is_deleted"},
        {"absent": "there"},
    ]
    for wrong in wrongs:
        with pytest.raises(CompilationError, match="staged_snapshots: `absent"):
            versions(rows, "staged_snapshots", **wrong)


def test_rows_set_aside_have_a_reason_a_column_and_ids() -> None:
    tables = {
        "places": "select * from (values ('here', timestamp '2026-01-01'), "
        "('long_ago', timestamp '2025-01-01')) as places (place, known_at)",
        "landed_places": "select * from (values ('here'), ('faulty')) as landed_places (place)",
    }
    rows = [
        row(1, place="here"),
        *({**row(2, place="nowhere"), "fact_id": name} for name in "bcde"),
        {**row(2, place="long_ago"), "fact_id": "f"},
        {**row(2, place="faulty"), "fact_id": "g"},
        {**row(2), "fact_id": None, "fault": "null_key"},
        row(3, "y"),
        row(3, "z"),
        # a delete of what was never seen is no fault
        {**delete(3, place="nowhere"), "fact_id": "never"},
        # of the whole build, but not of the last 28 days
        {**row(-40, place="nowhere"), "fact_id": "old"},
    ]
    arguments = {
        "base": "landed",
        "id": "fact_id",
        "content": ["content"],
        "references": {"place": ["places", "place"]},
        "deleted": "is_deleted",
    }
    sql = MACROS.set_aside(
        arguments, closed_before="timestamp '2026-01-10'", target_rows={"place": ["landed_places"]}
    )
    with con_with(rows, **tables) as con:
        found = con.execute(
            "select reason, column_name, ids, set_aside_count, row_count, all_set_aside_count, "
            f"all_row_count, recent_set_aside_count, recent_row_count from ({sql}) order by 1, 2"
        ).fetchall()
    assert found == [
        ("contradiction", None, "`a`", 2, 11, 2, 12, 2, 3),
        ("null_key", "fact_id", "", 1, 11, 1, 12, 0, 3),
        ("reference_missing", "place", "`b`, `c`, `d`", 4, 11, 5, 12, 0, 3),
        ("reference_set_aside", "place", "`g`", 1, 11, 1, 12, 0, 3),
        ("reference_too_old", "place", "`f`", 1, 11, 1, 12, 0, 3),
        (None, None, None, 9, 11, 10, 12, 2, 3),
    ]
