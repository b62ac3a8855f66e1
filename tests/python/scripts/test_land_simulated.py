"""The simulated marketplace: what it promises whoever builds and tests on it."""

from __future__ import annotations

import importlib.util
import json
import sys
from collections.abc import Iterator
from datetime import date, datetime, timedelta
from pathlib import Path
from types import ModuleType
from typing import Any

import duckdb
import pytest
import yaml

import land_lake
from lake import laying
from milepost.errors import LandingError
from milepost.storage import s3
from milepost.storage.location import Location

ROOT = Path(__file__).parents[3]
OPENING, END = date(2026, 3, 1), date(2026, 7, 18)
SOURCES = ROOT / "models/staging/freight/_freight__sources.yml"


def load_script() -> ModuleType:
    spec = importlib.util.spec_from_file_location(
        "land_simulated", ROOT / "scripts/land_simulated.py"
    )
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module
    spec.loader.exec_module(module)
    return module


script = load_script()


@pytest.fixture(scope="module")
def landed() -> Iterator[duckdb.DuckDBPyConnection]:
    """140 days at scale 0.02: in schema `raw`, what has landed by their end."""
    with script.simulate(opening=OPENING, first=OPENING, last=END, scale=0.02, seed=1) as log:
        log.execute("create schema raw")
        for table in script.TABLES:
            log.execute(
                f"create view raw.{table} as from landed_{table} where landed_at::date <= '{END}'"
            )
        yield log


def count(log: duckdb.DuckDBPyConnection, rows: str) -> int:
    return int(value(log, f"select count(*) from ({rows})"))


def value(log: duckdb.DuckDBPyConnection, query: str) -> Any:
    found = log.execute(query).fetchone()
    assert found is not None
    return found[0]


def id_of(table: str) -> str:
    return "facility_id" if table == "facilities" else f"{table.removesuffix('s')}_id"


def land(raw: Location, name: str, **options: Any) -> dict[str, str]:
    """Land below `raw` and return the ETag of every object there."""
    into = Location(raw.bucket, raw.key(name))
    script.land_simulated(into, **{"scale": 0.002, "days": 60, "end": END, "seed": 1} | options)
    return {item.name: item.etag for item in s3.listing(into)}


def test_a_log_is_the_same_whatever_the_threads(raw: Location) -> None:
    assert land(raw, "one", days=20, threads=1) == land(raw, "two", days=20, threads=2)


def test_another_seed_gives_another_log(raw: Location) -> None:
    one, two = land(raw, "one", days=2), land(raw, "two", days=2, seed=2)
    assert one["loads/landing_date=2026-07-18/part-0.parquet"] not in two.values()


def test_growing_day_by_day_gives_the_same_files_as_landing_at_once(
    raw: Location, monkeypatch: pytest.MonkeyPatch
) -> None:
    """From an opening of one date; past `LONGEST_DELAY`, where early loads are left out."""
    monkeypatch.setattr(script, "LONGEST_DELAY", 55)
    at_once = land(raw, "at_once")
    opening = END - timedelta(days=59)
    for day in (0, 1, 57, 58, 59):
        grown = land(raw, "grown", days=1, end=opening + timedelta(days=day))
    assert grown == at_once


def test_the_opening_date_has_a_file_of_every_table(raw: Location) -> None:
    opened = land(raw, "opened", days=1)
    assert {name.split("/")[0] for name in opened} == {*script.TABLES, "_closed"}


def test_nothing_new_lands_nothing(raw: Location, capsys: pytest.CaptureFixture[str]) -> None:
    before = land(raw, "log", days=2)
    into = Location(raw.bucket, raw.key("log"))
    assert script.main(["--scale", "0.002", "--end", str(END), into.uri()]) == 0
    assert "nothing to land" in capsys.readouterr().err
    assert {item.name: item.etag for item in s3.listing(into)} == before


@pytest.mark.parametrize("other", [{"seed": 2}, {"scale": 0.003}])
def test_a_log_of_another_seed_or_scale_is_refused(raw: Location, other: dict[str, Any]) -> None:
    land(raw, "log", days=1)
    with pytest.raises(
        LandingError,
        match=r"seed=1 scale=0.002.*\nhint: give the seed and scale of the log, or land elsewhere",
    ):
        land(raw, "log", end=END + timedelta(days=1), **other)


def test_a_log_of_another_version_is_refused(
    raw: Location, monkeypatch: pytest.MonkeyPatch
) -> None:
    land(raw, "log", days=1)
    monkeypatch.setattr(script, "VERSION", script.VERSION + 1)
    with pytest.raises(LandingError, match=r"version=\d.*version=\d.*\nhint: .*`make clean`"):
        land(raw, "log", end=END + timedelta(days=1))


