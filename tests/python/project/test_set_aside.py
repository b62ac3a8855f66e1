"""Rows set aside: counted where they are staged, published, and in no other view's lineage."""

from __future__ import annotations

import math
import os
import random
import re
import shutil
from collections import Counter
from datetime import date, datetime, time, timedelta
from pathlib import Path

import duckdb
import pytest

import greenhouse
from dbt_process import run_dbt
from greenhouse import FIRST, Greenhouse, Reading
from milepost import FeatureStore
from milepost.building.catalog import Catalog
from milepost.errors import PublishError
from milepost.storage.location import Location

pytestmark = pytest.mark.slow

PROJECT = Path(__file__).parents[3]
NOBODY: Reading = (None, "north", 0.9, datetime(2026, 1, 5, 6), datetime(2026, 1, 5, 7))

# A feature view that is not made from the readings.
DESCRIBED = """
with

beds as (

    select
        bed_id,
        known_at,
        superseded_at
    from {{ ref('stg_sensors__beds') }}

),

windows as (

    {{ milepost.trailing_features(
        keys=['bed_id'],
        features=[{'name': 'description_count', 'count': 'beds', 'over': '1d'}],
    ) }}

)

select
    bed_id,
    available_at,
    description_count_1d
from windows
"""
DESCRIBED_YML = """
models:
  - name: bed_descriptions
    description: How often a bed was described.
    config:
      contract: {enforced: true}
      meta:
        entities: {bed: [bed_id]}
        grid: day
        longest_window_days: 1
        owners: {science: plants, engineering: pipes}
        maturity: draft
        sensitivity: internal
    columns:
      - {name: bed_id, description: The bed., data_type: varchar, data_tests: [not_null]}
      - {name: available_at, description: When the row can be had., data_type: timestamp}
      - {name: description_count_1d, description: Descriptions., data_type: bigint}
"""


def names_in(file: Path) -> set[str]:
    """What stands in quotes in a model's code, comments left out."""
    code = re.sub(r"\{#.*?#\}|--[^\n]*", "", file.read_text(), flags=re.DOTALL)
    return set(re.findall(r"'(\w+)'", code))


def test_a_feature_view_descends_from_the_tables_that_its_sql_reads(tmp_path: Path) -> None:
    for part in (
        "dbt_project.yml",
        "macros",
        "models",
        "seeds",
        "tests/dbt",
        "milepost/language/columns",
    ):
        copy = shutil.copytree if (PROJECT / part).is_dir() else shutil.copy2
        (tmp_path / part).parent.mkdir(parents=True, exist_ok=True)
        copy(PROJECT / part, tmp_path / part)
    shutil.copy2(PROJECT / "profiles.example.yml", tmp_path / "profiles.yml")
    done = run_dbt(tmp_path, ["parse"], {**os.environ, "MILEPOST_RAW_URI": "s3://raw/any"})
    assert done.returncode == 0, done.stdout
    catalog = Catalog.read(tmp_path / "target/manifest.json")
    files = {file.stem: file for file in (PROJECT / "models").rglob("*.sql")}
    tables = {node["name"] for node in catalog.nodes.values() if "source_name" in node}

    def read_by(model: str) -> set[str]:
        """The raw tables that a model's SQL reads, directly or through other models."""
        names = names_in(files[model])
        below = (read_by(name) for name in names & set(files))
        return set().union(names & tables if model.startswith("base_") else set(), *below)

    lineages = {
        view.name: {
            catalog.nodes[node_id]["name"]
            for node_id in catalog.lineage(view.unique_id)
            if "source_name" in catalog.nodes[node_id]
        }
        for view in catalog.feature_views()
    }
    assert lineages == {name: read_by(name) for name in lineages}
    assert lineages["carrier_tenders"] == {
        *("carriers", "facilities", "load_changes", "loads", "shippers"),
        *("tender_responses", "tenders"),
    }
    assert [name for name in lineages if "fuel_prices" in lineages[name]] == ["fuel"]


def on_raw(green: Greenhouse, raw: Location, folder: Path) -> Greenhouse:
    """The greenhouse with a second feature view and a release, looking at another raw log."""
    (green.folder / "models/features/bed_descriptions.sql").write_text(DESCRIBED)
    (green.folder / "models/features/bed_descriptions.yml").write_text(DESCRIBED_YML)
    green.build()
    green.publish()
    return green.copy(folder, raw=raw, store=green.store)


