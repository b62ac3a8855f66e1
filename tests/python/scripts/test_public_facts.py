"""What the simulated marketplace takes from public facts is as public as its page says."""

from __future__ import annotations

import math
import re
from collections.abc import Iterator
from datetime import date, timedelta
from pathlib import Path

import duckdb
import pytest

import land_simulated

PAGE = Path(__file__).parents[3] / "docs/reference/simulated-data.md"
RANGE = re.compile(r"above (?P<above>[\d.]+)|(?P<lowest>[\d.]+) to (?P<highest>[\d.]+)")
END = date(2026, 7, 18)
OPENING = END - timedelta(days=364)

SPOT_RATES = """
    with latest as (
        select distinct on (load_id) * from landed_settlements order by load_id, landed_at desc
    )
    select sum(latest.linehaul_usd + latest.fuel_usd) / sum(miles)
    from latest
    inner join planned_loads using (load_id)
    where is_spot and equipment_type = '{}'
    group by month(settled_at)
"""
# Each query's values lie in the range that the page states for the fact.
QUERIES = {
    "booked loads that lose a carrier, share": """
        select
            count(distinct load_id) filter (event_type = 'fell_off')
            / count(distinct load_id) filter (event_type = 'booked')
        from landed_load_events
    """,
    "tenders rejected in a month, share": """
        select avg((response = 'rejected')::integer)
        from tender_waterfall
        where response is not null
        group by month(tendered_at)
    """,
    **{
        f"{equipment} spot rate of a month, $/mile with fuel": SPOT_RATES.format(equipment)
        for equipment in ("van", "reefer", "flatbed")
    },
    "diesel price of a week, $/gal": "select diesel_usd_per_gallon from landed_fuel_prices",
    "weekday of a diesel price, where Monday is 1": """
        select dayofweek(priced_at) from landed_fuel_prices
    """,
    # Of each lane by itself: a season may have other lanes.
    "reefer spot rate out of the South, April to July over the rest of the year": """
        with lanes as (
            select
                avg(spot_rpm) filter (month(posted_at) between 4 and 7)
                / avg(spot_rpm) filter (month(posted_at) not between 4 and 7) as ratio
            from planned_loads
            inner join markets on origin_market = market
            where equipment_type = 'reefer' and latitude < 35
            group by shipper_lane
        )
        select avg(ratio) from lanes
    """,
    # A first snapshot counts what was before the opening.
    "inspections since the opening that put a truck out of service, share": """
        with counts as (
            select
                max(out_of_service_count_24m) - min(out_of_service_count_24m) as out_of_service,
                max(inspection_count_24m) - min(inspection_count_24m) as inspections
            from landed_carriers
            group by carrier_id
        )
        select sum(out_of_service) / sum(inspections) from counts
    """,
}


def stated() -> dict[str, tuple[float, float]]:
    """The range of each fact, as the table of the page has it."""
    section = PAGE.read_text().split("## What is taken from public facts")[1].split("\n## ")[0]
    ranges = {}
    for line in re.findall(r"^\| (.+) \|$", section, re.MULTILINE)[2:]:
        fact, bounds, source = line.split(" | ")
        found = RANGE.fullmatch(bounds)
        assert found, bounds
        assert re.search(r"\b20\d\d\b|the same two", source), f"no year: {source}"
        lowest, highest = found["lowest"] or found["above"], found["highest"] or math.inf
        ranges[fact] = (float(lowest), float(highest))
    return ranges


@pytest.fixture(scope="module")
def year() -> Iterator[duckdb.DuckDBPyConnection]:
    """All that follows from a year of loads at scale 0.1."""
    with land_simulated.simulate(
        opening=OPENING, first=OPENING, last=END, scale=0.1, seed=1
    ) as log:
        yield log


def test_each_fact_of_the_page_is_checked() -> None:
    assert list(stated()) == list(QUERIES)


@pytest.mark.parametrize("fact", QUERIES)
def test_the_marketplace_is_within_what_is_public(
    year: duckdb.DuckDBPyConnection, fact: str
) -> None:
    lowest, highest = stated()[fact]
    values = [float(value) for (value,) in year.execute(QUERIES[fact]).fetchall()]
    assert values
    assert lowest <= min(values)
    assert max(values) <= highest