def test_other_rows_are_another_version() -> None:
    """Where this fails, raise `VERSION`, and put the number that comes out here."""
    with script.simulate(opening=OPENING, first=OPENING, last=END, scale=0.002, seed=1) as log:
        rows = [
            value(log, f"select sum(hash(columns)) from landed_{table} as columns")
            for table in script.TABLES
        ]
    assert (script.VERSION, sum(rows)) == (2, 122112446659049414632322)


def test_a_third_of_the_active_lanes_have_a_price_at_the_scale_of_make_run() -> None:
    """Active where a spot load was settled that day, with a price where 8 were in 30 days."""
    opening = END - timedelta(days=239)
    lane = "origin_market, destination_market, equipment_type"
    load_counts = f"""
        select distinct
            {lane},
            landed_at::date as known_on,
            count(*) over (
                partition by {lane}
                order by landed_at::date
                range between interval 30 days preceding and current row
            ) as load_count
        from landed_settlements
        inner join planned_loads using (load_id)
        where is_spot
        qualify known_on > (select min(landed_at) from landed_settlements) + interval 30 days
    """
    with script.simulate(opening=opening, first=opening, last=END, scale=0.01, seed=1) as log:
        share = value(log, f"select avg((load_count >= 8)::integer) from ({load_counts})")
    assert share > 1 / 3


def test_a_lake_of_an_older_version_is_refused(raw: Location) -> None:
    state = {"scale": 0.01, "seed": 1, "opening": "2026-07-01", "through": "2026-07-18"}
    state |= {"deletes_from": "2026-07-01", "drifts": True}
    s3.put(raw, laying.STATE, json.dumps(state).encode())
    end = datetime(2026, 7, 19)
    with pytest.raises(
        LandingError, match=r"by version 1 .*not by version \d.*\nhint: .*make clean"
    ):
        land_lake.land(raw, SOURCES, scale=0.01, days=2, seed=1, end=end)


def test_columns_are_those_of_the_sources(landed: duckdb.DuckDBPyConnection) -> None:
    source = yaml.safe_load(SOURCES.read_text())["sources"][0]
    assert [table["name"] for table in source["tables"]] == list(script.TABLES)
    for table in source["tables"]:
        rows = script.read_rows(landed, table["name"], first=OPENING, last=END)
        kinds = landed.execute("select column_name, column_type from (describe from rows)")
        assert [tuple(column) for column in kinds.fetchall()] == [
            *((column["name"], column["data_type"].upper()) for column in table["columns"]),
            ("landing_date", "DATE"),
        ], f"{table['name']} ({rows.num_rows} rows)"


@pytest.mark.parametrize(
    "table", ["loads", "tenders", "tender_responses", "bids", "load_events", "market_posts"]
)
def test_the_daily_flow_never_stops(landed: duckdb.DuckDBPyConnection, table: str) -> None:
    dates = value(landed, f"select count(distinct landed_at::date) from raw.{table}")
    assert dates == (END - OPENING).days + 1


def test_settlements_never_stop_once_started(landed: duckdb.DuckDBPyConnection) -> None:
    assert value(landed, "select count(distinct landed_at::date) from raw.settlements") > 125
    assert (
        value(landed, "select max(landed_at::date - day) from landed_settlements")
        < script.LONGEST_DELAY
    )


@pytest.mark.parametrize("table", script.TABLES)
def test_rows_have_ids_and_land_after_they_happen(
    landed: duckdb.DuckDBPyConnection, table: str
) -> None:
    event_at = {
        "loads": "posted_at",
        "load_changes": "changed_at",
        "tenders": "tendered_at",
        "tender_responses": "responded_at",
        "bids": "bid_at",
        "load_events": "occurred_at",
        "settlements": "settled_at",
        "claims": "claimed_at",
        "market_posts": "hour_ended_at",
        "fuel_prices": "priced_at",
    }.get(table, "snapshot_at")
    key = id_of(table)
    assert count(landed, f"from raw.{table}") > 0
    assert count(landed, f"from raw.{table} where {key} is null") == 0
    assert count(landed, f"from raw.{table} where coalesce({event_at} > landed_at, true)") == 0
    unordered = f"select landed_at, {key} from raw.{table} group by all having count(*) > 1"
    assert count(landed, unordered) == 0


@pytest.mark.parametrize(
    ("table", "key", "parent"),
    [
        ("loads", "shipper_id", "shippers"),
        ("loads", "origin_facility_id", "facilities"),
        ("loads", "destination_facility_id", "facilities"),
        ("load_changes", "load_id", "loads"),
        ("tenders", "load_id", "loads"),
        ("tenders", "carrier_id", "carriers"),
        ("tender_responses", "tender_id", "tenders"),
        ("bids", "load_id", "loads"),
        ("bids", "carrier_id", "carriers"),
        ("load_events", "load_id", "loads"),
        ("load_events", "carrier_id", "carriers"),
        ("settlements", "load_id", "loads"),
        ("settlements", "carrier_id", "carriers"),
        ("claims", "load_id", "loads"),
    ],
)
def test_references_exist(
    landed: duckdb.DuckDBPyConnection, table: str, key: str, parent: str
) -> None:
    """In time, too, where the parent is a snapshot."""
    is_snapshot = parent in {"carriers", "shippers", "facilities"}
    known = "and parents.landed_at < children.landed_at" if is_snapshot else ""
    orphans = f"""
        from landed_{table} as children
        where not exists (
            from landed_{parent} as parents where parents.{id_of(parent)} = children.{key} {known}
        )
    """
    assert count(landed, orphans) == 0


