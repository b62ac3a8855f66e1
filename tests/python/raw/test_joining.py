"""A table joins later: its history is part of the closed dates, and nothing else lands again."""

from __future__ import annotations

import json
from datetime import date, timedelta
from typing import Any

import pyarrow as pa
import pytest

from milepost import landing as public
from milepost.errors import LandingError
from milepost.raw import closed_tables, landing
from milepost.raw.tables import ClosedTable, Column, RawTable
from milepost.storage import s3
from milepost.storage.location import Location

FIRST = date(2026, 3, 1)
DAYS = [FIRST + timedelta(days=n) for n in range(4)]
WHY: dict[str, Any] = {"reason": "claims are exported since April", "by": "ann@our-freight.com"}
RECORD = "_joined/claims.json"


def rows(*days: date) -> pa.Table:
    return pa.table(
        {"claim_id": [f"claim-{day}" for day in days], "landing_date": pa.array(days, pa.date32())}
    )


@pytest.fixture
def log(raw: Location) -> Location:
    """A log of loads whose first three dates are closed."""
    entries = landing.land(raw, "loads", rows(*DAYS[:3]), first=FIRST, last=DAYS[2])
    landing.close(raw, {"loads": entries}, first=FIRST, last=DAYS[2], written_by="test")
    return raw


def check(raw: Location, name: str) -> ClosedTable:
    values: dict[str, Any] = {"id": name, "name": f"freight.{name}", "identifier": name}
    columns = {"claim_id": Column("claim_id", "varchar")}
    return closed_tables.check([RawTable(**values, raw=raw, columns=columns)], None, writes=False)[
        name
    ]


def uris(raw: Location, table: str, *days: date) -> list[str]:
    return [raw.uri(f"{table}/landing_date={day}/part-0.parquet") for day in days]


def join(log: Location, *days: date) -> None:
    public.join(log, "claims", rows(*days), **WHY)


def test_a_table_that_joins_brings_its_history(log: Location) -> None:
    before = {item.name: item.etag for item in s3.listing(log)}
    loads = check(log, "loads")
    assert public.join(log, "claims", rows(FIRST, DAYS[2]), **WHY) == RECORD
    closed = check(log, "claims")
    assert [file.uri for file in closed.files] == uris(log, "claims", FIRST, DAYS[2])
    assert (closed.first, closed.before) == (loads.first, loads.before)
    assert closed.files[0].columns == {"claim_id": "string"}
    # Nothing else has landed again.
    assert check(log, "loads") == loads
    after = {item.name: item.etag for item in s3.listing(log)}
    assert {name: after.get(name) for name in before} == before
    stored = s3.get(log, RECORD)
    assert stored
    record = json.loads(stored.body)
    assert {key: record[key] for key in WHY} == WHY
    assert record["joined_at"]


def test_a_table_that_joined_lands_like_any_other(log: Location) -> None:
    join(log, DAYS[1])
    entries = {"claims": landing.land(log, "claims", rows(DAYS[3]), first=DAYS[3], last=DAYS[3])}
    landing.close(log, entries, first=DAYS[3], last=DAYS[3], written_by="test")
    assert [file.uri for file in check(log, "claims").files] == uris(
        log, "claims", DAYS[1], DAYS[3]
    )


def test_a_table_without_history_joins_with_one_empty_file(log: Location) -> None:
    public.join(log, "claims", rows(), columns={"claim_id": "varchar"}, **WHY)
    (file,) = check(log, "claims").files
    assert (file.rows, file.columns) == (0, {"claim_id": "string"})


def test_a_file_that_joined_may_not_change(log: Location) -> None:
    join(log, DAYS[1])
    name = f"claims/landing_date={DAYS[1]}/part-0.parquet"
    stored = s3.get(log, name)
    assert stored
    s3.put(log, name, stored.body[:-1])
    with pytest.raises(LandingError, match="has changed since its date was closed"):
        check(log, "claims")
    s3.remove(log, [name])
    with pytest.raises(LandingError, match="has no file below"):
        check(log, "claims")


def test_a_date_that_is_reopened_keeps_what_joined(log: Location) -> None:
    join(log, DAYS[2])
    landing.reopen(log, DAYS[2], reason="prices in cents", by="ann")
    with pytest.raises(LandingError, match="joined with its rows of 2026-03-03"):
        landing.land(log, "claims", rows(DAYS[2]), first=DAYS[2], last=DAYS[2])
    with pytest.raises(LandingError, match="and now its date is not closed"):
        check(log, "claims")
    again = {"loads": landing.land(log, "loads", rows(DAYS[2]), first=DAYS[2], last=DAYS[2])}
    landing.close(log, again, first=DAYS[2], last=DAYS[2], written_by="test")
    assert [file.uri for file in check(log, "claims").files] == uris(log, "claims", DAYS[2])


@pytest.mark.parametrize(
    ("table", "day", "why", "message"),
    [
        ("loads", FIRST, WHY, "`loads` has landed in `.*` already"),
        ("claims", DAYS[3], WHY, "`claims` has rows for 2026-03-04, and dates are closed from"),
        ("claims", FIRST - timedelta(1), WHY, "`claims` has rows for 2026-02-28, and dates are"),
        ("claims", FIRST, {**WHY, "reason": " "}, "`claims` joins without saying why"),
        ("claims", FIRST, {**WHY, "by": ""}, "`claims` joins without saying why, or by whom"),
        ("_claims", FIRST, WHY, "`_claims` is no name of a raw table"),
    ],
)
def test_what_cannot_join_is_refused(
    log: Location, table: str, day: date, why: dict[str, Any], message: str
) -> None:
    with pytest.raises(LandingError, match=message):
        public.join(log, table, rows(day), **why)
    assert s3.get(log, f"_joined/{table}.json") is None


def test_a_table_joins_once(log: Location) -> None:
    join(log, FIRST)
    with pytest.raises(LandingError, match="`claims` has landed"):
        join(log, DAYS[1])


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda record: record.pop("files"), "is no record of a table that joined"),
        (lambda record: record["files"][0].update(rows=-1), "is no record of a table"),
        (lambda record: record["files"][0].update(name="x"), "is no record of a table"),
        (lambda record: record["files"].append(record["files"][0]), "it lists a file twice"),
        (lambda record: record.update(format_version=2), "has format version 2"),
    ],
)
def test_a_record_that_is_damaged_is_named(log: Location, change: Any, message: str) -> None:
    join(log, FIRST)
    stored = s3.get(log, RECORD)
    assert stored
    record = json.loads(stored.body)
    change(record)
    s3.put(log, RECORD, json.dumps(record).encode())
    with pytest.raises(LandingError, match=message) as caught:
        check(log, "claims")
    assert f"`{log.uri(RECORD)}`" in caught.value.message