def counts(project: Greenhouse) -> list[tuple[str, str, str, int, int]]:
    """What the scratch database keeps of rows set aside, as people query it."""
    with duckdb.connect(project.folder / "scratch.duckdb", read_only=True) as con:
        return con.execute(
            "select base, table_name, reason, set_aside_count, row_count "
            "from milepost_checks.set_aside where reason is not null order by all"
        ).fetchall()


@pytest.mark.parametrize("command", ["build", "run"])
def test_too_many_rows_set_aside_stop_what_is_made_from_them_and_nothing_else(
    green: Greenhouse, raw: Location, tmp_path: Path, command: str
) -> None:
    greenhouse.land(raw, [*greenhouse.sound_readings(), *[NOBODY] * 10])
    bad = on_raw(green, raw, tmp_path / "bad")
    before = FeatureStore(bad.store.uri()).release
    done = bad.dbt(command)
    assert done.returncode == 1
    message = " ".join(done.stdout.split())
    assert (
        "too many rows of raw table `readings` are set aside: 10 of 70, a share of 0.1429, and "
        "10 of 52 in the last 7 landing dates, a share of 0.1923; `set_aside_share_max` is 0.1 "
        "null_key of `reading_id`: 10 rows hint: docs/reference/raw-log.md"
    ) in message
    assert "SKIP relation main.bed_moisture" in done.stdout
    assert "OK created sql incremental model main.bed_descriptions" in done.stdout
    # The counts are kept, so that people see what it was.
    assert counts(bad) == [("base_sensors__readings", "readings", "null_key", 10, 70)]
    said = (
        "10 of 70 rows of readings, null_key of `reading_id`; in the last 28 landing dates 10 of 70"
    )
    assert f"Set aside: {said}" in done.stdout
    with pytest.raises(PublishError) as refused:
        bad.publish()
    assert "the last build of `bed_moisture` ended as `skipped`" in str(refused.value)
    assert "the last build of `stg_sensors__readings` ended as `error`" in str(refused.value)
    assert FeatureStore(bad.store.uri()).release == before


def test_many_recent_rows_set_aside_stop_the_build_however_long_the_log(
    green: Greenhouse, raw: Location, tmp_path: Path
) -> None:
    last = FIRST + timedelta(days=27)
    faulty = [(None, "north", 0.9, at, at) for at in [datetime.combine(last, time(6))]] * 6
    greenhouse.land(raw, [*greenhouse.sound_readings(FIRST, last), *faulty], last=last)
    bad = green.copy(tmp_path / "bad", raw=raw, store=green.store)
    done = bad.dbt("build")
    assert done.returncode == 1
    message = " ".join(done.stdout.split())
    assert "6 of 174, a share of 0.0345, and 6 of 48 in the last 7 landing dates" in message


def test_of_few_rows_a_share_says_nothing_and_a_table_has_bounds_of_its_own(
    green: Greenhouse, raw: Location, tmp_path: Path
) -> None:
    greenhouse.land(raw, [*greenhouse.sound_readings(), *[NOBODY] * 10])
    lenient = green.copy(tmp_path / "lenient", raw=raw, store=green.store)
    sources = "models/staging/_sensors.yml"
    lenient.edit(sources, "set_aside_row_count_min: 40", "set_aside_row_count_min: 71")
    assert "Set aside: 10 of 70 rows" in lenient.dbt("run").stdout
    lenient.edit(sources, "row_count_min: 71", "row_count_min: 40, set_aside_share_max: 0.2")
    assert lenient.dbt("run").returncode == 0
    lenient.edit(sources, "set_aside_share_max: 0.2", "set_aside_share_max: 0.15")
    message = " ".join(lenient.dbt("run").stdout.split())
    assert "`set_aside_share_max` is 0.15" in message


@pytest.mark.parametrize("share", ["10", "-1", "abc", "True"])
def test_the_variable_of_the_share_is_one(green: Greenhouse, tmp_path: Path, share: str) -> None:
    own = green.copy(tmp_path / "own", store=green.store)
    done = own.dbt("run", "--vars", f"set_aside_share_max: {share}")
    assert done.returncode == 1
    message = f"the variable `set_aside_share_max` is `{share}`, which is no share"
    assert message in " ".join(done.stdout.split())


def test_facts_that_nobody_would_count_are_refused(green: Greenhouse) -> None:
    staged = "models/staging/stg_sensors__readings.sql"
    green.edit(staged, "{{ milepost", "{{ config(materialized='ephemeral') }}\n{{ milepost")
    done = green.dbt("build")
    assert done.returncode != 0
    message = " ".join(done.stdout.split())
    assert "staged_facts: `stg_sensors__readings` is ephemeral" in message
    assert "hint: materialize it as a table" in message


