"""The simulated marketplace as a company has it, the project that reads it, and other layouts."""

from __future__ import annotations

import re
import shutil
from dataclasses import replace
from datetime import datetime
from pathlib import Path

from lake.declared import raw_tables
from lake.laying import Lake, lay
from milepost.storage.location import Location
from proofs.work import MILEPOST, Work, place

EXAMPLE = MILEPOST / "examples/lake"
SOURCES = "models/staging/_freight__sources.yml"
FREIGHT_SOURCES = "models/staging/freight/_freight__sources.yml"
# What a build has closed of an Iceberg table depends on the clock. So it seems to be silent, and
# a lake that grows in the past has its rows in partitions.
AS_ICEBERG = "table_format: iceberg, layout: 'iceberg/{table}', closed_by: commit, known_at: commit"
AS_PARTITIONS = "layout: 'exports/{table}/dt={date}/hour={hour}', known_at: {column: _ingested_at}"
# In the source's YAML, for all tables at once.
LAYOUTS = {
    "hive hours closed by a delay": """
        layout: 'lake/{table}/dt={date}/hour={hour}'
        closed_by: delay
        closing_delay_minutes: 10""",
    "firehose closed by the next hour": """
        layout: '{table}/{year}/{month}/{day}/{hour}'
        closed_by: next_partition""",
    "days of another zone closed by success files": """
        layout: '{table}/day={date}'
        time_zone: Pacific/Auckland
        closed_by: success_file""",
    "days in parts closed by a delay": """
        layout: '{table}/year={year}/month={month}/day={day}'
        closed_by: delay""",
}


def example(folder: Path, raw: Location, *, grows: bool = False) -> Work:
    """The project of the example on a lake, not built yet."""
    shutil.copytree(
        EXAMPLE, folder, ignore=shutil.ignore_patterns("target", "logs", "dbt_packages")
    )
    (folder / "packages.yml").write_text(f"packages:\n  - local: {MILEPOST}\n")
    sources = folder / SOURCES
    text = re.sub(r"added_on: [0-9-]+", "added_on: 2026-03-14", sources.read_text())
    text = re.sub(r", rows_within_days: \d+", "", text)
    if grows:
        assert AS_ICEBERG in text
        column = '          - {name: _ingested_at, data_type: timestamp, description: "Known."}\n'
        paid = re.search(r"          - \{name: settled_at.*\n", text)
        assert paid
        text = text.replace(AS_ICEBERG, AS_PARTITIONS).replace(paid[0], paid[0] + column)
    sources.write_text(text)
    work = Work.create(folder, raw, place("store"))
    work.dbt("deps")
    return work


def in_layout(work: Work, layout: str) -> Work:
    """Let the freight project, not built yet, read all its tables in another layout."""
    sources = work.folder / FREIGHT_SOURCES
    text = sources.read_text()
    assert text.count("      meta:\n") == 1
    sources.write_text(text.replace("      meta:\n", f"      meta:{LAYOUTS[layout]}\n"))
    return work


def grow(work: Work, lake: Lake, through: datetime, sources: str = SOURCES) -> Lake:
    """Lay out what the lake of a project lacks up to an instant."""
    grown = replace(lake, through=through)
    lay(work.raw, raw_tables(work.folder / sources, work.raw), grown, after=lake.through)
    return grown