def test_a_load_goes_through_its_life_in_order(landed: duckdb.DuckDBPyConnection) -> None:
    """Over every version of every fact; a correction keeps the order as well."""
    disordered = """
        with lives as (
            select
                load_id,
                event_type || coalesce('_' || stop_type, '') as what,
                min(occurred_at) as earliest_at,
                max(occurred_at) as latest_at,
            from landed_load_events
            group by all
        ),
        steps as (
            from (values
                ('booked', 'arrived_pickup'),
                ('arrived_pickup', 'departed_pickup'),
                ('picked_up_pickup', 'arrived_delivery'),
                ('departed_pickup', 'tracking_ping'),
                ('departed_pickup', 'arrived_stop'),
                ('departed_stop', 'arrived_delivery'),
                ('arrived_delivery', 'departed_delivery'),
                ('arrived_delivery', 'delivered_delivery')
            ) as steps(earlier, later)
        )
        select befores.load_id
        from steps
        inner join lives as befores on earlier = befores.what
        inner join lives as afters on later = afters.what
        where befores.load_id = afters.load_id and befores.latest_at > afters.earliest_at
    """
    assert count(landed, disordered) == 0
    assert count(landed, "from landed_load_events where event_type = 'delivered'") > 2000


def test_nothing_happens_to_a_load_after_its_cancellation(
    landed: duckdb.DuckDBPyConnection,
) -> None:
    after = """
        select load_events.load_id
        from landed_load_events as load_events
        inner join landed_load_changes as changes using (load_id)
        where change_type = 'cancellation' and occurred_at >= changed_at
    """
    assert count(landed, after) == 0
    assert count(landed, "from raw.load_changes where change_type = 'cancellation'") > 20


def test_appointments_are_in_local_business_hours(landed: duckdb.DuckDBPyConnection) -> None:
    early_or_late = """
        from landed_loads as loads
        inner join landed_facilities as facilities
            on loads.origin_facility_id = facilities.facility_id
        where hour(to_local(pickup_appointment_at, time_zone)) not between 6 and 17
    """
    assert count(landed, early_or_late) == 0


def test_one_row_in_two_hundred_lands_twice(landed: duckdb.DuckDBPyConnection) -> None:
    for table in ("load_events", "bids", "market_posts"):
        columns = "* exclude (landed_at, day)"
        twice = f"select {columns} from landed_{table} group by all having count(*) > 1"
        share = count(landed, twice) / count(landed, f"from landed_{table}")
        assert 0.003 < share < 0.007, table


def test_corrections_change_the_content_and_land_later(landed: duckdb.DuckDBPyConnection) -> None:
    corrected = """
        select load_event_id
        from landed_load_events
        group by load_event_id
        having
            count(distinct occurred_at) = 2
            and arg_max(occurred_at, landed_at) < arg_min(occurred_at, landed_at)
            and max(landed_at) < min(landed_at) + interval 10 days
    """
    assert 0.001 < count(landed, corrected) / count(landed, "from landed_load_events") < 0.003


def test_one_load_in_six_falls_off(landed: duckdb.DuckDBPyConnection) -> None:
    shares = """
        select
            count(distinct load_id) filter (event_type = 'fell_off')
            / count(distinct load_id) filter (event_type = 'booked')
        from raw.load_events
    """
    assert 1 / 8 < value(landed, shares) < 1 / 5


def test_rejections_rise_with_tightness(landed: duckdb.DuckDBPyConnection) -> None:
    """On each lane: few lanes make chance of which are the tight ones."""
    thirds = landed.execute("""
        select avg((response = 'rejected')::integer)
        from (
            select
                response,
                ntile(3) over (partition by shipper_lane order by tender.tightness) as third
            from tender_waterfall as tender
            inner join planned_loads using (load_id)
        )
        group by third
        order by third
    """).fetchall()
    loose, middling, tight = (share for (share,) in thirds)
    assert loose < middling < tight
    assert tight > 1.5 * loose


def test_carriers_differ_in_how_often_they_are_on_time(landed: duckdb.DuckDBPyConnection) -> None:
    spread = landed.execute("""
        select quantile_cont(share, 0.2), quantile_cont(share, 0.8)
        from (
            select avg((delivery_arrived_at <= delivery_due_at)::integer) as share
            from trips
            group by carrier
            having count(*) >= 15
        )
    """).fetchone()
    assert spread is not None
    assert spread[1] - spread[0] > 0.05