def drawn_readings(seed: int, first: date, last: date) -> list[Reading]:
    """Readings of which one in six has a fault, or several, of the kinds that a row may have."""
    draw = random.Random(seed)
    readings: list[Reading] = []
    for name, bed, moisture, read_at, landed_at in greenhouse.sound_readings(first, last):
        assert read_at
        assert landed_at
        faults = {kind for kind in FAULTS if draw.random() < 0.03}
        if "bed" in faults:
            bed = draw.choice([None, "nowhere"])
        if "name" in faults:
            name = None
        if "moisture" in faults:
            moisture = 1.5
        if "nan" in faults:
            moisture = math.nan
        if "early" in faults:
            read_at = landed_at + timedelta(hours=1)
        if "future" in faults:
            read_at = landed_at + timedelta(days=1)
        readings.append((name, bed, moisture, None if "null" in faults else read_at, landed_at))
        if "contrary" in faults:
            readings.append((name, bed, draw.choice([moisture, 0.9]), *readings[-1][3:]))
    return readings


FAULTS = ("bed", "name", "moisture", "early", "future", "null", "nan", "contrary")


def reason(reading: Reading) -> str | None:
    """Why a reading is set aside, in plain Python; None where it is sound."""
    name, bed, moisture, read_at, landed_at = reading
    assert landed_at
    assert moisture is not None
    if name is None or bed is None:
        return "null_key"
    if read_at is None:
        return "null_instant"
    if math.isnan(moisture):
        return "not_finite"
    if read_at >= datetime.combine(landed_at.date(), time()) + timedelta(days=1):
        return "instant_in_the_future"
    if landed_at < read_at:
        return "known_before_event"
    if not 0 <= moisture <= 1:
        return "moisture_is_no_share"
    return None if bed in ("north", "south") else "reference_missing"


def counted(readings: list[Reading], last: date) -> list[tuple[str, int, int]]:
    """Reason, rows and all rows of the last 28 landing dates, in plain Python."""
    recent = [row for row in readings if row[4] and row[4].date() > last - timedelta(days=28)]
    sound = {row for row in recent if reason(row) in (None, "reference_missing")}
    contents = Counter((row[0], row[4]) for row in sound)
    contrary = {row for row in sound if contents[row[0], row[4]] > 1}
    reasons = ("contradiction" if row in contrary else reason(row) for row in recent)
    found = Counter(filter(None, reasons))
    return sorted((name, rows, len(recent)) for name, rows in found.items())


def test_what_a_release_counts_is_what_a_plain_count_counts_and_so_from_a_slice(
    green: Greenhouse, raw: Location, tmp_path: Path
) -> None:
    # With these a batch looks back 45 days: the 28 that are counted, and a redelivery of each.
    green.edit("dbt_project.yml", "reference_days: 30", "reference_days: 1")
    green.edit("dbt_project.yml", "share_max: 0.1", "share_max: 0.5")
    staged = "models/staging/stg_sensors__readings.sql"
    green.edit(staged, "references=", "snapshots=")
    beds = "        description: A bed of plants.\n"
    green.edit(
        "models/staging/_sensors.yml", beds, beds + "        config: {meta: {is_snapshot: true}}\n"
    )
    alike = green.folder / "models/staging/stg_sensors__unread.sql"
    alike.write_text((green.folder / staged).read_text())
    last = FIRST + timedelta(days=59)
    readings = drawn_readings(7, FIRST, last)
    greenhouse.land(raw, readings, last=last)
    grown = green.copy(tmp_path / "grown", raw=raw, store=green.store)
    for _ in range(2):
        grown.build()
        manifest = grown.publish().manifest
        expected = counted(readings, last)
        assert len(expected) == 8
        assert [(rows.reason, rows.rows, rows.of_rows) for rows in manifest.set_aside] == expected
        assert {rows.table for rows in manifest.set_aside} == {"readings"}
        # No view reads the other model: it is counted for people, and not published.
        assert len({row[:3] for row in counts(grown)}) == len(expected)
        tomorrow = last + timedelta(days=1)
        more = drawn_readings(8, tomorrow, tomorrow)
        greenhouse.land(raw, more, first=tomorrow, last=tomorrow)
        readings, last = [*readings, *more], tomorrow
    with duckdb.connect(grown.folder / "scratch.duckdb", read_only=True) as con:
        starts = con.execute(
            "select node_id, first_date from milepost_checks.slices where node_id like '%stg_%'"
        ).fetchall()
    assert {start for _, start in starts} == {date(2026, 1, 17)}
